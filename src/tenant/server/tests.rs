//! The server as a client meets it: real HTTP over loopback.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::{Value, json};
use time::macros::datetime;

use super::*;
use crate::tenant::documents::{Documents, Version, list};
use crate::tenant::logs::{Log, Logs};
use crate::tenant::{Licence, Limits, TenantSettings};

fn settings() -> TenantSettings {
    TenantSettings { sign_ins: 2_300, audits: 1_250, ..TenantSettings::demo(datetime!(2026-09-10 12:00 UTC)) }
}

/// A served tenant and a client that opens one connection for each request.
pub(super) struct Served {
    pub(super) running: Running,
    _runtime: tokio::runtime::Runtime,
}

pub(super) struct Got {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Got {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.head))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Served {
    pub(super) fn new(settings: TenantSettings) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let running = runtime.block_on(serve(settings, listener)).unwrap();
        Self { running, _runtime: runtime }
    }

    pub(super) fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Got {
        let address = self.running.graph_url.strip_prefix("http://").unwrap();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let mut request = format!(
            "{method} {} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n",
            target.replace(' ', "%20"),
            body.len()
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{request}\r\n{body}").as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = memchr::memmem::find(&bytes, b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        Got { status: head[9..12].parse().unwrap(), body: bytes[end + 4..].to_vec(), head }
    }

    pub(super) fn get_with(&self, target: &str, headers: &[(&str, &str)]) -> Got {
        let bearer = format!("Bearer {}", self.running.token);
        let headers: Vec<_> = [("Authorization", bearer.as_str())].into_iter().chain(headers.iter().copied()).collect();
        self.send("GET", target, &headers, "")
    }

    pub(super) fn get(&self, target: &str) -> Got {
        self.get_with(target, &[])
    }

    /// All records of a list, and how many pages it took.
    fn walk(&self, target: &str, headers: &[(&str, &str)]) -> (Vec<Value>, usize) {
        let (mut records, mut pages, mut target) = (Vec::new(), 0, target.to_owned());
        loop {
            let got = self.get_with(&target, headers);
            assert_eq!(got.status, 200, "{target}: {}", String::from_utf8_lossy(&got.body));
            let mut page = got.json();
            pages += 1;
            records.append(page["value"].as_array_mut().unwrap());
            match page["@odata.nextLink"].as_str() {
                None => return (records, pages),
                Some(link) => target = link.strip_prefix(&self.running.graph_url).unwrap().to_owned(),
            }
        }
    }
}

const BETA_SIGN_INS: &str = "/beta/auditLogs/signIns?$filter=signInEventTypes/any(t: t eq 'servicePrincipal')";

fn id(record: &Value) -> String {
    record["id"].as_str().or(record["transactionId"].as_str()).unwrap().to_owned()
}

#[test]
fn every_list_gives_all_records_once_at_every_page_size() {
    let served = Served::new(settings());
    let logs = Logs::new(&settings());
    for log in Log::ALL {
        let target = match log {
            Log::SignIns(kind) => {
                format!("/beta/auditLogs/signIns?$filter=signInEventTypes/any(t: t eq '{}')", kind.event_type())
            }
            log => match log.path() {
                Some(path) => format!("/beta{path}?x=1"),
                None => continue, // Azure Monitor alone has it
            },
        };
        for top in [7, 100, 400] {
            let (records, pages) = served.walk(&format!("{target}&$top={top}"), &[]);
            let ids: HashSet<_> = records.iter().map(id).collect();
            assert_eq!(
                (records.len() as u64, ids.len() as u64),
                (logs.count(log), logs.count(log)),
                "{}",
                log.dataset()
            );
            let most = if log == Log::AttributeAudits { top.min(100) } else { top };
            assert_eq!(pages as u64, logs.count(log).div_ceil(most).max(1), "{}", log.dataset());
        }
    }
    let lists = [
        "/users",
        "/groups",
        "/devices",
        "/applications",
        "/servicePrincipals",
        "/contacts",
        "/oauth2PermissionGrants",
        "/roleManagement/directory/roleAssignments",
        "/roleManagement/directory/roleDefinitions",
        "/identity/conditionalAccess/policies",
        "/identity/conditionalAccess/namedLocations",
        "/directory/administrativeUnits",
        "/directory/deletedItems/microsoft.graph.user",
    ];
    for path in lists {
        let Some(Documents::Collection { count, .. }) = list(logs.world(), Version::V1, path) else { panic!("{path}") };
        for top in [3, 999] {
            let (records, pages) = served.walk(&format!("/v1.0{path}?$top={top}"), &[]);
            assert_eq!((records.len() as u64, pages as u64), (count, count.div_ceil(top).max(1)), "{path}");
        }
    }
}

