//! A request and its answer, as the rooms to the right see them.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use url::Url;

use super::guard::Target;
use super::shared_key::SharedKey;
use crate::catalog::Throttle;

/// A request.
pub struct Ask<'a> {
    /// The service that is asked; the address must be on its origin.
    pub target: &'a Target,
    /// The budget it draws on.
    pub class: Throttle,
    /// What it costs: requests, for the directory resource units.
    pub weight: u32,
    /// The address.
    pub url: &'a Url,
    /// Headers besides the usual.
    pub headers: &'a [(String, String)],
    /// JSON to POST; `None`: GET.
    pub body: Option<Bytes>,
    /// Tells apart requests that are otherwise alike (restarts of a list).
    pub nonce: u64,
    /// How often it may be too slow before the caller asks for less.
    pub slow_max: u32,
}

impl Ask<'_> {
    /// Whether it is one of those queries that may take minutes before the first byte of their answers.
    pub(super) fn is_query(&self) -> bool {
        self.class == Throttle::Workspace
    }
}

/// What shows that the request may be answered.
pub enum Proof<'a> {
    /// A token for the target's scope.
    Bearer,
    /// The address itself (a shared access signature); nothing is added.
    Address,
    /// The key of a storage account, with which each try is signed.
    Key(&'a SharedKey),
}

/// An answer.
pub struct Answer<T> {
    /// What the reader made of the body.
    pub value: T,
    /// The service's `request-id`.
    pub request_id: Option<String>,
    /// How often the request was repeated.
    pub retries: u32,
    /// How long the last try took, from its start to the end of the body.
    pub latency: Duration,
    /// The reply's headers.
    pub headers: HeaderMap,
}
