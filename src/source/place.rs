//! Where the records of a log are asked for, when it is not the dataset's own endpoint.
//!
//! Takes a place and the datasets that it serves, gives a [`Report`] for each. A place that serves several at once (an
//! event hub with all categories) is read once.

use tokio_util::sync::CancellationToken;

use super::activity::{Office, Purview};
use super::blobs::Account;
use super::hub::Hub;
use super::workspace::Workspace;
use super::{Report, Request, Run, Sink};
use crate::catalog::{Dataset, SourceKind};

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
            Self::Storage(_) => Some(SourceKind::Storage),
            Self::Hub(_) => Some(SourceKind::EventHub),
            Self::Office(_) => Some(SourceKind::Office),
            Self::Purview(_) => Some(SourceKind::Purview),
        }
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
    let runs: Vec<Run<'_>> = wanted.iter().map(|(dataset, request)| Run::new(dataset, request, sink, cancel)).collect();
    let ends = match place {
        Place::Own => {
            let each = wanted.iter().map(|(dataset, request)| super::collect(dataset, request, sink, cancel));
            return futures_util::future::join_all(each).await;
        }
        Place::Workspace(place) => super::workspace::collect(&runs, place).await,
        Place::Storage(place) => super::blobs::collect(&runs, place).await,
        Place::Hub(place) => super::hub::collect(&runs, place).await,
        Place::Office(place) => super::activity::collect(&runs, place).await,
        Place::Purview(place) => super::activity::search(&runs, place).await,
    };
    runs.iter().zip(&ends).map(|(run, end)| run.report(end)).collect()
}
