//! Where the records of a log are asked for, when it is not the dataset's own endpoint.
//!
//! Takes a place and the datasets that it serves, gives a [`Report`] for each. A place that serves several at once (an
//! event hub with all categories) is read once.

use futures_util::FutureExt as _;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::activity::{Office, Purview};
use super::blobs::Account;
use super::hub::Hub;
use super::plan::Plan;
use super::workspace::Workspace;
use super::{Report, Request, Run, Sink, Window, query};
use crate::catalog::{Dataset, Route, SourceKind, route};
use crate::record::{Outcome, RawText, Verdict};

/// A place with records.
#[derive(Clone)]
pub enum Place {
    /// The dataset's own endpoint.
    Own,
    /// A Log Analytics workspace.
    Workspace(Workspace),
    /// A storage account.
    Storage(Account),
    /// An event hub.
    Hub(Hub),
    /// Office 365 Management Activity API.
    Office(Office),
    /// The audit search of Microsoft Purview.
    Purview(Purview),
}

impl Place {
    /// How the manifest calls it; `None`: as the dataset's service.
    pub fn kind(&self) -> Option<SourceKind> {
        match self {
            Self::Own => None,
            Self::Workspace(_) => Some(SourceKind::LogAnalytics),
            Self::Storage(account) if account.is_capture() => Some(SourceKind::EventHub),
            Self::Storage(_) => Some(SourceKind::Storage),
            Self::Hub(_) => Some(SourceKind::EventHub),
            Self::Office(_) => Some(SourceKind::Office),
            Self::Purview(_) => Some(SourceKind::Purview),
        }
    }

    /// What is asked there for a dataset, as a template without values.
    pub fn request(&self, dataset: &'static Dataset) -> String {
        let route = route(&dataset.id);
        let (table, container) = (route.map_or("", |row| &row.table), route.map(Route::container).unwrap_or_default());
        match self {
            Self::Own => query::template(dataset),
            Self::Workspace(_) => format!("POST /query {table}"),
            Self::Storage(_) => format!("GET /{container}"),
            Self::Hub(_) => format!("consume {container}"),
            Self::Office(_) => "GET /activity/feed/subscriptions/content".to_owned(),
            Self::Purview(_) => "POST /security/auditLog/queries".to_owned(),
        }
    }
}

/// The hours in front of `floor` that another place is asked for: up to the end of the slice that `floor` lies in, so
/// that one place alone can close it.
pub fn hours_before(asked: Window, window: Window, floor: OffsetDateTime) -> Window {
    let plan = Plan::of(window);
    let slice = plan.slice_of(floor);
    let until = if floor > asked.since { plan.window(&(slice..slice + 1)).until } else { floor };
    Window { until: until.min(asked.until), ..asked }
}

