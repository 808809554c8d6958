//! One dataset on its way: what an earlier run has of it, the question to its place, and what its verdict owes to others.
//!
//! Takes a dataset that may start, gives what the place reported. Decides nothing about order.

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::course::Course;
use super::kept::Kept;
use super::road::{Entrance, Road};
use crate::catalog::{Dataset, ForEach};
use crate::clock::Clock;
use crate::net::Client;
use crate::record::{Key, Outcome, Verdict};
use crate::source::{self, Ledger, Place, Report, Request, Window};

/// A dataset that may start.
pub(super) struct Ready {
    pub dataset: &'static Dataset,
    pub parents: Vec<Key>,
    /// How its parent ended, for fan-outs.
    pub parent: Option<Outcome>,
}

/// What one task needs.
pub(super) struct Task {
    pub(super) client: Client,
    pub(super) window: Window,
    pub(super) clock: Clock,
    pub(super) road: Arc<Road>,
    pub(super) cancel: CancellationToken,
    pub(super) deadline: Option<Instant>,
}

impl Task {
    /// What an earlier run has left of a dataset.
    pub(super) async fn take_up(&self, dataset: &'static Dataset, parents: &[Key], is_single: bool) -> Kept {
        let (road, parents) = (Arc::clone(&self.road), parents.to_vec());
        let taken = tokio::task::spawn_blocking(move || road.take_up(dataset, &parents, is_single)).await;
        match taken {
            Ok(Ok(kept)) => kept,
            Ok(Err(stopped)) => {
                self.road.break_off(stopped);
                Kept::Nothing
            }
            Err(_) => Kept::Nothing,
        }
    }

    pub(super) async fn collect(&self, ready: Ready, course: &Course, wanted: &[&'static ForEach]) -> Report {
        let dataset = ready.dataset;
        let parts = if dataset.for_each.is_some() { ready.parents.len() as u64 } else { 1 };
        self.road.progress().begin(&dataset.id, parts);
        let request = Request {
            parents: &ready.parents,
            wanted,
            ..self.request(&course.ledger, course.hours, course.has_more())
        };
        let mut report = source::collect(dataset, &request, &Entrance(Arc::clone(&self.road)), &self.cancel).await;
        settle(&mut report.verdict, ready.parent, dataset.for_each.as_ref());
        self.without_refused(dataset, &mut report);
        report
    }

    /// All of a place's datasets at once.
    pub(super) async fn collect_from(&self, place: &Place, courses: Vec<Course>) -> Vec<(Course, Report)> {
        for course in &courses {
            self.road.progress().begin(&course.dataset.id, 1);
        }
        let wanted: Vec<_> = courses
            .iter()
            .map(|course| (course.dataset, self.request(&course.ledger, course.hours, course.has_more())))
            .collect();
        let mut reports = source::collect_from(place, &wanted, &Entrance(Arc::clone(&self.road)), &self.cancel).await;
        drop(wanted);
        for (course, report) in courses.iter().zip(&mut reports) {
            self.without_refused(course.dataset, report);
        }
        courses.into_iter().zip(reports).collect()
    }

    /// A request about a dataset whose account is `ledger`. `more`: another place comes after it.
    pub(super) fn request<'a>(&'a self, ledger: &'a Ledger, hours: Option<Window>, more: bool) -> Request<'a> {
        Request { hours, more, deadline: self.deadline, ..Request::new(&self.client, self.window, ledger, self.clock) }
    }

    /// What the gate could not read is missing.
    pub(super) fn without_refused(&self, dataset: &Dataset, report: &mut Report) {
        let refused = self.road.refused(&dataset.id);
        if refused > 0 {
            report.records = report.records.saturating_sub(refused);
            if report.verdict.outcome == Outcome::Complete {
                let reason = format!("{refused} records were left out because they could not be read as JSON objects");
                report.verdict = Verdict::because(Outcome::Partial, reason);
            }
        }
    }
}

/// A fan-out is no more complete than the list that it walks.
pub(super) fn settle(verdict: &mut Verdict, parent: Option<Outcome>, for_each: Option<&ForEach>) {
    let (Some(parent), Some(for_each)) = (parent, for_each) else { return };
    if verdict.outcome != Outcome::Complete || parent == Outcome::Complete {
        return;
    }
    let reason = format!("it is asked for each record of {}, which is {}", for_each.dataset, parent.as_str());
    let outcome = match parent {
        // Nothing there to ask about is an answer; an incomplete list is not.
        Outcome::Unlicensed | Outcome::Unavailable | Outcome::Denied | Outcome::Interrupted | Outcome::Failed => parent,
        Outcome::Complete | Outcome::Partial | Outcome::Skipped => Outcome::Partial,
    };
    *verdict = Verdict::because(outcome, reason);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fan_out_is_no_more_complete_than_its_parent() {
        let for_each: ForEach = toml::from_str("dataset = \"groups\"").unwrap();
        let settled = |own: Verdict, parent| {
            let mut verdict = own;
            settle(&mut verdict, Some(parent), Some(&for_each));
            verdict.outcome
        };
        assert_eq!(settled(Verdict::complete(), Outcome::Complete), Outcome::Complete);
        assert_eq!(settled(Verdict::complete(), Outcome::Partial), Outcome::Partial);
        assert_eq!(settled(Verdict::complete(), Outcome::Denied), Outcome::Denied);
        assert_eq!(settled(Verdict::because(Outcome::Failed, "x"), Outcome::Partial), Outcome::Failed);
    }
}
