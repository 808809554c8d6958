//! Stretches of files: structure kept, values of all shapes found, cuts and learning.

#![cfg(not(feature = "gate-off"))]

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::record::{Context, Encoding, Form, Open, RawStretch, RawText};

const USER: &str = "7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31";

fn stretch(form: Form, dataset: Option<&'static str>, text: &str) -> RawStretch {
    let (encoding, context) = (Encoding::Utf8, Context::Nothing);
    RawStretch { form, encoding, has_mark: false, dataset, context, goes_on: false, text: RawText::new(text) }
}

fn cleaned(gate: &Gate, stretch: &RawStretch) -> String {
    let batch = gate.clean_stretch(stretch);
    assert_eq!(batch.refused(), []);
    String::from_utf8(batch.into_bytes()).unwrap()
}

fn json_of(gate: &Gate, dataset: Option<&'static str>, text: &str) -> Value {
    serde_json::from_str(&cleaned(gate, &stretch(Form::Json, dataset, text))).unwrap()
}

/// A CSV file in one stretch.
fn csv(text: &str, separator: u8) -> RawStretch {
    let head = text.lines().next().unwrap();
    let names = head.split(char::from(separator)).map(|name| RawText::new(name.trim_matches('"'))).collect();
    let context = Context::Columns { names, separator, has_header: true };
    RawStretch { context, ..stretch(Form::Csv, None, text) }
}

#[test]
fn lines_keep_every_byte_outside_their_values() {
    let gate = gate();
    let ip = field(&gate, "ipAddress", "203.0.113.27");
    let text = "{ \"ipAddress\" : \"203.0.113.27\", \"n\":1.50e3,\"n\":2 }\r\n\r\n  \nno json from 203.0.113.27\n[ 1,\t2 ]\n{\"a\":1} tail 203.0.113.27\n{\"ipAddress\":\"203.0.113.27\"}";
    let batch = gate.clean_stretch(&stretch(Form::JsonLines, None, text));
    assert_eq!(batch.records(), 5);
    assert_eq!(String::from_utf8(batch.into_bytes()).unwrap(), text.replace("203.0.113.27", &ip));
}

#[test]
fn pages_messages_and_lists_hold_records_of_the_dataset() {
    let gate = gate();
    let name = field(&gate, "userDisplayName", "Nobody Known");
    let record = r#"{"targetResources":[{"displayName":"Nobody Known","type":"User"}]}"#;
    for (before, after) in [
        ("", ""),
        ("[", "]"),
        ("[\n  ", ",\n  {}\n]\n"),
        (r#"{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#auditLogs","value":["#, "]}"),
        (r#"{ "records" : [ {"category":"AuditLogs","properties":"#, "} ] }"),
        (r#"{"responses":[{"id":"1","status":200,"body":{"value":["#, "]}}]}"),
    ] {
        let text = [before, record, after].concat();
        let clean = cleaned(&gate, &stretch(Form::Json, Some("audits"), &text));
        assert_eq!(clean, text.replace("Nobody Known", &name));
        let line = text.replace('\n', " ");
        assert_eq!(
            cleaned(&gate, &stretch(Form::JsonLines, Some("audits"), &line)),
            line.replace("Nobody Known", &name)
        );
    }
}

#[test]
fn cells_of_query_answers_follow_their_columns() {
    let gate = gate();
    let (name, ip) = (field(&gate, "userDisplayName", "Nobody Known"), field(&gate, "ipAddress", "203.0.113.27"));
    let text = r#"{"tables": [ {"name":"PrimaryResult","columns":[{"name":"TimeGenerated","type":"datetime"},{"name":"UserDisplayName","type":"string"},{"name":"Count","type":"long"},{"name":"Details","type":"dynamic"}],
        "rows":[ ["2026-02-01T00:00:00Z", "Nobody Known" ,7,"{\"ipAddress\":\"203.0.113.27\"}"],["x",null,1e3,"Nobody Known"], [] ]}]}"#;
    let expected = text.replacen("Nobody Known", &name, 1).replace("203.0.113.27", &ip);
    assert_eq!(cleaned(&gate, &stretch(Form::Json, None, text)), expected);
}

