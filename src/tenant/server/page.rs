//! Cutting and writing a page: size, projection, envelope.
//!
//! Shared by logs and documents. Takes rules and options, gives numbers and bytes.

use serde_json::{Map, Value};

use super::super::documents::Version;
use super::answer::Ask;
use super::fault::{Fault, quoted};
use super::position::{Bearing, Position};
use super::sets::{Paging, Set};

/// Records that one page looks at before it is sent, full or not: a filter that finds little gives short or empty
/// pages with a nextLink, as the service does. 20,000 sign-ins take about 0.3 s to make and compare.
pub(crate) const SCAN_MAX: u64 = 20_000;

/// How many records a page holds.
///
/// # Errors
/// A `$top` that the endpoint refuses.
pub(crate) fn size(ask: &Ask, set: &Set, most: Option<u64>) -> Result<u64, Fault> {
    let size = documented_size(ask, set)?;
    // What never pages has no pages to be small.
    Ok(most.filter(|_| set.paging != Paging::Never).map_or(size, |most| size.min(most)))
}

fn documented_size(ask: &Ask, set: &Set) -> Result<u64, Fault> {
    let activity = ask.query.select.iter().any(|name| name.eq_ignore_ascii_case("signInActivity"));
    let most = if activity { set.page_max.min(500) } else { set.page_max };
    match (set.paging, ask.query.top) {
        (Paging::Never, Some(_)) => {
            Err(Fault::unsupported_query("The query parameter $top is not supported by this resource."))
        }
        (Paging::Never, None) => Ok(u64::MAX),
        (Paging::Prefer, _) => Ok(ask.page_wish.unwrap_or(set.page_default).clamp(1, most)),
        (Paging::Clamped | Paging::NeedsTop, top) => Ok(top.map_or(set.page_default, |top| top.clamp(1, most))),
        (Paging::Refused, Some(top)) if top == 0 || top > most => Err(Fault::new(
            400,
            "Request_BadRequest",
            format!("Invalid page size specified: '{top}'. Must be between 1 and {most} inclusive."),
        )),
        (Paging::Refused, top) => Ok(top.unwrap_or(set.page_default)),
    }
}

/// Where the page begins.
///
/// # Errors
/// A token that is not one of this list.
pub(crate) fn position(ask: &Ask, bearing: Bearing, is_log: bool) -> Result<Position, Fault> {
    let Some(token) = &ask.query.skip_token else { return Ok(Position::default()) };
    bearing.open(token).ok_or_else(|| match is_log {
        true => Fault::bad_request("Invalid Skip Token, skip token is null"),
        false => Fault::new(
            400,
            "Directory_ExpiredPageToken",
            "The specified page token value has expired and can no longer be included in your request.",
        ),
    })
}

/// The bearing of a list's tokens.
pub(crate) fn bearing(ask: &Ask, seed: u64) -> Bearing {
    Bearing::new(seed, &format!("{}{}", ask.version_text(), ask.raw_path), &ask.query.repeated)
}

/// What is kept of a record.
#[derive(Debug, Default)]
pub(crate) struct Projection {
    /// Lower-case names that stay; none: all.
    pub(crate) names: Option<Vec<String>>,
    /// Members that go because they were not expanded.
    pub(crate) hidden: Vec<&'static str>,
}

impl Projection {
    /// Whether records stay as they are.
    pub(crate) fn is_whole(&self) -> bool {
        self.names.is_none() && self.hidden.is_empty()
    }

    /// Drops what was not asked for; annotations (`@odata.type`) stay.
    pub(crate) fn apply(&self, record: &mut Value) {
        let Some(members) = record.as_object_mut() else { return };
        members.retain(|name, _| {
            let is_hidden = self.hidden.iter().any(|hidden| *hidden == name);
            let is_named =
                self.names.as_ref().is_none_or(|names| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)));
            !is_hidden && (name.starts_with('@') || is_named)
        });
    }
}

/// The metadata document is the service's own, wherever this tenant listens: a record must not depend on a port.
const METADATA_ORIGIN: &str = "https://graph.microsoft.com";

/// `"@odata.context":"…"`
pub(crate) fn context(ask: &Ask) -> String {
    let select = if ask.query.select.is_empty() { String::new() } else { format!("({})", ask.query.select.join(",")) };
    let set = ask.path.trim_start_matches('/');
    quoted(&format!("{METADATA_ORIGIN}/{}/$metadata#{set}{select}", ask.version_text()))
}

/// Opens the envelope of a page.
pub(crate) fn open(ask: &Ask, count: Option<u64>, capacity: usize) -> Vec<u8> {
    let mut body = Vec::with_capacity(capacity);
    body.push(b'{');
    if ask.version != Version::Arm {
        body.extend_from_slice(format!("\"@odata.context\":{},", context(ask)).as_bytes());
    }
    if let Some(count) = count {
        body.extend_from_slice(format!("\"@odata.count\":{count},").as_bytes());
    }
    body.extend_from_slice(b"\"value\":[");
    body
}

/// Closes it.
pub(crate) fn close(mut body: Vec<u8>, next_link: Option<&str>) -> Vec<u8> {
    match next_link {
        Some(link) => body.extend_from_slice(format!("],\"@odata.nextLink\":{}}}", quoted(link)).as_bytes()),
        None => body.extend_from_slice(b"]}"),
    }
    body
}

/// A single object with its context first.
pub(crate) fn single(ask: &Ask, record: Value) -> Vec<u8> {
    let Value::Object(members) = record else { return record.to_string().into_bytes() };
    let mut whole = Map::new();
    if ask.version != Version::Arm {
        let context =
            format!("{METADATA_ORIGIN}/{}/$metadata#{}/$entity", ask.version_text(), ask.path.trim_start_matches('/'));
        whole.insert("@odata.context".to_owned(), Value::from(context));
    }
    whole.extend(members);
    Value::Object(whole).to_string().into_bytes()
}
