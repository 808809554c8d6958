//! The socket: accepts connections on loopback, turns HTTP requests into questions and replies into HTTP.
//!
//! Takes settings and a listening socket, gives [`Running`]. Cancel-safe: dropping [`Running`] stops accepting and
//! ends the connections.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HOST};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::super::accept::accept;
use super::super::documents::Version;
use super::super::faults::{Mishap, Moment};
use super::super::logs::guid_of_request;
use super::super::{TenantSettings, hub, instant};
use super::answer::{Ask, Tenant};
use super::batch;
use super::fault::Fault;
use super::mishaps::{Answered, without_hop};
use super::query::Query;
use super::reply::{Exchange, Reply, respond};
use super::throttle::ClassCount;
use super::wire::{Flow, Line, Switch};
use super::{services, workspace};
use crate::clock::Clock;

/// Longest request body: a batch of 20 with long filters stays far below.
const REQUEST_BYTES_MAX: usize = 1 << 20;
/// The resource that tokens are issued for unless a scope says otherwise.
const GRAPH: &str = "https://graph.microsoft.com";

/// The tenant could not be served.
#[derive(Debug, thiserror::Error)]
pub enum NotServed {
    /// The address is reachable from other machines.
    #[error("the embedded tenant is served on loopback only: listen on 127.0.0.1 or [::1]")]
    NotLoopback,
    /// The socket failed.
    #[error("cannot listen: {0}; choose another port")]
    Socket(#[from] std::io::Error),
}

/// A tenant that is being served.
#[derive(Debug)]
pub struct Running {
    /// Base of Graph, without version: `http://127.0.0.1:PORT`.
    pub graph_url: String,
    /// Base of the token endpoint.
    pub login_url: String,
    /// Base of Azure Resource Manager.
    pub arm_url: String,
    /// Base of the Log Analytics query API.
    pub logs_url: String,
    /// Id of the workspace.
    pub workspace_id: String,
    /// Base of the Office 365 Management Activity API.
    pub office_url: String,
    /// The storage account.
    pub storage_url: String,
    /// The event hub, `127.0.0.1:PORT/HUB`, if there is one.
    pub event_hub: Option<String>,
    /// The tenant's id.
    pub tenant_id: String,
    /// A bearer token that is good for [`TenantSettings::token_lifetime_s`].
    pub token: String,
    tenant: Arc<Tenant>,
    accepting: JoinHandle<()>,
    _hub: Option<hub::Serving>,
}

impl Running {
    /// How often each rule of the fault plan has struck so far.
    pub fn struck(&self) -> Vec<u32> {
        self.tenant.faults.struck()
    }

    /// Who asked how often, and was refused, by class.
    pub fn counts(&self) -> Vec<ClassCount> {
        self.tenant.throttle.counts()
    }

    /// Stops accepting and ends all connections.
    pub async fn shutdown(mut self) {
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Serves the tenant of `settings` on a listening socket, in the current Tokio runtime.
///
/// # Errors
/// The socket does not listen on loopback, or fails.
pub async fn serve(settings: TenantSettings, listener: std::net::TcpListener) -> Result<Running, NotServed> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(NotServed::NotLoopback);
    }
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let tenant = Arc::new(Tenant::new(settings));
    let url = format!("http://{address}");
    let token = tenant.login.issue(GRAPH, &tenant.logs.world().named_id("demo-collector"), now_s());
    let tenant_id = tenant.logs.world().tenant_id();
    let workspace_id = workspace::id(tenant.logs.world());
    let hub = if tenant.settings.routing.hub.is_empty() { None } else { Some(hub::serve(Arc::clone(&tenant)).await?) };
    let served = Arc::clone(&tenant);
    let accepting = tokio::spawn(accept(listener, move |stream| converse(Arc::clone(&served), address, stream)));
    Ok(Running {
        storage_url: format!("{url}{}", services::STORE),
        graph_url: url.clone(),
        login_url: url.clone(),
        logs_url: url.clone(),
        office_url: url.clone(),
        arm_url: url,
        event_hub: hub.as_ref().map(|hub| hub.address.clone()),
        tenant_id,
        workspace_id,
        token,
        tenant,
        accepting,
        _hub: hub,
    })
}

async fn converse(tenant: Arc<Tenant>, address: SocketAddr, stream: TcpStream) {
    let line = Line::new(stream);
    let switch = line.switch();
    let service = service_fn(move |request| {
        let (tenant, switch) = (Arc::clone(&tenant), switch.clone());
        async move { exchange(&tenant, address, &switch, request).await }
    });
    // A client that goes away is no fault of the tenant.
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(line), service).await;
}

fn now_s() -> i64 {
    Clock::System.now().unix_timestamp()
}

/// One request. An error ends the connection without a reply: that is planned, too.
async fn exchange(
    tenant: &Tenant,
    address: SocketAddr,
    switch: &Switch,
    request: Request<Incoming>,
) -> io::Result<Response<Flow>> {
    let came = Instant::now();
    if tenant.settings.latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(tenant.settings.latency_ms)).await;
    }
    let number = tenant.next_request();
    let request_id = guid_of_request(tenant.settings.seed, number);
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let exchange = Exchange {
        client_request_id: header("client-request-id").unwrap_or_else(|| request_id.clone()),
        request_id,
        date: instant::text(instant::ticks(Clock::System.now())).get(..19).unwrap_or_default().to_owned(),
    };
    let accepts_gzip =
        tenant.settings.gzip && header(ACCEPT_ENCODING.as_str()).is_some_and(|value| value.contains("gzip"));
    let origin = origin(header(HOST.as_str()), address);
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, REQUEST_BYTES_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => {
            let fault = Fault::new(413, "RequestEntityTooLarge", "The request is too large.");
            return Ok(respond(exchange.reply(Err(fault)), false, None, None));
        }
    };
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let routed = route(tenant, &exchange, (&parts.method, target, &origin), &body, (number, came), header);
    let Answered { outcome, mishap } = routed.unwrap_or_else(|fault| Err(fault).into());
    match mishap {
        Some(Mishap::Reset(Moment::Before)) => {
            switch.reset();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Some(Mishap::Stall { at: Moment::Before, ms }) => tokio::time::sleep(Duration::from_millis(ms)).await,
        _ => {}
    }
    Ok(respond(exchange.reply(outcome), accepts_gzip, mishap.as_ref(), Some(switch)))
}

