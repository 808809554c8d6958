//! Azurite as a process, and the requests by which the tests fill it: Microsoft's own, written by hand.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use entra_bundle::catalog::Throttle;
use entra_bundle::clock::Clock;
use entra_bundle::net::auth::{AuthKind, AuthSettings, token_source};
use entra_bundle::net::{Client, Endpoints, Patience, Rate, Setup, Target};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use url::Url;

pub const ACCOUNT: &str = "devstoreaccount1";
pub const TENANT: &str = "aaaabbbb-0000-4ccc-8111-dddd2222eeee";
/// Invented for the test: Azurite takes whatever `AZURITE_ACCOUNTS` names.
const KEY: &[u8; 64] = &[0x2A; 64];

/// The key as the portal would show it.
pub fn key() -> String {
    BASE64_STANDARD.encode(KEY)
}

/// An account SAS for everything, until an instant (RFC 3339).
pub fn sas(ends: &str, permissions: &str) -> String {
    let text = format!("{ACCOUNT}\n{permissions}\nb\nsco\n\n{ends}\n\nhttps,http\n2019-12-12\n");
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).unwrap();
    mac.update(text.as_bytes());
    let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in [
        ("sv", "2019-12-12"),
        ("ss", "b"),
        ("srt", "sco"),
        ("sp", permissions),
        ("se", ends),
        ("spr", "https,http"),
        ("sig", &signature),
    ] {
        query.append_pair(name, value);
    }
    query.finish()
}

