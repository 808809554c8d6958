//! The instants of the server's files, each in the spelling of its writer.
//!
//! Takes an [`OffsetDateTime`] in UTC, gives text. Whole seconds; fractions are drawn where a writer shows them.

use time::{OffsetDateTime, UtcOffset};

/// Seconds between 1601 and 1970: Windows counts from 1601 (\[MS-DTYP\] 2.3.3).
const EPOCH_1601_S: i64 = 11_644_473_600;

fn parts(at: OffsetDateTime) -> (String, String) {
    let at = at.to_offset(UtcOffset::UTC);
    let date = format!("{:04}-{:02}-{:02}", at.year(), u8::from(at.month()), at.day());
    (date, format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second()))
}

/// `2026-09-15T12:00:00.1234567Z`, as event XML and .NET write it.
pub(super) fn precise(at: OffsetDateTime, draw: u64) -> String {
    let (date, clock) = parts(at);
    format!("{date}T{clock}.{:07}Z", draw % 10_000_000)
}

/// `2026-09-15 12:00:00.123`, as the synchronisation engine writes it.
pub(super) fn engine(at: OffsetDateTime, draw: u64) -> String {
    let (date, clock) = parts(at);
    format!("{date} {clock}.{:03}", draw % 1_000)
}

/// `12:00:00.123`, as the wizard's trace writes it.
pub(super) fn clock(at: OffsetDateTime, draw: u64) -> String {
    format!("{}.{:03}", parts(at).1, draw % 1_000)
}

/// `20260915120000.0Z`: generalised time (RFC 4517 §3.3.13) as Active Directory writes it.
pub(super) fn generalised(at: OffsetDateTime) -> String {
    let (date, clock) = parts(at);
    format!("{}{}.0Z", date.replace('-', ""), clock.replace(':', ""))
}

/// `20260915-120000`, as file names have it.
pub(super) fn file(at: OffsetDateTime) -> String {
    let (date, clock) = parts(at);
    format!("{}-{}", date.replace('-', ""), clock.replace(':', ""))
}

/// Hundreds of nanoseconds since 1601, as pwdLastSet has them.
pub(super) fn interval(at: OffsetDateTime) -> i64 {
    (at.unix_timestamp() + EPOCH_1601_S) * 10_000_000
}

/// `/Date(1789473600000)/`, as `ConvertTo-Json` of PowerShell 5.1 writes it.
pub(super) fn powershell(at: OffsetDateTime) -> String {
    format!("/Date({})/", at.unix_timestamp() * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn each_writer_has_its_spelling() {
        let at = datetime!(2026-09-05 07:06:05 UTC);
        assert_eq!(precise(at, 42), "2026-09-05T07:06:05.0000042Z");
        assert_eq!(engine(at, 1_042), "2026-09-05 07:06:05.042");
        assert_eq!(clock(at, 7), "07:06:05.007");
        assert_eq!(generalised(at), "20260905070605.0Z");
        assert_eq!(file(at), "20260905-070605");
        assert_eq!(interval(datetime!(1601-01-01 0:00:01 UTC)), 10_000_000);
        assert_eq!(powershell(datetime!(1970-01-01 0:00:02 UTC)), "/Date(2000)/");
    }
}
