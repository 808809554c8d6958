//! Audits made for the questions.

use serde_json::{Value, json};

use super::*;
use crate::limits::{ANSWER_LIST_MAX, ANSWER_NAMES_MAX};

fn audit(activity: &str, category: &str, kind: &str, id: &str) -> Value {
    json!({
        "activityDisplayName": activity, "category": category, "result": "success", "initiatedBy": {"user": null, "app": null},
        "targetResources": [{"id": id, "displayName": format!("name of {id}"), "type": kind, "modifiedProperties": []}],
    })
}

fn summed(audits: &[Value]) -> Value {
    let mut summary = Summary::new(&["audits"]);
    let lines: Vec<String> = audits.iter().map(Value::to_string).collect();
    summary.take("audits", lines.join("\n").as_bytes());
    serde_json::from_slice(summary.line().unwrap().bytes()).unwrap()
}

fn answer<'a>(summary: &'a Value, id: &str) -> &'a Value {
    summary["questions"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap()
}

#[test]
fn users_and_passwords_are_counted_once_each_and_failures_apart() {
    let mut failed = audit("Reset user password", "UserManagement", "User", "u3");
    failed["result"] = "failure".into();
    let mut update = audit("Update user", "UserManagement", "User", "u1");
    update["targetResources"][0]["modifiedProperties"] = json!([
        {"displayName": "Mail", "oldValue": "[]", "newValue": "[\"a\"]"}, {"displayName": "Included Updated Properties"},
    ]);
    let reset = audit("Reset user password", "UserManagement", "User", "u1");
    let change = audit("Change user password", "UserManagement", "User", "u2");
    let summary = summed(&[update, reset, change, failed]);
    let users = answer(&summary, "users-changed");
    assert_eq!((&users["entries"], &users["failed"], &users["targets"]["distinct"]), (&json!(3), &json!(1), &json!(2)));
    assert_eq!(users["properties"], json!({"Included Updated Properties": 1, "Mail": 1}));
    assert!(users["targets"].get("listed").is_none(), "users are counted, not listed");
    let passwords = answer(&summary, "passwords-changed");
    assert_eq!((&passwords["entries"], &passwords["targets"]["distinct"]), (&json!(2), &json!(2)));
    assert_eq!(passwords["activities"], json!({"Change user password": 1, "Reset user password": 1}));
}

#[test]
fn entries_of_the_write_back_are_informational() {
    let mut substrate = audit("Update user", "UserManagement", "User", "u1");
    substrate["initiatedBy"] = json!({"user": null, "app": {"displayName": "Microsoft Substrate Management"}});
    let summary = summed(&[substrate, audit("Update user", "UserManagement", "User", "u2")]);
    let users = answer(&summary, "users-changed");
    assert_eq!(
        (&users["entries"], &users["informational"], &users["targets"]["distinct"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(summary["informational"]["entries"], 1);
}

#[test]
fn names_that_changed_are_quoted_old_and_new() {
    let renamed = |old: Value, new: Value| {
        let mut audit = audit("Update application", "ApplicationManagement", "Application", "a1");
        audit["targetResources"][0]["modifiedProperties"] =
            json!([{"displayName": "DisplayName", "oldValue": old, "newValue": new}]);
        audit
    };
    let summary = summed(&[
        renamed(json!("[\"Harbour\"]"), json!("[\"Harbour 2\"]")),
        renamed(json!("[\"Harbour\"]"), json!("[\"Harbour\"]")),
        renamed(json!("[]"), json!("[\"Made\"]")),
        renamed(Value::Null, json!("plain")),
        renamed(json!("\"b\""), json!("not [json")),
    ]);
    let names = answer(&summary, "application-names-changed");
    assert_eq!(names["entries"], 2);
    assert_eq!(
        names["changes"][0],
        json!({"type": "Application", "id": "a1", "name": "name of a1", "old": "Harbour", "new": "Harbour 2"})
    );
    assert_eq!(names["changes"][1]["new"], "not [json");
    assert_eq!(answer(&summary, "applications-updated")["entries"], 5);
}

#[test]
fn owners_groups_and_attribute_questions_take_their_own_log_and_target() {
    let mut owner = audit("Add owner to group", "GroupManagement", "User", "u1");
    owner["targetResources"].as_array_mut().unwrap().push(json!({"id": "g1", "type": "Group"}));
    let summary = summed(&[
        owner,
        audit("Add group", "GroupManagement", "Group", "g2"),
        audit("Add attribute set", "x", "y", "z"),
    ]);
    assert_eq!(answer(&summary, "group-owners-changed")["targets"]["listed"], json!([{"type": "Group", "id": "g1"}]));
    assert_eq!(answer(&summary, "groups-added")["targets"]["listed"][0]["name"], "name of g2");
    let unanswered: Vec<_> =
        summary["unanswered"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert!(unanswered.iter().all(|id| id.starts_with("attribute-")) && unanswered.len() == 3);
}

#[test]
fn memory_ends_and_the_answer_says_so() {
    let audits: Vec<_> =
        (0..ANSWER_LIST_MAX + 7).map(|n| audit("Add group", "GroupManagement", "Group", &format!("g{n}"))).collect();
    let summary = summed(&audits);
    let groups = answer(&summary, "groups-added");
    assert_eq!(groups["targets"]["listed"].as_array().map(Vec::len), Some(ANSWER_LIST_MAX));
    assert_eq!((&groups["targets"]["more"], &groups["targets"]["distinct"]), (&json!(7), &json!(ANSWER_LIST_MAX + 7)));
    let many: Vec<_> =
        (0..ANSWER_NAMES_MAX + 3).map(|n| audit(&format!("Activity {n}"), "UserManagement", "User", "u")).collect();
    let summary = summed(&many);
    assert_eq!(answer(&summary, "users-changed")["activities"]["…"], 3);
}

#[test]
fn damaged_and_odd_lines_are_counted_and_break_nothing() {
    let mut summary = Summary::new(&["audits"]);
    summary.take("audits", b"{}\n[1]\n{\"targetResources\":null,\"result\":7}\n\n{\"activityDisplayName\":null}");
    let summary: Value = serde_json::from_slice(summary.line().unwrap().bytes()).unwrap();
    assert_eq!(summary["datasets"]["audits"], json!({"records": 4, "unreadable": 2}));
    assert!(summary["questions"].as_array().unwrap().iter().all(|one| one["entries"] == 0));
}

#[test]
fn the_published_schema_knows_every_member() {
    let schema: Value = serde_json::from_str(include_str!("../../packaging/summary.schema.json")).unwrap();
    let known = schema.to_string();
    let mut rename = audit("Update application", "ApplicationManagement", "Application", "a1");
    rename["targetResources"][0]["modifiedProperties"] =
        json!([{"displayName": "DisplayName", "oldValue": "\"a\"", "newValue": "\"b\""}]);
    let many = (0..2 * ANSWER_LIST_MAX).map(|n| audit("Add group", "GroupManagement", "Group", &format!("g{n}")));
    let summary = summed(&many.chain([rename, json!([1])]).collect::<Vec<_>>());
    let mut open = vec![&summary];
    while let Some(value) = open.pop() {
        for (key, inner) in value.as_object().into_iter().flatten() {
            assert!(known.contains(&format!("\"{key}\":{{")), "{key} is not in the schema");
            // Their members are names of the log's.
            if !matches!(key.as_str(), "activities" | "properties" | "datasets") {
                open.push(inner);
            }
        }
        open.extend(value.as_array().into_iter().flatten());
    }
}
