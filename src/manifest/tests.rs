//! The manifest against its contract, its schema and other versions of itself.

use super::*;
use crate::archive::Hex;
use crate::record::Outcome;
use crate::spool::{EntryPath, SealedEntry};
use serde_json::Value;
use time::macros::datetime;

fn clean(text: &str) -> CleanText {
    CleanText::forge(text)
}

pub(crate) fn dataset(id: &'static str, entry: Option<&str>, records: u64) -> Dataset<CleanText> {
    Dataset {
        id: Word::of(id),
        category: None,
        outcome: Outcome::Complete,
        reason: None,
        hint: None,
        records,
        expected: None,
        duplicates: 0,
        pages: 1,
        retries: 0,
        slices: None,
        source: SourceRow { kind: Word::of("graph"), request: clean("GET /users?$top=999"), permission: None },
        sources: Vec::new(),
        window: None,
        first: None,
        last: None,
        entry: entry.map(|path| EntryPath::new(path).unwrap()),
        error: None,
    }
}

/// A manifest over sealed entries, with every optional field used once.
pub(crate) fn manifest(entries: &[SealedEntry]) -> Manifest<CleanText> {
    let now = Moment(datetime!(2025-01-02 03:04:05 UTC));
    let records = |path: &str| {
        entries.iter().find(|entry| entry.path().as_str() == path).map_or(0, |entry| entry.records().unwrap_or(0))
    };
    let logs = "data/logs/sign-ins.jsonl";
    let full = Dataset {
        category: Some(Word::of("SignInLogs")),
        outcome: Outcome::Partial,
        reason: Some(clean("one slice was refused")),
        hint: Some(clean("grant AuditLog.Read.All")),
        expected: Some(100_000),
        slices: Some(3),
        window: Some(Window { since: Some(now), until: None }),
        first: Some(now),
        last: Some(now),
        error: Some(Refusal { status: 403, code: clean("Authorization_RequestDenied"), request_id: clean("r-1") }),
        source: SourceRow {
            kind: Word::of("graph"),
            request: clean("GET /auditLogs/signIns"),
            permission: Some(Word::of("AuditLog.Read.All")),
        },
        ..dataset("sign-ins", Some(logs), records(logs))
    };
    let users = "data/objects/users.jsonl";
    Manifest {
        format: Format::default(),
        tool: Tool::this(),
        case: Case { id: Some(clean("2501")), profiles: vec![Word::of("sign-in")] },
        tenant: Tenant { id: None, cloud: Word::of("global") },
        window: Window { since: Some(now), until: Some(now) },
        run: Run {
            started: now,
            ended: now,
            resumed: false,
            interrupted: false,
            requests: 12,
            retries: 1,
            throttled: 0,
        },
        privacy: Privacy {
            policy: clean("standard"),
            policy_sha256: Hex::from_sum([1; 32]),
            keep: Some(vec![Word::of("app-name"), Word::of("group-name")]),
            scheme: Word::of("ff1-32/1"),
            key_id: Word::of("k-0123"),
            leak_check: LeakCheck { closed_world: true, dictionary: true, terms: 5, blocks_repaired: 0 },
        },
        datasets: vec![full, dataset("users", Some(users), records(users)), dataset("contacts", None, 0)],
        entries: entries.iter().map(EntryRow::from).collect(),
        files: vec![FileRow {
            name: clean("trace.log.gz"),
            state: FileState::Withheld,
            reason: Some(clean("unknown binary")),
            form: Some(Word::of("text")),
            unpacked_from: Some(Word::of("gzip")),
            bytes: 7,
            records: 0,
            sha256: Some(Hex::from_sum([3; 32])),
            entry: None,
            import: Some(ImportRow {
                datasets: vec![Word::of("sign-ins")],
                read: 7,
                imported: 1,
                duplicates: 1,
                outside: 1,
                covered: 1,
                not_asked: 1,
                rejected: 2,
                item: Some(Word::of("connect-wizard-trace")),
                texts: Some(1),
                rejections: vec![RejectionRow { line: 9, record: 7, reason: clean("it is no object") }],
            }),
        }],
    }
}

