//! What is mapped and what is kept: `standard`, `strict`, or a TOML file; single kinds can be kept on top.
//!
//! Takes the treatments of `identifiers.toml`, gives one table. Secrets are not part of it: they are removed always.

use std::collections::BTreeSet;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::catalog::{Kind, Treatment, identifiers};

/// Kinds that `--keep object-ids` stands for.
const OBJECT_IDS: [Kind; 3] = [Kind::UserId, Kind::DeviceId, Kind::PrincipalId];

/// The policy in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    name: String,
    table: [Treatment; Kind::ALL.len()],
}

/// A policy that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Not a kind and not a group of kinds.
    #[error(
        "no such identifier kind: {0}; `entra-bundle catalog list` shows the kinds, `object-ids` stands for three of them"
    )]
    NoSuchKind(String),
    /// Not a policy's name.
    #[error("no such policy: {0}; there are `standard` and `strict`, or give a TOML file")]
    NoSuchPolicy(String),
    /// The file is no policy.
    #[error("the policy file cannot be read: {0}")]
    File(#[from] toml::de::Error),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    #[serde(default = "standard")]
    base: String,
    #[serde(default)]
    keep: Vec<String>,
    #[serde(default)]
    map: Vec<String>,
}

fn standard() -> String {
    "standard".into()
}

impl Policy {
    /// The default: everything that identifies people, their devices and addresses is mapped.
    pub fn standard() -> Self {
        Self::of("standard", |row| row.standard)
    }

    /// The names and ids of groups, apps, policies and requests are mapped too.
    pub fn strict() -> Self {
        Self::of("strict", |row| row.strict)
    }

    fn of(name: &str, treatment: impl Fn(&crate::catalog::Identifier) -> Treatment) -> Self {
        let mut table = [Treatment::Map; Kind::ALL.len()];
        for row in identifiers() {
            table[row.kind as usize] = treatment(row);
        }
        Self { name: name.to_owned(), table }
    }

    /// A built-in policy.
    ///
    /// # Errors
    /// Any other name.
    pub fn named(name: &str) -> Result<Self, PolicyError> {
        match name {
            "standard" => Ok(Self::standard()),
            "strict" => Ok(Self::strict()),
            other => Err(PolicyError::NoSuchPolicy(other.to_owned())),
        }
    }

    /// A policy file: `name`, `base` (default `standard`), `keep = [...]`, `map = [...]`; `map` wins.
    ///
    /// # Errors
    /// Unknown keys, kinds or bases.
    pub fn from_toml(text: &str) -> Result<Self, PolicyError> {
        let file: File = toml::from_str(text)?;
        let mut policy = Self::named(&file.base)?;
        policy.name = file.name;
        for name in &file.keep {
            policy = policy.keep(name)?;
        }
        for name in &file.map {
            for kind in kinds(name)? {
                policy.table[kind as usize] = Treatment::Map;
            }
        }
        Ok(policy)
    }

    /// The same policy, keeping one kind more, or a group of kinds (`object-ids`).
    ///
    /// # Errors
    /// Neither a kind nor a group.
    pub fn keep(mut self, name: &str) -> Result<Self, PolicyError> {
        for kind in kinds(name)? {
            self.table[kind as usize] = Treatment::Keep;
        }
        Ok(self)
    }

    /// The name of the policy that it started from.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is done with a kind.
    #[inline]
    pub fn treatment(&self, kind: Kind) -> Treatment {
        self.table[kind as usize]
    }

    /// The kinds that are kept.
    pub fn kept(&self) -> BTreeSet<Kind> {
        Kind::ALL.into_iter().filter(|&kind| self.treatment(kind) == Treatment::Keep).collect()
    }

    /// SHA-256 over the table, one line `kind treatment` a kind in the order of [`Kind::ALL`]: equal tables, equal sums.
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for kind in Kind::ALL {
            let treatment = if self.treatment(kind) == Treatment::Keep { "keep" } else { "map" };
            hash.update(format!("{} {treatment}\n", kind.name()).as_bytes());
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn kinds(name: &str) -> Result<Vec<Kind>, PolicyError> {
    if name == "object-ids" {
        return Ok(OBJECT_IDS.to_vec());
    }
    Kind::from_name(name).map(|kind| vec![kind]).ok_or_else(|| PolicyError::NoSuchKind(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_keeps_what_support_needs_and_strict_nothing() {
        let kept: Vec<_> = Policy::standard().kept().into_iter().map(Kind::name).collect();
        assert_eq!(
            kept,
            [
                "group-id",
                "service-principal-id",
                "app-id",
                "tenant-id",
                "config-id",
                "request-id",
                "group-name",
                "app-name",
                "config-name"
            ]
        );
        assert!(Policy::strict().kept().is_empty());
    }

    #[test]
    fn keeping_changes_the_table_and_its_sum() {
        let plain = Policy::standard();
        let kept = Policy::standard().keep("object-ids").unwrap();
        assert_eq!(kept.treatment(Kind::DeviceId), Treatment::Keep);
        assert_ne!(plain.sha256(), kept.sha256());
        assert_eq!(plain.sha256(), Policy::standard().sha256());
        assert!(plain.keep("passwords").is_err());
    }

    #[test]
    fn a_file_starts_from_a_base_and_mapping_wins() {
        let text = "name = \"mine\"\nkeep = [\"place\", \"job\"]\nmap = [\"job\", \"group-name\"]";
        let policy = Policy::from_toml(text).unwrap();
        assert_eq!(policy.treatment(Kind::Place), Treatment::Keep);
        assert_eq!(policy.treatment(Kind::Job), Treatment::Map);
        assert_eq!(policy.treatment(Kind::GroupName), Treatment::Map);
        assert_eq!(policy.name(), "mine");
        assert!(Policy::from_toml("name = \"x\"\nbase = \"lax\"").is_err());
    }
}
