//! What a real directory of the tests (tests/directory) does not do: limits, silence, dropped connections, lies.

mod server;

use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::{Credential, Directory, Pace, View, collect};
use crate::catalog::{Catalog, Dataset};
use crate::clock::Clock;
use crate::record::{Outcome, RawBatch, RawText};
use crate::source::{Report, Sink, SinkClosed};
use server::{Act, Asked, Server, bound, done, entry, extended, reference, root};

/// Nothing may take longer: a hang is a failure.
const BOUND: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Shelf(Mutex<Vec<Value>>, Mutex<u32>);

#[async_trait::async_trait]
impl Sink for Shelf {
    async fn accept(&self, batch: RawBatch) -> Result<(), SinkClosed> {
        let read = batch.records.iter().map(|record| serde_json::from_slice(record.expose()).unwrap());
        self.0.lock().unwrap().extend(read);
        Ok(())
    }

    async fn slice_closed(&self, _dataset: &'static str, _slice: u32) {
        *self.1.lock().unwrap() += 1;
    }
}

/// What came of one collection.
struct Came {
    reports: Vec<Report>,
    lines: Vec<Value>,
    closed: u32,
}

impl Came {
    fn outcome(&self) -> Outcome {
        self.reports[0].verdict.outcome
    }

    fn reason(&self) -> &str {
        self.reports[0].verdict.reason.as_ref().map_or("", RawText::expose)
    }

    fn names(&self) -> Vec<&str> {
        self.lines.iter().map(|line| line["dn"].as_str().unwrap()).collect()
    }
}

fn dataset(id: &str) -> &'static Dataset {
    Catalog::embedded().unwrap().dataset(id).unwrap()
}

async fn read(server: &Server, scheme: &str, ids: &[&str]) -> Came {
    read_within(server, scheme, ids, 20_000).await
}

async fn read_within(server: &Server, scheme: &str, ids: &[&str], silence_ms_max: u64) -> Came {
    let credential =
        Credential::Simple { name: "reader@contoso.test".into(), password: Zeroizing::new("a password".into()) };
    let address = format!("{scheme}://localhost:{}", server.port);
    let directory = Directory::new(&address, credential, View::default()).unwrap().trusting(&server.pem).unwrap();
    let directory = directory.paced(Pace { page_size: 2, range_size: 2, silence_ms_max });
    let rows: Vec<_> = ids.iter().map(|id| dataset(id)).collect();
    let (shelf, cancel) = (Shelf::default(), CancellationToken::new());
    let clock = Clock::Fixed(datetime!(2026-09-15 12:00 UTC));
    let reading = collect(&directory, &rows, &shelf, (clock, None), &cancel);
    let reports = tokio::time::timeout(BOUND, reading).await.expect("it hangs");
    Came { reports, lines: shelf.0.into_inner().unwrap(), closed: shelf.1.into_inner().unwrap() }
}

/// Answers sign-in and root; the rest is the script's.
fn usual(id: u32, asked: &Asked) -> Option<Act> {
    match asked {
        Asked::Bind => Some(Act::Say(bound(id, 0, ""))),
        Asked::StartTls => Some(Act::Say(extended(id, 0))),
        Asked::Search { base, .. } if base.is_empty() => Some(Act::Say(root(id))),
        // Good-bye.
        Asked::Other => Some(Act::Last(Vec::new())),
        Asked::Search { .. } => None,
    }
}

const GROUP: [(&str, &[&str]); 3] = [("objectGUID", &["x"]), ("objectSid", &["x"]), ("groupType", &["2"])];

fn group(id: u32, name: &str, more: &[(&str, &[&str])]) -> Vec<u8> {
    let own: [(&str, &[&str]); 1] = [("sAMAccountName", &["group"])];
    entry(id, &format!("CN={name},DC=contoso,DC=test"), &[&GROUP[..], &own, more].concat())
}

/// Which page a search asks for, when it is one for groups.
fn page(asked: &Asked) -> Option<&[u8]> {
    match asked {
        Asked::Search { base, cookie, .. } if base == "DC=contoso,DC=test" => Some(cookie),
        _ => None,
    }
}

