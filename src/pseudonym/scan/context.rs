//! What the words before an id or a number say about it.

/// Words that announce an id of a request; compared without blanks, dashes and case.
const REQUEST: [&str; 15] = [
    "correlationid",
    "correlation",
    "traceid",
    "trace",
    "requestid",
    "request",
    "sessionid",
    "activityid",
    "trackingid",
    "clientrequestid",
    "xmsrequestid",
    "operationid",
    "transactionid",
    "cycleid",
    "jobid",
];
/// Words that announce the anchor of a person: base64 of the 16 bytes of an id.
const ANCHOR: [&str; 7] =
    ["anchor", "sourceanchor", "cloudanchor", "sourceanchorvalue", "immutableid", "consistencyguid", "objectguid"];
/// Words that announce a version number, or the number of a section.
const VERSION: [&str; 15] = [
    "version",
    "ver",
    "v",
    "build",
    "release",
    "rev",
    "revision",
    "rv",
    "section",
    "sections",
    "sec",
    "chapter",
    "clause",
    "paragraph",
    "appendix",
];

/// The last word before the end, with the one before it, lower-case and glued together.
fn last_words(before: &str) -> (String, String) {
    let tail = before.char_indices().rev().nth(40).map_or(before, |(at, _)| &before[at..]);
    let glued = |symbol: char| symbol.is_alphanumeric() || symbol == '-' || symbol == '_';
    let mut words = tail.rsplit(|symbol| !glued(symbol)).filter(|word| !word.is_empty());
    let mut next = || words.next().unwrap_or_default().to_ascii_lowercase().replace(['-', '_'], "");
    let last = next();
    let both = next() + &last;
    (last, both)
}

/// Whether an id that follows these words is one of a request.
pub(super) fn is_request(before: &str) -> bool {
    let (last, both) = last_words(before);
    REQUEST.iter().any(|word| last == *word || both.ends_with(word) && both.len() > last.len() && last == "id")
}

/// Whether base64 that follows these words is somebody's anchor.
pub(super) fn is_anchor(before: &str) -> bool {
    let (last, both) = last_words(before);
    ANCHOR.iter().any(|word| last.ends_with(word) || both.ends_with(word))
}

/// Whether a dotted number that follows these words is a version.
pub(super) fn is_version(before: &str) -> bool {
    VERSION.contains(&last_words(before).0.as_str())
}

/// Words that announce object identifiers (ITU-T X.660).
const OBJECT_IDENTIFIER: [&str; 5] = ["oid", "oids", "objid", "objectidentifier", "objectidentifiers"];
/// How far before a dotted number such a word may stand, bytes.
const ANNOUNCED_BYTES_MAX: usize = 64;
/// Largest first number of a section in documentation, and the largest of its others.
const SECTION: (u8, u8) = (9, 40);

/// Whether a dotted number in `text` is an object identifier or the number of a section: `oid!(2.5.4.3)`,
/// `2.5.29.15: Flags` (certutil), `RFC 5280 4.2.1.6`, `## 3.1.4.2 Queries`, a line of a table of contents.
pub(super) fn is_outline(text: &str, start: usize, end: usize) -> bool {
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let (before, number) = (&text[line..start], &text[start..end]);
    let after = text[end..].split('\n').next().unwrap_or_default().trim_end();
    let from = (0..=before.len().saturating_sub(ANNOUNCED_BYTES_MAX)).rev().find(|at| before.is_char_boundary(*at));
    let words: Vec<&str> = before[from.unwrap_or(0)..].split(|symbol: char| !symbol.is_alphanumeric()).collect();
    if words.iter().any(|word| OBJECT_IDENTIFIER.contains(&word.to_ascii_lowercase().as_str()))
        || number.starts_with("2.5.") && after.starts_with(": Flags")
    {
        return true;
    }
    let mut last = words.iter().rev().filter(|word| !word.is_empty());
    let is_cited = last.next().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
        && last.next().is_some_and(|word| ["x", "rfc"].contains(&word.to_ascii_lowercase().as_str()));
    let page = after.trim_end_matches(|symbol: char| symbol.is_ascii_digit());
    let is_listed = page.len() < after.len() && page.trim_end().ends_with("...");
    is_cited || (is_listed || is_heading(before, after)) && is_section(number)
}