/// One verdict of what several places said of one dataset, in the order in which they were asked: complete if the last
/// of them made it so, partial if records came, else what can be changed most easily.
pub fn joined(said: &[(&'static str, Verdict)], records: u64) -> Verdict {
    let Some((_, last)) = said.last() else { return Verdict::because(Outcome::Failed, "no place was asked") };
    if said.len() == 1 {
        return last.clone();
    }
    let texts = |text: fn(&Verdict) -> Option<&RawText>| {
        let told = said.iter().filter_map(|(kind, verdict)| Some(format!("{kind}: {}", text(verdict)?.expose())));
        Some(told.collect::<Vec<_>>().join("; ")).filter(|text| !text.is_empty()).map(RawText::new)
    };
    let rank = |outcome: Outcome| match outcome {
        Outcome::Complete => 0,
        Outcome::Interrupted => 1,
        Outcome::Failed => 2,
        Outcome::Denied => 3,
        Outcome::Partial => 4,
        Outcome::Unlicensed => 5,
        Outcome::Unavailable => 6,
        Outcome::Skipped => 7,
    };
    let worst =
        said.iter().map(|(_, verdict)| verdict).min_by_key(|one| (one.outcome == Outcome::Complete, rank(one.outcome)));
    // A place that looks back no further is complete for its hours; that no other place has the rest is an answer.
    let answered = said.iter().all(|(_, one)| one.outcome.is_answered())
        && said.iter().any(|(_, one)| one.outcome == Outcome::Complete);
    let outcome = match worst {
        _ if answered || last.outcome == Outcome::Complete => Outcome::Complete,
        Some(worst) if records == 0 || worst.outcome == Outcome::Interrupted => worst.outcome,
        _ => Outcome::Partial,
    };
    Verdict {
        outcome,
        reason: texts(|verdict| verdict.reason.as_ref()),
        hint: texts(|verdict| verdict.hint.as_ref()).filter(|_| last.outcome != Outcome::Complete),
        error: said.iter().find_map(|(_, verdict)| verdict.error.clone()).filter(|_| outcome != Outcome::Complete),
        passes: outcome != Outcome::Complete && said.iter().any(|(_, verdict)| verdict.passes),
    }
}

/// Collects datasets from a place; the reports come in the order of `wanted`.
///
/// Cancelling: as [`super::collect`].
pub async fn collect_from(
    place: &Place,
    wanted: &[(&'static Dataset, Request<'_>)],
    sink: &dyn Sink,
    cancel: &CancellationToken,
) -> Vec<Report> {
    if let Place::Own = place {
        let each = wanted.iter().map(|(dataset, request)| super::collect(dataset, request, sink, cancel));
        return futures_util::future::join_all(each).boxed().await;
    }
    let runs: Vec<Run<'_>> = wanted.iter().map(|(dataset, request)| Run::new(dataset, request, sink, cancel)).collect();
    let ends = match place {
        Place::Own => Vec::new(), // answered above
        Place::Workspace(place) => super::workspace::collect(&runs, place).boxed().await,
        Place::Storage(place) => super::blobs::collect(&runs, place).boxed().await,
        Place::Hub(place) => super::hub::collect(&runs, place).boxed().await,
        Place::Office(place) => super::activity::collect(&runs, place).boxed().await,
        Place::Purview(place) => super::activity::search(&runs, place).boxed().await,
    };
    runs.iter().zip(&ends).map(|(run, end)| run.report(end)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_last_place_decides_what_is_complete_and_all_say_why() {
        let said = |outcomes: &[Outcome]| -> Vec<(&'static str, Verdict)> {
            outcomes.iter().map(|&one| ("graph", Verdict::because(one, one.as_str()).with_hint("h"))).collect()
        };
        use Outcome::{Complete, Denied, Failed, Partial, Unavailable, Unlicensed};
        for (outcomes, records, expected) in [
            (vec![Unlicensed, Complete], 5, Complete),
            (vec![Complete, Unavailable], 5, Complete),
            (vec![Complete, Denied], 5, Partial),
            (vec![Unlicensed, Denied], 0, Denied),
            (vec![Unlicensed, Unavailable], 0, Unlicensed),
            (vec![Partial, Unavailable], 3, Partial),
            (vec![Denied, Failed], 0, Failed),
        ] {
            let verdict = joined(&said(&outcomes), records);
            assert_eq!(verdict.outcome, expected, "{outcomes:?}");
            assert!(verdict.reason.is_some_and(|text| text.expose().matches("graph: ").count() == outcomes.len()));
            assert_eq!(verdict.hint.is_none(), outcomes.last() == Some(&Complete));
        }
        let one = joined(&said(&[Denied]), 0);
        assert!(one.reason.is_some_and(|text| text.expose() == "denied"));
    }

    #[test]
    fn another_place_is_asked_up_to_the_end_of_a_slice() {
        let window = Window { since: datetime!(2026-01-01 0:00 UTC), until: datetime!(2026-01-31 0:00 UTC) };
        let hours = hours_before(window, window, datetime!(2026-01-10 7:00 UTC));
        assert_eq!((hours.since, hours.until), (window.since, datetime!(2026-01-11 0:00 UTC)));
        assert_eq!(hours_before(window, window, datetime!(2026-01-30 23:00 UTC)).until, window.until);
    }
}
