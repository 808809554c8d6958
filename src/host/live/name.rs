//! What is gathered is called after its item, so that it is recognised like a copy of it.

use crate::catalog::host::{Item, Origin};

/// The name of an item's file number `number`, from 0.
pub(super) fn of(item: &Item, number: usize) -> String {
    let ending = match item.from {
        Origin::Events { .. } => "xml",
        Origin::Registry { .. } => "reg",
        Origin::Command { .. } | Origin::Files { .. } | Origin::Ldap { .. } => "txt",
        // What a cmdlet gives as XML is one document, or several.
        Origin::Powershell { .. } if item.reader.as_deref() == Some("run-history") => "xml",
        _ => "jsonl",
    };
    let number = if number == 0 { String::new() } else { format!("-{}", number + 1) };
    format!("{}{number}.{ending}", item.id)
}
