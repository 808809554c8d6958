//! Instants as ticks of 100 ns since 1970 UTC: the resolution that Graph writes (seven decimals).
//!
//! Takes and gives numbers and text; never reads a clock.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Ticks of 100 ns since 1970-01-01T00:00:00Z.
pub(crate) type Ticks = i64;

/// Ticks of one second.
pub(crate) const SECOND: Ticks = 10_000_000;

/// The tick at or before `instant`.
pub(crate) fn ticks(instant: OffsetDateTime) -> Ticks {
    i64::try_from(instant.unix_timestamp_nanos().div_euclid(100)).unwrap_or(i64::MAX)
}

/// Reads RFC 3339 with any offset, or a bare date (midnight UTC), as `OData` literals write them.
pub(crate) fn parse(text: &str) -> Option<Ticks> {
    if text.len() == 10 {
        return parse(&format!("{text}T00:00:00Z"));
    }
    let upper = text.to_ascii_uppercase();
    let seconds_missing = upper.len() == 17 && upper.ends_with('Z');
    let full = if seconds_missing { format!("{}:00Z", upper.get(..16)?) } else { upper };
    OffsetDateTime::parse(&full, &Rfc3339).ok().map(ticks)
}

/// Appends `2026-09-01T06:00:00.1234567Z`.
pub(crate) fn write(at: Ticks, out: &mut Vec<u8>) {
    let (days, tick) = (at.div_euclid(86_400 * SECOND), at.rem_euclid(86_400 * SECOND));
    let (year, month, day) = civil(days);
    let second = tick / SECOND;
    let mut text = *b"0000-00-00T00:00:00.0000000Z";
    digits(&mut text[0..4], year);
    digits(&mut text[5..7], month);
    digits(&mut text[8..10], day);
    digits(&mut text[11..13], second / 3_600);
    digits(&mut text[14..16], second / 60 % 60);
    digits(&mut text[17..19], second % 60);
    digits(&mut text[20..27], tick % SECOND);
    out.extend_from_slice(&text);
}

/// The same as text.
pub(crate) fn text(at: Ticks) -> String {
    let mut out = Vec::with_capacity(28);
    write(at, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn digits(place: &mut [u8], mut value: i64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// Year, month and day of a count of days since 1970 (H. Hinnant, `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted_month + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_back(at in -60_000_000_000_000_000_i64..60_000_000_000_000_000) {
            proptest::prop_assert_eq!(parse(&text(at)), Some(at));
        }
    }

    #[test]
    fn literals_of_odata_are_read() {
        assert_eq!(parse("1970-01-01"), Some(0));
        assert_eq!(parse("1970-01-01T00:00Z"), Some(0));
        assert_eq!(parse("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(parse("1970-01-01t00:00:01.5z"), Some(15_000_000));
        for wrong in ["", "soon", "2026-13-01", "2026-01-01T25:00:00Z"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
