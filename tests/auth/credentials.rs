//! Application credentials, bearer tokens and `auto` against the scripted server.

use std::sync::Arc;

use entra_bundle::net::auth::{AuthError, AuthKind, claims, claims_challenge, token_source};

use super::stand::{
    ARM, GRAPH, SECRET, Server, TENANT, bearer, client, granted, jwt, refused, settings, shows_nothing_private,
};

const APP: &[(&str, &str)] = &[("AZURE_CLIENT_ID", "app"), ("AZURE_CLIENT_SECRET", SECRET)];

async fn failure(kind: AuthKind, server: &Server, variables: &[(&str, &str)]) -> AuthError {
    let error = match token_source(kind, settings(&server.url, variables).0) {
        Ok(source) => source.token(GRAPH).await.err().expect("the token is refused"),
        Err(error) => error,
    };
    shows_nothing_private(&error);
    error
}

#[tokio::test]
async fn a_secret_is_posted_to_the_tenants_token_endpoint_and_the_claims_are_read() {
    let server = Server::start(|nth, _| granted(nth)).await;
    let source = token_source(AuthKind::ClientSecret, settings(&server.url, APP).0).unwrap();
    let token = source.token(GRAPH).await.unwrap();
    assert_eq!(claims(&token).unwrap().roles, ["AuditLog.Read.All"]);
    assert!(token.expires_on().is_some());
    bearer(&source, GRAPH).await.unwrap();
    bearer(&source, ARM).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 2, "one request per scope");
    assert_eq!(seen[0].path, format!("/{TENANT}/oauth2/v2.0/token"));
    assert_eq!(seen[0].form["client_secret"], SECRET);
    assert_eq!(seen[0].form["grant_type"], "client_credentials");
    assert_eq!((seen[0].form["scope"].as_str(), seen[1].form["scope"].as_str()), (GRAPH, ARM));
    assert_eq!(source.describe(), "client-secret");
}

#[tokio::test]
async fn a_claims_challenge_is_passed_on_with_the_next_token_request() {
    let server = Server::start(|nth, _| granted(nth)).await;
    let source = token_source(AuthKind::ClientSecret, settings(&server.url, APP).0).unwrap();
    let first = bearer(&source, GRAPH).await.unwrap();
    let header = "Bearer realm=\"\", error=\"insufficient_claims\", claims=\"eyJhY2Nlc3NfdG9rZW4iOnt9fQ==\"";
    source.invalidate(GRAPH, claims_challenge(header).as_deref()).await;
    assert_ne!(bearer(&source, GRAPH).await.unwrap(), first);
    let seen = server.seen();
    assert!(!seen[0].form.contains_key("claims"));
    assert_eq!(seen[1].form["claims"], r#"{"access_token":{}}"#);
}

#[tokio::test]
async fn a_busy_sign_in_server_is_asked_again() {
    let server = Server::start(|nth, _| if nth < 2 { (503, "{}".into()) } else { granted(nth) }).await;
    let source = token_source(AuthKind::ClientSecret, settings(&server.url, APP).0).unwrap();
    bearer(&source, GRAPH).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|seen| seen.path.ends_with("/oauth2/v2.0/token") && seen.form["client_id"] == "app"));
}

#[tokio::test]
async fn every_refusal_keeps_its_number_and_says_what_to_do() {
    for (error, code, next) in [
        ("invalid_client", 7000215, "AZURE_CLIENT_SECRET"),
        ("invalid_client", 7000222, "has expired"),
        ("unauthorized_client", 700016, "AZURE_CLIENT_ID"),
        ("invalid_request", 90002, "--tenant"),
        ("invalid_grant", 50034, "does not exist"),
        ("invalid_grant", 50076, "az login"),
        ("invalid_grant", 65001, "Grant admin consent"),
        ("access_denied", 53003, "Conditional Access"),
        ("invalid_grant", 123456789, "error?code=123456789"),
    ] {
        let server = Server::start(move |_, _| refused(error, code)).await;
        let shown = failure(AuthKind::ClientSecret, &server, APP).await.to_string();
        assert!(shown.contains(&format!("AADSTS{code}")) && shown.contains(next), "{shown}");
        assert!(shown.contains("7d0b9c1e-0d5c-4b58-8d0a-52c1d3a1f0aa"), "the correlation id is for Support: {shown}");
        assert_eq!(server.seen().len(), 1, "a refusal is not asked for twice");
    }
}

