//! What a refusal means: the rows of `errors.toml`.
//!
//! Takes a dataset's row and a refusal, gives what to do about it and the verdict if nothing helps.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::catalog::{Dataset, Permission};
use crate::net::Refusal;
use crate::record::{Outcome, RawText, ServiceError, Verdict};

/// What to do about a refusal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Action {
    /// Believe it.
    #[default]
    End,
    /// Known to be false at times: try again.
    Doubt,
    /// Believe it at the first page; behind it, where the same question was answered before, try again.
    DoubtLater,
    /// The page token expired: begin the list again.
    Restart,
    /// Repeat without `$top` and `$orderby`.
    DropOptions,
    /// Repeat without the time filter.
    DropTime,
    /// The window begins before what the service keeps.
    Clamp,
    /// The dataset's row says what a 404 means.
    NotFound,
    /// The place has no table of it.
    NoTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    status: u16,
    code: Option<String>,
    message: Option<String>,
    outcome: Outcome,
    #[serde(default)]
    action: Action,
    hint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    error: Vec<Row>,
}

static ROWS: LazyLock<Vec<Row>> =
    LazyLock::new(|| toml::from_str::<Table>(include_str!("errors.toml")).map(|table| table.error).unwrap_or_default());

fn row(refusal: &Refusal) -> Option<&'static Row> {
    let message = refusal.message.expose().to_ascii_lowercase();
    let code = refusal.code.expose();
    ROWS.iter().find(|row| {
        (row.status == 0 || row.status == refusal.status)
            && row.code.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(code))
            && row.message.as_ref().is_none_or(|wanted| holds(&message, wanted))
    })
}

/// Whether the parts of a fragment (`*` stands between them) occur one behind the other.
fn holds(message: &str, fragment: &str) -> bool {
    let mut rest = Some(message);
    for part in fragment.split('*') {
        rest = rest.and_then(|rest| rest.split_once(part)).map(|(_, behind)| behind);
    }
    rest.is_some()
}

/// What to do about it.
pub(super) fn action(refusal: &Refusal) -> Action {
    row(refusal).map_or(Action::End, |row| row.action)
}

/// The verdict of a dataset that ends with this refusal.
pub(super) fn verdict(dataset: &Dataset, refusal: &Refusal) -> Verdict {
    let (outcome, hint) = row(refusal).map_or((Outcome::Failed, ""), |row| (row.outcome, row.hint.as_str()));
    let message = refusal.message.expose();
    let reason = match (outcome, message.is_empty()) {
        (Outcome::Unavailable, _) if refusal.status == 404 => "the service does not have it (404)".to_owned(),
        (_, true) => format!("the service answered {}", refusal.status),
        (_, false) => format!("the service answered {}: {message}", refusal.status),
    };
    Verdict {
        error: Some(service_error(refusal)),
        // A token that was good and is no more.
        passes: row(refusal).is_some_and(|row| row.status == 401 && row.code.is_none()),
        ..Verdict::because(outcome, reason).with_hint(fill(hint, dataset))
    }
}

/// The part of a refusal that the manifest shows.
pub(super) fn service_error(refusal: &Refusal) -> ServiceError {
    let (code, request_id) = (refusal.code.clone(), refusal.request_id.clone());
    ServiceError { status: refusal.status, code, request_id }
}

fn fill(hint: &str, dataset: &Dataset) -> String {
    let roles = match dataset.roles.as_slice() {
        [] => "Global Reader or Security Reader".to_owned(),
        roles => roles.join(", "),
    };
    let licence = match dataset.licence.as_deref() {
        None => "that this feature belongs to".to_owned(),
        Some(licence) => licence.to_owned(),
    };
    hint.replace("{permission}", &permission(&dataset.permission))
        .replace("{licence}", &licence)
        .replace("{roles}", &roles)
}

fn permission(permission: &Permission) -> String {
    let (application, delegated) = (permission.application.join(", "), permission.delegated.join(", "));
    match (application.as_str(), delegated.as_str()) {
        ("", "") => "a permission that Microsoft does not name".to_owned(),
        (app, user) if app == user => format!("the permission {app}"),
        ("", user) => format!("a signed-in user (applications cannot read it) with the permission {user}"),
        (app, "") => format!("the application permission {app}"),
        (app, user) => format!("the application permission {app} or the delegated permission {user}"),
    }
}

