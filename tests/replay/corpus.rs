//! The documented and recorded bodies, by path; how many records each dataset is served; which identifiers they declare.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use entra_bundle::catalog::{Catalog, Shape};
use serde_json::{Value, json};

use super::server::{Corpus, matches};

fn shared() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared")
}

/// Page name → (path, whether the example is one item of a list).
fn pages() -> BTreeMap<&'static str, (&'static str, bool)> {
    include_str!("pages.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| {
            let mut words = line.split_whitespace();
            (words.next().unwrap(), (words.next().unwrap(), words.next() == Some("[]")))
        })
        .collect()
}

/// All bodies of paths that the catalog asks for, and which of the paths are singletons. `None` without the corpus.
pub fn load() -> Option<(Corpus, BTreeSet<String>)> {
    let index: BTreeMap<String, String> =
        serde_json::from_slice(&std::fs::read(shared().join("samples/_INDEX.json")).ok()?).unwrap();
    let pages = pages();
    let mut corpus = Corpus::new();
    let mut add = |path: &str, item: bool, body: Value| {
        let body = if item {
            json!({"@odata.context": "https://graph.microsoft.com/v1.0/$metadata", "value": [body]})
        } else {
            body
        };
        let bodies = corpus.entry(path.to_owned()).or_default();
        if (body.is_object() || body.is_array()) && !bodies.contains(&body) {
            bodies.push(body);
        }
    };
    let page_of =
        |file: &str| file.rsplit('/').next().and_then(|page| page.split(".md").next()).unwrap_or_default().to_owned();
    for (sample, origin) in &index {
        if let (Some((path, item)), Ok(bytes)) = (
            pages.get(page_of(origin.split(' ').next().unwrap()).as_str()),
            std::fs::read(shared().join(format!("samples/{sample}.json"))),
        ) {
            // Some samples of a "list" page are one object of it and the reverse: the body itself tells.
            let body: Value = serde_json::from_slice(&bytes).unwrap();
            let is_list = body.get("value").is_some_and(Value::is_array) || body.is_array();
            add(path, *item && !is_list, body);
        }
    }
    for line in
        std::fs::read_to_string(shared().join("data/graph-docs-2021/responses.jsonl")).unwrap_or_default().lines()
    {
        let response: Value = serde_json::from_str(line).unwrap();
        if let Some((path, item)) = pages.get(page_of(response["file"].as_str().unwrap()).as_str()) {
            let is_list = response["body"].get("value").is_some_and(Value::is_array);
            add(path, *item && !is_list, response["body"].clone());
        }
    }
    // Some fan-outs walk certain parents only, and no example is one: these two open the way to the documented replies.
    add("/domains", true, json!({"id": "federated.replay.test", "authenticationType": "Federated"}));
    let app = json!({"id": "00000000-0000-4000-8000-0000000000aa", "servicePrincipalType": "Application"});
    add("/servicePrincipals", true, app);
    let catalog = Catalog::embedded().unwrap();
    let mocks: Value =
        serde_json::from_slice(&std::fs::read(shared().join("data/docs-mocks/docs-mocks-v1.json")).ok()?).unwrap();
    for mock in mocks["mocks"].as_array().unwrap() {
        let (request, response) = (&mock["request"], &mock["response"]);
        let is_get = request["method"].as_str().is_none_or(|method| method == "GET");
        let Some(path) = request["url"].as_str().and_then(|url| url.strip_prefix("https://graph.microsoft.com/v1.0"))
        else {
            continue;
        };
        let path = path.split('?').next().unwrap();
        let known = catalog.datasets().iter().any(|row| matches(&pattern(&row.path), path));
        if is_get && known && response["body"].is_object() && response["statusCode"].as_u64().unwrap_or(200) == 200 {
            add(&canonical(catalog, path), false, response["body"].clone());
        }
    }
    let asked = |pattern_of: &str| {
        catalog
            .datasets()
            .iter()
            .find(|row| row.write_permission_reason.is_none() && matches(pattern_of, &pattern(&row.path)))
    };
    corpus.retain(|path, bodies| !bodies.is_empty() && asked(path).is_some());
    let singletons =
        corpus.keys().filter(|path| asked(path).is_some_and(|row| row.shape == Shape::Singleton)).cloned().collect();
    Some((corpus, singletons))
}

/// A catalog path with its placeholders as `*`.
fn pattern(path: &str) -> String {
    path.split('/').map(|segment| if segment.contains('{') { "*" } else { segment }).collect::<Vec<_>>().join("/")
}

/// The path as the catalog writes it.
fn canonical(catalog: &Catalog, path: &str) -> String {
    catalog
        .datasets()
        .iter()
        .map(|row| pattern(&row.path))
        .find(|row| matches(row, path))
        .unwrap_or_else(|| path.to_owned())
}

/// How many records the server serves for a list without fan-out; `None` for others.
pub fn served(corpus: &Corpus, singletons: &BTreeSet<String>, dataset: &str) -> Option<u64> {
    let row = Catalog::embedded().unwrap().dataset(dataset)?;
    if row.for_each.is_some() {
        return None;
    }
    let (path, bodies) = corpus.iter().find(|(path, _)| matches(path, &pattern(&row.path)))?;
    if singletons.contains(path) {
        return Some(1);
    }
    Some(
        bodies
            .iter()
            .map(|body| match (body.get("value"), body) {
                (Some(Value::Array(items)), _) | (None, Value::Array(items)) => items.len() as u64,
                _ => 1,
            })
            .sum(),
    )
}

/// (key, value) of everything that the bodies themselves call an identifier of a person, device or address.
pub fn identifiers(corpus: &Corpus) -> BTreeSet<(String, String)> {
    const KEYS: [&str; 17] = [
        "userPrincipalName",
        "mail",
        "userDisplayName",
        "ipAddress",
        "onPremisesImmutableId",
        "onPremisesSamAccountName",
        "mobilePhone",
        "userId",
        "signInIdentifier",
        "proxyAddresses",
        "otherMails",
        "businessPhones",
        "onPremisesSecurityIdentifier",
        "onPremisesDistinguishedName",
        "givenName",
        "surname",
        "imAddresses",
    ];
    let (mut found, mut kept) = (BTreeSet::new(), BTreeSet::new());
    for body in corpus.values().flatten() {
        walk(body, "", &mut |key, value| {
            if KEYS.contains(&key) && is_real(value) {
                found.insert((key.to_owned(), value.to_owned()));
            } else {
                kept.insert(value.to_owned());
            }
        });
    }
    // An example value that another example uses for an app, a group or a policy says nothing about a leak.
    found.retain(|(_, value)| !kept.contains(value));
    found
}

/// What the examples call an identifier and is none: the loopback address, and a "surname" that is a role's name.
const NOBODY: [&str; 2] = ["127.0.0.1", "Administrator"];

/// Placeholders such as `String`, `<id>` or `xxxx` identify nobody; a short word may be anything.
fn is_real(value: &str) -> bool {
    value.len() >= 6
        && !NOBODY.contains(&value)
        && !value.contains(['<', '{'])
        && !value.to_lowercase().contains("string")
        && !value.contains("xxx")
        && value.chars().any(|c| c.is_ascii_alphanumeric())
}

fn walk(value: &Value, key: &str, visit: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => visit(key, text),
        Value::Array(items) => items.iter().for_each(|item| walk(item, key, visit)),
        Value::Object(members) => members.iter().for_each(|(key, value)| walk(value, key, visit)),
        _ => {}
    }
}
