//! `Format-List` of PowerShell: `Name : value`, an object ends at a blank line.
//!
//! Takes lines, gives objects with texts as values. The colons of an object stand in one column; what stands behind that
//! column on a line without a label continues the value above. A line that was wrapped at the console's width is joined
//! without a blank, another with a line end. Tables and everything else are not understood.
//! Source: learn.microsoft.com/powershell/module/microsoft.powershell.utility/format-list.

use serde_json::{Map, Value};

use super::out::Out;
use super::xml::put;
use crate::limits::{HOST_LABEL_CHARS_MAX, HOST_RECORD_BYTES_MAX};

/// Narrowest console that wraps, characters.
const WIDTH_MIN: usize = 79;

/// An object that is being read.
struct Open {
    line: u64,
    record: Map<String, Value>,
    key: String,
    value: String,
    /// Where the colons stand, characters.
    column: usize,
    bytes: usize,
}

/// Reads lines.
#[derive(Default)]
pub(super) struct FormatList {
    open: Option<Open>,
    /// Length of the line before, characters, and the longest so far.
    length: usize,
    longest: usize,
}

impl FormatList {
    /// The next line. False: it belongs to no object; `give` then got the object before, if there was one.
    pub(super) fn line(&mut self, line: u64, text: &str, give: &mut dyn FnMut(u64, Map<String, Value>)) -> bool {
        let before = std::mem::replace(&mut self.length, text.trim_end_matches(['\r', '\n']).chars().count());
        self.longest = self.longest.max(self.length);
        if text.trim().is_empty() {
            self.close(give);
            return true;
        }
        if let Some((key, column, value)) = label(text)
            && self.open.as_ref().is_none_or(|open| open.column == column)
        {
            if self.open.as_ref().is_some_and(|open| open.bytes > HOST_RECORD_BYTES_MAX) {
                self.close(give);
            }
            let open = self.open.get_or_insert_with(|| Open {
                line,
                record: Map::new(),
                key: String::new(),
                value: String::new(),
                column,
                bytes: 0,
            });
            open.member();
            open.bytes += text.len();
            (open.key, open.value) = (key.to_owned(), value.to_owned());
            return true;
        }
        let Some(open) = &mut self.open else { return false };
        let blanks = text.len() - text.trim_start().len();
        if blanks > open.column && open.bytes <= HOST_RECORD_BYTES_MAX {
            if before < WIDTH_MIN || before < self.longest {
                open.value.push('\n');
            }
            open.value.push_str(text.trim());
            open.bytes += text.len();
            return true;
        }
        self.close(give);
        false
    }

    /// The object ends.
    pub(super) fn close(&mut self, give: &mut dyn FnMut(u64, Map<String, Value>)) {
        if let Some(mut open) = self.open.take() {
            open.member();
            give(open.line, open.record);
        }
    }
}

impl Open {
    fn member(&mut self) {
        if !self.key.is_empty() {
            let value = Value::from(std::mem::take(&mut self.value));
            put(&mut self.record, &std::mem::take(&mut self.key), value);
        }
    }
}

/// `Label      : value`: the label, the column of the colon, the value.
fn label(text: &str) -> Option<(&str, usize, &str)> {
    let (head, value) = text.split_once(':')?;
    let value = if value.is_empty() { value } else { value.strip_prefix(' ')? };
    let label = head.trim_end();
    let is_part = |symbol: char| symbol.is_alphanumeric() || " _-.()/#".contains(symbol);
    let is_label = label.starts_with(|symbol: char| symbol.is_alphabetic() || symbol == '_')
        && label.len() < head.len()
        && label.chars().count() <= HOST_LABEL_CHARS_MAX
        && label.chars().all(is_part);
    is_label.then(|| (label, head.chars().count(), value.trim_end()))
}

/// The name of a cmdlet in a text: `Get-ADSyncScheduler`.
pub(super) fn cmdlet_in(text: &str) -> Option<&str> {
    const VERBS: [&str; 6] = ["Get-", "Test-", "Export-", "Invoke-", "Resolve-", "Show-"];
    VERBS.iter().find_map(|verb| {
        let at = text.find(verb)?;
        let rest = text.get(at + verb.len()..)?;
        let length = rest.find(|symbol: char| !symbol.is_ascii_alphanumeric()).unwrap_or(rest.len());
        (3..=HOST_LABEL_CHARS_MAX).contains(&length).then(|| text.get(at..at + verb.len() + length)).flatten()
    })
}

/// Takes what a list gave into a record that says which cmdlet it is from.
pub(super) fn of_cmdlet(cmdlet: Option<&str>, object: Map<String, Value>) -> Map<String, Value> {
    let mut record = Map::new();
    if let Some(cmdlet) = object.get("cmdlet").cloned().or_else(|| cmdlet.map(Value::from)) {
        record.insert("cmdlet".to_owned(), cmdlet);
    }
    object.into_iter().filter(|(key, _)| key != "cmdlet").for_each(|(key, value)| put(&mut record, &key, value));
    record
}

/// Records that a list gives one after another.
pub(super) fn gather(list: &mut FormatList, line: u64, text: &str, cmdlet: Option<&str>, out: &mut Out<'_>) -> bool {
    list.line(line, text, &mut |line, object| out.record(line, of_cmdlet(cmdlet, object)))
}
