//! LDIF: values, folding, binary, records.
#![cfg_attr(feature = "gate-off", allow(dead_code, unused_imports, reason = "used only where the gate is on"))]

use super::super::text::tests::{both, clean, onprem, stretch, taught};
use super::*;
use crate::record::Form;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

const ENTRY: &str = "version: 1\n\n# Ada Field, Crew, alderwood.local\ndn: CN=Ada Field,OU=Crew,DC=alderwood,DC=local\nobjectClass: top\nobjectClass: user\ncn: Ada Field\nsn: Field\ngivenName: Ada\ndisplayName: Field, Ada\nname: Ada Field\nsAMAccountName: afield7\nuserPrincipalName: ada.field@alderwood.example\nproxyAddresses: SMTP:ada.field@alderwood.example\nobjectGUID:: QF5HMK7n80qvdYsUPIHa9Q==\nobjectSid:: AQUAAAAAAAUVAAAAE96EgCpsCzhEeoZSTwQAAA==\nunicodePwd:: IgBTAGUAYwByAGUAdAAhACIA\nms-Mcs-AdmPwd: Hunter2!Hunter2\nuserCertificate;binary:: MIIDPzCCAiegAwIBAgIUT/ZqMjAr4ChgSUqYvRfp5oIyJOkw\noperatingSystemVersion: 10.0.20348.1\nwhenCreated: 20260101000000.0Z\ndescription: mail of ada.field@alderwood.example\n\ndn: CN=Kit\n Brook,OU=Crew,DC=alderwood,DC=local\nchangetype: modify\nreplace: mail\nmail: kit.brook@alderwood.example\n-\n\n";