/// A text for a reason that may quote the service.
pub(super) fn quoted(prefix: &str, verdict: &Verdict) -> RawText {
    match &verdict.reason {
        None => RawText::new(prefix),
        Some(reason) => RawText::new(format!("{prefix}: {}", reason.expose())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, code: &str, message: &str) -> Refusal {
        Refusal { status, code: RawText::new(code), message: RawText::new(message), request_id: RawText::new("r") }
    }

    #[test]
    fn the_table_is_read_and_ends_with_a_row_for_everything() {
        let last = ROWS.last().unwrap();
        assert!(last.status == 0 && last.code.is_none() && last.message.is_none());
        assert!(ROWS.iter().all(|row| !row.outcome.is_answered() || row.outcome != Outcome::Complete));
        let lower = |text: &Option<String>| text.as_ref().is_none_or(|text| *text == text.to_ascii_lowercase());
        assert!(ROWS.iter().all(|row| lower(&row.message)), "fragments are compared in lower case");
    }

    #[test]
    fn what_storage_accounts_refuse_has_a_hint_each() {
        let hints = [
            ("AuthorizationPermissionMismatch", "x", "Storage Blob Data Reader"),
            ("AuthorizationFailure", "This request is not authorized.", "public network access"),
            ("AuthorizationFailure", "Server failed to authenticate the request.", "account key or the SAS"),
            ("AuthenticationFailed", "Server failed (Signature not valid in the specified time frame)", "has expired"),
            ("AuthenticationFailed", "Server failed (The MAC signature found)", "account key or the SAS is wrong"),
            ("KeyBasedAuthenticationNotPermitted", "x", "accepts no keys"),
            ("InvalidAuthenticationInfo", "x", "another tenant"),
        ];
        for (code, message, part) in hints {
            let hint = row(&refusal(403, code, message)).map(|row| row.hint.as_str()).unwrap_or_default();
            assert!(hint.contains(part), "{code} {message}: {hint}");
        }
    }

    #[test]
    fn no_row_stands_twice() {
        let mut seen = std::collections::BTreeSet::new();
        assert!(ROWS.iter().all(|row| seen.insert((row.status, &row.code, &row.message))) && seen.len() > 40);
    }

    #[test]
    fn refusals_seen_in_the_field_are_told_apart() {
        use Action::{Clamp, Doubt, DoubtLater, DropOptions, DropTime, End, Restart};
        use Outcome::{Denied, Failed, Unavailable, Unlicensed};
        let premium = "Authentication_RequestFromNonPremiumTenantOrB2CTenant";
        let rows = [
            (403, premium, "Neither tenant is B2C or tenant doesn't have premium license", Doubt, Unlicensed),
            (403, premium, "", Doubt, Unlicensed),
            (
                403,
                "Authentication_RequestFromUnsupportedUserRole",
                "Tenant is not a B2C tenant and doesn't have premium license",
                Doubt,
                Unlicensed,
            ),
            (403, "Authentication_RequestFromUnsupportedUserRole", "User is not in the allowed roles", End, Denied),
            (403, "Authentication_MSGraphPermissionMissing", "Calling principal does not have …", DoubtLater, Denied),
            (
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
                DoubtLater,
                Denied,
            ),
            (403, "PermissionScopeNotGranted", "", DoubtLater, Denied),
            (403, "UnknownError", "", DoubtLater, Denied),
            (403, "Forbidden", "Your tenant is not licensed for this feature.", End, Unlicensed),
            (403, "insufficient_claims", "", End, Denied),
            (400, "AadPremiumLicenseRequired", "", End, Unlicensed),
            (400, "Directory_ExpiredPageToken", "The specified page token value has expired", Restart, Failed),
            (400, "UnknownError", "Skip token is null", Restart, Failed),
            (400, "BadRequest", "Invalid Skip Token, skip token is null", Restart, Failed),
            (410, "resyncRequired", "", Restart, Failed),
            (400, "BadRequest", "The minimum allowed date is 2026-01-01", Clamp, Failed),
            (400, "BadRequest", "Invalid filter clause", DropTime, Failed),
            (400, "Request_UnsupportedQuery", "Unsupported Query.", DropOptions, Failed),
            (400, "BadRequest", "Cannot query data for more than 120 users: reduce $top", DropOptions, Failed),
            (400, "BadRequest", "Resource not found for the segment 'networkAccess'.", End, Unavailable),
            (400, "Whatever", "", End, Failed),
            (401, "InvalidAuthenticationToken", "Lifetime validation failed", End, Denied),
            (404, "Request_ResourceNotFound", "", Action::NotFound, Unavailable),
            (501, "NotImplemented", "", End, Unavailable),
            (302, "", "", End, Failed),
            (403, "AuthorizationPermissionMismatch", "not authorized … using this permission.", End, Denied),
            (403, "AuthorizationFailure", "This request is not authorized to perform this operation.", End, Denied),
            (403, "KeyBasedAuthenticationNotPermitted", "", End, Denied),
            (403, "AccountIsDisabled", "", End, Unavailable),
            (409, "BlobArchived", "This operation is not permitted on an archived blob.", End, Unavailable),
            (409, "PublicAccessNotPermitted", "", End, Denied),
            (401, "InvalidAuthenticationInfo", "Issuer validation failed.", End, Denied),
        ];
        for (status, code, message, expected, outcome) in rows {
            let refusal = refusal(status, code, message);
            assert_eq!(action(&refusal), expected, "{status} {code} {message}");
            assert_eq!(row(&refusal).map(|row| row.outcome), Some(outcome), "{status} {code} {message}");
        }
    }
}
