//! The diagnostic settings: what stands in the documents, with the categories of [`Routing`].
//!
//! Source: azure-rest-api-specs Microsoft.Aadiam/stable/2017-04-01.

use serde_json::{Value, json};

use super::super::Routing;
use crate::catalog::routes;

/// Whether a path of ARM is the list of diagnostic settings.
pub(super) fn is_settings(path: &str) -> bool {
    path.eq_ignore_ascii_case("/providers/microsoft.aadiam/diagnosticSettings")
}

/// A setting with its categories, switched on where its destination gets them.
pub(super) fn filled(routing: &Routing, mut setting: Value) -> Value {
    let properties = &mut setting["properties"];
    let goes_to = |name: &str| properties[name].is_string();
    let sent = if goes_to("workspaceId") {
        &routing.workspace
    } else if goes_to("storageAccountId") {
        &routing.storage
    } else {
        &routing.hub
    };
    let log = |category: &str| {
        json!({
            "category": category, "categoryGroup": null, "enabled": sent.contains(&category),
            "retentionPolicy": {"enabled": false, "days": 0},
        })
    };
    properties["logs"] = routes().iter().map(|route| log(&route.category)).collect();
    setting
}
