//! What the fault plan makes of an answer.
//!
//! Takes a question and the plan's mishap, gives another status, another page, or leaves the mishap to the reply's way
//! out ([`super::reply`]). Records keep their bytes: pages are taken apart and put together without reading them.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::super::faults::book::earliest;
use super::super::faults::{Mishap, Words};
use super::super::instant;
use super::answer::{Ask, Tenant};
use super::fault::Fault;
use super::reply::Reply;
use crate::clock::Clock;

/// Marks a link to an empty page: which of how many it is.
const HOP: &str = "hop=";
/// A gateway's page.
const GATEWAY: &[u8] = b"<html><head><title>Gateway</title></head><body><h1>Service unavailable</h1></body></html>";

/// An answer, and what is still to go wrong with it on its way.
pub(crate) struct Answered {
    pub(crate) outcome: Result<Reply, Fault>,
    pub(crate) mishap: Option<Mishap>,
}

impl From<Result<Reply, Fault>> for Answered {
    fn from(outcome: Result<Reply, Fault>) -> Self {
        Self { outcome, mishap: None }
    }
}

/// A target without the mark of an empty page, and what the mark says.
pub(crate) fn without_hop(target: &str) -> (String, Option<(u32, u32)>) {
    let Some((head, mark)) = target.rsplit_once(HOP) else { return (target.to_owned(), None) };
    let numbers = mark.split_once('-').and_then(|(hop, of)| Some((hop.parse().ok()?, of.parse().ok()?)));
    match (head.strip_suffix(['&', '?']), numbers) {
        (Some(head), Some(numbers)) => (head.to_owned(), Some(numbers)),
        _ => (target.to_owned(), None),
    }
}

impl Tenant {
    /// Answers a question as the fault plan wants it. `target` is path and query with version in front.
    pub(crate) fn answer_planned(&self, ask: &Ask, target: &str, hop: Option<(u32, u32)>) -> Answered {
        if self.faults.is_empty() {
            return self.answer(ask).into();
        }
        if let Some((hop, of)) = hop.filter(|(hop, of)| hop < of) {
            return Ok(empty_page(ask, target, hop + 1, of)).into();
        }
        let now = instant::ticks(self.settings.now);
        let mishap = if hop.is_some() { None } else { self.faults.draw(&[target], None, now) };
        if let Some(outcome) = mishap.as_ref().and_then(|mishap| refusal(mishap, now)) {
            return outcome.into();
        }
        if let Some(Mishap::EmptyPages(of)) = mishap {
            return Ok(empty_page(ask, target, 1, of)).into();
        }
        let mut answered = Answered::from(self.answer(ask));
        if let Ok(reply) = &mut answered.outcome {
            self.edit(ask, target, mishap.as_ref(), reply);
        }
        answered.mishap = mishap;
        answered
    }

    /// Puts the plan's changes into a page.
    fn edit(&self, ask: &Ask, target: &str, mishap: Option<&Mishap>, reply: &mut Reply) {
        if let (Some(Mishap::Count(off)), Ok(count)) = (mishap, String::from_utf8_lossy(&reply.body).parse::<i64>()) {
            reply.body = (count + off).to_string().into_bytes();
            return;
        }
        let Some(mut page) = Page::read(&reply.body) else { return };
        let mut carried = self.faults.carried(target);
        let is_changed = !carried.is_empty() || mishap.is_some();
        carried.append(&mut page.records);
        page.records = carried;
        if let Some(link) = &page.link {
            self.faults.link(target, link);
        }
        if let Some(mishap) = mishap {
            self.change(ask, target, mishap, &mut page);
        }
        if is_changed {
            reply.body = page.write();
        }
    }

