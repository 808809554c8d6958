//! The rows as a whole: they hold, and a broken row would be found.

use super::{Catalog, Dataset, FILES, Group, check};

fn catalog() -> &'static Catalog {
    Catalog::embedded().unwrap()
}

#[test]
fn all_rows_hold() {
    let found = check(catalog());
    assert!(found.problems.is_empty(), "{:#?}", found.problems);
    assert!(catalog().datasets().iter().filter(|row| row.group == Group::Config).count() >= 40);
}

#[test]
fn files_are_sorted_by_id() {
    for (file, text) in FILES {
        let key = match file {
            "permissions.toml" => "name = ",
            name if name.starts_with("datasets") => "id = ",
            _ => continue,
        };
        let ids: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix(key)).collect();
        assert!(ids.len() > 10 && ids.is_sorted(), "{file}");
    }
}

#[test]
fn a_file_that_does_not_parse_is_named() {
    let error = Catalog::parse(&[("clouds.toml", "[[cloud]]\nid = 3")]).err().unwrap();
    assert!(error.to_string().contains("clouds.toml"), "{error}");
    assert!(Catalog::parse(&[("clouds.toml", "[[clod]]")]).is_err());
}

/// A change to one row and a word of the problem that it must raise.
type Break = (fn(&mut Dataset), &'static str);

/// The catalogue with one row changed.
fn broken(id: &str, change: fn(&mut Dataset)) -> Catalog {
    let mut changed = Catalog::parse(&FILES).unwrap();
    change(changed.datasets.iter_mut().find(|row| row.id == id).unwrap());
    changed
}

#[test]
fn each_check_finds_what_it_is_for() {
    let breaks: [(&str, Break); 26] = [
        ("users", (|row| row.id = "Users".into(), "kebab-case")),
        ("users", (|row| row.id = "people".into(), "users is missing")),
        ("users", (|row| row.id = "groups".into(), "stands twice")),
        ("users", (|row| row.why = "because".into(), "no sentence")),
        ("users", (|row| row.source = "the page".into(), "no address")),
        ("users", (|row| row.source_date = "last year".into(), "no date")),
        ("users", (|row| row.version = "v2".into(), "malformed")),
        ("users", (|row| row.path = "/users?$top=1".into(), "malformed")),
        ("users", (|row| row.path = "/directory/deviceLocalCredentials".into(), "deny list")),
        ("users", (|row| row.page_size = Some(1000), "page size")),
        ("users", (|row| row.page_size_max = None, "page size")),
        ("users", (|row| row.profiles.push("sign-in".into()), "profile")),
        ("users", (|row| row.profiles.clear(), "profile")),
        ("users", (|row| row.helpful.push("everything".into()), "profile")),
        ("users", (|row| row.permission.application = vec!["User.ReadAll".into()], "permission")),
        ("users", (|row| row.permission.delegated.clear(), "permission")),
        ("users", (|row| row.permission.delegated = vec!["Directory.ReadWrite.All".into()], "permission")),
        ("users", (|row| row.clouds.push("germany".into()), "a cloud")),
        ("users", (|row| row.licence = Some("P3".into()), "a licence")),
        ("groups", (|row| row.clouds = vec!["global".into()], "group-members: what it is asked")),
        ("group-members", (|row| row.path = "/groups/{1}/members".into(), "placeholders")),
        ("group-members", (|row| row.for_each = None, "placeholders")),
        ("group-members", (|row| row.for_each.as_mut().unwrap().dataset = "group-members".into(), "asked for each")),
        ("sign-ins", (|row| row.category = Some("SigninLogs".into()), "category")),
        ("sign-ins", (|row| row.time.as_mut().unwrap().operators = vec!["ge".into()], "time filter")),
        ("app-proxy-connectors", (|row| row.write_permission_reason = None, "permission")),
    ];
    for (id, (change, word)) in breaks {
        let problems = check(&broken(id, change)).problems;
        assert!(problems.iter().any(|one| one.contains(word)), "{id} {word}: {problems:?}");
    }
}

#[test]
fn no_row_that_needs_a_write_permission_is_in_a_profile() {
    for row in catalog().datasets().iter().filter(|row| row.needs_write()) {
        for profile in catalog().profiles() {
            assert!(!catalog().is_in_profile(row, &profile.id), "{} {}", row.id, profile.id);
        }
    }
}

/// Paths against Microsoft's OpenAPI, where a copy lies beside the worktree. The copy is pruned: what it lacks
/// is counted, not failed, unless its collection is there and the member is not.
#[test]
fn paths_stand_in_the_openapi_description() {
    let mut found = 0;
    let mut absent = Vec::new();
    for (version, file) in [("v1.0", "graph-v1-slim.json"), ("beta", "graph-beta-slim.json")] {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/samples/openapi/");
        let Ok(text) = std::fs::read_to_string(format!("{path}{file}")) else {
            eprintln!("skipped: no OpenAPI description beside the source");
            return;
        };
        let described: serde_json::Value = serde_json::from_str(&text).unwrap();
        let paths = described["paths"].as_object().unwrap();
        for row in catalog().datasets().iter().filter(|row| row.version == version) {
            let plain = mask(&row.path);
            match paths.iter().find(|(path, _)| mask(path) == plain) {
                Some((_, methods)) => {
                    assert!(methods.get("get").is_some(), "{}", row.id);
                    select_stands_in(&described, row);
                    found += 1;
                }
                None => absent.push(row.id.as_str()),
            }
        }
    }
    eprintln!("{found} paths found; not in the pruned description: {}", absent.join(" "));
    assert!(found >= 50, "{found}");
}

/// The path with every parameter written alike and keys in lower case.
fn mask(path: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { "{}".to_owned() } else { part.to_lowercase() })
        .collect::<Vec<_>>()
        .join("/")
}

/// Each `$select`ed property is one of the described type.
fn select_stands_in(described: &serde_json::Value, row: &Dataset) {
    let name = match row.path.as_str() {
        "/users" => "microsoft.graph.user",
        "/groups" => "microsoft.graph.group",
        _ => return,
    };
    let mut properties = Vec::new();
    collect_properties(described, &described["components"]["schemas"][name], &mut properties);
    for property in &row.select {
        assert!(properties.contains(property), "{}: {property}", row.id);
    }
}

fn collect_properties(described: &serde_json::Value, schema: &serde_json::Value, into: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|target| target.rsplit('/').next()) {
        collect_properties(described, &described["components"]["schemas"][name], into);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        collect_properties(described, part, into);
    }
    into.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
}
