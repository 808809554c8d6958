//! Rows of `exports.toml`: tables that portals and scripts save, and what their columns are in the dataset's own shape.
//!
//! A row names a dataset and the columns by which its table is known; a column row says where a value goes. What no row
//! names, or what has a value that a row does not expect, stays beside the record under its own name.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// A kind of table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// Dataset id.
    pub dataset: String,
    /// Columns that are all there; compared without regard to case, blanks and signs.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Columns of which none is there.
    #[serde(default)]
    pub without: Vec<String>,
    /// A part of the file's name, in lower case, where the columns leave it open; empty: any name.
    #[serde(default)]
    pub named: Vec<String>,
    /// The column (or member) that holds the whole record as JSON; the others stand beside it.
    pub inside: Option<String>,
    /// Where this is documented.
    pub source: String,
    /// What no source proved.
    pub unverified: Option<String>,
}

/// How the value of a cell is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellAs {
    /// As text.
    #[default]
    Text,
    /// An instant in any spelling: becomes RFC 3339.
    Time,
    /// A whole number.
    Number,
    /// Yes or no, in any spelling.
    Boolean,
    /// `City, State, CC`.
    Place,
    /// Text that begins with a small letter.
    Word,
}

/// A column.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportColumn {
    /// The datasets of whose tables it is a column.
    pub datasets: Vec<String>,
    /// Its names; `#` stands for a number.
    pub headers: Vec<String>,
    /// Where its value goes, dot between names; `#`: the place in a list, counted as the header counts (from 1).
    pub path: String,
    /// How it is read.
    #[serde(default, rename = "as")]
    pub read: CellAs,
    /// What the service calls what the table calls otherwise; another value stays beside the record.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    export: Vec<Export>,
    column: Vec<ExportColumn>,
}

fn file() -> &'static File {
    static FILE: OnceLock<File> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the file is compiled in, and the tests parse it")]
    FILE.get_or_init(|| toml::from_str(include_str!("exports.toml")).expect("exports.toml"))
}

/// All kinds of tables, in file order: the first that fits decides.
pub fn exports() -> &'static [Export] {
    &file().export
}

/// The columns of a dataset's tables.
pub fn export_columns(dataset: &str) -> impl Iterator<Item = &'static ExportColumn> {
    file().column.iter().filter(move |row| row.datasets.iter().any(|one| one == dataset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn every_row_has_a_dataset_a_sign_and_a_source() {
        let catalog = Catalog::embedded().unwrap();
        for row in exports() {
            assert!(catalog.dataset(&row.dataset).is_some(), "{}", row.dataset);
            assert!(!row.keys.is_empty() && row.source.starts_with("https://"), "{}", row.dataset);
            let has_columns = export_columns(&row.dataset).next().is_some();
            assert!(has_columns || row.inside.is_some(), "{}: columns, or a column that holds the record", row.dataset);
        }
        for row in &file().column {
            let numbers = |text: &str| text.matches('#').count();
            assert!(row.headers.iter().all(|header| numbers(header) == numbers(&row.path)), "{}", row.path);
            assert!(row.datasets.iter().all(|id| exports().iter().any(|row| row.dataset == *id)), "{}", row.path);
        }
    }

    #[test]
    fn id_and_time_of_a_dataset_are_columns_where_the_table_has_them() {
        let catalog = Catalog::embedded().unwrap();
        for row in exports().iter().filter(|row| row.inside.is_none()) {
            let dataset = catalog.dataset(&row.dataset).unwrap();
            let time = dataset.time.as_ref().unwrap();
            let column = export_columns(&row.dataset).find(|column| column.path == time.property);
            assert_eq!(column.map(|column| column.read), Some(CellAs::Time), "{}", row.dataset);
        }
    }
}
