//! Test support: a loopback HTTP/1.1 server that answers as it is told and remembers what it was asked.
//!
//! It speaks raw bytes, so that it can also cut a body short, reset a connection or fall silent. It ends with
//! the value that holds it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::auth::{AccessToken, AuthError, TokenSource};
use super::*;
use crate::catalog::Throttle;
use crate::clock::Clock;

/// A request as it arrived.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query as sent.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn plain(&self) -> String {
        guard::percent_decode(&self.target)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Trouble {
    None,
    /// Half of the announced body, then the connection ends.
    Cut,
    /// The connection is reset in the middle of the body.
    Reset,
    /// Half of the body, then nothing.
    Stall,
}

/// An answer.
#[derive(Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    trouble: Trouble,
}

impl Reply {
    pub(crate) fn json(body: impl Into<String>) -> Self {
        Self::status(200, body)
    }

    pub(crate) fn status(status: u16, body: impl Into<String>) -> Self {
        let headers = vec![("Content-Type".to_owned(), "application/json; charset=utf-8".to_owned())];
        Self { status, headers, body: body.into().into_bytes(), trouble: Trouble::None }
    }

    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::status(status, format!(r#"{{"error":{{"code":"{code}","message":"{message}"}}}}"#))
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn gzip(mut self) -> Self {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, &self.body).unwrap();
        self.body = encoder.finish().unwrap();
        self.header("Content-Encoding", "gzip")
    }

    pub(crate) fn cut(mut self) -> Self {
        self.trouble = Trouble::Cut;
        self
    }

    pub(crate) fn reset(mut self) -> Self {
        self.trouble = Trouble::Reset;
        self
    }

    pub(crate) fn stall(mut self) -> Self {
        self.trouble = Trouble::Stall;
        self
    }
}

type Handler = dyn Fn(&Asked, usize) -> Reply + Send + Sync;

/// The server.
pub(crate) struct Mock {
    pub(crate) url: Url,
    asked: Arc<Mutex<Vec<Asked>>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Mock {
    /// Starts it. The handler gets the request and how often the same target was asked before.
    pub(crate) async fn start(handler: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, handler): (_, Arc<Handler>) = (Arc::clone(&asked), Arc::new(handler));
        let server = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&log), Arc::clone(&handler)));
            }
        });
        Self { url, asked, server }
    }

    /// What was asked so far, in order of arrival.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// A client for this server: no budgets, short pauses.
    pub(crate) fn client(&self) -> Client {
        self.client_with(|_| {}).0
    }

    /// The same with changes, and the tokens it uses.
    pub(crate) fn client_with(&self, change: impl FnOnce(&mut Setup)) -> (Client, Arc<Tokens>) {
        let target = |scope: &str| Target { url: self.url.clone(), scope: scope.to_owned() };
        let endpoints = Endpoints {
            graph: target("graph/.default"),
            arm: target("arm/.default"),
            logs: target("logs/.default"),
            office: target("office/.default"),
            login_url: self.url.clone(),
        };
        let options = ClientOptions { read_timeout_ms: 300, ..ClientOptions::for_endpoints(&endpoints) };
        let tokens = Arc::new(Tokens::default());
        let lifted = |class| Rate { class, limit: None };
        let mut setup = Setup {
            http: http_client(&options).unwrap(),
            tokens: tokens.clone(),
            endpoints,
            rates: Throttle::ALL.map(lifted).to_vec(),
            denied: |path| path.contains("/secrets"),
            patience: Patience {
                tries_max: 4,
                throttled_max: 6,
                back_off_ms: (1, 4),
                throttle_back_off_ms: (1, 4),
                ..Patience::default()
            },
            run_id: "run".into(),
            clock: Clock::Fixed(time::macros::datetime!(2026-01-10 12:00 UTC)),
        };
        change(&mut setup);
        (Client::new(setup).unwrap(), tokens)
    }
}

/// Tokens `token-0`, `token-1`, …: a new one whenever one was invalidated.
#[derive(Default)]
pub(crate) struct Tokens {
    number: AtomicUsize,
    pub(crate) challenges: Mutex<Vec<Option<String>>>,
}

#[async_trait::async_trait]
impl TokenSource for Tokens {
    async fn token(&self, _scope: &str) -> Result<AccessToken, AuthError> {
        AccessToken::new(&format!("token-{}", self.number.load(Ordering::SeqCst)), None)
    }

    async fn invalidate(&self, _scope: &str, claims: Option<&str>) {
        self.challenges.lock().unwrap().push(claims.map(str::to_owned));
        self.number.fetch_add(1, Ordering::SeqCst);
    }

    fn describe(&self) -> &'static str {
        "token"
    }
}

/// One token, come what may.
pub(crate) struct Fixed(pub(crate) String);

#[async_trait::async_trait]
impl TokenSource for Fixed {
    async fn token(&self, _scope: &str) -> Result<AccessToken, AuthError> {
        AccessToken::new(&self.0, None)
    }

    async fn invalidate(&self, _scope: &str, _claims: Option<&str>) {}

    fn describe(&self) -> &'static str {
        "token"
    }
}

async fn serve(mut stream: TcpStream, log: Arc<Mutex<Vec<Asked>>>, handler: Arc<Handler>) {
    let mut buffer = Vec::new();
    while let Some(asked) = read(&mut stream, &mut buffer).await {
        let before = {
            let mut log = log.lock().unwrap();
            let before = log.iter().filter(|old| old.target == asked.target && old.body == asked.body).count();
            log.push(asked.clone());
            before
        };
        let reply = handler(&asked, before);
        let mut bytes = format!("HTTP/1.1 {} x\r\nContent-Length: {}\r\n", reply.status, reply.body.len()).into_bytes();
        for (name, value) in &reply.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        let whole = reply.trouble == Trouble::None;
        let sent = if whole { reply.body.len() } else { reply.body.len() / 2 };
        bytes.extend_from_slice(&reply.body[..sent]);
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
        match reply.trouble {
            Trouble::None => {}
            Trouble::Cut => return,
            Trouble::Reset => {
                #[expect(deprecated, reason = "lingering is the point: the close must be a reset")]
                let _ = stream.set_linger(Some(std::time::Duration::ZERO));
                return;
            }
            Trouble::Stall => std::future::pending().await,
        }
    }
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Asked> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(buffer[..end].to_vec()).ok()?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.into()))
        .collect();
    let length: usize = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    while buffer.len() < end + 4 + length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(buffer[end + 4..end + 4 + length].to_vec()).ok()?;
    buffer.drain(..end + 4 + length);
    Some(Asked { method, target, headers: headers.into_iter().collect(), body })
}
