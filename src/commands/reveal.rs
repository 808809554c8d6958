//! `reveal`: turns pseudonyms back, with a reason, and keeps a log of it.
//!
//! Prints `token<TAB>value` lines (or one JSON document) for what was revealed; everything else is said on stderr without
//! values. The log line is on the medium before the first value is printed. Exit codes: 0 everything revealed, 1 something
//! was not, 2 wrong use.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use time::format_description::well_known::Rfc3339;

use crate::catalog::Kind;
use crate::clock::Clock;
use crate::limits::MANIFEST_BYTES_MAX;
use crate::pseudonym::cipher::{Cipher, Ff1};
use crate::pseudonym::key::{self, MasterKey};
use crate::pseudonym::key_folder::configuration_folder;
use crate::pseudonym::reveal::{Revealed, reads_as_address, reveal, reveal_address};
use crate::pseudonym::reveal_log::{self, Chain, Entry};

/// Arguments of `reveal`.
///
/// Names, and addresses, accounts, hosts and distinguished names made of them, prove that the key is the right one. Object
/// ids, SIDs, telephone numbers and IP addresses carry no check: a wrong key would give a wrong value. They are revealed
/// when `--bundle` or `--key-id` shows that the key is the bundle's, or when `--unverified` accepts the risk.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Pseudonyms from a bundle
    #[arg(required = true, value_name = "TOKEN")]
    tokens: Vec<String>,
    /// The key the bundle was made with
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Why: it is written to the local reveal log, with the pseudonyms, the time and your account name
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The bundle: its manifest names the key it was made with
    #[arg(long, value_name = "FILE.zip", conflicts_with = "key_id")]
    bundle: Option<PathBuf>,
    /// The name of the key from the bundle's manifest (`privacy.key_id`)
    #[arg(long, value_name = "HEX")]
    key_id: Option<String>,
    /// Also reveal IP addresses and ranges
    #[arg(long)]
    ip: bool,
    /// Also reveal what carries no check when nothing shows that the key is the bundle's; the answer may be wrong
    #[arg(long)]
    unverified: bool,
    /// One JSON document on stdout
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Answer<'a> {
    token: &'a str,
    kind: Kind,
    value: String,
    /// Shown by check symbols, or by the name of the key.
    verified: bool,
}

/// Runs `reveal` and gives the exit code.
///
/// # Errors
/// When `out` or `err` cannot be written.
pub fn run(args: Args, clock: Clock, out: &mut dyn Write, err: &mut dyn Write) -> std::io::Result<u8> {
    match configuration_folder() {
        Ok(folder) => run_logged(&args, clock, &folder.join("reveal-log.jsonl"), out, err),
        Err(error) => {
            writeln!(err, "nothing is revealed without a log: {error}")?;
            Ok(1)
        }
    }
}

fn run_logged(args: &Args, clock: Clock, log: &Path, out: &mut dyn Write, err: &mut dyn Write) -> std::io::Result<u8> {
    if args.reason.trim().is_empty() {
        writeln!(err, "a reason is needed: say in --reason what the values are needed for")?;
        return Ok(2);
    }
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
    let confirmed = match confirmed(args, &key) {
        Ok(confirmed) => confirmed,
        Err(why) => {
            writeln!(err, "{why}")?;
            return Ok(1);
        }
    };
    let cipher = Ff1::new(&key);
    let answers = answers(args, confirmed, &cipher, err)?;
    match reveal_log::append(log, entry(args, clock, &answers, &cipher)) {
        Ok(Chain::Whole) => {}
        Ok(Chain::BrokenAt(line)) => writeln!(
            err,
            "warning: line {line} of the reveal log {} does not follow from the one before: the log was changed or damaged",
            log.display()
        )?,
        Err(error) => {
            writeln!(err, "{error}")?;
            return Ok(1);
        }
    }
    let code = u8::from(answers.len() < args.tokens.len());
    if args.json {
        serde_json::to_writer(&mut *out, &serde_json::json!({ "key_id": key.id(), "revealed": answers }))?;
        writeln!(out)?;
        return Ok(code);
    }
    for answer in &answers {
        writeln!(out, "{}\t{}", answer.token, answer.value)?;
    }
    Ok(code)
}