#[test]
fn windows_cut_a_log_without_loss() {
    let served = Served::new(settings());
    let day = |n: u8| format!("2026-09-{n:02}T00:00:00Z");
    for (target, lower, upper) in [
        ("/v1.0/auditLogs/directoryAudits?$filter=activityDateTime", "ge", "le"),
        ("/v1.0/auditLogs/provisioning?$top=50&$filter=activityDateTime", "gt", "lt"),
    ] {
        let mut ids = HashSet::new();
        let property = "activityDateTime";
        for from in 4..=10 {
            let (records, _) =
                served.walk(&format!("{target} {lower} {} and {property} {upper} {}", day(from), day(from + 1)), &[]);
            for record in &records {
                let at = record[property].as_str().unwrap();
                assert!(at > day(from).as_str() && at < day(from + 1).as_str());
                assert!(ids.insert(id(record)));
            }
        }
        let all = if lower == "ge" { 1_250 } else { 60 + 1_250 / 4 };
        assert_eq!(ids.len(), all);
    }
}

#[test]
fn undocumented_operators_are_ignored_or_refused() {
    let served = Served::new(settings());
    let none = "/v1.0/auditLogs/signIns?$top=5&$filter=createdDateTime gt 2030-01-01T00:00:00Z";
    assert_eq!(served.get(none).json()["value"].as_array().unwrap().len(), 5);
    for refused in [
        "/v1.0/auditLogs/provisioning?$top=5&$filter=activityDateTime ge 2026-09-01T00:00:00Z",
        "/v1.0/auditLogs/signIns?$filter=createdDateTime ge '2026-09-01T00:00:00Z'",
        "/v1.0/auditLogs/signIns?$filter=createdDateTime ge 2026-01-01T00:00:00Z",
        "/v1.0/auditLogs/signIns?$filter=signInEventTypes/any(t: t eq 'interactiveUser')",
        "/v1.0/auditLogs/signIns?$filter=nonsense eq 'x'",
        "/v1.0/auditLogs/signIns?$filter=endswith(userPrincipalName,'x')",
        "/v1.0/auditLogs/signIns?$skip=5",
        "/v1.0/users?$filter=nonsense eq 'x'",
        "/v1.0/users?$filter=displayName ne 'x'",
        "/v1.0/policies/roleManagementPolicies",
    ] {
        assert_eq!(served.get(refused).status, 400, "{refused}");
    }
}

#[test]
fn page_sizes_are_the_documented_ones() {
    let served = Served::new(settings());
    let length = |target: &str| served.get(target).json()["value"].as_array().unwrap().len();
    assert_eq!(length("/v1.0/auditLogs/signIns"), 1_000);
    assert_eq!(length("/v1.0/auditLogs/signIns?$top=5000"), 1_000);
    assert_eq!(length("/v1.0/users"), 100);
    assert_eq!(length("/v1.0/identityProtection/riskDetections"), 9);
    assert_eq!(length("/beta/auditLogs/customSecurityAttributeAudits"), 86);
    for refused in [
        "/v1.0/users?$top=1000",
        "/v1.0/users?$select=id,signInActivity&$top=501",
        "/v1.0/identityProtection/riskDetections?$top=501",
        "/v1.0/directoryRoles?$top=5",
        "/v1.0/users?$skip=3",
    ] {
        assert_eq!(served.get(refused).status, 400, "{refused}");
    }
    let untopped = served.get("/v1.0/auditLogs/provisioning").json();
    assert_eq!((untopped["value"].as_array().unwrap().len(), untopped.get("@odata.nextLink")), (100, None));
    assert!(served.get("/v1.0/auditLogs/provisioning?$top=100").json().get("@odata.nextLink").is_some());
    let (messages, pages) =
        served.walk("/v1.0/admin/serviceAnnouncement/messages", &[("Prefer", "odata.maxpagesize=1")]);
    assert_eq!(messages.len(), pages);
}

