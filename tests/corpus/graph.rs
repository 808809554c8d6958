//! What Microsoft's services would send about the invented people: Graph records, Azure Monitor envelopes, the answer
//! of a Log Analytics query. Every body is written by hand after the documented shapes.

use serde_json::{Value, json};

use super::names::{AGENTS, APPS, FAILURES, SITES};
use super::people::{DOMAIN, Dice, FOREST, NETBIOS, Person, TENANT, guid_text};
use super::spell;

/// `2026-09-08T03:04:05.0670000Z`, `number` steps after the start.
pub fn instant(number: usize) -> String {
    let (day, rest) = (number / 8640 % 7 + 8, number % 8640 * 10);
    format!(
        "2026-09-{day:02}T{:02}:{:02}:{:02}.{:03}{:04}Z",
        rest / 3600,
        rest / 60 % 60,
        rest % 60,
        number % 1000,
        number % 7919
    )
}

pub fn user(person: &Person, number: usize) -> Value {
    let (city, state, country, _) = SITES[person.site];
    json!({
        "id": person.object(), "deletedDateTime": null, "accountEnabled": !number.is_multiple_of(11), "ageGroup": null,
        "createdDateTime": instant(number), "userPrincipalName": person.upn, "mail": person.mail,
        "displayName": person.name, "givenName": person.given, "surname": person.family,
        "mailNickname": person.account, "userType": "Member", "usageLocation": country, "city": city, "state": state,
        "onPremisesSyncEnabled": true, "onPremisesImmutableId": person.immutable(),
        "onPremisesSamAccountName": person.account, "onPremisesDomainName": FOREST,
        "onPremisesUserPrincipalName": person.upn, "onPremisesSecurityIdentifier": person.sid,
        "onPremisesDistinguishedName": person.dn(), "securityIdentifier": super::people::entra_sid(person.object_id),
        "proxyAddresses": [format!("SMTP:{}", person.mail), format!("smtp:{}@{FOREST}", person.mail_local()), format!("sip:{}", person.upn)],
        "identities": [{"signInType": "userPrincipalName", "issuer": DOMAIN, "issuerAssignedId": person.upn}],
        "assignedLicenses": [{"disabledPlans": [], "skuId": "05e9a617-0261-4cee-bb44-138d3ef5d965"}],
        "refreshTokensValidFromDateTime": instant(number + 5)
    })
}

pub fn device(person: &Person, number: usize) -> Value {
    let mut dice = Dice::new(0xdead_0000 + number as u64);
    json!({
        "id": guid_text(dice.guid()), "deviceId": person.device(), "displayName": person.host, "accountEnabled": true,
        "operatingSystem": "Windows", "operatingSystemVersion": "10.0.22631.4317", "trustType": "ServerAd",
        "profileType": "RegisteredDevice", "isCompliant": number.is_multiple_of(3), "isManaged": true, "deviceVersion": 2,
        "approximateLastSignInDateTime": instant(number), "onPremisesSyncEnabled": true,
        "physicalIds": [format!("[USER-GID]:{}:6825812345678901", person.object())]
    })
}

/// One sign-in, about 2 kB.
pub fn sign_in(person: &Person, number: usize, dice: &mut Dice) -> Value {
    let (city, state, country, _) = SITES[person.site];
    let (code, reason) = FAILURES[dice.below(9).saturating_sub(4)];
    let (app_id, app) = APPS[dice.below(3)];
    let address = if number % 4 == 3 { &person.ipv6 } else { &person.ipv4 };
    let details = match number % 13 {
        0 => format!("User '{}' ({}) signed in from {} on {}.", person.name, person.upn, address, person.host),
        1 => format!(
            "Object {{{}}} matched {NETBIOS}\\{} with SID {}.",
            person.object().to_uppercase(),
            person.account,
            person.sid
        ),
        2 => {
            format!("The account {} was found by mail {}; anchor {}.", person.account, person.mail, person.immutable())
        }
        _ => "MFA requirement satisfied by claim in the token".to_owned(),
    };
    let upn = if number % 6 == 5 { person.upn.to_uppercase() } else { person.upn.clone() };
    let policies = json!([
            {"id": "6551c58c-e5cb-4a36-a1c0-1f8d8b3d0e77", "displayName": "Require MFA for all users",
             "enforcedGrantControls": ["Mfa"], "enforcedSessionControls": [], "result": "success", "conditionsSatisfied": 23},
            {"id": "0d2b1f6a-7a44-4c0f-8c71-52c1bb6a7f21", "displayName": "Block legacy authentication",
             "enforcedGrantControls": ["Block"], "enforcedSessionControls": [], "result": "notApplied", "conditionsSatisfied": 0}]);
    let steps = json!([{"authenticationStepDateTime": instant(number), "authenticationMethod": "Password",
            "authenticationMethodDetail": "Password Hash Sync", "succeeded": code == 0,
            "authenticationStepResultDetail": "Correct password", "authenticationStepRequirement": "Primary authentication"}]);
    let networks = json!([{"networkType": "namedNetwork", "networkNames": [format!("{city} office")]}]);
    let mut record = json!({
        "id": guid_text(dice.guid()), "createdDateTime": instant(number), "userDisplayName": person.name,
        "userPrincipalName": upn, "userId": person.object(), "appId": app_id, "appDisplayName": app,
        "ipAddress": address, "ipAddressFromResourceProvider": null, "clientAppUsed": "Browser",
        "userAgent": AGENTS[dice.below(AGENTS.len())], "correlationId": guid_text(dice.guid()),
        "conditionalAccessStatus": if code == 53003 { "failure" } else { "success" }, "originalRequestId": "",
        "isInteractive": true, "tokenIssuerName": "", "tokenIssuerType": "AzureAD", "clientCredentialType": "none",
        "processingTimeInMilliseconds": 40 + dice.below(400), "riskDetail": "none", "riskLevelAggregated": "none",
        "riskLevelDuringSignIn": "none", "riskState": "none", "riskEventTypes_v2": [], "resourceDisplayName": app,
        "resourceId": app_id, "resourceTenantId": TENANT, "homeTenantId": TENANT, "userType": "member",
    });
    let rest = json!({
        "autonomousSystemNumber": 64_496 + person.site, "crossTenantAccessType": "none", "flaggedForReview": false,
        "authenticationRequirement": "multiFactorAuthentication", "signInIdentifier": person.upn,
        "uniqueTokenIdentifier": spell::base64_url(&dice.guid()), "incomingTokenType": "none",
        "status": {"errorCode": code, "failureReason": reason, "additionalDetails": details},
        "deviceDetail": {"deviceId": person.device(), "displayName": person.host, "operatingSystem": "Windows10",
            "browser": "Edge 142.0.0", "isCompliant": number.is_multiple_of(3), "isManaged": true, "trustType": "Hybrid Azure AD joined"},
        "location": {"city": city, "state": state, "countryOrRegion": country,
            "geoCoordinates": {"altitude": null, "latitude": 47.620_501 + person.site as f64, "longitude": -122.350_98}},
        "appliedConditionalAccessPolicies": policies, "authenticationDetails": steps, "networkLocationDetails": networks,
        "sessionLifetimePolicies": []
    });
    record.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    record
}

