//! What the tenant really holds: the measure for completeness and leak checks.
//!
//! Streams `{"tenant", "counts", "identifiers", "unasked", "kept"}` (see [`Kept`]). Identifiers of one kind stand
//! together although they are found mixed, so each kind passes through an unnamed temporary file: memory stays flat at
//! a million users.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use super::super::TenantSettings;
use super::super::world::{Class, Kept, SITES, guid_bits};
use super::addresses::Network;
use super::sign_ins::{self, PARTNERS, Part, STRANGERS};
use super::{
    Actors, Kind, Log, Logs, actors, audits, counts, enriched, event_number, federation, guid_text, network, phone,
    provisioning, risk,
};
use crate::catalog;

/// Receives identifiers: kind, value, what policy `standard` does with it.
type Visit<'a> = dyn FnMut(catalog::Kind, &str, Kept) + 'a;

/// Request ids of each kind of sign-in that are listed under `kept`: enough to see that they survive.
const KEPT_IDS_MAX: u64 = 1_000;
/// Outsiders return in turn: after this many sightings all have been seen.
const OUTSIDERS_SEEN: usize = 24;

/// Writes the truth about the tenant of these settings: records of each dataset of `rows`, and all identifiers. It
/// does not depend on the clock.
///
/// # Errors
/// `out` or a temporary file cannot be written.
pub fn truth(settings: &TenantSettings, rows: &[catalog::Dataset], out: &mut dyn Write) -> io::Result<()> {
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
    for (place, (dataset, count)) in counts::of(&logs, rows).iter().enumerate() {
        write!(out, "{}\"{dataset}\":{count}", if place == 0 { "" } else { "," })?;
    }
    write!(out, "}},\"identifiers\":{{")?;
    shelves.write(Kept::Replaced, out)?;
    write!(out, "}},\"unasked\":{{")?;
    shelves.write(Kept::Unasked, out)?;
    write!(out, "}},\"kept\":{{")?;
    shelves.write(Kept::Kept, out)?;
    writeln!(out, "}}}}")
}

impl Logs {
    /// Shows the identifiers that stand in the logs only.
    pub(crate) fn identifiers(&self, visit: &mut Visit<'_>) {
        let seen = self.addresses();
        for network in
            Network::shared().filter(|network| network.slot().is_some_and(|slot| seen.shared.contains(&slot)))
        {
            visit(catalog::Kind::Ip, &network.text(self.world()), Kept::Replaced);
        }
        for user in seen.homes.iter() {
            visit(catalog::Kind::Ip, &Network::Home(user).text(self.world()), Kept::Replaced);
        }
        self.outsiders(visit);
        self.audit_identifiers(visit);
        self.traffic_identifiers(visit);
        self.routed_identifiers(visit);
        let activity = self.microsoft365();
        for index in (0..activity.count()).filter(|&index| activity.shows_folder(index)) {
            let folder = network::personal_folder(&self.world().user(activity.user(index)));
            visit(catalog::Kind::Account, &folder, Kept::Replaced);
        }
        let vendor_ids =
            (0..self.count(Log::Provisioning)).filter_map(|index| provisioning::shown_vendor_id(self.world(), index));
        vendor_ids.for_each(|id| visit(catalog::Kind::PrincipalId, &id, Kept::Replaced));
        visit(catalog::Kind::ConfigId, &self.world().tidewater_job_id(), Kept::Kept);
        if self.count(Log::RiskDetections) > 0 {
            visit(catalog::Kind::Place, "Valparaiso", Kept::Replaced);
            visit(catalog::Kind::Coordinates, "-33.0472", Kept::Replaced);
            visit(catalog::Kind::Coordinates, "-71.6127", Kept::Replaced);
        }
        for kind in Kind::ALL {
            let log = Log::SignIns(kind);
            for index in 0..self.count(log).min(KEPT_IDS_MAX) {
                let id = guid_bits(self.world().seed(), Class::Event, event_number(log.number(), index));
                visit(catalog::Kind::RequestId, &guid_text(id), Kept::Kept);
            }
        }
    }

    fn outsiders(&self, visit: &mut Visit<'_>) {
        let count = self.count(Log::SignIns(Kind::Interactive));
        let shown =
            (0..count).filter_map(|index| match sign_ins::part(self.world(), Kind::Interactive, index, count) {
                Part::Stranger(place, _) => Some((Some(place), None)),
                Part::Partner(place, _) => Some((None, Some(place))),
                _ => None,
            });
        let (strangers, partners): (BTreeSet<_>, BTreeSet<_>) = shown.take(2 * OUTSIDERS_SEEN).unzip();
        for one in strangers.into_iter().flatten().filter_map(|place| STRANGERS.get(place)) {
            visit(catalog::Kind::Upn, one.upn, Kept::Replaced);
        }
        for one in partners.into_iter().flatten().filter_map(|place| PARTNERS.get(place)) {
            visit(catalog::Kind::Upn, one.upn, Kept::Replaced);
            visit(catalog::Kind::Name, one.name, Kept::Replaced);
            visit(catalog::Kind::TenantId, &guid_text(actors::home_tenant(self.world(), one.upn)), Kept::Kept);
        }
        if count > 15 {
            visit(catalog::Kind::Host, sign_ins::FEDERATION_SERVER, Kept::Replaced);
        }
    }

