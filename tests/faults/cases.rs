//! The faults of the matrix: what goes wrong, where, how often, and what must come of it.

use entra_bundle::catalog::Dataset;
use entra_bundle::record::Outcome;
use entra_bundle::tenant::faults::{FaultPlan, Gzip, Mishap, Moment, Rule, Times, Words};

/// What must come of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Everything, and `complete`.
    Whole,
    /// One of these outcomes, never `complete`.
    Ends(&'static [Outcome]),
    /// Everything and `complete`, or a part of it and another outcome.
    Honest,
}

/// Which datasets a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    All,
    /// Those with a time filter that is sent.
    Logs,
    /// Those that the service counts.
    Counted,
    /// Those that are asked for each object of another.
    FanOuts,
}

impl Among {
    pub fn has(self, dataset: &Dataset) -> bool {
        let filtered = dataset.time.as_ref().is_some_and(|time| !time.operators.is_empty());
        match self {
            Self::All => true,
            Self::Logs => filtered && dataset.for_each.is_none(),
            Self::Counted => dataset.counted,
            Self::FanOuts => dataset.for_each.is_some(),
        }
    }
}

/// One row of the matrix.
pub struct Case {
    pub name: String,
    pub page: Option<u32>,
    pub times: Times,
    pub mishap: Mishap,
    pub among: Among,
    pub expect: Expect,
}

impl Case {
    /// The plan that does this to a dataset.
    pub fn plan(&self, dataset: &str) -> FaultPlan {
        let mut rule = Rule::on(dataset, 1, self.times, self.mishap.clone());
        rule.page = self.page;
        FaultPlan::of(rule)
    }
}

const PARTIAL: Expect = Expect::Ends(&[Outcome::Partial]);
const PARTIAL_OR_FAILED: Expect = Expect::Ends(&[Outcome::Partial, Outcome::Failed]);

/// All of them. `stranger`: an origin that must never hear from the collector.
pub fn all(stranger: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    passing(&mut cases);
    links(&mut cases, stranger);
    records(&mut cases);
    refusals(&mut cases);
    batches(&mut cases);
    lasting(&mut cases, stranger);
    cases
}

fn push(cases: &mut Vec<Case>, name: &str, page: u32, times: Times, mishap: Mishap, expect: Expect) {
    let name = name.to_owned();
    cases.push(Case { name, page: (page > 0).then_some(page), times, mishap, among: Among::All, expect });
}

fn among(cases: &mut [Case], among: Among) {
    if let Some(case) = cases.last_mut() {
        case.among = among;
    }
}

const ONCE: Times = Times::Count(1);

