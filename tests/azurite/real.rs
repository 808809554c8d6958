//! Against a real Azurite: every credential, every form of a blob, growth while it is read, pages, refusals.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use entra_bundle::clock::Clock;
use entra_bundle::net::Client;
use entra_bundle::pseudonym::Gate;
use entra_bundle::record::{Outcome, RawBatch};
use entra_bundle::source::blobs::{Account, Credential, Secret};
use entra_bundle::source::{Ledger, Place, Report, Request, Sink, SinkClosed, Window, collect_from};
use time::macros::datetime;
use tokio_util::sync::CancellationToken;

use super::server::{ACCOUNT, Azurite, TENANT, append, key, replace, sas, token};
use super::service::{dataset, gate};

const WINDOW: Window = Window { since: datetime!(2026-01-05 10:00 UTC), until: datetime!(2026-01-05 13:00 UTC) };
const AUDIENCE: &str = "https://storage.azure.com";
const FAR: &str = "2099-01-01T00:00:00Z";

/// An audit event as an exporter writes it, with CRLF.
fn event(number: u32, at: &str) -> String {
    format!(
        "{{\"time\":\"2026-01-05T12:00:00Z\",\"resourceId\":\"/tenants/{TENANT}/providers/Microsoft.aadiam\",\"category\":\"AuditLogs\",\"tenantId\":\"{TENANT}\",\"properties\":{{\"id\":\"Directory_{number}\",\"activityDateTime\":\"{at}\"}}}}\r\n"
    )
}

fn blob(hour: &str) -> String {
    format!("insights-logs-auditlogs/tenantId={TENANT}/y=2026/m=01/d=05/h={hour}/m=00/PT1H.json")
}

/// Something that happens as soon as the first records have come.
type Meanwhile<'a> = futures_util::future::BoxFuture<'a, ()>;

struct Shelf<'a> {
    gate: Gate,
    ids: Mutex<Vec<String>>,
    meanwhile: tokio::sync::Mutex<Option<Meanwhile<'a>>>,
    has_come: AtomicBool,
}

#[async_trait::async_trait]
impl Sink for Shelf<'_> {
    async fn accept(&self, batch: RawBatch) -> Result<(), SinkClosed> {
        if let Some(meanwhile) = self.meanwhile.lock().await.take() {
            meanwhile.await;
            self.has_come.store(true, Ordering::Relaxed);
        }
        let clean = self.gate.clean_batch(&batch).unwrap();
        for line in std::str::from_utf8(clean.bytes()).unwrap().lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            self.ids.lock().unwrap().push(record["id"].as_str().unwrap().to_owned());
        }
        Ok(())
    }

    async fn slice_closed(&self, _dataset: &'static str, _slice: u32) {}
}

async fn take(client: &Client, place: Account, meanwhile: Option<Meanwhile<'_>>) -> (Vec<String>, Report) {
    let waits = meanwhile.is_some();
    let shelf = Shelf {
        gate: gate(),
        ids: Mutex::default(),
        meanwhile: tokio::sync::Mutex::new(meanwhile),
        has_come: AtomicBool::new(false),
    };
    let ledger = Ledger::default();
    let request = Request { late_look: Duration::ZERO, ..Request::new(client, WINDOW, &ledger, Clock::System) };
    let (wanted, cancel) = ([(dataset("audits"), request)], CancellationToken::new());
    let place = Place::Storage(place.for_tenant(TENANT));
    let collected = collect_from(&place, &wanted, &shelf, &cancel);
    let report = tokio::time::timeout(Duration::from_secs(120), collected).await.unwrap().remove(0);
    assert_eq!(shelf.has_come.into_inner(), waits);
    let mut ids = shelf.ids.into_inner().unwrap();
    ids.sort();
    (ids, report)
}

fn said(report: &Report) -> String {
    let gate = gate();
    let clean = |text: &Option<_>| text.as_ref().map_or_else(String::new, |text| gate.clean_text(text).into_string());
    format!("{} / {}", clean(&report.verdict.reason), clean(&report.verdict.hint))
}

