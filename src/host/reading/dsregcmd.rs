//! `dsregcmd /status`: sections in boxes, `key : value` lines with the key on the right.
//!
//! Gives `{"section","name","value","file"}` per line. A line that the console wrapped in the middle of a word is joined to
//! the one before. English only, as the program is.
//! Source: learn.microsoft.com/entra/identity/devices/troubleshoot-device-dsregcmd.

use serde_json::{Map, Value};

use super::Read;
use super::out::Out;
use crate::limits::HOST_TEXT_BYTES_MAX;
use crate::record::RawStretch;

/// Narrowest console that wraps, characters.
const WIDTH_MIN: usize = 79;

struct Device {
    file: String,
    section: String,
    open: Option<(u64, String, String)>,
    /// Length of the line before, characters.
    length: usize,
}

impl Device {
    fn close(&mut self, out: &mut Out<'_>) {
        let Some((line, name, value)) = self.open.take() else { return };
        let members =
            [("section", self.section.as_str()), ("name", &name), ("value", value.trim()), ("file", &self.file)];
        out.record(line, Map::from_iter(members.map(|(key, value)| (key.to_owned(), Value::from(value)))));
    }

    fn line(&mut self, line: u64, text: &str, out: &mut Out<'_>) {
        let before = std::mem::replace(&mut self.length, text.chars().count());
        if let Some((name, value)) = pair(text) {
            self.close(out);
            self.open = Some((line, name.to_owned(), value.to_owned()));
            return;
        }
        let is_box = text.starts_with("+--") || text.starts_with('|');
        if let Some((_, _, value)) = &mut self.open
            && before >= WIDTH_MIN
            && !is_box
            && !text.trim().is_empty()
            && value.len() < HOST_TEXT_BYTES_MAX
        {
            value.push_str(text);
            return;
        }
        self.close(out);
        if let Some(title) = text.strip_prefix('|').and_then(|rest| rest.trim_end().strip_suffix('|')) {
            self.section = title.trim().to_owned();
        } else if !text.starts_with("+--") {
            out.unknown(line, text);
        }
    }
}

/// `           AzureAdJoined : YES`, once `        AadRecoveryEnabled: NO`
fn pair(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once(':')?;
    let value = if value.is_empty() { value } else { value.strip_prefix(' ')? };
    let name = name.strip_prefix(' ')?.trim();
    let is_name = !name.is_empty()
        && name.len() <= crate::limits::HOST_LABEL_CHARS_MAX
        && name.chars().all(|symbol| symbol.is_ascii_alphanumeric() || " -_/().".contains(symbol));
    is_name.then_some((name, value))
}

impl Read for Device {
    fn take(&mut self, stretch: &RawStretch, out: &mut Out<'_>) {
        let first = out.first_line();
        (first..).zip(stretch.text.expose().lines()).for_each(|(line, text)| self.line(line, text, out));
    }

    fn end(&mut self, out: &mut Out<'_>) {
        self.close(out);
    }
}

/// The reader.
pub(super) fn reader(file: &str) -> Box<dyn Read> {
    Box::new(Device { file: file.to_owned(), section: String::new(), open: None, length: 0 })
}
