//! What all sign-ins of a tenant share, as ready fragments of JSON: applications, resources, places, policies.
//!
//! Made once for a tenant; the log path only copies from it.

use super::super::super::world::{FIRST_PARTY, MICROSOFT_TENANT, SITES, Site, World, stories};
use super::super::ink::Ink;

/// A fragment of JSON.
pub(crate) type Fragment = Vec<u8>;

/// An application or resource as sign-ins name it.
#[derive(Debug)]
pub(crate) struct Program {
    /// `"appId":…,"appDisplayName":…`
    pub(crate) app: Fragment,
    /// `"resourceDisplayName":…,"resourceId":…`
    pub(crate) resource: Fragment,
    /// `"resourceServicePrincipalId":…`
    pub(crate) resource_principal: Fragment,
    /// `"servicePrincipalName":…,"servicePrincipalId":…`
    pub(crate) principal: Fragment,
    /// Object id.
    pub(crate) id: String,
    /// Application id.
    pub(crate) app_id: String,
    /// Owner tenant.
    pub(crate) owner: String,
}

/// The applied policies of a sign-in, by outcome.
#[derive(Debug)]
pub(crate) struct Policies {
    /// All satisfied.
    pub(crate) satisfied: [Fragment; 2],
    /// Story 1.
    pub(crate) blocked: [Fragment; 2],
    /// Second factor missing.
    pub(crate) unsatisfied: [Fragment; 2],
}

/// The shared fragments.
#[derive(Debug)]
pub(crate) struct Stage {
    /// The tenant.
    pub(crate) world: World,
    /// Its id.
    pub(crate) tenant_id: String,
    /// Service principals by index: Microsoft's, then the tenant's (the first 200), then managed identities.
    pub(crate) programs: Vec<Program>,
    /// Place of the first managed identity in `programs`.
    pub(crate) first_managed: usize,
    /// `location` by site.
    pub(crate) locations: Vec<Fragment>,
    /// `networkLocationDetails` by site.
    pub(crate) networks: Vec<Fragment>,
    /// `appliedConditionalAccessPolicies`: for beta, for v1.0.
    pub(crate) policies: Policies,
    /// `deviceDetail` of story 5.
    pub(crate) lost_device: Fragment,
}

/// Programs beyond this number do not sign in: the table stays small.
const PROGRAMS_MAX: u64 = 200;

impl Stage {
    pub(crate) fn new(world: World) -> Self {
        let own = world.application_count().min(PROGRAMS_MAX);
        let first_managed = FIRST_PARTY.len() as u64 + own;
        let managed_from = FIRST_PARTY.len() as u64 + world.application_count();
        let managed = world.managed_identity_count().min(PROGRAMS_MAX);
        let indices = (0..first_managed).chain(managed_from..managed_from + managed);
        let mut lost_device = Vec::new();
        super::super::actors::device_detail_of(Some(&world.lost_device()), &mut lost_device);
        Self {
            world,
            tenant_id: world.tenant_id(),
            programs: indices.map(|index| program(&world, index)).collect(),
            first_managed: first_managed as usize,
            locations: SITES.iter().map(location).collect(),
            networks: SITES.iter().map(network).collect(),
            policies: policies(&world),
            lost_device,
        }
    }

    /// A program by place; the first one for a place beyond the table.
    pub(crate) fn program(&self, place: usize) -> &Program {
        static NOBODY: Program = Program {
            app: Vec::new(),
            resource: Vec::new(),
            resource_principal: Vec::new(),
            principal: Vec::new(),
            id: String::new(),
            app_id: String::new(),
            owner: String::new(),
        };
        self.programs.get(place).or(self.programs.first()).unwrap_or(&NOBODY)
    }
}