#[tokio::test]
async fn answers_that_are_no_sign_in_servers_are_told_apart() {
    for (status, body) in
        [(200, "<html>welcome to the hotel</html>"), (403, "<html>blocked</html>"), (200, "{}"), (400, "[]")]
    {
        let server = Server::start(move |_, _| (status, body.into())).await;
        let error = failure(AuthKind::ClientSecret, &server, APP).await;
        assert!(matches!(error, AuthError::Unreadable(_)), "{status} {body}: {error}");
    }
    let mut gone = Server::start(|_, _| (0, String::new())).await;
    gone.url = url::Url::parse("http://127.0.0.1:1").unwrap();
    let error = failure(AuthKind::ClientSecret, &gone, APP).await;
    assert!(matches!(error, AuthError::Unreachable(_)), "{error}");
}

#[tokio::test]
async fn a_sign_in_server_that_stays_busy_is_named_so() {
    let server = Server::start(|_, _| (503, "<html>busy</html>".into())).await;
    assert_eq!(failure(AuthKind::ClientSecret, &server, APP).await, AuthError::Busy(503));
    assert!(server.seen().len() > 2);
}

#[tokio::test]
async fn a_dropped_connection_is_unreachable_in_the_end() {
    let server = Server::start(|_, _| (0, String::new())).await;
    let error = failure(AuthKind::ClientSecret, &server, APP).await;
    assert!(matches!(error, AuthError::Unreachable(_)), "{error}");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let server = Server::start(|nth, _| granted(nth)).await;
    for (kind, variables, needs) in [
        (
            AuthKind::ClientSecret,
            &[("AZURE_CLIENT_ID", "app"), ("AZURE_CLIENT_SECRET", "  ")][..],
            "AZURE_CLIENT_SECRET",
        ),
        (AuthKind::ClientCertificate, &[("AZURE_CLIENT_ID", "app")], "AZURE_CLIENT_CERTIFICATE_PATH"),
        (AuthKind::WorkloadIdentity, &[], "AZURE_FEDERATED_TOKEN_FILE"),
        (AuthKind::Token, &[], "ENTRA_BUNDLE_TOKEN"),
    ] {
        let shown = failure(kind, &server, variables).await.to_string();
        assert!(shown.contains(needs), "{shown}");
    }
    let mut no_tenant = settings(&server.url, APP).0;
    no_tenant.tenant = None;
    let error = token_source(AuthKind::ClientSecret, no_tenant).err().unwrap();
    assert_eq!(error, AuthError::NoTenant("client-secret"));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn the_tenant_may_come_from_the_environment_but_the_argument_wins() {
    let server = Server::start(|nth, _| granted(nth)).await;
    let variables: Vec<_> = APP.iter().copied().chain([("AZURE_TENANT_ID", "from-environment")]).collect();
    let (mut both, _) = settings(&server.url, &variables);
    bearer(&token_source(AuthKind::ClientSecret, both.clone()).unwrap(), GRAPH).await.unwrap();
    both.tenant = None;
    bearer(&token_source(AuthKind::ClientSecret, both).unwrap(), GRAPH).await.unwrap();
    let paths: Vec<_> = server.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(paths, [format!("/{TENANT}/oauth2/v2.0/token"), "/from-environment/oauth2/v2.0/token".into()]);
}

#[tokio::test]
async fn a_workload_identity_presents_its_federated_token_and_reads_it_anew() {
    let server = Server::start(|nth, _| granted(nth)).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "federated-1").unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let variables = [("AZURE_CLIENT_ID", "app"), ("AZURE_FEDERATED_TOKEN_FILE", path.as_str())];
    let source = token_source(AuthKind::WorkloadIdentity, settings(&server.url, &variables).0).unwrap();
    bearer(&source, GRAPH).await.unwrap();
    std::fs::write(file.path(), "federated-2").unwrap();
    bearer(&source, ARM).await.unwrap();
    let shown: Vec<_> = server.seen().into_iter().map(|seen| seen.form["client_assertion"].clone()).collect();
    assert_eq!(shown, ["federated-1", "federated-2"]);
    let error = failure(
        AuthKind::WorkloadIdentity,
        &server,
        &[("AZURE_CLIENT_ID", "a"), ("AZURE_FEDERATED_TOKEN_FILE", "/nowhere")],
    )
    .await;
    assert_eq!(error, AuthError::FederatedToken);
}