#[test]
fn options_shape_the_records() {
    let served = Served::new(settings());
    let user = &served.get("/v1.0/users?$top=1&$select=displayName").json()["value"][0];
    assert_eq!(user.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "displayName"]);
    assert!(served.get("/v1.0/users?$top=1").json()["value"][0].get("proxyAddresses").is_none());
    let assignments = "/v1.0/roleManagement/directory/roleAssignments";
    assert!(served.get(assignments).json()["value"][0].get("principal").is_none());
    assert!(served.get(&format!("{assignments}?$expand=principal")).json()["value"][0]["principal"]["id"].is_string());
    assert_eq!(served.get("/v1.0/users?$expand=nonsense&$top=1").status, 400);
    let counted = served.get_with("/v1.0/users?$count=true&$top=1", &[("ConsistencyLevel", "eventual")]).json();
    assert_eq!(counted["@odata.count"], 120);
    assert!(served.get("/v1.0/users?$count=true&$top=1").json().get("@odata.count").is_none());
    let named = served.get("/v1.0/users?$filter=startswith(displayName,'Rose')&$select=displayName").json();
    assert!(named["value"].as_array().unwrap().iter().any(|user| user["displayName"] == "Rose Hill"));
    let oldest = served.get("/beta/auditLogs/signIns?$orderby=createdDateTime&$top=2").json();
    assert!(oldest["value"][0]["createdDateTime"].as_str() < oldest["value"][1]["createdDateTime"].as_str());
    let slim = served.get(&format!("{BETA_SIGN_INS}&$select=appId&$top=1")).json();
    assert_eq!(slim["value"][0].as_object().unwrap().len(), 1);
}

#[test]
fn kinds_of_sign_ins_merge_newest_first() {
    let served = Served::new(settings());
    let both = "/beta/auditLogs/signIns?$top=900&$filter=signInEventTypes/any(t: t eq 'servicePrincipal' or t eq 'managedIdentity')";
    let (records, pages) = served.walk(both, &[]);
    assert_eq!((records.len(), pages), (4_600, 6));
    let instants: Vec<&str> = records.iter().map(|record| record["createdDateTime"].as_str().unwrap()).collect();
    assert!(instants.is_sorted_by(|a, b| a >= b));
    let ne = "/beta/auditLogs/signIns?$top=1&$filter=signInEventTypes/any(t: t ne 'interactiveUser')";
    assert_ne!(served.get(ne).json()["value"][0]["signInEventTypes"][0], "interactiveUser");
    let failed = "/beta/auditLogs/signIns?$filter=status/errorCode eq 53003 and conditionalAccessStatus eq 'failure'";
    let (records, _) = served.walk(failed, &[]);
    assert!(records.len() > 20 && records.iter().all(|record| record["status"]["errorCode"] == 53_003));
}

