//! Lists: paging, and everything that happens to it.

use super::*;
use crate::net::mock::Reply;

/// Page `number` of `of`, three records each, ids `n00`, `n01`, …
fn page(mock_host: &str, number: usize, of: usize) -> String {
    let records: Vec<_> = (0..3).map(|at| format!(r#"{{"id":"n{:02}"}}"#, number * 3 + at)).collect();
    let next = if number + 1 < of {
        format!(r#","@odata.nextLink":"http://{mock_host}/v1.0/users?$skiptoken={}""#, number + 1)
    } else {
        String::new()
    };
    format!(r#"{{"@odata.count":{},"value":[{}]{next}}}"#, of * 3, records.join(","))
}

fn number(target: &str) -> usize {
    target.split_once("$skiptoken=").map_or(0, |(_, number)| number.parse().unwrap())
}

/// A server with five pages; `fault` may replace a page, given its number and how often it was asked before.
async fn five(fault: impl Fn(usize, usize) -> Option<Reply> + Send + Sync + 'static) -> Mock {
    Mock::start(move |asked, before| {
        let number = number(&asked.target);
        let host = asked.header("host").unwrap();
        fault(number, before).unwrap_or_else(|| Reply::json(page(host, number, 5)))
    })
    .await
}

#[tokio::test]
async fn a_list_is_complete_in_spite_of_every_passing_fault() {
    let faults: [(&str, Reply); 8] = [
        ("none", Reply::json("")),
        ("429", Reply::error(429, "x", "x")),
        ("503", Reply::error(503, "x", "x").header("Retry-After", "0")),
        ("reset", Reply::json(r#"{"value":[{"id":"x"}]}"#).reset()),
        ("cut", Reply::json(r#"{"value":[{"id":"x"}]}"#).cut()),
        ("html", Reply::json("<html>").header("Content-Type", "text/html")),
        ("401", Reply::error(401, "InvalidAuthenticationToken", "x")),
        ("expired", Reply::error(400, "Directory_ExpiredPageToken", "x")),
    ];
    for (name, fault) in faults {
        let harmless = name == "none";
        let mock = five(move |number, before| (!harmless && number == 2 && before == 0).then(|| fault.clone())).await;
        let shelf = Shelf::default();
        let report = run(&mock, row(""), &shelf).await;
        is(&report, Outcome::Complete);
        assert_eq!((report.records, report.expected, report.duplicates), (15, Some(15), 0), "{name}");
        assert_eq!(shelf.ids().len(), 15, "{name}");
        assert_eq!(shelf.closed(), [0], "{name}");
        let pages = if name == "expired" { 7 } else { 5 };
        assert_eq!(report.pages, pages, "{name}");
    }
}

#[tokio::test]
async fn what_does_not_pass_ends_partial_with_what_came() {
    let rows: [(&str, Reply, &str); 8] = [
        ("500", Reply::error(500, "x", "x"), "answered 500"),
        ("403", Reply::error(403, "Authorization_RequestDenied", "x"), "broke off after 6 records"),
        ("expired for ever", Reply::error(400, "Directory_ExpiredPageToken", "x"), "broke off"),
        ("damage", Reply::json(r#"{"value":[{"id":"y"},7]}"#), "not objects"),
        ("short", Reply::json(r#"{"value":[]}"#), "counted 15 records and sent 6"),
        ("same link", Reply::json(r#"{"value":[],"@odata.nextLink":"/v1.0/users?$skiptoken=2"}"#), "lead back"),
        ("cycle", Reply::json(r#"{"value":[],"@odata.nextLink":"/v1.0/users?$skiptoken=1"}"#), "lead back"),
        ("no link", Reply::json(r#"{"value":[],"@odata.nextLink":""}"#), "cannot be read"),
    ];
    for (name, fault, words) in rows {
        let mock = five(move |number, _| (number == 2).then(|| fault.clone())).await;
        let shelf = Shelf::default();
        let report = run(&mock, row(""), &shelf).await;
        is(&report, Outcome::Partial);
        assert!(reason(&report).contains(words), "{name}: {}", reason(&report));
        assert!((6..=7).contains(&report.records), "{name}");
        assert_eq!(report.duplicates, 0, "{name}");
    }
}

#[tokio::test]
async fn a_link_to_another_host_is_not_followed_and_no_token_leaves() {
    let stranger = Mock::start(|_, _| Reply::json(r#"{"value":[{"id":"stolen"}]}"#)).await;
    for link in [stranger.url.join("/v1.0/users?$skiptoken=9").unwrap().to_string(), "https://evil.example/".into()] {
        let mock = five(move |number, _| {
            (number == 1).then(|| Reply::json(format!(r#"{{"value":[{{"id":"z"}}],"@odata.nextLink":"{link}"}}"#)))
        })
        .await;
        let shelf = Shelf::default();
        let report = run(&mock, row(""), &shelf).await;
        is(&report, Outcome::Partial);
        assert!(reason(&report).contains("another address"));
        assert_eq!(shelf.ids(), ["n00", "n01", "n02", "z"]);
    }
    assert!(stranger.asked().is_empty());
}

#[tokio::test]
async fn a_first_answer_of_no_is_classified() {
    let premium = "Authentication_RequestFromNonPremiumTenantOrB2CTenant";
    let rows = [
        (403, "Authorization_RequestDenied", "", Outcome::Denied, "User.Read.All", 1),
        (403, premium, "", Outcome::Unlicensed, "Directory.Read.All", 3),
        (404, "ResourceNotFound", "", Outcome::Unavailable, "", 1),
        (501, "NotImplemented", "", Outcome::Unavailable, "", 1),
        (400, "BadRequest", "Resource not found for the segment 'x'.", Outcome::Unavailable, "", 1),
        (400, "Strange", "", Outcome::Failed, "", 1),
        (500, "UnknownError", "", Outcome::Failed, "request id", 4),
    ];
    for (status, code, message, outcome, words, tries) in rows {
        let mock = Mock::start(move |_, _| Reply::error(status, code, message).header("request-id", "r-1")).await;
        let shelf = Shelf::default();
        let report = run(&mock, row(""), &shelf).await;
        is(&report, outcome);
        assert!(hint(&report).contains(words), "{status} {code}: {}", hint(&report));
        let error = report.verdict.error.as_ref().unwrap();
        assert_eq!((error.status, error.code.expose(), error.request_id.expose()), (status, code, "r-1"));
        assert_eq!((mock.asked().len(), report.records), (tries, 0), "{status} {code}");
        assert!(shelf.closed().is_empty());
    }
}

#[tokio::test]
async fn a_404_can_be_an_answer_and_a_doubtful_403_can_pass() {
    let mock = Mock::start(|_, _| Reply::error(404, "x", "x")).await;
    let shelf = Shelf::default();
    let report = run(&mock, row("not_found = 'empty'"), &shelf).await;
    is(&report, Outcome::Complete);
    assert_eq!(shelf.closed(), [0]);
    let premium = "Authentication_RequestFromNonPremiumTenantOrB2CTenant";
    let mock = five(move |number, before| (number == 0 && before == 0).then(|| Reply::error(403, premium, ""))).await;
    is(&run(&mock, row(""), &Shelf::default()).await, Outcome::Complete);
}

#[tokio::test]
async fn records_that_a_moving_list_serves_twice_are_delivered_once() {
    let mock = Mock::start(|asked, _| match number(&asked.target) {
        0 => Reply::json(r#"{"value":[{"id":"a"},{"id":"b","v":1}],"@odata.nextLink":"/v1.0/users?$skiptoken=1"}"#),
        1 => Reply::json(r#"{"value":[],"@odata.nextLink":"/v1.0/users?$skiptoken=2"}"#),
        _ => Reply::json(r#"{"value":[{"id":"b","v":2},{"id":"c"}]}"#),
    })
    .await;
    let shelf = Shelf::default();
    let report = run(&mock, row(""), &shelf).await;
    is(&report, Outcome::Complete);
    assert_eq!((report.records, report.duplicates, report.pages), (3, 1, 3));
    assert!(
        shelf.records.lock().unwrap().iter().any(|(_, _, record)| record == r#"{"id":"b","v":1}"#),
        "the first wins"
    );
}

#[tokio::test]
async fn a_restart_doubles_nothing_even_where_records_have_no_id() {
    let mock = Mock::start(|asked, before| match (number(&asked.target), before) {
        (0, _) => Reply::json(r#"{"value":[{"v":1},{"v":1},{"v":2}],"@odata.nextLink":"/v1.0/users?$skiptoken=1"}"#),
        (1, 0) => Reply::error(400, "UnknownError", "Invalid Skip Token, skip token is null"),
        _ => Reply::json(r#"{"value":[{"v":1},{"v":3}]}"#),
    })
    .await;
    let shelf = Shelf::default();
    let report = run(&mock, row("id_property = ''"), &shelf).await;
    is(&report, Outcome::Complete);
    assert_eq!(shelf.ids(), [r#"{"v":1}"#, r#"{"v":1}"#, r#"{"v":1}"#, r#"{"v":2}"#, r#"{"v":3}"#]);
    assert_eq!(report.duplicates, 0);
}

#[tokio::test]
async fn after_a_repeated_page_the_last_good_link_is_used_and_not_the_start() {
    let mock = five(|number, before| match (number, before) {
        (2, 0) => Some(Reply::error(503, "x", "x")),
        (3, 0) => Some(Reply::error(400, "DirectoryPageTokenNotFoundException", "x")),
        _ => None,
    })
    .await;
    let shelf = Shelf::default();
    let report = run(&mock, row(""), &shelf).await;
    is(&report, Outcome::Complete);
    assert_eq!((shelf.ids().len(), report.duplicates), (15, 0));
    let asked: Vec<_> = mock.asked().iter().map(|asked| number(&asked.target)).collect();
    assert_eq!(asked, [0, 1, 2, 2, 3, 1, 2, 3, 4]);
}

#[tokio::test]
async fn options_and_headers_are_sent_as_the_row_says_and_headers_on_every_page() {
    let mock = five(|_, _| None).await;
    let dataset = row(r#"
        path = "/users"
        select = ["id", "mail"]
        expand = "manager"
        filter = "a eq 'b c' or d eq 'e+f'"
        headers = [["ConsistencyLevel", "eventual"], ["Prefer", "x"]]
        page_size = 999
        page_size_by_prefer = true
    "#);
    let report = run(&mock, dataset, &Shelf::default()).await;
    let asked = mock.asked();
    assert_eq!(
        asked[0].target.replace("%27", "'"),
        "/v1.0/users?$select=id,mail&$expand=manager&$filter=(a%20eq%20'b%20c'%20or%20d%20eq%20'e%2Bf')"
    );
    assert_eq!(asked.len(), 5);
    for one in &asked {
        assert_eq!(one.header("consistencylevel"), Some("eventual"));
        assert_eq!(one.header("prefer"), Some("x, odata.maxpagesize=999"));
        assert_eq!(one.header("authorization"), Some("Bearer token-0"));
    }
    assert_eq!(report.request, "GET /v1.0/users?$select=id,mail&$expand=manager&$filter=(a eq 'b c' or d eq 'e+f')");
}

#[tokio::test]
async fn a_refused_page_size_is_dropped_once() {
    let mock = five(|_, _| None).await;
    let strict = Mock::start(|asked, _| {
        if asked.plain().contains("$top") {
            return Reply::error(400, "BadRequest", "Invalid page size specified: '999'.");
        }
        Reply::json(r#"{"value":[{"id":"a"}]}"#)
    })
    .await;
    let dataset = row("page_size = 999");
    is(&run(&mock, dataset, &Shelf::default()).await, Outcome::Complete);
    assert!(mock.asked()[0].plain().contains("?$top=999"));
    let report = run(&strict, dataset, &Shelf::default()).await;
    is(&report, Outcome::Complete);
    assert_eq!((strict.asked().len(), report.records), (2, 1));
    // Without an option to drop the refusal stands.
    let stubborn = Mock::start(|_, _| Reply::error(400, "BadRequest", "no")).await;
    is(&run(&stubborn, row(""), &Shelf::default()).await, Outcome::Failed);
    assert_eq!(stubborn.asked().len(), 1);
    is(&run(&stubborn, dataset, &Shelf::default()).await, Outcome::Failed);
    assert_eq!(stubborn.asked().len(), 3);
}

#[tokio::test]
async fn resource_manager_rows_go_to_its_address_with_its_version() {
    let mock = Mock::start(|asked, _| match asked.target.as_str() {
        "/providers/microsoft.aadiam/diagnosticSettings?api-version=2017-04-01" => {
            Reply::json(r#"{"value":[{"id":"a"}],"nextLink":"/next"}"#)
        }
        "/next" => Reply::json(r#"{"value":[{"id":"b"}]}"#),
        _ => Reply::error(404, "x", "x"),
    })
    .await;
    let dataset = row(r#"
        service = "arm"
        version = "2017-04-01"
        path = "/providers/microsoft.aadiam/diagnosticSettings"
    "#);
    let report = run(&mock, dataset, &Shelf::default()).await;
    is(&report, Outcome::Complete);
    assert_eq!(report.records, 2);
    assert_eq!(report.request, "GET /providers/microsoft.aadiam/diagnosticSettings?api-version=2017-04-01");
}

#[tokio::test]
async fn a_singleton_is_one_record_as_sent() {
    let mock = Mock::start(|_, _| Reply::json("{\"@odata.context\":\"c\",\"id\":\"p\",\"value\":[1.0]}")).await;
    let shelf = Shelf::default();
    is(&run(&mock, row("shape = 'singleton'"), &shelf).await, Outcome::Complete);
    assert_eq!(shelf.records.lock().unwrap()[0].2, r#"{"@odata.context":"c","id":"p","value":[1.0]}"#);
}

#[tokio::test]
async fn keys_for_dependants_are_found_on_the_way() {
    let mock = Mock::start(|_, _| {
        Reply::json(r#"{"value":[{"id":"a","kind":"X","on":true},{"id":"b","kind":"Y","on":true},{"id":"c","kind":"X","on":false},{"kind":"X","on":true},{"id":"a","kind":"X","on":true},{"id":"d","kind":["Z","X"],"on":true}]}"#)
    })
    .await;
    let all: ForEach = toml::from_str("dataset = 'users'").unwrap();
    let some: ForEach = toml::from_str(
        "dataset = 'users'\n[[where]]\nproperty = 'kind'\nis = ['X']\n[[where]]\nproperty = 'on'\nis = ['true']",
    )
    .unwrap();
    let wanted = [&all, &some];
    let client = mock.client();
    let report = run_with(&client, row(""), &Shelf::default(), |request| request.wanted = &wanted).await;
    let keys = |at: usize| report.keys[at].iter().map(|key| key.0.join("/")).collect::<Vec<_>>();
    assert_eq!(keys(0), ["a", "b", "c", "d"]);
    assert_eq!(keys(1), ["a", "d"]);
}

#[tokio::test]
async fn cancelling_and_a_closed_sink_keep_what_came() {
    let mock = five(|_, _| None).await;
    let shelf = Shelf { cancel_after: Some((2, CancellationToken::new())), delay_ms: 30, ..Shelf::default() };
    let report = run(&mock, row(""), &shelf).await;
    is(&report, Outcome::Interrupted);
    assert!((6..15).contains(&report.records), "{}", report.records);
    assert_eq!(shelf.ids().len() as u64, report.records);
    let shelf = Shelf { full_after: Some(1), ..Shelf::default() };
    let report = run(&mock, row(""), &shelf).await;
    is(&report, Outcome::Interrupted);
    assert_eq!((report.records, shelf.ids().len()), (3, 3));
    assert!(shelf.closed().is_empty());
}

#[tokio::test]
async fn a_waiting_request_is_cancelled_at_once() {
    let mock = five(|number, _| (number == 1).then(|| Reply::error(429, "x", "x").header("Retry-After", "60"))).await;
    let token = CancellationToken::new();
    let shelf = Shelf { cancel_after: Some((9, token.clone())), ..Shelf::default() };
    let stop = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        token.cancel();
    };
    let client = mock.client();
    let (report, ()) = tokio::join!(run_with(&client, row(""), &shelf, |_| {}), stop);
    is(&report, Outcome::Interrupted);
    assert_eq!(report.records, 3);
}

#[tokio::test]
async fn the_next_page_is_asked_for_while_the_sink_takes_this_one() {
    let mock = five(|_, _| None).await;
    let shelf = Shelf { delay_ms: 60, ..Shelf::default() };
    let watch = async {
        tokio::time::sleep(std::time::Duration::from_millis(45)).await;
        mock.asked().len()
    };
    let client = mock.client();
    let (report, early) = tokio::join!(run_with(&client, row(""), &shelf, |_| {}), watch);
    is(&report, Outcome::Complete);
    assert_eq!(early, 2, "one page ahead, and one only");
}

#[tokio::test]
async fn a_slice_that_an_earlier_run_closed_is_not_asked_for() {
    let mock = five(|_, _| None).await;
    let client = mock.client();
    let report = run_with(&client, row(""), &Shelf::default(), |request| request.done = &[0]).await;
    is(&report, Outcome::Complete);
    assert!(mock.asked().is_empty());
}
