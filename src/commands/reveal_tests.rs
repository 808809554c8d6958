//! What `reveal` prints, refuses and logs.

use super::*;
use crate::pseudonym::map::pseudonymise;

struct Desk {
    folder: tempfile::TempDir,
    key: MasterKey,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = MasterKey::create(&folder.path().join("a.key"), time::OffsetDateTime::UNIX_EPOCH).unwrap();
        Self { folder, key }
    }

    fn token(&self, kind: Kind, value: &str) -> String {
        let mut out = String::new();
        pseudonymise(kind, value, &Ff1::new(&self.key), &mut out).unwrap();
        out
    }

    fn args(&self, tokens: &[&str]) -> Args {
        Args {
            tokens: tokens.iter().map(|token| (*token).to_owned()).collect(),
            key: self.folder.path().join("a.key"),
            reason: "case 17".into(),
            bundle: None,
            key_id: None,
            ip: false,
            unverified: false,
            json: false,
        }
    }

    fn run(&self, args: &Args) -> (u8, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let log = self.folder.path().join("log.jsonl");
        let clock = Clock::Fixed(time::OffsetDateTime::UNIX_EPOCH);
        let code = run_logged(args, clock, &log, &mut out, &mut err).unwrap();
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log.jsonl")).unwrap_or_default()
    }
}

const GUID: &str = "74e51d2c-9a3b-4f60-8b1c-2d3e4f5a6b7c";

#[test]
fn the_options_fit_together() {
    <Args as clap::Args>::augment_args(clap::Command::new("x")).debug_assert();
}

#[test]
fn names_are_revealed_and_logged_without_their_values() {
    let desk = Desk::new();
    let token = desk.token(Kind::Upn, "alice@contoso.com");
    let (code, out, err) = desk.run(&desk.args(&[&token]));
    assert_eq!((code, out, err.as_str()), (0, format!("{token}\talice@contoso.com\n"), ""));
    let log = desk.log();
    assert!(log.contains(&token) && log.contains("case 17") && !log.contains("alice"));
}

#[test]
fn what_carries_no_check_needs_proof_of_the_key() {
    let desk = Desk::new();
    let token = desk.token(Kind::UserId, GUID);
    let (code, out, err) = desk.run(&desk.args(&[&token]));
    assert!(code == 1 && out.is_empty() && err.contains("--key-id"));

    let named = Args { key_id: Some(desk.key.id().to_uppercase()), ..desk.args(&[&token]) };
    assert_eq!(desk.run(&named), (0, format!("{token}\t{GUID}\n"), String::new()));
    let other = Args { key_id: Some("0000000000000000".into()), ..desk.args(&[&token]) };
    let (code, out, err) = desk.run(&other);
    assert!(code == 1 && out.is_empty() && err.contains("made with the key"));

    let risky = Args { unverified: true, json: true, ..desk.args(&[&token]) };
    let (code, out, _) = desk.run(&risky);
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &document["revealed"][0]["verified"]), (0, &serde_json::Value::Bool(false)));
    assert!(!desk.log().lines().last().unwrap().contains(&token), "it may be a real id: only its digest is logged");
}

#[test]
fn the_bundle_names_its_key() {
    let desk = Desk::new();
    let bundle = desk.folder.path().join("case.zip");
    let manifest = format!("{{\"privacy\":{{\"key_id\":\"{}\"}}}}", desk.key.id());
    // A stored zip of one entry, written by hand: only the archive room makes zips.
    std::fs::write(&bundle, stored_zip("case/manifest.json", manifest.as_bytes())).unwrap();
    let token = desk.token(Kind::UserId, GUID);
    let args = Args { bundle: Some(bundle.clone()), ..desk.args(&[&token]) };
    assert_eq!(desk.run(&args).0, 0);
    std::fs::write(&bundle, b"no zip").unwrap();
    let (code, out, err) = desk.run(&args);
    assert!(code == 1 && out.is_empty() && err.contains("cannot be read as a bundle"));
}

#[test]
fn addresses_need_their_flag() {
    let desk = Desk::new();
    let token = desk.token(Kind::Ip, "203.0.113.9");
    let known = || Args { key_id: Some(desk.key.id()), ..desk.args(&[&token]) };
    let (code, out, err) = desk.run(&known());
    assert!(code == 1 && out.is_empty() && err.contains("--ip"));
    assert_eq!(desk.run(&Args { ip: true, ..known() }).1, format!("{token}\t203.0.113.9\n"));
}

#[test]
fn a_wrong_key_says_so_and_reveals_nothing() {
    let (desk, other) = (Desk::new(), Desk::new());
    let token = other.token(Kind::Name, "Alice Smith");
    let mine = desk.token(Kind::Name, "Bob Jones");
    let (code, out, err) = desk.run(&desk.args(&[&token, &mine]));
    assert_eq!((code, out), (1, format!("{mine}\tbob jones\n")));
    assert!(err.contains("token 1 is not a pseudonym made with this key"));
    assert!(!desk.log().contains(&token), "what was not revealed may be a real value and is not logged");
}

#[test]
fn a_reason_is_needed_and_a_broken_log_is_reported() {
    let desk = Desk::new();
    let token = desk.token(Kind::Name, "Alice Smith");
    let silent = Args { reason: "  ".into(), ..desk.args(&[&token]) };
    let (code, out, _) = desk.run(&silent);
    assert!(code == 2 && out.is_empty() && desk.log().is_empty());
    desk.run(&desk.args(&[&token]));
    let changed = desk.log().replace("case 17", "case 18");
    std::fs::write(desk.folder.path().join("log.jsonl"), changed).unwrap();
    assert!(desk.run(&desk.args(&[&token])).2.contains("line 1 of the reveal log"));
}

#[test]
fn without_a_log_nothing_is_revealed() {
    let desk = Desk::new();
    let token = desk.token(Kind::Name, "Alice Smith");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    // A folder stands where the log should be.
    let code = run_logged(&desk.args(&[&token]), Clock::System, desk.folder.path(), &mut out, &mut err).unwrap();
    assert!(code == 1 && out.is_empty() && !err.is_empty());
}

/// APPNOTE 4.3: local header, data, central directory, end.
fn stored_zip(name: &str, data: &[u8]) -> Vec<u8> {
    let mut fields = Vec::new();
    for number in [20_u16, 0, 0, 0, 0x21] {
        fields.extend(number.to_le_bytes());
    }
    for number in [crc32fast::hash(data), data.len() as u32, data.len() as u32] {
        fields.extend(number.to_le_bytes());
    }
    fields.extend((name.len() as u16).to_le_bytes());
    fields.extend([0, 0]);
    let mut zip = [b"PK\x03\x04".as_slice(), &fields, name.as_bytes(), data].concat();
    let start = zip.len() as u32;
    zip.extend([b"PK\x01\x02".as_slice(), &20_u16.to_le_bytes(), &fields, &[0; 14], name.as_bytes()].concat());
    let length = zip.len() as u32 - start;
    zip.extend(
        [b"PK\x05\x06".as_slice(), &[0, 0, 0, 0, 1, 0, 1, 0], &length.to_le_bytes(), &start.to_le_bytes(), &[0, 0]]
            .concat(),
    );
    zip
}
