//! What a dataset's collection comes to: the verdict, and whether its proof closes.
//!
//! A dataset is complete only if its last pages had no nextLink, all its slices closed, every member of its lists was a
//! record and the service's own count, where there is one, was reached.

use time::OffsetDateTime;

use super::run::Run;
use super::stop::{self, End};
use super::{Report, Window, ledger, query};
use crate::record::{Key, Outcome, RawText};

impl Run<'_> {
    /// Slices that this place leaves open for the next one, because it has nothing from before `floor`.
    fn left_to_others(&self, floor: Option<OffsetDateTime>) -> u32 {
        let Some(floor) = floor.filter(|_| self.request.more) else { return 0 };
        let closed = &self.state().closed;
        let begins = |slice: u32| self.plan.window(&(slice..slice + 1)).since;
        let left = (0..self.plan.len()).filter(|slice| begins(*slice) < floor && !closed.contains(slice));
        u32::try_from(left.count()).unwrap_or(u32::MAX)
    }

    /// Sums up.
    pub(crate) fn report(&self, end: &End) -> Report {
        let window = self.dataset.time.as_ref().map(|_| self.request.window);
        let closed = self.slices_closed();
        let slices = match (&self.dataset.for_each, &self.dataset.time) {
            (Some(_), _) => u32::try_from(self.request.parents.len()).unwrap_or(u32::MAX),
            (None, Some(_)) => self.plan.len(),
            (None, None) => 1,
        };
        let (floor, why, tally) = {
            let mut state = self.state();
            let keys = std::mem::take(&mut state.tally.keys);
            (state.floor, state.floor_of, ledger::Tally { keys, ..state.tally.clone() })
        };
        let mut verdict = stop::verdict(self.dataset, end, tally.records);
        let listed = self.dataset.for_each.is_none() && self.dataset.time.is_none() && self.request.done.is_empty();
        let short = tally.expected.filter(|&expected| listed && expected > tally.served);
        if verdict.outcome == Outcome::Complete {
            let lack = match (tally.damaged, short) {
                (0, None) if closed + self.left_to_others(floor) == slices => None,
                (0, None) => Some(format!("{closed} of {slices} slices were closed")),
                (0, Some(expected)) => {
                    Some(format!("the service counted {expected} records and sent {}", tally.served))
                }
                (damaged, _) => Some(format!("{damaged} members of the list were not objects and were left out")),
            };
            if let Some(lack) = lack {
                verdict.outcome = Outcome::Partial;
                verdict.reason = Some(RawText::new(lack));
                verdict.hint = Some(RawText::new("run again; if it happens again, report it to Microsoft"));
            }
        }
        let window =
            window.map(|asked| Window { since: floor.map_or(asked.since, |floor| floor.max(asked.since)), ..asked });
        if let Some(floor) = floor.filter(|_| verdict.outcome == Outcome::Complete) {
            verdict.reason = Some(RawText::new(format!(
                "{} {}",
                why.unwrap_or("the service refuses to look back further than"),
                query::stamp(floor)
            )));
            verdict.hint = Some(RawText::new("older records exist only where diagnostic settings have routed them"));
        }
        if let Some(settled) = self
            .request
            .young(self.dataset, self.request.now())
            .filter(|_| self.dataset.time.is_some() && verdict.outcome == Outcome::Complete && verdict.reason.is_none())
        {
            verdict.reason = Some(RawText::new(format!(
                "what the service recorded after {} may have reached it later than it was asked",
                query::stamp(settled)
            )));
        }
        Report {
            verdict,
            records: tally.records,
            expected: tally.expected.filter(|_| self.dataset.for_each.is_none()),
            duplicates: tally.duplicates,
            pages: tally.pages,
            retries: tally.retries,
            slices,
            slices_closed: closed,
            window,
            first: tally.first.map(|(_, text)| text),
            last: tally.last.map(|(_, text)| text),
            // Answers to several parents arrive in any order; what is asked next should not depend on it.
            keys: tally.keys.into_iter().map(sorted).collect(),
            request: query::template(self.dataset),
        }
    }
}

fn sorted(mut keys: Vec<Key>) -> Vec<Key> {
    keys.sort_unstable();
    keys
}
