//! Rows of `columns.toml`: which property of a Graph record a column of Log Analytics is.
//!
//! Takes the names of a table and a column, gives the property and how its value is to be read. A column that no row
//! names has a place, too: tables grow, and nothing of a record may be lost.
//! Source: <https://learn.microsoft.com/azure/azure-monitor/reference/tables-index>.

use std::sync::OnceLock;

use serde::Deserialize;

use super::Route;

/// What the value of a column becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnAs {
    /// A property, as it is.
    Property,
    /// A property: text that holds an object or an array is opened.
    Json,
    /// A property: text that holds a number becomes one.
    Number,
    /// A property: an object or an array becomes text.
    Text,
    /// A word of Azure Monitor about the record.
    Envelope,
}

/// One row: columns that are read in the same way.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnRule {
    /// Names of columns.
    pub columns: Vec<String>,
    /// Only in these tables; empty: in all.
    #[serde(default)]
    pub tables: Vec<String>,
    /// How its value is read.
    #[serde(rename = "as")]
    pub read: ColumnAs,
    /// What it is called instead of the rule's name.
    pub name: Option<String>,
    /// Where this is documented.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    column: Vec<ColumnRule>,
}

/// All rows, in file order.
pub fn columns() -> &'static [ColumnRule] {
    static FILE: OnceLock<File> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the file is compiled in, and the tests parse it")]
    &FILE.get_or_init(|| toml::from_str(include_str!("columns.toml")).expect("columns.toml")).column
}

/// Name and reading of a column; `route` is the row of its table, if it has one.
pub fn column(table: &str, name: &str, route: Option<&Route>) -> (String, ColumnAs) {
    if let Some(route) = route.filter(|row| name.eq_ignore_ascii_case(row.time_column())) {
        return (route.time.clone(), ColumnAs::Property);
    }
    let is_one_of = |names: &[String], name: &str| names.iter().any(|one| one.eq_ignore_ascii_case(name));
    let row = columns()
        .iter()
        .find(|row| is_one_of(&row.columns, name) && (row.tables.is_empty() || is_one_of(&row.tables, table)));
    let read = row.map_or(ColumnAs::Property, |row| row.read);
    let name = match row.and_then(|row| row.name.clone()) {
        Some(name) => name,
        None if read == ColumnAs::Envelope => name.to_owned(),
        None => camel(name),
    };
    (name, read)
}

/// `UserId`, `IPAddress`, `RiskEventTypes_V2`: `userId`, `ipAddress`, `riskEventTypes_v2`.
fn camel(name: &str) -> String {
    let upper = name.bytes().take_while(u8::is_ascii_uppercase).count();
    let followed = name.len() > upper && name.as_bytes().get(upper).is_some_and(u8::is_ascii_lowercase);
    // The last capital of several begins the next word.
    let lowered = if upper > 1 && followed { upper - 1 } else { upper };
    let (first, rest) = name.split_at_checked(lowered).unwrap_or((name, ""));
    format!("{}{}", first.to_ascii_lowercase(), rest.replace("_V", "_v"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::route_of_table;

    #[test]
    fn names_are_those_of_graph() {
        let rows = [
            ("SigninLogs", "Id", "id", ColumnAs::Property),
            ("SigninLogs", "IPAddress", "ipAddress", ColumnAs::Property),
            ("SigninLogs", "IPAddressFromResourceProvider", "ipAddressFromResourceProvider", ColumnAs::Property),
            ("SigninLogs", "RiskEventTypes_V2", "riskEventTypes_v2", ColumnAs::Json),
            ("SigninLogs", "CreatedDateTime", "createdDateTime", ColumnAs::Property),
            ("SigninLogs", "TimeGenerated", "TimeGenerated", ColumnAs::Envelope),
            ("SigninLogs", "Location", "Location", ColumnAs::Envelope),
            ("signinlogs", "LOCATIONDETAILS", "location", ColumnAs::Json),
            ("AADUserRiskEvents", "Location", "location", ColumnAs::Json),
            ("RemoteNetworkHealthLogs", "Status", "status", ColumnAs::Property),
            ("AADProvisioningLogs", "TimeGenerated", "activityDateTime", ColumnAs::Property),
            ("MicrosoftGraphActivityLogs", "TimeGenerated", "timeGenerated", ColumnAs::Property),
            ("AuditLogs", "Category", "category", ColumnAs::Property),
            ("AADProvisioningLogs", "Category", "Category", ColumnAs::Envelope),
            ("ADFSSignInLogs", "TenantId", "WorkspaceId", ColumnAs::Envelope),
            ("NetworkAccessTraffic", "AIAgentId", "aiAgentId", ColumnAs::Property),
            ("SomethingNew", "ABCD", "abcd", ColumnAs::Property),
            ("SomethingNew", "Type", "Type", ColumnAs::Envelope),
            ("SomethingNew", "ümlaut", "ümlaut", ColumnAs::Property),
            ("SomethingNew", "", "", ColumnAs::Property),
        ];
        for (table, name, expected, read) in rows {
            assert_eq!(column(table, name, route_of_table(table)), (expected.to_owned(), read), "{table} {name}");
        }
    }

    #[test]
    fn rows_are_cited_and_none_hides_another() {
        let mut seen = std::collections::HashSet::new();
        for row in columns() {
            assert!(row.source.starts_with("https://") && !row.columns.is_empty());
            assert!(row.name.is_none() || row.columns.len() == 1, "{:?}", row.columns);
            let tables = if row.tables.is_empty() { vec!["*".to_owned()] } else { row.tables.clone() };
            for (table, name) in tables.iter().flat_map(|table| row.columns.iter().map(move |name| (table, name))) {
                assert!(seen.insert((table.to_lowercase(), name.to_lowercase())), "{table} {name} twice");
                assert!(
                    table == "*" || !seen.contains(&("*".to_owned(), name.to_lowercase())),
                    "{table} {name} is late"
                );
            }
        }
    }
}
