//! What the tests stand on: a scripted sign-in server, settings without the process's environment, certificates.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use entra_bundle::net::auth::{AuthError, AuthSettings, TokenSource};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use url::{Url, form_urlencoded};

pub(crate) const GRAPH: &str = "https://graph.microsoft.com/.default";
pub(crate) const ARM: &str = "https://management.azure.com/.default";
pub(crate) const TENANT: &str = "11111111-2222-4333-8444-555555555555";
/// Stands in every place where a secret belongs, so that a test can look for it in what is shown.
pub(crate) const SECRET: &str = "c4nary~secret";

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) query: HashMap<String, String>,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) form: HashMap<String, String>,
}

/// An answer: status and body. Status 0 drops the connection.
pub(crate) type Answer = (u16, String);

/// A server on loopback that answers by a script; it ends with the test's runtime.
pub(crate) struct Server {
    pub(crate) url: Url,
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub(crate) async fn start(script: impl Fn(usize, &Seen) -> Answer + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (script, log) = (Arc::new(script), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, log) = (Arc::clone(&script), Arc::clone(&log));
                let service = service_fn(move |request| answer(request, Arc::clone(&script), Arc::clone(&log)));
                tokio::spawn(async move {
                    let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { url, seen }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn answer(
    request: Request<Incoming>,
    script: Arc<impl Fn(usize, &Seen) -> Answer>,
    log: Arc<Mutex<Vec<Seen>>>,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
    let pairs = |text: &[u8]| form_urlencoded::parse(text).into_owned().collect();
    let header = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap_or_default().to_owned())
    };
    let seen = Seen {
        path: parts.uri.path().to_owned(),
        query: pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        headers: parts.headers.iter().map(header).collect(),
        form: pairs(&body),
    };
    let (status, text) = {
        let mut log = log.lock().unwrap();
        log.push(seen.clone());
        script(log.len() - 1, &seen)
    };
    if status == 0 {
        return Err(std::io::Error::other("dropped by the script"));
    }
    let kind = if text.starts_with('<') { "text/html" } else { "application/json" };
    Ok(Response::builder().status(status).header("content-type", kind).body(Full::new(text.into())).unwrap())
}

/// An unsigned access token with these claims.
pub(crate) fn jwt(claims: &str) -> String {
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"none"}"#), part(claims), part(SECRET))
}

/// What a token endpoint answers when all is well; `nth` makes the tokens differ.
pub(crate) fn granted(nth: usize) -> Answer {
    let token = jwt(&format!(r#"{{"roles":["AuditLog.Read.All"],"uti":"{nth}"}}"#));
    (200, format!(r#"{{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"{token}"}}"#))
}

/// What Entra answers when it refuses; the sentence names an app and a person, as Entra's own do.
pub(crate) fn refused(error: &str, code: u32) -> Answer {
    let body = serde_json::json!({
        "error": error,
        "error_description": format!("AADSTS{code}: said of 'Harbor Payroll' and mira@alderwood.example. Trace ID: x"),
        "error_codes": [code],
        "timestamp": "2026-08-07 10:00:00Z",
        "trace_id": "0e7e1d33-5a2b-4a7c-9d5e-1c8c0a7f3b00",
        "correlation_id": "7d0b9c1e-0d5c-4b58-8d0a-52c1d3a1f0aa",
    });
    (if error == "invalid_client" { 401 } else { 400 }, body.to_string())
}

/// The client of these tests: no proxy of the machine, short limits, perhaps one more trusted certificate.
#[expect(clippy::disallowed_methods, reason = "the tests must not depend on the machine's proxy and certificates")]
pub(crate) fn client(ca_pem: Option<&str>, proxy: Option<&Url>) -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder().no_proxy().timeout(std::time::Duration::from_secs(20));
    if let Some(pem) = ca_pem {
        builder = builder.tls_certs_only([reqwest::Certificate::from_pem(pem.as_bytes()).unwrap()]);
    }
    if let Some(proxy) = proxy {
        builder = builder.proxy(reqwest::Proxy::http(proxy.clone()).unwrap());
    }
    builder.build().unwrap()
}

/// Settings that look up these variables only; what is said to the person is kept.
pub(crate) fn settings(login: &Url, variables: &[(&str, &str)]) -> (AuthSettings, Arc<Mutex<Vec<String>>>) {
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&said);
    let mut settings = AuthSettings::new(
        Some(TENANT.into()),
        login.clone(),
        client(None, None),
        Arc::new(move |line| log.lock().unwrap().push(line.to_owned())),
    );
    let variables: HashMap<String, String> = variables.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect();
    settings.variables = Arc::new(move |name| variables.get(name).cloned());
    settings.interactive = false;
    (settings, said)
}

/// The bearer token of a scope, without its scheme.
pub(crate) async fn bearer(source: &Arc<dyn TokenSource>, scope: &str) -> Result<String, AuthError> {
    let token = source.token(scope).await?;
    let value = token.header_value();
    assert!(value.is_sensitive());
    Ok(value.to_str().unwrap().strip_prefix("Bearer ").unwrap().to_owned())
}

/// Fails when a failure shows a secret, or what the server said about people.
pub(crate) fn shows_nothing_private(error: &AuthError) {
    for text in [error.to_string(), format!("{error:?}")] {
        for private in [SECRET, "Harbor", "alderwood", "eyJ", TENANT] {
            assert!(!text.contains(private), "a failure shows something private");
        }
    }
}

/// Runs `openssl`, which makes the certificates; `None` where it is not installed.
pub(crate) fn openssl(folder: &Path, arguments: &str) -> Option<()> {
    let run = Command::new("openssl").args(arguments.split_whitespace()).current_dir(folder).output().ok()?;
    assert!(run.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&run.stderr));
    Some(())
}

/// A folder with `app.key`, `app.pem` (RSA 2048, self-signed), made once for all tests of this process.
pub(crate) fn certificates() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<tempfile::TempDir>> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let made = openssl(
            folder.path(),
            "req -x509 -newkey rsa:2048 -nodes -keyout app.key -out app.pem -days 2 -subj /CN=entra-bundle-test",
        );
        made.map(|()| folder)
    });
    folder.as_ref().map(tempfile::TempDir::path)
}

/// Says that a test was left out for want of a program; in CI that is a failure.
pub(crate) fn left_out(test: &str, program: &str) {
    assert!(std::env::var_os("CI").is_none(), "{test} needs {program}: .ci/run installs it");
    // Written past the test harness, which shows what a passing test prints to nobody.
    let line = format!("left out: {test} ({program} is not installed; .ci/run installs it)\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// Where `.ci/run` installed the OpenID provider.
pub(crate) fn provider_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("oidc")
}