    fn audit_identifiers(&self, visit: &mut Visit<'_>) {
        let (world, count) = (self.world(), self.count(Log::Audits));
        let gone: BTreeSet<u64> =
            (0..count).filter_map(|index| audits::deleted_device(world.seed(), index)).map(|draw| draw % 40).collect();
        for number in gone {
            visit(catalog::Kind::Host, &audits::deleted_device_name(world.seed(), number), Kept::Replaced);
            visit(catalog::Kind::DeviceId, &audits::deleted_device_id(world.seed(), number), Kept::Replaced);
        }
        let (mut phones, mut addresses) = (Marks::new(world.user_count()), Marks::new(world.user_count()));
        for index in 0..count {
            let (shows_phone, shows_address) = audits::shows(world.seed(), index);
            if shows_phone {
                phones.set(audits::target_user(world, index));
            }
            if shows_address {
                addresses.set(audits::target_user(world, index));
            }
        }
        phones.iter().for_each(|user| visit(catalog::Kind::Phone, &phone(world, user), Kept::Replaced));
        for user in addresses.iter() {
            visit(catalog::Kind::ProxyAddress, &audits::former_address(&world.user(user)), Kept::Replaced);
        }
    }

    fn traffic_identifiers(&self, visit: &mut Visit<'_>) {
        let world = self.world();
        let (mut users, mut destinations) = (Marks::new(world.user_count()), BTreeSet::new());
        for index in 0..self.count(Log::Traffic) {
            let user = network::traffic_user(world, index);
            visit(catalog::Kind::Ip, &network::private_address(world, index, &world.user(user)), Kept::Replaced);
            destinations.insert(network::destination(world, index));
            users.set(user);
        }
        users.iter().for_each(|user| {
            visit(catalog::Kind::Account, &network::personal_folder(&world.user(user)), Kept::Replaced)
        });
        destinations.iter().for_each(|address| visit(catalog::Kind::Ip, address, Kept::Replaced));
        if self.count(Log::Traffic) > 0 {
            for host in ["alderwoodmarine.sharepoint.com", "alderwoodmarine-my.sharepoint.com"] {
                visit(catalog::Kind::Host, host, Kept::Replaced);
            }
        }
    }

    /// Of the logs that Azure Monitor alone has.
    fn routed_identifiers(&self, visit: &mut Visit<'_>) {
        let world = self.world();
        for index in 0..self.count(Log::FederationSignIns) {
            let site = actors::site_of(&world.user(federation::user(self, index)));
            visit(catalog::Kind::Ip, &federation::private_address(self, index, site), Kept::Replaced);
        }
        if self.count(Log::FederationSignIns) > 1 {
            visit(catalog::Kind::Host, federation::SECOND_SERVER, Kept::Replaced);
        }
        let mut actors = Actors::new(world);
        let mut folders = Marks::new(world.user_count());
        for index in 0..self.count(Log::EnrichedAudits) {
            folders.set(enriched::actor(self, &mut actors, index).0);
        }
        for user in folders.iter().map(|user| world.user(user)) {
            visit(catalog::Kind::Account, &network::personal_folder(&user), Kept::Replaced);
            visit(catalog::Kind::Mail, &enriched::passport(&user), Kept::Replaced);
        }
    }

    /// The addresses that occur in any log.
    fn addresses(&self) -> Addresses {
        let world = self.world();
        let mut seen = Addresses { shared: BTreeSet::new(), homes: Marks::new(world.user_count()) };
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
        (0..self.count(Log::FederationSignIns))
            .filter_map(|index| federation::network(self, index))
            .for_each(|network| seen.mark(network));
        let mut actors = Actors::new(world);
        for index in 0..self.count(Log::EnrichedAudits) {
            seen.mark(enriched::actor(self, &mut actors, index).1);
        }
        let activity = self.microsoft365();
        (0..activity.count()).for_each(|index| seen.mark(activity.network(index)));
        seen.mark(Network::Spray(78));
        seen.mark(Network::DataCentre(3));
        seen
    }
}

/// Which addresses occur.
struct Addresses {
    shared: BTreeSet<usize>,
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
    files: BTreeMap<(Kept, catalog::Kind), BufWriter<std::fs::File>>,
}

impl Shelves {
    fn put(&mut self, kind: catalog::Kind, value: &str, kept: Kept) -> io::Result<()> {
        if value.is_empty() {
            return Ok(());
        }
        let file = match self.files.entry((kept, kind)) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => entry.insert(BufWriter::new(tempfile::tempfile()?)),
        };
        let mut line = Vec::with_capacity(value.len() + 3);
        line.extend_from_slice(b",\"");
        crate::json::escape_into(value, &mut line);
        line.push(b'"');
        file.write_all(&line)
    }

    fn write(&mut self, kept: Kept, out: &mut dyn Write) -> io::Result<()> {
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
