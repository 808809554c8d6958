//! What the tenant really holds: the measure for completeness and leak checks.
//!
//! Streams `{"tenant", "counts", "identifiers", "kept"}`. Identifiers of one kind stand together although they are
//! found mixed, so each kind passes through an unnamed temporary file: memory stays flat at a million users.

use std::collections::BTreeMap;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use super::super::TenantSettings;
use super::super::world::{Kept, SITES};
use super::addresses::Network;
use super::sign_ins::{self, PARTNERS, STRANGERS};
use super::{Kind, Log, Logs, actors, audits, guid_text, network, phone, provisioning, risk};
use crate::catalog;

/// Receives identifiers: kind, value, what policy `standard` does with it.
type Visit<'a> = dyn FnMut(catalog::Kind, &str, Kept) + 'a;

/// Writes the truth about the tenant of these settings. It does not depend on the clock.
///
/// # Errors
/// `out` or a temporary file cannot be written.
pub fn truth(settings: &TenantSettings, out: &mut dyn Write) -> io::Result<()> {
    let logs = Logs::new(settings);
    let mut shelves = Shelves::default();
    let mut failure = None;
    let mut visit = |kind, value: &str, kept| {
        if let Err(error) = shelves.put(kind, value, kept) {
            failure.get_or_insert(error);
        }
    };
    logs.world().identifiers(&mut visit);
    logs.identifiers(&mut visit);
    if let Some(error) = failure {
        return Err(error);
    }
    write!(out, "{{\"tenant\":\"{}\",\"counts\":{{", logs.world().tenant_id())?;
    for (place, (dataset, count)) in logs.counts().iter().enumerate() {
        write!(out, "{}\"{dataset}\":{count}", if place == 0 { "" } else { "," })?;
    }
    write!(out, "}},\"identifiers\":{{")?;
    shelves.write(false, out)?;
    write!(out, "}},\"kept\":{{")?;
    shelves.write(true, out)?;
    writeln!(out, "}}}}")
}

impl Logs {
    /// Records of every dataset that the tenant serves, by dataset id.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        Log::ALL.iter().map(|&log| (log.dataset().to_owned(), self.count(log))).collect()
    }

    /// Shows the identifiers that stand in the logs only.
    pub(crate) fn identifiers(&self, visit: &mut Visit<'_>) {
        let seen = self.addresses();
        for network in Network::shared().filter(|network| network.slot().is_some_and(|slot| seen.shared.contains(&slot))) {
            visit(catalog::Kind::Ip, &network.text(self.world()), Kept::Replaced);
        }
        for user in seen.homes.iter() {
            visit(catalog::Kind::Ip, &Network::Home(user).text(self.world()), Kept::Replaced);
        }
        self.outsiders(visit);
        self.audit_identifiers(visit);
        visit(catalog::Kind::ConfigId, &provisioning::job_id(self.world()), Kept::Kept);
    }

    fn outsiders(&self, visit: &mut Visit<'_>) {
        if self.count(Log::SignIns(Kind::Interactive)) <= 13 {
            return;
        }
        let turns = self.count(Log::SignIns(Kind::Interactive)) / (self.count(Log::SignIns(Kind::Interactive)) / 40).max(25);
        for one in STRANGERS.iter().take(turns as usize) {
            visit(catalog::Kind::Upn, one.upn, Kept::Replaced);
        }
        for one in PARTNERS.iter().take(turns as usize) {
            visit(catalog::Kind::Upn, one.upn, Kept::Replaced);
            visit(catalog::Kind::Name, one.name, Kept::Replaced);
            visit(catalog::Kind::TenantId, &guid_text(actors::home_tenant(self.world(), one.upn)), Kept::Kept);
        }
        visit(catalog::Kind::Host, sign_ins::FEDERATION_SERVER, Kept::Replaced);
    }

    fn audit_identifiers(&self, visit: &mut Visit<'_>) {
        let (world, count) = (self.world(), self.count(Log::Audits));
        let mut gone: Vec<u64> = (0..count).filter_map(|index| audits::deleted_device(world.seed(), index)).map(|draw| draw % 40).collect();
        gone.sort_unstable();
        gone.dedup();
        for number in gone {
            visit(catalog::Kind::Host, &audits::deleted_device_name(world.seed(), number), Kept::Replaced);
        }
        let mut users = Marks::new(world.user_count());
        for index in (0..count).filter(|&index| audits::shows_phone(world.seed(), index)) {
            users.set(audits::target_user(world, index));
        }
        for user in users.iter() {
            visit(catalog::Kind::Phone, &phone(world, user), Kept::Replaced);
        }
    }

    /// The addresses that occur in any log.
    fn addresses(&self) -> Addresses {
        let world = self.world();
        let mut seen = Addresses { shared: std::collections::BTreeSet::new(), homes: Marks::new(world.user_count()) };
        for kind in [Kind::Interactive, Kind::NonInteractive] {
            let count = self.count(Log::SignIns(kind));
            for index in 0..count {
                seen.mark(sign_ins::part(world, kind, index, count).network());
            }
        }
        for index in 0..self.count(Log::SignIns(Kind::ServicePrincipal)) {
            if let Some(network) = sign_ins::service_network(world.seed(), Kind::ServicePrincipal, index) {
                seen.mark(network);
            }
        }
        (0..self.count(Log::RiskDetections)).for_each(|index| seen.mark(risk::detection_network(index)));
        (0..self.count(Log::Traffic)).for_each(|index| seen.mark(network::traffic_network(world, index)));
        seen.mark(Network::Spray(78));
        seen.mark(Network::DataCentre(3));
        seen
    }
}

