//! A file before and after: the same structure, and what each value became. An error says where the structure differs,
//! by place, never by value.

use base64::Engine as _;

use super::tree::{Tree, parse};
use super::views::characters;

/// One value: its column (path or name), what it was, what it is.
#[derive(Clone, Debug)]
pub struct Pair {
    pub column: String,
    pub before: String,
    pub after: String,
    /// A number or a word of JSON, not a string.
    pub is_bare: bool,
}

type Pairs = Result<Vec<Pair>, String>;

/// The mark of what was removed: it may stand for a whole value.
fn is_removed(tree: &Tree) -> bool {
    matches!(tree, Tree::Text(text) if text.starts_with("[REMOVED:"))
}

fn trees(column: &str, before: &Tree, after: &Tree, out: &mut Vec<Pair>) -> Result<(), String> {
    let push = |out: &mut Vec<Pair>, before: &str, after: &str, is_bare| {
        out.push(Pair { column: column.to_owned(), before: before.to_owned(), after: after.to_owned(), is_bare });
    };
    match (before, after) {
        (_, after) if is_removed(after) => {}
        (Tree::Word(one), Tree::Word(other) | Tree::Text(other)) => push(out, one, other, true),
        (Tree::Text(one), Tree::Text(other)) => push(out, one, other, false),
        (Tree::Array(one), Tree::Array(other)) if one.len() == other.len() => {
            for (one, other) in one.iter().zip(other) {
                trees(&format!("{column}[]"), one, other, out)?;
            }
        }
        (Tree::Object(one), Tree::Object(other)) if one.len() == other.len() => {
            for ((key, one), (new_key, other)) in one.iter().zip(other) {
                // A key may be an identifier itself.
                if key != new_key {
                    push(out, key, new_key, false);
                }
                trees(&format!("{column}.{key}"), one, other, out)?;
            }
        }
        _ => return Err(format!("another shape at {column}")),
    }
    Ok(())
}

fn json(column: &str, before: &str, after: &str, out: &mut Vec<Pair>) -> Result<(), String> {
    let before = parse(before).map_err(|error| format!("input: {error}"))?;
    trees(column, &before, &parse(after).map_err(|error| format!("no JSON any more: {error}"))?, out)
}

fn json_lines(before: &str, after: &str) -> Pairs {
    let mut out = Vec::new();
    if before.lines().count() != after.lines().count() || before.ends_with('\n') != after.ends_with('\n') {
        return Err("another number of lines".into());
    }
    for (number, (before, after)) in before.lines().zip(after.lines()).enumerate() {
        if !before.trim().is_empty() {
            json("", before, after, &mut out).map_err(|error| format!("line {}: {error}", number + 1))?;
        }
    }
    Ok(out)
}

/// Rows of a CSV file (RFC 4180).
pub fn rows(text: &str, separator: char) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut symbols = text.trim_start_matches('\u{feff}').chars().peekable();
    let mut quoted = false;
    while let Some(symbol) = symbols.next() {
        let row = rows.last_mut().unwrap();
        let cell = row.last_mut().unwrap();
        match symbol {
            '"' if quoted && symbols.peek() == Some(&'"') => {
                symbols.next();
                cell.push('"');
            }
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            _ if quoted => cell.push(symbol),
            '\r' if symbols.peek() == Some(&'\n') => {}
            '\n' => rows.push(vec![String::new()]),
            _ if symbol == separator => row.push(String::new()),
            _ => cell.push(symbol),
        }
    }
    if rows.last().is_some_and(|row| *row == [""]) {
        rows.pop();
    }
    rows
}

fn table(before: &str, after: &str, separator: char) -> Pairs {
    let (before, after) = (rows(before, separator), rows(after, separator));
    let lengths = |rows: &[Vec<String>]| rows.iter().map(Vec::len).collect::<Vec<_>>();
    if lengths(&before) != lengths(&after) {
        return Err("another shape of the table".into());
    }
    let names = before.first().cloned().unwrap_or_default();
    let cells = before.into_iter().zip(after).enumerate().flat_map(|(row, (before, after))| {
        let pairs = before.into_iter().zip(after).enumerate();
        pairs
            .map(|(at, (before, after))| Pair {
                column: if row == 0 { "(columns)".into() } else { names.get(at).cloned().unwrap_or_default() },
                before,
                after,
                is_bare: false,
            })
            .collect::<Vec<_>>()
    });
    Ok(cells.collect())
}

