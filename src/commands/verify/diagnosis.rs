//! Diagnosis survives: what a support engineer counts comes out the same on the clean tenant as on the raw one.
//!
//! The embedded tenant's records before and after the gate. Findings by codes, names of apps, policies and activities are
//! compared with their names; findings by person, device and network by how many there are and how often each comes.

#![cfg(not(feature = "gate-off"))]

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

use super::agreement::{everything, gate};

/// Counts under a name.
type Counts = BTreeMap<String, usize>;

/// The texts at a path; arrays are transparent.
fn texts(value: &Value, path: &str) -> Vec<String> {
    let Some((key, rest)) = path.split_once('.') else {
        return match &value[path] {
            Value::Null => Vec::new(),
            Value::String(text) => vec![text.clone()],
            other => vec![other.to_string()],
        };
    };
    match &value[key] {
        Value::Array(items) => items.iter().flat_map(|item| texts(item, rest)).collect(),
        inner => texts(inner, rest),
    }
}

/// A text without its identifiers: addresses, pseudonyms, and the tenant's name.
fn frame(text: &str) -> String {
    let text = text.replace("Alderwood Marine", "pxorganisation");
    let is_word = |symbol: char| symbol.is_alphanumeric() || "@._#'-".contains(symbol);
    let mut framed = String::new();
    for piece in text.split_inclusive(|symbol| !is_word(symbol)) {
        let word = piece.trim_end_matches(|symbol| !is_word(symbol));
        let name = word.trim_matches('\'');
        let names_somebody = name.contains("@") || name.starts_with("px") || name.ends_with("alderwood.example");
        framed.push_str(&if names_somebody { word.replace(name, "<somebody>") } else { word.to_owned() });
        framed.push_str(&piece[word.len()..]);
    }
    framed
}

/// How often each combination of these fields comes, identifiers in texts aside.
fn count<'a>(records: impl Iterator<Item = &'a Value>, paths: &[&str]) -> Counts {
    let mut counts = Counts::new();
    for (fields, number) in count_each(records, paths) {
        *counts.entry(frame(&fields)).or_default() += number;
    }
    counts
}

/// How often each combination of these fields comes.
fn count_each<'a>(records: impl Iterator<Item = &'a Value>, paths: &[&str]) -> Counts {
    let mut counts = Counts::new();
    for record in records {
        let fields: Vec<String> = paths.iter().map(|path| texts(record, path).join("+")).collect();
        *counts.entry(fields.join(" | ")).or_default() += 1;
    }
    counts
}

/// The same without the names: how many there are with each count.
fn unnamed(counts: Counts) -> BTreeMap<usize, usize> {
    let mut sizes = BTreeMap::new();
    counts.into_values().for_each(|size| *sizes.entry(size).or_default() += 1);
    sizes
}

/// The network of an address: /24 of IPv4, /64 of IPv6.
fn subnet(address: &str) -> Option<String> {
    match address.parse().ok()? {
        IpAddr::V4(v4) => Some((u32::from(v4) >> 8).to_string()),
        IpAddr::V6(v6) => Some((u128::from(v6) >> 64).to_string()),
    }
}

fn lies_in(address: &str, cidr: &str) -> bool {
    let number = |address: IpAddr| match address {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)), 32u32),
        IpAddr::V6(v6) => (u128::from(v6), 128),
    };
    let (first, length) = cidr.split_once('/').unwrap();
    let ((address, bits), (first, others)) = (number(address.parse().unwrap()), number(first.parse().unwrap()));
    let Some(host) = bits.checked_sub(length.parse::<u32>().unwrap()) else { return false };
    bits == others && address.checked_shr(host) == first.checked_shr(host)
}

