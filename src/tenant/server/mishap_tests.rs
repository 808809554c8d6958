//! What goes wrong as a client sees it on the wire.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;
use time::macros::datetime;

use super::tests::Served;
use crate::tenant::TenantSettings;
use crate::tenant::faults::{FaultPlan, Gzip, Mishap, Moment, Rule, Times, Words};

fn served(page: Option<u32>, fault: Mishap) -> Served {
    let mut rule = Rule::on("users", 1, Times::Count(1), fault);
    rule.page = page;
    let now = datetime!(2026-09-10 12:00 UTC);
    let (page_max, faults) = (Some(10), FaultPlan::of(rule));
    Served::new(TenantSettings { users: 40, page_max, faults, ..TenantSettings::demo(now) })
}

const USERS: &str = "/v1.0/users?$select=id";

/// Everything that comes for one request, and whether the connection was reset behind it.
fn raw(served: &Served, headers: &str) -> (Vec<u8>, bool) {
    let address = served.running.graph_url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    let token = &served.running.token;
    let request = format!("GET {USERS} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let (mut bytes, mut piece) = (Vec::new(), [0; 4_096]);
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return (bytes, false),
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
            Err(error) => {
                assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
                return (bytes, true);
            }
        }
    }
}

fn body(bytes: &[u8]) -> (usize, &[u8]) {
    let end = memchr::memmem::find(bytes, b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&bytes[..end]).unwrap().to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    (length.parse().unwrap(), &bytes[end + 4..])
}

#[test]
fn an_answer_has_the_planned_status_body_and_header_and_then_all_is_well() {
    for (words, kind) in [(Words::Json, "json"), (Words::Html, "html"), (Words::Empty, "html")] {
        let (code, message, retry_after) = ("Busy".into(), "later".into(), Some("2.5".into()));
        let served = served(Some(1), Mishap::Answer { status: 503, body: words, code, message, retry_after });
        let got = served.get(USERS);
        assert_eq!((got.status, got.header("retry-after")), (503, Some("2.5")));
        assert!(got.header("content-type").unwrap().contains(kind));
        assert_eq!(got.body.is_empty(), words == Words::Empty);
        assert_eq!((served.get(USERS).status, served.running.struck()), (200, vec![1]));
    }
}

#[test]
fn connections_break_where_planned() {
    let (bytes, reset) = raw(&served(None, Mishap::Reset(Moment::Before)), "");
    assert!(bytes.is_empty() && reset);
    let (bytes, reset) = raw(&served(None, Mishap::Reset(Moment::During)), "");
    let (announced, came) = body(&bytes);
    assert!(came.len() < announced && !came.is_empty() && reset);
    let (bytes, reset) = raw(&served(None, Mishap::Cut), "");
    let (announced, came) = body(&bytes);
    assert!(came.len() < announced && !came.is_empty() && !reset);
    let (bytes, reset) = raw(&served(None, Mishap::Reset(Moment::After)), "");
    let (announced, came) = body(&bytes);
    assert!(came.len() == announced && reset, "the reset comes behind the last byte");
}

#[test]
fn bodies_are_damaged_with_a_length_that_fits() {
    let close = "Connection: close\r\n";
    for (fault, is_json) in [(Mishap::Truncated, false), (Mishap::Invalid, false), (Mishap::Html, false)] {
        let (bytes, _) = raw(&served(None, fault.clone()), close);
        let (announced, came) = body(&bytes);
        assert_eq!(came.len(), announced, "{fault:?}");
        assert_eq!(serde_json::from_slice::<serde_json::Value>(came).is_ok(), is_json, "{fault:?}");
    }
    let (bytes, _) = raw(&served(None, Mishap::Bom), close);
    assert!(body(&bytes).1.starts_with(b"\xEF\xBB\xBF{"));
    for how in [Gzip::Flipped, Gzip::Halved, Gzip::Plain] {
        let (bytes, _) = raw(&served(None, Mishap::Gzip(how)), "Connection: close\r\nAccept-Encoding: gzip\r\n");
        let mut plain = Vec::new();
        assert!(flate2::read::GzDecoder::new(body(&bytes).1).read_to_end(&mut plain).is_err(), "{how:?}");
    }
}

#[test]
fn pages_and_links_are_bent() {
    let page = |fault: Mishap| served(Some(1), fault).get(USERS).json();
    let link = |fault: Mishap| page(fault)["@odata.nextLink"].as_str().unwrap().to_owned();
    assert!(link(Mishap::NullToken).ends_with("$skiptoken="));
    assert!(link(Mishap::RepeatedLink).ends_with(USERS));
    assert!(link(Mishap::Elsewhere("https://other.example".into())).starts_with("https://other.example/v1.0/users"));
    assert_eq!(page(Mishap::EmptyPages(2))["value"], json!([]));
    assert_eq!(page(Mishap::Lose(3))["value"].as_array().unwrap().len(), 7);
    assert_eq!(page(Mishap::NullValue)["value"], json!(null));
    let served = served(Some(1), Mishap::HoldBack(2));
    let (first, next) = (served.get(USERS).json(), |link: &serde_json::Value| {
        let target = link.as_str().unwrap().strip_prefix(&served.running.graph_url).unwrap();
        served.get(target).json()
    });
    assert_eq!(first["value"].as_array().unwrap().len(), 8);
    assert_eq!(next(&first["@odata.nextLink"])["value"].as_array().unwrap().len(), 12);
}

#[test]
fn empty_pages_end_and_batches_fail_in_part() {
    let served = served(Some(1), Mishap::EmptyPages(2));
    let (mut target, mut sizes) = (USERS.to_owned(), Vec::new());
    for _ in 0..4 {
        let page = served.get(&target).json();
        sizes.push(page["value"].as_array().unwrap().len());
        let link = page["@odata.nextLink"].as_str().unwrap();
        target = link.strip_prefix(&served.running.graph_url).unwrap().to_owned();
    }
    assert_eq!(sizes, [0, 0, 10, 10]);
    let served = self::served(None, Mishap::Batch(vec![429, 200]));
    let members: Vec<_> =
        (0..4).map(|id| json!({"id": id.to_string(), "method": "GET", "url": "/users?$top=1"})).collect();
    let bearer = format!("Bearer {}", served.running.token);
    let envelope = json!({"requests": members}).to_string();
    let got = served.send("POST", "/v1.0/$batch", &[("Authorization", bearer.as_str())], &envelope);
    let replies = got.json()["responses"].as_array().unwrap().clone();
    let mut seen: Vec<_> =
        replies.iter().map(|reply| (reply["id"].as_str().unwrap(), reply["status"].as_u64().unwrap())).collect();
    assert!(!seen.is_sorted(), "they come in another order");
    seen.sort_unstable();
    assert_eq!(seen, [("0", 429), ("1", 200), ("2", 429), ("3", 200)]);
}
