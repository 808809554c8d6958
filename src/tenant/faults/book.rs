//! What has struck so far, and what strikes next.
//!
//! Takes the address of a request, gives the mishap that the plan has for it. Remembers which address is which page of
//! its list (links are opaque to everyone else), and records that were put off to a later page.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::instant::{self, Ticks};
use super::super::world::mix;
use super::{FaultPlan, Mishap, Rule, Times};
use crate::catalog::{Catalog, Dataset, glob};

/// A list and a place in it: path and page token.
type Place = (String, String);

/// The plan and its state.
#[derive(Debug)]
pub(crate) struct Book {
    plan: FaultPlan,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    tallies: HashMap<(usize, String), Tally>,
    struck: Vec<u32>,
    pages: HashMap<Place, u32>,
    carried: HashMap<Place, Vec<String>>,
}

#[derive(Debug, Default)]
struct Tally {
    met: u32,
    struck: u32,
}

impl Book {
    pub(crate) fn new(plan: FaultPlan) -> Self {
        let struck = vec![0; plan.rules.len()];
        Self { plan, state: Mutex::new(State { struck, ..State::default() }) }
    }

    /// Whether nothing can go wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.plan.rules.is_empty()
    }

    /// How often each rule has struck.
    pub(crate) fn struck(&self) -> Vec<u32> {
        self.state().struck.clone()
    }

    /// What goes wrong with a request. `targets`: path and query with version in front; for the envelope of a batch
    /// those of its members, and its own path.
    pub(crate) fn draw(&self, targets: &[&str], envelope: Option<&str>, now: Ticks) -> Option<Mishap> {
        let mut state = self.state();
        for (number, rule) in self.plan.rules.iter().enumerate() {
            let met = match envelope {
                None if rule.fault.is_about_batches() => None,
                None => targets.iter().find(|target| fits(rule, target, &state)).copied(),
                Some(own) => meets_envelope(rule, own, targets).then_some(own),
            };
            let Some(met) = met.filter(|met| applies(&rule.fault, met, now)) else { continue };
            let key = if rule.each { met.to_owned() } else { String::new() };
            let tally = state.tallies.entry((number, key)).or_default();
            tally.met += 1;
            if rule.request.is_some_and(|first| tally.met < first) || rule.times.most() == Some(tally.struck) {
                continue;
            }
            if let Times::Chance { probability, .. } = rule.times {
                let draw = mix(mix(self.plan.seed, number as u64), u64::from(tally.met)) >> 11;
                if draw as f64 / (1_u64 << 53) as f64 >= probability {
                    continue;
                }
            }
            tally.struck += 1;
            if let Some(struck) = state.struck.get_mut(number) {
                *struck += 1;
            }
            return Some(rule.fault.clone());
        }
        None
    }

    /// Notes that `link` leads to the page behind `target`.
    pub(crate) fn link(&self, target: &str, link: &str) {
        let mut state = self.state();
        let page = page(&state, target);
        if let Some(place) = place(link) {
            state.pages.insert(place, page + 1);
        }
    }

    /// Puts records off to the page that `link` leads to.
    pub(crate) fn carry(&self, link: &str, records: Vec<String>) {
        if let Some(place) = place(link) {
            self.state().carried.insert(place, records);
        }
    }

    /// The records that were put off to this page.
    pub(crate) fn carried(&self, target: &str) -> Vec<String> {
        place(target).and_then(|place| self.state().carried.get(&place).cloned()).unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn page(state: &State, target: &str) -> u32 {
    place(target).and_then(|place| state.pages.get(&place).copied()).unwrap_or(1)
}

fn meets_envelope(rule: &Rule, own: &str, targets: &[&str]) -> bool {
    let named = rule.path.as_deref().is_some_and(|pattern| pattern.contains("$batch") && glob::fits(pattern, own));
    let about = |target: &&str| rule.dataset.as_deref().is_none_or(|wanted| is_of(wanted, target));
    match (&rule.path, rule.fault.is_about_batches()) {
        (None, false) => false,
        (None, true) => targets.iter().any(about),
        (Some(_), _) => named && targets.iter().any(about),
    }
}

fn fits(rule: &Rule, target: &str, state: &State) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    let counting = path.ends_with("/$count") && !matches!(rule.fault, Mishap::Count(_));
    rule.path.as_deref().is_none_or(|pattern| glob::fits(pattern, path))
        && rule.page.is_none_or(|wanted| wanted == page(state, target))
        && (rule.path.is_some() || !counting)
        && rule.dataset.as_deref().is_none_or(|wanted| is_of(wanted, target))
}

/// Path and token of a link or a target; `None` for a first page.
fn place(link: &str) -> Option<Place> {
    let behind = link.split_once("://").map_or(link, |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
    let (path, query) = behind.split_once('?')?;
    let token = query.split('&').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        ["$skiptoken", "%24skiptoken", "$skip", "%24skip", "marker", "nextPage"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
            .then_some(value)
    })?;
    Some((path.to_owned(), token.to_owned()))
}

