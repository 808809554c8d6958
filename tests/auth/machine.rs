//! What depends on the machine: managed identities and the Azure CLI. Tests that need other environment
//! variables run this test program again with them, because a process must not change its own.

use entra_bundle::net::auth::{AuthError, AuthKind, AuthSettings, token_source};
use url::Url;

use super::stand::{GRAPH, SECRET, Server, TENANT, bearer, client, jwt, refused, settings, shows_nothing_private};

const AGAIN: &str = "ENTRA_BUNDLE_TEST_AGAIN";

/// Runs one test of this program again with these variables and waits for it.
async fn again(test: &str, case: &str, variables: &[(&str, &str)]) {
    let mut command = tokio::process::Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]).env(AGAIN, case).envs(variables.iter().copied()).kill_on_drop(true);
    let output = command.output().await.unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && shown.contains("1 passed"),
        "{case}: {shown}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn case() -> Option<String> {
    std::env::var(AGAIN).ok()
}

fn nowhere() -> Url {
    Url::parse("http://127.0.0.1:1").unwrap()
}

fn on_machine(proxy: Option<&Url>) -> AuthSettings {
    let (mut settings, _) = settings(&nowhere(), &[]);
    settings.client = client(None, proxy);
    settings
}

fn metadata_token() -> String {
    let token = jwt("{}");
    format!(
        r#"{{"access_token":"{token}","expires_on":"4102444800","resource":"https://graph.microsoft.com","token_type":"Bearer"}}"#
    )
}

/// A virtual machine's metadata service, which the client reaches through its proxy setting.
async fn metadata_service() -> Server {
    Server::start(|_, seen| match (seen.path.as_str(), seen.headers.get("metadata")) {
        ("/metadata/identity/oauth2/token", Some(_)) => (200, metadata_token()),
        ("/metadata/identity/oauth2/token", None) => refused("invalid_request", 0),
        _ => (404, String::new()),
    })
    .await
}

#[tokio::test]
async fn a_virtual_machines_identity_is_asked_for_the_service() {
    let service = metadata_service().await;
    let source = token_source(AuthKind::ManagedIdentity, on_machine(Some(&service.url))).unwrap();
    bearer(&source, GRAPH).await.unwrap();
    let asked = service.seen().pop().unwrap();
    assert_eq!(
        (asked.query["resource"].as_str(), asked.headers["metadata"].as_str()),
        ("https://graph.microsoft.com", "true")
    );
    assert!(!asked.query.contains_key("client_id"));
}

#[tokio::test]
async fn auto_finds_a_virtual_machines_identity() {
    let service = metadata_service().await;
    let source = token_source(AuthKind::Auto, on_machine(Some(&service.url))).unwrap();
    bearer(&source, GRAPH).await.unwrap();
    assert_eq!(source.describe(), "managed-identity");
}

#[tokio::test]
async fn a_machine_without_an_identity_says_what_to_do() {
    let service = Server::start(|_, seen| match seen.headers.get("metadata") {
        Some(_) => (400, r#"{"error":"invalid_request","error_description":"Identity not found"}"#.into()),
        None => refused("invalid_request", 0),
    })
    .await;
    let error = token_source(AuthKind::ManagedIdentity, on_machine(Some(&service.url)))
        .unwrap()
        .token(GRAPH)
        .await
        .err()
        .unwrap();
    assert!(error.to_string().contains("assign one to it"), "{error}");
    let hotel = Server::start(|_, _| (200, "<html>welcome</html>".into())).await;
    let error = token_source(AuthKind::ManagedIdentity, on_machine(Some(&hotel.url)))
        .unwrap()
        .token(GRAPH)
        .await
        .err()
        .unwrap();
    assert!(error.to_string().contains("no Azure machine"), "{error}");
}

#[tokio::test]
async fn an_app_services_identity_is_asked_with_its_header() {
    if case().is_some() {
        let mut settings = on_machine(None);
        settings.variables = std::sync::Arc::new(|name| match name {
            "AZURE_CLIENT_ID" => Some("user-assigned".into()),
            _ => std::env::var(name).ok(),
        });
        for kind in [AuthKind::ManagedIdentity, AuthKind::Auto] {
            bearer(&token_source(kind, settings.clone()).unwrap(), GRAPH).await.unwrap();
        }
        return;
    }
    let service = Server::start(|_, _| (200, metadata_token())).await;
    let endpoint = service.url.join("/msi/token").unwrap();
    let variables = [("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", SECRET)];
    again("machine::an_app_services_identity_is_asked_with_its_header", "app service", &variables).await;
    let seen = service.seen();
    assert_eq!(seen.len(), 2, "nothing is probed for");
    for asked in seen {
        assert_eq!((asked.path.as_str(), asked.headers["x-identity-header"].as_str()), ("/msi/token", SECRET));
        assert_eq!(asked.query["client_id"], "user-assigned");
    }
}

/// A folder with an `az` that runs this script.
#[cfg(unix)]
fn fake_cli(script: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let az = folder.path().join("az");
    std::fs::write(&az, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&az, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[cfg(unix)]
#[tokio::test]
async fn the_azure_cli_gives_tokens_or_says_why_not() {
    let name = "machine::the_azure_cli_gives_tokens_or_says_why_not";
    if let Some(case) = case() {
        // The proxy keeps the probe for a metadata service from leaving this machine.
        let none = Server::start(|_, _| (404, String::new())).await;
        let settings = on_machine(Some(&none.url));
        let cli = token_source(AuthKind::AzureCli, settings.clone()).unwrap();
        let auto = token_source(AuthKind::Auto, settings).unwrap();
        let (by_cli, by_auto) = (cli.token(GRAPH).await, auto.token(GRAPH).await);
        if case == "signed in" {
            assert!(by_cli.is_ok() && by_auto.is_ok());
            assert_eq!(auto.describe(), "azure-cli");
            return;
        }
        let (by_cli, by_auto) = (by_cli.err().unwrap(), by_auto.err().unwrap());
        shows_nothing_private(&by_cli);
        assert!(by_cli.to_string().contains(&case), "{by_cli}");
        let expected = if case.starts_with("AADSTS") { by_cli } else { AuthError::NothingFound };
        assert_eq!(by_auto, expected);
        return;
    }
    let token = jwt("{}");
    let good = format!(
        "[ \"$*\" = \"account get-access-token -o json --scope {GRAPH} --tenant {TENANT}\" ] || exit 9\n\
         echo '{{\"accessToken\":\"{token}\",\"expires_on\":4102444800,\"tokenType\":\"Bearer\"}}'"
    );
    for (case, script) in [
        ("signed in", good.as_str()),
        ("Run `az login`", "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1"),
        ("AADSTS50076", "echo 'ERROR: AADSTS50076: mira@alderwood.example must' >&2; exit 1"),
        ("2.54.0 or newer", "echo '{\"accessToken\":\"eyJ\",\"tokenType\":\"Bearer\"}'"),
        ("to see why", "echo 'Traceback: mira@alderwood.example' >&2; exit 3"),
    ] {
        let folder = fake_cli(script);
        again(name, case, &[("PATH", &format!("{}:/usr/bin:/bin", path(folder.path())))]).await;
    }
    let empty = tempfile::tempdir().unwrap();
    again(name, "it is not installed", &[("PATH", path(empty.path()))]).await;
}

#[cfg(unix)]
fn path(folder: &std::path::Path) -> &str {
    folder.to_str().unwrap()
}