/// Which addresses occur.
struct Addresses {
    shared: std::collections::BTreeSet<usize>,
    homes: Marks,
}

impl Addresses {
    fn mark(&mut self, network: Network) {
        match network {
            Network::Home(user) => self.homes.set(user),
            // Which office depends on the user: all of them occur in all but the smallest logs.
            Network::OwnOffice(host) | Network::NextOffice(host) => {
                for site in 0..SITES.len() {
                    self.shared.extend(Network::office(site, u64::from(host)).slot());
                }
            }
            other => self.shared.extend(other.slot()),
        }
    }
}

/// One bit for each user.
struct Marks {
    words: Vec<u64>,
}

impl Marks {
    fn new(count: u64) -> Self {
        Self { words: vec![0; count as usize / 64 + 1] }
    }

    fn set(&mut self, number: u64) {
        if let Some(word) = self.words.get_mut(number as usize / 64) {
            *word |= 1 << (number % 64);
        }
    }

    fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        let bits = |(word, bits): (u64, &u64)| {
            let bits = *bits;
            (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| word * 64 + bit)
        };
        (0..).zip(&self.words).flat_map(bits)
    }
}

/// One unnamed file for each kind of identifier.
#[derive(Default)]
struct Shelves {
    files: BTreeMap<(bool, catalog::Kind), BufWriter<std::fs::File>>,
}

impl Shelves {
    fn put(&mut self, kind: catalog::Kind, value: &str, kept: Kept) -> io::Result<()> {
        if value.is_empty() {
            return Ok(());
        }
        let file = match self.files.entry((kept == Kept::Kept, kind)) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => entry.insert(BufWriter::new(tempfile::tempfile()?)),
        };
        let mut line = Vec::with_capacity(value.len() + 3);
        line.extend_from_slice(b",\"");
        crate::json::escape_into(value, &mut line);
        line.push(b'"');
        file.write_all(&line)
    }

    fn write(&mut self, kept: bool, out: &mut dyn Write) -> io::Result<()> {
        let mut is_first = true;
        for ((_, kind), file) in self.files.iter_mut().filter(|((of, _), _)| *of == kept) {
            let name = serde_json::to_string(kind)?;
            write!(out, "{}{name}:[", if is_first { "" } else { "," })?;
            is_first = false;
            file.flush()?;
            file.get_mut().seek(SeekFrom::Start(0))?;
            let mut reader = BufReader::new(file.get_mut());
            reader.read_exact(&mut [0])?; // the comma before the first value
            io::copy(&mut reader, out)?;
            write!(out, "]")?;
        }
        Ok(())
    }
}