/// Whether the request belongs to a dataset whose id fits the pattern.
fn is_of(pattern: &str, target: &str) -> bool {
    let Ok(catalog) = Catalog::embedded() else { return false };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = path.strip_suffix("/$count").unwrap_or(path);
    let same_path: Vec<&Dataset> = catalog.datasets().iter().filter(|row| is_path_of(row, path)).collect();
    let option = |name: &str| option(query, name).unwrap_or_default();
    let (filter, select) = (option("$filter"), option("$select"));
    let exact = |row: &&&Dataset| {
        row.select.join(",") == select && row.filter.as_deref().is_none_or(|own| filter.contains(own))
    };
    let fixed = |row: &&Dataset| row.filter.is_some();
    let best: Vec<&&Dataset> = same_path.iter().filter(exact).collect();
    // Of several that fit, the one with a filter of its own is meant.
    let filtered: Vec<&&Dataset> = best.iter().copied().filter(|row| fixed(row)).collect();
    let meant = match (filtered.is_empty(), best.is_empty()) {
        (false, _) => filtered,
        (true, false) => best,
        (true, true) => same_path.iter().collect(),
    };
    meant.iter().any(|row| glob::fits(pattern, &row.id))
}

fn is_path_of(row: &Dataset, path: &str) -> bool {
    let template = row.path.split('?').next().unwrap_or_default();
    let version = row.path_prefix();
    let Some(path) = path.strip_prefix(version.as_str()) else { return false };
    let (mut wanted, mut found) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a.starts_with('{') || a.eq_ignore_ascii_case(b) => {}
            _ => return false,
        }
    }
}

/// The value of a query option, decoded.
fn option(query: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.into_owned())
}

/// Whether a mishap that depends on the question has a reason to strike.
fn applies(mishap: &Mishap, target: &str, now: Ticks) -> bool {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    match mishap {
        Mishap::Retention { days } => since(query).is_some_and(|since| since < earliest(*days, now)),
        Mishap::PageSize { most } | Mishap::HeavyPage { most } => {
            option(query, "$top").and_then(|top| top.parse::<u32>().ok()).is_some_and(|top| top > *most)
        }
        Mishap::RefuseOption { option: name } => option(query, name).is_some(),
        Mishap::Heavy { hours } => match (since(query), until(query)) {
            (Some(since), Some(until)) => until - since > i64::from(*hours) * 3_600 * instant::SECOND,
            _ => false,
        },
        _ => true,
    }
}

/// The earliest instant that is kept.
pub(crate) fn earliest(days: u32, now: Ticks) -> Ticks {
    now - i64::from(days) * 86_400 * instant::SECOND
}

fn since(query: &str) -> Option<Ticks> {
    bound(query, &["ge", "gt"])
}

fn until(query: &str) -> Option<Ticks> {
    bound(query, &["le", "lt"])
}

fn bound(query: &str, operators: &[&str]) -> Option<Ticks> {
    let filter = option(query, "$filter")?;
    let words: Vec<&str> = filter.split_whitespace().collect();
    words.windows(2).find_map(|pair| match pair {
        [operator, value] if operators.contains(operator) => instant::parse(value.trim_end_matches(')')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(dataset: &str, page: Option<u32>, times: Times) -> Rule {
        Rule { page, ..Rule::on(dataset, 1, times, Mishap::Bom) }
    }

    fn draws(book: &Book, target: &str, times: usize) -> Vec<bool> {
        (0..times).map(|_| book.draw(&[target], None, 0).is_some()).collect()
    }

    #[test]
    fn a_rule_strikes_on_its_page_of_its_dataset_and_so_often() {
        let book = Book::new(FaultPlan::of(rule("users", Some(2), Times::Count(2))));
        let first = "/v1.0/users?$top=5";
        book.link(first, "http://127.0.0.1:1/v1.0/users?$top=5&$skiptoken=abc");
        assert_eq!(draws(&book, first, 2), [false, false]);
        assert_eq!(draws(&book, "/v1.0/groups?$top=5&$skiptoken=abc", 1), [false]);
        assert_eq!(draws(&book, "/v1.0/users?$top=5&$skiptoken=abc", 3), [true, true, false]);
        assert_eq!(book.struck(), [2]);
    }

    #[test]
    fn datasets_on_one_path_are_told_apart() {
        let interactive = "/beta/auditLogs/signIns?$filter=signInEventTypes/any(t:%20t%20eq%20%27interactiveUser%27)";
        assert!(is_of("sign-ins", interactive) && !is_of("sign-ins-*", interactive));
        let kind = "/beta/auditLogs/signIns?$filter=signInEventTypes/any(t:%20t%20eq%20%27servicePrincipal%27)";
        assert!(is_of("sign-ins-service-principal", kind) && !is_of("sign-ins-managed-identity", kind));
        assert!(is_of("group-members", "/v1.0/groups/x/members?$top=9"));
    }

    #[test]
    fn conditions_look_at_the_question() {
        let now = instant::parse("2026-02-01T00:00:00Z").unwrap();
        let asked = "/v1.0/auditLogs/directoryAudits?$filter=activityDateTime%20ge%202026-01-01T00:00:00Z%20and%20activityDateTime%20le%202026-01-31T00:00:00Z&$top=500";
        for (mishap, expected) in [
            (Mishap::Retention { days: 30 }, true),
            (Mishap::Retention { days: 40 }, false),
            (Mishap::PageSize { most: 100 }, true),
            (Mishap::PageSize { most: 500 }, false),
            (Mishap::Heavy { hours: 24 }, true),
            (Mishap::Heavy { hours: 24 * 40 }, false),
            (Mishap::RefuseOption { option: "$orderby".into() }, false),
            (Mishap::RefuseOption { option: "$top".into() }, true),
        ] {
            assert_eq!(applies(&mishap, asked, now), expected, "{mishap:?}");
        }
    }
}