/// A change of a user, with JSON inside strings.
pub fn audit(person: &Person, actor: &Person, number: usize, dice: &mut Dice) -> Value {
    let was = json!([person.account]).to_string();
    let now = json!([person.name]).to_string();
    json!({
        "id": format!("Directory_{}_{number:05}", guid_text(dice.guid())), "category": "UserManagement",
        "correlationId": guid_text(dice.guid()), "result": "success", "resultReason": "",
        "activityDisplayName": "Update user", "activityDateTime": instant(number), "loggedByService": "Core Directory",
        "operationType": "Update",
        "initiatedBy": {"app": null, "user": {"id": actor.object(), "displayName": null,
            "userPrincipalName": actor.upn, "ipAddress": actor.ipv4, "userType": null}},
        "targetResources": [{"id": person.object(), "displayName": null, "type": "User",
            "userPrincipalName": person.upn, "groupType": null, "modifiedProperties": [
                {"displayName": "DisplayName", "oldValue": was, "newValue": now},
                {"displayName": "OtherMail", "oldValue": "[]", "newValue": json!([person.mail]).to_string()},
                {"displayName": "SourceAnchor", "oldValue": "[]", "newValue": json!([person.immutable()]).to_string()},
                {"displayName": "Included Updated Properties", "oldValue": null, "newValue": "\"DisplayName, OtherMail\""}]}],
        "additionalDetails": [{"key": "UserType", "value": "Member"},
            {"key": "User-Agent", "value": AGENTS[number % AGENTS.len()]},
            {"key": "Device", "value": json!({"DeviceId": person.device(), "Name": person.host}).to_string()}]
    })
}

/// As a diagnostic setting writes it to a storage account or an event hub.
pub fn envelope(person: &Person, number: usize, dice: &mut Dice) -> Value {
    let properties = sign_in(person, number, dice);
    json!({
        "time": instant(number), "resourceId": format!("/tenants/{TENANT}/providers/Microsoft.aadiam"),
        "operationName": "Sign-in activity", "operationVersion": "1.0", "category": "SignInLogs", "tenantId": TENANT,
        "resultType": properties["status"]["errorCode"].to_string(), "resultSignature": "None",
        "resultDescription": properties["status"]["failureReason"], "durationMs": 0, "callerIpAddress": person.ipv4,
        "correlationId": properties["correlationId"], "identity": person.name, "Level": 4, "location": properties["location"]["countryOrRegion"],
        "properties": properties
    })
}

/// The answer of a query: columns and rows.
pub fn answer(people: &[Person]) -> Value {
    let columns = [
        "TimeGenerated",
        "UserPrincipalName",
        "UserId",
        "UserDisplayName",
        "IPAddress",
        "DeviceDetail",
        "ResultType",
        "AppId",
        "CorrelationId",
    ];
    let kinds = ["datetime", "string", "string", "string", "string", "dynamic", "string", "string", "string"];
    let columns: Vec<Value> =
        columns.iter().zip(kinds).map(|(name, kind)| json!({"name": name, "type": kind})).collect();
    let mut dice = Dice::new(77);
    let row = |(number, person): (usize, &Person)| {
        let detail = json!({"deviceId": person.device(), "displayName": person.host, "operatingSystem": "Windows 11"})
            .to_string();
        json!([
            instant(number),
            person.upn,
            person.object(),
            person.name,
            person.ipv4,
            detail,
            "0",
            APPS[0].0,
            guid_text(dice.guid())
        ])
    };
    let rows: Vec<Value> = people.iter().enumerate().map(row).collect();
    json!({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]})
}
