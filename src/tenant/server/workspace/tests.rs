//! The query API as a client meets it.

use hyper::Method;
use serde_json::{Value, json};
use time::macros::datetime;

use super::super::answer::Tenant;
use super::super::reply::Reply;
use super::super::services::Asked;
use crate::clock::Clock;
use crate::tenant::{Limits, Routing, TenantSettings};

struct Desk {
    tenant: Tenant,
    token: String,
    path: String,
}

impl Desk {
    fn new(change: impl FnOnce(&mut TenantSettings)) -> Self {
        let mut settings = TenantSettings { audits: 200, ..TenantSettings::demo(datetime!(2026-09-15 12:00 UTC)) };
        change(&mut settings);
        let tenant = Tenant::new(settings);
        let now_s = Clock::System.now().unix_timestamp();
        let token = format!("Bearer {}", tenant.login.issue("https://api.loganalytics.io", "a", now_s));
        let path = format!("/v1/workspaces/{}/query", super::id(tenant.logs.world()));
        Self { tenant, token, path }
    }

    fn send(&self, path: &str, body: &str, header: &dyn Fn(&str) -> Option<String>) -> Reply {
        let asked =
            Asked { method: &Method::POST, target: path, origin: "http://127.0.0.1", body: body.as_bytes(), header };
        match super::answer(&self.tenant, &asked) {
            Ok(reply) => reply,
            Err(fault) => Reply::plain_json(fault.status, fault.body("", "", "")),
        }
    }

    fn ask(&self, query: &str) -> (u16, Value) {
        let reply = self.send(&self.path, &json!({"query": query}).to_string(), &|name| match name {
            "authorization" => Some(self.token.clone()),
            "content-type" => Some("application/json".to_owned()),
            _ => None,
        });
        (reply.status, serde_json::from_slice(&reply.body).unwrap())
    }

    /// The rows of an answer.
    fn rows(&self, query: &str) -> Vec<Value> {
        let (status, body) = self.ask(query);
        assert_eq!(status, 200, "{body}");
        body["tables"][0]["rows"].as_array().unwrap().clone()
    }
}

#[test]
fn counts_rows_and_bins_agree() {
    let desk = Desk::new(|_| {});
    assert_eq!(desk.rows("AuditLogs | count"), [json!([200])]);
    assert_eq!(desk.rows("AuditLogs").len(), 200);
    assert_eq!(desk.rows("AuditLogs | take 3").len(), 3);
    let bins = desk.rows("AuditLogs | summarize N=count(), B=sum(_BilledSize) by At=bin(ActivityDateTime, 6h)");
    assert_eq!(bins.iter().map(|row| row[1].as_u64().unwrap()).sum::<u64>(), 200);
    assert!(bins.len() > 20 && bins.iter().all(|row| row[2].as_f64().unwrap() > 0.0));
    let half = "datetime(2026-09-12T12:00:00Z)";
    let split = [">=", "<"].map(|sign| desk.rows(&format!("AuditLogs | where ActivityDateTime {sign} {half}")).len());
    assert!(split[0] > 0 && split[1] > 0 && split[0] + split[1] == 200);
    // Some rows are made later than their event, none earlier.
    let made = desk.rows(&format!("AuditLogs | where TimeGenerated >= {half}")).len();
    assert!(made >= split[0]);
}

#[test]
fn rows_are_in_the_order_that_is_asked_for() {
    let desk = Desk::new(|_| {});
    for (column, order) in [("TimeGenerated", "asc"), ("ActivityDateTime", "asc"), ("ActivityDateTime", "desc")] {
        let (_, body) = desk.ask(&format!("AuditLogs | order by {column} {order}"));
        let table = &body["tables"][0];
        let at = table["columns"].as_array().unwrap().iter().position(|one| one["name"] == column).unwrap();
        let mut times: Vec<&str> =
            table["rows"].as_array().unwrap().iter().map(|row| row[at].as_str().unwrap()).collect();
        if order == "desc" {
            times.reverse();
        }
        assert!(times.is_sorted(), "{column} {order}");
    }
}

#[test]
fn a_union_leaves_out_the_tables_that_are_not_there() {
    let desk = Desk::new(|settings| settings.routing = Routing::demo());
    let legs =
        "(AuditLogs | summarize N=count() | extend T='a'), (ADFSSignInLogs | summarize N=count() | extend T='b')";
    assert_eq!(desk.rows(&format!("union isfuzzy=true {legs}")), [json!([200, "a"])]);
    assert_eq!(desk.ask(&format!("union {legs}")).0, 400);
    assert_eq!(desk.ask("union isfuzzy=true (Nothing | count)").0, 400);
}

#[test]
fn what_is_too_much_is_cut_off_and_says_so() {
    let desk = Desk::new(|settings| settings.page_max = Some(10));
    let (status, body) = desk.ask("AuditLogs");
    assert_eq!((status, body["tables"][0]["rows"].as_array().unwrap().len()), (200, 10));
    assert_eq!(body["error"]["code"], "PartialError");
    assert!(desk.ask("AuditLogs | take 10").1.get("error").is_none());
}

#[test]
fn every_refusal_is_the_documented_one() {
    let desk = Desk::new(|settings| settings.routing = Routing::demo());
    let query = json!({"query": "AuditLogs | count"}).to_string();
    let with = |path: &str, token: Option<&str>, kind: Option<&str>| {
        let reply = desk.send(path, &query, &|name| match name {
            "authorization" => token.map(str::to_owned),
            "content-type" => kind.map(str::to_owned),
            _ => None,
        });
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        (reply.status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    let (token, kind) = (Some(desk.token.as_str()), Some("application/json; charset=utf-8"));
    assert_eq!(with(&desk.path, token, kind), (200, String::new()));
    assert_eq!(with(&desk.path, None, kind), (401, "AuthenticationFailed".to_owned()));
    assert_eq!(with(&desk.path, Some("Bearer x.y.z"), kind), (401, "InvalidAuthenticationToken".to_owned()));
    assert_eq!(with("/v1/workspaces/x/query", token, kind), (404, "PathNotFoundError".to_owned()));
    let resource = format!(
        "/v1/SUBSCRIPTIONS/{}/resourcegroups/rg-security/providers/microsoft.operationalinsights/workspaces/law-alderwood/query",
        desk.tenant.logs.world().named_id("subscription")
    );
    assert_eq!(with(&resource, token, kind), (200, String::new()));
    let empty = desk.send(&desk.path, &query, &|name| token.filter(|_| name == "authorization").map(str::to_owned));
    assert_eq!((empty.status, empty.body.len()), (200, 0));
    for (query, code) in [
        ("ADFSSignInLogs", "SemanticError"),
        ("auditlogs", "SemanticError"),
        ("AuditLogs | where Nothing >= datetime(2026-01-01)", "SemanticError"),
        ("AuditLogs | project Id", "SyntaxError"),
    ] {
        let (status, body) = desk.ask(query);
        assert_eq!((status, &body["error"]["code"]), (400, &"BadArgumentError".into()), "{query}");
        assert_eq!(body["error"]["innererror"]["code"], code, "{query}");
    }
    let denied = Desk::new(|settings| settings.denied.push("Log Analytics Reader".to_owned()));
    assert_eq!(denied.ask("AuditLogs").1["error"]["code"], "InsufficientAccessError");
}

#[test]
fn two_hundred_questions_in_half_a_minute_are_enough() {
    let desk = Desk::new(|settings| settings.limits = Limits::Published);
    let refused = (0..210).filter(|_| desk.ask("AuditLogs | take 1").0 == 429).count();
    assert_eq!(refused, 10);
}
