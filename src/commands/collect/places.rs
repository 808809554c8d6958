//! Which places may have which dataset, and in which order they are asked.
//!
//! Takes the options, the diagnostic settings and the licences, gives [`Places`]. Nearest first: the dataset's own
//! endpoint, then workspace, storage, hub; `--source` overrides. A log that nobody keeps gets the verdict that says so.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::settings::Settings;
use super::sources::Sources;
use crate::catalog::{Catalog, Dataset, Service, SourceKind, route};
use crate::net::Client;
use crate::net::auth::TokenSource;
use crate::record::{Outcome, Verdict};
use crate::source::Place;
use crate::source::activity::{Office, Purview};
use crate::source::blobs::{self, Account};
use crate::source::hub::{self, Hub, HubError};
use crate::source::inventory::{self, Setting};
use crate::source::workspace::Workspace;

/// The places of a run.
pub(in crate::commands) struct Places {
    list: Vec<Place>,
    order: HashMap<&'static str, Vec<usize>>,
    absent: HashMap<&'static str, Verdict>,
}

/// What is known before anything is collected.
pub(in crate::commands) struct Known {
    /// The diagnostic settings, or why they could not be read; `None`: nobody had to ask.
    pub settings: Option<Result<Vec<Setting>, Verdict>>,
    /// The licences of the catalogue that the tenant has, as far as it says.
    pub licences: Option<BTreeSet<&'static str>>,
}

/// How the places that settings name are reached: the cloud's hosts, or the embedded tenant's.
pub(in crate::commands) struct Reach {
    /// What follows an account's name in its blob address.
    pub storage_suffix: String,
    /// What follows a namespace's name in its host.
    pub hub_suffix: String,
    /// The embedded tenant's account and hub, instead of all others.
    pub demo: Option<(String, Option<String>)>,
    /// The tenant, for Microsoft 365.
    pub tenant_id: String,
    /// Tokens, for services that are no HTTP.
    pub tokens: Arc<dyn TokenSource>,
}

impl Reach {
    /// The places of a diagnostic setting; what does not name one is left out.
    fn places(&self, setting: &Setting) -> Vec<Place> {
        let mut found = Vec::new();
        if let Some(workspace) = setting.workspace.as_deref().and_then(|id| Workspace::named(id).ok()) {
            found.push(Place::Workspace(workspace));
        }
        let account = setting.storage.as_deref().and_then(|id| id.rsplit('/').next()).map(|name| match &self.demo {
            Some((url, _)) => url.clone(),
            None => format!("https://{}.{}", name.to_ascii_lowercase(), self.storage_suffix),
        });
        let account = account.and_then(|url| Account::new(&url, blobs::Credential::Bearer).ok());
        found.extend(account.map(|account| Place::Storage(account.for_tenant(&self.tenant_id))));
        let hub = setting.hub.as_ref().and_then(|(rule, name)| match &self.demo {
            Some((_, hub)) => hub.clone(),
            None => {
                let mut parts = rule.split('/').skip_while(|part| !part.eq_ignore_ascii_case("namespaces")).skip(1);
                let host = format!("{}.{}", parts.next()?, self.hub_suffix);
                Some(name.as_ref().map_or(host.clone(), |name| format!("{host}/{name}")))
            }
        });
        found.extend(hub.and_then(|address| self.hub(&address, None).ok()).map(Place::Hub));
        found
    }

    /// A hub, with a connection string or with the run's own sign-in.
    fn hub(&self, address: &str, key: Option<&hub::Credential>) -> Result<Hub, HubError> {
        let signed_in = || hub::Credential::Bearer(Arc::clone(&self.tokens));
        Hub::new(address, key.cloned().unwrap_or_else(signed_in))
    }
}

/// Asks for what the plan depends on: the settings only when a dataset cannot do without them.
pub(in crate::commands) async fn look(client: &Client, catalog: &'static Catalog, settings: &Settings) -> Known {
    let logs = settings.plan.datasets.iter().filter(|row| route(&row.id).is_some());
    let wants = logs.clone().any(|row| row.service == Service::Monitor || settings.sources.wants_settings(row));
    let settings = async { if wants { Some(inventory::settings(client, catalog).await) } else { None } };
    let licences = async { if wants { inventory::licences(client, catalog).await.ok() } else { None } };
    let (settings, licences) = tokio::join!(settings, licences);
    Known { settings, licences }
}

impl Places {
    /// The places for a plan.
    ///
    /// # Errors
    /// [`HubError`] for an address that cannot be one.
    pub(in crate::commands) fn of(settings: &Settings, known: &Known, reach: &Reach) -> Result<Self, HubError> {
        let mut places = Self { list: vec![Place::Own], order: HashMap::new(), absent: HashMap::new() };
        let named = places.named(&settings.sources, reach)?;
        let found = places.found(known, reach);
        for &row in &settings.plan.datasets {
            let wish = settings.sources.choice(row);
            let mut order = Vec::new();
            if matches!(row.service, Service::Graph | Service::Arm)
                && wish.is_none_or(|kind| row.service.source() == Some(kind))
            {
                order.push(0);
            }
            let routed = route(&row.id).map(|route| {
                // What is named is meant, instead of what the settings name of the same kind.
                let kind = |place: usize| places.list.get(place).and_then(Place::kind);
                let is_named = |place: usize| named.routed.iter().any(|one| kind(*one) == kind(place));
                let sent = found.iter().filter(|(setting, _)| setting.sends(&route.category)).map(|(_, place)| *place);
                let sent = sent.filter(|place| !is_named(*place));
                named.routed.iter().copied().chain(sent).collect::<Vec<_>>()
            });
            let others = routed
                .into_iter()
                .flatten()
                .chain(named.activity.iter().copied().filter(|_| row.service == Service::Office));
            let fits = |place: &usize| match (places.list.get(*place).and_then(Place::kind), wish) {
                // It makes a search that stays: only on demand.
                (Some(SourceKind::Purview), None) => false,
                (kind, Some(wish)) => kind == Some(wish),
                _ => true,
            };
            let mut others: Vec<usize> = others.filter(fits).collect();
            others.sort_by_key(|place| places.list.get(*place).and_then(Place::kind));
            others.dedup();
            order.extend(others);
            // Without the licence the service refuses; what was routed is there all the same.
            let licence = row.licence.as_deref();
            let lacks = known.licences.as_ref().zip(licence).is_some_and(|(has, one)| !has.contains(one));
            if lacks
                && order.len() > 1
                && order.first() == Some(&0)
                && row.licence.as_deref() != Some("GlobalSecureAccess")
            {
                order.rotate_left(1);
            }
            if order.is_empty() && wish != Some(SourceKind::File) {
                places.absent.insert(&row.id, nowhere(row, known, wish));
            }
            places.order.insert(&row.id, order);
        }
        Ok(places)
    }

