//! `$batch`: up to 20 questions in one request (graph/json-batching).
//!
//! Each member is throttled, refused and answered on its own; the envelope is 200 whatever its members are, and
//! replies come in another order than the questions.

use serde_json::{Map, Value, json};

use super::super::faults::Mishap;
use super::answer::{Ask, Tenant};
use super::fault::Fault;
use super::listen::ask_of;
use super::mishaps::{self, Answered};
use super::reply::{Exchange, Reply};
use crate::limits::BATCH_ITEMS_MAX;

/// Answers an envelope. `outer` gives version, origin and the ids. What goes wrong with a member's reply on its way goes
/// wrong with the envelope.
///
/// # Errors
/// An envelope that is none, or has too many members.
pub(crate) fn answer(tenant: &Tenant, outer: &Ask, exchange: &Exchange, body: &[u8]) -> Result<Answered, Fault> {
    let envelope: Value =
        serde_json::from_slice(body).map_err(|_| Fault::bad_request("Invalid batch payload format."))?;
    let requests = envelope
        .get("requests")
        .and_then(Value::as_array)
        .ok_or_else(|| Fault::bad_request("Invalid batch payload format."))?;
    if requests.is_empty() || requests.len() > BATCH_ITEMS_MAX {
        return Err(Fault::bad_request(format!(
            "Number of batch request steps must be between 1 and {BATCH_ITEMS_MAX}."
        )));
    }
    let ids: std::collections::HashSet<&str> =
        requests.iter().filter_map(|request| request.get("id")?.as_str()).collect();
    if ids.len() != requests.len() {
        return Err(Fault::bad_request("Batch request step IDs must be unique strings."));
    }
    let targets: Vec<String> = requests.iter().map(|request| target(outer, request)).collect();
    let mut mishap = envelope_mishap(tenant, outer, &targets);
    if let Some(outcome) = mishap.as_ref().and_then(|mishap| mishaps::refusal(mishap, 0)) {
        return Ok(outcome.into());
    }
    let (mut responses, mut lost) = (Vec::new(), 0);
    for (place, request) in requests.iter().enumerate() {
        let forced = match &mishap {
            Some(Mishap::Batch(statuses)) => {
                statuses.get(place % statuses.len()).copied().filter(|status| *status >= 300)
            }
            Some(Mishap::BatchLoses(most)) if lost < *most => {
                lost += 1;
                continue;
            }
            _ => None,
        };
        let (response, on_its_way) = member(tenant, outer, exchange, request, forced);
        responses.push(response);
        mishap = mishap.or(on_its_way);
    }
    let turn = responses.len() / 3;
    responses.rotate_left(turn);
    if matches!(mishap, Some(Mishap::Batch(_))) {
        responses.reverse();
    }
    let outcome = Ok(Reply::json(json!({"responses": responses}).to_string().into_bytes()));
    Ok(Answered { outcome, mishap })
}

/// Path and query of a member with version in front.
fn target(outer: &Ask, request: &Value) -> String {
    let url = request.get("url").and_then(Value::as_str).unwrap_or_default();
    format!("/{}/{}", outer.version_text(), url.trim_start_matches('/'))
}

fn envelope_mishap(tenant: &Tenant, outer: &Ask, targets: &[String]) -> Option<Mishap> {
    if tenant.faults.is_empty() {
        return None;
    }
    let own = format!("/{}/$batch", outer.version_text());
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    tenant.faults.draw(&targets, Some(&own), 0)
}

fn member(
    tenant: &Tenant,
    outer: &Ask,
    exchange: &Exchange,
    request: &Value,
    forced: Option<u16>,
) -> (Value, Option<Mishap>) {
    let text = |name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default();
    let header = |name: &str| {
        let headers = request.get("headers").and_then(Value::as_object)?;
        headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .and_then(|(_, value)| value.as_str())
            .map(str::to_owned)
    };
    let target = text("url");
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    let Answered { outcome, mishap } = if let Some(status) = forced {
        Err(Fault::new(status, "UnknownError", "")).into()
    } else if !text("method").eq_ignore_ascii_case("GET") {
        Err(Fault::new(405, "Request_BadRequest", "Only GET is served.")).into()
    } else if target.contains("$batch") {
        Err(Fault::bad_request("A batch cannot hold a batch.")).into()
    } else {
        let whole = format!("/{}{target}", outer.version_text());
        match ask_of(outer.version, &target, &outer.origin, outer.came, header) {
            Ok(ask) => tenant.answer_planned(&ask, &whole, None),
            Err(fault) => Err(fault).into(),
        }
    };
    let reply = exchange.reply(outcome);
    let mut headers = Map::new();
    headers.insert("Content-Type".to_owned(), Value::from(reply.content_type.as_ref()));
    headers.extend(reply.headers.into_iter().map(|(name, value)| (canonical(name), Value::from(value))));
    let body =
        serde_json::from_slice(&reply.body).unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&reply.body)));
    (json!({"id": text("id"), "status": reply.status, "headers": headers, "body": body}), mishap)
}

/// `retry-after` as `Retry-After`: header names in a batch reply have capitals.
fn canonical(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    words.collect::<Vec<_>>().join("-")
}
