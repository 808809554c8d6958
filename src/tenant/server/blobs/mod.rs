//! (room under construction) The storage account of the tenant.

use super::answer::Tenant;
use super::fault::Fault;
use super::reply::Reply;
use super::services::Asked;

/// Answers a request.
pub(super) fn answer(_tenant: &Tenant, _asked: &Asked<'_>) -> Result<Reply, Fault> {
    Err(Fault::unknown_path())
}
