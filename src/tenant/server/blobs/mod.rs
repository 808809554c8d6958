//! The storage account of the tenant: `/store/{container}/{blob}` with a list, ranges and entity tags.
//!
//! Takes GET and HEAD with a bearer token, any unexpired SAS or a well-formed shared-key signature. Blobs are append
//! blobs, one for each hour of arrival, JSON Lines with CRLF; audits lie under the older path with `resourceId=`. The
//! youngest blob ends in the middle of a line while its hour lasts. Denying `Storage Blob Data Reader` leaves listing
//! allowed. Source: learn.microsoft.com/rest/api/storageservices/blob-service-rest-api.

mod content;
mod list;

use hyper::Method;
use url::form_urlencoded;

use super::super::instant;
use super::answer::Tenant;
use super::fault::Fault;
use super::listen::decode;
use super::mishaps::http_date;
use super::reply::Reply;
use super::services::{Asked, STORE};
use crate::clock::Clock;
use content::{Container, HOUR};

/// What the error is called, and what is said.
type Refused = (u16, &'static str, &'static str);
type Options = Vec<(String, String)>;

/// The role whose denial leaves listing allowed.
const ROLE: &str = "Storage Blob Data Reader";
/// After its last event a blob is closed that long.
const YOUNG: time::Duration = time::Duration::minutes(20);

fn option<'a>(options: &'a Options, name: &str) -> Option<&'a str> {
    options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Answers a request.
pub(super) fn answer(tenant: &Tenant, asked: &Asked<'_>) -> Result<Reply, Fault> {
    Ok(respond(tenant, asked).unwrap_or_else(|(status, code, message)| {
        let body = format!("\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}\nRequestId:0\nTime:0</Message></Error>");
        let headers = vec![("x-ms-error-code", code.to_owned())];
        Reply { status, content_type: "application/xml".into(), headers, body: body.into_bytes() }
    }))
}

fn respond(tenant: &Tenant, asked: &Asked<'_>) -> Result<Reply, Refused> {
    let (path, query) = asked.target.split_once('?').unwrap_or((asked.target, ""));
    let options: Options = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let is_signed_in = permit(tenant, asked, &options)?;
    if *asked.method != Method::GET && *asked.method != Method::HEAD {
        return Err((405, "UnsupportedHttpVerb", "The resource doesn't support the specified HTTP verb."));
    }
    let path = path.strip_prefix(STORE).unwrap_or_default().trim_start_matches('/');
    let path = decode(path).ok_or((400, "InvalidUri", "The requested URI does not represent any resource."))?;
    let (name, blob) = path.split_once('/').unwrap_or((&path, ""));
    let containers = Container::all(tenant);
    if name.is_empty() {
        return Ok(list::containers(&containers, &options));
    }
    let container = containers.iter().find(|one| one.route.container() == name);
    let container = container.ok_or((404, "ContainerNotFound", "The specified container does not exist."))?;
    if blob.is_empty() {
        return Ok(list::blobs(tenant, container, &options));
    }
    if is_signed_in && tenant.settings.denied.iter().any(|denied| denied == ROLE) {
        let message = "This request is not authorized to perform this operation using this permission.";
        return Err((403, "AuthorizationPermissionMismatch", message));
    }
    read(tenant, container, blob, asked)
}

/// Whether a token was shown; a SAS or a signature otherwise.
fn permit(tenant: &Tenant, asked: &Asked<'_>, options: &Options) -> Result<bool, Refused> {
    const FAILED: &str = "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.";
    let now = Clock::System.now();
    if option(options, "sig").is_some_and(|sig| !sig.is_empty()) {
        let ends = option(options, "se").and_then(instant::parse);
        if ends.is_some_and(|ends| ends <= instant::ticks(now)) {
            return Err((403, "AuthenticationFailed", "Signature not valid in the specified time frame."));
        }
        return Ok(false);
    }
    let Some(header) = (asked.header)("authorization") else {
        return Err((401, "NoAuthenticationInformation", FAILED));
    };
    if let Some(signed) = header.strip_prefix("SharedKey ") {
        let is_well_formed = signed.split_once(':').is_some_and(|(account, mac)| account == "store" && mac.len() == 44);
        let is_dated = (asked.header)("x-ms-date").is_some();
        return if is_well_formed && is_dated { Ok(false) } else { Err((403, "AuthenticationFailed", FAILED)) };
    }
    match tenant.login.check(Some(&header), now.unix_timestamp()) {
        Ok(()) => Ok(true),
        Err(_) => Err((401, "InvalidAuthenticationInfo", FAILED)),
    }
}

