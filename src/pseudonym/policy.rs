//! What is mapped and what is kept: `standard`, `strict`, or a TOML file; single kinds can be kept on top.
//!
//! Takes the treatments of `identifiers.toml` and perhaps a policy file, gives one table. Secrets are not part of it:
//! they are removed always. An error never repeats a line of the file: a wrong path may name something private.

use std::collections::BTreeSet;
use std::io::Read;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::catalog::{Kind, Treatment, identifiers};
use crate::limits::POLICY_FILE_BYTES_MAX;

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
        "no such identifier kind: {0}; `entra-bundle catalog pseudonyms` shows the kinds, `object-ids` stands for three of them"
    )]
    NoSuchKind(String),
    /// Neither a policy's name nor a file.
    #[error("no such policy: {0} is neither `standard` nor `strict` nor a file that can be read ({1})")]
    NoSuchPolicy(String, std::io::Error),
    /// The file builds on something else.
    #[error("the policy file builds on an unknown policy: `base` is \"standard\" or \"strict\"")]
    NoSuchBase,
    /// The file is too long.
    #[error("the policy file is longer than {POLICY_FILE_BYTES_MAX} bytes: name a policy, not another file")]
    Long,
    /// The file is no policy.
    #[error(
        "line {line} of the policy file is not what a policy has: name = \"...\", base = \"standard\", keep = [\"KIND\"], map = [\"KIND\"]"
    )]
    File {
        /// From 1.
        line: usize,
    },
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

    fn built_in(name: &str) -> Option<Self> {
        match name {
            "standard" => Some(Self::standard()),
            "strict" => Some(Self::strict()),
            _ => None,
        }
    }

    /// What `--policy NAME|FILE` and `--keep KIND` say together.
    ///
    /// # Errors
    /// [`PolicyError`].
    pub fn from_options(policy: &str, keep: &[String]) -> Result<Self, PolicyError> {
        let base = Self::built_in(policy).map_or_else(|| Self::open(policy), Ok)?;
        keep.iter().try_fold(base, |policy, kind| policy.keep(kind))
    }

    fn open(path: &str) -> Result<Self, PolicyError> {
        let missing = |error| PolicyError::NoSuchPolicy(path.to_owned(), error);
        let file = std::fs::File::open(path).map_err(missing)?;
        let mut text = String::new();
        file.take(POLICY_FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(missing)?;
        if text.len() as u64 > POLICY_FILE_BYTES_MAX {
            return Err(PolicyError::Long);
        }
        Self::from_toml(&text)
    }

    /// A policy file: `name`, `base` (default `standard`), `keep = [...]`, `map = [...]`; `map` wins.
    ///
    /// # Errors
    /// Unknown keys, kinds or bases.
    pub fn from_toml(text: &str) -> Result<Self, PolicyError> {
        let file: File = toml::from_str(text.strip_prefix('\u{feff}').unwrap_or(text)).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            PolicyError::File { line: before.matches('\n').count() + 1 }
        })?;
        let mut policy = Self::built_in(&file.base).ok_or(PolicyError::NoSuchBase)?;
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

    /// The policy that keeps just these kinds, as a manifest lists them. Names that this version does not know are in
    /// the second part.
    pub fn keeping<'a>(name: &str, kept: impl IntoIterator<Item = &'a str>) -> (Self, Vec<&'a str>) {
        let mut policy = Self { name: name.to_owned(), table: [Treatment::Map; Kind::ALL.len()] };
        let mut unknown = Vec::new();
        for kind in kept {
            match Kind::from_name(kind) {
                Some(kind) => policy.table[kind as usize] = Treatment::Keep,
                None => unknown.push(kind),
            }
        }
        (policy, unknown)
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

    /// Its name; of a built-in policy of which more is kept, that policy's.
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

    /// Their names, sorted: what a manifest lists.
    pub fn kept_names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.kept().into_iter().map(Kind::name).collect();
        names.sort_unstable();
        names
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
        assert!(matches!(Policy::from_toml("name = \"x\"\nbase = \"lax\""), Err(PolicyError::NoSuchBase)));
    }

    #[test]
    fn an_error_says_where_and_repeats_nothing() {
        let fault = |text: &str| Policy::from_toml(text).unwrap_err().to_string();
        assert!(fault("name = \"x\"\nkeeps = [\"job\"]").starts_with("line 2 "));
        assert!(fault("name = \"x\"\nkeep = \"job\"").starts_with("line 2 "));
        let private = "entra-bundle-key 1\nada.field@alderwood.example";
        assert!(!fault(private).contains("ada") && !fault(private).contains("key 1"));
        assert!(
            Policy::from_toml("name = \"x\"\nkeep = [\"shoe-size\"]").unwrap_err().to_string().contains("shoe-size")
        );
    }

    #[test]
    fn options_name_a_policy_or_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, "name = \"mine\"\nmap = [\"app-name\"]\n").unwrap();
        let from = |policy: &str| Policy::from_options(policy, &["place".into()]);
        let policy = from(path.to_str().unwrap()).unwrap();
        assert!(policy.name() == "mine" && policy.kept().contains(&Kind::Place));
        assert!(!policy.kept().contains(&Kind::AppName) && policy.kept().contains(&Kind::GroupName));
        assert_eq!(from("strict").unwrap().kept().len(), 1);
        let missing = from("stricter").unwrap_err().to_string();
        assert!(missing.contains("stricter") && missing.contains("`standard`"), "{missing}");
        std::fs::write(&path, vec![b'#'; 70_000]).unwrap();
        assert!(matches!(from(path.to_str().unwrap()), Err(PolicyError::Long)));
    }

    #[test]
    fn the_example_of_the_documentation_is_a_policy() {
        let policy = Policy::from_toml(include_str!("../../packaging/policy.example.toml")).unwrap();
        assert_ne!(policy.sha256(), Policy::standard().sha256());
        let (again, unknown) = Policy::keeping("again", policy.kept().iter().map(|kind| kind.name()));
        assert!(unknown.is_empty() && again.sha256() == policy.sha256());
        assert_eq!(Policy::keeping("x", ["name", "shoe-size"]).1, ["shoe-size"]);
    }
}
