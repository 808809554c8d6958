//! `token`: what a real value looks like in a bundle.
//!
//! Prints one line per reading of each value: value, kind, pseudonym. What the policy of a bundle keeps stands there as it
//! is, whatever this says. Exit codes: 0 done, 1 a value has no such form or the key cannot be read.

use std::io::Write;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as KindError;

use crate::catalog::Kind;
use crate::clock::Clock;
use crate::pseudonym::cipher::Ff1;
use crate::pseudonym::key::{self, MasterKey};
use crate::pseudonym::map::pseudonymise;
use crate::pseudonym::reveal::readings;

/// Arguments of `token`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Real values: a user principal name, a name, an object id, an address …
    #[arg(required = true, value_name = "VALUE")]
    values: Vec<String>,
    /// The key the bundle was made with
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// What the values are (`upn`, `user-id`, `host`, `ip` …) instead of every reading their form allows
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: Option<Kind>,
    /// One JSON document on stdout
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Reading<'a> {
    value: &'a str,
    kind: Kind,
    token: String,
}

fn kind(text: &str) -> Result<Kind, KindError> {
    Kind::deserialize(text.into_deserializer())
}

/// Runs `token` and gives the exit code.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(args: Args, _clock: Clock, out: &mut dyn Write, err: &mut dyn Write) -> std::io::Result<u8> {
    let key = match MasterKey::load(&args.key) {
        Ok(key) => key,
        Err(error) => {
            writeln!(err, "{error}")?;
            return Ok(1);
        }
    };
    if key::readable_by_others(&args.key) {
        writeln!(err, "warning: others on this machine can read {}: `chmod 600` it", args.key.display())?;
    }
    let cipher = Ff1::new(&key);
    let mut found: Vec<Reading<'_>> = Vec::new();
    let mut code = 0;
    for (at, value) in args.values.iter().enumerate() {
        let before = found.len();
        for kind in args.kind.map_or_else(|| readings(value), |kind| vec![kind]) {
            let mut token = String::new();
            let made = pseudonymise(kind, value, &cipher, &mut token).is_ok();
            // Readings that lead to the same pseudonym are one.
            if made && !found.iter().skip(before).any(|reading| reading.token == token) {
                found.push(Reading { value, kind, token });
            }
        }
        if found.len() == before {
            writeln!(err, "value {} does not have the form of the kind it is said to be", at + 1)?;
            code = 1;
        }
    }
    if args.json {
        serde_json::to_writer(&mut *out, &serde_json::json!({ "key_id": key.id(), "tokens": found }))?;
        writeln!(out)?;
        return Ok(code);
    }
    for Reading { value, kind, token } in &found {
        let kind = serde_json::to_value(kind)?;
        writeln!(out, "{value}\t{}\t{token}", kind.as_str().unwrap_or_default())?;
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_values(key: &std::path::Path, values: &[&str], kind: Option<Kind>, json: bool) -> (u8, String, String) {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let args = Args { values, key: key.to_owned(), kind, json };
        let code = run(args, Clock::System, &mut out, &mut err).unwrap();
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn readings_are_listed_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.key");
        MasterKey::create(&file, time::OffsetDateTime::UNIX_EPOCH).unwrap();
        let (code, out, err) = run_values(&file, &["alice@contoso.com"], None, false);
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(out.starts_with("alice@contoso.com\tupn\tpx") && out.lines().count() == 1);
        let (_, out, _) = run_values(&file, &["203.0.113.9"], Some(Kind::Ip), true);
        let document: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(document["tokens"][0]["kind"], "ip");
        let (code, out, err) = run_values(&file, &["alice"], Some(Kind::Ip), false);
        assert!(code == 1 && out.is_empty() && !err.contains("alice"));
    }

    #[test]
    fn the_options_fit_together() {
        <Args as clap::Args>::augment_args(clap::Command::new("x")).debug_assert();
    }

    #[test]
    fn kinds_are_spelled_as_in_the_catalog() {
        assert_eq!(kind("user-id").unwrap(), Kind::UserId);
        assert!(kind("UserId").is_err());
    }
}
