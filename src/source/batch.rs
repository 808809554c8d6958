//! `$batch`: up to 20 requests in one.
//!
//! Takes relative addresses, gives the JSON to post; takes the reply, gives status, headers and body of each item.
//! Items come back in any order, each with its own status; the outer 200 says nothing about them.
//! Source: <https://learn.microsoft.com/graph/json-batching>.

use bytes::Bytes;

use super::field;
use crate::json::{self, Error};

/// One item of a reply.
pub(super) struct Item {
    /// Its place in the request.
    pub place: usize,
    pub status: u16,
    pub retry_after: Option<String>,
    pub request_id: Option<String>,
    /// A slice of the reply; empty when the item has none.
    pub body: Bytes,
}

/// The body of the request. The id of an item is its place.
pub(super) fn body(urls: &[String], headers: &[(String, String)]) -> Bytes {
    let mut out = br#"{"requests":["#.to_vec();
    for (place, url) in urls.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(format!(r#"{{"id":"{place}","method":"GET","url":""#).as_bytes());
        json::escape_into(url, &mut out);
        out.push(b'"');
        for (index, (name, value)) in headers.iter().enumerate() {
            out.extend_from_slice(if index == 0 { br#","headers":{""#.as_slice() } else { br#",""#.as_slice() });
            json::escape_into(name, &mut out);
            out.extend_from_slice(br#"":""#);
            json::escape_into(value, &mut out);
            out.push(b'"');
        }
        out.extend_from_slice(if headers.is_empty() { b"}" } else { b"}}" });
    }
    out.extend_from_slice(b"]}");
    out.into()
}

/// The items of the reply; one that cannot be attributed is left out, so that its request is repeated.
///
/// # Errors
/// What is no reply to a batch.
pub(super) fn items(reply: &Bytes) -> Result<Vec<Item>, Error> {
    // A byte order mark is no part of the JSON.
    let reply = &reply.slice(if reply.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 }..);
    let end = json::value_span(reply, 0)?.end;
    if json::skip_space(reply, end) != reply.len() {
        return Err(Error { offset: end, expected: "the end" });
    }
    let [list] = field::find(reply, ["responses"]);
    let list = list.ok_or(Error { offset: 0, expected: "responses" })?;
    let mut out = Vec::new();
    for span in json::items(reply, list.start)? {
        let bytes = reply.slice(span?);
        out.extend(item(&bytes));
    }
    Ok(out)
}

fn item(bytes: &Bytes) -> Option<Item> {
    let [id, status, headers, body] = field::find(bytes, ["id", "status", "headers", "body"]);
    let number = |span: Option<json::Span>| field::text(bytes, &span?)?.parse::<u16>().ok();
    let header = |wanted: &str| {
        let members = json::members(bytes, headers.as_ref()?.start).ok()?.map_while(Result::ok);
        let value = members.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted.as_bytes()))?.1;
        field::text(bytes, &value).map(std::borrow::Cow::into_owned)
    };
    Some(Item {
        place: number(id)?.into(),
        status: number(status)?,
        retry_after: header("retry-after"),
        request_id: header("request-id"),
        body: body.map(|span| bytes.slice(span)).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_is_valid_json_with_relative_addresses() {
        let headers = [("ConsistencyLevel".to_owned(), "eventual".to_owned()), ("Prefer".into(), "a=\"b\"".into())];
        let bytes = body(&["/groups/1/members?$top=9".into(), "/groups/\"/members".into()], &headers);
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["requests"][1]["url"], "/groups/\"/members");
        assert_eq!(value["requests"][0]["headers"]["Prefer"], "a=\"b\"");
        assert_eq!(value["requests"][1]["id"], "1");
        let bare: serde_json::Value = serde_json::from_slice(&body(&["/a".into()], &[])).unwrap();
        assert_eq!(bare["requests"][0]["method"], "GET");
    }

    #[test]
    fn items_are_read_in_any_order_and_form() {
        let reply = br#"{"responses":[{"id":"1","status":200,"body":{"value":[{}]}},
            {"status":"429","headers":{"retry-After":2,"Request-Id":"r"},"id":"0"},{"id":"x","status":200},7]}"#;
        let items = items(&Bytes::from_static(reply)).unwrap();
        let seen: Vec<_> = items.iter().map(|item| (item.place, item.status, item.body.len())).collect();
        assert_eq!(seen, [(1, 200, 14), (0, 429, 0)]);
        assert_eq!(items[1].retry_after.as_deref(), Some("2"));
        assert_eq!(items[1].request_id.as_deref(), Some("r"));
        let marked = Bytes::from_static(b"\xEF\xBB\xBF{\"responses\":[{\"id\":\"0\",\"status\":200}]}");
        assert_eq!(super::items(&marked).unwrap().len(), 1);
        assert!(super::items(&Bytes::from_static(b"{}")).is_err());
        assert!(super::items(&Bytes::from_static(br#"{"responses":[]}x"#)).is_err());
    }
}