/// Tags and texts of an XML document, in order; attributes are values named after their tag and name.
fn pieces(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut open = Vec::new();
    while let Some(at) = rest.find('<') {
        out.push((open.join("/"), rest[..at].to_owned()));
        rest = &rest[at..];
        let end = |sign: &str| rest.find(sign).map(|at| at + sign.len()).ok_or(format!("no {sign}"));
        let length = match rest {
            _ if rest.starts_with("<![CDATA[") => end("]]>")?,
            _ if rest.starts_with("<!--") => end("-->")?,
            _ => end(">")?,
        };
        let (tag, behind) = rest.split_at(length);
        rest = behind;
        if tag.starts_with("<!") {
            out.push((format!("{}/!", open.join("/")), tag.to_owned()));
            continue;
        }
        let name = tag.trim_matches(['<', '>', '/', '?']).split_whitespace().next().unwrap_or_default().to_owned();
        if tag.starts_with("</") {
            if open.pop() != Some(name.clone()) {
                return Err(format!("{name} closes what is not open"));
            }
        } else if !tag.starts_with("<?") && !tag.ends_with("/>") {
            open.push(name.clone());
        }
        out.push((format!("<{name}>"), String::new()));
        for (number, part) in tag.split('"').enumerate().filter(|(number, _)| number % 2 == 1) {
            out.push((format!("{}/{name}@{number}", open.join("/")), part.to_owned()));
        }
    }
    if open.is_empty() { Ok(out) } else { Err("an element stays open".into()) }
}

fn zipped(before: Vec<(String, String)>, after: Vec<(String, String)>) -> Pairs {
    let names = |pieces: &[(String, String)]| pieces.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    if names(&before) != names(&after) {
        return Err("other elements or attributes".into());
    }
    let pair = |((column, before), (_, after))| Pair { column, before, after, is_bare: false };
    Ok(before.into_iter().zip(after).map(pair).filter(|pair| !pair.before.trim().is_empty()).collect())
}

/// Attributes of an LDIF file, unfolded and decoded; binary values as hexadecimal digits.
pub fn attributes(text: &str) -> Vec<(String, String)> {
    let unfolded = text.replace("\r\n", "\n").replace("\n ", "");
    let lines = unfolded.lines().filter(|line| !line.starts_with('#') && line.contains(':'));
    lines
        .map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            let decoded = value.strip_prefix(':').map(|text| {
                let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim()).unwrap_or_default();
                let length = bytes.len();
                String::from_utf8(bytes)
                    .unwrap_or_else(|error| format!("{length} bytes {}", super::spell::hex(error.as_bytes())))
            });
            (name.to_owned(), decoded.unwrap_or_else(|| value.trim_start().to_owned()))
        })
        .collect()
}

/// Keys and values of a registry export; continued lines joined.
fn registry(text: &str) -> Vec<(String, String)> {
    let joined = text.replace("\\\r\n  ", "").replace("\\\n  ", "");
    joined
        .lines()
        .map(|line| match line.strip_prefix('"').and_then(|rest| rest.split_once("\"=")) {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None if line.starts_with('[') => ("[key]".to_owned(), line.to_owned()),
            None => (String::new(), line.to_owned()),
        })
        .collect()
}

/// How a file of the corpus is written, by its name.
fn form(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "jsonl" => "json-lines",
        _ if name.ends_with("PT1H.json") => "json-lines",
        "json" | "har" => "json",
        "csv" | "tsv" => "csv",
        "xml" => "xml",
        "ldif" => "ldif",
        "reg" => "registry",
        _ => "text",
    }
}

/// What each value of a file of the corpus became.
pub fn pairs(name: &str, before: &[u8], after: &[u8]) -> Pairs {
    pairs_as(form(name), before, after)
}

/// What each value of a file became. Text is compared line by line.
pub fn pairs_as(form: &str, before: &[u8], after: &[u8]) -> Pairs {
    let (before, after) = (characters(before), characters(after));
    if before.starts_with('\u{feff}') != after.starts_with('\u{feff}') {
        return Err("the byte order mark changed".into());
    }
    let (before, after) = (before.trim_start_matches('\u{feff}'), after.trim_start_matches('\u{feff}'));
    let mut out = Vec::new();
    match form {
        "json-lines" => return json_lines(before, after),
        "json" => json("", before, after, &mut out)?,
        "csv" => {
            let header = before.lines().next().unwrap_or_default();
            let count = |separator: &char| header.matches(*separator).count();
            let separator = [',', ';', '\t'].into_iter().max_by_key(count).unwrap_or(',');
            return table(before, after, separator);
        }
        "xml" => return zipped(pieces(before)?, pieces(after)?),
        "ldif" => return zipped(attributes(before), attributes(after)),
        "registry" => return zipped(registry(before), registry(after)),
        _ if before.lines().count() != after.lines().count() => return Err("another number of lines".into()),
        _ => {
            let pair = |(before, after): (&str, &str)| Pair {
                column: "line".into(),
                before: before.into(),
                after: after.into(),
                is_bare: false,
            };
            out = before.lines().zip(after.lines()).map(pair).collect();
        }
    }
    Ok(out)
}
