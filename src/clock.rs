//! The only place that reads the system clock.
//!
//! Gives a [`Clock`] that is either the system's or fixed. It is fixed by `SOURCE_DATE_EPOCH` (whole seconds
//! since 1970, <https://reproducible-builds.org/specs/source-date-epoch/>), so that two runs over the same
//! records with the same key write the same bytes. Never used for time limits: those use `tokio::time`.

use time::OffsetDateTime;

/// Where "now" comes from.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The system's clock.
    System,
    /// Always this instant.
    Fixed(OffsetDateTime),
}

/// `SOURCE_DATE_EPOCH` is set but is not a whole number of seconds.
#[derive(Debug, thiserror::Error)]
#[error("SOURCE_DATE_EPOCH is not a whole number of seconds since 1970: correct it or unset it")]
pub struct BadEpoch;

impl Clock {
    /// The clock that the environment asks for.
    ///
    /// # Errors
    /// [`BadEpoch`] when `SOURCE_DATE_EPOCH` is set to something else than whole seconds.
    pub fn from_environment() -> Result<Self, BadEpoch> {
        match std::env::var("SOURCE_DATE_EPOCH") {
            Err(_) => Ok(Self::System),
            Ok(text) => {
                let seconds = text.trim().parse().map_err(|_| BadEpoch)?;
                OffsetDateTime::from_unix_timestamp(seconds).map(Self::Fixed).map_err(|_| BadEpoch)
            }
        }
    }

    /// The current instant, UTC.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn now(self) -> OffsetDateTime {
        match self {
            Self::System => OffsetDateTime::now_utc(),
            Self::Fixed(instant) => instant,
        }
    }
}
