//! Records that stand inside another object or table: the `AuditData` of a unified audit search.
//!
//! Takes the text of the inner record and what stands around it; gives the inner record with what the others say besides
//! in `@bundle.envelope`. Source: <https://learn.microsoft.com/purview/audit-log-export-records>.

use std::borrow::Cow;

use crate::json;
use crate::source::field;
use crate::source::shape::ENVELOPE;

/// The inner record, and beside it the others' names and values (JSON). None when the inner text is no JSON object.
pub(super) fn opened(inner: &str, others: &[(Cow<'_, str>, Cow<'_, [u8]>)]) -> Option<Vec<u8>> {
    let inner = inner.trim();
    let bytes = inner.as_bytes();
    let mut members = json::members(bytes, 0).ok()?;
    let said: Vec<_> = members.by_ref().collect::<Result<_, _>>().ok()?;
    if members.end() != bytes.len() {
        return None;
    }
    // `UserIds` says what `UserId` says, `Operations` what `Operation` says.
    let is_said = |name: &str, value: &[u8]| {
        let stem = name.strip_suffix('s').unwrap_or(name);
        let stem = if name == "Identity" || name == "RecordId" { "Id" } else { stem };
        let text = |bytes: &[u8], span| field::text(bytes, &span).map(Cow::into_owned);
        said.iter().any(|(key, span)| {
            key.eq_ignore_ascii_case(stem.as_bytes())
                && text(bytes, span.clone()).is_some_and(|own| text(value, 0..value.len()) == Some(own))
        })
    };
    let mut out = inner.strip_suffix('}')?.trim_end().as_bytes().to_vec();
    let mut is_first = true;
    for (name, value) in others {
        if matches!(value.as_ref(), b"" | b"null" | b"\"\"") || is_said(name, value) {
            continue;
        }
        if is_first {
            out.extend_from_slice(if out.len() > 1 { b",\"" } else { b"\"" });
            out.extend_from_slice(ENVELOPE.as_bytes());
        }
        out.extend_from_slice(if is_first { b"\":{\"" } else { b",\"" });
        json::escape_into(name, &mut out);
        out.extend_from_slice(b"\":");
        out.extend_from_slice(value);
        is_first = false;
    }
    out.extend_from_slice(if is_first { b"}" } else { b"}}" });
    Some(out)
}

/// A text as JSON.
pub(super) fn quoted(text: &str) -> Vec<u8> {
    let mut out = vec![b'"'];
    json::escape_into(text, &mut out);
    out.push(b'"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_inner_record_says_is_not_said_twice() {
        let others = [("RecordType", "ExchangeAdmin"), ("UserIds", "u"), ("Identity", "1"), ("ResultIndex", "4")]
            .map(|(name, value)| (Cow::Borrowed(name), Cow::Owned(quoted(value))));
        let record = opened(r#" {"Id":"1","UserId":"u","RecordType":1 } "#, &others).unwrap();
        assert_eq!(
            String::from_utf8(record).unwrap(),
            r#"{"Id":"1","UserId":"u","RecordType":1,"@bundle.envelope":{"RecordType":"ExchangeAdmin","ResultIndex":"4"}}"#
        );
        assert_eq!(opened("{}", &[]).unwrap(), b"{}");
        assert!(opened(r#"{"Id":"1"#, &[]).is_none());
        assert!(opened("[1]", &[]).is_none());
        assert!(opened("", &[]).is_none());
    }
}