/// What passes: nothing may be lost.
fn passing(cases: &mut Vec<Case>) {
    for (name, asked) in [
        ("429", None),
        ("429 Retry-After: 1", Some("1")),
        ("429 Retry-After: 2.128", Some("2.128")),
        ("429 Retry-After: date", Some("+1")),
        ("429 Retry-After: 86400", Some("86400")),
        ("429 Retry-After: soon", Some("soon")),
        ("429 Retry-After: -5", Some("-5")),
    ] {
        push(cases, name, 2, ONCE, Mishap::throttled(asked), Expect::Whole);
    }
    push(cases, "429 x3", 2, Times::Count(3), Mishap::throttled(Some("0")), Expect::Whole);
    for status in [408, 500, 502, 503, 504, 509] {
        for (word, body) in [("json", Words::Json), ("html", Words::Html), ("empty", Words::Empty)] {
            let (code, message) = ("UnknownError".to_owned(), String::new());
            let mishap = Mishap::Answer { status, body, code, message, retry_after: None };
            push(cases, &format!("{status} {word}"), 2, ONCE, mishap, Expect::Whole);
        }
    }
    for (name, mishap) in [
        ("reset before", Mishap::Reset(Moment::Before)),
        ("reset during", Mishap::Reset(Moment::During)),
        ("reset after", Mishap::Reset(Moment::After)),
        ("stall before", Mishap::Stall { at: Moment::Before, ms: 1_200 }),
        ("stall during", Mishap::Stall { at: Moment::During, ms: 1_200 }),
        ("drip", Mishap::Drip { ms: 130 }),
        ("cut", Mishap::Cut),
        ("truncated JSON", Mishap::Truncated),
        ("invalid JSON", Mishap::Invalid),
        ("proxy's page", Mishap::Html),
        ("gzip flipped", Mishap::Gzip(Gzip::Flipped)),
        ("gzip halved", Mishap::Gzip(Gzip::Halved)),
        ("gzip that is none", Mishap::Gzip(Gzip::Plain)),
        ("error with 200", Mishap::ErrorInside),
        ("value: null", Mishap::NullValue),
        ("401", Mishap::Unauthorised { claims: false }),
        ("401 with claims", Mishap::Unauthorised { claims: true }),
        ("token expired", Mishap::expired()),
        ("token null", Mishap::status(400, "UnknownError", "Invalid Skip Token, skip token is null")),
        ("token gone (410)", Mishap::status(410, "resyncRequired", "")),
        ("token not found", Mishap::status(400, "DirectoryPageTokenNotFoundException", "")),
        ("404 behind page 1", Mishap::status(404, "Request_ResourceNotFound", "")),
    ] {
        push(cases, name, 2, ONCE, mishap, Expect::Whole);
    }
    for (name, mishap) in [
        ("media type text/plain", Mishap::ContentType("text/plain".into())),
        ("byte order mark", Mishap::Bom),
        ("clock an hour ahead", Mishap::Clock(3_600)),
        ("slow, but in time", Mishap::Stall { at: Moment::During, ms: 20 }),
    ] {
        push(cases, name, 0, Times::ALWAYS, mishap, Expect::Whole);
    }
}

/// Links that lead nowhere.
fn links(cases: &mut Vec<Case>, stranger: &str) {
    let port = stranger.rsplit(':').next().unwrap();
    for (name, mishap) in [
        ("link without token", Mishap::NullToken),
        ("link to itself", Mishap::RepeatedLink),
        ("link to page 1", Mishap::Cycle),
        ("link to another host", Mishap::Elsewhere(stranger.to_owned())),
        ("link to another port", Mishap::Elsewhere(format!(":{port}"))),
        ("link to another scheme", Mishap::Elsewhere("https".into())),
    ] {
        push(cases, name, 1, ONCE, mishap.clone(), Expect::Whole);
        push(cases, &format!("{name}, always"), 1, Times::ALWAYS, mishap, Expect::Honest);
    }
    push(cases, "3 empty pages", 2, ONCE, Mishap::EmptyPages(3), Expect::Whole);
    push(cases, "an empty page before each", 0, Times::ALWAYS, Mishap::EmptyPages(1), Expect::Whole);
}

/// Records that come twice, later, or never.
fn records(cases: &mut Vec<Case>) {
    push(cases, "duplicates on the next page", 1, Times::ALWAYS, Mishap::Duplicates(3), Expect::Whole);
    among(cases, Among::All);
    push(cases, "records on the next page", 1, Times::ALWAYS, Mishap::HoldBack(2), Expect::Whole);
    push(cases, "records in reverse", 0, Times::ALWAYS, Mishap::Reverse, Expect::Whole);
    push(cases, "records that arrive late", 1, ONCE, Mishap::Late(2), Expect::Whole);
    among(cases, Among::Counted);
    push(cases, "records lost once", 2, ONCE, Mishap::Lose(2), Expect::Whole);
    among(cases, Among::Counted);
    push(cases, "records lost always", 2, Times::ALWAYS, Mishap::Lose(2), PARTIAL);
    among(cases, Among::Counted);
    push(cases, "count too large", 0, Times::ALWAYS, Mishap::Count(2), PARTIAL);
    among(cases, Among::Counted);
    push(cases, "count too small", 0, Times::ALWAYS, Mishap::Count(-2), Expect::Whole);
    among(cases, Among::Counted);
    push(cases, "a number among the records", 1, ONCE, Mishap::Scrap, PARTIAL);
}

