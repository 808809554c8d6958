//! Cuts a reply into records without copying or parsing them.
//!
//! Takes a body, gives slices of it, one a record, and the link to the next page. Accepts `{"value":[…]}`, a bare
//! array and a bare object; members of the list that are no objects are counted as damage, never guessed at.
//! Source: OData JSON 4.01 §4.5 (control information); documented replies under the samples.

use bytes::Bytes;

use crate::catalog::Shape;
use crate::json::{self, Error, Span};

/// Where the list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nowhere: this was the last page.
    End,
    /// There, as the service wrote it.
    Link(String),
    /// The service says it goes on, but not where.
    Unreadable,
}

/// One page.
pub(super) struct Page {
    pub records: Vec<Bytes>,
    pub next: Next,
    /// `@odata.count`
    pub count: Option<u64>,
    /// Members of the list that are not objects.
    pub damaged: u64,
}

impl Page {
    pub(super) fn empty() -> Self {
        Self { records: Vec::new(), next: Next::End, count: None, damaged: 0 }
    }
}

#[derive(Default)]
struct Envelope {
    value: Option<Span>,
    next: Option<Span>,
    count: Option<Span>,
    error: Option<Span>,
    has_id: bool,
}

/// Cuts a body.
///
/// # Errors
/// What is not one JSON object or array, or is an error that came with status 200.
pub(super) fn split(body: &Bytes, shape: Shape) -> Result<Page, Error> {
    let start = if body.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let start = json::skip_space(body, start);
    let mut page = Page::empty();
    let end = match body.get(start) {
        Some(b'[') => push_items(body, start, &mut page)?,
        Some(b'{') => {
            let (envelope, end) = envelope(body, start)?;
            open(body, start..end, &envelope, shape, &mut page)?;
            end
        }
        _ => return Err(Error { offset: start, expected: "an object or an array" }),
    };
    match json::skip_space(body, end) {
        rest if rest == body.len() => Ok(page),
        rest => Err(Error { offset: rest, expected: "the end" }),
    }
}

fn envelope(body: &[u8], start: usize) -> Result<(Envelope, usize), Error> {
    let mut envelope = Envelope::default();
    let mut members = json::members(body, start)?;
    for member in members.by_ref() {
        let (key, span) = member?;
        match key {
            b"value" => envelope.value = Some(span),
            b"@odata.nextLink" | b"odata.nextLink" | b"nextLink" => envelope.next = Some(span),
            b"@odata.count" | b"odata.count" => envelope.count = Some(span),
            b"error" => envelope.error = Some(span),
            b"id" => envelope.has_id = true,
            _ => {}
        }
    }
    Ok((envelope, members.end()))
}

fn open(body: &Bytes, whole: Span, envelope: &Envelope, shape: Shape, page: &mut Page) -> Result<(), Error> {
    let list = envelope.value.as_ref().filter(|value| body.get(value.start) == Some(&b'['));
    // A singleton with an array of its own called `value` has an id beside it; an envelope has not.
    let list = list.filter(|_| shape == Shape::Collection || !envelope.has_id);
    let Some(list) = list else {
        let null = envelope.value.as_ref().is_some_and(|value| body.get(value.start) == Some(&b'n'));
        if null && shape == Shape::Collection {
            return Err(Error { offset: whole.start, expected: "a list in value" });
        }
        if let Some(error) = envelope.error.as_ref().filter(|_| !envelope.has_id) {
            return Err(Error { offset: error.start, expected: "a reply without an error" });
        }
        page.records.push(body.slice(whole));
        return Ok(());
    };
    // The service began the list and then found out that it cannot end it.
    if let Some(error) = &envelope.error {
        return Err(Error { offset: error.start, expected: "a list without an error" });
    }
    push_items(body, list.start, page)?;
    page.count = envelope.count.as_ref().and_then(|span| super::field::text(body, span)?.parse().ok());
    page.next = match &envelope.next {
        None => Next::End,
        Some(span) => match (body.get(span.start), super::field::text(body, span)) {
            (Some(b'n'), _) => Next::End,
            (Some(b'"'), Some(link)) if !link.is_empty() => Next::Link(link.into_owned()),
            _ => Next::Unreadable,
        },
    };
    Ok(())
}

