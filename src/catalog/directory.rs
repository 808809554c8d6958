//! Rows of `directory.toml`: what Active Directory is asked over LDAP, how values are read, what is never asked.
//!
//! Table tests hold what the rows promise: nothing that a `never` row names is asked for, every query names its source.
//! Source: Microsoft's attribute reference (learn.microsoft.com/windows/win32/adschema), named row by row.

use std::sync::OnceLock;

use serde::Deserialize;

use super::glob;

/// One search.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryQuery {
    /// The dataset that gets the records.
    pub dataset: String,
    /// Where to search; `{domain}`, `{configuration}` and `{schema}` stand for naming contexts. Empty: the root.
    pub base: String,
    /// `base`: that object alone; `subtree`: everything below it.
    #[serde(default)]
    pub scope: DirectoryScope,
    /// RFC 4515.
    pub filter: String,
    /// Names of sets of attributes.
    #[serde(default)]
    pub sets: Vec<String>,
    /// Further attributes.
    #[serde(default)]
    pub attributes: Vec<String>,
    /// Attributes that every such object has: one without them was not shown whole.
    #[serde(default)]
    pub expected: Vec<String>,
    /// Whether `--ldap-base`, `--ldap-filter` and `--ldap-object` narrow it.
    #[serde(default)]
    pub is_scoped: bool,
    /// Whether its base may be missing.
    #[serde(default)]
    pub is_optional: bool,
    /// Why a customer should agree to hand it over, one sentence.
    pub why: String,
    /// Where this is documented.
    pub source: String,
}

/// How far a search looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DirectoryScope {
    /// The object alone.
    Base,
    /// Everything below it, itself included.
    #[default]
    Subtree,
}

/// Attributes that several queries ask for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeSet {
    name: String,
    attributes: Vec<String>,
}

/// How values are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReadAs {
    /// UTF-8.
    Text,
    /// 16 bytes in the directory's order, as text.
    Guid,
    /// A security identifier, as `S-1-…`.
    Sid,
    /// As Entra writes an immutable id.
    Base64,
    /// How many there are; the values themselves are dropped.
    Count,
}

/// Attributes that are read in the same way.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeReading {
    /// LDAP display names.
    pub names: Vec<String>,
    /// How.
    #[serde(rename = "as")]
    pub read_as: ReadAs,
    /// An object can have several: always a list.
    #[serde(default)]
    pub is_many: bool,
    /// Asked for by ranges.
    #[serde(default)]
    pub is_ranged: bool,
}

/// Attributes that are never asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeverAsked {
    /// LDAP display names, `*` for any end.
    pub names: Vec<String>,
    /// What they hold.
    pub why: String,
    /// Where this is documented.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    set: Vec<AttributeSet>,
    query: Vec<DirectoryQuery>,
    read: Vec<AttributeReading>,
    never: Vec<NeverAsked>,
}

fn file() -> &'static File {
    static FILE: OnceLock<File> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the file is compiled in, and the tests parse it")]
    FILE.get_or_init(|| toml::from_str(include_str!("directory.toml")).expect("directory.toml"))
}

/// The searches that make a dataset, in file order.
pub fn directory_queries(dataset: &str) -> impl Iterator<Item = &'static DirectoryQuery> {
    file().query.iter().filter(move |query| query.dataset == dataset)
}

/// How an attribute is read: its canonical name, how, whether as a list, whether by ranges. Names are compared without
/// regard to case.
pub fn attribute_reading(name: &str) -> Option<(&'static str, &'static AttributeReading)> {
    file().read.iter().find_map(|row| {
        let canonical = row.names.iter().find(|one| one.eq_ignore_ascii_case(name))?;
        Some((canonical.as_str(), row))
    })
}

/// Whether an attribute is never asked for.
pub fn is_never_asked(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    file().never.iter().flat_map(|row| &row.names).any(|pattern| glob::fits(&pattern.to_ascii_lowercase(), &name))
}

impl DirectoryQuery {
    /// All attributes that it asks for.
    pub fn asked(&'static self) -> impl Iterator<Item = &'static str> {
        let sets = file().set.iter().filter(|set| self.sets.contains(&set.name));
        sets.flat_map(|set| &set.attributes).chain(&self.attributes).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn queries_are_cited_unique_and_name_sets_that_exist() {
        let mut seen = BTreeSet::new();
        for query in &file().query {
            assert!(seen.insert((&query.dataset, &query.base, &query.filter)), "{}", query.dataset);
            assert!(query.why.ends_with('.') && query.source.contains('.'), "{}", query.why);
            assert!(query.sets.iter().all(|set| file().set.iter().any(|one| one.name == *set)), "{:?}", query.sets);
            let asked: Vec<_> = query.asked().collect();
            assert_eq!(asked.iter().collect::<BTreeSet<_>>().len(), asked.len(), "{}: twice", query.why);
            assert!(query.expected.iter().all(|name| asked.contains(&name.as_str())), "{}", query.why);
            assert!(!query.is_scoped || query.base == "{domain}", "{}", query.why);
        }
    }

    #[test]
    fn what_is_never_asked_is_asked_by_no_query() {
        for query in &file().query {
            let named: Vec<_> = query.asked().filter(|name| is_never_asked(name)).collect();
            assert!(named.is_empty(), "{} asks for {named:?}", query.why);
        }
        for name in [
            "unicodePwd",
            "UNICODEPWD",
            "ms-Mcs-AdmPwdExpirationTime",
            "msLAPS-EncryptedPassword",
            "msFVE-RecoveryPassword",
        ] {
            assert!(is_never_asked(name), "{name}");
        }
        assert!(!is_never_asked("userPrincipalName"));
        assert!(file().never.iter().all(|row| row.why.ends_with('.') && row.source.contains('.')));
    }

    #[test]
    fn readings_name_each_attribute_once_and_only_those_that_are_asked() {
        let asked: BTreeSet<_> = file().query.iter().flat_map(DirectoryQuery::asked).collect();
        let mut seen = BTreeSet::new();
        for name in file().read.iter().flat_map(|row| &row.names) {
            assert!(asked.contains(name.as_str()), "{name} is never asked for");
            assert!(seen.insert(name.to_ascii_lowercase()), "{name} twice");
        }
        // Key material is counted, never kept.
        let body = |name: &str| attribute_reading(name).is_some_and(|(_, row)| row.read_as == ReadAs::Count);
        assert!(["userCertificate", "msDS-KeyCredentialLink", "USERCERTIFICATE"].into_iter().all(body));
    }
}