fn account(server: &Azurite, credential: Credential) -> Account {
    Account::new(&server.url, credential).unwrap()
}

fn by_key(server: &Azurite) -> Account {
    account(server, Credential::Key(Secret::new(key())))
}

fn numbers(range: impl IntoIterator<Item = u32>) -> Vec<String> {
    let sorted: BTreeSet<String> = range.into_iter().map(|number| format!("Directory_{number}")).collect();
    sorted.into_iter().collect()
}

/// Two days in both layouts, in every wrapping, with what must be left out.
async fn fill(server: &Azurite) {
    server.container("insights-logs-auditlogs").await;
    let at = "2026-01-05T10:30:00Z";
    let lines = |range: std::ops::Range<u32>| range.map(|number| event(number, at)).collect::<String>().into_bytes();
    server.append_blob(&blob("10"), &[lines(0..3), lines(3..5)]).await;
    // Twice, and late by a day, in the other layout.
    let other = format!(
        "insights-logs-auditlogs/resourceId=/TENANTS/{}/PROVIDERS/MICROSOFT.AADIAM/y=2026/m=01/d=06/h=09/m=00/PT1H.json",
        TENANT.to_uppercase()
    );
    server.append_blob(&other, &[lines(4..7)]).await;
    // No line end, a byte order mark, gzip, a batch, an array.
    server.append_blob(&blob("11"), &[lines(7..8), event(8, at).trim_end().into()]).await;
    let marked = [b"\xEF\xBB\xBF".to_vec(), lines(9..10)].concat();
    server.block_blob(&blob("12"), None, marked).await;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&lines(10..12)).unwrap();
    let packed = packed.finish().unwrap();
    server.block_blob(&blob("13"), Some("gzip"), packed.clone()).await;
    server.block_blob(&blob("14"), None, packed).await;
    let batch = format!("{{\"records\":[{}, {}]}}", event(12, at).trim_end(), event(13, at).trim_end());
    server.block_blob(&blob("15"), None, batch.into()).await;
    let array = format!("[\n{},\n{}\n]\n", event(14, at).trim_end(), event(15, at).trim_end());
    server.block_blob(&blob("16"), None, array.into()).await;
    // Outside the window by its time; of another tenant; of another year; no export at all.
    server.append_blob(&blob("17"), &[event(90, "2026-01-05T09:59:59Z").into()]).await;
    let foreign = blob("10").replace("aaaabbbb", "bbbbaaaa");
    server.append_blob(&foreign, &[lines(91..92)]).await;
    server.append_blob(&blob("10").replace("y=2026", "y=2025"), &[lines(92..93)]).await;
    server.append_blob("insights-logs-auditlogs/readme.txt", &[b"hello".to_vec()]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_form_is_read_by_key_and_by_signature() {
    let Some(server) = Azurite::start() else { return };
    fill(&server).await;
    let client = server.client("none");
    let signed = account(&server, Credential::Sas(Secret::new(format!("?{}\n", sas(FAR, "rl")))));
    for place in [by_key(&server), signed] {
        let routed = place.routed(&client).await;
        assert_eq!(routed, Some(vec!["insights-logs-auditlogs".to_owned()]));
        let (ids, report) = take(&client, place, None).await;
        assert_eq!(report.verdict.outcome, Outcome::Complete, "{}", said(&report));
        assert_eq!(ids, numbers(0..16), "{}", said(&report));
        // 4 came late once more, 10 and 11 are in two blobs.
        assert_eq!((report.records, report.duplicates), (16, 3));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bearer_token_opens_it_over_https() {
    let Some(server) = Azurite::start_https() else { return };
    fill(&server).await;
    let (ids, report) = take(&server.client(&token(AUDIENCE)), account(&server, Credential::Bearer), None).await;
    assert_eq!((report.verdict.outcome, ids), (Outcome::Complete, numbers(0..16)), "{}", said(&report));
    let wrong = server.client(&token("https://graph.microsoft.com"));
    let (ids, report) = take(&wrong, account(&server, Credential::Bearer), None).await;
    assert!(ids.is_empty() && report.verdict.outcome == Outcome::Denied, "{}", said(&report));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blobs_that_change_while_they_are_read_are_read_to_their_newest_end() {
    let Some(server) = Azurite::start() else { return };
    server.container("insights-logs-auditlogs").await;
    let at = "2026-01-05T10:30:00Z";
    // Longer than what is asked for ahead, so that the rest is asked for after the change.
    let long = |number: u32| {
        let padded = event(number, at).replace("\r\n", &format!("{}\r\n", " ".repeat(60_000)));
        padded.into_bytes()
    };
    let parts: Vec<Vec<u8>> = (0..8).map(|part| (part * 64..part * 64 + 64).flat_map(long).collect()).collect();
    server.append_blob(&blob("10"), &parts).await;
    // It was listed with the beginning of 601 alone.
    let half = event(601, at);
    let (begins, ends) = half.split_at(40);
    server.append_blob(&blob("11"), &[event(600, at).into(), begins.into()]).await;
    server.block_blob(&blob("12"), None, event(700, at).into()).await;
    let (http, url) = (server.http.clone(), server.url.clone());
    let meanwhile = async {
        append(&http, &url, &blob("10"), (512..576).flat_map(long).collect()).await;
        append(&http, &url, &blob("11"), format!("{ends}{}", event(602, at)).into()).await;
        replace(&http, &url, &blob("12"), format!("{}{}", event(701, at), event(702, at)).into()).await;
    };
    let (ids, report) = take(&server.client("none"), by_key(&server), Some(Box::pin(meanwhile))).await;
    assert_eq!(report.verdict.outcome, Outcome::Complete, "{}", said(&report));
    assert_eq!(ids, numbers((0..576).chain(600..603).chain(701..703)));
    assert_eq!(report.duplicates, 0, "what is read again is no duplicate");
    assert!(report.retries >= 3, "entity tags were stale: {}", report.retries);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_line_of_a_closed_hour_is_said() {
    let Some(server) = Azurite::start() else { return };
    server.container("insights-logs-auditlogs").await;
    let text = format!("{}{}", event(1, "2026-01-05T10:30:00Z"), &event(2, "2026-01-05T10:30:00Z")[..50]);
    server.append_blob(&blob("10"), &[text.into()]).await;
    let (ids, report) = take(&server.client("none"), by_key(&server), None).await;
    assert_eq!((ids, report.verdict.outcome), (numbers(1..2), Outcome::Partial));
    assert!(said(&report).contains('1'), "{}", said(&report));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_of_more_than_one_page_are_followed() {
    let Some(server) = Azurite::start() else { return };
    server.container("insights-logs-auditlogs").await;
    let day = blob("10").replace("/h=10/m=00/PT1H.json", "");
    for number in 0..40 {
        server.block_blob(&format!("{day}/a{number:05}.txt"), None, Vec::new()).await;
    }
    server.append_blob(&blob("10"), &[event(1, "2026-01-05T10:30:00Z").into()]).await;
    let (ids, report) = take(&server.client("none"), by_key(&server).in_pages_of(7), None).await;
    assert_eq!((ids, report.verdict.outcome), (numbers(1..2), Outcome::Complete), "{}", said(&report));
    // Root, tenant, year, month, six pages of the day, one range.
    assert_eq!(report.pages, 11);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_say_what_to_do_and_hold_no_secret() {
    let Some(server) = Azurite::start() else { return };
    let client = server.client("none");
    let (_, report) = take(&client, by_key(&server), None).await;
    assert_eq!(report.verdict.outcome, Outcome::Unavailable);
    assert!(said(&report).contains("not routed to this storage account"), "{}", said(&report));
    server.container("insights-logs-auditlogs").await;
    let (_, report) = take(&client, by_key(&server), None).await;
    assert_eq!(report.verdict.outcome, Outcome::Unavailable);
    assert!(said(&report).contains("is empty"), "{}", said(&report));
    server.append_blob(&blob("10").replace("y=2026", "y=2027"), &[event(1, "2027-01-05T10:30:00Z").into()]).await;
    let (_, report) = take(&client, by_key(&server), None).await;
    assert!(said(&report).contains("began after"), "{}", said(&report));
    server.append_blob(&blob("10"), &[event(1, "2026-01-05T10:30:00Z").into()]).await;
    let sas = |ends: &str, rights: &str| Credential::Sas(Secret::new(sas(ends, rights)));
    let wrong = Credential::Key(Secret::new("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".into()));
    for (credential, part) in [
        (sas("2020-01-01T00:00:00Z", "rl"), "SAS"),
        (sas(FAR, "r"), "list permission"),
        (wrong, "account key or the SAS is wrong"),
        (Credential::Bearer, ""),
    ] {
        let (ids, report) = take(&client, account(&server, credential), None).await;
        let said = said(&report);
        assert!(ids.is_empty() && report.verdict.outcome == Outcome::Denied, "{said}");
        assert!(said.contains(part) && !said.contains("sig=") && !said.contains(ACCOUNT), "{said}");
    }
}

/// A capture as Event Hubs writes it: one block, no compression.
fn capture(messages: &[String]) -> Vec<u8> {
    fn long(value: i64, out: &mut Vec<u8>) {
        let mut zigzag = (value << 1 ^ value >> 63) as u64;
        while zigzag > 127 {
            out.push(zigzag as u8 & 127 | 128);
            zigzag >>= 7;
        }
        out.push(zigzag as u8);
    }
    fn text(value: &str, out: &mut Vec<u8>) {
        long(value.len() as i64, out);
        out.extend_from_slice(value.as_bytes());
    }
    let schema = r#"{"type":"record","name":"EventData","fields":[{"name":"SequenceNumber","type":"long"},{"name":"Properties","type":{"type":"map","values":["long","string"]}},{"name":"Body","type":["null","bytes"]}]}"#;
    let (mut out, mut block) = (b"Obj\x01".to_vec(), Vec::new());
    long(2, &mut out);
    ["avro.codec", "null", "avro.schema", schema].iter().for_each(|part| text(part, &mut out));
    long(0, &mut out);
    out.extend_from_slice(&[5; 16]);
    for (message, number) in messages.iter().zip(0..) {
        [number, 0, 1].iter().for_each(|&value| long(value, &mut block));
        text(message, &mut block);
    }
    long(messages.len() as i64, &mut out);
    long(block.len() as i64, &mut out);
    out.extend_from_slice(&block);
    out.extend_from_slice(&[5; 16]);
    out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_event_hub_captured_is_read_for_its_categories_and_its_tenant() {
    let Some(server) = Azurite::start() else { return };
    server.container("captured").await;
    let at = "2026-01-05T10:30:00Z";
    let batch = |events: &[String]| {
        let events: Vec<&str> = events.iter().map(|event| event.trim_end()).collect();
        format!("{{\"records\": [{}]}}", events.join(", "))
    };
    let other_log = event(80, at).replace("AuditLogs", "SomethingElse");
    let other_tenant = event(81, at).replace("aaaabbbb", "bbbbaaaa");
    let first = [batch(&[event(1, at), event(2, at)]), batch(&[other_log, other_tenant, event(3, at)])];
    server.block_blob("captured/ns/hub/0/2026/01/05/10/35/00.avro", None, capture(&first)).await;
    let second = [batch(&[event(3, at), event(4, at)])];
    server.block_blob("captured/ns/hub/1/2026/01/05/10/40/00.avro", None, capture(&second)).await;
    server.block_blob("captured/ns/hub/1/2025/01/05/10/40/00.avro", None, capture(&[batch(&[event(82, at)])])).await;
    let url = format!("{}/captured", server.url);
    let place = Account::new(&url, Credential::Key(Secret::new(key()))).unwrap();
    assert_eq!(Place::Storage(place.clone()).kind(), Some(entra_bundle::catalog::SourceKind::EventHub));
    let (ids, report) = take(&server.client("none"), place, None).await;
    assert_eq!((report.verdict.outcome, ids), (Outcome::Complete, numbers(1..5)), "{}", said(&report));
    assert_eq!(report.duplicates, 1);
}
