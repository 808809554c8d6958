//! Pages of logs: from a filter to ranges of indices, merged newest first.
//!
//! A page without other conditions than time and kind is written straight into the body; other conditions cost a
//! value tree for each record that is looked at. Source: graph/api/signin-list, directoryaudit-list,
//! provisioningobjectsummary-list, riskdetection-list; graph-behaviour on undocumented operators.

use std::ops::Range;

use serde_json::{Value, json};

use super::super::documents::Version;
use super::super::instant::{self, SECOND, Ticks};
use super::super::logs::{Actors, Kind, Log};
use super::super::{Licence, logs};
use super::answer::{Ask, Tenant};
use super::evaluate::{self, Allows, Letters};
use super::expression::{Expression, Function, Operator};
use super::fault::Fault;
use super::page::{self, Projection, SCAN_MAX};
use super::position::Position;
use super::reply::Reply;
use super::sets::{Paging, Set};

/// Bytes of a page of sign-ins, per record: what is reserved at once.
const RECORD_BYTES: usize = 5_600;

/// What a request asks of the logs.
struct Listing {
    /// The lists that are merged, with the indices of the window.
    ranges: Vec<(Log, Range<u64>)>,
    /// Conditions beside time and kind.
    rest: Vec<Expression>,
    letters: Letters,
    is_ascending: bool,
}

impl Listing {
    fn index(&self, list: usize, offset: u64) -> Option<(Log, u64)> {
        let (log, range) = self.ranges.get(list)?;
        if offset >= range.end - range.start {
            return None;
        }
        Some((*log, if self.is_ascending { range.end - 1 - offset } else { range.start + offset }))
    }

    /// The list whose next record comes first.
    fn next(&self, tenant: &Tenant, position: &Position) -> Option<(usize, Log, u64)> {
        let mut heads = position.iter().enumerate().filter_map(|(list, &offset)| {
            let (log, index) = self.index(list, offset)?;
            Some((list, log, index))
        });
        if self.ranges.len() == 1 {
            return heads.next();
        }
        let at = |(_, log, index): &(usize, Log, u64)| tenant.logs.at(*log, *index);
        if self.is_ascending { heads.min_by_key(at) } else { heads.min_by_key(|head| -at(head)) }
    }

    fn count(&self) -> u64 {
        self.ranges.iter().map(|(_, range)| range.end - range.start).sum()
    }
}

impl Tenant {
    /// A page of a log.
    pub(crate) fn log_page(&self, ask: &Ask, log: Log, set: &Set) -> Result<Reply, Fault> {
        if ask.query.skip.is_some() {
            return Err(Fault::bad_request("The query parameter $skip is not supported by this resource."));
        }
        let listing = self.listing(ask, log)?;
        let size = page::size(ask, set, self.settings.page_max)?;
        let bearing = page::bearing(ask, self.settings.seed);
        let mut position = page::position(ask, bearing, true)?;
        let projection = Projection { names: selected(ask), hidden: Vec::new() };
        let is_first = ask.query.skip_token.is_none();
        let is_counted = ask.query.count && is_first && listing.rest.is_empty();
        let expected = size.min(listing.count()) as usize;
        let mut body = page::open(ask, is_counted.then(|| listing.count()), 512 + expected * RECORD_BYTES);
        self.with_actors(|actors| self.fill(ask, &listing, &projection, size, &mut position, actors, &mut body));
        let pages_on = set.paging != Paging::NeedsTop || ask.query.top.is_some();
        let has_more = pages_on && listing.next(self, &position).is_some();
        let next = has_more.then(|| ask.next_link("$skiptoken", &bearing.seal(position)));
        Ok(Reply::json(page::close(body, next.as_deref())))
    }

    /// Writes up to `size` records from `position` on, which moves behind the last one that was looked at.
    #[expect(clippy::too_many_arguments, reason = "the inner loop of a page, split off to be short")]
    fn fill(
        &self,
        ask: &Ask,
        listing: &Listing,
        projection: &Projection,
        size: u64,
        position: &mut Position,
        actors: &mut Actors,
        body: &mut Vec<u8>,
    ) {
        let (mut found, mut looked) = (0, 0);
        while found < size && looked < SCAN_MAX {
            let Some((list, log, index)) = listing.next(self, position) else { break };
            if let Some(offset) = position.get_mut(list) {
                *offset += 1;
            }
            looked += 1;
            let start = body.len();
            if found > 0 {
                body.push(b',');
            }
            let record = body.len();
            self.logs.write(actors, log, ask.version == Version::Beta, index, body);
            if listing.rest.is_empty() && projection.is_whole() {
                found += 1;
            } else if let Some(kept) = keep(listing, projection, body.get(record..)) {
                body.truncate(record);
                body.extend_from_slice(kept.to_string().as_bytes());
                found += 1;
            } else {
                body.truncate(start);
            }
        }
    }

