//! Rows of `routes.toml`: under which name Azure Monitor has a dataset, for the places that diagnostic settings fill.
//!
//! A row names the category (and with it container and hub), the table of Log Analytics, and what identifies a record
//! there. Where a record comes from never decides what it looks like: `source::shape` brings all to one shape.
//! Source: <https://learn.microsoft.com/entra/identity/monitoring-health/concept-diagnostic-settings-logs-options>.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// Where records come from, as `--source` and the manifest spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// Microsoft Graph.
    Graph,
    /// Azure Resource Manager.
    Arm,
    /// A Log Analytics workspace.
    LogAnalytics,
    /// A storage account that diagnostic settings write to.
    Storage,
    /// An event hub: live, or what it captured.
    EventHub,
    /// Office 365 Management Activity API.
    Office,
    /// The audit search of Microsoft Purview.
    Purview,
    /// Files that the customer has.
    File,
    /// The Windows server that the program runs on.
    Host,
    /// Active Directory.
    Ldap,
}

impl SourceKind {
    /// Its name on the command line and in the manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Arm => "arm",
            Self::LogAnalytics => "log-analytics",
            Self::Storage => "storage",
            Self::EventHub => "event-hub",
            Self::Office => "office",
            Self::Purview => "purview",
            Self::File => "file",
            Self::Host => "host",
            Self::Ldap => "ldap",
        }
    }
}

/// The column that every table has: when the record was made, or when it arrived.
pub const TIME_GENERATED: &str = "TimeGenerated";

/// A dataset as Azure Monitor knows it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Dataset id.
    pub dataset: String,
    /// The category, in Azure's spelling.
    pub category: String,
    /// The table of Log Analytics.
    pub table: String,
    /// Properties of a record that together identify it: a risky user has a record for each change.
    pub id: Vec<String>,
    /// Property with the time of the event, by which records are assigned to the window.
    pub time: String,
    /// The table's column that is [`Route::time`]; absent: `TimeGenerated` is the time of the event.
    pub time_column: Option<String>,
    /// Where this is documented.
    pub source: String,
    /// What no source proved, so that the code accepts either answer.
    pub unverified: Option<String>,
}

impl Route {
    /// The container that diagnostic settings fill, which is also the hub's name where none was chosen.
    pub fn container(&self) -> String {
        format!("insights-logs-{}", self.category.to_ascii_lowercase())
    }

    /// The table's column with the time of the event.
    pub fn time_column(&self) -> &str {
        self.time_column.as_deref().unwrap_or(TIME_GENERATED)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    route: Vec<Route>,
}

/// All rows, in the order of the documentation.
pub fn routes() -> &'static [Route] {
    static FILE: OnceLock<File> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the file is compiled in, and the tests parse it")]
    &FILE.get_or_init(|| toml::from_str(include_str!("routes.toml")).expect("routes.toml")).route
}

/// The row of a dataset.
pub fn route(dataset: &str) -> Option<&'static Route> {
    routes().iter().find(|row| row.dataset == dataset)
}

/// The row of a category, in any case.
pub fn route_of_category(category: &str) -> Option<&'static Route> {
    routes().iter().find(|row| row.category.eq_ignore_ascii_case(category))
}

/// The row of a table of Log Analytics, in any case.
pub fn route_of_table(table: &str) -> Option<&'static Route> {
    routes().iter().find(|row| row.table.eq_ignore_ascii_case(table))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn the_sixteen_categories_have_a_row_each_and_a_dataset() {
        let catalog = Catalog::embedded().unwrap();
        assert_eq!(routes().len(), 16);
        for row in routes() {
            let dataset = catalog.dataset(&row.dataset).unwrap();
            assert_eq!(dataset.category.as_deref(), Some(row.category.as_str()));
            assert!(dataset.time.is_some() || row.dataset.starts_with("risky-"), "{}", row.dataset);
            assert!(!row.id.is_empty() && row.source.starts_with("https://"), "{}", row.dataset);
            assert_eq!(route_of_category(&row.category.to_uppercase()).map(|one| &one.table), Some(&row.table));
            assert_eq!(route_of_table(&row.table.to_lowercase()).map(|one| &one.dataset), Some(&row.dataset));
        }
    }
}
