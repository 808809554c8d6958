//! The replies are whole, agree with the counts and tell the stories.

use super::*;
use crate::catalog::Dataset;
use crate::tenant::world::{Class, Kept, Settings, stories};
use regex::Regex;
use std::collections::HashSet;

pub(super) fn world(users: u64) -> World {
    World::new(Settings { seed: 7, users, now: time::macros::datetime!(2026-09-01 12:00 UTC) })
}

fn all(world: &World, version: Version, path: &str) -> Vec<Value> {
    match list(world, version, path) {
        Some(Documents::Collection { count, item }) => (0..count).map(item).collect(),
        Some(Documents::Singleton(body)) => vec![body],
        _ => Vec::new(),
    }
}

/// The lists that grow with the tenant, and one path of every fan-out.
fn computed_paths(world: &World) -> Vec<String> {
    let lists = "users groups devices applications servicePrincipals contacts oauth2PermissionGrants directoryRoles \
        roleManagement/directory/roleDefinitions roleManagement/directory/roleAssignments directory/deviceLocalCredentials \
        roleManagement/directory/roleAssignmentScheduleInstances reports/authenticationMethods/userRegistrationDetails \
        directory/deletedItems/microsoft.graph.user directory/deletedItems/microsoft.graph.group \
        directory/deletedItems/microsoft.graph.application directory/deletedItems/microsoft.graph.device";
    let mut paths: Vec<String> = lists.split_whitespace().map(|path| format!("/{path}")).collect();
    for index in 0..world.group_count() {
        paths.push(format!("/groups/{}/members", world.group(index).id));
        paths.push(format!("/groups/{}/owners", world.group(index).id));
    }
    for index in 0..world.service_principal_count() {
        let id = world.service_principal(index).id;
        paths.extend(
            ["appRoleAssignments", "appRoleAssignedTo", "owners"].map(|list| format!("/servicePrincipals/{id}/{list}")),
        );
    }
    paths.push(format!("/devices/{}/registeredOwners", world.device(3).id));
    paths.push(format!("/users/{}", world.user(8).id));
    paths.push(format!("/users/{}/authentication/methods", world.user(8).id));
    paths.extend(
        (0..3).map(|n| format!("/directory/administrativeUnits/{}/members", world.named_id(&format!("au-{n}")))),
    );
    paths
}

/// Every record of the tenant as text.
fn everything(world: &World) -> Vec<(String, String)> {
    let computed = computed_paths(world).into_iter().map(|path| (Version::V1, path));
    let paths = template::paths(world).into_iter().chain(computed);
    let records = paths.flat_map(|(version, path)| {
        let found = list(world, version, &path);
        assert!(found.is_some(), "no reply behind {path}");
        all(world, version, &path).into_iter().map(move |record| (path.clone(), record.to_string()))
    });
    records.collect()
}

#[test]
fn no_placeholder_is_left() {
    let placeholder = Regex::new(r"\{[a-z]+(-[a-z]+)?(:[^}]*)?\}").unwrap();
    for (path, record) in everything(&world(120)) {
        assert!(!placeholder.is_match(&record), "{path}");
        assert!(!record.contains("null,null,null,null,null,null,null,null"), "{path}");
    }
}

