//! Text: labels, prose, PEM blocks, cuts. The helpers are shared with the other forms' tests.
#![cfg_attr(feature = "gate-off", allow(dead_code, unused_imports, reason = "used only where the gate is on"))]

use std::path::PathBuf;

use proptest::prelude::*;

use crate::pseudonym::tests::gate_with;
use crate::pseudonym::{Gate, Policy};
use crate::record::{Context, Encoding, Form, RawStretch, RawText};

/// A whole file of a form.
pub(in crate::pseudonym::form) fn stretch(form: Form, text: &str) -> RawStretch {
    let (encoding, context) = (Encoding::Utf8, Context::Nothing);
    RawStretch { form, encoding, has_mark: false, dataset: None, context, goes_on: false, text: RawText::new(text) }
}

/// A gate that learnt from these stretches.
pub(in crate::pseudonym::form) fn taught(stretches: &[RawStretch]) -> Gate {
    let gate = gate_with(Policy::standard());
    stretches.iter().for_each(|stretch| gate.learn_stretch(stretch));
    gate.freeze();
    gate
}

/// The clean characters and the number of records.
pub(in crate::pseudonym::form) fn clean(gate: &Gate, stretch: &RawStretch) -> (String, u64) {
    let batch = gate.clean_stretch(stretch);
    let records = batch.records();
    (String::from_utf8(batch.into_bytes()).unwrap(), records)
}

/// A file that teaches itself, cleaned.
pub(in crate::pseudonym::form) fn both(form: Form, text: &str) -> String {
    let stretch = stretch(form, text);
    clean(&taught(std::slice::from_ref(&stretch)), &stretch).0
}

/// The on-premises samples, if they are there.
pub(in crate::pseudonym::form) fn onprem(form: Form) -> Vec<(PathBuf, String)> {
    fn walk(folder: PathBuf, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() { walk(entry.path(), found) } else { found.push(entry.path()) }
        }
    }
    let mut found = Vec::new();
    for folder in ["../shared/samples/onprem", "../shared/data/aadconnect"] {
        walk(folder.into(), &mut found);
    }
    if found.is_empty() {
        println!("no ../shared: nothing to read");
    }
    let extensions: &[&str] = match form {
        Form::Xml => &["xml", "xsd"],
        Form::Ldif => &["ldif"],
        _ => &["txt", "log", "md", "sh", "rs", "c", "toml", "json"],
    };
    let is_form = |file: &PathBuf| file.extension().is_some_and(|end| extensions.iter().any(|name| end == *name));
    let read = |file: PathBuf| std::fs::read_to_string(&file).map(|text| (file, text)).ok();
    found.into_iter().filter(is_form).filter_map(read).collect()
}

/// What stands between two texts.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let start = text.find(before).unwrap_or_else(|| panic!("no {before:?} in {text:?}")) + before.len();
    &text[start..start + text[start..].find(after).unwrap_or(text.len() - start)]
}

const DSREGCMD: &str = "\
+----------------------------------------------------------------------+
| Device State                                                         |
+----------------------------------------------------------------------+

             AzureAdJoined : YES
                DomainName : ALDERWOOD
               Device Name : aw-lt-0412.ad.alderwood.local
                  DeviceId : 91d0c6aa-7be1-4a3c-b1d5-5e9f2c7a8d60
                Thumbprint : 3F0C9A5B7712E4D86A90BB41C2D3E4F5061728A9
              KeyContainerId : 91d0c6aa-7be1-4a3c-b1d5-5e9f2c7a8d60
                TenantName : Alderwood Marine
                  TenantId : 2f6e8d91-c05b-4a73-b9e4-60d1f7a3c582
               SettingsUrl : eyJVcmlzIjpbImh0dHBzOi8vYWxkZXJ3b29kIl19
    Executing Account Name : ALDERWOOD\\afield7, ada.field@alderwood.example
      Previous Prt Attempt : 2026-07-18 20:10:33.789 UTC
            Attempt Status : 0xc000006d
            Correlation ID : 6bff0bd9-820b-484b-ab20-2a4f7b76c58e
    Auto-Configuration URL :
";

