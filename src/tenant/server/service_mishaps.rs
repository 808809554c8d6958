//! What the fault plan makes of the answers of workspace, storage account and activity feed.
//!
//! Takes a request and what the service says to it, gives another status in that service's own words, or another page.
//! A rule finds these services by `path` (`/v1/*`, `/store/*`, `/api/v1.0/*`), never by `dataset`; a page is the part of a
//! list that a marker or `nextPage` leads to. What happens to the bytes on their way is left to [`super::reply`].

use serde_json::{Value, json};
use url::form_urlencoded;

use super::super::faults::Mishap;
use super::super::instant;
use super::answer::Tenant;
use super::fault::Fault;
use super::mishaps::{Answered, elsewhere, refusal};
use super::reply::Reply;
use super::services::{Asked, STORE};

/// Header in which the activity feed names the next page.
const NEXT: &str = "nextpageuri";
/// Member in which Purview does.
const LINK: &str = "@odata.nextLink";
const MARKER: (&str, &str) = ("<NextMarker>", "</NextMarker>");

/// Answers a request as the plan wants it; `service` is what answers otherwise.
pub(super) fn answer(
    tenant: &Tenant,
    asked: &Asked<'_>,
    service: impl FnOnce(&Tenant, &Asked<'_>) -> Result<Reply, Fault>,
) -> Answered {
    if tenant.faults.is_empty() {
        return service(tenant, asked).into();
    }
    let mishap = tenant.faults.draw(&[asked.target], None, instant::ticks(tenant.settings.now));
    let refused = mishap.as_ref().and_then(|mishap| refusal(mishap, instant::ticks(tenant.settings.now)));
    let is_storage = asked.target.starts_with(STORE);
    let mut answered = Answered::from(match refused {
        Some(Err(fault)) if is_storage => Ok(in_xml(fault)),
        Some(refused) => refused,
        None => service(tenant, asked),
    });
    if let Ok(reply) = &mut answered.outcome
        && reply.status < 300
    {
        note_page(tenant, asked, reply);
        if let Some(mishap) = &mishap {
            change(asked, mishap, reply);
        }
    }
    answered.mishap = mishap;
    answered
}

/// A refusal as a storage account words it.
fn in_xml(fault: Fault) -> Reply {
    let (code, message) = (&fault.code, &fault.message);
    let body = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let mut headers = fault.headers;
    headers.push(("x-ms-error-code", fault.code));
    Reply { status: fault.status, content_type: "application/xml".into(), headers, body: body.into_bytes() }
}

/// Remembers which page the link in a reply leads to.
fn note_page(tenant: &Tenant, asked: &Asked<'_>, reply: &Reply) {
    if let Some((_, link)) = reply.headers.iter().find(|(name, _)| *name == NEXT) {
        tenant.faults.link(asked.target, link);
    } else if let Some(marker) = marker(&reply.body) {
        tenant.faults.link(asked.target, &with_marker(asked.target, &marker));
    } else if let Ok(value) = serde_json::from_slice::<Value>(&reply.body)
        && let Some(link) = value.get(LINK).and_then(Value::as_str)
    {
        tenant.faults.link(asked.target, link);
    }
}

fn change(asked: &Asked<'_>, mishap: &Mishap, reply: &mut Reply) {
    let own = format!("{}{}", asked.origin, asked.target);
    if let Some((_, link)) = reply.headers.iter_mut().find(|(name, _)| *name == NEXT) {
        match mishap {
            Mishap::RepeatedLink => own.clone_into(link),
            Mishap::Cycle => *link = without(&own, "nextPage"),
            Mishap::NullToken => *link = format!("{}&nextPage=", without(&own, "nextPage")),
            Mishap::Elsewhere(origin) => *link = elsewhere(link, origin),
            _ => {}
        }
    }
    if let Some(before) = marker(&reply.body) {
        let now = match mishap {
            Mishap::RepeatedLink => option(asked.target, "marker").unwrap_or_else(|| "2!0".to_owned()),
            Mishap::Cycle => "2!0".to_owned(),
            _ => before.clone(),
        };
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        let mark = |marker: &str| format!("{}{marker}{}", MARKER.0, MARKER.1);
        reply.body = text.replace(&mark(&before), &mark(&now)).into_bytes();
        return;
    }
    // What a blob holds is the log's; only its way is the service's.
    if asked.target.starts_with(STORE) {
        return;
    }
    let Ok(mut value) = serde_json::from_slice::<Value>(&reply.body) else { return };
    let bent = match (mishap, value.get(LINK).and_then(Value::as_str)) {
        (Mishap::RepeatedLink, Some(_)) => Some(own),
        (Mishap::Cycle, Some(_)) => Some(without(&own, "$skiptoken")),
        (Mishap::Elsewhere(origin), Some(link)) => Some(elsewhere(link, origin)),
        _ => None,
    };
    let is_bent = bent.map(|link| value[LINK] = link.into()).is_some();
    if change_json(mishap, &mut value) || is_bent {
        reply.body = value.to_string().into_bytes();
    }
}

/// Changes an answer of the workspace or a list of the feed; whether there was anything to change.
fn change_json(mishap: &Mishap, value: &mut Value) -> bool {
    if matches!(mishap, Mishap::ErrorInside) && value.is_object() {
        value["error"] =
            json!({"code": "PartialError", "message": "There were some errors when processing your query."});
        return true;
    }
    let list = match value {
        Value::Array(_) => Some(&mut *value),
        Value::Object(members) if members.contains_key("value") => members.get_mut("value"),
        _ => value.pointer_mut("/tables/0/rows"),
    };
    match (mishap, list) {
        // Rows of events, not of counts: a service that loses the same everywhere cannot be found out.
        (Mishap::Lose(_), Some(Value::Array(list))) if is_count(list) => false,
        (Mishap::Lose(count), Some(Value::Array(list))) => {
            list.truncate(list.len().saturating_sub(*count as usize));
            true
        }
        (Mishap::Scrap, Some(Value::Array(list))) => {
            list.push(json!(7));
            true
        }
        (Mishap::Reverse, Some(Value::Array(list))) => {
            list.reverse();
            true
        }
        (Mishap::NullValue, Some(list)) => {
            *list = Value::Null;
            true
        }
        _ => false,
    }
}

/// Whether a workspace's rows are counts of stretches of time: they have a few columns, events have dozens.
fn is_count(rows: &[Value]) -> bool {
    rows.first().and_then(Value::as_array).is_some_and(|cells| cells.len() < 6)
}

/// The marker of a listing that goes on.
fn marker(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once(MARKER.0)?;
    rest.split_once(MARKER.1).map(|(marker, _)| marker.to_owned()).filter(|marker| !marker.is_empty())
}

fn with_marker(target: &str, marker: &str) -> String {
    let marker: String = form_urlencoded::byte_serialize(marker.as_bytes()).collect();
    format!("{}&marker={marker}", without(target, "marker"))
}

/// An address without one of its options; it keeps a `?`.
fn without(address: &str, name: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let is_kept = |part: &&str| part.split('=').next().is_none_or(|key| !key.eq_ignore_ascii_case(name));
    format!("{path}?{}", query.split('&').filter(is_kept).collect::<Vec<_>>().join("&"))
}

fn option(target: &str, name: &str) -> Option<String> {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_a_listing_are_told_apart_by_their_marker() {
        let body = b"<EnumerationResults><NextMarker>2!3</NextMarker></EnumerationResults>";
        assert_eq!(marker(body).as_deref(), Some("2!3"));
        assert_eq!(marker(b"<EnumerationResults><NextMarker></NextMarker></EnumerationResults>"), None);
        assert_eq!(with_marker("/store/x?comp=list&marker=2!0", "2!3"), "/store/x?comp=list&marker=2%213");
        assert_eq!(option("/store/x?marker=2%213", "marker").as_deref(), Some("2!3"));
    }

    #[test]
    fn answers_and_lists_are_changed_and_nothing_else() {
        let row = json!([1, 2, 3, 4, 5, 6]);
        let mut answer = json!({"tables": [{"rows": [row, row]}]});
        assert!(change_json(&Mishap::Lose(1), &mut answer) && change_json(&Mishap::ErrorInside, &mut answer));
        assert_eq!(answer["tables"][0]["rows"], json!([row]));
        assert!(!change_json(&Mishap::Lose(1), &mut json!({"tables": [{"rows": [[1, 2, 3]]}]})));
        assert_eq!(answer["error"]["code"], "PartialError");
        let mut list = json!([1]);
        assert!(change_json(&Mishap::Scrap, &mut list) && list == json!([1, 7]));
        assert!(!change_json(&Mishap::Bom, &mut list) && !change_json(&Mishap::Lose(1), &mut json!({"id": 1})));
    }
}
