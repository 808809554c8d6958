//! Portal downloads: CSV with a byte order mark, a header that names a column twice, cells of several lines.

use super::graph::instant;
use super::names::{AGENTS, APPS, SITES};
use super::people::{Dice, Person, guid_text};

fn cell(value: &str, separator: char) -> String {
    match value.contains([separator, '"', '\n', '\r']) {
        true => format!("\"{}\"", value.replace('"', "\"\"")),
        false => value.to_owned(),
    }
}

fn row(cells: &[String], separator: char) -> String {
    let cells: Vec<String> = cells.iter().map(|value| cell(value, separator)).collect();
    cells.join(&separator.to_string()) + "\r\n"
}

/// Sign-ins as the portal exports them.
pub fn sign_ins(people: &[Person], separator: char) -> String {
    let names = [
        "Date (UTC)",
        "Request ID",
        "User agent",
        "Correlation ID",
        "User ID",
        "User",
        "Username",
        "User type",
        "Incoming token type",
        "Application",
        "Application ID ",
        "IP address",
        "Location",
        "Status",
        "Sign-in error code",
        "Failure reason",
        "Device ID",
        "Operating System",
        "Incoming token type",
        "Latency",
        "Sign-in identifier",
    ];
    let mut dice = Dice::new(0xc57);
    let mut out = row(&names.map(str::to_owned), separator);
    for (number, person) in people.iter().enumerate() {
        let (city, state, country, _) = SITES[person.site];
        let reason = match number % 3 {
            0 => format!("Refused for \"{}\"\nat {}, see {}\n\nthen retried", person.name, person.fqdn(), person.ipv4),
            _ => "Other.".to_owned(),
        };
        out += &row(
            &[
                instant(number)[..19].to_owned() + "Z",
                guid_text(dice.guid()),
                AGENTS[number % 5].to_owned(),
                guid_text(dice.guid()),
                person.object(),
                person.name.clone(),
                person.upn.clone(),
                "Member".into(),
                "none".into(),
                APPS[number % 3].1.into(),
                APPS[number % 3].0.into(),
                person.ipv4.clone(),
                format!("{city}, {state}, {country}"),
                "Success".into(),
                "0".into(),
                reason,
                person.device(),
                "Windows10".into(),
                "primaryRefreshToken".into(),
                (number % 900).to_string(),
                person.upn.clone(),
            ],
            separator,
        );
    }
    out
}

/// Users as the portal exports them.
pub fn users(people: &[Person]) -> String {
    let names = [
        "id",
        "userPrincipalName",
        "displayName",
        "mail",
        "onPremisesImmutableId",
        "onPremisesSecurityIdentifier",
        "onPremisesSamAccountName",
        "accountEnabled",
    ];
    let mut out = row(&names.map(str::to_owned), ',');
    for person in people {
        out += &row(
            &[
                person.object(),
                person.upn.clone(),
                person.name.clone(),
                person.mail.clone(),
                person.immutable(),
                person.sid.clone(),
                person.account.clone(),
                "True".into(),
            ],
            ',',
        );
    }
    out
}

/// Devices with their owners, tab-separated.
pub fn devices(people: &[Person]) -> String {
    let names = ["displayName", "deviceId", "registeredOwner", "hostname", "ipAddress", "osVersion"];
    let mut out = row(&names.map(str::to_owned), '\t');
    for person in people {
        out += &row(
            &[
                person.host.clone(),
                person.device(),
                person.upn.clone(),
                person.fqdn(),
                person.ipv6.clone(),
                "10.0.22631.4317".into(),
            ],
            '\t',
        );
    }
    out
}