#[tokio::test]
async fn pages_and_ranges_are_followed_to_their_end() {
    let script = |_, id, asked: &Asked| {
        if let Some(act) = usual(id, asked) {
            return act;
        }
        if let (Asked::Search { base, attributes, .. }, None) = (asked, page(asked)) {
            assert_eq!(base, "CN=Big,DC=contoso,DC=test");
            let values: (&str, &[&str]) = match attributes[0].as_str() {
                "member;range=2-3" => ("member;range=2-3", &["CN=C", "CN=D"]),
                "member;range=4-5" => ("member;range=4-*", &["CN=E"]),
                other => panic!("{other}"),
            };
            return Act::Say([entry(id, base, &[values]), done(id, 0, "", b"")].concat());
        }
        Act::Say(match page(asked).unwrap() {
            b"" => {
                let first = group(id, "Small", &[("member;range=0-*", &["CN=A"]), ("unicodePwd", &["never"])]);
                let big = group(id, "Big", &[("member", &[]), ("member;range=0-1", &["CN=A", "CN=B"])]);
                [first, big, reference(id), done(id, 0, "", b"next")].concat()
            }
            _ => [group(id, "Last", &[]), done(id, 0, "", b"")].concat(),
        })
    };
    let Some(server) = Server::start(true, script).await else { return };
    let came = read(&server, "ldaps", &["ad-groups"]).await;
    assert_eq!((came.outcome(), came.closed), (Outcome::Complete, 1), "{}", came.reason());
    assert_eq!(came.names().len(), 3);
    let big = came.lines.iter().find(|line| line["dn"].as_str().unwrap().starts_with("CN=Big")).unwrap();
    assert_eq!(big["member"], serde_json::json!(["CN=A", "CN=B", "CN=C", "CN=D", "CN=E"]));
    assert!(came.reason().contains("1 references") && came.reason().contains("1 values came that are never asked"));
    assert!(!came.lines.iter().any(|line| line.to_string().contains("never")));
    assert_eq!((came.reports[0].records, came.reports[0].pages, came.reports[0].retries), (3, 4, 0));
}

