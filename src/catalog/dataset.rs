//! One row of `datasets.*.toml`: an endpoint of the service and everything that is known about it.

use serde::{Deserialize, Serialize};

use super::SourceKind;

/// A dataset: one list or singleton of one service. Ids are kebab-case and forever.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// Kebab-case, unique, never changed.
    pub id: String,
    /// Which folder of the bundle it goes to.
    pub group: Group,
    /// Azure's spelling of the log category, for the sixteen logs.
    pub category: Option<String>,
    /// Which service is asked.
    #[serde(default)]
    pub service: Service,
    /// `v1.0` or `beta` (Graph), or the `api-version` (ARM); `host` or `ldap` on premises.
    pub version: String,
    /// Path behind the version, for example `/groups/{0}/members`; `{n}` is the n-th part of the fan-out key. On premises
    /// `/` and the id: nobody is asked for it.
    pub path: String,
    /// `$select`, when the default selection lacks what Support needs.
    #[serde(default)]
    pub select: Vec<String>,
    /// `$expand`.
    pub expand: Option<String>,
    /// A fixed `$filter`, joined to the time filter by `and`.
    pub filter: Option<String>,
    /// Headers that every page needs, for example `Prefer: include-unknown-enum-members`.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Collection or singleton.
    #[serde(default)]
    pub shape: Shape,
    /// Page size that is asked for; none where the API has no such option.
    pub page_size: Option<u32>,
    /// Largest page size that the API documents. None with a page size: `unverified` says so.
    pub page_size_max: Option<u32>,
    /// How the page size is asked for: `$top` (default) or `Prefer: odata.maxpagesize`.
    #[serde(default)]
    pub page_size_by_prefer: bool,
    /// Without a page size the service gives one page and no link, whatever there is: the option is never left out.
    #[serde(default)]
    pub pages_only_with_size: bool,
    /// `PATH/$count` (with `ConsistencyLevel: eventual`) says how many there are: part of the proof of completeness.
    #[serde(default)]
    pub counted: bool,
    /// The time filter of a log.
    pub time: Option<TimeFilter>,
    /// Property that identifies a record, for de-duplication among the records of one parent. Empty: records are
    /// not de-duplicated.
    #[serde(default = "id_property")]
    pub id_property: String,
    /// Ask once for each record of another dataset.
    pub for_each: Option<ForEach>,
    /// The dataset that has as many records as this one, for estimates.
    pub sized_like: Option<String>,
    /// Collected first: its records name people, devices and domains, from which the dictionary is made.
    #[serde(default)]
    pub teaches: bool,
    /// What a 404 means.
    #[serde(default)]
    pub not_found: NotFound,
    /// Least permissions. An empty list of application permissions: only a signed-in user can read it. On premises none.
    #[serde(default)]
    pub permission: Permission,
    /// Set when the least permission can write: why the service asks for it. Such rows are in no default profile.
    pub write_permission_reason: Option<String>,
    /// Directory roles of which a signed-in user needs one, if any.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Licence without which the service refuses: `P1`, `P2`, `WorkloadId`, `GlobalSecureAccess`, `Governance`.
    pub licence: Option<String>,
    /// Throttle budget; without meaning on premises, where no service counts requests.
    #[serde(default)]
    pub throttle: Throttle,
    /// Resource units one request costs (directory budget).
    #[serde(default = "one")]
    pub resource_units: u32,
    /// Clouds that have it: `global`, `usgov`, `usgov-dod`, `china`.
    pub clouds: Vec<String>,
    /// Support scenarios (profiles.toml) that need it.
    pub profiles: Vec<String>,
    /// Those of `profiles` that it helps, but that can do without it.
    #[serde(default)]
    pub helpful: Vec<String>,
    /// Why a customer should agree to hand it over, one sentence.
    pub why: String,
    /// Where the facts of this row come from: an address or a specification.
    pub source: String,
    /// Date of that source, `YYYY-MM-DD` or `YYYY-MM`.
    pub source_date: String,
    /// What a reader of the row should know.
    pub note: Option<String>,
    /// What no source proved, so that the code accepts either answer.
    pub unverified: Option<String>,
}

impl Dataset {
    /// Whether its least permission can write.
    pub fn needs_write(&self) -> bool {
        self.write_permission_reason.is_some()
    }

    /// Whether a cloud (`global`, `usgov`, …) offers it.
    pub fn is_in(&self, cloud: &str) -> bool {
        self.clouds.iter().any(|one| one == cloud)
    }

    /// Whether it comes from the customer's servers: no service of the cloud has it.
    pub fn is_on_premises(&self) -> bool {
        matches!(self.service, Service::Host | Service::Ldap)
    }

    /// Whether only a signed-in user can read it.
    pub fn is_delegated_only(&self) -> bool {
        self.permission.application.is_empty() && !self.permission.delegated.is_empty()
    }

    /// What stands before [`Dataset::path`] in an address: `/v1.0` or `/beta` for Graph, nothing elsewhere.
    pub fn path_prefix(&self) -> String {
        if self.service == Service::Graph { format!("/{}", self.version) } else { String::new() }
    }
}

