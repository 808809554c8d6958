//! Event channels, through the tool of the documented interface: `wevtutil query-events`, which renders the messages too.
//!
//! Takes channel, providers, ids and window, gives the arguments of each call (a query holds about twenty conditions) and
//! makes its output whole where it was cut. Newest first, so that a cap keeps what matters. Sources:
//! <https://learn.microsoft.com/windows-server/administration/windows-commands/wevtutil>,
//! <https://learn.microsoft.com/windows/win32/wes/consuming-events#xpath-10-limitations>.

use std::ffi::OsString;

use encoding_rs::{UTF_8, UTF_16LE};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::limits::{HOST_EVENT_CONDITIONS_MAX, HOST_EVENTS_MAX};

/// Its name.
pub(super) const PROGRAM: &str = "wevtutil.exe";
/// Exit code: there is no such channel (`ERROR_EVT_CHANNEL_NOT_FOUND`).
pub(super) const NO_CHANNEL: i32 = 15_007;

/// The arguments of each call.
pub(super) fn calls(
    channel: &str,
    providers: &[String],
    ids: &[u32],
    (since, until): (OffsetDateTime, OffsetDateTime),
) -> Vec<Vec<OsString>> {
    let providers = groups(&providers.iter().map(|name| format!("@Name={}", quoted(name))).collect::<Vec<_>>());
    let ids = groups(&ranges(ids));
    let time = |at: OffsetDateTime| at.format(&Rfc3339).unwrap_or_default();
    let mut calls = Vec::new();
    for providers in &providers {
        for ids in &ids {
            let mut conditions = Vec::new();
            if !providers.is_empty() {
                conditions.push(format!("Provider[{providers}]"));
            }
            if !ids.is_empty() {
                conditions.push(format!("({ids})"));
            }
            conditions.push(format!("TimeCreated[@SystemTime>='{}' and @SystemTime<='{}']", time(since), time(until)));
            let query = format!("*[System[{}]]", conditions.join(" and "));
            calls.push(arguments(channel, &query));
        }
    }
    calls
}

fn arguments(channel: &str, query: &str) -> Vec<OsString> {
    let rest = [
        format!("/q:{query}"),
        "/f:RenderedXml".to_owned(),
        "/e:Events".to_owned(),
        "/rd:true".to_owned(),
        format!("/c:{HOST_EVENTS_MAX}"),
        "/uni:true".to_owned(),
    ];
    ["qe".to_owned(), channel.to_owned()].into_iter().chain(rest).map(OsString::from).collect()
}

/// Joined by `or`, so many at a time; one empty group for none.
fn groups(conditions: &[String]) -> Vec<String> {
    match conditions {
        [] => vec![String::new()],
        some => some.chunks(HOST_EVENT_CONDITIONS_MAX).map(|group| group.join(" or ")).collect(),
    }
}

/// Ids, those that follow one another as a range.
fn ranges(ids: &[u32]) -> Vec<String> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for id in ids {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(id) => *last = id,
            _ => ranges.push((id, id)),
        }
    }
    let spell = |(first, last): (u32, u32)| match first == last {
        true => format!("EventID={first}"),
        false => format!("(EventID>={first} and EventID<={last})"),
    };
    ranges.into_iter().map(spell).collect()
}

/// A literal of XPath 1.0, which knows no escapes.
fn quoted(text: &str) -> String {
    if text.contains('\'') { format!("\"{}\"", text.replace('"', "")) } else { format!("'{text}'") }
}

/// What the tool wrote, as UTF-8; how many events; cut back to the last whole one.
pub(super) fn whole(output: &[u8]) -> (String, usize) {
    let encoding = if output.iter().take(64).skip(1).step_by(2).any(|byte| *byte == 0) { UTF_16LE } else { UTF_8 };
    let (text, ..) = encoding.decode(output);
    let mut text = text.into_owned();
    let count = memchr::memmem::find_iter(text.as_bytes(), "</Event>").count();
    if !text.trim_end().ends_with("</Events>") {
        text.truncate(text.rfind("</Event>").map_or(0, |at| at + "</Event>".len()));
        if count > 0 {
            text.push_str("\r\n</Events>\r\n");
        }
    }
    (text, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(providers: &[&str], ids: &[u32]) -> Vec<String> {
        let providers: Vec<String> = providers.iter().map(|name| (*name).to_owned()).collect();
        let from = OffsetDateTime::UNIX_EPOCH;
        let calls = calls("Application", &providers, ids, (from, from + time::Duration::days(1)));
        calls.into_iter().filter_map(|call| call[2].to_str().map(str::to_owned)).collect()
    }

    #[test]
    fn providers_ids_and_times_become_a_query() {
        assert_eq!(
            query(&["ADSync", "Directory Synchronization"], &[904, 601, 602, 603]),
            ["/q:*[System[Provider[@Name='ADSync' or @Name='Directory Synchronization'] and ((EventID>=601 and \
              EventID<=603) or EventID=904) and TimeCreated[@SystemTime>='1970-01-01T00:00:00Z' and \
              @SystemTime<='1970-01-02T00:00:00Z']]]"]
        );
        assert!(query(&[], &[])[0].starts_with("/q:*[System[TimeCreated["));
        assert!(query(&["it's \"one\""], &[])[0].contains("@Name=\"it's one\""));
        let many: Vec<u32> = (0..20).map(|number| number * 2).collect();
        let calls = query(&["a", "b"], &many);
        assert_eq!(calls.iter().map(|call| call.matches("EventID=").count()).sum::<usize>(), 20);
        assert!(calls.len() > 1 && calls.iter().all(|call| call.matches(" or ").count() < 20));
    }

    #[test]
    fn what_was_cut_ends_with_a_whole_event() {
        let output = "<Events>\r\n<Event>1</Event>\r\n<Event>2</Event>\r\n<Ev";
        let utf16: Vec<u8> = output.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let expected = ("<Events>\r\n<Event>1</Event>\r\n<Event>2</Event>\r\n</Events>\r\n".to_owned(), 2);
        assert_eq!(whole(output.as_bytes()), expected);
        assert_eq!(whole(&utf16), expected);
        assert_eq!(whole(b"\xff\xfe<\0E\0v\0"), (String::new(), 0));
        assert_eq!(whole("<Events>\r\n</Events>\r\n".as_bytes()), ("<Events>\r\n</Events>\r\n".to_owned(), 0));
        assert_eq!(whole(b""), (String::new(), 0));
    }
}
