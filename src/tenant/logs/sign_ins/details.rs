//! How a sign-in proved who it was: the nested lists of a `beta` sign-in.
//!
//! This is where identifiers hide: server names of AD FS, phone numbers, scopes as JSON in a string, certificate
//! subjects. Source: graph/api/resources/authenticationdetail, entra-docs concept-sign-in-log-activity-details.

use super::super::super::instant::{SECOND, Ticks};
use super::super::ink::Ink;
use super::Kind;
use super::facts::{Facts, Proof, Who};
use super::stage::Stage;

/// Appends the lists from `authenticationContextClassReferences` to `sessionLifetimePolicies`.
pub(super) fn write(stage: &Stage, facts: &Facts<'_>, out: &mut Vec<u8>) {
    out.raw(",\"authenticationContextClassReferences\":[],\"authenticationProcessingDetails\":[");
    processing(facts, out);
    out.raw("],\"networkLocationDetails\":");
    match (facts.network, stage.networks.get(facts.site)) {
        (super::super::addresses::Network::Office(..), Some(named)) => out.extend_from_slice(named),
        _ => {
            out.raw("[]");
        }
    }
    out.raw(",\"authenticationDetails\":[");
    steps(facts, out);
    out.raw("],\"authenticationRequirementPolicies\":");
    let by_policy = matches!(facts.proof, Proof::Push | Proof::Phone | Proof::Claim);
    out.raw(if by_policy {
        "[{\"requirementProvider\":\"multiConditionalAccess\",\"detail\":\"Conditional Access\"}]"
    } else {
        "[]"
    });
    out.raw(",\"sessionLifetimePolicies\":");
    let remembered = facts.draw & 0xF000 == 0;
    out.raw(if remembered {
        "[{\"expirationRequirement\":\"signInFrequencyPeriodicReauthentication\",\"detail\":\"Sign-in frequency\"}]"
    } else {
        "[]"
    });
}

fn processing(facts: &Facts<'_>, out: &mut Vec<u8>) {
    out.raw("{\"key\":\"Legacy TLS (TLS 1.0, 1.1, 3DES)\",\"value\":\"False\"},{\"key\":\"Is CAE Token\",\"value\":\"");
    out.raw(if facts.draw & 8 == 0 { "False\"}" } else { "True\"}" });
    if facts.kind == Kind::NonInteractive {
        let scopes = "[\\\"email\\\",\\\"openid\\\",\\\"profile\\\",\\\"User.Read\\\"]";
        out.raw(",{\"key\":\"Oauth Scope Info\",\"value\":\"").raw(scopes).raw("\"}");
    }
    match (facts.proof, &facts.who) {
        (Proof::Federated, _) => {
            out.raw(",{\"key\":\"Server name\",\"value\":\"").raw(super::FEDERATION_SERVER).raw("\"}");
        }
        (Proof::Hello, Who::Actor(actor)) if facts.draw & 0x300 == 0 => {
            if let Some(subject) = &actor.user.dn {
                out.raw(",{\"key\":\"User certificate subject\",\"value\":").quoted(subject).raw("}");
            }
        }
        (Proof::Password, Who::Actor(actor)) if facts.draw & 0x300 == 0 => {
            let hint = format!("login_hint={}", percent_encoded(&actor.user.upn));
            out.raw(",{\"key\":\"Login Hint Present\",\"value\":\"True\"},{\"key\":\"Request\",\"value\":")
                .quoted(&hint)
                .raw("}");
        }
        _ => {}
    }
    if facts.is_lost {
        out.raw(",{\"key\":\"Root Key Type\",\"value\":\"Unknown\"}");
    }
}

fn percent_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn steps(facts: &Facts<'_>, out: &mut Vec<u8>) {
    let done = !matches!(facts.outcome.code, 50_126 | 50_034 | 50_055 | 50_053);
    let first = match facts.proof {
        Proof::Claim => ["Previously satisfied", "", "First factor requirement satisfied by claim in the token"],
        Proof::Hello => ["Windows Hello for Business", "", ""],
        Proof::Federated => ["Federated", super::FEDERATION_HOST, ""],
        _ if done => ["Password", "Password Hash Sync", "Correct password"],
        _ => [
            "Password",
            "Password in the cloud",
            "Invalid username or password or Invalid on-premise username or password.",
        ],
    };
    step(facts.at, first, done, "Primary authentication", out);
    let answered = if facts.outcome.code == 500_121 {
        "MFA denied; user declined the authentication"
    } else {
        "MFA successfully completed"
    };
    match facts.proof {
        Proof::Push if done => {
            out.push(b',');
            let detail = ["Mobile app notification", "", answered];
            step(facts.at + 4 * SECOND, detail, facts.outcome.code == 0, "Multifactor authentication", out);
        }
        Proof::Phone if done => {
            let tail = if let Who::Actor(actor) = facts.who { actor.phone_tail } else { 0 };
            let masked = format!("+XX XXXXXXXX{tail:02}");
            out.push(b',');
            step(
                facts.at + 9 * SECOND,
                ["Text message", &masked, answered],
                facts.outcome.code == 0,
                "Multifactor authentication",
                out,
            );
        }
        _ => {}
    }
}

fn step(at: Ticks, [method, detail, result]: [&str; 3], succeeded: bool, requirement: &str, out: &mut Vec<u8>) {
    out.raw("{\"authenticationStepDateTime\":\"").instant(at).raw("\",\"authenticationMethod\":\"").raw(method);
    out.raw("\",\"authenticationMethodDetail\":\"").raw(detail);
    out.raw(if succeeded { "\",\"succeeded\":true" } else { "\",\"succeeded\":false" });
    out.raw(",\"authenticationStepResultDetail\":\"").raw(result);
    out.raw("\",\"authenticationStepRequirement\":\"").raw(requirement).raw("\"}");
}
