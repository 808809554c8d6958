//! 250,001 audits and 1,000,001 sign-ins from a workspace.
//!
//! Takes minutes, so it is asked for: `SOURCES_BIG=1 cargo test --release --test workspace big -- --nocapture`.

use entra_bundle::record::Outcome;
use entra_bundle::source::Place;
use entra_bundle::source::workspace::Workspace;

use super::scale::{COUNTS, large, measure};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn big_logs_arrive_whole() {
    let Some((tenant, client)) = large() else { return };
    let place = Place::Workspace(Workspace::named(tenant.text("workspace_id")).unwrap());
    for (id, count) in COUNTS {
        let report = measure(&client, &place, id, "questions").await;
        assert_eq!((report.records, report.expected), (count, Some(count)));
        assert_eq!((report.verdict.outcome, report.duplicates), (Outcome::Complete, 0));
    }
}
