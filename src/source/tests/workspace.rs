//! A log of a workspace against a scripted query API: replies built from the documented bodies.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use time::Duration;

use super::table::{Kind, Table, question};
use super::*;
use crate::catalog::Catalog;
use crate::net::mock::{Asked, Reply};
use crate::source::workspace::Workspace;

const ID: &str = "00000000-0000-4000-8000-00000000000a";

fn audits() -> &'static Dataset {
    Catalog::embedded().unwrap().dataset("audits").unwrap()
}

async fn take(mock: &Mock, shelf: &Shelf) -> Report {
    let client = mock.client();
    let clock = Clock::Fixed(datetime!(2026-01-10 12:00 UTC));
    let ledger = Ledger::default();
    let request = Request::new(&client, WINDOW, &ledger, clock);
    let place = Place::Workspace(Workspace::named(ID).unwrap());
    let cancel = CancellationToken::new();
    collect_from(&place, &[(audits(), request)], shelf, &cancel).await.pop().unwrap()
}

/// Collects from a table; `change` may answer in its place.
async fn with(
    table: Table,
    change: impl Fn(&Asked, usize) -> Option<Reply> + Send + Sync + 'static,
) -> (Report, Shelf, Mock) {
    let mock = Mock::start(move |asked, before| change(asked, before).unwrap_or_else(|| table.answer(asked))).await;
    let shelf = Shelf::default();
    let report = take(&mock, &shelf).await;
    (report, shelf, mock)
}

fn is_rows(asked: &Asked) -> bool {
    matches!(question(asked).0, Kind::Rows)
}

#[tokio::test]
async fn a_small_log_is_four_questions_and_its_count_is_proven() {
    let (report, shelf, mock) = with(Table::even(300), |_, _| None).await;
    is(&report, Outcome::Complete);
    assert_eq!((report.records, report.expected, report.duplicates, report.pages), (300, Some(300), 0, 4));
    assert_eq!(report.slices_closed, report.slices);
    assert_eq!(shelf.closed().len(), report.slices as usize);
    let asked = mock.asked();
    assert_eq!(asked.len(), 4);
    for one in &asked {
        assert_eq!((one.method.as_str(), one.target.as_str()), ("POST", &*format!("/v1/workspaces/{ID}/query")));
        assert_eq!((one.header("prefer"), one.header("content-type")), (Some("wait=600"), Some("application/json")));
    }
    let records = shelf.records.lock().unwrap();
    assert!(records.is_sorted_by_key(|(slice, _, record)| (*slice, id(record))), "in the order of time");
    assert!(
        records[0]
            .2
            .starts_with(r#"{"activityDateTime":"2026-01-01T00:00:00Z","id":"a00000","targetResources":[{"id":"u"}],"#)
    );
}

#[tokio::test]
async fn a_table_that_begins_within_the_window_says_so() {
    let young = Table { events: Table::even(300).events.split_off(120), rows_max: usize::MAX };
    let older =
        Table { events: [vec![WINDOW.since - Duration::DAY], young.events.clone()].concat(), rows_max: usize::MAX };
    let (report, ..) = with(young, |_, _| None).await;
    is(&report, Outcome::Complete);
    assert!(reason(&report).contains("nothing from before 2026-01-04T04:45:00Z"), "{}", reason(&report));
    assert_eq!((report.records, report.slices_closed), (180, report.slices));
    let (report, ..) = with(older, |_, _| None).await;
    is(&report, Outcome::Complete);
    assert!(!reason(&report).contains("nothing from before"), "{}", reason(&report));
    assert_eq!((report.records, report.window.unwrap().since), (180, WINDOW.since));
}

#[tokio::test]
async fn an_answer_that_was_cut_short_is_asked_for_in_halves() {
    let (report, shelf, mock) = with(Table { rows_max: 20, ..Table::even(300) }, |_, _| None).await;
    is(&report, Outcome::Complete);
    assert_eq!((report.records, report.duplicates), (300, 0));
    assert_eq!(shelf.ids().len(), 300);
    assert!(mock.asked().iter().filter(|one| is_rows(one)).count() > 16);
}

#[tokio::test]
async fn what_is_too_slow_or_too_large_is_asked_for_in_halves() {
    for (status, code) in [(504, "GatewayTimeout"), (413, "ResponseSizeError")] {
        let (report, shelf, _mock) = with(Table::even(60), move |asked, _| {
            let (kind, window) = question(asked);
            let large = window.until - window.since > Duration::DAY;
            (large && !matches!(kind, Kind::Probe) && (status == 504 || matches!(kind, Kind::Rows)))
                .then(|| Reply::error(status, code, "too much"))
        })
        .await;
        is(&report, Outcome::Complete);
        assert_eq!((report.records, shelf.ids().len()), (60, 60), "{status}");
    }
}

#[tokio::test]
async fn a_second_that_no_answer_holds_is_missing_and_the_rest_is_not() {
    let mut table = Table { rows_max: 20, ..Table::even(40) };
    table.events.extend([WINDOW.until - Duration::SECOND; 50]);
    table.events.sort_unstable();
    let (report, _shelf, _mock) = with(table, |_, _| None).await;
    is(&report, Outcome::Partial);
    assert!(reason(&report).contains("cut its answer short"), "{}", reason(&report));
    assert!(report.slices_closed < report.slices && report.records >= 30, "{}", report.records);
}

#[tokio::test]
async fn records_that_arrive_during_the_reading_are_in_the_next_one() {
    let late = Table { events: vec![WINDOW.since + Duration::hours(1)], rows_max: 9 };
    let asked_rows = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&asked_rows);
    let both = Table { events: [Table::even(30).events, late.events].concat(), rows_max: usize::MAX };
    let (report, shelf, _mock) = with(Table::even(30), move |asked, _| {
        let before = seen.fetch_add(usize::from(is_rows(asked)), Ordering::SeqCst);
        // Everything behind the first reading knows it.
        let arrived = before > 0;
        arrived.then(|| both.answer(asked))
    })
    .await;
    is(&report, Outcome::Complete);
    assert_eq!((report.records, report.expected, report.duplicates), (31, Some(31), 0));
    assert_eq!(shelf.ids().len(), 31);
}

