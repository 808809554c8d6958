//! Registry exports: paths, strings, hexadecimal data, cuts.
#![cfg_attr(feature = "gate-off", allow(dead_code, unused_imports, reason = "used only where the gate is on"))]

use proptest::prelude::*;

use super::super::text::tests::{both, clean, stretch, taught};
use crate::record::Form;

/// A text as `hex(2)` data in regedit's wrapping.
fn hex(kind: &str, head: &str, text: &str) -> String {
    let mut out = format!("{head}={kind}:");
    let mut column = out.len();
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (at, byte) in bytes.iter().enumerate() {
        out.push_str(&format!("{byte:02x}"));
        column += 3;
        if at + 1 < bytes.len() {
            out.push(',');
            if column + 3 >= 79 {
                out.push_str("\\\r\n  ");
                column = 2;
            }
        }
    }
    out + "\r\n"
}

/// The text of the data behind a head.
fn read(out: &str, head: &str) -> String {
    let start = out.find(head).unwrap_or_else(|| panic!("no {head} in {out}")) + head.len();
    let data = &out[start..];
    let mut end = 0;
    while let Some(length) = data[end..].find("\r\n") {
        end += length;
        if !data[..end].ends_with('\\') {
            break;
        }
        end += 2;
    }
    let digits: String = data[..end].chars().filter(|symbol| symbol.is_ascii_hexdigit() || *symbol == ',').collect();
    let bytes: Vec<u8> = digits.split(',').map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    String::from_utf16(&bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect::<Vec<_>>()).unwrap()
}

fn export() -> String {
    "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\CloudDomainJoin\\JoinInfo\\3F0C9A5B7712E4D86A90BB41C2D3E4F5061728A9]\r\n\"UserEmail\"=\"ada.field@alderwood.example\"\r\n\"TenantId\"=\"2f6e8d91-c05b-4a73-b9e4-60d1f7a3c582\"\r\n\"Flags\"=dword:0000000a\r\n\"Old\"=-\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\S-1-5-21-1004336348-1177238915-682003330-1104]\r\n".to_owned()
        + &hex("hex(2)", "\"ProfileImagePath\"", "C:\\Users\\afield7\0")
        + "\"Sid\"=hex:01,05,00,00,00,00,00,05,15,00,00,00,13,de,84,80,2a,6c,0b,38,44,7a,86,52,4f,\\\r\n  04,00,00\r\n\"Times\"=hex(b):00,01,02,03,04,05,06,07\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters]\r\n\"Hostname\"=\"AW-LT-0412\"\r\n@=\"say \\\"C:\\\\x\\\" to ALDERWOOD\\\\afield7\"\r\n"
        + &hex("hex(7)", "\"Servers\"", "dc01.ad.alderwood.local\0plain words\0\0")
        + "\"DisplayVersion\"=\"2.1.20.0\"\r\n\"SettingsUrl\"=\"eyJVcmlzIjpbXX0\"\r\n\"Blob\"=hex:30,82,03,3f,30,82,02,27,a0,03,02,01,02,02,14,4f,f6,6a\r\n"
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn keys_and_values_keep_their_types_and_lose_their_people() {
    let text = export();
    let out = both(Form::Registry, &text);
    for gone in [
        "3F0C9A5B",
        "ada.field",
        "alderwood",
        "ALDERWOOD",
        "afield7",
        "1004336348",
        "0412",
        "13,de,84,80",
        "eyJVcm",
        "30,82,03",
    ] {
        assert!(!out.contains(gone), "{gone} in\n{out}");
    }
    for kept in [
        "JoinInfo\\",
        "ProfileList\\S-1-5-21-",
        "\"TenantId\"=\"2f6e8d91-c05b-4a73-b9e4-60d1f7a3c582\"",
        "dword:0000000a\r\n\"Old\"=-",
        "hex(b):00,01,02,03,04,05,06,07",
        "@=\"say \\\"C:\\\\x\\\" to ",
        "\"DisplayVersion\"=\"2.1.20.0\"",
        "\"SettingsUrl\"=\"[REMOVED:key-material:",
        "\"Blob\"=\"[REMOVED:certificate:",
        "\"Sid\"=hex:01,05,00,00,00,00,00,05,15,00,00,00,",
    ] {
        assert!(out.contains(kept), "{kept} not in\n{out}");
    }
    let path = read(&out, "\"ProfileImagePath\"=hex(2):");
    assert!(path.starts_with("C:\\Users\\") && !path.contains("afield7") && path.ends_with('\0'), "{path}");
    let servers = read(&out, "\"Servers\"=hex(7):");
    assert!(!servers.contains("dc01") && servers.ends_with("\0plain words\0\0"), "{servers}");
    assert!(out.lines().all(|line| line.len() <= 80 || line.starts_with('[') || line.starts_with("@=")), "{out}");
}

#[test]
fn an_export_may_be_cut_before_any_key() {
    let text = export();
    let gate = taught(&[stretch(Form::Registry, &text)]);
    let whole = clean(&gate, &stretch(Form::Registry, &text));
    assert_eq!(whole.1, 13);
    for (at, _) in text.match_indices("\r\n[") {
        let (one, other) = text.split_at(at + 2);
        let (one, other) = (clean(&gate, &stretch(Form::Registry, one)), clean(&gate, &stretch(Form::Registry, other)));
        assert_eq!((one.0 + &other.0, one.1 + other.1), whole);
    }
}

#[test]
fn what_says_nothing_stays_and_what_is_no_export_is_refused() {
    let text = "REGEDIT4\n\n; a comment\n[-HKEY_CURRENT_USER\\Software\\X]\n\"a\\\"b\"=\"c\\\\d\"\n\"multi\"=\"one\ntwo\"\n\"n\"=hex(2):25,54,45,4d,50,25,00\n\"z\"=hex:\n";
    assert_eq!(both(Form::Registry, text), text);
    let gate = taught(&[]);
    for text in ["words\n", "\"a\"=x\n", "[open\n", "\"a\n", "\"a\"=hex:0\n", "\"a\"=dword:xyz\n", "\"a\"=hex:1,2\n"] {
        assert_eq!(super::clean(&gate, &stretch(Form::Registry, text), &mut String::new()), None, "{text}");
    }
}

proptest! {
    #[test]
    fn nothing_panics(text in "(\"|\\\\|=|hex:|hex\\(2\\):|[a-f0-9,@\\[\\]; \u{e9}\r\n-]|\"a\"=){0,40}") {
        let _ = both(Form::Registry, &text);
    }
}
