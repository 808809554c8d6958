//! A table of a workspace: answers the questions that the collector asks, with the bodies that the documentation shows.
//! Source: learn.microsoft.com/azure/azure-monitor/logs/api/response-format, `/errors`.

use time::OffsetDateTime;

use super::*;
use crate::net::mock::{Asked, Reply};

/// One table.
#[derive(Clone)]
pub(super) struct Table {
    pub(super) events: Vec<OffsetDateTime>,
    /// Answers are cut off behind so many rows.
    pub(super) rows_max: usize,
}

impl Table {
    /// Events evenly over the window, the first at its very beginning.
    pub(super) fn even(count: u32) -> Self {
        let step = (WINDOW.until - WINDOW.since) / count.max(1);
        Self { events: (0..count).map(|number| WINDOW.since + step * number).collect(), rows_max: usize::MAX }
    }

    /// Answers a question as the service does.
    pub(super) fn answer(&self, asked: &Asked) -> Reply {
        let (kind, window) = question(asked);
        let inside: Vec<_> =
            self.events.iter().enumerate().filter(|(_, at)| window.since <= **at && **at < window.until).collect();
        let stamp = |at: OffsetDateTime| at.format(&time::format_description::well_known::Rfc3339).unwrap();
        match kind {
            Kind::Probe => Reply::json(table(
                &[("Table", "string"), ("Rows", "long")],
                &[r#"["",0]"#.to_owned(), format!(r#"["AuditLogs",{}]"#, inside.len())],
            )),
            Kind::Older => Reply::json(table(&[("Rows", "long")], &[format!("[{}]", inside.len().min(1))])),
            Kind::Count(step_s) => {
                let mut bins: std::collections::BTreeMap<i64, usize> = Default::default();
                for (_, at) in &inside {
                    *bins.entry(at.unix_timestamp().div_euclid(step_s) * step_s).or_default() += 1;
                }
                let row = |(bin, count): (i64, usize)| {
                    let at = OffsetDateTime::from_unix_timestamp(bin).unwrap();
                    format!(r#"["{}",{count},{}.5]"#, stamp(at), count * 700)
                };
                let rows: Vec<_> = bins.into_iter().map(row).collect();
                Reply::json(table(&[("At", "datetime"), ("Rows", "long"), ("Bytes", "real")], &rows))
            }
            Kind::Rows => {
                let row = |(number, at): &(usize, &OffsetDateTime)| {
                    let at = stamp(**at);
                    format!(r#"["{at}","{at}","a{number:05}","[{{\"id\":\"u\"}}]"]"#)
                };
                let rows: Vec<_> = inside.iter().take(self.rows_max).map(row).collect();
                let columns = [
                    ("TimeGenerated", "datetime"),
                    ("ActivityDateTime", "datetime"),
                    ("Id", "string"),
                    ("TargetResources", "dynamic"),
                ];
                let reply = table(&columns, &rows);
                if inside.len() > self.rows_max { partial(&reply) } else { Reply::json(reply) }
            }
        }
    }
}

pub(super) enum Kind {
    Probe,
    /// With stretches of so many seconds.
    Count(i64),
    Rows,
    /// Whether there are any.
    Older,
}

/// What is asked, and of which window.
pub(super) fn question(asked: &Asked) -> (Kind, Window) {
    let body: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
    let text = body["query"].as_str().unwrap();
    let moments: Vec<OffsetDateTime> =
        text.split("datetime(").skip(1).map(|rest| field::instant(rest.split_once(')').unwrap().0).unwrap()).collect();
    if text.ends_with(" | take 1 | summarize Rows=count()") {
        return (Kind::Older, Window { since: OffsetDateTime::UNIX_EPOCH, until: moments[0] });
    }
    // The first bounds what is scanned.
    let window = Window { since: moments[1], until: moments[2] };
    let kind = match text.split_once(" by At=bin(") {
        _ if text.starts_with("union isfuzzy=true") => Kind::Probe,
        Some((_, rest)) => Kind::Count(rest.rsplit_once(", ").unwrap().1.trim_end_matches("s)").parse().unwrap()),
        None => Kind::Rows,
    };
    (kind, window)
}

fn table(columns: &[(&str, &str)], rows: &[String]) -> String {
    let columns: Vec<_> =
        columns.iter().map(|(name, kind)| format!(r#"{{"name":"{name}","type":"{kind}"}}"#)).collect();
    format!(
        r#"{{"tables":[{{"name":"PrimaryResult","columns":[{}],"rows":[{}]}}]}}"#,
        columns.join(","),
        rows.join(",")
    )
}

/// Documented: 200, what there is, and an error beside it.
fn partial(body: &str) -> Reply {
    let error = r#","error":{"code":"PartialError","message":"There were some errors when processing your query."}}"#;
    Reply::json(format!("{}{error}", body.strip_suffix('}').unwrap()))
}
