//! What is missing of the activity feed, and why.
//!
//! Takes lists and blobs that could not be had, gives the run's end. Names content types and hours, never records. Closes
//! the slices that nothing can be missing from: content is never older than its events.

use time::OffsetDateTime;

use super::super::errors;
use super::super::field;
use super::super::{End, Run, Stop};
use super::content::Blob;
use super::days::{Day, stamp};
use crate::limits::OFFICE_GAPS_NAMED_MAX;
use crate::record::{Outcome, RawText, Verdict};

const FURTHER_BACK: &str =
    "Purview's audit search reaches further back: run again with --source microsoft365-activity=purview";
const SUBSCRIBE: &str = "run with --office --office-start to start the subscription (a write; events from then on only), \
                         or read what is recorded already with --source microsoft365-activity=purview";

/// What is missing so far.
#[derive(Default)]
pub(super) struct Gaps {
    missing: usize,
    asked: usize,
    /// Nothing is missing of what happened from then on; `None`: there is no such instant.
    until: Option<OffsetDateTime>,
    has_no_end: bool,
    named: Vec<String>,
    more: usize,
    first: Option<Verdict>,
}

/// A stretch that is no longer kept when its turn comes.
pub(super) fn passed() -> Stop {
    Stop::Told(Verdict::because(Outcome::Partial, "seven days had passed when its turn came").with_hint(FURTHER_BACK))
}

/// No content type has a subscription.
pub(super) fn nothing_subscribed(started: &[&str], is_disabled: bool) -> Stop {
    let reason = match (started, is_disabled) {
        ([], false) => "there is no content subscription: nothing is kept for this interface".to_owned(),
        ([], true) => "the content subscriptions are disabled".to_owned(),
        (names, _) => {
            format!("the subscriptions {} were started by this run and have no content yet", names.join(", "))
        }
    };
    let hint = if started.is_empty() {
        SUBSCRIBE
    } else {
        "the first content comes within 12 hours: run again then; for what happened before, use --source \
         microsoft365-activity=purview"
    };
    Stop::Told(Verdict::because(Outcome::Unavailable, reason).with_hint(hint))
}

impl Gaps {
    /// A list or a blob was asked for.
    pub(super) fn asked(&mut self) {
        self.asked += 1;
    }

    /// Days before those that are kept.
    pub(super) fn too_old(&mut self, since: OffsetDateTime, kept: OffsetDateTime) {
        self.asked += 1;
        let reason = format!("the service keeps seven days: {} to {} is not to be had", stamp(since), stamp(kept));
        self.note(Some(kept), reason.clone(), Verdict::because(Outcome::Partial, reason).with_hint(FURTHER_BACK));
    }

    /// A content type without subscription.
    pub(super) fn unsubscribed(&mut self, content_type: &str, is_disabled: bool) {
        self.asked += 1;
        let what = if is_disabled { "a disabled subscription" } else { "no subscription" };
        let reason = format!("{content_type} has {what}");
        self.note(None, reason.clone(), Verdict::because(Outcome::Partial, reason).with_hint(SUBSCRIBE));
    }

    /// A content type whose subscription was started just now.
    pub(super) fn started(&mut self, content_type: &str) {
        self.asked += 1;
        let reason = format!("the subscription {content_type} was started by this run and has no content yet");
        let hint = "the first content comes within 12 hours: run again then";
        self.note(None, reason.clone(), Verdict::because(Outcome::Partial, reason).with_hint(hint));
    }

    /// A subscription that could not be started.
    pub(super) fn refused_to_start(&mut self, run: &Run<'_>, content_type: &str, stop: &Stop) {
        self.asked += 1;
        self.refusal(run, None, &format!("the subscription {content_type} could not be started"), stop);
    }

    /// A list that did not come to its end.
    pub(super) fn list(&mut self, run: &Run<'_>, content_type: &str, day: Day, stop: &Stop) {
        let what = format!("{content_type} of {} to {}", stamp(day.since), stamp(day.until));
        self.refusal(run, Some(day.until), &what, stop);
    }

    /// A blob that could not be had.
    pub(super) fn blob(&mut self, run: &Run<'_>, blob: &Blob, stop: &Stop) {
        let created = field::instant(&blob.content_created);
        let hour = created.map_or_else(|| "an unknown hour".to_owned(), |at| stamp(at).chars().take(13).collect());
        // Content without a date may hold anything up to now.
        let until = created.unwrap_or_else(|| run.hours().until);
        self.refusal(run, Some(until), &format!("{} of the hour {hour}", blob.content_type), stop);
    }

    fn refusal(&mut self, run: &Run<'_>, until: Option<OffsetDateTime>, what: &str, stop: &Stop) {
        let verdict = stop.verdict(run.dataset);
        let reason = errors::quoted(what, &verdict);
        self.note(until, reason.expose().to_owned(), verdict);
    }

    fn note(&mut self, until: Option<OffsetDateTime>, reason: String, verdict: Verdict) {
        self.missing += 1;
        match until {
            Some(at) => self.until = self.until.max(Some(at)),
            None => self.has_no_end = true,
        }
        if self.named.len() < OFFICE_GAPS_NAMED_MAX {
            self.named.push(reason);
        } else {
            self.more += 1;
        }
        self.first.get_or_insert(verdict);
    }

    /// The reason for the first of them, as the reason for everything.
    pub(super) fn take_first(&mut self) -> Option<Stop> {
        self.first.take().map(Stop::Told)
    }

    /// Closes what is whole and says how it ended.
    pub(super) async fn end(self, run: &Run<'_>) -> End {
        let Some(first) = self.first else {
            run.close_all().await;
            return End::Closed;
        };
        let until = self.until.unwrap_or(run.hours().since);
        for slice in run.open_slices().into_iter().filter(|_| !self.has_no_end) {
            let window = run.plan.window(&(slice..slice + 1));
            if until <= window.since && run.hours().since <= window.since && window.until <= run.hours().until {
                run.close(slice).await;
            }
        }
        let more = if self.more > 0 { format!("; and {} more", self.more) } else { String::new() };
        let reason = format!("{}{more}", self.named.join("; "));
        let first = Stop::Told(Verdict { reason: Some(RawText::new(reason)), ..first });
        End::Missing { missing: self.missing, of: self.asked, what: "parts of the feed", first }
    }
}
