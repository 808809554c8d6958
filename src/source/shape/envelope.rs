//! Azure Monitor's envelope, as storage accounts and event hubs have it: one event a line, or `{"records":[…]}`.
//!
//! Takes the bytes of one event, gives its `properties` as the record; what only the envelope says is added as
//! `@bundle.envelope`. Works on spans: numbers, order and spelling stay. Never guesses what `properties` would be.
//! Source: <https://learn.microsoft.com/azure/azure-monitor/platform/resource-logs-schema>; both times (ISO 8601 and US
//! text) and the spellings of `category` are as seen in exports.

use std::borrow::Cow;

use bytes::Bytes;
use time::OffsetDateTime;
use time::macros::format_description;

use super::{ENVELOPE, Shaped};
use crate::catalog::{Route, route_of_category};
use crate::json::{self, Span};
use crate::source::field;
use crate::source::seen::{Mark, mark};

/// Bookkeeping of the exporter, in an envelope or in `properties`.
const BOOKKEEPING: &[u8] = b"__UDI_RequiredFields_";
/// Times of events of a category that no dataset is made of, the likeliest first.
const TIMES: [&str; 4] = ["createdDateTime", "activityDateTime", "detectedDateTime", "timeGenerated"];

/// Why bytes are no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotShaped {
    /// Not JSON.
    #[error(transparent)]
    Json(#[from] json::Error),
    /// JSON, but neither an object nor, for a batch, an array of objects.
    #[error("not a JSON object: only whole events of Azure Monitor can be read")]
    NotAnObject,
    /// An object with neither `properties` nor `category`.
    #[error("not an event of Azure Monitor: it has neither properties nor a category")]
    NotAnEnvelope,
}

type Member<'a> = (&'a [u8], Span);

/// An event in its dataset's shape; `route` is what an event belongs to whose envelope does not say. Without
/// `properties` the record has nothing but its envelope.
///
/// # Errors
/// [`NotShaped`].
pub(crate) fn from_envelope_of(record: &Bytes, route: Option<&'static Route>) -> Result<Shaped, NotShaped> {
    let envelope = members_of(record)?;
    let value = |name: &str| envelope.iter().find(|(key, _)| named(key, name)).map(|(_, span)| span);
    let inner = value("properties").and_then(|span| properties(record, span));
    let fields = inner.as_deref().and_then(|bytes| members_of(bytes).ok());
    let category = value("category").and_then(|span| field::text(record, span));
    if fields.is_none() && category.is_none() {
        return Err(NotShaped::NotAnEnvelope);
    }
    // A category that is named but unknown is not the container's.
    let route = match category.filter(|text| !text.is_empty()) {
        Some(text) => route_of_category(&text),
        None => route,
    };
    let time = value("time").and_then(|span| moment(record, span));
    let (Some(inner), Some(fields)) = (&inner, fields) else {
        return Ok(Shaped { route, record: written(record, &envelope, b"{}", &[]), id: None, at: time });
    };
    let find = |name: &str| fields.iter().find(|(key, _)| named(key, name)).map(|(_, span)| span);
    let own = match route {
        Some(route) => find(&route.time),
        None => TIMES.iter().find_map(|name| find(name)),
    };
    let at = own.and_then(|span| moment(inner, span)).or(time);
    let id = route.and_then(|route| identity(inner, &route.id, find));
    Ok(Shaped { route, record: written(record, &envelope, inner, &fields), id, at })
}

/// The mark of all id properties together; `None` if one is missing.
fn identity<'a>(bytes: &[u8], names: &[String], find: impl Fn(&str) -> Option<&'a Span>) -> Option<Mark> {
    let mut whole = Vec::with_capacity(48);
    for name in names {
        let span = find(name).filter(|span| field::text(bytes, span).is_some_and(|text| !text.is_empty()))?;
        whole.extend_from_slice(&bytes[span.clone()]);
    }
    Some(mark(&whole))
}

/// The events of a message or a file: `{"records":[…]}`, an array, or one object a line. An object that has no
/// `records` is an event itself.
///
/// # Errors
/// [`NotShaped`]: of the whole, as nobody can say where the next event begins. Lines can be read one by one instead.
pub(crate) fn records_of(message: &Bytes) -> Result<Vec<Bytes>, NotShaped> {
    let mut out = Vec::new();
    let mut at = json::skip_space(message, if message.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 });
    while at < message.len() {
        let span = json::value_span(message, at)?;
        at = json::skip_space(message, span.end);
        let list = match message[span.start] {
            b'[' => Some(span.clone()),
            b'{' => field::find(&message[span.clone()], ["records"])[0]
                .as_ref()
                .map(|list| list.start + span.start..list.end + span.start)
                .filter(|list| message[list.start] == b'['),
            _ => return Err(NotShaped::NotAnObject),
        };
        match list {
            None => out.push(message.slice(span)),
            Some(list) => {
                for item in json::items(message, list.start)? {
                    out.push(message.slice(item?));
                }
            }
        }
    }
    Ok(out)
}

