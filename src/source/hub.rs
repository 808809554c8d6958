//! (room under construction) An event hub.

use super::{End, Run};

/// An event hub.
#[derive(Clone)]
pub struct Hub {}

/// Collects from it; one end for each run, in their order.
pub(super) async fn collect(runs: &[Run<'_>], _place: &Hub) -> Vec<End> {
    runs.iter().map(|_| End::Closed).collect()
}
