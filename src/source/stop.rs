//! Why a list ended before its end, and what a dataset's verdict becomes of it.

use crate::catalog::{Dataset, NotFound};
use crate::net::{FailureKind, Fault, Refusal};
use crate::record::{Outcome, Verdict};

use super::errors::{self, Action};

/// Why a list ended early.
#[derive(Clone)]
pub(crate) enum Stop {
    /// The run was stopped.
    Cancelled,
    /// The sink takes no more.
    SinkClosed,
    /// A time limit: of what.
    TimeUp(&'static str),
    /// For good.
    Refused(Refusal),
    /// The page token expired, or the list with it.
    Expired(Refusal),
    /// Too slow, again and again: less should be asked for.
    TooSlow(Fault, Option<Refusal>),
    /// Tried as often as is sensible.
    GaveUp(Fault, Option<Refusal>),
    /// The next page is at another origin: not followed.
    Foreign,
    /// The address holds secrets: not asked.
    Secret,
    /// The next page's address cannot be read.
    BadLink,
    /// A page leads back to one that was read.
    Loop,
    /// Too many pages, or too many without anything new.
    Endless,
    /// A reply longer than the cap.
    TooLarge,
    /// The key does not fit into an address.
    BadKey,
    /// No token.
    Auth(String),
    /// Nobody sends it to this place: of what kind it is (`workspace`).
    NotRouted(&'static str),
    /// The place counts more or fewer records than it gave.
    Short {
        /// By its own count.
        counted: u64,
        /// What came.
        read: u64,
    },
    /// An answer that had no end, to the smallest question there is.
    CutShort,
    /// A place knows better what to say.
    Told(Verdict),
}

impl Stop {
    pub(crate) fn of(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Refused(refusal) if errors::action(&refusal) == Action::Restart => Self::Expired(refusal),
            FailureKind::Refused(refusal) => Self::Refused(refusal),
            FailureKind::GaveUp { fault, refusal } if fault.is_slow() => Self::TooSlow(fault, refusal),
            FailureKind::GaveUp { fault, refusal } => Self::GaveUp(fault, refusal),
            FailureKind::Foreign => Self::Foreign,
            FailureKind::Secret => Self::Secret,
            FailureKind::TooLarge => Self::TooLarge,
            FailureKind::Auth(error) => Self::Auth(error.to_string()),
        }
    }

    /// Whether the run as a whole is over.
    pub(crate) fn ends_the_run(&self) -> bool {
        matches!(self, Self::Cancelled | Self::SinkClosed | Self::TimeUp(_))
    }

    /// Whether another try from the first page may go better.
    pub(super) fn is_doubtful(&self) -> bool {
        matches!(self, Self::Loop | Self::BadLink | Self::Foreign)
    }

    /// A 404 behind the first page of a list: the list does exist, so this is no answer.
    pub(super) fn behind_the_first_page(self) -> Self {
        match self {
            Self::Refused(refusal) if errors::action(&refusal) == Action::NotFound => {
                Self::GaveUp(Fault::Status(refusal.status), Some(refusal))
            }
            other => other,
        }
    }

    /// The verdict if nothing at all came.
    pub(super) fn verdict(&self, dataset: &Dataset) -> Verdict {
        const AGAIN: &str = "run again later; if it happens again, give Support the request id";
        let failed = |reason: &str| Verdict::because(Outcome::Failed, reason);
        let partial = |reason: &str| Verdict::because(Outcome::Partial, reason);
        match self {
            Self::Cancelled => Verdict::because(Outcome::Interrupted, "the run was stopped"),
            Self::SinkClosed => Verdict::because(Outcome::Interrupted, "the output took no more records"),
            Self::TimeUp(whose) => partial(&format!("the time limit of the {whose} was reached"))
                .with_hint("run again with a longer --deadline, or ask for less with --include and --since")
                .passing(),
            Self::Refused(refusal)
                if errors::action(refusal) == Action::NotFound && dataset.not_found == NotFound::Empty =>
            {
                Verdict {
                    reason: Some(crate::record::RawText::new("nothing is configured there (404)")),
                    ..Verdict::complete()
                }
            }
            Self::Refused(refusal) | Self::Expired(refusal) => errors::verdict(dataset, refusal),
            Self::TooSlow(fault, refusal) | Self::GaveUp(fault, refusal) => {
                let mut verdict = failed(&format!("{fault}, after every sensible number of tries")).with_hint(AGAIN);
                verdict.error = refusal.as_ref().map(errors::service_error);
                verdict.passes = matches!(fault, Fault::NoConnection(_) | Fault::Broken | Fault::Stalled);
                verdict
            }
            Self::Foreign => partial("the next page is said to be at another address than the service's: not followed"),
            Self::Secret => failed("the address holds secrets: not asked for"),
            Self::BadLink => partial("the address of the next page cannot be read"),
            Self::Loop => partial("the service's pages lead back to one that was read"),
            Self::Endless => partial("the service's pages bring nothing new and do not end"),
            Self::TooLarge => partial("a reply was longer than the cap of this program"),
            Self::BadKey => failed("an object's id does not fit into an address"),
            Self::NotRouted(place) => {
                let reason = format!("not routed to this {place}: cannot be recovered");
                Verdict::because(Outcome::Unavailable, reason).with_hint(not_routed(dataset, place))
            }
            Self::Short { counted, read } => {
                partial(&format!("the service counted {counted} records and gave {read}")).with_hint(AGAIN)
            }
            Self::CutShort => partial("the service cut its answer short, whatever it was asked for").with_hint(AGAIN),
            Self::Told(verdict) => verdict.clone(),
            Self::Auth(error) => {
                failed(&format!("no token: {error}")).with_hint("sign in again and run again").passing()
            }
        }
    }
}

fn not_routed(dataset: &Dataset, place: &str) -> String {
    let category = dataset.category.as_deref().unwrap_or("this log");
    format!(
        "nothing is kept of the time before: to have it from now on, add the category {category} to a diagnostic setting \
         of Microsoft Entra ID with this {place} as its destination"
    )
}

/// How the lists of a dataset ended.
#[derive(Clone)]
pub(crate) enum End {
    /// All of them at their end.
    Closed,
    /// The only one early.
    Stopped(Stop),
    /// Some of them early.
    Missing {
        /// How many.
        missing: usize,
        /// Of how many.
        of: usize,
        /// What they are: `time slices`, `objects`.
        what: &'static str,
        /// Why the first of them ended.
        first: Stop,
    },
}

/// The verdict over everything.
pub(super) fn verdict(dataset: &Dataset, end: &End, records: u64) -> Verdict {
    let (stop, prefix) = match end {
        End::Closed => return Verdict::complete(),
        End::Stopped(stop) => (stop, format!("the list broke off after {records} records")),
        End::Missing { missing, of, what, first } => {
            (first, format!("{missing} of {of} {what} are missing or incomplete"))
        }
    };
    let verdict = stop.verdict(dataset);
    let nothing = records == 0 && !matches!(end, End::Missing { missing, of, .. } if missing < of);
    if matches!(stop, Stop::Cancelled | Stop::SinkClosed) || nothing {
        return verdict;
    }
    Verdict { outcome: Outcome::Partial, reason: Some(errors::quoted(&prefix, &verdict)), ..verdict }
}