#[test]
fn json_in_strings_keeps_its_white_space_and_its_place() {
    let gate = gate();
    let name = field(&gate, "userDisplayName", "Nobody Known");
    let text = r#"{"AuditData":"{ \"userDisplayName\" : \"Nobody Known\",\r\n \"x\": \"[ \\\"Nobody Known\\\" ]\" }"}"#;
    assert_eq!(cleaned(&gate, &stretch(Form::Json, None, text)), text.replacen("Nobody Known", &name, 1));
    let date = r#"{"CreationTime":"\/Date(1706779851000)\/","Count":1}"#;
    assert_eq!(cleaned(&gate, &stretch(Form::Json, None, date)), date);
}

#[test]
fn what_is_no_json_is_read_as_far_as_it_is() {
    let gate = gate();
    let (name, ip) = (field(&gate, "userDisplayName", "Nobody Known"), field(&gate, "ipAddress", "203.0.113.27"));
    let text = "[{\"userDisplayName\":\"Nobody Known\",}, \r\n from 203.0.113.27";
    let expected = text.replace("Nobody Known", &name).replace("203.0.113.27", &ip);
    assert_eq!(cleaned(&gate, &stretch(Form::Json, None, text)), expected);
    assert_eq!(cleaned(&gate, &stretch(Form::Json, None, "")), "");
}

#[test]
fn archives_lose_cookies_and_tokens_and_keep_their_shape() {
    use base64::Engine;
    let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let gate = gate();
    let body = r#"{"userDisplayName":"Nobody Known","ok":true}"#;
    let entry = serde_json::json!({"log": {"version": "1.2", "entries": [{
        "request": {"method": "POST", "url": "https://login.example/x?code=0secretcode&upn=nobody%40elsewhere.test&v=1#id_token=0secretid",
            "headers": [{"name": "Cookie", "value": "a=0secretcookie"}, {"name": "Accept", "value": "text/html"}, {"name": "authorization", "value": "Bearer 0secretbearer"}],
            "cookies": [{"name": "a", "value": "0secretcookie", "httpOnly": true}],
            "queryString": [{"name": "code", "value": "0secretcode"}, {"name": "v", "value": "1"}],
            "postData": {"mimeType": "application/x-www-form-urlencoded; charset=utf-8", "text": "upn=nobody%40elsewhere.test&passwd=0secret+word&lang=de%20"}},
        "response": {"status": 200, "content": {"mimeType": "application/json", "size": 3, "text": base64(body), "encoding": "base64"},
            "headers": [{"name": "Set-Cookie", "value": "a=0secretcookie; path=/"}]}},
        {"response": {"content": {"mimeType": "image/png", "text": "iVBORw0KGgo=", "encoding": "base64"}}}]}});
    let clean = json_of(&gate, Some("har"), &entry.to_string());
    let text = clean.to_string();
    assert!(!text.contains("0secret") && !text.contains("nobody"), "{text}");
    let entry = &clean["log"]["entries"][0];
    assert_eq!(entry["request"]["headers"][1]["value"], "text/html");
    assert_eq!(entry["request"]["queryString"][1]["value"], "1");
    assert_eq!(entry["request"]["cookies"][0]["httpOnly"], true);
    let form = entry["request"]["postData"]["text"].as_str().unwrap();
    assert!(form.ends_with("&lang=de%20") && form.contains("%40") && form.contains("&passwd=%5BREMOVED%3A"), "{form}");
    assert!(entry["request"]["url"].as_str().unwrap().contains("&v=1#id_token="));
    let decoded =
        base64::engine::general_purpose::STANDARD.decode(entry["response"]["content"]["text"].as_str().unwrap());
    let name = field(&gate, "userDisplayName", "Nobody Known");
    assert_eq!(String::from_utf8(decoded.unwrap()).unwrap(), body.replace("Nobody Known", &name));
    assert!(!text.contains("iVBORw0KGgo="));
}