    /// One record by its id.
    pub(crate) fn log_record(&self, ask: &Ask, log: Log, id: &str) -> Result<Reply, Fault> {
        let kinds: Vec<Log> = match log {
            Log::SignIns(_) if ask.version == Version::Beta => Kind::ALL.map(Log::SignIns).to_vec(),
            log => vec![log],
        };
        let found = kinds.into_iter().find_map(|log| Some((log, self.logs.find(log, id)?)));
        let (log, index) = found.ok_or_else(|| Fault::not_found("ResourceNotFound"))?;
        let mut record = self.log_value(log, ask.version == Version::Beta, index);
        Projection { names: selected(ask), hidden: Vec::new() }.apply(&mut record);
        Ok(Reply::json(page::single(ask, record)))
    }

    /// Number of records that a filter finds.
    pub(crate) fn log_count(&self, ask: &Ask, log: Log) -> Result<u64, Fault> {
        let listing = self.listing(ask, log)?;
        if listing.rest.is_empty() {
            return Ok(listing.count());
        }
        Err(Fault::unsupported_query("$count with this filter is not supported."))
    }

    fn log_value(&self, log: Log, is_beta: bool, index: u64) -> Value {
        let mut body = Vec::new();
        self.with_actors(|actors| self.logs.write(actors, log, is_beta, index, &mut body));
        serde_json::from_slice(&body).unwrap_or_default()
    }

    fn listing(&self, ask: &Ask, log: Log) -> Result<Listing, Fault> {
        let filter = ask.query.filter.clone();
        let (kinds, filter) = match log {
            Log::SignIns(_) => kinds(ask, filter)?,
            log => (vec![log], filter),
        };
        let window = evaluate::window(filter, log.time_property(), |operator| allows(log, operator))
            .map_err(|_| Fault::bad_request("Invalid filter clause"))?;
        self.check_retention(log, window.lower)?;
        for condition in &window.rest {
            self.check_condition(log, ask, condition)?;
        }
        let is_ascending = match &ask.query.order_by {
            None => false,
            Some((property, is_descending)) if property.eq_ignore_ascii_case(log.time_property()) => !is_descending,
            Some(_) => return Err(Fault::unsupported_query("$orderby on this property is not supported.")),
        };
        let ranges = kinds.into_iter().map(|log| (log, self.logs.within(log, window.lower, window.upper))).collect();
        let letters = if log == Log::Provisioning { Letters::Exact } else { Letters::FoldCase };
        Ok(Listing { ranges, rest: window.rest, letters, is_ascending })
    }

    /// A window that begins before the oldest record the licence keeps is refused with the earliest date allowed.
    fn check_retention(&self, log: Log, lower: Ticks) -> Result<(), Fault> {
        let days = match log {
            Log::Audits if self.settings.licence == Licence::Free => 7,
            Log::Audits | Log::SignIns(_) => 30,
            _ => return Ok(()),
        };
        // A day of grace: the client's clock and the tenant's are not the same.
        let earliest = instant::ticks(self.settings.now) - (days + 1) * 86_400 * SECOND;
        if lower == Ticks::MIN || lower >= earliest {
            return Ok(());
        }
        Err(Fault::bad_request(format!(
            "The specified date is out of range. The minimum allowed date is {}.",
            instant::text(earliest)
        )))
    }

    fn check_condition(&self, log: Log, ask: &Ask, condition: &Expression) -> Result<(), Fault> {
        if !is_documented(log, condition, false) {
            return Err(Fault::unsupported_query("The filter uses an operator that this property does not support."));
        }
        if self.logs.count(log) == 0 {
            return Ok(());
        }
        let sample = self.log_value(log, ask.version == Version::Beta, 0);
        let mut paths = Vec::new();
        roots(condition, &mut Vec::new(), &mut paths);
        let is_known = |name: &&str| {
            sample.as_object().is_some_and(|members| members.keys().any(|key| key.eq_ignore_ascii_case(name)))
        };
        match paths.iter().find(|name| !is_known(name)) {
            None => Ok(()),
            Some(_) => {
                Err(Fault::bad_request("Invalid filter clause: could not find a property of that name on the type."))
            }
        }
    }

    /// `riskyUsers/{id}/history`, `riskyServicePrincipals/{id}/history`.
    pub(crate) fn risk_history(&self, ask: &Ask, set: &Set) -> Option<Result<Reply, Fault>> {
        let (path, id) = ask.path.strip_suffix("/history")?.rsplit_once('/')?;
        let log = self.log(ask, path)?;
        let items = match (log, self.logs.find(log, id)) {
            (Log::RiskyUsers | Log::RiskyServicePrincipals, None) => {
                return Some(Err(Fault::not_found("ResourceNotFound")));
            }
            (Log::RiskyUsers | Log::RiskyServicePrincipals, Some(index)) => logs::history(&self.logs, log, index),
            _ => return None,
        };
        Some(self.listed(ask, set, &items))
    }
}

