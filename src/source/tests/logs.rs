//! Logs: slices, borders, splitting, retention.

use std::collections::BTreeSet;

use time::Duration;

use super::service::{Event, Log, log_row};
use super::*;
use crate::net::mock::Reply;

const GE_LE: &str = r#"["ge", "le"]"#;

async fn serve(log: Log) -> Mock {
    Mock::start(move |asked, _| log.answer(asked)).await
}

fn check_slices(shelf: &Shelf, log: &Log) {
    let plan = plan::Plan::of(WINDOW);
    for (slice, _, record) in shelf.records.lock().unwrap().iter() {
        let event = log.events.iter().find(|event| event.id == id(record)).unwrap();
        assert_eq!(*slice, plan.slice_of(event.at));
    }
}

#[tokio::test]
async fn a_small_log_is_one_request_and_still_comes_in_slices() {
    let log = Log::even(24, 100);
    let mock = serve(log.clone()).await;
    let shelf = Shelf::default();
    let report = run(&mock, log_row(GE_LE), &shelf).await;
    is(&report, Outcome::Complete);
    assert_eq!((report.records, report.slices, report.pages), (24, 8, 1));
    assert_eq!(shelf.closed(), (0..8).collect::<Vec<_>>());
    check_slices(&shelf, &log);
    assert_eq!(
        mock.asked()[0].plain(),
        "/v1.0/auditLogs/signIns?$filter=at ge 2026-01-01T00:00:00Z and at le 2026-01-09T00:00:00Z and kind eq 'x'"
    );
    assert_eq!(report.first.as_deref(), Some("2026-01-01T00:00:00Z"));
    assert!(report.last.as_deref().unwrap().starts_with("2026-01-08T16"));
}

#[tokio::test]
async fn a_large_log_is_walked_side_by_side_without_loss_or_double() {
    // 384 events: every border of a slice is the time of one.
    for operators in [GE_LE, r#"["gt", "lt"]"#, r#"["ge", "lt"]"#, "[]"] {
        let log = Log::even(384, 10);
        let mock = serve(log.clone()).await;
        let shelf = Shelf::default();
        let report = run(&mock, log_row(operators), &shelf).await;
        is(&report, Outcome::Complete);
        assert_eq!(report.records, 384, "{operators}");
        assert_eq!(shelf.ids().len(), 384, "{operators}");
        assert_eq!(shelf.closed(), (0..8).collect::<Vec<_>>(), "{operators}");
        assert_eq!(report.duplicates, 0, "{operators}");
        check_slices(&shelf, &log);
        let filters: BTreeSet<_> = mock.asked().iter().map(|asked| Log::bounds(asked).len()).collect();
        assert_eq!(filters.into_iter().collect::<Vec<_>>(), if operators == "[]" { [0] } else { [2] });
        // 39 pages at best; the price of the pieces is half a page each and the first question.
        assert!(report.pages <= 45, "{operators}: {}", report.pages);
    }
}

#[tokio::test]
async fn events_at_the_borders_of_the_window_are_in_or_out_exactly() {
    for operators in [GE_LE, r#"["gt", "lt"]"#, r#"["ge", "lt"]"#, "[]"] {
        let at = |at| Event { id: format!("{at}"), at };
        let tick = Duration::nanoseconds(100);
        let inside = [at(WINDOW.since), at(WINDOW.since + tick), at(WINDOW.until - tick)];
        let outside = [at(WINDOW.since - tick), at(WINDOW.until), at(WINDOW.until + tick)];
        let mut events: Vec<_> = inside.iter().chain(&outside).cloned().collect();
        events.sort_by_key(|event| event.at);
        let mock = serve(Log { events, page_size: 10 }).await;
        let shelf = Shelf::default();
        is(&run(&mock, log_row(operators), &shelf).await, Outcome::Complete);
        let mut expected: Vec<_> = inside.iter().map(|event| event.id.clone()).collect();
        expected.sort();
        assert_eq!(shelf.ids(), expected, "{operators}");
    }
}

#[tokio::test]
async fn a_window_that_takes_too_long_is_split_until_it_does_not() {
    let log = Log::even(100, 1_000);
    let served = log.clone();
    let mock = Mock::start(move |asked, _| {
        let bounds = Log::bounds(asked);
        // Anything longer than nine hours is too much for this service.
        if bounds[1].1 - bounds[0].1 > Duration::hours(9) { Reply::error(504, "x", "x") } else { served.answer(asked) }
    })
    .await;
    let shelf = Shelf::default();
    let report = run(&mock, log_row(GE_LE), &shelf).await;
    is(&report, Outcome::Complete);
    assert_eq!((report.records, shelf.ids().len()), (100, 100));
    assert_eq!(shelf.closed(), (0..8).collect::<Vec<_>>());
    check_slices(&shelf, &log);
    // Inside each slice, earlier parts come before later ones.
    let records = shelf.records.lock().unwrap();
    for slice in 0..8 {
        let ids: Vec<_> = records.iter().filter(|(of, _, _)| *of == slice).map(|(_, _, record)| id(record)).collect();
        let quarters: Vec<_> =
            ids.iter().map(|id| log.events.iter().find(|event| event.id == *id).unwrap().at.hour() / 6).collect();
        assert!(quarters.is_sorted(), "{quarters:?}");
    }
}