#[test]
fn rows_follow_their_columns_and_keep_their_quotes() {
    let gate = gate();
    let (upn, name) = (field(&gate, "upn", "nobody@elsewhere.test"), field(&gate, "userDisplayName", "Nobody Known"));
    let text = "User Principal Name,\"UserDisplayName_s\",Note,AuditData,Note\r\n\
        nobody@elsewhere.test,\"Nobody Known\",\"two\r\nlines, \"\"quoted\"\"\",\"{\"\"userDisplayName\"\": \"\"Nobody Known\"\"}\",=1+1\r\n\
        ,,,,\r\n\r\n nobody@elsewhere.test ,Nobody Known,few\r\n\
        =\"nobody@elsewhere.test\",x,1,2,3,too many,-5,@x\r\n\"unended";
    let expected = text.replace("nobody@elsewhere.test", &upn).replace("Nobody Known", &name);
    let x = field(&gate, "userDisplayName", "x");
    let clean = cleaned(&gate, &csv(text, b','));
    let excel = format!("=\"{upn}\",{x},");
    let unended = field(&gate, "upn", "\"unended");
    let expected = expected.replace(&format!("=\"{upn}\",x,"), &excel);
    assert_eq!(clean, expected.replace("\"unended", &unended));
    for separator in *b";\t" {
        let text = text.replace(',', &char::from(separator).to_string());
        let clean = cleaned(&gate, &csv(&text, separator));
        assert!(!clean.contains("nobody") && !clean.contains("Nobody"), "{clean}");
        assert_eq!(clean.matches(char::from(separator)).count(), text.matches(char::from(separator)).count());
    }
}

#[test]
fn lists_in_cells_are_taken_apart() {
    let gate = gate();
    let (one, two) = (field(&gate, "mail", "one.of@elsewhere.test"), field(&gate, "mail", "two.of@elsewhere.test"));
    let text =
        "mail,n\n\"one.of@elsewhere.test; two.of@elsewhere.test;\",1\none.of@elsewhere.test|two.of@elsewhere.test,2\n";
    let expected = text.replace("one.of@elsewhere.test", &one).replace("two.of@elsewhere.test", &two);
    assert_eq!(cleaned(&gate, &csv(text, b',')), expected);
    assert!(!after_learning(&csv(text, b','), "who is two.of, please").contains("two.of"));
}

#[test]
fn rows_without_known_columns_are_scanned() {
    let gate = gate();
    let ip = field(&gate, "ipAddress", "203.0.113.27");
    let text = "a,b\nfrom 203.0.113.27,2026-01-01\n";
    assert_eq!(cleaned(&gate, &csv(text, b',')), text.replace("203.0.113.27", &ip));
}

/// What a gate that learnt from a stretch makes of a text.
fn after_learning(stretch: &RawStretch, text: &str) -> String {
    let gate = gate_with(Policy::standard());
    gate.learn_stretch(stretch);
    gate.freeze();
    super::text(&gate, text)
}