#[test]
fn what_looks_like_an_identifier_is_in_the_truth() {
    let world = world(120);
    let mut truth = HashSet::new();
    world.identifiers(&mut |_, value, fate| {
        if fate != Kept::Kept {
            truth.insert(value.to_lowercase());
        }
    });
    let shapes = [
        r"[\p{L}0-9][\p{L}0-9_.'-]*@[a-z0-9.-]+\.(example|local)",
        r"\b(10|203\.0|198\.51)\.[0-9]{1,3}\.[0-9]{1,3}(\.[0-9]{1,3})?\b",
        r"\b[A-Za-z0-9.-]+\.(ad\.alderwood\.local|alderwood\.example)\b",
        r"\bALDERWOOD\\\\[a-z0-9-]+",
        r"\+(44|47) [0-9]{2,4} [0-9 ]{3,12}[0-9]",
    ];
    let shapes = shapes.map(|shape| Regex::new(shape).unwrap());
    for (path, record) in everything(&world) {
        for shape in &shapes {
            for found in shape.find_iter(&record) {
                let text = found.as_str().replace(r"\\", r"\").to_lowercase();
                let known = truth.contains(&text) || truth.iter().any(|value| value.contains(&text));
                assert!(known, "{} characters in {path}", found.len());
            }
        }
    }
}

#[test]
fn the_stories_stand_in_the_documents() {
    let world = world(120);
    let users = all(&world, Version::V1, "/users");

    let policies = all(&world, Version::V1, "/identity/conditionalAccess/policies");
    let block = policies.iter().find(|policy| policy["displayName"] == stories::POLICY_BLOCK_FIELD_NAME).unwrap();
    assert_eq!(block["id"], world.named_id(stories::POLICY_BLOCK_FIELD));
    assert_eq!(block["conditions"]["users"]["includeGroups"][0], world.group(stories::FIELD_CREW_GROUP).id);
    assert_eq!(block["grantControls"]["builtInControls"][0], "block");

    let payroll = &all(&world, Version::V1, "/applications")[stories::HARBOR_PAYROLL_APP as usize];
    assert_eq!(payroll["displayName"], "Harbor Payroll");
    let secret = &payroll["passwordCredentials"][0];
    assert_eq!(secret["keyId"], world.named_id(stories::EXPIRED_SECRET));
    assert!(secret["endDateTime"].as_str().unwrap() < "2026-09-01", "the secret has expired");

    let conflict = &users[stories::CONFLICT_USER as usize]["onPremisesProvisioningErrors"][0];
    assert_eq!(conflict["category"], "PropertyConflict");
    let taken = conflict["value"].as_str().unwrap().to_owned();
    assert!(world.user(stories::CONFLICT_OWNER).proxy_addresses.contains(&taken));
    assert_eq!(users.iter().filter(|user| user["proxyAddresses"].to_string().contains(&taken)).count(), 1);

    let lost = &all(&world, Version::V1, "/directory/deletedItems/microsoft.graph.device")[0];
    assert_eq!(lost["deviceId"], world.lost_device().device_id);
    assert!(lost["deletedDateTime"].is_string());
    assert!(all(&world, Version::V1, "/devices").iter().all(|device| device["id"] != lost["id"]));

    let tidewater = world.service_principal(world.service_principal_of(stories::TIDEWATER_APP));
    let jobs = all(&world, Version::V1, &format!("/servicePrincipals/{}/synchronization/jobs", tidewater.id));
    assert_eq!((jobs.len(), &jobs[0]["status"]["code"]), (1, &Value::from("Quarantine")));
    assert_eq!(jobs[0]["status"]["quarantine"]["reason"], stories::QUARANTINE_CODE);
    assert_eq!(jobs[0]["id"], world.tidewater_job_id());

    assert_eq!(users[stories::PENDING_GUEST as usize]["externalUserState"], "PendingAcceptance");
    assert_eq!(users[stories::ACTIVE_GUEST as usize]["externalUserState"], "Accepted");
}

#[test]
fn counts_agree_with_the_lists() {
    let rows: std::collections::HashMap<String, Vec<Dataset>> = toml::from_str(&catalog()).unwrap();
    let rows = &rows["dataset"];
    for users in [40, 600] {
        let world = world(users);
        for row in rows {
            let counted = count(&world, rows, &row.id);
            assert!(counted.is_some(), "{}", row.id);
            if row.id != "jobs" && row.id != "federation" {
                assert_eq!(counted, world.count(&row.id), "{}", row.id);
            }
        }
        assert_eq!(count(&world, rows, "jobs"), Some(2));
        assert_eq!(count(&world, rows, "federation"), Some(1));
        assert_eq!(count(&world, rows, "sign-ins"), None);
    }
}

fn catalog() -> String {
    let plain = "organization:/organization users:/users groups:/groups devices:/devices applications:/applications \
        service-principals:/servicePrincipals directory-roles:/directoryRoles domains:/domains contacts:/contacts \
        role-assignments:/roleManagement/directory/roleAssignments administrative-units:/directory/administrativeUnits \
        role-definitions:/roleManagement/directory/roleDefinitions oauth2-permission-grants:/oauth2PermissionGrants \
        deleted-users:/directory/deletedItems/microsoft.graph.user";
    let fans = [
        ("group-members", "/groups/{0}/members", "{ dataset = 'groups' }"),
        ("device-owners", "/devices/{0}/registeredOwners", "{ dataset = 'devices' }"),
        ("jobs", "/servicePrincipals/{0}/synchronization/jobs", "{ dataset = 'service-principals' }"),
        (
            "federation",
            "/domains/{0}/federationConfiguration",
            "{ dataset = 'domains', where = [{ property = 'authenticationType', is = ['Federated'] }] }",
        ),
    ];
    let row = |id: &str, path: &str, fan: &str| {
        format!(
            "[[dataset]]\nid = '{id}'\npath = '{path}'\n{fan}\ngroup = 'objects'\nversion = 'v1.0'\nthrottle = 'directory'\n\
             permission = {{ application = [], delegated = [] }}\nclouds = []\nprofiles = []\nwhy = ''\nsource = ''\n\
             source_date = ''\n"
        )
    };
    let plain = plain.split_whitespace().filter_map(|entry| entry.split_once(':')).map(|(id, path)| row(id, path, ""));
    plain.chain(fans.map(|(id, path, fan)| row(id, path, &format!("for_each = {fan}")))).collect()
}

#[test]
fn one_object_is_found_by_its_id_and_nothing_by_a_foreign_one() {
    let world = world(120);
    let one = |path: String| all(&world, Version::V1, &path).first().cloned().unwrap_or_default();
    assert_eq!(one(format!("/users/{}", world.user(5).id))["userPrincipalName"], world.user(5).upn);
    assert_eq!(one(format!("/users/{}", world.user(5).upn.to_uppercase()))["id"], world.user(5).id);
    assert_eq!(one("/domains/alderwood.example".to_owned())["isDefault"], true);
    for path in ["/users/", "/groups/", "/devices/", "/servicePrincipals/", "/applications/"] {
        let missing = list(&world, Version::V1, &format!("{path}{}", world.id(Class::User, 5_000)));
        assert!(matches!(missing, Some(Documents::NotFound(_))), "{path}");
    }
    assert!(list(&world, Version::V1, "/no/such/path").is_none());
    assert!(matches!(
        list(&world, Version::V1, "/domains/alderwood.example/federationConfiguration"),
        Some(Documents::NotFound(_))
    ));
}

#[test]
fn versions_answer_differently_where_the_service_does() {
    let world = world(120);
    let policy = "/policies/authorizationPolicy";
    assert!(matches!(list(&world, Version::V1, policy), Some(Documents::Singleton(_))));
    assert!(matches!(list(&world, Version::Beta, policy), Some(Documents::Collection { count: 1, .. })));
    assert!(list(&world, Version::V1, "/policies/mobileDeviceManagementPolicies").is_none());
    assert!(list(&world, Version::V1, "/providers/microsoft.aadiam/diagnosticSettings").is_none());
    assert!(list(&world, Version::Arm, "/providers/microsoft.aadiam/diagnosticSettings").is_some());
    assert!(list(&world, Version::Arm, "/users").is_none());
}

#[test]
fn expandable_members_stand_in_the_records() {
    let world = world(120);
    for (version, path) in template::paths(&world) {
        let records = all(&world, version, &path);
        for name in expandable(&path) {
            assert!(records.iter().any(|record| record.get(name).is_some()), "{name} in {path}");
        }
    }
}
