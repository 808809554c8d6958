//! How many records a dataset of the catalog has in this tenant.

use super::{Documents, Version, list};
use crate::catalog::{Dataset, Service};
use crate::tenant::world::World;

/// Number of records behind the dataset `id` of `rows`, all requests of a fan-out together; `None` for logs and for
/// what the tenant does not know. Walks the parents of a fan-out: for tests and `--truth`, not for every request.
pub fn count(world: &World, rows: &[Dataset], id: &str) -> Option<u64> {
    let row = rows.iter().find(|row| row.id == id)?;
    let keys = keys(world, rows, row)?;
    let version = version(row);
    let answered: Vec<u64> =
        keys.iter().filter_map(|keys| size(&list(world, version, &filled(&row.path, keys))?)).collect();
    (!answered.is_empty() || keys.is_empty() || row.for_each.is_some()).then(|| answered.iter().sum())
}

fn size(documents: &Documents) -> Option<u64> {
    match documents {
        Documents::Singleton(_) => Some(1),
        Documents::Collection { count, .. } => Some(*count),
        Documents::NotFound(_) => None,
    }
}

fn version(row: &Dataset) -> Version {
    match (row.service, row.version.as_str()) {
        (Service::Arm | Service::Monitor | Service::Office | Service::Host | Service::Ldap, _) => Version::Arm,
        (Service::Graph, "beta") => Version::Beta,
        (Service::Graph, _) => Version::V1,
    }
}

/// The key parts of every request of a dataset; one empty list where it is no fan-out.
fn keys(world: &World, rows: &[Dataset], row: &Dataset) -> Option<Vec<Vec<String>>> {
    let Some(for_each) = &row.for_each else { return Some(vec![Vec::new()]) };
    let parent = rows.iter().find(|candidate| candidate.id == for_each.dataset)?;
    let mut all = Vec::new();
    for above in keys(world, rows, parent)? {
        let records = match list(world, version(parent), &filled(&parent.path, &above)) {
            Some(Documents::Collection { count, item }) => (0..count).map(item).collect(),
            Some(Documents::Singleton(record)) => vec![record],
            _ => Vec::new(),
        };
        for record in records {
            let holds = |condition: &crate::catalog::Where| {
                let value = &record[condition.property.as_str()];
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                condition.is.contains(&text)
            };
            if let (true, Some(key)) = (for_each.conditions.iter().all(holds), record[&for_each.property].as_str()) {
                all.push([above.as_slice(), &[key.to_owned()]].concat());
            }
        }
    }
    Some(all)
}

fn filled(path: &str, keys: &[String]) -> String {
    keys.iter().enumerate().fold(path.to_owned(), |path, (n, key)| path.replace(&format!("{{{n}}}"), key))
}