#[tokio::test]
async fn a_count_that_is_never_met_is_told_with_its_numbers() {
    let more = Table { events: Table::even(30).events.iter().flat_map(|&at| [at, at]).collect(), rows_max: usize::MAX };
    let (report, _shelf, _mock) =
        with(Table::even(30), move |asked, _| matches!(question(asked).0, Kind::Count(_)).then(|| more.answer(asked)))
            .await;
    is(&report, Outcome::Partial);
    assert!(reason(&report).contains("the service counted 8 records and gave 4"), "{}", reason(&report));
    assert_eq!((report.records, report.expected, report.slices_closed), (30, Some(60), 0));
}

/// `None`: an empty reply of status 200; `Some`: status, body.
type Row = (&'static str, Option<(u16, &'static str)>, Outcome, &'static str, &'static str);

#[tokio::test]
async fn every_refusal_has_its_own_outcome_and_names_the_fix() {
    let rows: [Row; 10] = [
        ("empty workspace", Some((204, "")), Outcome::Unavailable, "not routed", "diagnostic setting"),
        (
            "no role",
            Some((
                403,
                r#"{"error":{"message":"The provided credentials have insufficient access to perform the requested operation","code":"InsufficientAccessError"}}"#,
            )),
            Outcome::Denied,
            "insufficient access",
            "Log Analytics Reader",
        ),
        (
            "audience",
            Some((403, r#"{"error":{"code":"InvalidAuthenticationTokenAudience","message":"wrong audience"}}"#)),
            Outcome::Denied,
            "wrong audience",
            "another service",
        ),
        (
            "no application",
            Some((403, r#"{"error":{"code":"UnauthorizedClient","message":"x"}}"#)),
            Outcome::Denied,
            "403",
            "Data.Read",
        ),
        (
            "no token",
            Some((401, r#"{"error":{"code":"AuthenticationFailed","message":"x"}}"#)),
            Outcome::Denied,
            "401",
            "sign in again",
        ),
        (
            "wrong id",
            Some((404, r#"{"error":{"message":"The requested path does not exist","code":"PathNotFoundError"}}"#)),
            Outcome::Failed,
            "404",
            "correct --workspace",
        ),
        (
            "syntax",
            Some((
                400,
                r#"{"error":{"message":"The request had some invalid properties","code":"BadArgumentError","innererror":{"code":"SyntaxError","message":"Syntax Error"}}}"#,
            )),
            Outcome::Failed,
            "invalid properties: Syntax Error",
            "request id",
        ),
        (
            "throttled",
            Some((429, r#"{"error":{"code":"ThrottledError","message":"x"}}"#)),
            Outcome::Failed,
            "429",
            "run again later",
        ),
        (
            "server",
            Some((500, r#"{"error":{"code":"InternalServerError","message":"x"}}"#)),
            Outcome::Failed,
            "500",
            "run again later",
        ),
        ("empty body", None, Outcome::Failed, "not valid JSON", "run again later"),
    ];
    for (what, reply, outcome, why, fix) in rows {
        let (report, shelf, _mock) = with(Table::even(3), move |_, _| {
            Some(reply.map_or_else(|| Reply::json(""), |(status, body)| Reply::status(status, body)))
        })
        .await;
        assert_eq!(report.verdict.outcome, outcome, "{what}: {}", reason(&report));
        assert!(reason(&report).contains(why), "{what}: {}", reason(&report));
        assert!(hint(&report).contains(fix), "{what}: {}", hint(&report));
        assert!(shelf.ids().is_empty() && shelf.closed().is_empty(), "{what}");
    }
}

#[tokio::test]
async fn a_table_that_the_probe_does_not_know_is_asked_itself() {
    let unknown = |asked: &Asked| match question(asked).0 {
        Kind::Probe => {
            Some(Reply::json(r#"{"tables":[{"columns":[{"name":"Table"},{"name":"Rows"}],"rows":[["",0]]}]}"#))
        }
        _ => None,
    };
    let (report, ..) = with(Table::even(30), move |asked, _| unknown(asked)).await;
    is(&report, Outcome::Complete);
    assert_eq!(report.records, 30);
    let refused = |inner: &str| {
        let inner = format!(r#"{{"code":"SemanticError","message":"A semantic error occurred."{inner}}}"#);
        let message = "The request had some invalid properties";
        let body = format!(r#"{{"error":{{"message":"{message}","code":"BadArgumentError","innererror":{inner}}}}}"#);
        Reply::status(400, body)
    };
    let table =
        r#","innererror":{"message":"'where' operator: Failed to resolve table or column expression named 'X'"}"#;
    let column =
        r#","innererror":{"message":"'where' operator: Failed to resolve column or scalar expression named 'X'"}"#;
    for (inner, outcome, why, fix) in [
        (table, Outcome::Unavailable, "not routed to this workspace: cannot be recovered", "the category AuditLogs"),
        ("", Outcome::Unavailable, "not routed to this workspace: cannot be recovered", "the category AuditLogs"),
        (column, Outcome::Failed, "Failed to resolve column", "lacks a column"),
    ] {
        let reply = refused(inner);
        let (report, ..) =
            with(Table::even(30), move |asked, _| Some(unknown(asked).unwrap_or_else(|| reply.clone()))).await;
        is(&report, outcome);
        assert!(reason(&report).contains(why), "{}", reason(&report));
        assert!(hint(&report).contains(fix), "{}", hint(&report));
    }
}

#[tokio::test]
async fn a_count_that_cannot_be_read_is_no_empty_log() {
    for body in [
        r#"{"tables":[{"columns":[{"name":"Other"}],"rows":[[1]]}]}"#,
        r#"{"tables":[{"columns":[{"name":"At"},{"name":"Rows"}],"rows":[["soon",1]]}]}"#,
    ] {
        let (report, shelf, _mock) = with(Table::even(30), move |asked, _| {
            matches!(question(asked).0, Kind::Count(_)).then(|| Reply::json(body))
        })
        .await;
        is(&report, Outcome::Failed);
        assert!(shelf.closed().is_empty());
    }
}

#[tokio::test]
async fn pauses_that_the_service_asks_for_are_kept_and_lose_nothing() {
    let (report, _shelf, _mock) = with(Table::even(30), |asked, before| {
        (before == 0 && is_rows(asked)).then(|| Reply::error(429, "ThrottledError", "x").header("Retry-After", "0.01"))
    })
    .await;
    is(&report, Outcome::Complete);
    assert_eq!((report.records, report.retries), (30, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 10)]
async fn no_more_than_five_questions_are_open_at_once() {
    // Each slice of the window fills an answer.
    let table = Table { rows_max: 3, ..Table::even(48) };
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let highest = Arc::clone(&most);
    let mock = Mock::start(move |asked, _| {
        highest.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(std::time::Duration::from_millis(2));
        open.fetch_sub(1, Ordering::SeqCst);
        table.answer(asked)
    })
    .await;
    let client = mock.client();
    let place = Place::Workspace(Workspace::named(ID).unwrap());
    let (shelf, cancel) = (Shelf::default(), CancellationToken::new());
    let ledgers: Vec<Ledger> = (0..12).map(|_| Ledger::default()).collect();
    let clock = Clock::Fixed(datetime!(2026-01-10 12:00 UTC));
    let request = |ledger| Request::new(&client, WINDOW, ledger, clock);
    let wanted: Vec<_> = ledgers.iter().map(|ledger| (audits(), request(ledger))).collect();
    let reports = collect_from(&place, &wanted, &shelf, &cancel).await;
    reports.iter().for_each(|report| is(report, Outcome::Complete));
    assert_eq!(most.load(Ordering::SeqCst), 5);
}

#[test]
fn a_workspace_is_named_by_guid_or_resource_id() {
    let resource = "/subscriptions/1-a/resourceGroups/rg_(x).y/providers/Microsoft.OperationalInsights/workspaces/law";
    for good in
        [ID, " 00000000-0000-4000-8000-00000000000A ", resource, &resource.to_uppercase(), &format!("{resource}/")]
    {
        assert!(Workspace::named(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "law",
        "00000000-0000-4000-8000-00000000000g",
        "/subscriptions/1",
        &resource.replace("law", ".."),
        &resource.replace("law", "a?b"),
        &format!("{resource}/tables"),
        &resource.replace("OperationalInsights", "Storage"),
    ] {
        assert!(Workspace::named(bad).is_err(), "{bad}");
    }
}