struct Tenant(BTreeMap<&'static str, Vec<Value>>);

impl Tenant {
    fn of(&self, dataset: &str) -> &[Value] {
        self.0.get(dataset).map_or(&[], Vec::as_slice)
    }

    fn sign_ins(&self) -> impl Iterator<Item = &Value> {
        ["sign-ins", "sign-ins-noninteractive"].into_iter().flat_map(|dataset| self.of(dataset))
    }

    /// Findings whose names are public.
    fn named(&self) -> BTreeMap<&'static str, Counts> {
        let audits = || self.of("audits").iter();
        BTreeMap::from([
            ("errors", count(self.sign_ins(), &["status.errorCode", "status.failureReason"])),
            ("errors by app", count(self.sign_ins(), &["appDisplayName", "appId", "status.errorCode"])),
            ("policy results", self.policy_results()),
            ("access", count(self.sign_ins(), &["conditionalAccessStatus", "clientAppUsed", "isInteractive"])),
            ("agents", count(self.sign_ins(), &["userAgent", "deviceDetail.browser", "deviceDetail.operatingSystem"])),
            ("times", count(self.sign_ins(), &["createdDateTime", "correlationId"])),
            ("countries", count(self.sign_ins(), &["location.countryOrRegion"])),
            ("risk", count(self.of("user-risk-events").iter(), &["riskEventType", "riskLevel", "riskState"])),
            ("activities", count(audits(), &["activityDisplayName", "category", "result", "resultReason"])),
            ("audit apps", count(audits(), &["initiatedBy.app.displayName", "activityDisplayName"])),
            (
                "provisioning",
                count(
                    self.of("provisioning").iter(),
                    &[
                        "provisioningAction",
                        "provisioningStatusInfo.status",
                        "provisioningStatusInfo.errorInformation.errorCode",
                    ],
                ),
            ),
            ("locations", self.locations()),
            ("group types", count(self.of("groups").iter(), &["displayName", "groupTypes", "securityEnabled"])),
            (
                "devices",
                count(
                    self.of("devices").iter(),
                    &["operatingSystem", "operatingSystemVersion", "trustType", "isCompliant"],
                ),
            ),
            ("consent", count(self.of("oauth2-permission-grants").iter(), &["scope", "consentType", "clientId"])),
        ])
    }

    /// Findings whose names are pseudonyms.
    fn identifying(&self) -> BTreeMap<&'static str, BTreeMap<usize, usize>> {
        let audits = || self.of("audits").iter();
        let networks = self.sign_ins().filter_map(|record| subnet(record["ipAddress"].as_str()?));
        let mut subnets = Counts::new();
        networks.for_each(|network| *subnets.entry(network).or_default() += 1);
        [
            ("users", count_each(self.sign_ins(), &["userId"])),
            ("names", count_each(self.sign_ins(), &["userId", "userPrincipalName", "userDisplayName"])),
            ("users by error", count_each(self.sign_ins(), &["userId", "status.errorCode"])),
            ("users by app", count_each(self.sign_ins(), &["userId", "appId"])),
            ("devices", count_each(self.sign_ins(), &["deviceDetail.deviceId", "deviceDetail.displayName"])),
            ("users on devices", count_each(self.sign_ins(), &["userId", "deviceDetail.deviceId"])),
            ("addresses", count_each(self.sign_ins(), &["ipAddress"])),
            ("subnets", subnets),
            ("cities", count_each(self.sign_ins(), &["location.city", "location.countryOrRegion"])),
            ("initiators", count_each(audits(), &["initiatedBy.user.id", "initiatedBy.user.userPrincipalName"])),
            ("initiators' activities", count_each(audits(), &["initiatedBy.user.id", "activityDisplayName"])),
            ("targets", count_each(audits(), &["targetResources.id", "targetResources.type"])),
            ("members", count_each(self.of("group-members").iter(), &["parent"])),
            ("memberships", count_each(self.of("group-members").iter(), &["id"])),
            ("departments", count_each(self.of("users").iter(), &["department"])),
        ]
        .map(|(name, counts)| (name, unnamed(counts)))
        .into()
    }

    fn policy_results(&self) -> Counts {
        let policies = self.sign_ins().flat_map(|record| record["appliedConditionalAccessPolicies"].as_array());
        count(policies.flatten(), &["id", "displayName", "result"])
    }

    /// Sign-ins in each named location.
    fn locations(&self) -> Counts {
        let mut counts = Counts::new();
        for location in self.of("named-locations") {
            let ranges = texts(location, "ipRanges.cidrAddress");
            let inside = |record: &&Value| {
                let address = record["ipAddress"].as_str().filter(|address| address.parse::<IpAddr>().is_ok());
                address.is_some_and(|address| ranges.iter().any(|range| lies_in(address, range)))
            };
            counts.insert(location["displayName"].as_str().unwrap().into(), self.sign_ins().filter(inside).count());
        }
        counts
    }

    /// How many rows of one dataset lead to a row of another.
    fn joins(&self) -> Vec<(&'static str, usize)> {
        let ids = |dataset: &str, path: &str| -> BTreeSet<String> {
            let texts = self.of(dataset).iter().flat_map(|record| texts(record, path));
            // Sign-in logs write names in lower case; a pseudonym knows no case.
            texts.map(|text| text.to_lowercase()).collect()
        };
        let (users, names, devices) =
            (ids("users", "id"), ids("users", "userPrincipalName"), ids("devices", "deviceId"));
        let hits = |path: &str, known: &BTreeSet<String>| {
            self.sign_ins()
                .flat_map(|record| texts(record, path))
                .filter(|id| known.contains(&id.to_lowercase()))
                .count()
        };
        let members = self.of("group-members").iter().flat_map(|record| texts(record, "id"));
        vec![
            ("sign-ins of known users", hits("userId", &users)),
            ("sign-ins of known names", hits("userPrincipalName", &names)),
            ("sign-ins on known devices", hits("deviceDetail.deviceId", &devices)),
            ("members that are users", members.filter(|id| users.contains(&id.to_lowercase())).count()),
        ]
    }
}

