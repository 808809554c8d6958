//! A reply: status, headers and body as Graph sends them, compressed when the client accepts it.
//!
//! Takes a body or a [`Fault`], gives an HTTP response. Header names and shapes: graph/errors,
//! graph/best-practices-concept.

use std::borrow::Cow;
use std::io::Write;
use std::time::Duration;

use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, VARY};
use hyper::{Response, StatusCode};

use super::super::faults::{Gzip, Mishap, Moment};
use super::fault::Fault;
use super::mishaps::http_date;
use super::wire::{Flow, Switch};
use crate::clock::Clock;

/// Bodies below this many bytes are sent as they are: the saving would be smaller than the header.
const GZIP_BYTES_MIN: usize = 1_024;

/// What a proxy puts in front of the service.
const SIGN_IN_PAGE: &[u8] =
    b"<!DOCTYPE html><html><body><form action=\"/login\">Sign in to the network</form></body></html>";

/// What is said back.
#[derive(Debug)]
pub(crate) struct Reply {
    /// HTTP status.
    pub(crate) status: u16,
    /// Media type.
    pub(crate) content_type: Cow<'static, str>,
    /// Further headers.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body, not compressed.
    pub(crate) body: Vec<u8>,
}

/// Media type of Graph's JSON.
pub(crate) const ODATA_JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

impl Reply {
    /// A JSON body of Graph.
    pub(crate) fn json(body: Vec<u8>) -> Self {
        Self { status: 200, content_type: ODATA_JSON.into(), headers: vec![("odata-version", "4.0".to_owned())], body }
    }

    /// A JSON body of another service.
    pub(crate) fn plain_json(status: u16, body: Vec<u8>) -> Self {
        Self { status, content_type: "application/json; charset=utf-8".into(), headers: Vec::new(), body }
    }

    /// Text.
    pub(crate) fn text(body: String) -> Self {
        Self { status: 200, content_type: "text/plain".into(), headers: Vec::new(), body: body.into_bytes() }
    }
}

/// The ids and the instant of one exchange.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// `request-id`
    pub(crate) request_id: String,
    /// `client-request-id`: what the client sent, or the request id.
    pub(crate) client_request_id: String,
    /// `2026-09-01T06:00:00`
    pub(crate) date: String,
}

impl Exchange {
    /// The reply for an outcome.
    pub(crate) fn reply(&self, outcome: Result<Reply, Fault>) -> Reply {
        let mut reply = outcome.unwrap_or_else(|fault| Reply {
            status: fault.status,
            content_type: "application/json".into(),
            body: fault.body(&self.date, &self.request_id, &self.client_request_id),
            headers: fault.headers,
        });
        let diagnostic = r#"{"ServerInfo":{"DataCenter":"Loopback","Slice":"E","Ring":"0","ScaleUnit":"000","RoleInstance":"DEMO000001"}}"#;
        reply.headers.push(("request-id", self.request_id.clone()));
        reply.headers.push(("client-request-id", self.client_request_id.clone()));
        reply.headers.push(("x-ms-ags-diagnostic", diagnostic.to_owned()));
        reply.headers.push(("cache-control", "no-cache".to_owned()));
        reply
    }
}

/// The HTTP response of a reply, with what goes wrong on its way.
pub(crate) fn respond(
    mut reply: Reply,
    accepts_gzip: bool,
    mishap: Option<&Mishap>,
    switch: Option<&Switch>,
) -> Response<Flow> {
    disfigure(&mut reply, accepts_gzip, mishap);
    let wants_gzip = accepts_gzip && (reply.body.len() >= GZIP_BYTES_MIN || matches!(mishap, Some(Mishap::Gzip(_))));
    let mut compressed = if wants_gzip { gzip(&reply.body) } else { None };
    if let (Some(Mishap::Gzip(how)), Some(bytes)) = (mishap, &mut compressed) {
        let half = bytes.len() / 2;
        match how {
            Gzip::Flipped => bytes.iter_mut().skip(half).take(8).for_each(|byte| *byte ^= 0xFF),
            Gzip::Halved => bytes.truncate(half),
            Gzip::Plain => *bytes = std::mem::take(&mut reply.body),
        }
    }
    let is_compressed = compressed.is_some();
    let mut response = Response::new(flow(compressed.unwrap_or(reply.body), mishap, switch));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::try_from(reply.content_type.as_ref()) {
        headers.insert(CONTENT_TYPE, value);
    }
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if is_compressed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Changes the body before it is compressed.
fn disfigure(reply: &mut Reply, accepts_gzip: bool, mishap: Option<&Mishap>) {
    match mishap {
        Some(Mishap::Truncated) => reply.body.truncate(reply.body.len() / 2),
        Some(Mishap::Invalid) => reply.body.iter_mut().filter(|byte| **byte == b':').for_each(|byte| *byte = b'='),
        Some(Mishap::Gzip(_)) if !accepts_gzip => reply.body.truncate(reply.body.len() / 2),
        Some(Mishap::Html) => {
            reply.body = SIGN_IN_PAGE.to_vec();
            reply.content_type = "text/html; charset=utf-8".into();
        }
        Some(Mishap::ContentType(kind)) => reply.content_type = kind.clone().into(),
        Some(Mishap::Bom) => drop(reply.body.splice(..0, *b"\xEF\xBB\xBF")),
        Some(Mishap::Clock(ahead_s)) => {
            let date = Clock::System.now() + time::Duration::seconds(*ahead_s);
            reply.headers.push(("date", http_date(date)));
        }
        _ => {}
    }
}

fn flow(body: Vec<u8>, mishap: Option<&Mishap>, switch: Option<&Switch>) -> Flow {
    match (mishap, switch) {
        (Some(Mishap::Reset(Moment::During)), Some(switch)) => Flow::halved(body, None).resetting(switch.clone()),
        (Some(Mishap::Reset(Moment::After)), Some(switch)) => Flow::whole(body).resetting(switch.clone()),
        (Some(Mishap::Cut), _) => Flow::halved(body, None),
        (Some(Mishap::Stall { at: Moment::During, ms }), _) => Flow::halved(body, Some(Duration::from_millis(*ms))),
        (Some(Mishap::Drip { ms }), _) => Flow::dripping(&body, Duration::from_millis(*ms)),
        _ => Flow::whole(body),
    }
}

fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::with_capacity(body.len() / 6), flate2::Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_bodies_are_compressed_for_those_who_accept_it() {
        let large = || Reply::json(vec![b' '; 5_000]);
        assert_eq!(respond(large(), true, None, None).headers()["content-encoding"], "gzip");
        assert!(!respond(large(), false, None, None).headers().contains_key("content-encoding"));
        assert!(!respond(Reply::json(b"{}".to_vec()), true, None, None).headers().contains_key("content-encoding"));
    }

    #[test]
    fn a_fault_keeps_its_headers_and_gains_the_ids() {
        let exchange = Exchange { request_id: "r".into(), client_request_id: "c".into(), date: "d".into() };
        let response = respond(exchange.reply(Err(Fault::unauthenticated("Access token is empty."))), true, None, None);
        assert_eq!(
            (response.status().as_u16(), &response.headers()["client-request-id"]),
            (401, &HeaderValue::from_static("c"))
        );
        assert!(response.headers().contains_key("www-authenticate"));
    }
}