fn push_items(body: &Bytes, start: usize, page: &mut Page) -> Result<usize, Error> {
    let mut items = json::items(body, start)?;
    for item in items.by_ref() {
        let span = item?;
        if body.get(span.start) == Some(&b'{') {
            page.records.push(body.slice(span));
        } else {
            page.damaged += 1;
        }
    }
    Ok(items.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, shape: Shape) -> Option<(usize, Next, Option<u64>, u64)> {
        let page = split(&Bytes::copy_from_slice(text.as_bytes()), shape).ok()?;
        Some((page.records.len(), page.next, page.count, page.damaged))
    }

    #[test]
    fn every_shape_of_reply_is_cut() {
        use Shape::{Collection, Singleton};
        let link = || Next::Link("https://a/b?$skiptoken=1".into());
        let rows = [
            (r#"{"value":[{"id":1},{}]}"#, Collection, Some((2, Next::End, None, 0))),
            (
                r#"{"@odata.nextLink":"https://a/b?$skiptoken=1","value":[],"@odata.count":7}"#,
                Collection,
                Some((0, link(), Some(7), 0)),
            ),
            (r#"{"value":[{}],"nextLink":"https:\/\/a\/b?$skiptoken=1"}"#, Collection, Some((1, link(), None, 0))),
            (
                r#"{"value":[{}],"@odata.nextLink":null,"@odata.count":"3"}"#,
                Collection,
                Some((1, Next::End, Some(3), 0)),
            ),
            (r#"{"value":[{}],"@odata.nextLink":""}"#, Collection, Some((1, Next::Unreadable, None, 0))),
            (r#"{"value":[{}],"@odata.nextLink":5}"#, Collection, Some((1, Next::Unreadable, None, 0))),
            (r#"{"value":[{},1,null,[{}],"x"]}"#, Collection, Some((1, Next::End, None, 4))),
            (" [ {} , {} ] ", Collection, Some((2, Next::End, None, 0))),
            ("\u{feff}[{}]", Collection, Some((1, Next::End, None, 0))),
            (r#"{"id":"x","a":1}"#, Collection, Some((1, Next::End, None, 0))),
            (r#"{"id":"x","value":[1]}"#, Singleton, Some((1, Next::End, None, 0))),
            (r#"{"value":[{"id":"x"}]}"#, Singleton, Some((1, Next::End, None, 0))),
            (r#"{"id":"x","error":{"code":"y"}}"#, Singleton, Some((1, Next::End, None, 0))),
            (r#"{"value":null}"#, Collection, None),
            (r#"{"error":{"code":"x"}}"#, Collection, None),
            (r#"{"value":[{}],"error":{"code":"x"}}"#, Collection, None),
            (r#"{"value":[{}]"#, Collection, None),
            (r#"{"value":[{}]}}"#, Collection, None),
            ("true", Collection, None),
            ("<html>", Collection, None),
            ("", Singleton, None),
        ];
        for (text, shape, expected) in rows {
            assert_eq!(read(text, shape), expected, "{text}");
        }
    }

    #[test]
    fn records_are_slices_of_the_body_as_sent() {
        let body = Bytes::from_static(br#"{"value":[ { "id" : 1.50 , "b":"\u00e9" } ]}"#);
        let page = split(&body, Shape::Collection).unwrap();
        assert_eq!(&page.records[0][..], br#"{ "id" : 1.50 , "b":"\u00e9" }"#);
        assert!(body.as_ptr_range().contains(&page.records[0].as_ptr()));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_cut_or_refused_without_panic(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = split(&Bytes::from(body), Shape::Collection);
        }

        #[test]
        fn a_damaged_page_is_never_taken_for_a_whole_one(cut in 0usize..58, insert in ".{0,3}") {
            let whole = r#"{"value":[{"id":"a"},{"id":"b"}],"@odata.nextLink":"l","x":1}"#;
            let text = format!("{}{insert}{}", &whole[..cut], &whole[cut + 1..]);
            // Whatever is accepted is valid JSON as serde_json sees it.
            if split(&Bytes::from(text.clone()), Shape::Collection).is_ok() {
                proptest::prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
            }
        }
    }
}