    fn change(&self, ask: &Ask, target: &str, mishap: &Mishap, page: &mut Page) {
        let own = || format!("{}{target}", ask.origin);
        let some = |count: u32| page.records.len().saturating_sub(count as usize);
        match mishap {
            Mishap::NullToken => {
                let emptied = |link: String| link.split_once("skiptoken=").map(|(head, _)| format!("{head}skiptoken="));
                page.link = page.link.take().and_then(emptied);
            }
            Mishap::RepeatedLink => page.link = Some(own()),
            Mishap::Cycle => page.link = Some(first_page(&own())),
            Mishap::Elsewhere(origin) => {
                page.link = page.link.take().map(|link| elsewhere(&link, origin));
            }
            Mishap::Duplicates(count) => {
                let again = page.records.get(some(*count)..).unwrap_or_default().to_vec();
                match &page.link {
                    Some(link) => self.faults.carry(link, again),
                    None => page.records.extend(again),
                }
            }
            Mishap::HoldBack(count) => {
                if let Some(link) = &page.link {
                    let later = page.records.split_off(some(*count));
                    self.faults.carry(link, later);
                }
            }
            Mishap::Reverse => page.records.reverse(),
            Mishap::Late(count) => drop(page.records.drain(..page.records.len().min(*count as usize))),
            Mishap::Lose(count) => page.records.truncate(some(*count)),
            Mishap::Count(off) => page.add_count(*off),
            Mishap::Scrap => page.records.push("7".to_owned()),
            Mishap::ErrorInside => page.put("error", &serde_json::json!({"code": "UnknownError", "message": ""})),
            Mishap::NullValue => page.is_null = true,
            _ => {}
        }
    }
}

/// The refusal that a mishap is, if it is one.
pub(crate) fn refusal(mishap: &Mishap, now: instant::Ticks) -> Option<Result<Reply, Fault>> {
    let fault = match mishap {
        Mishap::Answer { status, body, code, message, retry_after } => {
            let code = if code.is_empty() { "UnknownError" } else { code };
            let mut fault = Fault::new(*status, code, message.as_str());
            fault.headers.extend(retry_after.as_deref().map(|text| ("retry-after", moment(text))));
            match body {
                Words::Json => fault,
                Words::Html | Words::Empty => {
                    let body = if *body == Words::Html { GATEWAY.to_vec() } else { Vec::new() };
                    let (status, headers) = (fault.status, fault.headers);
                    return Some(Ok(Reply { status, content_type: "text/html; charset=utf-8".into(), headers, body }));
                }
            }
        }
        Mishap::Unauthorised { claims } => {
            let mut fault = Fault::unauthenticated("Lifetime validation failed, the token is expired.");
            if *claims {
                let challenge = r#"Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxIn19fQ==""#;
                fault.headers = vec![("www-authenticate", challenge.to_owned())];
            }
            fault
        }
        Mishap::Redirect { to } => {
            let mut fault = Fault::new(302, "Redirect", "");
            fault.headers.push(("location", to.clone()));
            fault
        }
        Mishap::Retention { days } => Fault::bad_request(format!(
            "Invalid filter: the minimum allowed date is {}.",
            instant::text(earliest(*days, now))
        )),
        Mishap::PageSize { most } => {
            Fault::bad_request(format!("Cannot query data for more than {most} objects at a time: reduce $top."))
        }
        Mishap::RefuseOption { option } => {
            Fault::unsupported_query(format!("The query parameter {option} is not supported by this resource."))
        }
        Mishap::Heavy { .. } | Mishap::HeavyPage { .. } => Fault::new(504, "UnknownError", "The request timed out."),
        _ => return None,
    };
    Some(Err(fault))
}

/// `+N` as the HTTP date N seconds from now (RFC 9110 §5.6.7).
fn moment(text: &str) -> String {
    let Some(seconds) = text.strip_prefix('+').and_then(|text| text.parse::<i64>().ok()) else {
        return text.to_owned();
    };
    http_date(Clock::System.now() + time::Duration::seconds(seconds))
}

/// `Mon, 05 Jan 2026 10:00:07 GMT`
pub(crate) fn http_date(at: time::OffsetDateTime) -> String {
    let format = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    at.format(format).unwrap_or_default()
}

fn empty_page(ask: &Ask, target: &str, hop: u32, of: u32) -> Reply {
    let and = if target.contains('?') { '&' } else { '?' };
    let link = format!("{}{target}{and}{HOP}{hop}-{of}", ask.origin);
    Reply::json(serde_json::json!({"value": [], "@odata.nextLink": link}).to_string().into_bytes())
}