/// Refusals that are false, and those that are true.
fn refusals(cases: &mut Vec<Case>) {
    const DENIED: Expect = Expect::Ends(&[Outcome::Denied, Outcome::Partial]);
    const UNLICENSED: Expect = Expect::Ends(&[Outcome::Unlicensed, Outcome::Partial]);
    push(cases, "403 licence, once", 1, ONCE, Mishap::unlicensed(), Expect::Whole);
    push(cases, "403 licence, twice", 2, Times::Count(2), Mishap::unlicensed(), Expect::Whole);
    push(cases, "403 licence, always", 1, Times::ALWAYS, Mishap::unlicensed(), UNLICENSED);
    push(cases, "403 permission, once", 1, ONCE, Mishap::denied(), DENIED);
    push(cases, "403 permission, page 2", 2, ONCE, Mishap::denied(), Expect::Whole);
    push(cases, "403 permission, always", 1, Times::ALWAYS, Mishap::denied(), DENIED);
    push(cases, "403 permission from page 2", 2, Times::ALWAYS, Mishap::denied(), PARTIAL);
    push(cases, "retention of 2 days", 0, Times::ALWAYS, Mishap::Retention { days: 2 }, Expect::Whole);
    among(cases, Among::Logs);
    push(cases, "page size over 5 refused", 0, Times::ALWAYS, Mishap::PageSize { most: 5 }, Expect::Whole);
    push(
        cases,
        "$orderby refused",
        0,
        Times::ALWAYS,
        Mishap::RefuseOption { option: "$orderby".into() },
        Expect::Whole,
    );
    push(cases, "504 over 300 records a page", 0, Times::ALWAYS, Mishap::HeavyPage { most: 300 }, Expect::Whole);
    push(cases, "504 over 12 hours", 0, Times::ALWAYS, Mishap::Heavy { hours: 12 }, Expect::Whole);
    among(cases, Among::Logs);
}

fn batches(cases: &mut Vec<Case>) {
    for (name, mishap) in [
        ("batch: mixed statuses", Mishap::Batch(vec![429, 503, 200, 424, 500, 408])),
        ("batch: items missing", Mishap::BatchLoses(3)),
    ] {
        push(cases, name, 0, ONCE, mishap, Expect::Whole);
        among(cases, Among::FanOuts);
    }
    push(cases, "batch: all items fail, always", 0, Times::ALWAYS, Mishap::Batch(vec![503]), PARTIAL_OR_FAILED);
    among(cases, Among::FanOuts);
}

/// What does not pass: it must be said.
fn lasting(cases: &mut Vec<Case>, stranger: &str) {
    for (name, mishap) in [
        ("429, always", Mishap::throttled(None)),
        ("500, always", Mishap::status(500, "UnknownError", "")),
        ("400, always", Mishap::status(400, "Strange", "")),
        ("reset, always", Mishap::Reset(Moment::During)),
        ("truncated, always", Mishap::Truncated),
        ("proxy's page, always", Mishap::Html),
        ("404, always", Mishap::status(404, "Request_ResourceNotFound", "")),
        ("401, always", Mishap::Unauthorised { claims: true }),
        ("expired, always", Mishap::expired()),
        ("redirect, always", Mishap::Redirect { to: format!("{stranger}/v1.0/users") }),
    ] {
        push(cases, name, 2, Times::ALWAYS, mishap, PARTIAL);
    }
    // A log in short pieces has no second page: it may well come whole.
    push(cases, "504, always", 2, Times::ALWAYS, Mishap::status(504, "UnknownError", ""), Expect::Honest);
    push(cases, "500 from the start", 1, Times::ALWAYS, Mishap::status(500, "x", ""), Expect::Ends(&[Outcome::Failed]));
    push(cases, "504 from the start", 1, Times::ALWAYS, Mishap::status(504, "x", ""), Expect::Ends(&[Outcome::Failed]));
}
