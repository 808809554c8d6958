//! One request against a server that misbehaves.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::mock::{Mock, Reply};
use super::*;
use crate::catalog::Throttle;
use crate::json;

const GOOD: &str = r#"{"value":[1]}"#;

async fn fetch(client: &Client, url: url::Url) -> Result<Answer<usize>, Failure> {
    fetch_of(client, Throttle::Reports, url).await
}

async fn fetch_of(client: &Client, class: Throttle, url: url::Url) -> Result<Answer<usize>, Failure> {
    static NONCE: AtomicU64 = AtomicU64::new(0);
    let ask = Ask {
        target: &client.endpoints().graph,
        class,
        weight: 1,
        url: &url,
        headers: &[("Prefer".into(), "x=1".into())],
        body: None,
        nonce: NONCE.fetch_add(1, Ordering::Relaxed),
        slow_max: 3,
    };
    let read = |body: &bytes::Bytes| json::value_span(body, 0).map(|span| span.len());
    client.fetch(&ask, read, |refusal| refusal.code.expose() == "Doubtful").await
}

fn kind(result: Result<Answer<usize>, Failure>) -> &'static str {
    match result.map_err(|failure| failure.kind) {
        Ok(_) => "answer",
        Err(FailureKind::Refused(_)) => "refused",
        Err(FailureKind::GaveUp { .. }) => "gave up",
        Err(FailureKind::Foreign) => "foreign",
        Err(FailureKind::Secret) => "secret",
        Err(FailureKind::TooLarge) => "too large",
        Err(FailureKind::Auth(_)) => "auth",
    }
}

#[tokio::test]
async fn every_passing_fault_is_tried_again() {
    let faults: [(&str, Reply); 13] = [
        ("408", Reply::error(408, "x", "x")),
        ("500", Reply::error(500, "UnknownError", "")),
        ("502 html", Reply::status(502, "<html>").header("Content-Type", "text/html")),
        ("503 with Retry-After", Reply::error(503, "x", "x").header("Retry-After", "0")),
        ("504", Reply::error(504, "x", "x")),
        ("509", Reply::error(509, "x", "x")),
        ("429 bare", Reply::error(429, "TooManyRequests", "x")),
        ("429 fraction", Reply::error(429, "TooManyRequests", "x").header("Retry-After", "0.01")),
        ("cut", Reply::json(GOOD).cut()),
        ("reset", Reply::json(GOOD).reset()),
        ("stall", Reply::json(GOOD).stall()),
        ("early end", Reply::json(r#"{"value":[1"#)),
        ("html with 200", Reply::json("<html>sign in</html>").header("Content-Type", "text/html")),
    ];
    for (name, fault) in faults {
        let mock = Mock::start(move |_, before| if before < 2 { fault.clone() } else { Reply::json(GOOD) }).await;
        let client = mock.client();
        let answer = fetch(&client, mock.url.join("/v1.0/users").unwrap()).await;
        assert_eq!(answer.map(|answer| answer.retries).map_err(|failure| failure.retries), Ok(2), "{name}");
        assert_eq!((client.status().requests, client.status().retries), (3, 2), "{name}");
    }
}

/// The client of these tests waits 300 ms for a byte, and for a query as long as it may take.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_may_be_silent_for_longer_than_others() {
    let mock = Mock::start(|_, before| {
        if before == 0 {
            std::thread::sleep(Duration::from_millis(900));
        }
        Reply::json(GOOD)
    })
    .await;
    let client = mock.client();
    for (class, path, retries) in [(Throttle::Workspace, "/query", 0), (Throttle::Reports, "/list", 1)] {
        let answer = fetch_of(&client, class, mock.url.join(path).unwrap()).await;
        assert_eq!(answer.map(|answer| answer.retries).map_err(|failure| failure.retries), Ok(retries), "{path}");
    }
}

#[tokio::test]
async fn patience_ends() {
    let mock = Mock::start(|asked, _| match asked.target.as_str() {
        "/slow" => Reply::error(504, "x", "x"),
        "/busy" => Reply::error(429, "x", "x"),
        "/gone" => Reply::error(404, "x", "x"),
        "/doubt" => Reply::error(403, "Doubtful", "x"),
        "/moved" => Reply::status(302, "").header("Location", "http://example.com/"),
        _ => Reply::error(500, "x", "x"),
    })
    .await;
    let client = mock.client();
    let rows = [
        ("/down", "gave up", 4),
        ("/slow", "gave up", 3),
        ("/busy", "gave up", 6),
        ("/gone", "refused", 1),
        ("/doubt", "refused", 3),
        ("/moved", "refused", 1),
    ];
    for (path, expected, tries) in rows {
        assert_eq!(kind(fetch(&client, mock.url.join(path).unwrap()).await), expected, "{path}");
        assert_eq!(mock.asked().iter().filter(|asked| asked.target == path).count(), tries, "{path}");
    }
    assert_eq!(client.status().throttled, 6);
}

#[tokio::test]
async fn retry_after_holds_back_the_whole_class() {
    let mock = Mock::start(|asked, before| {
        let busy = asked.target == "/a" && before == 0;
        if busy { Reply::error(429, "x", "x").header("Retry-After", "0.4") } else { Reply::json(GOOD) }
    })
    .await;
    let client = mock.client();
    let began = Instant::now();
    let other = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert_eq!(client.status().classes[0].waiting.unwrap().1, WaitReason::Throttled);
        let answer = fetch(&client, mock.url.join("/b").unwrap()).await;
        (kind(answer), began.elapsed())
    };
    let (first, (second, waited)) = tokio::join!(fetch(&client, mock.url.join("/a").unwrap()), other);
    assert_eq!((kind(first), second), ("answer", "answer"));
    assert!(waited >= Duration::from_millis(400), "{waited:?}");
}

