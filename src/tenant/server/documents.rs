//! Pages of objects and configuration, and single ones.
//!
//! Takes what the world computes, applies `$filter`, `$select`, `$expand`, `$count`, cuts pages.

use serde_json::Value;

use super::super::documents::{Documents, Version, default_properties, expandable, filter_required, list};
use super::answer::{Ask, Tenant};
use super::evaluate::{self, Letters};
use super::expression::Expression;
use super::fault::Fault;
use super::log_page::roots;
use super::page::{self, Projection, SCAN_MAX};
use super::reply::Reply;
use super::routing;
use super::sets::{Paging, Set};

/// Related objects that `$expand` brings at most (directory objects).
const EXPANDED_MAX: u64 = 20;
/// Lists up to this length are sorted for `$orderby`; longer ones refuse it.
const SORTED_MAX: u64 = 2_000;

impl Tenant {
    /// The reply for a path of the directory or of the configuration.
    pub(crate) fn documents(&self, ask: &Ask, set: &Set) -> Result<Reply, Fault> {
        if ask.query.filter.is_none() && filter_required(&ask.path) {
            return Err(Fault::bad_request("The request must have a $filter on scopeId and scopeType."));
        }
        match list(self.logs.world(), ask.version, &ask.path) {
            None => Err(Fault::unknown_path()),
            Some(Documents::NotFound(code)) => Err(Fault::not_found(code)),
            Some(Documents::Singleton(record)) => {
                let record = self.shaped(ask, set, &parent(&ask.path), record)?;
                Ok(Reply::json(page::single(ask, record)))
            }
            Some(Documents::Collection { count, item }) if routing::is_settings(&ask.path) => {
                self.document_page(ask, set, count, &|place| routing::filled(&self.settings.routing, item(place)))
            }
            Some(Documents::Collection { count, item }) => self.document_page(ask, set, count, &*item),
        }
    }

    /// A page of a list that is at hand.
    pub(crate) fn listed(&self, ask: &Ask, set: &Set, items: &[Value]) -> Result<Reply, Fault> {
        let item = |place: u64| items.get(place as usize).cloned().unwrap_or_default();
        self.document_page(ask, set, items.len() as u64, &item)
    }

    /// Number of records behind a path.
    pub(crate) fn document_count(&self, ask: &Ask, path: &str) -> Result<u64, Fault> {
        match list(self.logs.world(), ask.version, path) {
            None | Some(Documents::Singleton(_)) => Err(Fault::unknown_path()),
            Some(Documents::NotFound(code)) => Err(Fault::not_found(code)),
            Some(Documents::Collection { count, item }) => {
                check_filter(ask, count, &item)?;
                let places = (0..count).filter(|&place| passes(ask, || item(place)));
                Ok(if ask.query.filter.is_none() { count } else { places.count() as u64 })
            }
        }
    }

    fn document_page(&self, ask: &Ask, set: &Set, count: u64, item: &dyn Fn(u64) -> Value) -> Result<Reply, Fault> {
        let size = page::size(ask, set, self.settings.page_max)?;
        if ask.query.skip.is_some() && set.is_eventual {
            return Err(Fault::unsupported_query("$skip is not supported by the service."));
        }
        check_filter(ask, count, item)?;
        let order = order(ask, count, item)?;
        let bearing = page::bearing(ask, self.settings.seed);
        let [mut place, ..] = page::position(ask, bearing, false)?;
        place = place.max(ask.query.skip.unwrap_or(0));
        let is_counted = ask.query.count && ask.query.skip_token.is_none() && (ask.is_eventual || !set.is_eventual);
        let total = if is_counted { Some(self.document_count(ask, &ask.path)?) } else { None };
        let mut body = page::open(ask, total, 4_096);
        let (mut found, end) = (0, place.saturating_add(SCAN_MAX).min(count));
        while found < size && place < end {
            let record = item(order.as_ref().and_then(|order| order.get(place as usize).copied()).unwrap_or(place));
            place += 1;
            if ask.query.filter.as_ref().is_some_and(|filter| !evaluate::holds(filter, &record, Letters::FoldCase)) {
                continue;
            }
            if found > 0 {
                body.push(b',');
            }
            found += 1;
            body.extend_from_slice(self.shaped(ask, set, &ask.path, record)?.to_string().as_bytes());
        }
        let next = (place < count).then(|| match set.paging {
            Paging::Prefer => ask.next_link("$skip", &place.to_string()),
            _ => ask.next_link("$skiptoken", &bearing.seal([place, 0, 0, 0])),
        });
        Ok(Reply::json(page::close(body, next.as_deref())))
    }

