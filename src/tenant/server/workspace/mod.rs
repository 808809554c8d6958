//! The Log Analytics query API of the tenant's workspace.
//!
//! Takes `POST /v1/workspaces/{id}/query` or `POST /v1{resource id}/query` with a query in a part of KQL, gives rows
//! computed from the logs that diagnostic settings send here. Limits as published: 500,000 rows, about 100 MB, and with
//! limits on five questions at a time and 200 in 30 s. Whatever is cut off comes as 200 with `PartialError`, and without
//! the right content type comes 200 with nothing, both as documented. One token serves all services of the tenant, so the
//! audience is not looked at.
//! Source: <https://learn.microsoft.com/azure/azure-monitor/logs/api/errors>, `/response-format`, service-limits.

mod answer;
mod evaluate;
mod lexer;
mod parser;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::answer::Tenant;
use super::fault::Fault;
use super::reply::Reply;
use super::services::Asked;
use crate::catalog::Throttle;
use crate::clock::Clock;
use crate::tenant::Limits;
use crate::tenant::world::World;

/// Questions that are worked on at the same time.
const AT_ONCE_MAX: usize = 5;
/// What a reader of the workspace needs; a tenant that denies it has not given the role.
const ROLE: &str = "Log Analytics Reader";

/// How many questions are being worked on.
#[derive(Debug, Default)]
pub(super) struct Desk(AtomicUsize);

struct Seat<'a>(&'a Desk);

impl Desk {
    /// A seat, and how many are taken with it.
    fn sit(&self) -> (Seat<'_>, usize) {
        let before = self.0.fetch_add(1, Ordering::SeqCst);
        (Seat(self), before + 1)
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The workspace's id, as `--workspace` takes it.
pub(super) fn id(world: &World) -> String {
    world.named_id("workspace")
}

/// Answers a request.
pub(super) fn answer(tenant: &Tenant, asked: &Asked<'_>) -> Result<Reply, Fault> {
    let authorization = (asked.header)("authorization");
    if let Err(message) = tenant.login.check(authorization.as_deref(), Clock::System.now().unix_timestamp()) {
        return Ok(refuse_sign_in(authorization.is_none(), message));
    }
    let path = asked.target.split('?').next().unwrap_or_default();
    if *asked.method != Method::POST || !is_here(tenant, path) {
        return Ok(refuse(404, "PathNotFoundError", "The requested path does not exist", None));
    }
    if tenant.settings.denied.iter().any(|denied| denied == ROLE) {
        let message = "The provided credentials have insufficient access to perform the requested operation";
        return Ok(refuse(403, "InsufficientAccessError", message, None));
    }
    let (_seat, seats) = tenant.desk.sit();
    if tenant.settings.limits != Limits::Off && seats > AT_ONCE_MAX {
        let mut reply = refuse(429, "ThrottledError", "Too many queries at the same time. Try again later.", None);
        reply.headers.push(("retry-after", "1".to_owned()));
        return Ok(reply);
    }
    tenant.throttle.admit(Some(Throttle::Workspace), 1, Instant::now())?;
    if !(asked.header)("content-type").is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json")) {
        return Ok(Reply::plain_json(200, Vec::new()));
    }
    let body: Value = serde_json::from_slice(asked.body).unwrap_or_default();
    let Some(text) = body["query"].as_str() else {
        return Ok(bad("SyntaxError", "The query is missing."));
    };
    Ok(match parser::parse(text).and_then(|query| evaluate::Evaluation { tenant }.answer(&query)) {
        Ok(body) => Reply::plain_json(200, body),
        Err(parser::Refused::Syntax(message)) => bad("SyntaxError", &message),
        Err(parser::Refused::Semantic(message)) => bad("SemanticError", &message),
    })
}

fn is_here(tenant: &Tenant, path: &str) -> bool {
    let world = tenant.logs.world();
    let own = format!("/v1/workspaces/{}/query", id(world));
    let subscription = world.named_id("subscription");
    let resource = format!(
        "/v1/subscriptions/{subscription}/resourceGroups/rg-security/providers/Microsoft.OperationalInsights/workspaces/law-alderwood/query"
    );
    path.eq_ignore_ascii_case(&own) || path.eq_ignore_ascii_case(&resource)
}

fn refuse(status: u16, code: &str, message: &str, inner: Option<Value>) -> Reply {
    let mut error = json!({"message": message, "code": code});
    if let (Some(inner), Some(members)) = (inner, error.as_object_mut()) {
        members.insert("innererror".to_owned(), inner);
    }
    Reply::plain_json(status, json!({"error": error}).to_string().into_bytes())
}

fn refuse_sign_in(is_missing: bool, message: &str) -> Reply {
    let (code, message) = match is_missing {
        true => ("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."),
        false => ("InvalidAuthenticationToken", message),
    };
    refuse(401, code, message, None)
}

/// A query that cannot be understood, or names what is not there.
fn bad(code: &str, message: &str) -> Reply {
    let general = if code == "SyntaxError" { "Syntax Error" } else { "A semantic error occurred." };
    let inner = json!({"code": code, "message": general, "innererror": {"code": "SEM0100", "message": message}});
    refuse(400, "BadArgumentError", "The request had some invalid properties", Some(inner))
}
