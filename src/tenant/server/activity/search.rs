//! Purview's audit search of the tenant, on its Graph side.
//!
//! A search is named by its window, so nothing is kept but how often it was looked at: the first look finds it running.
//! Source: graph/api/security-auditcoreroot-post-auditlogqueries, resources/security-auditlogrecord.

use std::sync::PoisonError;

use hyper::Method;
use serde_json::{Value, json};

use super::super::super::instant::{self, SECOND, Ticks};
use super::super::super::world::{guid_of, guid_text};
use super::super::answer::Tenant;
use super::super::fault::Fault;
use super::super::reply::Reply;
use super::super::services::Asked;
use crate::clock::Clock;

/// Path of the searches.
pub(in super::super) const SEARCHES: &str = "/v1.0/security/auditLog/queries";
/// Records of a page.
const PAGE_RECORDS: u64 = 150;
/// Searches whose looks are counted at the same time.
const LOOKS_MAX: usize = 64;

/// Answers a request.
pub(in super::super) fn answer(tenant: &Tenant, asked: &Asked<'_>) -> Result<Reply, Fault> {
    let check = tenant.login.check((asked.header)("authorization").as_deref(), Clock::System.now().unix_timestamp());
    check.map_err(Fault::unauthenticated)?;
    if tenant.settings.denied.iter().any(|denied| denied == "AuditLogsQuery.Read.All") {
        return Err(Fault::denied());
    }
    let (path, query) = asked.target.split_once('?').unwrap_or((asked.target, ""));
    let rest = path.strip_prefix(SEARCHES).unwrap_or_default().trim_start_matches('/');
    match (asked.method, rest.split_once('/').unwrap_or((rest, ""))) {
        (&Method::POST, ("", "")) => begin(asked.body),
        (&Method::GET, (id, "")) if !id.is_empty() => look(tenant, id),
        (&Method::GET, (id, "records")) => records(tenant, asked, id, query),
        _ => Err(Fault::unknown_path()),
    }
}

fn begin(body: &[u8]) -> Result<Reply, Fault> {
    let search: Value = serde_json::from_slice(body).map_err(|_| Fault::bad_request("The body is not JSON."))?;
    let time = |name: &str| search.get(name).and_then(Value::as_str).and_then(instant::parse);
    let (Some(since), Some(until)) = (time("filterStartDateTime"), time("filterEndDateTime")) else {
        return Err(Fault::bad_request("filterStartDateTime and filterEndDateTime are required."));
    };
    let second = |at: Ticks| u128::from(u64::try_from(at.div_euclid(SECOND)).unwrap_or_default());
    let id = guid_text(second(since) << 64 | second(until));
    let made = json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#security/auditLog/queries/$entity",
        "id": id,
        "displayName": search.get("displayName"),
        "filterStartDateTime": search.get("filterStartDateTime"),
        "filterEndDateTime": search.get("filterEndDateTime"),
        "status": "notStarted",
    });
    Ok(Reply { status: 201, ..Reply::json(made.to_string().into_bytes()) })
}

/// The window that a search is named by.
fn window(id: &str) -> Result<(Ticks, Ticks), Fault> {
    let bits = guid_of(id).ok_or_else(|| Fault::not_found("ResourceNotFound"))?;
    let ticks =
        |seconds: u128| Ticks::try_from(seconds & u128::from(u64::MAX)).unwrap_or_default().saturating_mul(SECOND);
    Ok((ticks(bits >> 64), ticks(bits)))
}

fn look(tenant: &Tenant, id: &str) -> Result<Reply, Fault> {
    window(id)?;
    let mut looks = tenant.activity.looks.lock().unwrap_or_else(PoisonError::into_inner);
    if looks.len() >= LOOKS_MAX {
        looks.clear();
    }
    let count = looks.entry(id.to_owned()).or_default();
    *count += 1;
    let status = if *count == 1 { "running" } else { "succeeded" };
    Ok(Reply::json(json!({"id": id, "status": status}).to_string().into_bytes()))
}

fn records(tenant: &Tenant, asked: &Asked<'_>, id: &str, query: &str) -> Result<Reply, Fault> {
    let (since, until) = window(id)?;
    let skip = match query.split('&').find_map(|part| part.strip_prefix("$skiptoken=")) {
        None => 0,
        Some(text) => text.parse::<u64>().map_err(|_| Fault::bad_request("Skip token is invalid."))?,
    };
    let log = tenant.logs.microsoft365();
    let range = log.within(since, until);
    let first = range.start.saturating_add(skip).min(range.end);
    let last = first.saturating_add(PAGE_RECORDS).min(range.end);
    let page: Vec<Value> = (first..last).map(|index| around(log.record(index))).collect();
    let mut reply = json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#security/auditLog/queries('search')/records",
        "value": page,
    });
    if last < range.end
        && let Some(members) = reply.as_object_mut()
    {
        let link = format!("{}{SEARCHES}/{id}/records?$skiptoken={}", asked.origin, last - range.start);
        members.insert("@odata.nextLink".to_owned(), link.into());
    }
    Ok(Reply::json(reply.to_string().into_bytes()))
}

/// The record as Graph has it: a summary around `auditData`.
fn around(record: Value) -> Value {
    let kind = match record["RecordType"].as_u64() {
        Some(1) => "exchangeAdmin",
        Some(6) => "sharePointFileOperation",
        Some(8) => "azureActiveDirectory",
        Some(14) => "sharePointSharingOperation",
        Some(15) => "azureActiveDirectoryStsLogon",
        Some(25) => "microsoftTeams",
        _ => "exchangeItemAggregated",
    };
    json!({
        "id": record["Id"],
        "createdDateTime": format!("{}Z", record["CreationTime"].as_str().unwrap_or_default()),
        "auditLogRecordType": kind,
        "operation": record["Operation"],
        "organizationId": record["OrganizationId"],
        "userType": "regular",
        "userId": record["UserKey"],
        "service": record["Workload"],
        "objectId": record["ObjectId"],
        "userPrincipalName": record["UserId"],
        "clientIp": record["ClientIP"],
        "administrativeUnits": [""],
        "auditData": record,
    })
}
