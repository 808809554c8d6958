//! Rows of `recognise.toml`: how a record of a file says which dataset's rules hold for it.
//!
//! A row names a dataset and what its records show: the context or type of OData, the category of Azure Monitor, the
//! table of Log Analytics, the workload of Office 365, or a set of members. Source: the pages named in each row.

use std::sync::OnceLock;

use serde::Deserialize;

/// One way to know the records of a dataset. Each list that is not empty suffices; the members count together.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recognition {
    /// Dataset id; one that the catalog does not collect is known from files only.
    pub dataset: String,
    /// `@odata.context` behind `#`, without keys, selections and `/$entity`. A dataset's own path is one without a row.
    #[serde(default)]
    pub contexts: Vec<String>,
    /// `@odata.type`.
    #[serde(default)]
    pub types: Vec<String>,
    /// `category` of Azure Monitor.
    #[serde(default)]
    pub categories: Vec<String>,
    /// `Type` or `TableName` of Log Analytics.
    #[serde(default)]
    pub tables: Vec<String>,
    /// `Workload` of Office 365.
    #[serde(default)]
    pub workloads: Vec<String>,
    /// Members (columns) that are all there.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Members of which one at least is there.
    #[serde(default)]
    pub any: Vec<String>,
    /// Members of which none is there.
    #[serde(default)]
    pub without: Vec<String>,
    /// Where this is documented.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    recognise: Vec<Recognition>,
}

/// All rows, in file order: the first whose members fit decides.
pub fn recognitions() -> &'static [Recognition] {
    static FILE: OnceLock<File> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the file is compiled in, and the tests parse it")]
    &FILE.get_or_init(|| toml::from_str(include_str!("recognise.toml")).expect("recognise.toml")).recognise
}

/// What an `@odata.context` says of its records: `…/$metadata#groups('x')/members(id,displayName)/$entity` is
/// `groups/members`.
pub fn bare_context(context: &str) -> String {
    let mut bare = String::new();
    let mut open = 0usize;
    for symbol in context.rsplit('#').next().unwrap_or_default().chars() {
        match symbol {
            '(' => open += 1,
            ')' => open = open.saturating_sub(1),
            _ if open == 0 => bare.push(symbol),
            _ => {}
        }
    }
    let end = bare.find("/$").unwrap_or(bare.len());
    bare.truncate(end);
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_says_how_and_who_says_so() {
        let mut said = std::collections::BTreeSet::new();
        for row in recognitions() {
            for (what, texts) in [
                ("context", &row.contexts),
                ("type", &row.types),
                ("category", &row.categories),
                ("table", &row.tables),
                ("workload", &row.workloads),
            ] {
                for text in texts {
                    assert!(said.insert((what, text.to_lowercase())), "{}: {what} {text} twice", row.dataset);
                }
            }
            let by_text = [&row.contexts, &row.types, &row.categories, &row.tables, &row.workloads];
            let by_members = !row.keys.is_empty() || !row.any.is_empty();
            assert!(by_members || by_text.iter().any(|texts| !texts.is_empty()), "{}: says nothing", row.dataset);
            assert!(by_members || row.without.is_empty(), "{}: only what is not there", row.dataset);
            assert!(row.source.len() > 7, "{}: source", row.dataset);
        }
    }
}
