//! A row of a portal's table as the record that it was made from.
//!
//! Takes the names of the columns, then row after row of cells; gives records in the shape of their dataset. What no row
//! of `exports.toml` names, and what has a value that the row does not expect, stands in `@bundle.envelope` under the
//! column's own name, doubled names numbered. Empty cells are left out; nothing else is.

use serde_json::{Map, Value};

use super::instant;
use crate::catalog::{CellAs, ExportColumn, export_columns};
use crate::limits::SIBLINGS_MAX;
use crate::source::shape::ENVELOPE;

/// Where the value of a column goes.
struct Place {
    /// The name under which it stands beside the record: the column's own, numbered where it comes again.
    name: String,
    /// The path in the record, and its row.
    column: Option<(Vec<Step>, &'static ExportColumn)>,
}

#[derive(Clone)]
enum Step {
    Key(String),
    /// The place in a list, from 0.
    At(usize),
}

/// The columns of a table.
pub(super) struct Portal {
    places: Vec<Place>,
}

impl Portal {
    pub(super) fn of(dataset: &str, names: &[String]) -> Self {
        let mut places: Vec<Place> = Vec::with_capacity(names.len());
        let mut taken: Vec<&str> = Vec::new();
        for name in names {
            let plain = name.trim();
            let same = |one: &&&str| one.eq_ignore_ascii_case(plain);
            let again = taken.iter().filter(same).count() + 1;
            taken.push(plain);
            // Only the first of a name is the property.
            let column = (again == 1).then(|| place(dataset, plain)).flatten();
            let name = if again == 1 { plain.to_owned() } else { format!("{plain} {again}") };
            places.push(Place { name, column });
        }
        Self { places }
    }

    /// The record of a row. Cells beyond the columns stand beside it, too.
    pub(super) fn record(&self, cells: Vec<String>) -> Vec<u8> {
        let mut record = Map::new();
        let mut rest = Map::new();
        for (at, cell) in cells.into_iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let Some(place) = self.places.get(at) else {
                rest.insert(format!("column {}", at + 1), Value::String(cell));
                continue;
            };
            let put = place
                .column
                .as_ref()
                .is_some_and(|(path, column)| read(column, &cell).is_some_and(|value| put(&mut record, path, value)));
            if !put {
                rest.insert(place.name.clone(), Value::String(cell));
            }
        }
        if !rest.is_empty() {
            record.insert(ENVELOPE.to_owned(), Value::Object(rest));
        }
        serde_json::to_vec(&Value::Object(record)).unwrap_or_default()
    }
}

