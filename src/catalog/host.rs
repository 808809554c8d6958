//! Rows of `host.toml`: what is taken from a Windows server, and what never is.
//!
//! An item says where it lies on a server, how a copy of it is called or looks, which reader makes records of which
//! dataset out of it, how much of it is taken, and why. A deny row says what is withheld wherever it turns up. A new item
//! is a new row. Sources: Microsoft's troubleshooting pages and the scripts that its support ships, named in each row.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::glob;

/// One thing that is taken from a server.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Kebab-case, unique, never changed.
    pub id: String,
    /// The dataset of its records; none: it stays the file that it is.
    pub dataset: Option<String>,
    /// Who makes records out of it (`host::reading`); none with no dataset.
    pub reader: Option<String>,
    /// Its reader sorts records into several datasets, of which `dataset` is one.
    #[serde(default)]
    pub spreads: bool,
    /// Where it is on the server.
    pub from: Origin,
    /// How a copy of it is called: globs without regard to case, `/` between folders. One without `/` is compared with the
    /// file's name, others with the end of its path.
    #[serde(default)]
    pub names: Vec<String>,
    /// How its text begins whatever it is called: globs without regard to case, of which any suffices. One that begins
    /// with `*` looks further, as far as the first characters that are looked at.
    #[serde(default)]
    pub marks: Vec<String>,
    /// The forms (`json-lines`, `json`, `csv`, `xml`, `ldif`, `registry`, `text`) for which its marks hold; empty: all.
    #[serde(default)]
    pub forms: Vec<String>,
    /// At most so many bytes of each of its files; on a server, of all of them together, the newest first.
    pub bytes_max: Option<u64>,
    /// Records with a time are left out if they are older, days before the window's end, unless the window reaches further
    /// back. None: all are taken.
    pub age_days_max: Option<u32>,
    /// How long it may take on a server, seconds.
    pub timeout_s: Option<u32>,
    /// Whether it is closed to whoever is no administrator.
    #[serde(default)]
    pub elevated: bool,
    /// Support scenarios (profiles.toml) that need it.
    pub profiles: Vec<String>,
    /// Those of `profiles` that can do without it.
    #[serde(default)]
    pub helpful: Vec<String>,
    /// What it tells about people.
    pub sensitivity: Sensitivity,
    /// Why a customer should agree to hand it over, one sentence.
    pub why: String,
    /// Where the facts of this row come from.
    pub source: String,
    /// Date of that source, `YYYY-MM-DD` or `YYYY-MM`.
    pub source_date: String,
    /// What a reader of the row should know.
    pub note: Option<String>,
    /// What no source proved.
    pub unverified: Option<String>,
}

/// Where an item is on the server. `%NAME%` is a variable of the environment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Origin {
    /// Files.
    Files {
        /// Paths with `\`; `*` is anything but `\`. None: nothing that could be read on the server without writing or
        /// asking its user; only copies of it are taken.
        paths: Vec<String>,
    },
    /// An event channel.
    Events {
        /// Its name.
        channel: String,
        /// Only these providers; empty: all.
        #[serde(default)]
        providers: Vec<String>,
        /// Only these event ids; empty: all.
        #[serde(default)]
        ids: Vec<u32>,
    },
    /// The registry.
    Registry {
        /// Keys from `HKLM` or `HKCU` on.
        keys: Vec<String>,
        /// Only these values of the keys; empty: all.
        #[serde(default)]
        values: Vec<String>,
        /// Whether keys below are taken as well.
        #[serde(default)]
        deep: bool,
    },
    /// Windows services.
    Services {
        /// Their short names.
        names: Vec<String>,
    },
    /// Certificate stores: what a certificate says of itself, never its body or key.
    Certificates {
        /// `LocalMachine\My` and so on.
        stores: Vec<String>,
    },
    /// A program of Windows.
    Command {
        /// Its name or path.
        program: String,
        /// Its arguments.
        #[serde(default)]
        args: Vec<String>,
    },
    /// PowerShell 5.1; it only reads.
    Powershell {
        /// The module that must be there.
        module: Option<String>,
        /// What runs: writes one JSON object a line.
        script: String,
    },
    /// What the program itself finds out about the machine.
    System {
        /// `os`, `software`, `hotfixes`, `proxy`, `clock`.
        facts: Vec<String>,
    },
    /// Hosts that are tried out: name, connection, TLS, HTTP.
    Probe {
        /// Their names.
        hosts: Vec<String>,
        /// TCP port: 443 with TLS, 80 without.
        port: u16,
    },
    /// Active Directory.
    Ldap {
        /// The naming context: `root-dse`, `default`, `configuration`, `schema`.
        base: String,
        /// What is searched for (RFC 4515).
        filter: String,
    },
}

