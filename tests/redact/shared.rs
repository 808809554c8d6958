//! Public logs and documented samples through the program: valid output of the same structure, and nothing left of what
//! their own fields declare to identify somebody. What declares it is read here anew, by the names of keys and columns.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use entra_bundle::catalog::{Catalog, identifier_words};

use crate::corpus::pairs::{Pair, pairs_as};
use crate::corpus::{files, views};
use crate::support::{Bench, inside};

/// Whether a value looks like what its key says.
type Fits = fn(&str) -> bool;

/// Keys that by their name declare an identifier, in lower case, and what a value must look like to be one.
const DECLARING: [(&str, Fits); 24] = [
    ("userprincipalname", is_mail),
    ("upn", is_mail),
    ("useremail", is_mail),
    ("mail", is_mail),
    ("othermails", is_mail),
    ("initiatedbyuserprincipalname", is_mail),
    ("userdisplayname", is_name),
    ("onpremisessamaccountname", is_account),
    ("mailnickname", is_account),
    ("onpremisessecurityidentifier", is_sid),
    ("onpremisesimmutableid", is_anchor),
    ("onpremisesdistinguishedname", is_dn),
    ("ipaddress", is_address),
    ("ipaddr", is_address),
    ("calleripaddress", is_address),
    ("clientip", is_address),
    ("clientipaddress", is_address),
    ("actoripaddress", is_address),
    ("deviceid", is_guid),
    ("userid", is_guid_or_mail),
    ("userkey", is_mail),
    ("mobilephone", is_phone),
    ("surname", is_account),
    ("devicename", is_account),
];

/// Keys whose values the policy keeps: an id that stands there too is an id that may stay.
const KEPT: [&str; 12] = [
    "appid",
    "tenantid",
    "resourcetenantid",
    "hometenantid",
    "correlationid",
    "requestid",
    "resourceid",
    "serviceprincipalid",
    "groupid",
    "sessionid",
    "clientappid",
    "organizationid",
];

fn is_mail(value: &str) -> bool {
    value
        .split_once('@')
        .is_some_and(|(local, domain)| local.len() > 2 && domain.contains('.') && !value.contains([' ', '{', '<', '*']))
}

fn is_name(value: &str) -> bool {
    value.len() > 6 && value.contains(' ') && !value.contains(['{', '<', '@'])
}

fn is_account(value: &str) -> bool {
    value.len() > 5 && value.chars().any(|symbol| symbol.is_ascii_digit()) && !value.contains([' ', '{', '<'])
}

fn is_sid(value: &str) -> bool {
    value.starts_with("S-1-5-21-") || value.starts_with("S-1-12-1-")
}

fn is_anchor(value: &str) -> bool {
    value.len() == 24 && value.ends_with("==")
}

fn is_dn(value: &str) -> bool {
    value.contains("DC=") && value.contains(',')
}

fn is_address(value: &str) -> bool {
    let Ok(address) = value.parse::<std::net::IpAddr>() else { return false };
    // Loopback and the unspecified address identify nobody; `x.y.0.0` is a version or a whole network.
    !address.is_loopback() && !address.is_unspecified() && !value.ends_with(".0.0")
}