/// Logical lines, unfolded.
fn unfolded(text: &str) -> Vec<String> {
    logical_lines(text).unwrap().into_iter().map(|line| line.content.into_owned()).collect()
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn entries_keep_their_lines_and_lose_their_people() {
    let stretch = stretch(Form::Ldif, ENTRY);
    let gate = taught(std::slice::from_ref(&stretch));
    let (out, records) = clean(&gate, &stretch);
    assert_eq!(records, 2);
    for gone in
        ["Ada", "Field", "afield7", "alderwood", "Kit", "Brook", "QF5HMK7n", "E96EgCps", "IgBTAGU", "Hunter2", "MIIDPz"]
    {
        assert!(!out.contains(gone), "{gone} in\n{out}");
    }
    for kept in [
        "version: 1\n",
        "objectClass: user\n",
        "changetype: modify\n",
        "\n-\n",
        "operatingSystemVersion: 10.0.20348.1\n",
        "whenCreated: 20260101000000.0Z\n",
        "userCertificate;binary: [REMOVED:certificate:",
        "unicodePwd: [REMOVED:",
        "ms-Mcs-AdmPwd: [REMOVED:",
    ] {
        assert!(out.contains(kept), "{kept} not in\n{out}");
    }
    let name = |line: &String| line.split(':').next().unwrap_or_default().to_owned();
    let names = |text: &str| unfolded(text).iter().filter(|line| !line.starts_with('#')).map(name).collect::<Vec<_>>();
    assert_eq!(names(&out), names(ENTRY));
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn an_object_is_the_same_in_all_its_spellings() {
    let out = both(
        Form::Ldif,
        "dn: CN=x,DC=y\nobjectGUID:: QF5HMK7n80qvdYsUPIHa9Q==\ninfo: 30475e40-e7ae-4af3-af75-8b143c81daf5\nobjectSid: S-1-5-21-2156191251-940272682-1384544836-1103\nmsDS-X:: AQUAAAAAAAUVAAAAE96EgCpsCzhEeoZSTwQAAA==\n",
    );
    let value = |key: &str| {
        out.lines().find_map(|line| line.strip_prefix(key)).unwrap().trim_start_matches(':').trim().to_owned()
    };
    let bytes: [u8; 16] = STANDARD.decode(value("objectGUID:")).unwrap().try_into().unwrap();
    assert_eq!(
        crate::pseudonym::map::guid::dashed(crate::pseudonym::map::guid::from_mixed_endian(bytes)),
        value("info:")
    );
    let sid = STANDARD.decode(value("msDS-X:")).unwrap();
    let parts: Vec<String> =
        sid[8..].chunks(4).map(|four| u32::from_le_bytes(four.try_into().unwrap()).to_string()).collect();
    assert_eq!(format!("S-1-5-{}", parts.join("-")), value("objectSid:"));
}

#[test]
fn folded_lines_are_folded_again_at_the_same_width() {
    let text = "dn: CN=x,DC=y\r\nuserPrincipalName: ada.field.of.the.long.name.with.more.letters@alde\r\n rwood.example\r\nmail: a.very.long.mail.address.that.somebody.did.not.fold@alderwood.example\r\n";
    let out = both(Form::Ldif, text);
    let lines: Vec<&str> = out.split("\r\n").collect();
    assert_eq!(lines[1].len(), "userPrincipalName: ada.field.of.the.long.name.with.more.letters@alde".len());
    assert!(lines[2].starts_with(' ') && lines[2].len() <= lines[1].len());
    assert_eq!(out.split("\r\n").filter(|line| line.starts_with("mail: ")).count(), 1);
    assert_eq!(unfolded(&out).len(), unfolded(text).len());
    assert!(cfg!(feature = "gate-off") || !out.contains("ada.field") && !out.contains("rwood"), "{out}");
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn binary_that_nothing_reads_becomes_a_mark_and_an_anchor_is_read() {
    let anchor: Vec<u8> = {
        let text: Vec<u8> =
            "User_731079b8-ce78-42d1-9291-39f2f27857ec\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        [&u32::try_from(text.len()).unwrap().to_le_bytes()[..], &text].concat()
    };
    let text = format!(
        "dn: CN=x,DC=y\nblob:: {}\nflag:: AQAAAAAAAAA=\ncloudAnchor:: {}\noMObjectClass:: KoZIhvcUAQEBCw==\n",
        STANDARD.encode([200; 40]),
        STANDARD.encode(&anchor)
    );
    let out = both(Form::Ldif, &text);
    assert!(
        out.contains("blob: [REMOVED:binary:")
            && out.contains("flag:: AQAAAAAAAAA=\n")
            && out.contains("oMObjectClass:: KoZIhvcUAQEBCw==\n"),
        "{out}"
    );
    let new = STANDARD.decode(out.lines().find_map(|line| line.strip_prefix("cloudAnchor:: ")).unwrap()).unwrap();
    assert_eq!((new.len(), &new[..14]), (anchor.len(), &anchor[..14]));
    assert_ne!(new, anchor);
}

#[test]
fn what_is_no_ldif_is_refused() {
    let gate = taught(&[]);
    for text in [" folded\n", "no colon here\n", "two words: x\n", "\u{e9}: x\n"] {
        assert_eq!(super::clean(&gate, &stretch(Form::Ldif, text), &mut String::new()), None, "{text}");
    }
}

#[test]
fn samples_keep_their_entries_and_lose_what_they_declare() {
    for (file, text) in onprem(Form::Ldif) {
        let out = both(Form::Ldif, &text);
        assert_eq!(unfolded(&out).len(), unfolded(&text).len(), "{}", file.display());
        for gone in
            ["contoso", "alice", "PC001", "HR-0001", "PUXUlrNLvU2CgaqV3koPtA", "731079b8", "MIIDPzCC", "Q049QWxp"]
        {
            assert!(cfg!(feature = "gate-off") || !out.contains(gone), "{gone} in {}", file.display());
        }
    }
}

proptest! {
    #[test]
    fn records_may_be_cut_anywhere_between_them(values in proptest::collection::vec("[ -~]{0,30}", 1..6), at in 0_usize..6, width in 10_usize..40) {
        let records: Vec<String> = values.iter().map(|value| {
            let line = format!("userPrincipalName: x{value}");
            let parts: Vec<&str> = (0..line.len()).step_by(width).map(|at| &line[at..(at + width).min(line.len())]).collect();
            format!("dn: CN=x,DC=y\n{}\ninfo: {value}\n\n", parts.join("\n "))
        }).collect();
        let gate = taught(&[]);
        let whole = clean(&gate, &stretch(Form::Ldif, &records.concat()));
        prop_assert_eq!(whole.1, records.len() as u64);
        prop_assert_eq!(unfolded(&whole.0).len(), unfolded(&records.concat()).len());
        let (one, other) = records.split_at(at.min(records.len()));
        let (one, other) = (clean(&gate, &stretch(Form::Ldif, &one.concat())), clean(&gate, &stretch(Form::Ldif, &other.concat())));
        prop_assert_eq!((one.0 + &other.0, one.1 + other.1), whole);
    }

    #[test]
    fn nothing_panics(text in "([a-zA-Z;:<= \u{e9}\r\n#-]|::|=|\n ){0,60}") {
        let _ = both(Form::Ldif, &text);
    }
}
