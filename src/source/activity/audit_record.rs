//! A record of Purview's audit search as the Management Activity API would give it.
//!
//! Takes a Graph `auditLogRecord`, gives its `auditData`, which is the same record under the same names; what the Graph
//! record says besides, or otherwise, stands at its end in `@bundle.envelope`. Copies bytes, interprets no value.
//! Source: <https://learn.microsoft.com/graph/api/resources/security-auditlogrecord>.

use bytes::Bytes;

use super::super::Item;
use super::super::field;
use super::super::seen::mark;
use super::super::shape::ENVELOPE;
use crate::json;

/// Which member of `auditData` says the same as which member around it.
const SAME: [(&str, &str); 9] = [
    ("id", "Id"),
    ("createdDateTime", "CreationTime"),
    ("operation", "Operation"),
    ("organizationId", "OrganizationId"),
    ("service", "Workload"),
    ("objectId", "ObjectId"),
    ("userPrincipalName", "UserId"),
    ("userId", "UserKey"),
    ("clientIp", "ClientIP"),
];

/// The record inside; `None`: there is none.
pub(super) fn open(outer: &Bytes) -> Option<Item> {
    let [data] = field::find(outer, ["auditData"]);
    let inner = outer.slice(data?);
    let (mut record, mut beside) = (vec![b'{'], Vec::new());
    let mut members = json::members(&inner, 0).ok()?;
    for member in members.by_ref() {
        let (key, span) = member.ok()?;
        // Annotations of Graph's own are no part of the record.
        let target = if key.starts_with(b"@odata.") { &mut beside } else { &mut record };
        push(target, key, inner.get(span)?);
    }
    for member in json::members(outer, 0).ok()? {
        let (key, span) = member.ok()?;
        if key != b"auditData" && !key.starts_with(b"@odata.") && !says_the_same(&inner, key, outer, &span) {
            push(&mut beside, key, outer.get(span)?);
        }
    }
    if !beside.is_empty() {
        let mut envelope = vec![b'{'];
        envelope.extend_from_slice(&beside);
        envelope.push(b'}');
        push(&mut record, ENVELOPE.as_bytes(), &envelope);
    }
    record.push(b'}');
    let [id, time] = field::find(&inner, ["Id", "CreationTime"]);
    let [outer_id, outer_time] = field::find(outer, ["id", "createdDateTime"]);
    let text = |record: &Bytes, span: Option<json::Span>| Some(field::text(record, &span?)?.into_owned());
    let at = text(&inner, time).or_else(|| text(outer, outer_time));
    let at = at.and_then(|text| Some((field::instant(&text)?, text)));
    let id = id.and_then(|span| inner.get(span)).or_else(|| outer.get(outer_id?)).map(mark);
    Some(Item { record: record.into(), id, at })
}

/// Appends a member to an object that is being written.
fn push(out: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    if out.last().is_some_and(|last| *last != b'{') {
        out.push(b',');
    }
    out.push(b'"');
    // As it stood: the key's escapes are not touched.
    out.extend_from_slice(key);
    out.extend_from_slice(b"\":");
    out.extend_from_slice(value);
}

/// Whether a member around the record adds nothing to it.
fn says_the_same(inner: &Bytes, key: &[u8], outer: &Bytes, span: &json::Span) -> bool {
    if matches!(outer.get(span.clone()), Some(b"null" | b"\"\"" | b"[]")) {
        return true;
    }
    let Some((_, name)) = SAME.iter().find(|(outside, _)| outside.as_bytes() == key) else { return false };
    let [found] = field::find(inner, [name]);
    let (Some(a), Some(b)) = (field::text(outer, span), found.and_then(|span| field::text(inner, &span))) else {
        return false;
    };
    a == b || field::instant(&a).is_some_and(|at| field::instant(&b) == Some(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_inside_comes_out_and_only_what_differs_stays_beside_it() {
        let outer = Bytes::from_static(
            br##"{"@odata.type":"#x","id":"r1","createdDateTime":"2026-01-05T10:00:00Z","auditLogRecordType":"exchangeItem",
            "operation":"Send","userType":"Regular","clientIp":null,"administrativeUnits":[],"userPrincipalName":"other@x",
            "auditData":{"@odata.type":"#y","CreationTime":"2026-01-05T10:00:00","Id":"r1","Operation":"Send","UserType":0,"UserId":"a@x"}}"##,
        );
        let item = open(&outer).unwrap();
        assert_eq!(
            std::str::from_utf8(&item.record).unwrap(),
            r##"{"CreationTime":"2026-01-05T10:00:00","Id":"r1","Operation":"Send","UserType":0,"UserId":"a@x","@bundle.envelope":{"@odata.type":"#y","auditLogRecordType":"exchangeItem","userType":"Regular","userPrincipalName":"other@x"}}"##
        );
        assert_eq!(item.id, Some(mark(br#""r1""#)));
        assert_eq!(item.at.map(|(_, text)| text).as_deref(), Some("2026-01-05T10:00:00"));
    }

    #[test]
    fn a_record_without_names_of_its_own_is_known_by_the_outer_ones() {
        let outer = Bytes::from_static(br#"{"id":"r2","createdDateTime":"2026-01-05T10:00:00Z","auditData":{}}"#);
        let item = open(&outer).unwrap();
        assert_eq!(item.id, Some(mark(br#""r2""#)));
        assert!(item.at.is_some() && item.record.starts_with(br#"{"@bundle.envelope":{"id":"r2""#));
        assert!(open(&Bytes::from_static(br#"{"id":"r3","auditData":null}"#)).is_none());
    }
}