/// The running server; it ends when this is dropped.
pub struct Azurite {
    process: Child,
    /// `http://127.0.0.1:PORT/ACCOUNT`
    pub url: String,
    pub http: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl Drop for Azurite {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where `.ci/run` has installed it; `None`, with a note: it has not.
fn installed(needs: &str) -> Option<PathBuf> {
    // `.ci/run` installs tests/NAME/package.json into target/NAME.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let script = target.join("azurite/node_modules/azurite/dist/src/blob/main.js");
    let has = |program: &str| {
        let mut version = Command::new(program);
        version.arg(if program == "openssl" { "version" } else { "--version" });
        version.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    if script.exists() && has("node") && (needs.is_empty() || has(needs)) {
        return Some(script);
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "Azurite is missing: .ci/run should have installed it");
    println!("skipped: Azurite is not installed (tests/azurite/package.json, into target/azurite), or Node or {needs}");
    None
}

impl Azurite {
    pub fn start() -> Option<Self> {
        let script = installed("")?;
        Some(Self::launch(&script, tempfile::tempdir().unwrap(), None))
    }

    /// With https and bearer tokens.
    pub fn start_https() -> Option<Self> {
        let script = installed("openssl")?;
        let folder = tempfile::tempdir().unwrap();
        let make = |arguments: &str| {
            let mut openssl = Command::new("openssl");
            let made = openssl.args(arguments.split(' ')).current_dir(folder.path()).output().unwrap();
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        };
        make("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=throw-away-ca");
        make("req -newkey rsa:2048 -nodes -keyout srv.key -out srv.csr -subj /CN=127.0.0.1");
        std::fs::write(folder.path().join("names"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
            .unwrap();
        make("x509 -req -in srv.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out srv.pem -days 2 -extfile names");
        let ca = std::fs::read(folder.path().join("ca.pem")).unwrap();
        Some(Self::launch(&script, folder, Some(&ca)))
    }

    fn launch(script: &Path, folder: tempfile::TempDir, ca: Option<&[u8]>) -> Self {
        let mut command = Command::new("node");
        command.arg(script).args(["--disableTelemetry", "--skipApiVersionCheck", "--inMemoryPersistence"]);
        command.args(["--blobHost", "127.0.0.1", "--blobPort", "0"]);
        if ca.is_some() {
            command.args(["--oauth", "basic", "--cert", "srv.pem", "--key", "srv.key"]);
        }
        command.env("AZURITE_ACCOUNTS", format!("{ACCOUNT}:{}", key())).current_dir(folder.path());
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (send, lines) = std::sync::mpsc::channel();
        let output = BufReader::new(process.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        let origin = loop {
            let line = lines.recv_timeout(Duration::from_secs(60)).expect("Azurite says where it listens within 60 s");
            if let Some((_, url)) = line.rsplit_once("successfully listens on ") {
                break url.trim().trim_end_matches('/').to_owned();
            }
        };
        let _ = rustls::crypto::ring::default_provider().install_default();
        let roots = ca.map(|pem| reqwest::Certificate::from_pem(pem).unwrap());
        #[allow(clippy::disallowed_methods, reason = "trusts the server's certificate and nothing else")]
        let http = reqwest::Client::builder().no_proxy().tls_certs_only(roots).build().unwrap();
        Self { process, url: format!("{origin}/{ACCOUNT}"), http, _folder: folder }
    }

    /// A client as the program makes one, with this bearer token.
    pub fn client(&self, token: &str) -> Client {
        let url = Url::parse(&self.url).unwrap();
        let target = || Target { url: url.clone(), scope: "https://storage.azure.com/.default".into() };
        let endpoints =
            Endpoints { graph: target(), arm: target(), logs: target(), office: target(), login_url: url.clone() };
        let talk = Arc::new(|_: &str| {});
        let mut auth = AuthSettings::new(Some(TENANT.into()), url.clone(), self.http.clone(), talk);
        let token = token.to_owned();
        auth.variables = Arc::new(move |name| (name == "ENTRA_BUNDLE_TOKEN").then(|| token.clone()));
        Client::new(Setup {
            http: self.http.clone(),
            tokens: token_source(AuthKind::Token, auth).unwrap(),
            endpoints,
            rates: Throttle::ALL.map(|class| Rate { class, limit: None }).to_vec(),
            denied: |_| false,
            patience: Patience { tries_max: 3, pause_scale: 0.002, ..Patience::default() },
            run_id: "azurite".into(),
            clock: Clock::System,
        })
        .unwrap()
    }

    async fn put(&self, path: &str, query: &str, headers: &[(&str, &str)], body: Vec<u8>) {
        put(&self.http, &self.url, path, query, headers, body).await;
    }

    pub async fn container(&self, name: &str) {
        self.put(name, "restype=container", &[], Vec::new()).await;
    }

    /// A blob made at once.
    pub async fn block_blob(&self, path: &str, encoding: Option<&str>, body: Vec<u8>) {
        let mut headers = vec![("x-ms-blob-type", "BlockBlob")];
        headers.extend(encoding.map(|encoding| ("x-ms-blob-content-encoding", encoding)));
        self.put(path, "", &headers, body).await;
    }

    /// An append blob, made of parts as an exporter does.
    pub async fn append_blob(&self, path: &str, parts: &[Vec<u8>]) {
        self.put(path, "", &[("x-ms-blob-type", "AppendBlob")], Vec::new()).await;
        for part in parts {
            append(&self.http, &self.url, path, part.clone()).await;
        }
    }
}

/// Appends to a blob.
pub async fn append(http: &reqwest::Client, url: &str, path: &str, body: Vec<u8>) {
    put(http, url, path, "comp=appendblock", &[], body).await;
}

/// Makes a blob anew.
pub async fn replace(http: &reqwest::Client, url: &str, path: &str, body: Vec<u8>) {
    put(http, url, path, "", &[("x-ms-blob-type", "BlockBlob")], body).await;
}

async fn put(http: &reqwest::Client, url: &str, path: &str, query: &str, headers: &[(&str, &str)], body: Vec<u8>) {
    let address = format!("{url}/{path}?{query}&{}", sas("2099-01-01T00:00:00Z", "rwdlac"));
    let mut request = http.put(address).header("x-ms-version", "2019-12-12").header("content-length", body.len());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let reply = request.body(body).send().await.unwrap();
    assert!(reply.status().is_success(), "{path}: {} {}", reply.status(), reply.text().await.unwrap());
}

/// A token as Azurite wants one: audience, issuer and an end; it does not check the signature.
pub fn token(audience: &str) -> String {
    let now = Clock::System.now().unix_timestamp();
    let claims = serde_json::json!({
        "aud": audience, "iss": format!("https://sts.windows.net/{TENANT}/"), "iat": now, "nbf": now, "exp": now + 3_600,
    });
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"RS256","typ":"JWT"}"#), part(&claims.to_string()), part("unchecked"))
}
