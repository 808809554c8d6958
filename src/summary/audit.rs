//! An audit as far as the questions look at it.
//!
//! Source: <https://learn.microsoft.com/graph/api/resources/directoryaudit>. Every member may be missing or null.

use serde::Deserialize;
use serde_json::Value;

use crate::limits::ANSWER_VALUE_CHARS_MAX;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Audit {
    pub activity_display_name: Option<String>,
    pub category: Option<String>,
    result: Option<String>,
    initiated_by: Option<Initiator>,
    target_resources: Option<Vec<Target>>,
}

#[derive(Deserialize)]
struct Initiator {
    app: Option<App>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct App {
    display_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    pub id: Option<String>,
    pub display_name: Option<String>,
    user_principal_name: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    modified_properties: Option<Vec<Modified>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Modified {
    pub display_name: Option<String>,
    old_value: Option<String>,
    new_value: Option<String>,
}

impl Audit {
    /// Whether one of these applications did it.
    pub(super) fn is_by(&self, names: &[String]) -> bool {
        let app = self.initiated_by.as_ref().and_then(|by| by.app.as_ref()?.display_name.as_deref());
        app.is_some_and(|app| names.iter().any(|name| name.eq_ignore_ascii_case(app.trim())))
    }

    /// Whether it did not come about.
    pub(super) fn has_failed(&self) -> bool {
        self.result.as_deref().is_some_and(|result| !matches!(result, "success" | "unknownFutureValue"))
    }

    pub(super) fn targets(&self) -> &[Target] {
        self.target_resources.as_deref().unwrap_or_default()
    }
}

impl Target {
    /// What tells it from others.
    pub(super) fn key(&self) -> Option<&str> {
        let names = [&self.id, &self.user_principal_name, &self.display_name];
        names.into_iter().find_map(|name| name.as_deref().filter(|text| !text.is_empty()))
    }

    pub(super) fn changes(&self) -> &[Modified] {
        self.modified_properties.as_deref().unwrap_or_default()
    }
}

impl Modified {
    /// The old and the new value, when it changed from one to another.
    pub(super) fn values(&self) -> Option<(String, String)> {
        let (old, new) = (value(self.old_value.as_deref()?), value(self.new_value.as_deref()?));
        (old != new && !old.is_empty() && !new.is_empty()).then_some((old, new))
    }
}

/// Values stand as JSON in a string, most of them as an array with one member.
fn value(text: &str) -> String {
    let plain = match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(items)) => items.iter().map(scalar).collect::<Vec<_>>().join(", "),
        Ok(Value::Null) => String::new(),
        Ok(other) => scalar(&other),
        Err(_) => text.to_owned(),
    };
    plain.chars().take(ANSWER_VALUE_CHARS_MAX).collect()
}

fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