impl Origin {
    /// What kind it is, in a word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Files { .. } => "files",
            Self::Events { .. } => "events",
            Self::Registry { .. } => "registry",
            Self::Services { .. } => "services",
            Self::Certificates { .. } => "certificates",
            Self::Command { .. } => "command",
            Self::Powershell { .. } => "powershell",
            Self::System { .. } => "system",
            Self::Probe { .. } => "probe",
            Self::Ldap { .. } => "ldap",
        }
    }
}

/// What an item tells about people; whatever it is, it passes the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensitivity {
    /// Settings and versions.
    Settings,
    /// Names of servers, domains, service accounts.
    Machines,
    /// Names of people and what they did.
    People,
    /// May hold secrets besides, which are removed.
    Secrets,
}

/// What is never taken, whatever it is called.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DeniedItem {
    /// Kebab-case, unique.
    pub id: String,
    /// As [`Item::names`].
    #[serde(default)]
    pub names: Vec<String>,
    /// As [`Item::marks`].
    #[serde(default)]
    pub marks: Vec<String>,
    /// Why it is withheld: stands in the manifest.
    pub why: String,
    /// Where the facts of this row come from.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    item: Vec<Item>,
    deny: Vec<DeniedItem>,
}

fn file() -> &'static File {
    static FILE: OnceLock<File> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the file is compiled in, and the tests parse it")]
    FILE.get_or_init(|| toml::from_str(include_str!("host.toml")).expect("host.toml"))
}

/// All items, by id.
pub fn items() -> &'static [Item] {
    &file().item
}

/// The item of that id.
pub fn item(id: &str) -> Option<&'static Item> {
    items().iter().find(|row| row.id == id)
}

/// All deny rows, by id.
pub fn denied_items() -> &'static [DeniedItem] {
    &file().deny
}

impl Item {
    /// Whether a copy of it may be called so: the longer the name that fits, the surer. Bytes of the glob. Its own id is
    /// always such a name.
    pub fn fits_name(&self, path: &str) -> Option<usize> {
        let own = [format!("{}.*", self.id), format!("{}-*.*", self.id)];
        fits_name(&self.names, path).max(fits_name(&own, path))
    }

    /// Whether its first characters are such; `form` as `forms` spells it.
    pub fn fits_marks(&self, form: &str, head: &str) -> Option<usize> {
        let holds = self.forms.is_empty() || self.forms.iter().any(|one| one == form);
        holds.then(|| fits_marks(&self.marks, head)).flatten()
    }
}

impl DeniedItem {
    /// Whether it is called so.
    pub fn fits_name(&self, path: &str) -> bool {
        fits_name(&self.names, path).is_some()
    }

    /// Whether its first characters are such.
    pub fn fits_marks(&self, head: &str) -> bool {
        fits_marks(&self.marks, head).is_some()
    }
}

/// The longest glob that fits the end of a path.
fn fits_name(globs: &[String], path: &str) -> Option<usize> {
    if globs.is_empty() {
        return None;
    }
    let path = format!("/{}", path.replace('\\', "/").to_lowercase());
    let last = path.rsplit('/').next().unwrap_or_default();
    let fits = |one: &&String| match one.contains('/') {
        true => glob::fits(&format!("*/{}", one.to_lowercase()), &path),
        false => glob::fits(&one.to_lowercase(), last),
    };
    globs.iter().filter(fits).map(String::len).max()
}

fn fits_marks(globs: &[String], head: &str) -> Option<usize> {
    if globs.is_empty() {
        return None;
    }
    let head = head.trim_start_matches('\u{feff}').trim_start().to_lowercase();
    let fits = |one: &&String| glob::fits(&format!("{}*", one.to_lowercase()), &head);
    globs.iter().filter(fits).map(String::len).max()
}

/// The row that denies a file, by its path or the beginning of its text.
pub fn denied(path: &str, head: &str) -> Option<&'static DeniedItem> {
    denied_items().iter().find(|row| row.fits_name(path) || row.fits_marks(head))
}
