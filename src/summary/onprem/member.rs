//! Members of a record by the names that rows use, and conditions on them.
//!
//! `a.b` goes inwards, arrays stand for their items, `@dataset` is the record's dataset, `*` any text of the record.
//! Numbers and truth values are compared as they are written.

use std::borrow::Cow;

use serde_json::Value;

use crate::catalog::{Condition, glob};

/// A record and where it is from.
#[derive(Clone, Copy)]
pub(super) struct Found<'r> {
    pub(super) dataset: &'r str,
    pub(super) record: &'r Value,
}

impl<'r> Found<'r> {
    /// The texts of a member.
    pub(super) fn texts(self, key: &str) -> Vec<Cow<'r, str>> {
        let mut texts = Vec::new();
        match key {
            "@dataset" => texts.push(Cow::Borrowed(self.dataset)),
            "*" => gather(self.record, true, &mut texts),
            _ => inside(self.record, key, &mut texts),
        }
        texts
    }

    /// The first text of a member, if it says anything.
    pub(super) fn text(self, key: &str) -> Option<Cow<'r, str>> {
        self.texts(key).into_iter().find(|text| !text.is_empty())
    }

    /// Whether one of the lists holds as a whole; without lists: yes.
    pub(super) fn meets(self, when: &[Vec<Condition>]) -> bool {
        when.is_empty() || when.iter().any(|all| all.iter().all(|one| self.holds(one)))
    }

    fn holds(self, condition: &Condition) -> bool {
        let texts = self.texts(&condition.key);
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let any = |patterns: &[String]| texts.iter().any(|text| patterns.iter().any(|pattern| fits(pattern, text)));
        (condition.is.is_empty() || any(&condition.is))
            && (condition.is_not.is_empty() || !any(&condition.is_not))
            && condition
                .above
                .is_none_or(|limit| texts.iter().any(|text| number(text).is_some_and(|n| n.abs() > limit)))
            && condition.lacks_bits.is_none_or(|bits| {
                texts.iter().all(|text| text.trim().parse::<i64>().map_or(true, |number| number as u64 & bits == 0))
            })
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    glob::fits(&pattern.to_lowercase(), &text.trim().to_lowercase())
}

fn inside<'r>(value: &'r Value, key: &str, texts: &mut Vec<Cow<'r, str>>) {
    if let Value::Array(items) = value {
        return items.iter().for_each(|item| inside(item, key, texts));
    }
    match (value.get(key), key.split_once('.')) {
        (Some(found), _) => gather(found, false, texts),
        (None, Some((first, rest))) => {
            if let Some(found) = value.get(first) {
                inside(found, rest, texts);
            }
        }
        (None, None) => {}
    }
}

/// The texts of a value; `deep`: of objects too.
fn gather<'r>(value: &'r Value, deep: bool, texts: &mut Vec<Cow<'r, str>>) {
    match value {
        Value::String(text) => texts.push(Cow::Borrowed(text)),
        Value::Array(items) => items.iter().for_each(|item| gather(item, deep, texts)),
        Value::Object(members) if deep => members.values().for_each(|value| gather(value, deep, texts)),
        Value::Bool(_) | Value::Number(_) => texts.push(Cow::Owned(value.to_string())),
        Value::Object(_) | Value::Null => {}
    }
}
