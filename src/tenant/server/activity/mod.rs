//! The Office 365 Management Activity API of the tenant.
//!
//! Takes requests below `/api/v1.0/{tenant}/activity/feed/`, enforces what the documentation says: the tenant's id as a
//! GUID and the token's, content types, windows of at most a day in the last seven, a subscription. Remembers the
//! subscriptions that were started and how often a search was looked at. Source: Management Activity API reference.

mod content;
mod search;

pub(super) use search::{SEARCHES, answer as search};

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use hyper::Method;
use serde_json::{Value, json};

use super::super::logs::CONTENT_TYPES;
use super::super::world::guid_of;
use super::answer::Tenant;
use super::fault::Fault;
use super::reply::Reply;
use super::services::Asked;
use crate::clock::Clock;

/// What changes while the tenant is served.
#[derive(Debug, Default)]
pub(crate) struct State {
    started: Mutex<BTreeSet<&'static str>>,
    looks: Mutex<HashMap<String, u32>>,
}

/// A refusal in this service's shape.
pub(super) struct Refused(u16, &'static str, String);

impl Refused {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self(status, code, message.into())
    }

    fn reply(self) -> Reply {
        let Self(status, code, message) = self;
        Reply::plain_json(status, json!({"error": {"code": code, "message": message}}).to_string().into_bytes())
    }
}

/// A request to the feed.
pub(super) struct Call<'a> {
    tenant: &'a Tenant,
    /// `{origin}/api/v1.0/{tenant}/activity/feed`
    base: String,
    query: HashMap<String, String>,
}

impl Call<'_> {
    fn option(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The content type that is asked for.
    fn content_type(&self) -> Result<(usize, &'static str), Refused> {
        let name = self
            .option("contentType")
            .ok_or_else(|| Refused::new(400, "AF20001", "Missing parameter: contentType."))?;
        let found = CONTENT_TYPES.iter().enumerate().find(|(_, one)| one.eq_ignore_ascii_case(name));
        let (place, name) =
            found.ok_or_else(|| Refused::new(400, "AF20020", "The specified content type is not valid."))?;
        Ok((place, *name))
    }

    fn is_enabled(&self, content_type: &str) -> bool {
        self.tenant.settings.subscriptions.contains(&content_type)
    }
}

/// Answers a request.
pub(super) fn answer(tenant: &Tenant, asked: &Asked<'_>) -> Result<Reply, Fault> {
    let check = tenant.login.check((asked.header)("authorization").as_deref(), Clock::System.now().unix_timestamp());
    check.map_err(Fault::unauthenticated)?;
    let (path, query) = asked.target.split_once('?').unwrap_or((asked.target, ""));
    let mut parts = path.trim_start_matches('/').splitn(6, '/').skip(2);
    let (id, rest) = (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default());
    if !path.contains("/activity/feed/") {
        return Err(Fault::unknown_path());
    }
    let call = Call {
        tenant,
        base: format!("{}/api/v1.0/{id}/activity/feed", asked.origin),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
    };
    Ok(permit(tenant, id).and_then(|()| route(&call, asked.method, rest)).unwrap_or_else(Refused::reply))
}

fn permit(tenant: &Tenant, id: &str) -> Result<(), Refused> {
    if guid_of(id).is_none() {
        return Err(Refused::new(400, "AF20011", "The tenant ID passed in the URL is not a valid GUID."));
    }
    if !id.eq_ignore_ascii_case(&tenant.logs.world().tenant_id()) {
        let message = "The tenant ID passed in the URL does not match the tenant ID passed in the access token.";
        return Err(Refused::new(401, "AF20010", message));
    }
    if tenant.settings.denied.iter().any(|denied| denied == "ActivityFeed.Read") {
        let message =
            "The permission set () sent in the request did not include the expected permission ActivityFeed.Read.";
        return Err(Refused::new(401, "AF10001", message));
    }
    Ok(())
}

fn route(call: &Call<'_>, method: &Method, rest: &str) -> Result<Reply, Refused> {
    match (method, rest) {
        (&Method::GET, "subscriptions/list") => Ok(list(call)),
        (&Method::POST, "subscriptions/start") => start(call),
        (&Method::GET, "subscriptions/content") => content::list(call),
        (&Method::GET, rest) => match rest.strip_prefix("audit/") {
            Some(id) => content::blob(call, id),
            None => Err(Refused::new(404, "AF20001", "The requested operation does not exist.")),
        },
        _ => Err(Refused::new(405, "AF20002", "The method is not allowed.")),
    }
}

fn subscription(content_type: &str) -> Value {
    json!({"contentType": content_type, "status": "enabled", "webhook": null})
}

fn list(call: &Call<'_>) -> Reply {
    let started = call.tenant.activity.started.lock().unwrap_or_else(PoisonError::into_inner);
    let enabled = CONTENT_TYPES.iter().filter(|one| call.is_enabled(one) || started.contains(*one));
    let all: Vec<Value> = enabled.map(|one| subscription(one)).collect();
    Reply::plain_json(200, Value::from(all).to_string().into_bytes())
}

fn start(call: &Call<'_>) -> Result<Reply, Refused> {
    let (_, content_type) = call.content_type()?;
    let mut started = call.tenant.activity.started.lock().unwrap_or_else(PoisonError::into_inner);
    if call.is_enabled(content_type) || !started.insert(content_type) {
        return Err(Refused::new(400, "AF20024", "The subscription is already enabled. No property change."));
    }
    Ok(Reply::plain_json(200, subscription(content_type).to_string().into_bytes()))
}
