//! (room under construction) A Log Analytics workspace.

use super::{End, Run};

/// A Log Analytics workspace.
#[derive(Clone)]
pub struct Workspace {}

/// Collects from it; one end for each run, in their order.
pub(super) async fn collect(runs: &[Run<'_>], _place: &Workspace) -> Vec<End> {
    runs.iter().map(|_| End::Closed).collect()
}
