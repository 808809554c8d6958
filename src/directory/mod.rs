//! Active Directory over LDAP: from queries (rows) to records and a verdict for each dataset.
//!
//! Takes a [`Directory`] and the datasets that are wanted, gives batches of raw records to a [`Sink`] and a [`Report`] for
//! each dataset. Speaks LDAP over TLS only, reads only, follows no reference. A dataset is complete only if each of its
//! queries ended with result code 0 and without a cookie, and every range was closed; whatever else happens, the verdict
//! says so. Asks for no password, no LAPS attribute, no key; drops them if they come.
//!
//! The client is this room's own: the `ldap3` crate panics on malformed messages, reads nested ones recursively and
//! messages of any length, and this program aborts on a panic (ARCHITECTURE.md).
//! Source: RFC 4511, RFC 4513, RFC 2696, [MS-ADTS].

mod address;
mod ber;
mod connection;
#[cfg(feature = "fuzz-doors")]
pub mod doors;
mod filter;
#[cfg(any(windows, feature = "kerberos"))]
mod kerberos;
mod message;
mod object;
mod query;
mod session;
mod sign_in;
#[cfg(test)]
mod tests;
mod trouble;
mod value;
mod verdict;

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::catalog::{Dataset, DirectoryQuery, directory_queries};
use crate::clock::Clock;
use crate::limits::DATASET_S_MAX;
use crate::source::{Report, Sink};

pub use address::{BadDirectory, Credential, Directory, Pace, View, has_kerberos};
use query::{Asked, Tally};
use session::{Limits, Session};
use trouble::Trouble;
use verdict::{Ended, report};

/// The filter of a dataset's first query; `None`: no directory has it.
pub fn asked(dataset: &Dataset) -> Option<&'static str> {
    directory_queries(&dataset.id).next().map(|query| query.filter.as_str())
}

/// Collects datasets from a directory, one after another over one connection; the reports come in their order.
///
/// Cancelling: trigger `cancel`; what came until then has been delivered and the verdict is `interrupted`. `deadline`:
/// when to stop asking, besides each dataset's own limit.
pub async fn collect(
    directory: &Directory,
    wanted: &[&'static Dataset],
    sink: &dyn Sink,
    (clock, deadline): (Clock, Option<Instant>),
    cancel: &CancellationToken,
) -> Vec<Report> {
    let mut session = None;
    // What concerns the directory as a whole is not tried again for each dataset: a wrong password locks accounts.
    let mut gone: Option<Trouble> = None;
    let mut reports = Vec::with_capacity(wanted.len());
    for dataset in wanted {
        let own = (Instant::now() + Duration::from_secs(DATASET_S_MAX), "dataset");
        let limits = Limits { cancel, until: deadline.map_or(own, |at| own.min((at, "run"))) };
        let mut tally = Tally::default();
        let rows: Vec<&'static DirectoryQuery> = directory_queries(&dataset.id).collect();
        let mut missing: Vec<Trouble> = Vec::new();
        for &row in &rows {
            let asked = Asked { directory, row, dataset: &dataset.id, sink, limits: &limits };
            let ended = match &gone {
                Some(trouble) => Err(trouble.clone()),
                None => asked.run(&mut session, &mut tally).await,
            };
            match ended {
                Ok(()) => {}
                Err(trouble) if row.is_optional && trouble.is_nothing_there() => {}
                Err(trouble) => {
                    gone = gone.or_else(|| Some(trouble.clone()).filter(|one| tally.is_shut || one.is_of_all()));
                    missing.push(trouble);
                }
            }
        }
        if missing.is_empty() {
            sink.slice_closed(&dataset.id, 0).await;
        }
        let time = session.as_ref().and_then(|session: &Session| session.root.time.clone());
        let is_narrowed = directory.is_narrowed() && rows.iter().any(|row| row.is_scoped);
        let ended = Ended { searches: rows.len(), missing, tally, time, is_narrowed };
        reports.push(report(dataset, ended, clock));
    }
    if let Some(session) = session {
        session.close().await;
    }
    reports
}
