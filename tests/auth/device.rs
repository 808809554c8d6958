//! The device code against the scripted server: what Entra says while a person types, declines, or goes away.

use std::sync::Arc;

use entra_bundle::net::auth::{AuthError, AuthKind, DEVICE_CLIENT_ID, token_source};

use super::stand::{
    ARM, Answer, GRAPH, SECRET, Seen, Server, TENANT, bearer, jwt, refused, settings, shows_nothing_private,
};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn code(expires_s: u32) -> Answer {
    let body = serde_json::json!({
        "device_code": SECRET, "user_code": "FJC3ABCD", "verification_uri": "https://microsoft.com/devicelogin",
        "expires_in": expires_s, "interval": 0,
        "message": "To sign in, use a web browser to open the page https://microsoft.com/devicelogin",
    });
    (200, body.to_string())
}

fn tokens(nth: usize) -> Answer {
    let body = serde_json::json!({
        "token_type": "Bearer", "scope": GRAPH, "expires_in": 3599, "ext_expires_in": 3599,
        "access_token": jwt(&format!(r#"{{"scp":"User.Read","uti":"{nth}"}}"#)), "refresh_token": format!("{SECRET}-{nth}"),
    });
    (200, body.to_string())
}

/// A server that answers polls with these, one after the other, and every refresh with tokens.
async fn server(expires_s: u32, polls: Vec<Answer>) -> Server {
    let polls = std::sync::Mutex::new(polls.into_iter());
    Server::start(move |nth, seen: &Seen| match seen.form.get("grant_type").map(String::as_str) {
        None => code(expires_s),
        Some(DEVICE) => polls.lock().unwrap().next().unwrap_or_else(|| refused("authorization_pending", 70016)),
        Some(_) => tokens(nth),
    })
    .await
}

async fn outcome(expires_s: u32, polls: Vec<Answer>) -> AuthError {
    let server = server(expires_s, polls).await;
    let source = token_source(AuthKind::DeviceCode, settings(&server.url, &[]).0).unwrap();
    let error = source.token(GRAPH).await.err().expect("no token");
    shows_nothing_private(&error);
    error
}

#[tokio::test]
async fn a_person_signs_in_once_for_all_services() {
    let pending = || refused("authorization_pending", 70016);
    let server = server(900, vec![pending(), (502, "<html>".into()), (0, String::new()), tokens(1)]).await;
    let (settings, said) = settings(&server.url, &[]);
    let source = token_source(AuthKind::DeviceCode, settings).unwrap();
    assert!(server.seen().is_empty(), "nobody is asked before a token is wanted");
    let answers = futures_util::future::join_all([GRAPH, ARM, GRAPH].map(|scope| bearer(&source, scope))).await;
    assert!(answers.iter().all(Result::is_ok));
    let said = said.lock().unwrap().clone();
    assert_eq!(
        said,
        [
            "To sign in, open https://microsoft.com/devicelogin in a browser and enter the code FJC3ABCD (it is valid for 15 minutes)."
        ]
    );
    let seen = server.seen();
    assert_eq!(seen[0].path, format!("/{TENANT}/oauth2/v2.0/devicecode"));
    assert_eq!(
        (seen[0].form["client_id"].as_str(), seen[0].form["scope"].as_str()),
        (DEVICE_CLIENT_ID, &*format!("{GRAPH} offline_access"))
    );
    let last = seen.last().unwrap();
    assert_eq!(
        (last.form["grant_type"].as_str(), last.form["scope"].as_str()),
        ("refresh_token", &*format!("{ARM} offline_access"))
    );
    assert!(last.form["refresh_token"].starts_with(SECRET));
    assert_eq!(source.describe(), "device-code");
}

#[tokio::test]
async fn slow_down_is_obeyed() {
    let server = server(900, vec![refused("slow_down", 70020), tokens(1)]).await;
    let source = token_source(AuthKind::DeviceCode, settings(&server.url, &[("AZURE_CLIENT_ID", "own")]).0).unwrap();
    let started = std::time::Instant::now();
    bearer(&source, GRAPH).await.unwrap();
    assert!(started.elapsed() >= std::time::Duration::from_secs(5), "RFC 8628 adds five seconds");
    assert!(server.seen().iter().all(|seen| seen.form["client_id"] == "own"));
}

#[tokio::test]
async fn declining_expiry_and_refusals_are_told_apart() {
    assert_eq!(outcome(900, vec![refused("authorization_declined", 70017)]).await, AuthError::Declined);
    assert_eq!(outcome(900, vec![refused("access_denied", 0)]).await, AuthError::Declined);
    assert_eq!(outcome(900, vec![refused("expired_token", 70020)]).await, AuthError::CodeExpired);
    assert_eq!(outcome(1, vec![]).await, AuthError::CodeExpired, "the server never says so");
    let blocked = outcome(900, vec![refused("invalid_grant", 53003)]).await.to_string();
    assert!(blocked.contains("AADSTS53003") && blocked.contains("azure-cli"), "{blocked}");
    let confidential = outcome(900, vec![refused("invalid_client", 7000218)]).await.to_string();
    assert!(confidential.contains("Allow public client flows"), "{confidential}");
}

#[tokio::test]
async fn a_refused_first_request_and_a_strange_answer_end_at_once() {
    for (answer, expected) in [
        (refused("unauthorized_client", 700016), "AADSTS700016"),
        ((200, "<html>hotel</html>".into()), "could not be read"),
        ((500, "{}".into()), "could not be reached"),
        ((0, String::new()), "could not be reached"),
    ] {
        let server = Server::start(move |_, _| answer.clone()).await;
        let source = token_source(AuthKind::DeviceCode, settings(&server.url, &[]).0).unwrap();
        let error = source.token(GRAPH).await.err().unwrap();
        assert!(error.to_string().contains(expected), "{error}");
        shows_nothing_private(&error);
    }
}

#[tokio::test]
async fn a_sign_in_that_was_revoked_is_asked_for_again_once() {
    let codes = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&codes);
    let server = Server::start(move |nth, seen: &Seen| match seen.form.get("grant_type").map(String::as_str) {
        None => {
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            code(900)
        }
        Some(DEVICE) => tokens(nth),
        Some(_) => refused("invalid_grant", 50173),
    })
    .await;
    let (settings, said) = settings(&server.url, &[]);
    let source = token_source(AuthKind::DeviceCode, settings).unwrap();
    bearer(&source, GRAPH).await.unwrap();
    bearer(&source, ARM).await.unwrap();
    assert_eq!(codes.load(std::sync::atomic::Ordering::SeqCst), 2);
    assert!(said.lock().unwrap()[1].contains("must be repeated"));
}