/// Letters and digits of a name, in lower case.
pub(super) fn letters(name: &str) -> String {
    name.chars().filter(|symbol| symbol.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The row of a column, and the path with its numbers filled in.
fn place(dataset: &str, name: &str) -> Option<(Vec<Step>, &'static ExportColumn)> {
    let name = letters(name);
    for column in export_columns(dataset) {
        for header in &column.headers {
            let Some(numbers) = numbers(header, &name) else { continue };
            let mut numbers = numbers.into_iter();
            let step = |part: &str| match part {
                "#" => numbers.next().and_then(|number| number.checked_sub(1)).map(Step::At),
                part => Some(Step::Key(part.to_owned())),
            };
            return Some((column.path.split('.').map(step).collect::<Option<_>>()?, column));
        }
    }
    None
}

/// The numbers that stand for the `#` of a header, if the name is that header's.
fn numbers(header: &str, name: &str) -> Option<Vec<usize>> {
    let mut parts = header.split('#').map(letters);
    let mut rest = name.strip_prefix(parts.next()?.as_str())?;
    let mut numbers = Vec::new();
    for part in parts {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        numbers.push(rest.get(..digits)?.parse().ok().filter(|number| (1..=SIBLINGS_MAX).contains(number))?);
        rest = rest.get(digits..)?.strip_prefix(part.as_str())?;
    }
    rest.is_empty().then_some(numbers)
}

/// A cell as its row reads it; none when it has a value that the row does not expect.
fn read(column: &ExportColumn, cell: &str) -> Option<Value> {
    if !column.values.is_empty() {
        let known = column.values.iter().find(|(text, _)| text.eq_ignore_ascii_case(cell.trim()));
        return known.map(|(_, value)| Value::String(value.clone()));
    }
    match column.read {
        CellAs::Text => Some(Value::String(cell.to_owned())),
        CellAs::Time => {
            let text = cell.to_owned();
            if crate::source::field::instant(cell).is_some() {
                return Some(Value::String(text));
            }
            instant::read(cell).and_then(instant::write).map(Value::String)
        }
        CellAs::Number => cell.trim().parse::<i64>().ok().map(Value::from),
        CellAs::Boolean => match cell.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" => Some(Value::Bool(true)),
            "false" | "no" => Some(Value::Bool(false)),
            _ => None,
        },
        CellAs::Place => Some(location(cell)),
        CellAs::Word => {
            let mut letters = cell.trim().chars();
            let first = letters.next()?.to_ascii_lowercase();
            let whole: String = std::iter::once(first).chain(letters).collect();
            whole.chars().all(|symbol| symbol.is_ascii_alphanumeric()).then_some(Value::String(whole))
        }
    }
}

/// `City, State, CC`; a text of fewer parts is the place as a whole.
fn location(cell: &str) -> Value {
    let mut location = Map::new();
    let parts: Vec<&str> = cell.split(',').map(str::trim).collect();
    match parts.as_slice() {
        [city, state @ .., country] if !state.is_empty() => {
            location.insert("city".to_owned(), Value::from(*city));
            location.insert("state".to_owned(), Value::from(state.join(", ")));
            location.insert("countryOrRegion".to_owned(), Value::from(*country));
        }
        _ => {
            location.insert("city".to_owned(), Value::from(cell));
        }
    }
    Value::Object(location)
}

/// Puts a value at a path; says whether there was room.
fn put(record: &mut Map<String, Value>, path: &[Step], value: Value) -> bool {
    let Some((Step::Key(first), rest)) = path.split_first() else { return false };
    let mut slot = record.entry(first.clone()).or_insert(Value::Null);
    for step in rest {
        slot = match step {
            Step::Key(key) => {
                if slot.is_null() {
                    *slot = Value::Object(Map::new());
                }
                let Some(object) = slot.as_object_mut() else { return false };
                object.entry(key.clone()).or_insert(Value::Null)
            }
            Step::At(at) => {
                if slot.is_null() {
                    *slot = Value::Array(Vec::new());
                }
                let Some(list) = slot.as_array_mut() else { return false };
                while list.len() <= *at {
                    list.push(Value::Object(Map::new()));
                }
                let Some(item) = list.get_mut(*at) else { return false };
                item
            }
        };
    }
    let is_free = slot.is_null();
    if is_free {
        *slot = value;
    }
    is_free
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(dataset: &str, header: &[&str], cells: &[&str]) -> Value {
        let names: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
        let cells = cells.iter().map(|cell| (*cell).to_owned()).collect();
        serde_json::from_slice(&Portal::of(dataset, &names).record(cells)).unwrap()
    }

    #[test]
    fn columns_go_where_the_service_has_them() {
        let header = [
            "Date (UTC)",
            "Request ID",
            "Application ID ",
            "Location",
            "Status",
            "Sign-in error code",
            "Incoming token type",
            "Autonomous system  number",
            "Incoming token type",
            "Conditional Access",
            "Managed",
        ];
        let cells = [
            "2026-01-05T10:00:00Z",
            "r-1",
            "a-1",
            "Redmond, Washington, US",
            "Failure",
            "50126",
            "Primary",
            "8075",
            "None",
            "Not Applied",
            "Yes",
            "beyond",
        ];
        assert_eq!(
            record("sign-ins", &header, &cells),
            serde_json::json!({
                "createdDateTime": "2026-01-05T10:00:00Z", "id": "r-1", "appId": "a-1",
                "location": {"city": "Redmond", "state": "Washington", "countryOrRegion": "US"},
                "status": {"errorCode": 50126},
                "autonomousSystemNumber": 8075, "conditionalAccessStatus": "notApplied",
                "deviceDetail": {"isManaged": true},
                "@bundle.envelope": {
                    "Status": "Failure", "Incoming token type": "Primary", "Incoming token type 2": "None",
                    "column 12": "beyond",
                },
            })
        );
    }

    #[test]
    fn what_is_not_expected_stands_beside_the_record() {
        let found = record(
            "sign-ins",
            &["Date (UTC)", "Sign-in error code", "Conditional Access", "Managed"],
            &["1/5/2026 10:00:00 AM", "None", "Report only", "maybe"],
        );
        assert_eq!(found["createdDateTime"], "2026-01-05T10:00:00Z");
        let beside = serde_json::json!(
            {"Sign-in error code": "None", "Conditional Access": "Report only", "Managed": "maybe"});
        assert_eq!(found[ENVELOPE], beside);
    }

    #[test]
    fn numbered_columns_are_lists() {
        let header = ["Target1DisplayName", "Target2ObjectId", "Target1ModifiedProperty2Name", "Target0Type", "Result"];
        let found = record("audits", &header, &["a", "b", "c", "d", "Success"]);
        assert_eq!(
            found,
            serde_json::json!({
                "targetResources": [{"displayName": "a", "modifiedProperties": [{}, {"displayName": "c"}]}, {"id": "b"}],
                "result": "success", "@bundle.envelope": {"Target0Type": "d"},
            })
        );
    }
}
