//! What cmdlets say: objects in JSON, `Format-List` text; and AD FS's own diagnostics file.
//!
//! Gives a record per object, first its `cmdlet`: the object's own member, else the name that the file or the line above it
//! has. Of `Export-AdfsDiagnosticsFile` a record per test and per object of the configuration.
//! Source: github.com/microsoft/adfsToolbox (diagnosticsModule).

use serde_json::{Map, Value};

use super::Read;
use super::format_list::{self, FormatList, cmdlet_in};
use super::json::{Json, Objects};
use super::out::Out;
use super::xml::put;
use crate::record::RawStretch;

/// The outermost member of AD FS's diagnostics file.
const TOOLBOX: &str = "ADFSToolbox";

struct Cmdlets {
    /// The cmdlet that the file or the last heading names.
    cmdlet: Option<String>,
    list: FormatList,
}

impl Objects for Cmdlets {
    fn object(&mut self, line: u64, mut object: Map<String, Value>, out: &mut Out<'_>) {
        self.close(out);
        if let Some(Value::Object(toolbox)) = object.remove(TOOLBOX) {
            toolbox.into_iter().for_each(|(cmdlet, value)| diagnostics(line, &cmdlet, value, out));
            object.insert("record".to_owned(), Value::from(TOOLBOX));
        }
        out.record(line, format_list::of_cmdlet(self.cmdlet.as_deref(), object));
    }

    fn text(&mut self, line: u64, text: &str, out: &mut Out<'_>) {
        let cmdlet = self.cmdlet.as_deref();
        if format_list::gather(&mut self.list, line, text, cmdlet, out) {
            return;
        }
        if let Some(cmdlet) = cmdlet_in(text) {
            self.cmdlet = Some(cmdlet.to_owned());
            if is_heading(text, cmdlet) {
                return;
            }
        }
        out.unknown(line, text);
    }
}

/// Whether a line is nothing but a cmdlet's name and ornaments.
fn is_heading(text: &str, cmdlet: &str) -> bool {
    text.replace(cmdlet, "").chars().all(|symbol| !symbol.is_alphanumeric())
}

impl Cmdlets {
    fn close(&mut self, out: &mut Out<'_>) {
        let cmdlet = self.cmdlet.as_deref();
        self.list.close(&mut |line, object| out.record(line, format_list::of_cmdlet(cmdlet, object)));
    }
}

/// One part of AD FS's diagnostics file: its tests, its objects, and the rest.
fn diagnostics(line: u64, cmdlet: &str, value: Value, out: &mut Out<'_>) {
    let Value::Object(object) = value else {
        let record = Map::from_iter([("cmdlet".to_owned(), Value::from(cmdlet)), ("value".to_owned(), value)]);
        return out.record(line, record);
    };
    let all = object.get("AllTests").and_then(Value::as_array).cloned();
    let mut rest = Map::from_iter([("record".to_owned(), Value::from("summary"))]);
    for (key, value) in object {
        // PassedTests, FailedTests … repeat what AllTests has.
        let repeats = key.ends_with("Tests") && key != "AllTests";
        match (&all, value) {
            (Some(all), Value::Array(items)) if repeats && items.iter().all(|item| all.contains(item)) => {
                rest.insert(key, Value::from(items.len()));
            }
            (_, Value::Array(items)) if !items.is_empty() && items.iter().all(Value::is_object) => {
                let kind = if key == "AllTests" { "test" } else { key.as_str() };
                items.into_iter().for_each(|item| part(line, cmdlet, kind, item, out));
            }
            (_, value @ Value::Object(_)) => part(line, cmdlet, &key, value, out),
            (_, value) => put(&mut rest, &key, value),
        }
    }
    out.record(line, format_list::of_cmdlet(Some(cmdlet), rest));
}

fn part(line: u64, cmdlet: &str, kind: &str, value: Value, out: &mut Out<'_>) {
    let mut record =
        Map::from_iter([("cmdlet".to_owned(), Value::from(cmdlet)), ("record".to_owned(), Value::from(kind))]);
    if let Value::Object(object) = value {
        object.into_iter().for_each(|(key, value)| put(&mut record, &key, value));
    }
    out.record(line, record);
}

struct Reader(Json<Cmdlets>);

/// The reader of one file.
pub(super) fn reader(file: &str) -> Box<dyn Read> {
    let cmdlet = cmdlet_in(file).map(str::to_owned);
    Box::new(Reader(Json::new(Cmdlets { cmdlet, list: FormatList::default() })))
}

impl Read for Reader {
    fn take(&mut self, stretch: &RawStretch, out: &mut Out<'_>) {
        self.0.take(stretch, out);
    }

    fn end(&mut self, out: &mut Out<'_>) {
        self.0.0.close(out);
    }
}