/// Reveals what may be revealed, and says on `err` about the rest, by number, why not.
fn answers<'a>(
    args: &'a Args,
    confirmed: bool,
    cipher: &dyn Cipher,
    err: &mut dyn Write,
) -> std::io::Result<Vec<Answer<'a>>> {
    let mut answers = Vec::new();
    for (at, token) in args.tokens.iter().enumerate() {
        let number = at + 1;
        let found = reveal(token, cipher).or_else(|| reveal_address(token, cipher).filter(|_| args.ip));
        let Some(Revealed { kind, value, proof, unmarked }) = found else {
            let why = if !args.ip && reads_as_address(token) {
                "is an IP address: add --ip if it stands in a bundle and is to be revealed"
            } else {
                "is not a pseudonym made with this key (the key is another one, or it is a real value)"
            };
            writeln!(err, "token {number} {why}")?;
            continue;
        };
        let verified = proof.proven > 0 || confirmed;
        if !verified && !args.unverified {
            writeln!(
                err,
                "token {number} carries no check, so a wrong key would give a wrong value: name the bundle (--bundle FILE.zip) \
                 or its key (--key-id), or accept that with --unverified"
            )?;
            continue;
        }
        if unmarked {
            writeln!(err, "token {number} lacks the mark of a pseudonym (UUID version 8): it may be a real id")?;
        }
        answers.push(Answer { token, kind, value, verified });
    }
    Ok(answers)
}

fn entry(args: &Args, clock: Clock, answers: &[Answer<'_>], cipher: &dyn Cipher) -> Entry {
    let (verified, unverified): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.verified);
    let digest = |token: &str| {
        let digest = cipher.fingerprint("reveal-log", token.as_bytes());
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    };
    let user = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    Entry {
        time: clock.now().format(&Rfc3339).unwrap_or_default(),
        user: user.unwrap_or_else(|| "unknown".into()),
        reason: args.reason.trim().to_owned(),
        tokens: verified.iter().map(|answer| answer.token.to_owned()).collect(),
        unverified: unverified.iter().map(|answer| digest(answer.token)).collect(),
        refused: args.tokens.len() - answers.len(),
        key_id: cipher.key_id().to_owned(),
    }
}

/// Whether the key is shown to be the bundle's; an error when it is shown to be another.
fn confirmed(args: &Args, key: &MasterKey) -> Result<bool, String> {
    let named = match (&args.key_id, &args.bundle) {
        (Some(name), _) => name.trim().to_ascii_lowercase(),
        (None, Some(bundle)) => manifest_key_id(bundle)?,
        (None, None) => return Ok(false),
    };
    if named == key.id() {
        return Ok(true);
    }
    Err(format!("the bundle was made with the key {named}, and {} is the key {}", args.key.display(), key.id()))
}

/// `privacy.key_id` of the manifest in a bundle.
fn manifest_key_id(bundle: &Path) -> Result<String, String> {
    let unreadable = |why: &dyn std::fmt::Display| format!("{} cannot be read as a bundle: {why}", bundle.display());
    let file = File::open(bundle).map_err(|error| unreadable(&error))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| unreadable(&error))?;
    let is_manifest = |name: &str| name.split_once('/').is_some_and(|(_, rest)| rest == "manifest.json");
    let name = archive.file_names().flatten().find(|name| is_manifest(name)).map(|name| name.into_owned());
    let name = name.ok_or_else(|| unreadable(&"it holds no manifest.json"))?;
    let entry = archive.by_name(&name).map_err(|error| unreadable(&error))?;
    let mut text = Vec::new();
    entry.take(MANIFEST_BYTES_MAX).read_to_end(&mut text).map_err(|error| unreadable(&error))?;
    let manifest: serde_json::Value =
        serde_json::from_slice(&text).map_err(|_| unreadable(&"its manifest.json is not JSON"))?;
    let key_id = manifest.pointer("/privacy/key_id").and_then(serde_json::Value::as_str);
    key_id.map(str::to_ascii_lowercase).ok_or_else(|| unreadable(&"its manifest names no key"))
}

#[cfg(test)]
#[path = "reveal_tests.rs"]
mod tests;
