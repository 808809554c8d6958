//! Users, deleted users, contacts, registration details and authentication methods.
//!
//! Source: <https://learn.microsoft.com/graph/api/resources/user> and the pages of the lists.

use serde_json::{Value, json};

use crate::tenant::world::{Class, Contact, User, World, stamp, stories};
use crate::tenant::world::{INITIAL_DOMAIN, NETBIOS_DOMAIN, ON_PREMISES_DOMAIN};

/// SKU ids (the same in every tenant) of the licences that people hold.
const SKU_E5: &str = "06ebc4ee-1bb5-47dd-8120-11324bc54e06";
const SKU_P2: &str = "84a661c4-e949-4bd2-a560-ed7766fcaf2b";
/// Service plans: id and the service's name.
const PLANS: [(&str, &str); 4] = [
    ("eec0eb4f-6444-4f95-aba0-50c24d67f998", "AADPremiumService"),
    ("41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AADPremiumService"),
    ("efb87545-963c-4e0d-99df-69c6916d9eb0", "exchange"),
    ("c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "SCO"),
];

/// The properties that a list of users has without `$select`.
pub(super) const DEFAULT_PROPERTIES: &[&str] = &[
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];

/// A user with everything a list can select.
pub(super) fn user(world: &World, user: &User) -> Value {
    let mut body = person(user);
    let created = stamp(user.created);
    let password = stamp(world.past("password", user.index, 2, 200));
    let parts = [
        json!({
            "accountEnabled": user.is_enabled,
            "userType": if user.is_guest { "Guest" } else { "Member" },
            "creationType": user.is_guest.then_some("Invitation"),
            "externalUserState": external_state(user),
            "externalUserStateChangeDateTime": user.is_guest.then_some(&created),
            "createdDateTime": created,
            "deletedDateTime": null,
            "mailNickname": user.mail_nickname,
            "otherMails": user.other_mails,
            "proxyAddresses": user.proxy_addresses,
            "imAddresses": if user.is_guest { None } else { user.mail.as_ref() }.into_iter().collect::<Vec<_>>(),
            "identities": identities(user),
            "employeeId": user.employee_id,
            "department": user.department,
            "companyName": if user.is_guest { "Partner" } else { "Alderwood Marine" },
            "city": user.site.city,
            "state": user.site.state,
            "streetAddress": user.site.street,
            "postalCode": user.site.postal_code,
            "country": user.site.country,
            "usageLocation": user.site.country_code,
            "faxNumber": null,
        }),
        json!({
            "lastPasswordChangeDateTime": password,
            "signInSessionsValidFromDateTime": password,
            "passwordPolicies": if user.is_synced { None } else { Some("DisablePasswordExpiration") },
            "securityIdentifier": user.cloud_sid,
            "assignedLicenses": licences(user),
            "licenseAssignmentStates": licence_states(user, &created),
            "assignedPlans": plans(user, &created),
            "serviceProvisioningErrors": service_errors(world, user),
        }),
        on_premises(world, user),
        activity(world, user),
    ];
    merge(&mut body, parts);
    body
}

/// The eleven properties of a list without `$select`; also a member of a group.
pub(super) fn person(user: &User) -> Value {
    json!({
        "id": user.id,
        "businessPhones": user.phone.iter().collect::<Vec<_>>(),
        "displayName": user.display_name,
        "givenName": user.given_name,
        "jobTitle": user.given_name.as_ref().map(|_| user.job_title),
        "mail": user.mail,
        "mobilePhone": user.mobile,
        "officeLocation": user.office,
        "preferredLanguage": user.site.language,
        "surname": user.surname,
        "userPrincipalName": user.upn,
    })
}

fn on_premises(world: &World, user: &User) -> Value {
    let synced = user.is_synced.then_some(true);
    json!({
        "onPremisesSyncEnabled": synced,
        "onPremisesImmutableId": user.immutable_id,
        "onPremisesSamAccountName": user.sam,
        "onPremisesUserPrincipalName": user.on_premises_upn,
        "onPremisesDistinguishedName": user.dn,
        "onPremisesDomainName": synced.map(|_| ON_PREMISES_DOMAIN),
        "onPremisesSecurityIdentifier": user.sid,
        "onPremisesLastSyncDateTime": synced.map(|_| stamp(world.ago_s(1_260))),
        "onPremisesProvisioningErrors": sync_errors(world, user),
        "onPremisesExtensionAttributes": extension_attributes([
            json!(user.sam.as_ref().map(|sam| format!("{NETBIOS_DOMAIN}\\{sam}"))),
            json!(user.employee_id),
        ]),
    })
}

/// Story 3: the address that somebody else already has.
fn sync_errors(world: &World, user: &User) -> Vec<Value> {
    let conflict = json!({
        "category": "PropertyConflict",
        "occurredDateTime": stamp(world.ago_s(5 * 86_400 + 420)),
        "propertyCausingError": "ProxyAddresses",
        "value": format!("smtp:{}", stories::CONFLICT_ADDRESS),
    });
    if user.index == stories::CONFLICT_USER && user.is_synced { vec![conflict] } else { Vec::new() }
}

fn service_errors(world: &World, user: &User) -> Vec<Value> {
    if user.index != stories::CONFLICT_USER || !user.is_synced {
        return Vec::new();
    }
    let detail = format!(
        "<ServiceInstance><ObjectErrors><ErrorRecord><ErrorCode>ExF75BD4</ErrorCode><ErrorParameters>{}</ErrorParameters>\
         </ErrorRecord></ObjectErrors></ServiceInstance>",
        user.upn
    );
    vec![json!({
        "@odata.type": "#microsoft.graph.serviceProvisioningXmlError",
        "createdDateTime": stamp(world.ago_s(4 * 86_400)),
        "isResolved": false,
        "serviceInstance": "exchange/EURPR01-001-01",
        "errorDetail": detail,
    })]
}

/// `extensionAttribute1` … `15`: the first ones, the rest null.
pub(super) fn extension_attributes(first: [Value; 2]) -> Value {
    let values = first.into_iter().chain(std::iter::repeat(Value::Null)).take(15);
    (1..).zip(values).map(|(number, value): (u32, _)| (format!("extensionAttribute{number}"), value)).collect()
}

/// Story 8: one guest has not accepted.
fn external_state(user: &User) -> Option<&'static str> {
    match (user.is_guest, user.index) {
        (false, _) => None,
        (true, stories::PENDING_GUEST) => Some("PendingAcceptance"),
        _ => Some("Accepted"),
    }
}

