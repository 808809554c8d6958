//! From a request to a reply: who may ask, how often, and which room of the tenant answers.
//!
//! Takes an [`Ask`], gives a reply or the refusal that Graph would give.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::super::TenantSettings;
use super::super::documents::Version;
use super::super::faults::book::Book;
use super::super::logs::{Actors, Log, Logs};
use super::activity;
use super::fault::Fault;
use super::login::Login;
use super::query::Query;
use super::reply::Reply;
use super::sets::{self, Set};
use super::throttle::Budgets;
use super::workspace::Desk;
use crate::catalog::Throttle;

/// A running tenant.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) settings: TenantSettings,
    pub(crate) logs: Logs,
    pub(crate) login: Login,
    pub(crate) faults: Book,
    /// What Microsoft 365 activity remembers.
    pub(crate) activity: activity::State,
    pub(super) throttle: Budgets,
    pub(super) desk: Desk,
    requests: AtomicU64,
    actors: Mutex<Vec<Actors>>,
}

/// Sets of remembered users that wait for the next page: one for each worker that pages at the same time.
const ACTORS_KEPT: usize = 8;

/// One question to Graph or ARM.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// Which surface.
    pub(crate) version: Version,
    /// Path behind the version, percent-decoded.
    pub(crate) path: String,
    /// The same as sent: what a nextLink repeats.
    pub(crate) raw_path: String,
    /// The options.
    pub(crate) query: Query,
    /// `ConsistencyLevel: eventual`
    pub(crate) is_eventual: bool,
    /// `Prefer: odata.maxpagesize`
    pub(crate) page_wish: Option<u64>,
    /// `Accept` names JSON and nothing else.
    pub(crate) wants_json: bool,
    /// `http://127.0.0.1:PORT`
    pub(crate) origin: String,
    /// When it came: budgets are a gateway's, which counts before anybody works on the answer.
    pub(crate) came: Instant,
}

impl Ask {
    /// `v1.0` or `beta`; empty for ARM.
    pub(crate) fn version_text(&self) -> &'static str {
        match self.version {
            Version::V1 => "v1.0",
            Version::Beta => "beta",
            Version::Arm => "",
        }
    }

    /// The address of the next page.
    pub(crate) fn next_link(&self, option: &str, value: &str) -> String {
        let version = self.version_text();
        let slash = if version.is_empty() { "" } else { "/" };
        let mut repeated = self.query.repeated.clone();
        if option == "$skip" {
            repeated = repeated
                .split('&')
                .filter(|part| !part.to_ascii_lowercase().contains("skip="))
                .collect::<Vec<_>>()
                .join("&");
        }
        let and = if repeated.is_empty() { "" } else { "&" };
        format!("{}{slash}{version}{}?{repeated}{and}{option}={value}", self.origin, self.raw_path)
    }
}

impl Tenant {
    pub(crate) fn new(settings: TenantSettings) -> Self {
        let logs = Logs::new(&settings);
        let world = logs.world();
        let login = Login::new(world.tenant_id(), world.seed(), settings.token_lifetime_s, settings.denied.clone());
        let throttle = Budgets::new(settings.limits, world.user_count());
        let faults = Book::new(settings.faults.clone());
        let (activity, requests) = (activity::State::default(), AtomicU64::new(1));
        let (desk, actors) = (Desk::default(), Mutex::default());
        Self { settings, logs, login, faults, activity, throttle, desk, requests, actors }
    }

    /// Lends remembered users to the writer of a page.
    pub(crate) fn with_actors<T>(&self, write: impl FnOnce(&mut Actors) -> T) -> T {
        let lent = self.actors.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut actors = lent.unwrap_or_else(|| Actors::new(self.logs.world()));
        let written = write(&mut actors);
        let mut kept = self.actors.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < ACTORS_KEPT {
            kept.push(actors);
        }
        written
    }

    /// A number for the next request.
    pub(crate) fn next_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }

    /// Answers a question whose token has been checked.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) fn answer(&self, ask: &Ask) -> Result<Reply, Fault> {
        let set = if ask.version == Version::Arm { sets::arm() } else { sets::of(&ask.path) };
        let units = units(ask, set);
        self.throttle.admit(set.budget, units, ask.came)?;
        self.permit(ask, set)?;
        let mut reply = match ask.path.strip_suffix("/$count") {
            Some(path) => self.count(ask, path, set)?,
            None => self.records(ask, set)?,
        };
        if set.budget == Some(Throttle::Directory) {
            reply.headers.push(("x-ms-resource-unit", units.to_string()));
        }
        Ok(reply)
    }

    fn permit(&self, ask: &Ask, set: &Set) -> Result<(), Fault> {
        let settings = &self.settings;
        if settings.denied.iter().any(|denied| denied == set.permission) {
            return Err(Fault::denied());
        }
        let premium = ask.query.select.iter().any(|name| name.eq_ignore_ascii_case("signInActivity"));
        if settings.licence < set.licence || (premium && settings.licence < super::super::Licence::P1) {
            return Err(Fault::unlicensed());
        }
        if premium && settings.denied.iter().any(|denied| denied == "AuditLog.Read.All") {
            return Err(Fault::denied());
        }
        Ok(())
    }

    fn records(&self, ask: &Ask, set: &Set) -> Result<Reply, Fault> {
        let is_graph = ask.version != Version::Arm;
        if is_graph && let Some(log) = self.log(ask, &ask.path) {
            return self.log_page(ask, log, set);
        }
        if is_graph
            && let Some((path, id)) = ask.path.rsplit_once('/')
            && let Some(log) = self.log(ask, path)
        {
            return self.log_record(ask, log, id);
        }
        if is_graph && let Some(reply) = self.risk_history(ask, set) {
            return reply;
        }
        self.documents(ask, set)
    }

    /// The log behind a path; sign-ins count as interactive ones until the filter says otherwise.
    pub(crate) fn log(&self, ask: &Ask, path: &str) -> Option<Log> {
        let found = Log::ALL.into_iter().find(|log| log.path().is_some_and(|own| own.eq_ignore_ascii_case(path)))?;
        (ask.version == Version::Beta || !found.is_beta_only()).then_some(found)
    }

    fn count(&self, ask: &Ask, path: &str, set: &Set) -> Result<Reply, Fault> {
        if ask.wants_json {
            return Err(Fault::new(415, "UnsupportedMediaType", "$count answers text/plain: accept that."));
        }
        if set.is_eventual && !ask.is_eventual {
            return Err(Fault::bad_request(
                "$count is not currently supported without the header ConsistencyLevel: eventual.",
            ));
        }
        let number = match self.log(ask, path) {
            Some(log) => self.log_count(ask, log)?,
            None => self.document_count(ask, path)?,
        };
        Ok(Reply::text(number.to_string()))
    }
}

/// Resource units of a request: `$select` one less, `$expand` one more, a `$top` below 20 one less, at least one.
fn units(ask: &Ask, set: &Set) -> u64 {
    let query = &ask.query;
    let more = set.units + u64::from(!query.expand.is_empty());
    let less = u64::from(!query.select.is_empty()) + u64::from(query.top.is_some_and(|top| top < 20));
    more.saturating_sub(less).max(1)
}