/// A link without its token.
fn first_page(link: &str) -> String {
    let Some((path, query)) = link.split_once('?') else { return link.to_owned() };
    let kept: Vec<&str> = query.split('&').filter(|part| !part.to_ascii_lowercase().contains("skip")).collect();
    format!("{path}?{}", kept.join("&"))
}

/// The same path and query at another scheme, port or origin.
pub(super) fn elsewhere(link: &str, origin: &str) -> String {
    let Some((scheme, rest)) = link.split_once("://") else { return link.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.split(':').next().unwrap_or(authority);
    if origin.contains("://") {
        format!("{origin}{path}")
    } else if origin.starts_with(':') {
        format!("{scheme}://{host}{origin}{path}")
    } else {
        format!("{origin}://{authority}{path}")
    }
}

/// A list page in parts.
struct Page {
    members: BTreeMap<String, Box<RawValue>>,
    records: Vec<String>,
    link: Option<String>,
    is_null: bool,
}

const LINK: &str = "@odata.nextLink";

impl Page {
    fn read(body: &[u8]) -> Option<Self> {
        let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(body).ok()?;
        let records: Vec<Box<RawValue>> = serde_json::from_str(members.remove("value")?.get()).ok()?;
        let link = members.remove(LINK).and_then(|link| serde_json::from_str(link.get()).ok());
        let records = records.iter().map(|record| record.get().to_owned()).collect();
        Some(Self { members, records, link, is_null: false })
    }

    fn put(&mut self, name: &str, value: &Value) {
        if let Ok(raw) = to_raw_value(value) {
            self.members.insert(name.to_owned(), raw);
        }
    }

    fn add_count(&mut self, off: i64) {
        let count = self.members.get("@odata.count").and_then(|raw| raw.get().parse::<i64>().ok());
        if let Some(count) = count {
            self.put("@odata.count", &Value::from(count + off));
        }
    }

    fn write(mut self) -> Vec<u8> {
        if let Some(link) = self.link.take() {
            self.put(LINK, &Value::from(link));
        }
        let mut body = b"{".to_vec();
        for (name, raw) in &self.members {
            body.extend_from_slice(format!("{}:{},", Value::from(name.as_str()), raw.get()).as_bytes());
        }
        let list = if self.is_null { "null".to_owned() } else { format!("[{}]", self.records.join(",")) };
        body.extend_from_slice(format!("\"value\":{list}}}").as_bytes());
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_bent_as_planned() {
        let link = "http://127.0.0.1:80/v1.0/users?$top=5&$skiptoken=abc";
        assert_eq!(elsewhere(link, "https://evil.example"), "https://evil.example/v1.0/users?$top=5&$skiptoken=abc");
        assert_eq!(elsewhere(link, ":81"), "http://127.0.0.1:81/v1.0/users?$top=5&$skiptoken=abc");
        assert_eq!(elsewhere(link, "https"), "https://127.0.0.1:80/v1.0/users?$top=5&$skiptoken=abc");
        assert_eq!(first_page(link), "http://127.0.0.1:80/v1.0/users?$top=5");
        assert_eq!(without_hop("/v1.0/users?$top=5&hop=1-3"), ("/v1.0/users?$top=5".into(), Some((1, 3))));
        assert_eq!(without_hop("/v1.0/users?$top=5"), ("/v1.0/users?$top=5".into(), None));
    }

    #[test]
    fn a_page_is_put_together_as_it_was() {
        let body = br#"{"@odata.context":"c","value":[ {"a" : 1.50} ],"@odata.nextLink":"n"}"#;
        let page = Page::read(body).unwrap();
        assert_eq!(page.records, [r#"{"a" : 1.50}"#]);
        let again: Value = serde_json::from_slice(&page.write()).unwrap();
        assert_eq!(again, serde_json::from_slice::<Value>(body).unwrap());
    }

    #[test]
    fn dates_are_http_dates() {
        let at = time::macros::datetime!(2026-01-05 10:00:07 UTC);
        assert_eq!(http_date(at), "Mon, 05 Jan 2026 10:00:07 GMT");
        assert_eq!(moment("2.128"), "2.128");
        assert!(moment("+3").ends_with(" GMT"));
    }
}