#[tokio::test]
async fn a_401_renews_the_token_once_and_passes_the_challenge_on() {
    // base64 of {"access_token":{}}
    let challenge = r#"Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ==""#;
    let mock = Mock::start(move |asked, _| match (asked.target.as_str(), asked.header("authorization")) {
        ("/once", Some("Bearer token-0")) => {
            Reply::error(401, "InvalidAuthenticationToken", "x").header("WWW-Authenticate", challenge)
        }
        ("/never", _) => Reply::error(401, "InvalidAuthenticationToken", "x"),
        _ => Reply::json(GOOD),
    })
    .await;
    let (client, tokens) = mock.client_with(|_| {});
    assert_eq!(kind(fetch(&client, mock.url.join("/once").unwrap()).await), "answer");
    assert_eq!(kind(fetch(&client, mock.url.join("/never").unwrap()).await), "refused");
    assert_eq!(*tokens.challenges.lock().unwrap(), [Some(r#"{"access_token":{}}"#.to_owned()), None]);
}

#[tokio::test]
async fn nothing_is_sent_to_strangers_or_for_secrets() {
    let mock = Mock::start(|_, _| Reply::json(GOOD)).await;
    let stranger = Mock::start(|_, _| Reply::json(GOOD)).await;
    let client = mock.client();
    assert_eq!(kind(fetch(&client, stranger.url.join("/v1.0/users").unwrap()).await), "foreign");
    assert_eq!(kind(fetch(&client, mock.url.join("/v1.0/x/%73ecrets").unwrap()).await), "secret");
    assert!(stranger.asked().is_empty() && mock.asked().is_empty());
}

#[tokio::test]
async fn bodies_have_a_cap_also_when_they_arrive_compressed() {
    let mock = Mock::start(|asked, _| {
        let reply = Reply::json(format!(r#"{{"value":["{}"]}}"#, "a".repeat(200_000)));
        if asked.target == "/packed" { reply.gzip() } else { reply }
    })
    .await;
    let (client, _) = mock.client_with(|setup| setup.patience.body_bytes_max = 100_000);
    assert_eq!(kind(fetch(&client, mock.url.join("/plain").unwrap()).await), "too large");
    assert_eq!(kind(fetch(&client, mock.url.join("/packed").unwrap()).await), "too large");
    assert_eq!(mock.asked().len(), 2);
    let (client, _) = mock.client_with(|_| {});
    let answer = fetch(&client, mock.url.join("/packed").unwrap()).await;
    assert_eq!(answer.ok().map(|answer| answer.value), Some(200_014));
}

#[tokio::test]
async fn headers_identify_the_tool_and_a_repeated_run_asks_with_the_same_ids() {
    let ids = async || {
        let mock =
            Mock::start(|_, before| if before == 0 { Reply::error(500, "x", "x") } else { Reply::json(GOOD) }).await;
        let client = mock.client();
        let url = mock.url.join("/v1.0/users").unwrap();
        let ask = Ask {
            target: &client.endpoints().graph,
            class: Throttle::Directory,
            weight: 1,
            url: &url,
            headers: &[],
            body: None,
            nonce: 7,
            slow_max: 3,
        };
        let answer = client.fetch(&ask, |_| Ok::<_, ()>(()), |_| false).await;
        assert!(answer.is_ok());
        mock.asked()
    };
    let asked = ids().await;
    assert_eq!(asked[0].header("user-agent"), Some(concat!("entra-bundle/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(asked[0].header("x-ms-throttle-priority"), Some("low"));
    assert_ne!(asked[0].header("client-request-id"), asked[1].header("client-request-id"));
    assert_eq!(asked[0].method, "GET");
    let of = |asked: &[mock::Asked]| {
        asked.iter().map(|one| one.header("client-request-id").map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(of(&asked), of(&ids().await));
}

#[tokio::test]
async fn a_closed_port_is_named_and_the_address_is_not() {
    let mock = Mock::start(|_, _| Reply::json(GOOD)).await;
    let client = mock.client();
    let url = mock.url.join("/v1.0/users").unwrap();
    drop(mock);
    tokio::time::sleep(Duration::from_millis(20)).await;
    match fetch(&client, url).await.map_err(|failure| failure.kind) {
        Err(FailureKind::GaveUp { fault, .. }) => assert_eq!(fault, Fault::NoConnection("the port is closed")),
        other => panic!("{}", kind(other.map_err(|kind| Failure { kind, retries: 0 }))),
    }
}

#[tokio::test]
async fn lists_under_way_share_the_budget() {
    let mock = Mock::start(|_, _| Reply::json(GOOD)).await;
    let (client, _) = mock.client_with(|setup| setup.rates = vec![Rate::parse("reports=5/10").unwrap()]);
    let class = Throttle::Reports;
    assert_eq!(client.spacing(class), Some((Duration::from_millis(2_020), 1)));
    let lists = [client.begin(class), client.begin(class), client.begin(Throttle::Identity)];
    assert_eq!(client.spacing(class), Some((Duration::from_millis(2_020), 2)));
    drop(lists);
    assert_eq!(client.spacing(class), Some((Duration::from_millis(2_020), 1)));
}
