//! The services beside Graph and ARM, told apart by their paths.
//!
//! `/v1/workspaces/{id}/query` and `/v1{resource id}/query` Log Analytics, `/store/…` the storage account,
//! `/api/v1.0/{tenant}/activity/feed/…` Office 365 Management Activity, `/v1.0/security/auditLog/queries…` Purview's
//! audit search. Each checks its own credentials.

use hyper::Method;

use super::answer::Tenant;
use super::fault::Fault;
use super::mishaps::Answered;
use super::reply::Reply;
use super::{activity, blobs, service_mishaps, workspace};

/// Path of the storage account.
pub(super) const STORE: &str = "/store";

/// A request as it came.
pub(super) struct Asked<'a> {
    pub method: &'a Method,
    /// Path and query.
    pub target: &'a str,
    /// `http://127.0.0.1:PORT`
    pub origin: &'a str,
    pub body: &'a [u8],
    pub header: &'a dyn Fn(&str) -> Option<String>,
}

/// What the service behind the path says; `None`: Graph or ARM is meant.
pub(super) fn answer(tenant: &Tenant, asked: &Asked<'_>) -> Option<Answered> {
    let path = asked.target.split('?').next().unwrap_or_default();
    let service: fn(&Tenant, &Asked<'_>) -> Result<Reply, Fault> = if path.starts_with("/v1/") {
        workspace::answer
    } else if path.strip_prefix(STORE).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
        blobs::answer
    } else if path.starts_with("/api/v1.0/") {
        activity::answer
    } else if path.starts_with(activity::SEARCHES) {
        activity::search
    } else {
        return None;
    };
    Some(service_mishaps::answer(tenant, asked, service))
}
