//! Writes an answer, up to the limits of the service.
//!
//! Takes the rows of a query, gives `{"tables":[{"name":"PrimaryResult","columns":[…],"rows":[…]}]}`, with an `error`
//! of code `PartialError` behind it when rows had to be left out.
//! Source: learn.microsoft.com/azure/azure-monitor/logs/api/response-format, `/errors`; service-limits.

use super::evaluate::{Computed, Evaluation, Rows, Selection};
use super::parser::{Query, Refused};
use crate::tenant::instant;
use crate::tenant::monitor::table::Facts;
use crate::tenant::server::fault::quoted;

/// Rows of an answer at most.
const ROWS_MAX: u64 = 500_000;
/// Bytes of an answer at most: "about 100 MB" of raw data.
const BYTES_MAX: usize = 104_857_600;

impl Evaluation<'_> {
    /// The body of the answer.
    ///
    /// # Errors
    /// [`Refused::Semantic`].
    pub(super) fn answer(&self, query: &Query) -> Result<Vec<u8>, Refused> {
        match self.rows(query)? {
            Rows::Computed(computed) => Ok(computed.body()),
            Rows::Log(selection) => Ok(selection.body()),
        }
    }
}

fn open<'c>(columns: impl Iterator<Item = (&'c str, &'c str)>) -> Vec<u8> {
    let columns: Vec<String> =
        columns.map(|(name, kind)| format!(r#"{{"name":{},"type":"{kind}"}}"#, quoted(name))).collect();
    format!(r#"{{"tables":[{{"name":"PrimaryResult","columns":[{}],"rows":["#, columns.join(",")).into_bytes()
}

fn close(mut body: Vec<u8>, left_out: Option<&str>) -> Vec<u8> {
    body.extend_from_slice(b"]}]");
    if let Some(message) = left_out {
        let error = serde_json::json!({
            "code": "PartialError",
            "message": "There were some errors when processing your query.",
            "details": [{
                "code": "EngineError",
                "message": "Something went wrong processing your query on the server.",
                "innererror": {"code": "-2133196797", "message": message, "severity": 2, "severityName": "Error"},
            }],
        });
        body.extend_from_slice(format!(r#","error":{error}"#).as_bytes());
    }
    body.push(b'}');
    body
}

impl Computed {
    fn body(&self) -> Vec<u8> {
        let mut body = open(self.columns.iter().map(|(name, kind)| (name.as_str(), *kind)));
        let rows: Vec<String> = self.rows.iter().map(|row| format!("[{}]", row.join(","))).collect();
        body.extend_from_slice(rows.join(",").as_bytes());
        close(body, None)
    }
}

impl Selection<'_> {
    fn body(&self) -> Vec<u8> {
        let world = self.tenant.logs.world();
        let (workspace, tenant) = (super::id(world), world.tenant_id());
        let mut body = open(self.table.columns.iter().map(|column| (column.name.as_str(), column.kind.as_str())));
        let rows_max = self.tenant.settings.page_max.map_or(ROWS_MAX, |most| most.min(ROWS_MAX));
        let mut left_out = None;
        self.tenant.with_actors(|actors| {
            let mut record = Vec::new();
            for (number, index) in (0..).zip(self.indices()) {
                if number >= rows_max {
                    left_out = Some(format!("The results of this query exceed the set limit of {rows_max} records."));
                    break;
                }
                if body.len() >= BYTES_MAX {
                    left_out = Some(format!("The results of this query exceed the set limit of {BYTES_MAX} bytes."));
                    break;
                }
                if number > 0 {
                    body.push(b',');
                }
                record.clear();
                self.tenant.logs.write(actors, self.log, true, index, &mut record);
                let facts = Facts {
                    workspace: &workspace,
                    tenant: &tenant,
                    category: &self.route.category,
                    generated: &instant::text(self.generated(index)),
                    billed: self.billed(index),
                };
                self.table.write(&record, &facts, &mut body);
            }
        });
        close(body, left_out.as_deref())
    }
}
