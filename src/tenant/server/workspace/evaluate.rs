//! Works out what a query asks for.
//!
//! Takes a [`Query`], gives either rows of a log, which are written one by one, or a few computed rows. A table is there
//! if the diagnostic settings send its category here. Records keep their own time; when Azure Monitor made the row of it
//! is some seconds to minutes later, and of every fiftieth hours later, because that happens.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::answer::Tenant;
use super::parser::{Bound, Columns, Literal, Query, Refused, Source, Stage, Sum};
use crate::catalog::{Route, TIME_GENERATED, route};
use crate::tenant::instant::{self, SECOND, Ticks};
use crate::tenant::logs::Log;
use crate::tenant::monitor::table::{self, Table};
use crate::tenant::world::mix;

/// Works for one tenant.
pub(super) struct Evaluation<'t> {
    pub(super) tenant: &'t Tenant,
}

/// Rows of a log.
pub(super) struct Selection<'t> {
    pub(super) tenant: &'t Tenant,
    pub(super) log: Log,
    pub(super) route: &'static Route,
    pub(super) table: &'static Table,
    range: Range<u64>,
    /// Bounds of `TimeGenerated`, the upper one exclusive.
    generated: (Ticks, Ticks),
    order: Option<(Time, bool)>,
    take: u64,
    /// `_BilledSize` of a usual row.
    billed: u64,
}

/// Which of a row's instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    Event,
    Generated,
}

/// Computed rows: cells are JSON.
#[derive(Debug, Default)]
pub(super) struct Computed {
    /// Names and types.
    pub(super) columns: Vec<(String, &'static str)>,
    pub(super) rows: Vec<Vec<String>>,
}

/// What a query gives.
pub(super) enum Rows<'t> {
    Log(Selection<'t>),
    Computed(Computed),
}

impl<'t> Evaluation<'t> {
    /// The rows of a query.
    ///
    /// # Errors
    /// [`Refused::Semantic`]: a table or column that is not there.
    pub(super) fn rows(&self, query: &Query) -> Result<Rows<'t>, Refused> {
        let mut rows = match &query.source {
            Source::Table(name) => Rows::Log(self.select(name)?),
            Source::Print(values) => Rows::Computed(Computed {
                columns: values.iter().map(|(name, value)| (name.clone(), kind(value))).collect(),
                rows: vec![values.iter().map(|(_, value)| json(value)).collect()],
            }),
            Source::Union { is_fuzzy, legs } => Rows::Computed(self.union(*is_fuzzy, legs)?),
        };
        for stage in &query.stages {
            rows = match rows {
                Rows::Log(selection) => selection.then(stage)?,
                Rows::Computed(computed) => Rows::Computed(computed.then(stage)?),
            };
        }
        Ok(rows)
    }

    fn union(&self, is_fuzzy: bool, legs: &[Query]) -> Result<Computed, Refused> {
        let mut out = Computed::default();
        let mut resolved = 0;
        for leg in legs {
            let part = match self.rows(leg) {
                Ok(Rows::Computed(part)) => part,
                Ok(Rows::Log(_)) => return Err(semantic("a union of whole tables is not served here")),
                Err(Refused::Semantic(_)) if is_fuzzy => continue,
                Err(refused) => return Err(refused),
            };
            resolved += 1;
            for column in &part.columns {
                if !out.columns.contains(column) {
                    out.columns.push(column.clone());
                    out.rows.iter_mut().for_each(|row| row.push("null".to_owned()));
                }
            }
            for row in part.rows {
                let value = |column| part.columns.iter().position(|one| one == column).and_then(|at| row.get(at));
                let cells = out.columns.iter().map(|column| value(column).map_or("null", String::as_str).to_owned());
                out.rows.push(cells.collect());
            }
        }
        if resolved == 0 { Err(semantic("'union' operator: none of the tables could be resolved")) } else { Ok(out) }
    }

    fn select(&self, name: &str) -> Result<Selection<'t>, Refused> {
        let found =
            Log::ALL.into_iter().find_map(|log| Some((log, route(log.dataset()).filter(|row| row.table == name)?)));
        let routed = |row: &Route| self.tenant.settings.routing.workspace.iter().any(|one| *one == row.category);
        let (Some((log, route)), Some(table)) = (found.filter(|(_, row)| routed(row)), table::table(name)) else {
            return Err(semantic(&format!(
                "'where' operator: Failed to resolve table or column expression named '{name}'"
            )));
        };
        let count = self.tenant.logs.count(log);
        let mut sample = Vec::new();
        if count > 0 {
            self.tenant.with_actors(|actors| self.tenant.logs.write(actors, log, true, 0, &mut sample));
        }
        Ok(Selection {
            tenant: self.tenant,
            log,
            route,
            table,
            range: 0..count,
            generated: (Ticks::MIN, Ticks::MAX),
            order: None,
            take: u64::MAX,
            billed: sample.len() as u64,
        })
    }
}

impl<'t> Selection<'t> {
    /// When it happened.
    pub(super) fn at(&self, index: u64) -> Ticks {
        self.tenant.logs.at(self.log, index)
    }

    /// When the row was made.
    pub(super) fn generated(&self, index: u64) -> Ticks {
        if self.route.time_column() == TIME_GENERATED {
            return self.at(index);
        }
        let draw = mix(self.tenant.settings.seed ^ 0x6E4, index);
        let late_s = if draw.is_multiple_of(50) { 3_600 * (1 + (draw >> 8 & 15) as Ticks) } else { 0 };
        self.at(index) + (20 + (draw >> 16 & 127) as Ticks + late_s) * SECOND
    }

    /// `_BilledSize`.
    pub(super) fn billed(&self, index: u64) -> u64 {
        self.billed + mix(0xB111, index) % 97
    }