fn id_property() -> String {
    "id".into()
}

fn one() -> u32 {
    1
}

/// Folder of the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// `data/objects/`
    Objects,
    /// `data/config/`
    Config,
    /// `data/logs/`
    Logs,
    /// `data/onprem/`
    Onprem,
}

/// Which service answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// Microsoft Graph.
    #[default]
    Graph,
    /// Azure Resource Manager.
    Arm,
    /// No service by itself: Azure Monitor sends it where the diagnostic settings say (route.rs), or the customer has it
    /// as files.
    Monitor,
    /// Office 365 Management Activity API.
    Office,
    /// A Windows server: the one that the program runs on, or files that were copied off one.
    Host,
    /// Active Directory.
    Ldap,
}

impl Service {
    /// The kind of source that asks this service; `None`: no service has it by itself.
    pub fn source(self) -> Option<SourceKind> {
        match self {
            Self::Graph => Some(SourceKind::Graph),
            Self::Arm => Some(SourceKind::Arm),
            Self::Monitor => None,
            Self::Office => Some(SourceKind::Office),
            Self::Host => Some(SourceKind::Host),
            Self::Ldap => Some(SourceKind::Ldap),
        }
    }
}

impl Group {
    /// `objects`, `config`, `logs` or `onprem`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Objects => "objects",
            Self::Config => "config",
            Self::Logs => "logs",
            Self::Onprem => "onprem",
        }
    }
}

/// What the body is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// `{"value": [...]}`, perhaps with `@odata.nextLink`; a bare array and a bare object are accepted too.
    #[default]
    Collection,
    /// One object: one record.
    Singleton,
}

/// The time filter of a log.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TimeFilter {
    /// Property that is compared and by which records are assigned to slices.
    pub property: String,
    /// Operators of the lower and the upper bound as the API documents them: `ge`/`le`, `gt`/`lt`, `ge`/`lt`.
    /// Empty: the service takes no time filter and records are chosen here.
    #[serde(default)]
    pub operators: Vec<String>,
    /// `$orderby` that makes paging stable, if the API documents one.
    pub order_by: Option<String>,
    /// How far back the service keeps records, days, at most (with the best licence).
    pub retention_days: u32,
    /// How long records may arrive late, minutes, where that is more than usual ([`crate::limits::LATE_MARGIN_S`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_minutes: Option<u32>,
}

/// Fan-out: one request for each record of `dataset`, in `$batch` where the service has it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ForEach {
    /// The dataset whose records are walked; its key parts come first in `{0}`, `{1}`, …
    pub dataset: String,
    /// Property of its records that is the last key part.
    #[serde(default = "id_property")]
    pub property: String,
    /// Only records for which all of these hold.
    #[serde(default, rename = "where")]
    pub conditions: Vec<Where>,
}

/// A condition on a top-level property of the parent record.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Where {
    /// The property.
    pub property: String,
    /// Its value (as text) must be one of these.
    pub is: Vec<String>,
}

/// What a 404 means for this endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NotFound {
    /// Nothing is configured there: no records, complete.
    Empty,
    /// The endpoint does not exist in this cloud or tenant: unavailable.
    #[default]
    Unavailable,
}

/// Least permissions for reading, by kind of sign-in: all of a list are needed.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// Application permissions (app-only). Empty: not supported.
    pub application: Vec<String>,
    /// Delegated permissions (signed-in user).
    pub delegated: Vec<String>,
    /// Permissions, of either kind, without which the service still answers, but leaves parts out or refuses now
    /// and then. Asked for, but their lack is no denial.
    #[serde(default)]
    pub also: Vec<String>,
}

/// The budget that a request draws on (docs: Graph throttling limits).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Throttle {
    /// Identity and access reports: 5 requests in 10 s per app and tenant.
    Reports,
    /// Identity Protection and Conditional Access: 1 request a second per tenant, all apps together, no `Retry-After`.
    Identity,
    /// Directory: resource units per 10 s.
    #[default]
    Directory,
    /// Log Analytics: 200 queries in 30 s and 5 at a time per user.
    Workspace,
    /// Storage accounts: thousands of requests a second.
    Storage,
    /// Office 365 Management Activity API: 2,000 requests a minute per tenant.
    Activity,
}

/// How many classes there are.
pub const THROTTLES: usize = 6;

impl Throttle {
    /// All classes, scarcest first.
    pub const ALL: [Self; THROTTLES] =
        [Self::Reports, Self::Identity, Self::Directory, Self::Workspace, Self::Storage, Self::Activity];

    /// `reports`, `identity`, `directory`, `workspace`, `storage` or `activity`, as `--rate` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reports => "reports",
            Self::Identity => "identity",
            Self::Directory => "directory",
            Self::Workspace => "workspace",
            Self::Storage => "storage",
            Self::Activity => "activity",
        }
    }

    /// Where it stands in [`Throttle::ALL`].
    pub fn number(self) -> usize {
        self as usize
    }
}
