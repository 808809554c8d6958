//! 250,001 audits and 1,000,001 sign-ins from a storage account.
//!
//! Takes minutes, so it is asked for: `SOURCES_BIG=1 cargo test --release --test azurite big -- --nocapture`.

use entra_bundle::record::Outcome;
use entra_bundle::source::Place;
use entra_bundle::source::blobs::{Account, Credential};

use super::scale::{COUNTS, large, measure};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn big_logs_arrive_whole() {
    let Some((tenant, client)) = large() else { return };
    let account = Account::new(tenant.text("storage_url"), Credential::Bearer).unwrap();
    let place = Place::Storage(account.for_tenant(tenant.text("tenant_id")));
    for (id, count) in COUNTS {
        let report = measure(&client, &place, id, "ranges").await;
        assert_eq!((report.records, report.verdict.outcome), (count, Outcome::Complete));
        assert!(report.duplicates > count / 50, "{} were delivered twice", report.duplicates);
    }
}
