//! Permissions: their ids (`permissions.toml`) and what a set of datasets needs of them.
//!
//! Source: Microsoft's provisioningInfo.json (microsoft-graph-devx-content).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Dataset;

/// A permission: what it is used to read and its ids.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PermissionRow {
    /// Its name, for example `User.Read.All`.
    pub name: String,
    /// The API that grants it.
    pub resource: Resource,
    /// GUID for app-only access; empty where there is none.
    pub application: String,
    /// GUID for access by a signed-in user; empty where there is none.
    pub delegated: String,
    /// Whether it can only read.
    pub read_only: bool,
    /// What the tool reads with it.
    pub reads: String,
}

/// The API that a permission belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Resource {
    /// Microsoft Graph.
    Graph,
    /// Azure Resource Manager.
    Arm,
    /// Office 365 Management Activity API.
    Office,
}

impl Resource {
    /// App id of the API, for `requiredResourceAccess`.
    pub fn app_id(self) -> &'static str {
        match self {
            Self::Graph => "00000003-0000-0000-c000-000000000000",
            Self::Arm => "797f4846-ba00-4fd7-ba43-dac1f8f63013",
            Self::Office => "c5393580-f805-4401-95e8-94b7a6ef2fc2",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Graph => "Microsoft Graph",
            Self::Arm => "Azure Service Management",
            Self::Office => "Office 365 Management APIs",
        }
    }
}

/// The permissions that a set of datasets needs: name → ids of the datasets that need it.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Consent<'a> {
    /// For an app without a user.
    pub application: BTreeMap<&'a str, Vec<&'a str>>,
    /// For a signed-in user.
    pub delegated: BTreeMap<&'a str, Vec<&'a str>>,
    /// Datasets that an app without a user cannot read.
    pub delegated_only: Vec<&'a str>,
}

impl<'a> Consent<'a> {
    /// What these datasets need together, their `also` permissions included.
    pub fn of(rows: impl IntoIterator<Item = &'a Dataset>) -> Self {
        let mut consent = Self::default();
        for row in rows {
            let also = row.permission.also.iter();
            for name in row.permission.delegated.iter().chain(also.clone()) {
                consent.delegated.entry(name).or_default().push(&row.id);
            }
            if row.is_delegated_only() {
                consent.delegated_only.push(&row.id);
                continue;
            }
            for name in row.permission.application.iter().chain(also) {
                consent.application.entry(name).or_default().push(&row.id);
            }
        }
        consent
    }
}
