//! Which tables a workspace has.
//!
//! Takes the runs, asks one question for all of them, gives what is known of each table. A table that no record was ever
//! sent to does not exist: its category is not routed there, and nothing can bring back what happened before.
//! Source: <https://learn.microsoft.com/azure/data-explorer/kusto/query/union-operator> (`isfuzzy`).

use super::Workspace;
use super::ask::number;
use super::kql;
use crate::catalog::{Route, route};
use crate::limits::SLOW_TRIES_MAX;
use crate::source::field;
use crate::source::run::Run;
use crate::source::stop::Stop;

/// What the probe says of a run's table.
pub(super) enum Found {
    /// No category, so no table.
    NoTable,
    /// It has, with so many rows of the window.
    Rows(&'static Route, u64),
    /// The probe does not know it. That is no proof: a union leaves out what it cannot read for whatever reason, and tables
    /// of a cheaper plan cannot be part of one. The table is asked itself.
    Unknown(&'static Route),
}

/// Asks.
///
/// # Errors
/// The workspace does not answer, or refuses.
pub(super) async fn ask(runs: &[Run<'_>], place: &Workspace) -> Result<Vec<Found>, Stop> {
    let rows: Vec<Option<&'static Route>> = runs.iter().map(|run| route(run.dataset.id.as_str())).collect();
    let asked: Vec<_> = rows.iter().zip(runs).filter_map(|(row, run)| Some(((*row)?, run.hours()))).collect();
    let (Some(first), false) = (runs.first(), asked.is_empty()) else {
        return Ok(runs.iter().map(|_| Found::NoTable).collect());
    };
    let mut counts: Vec<(String, u64)> = Vec::new();
    match place.ask(first, &kql::probe(&asked), 0, SLOW_TRIES_MAX).await {
        Ok(sheet) => {
            let (table, rows) = (sheet.column(kql::TABLE), sheet.column(kql::ROWS));
            for cells in sheet.rows() {
                let cell = |at: Option<usize>| cells.get(at?);
                let name = cell(table).and_then(|cell| field::text(cell, &(0..cell.len())));
                counts.extend(name.map(std::borrow::Cow::into_owned).zip(number(cell(rows))));
            }
        }
        Err(Stop::TooSlow(..)) => {}
        Err(stop) => return Err(stop),
    }
    let found = |row: Option<&'static Route>| {
        let Some(row) = row else { return Found::NoTable };
        match counts.iter().find(|(table, _)| table.eq_ignore_ascii_case(&row.table)) {
            Some((_, rows)) => Found::Rows(row, *rows),
            None => Found::Unknown(row),
        }
    };
    Ok(rows.into_iter().map(found).collect())
}
