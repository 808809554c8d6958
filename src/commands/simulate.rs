//! `simulate`: the embedded tenant as a server of its own, and the truth about it.
//!
//! Takes options, serves until Ctrl-C or SIGTERM. stdout carries one JSON line with the addresses when the server is
//! ready; `--truth FILE` and `--server-folder DIR` are written before that. Without `--listen` only these are written.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use super::abandon::Signals;
use super::exit;
use crate::catalog::Dataset;
use crate::clock::{BadEpoch, Clock};
use crate::tenant::faults::{BadPlan, FaultPlan};
use crate::tenant::onprem::{Health, server_folder};
use crate::tenant::server::{NotServed, Running, serve};
use crate::tenant::{HubSettings, Licence, Limits, Routing, TenantSettings, logs};

/// Options of `simulate`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Loopback address to serve on; port 0 chooses a free one
    #[arg(long, value_name = "127.0.0.1:PORT")]
    pub listen: Option<SocketAddr>,
    /// Users of the tenant
    #[arg(long, default_value_t = 120, value_name = "N", value_parser = clap::value_parser!(u64).range(40..=10_000_000))]
    pub users: u64,
    /// Sign-ins of each of the four kinds
    #[arg(long, default_value_t = 1_500, value_name = "N", value_parser = clap::value_parser!(u64).range(..=100_000_000))]
    pub sign_ins: u64,
    /// Directory audits
    #[arg(long, default_value_t = 800, value_name = "N", value_parser = clap::value_parser!(u64).range(..=100_000_000))]
    pub audits: u64,
    /// Another seed, another tenant
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Throttling: `published`, `off`, `scaled:N` (N times the published limits)
    #[arg(long, default_value = "published", value_name = "LIMITS")]
    pub limits: Limits,
    /// Delay of each request
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub latency_ms: u64,
    /// Licence of the tenant: `free`, `p1`, `p2`
    #[arg(long, default_value = "p2", value_name = "LICENCE")]
    pub licence: Licence,
    /// A permission that every token lacks; may be repeated
    #[arg(long, value_name = "PERMISSION")]
    pub deny: Vec<String>,
    /// Never compress replies
    #[arg(long)]
    pub no_gzip: bool,
    /// Lifetime of access tokens
    #[arg(long, default_value_t = 3_599, value_name = "SECONDS")]
    pub token_lifetime_s: u64,
    /// Records of a page at most, to get many pages from a small tenant
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub page_max: Option<u64>,
    /// What goes wrong: a plan (TOML or JSON file), or a number from which a plan is made
    #[arg(long, value_name = "FILE|SEED")]
    pub faults: Option<String>,
    /// What the diagnostic settings send to the workspace, the storage account and the event hub: `demo`, `all`, `none`,
    /// or everything to one: `workspace`, `storage`, `event-hub`
    #[arg(long, default_value = "demo", value_name = "ROUTING")]
    pub routing: Routing,
    /// Write what the tenant holds (counts and all identifiers) to this file
    #[arg(long, value_name = "FILE")]
    pub truth: Option<PathBuf>,
    /// Write how many requests of each class were answered and refused to this file, when the server is stopped
    #[arg(long, requires = "listen", value_name = "FILE")]
    pub counts: Option<PathBuf>,
    /// Write what lies on the tenant's on-premises servers to this folder, which must be empty or not exist
    #[arg(long, value_name = "DIR")]
    pub server_folder: Option<PathBuf>,
    /// Nothing is wrong with these servers
    #[arg(long, requires = "server_folder")]
    pub sound: bool,
}