fn identities(user: &User) -> Vec<Value> {
    let own = json!({"signInType": "userPrincipalName", "issuer": INITIAL_DOMAIN, "issuerAssignedId": user.upn});
    match external_state(user) {
        None => vec![own],
        Some("PendingAcceptance") => {
            vec![json!({"signInType": "emailAddress", "issuer": INITIAL_DOMAIN, "issuerAssignedId": user.mail}), own]
        }
        _ => vec![json!({"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": null}), own],
    }
}

/// When the user last signed in; nothing for who never did.
fn activity(world: &World, user: &User) -> Value {
    if external_state(user) == Some("PendingAcceptance") {
        return json!({});
    }
    let at = |purpose| stamp(world.past(purpose, user.index, 0, 30));
    let request = |n| world.id(Class::Event, (1 << 50) + user.index * 4 + n);
    json!({"signInActivity": {
        "lastSignInDateTime": at("last-interactive"),
        "lastSignInRequestId": request(0),
        "lastNonInteractiveSignInDateTime": at("last-token"),
        "lastNonInteractiveSignInRequestId": request(1),
        "lastSuccessfulSignInDateTime": at("last-success"),
        "lastSuccessfulSignInRequestId": request(2),
    }})
}

fn is_licensed(user: &User) -> bool {
    !user.is_guest && user.given_name.is_some()
}

fn licences(user: &User) -> Vec<Value> {
    if !is_licensed(user) {
        return Vec::new();
    }
    vec![json!({"disabledPlans": [], "skuId": if user.is_synced { SKU_E5 } else { SKU_P2 }})]
}

fn licence_states(user: &User, at: &str) -> Vec<Value> {
    let state = |licence: Value| {
        json!({
            "skuId": licence["skuId"],
            "disabledPlans": [],
            "assignedByGroup": null,
            "state": "Active",
            "error": "None",
            "lastUpdatedDateTime": at,
        })
    };
    licences(user).into_iter().map(state).collect()
}

fn plans(user: &User, at: &str) -> Vec<Value> {
    let plan = |(id, service): &(&str, &str)| json!({"assignedDateTime": at, "capabilityStatus": "Enabled", "service": service, "servicePlanId": id});
    PLANS.iter().filter(|_| is_licensed(user)).map(plan).collect()
}

/// An organisational contact.
pub(super) fn contact(world: &World, contact: &Contact) -> Value {
    json!({
        "id": contact.id,
        "deletedDateTime": null,
        "companyName": contact.company,
        "department": null,
        "displayName": contact.display_name,
        "givenName": contact.given_name,
        "jobTitle": "Partner contact",
        "mail": contact.mail,
        "mailNickname": contact.mail_nickname,
        "onPremisesLastSyncDateTime": stamp(world.ago_s(1_260)),
        "onPremisesSyncEnabled": true,
        "proxyAddresses": [format!("SMTP:{}", contact.mail)],
        "surname": contact.surname,
        "addresses": [{
            "city": "Plymouth", "countryOrRegion": "United Kingdom", "officeLocation": null, "postalCode": "PL1 3XX",
            "state": "Devon", "street": "12 Quay Lane",
        }],
        "onPremisesProvisioningErrors": [],
        "phones": [{"number": contact.phone, "type": "business"}],
        "serviceProvisioningErrors": [],
    })
}

/// A soft-deleted user.
pub(super) fn deleted(world: &World, index: u64) -> Value {
    let person = world.deleted_user(index);
    let mut body = user(world, &person);
    body["userPrincipalName"] = json!(person.deleted_upn());
    body["deletedDateTime"] = json!(stamp(world.past("user-deleted", index, 1, 29)));
    body
}

/// Adds the members of the parts to a body.
pub(super) fn merge(body: &mut Value, parts: impl IntoIterator<Item = Value>) {
    let Some(members) = body.as_object_mut() else { return };
    for part in parts {
        if let Value::Object(part) = part {
            members.extend(part);
        }
    }
}
