//! The embedded tenant's replies satisfy Microsoft's OpenAPI description of Graph, where that is at hand.
//!
//! Reads `../shared/samples/openapi` in place (nothing of it is part of the project) and passes with a note without
//! it. Checks what OpenAPI 3.0 says of a value: type, nullable, enum, pattern, required, properties, items.

#![expect(clippy::expect_used, reason = "a test may stop where the description is not what it should be")]

use std::path::Path;

use entra_bundle::tenant::documents::{Documents, Version, list};
use entra_bundle::tenant::world::{Settings, World, stories};
use regex::Regex;
use serde_json::{Value, json};

struct Description(Value);

impl Description {
    fn read(name: &str) -> Option<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples/openapi").join(name);
        let text = std::fs::read_to_string(path).ok()?;
        Some(Self(serde_json::from_str(&text).expect("the description is JSON")))
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(pointer) => self.resolve(self.0.pointer(&pointer[1..]).expect("a reference leads somewhere")),
            None => schema,
        }
    }

    /// The schema of a 2XX body, if the description has the path.
    fn body(&self, path: &str) -> Option<&Value> {
        let reply = self.0["paths"].get(path)?.pointer("/get/responses/2XX")?;
        self.resolve(reply).pointer("/content/application~1json/schema")
    }

    /// The places where a value breaks its schema.
    fn faults(&self, schema: &Value, value: &Value, place: &str) -> Vec<String> {
        let schema = self.resolve(schema);
        let fault = |what: &str| vec![format!("{place}: {what}")];
        if value.is_null() {
            let any = ["anyOf", "oneOf"].iter().filter_map(|key| schema[*key].as_array()).flatten();
            let allowed =
                schema["nullable"] == true || any.into_iter().any(|one| self.faults(one, value, place).is_empty());
            let says_nothing = schema.as_object().is_some_and(serde_json::Map::is_empty);
            return if allowed || says_nothing { Vec::new() } else { fault("null") };
        }
        if let Some(choices) = ["anyOf", "oneOf"].iter().find_map(|key| schema[*key].as_array()) {
            let fits = choices.iter().any(|one| self.faults(one, value, place).is_empty());
            return if fits { Vec::new() } else { fault("none of the choices") };
        }
        let fits = match schema["type"].as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            _ => true,
        };
        if !fits {
            return fault("another type");
        }
        if schema["enum"].as_array().is_some_and(|values| !values.contains(value)) {
            return fault("not in the enumeration");
        }
        if let (Some(pattern), Some(text)) = (schema["pattern"].as_str(), value.as_str())
            && !Regex::new(pattern).expect("a pattern").is_match(text)
        {
            return fault("another pattern");
        }
        let mut found = Vec::new();
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if value.get(name).is_none() {
                found.push(format!("{place}/{name}: missing"));
            }
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            found.extend(self.faults(part, value, place));
        }
        for (name, part) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(member) = value.get(name) {
                found.extend(self.faults(part, member, &format!("{place}/{name}")));
            }
        }
        for item in value.as_array().into_iter().flatten().filter(|_| schema.get("items").is_some()) {
            found.extend(self.faults(&schema["items"], item, &format!("{place}/#")));
        }
        found
    }
}

fn reply(world: &World, version: Version, path: &str) -> Option<Value> {
    match list(world, version, path)? {
        Documents::Singleton(body) => Some(body),
        Documents::Collection { count, item } => Some(json!({"value": (0..count).map(item).collect::<Vec<_>>()})),
        Documents::NotFound(_) => None,
    }
}

/// Paths with keys: as the description writes them, and one of the tenant's.
fn keyed(world: &World) -> Vec<(&'static str, String)> {
    let payroll = world.service_principal(world.service_principal_of(stories::HARBOR_PAYROLL_APP)).id;
    let tidewater = world.service_principal(world.service_principal_of(stories::TIDEWATER_APP)).id;
    let (crew, device, user) = (world.group(stories::FIELD_CREW_GROUP).id, world.device(0).id, world.user(4).id);
    vec![
        ("/users/{user-id}", format!("/users/{user}")),
        ("/users/{user-id}/authentication/methods", format!("/users/{user}/authentication/methods")),
        ("/groups/{group-id}", format!("/groups/{crew}")),
        ("/groups/{group-id}/members", format!("/groups/{crew}/members")),
        ("/devices/{device-id}/registeredOwners", format!("/devices/{device}/registeredOwners")),
        (
            "/servicePrincipals/{servicePrincipal-id}/appRoleAssignedTo",
            format!("/servicePrincipals/{payroll}/appRoleAssignedTo"),
        ),
        (
            "/servicePrincipals/{servicePrincipal-id}/synchronization/jobs",
            format!("/servicePrincipals/{tidewater}/synchronization/jobs"),
        ),
        (
            "/domains/{domain-id}/federationConfiguration",
            "/domains/emea.alderwood.example/federationConfiguration".to_owned(),
        ),
        ("/domains/{domain-id}/verificationDnsRecords", "/domains/alderwood.example/verificationDnsRecords".to_owned()),
    ]
}

#[test]
fn every_described_reply_fits() {
    let world = World::new(Settings { seed: 7, users: 120, now: time::macros::datetime!(2026-09-01 12:00 UTC) });
    let mut checked = 0;
    for (version, name) in [(Version::V1, "graph-v1-slim.json"), (Version::Beta, "graph-beta-slim.json")] {
        let Some(description) = Description::read(name) else {
            println!("skipped: {name} is not at hand");
            return;
        };
        let plain = description.0["paths"].as_object().expect("paths").keys();
        let plain = plain.filter(|path| !path.contains('{')).map(|path| (path.as_str(), path.clone()));
        for (described, path) in plain.chain(keyed(&world)) {
            let (Some(schema), Some(body)) = (description.body(described), reply(&world, version, &path)) else {
                continue;
            };
            let mut faults = description.faults(schema, &body, "");
            faults.dedup();
            assert!(faults.is_empty(), "{version:?} {described}: {faults:#?}");
            checked += 1;
        }
    }
    assert!(checked >= 60, "only {checked} replies were checked");
}

#[test]
fn a_reply_that_does_not_fit_is_noticed() {
    let Some(description) = Description::read("graph-v1-slim.json") else {
        println!("skipped: the description is not at hand");
        return;
    };
    let schema = description.body("/users").expect("the list of users");
    for broken in [
        json!({"value": [{"accountEnabled": "yes"}]}),
        json!({"value": [{"proxyAddresses": "SMTP:a@b.example"}]}),
        json!({"value": [{"createdDateTime": "yesterday"}]}),
        json!({"value": {"id": "1"}}),
    ] {
        assert!(!description.faults(schema, &broken, "").is_empty());
    }
}