#[tokio::test]
async fn a_slice_that_never_answers_is_named_and_the_others_are_kept() {
    let log = Log::even(384, 10);
    let bad = datetime!(2026-01-03 0:00 UTC);
    let mock = Mock::start(move |asked, _| {
        let bounds = Log::bounds(asked);
        let whole = bounds[1].1 - bounds[0].1 >= Duration::days(8);
        let hit = bounds[0].1 <= bad && bad < bounds[1].1 && !whole;
        if hit { Reply::error(500, "UnknownError", "") } else { log.answer(asked) }
    })
    .await;
    let shelf = Shelf::default();
    let report = run(&mock, log_row(GE_LE), &shelf).await;
    is(&report, Outcome::Partial);
    assert!(reason(&report).contains("of 8 time slices are missing"), "{}", reason(&report));
    assert!(!shelf.closed().contains(&2) && shelf.closed().len() >= 5, "{:?}", shelf.closed());
    assert_eq!(report.verdict.error.as_ref().unwrap().status, 500);
}

#[tokio::test]
async fn a_window_beyond_retention_is_clamped_and_says_so() {
    // Seven days before the run's clock, and some minutes.
    let floor = datetime!(2026-01-03 12:20 UTC);
    let rows = [
        ("The minimum allowed date is 2026-01-03T12:20:00Z.", floor),
        ("2026-01-01T00:00:00Z is below the minimum 2026-01-03T12:19:59.5Z", floor),
        ("The date is older than the retention period", datetime!(2026-01-03 13:00 UTC)),
    ];
    for (message, expected) in rows {
        let mut log = Log::even(96, 100);
        log.events.retain(|event| event.at >= floor);
        let kept = log.events.iter().filter(|event| event.at >= expected).count();
        let mock = Mock::start(move |asked, _| {
            let too_early = Log::bounds(asked)[0].1 < floor;
            if too_early { Reply::error(400, "BadRequest", message) } else { log.answer(asked) }
        })
        .await;
        let shelf = Shelf::default();
        let report = run(&mock, log_row(GE_LE), &shelf).await;
        is(&report, Outcome::Complete);
        assert!(reason(&report).contains("look back further"), "{}", reason(&report));
        assert_eq!((report.window.unwrap().since, shelf.ids().len()), (expected, kept), "{message}");
        // A run that goes on must meet the refusal again: what begins before the floor is whole, and not closed for good.
        let plan = super::super::plan::Plan::of(WINDOW);
        let behind = (0..plan.len()).filter(|slice| plan.window(&(*slice..slice + 1)).since >= expected);
        assert_eq!((report.slices_closed, shelf.closed()), (8, behind.collect::<Vec<_>>()));
    }
}