#[test]
fn single_records_and_counts() {
    let served = Served::new(settings());
    let first = served.get("/v1.0/auditLogs/directoryAudits?$top=1").json()["value"][0].clone();
    let mut again = served.get(&format!("/v1.0/auditLogs/directoryAudits/{}", id(&first))).json();
    assert!(again["@odata.context"].as_str().unwrap().ends_with("$entity"));
    again.as_object_mut().unwrap().remove("@odata.context");
    assert_eq!(again, first);
    assert_eq!(served.get("/v1.0/auditLogs/signIns/00000000-0000-4000-8000-000000000000").status, 404);
    let eventual = [("ConsistencyLevel", "eventual")];
    assert_eq!(served.get_with("/v1.0/users/$count", &eventual).body, b"120");
    assert_eq!(served.get("/v1.0/users/$count").status, 400);
    assert_eq!(served.get_with("/v1.0/users/$count", &[("Accept", "application/json"), eventual[0]]).status, 415);
    assert_eq!(served.get("/beta/auditLogs/signIns/$count").body, b"2300");
    let risky = served.get("/v1.0/identityProtection/riskyUsers").json()["value"][0].clone();
    assert_eq!(
        served.get(&format!("/v1.0/identityProtection/riskyUsers/{}/history", id(&risky))).json()["value"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert!(
        served.get("/providers/microsoft.aadiam/diagnosticSettings?api-version=2017-04-01-preview").json()["value"]
            .is_array()
    );
}

#[test]
fn tokens_are_asked_for_and_issued() {
    let served = Served::new(TenantSettings { token_lifetime_s: 1_000, ..settings() });
    let refused = served.send("GET", "/v1.0/users", &[("client-request-id", "mine")], "");
    assert_eq!((refused.status, refused.code().as_str()), (401, "InvalidAuthenticationToken"));
    assert!(refused.header("www-authenticate").is_some() && refused.header("client-request-id") == Some("mine"));
    assert_eq!(refused.json()["error"]["innerError"]["client-request-id"], "mine");
    let form =
        "grant_type=client_credentials&client_id=a&client_secret=b&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default";
    let answer = served.send("POST", &format!("/{}/oauth2/v2.0/token", served.running.tenant_id), &[], form).json();
    let bearer = format!("Bearer {}", answer["access_token"].as_str().unwrap());
    assert_eq!(served.send("GET", "/v1.0/organization", &[("Authorization", &bearer)], "").status, 200);
    assert_eq!(answer["expires_in"], 1_000);
    assert_eq!(served.get("/v1.0/nonsense").status, 400);
    assert_eq!(served.send("DELETE", "/v1.0/users", &[("Authorization", &bearer)], "").status, 405);
}

#[test]
fn a_token_of_another_list_and_a_mangled_one_are_refused() {
    let served = Served::new(settings());
    let page = served.get("/v1.0/users?$top=5").json();
    let link = page["@odata.nextLink"].as_str().unwrap().strip_prefix(&served.running.graph_url).unwrap().to_owned();
    assert_eq!(served.get(&link).status, 200);
    assert_eq!(served.get(&link.replace("top=5", "top=6")).code(), "Directory_ExpiredPageToken");
    assert_eq!(served.get(&link.replace("/users", "/groups")).status, 400);
    let mangled = served.get("/v1.0/auditLogs/signIns?$skiptoken=null");
    assert!(mangled.json()["error"]["message"].as_str().unwrap().to_lowercase().contains("skip token is null"));
}

#[test]
fn batches_are_answered_member_by_member() {
    let served = Served::new(TenantSettings { limits: Limits::Published, ..settings() });
    let bearer = format!("Bearer {}", served.running.token);
    let post = |body: &Value| {
        served.send(
            "POST",
            "/v1.0/$batch",
            &[("Authorization", &bearer), ("Content-Type", "application/json")],
            &body.to_string(),
        )
    };
    let requests: Vec<Value> = (0..8)
        .map(|n| json!({"id": n.to_string(), "method": "GET", "url": if n == 7 { "/users?$top=2" } else { "/auditLogs/directoryAudits?$top=1" }}))
        .collect();
    let got = post(&json!({"requests": requests}));
    assert_eq!(got.status, 200);
    let answer = got.json();
    let responses = answer["responses"].as_array().unwrap();
    assert_ne!(responses[0]["id"], "0");
    let with_status = |status: u16| responses.iter().filter(|one| one["status"] == status).collect::<Vec<_>>();
    assert_eq!((with_status(200).len(), with_status(429).len()), (6, 2));
    assert!(with_status(429).iter().all(|one| one["headers"]["Retry-After"].is_string()));
    assert!(responses.iter().any(|one| one["id"] == "7" && one["body"]["value"].as_array().unwrap().len() == 2));
    let many: Vec<Value> = (0..21).map(|n| json!({"id": n.to_string(), "method": "GET", "url": "/users"})).collect();
    assert_eq!(post(&json!({"requests": many})).status, 400);
    assert_eq!(post(&json!({"requests": [many[0], many[0]]})).status, 400);
}

#[test]
fn limits_licences_and_denials_are_enforced() {
    let served = Served::new(TenantSettings { limits: Limits::Published, ..settings() });
    let statuses: Vec<u16> = (0..6).map(|_| served.get("/v1.0/auditLogs/directoryAudits?$top=1").status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
    served.get("/v1.0/identity/conditionalAccess/policies");
    let refused = served.get("/v1.0/identityProtection/riskyUsers");
    assert_eq!((refused.status, refused.header("retry-after")), (429, None));
    assert_eq!(served.get("/v1.0/users?$top=20").header("x-ms-resource-unit"), Some("2"));
    let free =
        Served::new(TenantSettings { licence: Licence::Free, denied: vec!["Group.Read.All".into()], ..settings() });
    assert_eq!(free.get("/v1.0/auditLogs/signIns").code(), "Authentication_RequestFromNonPremiumTenantOrB2CTenant");
    assert_eq!(free.get("/v1.0/users?$select=id,signInActivity").status, 403);
    assert_eq!(free.get("/v1.0/groups").code(), "Authorization_RequestDenied");
    assert_eq!(free.get("/v1.0/auditLogs/directoryAudits?$top=1").status, 200);
}

#[test]
fn replies_are_compressed_on_request_only() {
    let served = Served::new(settings());
    let plain = served.get("/v1.0/auditLogs/signIns?$top=50");
    let packed = served.get_with("/v1.0/auditLogs/signIns?$top=50", &[("Accept-Encoding", "gzip")]);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(packed.body.as_slice()).read_to_end(&mut text).unwrap();
    assert_eq!(text, plain.body);
}

#[test]
fn it_listens_on_loopback_only_and_stops() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let everywhere = TcpListener::bind("0.0.0.0:0").unwrap();
    assert!(matches!(runtime.block_on(serve(settings(), everywhere)), Err(NotServed::NotLoopback)));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    runtime.block_on(async { serve(settings(), listener).await.unwrap().shutdown().await });
    assert!(std::net::TcpStream::connect(address).is_err());
}
