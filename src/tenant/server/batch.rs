//! `$batch`: up to 20 questions in one request (graph/json-batching).
//!
//! Each member is throttled, refused and answered on its own; the envelope is 200 whatever its members are, and
//! replies come in another order than the questions.

use serde_json::{Map, Value, json};

use super::answer::{Ask, Tenant};
use super::fault::Fault;
use super::listen::ask_of;
use super::reply::{Exchange, Reply};
use crate::limits::BATCH_ITEMS_MAX;

/// Answers an envelope. `outer` gives version, origin and the ids.
///
/// # Errors
/// An envelope that is none, or has too many members.
pub(crate) fn answer(tenant: &Tenant, outer: &Ask, exchange: &Exchange, body: &[u8]) -> Result<Reply, Fault> {
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
    let mut responses: Vec<Value> = requests.iter().map(|request| member(tenant, outer, exchange, request)).collect();
    let turn = responses.len() / 3;
    responses.rotate_left(turn);
    Ok(Reply::json(json!({"responses": responses}).to_string().into_bytes()))
}

fn member(tenant: &Tenant, outer: &Ask, exchange: &Exchange, request: &Value) -> Value {
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
    let outcome = if !text("method").eq_ignore_ascii_case("GET") {
        Err(Fault::new(405, "Request_BadRequest", "Only GET is served."))
    } else if target.contains("$batch") {
        Err(Fault::bad_request("A batch cannot hold a batch."))
    } else {
        ask_of(outer.version, &target, &outer.origin, header).and_then(|ask| tenant.answer(&ask))
    };
    let reply = exchange.reply(outcome);
    let mut headers = Map::new();
    headers.insert("Content-Type".to_owned(), Value::from(reply.content_type));
    headers.extend(reply.headers.into_iter().map(|(name, value)| (canonical(name), Value::from(value))));
    let body =
        serde_json::from_slice(&reply.body).unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&reply.body)));
    json!({"id": text("id"), "status": reply.status, "headers": headers, "body": body})
}

/// `retry-after` as `Retry-After`: header names in a batch reply have capitals.
fn canonical(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    words.collect::<Vec<_>>().join("-")
}