fn is_guid(value: &str) -> bool {
    let dashes = |(at, byte): (usize, u8)| (byte == b'-') == [8, 13, 18, 23].contains(&at);
    let is_zero = value.bytes().all(|byte| b"0-".contains(&byte));
    value.len() == 36
        && !is_zero
        && value.bytes().enumerate().all(dashes)
        && value.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

fn is_guid_or_mail(value: &str) -> bool {
    is_guid(value) || is_mail(value)
}

fn is_phone(value: &str) -> bool {
    value.bytes().filter(u8::is_ascii_digit).count() >= 7
}

fn last(column: &str) -> String {
    column.rsplit(['.', '/']).next().unwrap_or_default().trim_end_matches("[]").replace(' ', "").to_ascii_lowercase()
}

/// Files of the corpus by the name that the bundle's manifest gives, as far as names stay as they are.
fn originals(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let top = folder.file_name().unwrap().to_str().unwrap();
    let all = files(folder).into_iter().flat_map(|(name, path)| views::unpacked(&name, &std::fs::read(path).unwrap()));
    let plain = all.filter(|(name, _)| !name.ends_with("!names") && !name.ends_with("!comment"));
    plain.map(|(name, bytes)| (format!("{top}/{}", name.replace(".gz!gz", "").replace('!', "/")), bytes)).collect()
}

/// Values that fields declare, and those that may stay because a kept field has them too.
fn declared(pairs: &[Pair], all: &mut BTreeSet<String>, kept: &mut BTreeSet<String>) {
    let catalog = Catalog::embedded().unwrap();
    for pair in pairs {
        let (key, value) = (last(&pair.column), pair.before.trim());
        let is_word = identifier_words().iter().any(|word| word.eq_ignore_ascii_case(value));
        let id = u128::from_str_radix(&value.replace('-', ""), 16).ok().filter(|_| is_guid(value));
        let is_public = id.is_some_and(|id| catalog.well_known(id).is_some());
        if DECLARING.iter().any(|(name, fits)| *name == key && fits(value)) && !is_word && !is_public {
            all.insert(value.to_lowercase());
        }
        if KEPT.contains(&key.as_str()) {
            kept.insert(value.to_lowercase());
        }
    }
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn public_logs_keep_their_structure_and_lose_what_they_declare() {
    let shared = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folders: Vec<PathBuf> =
        ["data", "samples"].iter().map(|name| shared.join(name)).filter(|path| path.is_dir()).collect();
    if folders.is_empty() {
        eprintln!("left out: there is no ../shared with public logs");
        return;
    }
    let bench = Bench::new();
    std::fs::create_dir(bench.path("out")).unwrap();
    let mut arguments = vec!["redact", "--out", "out/shared.zip"];
    arguments.extend(folders.iter().map(|path| path.to_str().unwrap()));
    let output = bench.run(&arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(0 | 3)), "{said}");
    let entries = inside(&bench.path("out/shared.zip"));
    let manifest: serde_json::Value = serde_json::from_slice(&entries["manifest.json"]).unwrap();
    let originals: BTreeMap<_, _> = folders.iter().flat_map(|folder| originals(folder)).collect();
    let (mut all, mut kept, mut faults, mut compared) = (BTreeSet::new(), BTreeSet::new(), Vec::new(), 0);
    for file in manifest["files"].as_array().unwrap() {
        let (name, form) = (file["name"].as_str().unwrap(), file["form"].as_str().unwrap_or_default());
        let Some(after) = file["entry"].as_str().and_then(|entry| entries.get(entry)) else { continue };
        let Some(before) = originals.get(name) else { continue };
        if file["state"] != "whole" {
            continue;
        }
        compared += 1;
        match pairs_as(form, before, after) {
            Ok(pairs) => declared(&pairs, &mut all, &mut kept),
            // What this test cannot read either was never well-formed.
            Err(fault) if fault.starts_with("input") || pairs_as(form, before, before).is_err() => {}
            Err(fault) => faults.push(format!("{name} ({form}): {fault}")),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let wanted: Vec<&String> = all.difference(&kept).collect();
    assert!(
        compared > 150 && wanted.len() > 300,
        "{compared} files were compared, {} identifiers declared",
        wanted.len()
    );
    let automaton = AhoCorasick::new(&wanted).unwrap();
    let mut left: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for (name, bytes) in &entries {
        let text = views::characters(bytes).to_lowercase();
        let bytes = text.as_bytes();
        let joins = |at: Option<&u8>| at.is_some_and(|byte| byte.is_ascii_alphanumeric());
        for hit in automaton.find_iter(bytes) {
            if !joins(hit.start().checked_sub(1).and_then(|at| bytes.get(at))) && !joins(bytes.get(hit.end())) {
                *left.entry((name.clone(), wanted[hit.pattern().as_usize()])).or_default() += 1;
            }
        }
    }
    let shown: Vec<String> = left.iter().map(|((name, value), count)| format!("{count} × {value} in {name}")).collect();
    assert!(left.is_empty(), "{} of {} declared values are left:\n{}", left.len(), wanted.len(), shown.join("\n"));
}
