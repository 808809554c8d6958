//! `collect --ldap` against a real Active Directory (Samba): 1,000 people and a group of 500, every way of signing in,
//! what goes wrong, and a bundle in which nobody is named and everybody can be followed from the cloud to the directory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]

mod domain;
mod reading;
#[path = "../support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{BASE, Domain, HOST, PASSWORD, REALM};
use serde_json::{Value, json};
use support::simulated::Simulated;
use support::{Bench, dataset, inside};

const WORKERS: u64 = 1_000;
const MEMBERS: usize = 500;

/// What a run left.
struct Run {
    code: i32,
    manifest: Value,
    entries: BTreeMap<String, Vec<u8>>,
    said: String,
}

impl Run {
    fn dataset(&self, id: &str) -> &Value {
        dataset(&self.manifest, id)
    }

    fn outcome(&self, id: &str) -> (&str, u64) {
        let row = self.dataset(id);
        (row["outcome"].as_str().unwrap(), row["records"].as_u64().unwrap())
    }

    fn reason(&self, id: &str) -> String {
        format!("{} ({})", self.dataset(id)["reason"], self.dataset(id)["hint"])
    }

    fn lines(&self, path: &str) -> Vec<Value> {
        let text = std::str::from_utf8(self.entries.get(path).map_or(b"", Vec::as_slice)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The tenant and the directory in one bundle.
fn collect(
    (bench, cloud): (&Bench, &Simulated),
    name: &str,
    variables: &[(&'static str, String)],
    options: &[&str],
) -> Run {
    let zip = format!("{name}.zip");
    let mut command = cloud.collect(bench, &zip, &["--include", "ad-*", "--include", "users"]);
    let output = command.args(options).envs(variables.iter().cloned()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(0 | 3)), "{name}: {said}");
    let entries = inside(&bench.path(&zip));
    let manifest = serde_json::from_slice(&entries["manifest.json"]).unwrap();
    Run { code: output.status.code().unwrap(), manifest, entries, said }
}

/// The people of the demo tenant that come from the directory, as its Graph tells them.
fn people(cloud: &Simulated) -> Vec<Value> {
    use std::io::{Read as _, Write as _};
    let host = cloud.text("graph_url").trim_start_matches("http://");
    let fields = "displayName,userPrincipalName,mail,proxyAddresses,onPremisesImmutableId,onPremisesSecurityIdentifier,\
                  onPremisesSamAccountName,onPremisesDistinguishedName";
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET /v1.0/users?$select={fields}&$top=999 HTTP/1.0\r\nHost: {host}\r\nAuthorization: Bearer {}\r\n\r\n",
        cloud.text("token")
    )
    .unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let body: Value = serde_json::from_str(reply.split_once("\r\n\r\n").unwrap().1).unwrap();
    let all = body["value"].as_array().unwrap().iter();
    all.filter(|user| user["onPremisesImmutableId"].is_string()).cloned().collect()
}

fn seed(people: &[Value]) -> Value {
    let person = |user: &Value| {
        json!({
            "dn": user["onPremisesDistinguishedName"], "sam": user["onPremisesSamAccountName"],
            "upn": user["userPrincipalName"], "displayName": user["displayName"], "mail": user["mail"],
            "proxyAddresses": user["proxyAddresses"], "immutableId": user["onPremisesImmutableId"],
            "sid": user["onPremisesSecurityIdentifier"],
        })
    };
    let sid = people[0]["onPremisesSecurityIdentifier"].as_str().unwrap();
    json!({
        "people": people.iter().map(person).collect::<Vec<_>>(), "more": WORKERS, "members": MEMBERS,
        "suffix": "quillworks.test", "tenant": "5899dc26-addb-4d04-966c-047944494fc3", "password": PASSWORD,
        "domainSid": sid.rsplit_once('-').unwrap().0,
    })
}

#[test]
fn a_real_domain_is_read_whole_and_nobody_in_it_is_named() {
    let bench = Bench::new();
    // Served for itself: `--demo` would bring the exports of its own servers besides.
    let cloud = Simulated::start(&bench, &["--no-gzip"]);
    let people = people(&cloud);
    assert!(people.len() > 50);
    let Some(mut domain) = Domain::start(&seed(&people)) else { return };
    for (name, password) in [("password", PASSWORD), ("wrong", "Passw0rd.Wrong")] {
        std::fs::write(bench.path(name), format!("{password}\r\n")).unwrap();
    }
    let ca = domain.path("ca.pem").to_str().unwrap().to_owned();
    let at = |scheme: &str, user: &str, password: &str| -> Vec<String> {
        let address = format!("{scheme}://{HOST}");
        ["--ldap", &address, "--ldap-ca", &ca, "--ldap-user", user, "--ldap-password-file", password]
            .map(str::to_owned)
            .to_vec()
    };
    let go = |name: &str, options: &[String], more: &[&str]| {
        let options: Vec<&str> = options.iter().map(String::as_str).chain(more.iter().copied()).collect();
        collect((&bench, &cloud), name, &[], &options)
    };
    let administrator = format!("administrator@{REALM}");
    let usual = at("ldaps", &administrator, "password");

    let whole = go("simple", &usual, &[]);
    is_whole(&whole, people.len() as u64);
    nobody_is_named(&whole, &people, &domain.truth());
    everybody_can_be_followed(&whole, &people);
    things_are_told_as_they_are(&whole);
    assert_eq!(bench.expect(0, &["verify", "simple.zip"]).status.code(), Some(0));

    is_whole(&go("starttls", &at("ldap", "ALDERWOOD\\administrator", "password"), &[]), people.len() as u64);
    #[cfg(feature = "kerberos")]
    tickets((&bench, &cloud), &domain, &ca, people.len() as u64);
    reading::small_pages_and_ranges(&std::fs::read(&ca).unwrap(), MEMBERS);
    reading::nobody_is_answered(&std::fs::read(&ca).unwrap());

    parts_of_it(&go, &usual);
    refusals(&go, &at, &usual, &domain, &administrator);
    domain.expire();
    let expired = go("expired", &usual, &[]);
    assert_eq!((expired.code, expired.outcome("ad-users")), (3, ("failed", 0)));
    assert!(expired.reason("ad-users").contains("has expired"), "{}", expired.reason("ad-users"));
}

fn is_whole(run: &Run, people: u64) {
    assert_eq!(run.code, 0, "{}", run.said);
    // Administrator, Guest, krbtgt, reader, poor and the account of the synchronisation.
    assert_eq!(run.outcome("ad-users"), ("complete", WORKERS + people + 6), "{}", run.reason("ad-users"));
    assert!(run.dataset("ad-users")["pages"].as_u64().unwrap() >= 2);
    assert_eq!(run.dataset("ad-users")["source"]["kind"], "ldap");
    assert_eq!(run.outcome("ad-computers"), ("complete", 3), "{}", run.reason("ad-computers"));
    for id in ["ad-groups", "ad-contacts", "ad-forest", "users"] {
        assert_eq!(run.outcome(id).0, "complete", "{id}: {}", run.reason(id));
    }
    let groups = run.lines("data/onprem/ad-groups.jsonl");
    let large = groups.iter().filter(|group| group["member"].as_array().is_some_and(|all| all.len() == MEMBERS));
    assert_eq!(large.count(), 1);
}

/// No identifier of the directory stands anywhere in the bundle, whatever its case and in whichever encoding.
fn nobody_is_named(run: &Run, people: &[Value], truth: &Value) {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for (account, person) in truth["users"].as_object().unwrap() {
        let text = |key: &str| person[key].as_str().unwrap().to_lowercase();
        if !["administrator", "guest", "reader", "poor", "krbtgt"].contains(&account.to_lowercase().as_str()) {
            names.extend([account.to_lowercase(), text("sid"), text("dn")]);
        }
        let guid = text("guid");
        let plain: String = guid.chars().filter(|symbol| *symbol != '-').collect();
        names.extend([STANDARD.encode(windows_bytes(&guid)).to_lowercase(), guid, plain]);
    }
    for person in people {
        for key in ["userPrincipalName", "displayName", "onPremisesDistinguishedName", "onPremisesImmutableId"] {
            names.insert(person[key].as_str().unwrap().to_lowercase());
        }
    }
    let others = ["quill", "alderwood", "dc=ad,", "pc-quill-07", "worker 00", "worker00", HOST, "0f1e2d3c4b5a"];
    // Shorter ones come about by chance among thousands of pseudonyms.
    names.retain(|name| name.len() >= 8);
    names.extend(others.map(str::to_owned));
    assert!(names.len() > 3_000, "{}", names.len());
    let search = AhoCorasick::new(&names).unwrap();
    for (path, bytes) in &run.entries {
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        let found = search.find_iter(&text).count();
        assert_eq!(found, 0, "{path}: {found} identifiers of the directory");
    }
}

/// A GUID's bytes as Windows stores them.
fn windows_bytes(guid: &str) -> [u8; 16] {
    let digits: String = guid.chars().filter(|symbol| *symbol != '-').collect();
    let byte = |at: usize| u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).unwrap();
    [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map(byte)
}

/// Everybody whom the cloud has from the directory has one pseudonym in both.
fn everybody_can_be_followed(run: &Run, people: &[Value]) {
    let directory = run.lines("data/onprem/ad-users.jsonl");
    let by_anchor: BTreeMap<&str, &Value> =
        directory.iter().filter_map(|person| Some((person["mS-DS-ConsistencyGuid"].as_str()?, person))).collect();
    let cloud = run.lines("data/objects/users.jsonl");
    let mut followed = 0;
    for user in &cloud {
        let Some(anchor) = user["onPremisesImmutableId"].as_str() else { continue };
        let person = by_anchor.get(anchor).expect("an immutable id that the directory does not have");
        let guid = person["objectGUID"].as_str().unwrap();
        assert_eq!(STANDARD.encode(windows_bytes(guid)), anchor, "the object's GUID is another one");
        for (theirs, ours) in [
            ("objectSid", "onPremisesSecurityIdentifier"),
            ("dn", "onPremisesDistinguishedName"),
            ("sAMAccountName", "onPremisesSamAccountName"),
            ("userPrincipalName", "userPrincipalName"),
            ("displayName", "displayName"),
            ("mail", "mail"),
        ] {
            assert_eq!(person[theirs], user[ours], "{theirs} and {ours} differ");
        }
        let set = |value: &Value| -> BTreeSet<String> {
            value.as_array().into_iter().flatten().map(|one| one.as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(set(&person["proxyAddresses"]), set(&user["proxyAddresses"]));
        followed += 1;
    }
    assert_eq!(followed, people.len());
    // Members are people of the directory.
    let names: BTreeSet<&str> = directory.iter().map(|person| person["dn"].as_str().unwrap()).collect();
    let groups = run.lines("data/onprem/ad-groups.jsonl");
    let large = groups.iter().find(|group| group["member"].as_array().is_some_and(|all| all.len() == MEMBERS)).unwrap();
    assert!(large["member"].as_array().unwrap().iter().all(|member| names.contains(member.as_str().unwrap())));
}

/// What Support looks at first is there, and bodies are not.
fn things_are_told_as_they_are(run: &Run) {
    let forest = run.lines("data/onprem/ad-forest.jsonl");
    let with = |key: &str| forest.iter().find(|record| record.get(key).is_some()).unwrap_or_else(|| panic!("no {key}"));
    assert!(
        with("supportedControl")["dn"] == "" && with("currentTime")["currentTime"].as_str().unwrap().ends_with('Z')
    );
    assert_eq!(with("objectVersion")["objectVersion"], "69");
    assert!(with("nETBIOSName")["dnsRoot"].is_array());
    let keywords = with("keywords")["keywords"].to_string();
    assert!(keywords.contains("azureADName:") && keywords.contains("azureADId:"));
    let named = |mark: &str| {
        forest.iter().any(|record| record["sAMAccountName"].as_str().is_some_and(|name| name.contains(mark)))
    };
    assert!(named("MSOL_"), "the synchronisation's account");
    let computers = run.lines("data/onprem/ad-computers.jsonl");
    assert!(computers.iter().any(|computer| computer["userCertificateCount"] == 2));
    let users = run.lines("data/onprem/ad-users.jsonl");
    assert!(users.iter().all(|user| user["objectClass"].is_array() && user["userAccountControl"].is_string()));
    for (path, bytes) in &run.entries {
        let text = String::from_utf8_lossy(bytes);
        for body in ["only counted", "dW5pY29kZVB3ZA", "\"userCertificate\"", "unicodePwd", "supplementalCredentials"] {
            assert!(!text.contains(body) || path == "manifest.json", "{path}: {body}");
        }
    }
}

#[cfg(feature = "kerberos")]
fn tickets(place: (&Bench, &Simulated), domain: &Domain, ca: &str, people: u64) {
    let address = format!("ldaps://{HOST}");
    let options = ["--ldap", &address, "--ldap-ca", ca];
    let without = collect(place, "no-ticket", &domain.no_ticket(), &options);
    assert_eq!((without.code, without.outcome("ad-users")), (3, ("denied", 0)));
    assert!(without.reason("ad-users").contains("no Kerberos ticket"), "{}", without.reason("ad-users"));
    let ticket = domain.ticket();
    is_whole(&collect(place, "kerberos", &ticket, &options), people);
    let plain = format!("ldap://{HOST}");
    is_whole(&collect(place, "kerberos-starttls", &ticket, &["--ldap", &plain, "--ldap-ca", ca]), people);
}

type Go<'a> = dyn Fn(&str, &[String], &[&str]) -> Run + 'a;

/// A unit, a filter, one object.
fn parts_of_it(go: &Go<'_>, usual: &[String]) {
    let unit = format!("OU=Sync,{BASE}");
    let below = go("base", usual, &["--ldap-base", &unit]);
    assert_eq!((below.code, below.outcome("ad-users")), (0, ("complete", WORKERS)));
    assert!(below.reason("ad-users").contains("only the part that the options ask for"));
    assert_eq!(below.outcome("ad-groups"), ("complete", 1));
    let some = go("filter", usual, &["--ldap-filter", "(sAMAccountName=worker0001*)"]);
    assert_eq!((some.code, some.outcome("ad-users")), (0, ("complete", 10)));
    let object = format!("CN=BigGroup,{unit}");
    let one = go("object", usual, &["--ldap-object", &object]);
    assert_eq!((one.outcome("ad-users"), one.outcome("ad-groups")), (("complete", 0), ("complete", 1)));
    let none = format!("OU=Nowhere,{BASE}");
    let nowhere = go("nowhere", usual, &["--ldap-base", &none]);
    assert_eq!((nowhere.code, nowhere.outcome("ad-users")), (3, ("failed", 0)));
    assert!(nowhere.reason("ad-users").contains("no such object"), "{}", nowhere.reason("ad-users"));
    assert_eq!(nowhere.outcome("ad-forest").0, "complete");
}

/// Each obstacle has its own outcome, and none of them touches the cloud's side.
fn refusals(
    go: &Go<'_>,
    at: &dyn Fn(&str, &str, &str) -> Vec<String>,
    usual: &[String],
    domain: &Domain,
    administrator: &str,
) {
    let with = |place: usize, value: String| {
        let mut options = usual.to_vec();
        options[place] = value;
        options
    };
    let other = domain.path("other.pem").to_str().unwrap().to_owned();
    for (name, options, outcome, word) in [
        ("wrong-password", at("ldaps", administrator, "wrong"), "denied", "refused the name or the password"),
        ("no-such-user", at("ldaps", "nobody@ad.alderwood.local", "password"), "denied", "refused the"),
        ("untrusted", with(3, other), "failed", "does not trust"),
        ("other-name", with(1, "ldaps://127.0.0.1".into()), "failed", "for another name"),
        ("unreachable", with(1, format!("ldaps://{HOST}:1")), "failed", "cannot be reached"),
        ("no-such-host", with(1, "ldaps://nowhere.invalid".into()), "failed", "host name is not known"),
        ("no-tls", with(1, format!("ldaps://{HOST}:389")), "failed", ""),
    ] {
        let run = go(name, &options, &[]);
        for id in ["ad-users", "ad-forest"] {
            assert_eq!((run.code, run.outcome(id)), (3, (outcome, 0)), "{name}: {}", run.reason(id));
            assert!(run.reason(id).contains(word), "{name}: {}", run.reason(id));
            assert!(run.dataset(id)["hint"].is_string(), "{name}");
        }
        assert_eq!(run.outcome("users").0, "complete", "{name}");
        assert!(!run.said.contains(HOST) && !run.said.contains(PASSWORD), "{name}: {}", run.said);
    }
    let poor = go("low-privilege", &at("ldaps", "poor@ad.alderwood.local", "password"), &[]);
    assert_eq!((poor.code, poor.outcome("ad-users").0), (3, "partial"), "{}", poor.reason("ad-users"));
    assert!(poor.reason("ad-users").contains("userAccountControl of 1000"), "{}", poor.reason("ad-users"));
    assert!(poor.reason("ad-users").contains("may read all properties"), "{}", poor.reason("ad-users"));
    let reader = go("reader", &at("ldaps", "reader@ad.alderwood.local", "password"), &[]);
    assert_eq!(reader.outcome("ad-users").0, "complete", "{}", reader.reason("ad-users"));
}
