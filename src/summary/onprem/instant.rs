//! Instants as servers write them, as seconds since 1970.
//!
//! RFC 3339; `2026-09-15 12:00:00.123` of the synchronisation engine (UTC); `/Date(1789473600000)/` of `ConvertTo-Json`.
//! Dates of a country's own spelling are not read.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Seconds since 1970; `None` for what is no instant.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix("/Date(").and_then(|rest| rest.split(')').next()) {
        let end = inner
            .char_indices()
            .find(|(at, sign)| *at > 0 && !sign.is_ascii_digit())
            .map_or(inner.len(), |found| found.0);
        return inner.get(..end)?.parse::<i64>().ok().map(|millis| millis.div_euclid(1_000));
    }
    let spelt = match text.as_bytes() {
        [.., b'Z' | b'z'] => text.replacen(' ', "T", 1),
        bytes if bytes.get(10) == Some(&b' ') => format!("{}Z", text.trim_end_matches(" UTC").replacen(' ', "T", 1)),
        _ => text.to_owned(),
    };
    OffsetDateTime::parse(&spelt, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}

/// `2026-09-15T12:00:00Z`
pub(super) fn text(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds).ok().and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_spelling_is_read_and_nonsense_is_not() {
        for spelling in [
            "2026-09-15T12:00:00Z",
            "2026-09-15T14:00:00.1234567+02:00",
            "2026-09-15 12:00:00.123",
            "2026-09-15 12:00:00.000 UTC",
            "/Date(1789473600000)/",
            "/Date(1789473600999+0200)/",
        ] {
            assert_eq!(seconds(spelling), Some(1_789_473_600), "{spelling}");
        }
        for wrong in ["", "soon", "9/15/2026 2:00:00 PM", "/Date(x)/", "2026-13-15 12:00:00"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
        assert_eq!(text(1_789_473_600), "2026-09-15T12:00:00Z");
    }
}
