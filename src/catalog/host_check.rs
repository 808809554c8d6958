//! What must hold for the rows of `host.toml`: run by the tests, and by `entra-bundle catalog check`.

use std::collections::BTreeSet;

use super::check::{Check, is_date, is_kebab, is_sentence};
use super::host::{DeniedItem, Item, Origin, denied, denied_items, items};
use super::{Catalog, Service};

/// What a script may call: it reads, and writes its own output.
const HARMLESS: [&str; 4] = ["ConvertTo-Json", "ForEach-Object", "Select-Object", "Invoke-CimMethod"];
/// Forms as [`Item::forms`] spells them.
const FORMS: [&str; 7] = ["json-lines", "json", "csv", "xml", "ldif", "registry", "text"];

/// Looks at all rows.
pub(super) fn check(catalog: &Catalog, check: &mut Check) {
    rows(catalog, items(), denied_items(), check);
    check.checked.extend([("items of servers", items().len()), ("denied items", denied_items().len())]);
}

fn rows(catalog: &Catalog, items: &[Item], denials: &[DeniedItem], check: &mut Check) {
    let mut seen = BTreeSet::new();
    for row in items {
        for (wrong, what) in [
            (!is_kebab(&row.id) || !seen.insert(&row.id), "its id is not kebab-case, or stands twice"),
            (catalog.dataset(&row.id).is_some(), "a dataset is called so"),
            (!is_sentence(&row.why), "`why` is no sentence"),
            (!row.source.starts_with("https://"), "`source` is no address"),
            (!is_date(&row.source_date), "`source_date` is no date"),
            (!dataset_holds(catalog, row), "its dataset is unknown, not on premises, or lacks one of its profiles"),
            (row.dataset.is_some() != row.reader.is_some(), "a dataset needs a reader, and a reader a dataset"),
            (!profiles_hold(catalog, row), "a profile is unknown, named twice, or missing"),
            (!row.forms.iter().all(|form| FORMS.contains(&form.as_str())), "a form is unknown"),
            (!is_harmless(&row.from), "its script calls what does more than read"),
            (!is_bounded(row), "it has no limit of size, or no limit of time"),
            (!is_recognised(row), "no copy of it could be recognised"),
            (is_denied(row), "a denied item is collected"),
        ] {
            check.that(!wrong, || format!("item {}: {what}", row.id));
        }
    }
    for row in denials {
        let whole = is_kebab(&row.id) && !row.why.is_empty() && !row.why.ends_with('.');
        let said = row.source.starts_with("https://") && !(row.names.is_empty() && row.marks.is_empty());
        check.that(whole && said && seen.insert(&row.id), || format!("denied item {}: it is malformed", row.id));
    }
    let sorted = items.is_sorted_by_key(|row| &row.id) && denials.is_sorted_by_key(|row| &row.id);
    check.that(sorted, || "host.toml is not sorted by id".to_owned());
    for dataset in catalog.datasets().iter().filter(|row| row.is_on_premises()) {
        let made = items.iter().any(|row| row.dataset.as_deref() == Some(dataset.id.as_str()));
        check.that(made, || format!("{}: no item makes records of it", dataset.id));
    }
}

fn dataset_holds(catalog: &Catalog, row: &Item) -> bool {
    let Some(id) = &row.dataset else { return !row.spreads };
    catalog.dataset(id).is_some_and(|dataset| {
        let own = matches!(row.from, Origin::Ldap { .. }) == (dataset.service == Service::Ldap) || row.spreads;
        dataset.is_on_premises() && own && row.profiles.iter().all(|one| dataset.profiles.contains(one))
    })
}

fn profiles_hold(catalog: &Catalog, row: &Item) -> bool {
    let known = row.profiles.iter().all(|id| catalog.profile(id).is_some());
    let unique = row.profiles.iter().collect::<BTreeSet<_>>().len() == row.profiles.len();
    known && unique && !row.profiles.is_empty() && row.helpful.iter().all(|id| row.profiles.contains(id))
}

/// Whether a script calls nothing but cmdlets that read; a word with a hyphen that begins with a verb is a cmdlet.
fn is_harmless(from: &Origin) -> bool {
    let Origin::Powershell { script, .. } = from else { return true };
    let words = script.split(|one: char| !(one.is_ascii_alphanumeric() || one == '-' || one == '$'));
    let mut calls = words.filter(|word| {
        let verb = word.split_once('-').map_or("", |(verb, _)| verb);
        !verb.is_empty() && verb.starts_with(|first: char| first.is_ascii_uppercase())
    });
    calls.all(|word| word.starts_with("Get-") || HARMLESS.contains(&word)) && !script.contains("Out-File")
}

fn is_bounded(row: &Item) -> bool {
    let runs = matches!(row.from, Origin::Command { .. } | Origin::Powershell { .. } | Origin::Events { .. });
    let read = !matches!(row.from, Origin::Ldap { .. });
    (row.bytes_max.is_some() || !read) && (row.timeout_s.is_some() || !runs)
}

