//! Which item a file is: by its name where the name says it, else by its first characters.
//!
//! Takes the path below the input, the form and the head of the text; gives a row of the catalogue. What is denied is
//! denied whatever else fits. Never reads on.

use crate::catalog::host::{DeniedItem, Item, denied, items};
use crate::record::Form;

/// What a file is.
#[derive(Clone, Copy, Debug)]
pub enum Recognised {
    /// An item of the catalogue.
    Item(&'static Item),
    /// Something that is never taken.
    Denied(&'static DeniedItem),
    /// Nothing that the catalogue knows.
    Unknown,
}

/// Says what a file is. `name`: its path, `/` or `\` between folders; `head`: its first characters.
///
/// Of several names that fit, the longest pattern counts; names count more than content.
pub fn recognise(name: &str, form: Form, head: &str) -> Recognised {
    // `files` gives an event log as lines of JSON.
    let name = name.strip_suffix(".jsonl").filter(|name| name.to_lowercase().ends_with(".evtx")).unwrap_or(name);
    if let Some(row) = denied(name, head) {
        return Recognised::Denied(row);
    }
    let best = |length: &dyn Fn(&Item) -> Option<usize>| {
        let fitting = items().iter().filter_map(|row| Some((length(row)?, row)));
        // The first of equally long ones.
        fitting.reduce(|best, one| if one.0 > best.0 { one } else { best }).map(|(_, row)| row)
    };
    let named = best(&|row: &Item| row.fits_name(name));
    match named.or_else(|| best(&|row: &Item| row.fits_marks(form.as_str(), head))) {
        Some(row) => Recognised::Item(row),
        None => Recognised::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_or_the_content_says_what_it_is_and_denied_is_denied() {
        let id = |name: &str, form, head: &str| match recognise(name, form, head) {
            Recognised::Item(row) => row.id.as_str(),
            Recognised::Denied(row) => row.id.as_str(),
            Recognised::Unknown => "",
        };
        assert_eq!(id("SRV/dsregcmd-status.txt", Form::Text, ""), "device-status");
        assert_eq!(id("a.txt", Form::Text, "+--+\n| Device State  |\n+--+\n  AzureAdJoined : YES"), "device-status");
        assert_eq!(id("a.txt", Form::Text, "hello"), "");
        assert_eq!(id("dsregcmd.txt", Form::Text, "-----BEGIN RSA PRIVATE KEY-----\nx"), "private-key");
        assert_eq!(id(r"C:\x\site.PFX", Form::Text, ""), "private-key");
    }
}
