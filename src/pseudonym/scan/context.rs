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
    fn words_before_a_number_tell_versions_from_addresses() {
        assert!(is_version("agent version ") && is_version("Build: ") && is_version("v") && is_version("see section "));
        assert!(!is_version("from ") && !is_version("") && !is_version("conversion from "));
    }
}
