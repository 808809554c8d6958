//! Forms by their content.

use super::*;

fn form(text: &str) -> Form {
    form_named(text, "x.log")
}

fn form_named(text: &str, name: &str) -> Form {
    recognise(Beginning { text, is_whole: true, name }, Sizes::default()).form
}

#[test]
fn json_is_told_from_logs_in_brackets() {
    assert_eq!(form("{\"a\":1}\n{\"a\":2}\n"), Form::JsonLines);
    assert_eq!(form("{\"a\":1}\r\n\r\n[1]\r\n"), Form::JsonLines);
    assert_eq!(form("{\"a\":1}"), Form::JsonLines);
    assert_eq!(form_named("{\"a\":1}", "x.json"), Form::Json);
    assert_eq!(form("{\n \"a\": 1\n}\n"), Form::Json);
    assert_eq!(form("{\n \"a\": 1\n}\n{\n \"a\": 2\n}"), Form::Json);
    assert_eq!(form("{\"a\":1}{\"a\":2}{\"a\":3}"), Form::Json);
    assert_eq!(form("[22:30:12.376] [  1] [INFO ] started\n[22:30:12.376] [  1] [INFO ]\n"), Form::Text);
    assert_eq!(form("[2026-01-01] a\n"), Form::Text);
    assert_eq!(form("started\n{\"a\":1}\n{\"a\":2}\n"), Form::JsonLines);
    assert_eq!(form("1\n2\n3\n"), Form::Text);
    assert_eq!(form_named("null\nnull\n", "x.jsonl"), Form::JsonLines);
    assert_eq!(form(&format!("{}\n{}", "[".repeat(10_000), "]".repeat(10_000))), Form::Text);
}

#[test]
fn archives_of_http_are_known() {
    let dataset = |text| recognise(Beginning { text, is_whole: true, name: "x" }, Sizes::default()).dataset;
    assert_eq!(dataset("{\"log\":{\"version\":\"1.2\",\"entries\":[]}}"), Some("har"));
    assert_eq!(dataset("{\"log\":{\"x\":{\"entries\":[]}}}"), None);
    assert_eq!(dataset("{\"value\":[{\"log\":{\"entries\":[]}}]}"), None);
}

#[test]
fn entries_of_older_bundles_name_their_dataset() {
    let lines = "{\"a\":1}\n{\"a\":2}\n";
    let dataset = |name| recognise(Beginning { text: lines, is_whole: true, name }, Sizes::default()).dataset;
    assert_eq!(dataset("b.zip/b/data/logs/sign-ins.jsonl"), Some("sign-ins"));
    assert_eq!(dataset("b.zip/b/data/files/sign-ins.jsonl"), None);
    assert_eq!(dataset("b.zip/b/data/logs/no-such.jsonl"), None);
}

#[test]
fn markup_is_recognised() {
    assert_eq!(form("<?xml version=\"1.0\"?>\n<a/>"), Form::Xml);
    assert_eq!(form("<saved-configuration server='x'>\n<a/></saved-configuration>"), Form::Xml);
    assert_eq!(form("<!-- note --><a></a>"), Form::Xml);
    assert_eq!(form("<134>1 2026-01-01T00:00:00Z host app - - - text\n"), Form::Text);
    assert_eq!(form("<!DOCTYPE html>\n<html><body><br></body></html>"), Form::Text);
    assert_eq!(form("version: 1\ndn: CN=x\ncn: x\n"), Form::Ldif);
    assert_eq!(form("# extended LDIF\n#\n\ndn:: Q049\nobjectClass: top\n"), Form::Ldif);
    assert_eq!(form("dn:\nchangetype: modify\n"), Form::Ldif);
    assert_eq!(form("dn: what is that\nI do not know\n"), Form::Text);
    assert_eq!(form("Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\X]\r\n"), Form::Registry);
    assert_eq!(form("REGEDIT4\n"), Form::Registry);
}

#[test]
fn tables_are_told_from_logs_with_commas() {
    assert_eq!(form("a,b\n1,2\n3,4\n"), Form::Csv);
    assert_eq!(form("a;b;c\n1;2,5;3\n"), Form::Csv);
    assert_eq!(form("a\tb\n1\t2\n"), Form::Csv);
    assert_eq!(form("#TYPE System.Object\r\n\"a\",\"b\"\r\n\"1\",\"2\"\r\n"), Form::Csv);
    assert_eq!(form("sep=;\na;b\n1;2\n"), Form::Csv);
    assert_eq!(form("a,b,c\n1,\"two\nlines\",3\n"), Form::Csv);
    assert_eq!(form_named("Date (UTC),User,User", "x.csv"), Form::Csv);
    assert_eq!(form("Date (UTC),User,User"), Form::Text);
    assert_eq!(form("2026-01-01 10:00:00,123 INFO a\n2026-01-01 10:00:01,456 INFO b\n"), Form::Text);
    assert_eq!(form("Dear all, hello\nfine, thanks, and you?\nyes\n"), Form::Text);
    assert_eq!(form(""), Form::Text);
}
