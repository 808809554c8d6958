//! Against a real OpenID provider over https: it checks the secret, verifies the assertion's signature with the
//! registered key, refuses a second use of an assertion, and lets a person approve the device code.
//! Its errors are not Entra's; the scripted server has those.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use entra_bundle::net::auth::{AuthError, AuthKind, AuthSettings, token_source};
use url::Url;

use super::stand::{GRAPH, TENANT, bearer, certificates, client, left_out, openssl, provider_folder, settings};

/// The provider as a process; it ends when this is dropped.
struct Provider {
    process: Child,
    orders: Option<ChildStdin>,
    lines: mpsc::Receiver<serde_json::Value>,
    url: Url,
    ca: String,
    _folder: tempfile::TempDir,
}

impl Provider {
    /// `None` where Node, the provider or openssl is not installed.
    fn start() -> Option<Self> {
        let installed = provider_folder();
        if !installed.join("node_modules/oidc-provider").is_dir() {
            return None;
        }
        let app = certificates()?;
        let folder = tempfile::tempdir().unwrap();
        let make = |arguments: &str| openssl(folder.path(), arguments);
        make("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=throw-away-ca")?;
        make("req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=127.0.0.1")?;
        std::fs::write(folder.path().join("names"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
            .unwrap();
        make(
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile names",
        )?;
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        let at = |name: &str| folder.path().join(name);
        let setup = serde_json::json!({
            "tenant": TENANT, "cert": read(&at("server.pem")), "key": read(&at("server.key")), "appCert": read(&app.join("app.pem")),
        });
        std::fs::write(at("setup.json"), setup.to_string()).unwrap();
        // Node looks for packages from the script's own folder upwards.
        let script = installed.join("server.mjs");
        std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc/server.mjs"), &script).unwrap();
        let mut process = Command::new("node")
            .args([script.as_path(), &at("setup.json")])
            .env("NODE_EXTRA_CA_CERTS", at("ca.pem"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let (send, lines) = mpsc::channel();
        let output = BufReader::new(process.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Ok(json) = serde_json::from_str(&line) {
                    let _ = send.send(json);
                }
            }
        });
        let orders = process.stdin.take();
        let ca = read(&at("ca.pem"));
        let mut provider =
            Self { process, orders, lines, url: Url::parse("https://127.0.0.1").unwrap(), ca, _folder: folder };
        let port = provider.line()["port"].as_u64().unwrap();
        provider.url.set_port(Some(port.try_into().unwrap())).unwrap();
        Some(provider)
    }

    fn line(&self) -> serde_json::Value {
        self.lines.recv_timeout(Duration::from_secs(30)).expect("the provider says something within 30 s")
    }

    fn settings(&self, variables: &[(&str, &str)]) -> (AuthSettings, Arc<Mutex<Vec<String>>>) {
        let (mut settings, said) = settings(&self.url, variables);
        settings.client = client(Some(&self.ca), None);
        (settings, said)
    }

    /// Sends a person to the page with the code.
    fn send_person(&mut self, message: &str, accept: bool) -> String {
        let words: Vec<&str> = message.split_whitespace().collect();
        let after = |word: &str| words[words.iter().position(|w| *w == word).unwrap() + 1];
        let order = serde_json::json!({"uri": after("open"), "code": after("code"), "accept": accept});
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        self.line()["person"].as_str().unwrap().to_owned()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_real_provider_grants_a_secret_and_refuses_a_wrong_one() {
    let Some(provider) = Provider::start() else { return left_out("OpenID client secret", "oidc-provider") };
    let id = ("AZURE_CLIENT_ID", "secret-app");
    let right = provider.settings(&[id, ("AZURE_CLIENT_SECRET", "a secret & more=%")]).0;
    bearer(&token_source(AuthKind::ClientSecret, right).unwrap(), GRAPH).await.unwrap();
    let wrong = provider.settings(&[id, ("AZURE_CLIENT_SECRET", "another")]).0;
    let error = token_source(AuthKind::ClientSecret, wrong).unwrap().token(GRAPH).await.err().unwrap();
    assert!(matches!(&error, AuthError::Refused(refusal) if refusal.error == "invalid_client"), "{error}");
}

#[tokio::test]
async fn a_real_provider_verifies_the_certificates_assertion() {
    let Some(provider) = Provider::start() else { return left_out("OpenID certificate", "oidc-provider") };
    let app = certificates().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| std::fs::read_to_string(app.join(name)).unwrap();
    std::fs::write(folder.path().join("own.pem"), read("app.pem") + &read("app.key")).unwrap();
    openssl(folder.path(), "req -x509 -newkey rsa:2048 -nodes -keyout x.key -out x.crt -days 2 -subj /CN=x").unwrap();
    let pem = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    std::fs::write(folder.path().join("foreign.pem"), pem("x.key") + &pem("x.crt")).unwrap();
    let sign_in = async |file: &str| {
        let path = folder.path().join(file);
        let variables =
            [("AZURE_CLIENT_ID", "certificate-app"), ("AZURE_CLIENT_CERTIFICATE_PATH", path.to_str().unwrap())];
        let source = token_source(AuthKind::ClientCertificate, provider.settings(&variables).0).unwrap();
        bearer(&source, GRAPH).await
    };
    sign_in("own.pem").await.unwrap();
    let error = sign_in("foreign.pem").await.unwrap_err();
    assert!(matches!(&error, AuthError::Refused(refusal) if refusal.error == "invalid_client"), "{error}");
}

#[tokio::test]
async fn a_server_that_the_client_does_not_trust_gets_no_secret() {
    let Some(provider) = Provider::start() else { return left_out("OpenID trust", "oidc-provider") };
    let variables = [("AZURE_CLIENT_ID", "secret-app"), ("AZURE_CLIENT_SECRET", "a secret & more=%")];
    let (mut settings, _) = provider.settings(&variables);
    settings.client = client(None, None);
    let error = token_source(AuthKind::ClientSecret, settings).unwrap().token(GRAPH).await.err().unwrap();
    assert!(matches!(error, AuthError::Unreachable(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_approves_the_device_code_at_a_real_provider() {
    let Some(mut provider) = Provider::start() else { return left_out("OpenID device code", "oidc-provider") };
    for accept in [true, false] {
        let (settings, said) = provider.settings(&[("AZURE_CLIENT_ID", "device-app")]);
        let source = token_source(AuthKind::DeviceCode, settings).unwrap();
        let waiting = {
            let source = Arc::clone(&source);
            tokio::spawn(async move { bearer(&source, GRAPH).await })
        };
        let message = loop {
            assert!(!waiting.is_finished(), "ended before anybody was asked");
            if let Some(message) = said.lock().unwrap().first().cloned() {
                break message;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let person = provider.send_person(&message, accept);
        let answer = tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap().unwrap();
        if accept {
            assert_eq!(person, "done");
            let first = answer.unwrap();
            // The refresh token mints the next token without anybody being asked again.
            source.invalidate(GRAPH, Some(r#"{"access_token":{}}"#)).await;
            assert_ne!(bearer(&source, GRAPH).await.unwrap(), first);
            assert_eq!(said.lock().unwrap().len(), 1);
        } else {
            assert_eq!(answer, Err(AuthError::Declined));
        }
    }
}