/// A machine's clock may be off by hours: what is young and what is kept goes by the service's.
#[tokio::test]
async fn the_present_is_the_services() {
    use time::format_description::well_known::Rfc2822;
    let now = Clock::System.now().replace_nanosecond(0).unwrap();
    for (ahead_h, is_young) in [(0, false), (-5, true), (5, false)] {
        let present = now + Duration::hours(ahead_h);
        let floor = present - Duration::days(7);
        let mock = Mock::start(move |asked, _| {
            let too_early = Log::bounds(asked)[0].1 < floor - Duration::MINUTE;
            let refusal = Reply::error(400, "BadRequest", "The date is older than the retention period");
            let reply = if too_early { refusal } else { Reply::json(r#"{"value":[]}"#) };
            reply.header("Date", &present.format(&Rfc2822).unwrap())
        })
        .await;
        let (client, _) = mock.client_with(|setup| setup.clock = Clock::System);
        let window = Window { since: now - Duration::days(7), until: now - Duration::HOUR };
        let report = run_with(&client, log_row(GE_LE), &Shelf::default(), |request| {
            (request.clock, request.window) = (Clock::System, window);
        })
        .await;
        is(&report, Outcome::Complete);
        assert_eq!(reason(&report).contains("may have reached it later"), is_young, "{ahead_h}: {}", reason(&report));
        let begins = report.window.unwrap().since - window.since.max(floor);
        assert!(begins.abs() < Duration::MINUTE, "{ahead_h}: {begins}");
    }
}

#[tokio::test]
async fn a_filter_that_the_service_refuses_is_applied_here() {
    let mut log = Log::even(48, 10);
    log.events.insert(0, Event { id: "old".into(), at: WINDOW.since - Duration::days(9) });
    let mock = Mock::start(move |asked, _| {
        let filtered = !Log::bounds(asked).is_empty();
        if filtered { Reply::error(400, "BadRequest", "Invalid filter clause") } else { log.answer(asked) }
    })
    .await;
    let shelf = Shelf::default();
    let report = run(&mock, log_row(GE_LE), &shelf).await;
    is(&report, Outcome::Complete);
    assert_eq!((report.records, mock.asked().len()), (48, 6));
}

#[tokio::test]
async fn a_service_that_ignores_the_filter_doubles_nothing() {
    let log = Log::even(384, 10);
    let mock = Mock::start(move |asked, _| {
        let mut ignorant = asked.clone();
        ignorant.target = asked.target.replace("%20at%20", "%20AT%20").replace("=at%20", "=AT%20");
        log.answer(&ignorant)
    })
    .await;
    let shelf = Shelf::default();
    let report = run(&mock, log_row(GE_LE), &shelf).await;
    is(&report, Outcome::Complete);
    assert_eq!((shelf.ids().len(), report.duplicates), (384, 0));
}

#[tokio::test]
async fn records_without_a_time_stay_in_the_slice_that_served_them() {
    let mock = Mock::start(|_, _| {
        Reply::json(r#"{"value":[{"id":"a","at":"2026-01-08T01:00:00Z"},{"id":"b"},{"id":"c","at":"soon"}]}"#)
    })
    .await;
    let shelf = Shelf::default();
    is(&run(&mock, log_row(GE_LE), &shelf).await, Outcome::Complete);
    let slices: Vec<_> = shelf.records.lock().unwrap().iter().map(|(slice, _, record)| (*slice, id(record))).collect();
    assert_eq!(slices, [(0, "b".into()), (0, "c".into()), (7, "a".into())]);
}

#[tokio::test]
async fn an_expired_token_restarts_its_slice_only() {
    let log = Log::even(384, 10);
    let hit = std::sync::atomic::AtomicBool::new(false);
    let mock = Mock::start(move |asked, _| {
        let late = asked.target.contains("skiptoken=20") && Log::bounds(asked)[0].1 > WINDOW.since;
        if late && !hit.swap(true, std::sync::atomic::Ordering::SeqCst) {
            return Reply::error(400, "UnknownError", "Invalid Skip Token, skip token is null");
        }
        log.answer(asked)
    })
    .await;
    let shelf = Shelf::default();
    let report = run(&mock, log_row(GE_LE), &shelf).await;
    is(&report, Outcome::Complete);
    assert_eq!((shelf.ids().len(), report.duplicates), (384, 0));
    assert!(report.pages <= 45 + 3, "{}", report.pages);
}

#[tokio::test]
async fn slices_that_an_earlier_run_closed_are_not_delivered_again() {
    let log = Log::even(384, 10);
    let mock = serve(log.clone()).await;
    let shelf = Shelf::default();
    let (client, done) = (mock.client(), [0, 1, 2, 5, 7]);
    let report = run_with(&client, log_row(GE_LE), &shelf, |request| request.done = &done).await;
    is(&report, Outcome::Complete);
    assert_eq!(shelf.closed(), [3, 4, 6]);
    assert_eq!(shelf.ids().len(), 3 * 48);
    check_slices(&shelf, &log);
}

#[tokio::test]
async fn cancelling_keeps_the_slices_that_were_closed() {
    let log = Log::even(384, 10);
    let mock = serve(log).await;
    let shelf = Shelf { cancel_after: Some((20, CancellationToken::new())), ..Shelf::default() };
    let report = run(&mock, log_row(GE_LE), &shelf).await;
    is(&report, Outcome::Interrupted);
    assert!(report.records >= 20 && report.records < 384);
    assert_eq!(shelf.ids().len() as u64, report.records);
}

#[tokio::test]
async fn a_log_that_is_denied_is_asked_for_once() {
    let mock = Mock::start(|_, _| Reply::error(403, "Authentication_MSGraphPermissionMissing", "x")).await;
    let report = run(&mock, log_row(GE_LE), &Shelf::default()).await;
    is(&report, Outcome::Denied);
    assert_eq!(mock.asked().len(), 1);
    assert_eq!(report.slices, 8);
}

#[tokio::test]
async fn an_empty_window_asks_nothing() {
    let mock = serve(Log::even(1, 1)).await;
    let client = mock.client();
    let report = run_with(&client, log_row(GE_LE), &Shelf::default(), |request| {
        request.window = Window { since: WINDOW.until, until: WINDOW.since };
    })
    .await;
    is(&report, Outcome::Complete);
    assert!(mock.asked().is_empty() && report.slices == 0);
}

#[tokio::test]
async fn a_stream_that_uses_up_the_budget_alone_wastes_no_request() {
    use crate::net::Rate;
    let log = Log::even(384, 10);
    let mock = serve(log.clone()).await;
    let (client, _) = mock.client_with(|setup| {
        let limit = Some((1_000, std::time::Duration::from_secs(600)));
        setup.rates = vec![Rate { class: crate::catalog::Throttle::Reports, limit }];
    });
    let shelf = Shelf::default();
    let report = run_with(&client, log_row(GE_LE), &shelf, |_| {}).await;
    is(&report, Outcome::Complete);
    assert_eq!((report.pages, shelf.ids().len()), (39, 384));
    check_slices(&shelf, &log);
}
