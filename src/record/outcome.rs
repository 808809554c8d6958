//! How a dataset ended.

use super::RawText;

/// The one word that every dataset ends with (manifest, summary and report show it).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The last page had no nextLink and every slice closed.
    Complete,
    /// Something is missing; the reason says what.
    Partial,
    /// A permission or a role is missing; the hint names it.
    Denied,
    /// The tenant lacks the licence.
    Unlicensed,
    /// Not in this cloud, not configured, or never routed.
    Unavailable,
    /// The plan left it out.
    Skipped,
    /// It could not be collected.
    Failed,
    /// The run was stopped before it was done.
    Interrupted,
}

impl Outcome {
    /// The word as the manifest spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Denied => "denied",
            Self::Unlicensed => "unlicensed",
            Self::Unavailable => "unavailable",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether the customer's question is answered (exit code 0); the others make it 3.
    pub fn is_answered(self) -> bool {
        matches!(self, Self::Complete | Self::Unlicensed | Self::Unavailable | Self::Skipped)
    }
}

/// The service's own words about a refusal.
#[derive(Clone)]
pub struct ServiceError {
    /// HTTP status; 0 when no reply came.
    pub status: u16,
    /// The service's error code, for example `Authorization_RequestDenied`.
    pub code: RawText,
    /// The service's `request-id`, for Support.
    pub request_id: RawText,
}

/// An outcome with its reasons. Texts are raw: the manifest takes them through the gate.
#[derive(Clone)]
pub struct Verdict {
    /// How it ended.
    pub outcome: Outcome,
    /// What happened.
    pub reason: Option<RawText>,
    /// What would change it (a permission, a licence, a setting).
    pub hint: Option<RawText>,
    /// The refusal, if a service refused.
    pub error: Option<ServiceError>,
    /// What stood in the way may be gone soon (a network, a sign-in, a time limit): the same run may go on then.
    pub passes: bool,
}

impl Verdict {
    /// Nothing is missing.
    pub fn complete() -> Self {
        Self { outcome: Outcome::Complete, reason: None, hint: None, error: None, passes: false }
    }

    /// An outcome with the reason for it.
    pub fn because(outcome: Outcome, reason: impl Into<String>) -> Self {
        Self { outcome, reason: Some(RawText::new(reason)), hint: None, error: None, passes: false }
    }

    /// The same, of something that passes.
    pub fn passing(mut self) -> Self {
        self.passes = true;
        self
    }

    /// The same with a hint that says what would change it.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(RawText::new(hint));
        self
    }
}
