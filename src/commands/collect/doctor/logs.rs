//! Where each log would come from, and whether those places let us in: each is asked for the last minutes of its logs.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::super::places::Places;
use super::super::settings::Settings;
use super::super::sign_in::Connection;
use super::{Check, State};
use crate::catalog::{Dataset, Group, Service, route};
use crate::clock::Clock;
use crate::record::{Outcome, RawBatch};
use crate::source::{Ledger, Request, Sink, SinkClosed, Window, collect_from};

const AREA: &str = "Logs";
/// What is looked at: long enough that a query has something to count.
const LOOK_MINUTES: i64 = 10;
const WAIT: Duration = Duration::from_secs(12);

pub(super) async fn checks(settings: &Settings, connection: &Connection, places: &Places, clock: Clock) -> Vec<Check> {
    let logs =
        || settings.plan.datasets.iter().copied().filter(|row| row.group == Group::Logs && row.for_each.is_none());
    let logs = || logs().filter(|row| route(&row.id).is_some() || row.service != Service::Graph);
    let mut by_place: BTreeMap<usize, Vec<&'static Dataset>> = BTreeMap::new();
    for row in logs() {
        if let Some(place) = places.order(row).first().filter(|place| **place != 0) {
            by_place.entry(*place).or_default().push(row);
        }
    }
    let tries = by_place.into_iter().map(|(place, rows)| look(connection, places, place, rows, clock));
    let told: BTreeMap<&str, (Outcome, Option<String>)> = join_all(tries).await.into_iter().flatten().collect();
    logs().map(|row| one(row, places, told.get(row.id.as_str()))).collect()
}

fn one(row: &'static Dataset, places: &Places, told: Option<&(Outcome, Option<String>)>) -> Check {
    let name = row.category.as_deref().unwrap_or(&row.id);
    let kinds: Vec<&str> = places.order(row).iter().map(|place| places.kind(*place, row).as_str()).collect();
    let from = kinds.join(", then ");
    match (places.absent(row), told) {
        (Some(verdict), _) => {
            let state = if verdict.outcome.is_answered() { State::Note } else { State::Lacks };
            let why = match verdict.outcome {
                Outcome::Skipped if row.service == Service::Office => {
                    "left out: it needs a permission of its own (--office)"
                }
                Outcome::Skipped => "no service has it: --authenticator-incident takes what the app shows",
                Outcome::Unavailable => "not routed: nothing is kept that could be had",
                _ => "unknown where it is kept: the diagnostic settings cannot be read",
            };
            Check::new(AREA, state, format!("{name}: {why}"))
        }
        (None, Some((Outcome::Complete, _))) => Check::new(AREA, State::Ok, format!("{name}: {from}; it lets us in")),
        (None, Some((Outcome::Unavailable, None))) => {
            let text = format!("{name}: {from}; it answers, and has nothing of the last {LOOK_MINUTES} minutes");
            Check::new(AREA, State::Note, text)
        }
        (None, Some((outcome, why))) => {
            let state = if outcome.is_answered() { State::Note } else { State::Lacks };
            let why = why.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
            Check::new(AREA, state, format!("{name}: {from}; it is {}{why}", outcome.as_str()))
        }
        (None, None) => Check::new(AREA, State::Ok, format!("{name}: {from}")),
    }
}

/// What a place says to the question for its last minutes.
async fn look(
    connection: &Connection,
    places: &Places,
    place: usize,
    rows: Vec<&'static Dataset>,
    clock: Clock,
) -> Vec<(&'static str, (Outcome, Option<String>))> {
    let until = clock.now();
    let window = Window { since: until - time::Duration::minutes(LOOK_MINUTES), until };
    let ledgers: Vec<Ledger> = rows.iter().map(|_| Ledger::default()).collect();
    let request = |ledger| Request { late_look: WAIT * 2, ..Request::new(&connection.client, window, ledger, clock) };
    let wanted: Vec<_> = rows.iter().zip(&ledgers).map(|(row, ledger)| (*row, request(ledger))).collect();
    let cancel = CancellationToken::new();
    let reports = timeout(WAIT, collect_from(places.place(place), &wanted, &Nowhere, &cancel)).await;
    let slow = || (Outcome::Failed, Some(format!("no answer in {} s", WAIT.as_secs())));
    match reports {
        Err(_) => rows.iter().map(|row| (row.id.as_str(), slow())).collect(),
        Ok(reports) => {
            let said = reports.into_iter().map(|report| {
                let status = report.verdict.error.as_ref().map(|error| format!("HTTP {}", error.status));
                (report.verdict.outcome, status)
            });
            rows.iter().map(|row| row.id.as_str()).zip(said).collect()
        }
    }
}

/// Takes records and forgets them.
struct Nowhere;

#[async_trait::async_trait]
impl Sink for Nowhere {
    async fn accept(&self, _: RawBatch) -> Result<(), SinkClosed> {
        Ok(())
    }

    async fn slice_closed(&self, _: &'static str, _: u32) {}
}
