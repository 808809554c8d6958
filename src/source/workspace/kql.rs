//! The questions, in the Kusto Query Language.
//!
//! Takes the row of a table and a window, gives a query text. Nothing that anybody typed is part of one.
//!
//! Which time: a record belongs to the window by the time of its event. `TimeGenerated` is that time in some tables only;
//! in others it is when the record was made or arrived, up to days later (the service itself moves what arrives more than
//! two days late to the time of arrival). So where a table has the event's time in a column of its own, that column
//! decides, and `TimeGenerated` only bounds what is scanned, from a day before the window and without an end: a record
//! cannot be made before its event by more than a wrong clock. A row whose own time is empty counts by `TimeGenerated`.
//! Source: <https://learn.microsoft.com/azure/data-explorer/kusto/query/>, azure-monitor/logs/log-standard-columns.

use time::{Duration, OffsetDateTime};

use crate::catalog::{Route, TIME_GENERATED};
use crate::source::Window;

/// Names of the columns that summaries have.
pub(super) const TABLE: &str = "Table";
pub(super) const ROWS: &str = "Rows";
pub(super) const BYTES: &str = "Bytes";
pub(super) const AT: &str = "At";

/// The expression for the time of the event.
fn event(route: &Route) -> String {
    match route.time_column() {
        TIME_GENERATED => TIME_GENERATED.to_owned(),
        own => format!("coalesce({own}, {TIME_GENERATED})"),
    }
}

/// `T | where …`: the rows of a window.
fn rows_of(route: &Route, window: Window) -> String {
    let (table, event) = (&route.table, event(route));
    let bound = match route.time_column() {
        TIME_GENERATED => String::new(),
        _ => {
            let early = window.since.saturating_sub(Duration::DAY);
            format!(" | where {TIME_GENERATED} >= {}", stamp(early))
        }
    };
    format!("{table}{bound} | where {event} >= {} and {event} < {}", stamp(window.since), stamp(window.until))
}

/// `datetime(…)` at or behind the instant, in ticks of 100 ns: the resolution of the service.
fn stamp(at: OffsetDateTime) -> String {
    let tick = 100 - i64::from(at.nanosecond() % 100);
    let at = if tick == 100 { at } else { at.saturating_add(Duration::nanoseconds(tick)) };
    let (date, time) = (at.date(), at.time());
    format!(
        "datetime({:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}Z)",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.nanosecond() / 100
    )
}

/// The rows of a window, in the order of events.
pub(super) fn read(route: &Route, window: Window) -> String {
    format!("{} | order by {} asc", rows_of(route, window), event(route))
}

/// How many rows and bytes each stretch of `step_s` seconds has; stretches without rows are left out.
pub(super) fn count(route: &Route, window: Window, step_s: i64) -> String {
    let sums = format!("{ROWS}=count(), {BYTES}=sum(_BilledSize)");
    format!("{} | summarize {sums} by {AT}=bin({}, {step_s}s)", rows_of(route, window), event(route))
}

/// Whether there are rows from before: one or none.
pub(super) fn older(route: &Route, since: OffsetDateTime) -> String {
    format!("{} | where {TIME_GENERATED} < {} | take 1 | summarize {ROWS}=count()", route.table, stamp(since))
}

/// Which of the tables exist, and how many rows of their windows they have.
///
/// A table that exists gives its row even if it is empty, which `take 1` would not. The first leg exists always: a union
/// of nothing would be refused, and that refusal could not be told from others.
pub(super) fn probe(tables: &[(&Route, Window)]) -> String {
    let mut out = format!("union isfuzzy=true (print {TABLE}=\"\", {ROWS}=0)");
    for (route, window) in tables {
        let table = &route.table;
        out.push_str(&format!(
            ", ({} | summarize {ROWS}=count() | extend {TABLE}=\"{table}\")",
            rows_of(route, *window)
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::route;
    use time::macros::datetime;

    const WINDOW: Window =
        Window { since: datetime!(2026-01-05 10:00:00.000_000_101 UTC), until: datetime!(2026-01-05 11:00 UTC) };

    #[test]
    fn the_event_decides_and_late_arrivals_are_seen() {
        assert_eq!(
            read(route("audits").unwrap(), WINDOW),
            "AuditLogs | where TimeGenerated >= datetime(2026-01-04T10:00:00.0000002Z) \
             | where coalesce(ActivityDateTime, TimeGenerated) >= datetime(2026-01-05T10:00:00.0000002Z) \
             and coalesce(ActivityDateTime, TimeGenerated) < datetime(2026-01-05T11:00:00.0000000Z) \
             | order by coalesce(ActivityDateTime, TimeGenerated) asc"
        );
        assert_eq!(
            count(route("provisioning").unwrap(), WINDOW, 900),
            "AADProvisioningLogs | where TimeGenerated >= datetime(2026-01-05T10:00:00.0000002Z) \
             and TimeGenerated < datetime(2026-01-05T11:00:00.0000000Z) \
             | summarize Rows=count(), Bytes=sum(_BilledSize) by At=bin(TimeGenerated, 900s)"
        );
    }

    #[test]
    fn what_is_older_is_asked_without_reading_it() {
        assert_eq!(
            older(route("sign-ins").unwrap(), WINDOW.until),
            "SigninLogs | where TimeGenerated < datetime(2026-01-05T11:00:00.0000000Z) | take 1 | summarize Rows=count()"
        );
    }

    #[test]
    fn one_question_asks_for_all_tables() {
        let tables = [route("audits").unwrap(), route("graph-activity").unwrap()].map(|row| (row, WINDOW));
        let text = probe(&tables);
        assert!(text.starts_with("union isfuzzy=true (print Table=\"\", Rows=0), (AuditLogs | where "));
        assert!(text.ends_with("| summarize Rows=count() | extend Table=\"MicrosoftGraphActivityLogs\")"));
    }
}
