//! The address of a request: path with its key parts, query options, time filter.
//!
//! Takes a row, a key and a window, gives a URL, the relative form for `$batch`, or the template without values
//! that the manifest shows. Source: OData 4.01 URL conventions; RFC 3986 for what is percent-encoded.

use std::fmt::Write as _;

use time::OffsetDateTime;
use url::Url;

use super::Window;
use crate::catalog::{Dataset, Service};
use crate::record::Key;

/// Options that a service refused and that are left out from then on.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Dropped {
    /// The page size instead of the row's; 0: none is sent.
    pub page_size: Option<u32>,
    pub order: bool,
}

impl Dropped {
    /// The `$top` that is sent.
    pub(super) fn size(&self, dataset: &Dataset) -> Option<u32> {
        let own = dataset.page_size.filter(|_| !dataset.page_size_by_prefer)?;
        Some(self.page_size.unwrap_or(own)).filter(|&size| size > 0)
    }
}

/// The page size to try when `size` was refused: the largest smaller one that the message names, else none (0), which
/// leaves it to the service.
pub(super) fn smaller(size: u32, message: &str) -> u32 {
    let numbers = message.split(|symbol: char| !symbol.is_ascii_digit()).filter_map(|text| text.parse::<u32>().ok());
    // "Must be between 1 and 999": the lower bound is no suggestion.
    numbers.filter(|&number| 1 < number && number < size).max().unwrap_or(0)
}

/// A first page that can be asked for.
pub(super) struct Question<'a> {
    pub dataset: &'static Dataset,
    pub key: Option<&'a Key>,
    /// The time filter; `None`: none is sent.
    pub window: Option<Window>,
    /// The window begins where the service's own begins: not a second earlier may be asked for.
    pub clamped: bool,
    pub dropped: Dropped,
}

impl Question<'_> {
    /// The whole address; `None` when the key does not fit the path.
    pub(super) fn url(&self, base: &Url) -> Option<Url> {
        let version = self.dataset.path_prefix();
        Url::parse(&format!("{}{version}{}", base.as_str().trim_end_matches('/'), self.relative()?)).ok()
    }

    /// The instants of a filter that loses nothing of the window: whole seconds, a second wider for `gt`.
    fn bounds(&self, window: &Window) -> (String, String) {
        let exclusive = self.dataset.time.as_ref().is_some_and(|time| time.operators.iter().any(|one| one == "gt"));
        // `gt` would lose what happened exactly at the border: ask for a second more, choose here.
        let more_s = i64::from(exclusive && !self.clamped);
        let since = floor_second(window.since).saturating_sub(time::Duration::seconds(more_s));
        (stamp(since), stamp(ceil_second(window.until)))
    }

    /// The address of the number of records: the same without paging and selection.
    pub(super) fn count_url(&self, base: &Url) -> Option<Url> {
        let path = fill(&self.dataset.path, self.key)?;
        let (path, fixed) = path.split_once('?').unwrap_or((&path, ""));
        let mut out = format!("{}/{}{path}/$count", base.as_str().trim_end_matches('/'), self.dataset.version);
        let filter = self.dataset.filter.as_deref().map(|filter| {
            let mut option = "$filter=".to_owned();
            encode(filter, b"-._~!$'()*,:@/", &mut option);
            option
        });
        let options: Vec<&str> = filter.as_deref().into_iter().chain((!fixed.is_empty()).then_some(fixed)).collect();
        if !options.is_empty() {
            out = format!("{out}?{}", options.join("&"));
        }
        Url::parse(&out).ok()
    }

    /// Path and query behind the version; `None` when the key does not fit the path.
    pub(super) fn relative(&self) -> Option<String> {
        let path = fill(&self.dataset.path, self.key)?;
        let mut joint = if path.contains('?') { '&' } else { '?' };
        let mut out = path;
        for (name, value) in options(self.dataset, self.window.map(|window| self.bounds(&window)), self.dropped) {
            let _ = write!(out, "{joint}{name}=");
            encode(&value, b"-._~!$'()*,:@/", &mut out);
            joint = '&';
        }
        Some(out)
    }
}

