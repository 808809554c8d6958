//! Object and configuration replies of the tenant, in Microsoft's shapes.
//!
//! Takes a world and a path, gives [`Documents`]: computed ones for what grows with the tenant (users, groups,
//! devices, applications), text with placeholders for configuration (`json/`, see `template`). It never pages,
//! filters or selects: that is the server's. Source: the API pages named in each file; checked against Microsoft's
//! OpenAPI description.

mod applications;
mod assignments;
mod count;
mod devices;
mod groups;
mod registration;
mod route;
mod service_principals;
mod template;
mod users;

pub use count::count;

use serde_json::Value;

use super::world::World;

/// Which surface is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Graph `v1.0`.
    V1,
    /// Graph `beta`.
    Beta,
    /// Azure Resource Manager.
    Arm,
}

/// What stands behind a path. Bodies hold no `@odata.context`: the server knows its own address.
pub enum Documents {
    /// One object: the whole body.
    Singleton(Value),
    /// A list: the server cuts pages and wraps them into `{"value": […]}`.
    Collection {
        /// Number of items.
        count: u64,
        /// The item at a place below `count`.
        item: Box<dyn Fn(u64) -> Value + Send + Sync>,
    },
    /// 404 with this `error.code`.
    NotFound(&'static str),
}

/// What stands behind `path` (no version, no query, keys percent-decoded); `None`: the tenant knows no such path.
///
/// Records are whole: the server drops what `$select` does not name (members that begin with `@` always stay) and
/// the [`expandable`] members that `$expand` does not name.
pub fn list(world: &World, version: Version, path: &str) -> Option<Documents> {
    if version == Version::Arm {
        return template::find(world, version, path);
    }
    template::find(world, version, path).or_else(|| route::computed(world, path)).or_else(|| {
        // An element of a configuration list by its id.
        let (parent, id) = path.rsplit_once('/')?;
        let Documents::Collection { count, item } = template::find(world, version, parent)? else { return None };
        let found = (0..count).map(item).find(|record| record["id"] == id);
        Some(found.map_or(Documents::NotFound("Request_ResourceNotFound"), Documents::Singleton))
    })
}

/// Members of the records of `path` that the service sends only when `$expand` names them.
pub fn expandable(path: &str) -> &'static [&'static str] {
    match path {
        "/roleManagement/directory/roleAssignments" => &["principal", "roleDefinition"],
        "/policies/roleManagementPolicies" => &["rules"],
        "/policies/crossTenantAccessPolicy/partners" => &["identitySynchronization"],
        "/policies/featureRolloutPolicies" => &["appliesTo"],
        "/policies/mobileDeviceManagementPolicies" | "/policies/mobileAppManagementPolicies" => &["includedGroups"],
        "/directory/customSecurityAttributeDefinitions" => &["allowedValues"],
        "/admin/serviceAnnouncement/healthOverviews" => &["issues"],
        "/networkAccess/connectivity/branches" => &["deviceLinks"],
        _ if path.starts_with("/onPremisesPublishingProfiles/") && path.ends_with("/agents") => &["agentGroups"],
        _ => &[],
    }
}

/// The properties that the service sends when there is no `$select`; `None`: all.
pub fn default_properties(path: &str) -> Option<&'static [&'static str]> {
    let is_user = path == "/users" || path.strip_prefix("/users/").is_some_and(|id| !id.contains('/'));
    is_user.then_some(users::DEFAULT_PROPERTIES)
}

/// Whether the service answers 400 unless there is a `$filter` (role management policies).
pub fn filter_required(path: &str) -> bool {
    matches!(path, "/policies/roleManagementPolicies" | "/policies/roleManagementPolicyAssignments")
}

/// A list whose items are computed one by one.
fn collection(world: &World, count: u64, item: impl Fn(&World, u64) -> Value + Send + Sync + 'static) -> Documents {
    let world = *world;
    Documents::Collection { count, item: Box::new(move |place| item(&world, place)) }
}

/// A short list that is at hand.
fn listed(items: Vec<Value>) -> Documents {
    let count = items.len() as u64;
    Documents::Collection { count, item: Box::new(move |place| items.get(place as usize).cloned().unwrap_or_default()) }
}

#[cfg(test)]
mod tests;