#[test]
fn fields_of_all_shapes_teach() {
    let record = r#"{"userDisplayName":"Nobody Known"}"#;
    let nested = serde_json::json!({"data": serde_json::json!([{"x": record}]).to_string()}).to_string();
    let table = r#"{"tables":[{"columns":[{"name":"UserDisplayName"}],"rows":[["Nobody Known"]]}]}"#;
    let body =
        serde_json::json!({"log":{"entries":[{"request":{"postData":{"mimeType":"application/json","text":record}}}]}});
    for stretch in [
        stretch(Form::Json, None, record),
        stretch(Form::JsonLines, None, &format!("no json\n{record}\n")),
        stretch(Form::JsonLines, None, &nested),
        stretch(Form::Json, None, table),
        stretch(Form::Json, Some("har"), &body.to_string()),
        stretch(Form::Json, None, &format!("[{record},")),
        csv("User Display Name;x\nNobody Known;1\n", b';'),
        csv(&format!("AuditData;x\n\"{}\";1\n", record.replace('"', "\"\"")), b';'),
    ] {
        let clean = after_learning(&stretch, "seen: nobody known, again");
        assert!(!clean.contains("nobody known") && clean.ends_with(", again"), "{clean}");
    }
    assert_eq!(after_learning(&stretch(Form::Json, None, r#"{"x":"Nobody Known"}"#), "Nobody Known"), "Nobody Known");
}

#[test]
fn names_in_one_object_or_row_are_one_person() {
    let deep = r#"{"x":[{"user":{"displayName":"Ada F. (Crew)","givenName":"Ada","surname":"Field"}}]}"#;
    for stretch in
        [stretch(Form::Json, None, deep), csv("display Name,Given Name,Surname\nAda F. (Crew),Ada,Field\n", b',')]
    {
        let gate = gate_with(Policy::standard());
        gate.learn_stretch(&stretch);
        gate.freeze();
        let display = field(&gate, "userDisplayName", "Ada F. (Crew)");
        assert_eq!(super::text(&gate, "of Field Ada, here"), format!("of {display}, here"));
    }
}

#[test]
fn nothing_is_learnt_after_freezing() {
    let gate = gate();
    let terms = gate.dictionary().unwrap().terms();
    gate.learn_stretch(&stretch(Form::Json, None, r#"{"userDisplayName":"Nobody Known"}"#));
    assert_eq!(gate.dictionary().unwrap().terms(), terms);
    assert_eq!(super::text(&gate, "Nobody Known"), "Nobody Known");
}

#[test]
fn encodings_and_marks_are_kept() {
    let gate = gate();
    let text = "{\"x\":\"é 203.0.113.27\"}\n";
    let clean = text.replace("203.0.113.27", &field(&gate, "ipAddress", "203.0.113.27"));
    let one = |encoding, has_mark| {
        let stretch = RawStretch { encoding, has_mark, ..stretch(Form::JsonLines, None, text) };
        gate.clean_stretch(&stretch).into_bytes()
    };
    assert_eq!(one(Encoding::Utf8, true), format!("\u{feff}{clean}").into_bytes());
    let units: Vec<u8> = "\u{feff}".encode_utf16().chain(clean.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    assert_eq!(one(Encoding::Utf16Be, true), units);
    assert!(one(Encoding::Windows1252, false).windows(2).any(|pair| pair == b"\xe9 "));
}

/// A record of a sign-in with texts of any kind.
fn record() -> impl Strategy<Value = String> {
    let user = prop_oneof![Just("ada.field@alderwood.example".to_owned()), "[a-z]{3,9}@[a-z]{4,8}\\.test"];
    (user, "\\PC{0,20}", 0u32..300, any::<bool>()).prop_map(|(user, note, number, nested)| {
        let inner = serde_json::json!([{"key": "UPN", "value": user}]);
        let details = if nested { Value::String(inner.to_string()) } else { inner };
        let ip = format!("198.51.100.{}", number % 256);
        serde_json::json!({"id": USER, "userPrincipalName": user, "ipAddress": ip, "note": note,
            "additionalDetails": details, "n": number})
        .to_string()
    })
}

/// Each item of the list is cut off into a stretch of its own or not; a table's columns are remembered.
fn stretches_of(before: &str, items: &[String], after: &str, cuts: &[bool], opens: &[Open]) -> Vec<RawStretch> {
    let mut texts = vec![before.to_owned()];
    for (number, item) in items.iter().enumerate() {
        let is_cut = number > 0 && cuts[number % cuts.len()];
        if is_cut {
            texts.push(String::new());
        }
        let comma = if number > 0 { " ,\n " } else { "" };
        texts.last_mut().unwrap().push_str(&[comma, item].concat());
    }
    texts.last_mut().unwrap().push_str(after);
    let last = texts.len() - 1;
    let of = |(number, text): (usize, &String)| RawStretch {
        context: if number == 0 { Context::Nothing } else { Context::Inside(opens.into()) },
        goes_on: number < last,
        ..stretch(Form::Json, None, text)
    };
    texts.iter().enumerate().map(of).collect()
}

fn open(name: Option<&str>, is_array: bool, before: Option<&str>) -> Open {
    Open { name: name.map(RawText::new), is_array, before: before.map(RawText::new) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn cut_documents_read_as_whole_ones(
        records in prop::collection::vec(record(), 1..9), cuts in prop::collection::vec(any::<bool>(), 1..9), shape in 0usize..4,
    ) {
        let page = r#"{"@odata.context":"x", "value" : ["#;
        let columns = r#"{"columns":[{"name":"UserPrincipalName"},{"name":"Note"}]"#;
        let table = format!("{{\"tables\":[{columns},\"rows\":[");
        let row = |record: &String| {
            let record: Value = serde_json::from_str(record).unwrap();
            serde_json::json!([record["userPrincipalName"], record["note"]]).to_string()
        };
        let rows: Vec<String> = records.iter().map(row).collect();
        let list = open(None, true, None);
        let (before, items, after, opens) = match shape {
            0 => ("[", &records, " ]\r\n", vec![list]),
            1 => (page, &records, r#"],"@odata.nextLink":"https://graph.microsoft.com/x?user=ada.field@alderwood.example"}"#,
                vec![open(None, false, Some("{\"@odata.context\":\"x\", ")), open(Some("value"), true, None)]),
            2 => (r#"{"log":{"version":"1.2","entries":["#, &records, "]}}",
                vec![open(None, false, None), open(Some("log"), false, None), open(Some("entries"), true, None)]),
            _ => (table.as_str(), &rows, "]}]}", vec![open(None, false, Some("{")), open(Some("tables"), true, None),
                open(None, false, Some(columns)), open(Some("rows"), true, None)]),
        };
        let gate = gate();
        let whole = stretches_of(before, items, after, &[false], &opens);
        let parts = stretches_of(before, items, after, &cuts, &opens);
        let joined: String = parts.iter().map(|part| cleaned(&gate, part)).collect();
        prop_assert_eq!(&joined, &cleaned(&gate, &whole[0]));
        prop_assert!(!joined.contains("alderwood") && serde_json::from_str::<Value>(&joined).is_ok());

        let (one, many) = (gate_with(Policy::standard()), gate_with(Policy::standard()));
        one.learn_stretch(&whole[0]);
        parts.iter().rev().for_each(|part| many.learn_stretch(part));
        one.freeze();
        many.freeze();
        prop_assert_eq!(one.dictionary().unwrap().terms(), many.dictionary().unwrap().terms());
        let later: String = parts.iter().map(|part| cleaned(&many, part)).collect();
        prop_assert_eq!(later, cleaned(&one, &whole[0]));
    }

    #[test]
    fn lines_and_rows_are_cut_anywhere(
        records in prop::collection::vec(record(), 1..9), cut in 0usize..9, quoted in any::<bool>(), end in "\r?\n",
    ) {
        let gate = gate();
        let cut = cut.min(records.len());
        let lines: Vec<String> = records.iter().map(|record| [record, end.as_str()].concat()).collect();
        let of = |lines: &[String]| cleaned(&gate, &stretch(Form::JsonLines, Some("sign-ins"), &lines.concat()));
        prop_assert_eq!([of(&lines[..cut]), of(&lines[cut..])].concat(), of(&lines));

        let cell = |text: &str| if quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.replace([',', '"', '\n', '\r'], " ") };
        let row = |record: &String| {
            let record: Value = serde_json::from_str(record).unwrap();
            [cell(record["userPrincipalName"].as_str().unwrap()), ",".into(), cell(record["note"].as_str().unwrap()), end.clone()].concat()
        };
        let rows: Vec<String> = records.iter().map(row).collect();
        let names: Arc<[RawText]> = [RawText::new("userPrincipalName"), RawText::new("note")].into();
        let of = |rows: &[String], has_header: bool| {
            let header = if has_header { format!("userPrincipalName,note{end}") } else { String::new() };
            let context = Context::Columns { names: names.clone(), separator: b',', has_header };
            cleaned(&gate, &RawStretch { context, ..stretch(Form::Csv, None, &[header, rows.concat()].concat()) })
        };
        let whole = of(&rows, true);
        prop_assert_eq!(&[of(&rows[..cut], true), of(&rows[cut..], false)].concat(), &whole);
        prop_assert!(!whole.contains("alderwood"));
        prop_assert!(quoted || whole.lines().all(|line| line.matches(',').count() == 1));
    }

    #[test]
    fn any_bytes_come_out(text in "\\PC{0,60}[{\\[\"a:,\\]}\\n]{0,30}", form in 0usize..3) {
        let gate = gate();
        let form = [Form::Json, Form::JsonLines, Form::Csv][form];
        let mut one = stretch(form, None, &text);
        if form == Form::Csv {
            one.context = Context::Columns { names: [RawText::new("upn")].into(), separator: b',', has_header: false };
        }
        gate.clean_stretch(&one);
        gate_with(Policy::standard()).learn_stretch(&one);
    }
}