fn is_section(number: &str) -> bool {
    let mut parts = number.split('.').map(str::parse::<u8>);
    parts.next().is_some_and(|first| first.is_ok_and(|first| first <= SECTION.0))
        && parts.all(|part| part.is_ok_and(|part| part <= SECTION.1))
}

/// A line that is nothing but a number and a title: two words or more, the long ones with a capital.
fn is_heading(before: &str, after: &str) -> bool {
    let marks = before.trim();
    let words: Vec<&str> = after.split_whitespace().collect();
    let is_capital = |word: &str| {
        word.starts_with(|symbol: char| symbol.is_ascii_uppercase())
            && word.bytes().skip(1).any(|byte| byte.is_ascii_lowercase())
    };
    let is_plain = |word: &str| {
        word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"()-/&.".contains(&byte))
            && (word.len() < 5 || word.starts_with('(') || is_capital(word))
    };
    let is_marked = marks.len() > 1 && marks.bytes().all(|byte| byte == b'#');
    after.starts_with(' ')
        && words.first().is_some_and(|word| is_capital(word))
        && (is_marked || marks.is_empty() && words.len() > 1 && words.into_iter().all(is_plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_before_an_id_tell_requests_from_objects() {
        for before in
            ["Correlation ID: ", "Trace ID: ", "correlationId=", "x-ms-request-id: ", "Request Id '", "TraceId="]
        {
            assert!(is_request(before), "{before}");
        }
        for before in ["User ", "Object ID: ", "", "id ", "the principal with id ", "requested by "] {
            assert!(!is_request(before), "{before}");
        }
    }

    #[test]
    fn object_identifiers_and_sections_are_no_addresses() {
        let outlines = |line: &str| {
            let at = |symbol: char| symbol.is_ascii_digit() || symbol == '.';
            let start = line.match_indices(at).map(|(start, _)| start).find(|start| {
                line[*start..].split(|symbol| !at(symbol)).next().is_some_and(|run| run.split('.').count() == 4)
            });
            let start = start.unwrap();
            let end = start + line[start..].find(|symbol| !at(symbol)).unwrap_or(line.len() - start);
            is_outline(line, start, end)
        };
        for line in [
            "oid!(2.5.4.3)",
            "ObjectIdentifier::new(\"2.5.13.22\")",
            "    2.5.29.15: Flags = 1(Critical), Length = 4",
            "see RFC 5280 4.2.1.6 on names",
            "3.1.4.10 EvtRpcRemoteSubscriptionNext (Opnum 2) ... 70",
            "## 3.1.1.1 Events",
            "2.2.15.2 Filter Extensions",
        ] {
            assert!(outlines(line), "{line}");
        }
        for line in [
            "2.5.4.3 Connected",
            "2.5.4.3 - - [10/Oct/2026:13:55:36 +0000] \"GET / HTTP/1.1\" 200",
            "2.5.4.3 Accepted connection from port: 3",
            "2.5.4.3 Connection closed",
            "avoid 2.5.4.3",
            "Android 2.5.4.3",
            "# 2.5.4.3 dc1.corp.example",
            "203.0.113.7 Internet Explorer",
            "1.2.3.4 GET INDEX",
            "client 2.5.4.3 Internet Explorer",
        ] {
            assert!(!outlines(line), "{line}");
        }
    }

    #[test]
    fn words_before_a_number_tell_versions_from_addresses() {
        assert!(is_version("agent version ") && is_version("Build: ") && is_version("v") && is_version("see section "));
        assert!(!is_version("from ") && !is_version("") && !is_version("conversion from "));
    }
}
