//! Registry exports: `Windows Registry Editor Version 5.00` and `REGEDIT4`.
//!
//! Takes the lines, gives the same keys and values in the same order. The parts of a key's path are treated by
//! `<parent part>.key`, a value by `<key>.<name>`, then by its name; strings are unescaped, `hex(1)`, `hex(2)`, `hex(7)`
//! and `hex` are decoded, treated and written again in the same wrapping; numbers stay. Binary that nothing reads becomes a
//! string with a mark. A cut before a key changes nothing; behind one, only rows that name the key are missed.
//! Source: learn.microsoft.com/troubleshoot/windows-server/performance/use-reg-file (syntax of .reg files).

mod hex;

use super::Teach;
use super::text::{Desk, is_number_of};
use crate::catalog::{Action, Kind};
use crate::pseudonym::duty::{Duty, SCAN_FILE};
use crate::pseudonym::gate::Gate;
use crate::record::RawStretch;

/// Appends the clean lines; gives the number of values. None when it is no registry export.
pub(super) fn clean(gate: &Gate, stretch: &RawStretch, out: &mut String) -> Option<u64> {
    let start = out.len();
    let values = export(&mut Desk::cleaning(gate), stretch.text.expose(), out);
    if values.is_none() {
        out.truncate(start);
    }
    values
}

/// Teaches the typed values. None as in [`clean`].
pub(super) fn learn(gate: &Gate, stretch: &RawStretch, teach: &mut Teach<'_>) -> Option<u64> {
    export(&mut Desk::learning(gate, teach), stretch.text.expose(), &mut String::new())
}

/// A line, a key, or a value with all lines that belong to it.
struct Entry<'t> {
    content: &'t str,
    end: &'t str,
}

fn export(desk: &mut Desk<'_, '_>, text: &str, out: &mut String) -> Option<u64> {
    let mut values = 0;
    let mut key = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (entry, after) = next_entry(rest)?;
        rest = after;
        let content = entry.content;
        let mut clean = String::new();
        let changed = if content.starts_with('[') {
            let path = content.strip_prefix('[')?.strip_suffix(']')?;
            key.clear();
            key.push_str(path.rsplit('\\').next().unwrap_or(path));
            clean.push('[');
            let changed = path_of(desk, path, &mut clean);
            clean.push(']');
            changed
        } else if content.starts_with(['"', '@']) {
            values += 1;
            value(desk, &key, content, &mut clean)?
        } else if content.is_empty() || content.starts_with("Windows Registry") || content.starts_with("REGEDIT") {
            false
        } else if content.starts_with(';') {
            desk.prose(content, 0, &mut clean)
        } else {
            return None;
        };
        out.push_str(if changed { &clean } else { content });
        out.push_str(entry.end);
    }
    Some(values)
}

/// The entry at the start of a text, and what follows it: `\` at a line's end continues it, so does an open string.
fn next_entry(text: &str) -> Option<(Entry<'_>, &str)> {
    let mut length = if text.starts_with(['"', '@']) { value_start(text)? } else { 0 };
    if text[length..].starts_with('"') {
        length += 1 + string_length(&text[length + 1..])? + 1;
    }
    loop {
        let line = text[length..].split_inclusive('\n').next().unwrap_or_default();
        length += line.len();
        let content = line.trim_end_matches(['\r', '\n']);
        let continues = content.ends_with('\\') && !text.starts_with(['[', ';']) && length < text.len();
        if !continues {
            let content = &text[..length - (line.len() - content.len())];
            return Some((Entry { content, end: &text[content.len()..length] }, &text[length..]));
        }
    }
}

/// Where the data of `"name"=data` or `@=data` starts.
fn value_start(text: &str) -> Option<usize> {
    let name = match text.strip_prefix('"') {
        Some(rest) => 1 + string_length(rest)? + 1,
        None => 1,
    };
    text[name..].starts_with('=').then_some(name + 1)
}

/// Length of a string up to its closing quote.
fn string_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return Some(at),
            _ => at += 1,
        }
    }
    None
}

/// The path of a key, part by part.
pub(super) fn path_of(desk: &mut Desk<'_, '_>, path: &str, out: &mut String) -> bool {
    let mut changed = false;
    let mut parent = "";
    for (at, part) in path.split('\\').enumerate() {
        if at > 0 {
            out.push('\\');
        }
        let duty = desk.exact_duty(&format!("{parent}.key"), &|_| None);
        let thumbprint = part.len() == 40 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        let duty = duty.or_else(|| thumbprint.then_some(Duty { action: Action::Kind(Kind::Thumbprint), ..SCAN_FILE }));
        let new = match duty {
            _ if at == 0 => false,
            Some(duty) => desk.value(duty, part, 0, out),
            None => desk.scan(part, 0, out),
        };
        if !new {
            out.push_str(part);
        }
        changed |= new;
        parent = part;
    }
    changed
}

/// `"name"=data`. None when it is no value.
fn value(desk: &mut Desk<'_, '_>, key: &str, content: &str, out: &mut String) -> Option<bool> {
    let start = value_start(content)?;
    let (head, data) = content.split_at(start);
    let name = unescaped(head.trim_end_matches('=').trim_matches('"'));
    let exact = |key: &str| desk.exact_duty(key, &|_| None);
    let duty = exact(&format!("{key}.{name}")).or_else(|| exact(&name));
    let mut new_name = String::new();
    if is_number_of(&name, data.trim_matches('"')) {
        return Some(false);
    }
    let renamed = duty.is_none() && name != "@" && desk.scan(&name, 0, &mut new_name);
    let mut new_data = String::new();
    let changed = datum(desk, duty, head.len(), data, &mut new_data)?;
    if !renamed && !changed {
        return Some(false);
    }
    match renamed {
        true => out.extend(["\"", &escaped(&new_name), "\"="]),
        false => out.push_str(head),
    }
    out.push_str(if changed { &new_data } else { data });
    Some(true)
}

fn datum(desk: &mut Desk<'_, '_>, duty: Option<Duty>, column: usize, data: &str, out: &mut String) -> Option<bool> {
    if let Some(rest) = data.strip_prefix('"') {
        let text = unescaped(rest.strip_suffix('"')?);
        let mut clean = String::new();
        let changed = match duty {
            Some(duty) => desk.value(duty, &text, 0, &mut clean),
            None => desk.prose(&text, 0, &mut clean),
        };
        if changed {
            out.extend(["\"", &escaped(&clean), "\""]);
        }
        return Some(changed);
    }
    if data.starts_with("hex") {
        return hex::rewrite(desk, duty, column, data, out);
    }
    let number = data.strip_prefix("dword:").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    (number || data == "-").then_some(false)
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut symbols = text.chars();
    while let Some(symbol) = symbols.next() {
        match symbol {
            '\\' => out.extend(symbols.next()),
            other => out.push(other),
        }
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests;
