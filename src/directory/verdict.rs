//! What the queries of a dataset come to: one report.
//!
//! Takes what was counted and what went wrong, gives a [`Report`]. Complete is only what nothing is missing of; what is
//! worth saying all the same (references that were not followed, a clock that differs) stands in the reason.

use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::query::Tally;
use super::trouble::Trouble;
use crate::catalog::Dataset;
use crate::clock::Clock;
use crate::limits::LDAP_SKEW_S_MAX;
use crate::record::{Outcome, RawText, Verdict};
use crate::source::Report;

/// How the queries ended.
pub(super) struct Ended {
    /// How many there were.
    pub searches: usize,
    /// Why some of them were not read to the end.
    pub missing: Vec<Trouble>,
    pub tally: Tally,
    /// The directory's clock.
    pub time: Option<String>,
    /// Whether the options ask for a part of the directory.
    pub is_narrowed: bool,
}

/// Sums up.
pub(super) fn report(dataset: &Dataset, ended: Ended, clock: Clock) -> Report {
    let skew_s = match clock {
        Clock::System => skew_s(ended.time.as_deref(), clock.now()),
        // A clock that stands still differs from every other.
        _ => None,
    };
    let verdict = verdict(&ended, skew_s);
    let Ended { missing, tally, .. } = ended;
    Report {
        verdict,
        records: tally.records,
        expected: None,
        duplicates: tally.duplicates,
        pages: tally.pages,
        retries: tally.retries,
        slices: 1,
        slices_closed: u32::from(missing.is_empty()),
        window: None,
        first: None,
        last: None,
        keys: Vec::new(),
        request: format!("LDAP search {}", super::asked(dataset).unwrap_or_default()),
    }
}

fn verdict(ended: &Ended, skew_s: Option<i64>) -> Verdict {
    let Ended { searches, missing, tally, is_narrowed, .. } = ended;
    let mut said = Vec::new();
    let mut verdict = Verdict::complete();
    if let Some(first) = missing.first() {
        verdict = first.verdict(tally.records);
        if missing.len() < *searches && verdict.outcome != Outcome::Interrupted {
            verdict.outcome = Outcome::Partial;
            said.push(format!("{} of {searches} searches are missing or incomplete", missing.len()));
        }
    }
    if let Some(reason) = &verdict.reason {
        said.push(reason.expose().to_owned());
    }
    let shown: Vec<String> = tally.lacking.iter().map(|(name, count)| format!("{name} of {count}")).collect();
    let lacks = [
        (tally.cut > 0).then(|| format!("a list of {} objects was not given to its end", tally.cut)),
        (!shown.is_empty())
            .then(|| format!("attributes that every object has were not shown: {} objects", shown.join(", "))),
    ];
    let hint = match (&verdict.hint, tally.cut, shown.is_empty()) {
        (Some(_), _, _) | (None, 0, true) => None,
        (None, 0, false) => Some("use an account that may read all properties, such as an administrator's"),
        (None, _, _) => {
            Some("run again; the objects changed while they were read, or are larger than this program reads")
        }
    };
    for lack in lacks.into_iter().flatten() {
        if verdict.outcome == Outcome::Complete {
            verdict.outcome = Outcome::Partial;
        }
        said.push(lack);
    }
    if verdict.outcome == Outcome::Complete && *is_narrowed {
        said.push("only the part that the options ask for".to_owned());
    }
    if tally.references > 0 {
        said.push(format!("{} references to other partitions or domains were not followed", tally.references));
    }
    if tally.dropped > 0 {
        said.push(format!("{} values came that are never asked for, and were dropped", tally.dropped));
    }
    if let Some(skew_s) = skew_s.filter(|skew_s| skew_s.abs() > LDAP_SKEW_S_MAX) {
        said.push(format!("the directory's clock differs from this computer's by {skew_s} s"));
    }
    verdict.reason = (!said.is_empty()).then(|| RawText::new(said.join("; ")));
    match hint {
        Some(hint) => verdict.with_hint(hint),
        None => verdict,
    }
}

/// How far the directory's clock is ahead, seconds.
fn skew_s(time: Option<&str>, now: OffsetDateTime) -> Option<i64> {
    let digits = time?.get(..14)?;
    let form = format_description!("[year][month][day][hour][minute][second]");
    let there = PrimitiveDateTime::parse(digits, form).ok()?.assume_utc();
    Some((there - now).whole_seconds())
}
