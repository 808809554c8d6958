//! The Office 365 Management Activity API, in the words of its documentation: no server of it exists to test against.

use super::*;
use crate::catalog::Catalog;
use crate::net::mock::{Asked, Reply};

pub(super) const TENANT: &str = "41463f53-8812-40f4-890f-865bf6e35190";
/// What the clock says.
pub(super) const NOW: OffsetDateTime = datetime!(2026-01-10 12:00 UTC);
const ALL: [&str; 4] = ["Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.General", "Audit.SharePoint"];
/// Two days within what is kept.
pub(super) const DAYS: Window = Window { since: datetime!(2026-01-07 0:00 UTC), until: datetime!(2026-01-09 0:00 UTC) };

/// A record of the feed.
fn record(id: &str, time: &str) -> String {
    format!(
        r#"{{"CreationTime":"{time}","Id":"{id}","Operation":"Add User.","OrganizationId":"{TENANT}","RecordType":8,"ResultStatus":"success","UserKey":"1003BFFD8EC47CA6@contoso.example","UserType":0,"Workload":"AzureActiveDirectory"}}"#
    )
}

fn subscriptions(types: &[&str]) -> Reply {
    let one = |name: &&str| format!(r#"{{"contentType":"{name}","status":"enabled","webhook":null}}"#);
    Reply::json(format!("[{}]", types.iter().map(one).collect::<Vec<_>>().join(",")))
}

/// A list of blobs: name and hour.
fn listing(asked: &Asked, blobs: &[(&str, &str)]) -> Reply {
    let host = asked.header("host").unwrap();
    let content_type = option(asked, "contentType");
    let one = |(name, created): &(&str, &str)| {
        format!(
            r#"{{"contentType":"{content_type}","contentId":"{name}","contentUri":"http://{host}/api/v1.0/{TENANT}/activity/feed/audit/{name}","contentCreated":"{created}:35:00.000Z","contentExpiration":"2026-01-30T17:35:00.000Z"}}"#
        )
    };
    Reply::json(format!("[{}]", blobs.iter().map(one).collect::<Vec<_>>().join(",")))
}

fn option(asked: &Asked, name: &str) -> String {
    let url = url::Url::parse(&format!("http://host{}", asked.target)).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Whether this is the list of a content type for the stretch with the content of the first of [`DAYS`].
fn is_first_day(asked: &Asked, content_type: &str) -> bool {
    let covers = (option(asked, "startTime")..option(asked, "endTime")).contains(&"2026-01-07T06:35:00".to_owned());
    option(asked, "contentType") == content_type && covers
}

pub(super) async fn collect_place(client: &Client, place: Place, shelf: &Shelf, window: Window) -> Report {
    let dataset = Catalog::embedded().unwrap().dataset("microsoft365-activity").unwrap();
    let ledger = Ledger::default();
    let request = Request::new(client, window, &ledger, Clock::Fixed(NOW));
    let cancel = shelf.cancel_after.as_ref().map(|(_, token)| token.clone()).unwrap_or_default();
    let mut reports = collect_from(&place, &[(dataset, request)], shelf, &cancel).await;
    assert_eq!(reports.len(), 1);
    reports.remove(0)
}

async fn collect_office(mock: &Mock, shelf: &Shelf, window: Window) -> Report {
    collect_place(&mock.client(), Place::Office(activity::Office::new(TENANT, false)), shelf, window).await
}

fn feed_ids(shelf: &Shelf) -> Vec<String> {
    let of = |record: &str| {
        let [span] = field::find(record.as_bytes(), ["Id"]);
        field::text(record.as_bytes(), &span.unwrap()).unwrap().into_owned()
    };
    let mut ids: Vec<_> = shelf.records.lock().unwrap().iter().map(|(_, _, record)| of(record)).collect();
    ids.sort();
    ids
}

/// Two pages of blobs that repeat records, among them one outside the window.
fn well(asked: &Asked) -> Reply {
    let path = asked.target.split('?').next().unwrap_or_default();
    match path.rsplit('/').next().unwrap_or_default() {
        "list" => subscriptions(&ALL),
        "content" if is_first_day(asked, "Audit.Exchange") && option(asked, "nextPage").is_empty() => {
            let next = format!("http://{}{}&nextPage=2015", asked.header("host").unwrap(), asked.target);
            listing(asked, &[("a", "2026-01-07T05"), ("b", "2026-01-07T06")]).header("NextPageUri", &next)
        }
        "content" if is_first_day(asked, "Audit.Exchange") => {
            listing(asked, &[("b", "2026-01-07T06"), ("c", "2026-01-07T07")])
        }
        "content" => Reply::json("[]"),
        "a" => Reply::json(format!("[{},{}]", record("1", "2026-01-07T03:00:00"), record("2", "2026-01-07T04:59:59"))),
        "b" => Reply::json(format!("[{},{}]", record("2", "2026-01-07T04:59:59"), record("0", "2026-01-06T23:59:59"))),
        "c" => Reply::json(format!("\u{feff}[{}]", record("3", "2026-01-08T23:59:59"))),
        _ => Reply::error(404, "AF20050", "The specified content does not exist."),
    }
}

#[tokio::test]
async fn every_record_of_the_window_comes_once_and_every_request_names_its_publisher() {
    let mock = Mock::start(|asked, _| well(asked)).await;
    let shelf = Shelf::default();
    let report = collect_office(&mock, &shelf, DAYS).await;
    is(&report, Outcome::Complete);
    assert_eq!(feed_ids(&shelf), ["1", "2", "3"]);
    assert_eq!((report.records, report.duplicates), (3, 1));
    assert_eq!(report.slices_closed, report.slices);
    let asked = mock.asked();
    assert!(asked.iter().all(|asked| option(asked, "PublisherIdentifier") == TENANT && asked.method == "GET"));
    // One list of subscriptions; four types over the window and behind it up to now; one second page; three blobs.
    assert_eq!(asked.len(), 1 + 4 * 4 + 1 + 3);
    let lists = asked.iter().filter(|asked| asked.target.contains("subscriptions/content"));
    for asked in lists {
        let time = |name| field::instant(&option(asked, name)).unwrap();
        assert!(time("endTime") - time("startTime") <= time::Duration::DAY);
    }
}

#[tokio::test]
async fn nothing_is_started_unless_asked_and_then_only_what_is_missing() {
    let mock = Mock::start(|asked, _| match asked.method.as_str() {
        "POST" => Reply::json(r#"{"contentType":"x","status":"enabled","webhook":null}"#),
        _ if asked.target.contains("/list?") => Reply::json(
            r#"[{"contentType":"Audit.SharePoint","webhook":null},{"contentType":"Audit.General","status":"disabled"}]"#,
        ),
        _ => Reply::json("[]"),
    })
    .await;
    let shelf = Shelf::default();
    let report = collect_office(&mock, &shelf, DAYS).await;
    is(&report, Outcome::Partial);
    let said = reason(&report);
    assert!(
        said.contains("Audit.Exchange has no subscription") && said.contains("Audit.General has a disabled"),
        "{said}"
    );
    assert!(hint(&report).contains("--office-start"));
    assert!(mock.asked().iter().all(|asked| asked.method == "GET"));
    let place = Place::Office(activity::Office::new(TENANT, true).with_publisher("publisher"));
    let report = collect_place(&mock.client(), place, &Shelf::default(), DAYS).await;
    is(&report, Outcome::Partial);
    assert!(reason(&report).contains("Audit.Exchange was started by this run"), "{}", reason(&report));
    let posted: Vec<_> = mock.asked().into_iter().filter(|asked| asked.method == "POST").collect();
    let types: Vec<_> = posted.iter().map(|asked| option(asked, "contentType")).collect();
    assert_eq!(types, ["Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.General"]);
    assert!(posted.iter().all(|asked| option(asked, "PublisherIdentifier") == "publisher"));
}

#[tokio::test]
async fn each_refusal_has_its_own_outcome_and_names_the_fix() {
    use Outcome::{Denied, Failed, Unavailable};
    let rows = [
        (
            401,
            "AF10001",
            "The permission set (ActivityReports.Read) sent in the request did not include the expected permission ActivityFeed.Read.",
            Denied,
            "ActivityFeed.Read",
        ),
        (
            403,
            "AF10001",
            "The permission set () sent in the request did not include the expected permission.",
            Denied,
            "admin consent",
        ),
        (
            401,
            "AF20010",
            "The tenant ID passed in the URL (a) does not match the tenant ID passed in the access token (b).",
            Denied,
            "--tenant",
        ),
        (400, "AF20011", "Specified tenant ID (contoso) is incorrectly configured.", Failed, "GUID"),
        (
            400,
            "AF20012",
            "The specified tenant ID (a) does not exist in the system or is incorrectly configured.",
            Unavailable,
            "auditing",
        ),
        (400, "AF20022", "No subscription found for the specified content type", Unavailable, "--office-start"),
        (400, "AF20023", "The subscription was disabled by a tenant admin.", Unavailable, "disabled"),
        (403, "AF429", "Too many requests. Method=GetBlob, PublisherId=00000000", Failed, "--rate"),
        (400, "", "Tenant 41463f53-8812-40f4-890f-865bf6e35190 does not exist.", Unavailable, "auditing is off"),
        (500, "AF50000", "An internal server error occurred. Retry the request.", Failed, "run again"),
    ];
    for (status, code, message, outcome, fix) in rows {
        let mock = Mock::start(move |_, _| Reply::error(status, code, message)).await;
        let report = collect_office(&mock, &Shelf::default(), DAYS).await;
        is(&report, outcome);
        assert!(hint(&report).contains(fix), "{code}: {}", hint(&report));
        assert_eq!(report.slices_closed, 0, "{code}");
    }
}

#[tokio::test]
async fn no_subscription_at_all_is_unavailable_and_a_started_one_has_nothing_yet() {
    let mock = Mock::start(|asked, _| match asked.method.as_str() {
        "POST" if option(asked, "contentType") == "Audit.General" => {
            Reply::error(400, "AF20024", "The subscription is already enabled. No property change.")
        }
        "POST" => Reply::json(r#"{"contentType":"x","status":"enabled","webhook":null}"#),
        _ => Reply::json("[]"),
    })
    .await;
    let report = collect_office(&mock, &Shelf::default(), DAYS).await;
    is(&report, Outcome::Unavailable);
    assert!(hint(&report).contains("--office-start") && hint(&report).contains("purview"));
    let place = Place::Office(activity::Office::new(TENANT, true));
    let report = collect_place(&mock.client(), place, &Shelf::default(), DAYS).await;
    is(&report, Outcome::Unavailable);
    assert!(reason(&report).contains("started by this run") && hint(&report).contains("12 hours"));
}

#[tokio::test]
async fn an_expired_blob_is_named_by_its_hour_and_leaves_only_what_is_younger_closed() {
    let mock = Mock::start(|asked, _| {
        let expired =
            "Content requested with the key (c) has already expired. Content older than 7 days cannot be retrieved.";
        if asked.target.contains("/audit/c") { Reply::error(400, "AF20051", expired) } else { well(asked) }
    })
    .await;
    let shelf = Shelf::default();
    let report = collect_office(&mock, &shelf, DAYS).await;
    is(&report, Outcome::Partial);
    assert!(reason(&report).contains("Audit.Exchange of the hour 2026-01-07T07"), "{}", reason(&report));
    assert!(hint(&report).contains("purview"));
    assert_eq!(feed_ids(&shelf), ["1", "2"]);
    // Slices of six hours: the two that begin before 07:35 stay open.
    assert_eq!(shelf.closed(), (2..8).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_window_older_than_seven_days_is_partial_and_points_to_purview() {
    let mock = Mock::start(|asked, _| well(asked)).await;
    let shelf = Shelf::default();
    let report = collect_office(&mock, &shelf, Window { since: datetime!(2025-12-30 0:00 UTC), ..DAYS }).await;
    is(&report, Outcome::Partial);
    assert!(reason(&report).contains("seven days") && hint(&report).contains("purview"), "{}", reason(&report));
    assert_eq!(feed_ids(&shelf), ["0", "1", "2", "3"]);
    assert!(!shelf.closed().is_empty() && !shelf.closed().contains(&0));
    // A week that has aged a few minutes is whole, and the report says from when on.
    let week = Window { since: NOW - time::Duration::days(7), until: NOW };
    let report = collect_office(&mock, &Shelf::default(), week).await;
    is(&report, Outcome::Complete);
    assert!(reason(&report).contains("2026-01-03T12:05"), "{}", reason(&report));
}

#[tokio::test]
async fn links_that_lead_elsewhere_or_back_are_not_followed() {
    for (next, expected) in
        [("http://evil.example/api/v1.0/x", "another address"), ("", "lead back"), ("http://[", "cannot be read")]
    {
        let mock = Mock::start(move |asked, _| {
            if !is_first_day(asked, "Audit.General") {
                return well(asked);
            }
            let own = format!("http://{}{}", asked.header("host").unwrap(), asked.target);
            listing(asked, &[("a", "2026-01-07T05")]).header("NextPageUri", if next.is_empty() { &own } else { next })
        })
        .await;
        let shelf = Shelf::default();
        let report = collect_office(&mock, &shelf, DAYS).await;
        is(&report, Outcome::Partial);
        assert!(reason(&report).contains(expected), "{}", reason(&report));
        assert_eq!(feed_ids(&shelf), ["1", "2", "3"]);
    }
    let mock = Mock::start(|asked, _| {
        if !is_first_day(asked, "Audit.General") {
            return well(asked);
        }
        Reply::json(r#"[{"contentType":"Audit.General","contentUri":"https://evil.example/a","contentCreated":"2026-01-07T05:00:00Z"}]"#)
    })
    .await;
    let report = collect_office(&mock, &Shelf::default(), DAYS).await;
    is(&report, Outcome::Partial);
    assert!(mock.asked().iter().all(|asked| !asked.target.contains("evil")));
}

#[tokio::test]
async fn an_expired_page_begins_the_list_again_and_a_broken_blob_is_fetched_again() {
    let mock = Mock::start(|asked, before| {
        if option(asked, "nextPage") == "2015" && before == 0 {
            return Reply::error(400, "AF20031", "Invalid nextPage Input: 2015.");
        }
        if asked.target.contains("/audit/a") && before == 0 {
            return well(asked).cut();
        }
        well(asked)
    })
    .await;
    let shelf = Shelf::default();
    let report = collect_office(&mock, &shelf, DAYS).await;
    is(&report, Outcome::Complete);
    assert_eq!((feed_ids(&shelf).len(), report.duplicates), (3, 1));
}

#[tokio::test]
async fn a_stopped_run_is_interrupted_and_closes_nothing() {
    let mock = Mock::start(|asked, _| well(asked)).await;
    let shelf = Shelf { cancel_after: Some((1, CancellationToken::new())), ..Shelf::default() };
    let report = collect_office(&mock, &shelf, DAYS).await;
    is(&report, Outcome::Interrupted);
    assert!(shelf.closed().is_empty());
    let shelf = Shelf { full_after: Some(0), ..Shelf::default() };
    is(&collect_office(&mock, &shelf, DAYS).await, Outcome::Interrupted);
}

#[tokio::test]
async fn the_youngest_records_are_said_to_be_on_their_way() {
    let mock = Mock::start(|asked, _| well(asked)).await;
    let late = Window { until: NOW - time::Duration::HOUR, ..DAYS };
    let report = collect_office(&mock, &Shelf::default(), late).await;
    is(&report, Outcome::Complete);
    assert!(reason(&report).contains("2026-01-10T10:30:00Z may have reached it later"), "{}", reason(&report));
    let settled = Window { until: NOW - time::Duration::hours(2), ..DAYS };
    assert_eq!(reason(&collect_office(&mock, &Shelf::default(), settled).await), "");
}
