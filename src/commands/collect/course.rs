//! The course of one dataset through the places that may have it.
//!
//! Takes the order of its places and each [`Report`], says which place is next and for which hours, and in the end gives
//! one [`Arrival`] for all of them. Asks nobody anything.

use std::sync::Arc;

use super::places::Places;
use super::settings::Settings;
use crate::catalog::{Dataset, SourceKind};
use crate::record::{Outcome, Verdict};
use crate::source::{Ledger, Report, Window, hours_before, joined};

/// How a dataset arrived.
pub(super) struct Arrival {
    /// The row.
    pub dataset: &'static Dataset,
    /// How it ended.
    pub report: Report,
    /// What each place gave, in the order asked; empty when only the dataset's own endpoint was asked.
    pub parts: Vec<Part>,
}

/// What one place gave.
pub(super) struct Part {
    pub kind: SourceKind,
    /// What was asked, without values.
    pub request: String,
    /// The hours that it was asked for, and served.
    pub window: Window,
    pub outcome: Outcome,
    /// Records that no place before it gave.
    pub records: u64,
}

impl Arrival {
    /// What files gave besides the other places, or alone.
    pub(super) fn with_file(
        dataset: &'static Dataset,
        known: Option<Self>,
        absent: Option<&Verdict>,
        window: Window,
        mut report: Report,
        given: u64,
    ) -> Self {
        let part = Part {
            kind: SourceKind::File,
            request: report.request.clone(),
            window,
            outcome: report.verdict.outcome,
            records: given,
        };
        let own = dataset.service.source().unwrap_or(SourceKind::Graph);
        let mut parts = Vec::new();
        let mut said = Vec::new();
        if let Some(known) = known {
            let kind = known.parts.last().map_or(own, |part| part.kind);
            said.push((kind.as_str(), known.report.verdict));
            parts = known.parts;
            report.window = known.report.window;
            // Keys, retries and the service's count are the earlier places'.
            (report.pages, report.retries) =
                (report.pages.max(known.report.pages), report.retries.max(known.report.retries));
        } else if let Some(absent) = absent.filter(|_| given == 0) {
            said.push((own.as_str(), absent.clone()));
        }
        // What the services had whole stays whole: the files brought more than they keep.
        let whole = said.iter().any(|(_, verdict)| verdict.outcome == Outcome::Complete);
        if whole {
            let more = format!("{given} records came from files besides");
            report.verdict = Verdict { reason: Some(crate::record::RawText::new(more)), ..Verdict::complete() };
        } else {
            said.push((SourceKind::File.as_str(), report.verdict));
            report.verdict = joined(&said, report.records);
        }
        parts.push(part);
        Self { dataset, report, parts }
    }
}

/// A dataset on its way.
pub(super) struct Course {
    pub dataset: &'static Dataset,
    pub ledger: Arc<Ledger>,
    order: Vec<usize>,
    at: usize,
    /// The hours that the next place is asked for; `None`: the whole window.
    pub hours: Option<Window>,
    before: u64,
    said: Vec<(&'static str, Verdict)>,
    parts: Vec<Part>,
}

impl Course {
    /// A course from the first of some places.
    pub(super) fn new(dataset: &'static Dataset, places: &Places, ledger: Arc<Ledger>) -> Self {
        let order = places.order(dataset).to_vec();
        Self { dataset, ledger, order, at: 0, hours: None, before: 0, said: Vec::new(), parts: Vec::new() }
    }

    /// The place that is asked next.
    pub(super) fn place(&self) -> Option<usize> {
        self.order.get(self.at).copied()
    }

    /// Whether another place can be asked after it.
    pub(super) fn has_more(&self) -> bool {
        self.at + 1 < self.order.len()
    }

    /// Notes what the place gave. `Some`: the course is over.
    pub(super) fn note(&mut self, places: &Places, settings: &Settings, report: Report) -> Option<Arrival> {
        let asked = self.hours.unwrap_or(settings.window);
        let floor = report.window.map_or(asked.since, |window| window.since).max(asked.since);
        let place = self.place().unwrap_or_default();
        let kind = places.kind(place, self.dataset);
        let records = self.ledger.records();
        let outcome = report.verdict.outcome;
        self.parts.push(Part {
            kind,
            request: places.request(place, self.dataset),
            window: Window { since: floor, ..asked },
            outcome,
            records: records - self.before,
        });
        self.before = records;
        self.said.push((kind.as_str(), report.verdict.clone()));
        let is_clamped = outcome == Outcome::Complete && floor > asked.since;
        let goes_on = self.has_more() && (outcome != Outcome::Complete || is_clamped);
        if goes_on && outcome != Outcome::Interrupted {
            self.at += 1;
            self.hours = if is_clamped { Some(hours_before(asked, settings.window, floor)) } else { self.hours };
            return None;
        }
        Some(self.arrive(report))
    }

    fn arrive(&mut self, mut report: Report) -> Arrival {
        let parts = std::mem::take(&mut self.parts);
        report.verdict = joined(&self.said, report.records);
        if parts.len() > 1 {
            // Each place counts for itself; what one of them counted is not what all of them have.
            report.expected = None;
            let served = parts.iter().filter(|part| part.outcome == Outcome::Complete || part.records > 0);
            let since = served.map(|part| part.window.since).min();
            report.window = report.window.map(|window| Window { since: since.unwrap_or(window.since), ..window });
        }
        Arrival { dataset: self.dataset, report, parts }
    }
}
