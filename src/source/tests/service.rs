//! A log service: answers time filters as the documentation says, newest first, in pages.

use time::OffsetDateTime;

use super::*;
use crate::net::mock::{Asked, Reply};

/// A record of the log.
#[derive(Clone)]
pub(super) struct Event {
    pub id: String,
    pub at: OffsetDateTime,
}

/// The service.
#[derive(Clone)]
pub(super) struct Log {
    pub events: Vec<Event>,
    pub page_size: usize,
}

impl Log {
    /// `count` events, evenly over the window, the first at its very beginning.
    pub(super) fn even(count: u32, page_size: usize) -> Self {
        let step = (WINDOW.until - WINDOW.since) / count;
        let event = |number: u32| Event { id: format!("e{number:05}"), at: WINDOW.since + step * number };
        Self { events: (0..count).map(event).collect(), page_size }
    }

    /// The bounds of a request's filter: operator and instant.
    pub(super) fn bounds(asked: &Asked) -> Vec<(String, OffsetDateTime)> {
        let plain = asked.plain();
        let words: Vec<_> = plain.split([' ', '&', '=']).collect();
        words
            .windows(3)
            .filter(|three| three[0] == "at")
            .map(|three| (three[1].to_owned(), field::instant(three[2]).unwrap()))
            .collect()
    }

    pub(super) fn answer(&self, asked: &Asked) -> Reply {
        let bounds = Self::bounds(asked);
        let holds = |event: &&Event| {
            bounds.iter().all(|(operator, bound)| match operator.as_str() {
                "ge" => event.at >= *bound,
                "gt" => event.at > *bound,
                "le" => event.at <= *bound,
                _ => event.at < *bound,
            })
        };
        let mut found: Vec<&Event> = self.events.iter().filter(holds).collect();
        found.reverse();
        let plain = asked.plain();
        let skip: usize = plain.split_once("&$skiptoken=").map_or(0, |(_, number)| number.parse().unwrap());
        let records: Vec<_> = found.iter().skip(skip).take(self.page_size).map(|event| json(event)).collect();
        let more = skip + self.page_size < found.len();
        let base = asked.target.split("&$skiptoken=").next().unwrap_or_default();
        let link = if more {
            format!(
                r#","@odata.nextLink":"http://{}{base}&$skiptoken={}""#,
                asked.header("host").unwrap(),
                skip + self.page_size
            )
        } else {
            String::new()
        };
        Reply::json(format!(r#"{{"value":[{}]{link}}}"#, records.join(",")))
    }
}

fn json(event: &Event) -> String {
    use time::format_description::well_known::Rfc3339;
    format!(r#"{{"id":"{}","at":"{}"}}"#, event.id, event.at.format(&Rfc3339).unwrap())
}

/// A log's row with these operators.
pub(super) fn log_row(operators: &str) -> &'static Dataset {
    row(&format!(
        r#"
        id = "sign-ins"
        group = "logs"
        path = "/auditLogs/signIns"
        throttle = "reports"
        filter = "kind eq 'x'"
        [time]
        property = "at"
        operators = {operators}
        retention_days = 30
        "#
    ))
}
