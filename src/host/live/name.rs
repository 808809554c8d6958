//! What is gathered is called as a copy of it would be called, so that it is recognised like one.

use crate::catalog::host::{Item, Origin};

/// The ending of what an origin gives.
fn ending(origin: &Origin) -> &'static str {
    match origin {
        Origin::Events { .. } => "xml",
        Origin::Registry { .. } => "reg",
        Origin::Command { .. } | Origin::Files { .. } | Origin::Ldap { .. } => "txt",
        _ => "jsonl",
    }
}

/// The name of an item's file number `number`, from 0: the first of its row's patterns, filled in. Further files have a
/// folder, which no pattern minds.
pub(super) fn of(item: &Item, number: usize) -> String {
    let filled = match item.names.first() {
        None => format!("{}.{}", item.id, ending(&item.from)),
        Some(pattern) => {
            let parts = pattern.split('/').map(|part| match part.strip_prefix('*') {
                // A pattern that begins with a star does not say what the file is called.
                Some(rest) => format!("{}{rest}", item.id),
                None => part.to_owned(),
            });
            parts.collect::<Vec<_>>().join("/").replace('*', "").replace('?', "-")
        }
    };
    if number == 0 { filled } else { format!("{}/{filled}", number + 1) }
}