    /// The rows' indices in their order.
    pub(super) fn indices(&self) -> Box<dyn Iterator<Item = u64> + '_> {
        let holds = |index: &u64| (self.generated.0..self.generated.1).contains(&self.generated(*index));
        let is_free = self.generated == (Ticks::MIN, Ticks::MAX);
        let found = self.range.clone().filter(move |index| is_free || holds(index));
        let take = usize::try_from(self.take).unwrap_or(usize::MAX);
        match self.order {
            // Index 0 is the newest.
            Some((Time::Event, true)) => Box::new(found.rev().take(take)),
            Some((Time::Generated, is_ascending)) => {
                let mut all: Vec<u64> = found.collect();
                all.sort_by_key(|&index| if is_ascending { self.generated(index) } else { -self.generated(index) });
                Box::new(all.into_iter().take(take))
            }
            _ => Box::new(found.take(take)),
        }
    }

    fn time(&self, columns: &Columns) -> Result<Time, Refused> {
        for name in columns {
            if self.table.column(name).is_none() {
                let message = format!("Failed to resolve column or scalar expression named '{name}'");
                return Err(semantic(&message));
            }
        }
        match columns.first().map(String::as_str) {
            Some(name) if name == self.route.time_column() => Ok(Time::Event),
            Some(TIME_GENERATED) => Ok(Time::Generated),
            _ => Err(semantic("only the times of a row can be compared here")),
        }
    }

    fn bound(&mut self, bound: &Bound) -> Result<(), Refused> {
        match (self.time(&bound.columns)?, bound.is_lower) {
            (Time::Event, is_lower) => {
                let (lower, upper) =
                    if is_lower { (bound.at, Ticks::MAX) } else { (Ticks::MIN, bound.at.saturating_sub(1)) };
                let range = self.tenant.logs.within(self.log, lower, upper);
                let start = self.range.start.max(range.start);
                self.range = start..self.range.end.min(range.end).max(start);
            }
            (Time::Generated, true) => self.generated.0 = self.generated.0.max(bound.at),
            (Time::Generated, false) => self.generated.1 = self.generated.1.min(bound.at),
        }
        Ok(())
    }

    fn then(mut self, stage: &Stage) -> Result<Rows<'t>, Refused> {
        match stage {
            Stage::Where(bounds) => bounds.iter().try_for_each(|bound| self.bound(bound))?,
            Stage::Order { by, is_ascending } => self.order = Some((self.time(by)?, *is_ascending)),
            Stage::Take(count) => self.take = self.take.min(*count),
            Stage::Count => return self.summarize(&[("Count".to_owned(), Sum::Count)], None).map(Rows::Computed),
            Stage::Summarize { sums, by } => return self.summarize(sums, by.as_ref()).map(Rows::Computed),
            Stage::Extend(..) => return Err(semantic("'extend' of a whole table is not served here")),
        }
        Ok(Rows::Log(self))
    }

    fn summarize(&self, sums: &[(String, Sum)], by: Option<&(String, Columns, Ticks)>) -> Result<Computed, Refused> {
        if sums.iter().any(|(_, sum)| matches!(sum, Sum::Of(name) if name != "_BilledSize")) {
            return Err(semantic("only _BilledSize can be summed here"));
        }
        let time = by.map(|(_, columns, _)| self.time(columns)).transpose()?;
        let mut bins: BTreeMap<Ticks, (u64, u64)> = BTreeMap::new();
        if by.is_none() {
            bins.insert(0, (0, 0));
        }
        for index in self.indices() {
            let bin = match (time, by) {
                (Some(time), Some((_, _, step))) => {
                    let at = if time == Time::Event { self.at(index) } else { self.generated(index) };
                    at.div_euclid(*step) * step
                }
                _ => 0,
            };
            let sum = bins.entry(bin).or_default();
            *sum = (sum.0 + 1, sum.1 + self.billed(index));
        }
        let mut columns: Vec<(String, &'static str)> = by.iter().map(|(name, ..)| (name.clone(), "datetime")).collect();
        columns.extend(sums.iter().map(|(name, sum)| (name.clone(), if *sum == Sum::Count { "long" } else { "real" })));
        let row = |(bin, (count, bytes)): (Ticks, (u64, u64))| {
            let at = by.map(|_| format!("\"{}\"", instant::text(bin)));
            let sums = sums.iter().map(|(_, sum)| match sum {
                Sum::Count => count.to_string(),
                Sum::Of(_) => format!("{bytes}.0"),
            });
            at.into_iter().chain(sums).collect()
        };
        Ok(Computed { columns, rows: bins.into_iter().map(row).collect() })
    }
}

impl Computed {
    fn then(mut self, stage: &Stage) -> Result<Self, Refused> {
        match stage {
            Stage::Extend(name, value) => {
                self.columns.push((name.clone(), kind(value)));
                self.rows.iter_mut().for_each(|row| row.push(json(value)));
            }
            Stage::Take(count) => self.rows.truncate(usize::try_from(*count).unwrap_or(usize::MAX)),
            Stage::Count => {
                let count = self.rows.len().to_string();
                self = Self { columns: vec![("Count".to_owned(), "long")], rows: vec![vec![count]] };
            }
            _ => return Err(semantic("computed rows are not worked on any further here")),
        }
        Ok(self)
    }
}

fn semantic(message: &str) -> Refused {
    Refused::Semantic(message.to_owned())
}

fn kind(value: &Literal) -> &'static str {
    match value {
        Literal::Text(_) => "string",
        Literal::Number(_) => "long",
    }
}

fn json(value: &Literal) -> String {
    match value {
        Literal::Text(text) => super::super::fault::quoted(text),
        Literal::Number(number) => number.to_string(),
    }
}
