//! Rules that still select the same, and rules that say that they cannot.

use serde_json::{Value, json};

use crate::pseudonym::tests::{field, gate, text};
use crate::pseudonym::{Gate, Policy};

fn rule(gate: &Gate, rule: &str) -> String {
    field(gate, "membershipRule", rule)
}

/// Pseudonyms that the traits call not evaluable.
fn in_part(gate: &Gate) -> Vec<String> {
    let traits = String::from_utf8(gate.traits().into_bytes()).unwrap();
    let lines = traits.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let is_in_part = |line: &Value| line["violations"].to_string().contains("rule-cannot-be-evaluated");
    lines.filter(is_in_part).map(|line| line["value"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn whole_literals_become_what_the_attribute_becomes() {
    let gate = gate();
    let (crew, deck) = (field(&gate, "department", "Crew"), field(&gate, "department", "Deck \"A\""));
    let upn = field(&gate, "userPrincipalName", "ada.field@alderwood.example");
    let name = field(&gate, "userDisplayName", "Ada O'Field");
    let host = field(&gate, "deviceDisplayName", "AW-LT-0412");
    let proxy = field(&gate, "proxyAddresses", "smtp:ada.field@alderwood.example");
    let rows = [
        (r#"(user.department -eq "Crew") -and (user.accountEnabled -eq true)"#, format!(r#"(user.department -eq "{crew}") -and (user.accountEnabled -eq true)"#)),
        (r#"user.department -in ["Crew", "Deck \"A\""]"#, format!(r#"user.department -in ["{crew}", "{deck}"]"#)),
        (r#"user.department -ne "" -and user.userPrincipalName -eq "ada.field@alderwood.example""#, format!(r#"user.department -ne "" -and user.userPrincipalName -eq "{upn}""#)),
        ("displayName eq 'Ada O''Field' or mail eq 'ada.field@alderwood.example'", format!("displayName eq '{name}' or mail eq '{upn}'")),
        ("proxyAddresses/any(p:p eq 'smtp:ada.field@alderwood.example')", format!("proxyAddresses/any(p:p eq '{proxy}')")),
        (r#"user.proxyAddresses -any (_ -eq "smtp:ada.field@alderwood.example")"#, format!(r#"user.proxyAddresses -any (_ -eq "{proxy}")"#)),
        (r#"device.displayName -eq "AW-LT-0412""#, format!(r#"device.displayName -eq "{host}""#)),
        (r#"device.deviceOSVersion -startsWith "10.0.1" -and device.deviceOSType -contains "Win""#, r#"device.deviceOSVersion -startsWith "10.0.1" -and device.deviceOSType -contains "Win""#.to_owned()),
        (r#"user.assignedPlans -any (assignedPlan.servicePlanId -eq "efb87545-963c-4e0d-99df-69c6916d9eb0" -and assignedPlan.capabilityStatus -eq "Enabled")"#, r#"user.assignedPlans -any (assignedPlan.servicePlanId -eq "efb87545-963c-4e0d-99df-69c6916d9eb0" -and assignedPlan.capabilityStatus -eq "Enabled")"#.to_owned()),
        (r#"user.memberof -any (group.objectId -in ['5d8a3f16-27c9-4e0b-b4f1-86a2d7c9e053'])"#, r#"user.memberof -any (group.objectId -in ['5d8a3f16-27c9-4e0b-b4f1-86a2d7c9e053'])"#.to_owned()),
    ];
    for (number, (raw, wanted)) in rows.into_iter().enumerate() {
        assert_eq!(rule(&gate, raw), wanted, "row {number}");
    }
    assert!(in_part(&gate).is_empty());
}

#[test]
fn parts_that_are_whole_in_the_pseudonym_still_hold() {
    let gate = gate();
    let upn = field(&gate, "userPrincipalName", "ada.field@alderwood.example");
    let domain = upn.split_once('@').unwrap().1.to_owned();
    assert_eq!(
        rule(&gate, r#"user.mail -endsWith "@alderwood.example""#),
        format!(r#"user.mail -endsWith "@{domain}""#)
    );
    assert_eq!(
        rule(&gate, "endswith(userPrincipalName,'@alderwood.example')"),
        format!("endswith(userPrincipalName,'@{domain}')")
    );
    assert_eq!(
        rule(&gate, r#"user.proxyAddresses -any (_ -startsWith "SMTP:")"#),
        r#"user.proxyAddresses -any (_ -startsWith "SMTP:")"#
    );
    assert!(in_part(&gate).is_empty());
}

#[test]
fn other_parts_are_mapped_and_said_to_tell_nothing() {
    let gate = gate();
    let rows = [
        (r#"device.displayName -startsWith "PC-HARBOUR""#, "PC-HARBOUR"),
        (r#"user.department -contains "Cre" -and user.accountEnabled -eq true"#, "Cre"),
        ("startswith(displayName,'Adalbert')", "Adalbert"),
        (r#"user.mail -match "^(ada|bo)\.field@alderwood\.example$""#, "alderwood"),
    ];
    for (number, (raw, gone)) in rows.into_iter().enumerate() {
        let before = in_part(&gate).len();
        let clean = rule(&gate, raw);
        assert!(!clean.contains(gone) && !clean.contains("ada|bo"), "row {number}");
        let told = in_part(&gate);
        assert_eq!(told.len(), before + 1, "row {number}");
        assert!(
            told.iter().any(|token| clean.contains(token.as_str())),
            "row {number}: the literal is found by its token"
        );
    }
    // Whether an operator goes on is told by the next attribute.
    let crew = field(&gate, "department", "Crew");
    let clean = rule(&gate, r#"device.displayName -startsWith "PC-" -or user.department -eq "Crew""#);
    assert!(clean.contains(&format!("-eq \"{crew}\"")) && !in_part(&gate).contains(&crew));
}

#[test]
fn expressions_stay_expressions() {
    let gate = gate();
    let clean = rule(&gate, r#"user.userPrincipalName -match "(?i)^adm-[a-z]{2,4}\d+@(emea\.)?alderwood\.example$""#);
    let pattern = clean.split('"').nth(1).unwrap();
    let upn = field(&gate, "mail", "x@alderwood.example");
    let domain = upn.split_once('@').unwrap().1;
    assert!(pattern.starts_with("(?i)^px") && pattern.contains(r"[a-z]{2,4}\d+@("));
    assert!(
        pattern.ends_with(&format!("{}$", domain.replace('.', r"\."))),
        "the domain is the domain of every address"
    );
    assert!(regex::Regex::new(pattern).is_ok());
}

#[test]
fn kept_kinds_are_left_in_rules() {
    let gate =
        crate::pseudonym::tests::frozen(crate::pseudonym::tests::gate_with(Policy::standard().keep("job").unwrap()));
    let raw = r#"user.department -startsWith "Cre""#;
    assert_eq!(rule(&gate, raw), raw);
    assert!(in_part(&gate).is_empty());
}

#[test]
fn filters_in_urls_are_rewritten_where_they_stand() {
    let gate = gate();
    let name = field(&gate, "userDisplayName", "Adalbert Quill");
    let upn = field(&gate, "mail", "q.quill@alderwood.example");
    let rows = [
        (
            "https://graph.microsoft.com/v1.0/users?$filter=displayName%20eq%20'Adalbert%20Quill'&$top=5",
            format!("https://graph.microsoft.com/v1.0/users?$filter=displayName%20eq%20'{name}'&$top=5"),
        ),
        (
            "https://graph.microsoft.com/v1.0/users?%24filter=mail+eq+%27q.quill%40alderwood.example%27",
            format!("mail+eq+'{upn}'"),
        ),
        (
            "GET /v1.0/users?$filter=displayName eq 'Adalbert Quill' HTTP/1.1 200 'left alone'",
            format!("displayName eq '{name}' HTTP/1.1 200 'left alone'"),
        ),
        ("/users?$search=\"displayName:Adalbert Quill\"&$count=true", format!("\"displayName:{name}\"&$count=true")),
        (
            "/users?$filter=startswith(userType,'Gue')&$select=id",
            "/users?$filter=startswith(userType,'Gue')&$select=id".to_owned(),
        ),
    ];
    for (number, (raw, wanted)) in rows.into_iter().enumerate() {
        let clean = text(&gate, raw);
        let plain = |text: &str| text.replace("%40", "@").replace("%27", "'");
        assert!(plain(&clean).contains(&plain(&wanted)), "row {number}: {clean}");
        assert!(!field(&gate, "requestUri", raw).contains("Adalbert"), "row {number}");
    }
}

#[test]
fn json_of_scopes_and_claims_is_mapped_by_its_names() {
    let gate = gate();
    let crew = field(&gate, "department", "Crew");
    let scope = json!({"groups": [{"clauses": [{"operatorName": "EQUALS", "sourceOperandName": "department", "targetOperand": {"values": ["Crew", "Deck"]}}]}]});
    let clean = crate::pseudonym::tests::clean(&gate, "synchronization-schemas", &scope.to_string());
    assert!(clean.contains(&crew) && !clean.contains("Deck") && clean.contains("EQUALS"));
    let definition = r#"{"ClaimsMappingPolicy":{"Version":1,"IncludeBasicClaimSet":"true","ClaimsSchema":[{"Source":"user","ID":"employeeid","SamlClaimType":"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"}],"ClaimsTransformation":[{"ID":"Join","TransformationMethod":"Join","InputParameters":[{"ID":"string2","Value":"crew.alderwood.example"}]}]}}"#;
    let policy = json!({"definition": [definition], "displayName": "Claims"});
    let clean: Value =
        serde_json::from_str(&crate::pseudonym::tests::clean(&gate, "settings", &policy.to_string())).unwrap();
    let inner = clean["definition"][0].as_str().unwrap();
    let parsed: Value = serde_json::from_str(inner).unwrap();
    assert!(!inner.contains("alderwood"));
    assert_eq!(
        parsed["ClaimsMappingPolicy"]["ClaimsSchema"],
        serde_json::from_str::<Value>(definition).unwrap()["ClaimsMappingPolicy"]["ClaimsSchema"]
    );
}