    /// The places of the options.
    fn named(&mut self, sources: &Sources, reach: &Reach) -> Result<Named, HubError> {
        let mut named = Named::default();
        let routed = sources.workspaces.iter().cloned().map(Place::Workspace);
        let routed = routed
            .chain(sources.accounts.iter().map(|account| Place::Storage(account.clone().for_tenant(&reach.tenant_id))));
        named.routed.extend(routed.map(|place| self.add(place)));
        for address in &sources.hubs {
            named.routed.push(self.add(Place::Hub(reach.hub(address, sources.hub_key.as_ref())?)));
        }
        if sources.office || reach.demo.is_some() {
            named.activity.push(self.add(Place::Office(Office::new(&reach.tenant_id, sources.office_start))));
        }
        named.activity.push(self.add(Place::Purview(Purview::default())));
        Ok(named)
    }

    /// The places of the diagnostic settings.
    fn found<'k>(&mut self, known: &'k Known, reach: &Reach) -> Vec<(&'k Setting, usize)> {
        let settings = known.settings.as_ref().and_then(|settings| settings.as_ref().ok());
        let mut found = Vec::new();
        for setting in settings.into_iter().flatten() {
            found.extend(reach.places(setting).into_iter().map(|place| (setting, self.add(place))));
        }
        found
    }

    fn add(&mut self, place: Place) -> usize {
        self.list.push(place);
        self.list.len() - 1
    }

    /// The places of a dataset, nearest first.
    pub(in crate::commands) fn order(&self, dataset: &Dataset) -> &[usize] {
        self.order.get(dataset.id.as_str()).map_or(&[], Vec::as_slice)
    }

    /// A place.
    pub(super) fn place(&self, number: usize) -> &Place {
        self.list.get(number).unwrap_or(&Place::Own)
    }

    /// Whether a dataset is asked for at its own endpoint first.
    pub(super) fn is_own(&self, dataset: &Dataset) -> bool {
        self.order(dataset).first() == Some(&0)
    }

    /// How the manifest calls a place.
    pub(in crate::commands) fn kind(&self, number: usize, dataset: &Dataset) -> SourceKind {
        self.place(number).kind().or(dataset.service.source()).unwrap_or(SourceKind::Graph)
    }

    /// What is asked there, without values.
    pub(super) fn request(&self, number: usize, dataset: &'static Dataset) -> String {
        self.place(number).request(dataset)
    }

    /// Why no place has a dataset.
    pub(in crate::commands) fn absent(&self, dataset: &Dataset) -> Option<&Verdict> {
        self.absent.get(dataset.id.as_str())
    }
}

#[derive(Default)]
struct Named {
    routed: Vec<usize>,
    activity: Vec<usize>,
}

/// The verdict of a dataset that no place is known to have.
fn nowhere(row: &Dataset, known: &Known, wish: Option<SourceKind>) -> Verdict {
    const NAME_IT: &str = "name where it is with --workspace, --storage, --event-hub or --input";
    match row.service {
        Service::Host => {
            return Verdict::because(Outcome::Skipped, "no data of a server was given")
                .with_hint("--input DIR with what was copied off the server, or run it on the server");
        }
        Service::Ldap => {
            return Verdict::because(Outcome::Skipped, "no directory was named").with_hint("--ldap ldaps://SERVER");
        }
        _ => {}
    }
    if row.service == Service::Office {
        return Verdict::because(Outcome::Skipped, "it needs a permission of its own and was not asked for")
            .with_hint("--office");
    }
    if route(&row.id).is_none() {
        return Verdict::because(Outcome::Skipped, "no service has it: only the customer can name it")
            .with_hint("--authenticator-incident ID[@TIME], with the id that the app shows when it has sent its logs");
    }
    match (&known.settings, wish) {
        (Some(Err(refused)), _) => Verdict {
            outcome: if refused.outcome.is_answered() { Outcome::Unavailable } else { refused.outcome },
            ..refused.clone()
        }
        .with_hint(format!("the diagnostic settings cannot be read, so it is unknown where it is kept: {NAME_IT}, or let a user with the role Security Administrator sign in")),
        (_, Some(wish)) => {
            Verdict::because(Outcome::Unavailable, format!("no {} is known that has it", wish.as_str())).with_hint(NAME_IT)
        }
        _ => Verdict::because(Outcome::Unavailable, "not routed: no diagnostic setting sends it anywhere, and what was not kept cannot be recovered")
            .with_hint("switch the category on in a diagnostic setting of Microsoft Entra ID to have it from then on"),
    }
}
