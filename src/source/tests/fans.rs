//! Fan-outs: `$batch`, mixed fates, plain lists.

use super::*;
use crate::catalog::Throttle;
use crate::net::Rate;
use crate::net::mock::{Asked, Reply};

fn members() -> &'static Dataset {
    row("id = 'group-members'\npath = '/groups/{0}/members'\npage_size = 5\n[for_each]\ndataset = 'groups'")
}

fn keys(count: usize) -> Vec<Key> {
    (0..count).map(|number| Key(vec![format!("g{number}").into()])).collect()
}

/// Group number of a path such as `/groups/g7/members?$top=5`.
fn group(path: &str) -> usize {
    let rest = path.split_once("/groups/g").unwrap().1;
    rest.split('/').next().unwrap().parse().unwrap()
}

/// A server of `$batch`: `item` gives status, headers (JSON) and body of a group's list; `round` counts batches
/// from 0. Items are answered last first.
async fn batches(item: impl Fn(usize, usize) -> (u16, &'static str, String) + Send + Sync + 'static) -> Mock {
    let round = std::sync::atomic::AtomicUsize::new(0);
    Mock::start(move |asked, _| {
        if asked.method == "GET" {
            return Reply::json(format!(r#"{{"value":[{{"id":"plain-{}"}}]}}"#, group(&asked.target)));
        }
        let round = round.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let mut items: Vec<_> = requested(asked)
            .iter()
            .map(|(id, url)| {
                let (status, headers, body) = item(group(url), round);
                format!(r#"{{"id":"{id}","status":{status},"headers":{headers},"body":{body}}}"#)
            })
            .collect();
        items.reverse();
        Reply::json(format!(r#"{{"responses":[{}]}}"#, items.join(",")))
    })
    .await
}

fn requested(asked: &Asked) -> Vec<(String, String)> {
    let body: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    body["requests"].as_array().unwrap().iter().map(|one| (text(&one["id"]), text(&one["url"]))).collect()
}

fn list(group: usize) -> String {
    // All groups share a member: an id is unique within its list only.
    format!(r#"{{"value":[{{"id":"m{group}"}},{{"id":"shared"}}]}}"#)
}

async fn fan(mock: &Mock, shelf: &Shelf, keys: &[Key]) -> Report {
    run_with(&mock.client(), members(), shelf, |request| request.parents = keys).await
}

#[tokio::test]
async fn twenty_lists_come_in_one_request_and_keep_their_parent() {
    let mock = batches(|group, _| (200, "{}", list(group))).await;
    let shelf = Shelf::default();
    let report = fan(&mock, &shelf, &keys(45)).await;
    is(&report, Outcome::Complete);
    assert_eq!((report.records, report.slices, report.pages, report.duplicates), (90, 45, 45, 0));
    assert_eq!(shelf.closed(), (0..45).collect::<Vec<_>>());
    let sizes: Vec<_> = mock.asked().iter().map(|asked| requested(asked).len()).collect();
    assert_eq!(sizes, [20, 20, 5]);
    assert_eq!(mock.asked()[0].target, "/v1.0/$batch");
    assert_eq!(requested(&mock.asked()[0])[3].1, "/groups/g3/members?$top=5");
    for (slice, parent, record) in shelf.records.lock().unwrap().iter() {
        assert_eq!(parent.as_deref(), Some(format!("g{slice}").as_str()));
        assert!(record.contains("shared") || record.contains(&format!("\"m{slice}\"")));
    }
    assert_eq!(report.request, "GET /v1.0/groups/{0}/members?$top=5");
}

#[tokio::test]
async fn each_item_has_its_own_fate() {
    let mock = batches(|group, round| match (group, round) {
        (1, 0) => (429, r#"{"Retry-After":"0.05"}"#, "{}".into()),
        (2, 0 | 1) => (503, "{}", "{}".into()),
        (3, _) => (404, "{}", r#"{"error":{"code":"Request_ResourceNotFound"}}"#.into()),
        (4, _) => (403, "{}", r#"{"error":{"code":"Authorization_RequestDenied","message":"no"}}"#.into()),
        (5, _) => {
            (200, "{}", r#"{"value":[{"id":"m5"}],"@odata.nextLink":"/v1.0/groups/g5/members?$skiptoken=1"}"#.into())
        }
        (6, _) => (400, "{}", r#"{"error":{"code":"BadRequest","message":"bad $top"}}"#.into()),
        (7, 0) => (200, "{}", r#""not a list""#.into()),
        _ => (200, "{}", list(group)),
    })
    .await;
    let shelf = Shelf::default();
    let report = fan(&mock, &shelf, &keys(9)).await;
    is(&report, Outcome::Partial);
    assert!(reason(&report).contains("1 of 9 objects' lists"), "{}", reason(&report));
    assert!(hint(&report).contains("User.Read.All"));
    let repeated: Vec<Vec<_>> = mock
        .asked()
        .iter()
        .filter(|asked| asked.method == "POST")
        .map(|asked| requested(asked).iter().map(|(_, url)| group(url)).collect())
        .collect();
    assert_eq!(repeated, [(0..9).collect::<Vec<_>>(), vec![1, 2, 7], vec![2]]);
    let ids = shelf.ids();
    for expected in ["m0", "m1", "m2", "m5", "plain-5", "plain-6", "m7", "m8"] {
        assert!(ids.iter().any(|id| id == expected), "{expected}");
    }
    assert_eq!(shelf.closed(), [0, 1, 2, 3, 5, 6, 7, 8]);
}

#[tokio::test]
async fn all_lists_missing_or_denied_is_one_verdict() {
    let mock = batches(|_, _| (404, "{}", "{}".into())).await;
    is(&fan(&mock, &Shelf::default(), &keys(3)).await, Outcome::Unavailable);
    let denied = r#"{"error":{"code":"Authorization_RequestDenied"}}"#;
    let mock = batches(move |_, _| (403, "{}", denied.into())).await;
    let report = fan(&mock, &Shelf::default(), &keys(1_000)).await;
    is(&report, Outcome::Denied);
    assert!(mock.asked().len() <= 6, "a permission that is missing is missing for all: {}", mock.asked().len());
    let mock = batches(|_, _| (500, "{}", "{}".into())).await;
    is(&fan(&mock, &Shelf::default(), &keys(3)).await, Outcome::Failed);
    is(&fan(&mock, &Shelf::default(), &[]).await, Outcome::Complete);
}

#[tokio::test]
async fn a_throttled_item_that_never_recovers_ends_in_time() {
    let mock = batches(|group, _| if group == 0 { (429, "{}", "{}".into()) } else { (200, "{}", list(group)) }).await;
    let report = fan(&mock, &Shelf::default(), &keys(3)).await;
    is(&report, Outcome::Partial);
    assert_eq!(mock.asked().len(), 6);
}

#[tokio::test]
async fn without_batches_each_list_is_asked_for_alone() {
    let mock = Mock::start(|asked, _| {
        if asked.method == "POST" {
            return Reply::error(404, "x", "x");
        }
        Reply::json(list(group(&asked.target)))
    })
    .await;
    let shelf = Shelf::default();
    let report = fan(&mock, &shelf, &keys(5)).await;
    is(&report, Outcome::Complete);
    assert_eq!((report.records, mock.asked().len()), (10, 6));
}

#[tokio::test]
async fn a_budget_of_one_makes_no_batches() {
    let mock = batches(|group, _| (200, "{}", list(group))).await;
    let dataset = row("path = '/groups/{0}/members'\nthrottle = 'identity'\n[for_each]\ndataset = 'groups'");
    let (client, _) = mock.client_with(|setup| {
        setup.rates = vec![Rate { class: Throttle::Identity, limit: Some((1, std::time::Duration::from_millis(20))) }];
    });
    let keys = keys(3);
    let report = run_with(&client, dataset, &Shelf::default(), |request| request.parents = &keys).await;
    is(&report, Outcome::Complete);
    assert!(mock.asked().iter().all(|asked| asked.method == "GET") && report.records == 3);
}

#[tokio::test]
async fn keys_are_encoded_and_one_that_fits_no_address_spoils_only_its_own_list() {
    let mock = Mock::start(|asked, _| {
        let id = if asked.target.contains("a%2Fb%3Fc%20d") { "coded" } else { "other" };
        Reply::json(format!(r#"{{"value":[{{"id":"{id}"}}]}}"#))
    })
    .await;
    let shelf = Shelf::default();
    let keys = ["a/b?c d", "..", "x"].map(|text| Key(vec![text.into()]));
    let report = fan(&mock, &shelf, &keys).await;
    is(&report, Outcome::Partial);
    assert_eq!(shelf.ids(), ["coded", "other"]);
    assert!(mock.asked().iter().all(|asked| asked.target.starts_with("/v1.0/groups/")));
}

#[tokio::test]
async fn keys_of_two_parts_fill_both_places_and_give_keys_of_three() {
    let mock = Mock::start(|asked, _| {
        assert!(asked.body.is_empty() && asked.target == "/v1.0/sps/p/jobs/j.1/schema", "{}", asked.target);
        Reply::json(r#"{"id":"s"}"#)
    })
    .await;
    let dataset = row("path = '/sps/{0}/jobs/{1}/schema'\nshape = 'singleton'\n[for_each]\ndataset = 'jobs'");
    let wanted: ForEach = toml::from_str("dataset = 'schemas'").unwrap();
    let (client, parents) = (mock.client(), [Key(vec!["p".into(), "j.1".into()])]);
    let wanted = [&wanted];
    let report = run_with(&client, dataset, &Shelf::default(), |request| {
        request.parents = &parents;
        request.wanted = &wanted;
    })
    .await;
    is(&report, Outcome::Complete);
    assert_eq!(report.keys[0][0].0.join("/"), "p/j.1/s");
}

#[tokio::test]
async fn paths_with_secrets_are_never_asked_for_not_even_in_a_batch() {
    let mock = batches(|group, _| (200, "{}", list(group))).await;
    let dataset = row("path = '/groups/{0}/synchronization/secrets'\n[for_each]\ndataset = 'groups'");
    let (client, keys) = (mock.client(), keys(4));
    let report = run_with(&client, dataset, &Shelf::default(), |request| request.parents = &keys).await;
    is(&report, Outcome::Failed);
    assert!(reason(&report).contains("secrets") && mock.asked().is_empty());
}

#[tokio::test]
async fn cancelling_a_fan_out_keeps_what_came() {
    let mock = batches(|group, _| (200, "{}", list(group))).await;
    let shelf = Shelf { cancel_after: Some((30, CancellationToken::new())), ..Shelf::default() };
    let report = fan(&mock, &shelf, &keys(300)).await;
    is(&report, Outcome::Interrupted);
    assert!(report.records >= 60 && report.records < 600);
    assert_eq!(shelf.ids().len() as u64, report.records);
}
