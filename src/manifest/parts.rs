//! The parts of the manifest, field by field as the contract names and orders them.
//!
//! Fields that the contract marks optional are left out when there is nothing to say; the others are always there,
//! `null` when unknown. A text is a `T`: only the gate makes a clean one. Machine words, sums, times and paths have
//! types of their own that have no room for a name.

use crate::archive::{Hex, Word};
use crate::pseudonym::CleanText;
use crate::record::Outcome;
use crate::spool::{EntryPath, SealedEntry};
use serde::{Deserialize, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A text that may stand in a manifest.
pub trait Text {
    /// The text.
    fn text(&self) -> &str;
}

impl Text for CleanText {
    fn text(&self) -> &str {
        self.as_str()
    }
}

impl Text for String {
    fn text(&self) -> &str {
        self
    }
}

fn text<T: Text, S: Serializer>(text: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text.text())
}

fn text_or_null<T: Text, S: Serializer>(text: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    text.as_ref().map(Text::text).serialize(serializer)
}

fn take<'de, T: From<String>, D: serde::Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    String::deserialize(deserializer).map(T::from)
}

fn take_or_none<'de, T: From<String>, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(T::from))
}

/// An instant, RFC 3339 in UTC with `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(pub OffsetDateTime);

impl TryFrom<String> for Moment {
    type Error = time::error::Parse;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        OffsetDateTime::parse(&text, &Rfc3339).map(Self)
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        // Years beyond 9999 are the only failure; a service does not send them and `TryFrom` does not read them.
        moment.0.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap_or_default()
    }
}

/// The program that wrote the bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `entra-bundle`.
    pub name: Word,
    /// Its version.
    pub version: Word,
    /// The platform that it was built for, for example `x86_64-linux`.
    pub target: Word,
}

impl Tool {
    /// This program.
    pub fn this() -> Self {
        let target = Word::new(&format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS));
        Self {
            name: Word::of(env!("CARGO_PKG_NAME")),
            version: Word::of(env!("CARGO_PKG_VERSION")),
            target: target.unwrap_or(Word::of("unknown")),
        }
    }
}

/// The case.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Text", deserialize = "T: From<String>"))]
pub struct Case<T> {
    /// What `--case` said.
    #[serde(serialize_with = "text_or_null", deserialize_with = "take_or_none")]
    pub id: Option<T>,
    /// The profiles that were asked for.
    pub profiles: Vec<Word>,
}

/// The tenant.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Text", deserialize = "T: From<String>"))]
pub struct Tenant<T> {
    /// Its id; `null` when files without one were redacted.
    #[serde(serialize_with = "text_or_null", deserialize_with = "take_or_none")]
    pub id: Option<T>,
    /// `global`, `usgov`, `usgov-dod` or `china`.
    pub cloud: Word,
}

/// A time window, `since` inclusive, `until` exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its start.
    pub since: Option<Moment>,
    /// Its end.
    pub until: Option<Moment>,
}

/// The run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its start.
    pub started: Moment,
    /// Its end.
    pub ended: Moment,
    /// Whether it continued a killed run.
    pub resumed: bool,
    /// Whether it was stopped before it was done.
    pub interrupted: bool,
    /// Requests sent.
    pub requests: u64,
    /// Of these, second and later tries.
    pub retries: u64,
    /// Replies 429.
    pub throttled: u64,
}

/// What was done for privacy.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Text", deserialize = "T: From<String>"))]
pub struct Privacy<T> {
    /// The policy's name.
    #[serde(serialize_with = "text", deserialize_with = "take")]
    pub policy: T,
    /// SHA-256 of the policy as it was applied.
    pub policy_sha256: Hex,
    /// The kinds of identifiers that are kept, sorted by name; `None` in bundles of minor version 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<Vec<Word>>,
    /// The pseudonym scheme and its version.
    pub scheme: Word,
    /// Which key made the pseudonyms.
    pub key_id: Word,
    /// The leak check over the finished blocks.
    pub leak_check: LeakCheck,
}

/// The leak check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeakCheck {
    /// Every identifier-shaped text was recognised as a pseudonym or a well-known value.
    pub closed_world: bool,
    /// No identifier of the dictionary was found.
    pub dictionary: bool,
    /// How many terms the dictionary had.
    pub terms: u64,
    /// How many blocks were made again because an identifier was learnt after them.
    pub blocks_repaired: u64,
}

