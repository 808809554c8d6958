//! The instants of exports, in every spelling that portals, scripts and Azure Monitor use.
//!
//! Takes a text, gives an instant; one without a zone is UTC, as all these exports are. Source: microsoft-apis §7.4
//! (`8/22/2022 6:07:16 PM`), ECMA-404 as Windows PowerShell writes it (`/Date(1700000000000)/`), RFC 3339.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use crate::source::field;

/// An instant; none when the text is no instant.
pub(super) fn read(text: &str) -> Option<OffsetDateTime> {
    let text = text.trim();
    field::instant(text).or_else(|| milliseconds(text)).or_else(|| spelt(text))
}

/// An instant as RFC 3339 writes it, in UTC.
pub(super) fn write(at: OffsetDateTime) -> Option<String> {
    at.checked_to_offset(UtcOffset::UTC)?.format(&time::format_description::well_known::Rfc3339).ok()
}

/// `/Date(1700000000000)/`, with or without an offset that changes nothing.
fn milliseconds(text: &str) -> Option<OffsetDateTime> {
    let inner = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let end = inner.rfind(['+', '-']).filter(|&at| at > 0).unwrap_or(inner.len());
    let milliseconds: i128 = inner.get(..end)?.parse().ok()?;
    OffsetDateTime::from_unix_timestamp_nanos(milliseconds.checked_mul(1_000_000)?).ok()
}

/// Date, blank or `T`, time, perhaps `AM` or `PM`, perhaps a zone.
fn spelt(text: &str) -> Option<OffsetDateTime> {
    let split = text.find([' ', 'T', ','])?;
    let (date, rest) = (text.get(..split)?, text.get(split + 1..)?);
    let date = day(date)?;
    let rest = rest.trim();
    let (rest, offset) = zone(rest);
    let (clock, half) = match rest.rsplit_once([' ', '\u{202f}', '\u{a0}']) {
        Some((clock, half)) => (clock.trim_end(), Some(half)),
        None => (rest, None),
    };
    let time = time_of_day(clock, half)?;
    Some(PrimitiveDateTime::new(date, time).assume_offset(offset))
}

/// Takes a zone off the end: `Z`, `UTC`, `+01:00`, `+0100`.
fn zone(text: &str) -> (&str, UtcOffset) {
    for name in ["Z", "z", " UTC", " GMT", " (UTC)"] {
        if let Some(rest) = text.strip_suffix(name) {
            return (rest, UtcOffset::UTC);
        }
    }
    let Some(at) = text.rfind(['+', '-']) else { return (text, UtcOffset::UTC) };
    let digits: String = text[at + 1..].chars().filter(|symbol| *symbol != ':').collect();
    let (Some(hours), Some(minutes)) = (digits.get(..2), digits.get(2..)) else { return (text, UtcOffset::UTC) };
    let sign = if text[at..].starts_with('-') { -1 } else { 1 };
    let number = |text: &str| text.parse::<i8>().ok().map(|number| number * sign);
    let offset = number(hours).zip(number(minutes)).and_then(|(h, m)| UtcOffset::from_hms(h, m, 0).ok());
    offset.filter(|_| digits.len() == 4).map_or((text, UtcOffset::UTC), |offset| (text[..at].trim_end(), offset))
}

/// `2026-02-01`, `8/22/2022` (months first, as Azure writes it; days first where it must be), `22.08.2022`.
fn day(text: &str) -> Option<Date> {
    let separator =
        text.chars().find(|symbol| !symbol.is_ascii_digit()).filter(|one| matches!(one, '-' | '/' | '.'))?;
    let numbers: Vec<u32> = text.split(separator).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let &[first, second, third] = numbers.as_slice() else { return None };
    let (year, month, day) = match separator {
        _ if first > 31 => (first, second, third),
        '.' => (third, second, first),
        _ if first > 12 => (third, second, first),
        _ => (third, first, second),
    };
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()
}

/// `6:07`, `18:07:16`, `06:07:16.1234567`.
fn time_of_day(clock: &str, half: Option<&str>) -> Option<Time> {
    let (clock, fraction) = clock.split_once(['.']).unwrap_or((clock, ""));
    let mut parts = clock.split(':').map(|part| part.trim().parse::<u8>().ok());
    let hour = parts.next()??;
    let minute = parts.next()??;
    let second = parts.next().map_or(Some(0), |second| second)?;
    let hour = match half.map(str::to_ascii_lowercase).as_deref() {
        None => hour,
        Some("am" | "a.m.") if (1..=12).contains(&hour) => hour % 12,
        Some("pm" | "p.m.") if (1..=12).contains(&hour) => hour % 12 + 12,
        Some(_) => return None,
    };
    let digits = fraction.get(..fraction.len().min(9))?;
    let nanosecond = match digits {
        "" => 0,
        digits => digits.parse::<u32>().ok()? * 10u32.pow(9 - u32::try_from(digits.len()).ok()?),
    };
    (parts.next().is_none()).then(|| Time::from_hms_nano(hour, minute, second, nanosecond).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn every_spelling_is_read() {
        let at = datetime!(2022-08-22 18:07:16 UTC);
        for text in [
            "2022-08-22T18:07:16Z",
            "2022-08-22T18:07:16.0000000+00:00",
            "2022-08-22T20:07:16+02:00",
            "2022-08-22T18:07:16",
            "2022-08-22 18:07:16",
            "2022-08-22 18:07:16.000000000",
            "2022-08-22 18:07:16 UTC",
            "2022-08-22 20:07:16 +0200",
            "8/22/2022 6:07:16 PM",
            "8/22/2022, 6:07:16.000 PM",
            "08/22/2022 18:07:16",
            "22/08/2022 18:07:16",
            "22.08.2022 18:07:16",
            " 8/22/2022 6:07:16\u{202f}PM ",
            "/Date(1661191636000)/",
            "/Date(1661191636000+0200)/",
        ] {
            assert_eq!(read(text), Some(at), "{text}");
        }
        assert_eq!(read("8/22/2022 12:00:00 AM"), Some(datetime!(2022-08-22 0:00 UTC)));
        assert_eq!(read("2022-08-22 18:07:16.5"), Some(datetime!(2022-08-22 18:07:16.5 UTC)));
        assert_eq!(read("2024-12-10 14:33:09.049661100"), Some(datetime!(2024-12-10 14:33:09.0496611 UTC)));
        for text in
            ["", "yesterday", "8/22/2022", "13/13/2022 1:00", "8/22/2022 13:00 PM", "1 2", "2022-08-22 25:00:00"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(write(at).as_deref(), Some("2022-08-22T18:07:16Z"));
    }
}