/// Why `simulate` ended.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// Neither `--listen` nor `--truth` nor `--server-folder`.
    #[error("nothing to do: give --listen 127.0.0.1:PORT, --truth FILE, --server-folder DIR, or several of them")]
    NothingToDo,
    /// The folder holds something.
    #[error("the server folder is not empty; choose a new one")]
    FolderNotEmpty,
    /// The folder or a file in it.
    #[error("the server folder cannot be written: {0}; choose another one")]
    Folder(io::Error),
    /// The address is taken or not loopback.
    #[error(transparent)]
    NotServed(#[from] NotServed),
    /// The truth file.
    #[error("the truth cannot be written: {0}; choose another file")]
    Truth(io::Error),
    /// The file of `--counts`.
    #[error("the counts cannot be written: {0}; choose another file")]
    Counts(io::Error),
    /// The file of `--faults`.
    #[error("the fault plan cannot be read: {0}; give a file or a number")]
    PlanFile(io::Error),
    /// Its content.
    #[error(transparent)]
    Plan(#[from] BadPlan),
    /// stdout, the runtime or a signal.
    #[error("the server stopped: {0}")]
    Io(#[from] io::Error),
    /// `SOURCE_DATE_EPOCH`.
    #[error(transparent)]
    Epoch(#[from] BadEpoch),
}

impl Failed {
    /// Exit code of the contract: 2 usage, 6 output, 1 else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NothingToDo
            | Self::FolderNotEmpty
            | Self::NotServed(NotServed::NotLoopback)
            | Self::Epoch(_)
            | Self::PlanFile(_)
            | Self::Plan(_) => exit::USAGE,
            Self::Truth(_) | Self::Counts(_) | Self::Folder(_) => exit::OUTPUT,
            Self::NotServed(NotServed::Socket(_)) | Self::Io(_) => exit::UNEXPECTED,
        }
    }
}

impl Arguments {
    fn settings(&self) -> Result<TenantSettings, Failed> {
        Ok(TenantSettings {
            users: self.users,
            sign_ins: self.sign_ins,
            audits: self.audits,
            seed: self.seed,
            now: Clock::from_environment()?.now(),
            limits: self.limits,
            latency_ms: self.latency_ms,
            licence: self.licence,
            denied: self.deny.clone(),
            gzip: !self.no_gzip,
            token_lifetime_s: self.token_lifetime_s,
            page_max: self.page_max,
            routing: self.routing.clone(),
            subscriptions: self.routing.subscriptions(),
            hub: HubSettings::default(),
            faults: self.faults.as_deref().map(plan).transpose()?.unwrap_or_default(),
        })
    }
}

/// A plan from a seed or a file.
fn plan(text: &str) -> Result<FaultPlan, Failed> {
    match text.parse() {
        Ok(seed) => Ok(FaultPlan::random(seed)),
        Err(_) => Ok(FaultPlan::read(&std::fs::read_to_string(text).map_err(Failed::PlanFile)?)?),
    }
}

/// Serves, writes the truth (counting the datasets of `rows`), or both. Returns when the server was stopped by a signal.
///
/// # Errors
/// See [`Failed`].
pub fn run(arguments: &Arguments, rows: &[Dataset]) -> Result<(), Failed> {
    let settings = arguments.settings()?;
    if arguments.listen.is_none() && arguments.truth.is_none() && arguments.server_folder.is_none() {
        return Err(Failed::NothingToDo);
    }
    // Listen first: that the port is free is known before a long truth is written.
    let listener = arguments.listen.map(TcpListener::bind).transpose().map_err(NotServed::Socket)?;
    if let Some(path) = &arguments.truth {
        let mut out = BufWriter::new(File::create(path).map_err(Failed::Truth)?);
        logs::truth(&settings, rows, &mut out).and_then(|()| out.flush()).map_err(Failed::Truth)?;
    }
    if let Some(folder) = &arguments.server_folder {
        write_servers(folder, &settings, if arguments.sound { Health::Sound } else { Health::Planted })?;
    }
    let Some(listener) = listener else { return Ok(()) };
    let faults = settings.faults.clone();
    let counts = arguments.counts.as_deref().map(File::create).transpose().map_err(Failed::Counts)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let running = serve(settings, listener).await?;
        if !faults.rules.is_empty() {
            // What a seed means can be kept and changed.
            super::talk::say(faults.to_toml().trim_end());
        }
        let mut signals = Signals::new();
        announce(&running)?;
        signals.next().await;
        if let Some(mut file) = counts {
            let text = serde_json::to_string_pretty(&running.counts()).map_err(io::Error::from)?;
            writeln!(file, "{text}").map_err(Failed::Counts)?;
        }
        running.shutdown().await;
        Ok(())
    })
}

/// Writes the on-premises servers' files below an empty folder.
fn write_servers(folder: &Path, settings: &TenantSettings, health: Health) -> Result<(), Failed> {
    std::fs::create_dir_all(folder).map_err(Failed::Folder)?;
    if std::fs::read_dir(folder).map_err(Failed::Folder)?.next().is_some() {
        return Err(Failed::FolderNotEmpty);
    }
    server_folder(settings, health, &mut |file| {
        let path = folder.join(&file.name);
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(path, &file.bytes)
    })
    .map_err(Failed::Folder)
}

/// The line that says the server is ready.
fn announce(running: &Running) -> io::Result<()> {
    let line = serde_json::json!({
        "graph_url": running.graph_url,
        "login_url": running.login_url,
        "arm_url": running.arm_url,
        "logs_url": running.logs_url,
        "office_url": running.office_url,
        "storage_url": running.storage_url,
        "event_hub": running.event_hub,
        "tenant_id": running.tenant_id,
        "workspace_id": running.workspace_id,
        "token": running.token,
    });
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
