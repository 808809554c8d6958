//! Rows of `fields.toml`: what stands in which field of which dataset, and therefore what the gate does with it.
//!
//! A field without a row is scanned, never passed. Rows are found by path (arrays are transparent) in their
//! datasets, then by key in any dataset at any depth. Source: the Graph resource pages named in each row.

use std::sync::OnceLock;

use serde::Deserialize;

use super::{Group, Kind};

/// One row: fields that hold the same kind of value.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldRule {
    /// Dataset ids, the last character may be `*`. Empty (and no group): the row holds by key, everywhere.
    #[serde(default)]
    pub datasets: Vec<String>,
    /// All datasets of this group.
    pub group: Option<Group>,
    /// Paths from the record, dot between keys, `*` for any key. With `datasets` or `group` only. `**.key`: this key at
    /// any depth, asked last.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Keys, compared without regard to ASCII case. Without `datasets` and `group` only. `*password`: keys without a row
    /// that end so.
    #[serde(default)]
    pub keys: Vec<String>,
    /// What the gate does.
    pub action: Action,
    /// The row holds only when a sibling says so. Rows are asked in file order; the first that holds decides.
    pub when: Option<When>,
    /// For [`Action::Named`]: the sibling whose text names the attribute.
    pub by: Option<String>,
    /// For [`Action::Drop`] and [`Action::KeyMaterial`]: the name that the removal mark carries.
    pub mark: Option<String>,
    /// Where this is documented.
    pub source: String,
}

/// A condition on members of the same object.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// Key of the sibling, or several keys of which one suffices.
    #[serde(deserialize_with = "one_or_several")]
    pub sibling: Vec<String>,
    /// Its text must be one of these (ASCII case aside). Empty: it must be there, neither null nor empty.
    #[serde(default)]
    pub is: Vec<String>,
}

fn one_or_several<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Keys {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Keys::deserialize(input)? {
        Keys::One(key) => vec![key],
        Keys::Several(keys) => keys,
    })
}

/// What the gate does with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Action {
    /// An identifier of this kind; the policy decides whether it is mapped or kept.
    Kind(Kind),
    /// Any text: secrets, patterns and the dictionary are looked for.
    Scan,
    /// A secret or a personal text without value for Support: removed under every policy.
    Drop,
    /// Removed if it looks like key material (base64 of 32 or 64 bytes, 16 bytes or more in hexadecimal), else scanned:
    /// for names that speak of secrets and hold other things as well.
    KeyMaterial,
    /// JSON text inside a string: rewritten with the rules by key; scanned if it is no JSON.
    Json,
    /// Several addresses, separated by commas, semicolons or blanks.
    IpList,
    /// An array of address ranges: `cidrAddress`, or `lowerAddress` and `upperAddress`. Membership is kept.
    IpRanges,
    /// A rule or filter: dynamic membership, device filter, `$filter`. Literals are mapped by their attribute.
    RuleExpression,
    /// The sibling named by `by` holds the attribute's name; the value follows the rule of that key.
    Named,
    /// base64url of one or several object ids in a row (ids of assignments and grants).
    IdChain,
    /// The number of a version: kept if it is nothing but figures and full stops, which would read as an address; else scanned.
    Version,
    /// The path of a registry key: each part by the row `<parent part>.key`, thumbprints, the rest scanned.
    RegistryKey,
}

impl TryFrom<String> for Action {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Ok(match name.as_str() {
            "scan" => Self::Scan,
            "drop" => Self::Drop,
            "key-material" => Self::KeyMaterial,
            "json" => Self::Json,
            "ip-list" => Self::IpList,
            "ip-ranges" => Self::IpRanges,
            "rule-expression" => Self::RuleExpression,
            "named" => Self::Named,
            "id-chain" => Self::IdChain,
            "version" => Self::Version,
            "registry-key" => Self::RegistryKey,
            other => Self::Kind(Kind::from_name(other).ok_or_else(|| format!("no such action: {other}"))?),
        })
    }
}

/// Which kind the parts of a fan-out key are, by the path segment before the placeholder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParentKey {
    /// Path segment, for example `groups`.
    pub segment: String,
    /// Kind of the key part behind it.
    pub kind: Kind,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    field: Vec<FieldRule>,
    parent: Vec<ParentKey>,
}

fn file() -> &'static File {
    static FILE: OnceLock<File> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the file is compiled in, and the tests parse it")]
    FILE.get_or_init(|| toml::from_str(include_str!("fields.toml")).expect("fields.toml"))
}

/// All rows, in file order.
pub fn fields() -> &'static [FieldRule] {
    &file().field
}

/// The kinds of fan-out keys.
pub fn parent_keys() -> &'static [ParentKey] {
    &file().parent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_says_where_it_holds_what_it_does_and_who_says_so() {
        for (number, row) in fields().iter().enumerate() {
            let by_key = row.datasets.is_empty() && row.group.is_none();
            assert_eq!(by_key, row.paths.is_empty(), "row {number}: paths belong to datasets or a group");
            assert_eq!(by_key, !row.keys.is_empty(), "row {number}: keys hold everywhere");
            assert_eq!(row.action == Action::Named, row.by.is_some(), "row {number}: by");
            assert_eq!(
                matches!(row.action, Action::Drop | Action::KeyMaterial),
                row.mark.is_some(),
                "row {number}: mark"
            );
            assert!(row.when.as_ref().is_none_or(|when| !when.sibling.is_empty()), "row {number}: when");
            assert!(row.source.len() > 7, "row {number}: source");
        }
    }

    #[test]
    fn no_field_has_two_unconditional_rows() {
        let mut seen = std::collections::BTreeSet::new();
        for row in fields().iter().filter(|row| row.when.is_none()) {
            for key in &row.keys {
                assert!(seen.insert(("*".to_owned(), key.to_lowercase())), "{key} twice");
            }
            for path in &row.paths {
                let place = row.group.map_or_else(Vec::new, |group| vec![format!("group {group:?}")]);
                for dataset in row.datasets.iter().chain(&place) {
                    assert!(seen.insert((dataset.clone(), path.to_lowercase())), "{dataset} {path} twice");
                }
            }
        }
    }
}
