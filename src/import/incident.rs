//! Incidents of the Authenticator app: what the app tells its user when it has sent its logs to Microsoft.
//!
//! No interface has these logs; the incident id lets Support find them. Takes `ID` or `ID@TIME`, gives one record of the
//! dataset `authenticator`. Source: <https://support.microsoft.com/account-billing/microsoft-authenticator-app-faq>.

use std::str::FromStr;

use bytes::Bytes;
use time::OffsetDateTime;

use super::{audit, instant};
use crate::limits::INCIDENT_CHARS_MAX;
use crate::source::{End, Item, Run, mark};

/// The dataset that incidents belong to.
const DATASET: &str = "authenticator";

/// An incident.
#[derive(Clone)]
pub struct Incident {
    id: String,
    at: Option<OffsetDateTime>,
}

/// What is no incident. Says nothing of the text, since that names a case of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadIncident {
    /// The id.
    #[error(
        "an incident id has letters, digits and '-', at most {INCIDENT_CHARS_MAX} of them: copy it from the app (Send feedback)"
    )]
    Id,
    /// The time.
    #[error("the time behind '@' cannot be read: write it as 2026-01-31T10:00:00Z")]
    Time,
}

impl FromStr for Incident {
    type Err = BadIncident;

    fn from_str(text: &str) -> Result<Self, BadIncident> {
        let (id, at) = match text.split_once('@') {
            Some((id, at)) => (id, Some(instant::read(at).ok_or(BadIncident::Time)?)),
            None => (text, None),
        };
        let is_id = (1..=INCIDENT_CHARS_MAX).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if is_id { Ok(Self { id: id.to_owned(), at }) } else { Err(BadIncident::Id) }
    }
}

impl Incident {
    fn record(&self) -> Vec<u8> {
        let mut record = br#"{"incidentId":"#.to_vec();
        record.extend(audit::quoted(&self.id));
        if let Some(at) = self.at.and_then(instant::write) {
            record.extend_from_slice(br#","reportedDateTime":"#);
            record.extend(audit::quoted(&at));
        }
        record.push(b'}');
        record
    }
}

/// Gives the incidents to their dataset, which they close; the other datasets end as they are.
pub(super) async fn deliver(run: &Run<'_>, incidents: &[Incident]) -> End {
    if run.dataset.id != DATASET || incidents.is_empty() {
        return End::Closed;
    }
    let items = incidents.iter().map(|incident| {
        let id = Some(mark(&audit::quoted(&incident.id)));
        Item { record: Bytes::from(incident.record()), id, at: None }
    });
    match run.deliver_each(items.collect(), 0).await {
        Ok(_) => {
            run.close_all().await;
            End::Closed
        }
        Err(stop) => End::Stopped(stop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_is_an_id_and_perhaps_a_time() {
        let record = |text: &str| String::from_utf8(text.parse::<Incident>().ok().unwrap().record()).unwrap();
        assert_eq!(record("QB4N7XYZ"), r#"{"incidentId":"QB4N7XYZ"}"#);
        let timed = r#"{"incidentId":"a-1","reportedDateTime":"2026-01-05T10:00:00Z"}"#;
        assert_eq!(record("a-1@2026-01-05T10:00:00Z"), timed);
        assert_eq!(record("a-1@1/5/2026 10:00:00 AM"), timed);
        let bad = |text: &str| text.parse::<Incident>().err();
        assert_eq!(bad(""), Some(BadIncident::Id));
        assert_eq!(bad("a b"), Some(BadIncident::Id));
        assert_eq!(bad(&"x".repeat(INCIDENT_CHARS_MAX + 1)), Some(BadIncident::Id));
        assert_eq!(bad("a@soon"), Some(BadIncident::Time));
    }
}