fn is_recognised(row: &Item) -> bool {
    let copied = !matches!(row.from, Origin::Ldap { .. });
    !copied || !row.names.is_empty()
}

/// Whether a name or a path under which it is collected is one that is denied.
fn is_denied(row: &Item) -> bool {
    let paths = match &row.from {
        Origin::Files { paths } => paths.as_slice(),
        _ => &[],
    };
    row.names.iter().chain(paths).any(|glob| denied(&glob.replace(['*', '?'], "x"), "").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(change: fn(&mut Item)) -> Vec<String> {
        let mut rows = items().to_vec();
        change(rows.iter_mut().find(|row| row.id == "connect-scheduler").unwrap());
        let mut check = Check::default();
        super::rows(Catalog::embedded().unwrap(), &rows, denied_items(), &mut check);
        check.problems
    }

    #[test]
    fn each_check_finds_what_it_is_for() {
        assert!(broken(|_| ()).is_empty(), "{:#?}", broken(|_| ()));
        let script = |text: &str| Origin::Powershell { module: None, script: text.to_owned() };
        assert!(is_harmless(&script("Get-ADSyncScheduler | ConvertTo-Json -Compress")));
        for text in ["Set-ADSyncScheduler -SyncCycleEnabled $false", "Start-ADSyncSyncCycle", "Get-X | Out-File y"] {
            assert!(!is_harmless(&script(text)), "{text}");
        }
        type Break = (fn(&mut Item), &'static str);
        let breaks: [Break; 11] = [
            (|row| row.id = "Connect".into(), "kebab-case"),
            (|row| row.id = "connect-rules".into(), "stands twice"),
            (|row| row.why = "because".into(), "sentence"),
            (|row| row.source = "a page".into(), "no address"),
            (|row| row.dataset = Some("sign-ins".into()), "not on premises"),
            (|row| row.reader = None, "needs a reader"),
            (|row| row.profiles.push("mfa".into()), "lacks one of its profiles"),
            (|row| row.profiles.clear(), "profile"),
            (|row| row.timeout_s = None, "no limit"),
            (|row| row.names.push("*.pfx".into()), "denied item is collected"),
            (|row| row.names.clear(), "recognised"),
        ];
        for (change, word) in breaks {
            let found = broken(change);
            assert!(found.iter().any(|one| one.contains(word)), "{word}: {found:?}");
        }
    }

    /// What must be withheld, as it would lie in a folder: a name and the beginning of the text.
    #[test]
    fn everything_that_is_never_collected_is_denied() {
        for (id, name, head) in [
            ("bitlocker-key", "notes.txt", "BitLocker Drive Encryption recovery key\n\nTo verify"),
            ("directory-database", r"C:\Windows\NTDS\ntds.dit", ""),
            ("kerberos-tickets", "tgt.kirbi", ""),
            (
                "kerberos-tickets",
                "out.txt",
                "Current LogonId is 0:0x3e7\n\nCached Tickets: (2)\n\n#0>     Client: x @ Y",
            ),
            (
                "laps-password",
                "out.txt",
                "ComputerName : PC\nDistinguishedName : CN=PC\nAccount : a\nPassword : x\nPasswordUpdateTime : y",
            ),
            ("laps-password", "Get-LapsADPassword.csv", ""),
            ("memory-dump", "lsass.DMP", ""),
            ("private-key", "sts.key", ""),
            ("private-key", "readme.log", "-----BEGIN EC PRIVATE KEY-----\nx"),
            (
                "private-key",
                "chain.txt",
                "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----",
            ),
            ("registry-hive", "SRV01/HKLM_SYSTEM.hiv", ""),
            ("registry-hive", "config/SAM", ""),
            (
                "registry-hive",
                "x.reg",
                "Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SAM\\SAM\\Domains]",
            ),
            ("stored-credentials", "cred.txt", "\nCurrently stored credentials:\n\n    Target: x"),
            ("sync-database", "Data/ADSync.mdf", ""),
            ("token", "AzureVMAccessToken.txt", ""),
            ("token", "x.txt", "eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJ4In0.c2ln"),
            ("token", "x.json", "{\"access_token\":\"x\"}"),
            ("token-cache", "AppData/Local/Microsoft/TokenBroker/Cache/a.tbres", ""),
        ] {
            assert_eq!(denied(name, head).map(|row| row.id.as_str()), Some(id), "{id} {name}");
        }
        for (name, head) in [
            (
                "trace-20260915.log",
                "[22:31:50.170] [ 13] [INFO ] Authenticate-ADAL: successfully acquired an access token.",
            ),
            ("dsregcmd.txt", "| Device State |\n AzureAdJoined : YES"),
            ("monkey.log", "key"),
            ("users.ldf", "dn: CN=a,DC=b\nobjectClass: user"),
        ] {
            assert!(denied(name, head).is_none(), "{name}");
        }
    }
}