fn program(world: &World, index: u64) -> Program {
    let principal = world.service_principal(index);
    let is_microsoft = index < FIRST_PARTY.len() as u64;
    let [mut app, mut resource, mut resource_principal, mut own] = [const { Vec::new() }; 4];
    app.raw("\"appId\":\"").raw(&principal.app_id).raw("\",\"appDisplayName\":").quoted(&principal.name);
    resource
        .raw("\"resourceDisplayName\":")
        .quoted(&principal.name)
        .raw(",\"resourceId\":\"")
        .raw(&principal.app_id)
        .raw("\"");
    resource_principal.raw("\"resourceServicePrincipalId\":\"").raw(&principal.id).raw("\"");
    own.raw("\"servicePrincipalName\":")
        .quoted(&principal.name)
        .raw(",\"servicePrincipalId\":\"")
        .raw(&principal.id)
        .raw("\"");
    let owner = if is_microsoft { MICROSOFT_TENANT.to_owned() } else { world.tenant_id() };
    Program { app, resource, resource_principal, principal: own, id: principal.id, app_id: principal.app_id, owner }
}

fn location(site: &Site) -> Fragment {
    let mut out = Vec::new();
    out.raw("{\"city\":").quoted(site.city).raw(",\"state\":").quoted(site.state);
    out.raw(",\"countryOrRegion\":").quoted(site.country_code);
    let coordinates =
        format!("{{\"altitude\":null,\"latitude\":{},\"longitude\":{}}}}}", site.latitude, site.longitude);
    out.raw(",\"geoCoordinates\":").raw(&coordinates);
    out
}

/// The named location that a site belongs to, as the configuration calls it.
fn network(site: &Site) -> Fragment {
    let name = if site.name == SITES[1].name { "Branch office and quay" } else { "Offices" };
    let mut out = Vec::new();
    out.raw("[{\"networkType\":\"trustedNamedLocation\",\"networkNames\":[").quoted(name).raw("]}]");
    out
}

/// One member of `appliedConditionalAccessPolicies`.
struct Applied<'a> {
    policy: &'a str,
    name: &'a str,
    grant: &'a str,
    result: &'a str,
    unmet: &'a str,
}

fn policies(world: &World) -> Policies {
    let applied = |block: &'static str, mfa: &'static str| {
        let is_blocked = block == "failure";
        [
            Applied {
                policy: stories::POLICY_BLOCK_FIELD,
                name: stories::POLICY_BLOCK_FIELD_NAME,
                grant: "Block",
                result: block,
                unmet: if is_blocked { "none" } else { "users" },
            },
            Applied {
                policy: stories::POLICY_REQUIRE_MFA,
                name: stories::POLICY_REQUIRE_MFA_NAME,
                grant: "Mfa",
                result: mfa,
                unmet: "none",
            },
            Applied {
                policy: stories::POLICY_COMPLIANT_DEVICE,
                name: stories::POLICY_COMPLIANT_DEVICE_NAME,
                grant: "RequireCompliantDevice",
                result: "reportOnlyNotApplied",
                unmet: "application",
            },
        ]
    };
    let both = |block, mfa| [true, false].map(|is_beta| policy_list(world, &applied(block, mfa), is_beta));
    Policies {
        satisfied: both("notApplied", "success"),
        blocked: both("failure", "notApplied"),
        unsatisfied: both("notApplied", "failure"),
    }
}

fn policy_list(world: &World, applied: &[Applied<'_>], is_beta: bool) -> Fragment {
    let mut out = Vec::new();
    for (place, policy) in applied.iter().enumerate() {
        out.raw(if place == 0 { "[" } else { "," });
        out.raw("{\"id\":\"").raw(&world.named_id(policy.policy)).raw("\",\"displayName\":").quoted(policy.name);
        out.raw(",\"enforcedGrantControls\":[\"")
            .raw(policy.grant)
            .raw("\"],\"enforcedSessionControls\":[],\"result\":\"");
        out.raw(policy.result).raw("\"");
        if is_beta {
            let met = if policy.unmet == "none" { "application" } else { "none" };
            out.raw(",\"conditionsSatisfied\":\"").raw(met).raw("\",\"conditionsNotSatisfied\":\"").raw(policy.unmet);
            out.raw("\",\"includeRulesSatisfied\":[],\"excludeRulesSatisfied\":[],\"sessionControlsNotSatisfied\":[],\"authenticationStrength\":null");
        }
        out.raw("}");
    }
    out.raw("]");
    out
}
