//! The options that say where logs are: checked and read before anybody is asked.
//!
//! Takes `--source`, `--workspace`, `--storage`, `--event-hub`, `--office` and their key files, gives [`Sources`]. A
//! secret is read from its file here and goes nowhere else.

use std::path::Path;

use zeroize::Zeroizing;

use super::args::CollectArgs;
use crate::catalog::{Catalog, Dataset, Group, Service, SourceKind, glob, route};
use crate::limits::KEY_FILE_BYTES_MAX;
use crate::source::blobs::{self, Account};
use crate::source::hub::{Credential, Hub, HubError};
use crate::source::workspace::{BadWorkspace, Workspace};

/// Where the options say that logs are.
pub(super) struct Sources {
    pub workspaces: Vec<Workspace>,
    pub accounts: Vec<Account>,
    /// Addresses of hubs, and the connection string if there is one.
    pub hubs: Vec<String>,
    pub hub_key: Option<Credential>,
    pub office: bool,
    pub office_start: bool,
    choices: Vec<(String, SourceKind)>,
}

/// An option about places cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadSource {
    /// `--source` without a kind.
    #[error(
        "--source takes CATEGORY=KIND, where KIND is graph, log-analytics, storage, event-hub, office, purview or file"
    )]
    Form,
    /// No such log.
    #[error("--source: no log is called {0}: `entra-bundle catalog list` shows them all")]
    Category(String),
    /// A source that this log never has.
    #[error("--source: {dataset} cannot come from {kind}")]
    Kind {
        /// The dataset.
        dataset: &'static str,
        /// The kind.
        kind: &'static str,
    },
    /// A key file.
    #[error("the file of {option} cannot be read ({reason}): check its name and rights")]
    File {
        /// The option.
        option: &'static str,
        /// What the system said.
        reason: std::io::Error,
    },
    /// A key file that is none.
    #[error("the file of {0} is no text of a key's length: it must hold the key and nothing else")]
    NoKey(&'static str),
    /// Directory.
    #[error(transparent)]
    Directory(#[from] crate::directory::BadDirectory),
    /// Workspace.
    #[error(transparent)]
    Workspace(#[from] BadWorkspace),
    /// Storage.
    #[error(transparent)]
    Storage(#[from] blobs::AccountError),
    /// Hub.
    #[error(transparent)]
    Hub(#[from] HubError),
}

impl Sources {
    /// Understands the options.
    ///
    /// # Errors
    /// [`BadSource`], each with what to write instead.
    pub(super) fn new(args: &CollectArgs, catalog: &'static Catalog) -> Result<Self, BadSource> {
        let secret = |path: &Option<_>, option| path.as_deref().map(|path| secret(path, option)).transpose();
        let key = match (
            secret(&args.storage_sas_file, "--storage-sas-file")?,
            secret(&args.storage_key_file, "--storage-key-file")?,
        ) {
            (Some(text), _) => blobs::Credential::Sas(blobs::Secret::new(text.to_string())),
            (_, Some(text)) => blobs::Credential::Key(blobs::Secret::new(text.to_string())),
            (None, None) => blobs::Credential::Bearer,
        };
        let hub_key = secret(&args.event_hub_key_file, "--event-hub-key-file")?;
        let hub_key = hub_key.map(|text| Credential::connection_string(&text)).transpose()?;
        for address in &args.event_hub {
            match Hub::new(address, hub_key.clone().unwrap_or(Credential::Nobody)) {
                // The sign-in comes later.
                Ok(_) | Err(HubError::NoCredential) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let account = |url: &String| Account::new(url, key.clone());
        let asks_office =
            args.include.iter().any(|pattern| pattern.contains("365") && glob::fits(pattern, "microsoft365-activity"));
        Ok(Self {
            workspaces: args.workspace.iter().map(|id| Workspace::named(id)).collect::<Result<_, _>>()?,
            accounts: args.storage.iter().map(account).collect::<Result<_, _>>()?,
            hubs: args.event_hub.clone(),
            hub_key,
            office: args.office || asks_office,
            office_start: args.office_start,
            choices: args.sources.iter().map(|text| choice(catalog, text)).collect::<Result<_, _>>()?,
        })
    }

    /// The kind of source that `--source` chooses for a log; the last one that names it counts.
    pub(super) fn choice(&self, row: &Dataset) -> Option<SourceKind> {
        self.choices.iter().rfind(|(pattern, _)| names(pattern, row)).map(|(_, kind)| *kind)
    }

    /// Whether a log is to come from files.
    pub(super) fn is_from_files(&self, row: &Dataset) -> bool {
        self.choice(row) == Some(SourceKind::File)
    }

    /// Whether the diagnostic settings must be known to serve a log: it is to come from where they send it, and no place
    /// of that kind is named.
    pub(super) fn wants_settings(&self, row: &Dataset) -> bool {
        match self.choice(row) {
            Some(SourceKind::LogAnalytics) => self.workspaces.is_empty(),
            Some(SourceKind::Storage) => self.accounts.is_empty(),
            Some(SourceKind::EventHub) => self.hubs.is_empty(),
            _ => false,
        }
    }
}

/// Whether a pattern of `--source` means a log.
fn names(pattern: &str, row: &Dataset) -> bool {
    row.category.as_deref().is_some_and(|category| category.eq_ignore_ascii_case(pattern))
        || glob::fits(pattern, &row.id)
}

fn choice(catalog: &'static Catalog, text: &str) -> Result<(String, SourceKind), BadSource> {
    let (pattern, kind) = text.split_once('=').ok_or(BadSource::Form)?;
    let kind = <SourceKind as clap::ValueEnum>::from_str(kind.trim(), true).map_err(|_| BadSource::Form)?;
    let pattern = pattern.trim();
    let mut logs = catalog.datasets().iter().filter(|row| row.group == Group::Logs && names(pattern, row)).peekable();
    if logs.peek().is_none() {
        return Err(BadSource::Category(pattern.to_owned()));
    }
    let is_possible = |row: &Dataset| match kind {
        SourceKind::LogAnalytics | SourceKind::Storage | SourceKind::EventHub => route(&row.id).is_some(),
        SourceKind::Office | SourceKind::Purview => row.service == Service::Office,
        SourceKind::File => true,
        SourceKind::Graph | SourceKind::Arm | SourceKind::Host | SourceKind::Ldap => row.service.source() == Some(kind),
    };
    let logs: Vec<_> = logs.collect();
    match logs.iter().find(|row| !is_possible(row)) {
        // A pattern means those that can.
        Some(row) if logs.len() == 1 => Err(BadSource::Kind { dataset: &row.id, kind: kind.as_str() }),
        _ => Ok((pattern.to_owned(), kind)),
    }
}

/// A key from its file.
pub(super) fn secret(path: &Path, option: &'static str) -> Result<Zeroizing<String>, BadSource> {
    use std::io::Read as _;
    let mut text = Zeroizing::new(String::new());
    let file = std::fs::File::open(path).map_err(|reason| BadSource::File { option, reason })?;
    match file.take(KEY_FILE_BYTES_MAX as u64 + 1).read_to_string(&mut text) {
        Ok(read) if read <= KEY_FILE_BYTES_MAX && !text.trim().is_empty() => Ok(text),
        Ok(_) => Err(BadSource::NoKey(option)),
        Err(reason) if reason.kind() == std::io::ErrorKind::InvalidData => Err(BadSource::NoKey(option)),
        Err(reason) => Err(BadSource::File { option, reason }),
    }
}
