//! The page about permissions (`packaging/permissions.md`): for the person who is asked to grant them.
//!
//! Takes the rows, gives Markdown. Holds no fact of its own beyond the introduction.

use std::fmt::Write;

use crate::catalog::{Catalog, Consent, Dataset, PermissionRow, Selection};

const INTRODUCTION: &str = "\
# Permissions

This page is written by `entra-bundle catalog permissions` from the rows that the program works with; a test compares them.

To Microsoft Graph and Azure Resource Manager entra-bundle sends `GET` requests, and `POST` to `$batch`, whose members are
`GET` requests. It asks for nothing that the planned datasets do not need: `entra-bundle collect --dry-run` lists the
permissions of a particular run, and a permission that is missing costs the datasets that need it, not the run. Datasets
that could not be read stand in the bundle's manifest as `denied`, with the permission that was missing.

Two kinds of ids follow: *application* for an app without a user, *delegated* for a signed-in user, whose directory roles
limit it further. Both are ids for `requiredResourceAccess` of an app registration; the API is Microsoft Graph
(`00000003-0000-0000-c000-000000000000`) unless another one is named.
";

const NEVER: &str = "
## Never asked for

No permission that can write, except the ones above, and those only when a dataset that needs one is named. No permission
for mail, calendars, chats, files, sites or notes. Not `UserAuthenticationMethod.*` (telephone numbers and keys of users),
not `DeviceLocalCredential.*` (local administrator passwords), not `BitlockerKey.*`, not `Member.Read.Hidden`.

Whatever a row, a reply or an option says, these addresses are refused before a request is sent:

| address | what stands there |
|---|---|
";

/// The whole page.
pub(super) fn page(catalog: &'static Catalog) -> String {
    let mut text = INTRODUCTION.to_owned();
    scenarios(catalog, &mut text);
    text.push_str("\n## Permissions that only read\n");
    for row in catalog.permissions().iter().filter(|row| row.read_only) {
        section(catalog, row, &mut text);
    }
    text.push_str(
        "\n## Permissions that could write\n\nThe service offers no narrower permission for these datasets. They are in \
         no profile, not even `everything`, and are collected only when `--include` names them, and only for a signed-in \
         user.\n",
    );
    for row in catalog.permissions().iter().filter(|row| !row.read_only) {
        section(catalog, row, &mut text);
    }
    text.push_str(NEVER);
    for row in catalog.denied_paths() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| `{}` | {} |", row.pattern, row.why);
    }
    text
}

/// What each scenario needs.
fn scenarios(catalog: &'static Catalog, text: &mut String) {
    text.push_str("\n## What each scenario needs\n");
    for profile in catalog.profiles() {
        let selection = Selection { profiles: vec![profile.id.clone()], ..Selection::default() };
        let Ok(plan) = catalog.plan(&selection) else { continue };
        let Consent { application, delegated, delegated_only } = plan.consent();
        let app: Vec<String> = application.keys().map(|name| format!("`{name}`")).collect();
        let user: Vec<String> =
            delegated.keys().filter(|name| !application.contains_key(*name)).map(|name| format!("`{name}`")).collect();
        let only_app: Vec<String> =
            application.keys().filter(|name| !delegated.contains_key(*name)).map(|name| format!("`{name}`")).collect();
        let _ = writeln!(text, "\n### {} (`--profile {}`)\n\n{}\n", profile.title, profile.id, profile.about);
        // What is on premises needs no permission in the cloud.
        let datasets = plan.datasets.iter().filter(|row| !row.is_on_premises()).count();
        let _ = writeln!(text, "{datasets} datasets. {} permissions: {}.", app.len(), app.join(", "));
        if !user.is_empty() {
            let _ = writeln!(text, "\nA signed-in user also: {}.", user.join(", "));
        }
        if !only_app.is_empty() {
            let _ = writeln!(text, "\nA signed-in user does without: {}.", only_app.join(", "));
        }
        if !delegated_only.is_empty() {
            let _ = writeln!(text, "\nAn app without a user cannot read: {}.", delegated_only.join(", "));
        }
    }
}

/// One permission: what it reads, its ids, and each dataset with its reason.
fn section(catalog: &Catalog, row: &PermissionRow, text: &mut String) {
    let id = |id: &str| if id.is_empty() { "not offered".to_owned() } else { format!("`{id}`") };
    let _ = writeln!(text, "\n### {}\n\n{}\n", row.name, row.reads);
    let api = match row.resource {
        crate::catalog::Resource::Graph => String::new(),
        other => format!(" · API: {} (`{}`)", other.title(), other.app_id()),
    };
    let _ = writeln!(text, "Application: {} · delegated: {}{api}\n", id(&row.application), id(&row.delegated));
    for dataset in catalog.datasets() {
        if let Some(how) = need(dataset, &row.name) {
            let _ = writeln!(text, "- **{}**{how}: {}{}", dataset.id, dataset.why, scenarios_of(catalog, dataset));
            if let Some(reason) = &dataset.write_permission_reason {
                let _ = writeln!(text, "  Why a permission that could write: {reason}");
            }
        }
    }
}

/// How a dataset needs a permission; none when it does not.
fn need(row: &Dataset, name: &str) -> Option<&'static str> {
    let named = |list: &[String]| list.iter().any(|one| one == name);
    match (named(&row.permission.application), named(&row.permission.delegated), named(&row.permission.also)) {
        (true, true, _) => Some(""),
        (true, false, _) => Some(" (app-only)"),
        (false, true, _) => Some(" (signed-in user)"),
        (false, false, true) => Some(" (completes it)"),
        (false, false, false) => None,
    }
}

/// The scenarios of a dataset, in short.
fn scenarios_of(catalog: &Catalog, row: &Dataset) -> String {
    // `everything` is one of the profiles and stands in no row.
    match row.profiles.len() {
        0 => String::new(),
        all if all + 1 == catalog.profiles().len() => " *All scenarios.*".to_owned(),
        _ => format!(" *{}.*", row.profiles.join(", ")),
    }
}