/// The folder of an hour's blob, and its name.
fn name_of(tenant: &Tenant, container: &Container, hour: i64) -> String {
    let id = tenant.logs.world().tenant_id();
    let text = instant::text(hour * HOUR);
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let owner = if container.route.dataset == "audits" {
        format!("resourceId=/TENANTS/{}/PROVIDERS/MICROSOFT.AADIAM", id.to_uppercase())
    } else {
        format!("tenantId={id}")
    };
    format!("{owner}/y={}/m={}/d={}/h={}/m=00/PT1H.json", part(0, 4), part(5, 7), part(8, 10), part(11, 13))
}

/// How long the blob is: its lines, and half a line while its hour lasts.
fn bytes_of(tenant: &Tenant, container: &Container, hour: i64, events: usize) -> usize {
    let lines = events * container.line_bytes();
    let is_last = container.hours(&tenant.logs).end == hour + 1;
    let is_young =
        Clock::System.now() - tenant.settings.now < YOUNG && tenant.settings.now - Clock::System.now() < YOUNG;
    if is_last && is_young && events > 0 { lines + 200 } else { lines }
}

fn etag(hour: i64, bytes: usize) -> String {
    format!("0x8D{:013X}", (hour as u64) << 28 ^ bytes as u64)
}

fn read(tenant: &Tenant, container: &Container, name: &str, asked: &Asked<'_>) -> Result<Reply, Refused> {
    let hours = container.hours(&tenant.logs);
    let hour = hours.into_iter().find(|&hour| name_of(tenant, container, hour) == name);
    let events = hour.map(|hour| (hour, container.events(&tenant.logs, hour))).filter(|(_, events)| !events.is_empty());
    let (hour, events) = events.ok_or((404, "BlobNotFound", "The specified blob does not exist."))?;
    let total = bytes_of(tenant, container, hour, events.len());
    let etag = format!("\"{}\"", etag(hour, total));
    if (asked.header)("if-match").is_some_and(|wanted| wanted != etag && wanted != "*") {
        return Err((412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met."));
    }
    let range = (asked.header)("x-ms-range").or_else(|| (asked.header)("range"));
    let wanted = range.as_deref().and_then(|text| text.strip_prefix("bytes=")?.split_once('-'));
    let (start, end) = match wanted {
        None => (0, total),
        Some((start, end)) => {
            let start: usize = start.parse().unwrap_or(0);
            (start, end.parse::<usize>().map_or(total, |last| last.saturating_add(1)).min(total))
        }
    };
    if start >= end {
        return Err((416, "InvalidRange", "The range specified is invalid for the current size of the resource."));
    }
    let line = container.line_bytes();
    let (first, behind) = (start / line, end.div_ceil(line));
    let mut lines = Vec::with_capacity((behind - first) * line);
    // Behind the last event stands the first half of a line that repeats it.
    let last = events.last().copied();
    let chosen: Vec<_> = (first..behind).filter_map(|number| events.get(number).copied().or(last)).collect();
    container.write(tenant, &chosen, &mut lines);
    let body = lines.get(start - first * line..end - first * line).unwrap_or_default().to_vec();
    let written = time::OffsetDateTime::from_unix_timestamp(hour * 3_600).unwrap_or(tenant.settings.now);
    let mut headers = vec![
        ("etag", etag),
        ("x-ms-blob-type", "AppendBlob".to_owned()),
        ("x-ms-creation-time", http_date(written)),
        ("accept-ranges", "bytes".to_owned()),
    ];
    if range.is_some() {
        headers.push(("content-range", format!("bytes {start}-{}/{total}", end - 1)));
    }
    let status = if range.is_some() { 206 } else { 200 };
    Ok(Reply { status, content_type: "application/octet-stream".into(), headers, body })
}