#[tokio::test]
async fn what_a_limit_cut_off_is_partial_and_what_came_is_kept() {
    for (code, word) in [(4, "size limit"), (3, "time limit"), (11, "administrator's limit")] {
        let script = move |_, id, asked: &Asked| {
            usual(id, asked).unwrap_or_else(|| {
                Act::Say(match page(asked).unwrap() {
                    b"" => [group(id, "One", &[]), done(id, 0, "", b"next")].concat(),
                    _ => [group(id, "Two", &[]), done(id, code, "", b"")].concat(),
                })
            })
        };
        let Some(server) = Server::start(true, script).await else { return };
        let came = read(&server, "ldaps", &["ad-groups"]).await;
        assert_eq!((came.outcome(), came.closed, came.names().len()), (Outcome::Partial, 0, 2));
        assert!(came.reason().contains(word), "{}", came.reason());
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_made_again_and_nothing_comes_twice() {
    let script = |connection, id, asked: &Asked| {
        usual(id, asked).unwrap_or_else(|| match (connection, page(asked).unwrap()) {
            (_, b"") => Act::Say([group(id, "One", &[]), group(id, "Two", &[]), done(id, 0, "", b"n")].concat()),
            // In the middle of a message.
            (0, _) => Act::Last(group(id, "Three", &[])[..20].to_vec()),
            _ => Act::Say([group(id, "Three", &[]), done(id, 0, "", b"")].concat()),
        })
    };
    let Some(server) = Server::start(true, script).await else { return };
    let came = read(&server, "ldaps", &["ad-groups"]).await;
    assert_eq!(came.outcome(), Outcome::Complete, "{}", came.reason());
    assert_eq!(came.names().len(), 3);
    assert_eq!((came.reports[0].retries, came.reports[0].duplicates), (1, 0));
}

#[tokio::test]
async fn a_directory_that_falls_silent_is_given_up() {
    let script = |_, id, asked: &Asked| usual(id, asked).unwrap_or_else(|| Act::Hang(group(id, "One", &[])));
    let Some(server) = Server::start(true, script).await else { return };
    let came = read_within(&server, "ldaps", &["ad-groups", "ad-contacts"], 2_000).await;
    assert_eq!((came.outcome(), came.names().len(), came.reports[0].retries), (Outcome::Partial, 1, 2));
    assert!(came.reason().contains("did not answer in time"), "{}", came.reason());
    // What holds for the directory as a whole is not waited for again.
    assert_eq!((came.reports[1].verdict.outcome, came.reports[1].retries), (Outcome::Failed, 0));
}

#[tokio::test]
async fn pages_that_never_end_are_left() {
    let script = |_, id, asked: &Asked| usual(id, asked).unwrap_or_else(|| Act::Say(done(id, 0, "", b"again")));
    let Some(server) = Server::start(true, script).await else { return };
    let came = read(&server, "ldaps", &["ad-groups"]).await;
    assert_eq!(came.outcome(), Outcome::Failed);
    assert!(came.reason().contains("do not end"), "{}", came.reason());
}

#[tokio::test]
async fn attributes_that_are_not_shown_are_said() {
    let script = |_, id, asked: &Asked| {
        let hidden = entry(id, "CN=Hidden,DC=contoso,DC=test", &[("objectGUID", &["x"]), ("groupType", &["2"])]);
        usual(id, asked).unwrap_or_else(|| Act::Say([hidden, group(id, "Shown", &[]), done(id, 0, "", b"")].concat()))
    };
    let Some(server) = Server::start(true, script).await else { return };
    let came = read(&server, "ldaps", &["ad-groups"]).await;
    assert_eq!(came.outcome(), Outcome::Partial);
    assert!(came.reason().contains("objectSid of 1, sAMAccountName of 1"), "{}", came.reason());
    let hint = came.reports[0].verdict.hint.as_ref().map_or("", RawText::expose);
    assert!(hint.contains("may read all properties"), "{hint}");
}

#[tokio::test]
async fn nothing_is_asked_before_tls() {
    // Refused; answered with words that stand before TLS; granted.
    let refused = |_, id, asked: &Asked| {
        usual(id, asked).filter(|_| *asked != Asked::StartTls).unwrap_or_else(|| Act::Say(extended(id, 52)))
    };
    let injected = |_, id, _: &Asked| Act::Say([extended(id, 0), bound(2, 0, "")].concat());
    let granted = |_, id, asked: &Asked| usual(id, asked).unwrap_or_else(|| Act::Say(done(id, 0, "", b"")));
    for (script, outcome, word) in [
        (Box::new(refused) as Box<dyn Fn(u32, u32, &Asked) -> Act + Send + Sync>, Outcome::Failed, "cannot speak TLS"),
        (Box::new(injected), Outcome::Failed, "does not speak LDAP"),
        (Box::new(granted), Outcome::Complete, ""),
    ] {
        let Some(server) = Server::start(false, script).await else { return };
        let came = read(&server, "ldap", &["ad-groups"]).await;
        assert_eq!(came.outcome(), outcome, "{}", came.reason());
        assert!(came.reason().contains(word), "{}", came.reason());
        let asked = server.asked.lock().unwrap();
        assert_eq!(asked[0], Asked::StartTls);
        let binds = asked.iter().filter(|one| **one == Asked::Bind).count();
        assert_eq!(binds, usize::from(outcome == Outcome::Complete), "{word}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    let words = "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 52e, v4563";
    let script = move |_, id, _: &Asked| Act::Say(bound(id, 49, words));
    let Some(server) = Server::start(true, script).await else { return };
    let came = read(&server, "ldaps", &["ad-users", "ad-groups", "ad-forest"]).await;
    assert!(came.reports.iter().all(|report| report.verdict.outcome == Outcome::Denied));
    assert_eq!(server.asked.lock().unwrap().iter().filter(|one| **one == Asked::Bind).count(), 1);
    assert!(came.reason().contains("name or the password"));
    assert!(came.reports[0].verdict.error.as_ref().is_some_and(|error| error.code.expose().contains("52e")));
}

#[tokio::test]
async fn bytes_that_are_no_ldap_end_the_search_and_nothing_else() {
    let deep = [0x30, 0x84, 0x00, 0x10, 0x00, 0x00].repeat(200_000);
    let mut hostile: Vec<(Vec<u8>, &str)> = vec![
        (vec![0x30, 0x00], "does not speak LDAP"),
        (vec![0x30, 0x80, 0x00, 0x00], "does not speak LDAP"),
        (vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff], "longer than the cap"),
        (vec![0x30, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1], "does not speak LDAP"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "does not speak LDAP"),
        (vec![0x30, 0x05, 0x02, 0x01, 0x02, 0x64, 0x00], "does not speak LDAP"),
        (vec![0x30, 0x03, 0x02, 0x01, 0x02], "does not speak LDAP"),
        (deep, "does not speak LDAP"),
    ];
    // A message that is right, with one byte that is not, anywhere.
    let whole = [group(3, "One", &[("member;range=0-1", &["CN=A"])]), done(3, 0, "", b"next")].concat();
    for place in (0..whole.len()).step_by(7) {
        let mut broken = whole.clone();
        broken[place] ^= 0xff;
        hostile.push((broken, ""));
    }
    for (bytes, word) in hostile {
        let script = move |_, id, asked: &Asked| usual(id, asked).unwrap_or_else(|| Act::Last(bytes.clone()));
        let Some(server) = Server::start(true, script).await else { return };
        let directory =
            Directory::new(&format!("ldaps://localhost:{}", server.port), Credential::Nobody, View::default());
        let directory = directory.unwrap().trusting(&server.pem).unwrap();
        let directory = directory.paced(Pace { page_size: 2, range_size: 2, silence_ms_max: 20_000 });
        let limits = super::session::Limits {
            cancel: &CancellationToken::new(),
            until: (tokio::time::Instant::now() + BOUND, "dataset"),
        };
        // One try: three with their pauses would take a minute for all of these.
        let ended = async {
            let mut session = super::session::Session::open(&directory, &limits).await.ok()?;
            let any = super::filter::encode("(objectClass=*)").unwrap();
            let search = super::message::Search {
                base: "DC=contoso,DC=test",
                scope: super::message::Scope::Subtree,
                filter: &any,
                attributes: &[],
                page: Some((2, b"")),
            };
            let id = session.ask(&search, &limits).await.ok()?;
            let mut page = super::session::Page { cookie: None, references: 0 };
            loop {
                match session.next(id, &mut page, &limits).await {
                    Ok(Some(_)) => {}
                    Ok(None) => return Some(String::new()),
                    Err(trouble) => {
                        let verdict = trouble.verdict(0);
                        return verdict.reason.map(|text| text.expose().to_owned());
                    }
                }
            }
        };
        let reason = tokio::time::timeout(BOUND, ended).await.expect("it hangs").expect("it opens");
        assert!(reason.contains(word), "{word}: {reason}");
    }
}

#[tokio::test]
async fn a_run_that_is_stopped_is_interrupted() {
    let script = |_, id, asked: &Asked| usual(id, asked).unwrap_or_else(|| Act::Hang(group(id, "One", &[])));
    let Some(server) = Server::start(true, script).await else { return };
    let directory =
        Directory::new(&format!("ldaps://localhost:{}", server.port), Credential::Nobody, View::default()).unwrap();
    let directory = directory.trusting(&server.pem).unwrap();
    let (shelf, cancel) = (Shelf::default(), CancellationToken::new());
    let stop = cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        stop.cancel();
    });
    let rows = [dataset("ad-groups"), dataset("ad-users")];
    let reading = collect(&directory, &rows, &shelf, (Clock::System, None), &cancel);
    let reports = tokio::time::timeout(BOUND, reading).await.expect("it hangs");
    assert!(reports.iter().all(|report| report.verdict.outcome == Outcome::Interrupted));
    assert_eq!(shelf.0.lock().unwrap().len(), 1, "what came is kept");
}