#[tokio::test]
async fn a_bearer_token_serves_every_scope_until_it_ends_or_is_refused() {
    let server = Server::start(|nth, _| granted(nth)).await;
    let good = jwt(r#"{"exp":4102444800}"#);
    let source =
        token_source(AuthKind::Token, settings(&server.url, &[("ENTRA_BUNDLE_TOKEN", &format!(" Bearer {good}\n"))]).0)
            .unwrap();
    assert_eq!(bearer(&source, GRAPH).await.unwrap(), good);
    assert_eq!(bearer(&source, ARM).await.unwrap(), good);
    source.invalidate(GRAPH, None).await;
    assert_eq!(bearer(&source, GRAPH).await.unwrap(), good, "there is no other to try");

    let ended = failure(AuthKind::Token, &server, &[("ENTRA_BUNDLE_TOKEN", &jwt(r#"{"exp":1700000000}"#))]).await;
    assert!(ended.to_string().contains("has expired"), "{ended}");
    let broken = failure(AuthKind::Token, &server, &[("ENTRA_BUNDLE_TOKEN", "two words")]).await;
    assert!(broken.to_string().contains("is not a bearer token"), "{broken}");
    let opaque = token_source(AuthKind::Token, settings(&server.url, &[("ENTRA_BUNDLE_TOKEN", "opaque")]).0).unwrap();
    assert!(opaque.token(GRAPH).await.ok().is_some_and(|token| token.expires_on().is_none()));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn auto_takes_what_the_environment_names_first_and_says_so() {
    let server = Server::start(|nth, _| granted(nth)).await;
    let variables: Vec<_> = APP.iter().copied().chain([("ENTRA_BUNDLE_TOKEN", "opaque")]).collect();
    let (both, said) = settings(&server.url, &variables);
    let source = token_source(AuthKind::Auto, both).unwrap();
    assert_eq!(source.describe(), "auto");
    assert_eq!(bearer(&source, GRAPH).await.unwrap(), "opaque");
    assert_eq!((source.describe(), said.lock().unwrap().join("|")), ("token", "Signing in with --auth token.".into()));

    let (app, said) = settings(&server.url, APP);
    let source = token_source(AuthKind::Auto, app).unwrap();
    let answers = futures_util::future::join_all([GRAPH, ARM, GRAPH].map(|scope| bearer(&source, scope))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!((source.describe(), said.lock().unwrap().len(), server.seen().len()), ("client-secret", 1, 2));
}

#[tokio::test]
async fn auto_does_not_pass_over_a_wrong_secret() {
    let server = Server::start(|_, _| refused("invalid_client", 7000215)).await;
    let (mut app, said) = settings(&server.url, APP);
    app.interactive = true;
    let source = token_source(AuthKind::Auto, app).unwrap();
    let error = source.token(GRAPH).await.err().unwrap();
    assert!(error.to_string().contains("AADSTS7000215"), "{error}");
    assert_eq!(said.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn many_callers_of_a_failing_sign_in_make_one_request() {
    let server = Server::start(|_, _| refused("invalid_client", 7000222)).await;
    let source = token_source(AuthKind::ClientSecret, settings(&server.url, APP).0).unwrap();
    let source = Arc::clone(&source);
    let answers = futures_util::future::join_all((0..30).map(|_| source.token(GRAPH))).await;
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Err(AuthError::Refused(refusal)) if refusal.code == Some(7000222)))
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn plain_http_elsewhere_is_refused_before_anything_is_sent() {
    let login = url::Url::parse("http://login.example").unwrap();
    let mut elsewhere = settings(&login, APP).0;
    elsewhere.client = client(None, None);
    for kind in [AuthKind::ClientSecret, AuthKind::DeviceCode] {
        assert_eq!(token_source(kind, elsewhere.clone()).err(), Some(AuthError::PlainHttp));
    }
    elsewhere.tenant = Some("$(id)".into());
    assert_eq!(token_source(AuthKind::AzureCli, elsewhere).err(), Some(AuthError::BadTenant));
}
