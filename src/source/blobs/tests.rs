//! What a real server cannot be made to do: blobs that are archived, gone or forbidden, an account that is not there.

use std::sync::Mutex;

use time::macros::datetime;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::net::mock::{Asked, Mock, Reply};
use crate::record::{Outcome, RawBatch};
use crate::source::{Ledger, Place, Report, Request, Sink, SinkClosed, Window, collect_from};

const TENANT: &str = "aaaabbbb-0000-4ccc-8111-dddd2222eeee";

#[derive(Default)]
struct Shelf(Mutex<(Vec<String>, u32)>);

#[async_trait::async_trait]
impl Sink for Shelf {
    async fn accept(&self, batch: RawBatch) -> Result<(), SinkClosed> {
        let texts = batch.records.iter().map(|record| String::from_utf8(record.expose().to_vec()).unwrap());
        self.0.lock().unwrap().0.extend(texts);
        Ok(())
    }

    async fn slice_closed(&self, _dataset: &'static str, _slice: u32) {
        self.0.lock().unwrap().1 += 1;
    }
}

/// Records, closed slices, report.
async fn take(mock: &Mock, url: &str) -> (Vec<String>, u32, Report) {
    let (client, ledger, shelf) = (mock.client(), Ledger::default(), Shelf::default());
    let request = Request {
        late_look: std::time::Duration::ZERO,
        ..Request::new(
            &client,
            Window { since: datetime!(2026-01-05 10:00 UTC), until: datetime!(2026-01-05 18:00 UTC) },
            &ledger,
            Clock::Fixed(datetime!(2026-01-10 12:00 UTC)),
        )
    };
    let dataset = Catalog::embedded().unwrap().dataset("audits").unwrap();
    let account = Account::new(url, Credential::Bearer).unwrap().for_tenant(TENANT);
    let cancel = CancellationToken::new();
    let report = collect_from(&Place::Storage(account), &[(dataset, request)], &shelf, &cancel).await.remove(0);
    let (records, closed) = shelf.0.into_inner().unwrap();
    (records, closed, report)
}

fn said(report: &Report) -> String {
    let text =
        |text: &Option<crate::record::RawText>| text.as_ref().map_or(String::new(), |text| text.expose().to_owned());
    format!("{} / {}", text(&report.verdict.reason), text(&report.verdict.hint))
}

fn event(number: usize) -> String {
    format!(
        "{{\"category\":\"AuditLogs\",\"properties\":{{\"id\":\"{number}\",\"activityDateTime\":\"2026-01-05T11:00:00Z\"}}}}\r\n"
    )
}

/// Hours of the day from `first` on, one blob each; reading gives what `read` says of the hour.
async fn service(hours: std::ops::Range<usize>, read: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Mock {
    Mock::start(move |asked: &Asked, _| {
        let plain = asked.plain();
        let xml = |inner: String| {
            let text = format!("<?xml version=\"1.0\"?><EnumerationResults><Blobs>{inner}</Blobs><NextMarker/></EnumerationResults>");
            Reply::status(200, text).header("Content-Type", "application/xml")
        };
        let folder = |name: &str| xml(format!("<BlobPrefix><Name>tenantId={TENANT}/{name}</Name></BlobPrefix>"));
        let prefix = plain.split('&').find_map(|part| part.strip_prefix("prefix=")).map(|prefix| prefix.matches('/').count());
        match prefix {
            Some(0) => folder(""),
            Some(1) => folder("y=2026/"),
            Some(2) => folder("y=2026/m=01/"),
            Some(3) => folder("y=2026/m=01/d=05/"),
            Some(_) => xml(hours.clone().map(|hour| format!(
                "<Blob><Name>tenantId={TENANT}/y=2026/m=01/d=05/h={hour:02}/m=00/PT1H.json</Name><Properties><Etag>1</Etag><Content-Length>9</Content-Length><BlobType>AppendBlob</BlobType></Properties></Blob>"
            )).collect()),
            None => {
                let hour = plain.split("h=").nth(1).and_then(|rest| rest.get(..2)?.parse().ok()).unwrap();
                read(hour)
            }
        }
    })
    .await
}

fn refused(status: u16, code: &str) -> Reply {
    Reply::status(
        status,
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>No.\nRequestId:r</Message></Error>"),
    )
    .header("Content-Type", "application/xml")
}

fn url(mock: &Mock) -> String {
    format!("{}acct", mock.url)
}

#[tokio::test]
async fn one_blob_that_cannot_be_read_makes_the_rest_partial() {
    for (status, code) in [(409, "BlobArchived"), (404, "BlobNotFound"), (500, "InternalError")] {
        let mock = service(
            10..14,
            move |hour| {
                if hour == 11 { refused(status, code) } else { Reply::status(206, event(hour)) }
            },
        )
        .await;
        let (records, closed, report) = take(&mock, &url(&mock)).await;
        assert_eq!((records.len(), closed, report.verdict.outcome), (3, 0, Outcome::Partial), "{code}");
        assert!(said(&report).starts_with("1 of 4 blobs are missing or incomplete"), "{}", said(&report));
        assert_eq!(said(&report).contains("rehydrate"), code == "BlobArchived");
    }
}

#[tokio::test]
async fn no_right_to_read_ends_it_at_once_and_names_the_role() {
    let mock = service(10..18, |_| refused(403, "AuthorizationPermissionMismatch")).await;
    let (records, closed, report) = take(&mock, &url(&mock)).await;
    assert_eq!((records.len(), closed, report.verdict.outcome), (0, 0, Outcome::Denied));
    assert!(said(&report).contains("assign the role Storage Blob Data Reader"), "{}", said(&report));
}

#[tokio::test]
async fn a_container_that_begins_later_says_so() {
    let mock = service(12..18, |hour| Reply::status(206, event(hour))).await;
    let (records, _, report) = take(&mock, &url(&mock)).await;
    assert_eq!((records.len(), report.verdict.outcome), (6, Outcome::Complete));
    assert_eq!(report.window.map(|window| window.since), Some(datetime!(2026-01-05 12:00 UTC)));
    assert!(said(&report).starts_with("this place has nothing from before 2026-01-05T12"), "{}", said(&report));
}

#[tokio::test]
async fn an_account_that_is_not_there_is_told_from_one_that_refuses() {
    let mock = service(10..11, |_| Reply::status(206, "")).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (_, _, report) = take(&mock, &format!("http://{closed}/acct")).await;
    assert_eq!(report.verdict.outcome, Outcome::Failed);
    assert!(said(&report).starts_with("the storage account was not reached: no connection"), "{}", said(&report));
    let rows = [
        (404, "ContainerNotFound", Outcome::Unavailable, "not routed to this storage account"),
        (403, "AuthorizationFailure", Outcome::Denied, "public network access"),
        (403, "KeyBasedAuthenticationNotPermitted", Outcome::Denied, "accepts no keys"),
        (401, "InvalidAuthenticationInfo", Outcome::Denied, "another tenant"),
    ];
    for (status, code, outcome, part) in rows {
        let mock = Mock::start(move |_, _| refused(status, code)).await;
        let (_, _, report) = take(&mock, &url(&mock)).await;
        assert_eq!(report.verdict.outcome, outcome, "{code}");
        assert!(said(&report).contains(part), "{}", said(&report));
    }
}
