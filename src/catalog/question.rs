//! Rows of `questions.toml`: what administrators ask the audit log, and which entries answer it.
//!
//! A row names activities, category and target; whoever reads the log counts and lists by it.
//! Source: <https://learn.microsoft.com/entra/identity/monitoring-health/concept-audit-logs>.

use std::sync::OnceLock;

use serde::Deserialize;

use super::glob;

/// A question to the audit log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name in `data/summary.json`.
    pub id: String,
    /// The question in words.
    pub text: String,
    /// Datasets whose records answer it.
    pub datasets: Vec<String>,
    /// Patterns of activities, without regard to case.
    pub activities: Vec<String>,
    /// Only entries of this category.
    pub category: Option<String>,
    /// Only entries that change this property from one value to another.
    pub property: Option<String>,
    /// Type of the targets that are counted; `None`: each.
    pub target: Option<String>,
    /// What is listed besides counts.
    #[serde(default)]
    pub lists: Vec<Listed>,
}

/// What an answer lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Listed {
    /// The targets: id and name.
    Targets,
    /// The properties that changed, and how often.
    Properties,
    /// Old and new values of [`Question::property`].
    Changes,
}

impl Question {
    /// Whether it is about an activity of a category of a dataset.
    pub fn asks_about(&self, dataset: &str, activity: &str, category: &str) -> bool {
        let activity = activity.to_lowercase();
        self.datasets.iter().any(|one| one == dataset)
            && self.category.as_ref().is_none_or(|one| one.eq_ignore_ascii_case(category))
            && self.activities.iter().any(|pattern| glob::fits(&pattern.to_lowercase(), &activity))
    }

    /// Whether targets of this type are counted.
    pub fn counts(&self, kind: &str) -> bool {
        self.target.as_ref().is_none_or(|one| one.eq_ignore_ascii_case(kind))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    informational: Vec<String>,
    question: Vec<Question>,
}

fn file() -> &'static File {
    static FILE: OnceLock<File> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the file is compiled in, and the tests parse it")]
    FILE.get_or_init(|| toml::from_str(include_str!("questions.toml")).expect("questions.toml"))
}

/// All rows, in the order of the report.
pub fn questions() -> &'static [Question] {
    &file().question
}

/// The applications whose entries ask for no action.
pub fn informational() -> &'static [String] {
    &file().informational
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn every_row_has_a_name_of_its_own_and_asks_logs_that_exist() {
        let catalog = Catalog::embedded().unwrap();
        let mut ids: Vec<_> = questions().iter().map(|row| row.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), questions().len());
        for row in questions() {
            assert!(row.text.ends_with('?') && !row.activities.is_empty(), "{}", row.id);
            assert!(row.datasets.iter().all(|id| catalog.dataset(id).is_some()), "{}", row.id);
            assert_eq!(row.property.is_some(), row.lists.contains(&Listed::Changes), "{}", row.id);
        }
    }

    #[test]
    fn activities_are_told_apart_without_regard_to_case() {
        let asks = |id: &str, activity: &str| {
            questions().iter().find(|row| row.id == id).unwrap().asks_about("audits", activity, "UserManagement")
        };
        assert!(asks("passwords-changed", "reset user password") && asks("users-changed", "Reset user password"));
        assert!(!asks("passwords-changed", "Self-service password reset flow activity progress"));
        assert!(asks("applications-updated", "Update application – Certificates and secrets management"));
        assert!(asks("applications-updated", "Update application - Certificates and secrets management"));
        assert!(!asks("applications-updated", "Update application role"));
        assert!(!asks("attribute-sets-changed", "Add attribute set"), "another log");
    }
}