/// The request as the manifest shows it: placeholders instead of values.
pub(super) fn template(dataset: &Dataset) -> String {
    let version = dataset.path_prefix();
    let bounds = dataset.time.as_ref().map(|_| ("{since}".to_owned(), "{until}".to_owned()));
    let mut out = format!("GET {version}{}", dataset.path);
    let mut joint = if dataset.path.contains('?') { '&' } else { '?' };
    for (name, value) in options(dataset, bounds, Dropped::default()) {
        let _ = write!(out, "{joint}{name}={value}");
        joint = '&';
    }
    out
}

fn options(dataset: &Dataset, bounds: Option<(String, String)>, dropped: Dropped) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    if dataset.service == Service::Arm {
        out.push(("api-version", dataset.version.clone()));
    }
    if !dataset.select.is_empty() {
        out.push(("$select", dataset.select.join(",")));
    }
    if let Some(expand) = &dataset.expand {
        out.push(("$expand", expand.clone()));
    }
    let time = bounds.and_then(|bounds| time_filter(dataset, &bounds));
    let filter: Vec<String> = time.into_iter().chain(dataset.filter.as_deref().map(bracket)).collect();
    if !filter.is_empty() {
        out.push(("$filter", filter.join(" and ")));
    }
    if let Some(order) = dataset.time.as_ref().and_then(|time| time.order_by.clone()).filter(|_| !dropped.order) {
        out.push(("$orderby", order));
    }
    if let Some(size) = dropped.size(dataset) {
        out.push(("$top", size.to_string()));
    }
    out
}

fn time_filter(dataset: &Dataset, (since, until): &(String, String)) -> Option<String> {
    let time = dataset.time.as_ref()?;
    let clause = |operator: &String| {
        let bound = if matches!(operator.as_str(), "gt" | "ge") { since } else { until };
        format!("{} {operator} {bound}", time.property)
    };
    let clauses: Vec<_> = time.operators.iter().map(clause).collect();
    (!clauses.is_empty()).then(|| clauses.join(" and "))
}

/// Brackets around a filter that has an `or` outside all brackets.
fn bracket(filter: &str) -> String {
    let mut depth = 0i32;
    let loose = filter.char_indices().any(|(at, symbol)| {
        depth += i32::from(symbol == '(') - i32::from(symbol == ')');
        depth == 0 && filter.get(at..).is_some_and(|rest| rest.starts_with(" or "))
    });
    if loose { format!("({filter})") } else { filter.to_owned() }
}

/// Headers of every page: the row's, and the page size where it is asked for so.
pub(super) fn headers(dataset: &Dataset) -> Vec<(String, String)> {
    let mut out = dataset.headers.clone();
    if let Some(size) = dataset.page_size.filter(|_| dataset.page_size_by_prefer) {
        let size = format!("odata.maxpagesize={size}");
        match out.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("prefer")) {
            Some((_, value)) => *value = format!("{value}, {size}"),
            None => out.push(("Prefer".to_owned(), size)),
        }
    }
    out
}

/// Puts the key's parts, percent-encoded, in the places of `{0}`, `{1}`, …
fn fill(path: &str, key: Option<&Key>) -> Option<String> {
    let parts = key.map(|key| key.0.as_slice()).unwrap_or_default();
    let mut out = String::with_capacity(path.len() + 40);
    let mut rest = path;
    while let Some((before, behind)) = rest.split_once('{') {
        let (number, behind) = behind.split_once('}')?;
        let part = parts.get(number.parse::<usize>().ok()?)?;
        // Dots alone would climb the path even when they are encoded.
        if part.is_empty() || part.bytes().all(|byte| byte == b'.') {
            return None;
        }
        out.push_str(before);
        encode(part, b"-._~!$'()*,:@", &mut out);
        rest = behind;
    }
    out.push_str(rest);
    Some(out)
}

fn encode(text: &str, kept: &[u8], out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

pub(super) fn floor_second(at: OffsetDateTime) -> OffsetDateTime {
    at.truncate_to_second()
}

pub(super) fn ceil_second(at: OffsetDateTime) -> OffsetDateTime {
    let floor = floor_second(at);
    if floor == at { floor } else { floor.saturating_add(time::Duration::SECOND) }
}

/// `2026-01-05T10:00:00Z`
pub(super) fn stamp(at: OffsetDateTime) -> String {
    let format = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    at.checked_to_offset(time::UtcOffset::UTC).unwrap_or(at).format(format).unwrap_or_default()
}