fn example() -> Value {
    let row = EntryRow {
        path: EntryPath::new("data/objects/users.jsonl").unwrap(),
        bytes: 3,
        sha256: Hex::from_sum([2; 32]),
        records: Some(1),
    };
    let manifest = Manifest { entries: vec![row], ..manifest(&[]) };
    serde_json::from_slice(manifest.document().unwrap().bytes()).unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn records_that_were_imported_count_once() {
    let mut manifest = manifest(&[]);
    manifest.datasets = vec![dataset("users", Some("data/objects/users.jsonl"), 4), dataset(FILES, None, 5)];
    manifest.files[0].records = 4;
    let kept =
        FileRow { entry: Some(EntryPath::new("data/files/a").unwrap()), records: 1, ..manifest.files[0].clone() };
    manifest.files.push(kept);
    assert_eq!(manifest.records(), 5);
}

#[test]
fn fields_have_the_names_and_the_order_of_the_contract() {
    let json = example();
    assert_eq!(
        keys(&json),
        ["format", "tool", "case", "tenant", "window", "run", "privacy", "datasets", "entries", "files"]
    );
    assert_eq!(keys(&json["format"]), ["name", "major", "minor"]);
    assert_eq!(keys(&json["tool"]), ["name", "version", "target"]);
    assert_eq!(keys(&json["case"]), ["id", "profiles"]);
    assert_eq!(keys(&json["tenant"]), ["id", "cloud"]);
    assert_eq!(keys(&json["window"]), ["since", "until"]);
    assert_eq!(keys(&json["run"]), ["started", "ended", "resumed", "interrupted", "requests", "retries", "throttled"]);
    assert_eq!(keys(&json["privacy"]), ["policy", "policy_sha256", "keep", "scheme", "key_id", "leak_check"]);
    assert_eq!(keys(&json["privacy"]["leak_check"]), ["closed_world", "dictionary", "terms", "blocks_repaired"]);
    let all = "id category outcome reason hint records expected duplicates pages retries slices source window first last entry error";
    assert_eq!(keys(&json["datasets"][0]), all.split(' ').collect::<Vec<_>>());
    assert_eq!(keys(&json["datasets"][0]["source"]), ["kind", "request", "permission"]);
    assert_eq!(keys(&json["datasets"][0]["error"]), ["status", "code", "request_id"]);
    assert_eq!(keys(&json["datasets"][2]), ["id", "outcome", "records", "duplicates", "pages", "retries", "source"]);
    assert_eq!(keys(&json["entries"][0]), ["path", "bytes", "sha256", "records"]);
    assert_eq!(json["run"]["started"], "2025-01-02T03:04:05Z");
    assert_eq!(json["datasets"][0]["outcome"], "partial");
}

#[test]
fn reads_what_it_writes_and_skips_what_a_later_minor_added() {
    let mut json = example();
    let same = Manifest::<String>::read(&serde_json::to_vec(&json).unwrap()).unwrap();
    assert_eq!(serde_json::to_value(&same).unwrap(), json);
    json["format"]["minor"] = 7.into();
    json["weather"] = "fair".into();
    json["datasets"][0]["mood"] = serde_json::json!({"deep": [1]});
    let later = Manifest::<String>::read(&serde_json::to_vec(&json).unwrap()).unwrap();
    assert_eq!(later.datasets.len(), 3);
}

#[test]
fn reads_bundles_of_the_first_minor_version() {
    let mut json = example();
    json["format"]["minor"] = 0.into();
    json["privacy"].as_object_mut().unwrap().remove("keep");
    let first = Manifest::<String>::read(&serde_json::to_vec(&json).unwrap()).unwrap();
    assert!(first.privacy.keep.is_none());
    assert_eq!(violation(&schema(), &schema(), &json, ""), None);
}

#[test]
fn refuses_a_newer_major_a_foreign_format_and_damage_each_in_its_own_words() {
    let read = |json: &Value| Manifest::<String>::read(&serde_json::to_vec(json).unwrap()).err().unwrap();
    let mut newer = example();
    newer["format"]["major"] = 2.into();
    newer["datasets"] = "renamed".into();
    assert!(matches!(read(&newer), ReadError::Newer { major: 2, minor: MINOR }));
    let mut foreign = example();
    foreign["format"]["name"] = "other".into();
    assert!(matches!(read(&foreign), ReadError::Foreign));
    for (pointer, value) in [
        ("/datasets/0/outcome", "perhaps"),
        ("/entries/0/path", "data/../x"),
        ("/entries/0/sha256", "abc"),
        ("/run/started", "yesterday-x"),
        ("/run/requests", "many"),
    ] {
        let mut bad = example();
        *bad.pointer_mut(pointer).unwrap() = value.into();
        let error = read(&bad);
        assert!(matches!(error, ReadError::Malformed { .. }), "{pointer}");
        assert!(!error.to_string().contains(value));
    }
}

/// Checks `value` against the part of JSON Schema 2020-12 that the published schema uses.
fn violation(schema: &Value, root: &Value, value: &Value, place: &str) -> Option<String> {
    let object = schema.as_object().unwrap();
    for (keyword, rule) in object {
        let bad = match keyword.as_str() {
            "$ref" => {
                let target = root.pointer(rule.as_str().unwrap().strip_prefix('#').unwrap()).unwrap();
                if let Some(inner) = violation(target, root, value, place) {
                    return Some(inner);
                }
                false
            }
            "type" => {
                let kind = match value {
                    Value::Null => "null",
                    Value::Bool(_) => "boolean",
                    Value::Number(_) => "integer",
                    Value::String(_) => "string",
                    Value::Array(_) => "array",
                    Value::Object(_) => "object",
                };
                !(rule == kind || rule.as_array().is_some_and(|kinds| kinds.iter().any(|one| one == kind)))
            }
            "const" => rule != value,
            "enum" => !rule.as_array().unwrap().contains(value),
            "minimum" => value.as_i64().is_some_and(|number| number < rule.as_i64().unwrap()),
            "pattern" => {
                let pattern = regex::Regex::new(rule.as_str().unwrap()).unwrap();
                value.as_str().is_some_and(|text| !pattern.is_match(text))
            }
            "required" => rule.as_array().unwrap().iter().any(|key| value.get(key.as_str().unwrap()).is_none()),
            "properties" => {
                for (key, schema) in rule.as_object().unwrap() {
                    let inner =
                        value.get(key).and_then(|value| violation(schema, root, value, &format!("{place}/{key}")));
                    if inner.is_some() {
                        return inner;
                    }
                }
                false
            }
            "items" => {
                let mut items = value.as_array().into_iter().flatten().enumerate();
                if let Some(inner) = items.find_map(|(at, item)| violation(rule, root, item, &format!("{place}/{at}")))
                {
                    return Some(inner);
                }
                false
            }
            "$schema" | "$id" | "$defs" | "title" | "description" | "format" => false,
            other => return Some(format!("the schema uses {other}, which this test does not know")),
        };
        if bad {
            return Some(format!("{place}: {keyword}"));
        }
    }
    None
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../../packaging/manifest.schema.json")).unwrap()
}

#[test]
fn the_published_schema_accepts_a_manifest_and_knows_every_field() {
    let (schema, json) = (schema(), example());
    assert_eq!(violation(&schema, &schema, &json, ""), None);
    let known = schema.to_string();
    let mut open = vec![&json];
    while let Some(value) = open.pop() {
        if let Some(object) = value.as_object() {
            for (key, inner) in object {
                assert!(known.contains(&format!("\"{key}\":{{")), "{key} is not in the schema");
                open.push(inner);
            }
        }
        open.extend(value.as_array().into_iter().flatten());
    }
}

#[test]
fn the_published_schema_refuses_what_the_reader_refuses() {
    let schema = schema();
    for (pointer, value) in [
        ("/format/name", Value::from("other")),
        ("/format/major", 2.into()),
        ("/datasets/0/outcome", "perhaps".into()),
        ("/datasets/0/records", (-1).into()),
        ("/entries/0/path", "/data/x".into()),
        ("/entries/0/sha256", "abc".into()),
        ("/run/started", "yesterday".into()),
        ("/privacy/leak_check/terms", "5".into()),
        ("/case", Value::Null),
    ] {
        let mut bad = example();
        *bad.pointer_mut(pointer).unwrap() = value;
        assert!(violation(&schema, &schema, &bad, "").is_some(), "{pointer}");
        assert!(Manifest::<String>::read(&serde_json::to_vec(&bad).unwrap()).is_err(), "{pointer}");
    }
}
