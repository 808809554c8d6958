//! The options of `redact`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::commands::stopped::Stopped;
use crate::spool::Compression;

/// Pseudonymises files: logs, exports, archives, another tool's output.
///
/// Reads every file twice: what its fields declare to identify somebody is learnt first, and then looked for in all
/// files. Forms are recognised by content: JSON, JSON Lines, CSV, XML, LDIF, registry exports, event logs (EVTX), HAR,
/// plain text; UTF-8, UTF-16 and Windows-1252; gzip, zip and tar archives are opened. What cannot be understood is
/// withheld and named, never copied.
#[derive(Args)]
pub struct RedactArgs {
    /// Files, folders, patterns or archives; `-` filters standard input, line by line
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// The zip to write [default: entra-bundle-CASE-TIME.zip here]; `-` writes one input's text to standard output
    #[arg(long, value_name = "FILE.zip")]
    pub out: Option<PathBuf>,
    /// File or folder to learn identifiers from, without putting it into the bundle; may be repeated
    #[arg(long, value_name = "PATH")]
    pub learn: Vec<PathBuf>,
    /// Tenant that the files belong to: its key is used, so that pseudonyms are those of its other bundles
    #[arg(long, value_name = "ID")]
    pub tenant: Option<String>,
    /// Support case number, written into the bundle
    #[arg(long, value_name = "ID")]
    pub case: Option<String>,
    /// Key file [default: the tenant's, or default.key, in the configuration folder; made on first use]
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Privacy policy: `standard`, `strict`, or a TOML file (see `collect --help`)
    #[arg(long, value_name = "NAME|FILE", default_value = "standard")]
    pub policy: String,
    /// Kind of identifier to leave as it is, for example `object-ids`; may be repeated
    #[arg(long, value_name = "KIND")]
    pub keep: Vec<String>,
    /// How small the bundle becomes: `fast` saves time, `small` bytes
    #[arg(long, value_name = "HOW", value_enum, default_value = "default")]
    pub compression: Compression,
    /// Print the manifest on stdout as one JSON document
    #[arg(long)]
    pub json: bool,
}

impl RedactArgs {
    /// Whether text goes to standard output instead of a bundle.
    pub(super) fn is_filter(&self) -> bool {
        is_dash(self.out.as_deref()) || self.out.is_none() && self.reads_stdin()
    }

    pub(super) fn reads_stdin(&self) -> bool {
        self.inputs.iter().any(|input| is_dash(Some(input)))
    }

    /// What options mean together.
    ///
    /// # Errors
    /// A usage error that says what to write instead.
    pub(super) fn check(&self) -> Result<(), Stopped> {
        let wrong = |text: &str| Err(Stopped::Input(text.to_owned()));
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
        if self.case.as_deref().is_some_and(|case| case.is_empty() || case.len() > 40 || !plain(case)) {
            return wrong("--case takes letters, digits, '.', '_' and '-', at most 40 of them");
        }
        if self.reads_stdin() && !self.is_filter() {
            return wrong(
                "standard input can be read once only, and a bundle needs two looks: write it to a file first, or filter it with `redact - --out -`",
            );
        }
        if self.is_filter() && self.inputs.len() != 1 {
            return wrong("`--out -` takes one input: name a zip with --out for several");
        }
        if self.is_filter() && self.json {
            return wrong("`--out -` writes the text to standard output, so there is no place for --json");
        }
        Ok(())
    }
}

fn is_dash(path: Option<&Path>) -> bool {
    path == Some(Path::new("-"))
}
