//! What a storage account's answers mean for a dataset, where a table of refusals cannot say it.

use super::find::Found;
use crate::net::{FailureKind, Fault};
use crate::record::{Outcome, Verdict};
use crate::source::Stop;

fn told(outcome: Outcome, reason: &str, hint: &str) -> Stop {
    Stop::Told(Verdict::because(outcome, reason).with_hint(hint))
}

/// A dataset that diagnostic settings do not know.
pub(super) fn not_a_category() -> Stop {
    told(
        Outcome::Unavailable,
        "diagnostic settings have no such category",
        "take it from another source: without --source the program chooses",
    )
}

/// Why a request failed.
pub(super) fn of(kind: FailureKind) -> Stop {
    match &kind {
        FailureKind::Refused(refusal)
            if refusal.status == 404 && refusal.code.expose().eq_ignore_ascii_case("ContainerNotFound") =>
        {
            Stop::NotRouted("storage account")
        }
        FailureKind::GaveUp { fault: fault @ Fault::NoConnection(_), refusal: None } => told(
            Outcome::Failed,
            &format!("the storage account was not reached: {fault}"),
            "check the name in --storage; an account that was deleted, or whose public network access is disabled, \
             is reached from a network with its private endpoint only",
        ),
        _ => Stop::of(kind),
    }
}

/// A blob that does not stay the same for long enough.
pub(super) fn replaced() -> Stop {
    told(Outcome::Partial, "a blob was replaced again and again while it was read", "run again later")
}

/// Why there is nothing to read; `None`: there is, or nothing happened in these hours.
pub(super) fn nothing(found: &Found) -> Option<Stop> {
    if !found.blobs.is_empty() || found.has_older {
        return None;
    }
    Some(match found {
        Found { has_newer: true, .. } => told(
            Outcome::Unavailable,
            "routing to this storage account began after the time that is asked for",
            "shorten the window with --since and --until, or take it from another source",
        ),
        Found { has_others: true, has_own: false, .. } => told(
            Outcome::Unavailable,
            "the container holds other tenants' logs only",
            "check --tenant and --storage: this tenant is not routed to this account",
        ),
        _ => told(
            Outcome::Unavailable,
            "the container of the category is empty",
            "nothing has been routed yet, or a lifecycle rule has deleted it: what is gone cannot be recovered there",
        ),
    })
}