    /// A record with what was expanded and without what was not asked for.
    fn shaped(&self, ask: &Ask, set: &Set, list_path: &str, mut record: Value) -> Result<Value, Fault> {
        let own = expandable(list_path);
        for name in ask.query.expand.iter().filter(|name| !own.contains(&name.as_str())) {
            self.expand(ask, list_path, name, &mut record)?;
        }
        let hidden = own.iter().copied().filter(|name| !ask.query.expand.iter().any(|wanted| wanted == name)).collect();
        let names = match (ask.query.select.is_empty(), default_properties(&ask.path)) {
            (false, _) => {
                let mut names = ask.query.select.clone();
                names.extend(ask.query.expand.iter().cloned());
                if set.is_eventual {
                    names.push("id".to_owned());
                }
                Some(names)
            }
            (true, Some(names)) if ask.version == Version::V1 => {
                Some(names.iter().map(|&name| name.to_owned()).collect())
            }
            (true, _) => None,
        };
        Projection { names, hidden }.apply(&mut record);
        Ok(record)
    }

    /// Puts the list or object behind `{list}/{id}/{name}` into the record.
    fn expand(&self, ask: &Ask, list_path: &str, name: &str, record: &mut Value) -> Result<(), Fault> {
        let Some(members) = record.as_object_mut() else { return Ok(()) };
        if members.contains_key(name) {
            return Ok(());
        }
        let id = members.get("id").and_then(Value::as_str).unwrap_or_default();
        let related = match list(self.logs.world(), ask.version, &format!("{list_path}/{id}/{name}")) {
            None => {
                return Err(Fault::bad_request(format!(
                    "Parsing OData Select and Expand failed: could not find a property named '{name}'."
                )));
            }
            Some(Documents::NotFound(_)) => Value::Null,
            Some(Documents::Singleton(value)) => value,
            Some(Documents::Collection { count, item }) => (0..count.min(EXPANDED_MAX)).map(item).collect(),
        };
        members.insert(name.to_owned(), related);
        Ok(())
    }
}

/// The list that an element's path belongs to.
fn parent(path: &str) -> String {
    path.rsplit_once('/').map_or_else(String::new, |(parent, _)| parent.to_owned())
}

fn passes(ask: &Ask, record: impl Fn() -> Value) -> bool {
    ask.query.filter.as_ref().is_none_or(|filter| evaluate::holds(filter, &record(), Letters::FoldCase))
}

/// Refuses a filter on a property that the records do not have, and advanced ones without the header.
fn check_filter(ask: &Ask, count: u64, item: &dyn Fn(u64) -> Value) -> Result<(), Fault> {
    let Some(filter) = ask.query.filter.as_ref().filter(|_| count > 0) else { return Ok(()) };
    let mut names = Vec::new();
    roots(filter, &mut Vec::new(), &mut names);
    let samples = [item(0), item(count / 2), item(count - 1)];
    let is_known = |name: &&str| {
        samples
            .iter()
            .filter_map(Value::as_object)
            .any(|members| members.keys().any(|key| key.eq_ignore_ascii_case(name)))
    };
    if names.iter().any(|name| !is_known(name)) {
        return Err(Fault::unsupported_query(
            "Unsupported or invalid query filter clause specified: could not find a property of that name.",
        ));
    }
    let is_directory = super::sets::of(&ask.path).is_eventual;
    if is_directory && is_advanced(filter) && !(ask.is_eventual && ask.query.count) {
        return Err(Fault::unsupported_query(
            "Operator is not supported without the header ConsistencyLevel: eventual and $count=true.",
        ));
    }
    Ok(())
}

fn is_advanced(filter: &Expression) -> bool {
    use super::expression::{Function, Operator};
    match filter {
        Expression::And(parts) | Expression::Or(parts) => parts.iter().any(is_advanced),
        Expression::Not(_) | Expression::Compare(_, Operator::Ne, _) | Expression::Call(Function::EndsWith, ..) => true,
        _ => false,
    }
}

/// The places in the order that `$orderby` asks for.
fn order(ask: &Ask, count: u64, item: &dyn Fn(u64) -> Value) -> Result<Option<Vec<u64>>, Fault> {
    let Some((property, is_descending)) = &ask.query.order_by else { return Ok(None) };
    if count > SORTED_MAX {
        return Err(Fault::unsupported_query("Sorting by this property is not supported."));
    }
    let mut keyed: Vec<(String, u64)> =
        (0..count).map(|place| (item(place)[property.as_str()].to_string().to_lowercase(), place)).collect();
    keyed.sort();
    if *is_descending {
        keyed.reverse();
    }
    Ok(Some(keyed.into_iter().map(|(_, place)| place).collect()))
}