/// One dataset of the plan.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Text", deserialize = "T: From<String>"))]
pub struct Dataset<T> {
    /// The catalog's id.
    pub id: Word,
    /// Azure's name of the log category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Word>,
    /// How it ended.
    pub outcome: Outcome,
    /// What happened, unless it is complete.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "text_or_null",
        deserialize_with = "take_or_none",
        default
    )]
    pub reason: Option<T>,
    /// What would change it.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "text_or_null",
        deserialize_with = "take_or_none",
        default
    )]
    pub hint: Option<T>,
    /// Records in the bundle.
    pub records: u64,
    /// Records that the service announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
    /// Records that came again and were left out.
    pub duplicates: u64,
    /// Pages read.
    pub pages: u64,
    /// Second and later tries.
    pub retries: u64,
    /// Slices closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slices: Option<u64>,
    /// Where it came from; of several places, the one that gave most.
    pub source: SourceRow<T>,
    /// What each place gave, in the order asked, where it was not the dataset's own endpoint alone; since minor version 2.
    #[serde(skip_serializing_if = "Vec::is_empty", default = "Vec::new")]
    pub sources: Vec<SourcePart<T>>,
    /// The window that was asked of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Time of the earliest record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Moment>,
    /// Time of the latest record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Moment>,
    /// Its payload file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<EntryPath>,
    /// The refusal, if a service refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Refusal<T>>,
}

/// Where a dataset came from.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Text", deserialize = "T: From<String>"))]
pub struct SourceRow<T> {
    /// The kind of source, for example `graph`.
    pub kind: Word,
    /// The request's template, without values.
    #[serde(serialize_with = "text", deserialize_with = "take")]
    pub request: T,
    /// The permission that it used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permission: Option<Word>,
}

/// What one of several places gave.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Text", deserialize = "T: From<String>"))]
pub struct SourcePart<T> {
    /// The kind of source, for example `log-analytics`.
    pub kind: Word,
    /// What was asked, without values.
    #[serde(serialize_with = "text", deserialize_with = "take")]
    pub request: T,
    /// The hours that it was asked for and could serve.
    pub window: Window,
    /// How it ended there.
    pub outcome: Outcome,
    /// Records that no place before it gave.
    pub records: u64,
}

/// A service's refusal.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Text", deserialize = "T: From<String>"))]
pub struct Refusal<T> {
    /// HTTP status; 0 when no reply came.
    pub status: u16,
    /// The service's error code.
    #[serde(serialize_with = "text", deserialize_with = "take")]
    pub code: T,
    /// The service's request id.
    #[serde(serialize_with = "text", deserialize_with = "take")]
    pub request_id: T,
}

/// How a file of the customer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileState {
    /// All of it is in the bundle.
    Whole,
    /// A part of it is in the bundle.
    Damaged,
    /// Nothing of it is in the bundle.
    Withheld,
}

/// One file of the customer.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Text", deserialize = "T: From<String>"))]
pub struct FileRow<T> {
    /// Its name, through the gate.
    #[serde(serialize_with = "text", deserialize_with = "take")]
    pub name: T,
    /// How it ended.
    pub state: FileState,
    /// What is missing and why, unless it is whole.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "text_or_null",
        deserialize_with = "take_or_none",
        default
    )]
    pub reason: Option<T>,
    /// How it is written: `json-lines`, `csv`, `xml` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<Word>,
    /// What it was turned from when its form could not be kept: `gzip`, `evtx`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpacked_from: Option<Word>,
    /// Its length as it was found.
    pub bytes: u64,
    /// Lines, rows or entries in the bundle.
    pub records: u64,
    /// SHA-256 as it was found, of withheld files only: of others it would confirm a guess at their content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Hex>,
    /// Its payload file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<EntryPath>,
    /// What became of its records, of a file that was given to `collect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportRow<T>>,
}

/// What became of a file's records: `read` is the sum of the others.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Text", deserialize = "T: From<String>"))]
pub struct ImportRow<T> {
    /// The datasets of its records.
    pub datasets: Vec<Word>,
    /// Records in the file.
    pub read: u64,
    /// In their dataset.
    pub imported: u64,
    /// In their dataset from elsewhere.
    pub duplicates: u64,
    /// Outside the window.
    pub outside: u64,
    /// Of hours that another source has given whole.
    pub covered: u64,
    /// Of datasets that were not asked for.
    pub not_asked: u64,
    /// None of these.
    pub rejected: u64,
    /// The item of a server that the file is; since minor version 2.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub item: Option<Word>,
    /// Records that hold text only, because it was not understood; since minor version 2.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub texts: Option<u64>,
    /// The first of the rejected ones.
    #[serde(skip_serializing_if = "Vec::is_empty", default = "Vec::new")]
    pub rejections: Vec<RejectionRow<T>>,
}

/// A record that was not taken.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Text", deserialize = "T: From<String>"))]
pub struct RejectionRow<T> {
    /// Line on which it begins, from 1.
    pub line: u64,
    /// Its number among the file's records, from 1.
    pub record: u64,
    /// Why.
    #[serde(serialize_with = "text", deserialize_with = "take")]
    pub reason: T,
}

/// One payload file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryRow {
    /// Its path below the top folder.
    pub path: EntryPath,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: Hex,
    /// Its records, if it is JSON Lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
}

impl From<&SealedEntry> for EntryRow {
    fn from(entry: &SealedEntry) -> Self {
        let (path, sha256) = (entry.path().clone(), Hex::from_sum(entry.sha256()));
        Self { path, bytes: entry.bytes(), sha256, records: entry.records() }
    }
}
