//! The clouds and their hosts (`clouds.toml`). Hosts only: a path or a scheme is added by `net`.
//!
//! Source: <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>.

use serde::{Deserialize, Serialize};

/// One cloud: which host answers for which service.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cloud {
    /// `global`, `usgov`, `usgov-dod`, `china`.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// Token endpoint.
    pub login: String,
    /// Microsoft Graph.
    pub graph: String,
    /// Azure Resource Manager.
    pub arm: String,
    /// Log Analytics query API.
    pub logs: String,
    /// Office 365 Management Activity API, where one is documented.
    pub office: Option<String>,
    /// What follows the account name in a storage host.
    pub storage_suffix: String,
    /// What follows the namespace's name in an event hub's host.
    pub hub_suffix: String,
    /// Columns that no official page proved.
    pub assumed: Vec<String>,
    /// What a reader should know.
    pub note: Option<String>,
}