fn keep(listing: &Listing, projection: &Projection, bytes: Option<&[u8]>) -> Option<Value> {
    let mut record: Value = serde_json::from_slice(bytes?).ok()?;
    if !listing.rest.iter().all(|condition| evaluate::holds(condition, &record, listing.letters)) {
        return None;
    }
    projection.apply(&mut record);
    Some(record)
}

fn selected(ask: &Ask) -> Option<Vec<String>> {
    (!ask.query.select.is_empty()).then(|| ask.query.select.clone())
}

/// The kinds of sign-ins that a filter chooses, and the filter without that condition. Without one: interactive.
fn kinds(ask: &Ask, filter: Option<Expression>) -> Result<(Vec<Log>, Option<Expression>), Fault> {
    let is_kind = |part: &Expression| matches!(part, Expression::Any(path, ..) | Expression::All(path, ..) if path.len() == 1 && path.iter().all(|p| p.eq_ignore_ascii_case("signInEventTypes")));
    let parts = match filter {
        None => Vec::new(),
        Some(Expression::And(parts)) => parts,
        Some(part) => vec![part],
    };
    let (chosen, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(is_kind);
    if ask.version == Version::V1 && !chosen.is_empty() {
        return Err(Fault::bad_request(
            "Could not find a property named 'signInEventTypes' on type 'microsoft.graph.signIn'.",
        ));
    }
    let holds = |kind: &Kind| {
        let record = json!({"signInEventTypes": [kind.event_type()]});
        chosen.iter().all(|condition| evaluate::holds(condition, &record, Letters::FoldCase))
    };
    let kinds = match chosen.is_empty() {
        true => vec![Kind::Interactive],
        false => Kind::ALL.into_iter().filter(holds).collect(),
    };
    let rest = (!others.is_empty()).then_some(Expression::And(others));
    Ok((kinds.into_iter().map(Log::SignIns).collect(), rest))
}

/// What a log does with an operator on its time property.
fn allows(log: Log, operator: Operator) -> Allows {
    use Operator::{Eq, Ge, Gt, Le, Lt, Ne};
    match (log, operator) {
        (_, Ne) => Allows::Refused,
        // `gt` and `lt` are silently ignored: everything comes back (security-api-solutions issue 23).
        (Log::SignIns(_) | Log::Audits | Log::AttributeAudits, Gt | Lt) => Allows::Ignored,
        (Log::Provisioning, Ge | Le) => Allows::Refused,
        (_, Eq | Ge | Gt | Le | Lt) => Allows::Used,
    }
}

/// Whether a log documents the operators of a condition.
fn is_documented(log: Log, condition: &Expression, in_lambda: bool) -> bool {
    let all_traffic = matches!(log, Log::Traffic | Log::RemoteNetworks);
    match condition {
        Expression::And(parts) | Expression::Or(parts) => parts.iter().all(|part| is_documented(log, part, in_lambda)),
        Expression::Not(part) => all_traffic && is_documented(log, part, in_lambda),
        Expression::Compare(_, operator, _) => match operator {
            Operator::Eq => true,
            Operator::Ne => in_lambda || all_traffic,
            _ => all_traffic || log == Log::Provisioning,
        },
        Expression::In(..) => all_traffic,
        Expression::Call(Function::Contains, ..) => all_traffic || log == Log::Provisioning,
        Expression::Call(Function::StartsWith, ..) => log != Log::Provisioning,
        Expression::Call(Function::EndsWith, ..) => all_traffic,
        Expression::Any(_, _, body) => body.as_ref().is_none_or(|body| is_documented(log, body, true)),
        Expression::All(_, _, body) => is_documented(log, body, true),
    }
}

/// The top-level properties that a condition reads.
pub(crate) fn roots<'a>(condition: &'a Expression, bound: &mut Vec<&'a str>, out: &mut Vec<&'a str>) {
    let mut note = |path: &'a [String], bound: &[&str]| {
        out.extend(path.first().map(String::as_str).filter(|name| !bound.contains(name)));
    };
    match condition {
        Expression::And(parts) | Expression::Or(parts) => parts.iter().for_each(|part| roots(part, bound, out)),
        Expression::Not(part) => roots(part, bound, out),
        Expression::Compare(path, ..) | Expression::In(path, _) | Expression::Call(_, path, _) => note(path, bound),
        Expression::Any(path, variable, body) => {
            note(path, bound);
            if let Some(body) = body {
                bound.push(variable);
                roots(body, bound, out);
                bound.pop();
            }
        }
        Expression::All(path, variable, body) => {
            note(path, bound);
            bound.push(variable);
            roots(body, bound, out);
            bound.pop();
        }
    }
}