/// The origin that the client used, if that is a loopback name; else the socket's own.
fn origin(host: Option<String>, address: SocketAddr) -> String {
    let is_loopback = |host: &String| {
        let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
        matches!(name, "localhost" | "127.0.0.1" | "[::1]")
    };
    host.filter(is_loopback).map_or_else(|| format!("http://{address}"), |host| format!("http://{host}"))
}

fn route(
    tenant: &Tenant,
    exchange: &Exchange,
    (method, target, origin): (&Method, &str, &str),
    body: &[u8],
    (number, came): (u64, Instant),
    header: impl Fn(&str) -> Option<String>,
) -> Result<Answered, Fault> {
    let (target, hop) = without_hop(target);
    let target = target.as_str();
    let path = target.split('?').next().unwrap_or_default();
    if let Some(reply) = sign_in(tenant, method, path, origin, body, number) {
        return Ok(Ok(reply).into());
    }
    let asked = services::Asked { method, target, origin, body, header: &header };
    if let Some(answered) = services::answer(tenant, &asked) {
        return Ok(answered);
    }
    let check = tenant.login.check(header(AUTHORIZATION.as_str()).as_deref(), now_s());
    check.map_err(Fault::unauthenticated)?;
    let (version, rest) = match target.strip_prefix("/v1.0").map(|rest| (Version::V1, rest)) {
        Some(found) => found,
        None => match target.strip_prefix("/beta") {
            Some(rest) => (Version::Beta, rest),
            None => (Version::Arm, target),
        },
    };
    if *method == Method::POST && version != Version::Arm && rest.trim_end_matches('/') == "/$batch" {
        let outer = ask_of(version, "/$batch", origin, came, |_| None)?;
        return batch::answer(tenant, &outer, exchange, body);
    }
    if *method != Method::GET {
        return Err(Fault::new(
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        ));
    }
    Ok(tenant.answer_planned(&ask_of(version, rest, origin, came, header)?, target, hop))
}

/// The token endpoint and its description, which need no token.
fn sign_in(tenant: &Tenant, method: &Method, path: &str, origin: &str, body: &[u8], number: u64) -> Option<Reply> {
    let (name, rest) = path.strip_prefix('/')?.split_once('/')?;
    let form = || String::from_utf8_lossy(body).into_owned();
    match (rest, method) {
        ("oauth2/v2.0/token", &Method::POST) => Some(tenant.login.token(name, &form(), now_s())),
        ("oauth2/v2.0/devicecode", &Method::POST) => Some(tenant.login.device_code(name, number)),
        ("v2.0/.well-known/openid-configuration", &Method::GET) => {
            let base = format!("{origin}/{name}");
            let description = serde_json::json!({
                "issuer": format!("{base}/v2.0"),
                "token_endpoint": format!("{base}/oauth2/v2.0/token"),
                "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
                "tenant_region_scope": "EU",
            });
            Some(Reply::plain_json(200, description.to_string().into_bytes()))
        }
        _ => None,
    }
}

/// A question from its target (path and query) and headers.
///
/// # Errors
/// Options that cannot be read.
pub(crate) fn ask_of(
    version: Version,
    target: &str,
    origin: &str,
    came: Instant,
    header: impl Fn(&str) -> Option<String>,
) -> Result<Ask, Fault> {
    let (raw_path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = decode(raw_path).ok_or_else(Fault::unknown_path)?;
    let prefer = header("prefer").unwrap_or_default();
    let page_wish =
        prefer.split(',').find_map(|wish| wish.trim().strip_prefix("odata.maxpagesize=")?.trim().parse().ok());
    let accept = header(ACCEPT.as_str()).unwrap_or_default();
    Ok(Ask {
        version,
        path: path.trim_end_matches('/').to_owned(),
        raw_path: raw_path.to_owned(),
        query: Query::parse(query)?,
        is_eventual: header("consistencylevel").is_some_and(|value| value.eq_ignore_ascii_case("eventual")),
        page_wish,
        wants_json: accept.contains("json") && !accept.contains("text/plain") && !accept.contains("*/*"),
        origin: origin.to_owned(),
        came,
    })
}

/// Percent-decodes a path.
pub(super) fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        bytes.push(u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded_or_refused() {
        assert_eq!(decode("/users/a%23EXT%23%40b").as_deref(), Some("/users/a#EXT#@b"));
        assert!(decode("/users/%2").is_none() && decode("/users/%zz").is_none() && decode("/%ff").is_none());
    }

    #[test]
    fn next_links_stay_where_the_client_is() {
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        assert_eq!(origin(Some("localhost:8080".into()), address), "http://localhost:8080");
        assert_eq!(origin(Some("graph.microsoft.com".into()), address), "http://127.0.0.1:80");
        assert_eq!(origin(None, address), "http://127.0.0.1:80");
    }
}