#[cfg(not(feature = "gate-off"))]
#[test]
fn the_device_report_keeps_its_shape_and_what_support_needs() {
    let out = both(Form::Text, DSREGCMD);
    for gone in
        ["ALDERWOOD", "Alderwood", "alderwood", "afield7", "ada.field", "0412", "91d0c6aa", "3F0C9A5B", "eyJVcm"]
    {
        assert!(!out.contains(gone), "{gone} in\n{out}");
    }
    for kept in [
        "AzureAdJoined : YES",
        "TenantId : 2f6e8d91-c05b-4a73-b9e4-60d1f7a3c582",
        "Correlation ID : 6bff0bd9-820b-484b-ab20-2a4f7b76c58e",
        "0xc000006d",
        "2026-07-18 20:10:33.789 UTC",
        "SettingsUrl : [REMOVED:key-material:",
    ] {
        assert!(out.contains(kept), "{kept} not in\n{out}");
    }
    let domain = between(&out, "DomainName : ", "\n");
    assert_eq!(between(&out, "Executing Account Name : ", "\\"), domain);
    assert!(between(&out, "Device Name : ", "\n").contains(domain));
    assert_eq!(between(&out, "DeviceId : ", "\n"), between(&out, "KeyContainerId : ", "\n"));
    assert_eq!(out.lines().count(), DSREGCMD.lines().count());
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn values_behind_labels_in_running_text_are_their_kind() {
    let gate = taught(&[]);
    for (line, gone, kept) in [
        (
            "[22:30:52.371] [ 12] [INFO ] SQLServerName=SQL01.ad.alderwood.local SQLInstanceName=ADSYNC",
            "SQL01",
            "ADSYNC",
        ),
        ("ServiceAccountName=ALDERWOOD\\svc-sync, state=DoesNotExist", "svc-sync", "state=DoesNotExist"),
        ("AdConnectorUserName : ALDERWOOD\\MSOL_d95558f154ee", "ALDERWOOD", "MSOL_"),
        (
            "UserInfo=ada@alderwood.example, IdentityProvider=https://sts.windows.net/x/.",
            "ada@",
            "IdentityProvider=https://sts.windows.net/x/.",
        ),
        (
            "Anchor: H552hI9GwEykZwosf74JeOQ==, Dn: CN=Ada Field,DC=alder,DC=local, Change Date: 05/01/2026",
            "H552",
            ", Change Date: 05/01/2026",
        ),
        ("values: [SamAccountName afield7;]. Correct", "afield7", ";]. Correct"),
        ("{\"samAccountName\": \"afield7\", \"broken", "afield7", "\"broken"),
        (r#"body={\"samAccountName\":\"AW\\\\afield7\",\"n\":1"#, "afield7", r#"\",\"n\":1"#),
        ("  \"employeeId\": 40417723,", "40417723", "\"employeeId\": \""),
        ("<account-name>afield7</account-name> <version>1.2</version>", "afield7", "<version>1.2</version>"),
        ("\tAccount Name:\t\tafield7", "afield7", "\tAccount Name:\t\t"),
        ("   Host Name . . . . . . . . . . . . : AWLT", "AWLT", "   Host Name . . . . . . . . . . . . : "),
        ("ProxyAddresses : {SMTP:ada@alderwood.example, smtp:af@alderwood.example}", "af@", "{SMTP:"),
        ("log in C:\\Users\\afield7\\AppData\\x.log", "afield7", "\\AppData\\x.log"),
        ("\"profile\":\"C:\\\\Users\\\\Ada Field\\\\x\"", "Ada", "\\\\x\""),
    ] {
        let out = clean(&gate, &stretch(Form::Text, line)).0;
        assert!(!out.contains(gone) && out.contains(kept), "{line}\n{out}");
    }
}

#[test]
fn prose_and_source_text_have_no_labels() {
    let gate = taught(&[]);
    for line in [
        "Error: something went wrong, mail: see below",
        "domain: the name of the domain that is federated",
        "alias = value;",
        "  host : String,",
        "    alias: Option<String>,",
        "userName: userName,",
        "let domain = self.domain.clone();",
        "\"mail\": \"string\", \"city\": \"String\"",
        "userDisplayName: displayName",
        "displayName: The name that is shown",
        "computerName: process.env.COMPUTERNAME",
        "C:\\Users\\%USERNAME%\\x and C:\\Users\\Public\\y and C:\\Users\\<user>\\z",
        "if (domain == other) { alias := 3 }",
        "TenantId=2f6e8d91-c05b-4a73-b9e4-60d1f7a3c582, ProductCode=553423be-b5bf-4e1e-8afc-f97777c1a7d7",
        "-----BEGIN of the story",
    ] {
        assert_eq!(clean(&gate, &stretch(Form::Text, line)).0, line);
    }
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn bodies_of_pem_blocks_go_wherever_the_text_is_cut() {
    let gate = taught(&[]);
    let text = "before\n-----BEGIN RSA PRIVATE KEY-----\nQUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\nYWJjZGVmZ2g=\n-----END RSA PRIVATE KEY-----\nafter it\n";
    let whole = clean(&gate, &stretch(Form::Text, text)).0;
    assert!(!whole.contains("QUJD") && !whole.contains("YWJj") && whole.ends_with("after it\n"), "{whole}");
    assert_eq!(whole.lines().count(), 6);
    for (at, _) in text.match_indices('\n') {
        let (one, other) = text.split_at(at + 1);
        let cut = clean(&gate, &stretch(Form::Text, one)).0 + &clean(&gate, &stretch(Form::Text, other)).0;
        assert_eq!(cut, whole);
    }
}

#[test]
fn labels_teach() {
    let gate = taught(&[stretch(Form::Text, DSREGCMD)]);
    let line = "seen on aw-lt-0412 by afield7";
    let out = clean(&gate, &stretch(Form::Text, line)).0;
    assert_eq!(out == line, cfg!(feature = "gate-off"), "{out}");
}

#[test]
fn samples_keep_their_lines() {
    for form in [Form::Text, Form::Xml, Form::Ldif] {
        for (file, text) in onprem(form) {
            let (out, lines) = clean(&taught(&[stretch(Form::Text, &text)]), &stretch(Form::Text, &text));
            assert_eq!(out.lines().count(), text.lines().count(), "{}", file.display());
            assert_eq!(lines, text.lines().count() as u64, "{}", file.display());
        }
    }
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn short_names_of_hosts_go_and_words_of_logs_stay() {
    let out =
        both(Form::Text, "10.10.0.21\tDC07.ad.alderwood.local DC07 # DC\n10.10.0.22 NAS-4\n10.10.0.23 Connected\n");
    assert!(!out.contains("DC07") && !out.contains("NAS-4"), "{out}");
    assert!(out.contains("Connected") && out.contains("# DC"), "{out}");
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn an_apostrophe_ends_no_name() {
    let out = both(Form::Text, "x CN=Se\u{e1}n O'Bryan,OU=Crew,DC=ad,DC=alderwood,DC=local, y");
    assert!(!out.contains("Bryan"), "{out}");
    assert!(!both(Form::Text, "CN=Se\u{e1}n O&apos;Bryan,OU=Crew,DC=alderwood,DC=local").contains("Bryan"));
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn versions_are_no_addresses() {
    let text = r#"{"version":"2.5.76.0","policy":{"agentVersion":"1.5.233.0"},"address":"203.0.113.7"}"#;
    let out = both(Form::Json, text);
    assert!(out.contains("2.5.76.0") && out.contains("1.5.233.0") && !out.contains("203.0.113.7"), "{out}");
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn a_proxy_is_an_address_of_the_network() {
    let text = r#"<proxy usesystemdefault="true" proxyaddress="http://proxy7.ad.alderwood.local:8080" />"#;
    let out = both(Form::Xml, text);
    assert!(out.contains("http://px") && out.contains(":8080\"") && !out.contains("alderwood"), "{out}");
}

#[cfg(not(feature = "gate-off"))]
#[test]
fn samples_of_output_lose_what_their_labels_declare() {
    for (file, text) in onprem(Form::Text) {
        if !file.extension().is_some_and(|end| end == "log" || end == "txt") {
            continue;
        }
        let out = both(Form::Text, &text).to_lowercase();
        for gone in
            ["contoso", "hybridadfs", "viola", "alice", "john@", "svc-aadsync", "ws2022", "72476b2272e5", "h552hi"]
        {
            assert!(!out.contains(gone), "{gone} in {}", file.display());
        }
    }
}

proptest! {
    #[test]
    fn a_text_may_be_cut_between_any_lines(lines in proptest::collection::vec("(|[ -~\u{e9}]{0,40}|(Account Name:\t|mail=|\"upn\":\"|<cn>|DomainName : )[a-zA-Z@.\\\\\"<>/]{0,20})(\r?\n)", 0..8), at in 0_usize..8) {
        let gate = taught(&[]);
        let whole = clean(&gate, &stretch(Form::Text, &lines.concat()));
        let (one, other) = lines.split_at(at.min(lines.len()));
        let (one, other) = (clean(&gate, &stretch(Form::Text, &one.concat())), clean(&gate, &stretch(Form::Text, &other.concat())));
        prop_assert_eq!((one.0 + &other.0, one.1 + other.1), whole.clone());
        prop_assert_eq!(whole.0.lines().count(), lines.concat().lines().count());
    }
}
