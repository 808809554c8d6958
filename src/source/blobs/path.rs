//! Where in a container a blob belongs: whose it is, and which hour.
//!
//! Takes a name or a folder, gives tenant and time as far as it tells them. Known layouts, in any case:
//! `tenantId=<guid>/y=2026/m=01/d=05/h=10/m=00/PT1H.json`, `resourceId=/tenants/<guid>/providers/Microsoft.aadiam/y=…`,
//! and those of Event Hubs Capture, `{Namespace}/{EventHub}/{PartitionId}/2026/01/05/10/02/00.avro`, with the parts in
//! any order as long as the time stands together.
//! Sources: <https://learn.microsoft.com/azure/azure-monitor/platform/resource-logs>,
//! <https://learn.microsoft.com/azure/event-hubs/event-hubs-capture-overview>.

use time::{Date, Duration, Month, OffsetDateTime, Time};

use crate::source::Window;

/// Whose something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// This tenant's.
    Own,
    /// Another tenant's, or another resource's.
    Other,
    /// The name does not say.
    Unknown,
}

/// What a name tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub owner: Owner,
    /// The time that everything below it was written in; `None`: the name tells none.
    pub span: Option<Window>,
    /// Whether the day is known: such a folder has few blobs.
    pub has_day: bool,
}

/// Reads a name or a folder (which ends with `/`).
pub(super) fn place(name: &str, tenant: Option<&str>) -> Place {
    let lower = name.to_ascii_lowercase();
    let parts: Vec<&str> = lower.split('/').filter(|part| !part.is_empty()).collect();
    let id = parts.iter().enumerate().find_map(|(at, part)| {
        part.strip_prefix("tenantid=").or_else(|| parts.get(at + 1).copied().filter(|_| *part == "tenants"))
    });
    let is_resource = parts.first().is_some_and(|part| part.starts_with("resourceid="))
        && parts.get(1).is_some_and(|part| *part != "tenants");
    let owner = match (id, tenant) {
        _ if is_resource => Owner::Other,
        (None, _) => Owner::Unknown,
        (Some(id), Some(tenant)) if !id.eq_ignore_ascii_case(tenant) => Owner::Other,
        (Some(_), _) => Owner::Own,
    };
    let numbers = numbers(&parts);
    Place { owner, span: span(&numbers), has_day: numbers.len() >= 3 }
}

/// Year, month, day and hour, as many as there are.
fn numbers(parts: &[&str]) -> Vec<i32> {
    let number = |text: &str, digits: usize| -> Option<i32> {
        (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
    };
    let Some((start, is_named)) = parts.iter().enumerate().find_map(|(at, part)| match part.strip_prefix("y=") {
        Some(year) => number(year, 4).map(|_| (at, true)),
        None => number(part, 4).filter(|year| (2000..2100).contains(year)).map(|_| (at, false)),
    }) else {
        return Vec::new();
    };
    let names = ["y=", "m=", "d=", "h="];
    let read = |(place, part): (usize, &&str)| {
        let text = if is_named { part.strip_prefix(*names.get(place)?)? } else { part };
        number(text, if place == 0 { 4 } else { 2 })
    };
    parts.iter().skip(start).take(4).enumerate().map_while(read).collect()
}

fn span(numbers: &[i32]) -> Option<Window> {
    let two = |at: usize| numbers.get(at).and_then(|&number| u8::try_from(number).ok());
    let year = *numbers.first()?;
    let month = Month::try_from(two(1).unwrap_or(1)).ok()?;
    let date = Date::from_calendar_date(year, month, two(2).unwrap_or(1)).ok()?;
    let since = OffsetDateTime::new_utc(date, Time::from_hms(two(3).unwrap_or(0), 0, 0).ok()?);
    let until = match numbers.len() {
        1 => OffsetDateTime::new_utc(Date::from_calendar_date(year + 1, Month::January, 1).ok()?, Time::MIDNIGHT),
        2 => since + Duration::days(i64::from(month.length(year))),
        3 => since + Duration::DAY,
        _ => since + Duration::HOUR,
    };
    Some(Window { since, until })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const TENANT: &str = "aaaabbbb-0000-cccc-1111-dddd2222eeee";

    #[test]
    fn both_layouts_and_captures_are_read_in_any_case() {
        let hour = Some((datetime!(2026-01-05 10:00 UTC), datetime!(2026-01-05 11:00 UTC)));
        let rows = [
            (format!("tenantId={TENANT}/y=2026/m=01/d=05/h=10/m=00/PT1H.json"), Owner::Own, hour),
            (
                format!(
                    "resourceId=/TENANTS/{}/PROVIDERS/MICROSOFT.AADIAM/y=2026/m=01/d=05/h=10/m=00/",
                    TENANT.to_uppercase()
                ),
                Owner::Own,
                hour,
            ),
            ("ns/hub/0/2026/01/05/10/02/00.avro".into(), Owner::Unknown, hour),
            ("ns/hub/2026/01/05/10/02/00/31.avro".into(), Owner::Unknown, hour),
            (
                "tenantId=11112222-0000-cccc-1111-dddd2222eeee/y=2026/".into(),
                Owner::Other,
                Some((datetime!(2026-01-01 0:00 UTC), datetime!(2027-01-01 0:00 UTC))),
            ),
            (
                "resourceId=/SUBSCRIPTIONS/x/y=2026/m=02/".into(),
                Owner::Other,
                Some((datetime!(2026-02-01 0:00 UTC), datetime!(2026-03-01 0:00 UTC))),
            ),
            ("resourceId=/".into(), Owner::Unknown, None),
            ("copy.json".into(), Owner::Unknown, None),
            ("y=2026/m=13/".into(), Owner::Unknown, None),
        ];
        for (name, owner, span) in rows {
            let read = place(&name, Some(TENANT));
            assert_eq!((read.owner, read.span.map(|span| (span.since, span.until))), (owner, span), "{name}");
        }
        assert!(place("y=2026/m=01/d=05/", None).has_day && !place("y=2026/m=01/", None).has_day);
        assert_eq!(place(&format!("tenantId={TENANT}/"), None).owner, Owner::Own, "no tenant named: all are");
    }
}
