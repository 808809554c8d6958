//! Configuration replies as JSON text with placeholders, one file for each area under `json/`.
//!
//! A file is one object: path → list (collection), object (singleton) or text (404 with that code). A path may begin
//! with `v1.0 `, `beta ` or `arm `; without, both Graph versions answer. Placeholders stand in paths and in strings:
//!
//! | placeholder | becomes |
//! |---|---|
//! | `{user:7}` `{upn:7}` `{name:7}` | id, UPN, display name of a user |
//! | `{group:3}` `{device:4}` `{sp:31}` `{app:2}` `{application:2}` | object id; `app` is the client id |
//! | `{id:some-name}` | the id of whatever has that name in this tenant |
//! | `{tenant}` `{tenant-bare}` | tenant id, with and without dashes |
//! | `{ago:90m}` `{ago:3d}` `{in:20d}` | an instant relative to now |
//! | `{site:2:range}` `{site:2:public}` `{site:2:private}` | networks and addresses of a site |
//! | `{count:users}` | a number, when it is the whole string |

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::{Documents, Version};
use crate::tenant::world::{Class, SITES, World, stamp};

struct Entry {
    version: Option<Version>,
    path: String,
    body: Value,
}

macro_rules! files {
    ($($name:literal)*) => { [$(include_str!(concat!("json/", $name, ".json"))),*] };
}

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let files = files!("authentication" "conditional-access" "consent" "devices" "external" "health" "hybrid"
        "network-access" "provisioning" "roles" "tenant" "policies");
    files
        .iter()
        .flat_map(|text| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default())
        .map(entry)
        .collect()
});

fn entry((key, body): (String, Value)) -> Entry {
    let (version, path) = match key.split_once(' ') {
        Some(("v1.0", path)) => (Some(Version::V1), path.to_owned()),
        Some(("beta", path)) => (Some(Version::Beta), path.to_owned()),
        Some(("arm", path)) => (Some(Version::Arm), path.to_owned()),
        _ => (None, key),
    };
    Entry { version, path, body }
}

/// The reply behind a path, if a file has it.
pub(super) fn find(world: &World, version: Version, path: &str) -> Option<Documents> {
    let entry = ENTRIES.iter().find(|entry| {
        let version_fits = entry.version.map_or(version != Version::Arm, |only| only == version);
        version_fits && (entry.path == path || (entry.path.contains('{') && fill(world, &entry.path) == path))
    })?;
    Some(match &entry.body {
        Value::Array(items) => {
            let world = *world;
            Documents::Collection {
                count: items.len() as u64,
                item: Box::new(move |place| items.get(place as usize).map_or(Value::Null, |item| filled(&world, item))),
            }
        }
        Value::String(_) => Documents::NotFound("Request_ResourceNotFound"),
        object => Documents::Singleton(filled(world, object)),
    })
}

/// Every path the files know in this tenant, with the version that alone has it.
#[cfg(test)]
pub(super) fn paths(world: &World) -> Vec<(Version, String)> {
    ENTRIES.iter().map(|entry| (entry.version.unwrap_or(Version::V1), fill(world, &entry.path))).collect()
}

fn filled(world: &World, value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with("{count:") => count(world, text).map_or(Value::Null, Value::from),
        Value::String(text) if text.contains('{') => Value::String(fill(world, text)),
        Value::Array(items) => items.iter().map(|item| filled(world, item)).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(key, member)| (key.clone(), filled(world, member))).collect())
        }
        other => other.clone(),
    }
}

fn count(world: &World, text: &str) -> Option<u64> {
    match text {
        "{count:users}" => Some(world.user_count()),
        "{count:synced}" => Some(world.user_count() * 3 / 4),
        "{count:seats}" => Some(world.user_count().next_multiple_of(25) + 25),
        _ => None,
    }
}

/// Replaces the placeholders of a text; braces that are none stay.
fn fill(world: &World, text: &str) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, behind) = rest.split_at(open);
        filled.push_str(before);
        let end = behind.find('}').unwrap_or(0);
        match behind.get(1..end).and_then(|inside| value(world, inside)) {
            Some(value) => {
                filled.push_str(&value);
                rest = &behind[end + 1..];
            }
            None => {
                filled.push('{');
                rest = &behind[1..];
            }
        }
    }
    filled + rest
}

fn value(world: &World, inside: &str) -> Option<String> {
    let (kind, argument) = inside.split_once(':').unwrap_or((inside, ""));
    let index = argument.parse::<u64>();
    Some(match kind {
        "tenant" => world.tenant_id(),
        "tenant-bare" => world.tenant_id().replace('-', ""),
        "id" => world.named_id(argument),
        "ago" => stamp(world.ago_s(seconds(argument)?)),
        "in" => stamp(world.now() + time::Duration::seconds(i64::try_from(seconds(argument)?).ok()?)),
        "user" => world.id(Class::User, index.ok()?),
        "upn" => world.user(index.ok()?).upn,
        "name" => world.user(index.ok()?).display_name,
        "group" => world.id(Class::Group, index.ok()?),
        "device" => world.id(Class::Device, index.ok()?),
        "sp" => world.id(Class::ServicePrincipal, index.ok()?),
        "app" => world.id(Class::AppId, index.ok()?),
        "application" => world.id(Class::Application, index.ok()?),
        "site" => {
            let (number, what) = argument.split_once(':')?;
            let site = SITES.get(number.parse::<usize>().ok()?)?;
            match what {
                "range" => site.public_range(),
                "public" => site.public_address(3),
                _ => site.private_address(11),
            }
        }
        _ => return None,
    })
}

/// `90m`, `5h`, `3d` in seconds.
fn seconds(text: &str) -> Option<u64> {
    let unit = text.chars().last()?;
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    Some(
        number
            * match unit {
                'm' => 60,
                'h' => 3_600,
                'd' => 86_400,
                _ => return None,
            },
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::world;
    use super::*;

    #[test]
    fn placeholders_are_replaced_and_other_braces_stay() {
        let world = world(120);
        assert_eq!(fill(&world, "a {user:4} b"), format!("a {} b", world.user(4).id));
        assert_eq!(fill(&world, r#"{"Version":1,{"x"}"#), r#"{"Version":1,{"x"}"#);
        assert_eq!(fill(&world, "{ago:2d}"), "2026-08-30T12:00:00Z");
        assert_eq!(fill(&world, "{unclosed"), "{unclosed");
    }

    #[test]
    fn every_file_is_read() {
        let files = ENTRIES.iter().filter(|entry| entry.path.is_empty() || !entry.path.starts_with('/')).count();
        assert_eq!(files, 0);
        for text in include_list() {
            assert!(serde_json::from_str::<Map<String, Value>>(text).is_ok_and(|file| !file.is_empty()));
        }
    }

    fn include_list() -> [&'static str; 12] {
        files!("authentication" "conditional-access" "consent" "devices" "external" "health" "hybrid" "network-access"
            "provisioning" "roles" "tenant" "policies")
    }
}
