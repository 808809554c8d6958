//! Free text: what is found, what is left alone.

#![cfg(not(feature = "gate-off"))]

use super::*;

#[test]
fn every_spelling_of_a_person_gives_the_pseudonym_of_the_field() {
    let gate = gate();
    let upn = field(&gate, "userPrincipalName", "ada.field@alderwood.example");
    let id = field(&gate, "userId", "7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31");
    let name = field(&gate, "userDisplayName", "Ada Field (Crew)");
    let account = field(&gate, "samAccountName", "afield7");
    let (local, domain) = upn.split_once('@').unwrap();
    let cases = [
        ("User 'ada.field@alderwood.example' failed", format!("User '{upn}' failed")),
        ("ADA.FIELD@ALDERWOOD.EXAMPLE", upn.clone()),
        ("u=ada.field%40alderwood.example&x", format!("u={local}%40{domain}&x")),
        ("ada.field%2540alderwood.example", format!("{local}%2540{domain}")),
        (r"ada.field\u0040alderwood.example", format!(r"{local}\u0040{domain}")),
        ("ada.field&#64;alderwood.example", format!("{local}&#64;{domain}")),
        (r#"{"a":"ada.field@alderwood.example"}"#, format!(r#"{{"a":"{upn}"}}"#)),
        (r#"["{\"a\":\"ada.field@alderwood.example\"}"]"#, format!(r#"["{{\"a\":\"{upn}\"}}"]"#)),
        ("SMTP:ada.field@alderwood.example", format!("SMTP:{upn}")),
        ("object 7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31.", format!("object {id}.")),
        ("Request Id: 7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31", format!("Request Id: {id}")),
        ("{7F3C1D52-8A4E-4B6F-9D10-2C5E8F7A6B31}", format!("{{{}}}", id.to_uppercase())),
        ("7f3c1d528a4e4b6f9d102c5e8f7a6b31", id.replace('-', "")),
        ("Ada Field (Crew) left", format!("{name} left")),
        ("by Ada Field", format!("by {name}")),
        ("by FIELD, ADA", format!("by {name}")),
        ("ada\u{200b} field", name.clone()),
        ("the account afield7 is", format!("the account {account} is")),
        (r"c:\users\afield7\x", format!(r"c:\users\{account}\x")),
    ];
    for (number, (raw, wanted)) in cases.iter().enumerate() {
        assert_eq!(text(&gate, raw), *wanted, "case {number}");
    }
}

#[test]
fn devices_domains_and_the_organisation_are_found() {
    let gate = gate();
    let host = field(&gate, "deviceName", "AW-LT-0412");
    let label = field(&gate, "domainName", "alderwood.example");
    let label = label.split('.').next().unwrap();
    assert_eq!(text(&gate, "join of aw-lt-0412 failed"), format!("join of {host} failed"));
    assert_eq!(text(&gate, "Alderwood forest"), format!("{label} forest"));
    let org = field(&gate, "organizationName", "Alderwood Marine");
    assert_eq!(text(&gate, "welcome to Alderwood Marine!"), format!("welcome to {org}!"));
    let url = text(&gate, "see https://sts.emea.alderwood.example/adfs?x=1");
    assert!(
        !url.contains("alderwood") && url.starts_with("see https://") && url.ends_with("/adfs?x=1"),
        "host in a URL"
    );
    let logon = text(&gate, r"logon ALDERWOOD\afield7 denied");
    assert_eq!(logon, format!(r"logon {label}\{} denied", field(&gate, "samAccountName", "afield7")));
    assert!(!text(&gate, r"alderwood\afield7").contains("afield7"));
}

#[test]
fn hosts_of_others_are_found_and_services_left() {
    let gate = gate();
    for raw in
        ["idp.partner-firm.org refused", "see https://login.partner.cloud/x", r"\\fs01.elsewhere.test\s", "Partner.Com"]
    {
        let clean = text(&gate, raw);
        assert!(!clean.contains("artner") && !clean.contains("elsewhere"), "{clean}");
    }
    for same in ["graph.microsoft.com", "https://login.microsoftonline.com/common", "outlook.com", "user.country"] {
        assert_eq!(text(&gate, same), same);
    }
    let account = field(&gate, "samAccountName", "ada.field");
    assert_eq!(text(&gate, "ada.field"), account);
}

#[test]
fn texts_in_base64_are_opened_and_written_back() {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    let gate = gate();
    let upn = field(&gate, "upn", "ada.field@alderwood.example");
    let (raw, clean) = ("login_hint=ada.field@alderwood.example", format!("login_hint={upn}"));
    let wide = |text: &str| STANDARD.encode(text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
    for (raw, clean) in [
        (STANDARD.encode(raw), STANDARD.encode(&clean)),
        (STANDARD_NO_PAD.encode(raw), STANDARD_NO_PAD.encode(&clean)),
        (URL_SAFE_NO_PAD.encode(format!("{raw}???>>>")), URL_SAFE_NO_PAD.encode(format!("{clean}???>>>"))),
        (wide(raw), wide(&clean)),
        (format!("a {} by {upn}", STANDARD.encode(raw)), format!("a {} by {upn}", STANDARD.encode(&clean))),
    ] {
        assert_eq!(text(&gate, &raw), clean);
    }
    for same in ["ZvVa5TbM7kmIyPUTVPvtwwZvVa5TbM7kmIyPUTVPvtww", "aGVsbG8gd29ybGQsIHRoaXMgaXMgYSB0ZXN0Lg=="] {
        assert_eq!(text(&gate, same), same);
    }
}

#[test]
fn numbers_that_identify_are_found_and_others_left() {
    let gate = gate();
    for (raw, gone) in [
        ("from 203.0.113.27 port 443", "203.0.113.27"),
        ("https://203.0.113.27/x", "203.0.113.27"),
        ("203.0.113.27:443", "203.0.113.27"),
        ("203.0.113.0/24", "203.0.113.0"),
        ("::ffff:203.0.113.27", "203.0.113.27"),
        ("27.113.0.203.in-addr.arpa", "27.113.0.203"),
        ("host-203-0-113-27.pool", "203-0-113-27"),
        ("ip 2001:db8:44::1f ok", "2001:db8:44::1f"),
        ("call +1 425 555 0109 now", "555 0109"),
        ("call (425) 555-0109", "555-0109"),
        ("call 425-555-0109", "555-0109"),
        ("sid S-1-5-21-1004336348-1177238915-682003330-1104", "1004336348"),
        ("sid S-1-12-1-1943430372-1249052806-2496021943-3034400218", "1943430372"),
        ("mac 00-1A-2B-3C-4D-5E", "2B-3C-4D"),
        ("CN=Ada Field,OU=Crew,DC=ad,DC=alderwood,DC=local", "Field"),
        ("at 'CN=Nobody Known,OU=Decks,DC=elsewhere,DC=test' now", "Nobody"),
        ("/o=ExchangeLabs/ou=Group/cn=Recipients/cn=nobody77", "nobody77"),
        (r"NORTHWIND\nobody77", "nobody77"),
        ("https://x.sharepoint.com/personal/nobody77_elsewhere_test/Documents", "nobody77"),
        ("unknown object 4a9f0e63-d7b2-4c81-a5f6-e18c3b2d7094", "4a9f0e63"),
    ] {
        let clean = text(&gate, raw);
        assert!(!clean.contains(gone), "still there: case {gone}");
    }
    for same in [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        "agent version 1.5.233.0",
        "Rich Client 4.40.0.0",
        "10.0.19044.1826",
        "2026-02-01T15:30:51.0273716Z",
        "at 12:30:45 on 2026-02-01",
        "Correlation ID: 4a9f0e63-d7b2-4c81-a5f6-e18c3b2d7094",
        "Trace ID: 4a9f0e63-d7b2-4c81-a5f6-e18c3b2d7094 Timestamp: 2026-02-01",
        "group 5d8a3f16-27c9-4e0b-b4f1-86a2d7c9e053",
        "app 93c5d7e2-4b18-4a6f-9e03-d2f8b1a7605c",
        "resource 00000003-0000-0000-c000-000000000000",
        r"C:\Windows\System32\drivers",
        r"NT AUTHORITY\SYSTEM",
        "members@odata.nextLink",
        "AADSTS7000222: The provided client secret keys for app are expired.",
        "Harbor Payroll",
        "Field Crew",
        "e::b std::fmt::Debug",
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "GMT+01:00",
        "100% of users",
    ] {
        assert_eq!(text(&gate, same), same);
    }
}

#[test]
fn documented_error_texts_stay_readable() {
    let gate = gate();
    for same in [
        "Error validating credentials due to invalid username or password.",
        "The user didn't enter the right credentials. \u{a0}It's expected to see some number of these errors in your logs.",
        "MFA requirement satisfied by claim in the token",
        "Neither tenant is B2C or tenant doesn't have premium license",
        "microsoft.directory/applications/allProperties/allTasks",
    ] {
        assert_eq!(text(&gate, same), same);
    }
}

#[test]
fn secrets_leave_a_mark_in_every_policy() {
    for gate in [gate(), frozen(gate_with(Policy::strict()))] {
        let raw = "header Authorization: Bearer abcdefghij0123456789abcdefghij end";
        let clean = text(&gate, raw);
        assert!(clean.starts_with("header Authorization: Bearer [REMOVED:bearer:") && clean.ends_with("] end"));
        assert_eq!(clean, text(&gate, raw), "the mark is keyed, not random");
        assert_eq!(clean, text(&gate, &clean), "a mark stays");
    }
}

#[test]
fn rules_and_filters_still_select_the_same() {
    let gate = gate();
    let job = field(&gate, "department", "Deck Crew");
    let upn = field(&gate, "userPrincipalName", "ada.field@alderwood.example");
    let cases = [
        (
            r#"(user.department -eq "Deck Crew") -and (user.accountEnabled -eq true)"#,
            format!(r#"(user.department -eq "{job}") -and (user.accountEnabled -eq true)"#),
        ),
        (
            r#"user.userPrincipalName -in ["ada.field@alderwood.example"]"#,
            format!(r#"user.userPrincipalName -in ["{upn}"]"#),
        ),
        ("userPrincipalName eq 'ada.field@alderwood.example'", format!("userPrincipalName eq '{upn}'")),
        (r#"device.trustType -eq "ServerAD""#, r#"device.trustType -eq "ServerAD""#.to_owned()),
    ];
    for (raw, wanted) in cases {
        assert_eq!(field(&gate, "membershipRule", raw), wanted);
    }
}

#[test]
fn names_of_files_lose_identifiers_and_folders() {
    let gate = gate();
    let name = gate.clean_name("../logs/ada.field@alderwood.example.jsonl");
    assert!(!name.as_str().contains('/') && !name.as_str().contains("ada") && !name.as_str().starts_with('.'));
    assert_eq!(gate.clean_name("sign-ins.jsonl").as_str(), "sign-ins.jsonl");
    assert_eq!(gate.clean_name("..").as_str(), "_");
}

#[test]
fn leaks_are_counted_in_dirty_text_only() {
    let gate = gate();
    let dictionary = gate.dictionary().unwrap();
    let dirty = "ada field on aw-lt-0412 at sts.alderwood.example, 7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31";
    assert!(dictionary.terms() > 10);
    assert!(dictionary.leaks_in(&gate, dirty, false) >= 4);
    assert_eq!(dictionary.leaks_in(&gate, &text(&gate, dirty), false), 0);
}

#[test]
fn servers_of_shares_and_machines_in_physical_ids_are_found() {
    let gate = gate();
    let server = field(&gate, "computerName", "FS02");
    for path in [r"export to \\FS02\hr$\x", r"\\\\FS02\\hr$"] {
        assert!(text(&gate, path).contains(&server), "{path}");
    }
    for path in [r"C:\\Windows\\x", r"\\?\C:\x", r"a\\b\c"] {
        assert_eq!(text(&gate, path), path);
    }
    let machine = text(&gate, "[GID]:g:7240ffe6329048d99be878d5a40cd404");
    assert!(machine.starts_with("[GID]:g:") && machine.len() == 40 && !machine.contains("7240ffe6"), "{machine}");
    assert!(!text(&gate, "[HWID]:h:6755398495").contains("6755398495"));
    assert!(!text(&gate, "[USER-GID]:7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31:6755398495").contains("6755398495"));
}