fn tenants() -> (Tenant, Tenant) {
    let gate = gate();
    let (mut raw, mut clean) = (BTreeMap::new(), BTreeMap::new());
    for (dataset, before, after) in everything(&gate) {
        let parse = |line: &str| serde_json::from_str::<Value>(line).unwrap();
        let (mut before, mut after) = (parse(&before), parse(&after));
        // The parent of a fan-out record is written by the gate.
        if let Some(parent) = after.get("@bundle.parent").cloned() {
            (before["parent"], after["parent"]) = (parent.clone(), parent);
        }
        raw.entry(dataset).or_insert_with(Vec::new).push(before);
        clean.entry(dataset).or_insert_with(Vec::new).push(after);
    }
    (Tenant(raw), Tenant(clean))
}

#[test]
fn findings_on_the_clean_tenant_are_those_on_the_raw_one() {
    let (raw, clean) = tenants();
    let (before, after) = (raw.named(), clean.named());
    for (name, counts) in &before {
        assert!(counts.len() > 1 || counts.values().sum::<usize>() > 1, "{name}: nothing to compare");
        assert!(counts == &after[name], "{name} differ");
    }
    let (before, after) = (raw.identifying(), clean.identifying());
    for (name, sizes) in &before {
        assert!(sizes.values().sum::<usize>() > 1, "{name}: nothing to compare");
        assert_eq!(sizes, &after[name], "{name}");
    }
    assert!(raw.locations().values().any(|count| *count > 0), "no sign-in from a named location");
    assert!(raw.joins().iter().all(|(_, hits)| *hits > 0));
    assert_eq!(raw.joins(), clean.joins());
}

/// `modifiedProperties` hold JSON in strings: it is JSON afterwards, of the same shape.
#[test]
fn json_in_strings_stays_json_of_the_same_shape() {
    fn shape(value: &Value) -> Value {
        match value {
            Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), shape(value))).collect(),
            Value::Array(items) => items.iter().map(shape).collect(),
            Value::String(_) => "text".into(),
            other => other.clone(),
        }
    }
    let (raw, clean) = tenants();
    let values = |tenant: &Tenant| -> Vec<String> {
        let paths = ["targetResources.modifiedProperties.oldValue", "targetResources.modifiedProperties.newValue"];
        let audits = tenant.of("audits").iter();
        audits.flat_map(|audit| paths.into_iter().flat_map(|path| deep(audit, path))).collect()
    };
    let (before, after) = (values(&raw), values(&clean));
    assert_eq!(before.len(), after.len());
    let mut opened = 0;
    for (before, after) in before.iter().zip(&after) {
        let parse = |text: &str| serde_json::from_str::<Value>(text).ok().map(|value| shape(&value));
        assert_eq!(parse(before), parse(after));
        opened += usize::from(parse(before).is_some_and(|value| value.is_array() || value.is_object()));
    }
    assert!(opened > 100, "{opened}");
    assert!(before != after);
}

/// The texts at a path through arrays of arrays.
fn deep(value: &Value, path: &str) -> Vec<String> {
    match path.split_once('.') {
        Some((key, rest)) => match &value[key] {
            Value::Array(items) => items.iter().flat_map(|item| deep(item, rest)).collect(),
            inner => deep(inner, rest),
        },
        None => texts(value, path),
    }
}
