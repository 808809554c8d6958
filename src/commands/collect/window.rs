//! The time window of the logs: `--since` and `--until`.
//!
//! Takes `7d`, `36h`, `90m` (back from the end of the window) or RFC 3339; gives two UTC instants, whole seconds.

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

use crate::source::Window;

/// What `--since` is when it is not given.
pub(super) const SINCE: &str = "7d";

/// The window cannot be understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadWindow {
    /// Neither a duration nor a time.
    #[error(
        "--{option}: write a duration back from the end of the window (7d, 36h, 90m) or a time such as 2026-09-01T00:00:00Z"
    )]
    Form {
        /// The option's name.
        option: &'static str,
    },
    /// Nothing between the two ends.
    #[error("--since lies at or after --until: nothing would be collected; swap or correct them")]
    Empty,
    /// Not a length of time.
    #[error("--deadline: write a length of time above zero, such as 90s, 30m, 8h or 1d")]
    Deadline,
    /// The window ends in the future.
    #[error("--until lies in the future: leave it out to collect up to now")]
    Future,
}

/// Reads both ends; without `until` the window ends now.
///
/// # Errors
/// [`BadWindow`], with what to write instead.
pub(super) fn window(since: &str, until: Option<&str>, now: OffsetDateTime) -> Result<Window, BadWindow> {
    let until = match until {
        None => now,
        Some(text) => instant(text).ok_or(BadWindow::Form { option: "until" })?,
    };
    let since = match duration(since) {
        Some(back) => until.checked_sub(back).ok_or(BadWindow::Form { option: "since" })?,
        None => instant(since).ok_or(BadWindow::Form { option: "since" })?,
    };
    let whole = |instant: OffsetDateTime| instant.replace_nanosecond(0).unwrap_or(instant);
    let (since, until) = (whole(since), whole(until));
    if until > now {
        return Err(BadWindow::Future);
    }
    if since >= until { Err(BadWindow::Empty) } else { Ok(Window { since, until }) }
}

/// Reads `--deadline`.
///
/// # Errors
/// [`BadWindow::Deadline`].
pub(super) fn deadline(text: &str) -> Result<std::time::Duration, BadWindow> {
    let seconds =
        text.strip_suffix('s').and_then(|count| count.parse().ok()).filter(|count| (1..=10_000_000).contains(count));
    let length = seconds.map(Duration::seconds).or_else(|| duration(text)).ok_or(BadWindow::Deadline)?;
    length.try_into().map_err(|_| BadWindow::Deadline)
}

fn instant(text: &str) -> Option<OffsetDateTime> {
    Some(OffsetDateTime::parse(text, &Rfc3339).ok()?.to_offset(UtcOffset::UTC))
}

fn duration(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let count: i64 = text.strip_suffix(unit)?.parse().ok().filter(|count| (1..=100_000).contains(count))?;
    match unit {
        'd' => Some(Duration::days(count)),
        'h' => Some(Duration::hours(count)),
        'm' => Some(Duration::minutes(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-09-08 12:00:00.5 UTC);

    #[test]
    fn durations_count_back_from_the_end() {
        let week = window("7d", None, NOW).unwrap();
        assert_eq!(week.since, datetime!(2026-09-01 12:00 UTC));
        assert_eq!(week.until, datetime!(2026-09-08 12:00 UTC));
        let hours = window("36h", Some("2026-09-03T00:00:00+02:00"), NOW).unwrap();
        assert_eq!(hours.since, datetime!(2026-09-01 10:00 UTC));
    }

    #[test]
    fn a_deadline_is_a_length_of_time() {
        let seconds = |text: &str| deadline(text).map(|length| length.as_secs());
        assert_eq!((seconds("90s"), seconds("30m"), seconds("8h")), (Ok(90), Ok(1_800), Ok(28_800)));
        for text in ["", "0s", "-1h", "8", "soon", "2026-09-01T00:00:00Z"] {
            assert_eq!(seconds(text), Err(BadWindow::Deadline), "{text}");
        }
    }

    #[test]
    fn wrong_windows_say_what_to_write() {
        assert_eq!(window("a week", None, NOW), Err(BadWindow::Form { option: "since" }));
        assert_eq!(window("7d", Some("yesterday"), NOW), Err(BadWindow::Form { option: "until" }));
        assert_eq!(window("2026-09-08T12:00:00Z", None, NOW), Err(BadWindow::Empty));
        assert_eq!(window("7d", Some("2026-10-01T00:00:00Z"), NOW), Err(BadWindow::Future));
        assert_eq!(window("0d", None, NOW), Err(BadWindow::Form { option: "since" }));
        assert_eq!(window("99999999d", None, NOW), Err(BadWindow::Form { option: "since" }));
    }
}
