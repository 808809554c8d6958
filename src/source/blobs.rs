//! (room under construction) A storage account that diagnostic settings write to.

use super::{End, Run};

/// A storage account that diagnostic settings write to.
#[derive(Clone)]
pub struct Account {}

/// x
#[derive(Clone)]
pub enum Credential {
    /// x
    Bearer,
}
impl Credential {
    /// x
    pub fn sas(_: &str) -> Result<Self, BadAccount> {
        Ok(Self::Bearer)
    }
    /// x
    pub fn key(_: &str) -> Result<Self, BadAccount> {
        Ok(Self::Bearer)
    }
}
/// x
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct BadAccount;
impl Account {
    /// x
    pub fn new(_: &str, _: Credential) -> Result<Self, BadAccount> {
        Ok(Self {})
    }
}

/// Collects from it; one end for each run, in their order.
pub(super) async fn collect(runs: &[Run<'_>], _place: &Account) -> Vec<End> {
    runs.iter().map(|_| End::Closed).collect()
}
