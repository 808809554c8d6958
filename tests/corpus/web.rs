//! A browser's network recording (HAR 1.2): addresses, cookies, tokens, bodies.

use serde_json::{Value, json};

use super::graph::{instant, user};
use super::names::AGENTS;
use super::people::Person;
use super::spell;

fn entry(person: &Person, number: usize) -> Value {
    let body = user(person, number).to_string();
    let (text, encoding) =
        if number.is_multiple_of(3) { (spell::base64(body.as_bytes()), "base64") } else { (body, "") };
    json!({
        "startedDateTime": instant(number), "time": 120.5, "serverIPAddress": person.ipv4, "connection": "443",
        "request": {"method": "POST", "httpVersion": "HTTP/2", "headersSize": -1, "bodySize": 210,
            "url": format!("https://graph.microsoft.com/v1.0/users/{}?$select=id&upn={}", spell::percent_at(&person.upn), spell::percent(&person.mail)),
            "headers": [{"name": "User-Agent", "value": AGENTS[number % 5]}, {"name": "X-AnchorMailbox", "value": format!("UPN:{}", person.upn)},
                {"name": "Cookie", "value": format!("ESTSAUTH={}; who={}", spell::base64_url(person.upn.as_bytes()), person.account)},
                {"name": "X-Forwarded-For", "value": format!("{}, {}", person.ipv4, person.ipv6)}],
            "cookies": [{"name": "who", "value": person.account}],
            "queryString": [{"name": "upn", "value": person.mail}],
            "postData": {"mimeType": "application/json", "text": json!({"displayName": person.name, "deviceId": person.device(), "sid": person.sid}).to_string()}},
        "response": {"status": 200, "statusText": "OK", "httpVersion": "HTTP/2", "cookies": [], "redirectURL": "",
            "headers": [{"name": "x-ms-computer", "value": person.host}], "headersSize": -1, "bodySize": -1,
            "content": {"size": text.len(), "mimeType": "application/json", "text": text, "encoding": encoding}},
        "cache": {}, "timings": {"send": 0.1, "wait": 119.9, "receive": 0.5}
    })
}

pub fn recording(people: &[Person]) -> Value {
    let entries: Vec<Value> = people.iter().enumerate().map(|(number, person)| entry(person, number)).collect();
    json!({"log": {"version": "1.2", "creator": {"name": "WebInspector", "version": "537.36"}, "pages": [], "entries": entries}})
}