/// Whether an event is this tenant's (a GUID), as far as its envelope says: one that names none is.
pub(crate) fn is_of_tenant(record: &[u8], tenant: &str) -> bool {
    let Ok(members) = json::members(record, 0) else { return false };
    for (key, span) in members.map_while(Result::ok) {
        if named(key, "tenantId") {
            return field::text(record, &span).is_none_or(|text| text.is_empty() || text.eq_ignore_ascii_case(tenant));
        }
        if named(key, "resourceId") {
            let text = field::text(record, &span).unwrap_or_default().to_ascii_lowercase();
            if let Some(rest) = text.strip_prefix("/tenants/") {
                return rest.split('/').next().is_some_and(|named| named.eq_ignore_ascii_case(tenant));
            }
        }
    }
    true
}

fn named(key: &[u8], name: &str) -> bool {
    key.eq_ignore_ascii_case(name.as_bytes())
}

fn members_of(bytes: &[u8]) -> Result<Vec<Member<'_>>, NotShaped> {
    let start = json::skip_space(bytes, 0);
    if bytes.get(start).is_some_and(|&byte| byte != b'{') {
        return Err(NotShaped::NotAnObject);
    }
    let mut members = json::members(bytes, start)?;
    let all = members.by_ref().collect::<Result<Vec<_>, _>>()?;
    match json::skip_space(bytes, members.end()) {
        end if end == bytes.len() => Ok(all),
        offset => Err(json::Error { offset, expected: "the end of the event" }.into()),
    }
}

/// The object that `properties` is, or that its string holds.
fn properties(record: &Bytes, span: &Span) -> Option<Bytes> {
    match record.get(span.start)? {
        b'{' => Some(record.slice(span.clone())),
        b'"' => {
            let text = json::unescape(record.get(span.start + 1..span.end - 1)?).ok()?;
            Some(Bytes::from(text.trim().to_owned())).filter(|text| text.starts_with(b"{"))
        }
        _ => None,
    }
}

/// `properties`, and at its end what the envelope says besides.
fn written(record: &[u8], envelope: &[Member<'_>], properties: &[u8], fields: &[Member<'_>]) -> Bytes {
    let mut out = Vec::with_capacity(properties.len() + (record.len().saturating_sub(properties.len())) + 32);
    let body = properties.strip_suffix(b"}").unwrap_or(b"{");
    if fields.iter().any(|(key, _)| key.starts_with(BOOKKEEPING)) {
        out.push(b'{');
        for (key, span) in fields.iter().filter(|(key, _)| !key.starts_with(BOOKKEEPING)) {
            append(key, &properties[span.clone()], &mut out);
        }
    } else {
        out.extend_from_slice(body.trim_ascii_end());
    }
    if out.len() > 1 {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(ENVELOPE.as_bytes());
    out.extend_from_slice(b"\":{");
    for (key, span) in envelope {
        let value = &record[span.clone()];
        let told = |(own, own_span): &Member<'_>| {
            own.eq_ignore_ascii_case(key) && unquoted(&properties[own_span.clone()]) == unquoted(value)
        };
        let is_properties = named(key, "properties") && !fields.is_empty();
        if !is_properties && !key.starts_with(BOOKKEEPING) && !fields.iter().any(told) {
            append(key, value, &mut out);
        }
    }
    out.extend_from_slice(b"}}");
    out.into()
}

/// Appends a member, with a comma if it is not the first.
fn append(key: &[u8], value: &[u8], out: &mut Vec<u8>) {
    if !out.ends_with(b"{") {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(key);
    out.extend_from_slice(b"\":");
    out.extend_from_slice(value);
}

/// A number in a string counts as the number: `durationMs` is both.
fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value)
}

/// An instant and its text; US text becomes ISO 8601, so that all times of a dataset are alike. The year 1 is "never".
fn moment(bytes: &[u8], span: &Span) -> Option<(OffsetDateTime, String)> {
    let text: Cow<'_, str> = field::text(bytes, span)?;
    if let Some(at) = field::instant(&text) {
        return (at.year() > 1).then(|| (at, text.into_owned()));
    }
    let us = format_description!(
        "[month padding:none]/[day padding:none]/[year] [hour padding:none repr:12]:[minute]:[second] [period]"
    );
    let at = time::PrimitiveDateTime::parse(&text, us).ok()?.assume_utc();
    Some((at, at.format(&time::format_description::well_known::Rfc3339).ok()?))
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
