//! From options to a checked plan: everything that can be wrong is found here, before a request is sent or a file made.
//!
//! Takes [`CollectArgs`], gives [`Settings`]. Never touches the network.

use std::path::PathBuf;

use time::OffsetDateTime;
use url::Url;

use super::args::CollectArgs;
use super::sources::{BadSource, Sources};
use super::window::{BadWindow, SINCE, deadline, window};
use crate::catalog::{Catalog, Plan, PlanError, Selection};
use crate::commands::closing::default_stem;
use crate::directory::Directory;
use crate::import::Incident;
use crate::net::{Endpoints, NetError, Rate, RateError, Target, endpoint};
use crate::pseudonym::{Policy, PolicyError};
use crate::source::Window;

/// No budget at all.
const UNLIMITED: [&str; 6] =
    ["reports=off", "identity=off", "directory=off", "workspace=off", "storage=off", "activity=off"];

/// The options, understood.
pub(super) struct Settings {
    /// What is collected.
    pub plan: Plan,
    /// Of which time.
    pub window: Window,
    /// Where the services are; `None` for the demo until its server runs.
    pub endpoints: Option<Endpoints>,
    /// Budgets that replace the documented ones.
    pub rates: Vec<Rate>,
    /// What is replaced.
    pub policy: Policy,
    /// The zip to write.
    pub out: PathBuf,
    /// Cloud id.
    pub cloud: String,
    /// Incidents of the Authenticator app.
    pub incidents: Vec<Incident>,
    /// Where logs are, besides their own endpoints.
    pub sources: Sources,
    /// The directory on premises, if one is named.
    pub directory: Option<Directory>,
    /// How long to go on asking.
    pub deadline: Option<std::time::Duration>,
}

/// The options contradict the catalogue, the clock or each other.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadSettings {
    /// No tenant.
    #[error("name the tenant with --tenant, or try --demo first")]
    NoTenant,
    /// Text after `--tenant`.
    #[error("--tenant takes the tenant's id (a GUID) or one of its domain names")]
    Tenant,
    /// Unknown cloud.
    #[error("--cloud: choose one of {0}")]
    Cloud(String),
    /// `--case`.
    #[error("--case takes letters, digits, '.', '_' and '-', at most 40 of them")]
    Case,
    /// Window.
    #[error(transparent)]
    Window(#[from] BadWindow),
    /// Profiles, globs.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Budgets.
    #[error(transparent)]
    Rate(#[from] RateError),
    /// Addresses.
    #[error(transparent)]
    Address(#[from] NetError),
    /// `--source`, `--workspace`, `--storage`, `--event-hub`.
    #[error(transparent)]
    Source(#[from] BadSource),
    /// Policy or `--keep`.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

impl Settings {
    /// Understands the options.
    ///
    /// # Errors
    /// [`BadSettings`], each with what to write instead.
    pub(super) fn new(args: &CollectArgs, catalog: &'static Catalog, now: OffsetDateTime) -> Result<Self, BadSettings> {
        let named = args.tenant.as_deref();
        if !args.demo && named.is_none() && !args.dry_run {
            return Err(BadSettings::NoTenant);
        }
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
        if named.is_some_and(|tenant| tenant.is_empty() || tenant.len() > 253 || !plain(tenant)) {
            return Err(BadSettings::Tenant);
        }
        if args.case.as_deref().is_some_and(|case| case.is_empty() || case.len() > 40 || !plain(case)) {
            return Err(BadSettings::Case);
        }
        let plan = catalog.plan(&Selection {
            profiles: args.profiles.clone(),
            include: args.include.clone(),
            exclude: args.exclude.clone(),
            cloud: args.cloud.clone(),
        });
        let endpoints = if args.demo { None } else { Some(endpoints(args, catalog)?) };
        let policy = Policy::from_options(&args.policy, &args.keep)?;
        Ok(Self {
            window: window(args.since.as_deref().unwrap_or(SINCE), args.until.as_deref(), now)?,
            plan: plan?,
            endpoints,
            // The embedded tenant of the demo has no limits.
            rates: (args.demo.then_some(UNLIMITED).into_iter().flatten())
                .chain(args.rate.iter().map(String::as_str))
                .map(Rate::parse)
                .collect::<Result<_, _>>()?,
            policy,
            out: args.out.clone().unwrap_or_else(|| PathBuf::from(default_stem(args.case.as_deref(), now) + ".zip")),
            cloud: args.cloud.clone(),
            incidents: args.incidents.clone(),
            sources: Sources::new(args, catalog)?,
            directory: super::directory::named(args)?,
            deadline: args.deadline.as_deref().map(deadline).transpose()?,
        })
    }
}

fn endpoints(args: &CollectArgs, catalog: &Catalog) -> Result<Endpoints, BadSettings> {
    let Some(cloud) = catalog.cloud(&args.cloud) else {
        return Err(BadSettings::Cloud(
            catalog.clouds().iter().map(|cloud| cloud.id.as_str()).collect::<Vec<_>>().join(", "),
        ));
    };
    let address = |given: Option<&String>, host: &str, option: &'static str| -> Result<Url, NetError> {
        match given {
            Some(url) => endpoint(url, option),
            None => endpoint(&format!("https://{host}"), option),
        }
    };
    // Tokens are issued for the cloud's own service, wherever it is asked.
    let target = |url: Url, host: &str| Target { url, scope: format!("https://{host}/.default") };
    let office = cloud.office.as_deref().unwrap_or("manage.office.com");
    Ok(Endpoints {
        graph: target(address(args.graph_url.as_ref(), &cloud.graph, "--graph-url")?, &cloud.graph),
        arm: target(address(args.arm_url.as_ref(), &cloud.arm, "--arm-url")?, &cloud.arm),
        logs: target(address(args.logs_url.as_ref(), &cloud.logs, "--logs-url")?, &cloud.logs),
        office: target(address(args.office_url.as_ref(), office, "--office-url")?, office),
        login_url: address(args.login_url.as_ref(), &cloud.login, "--login-url")?,
    })
}
