//! The envelope around an event, as storage accounts and event hubs get it.
//!
//! Takes a record in Graph's shape and when it arrived, appends one line. The peculiarities are those of real exports:
//! US text for some times, capital letters in some resource ids, numbers as strings, bookkeeping of the exporter.
//! Source: learn.microsoft.com/azure/azure-monitor/platform/resource-logs-schema.

use super::super::instant::{self, SECOND, Ticks};
use super::super::logs::{Ink as _, Log};
use crate::json;

/// What the envelope of a category says, beside the event.
pub(crate) struct Envelope {
    log: Log,
    category: &'static str,
    tenant_id: String,
}

impl Envelope {
    pub(crate) fn new(log: Log, category: &'static str, tenant_id: String) -> Self {
        Self { log, category, tenant_id }
    }

    /// Appends the event: `record` in Graph's shape, written to the exporter at `arrived`.
    pub(crate) fn write(&self, record: &[u8], arrived: Ticks, out: &mut Vec<u8>) {
        let is_old = matches!(self.log, Log::RiskDetections | Log::FederationSignIns);
        out.raw("{\"time\":\"");
        if is_old {
            us_text(arrived, out)
        } else {
            instant::write(arrived, out)
        }
        let resource = format!("/tenants/{}/providers/Microsoft.aadiam", self.tenant_id);
        let resource = if self.log == Log::GraphActivity { resource.to_uppercase() } else { resource };
        out.raw("\",\"resourceId\":").quoted(&resource);
        let [address, correlation, name, other_name] =
            scalars(record, ["ipAddress", "correlationId", "userDisplayName", "servicePrincipalName"]);
        let operation = operation(self.log);
        out.raw(",\"operationName\":").quoted(operation).raw(",\"operationVersion\":\"1.0\",");
        out.raw(if self.log == Log::RemoteNetworks { "\"Category\":" } else { "\"category\":" }).quoted(self.category);
        out.raw(",\"tenantId\":").quoted(&self.tenant_id).raw(",\"resultType\":\"0\",\"resultSignature\":\"None\"");
        out.raw(if is_old { ",\"durationMs\":\"0\"" } else { ",\"durationMs\":0" });
        for (key, value) in
            [("callerIpAddress", address), ("correlationId", correlation), ("identity", name.or(other_name))]
        {
            if let Some(value) = value {
                out.raw(",").quoted(key).raw(":").extend_from_slice(value);
            }
        }
        out.raw(match self.log {
            Log::FederationSignIns => ",\"level\":\"4\"",
            Log::Audits => ",\"level\":\"Informational\"",
            _ => ",\"Level\":4",
        });
        if self.log == Log::Provisioning {
            out.raw(",\"__UDI_RequiredFields_TenantId\":").quoted(&self.tenant_id);
        }
        out.raw(",\"properties\":").extend_from_slice(record);
        out.raw("}");
    }
}

fn operation(log: Log) -> &'static str {
    match log {
        Log::SignIns(_) | Log::FederationSignIns => "Sign-in activity",
        Log::Provisioning => "Provisioning activity",
        Log::RiskDetections => "User Risk Detection",
        Log::GraphActivity => "Microsoft Graph Activity",
        Log::Audits | Log::AttributeAudits => "Core Directory",
        _ => "Activity",
    }
}

/// Scalars of the top level as written; nothing for `null`, objects and arrays.
fn scalars<'a, const N: usize>(record: &'a [u8], names: [&str; N]) -> [Option<&'a [u8]>; N] {
    let mut found = [None; N];
    let Ok(members) = json::members(record, 0) else { return found };
    for (key, span) in members.map_while(Result::ok) {
        for (name, slot) in names.iter().zip(&mut found) {
            if key == name.as_bytes() {
                *slot = record.get(span.clone()).filter(|value| !matches!(value.first(), Some(b'n' | b'{' | b'[')));
            }
        }
    }
    found
}

/// `8/22/2022 6:07:16 PM`
fn us_text(at: Ticks, out: &mut Vec<u8>) {
    let text = instant::text(at);
    let number = |from: usize| text.get(from..from + 2).and_then(|digits| digits.parse::<u64>().ok()).unwrap_or(0);
    let hour = at.rem_euclid(86_400 * SECOND) / (3_600 * SECOND);
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    let (minutes, half) = (text.get(13..19).unwrap_or_default(), if hour < 12 { "AM" } else { "PM" });
    let year = text.get(..4).unwrap_or_default();
    out.raw(&format!("{}/{}/{year} {twelve}{minutes} {half}", number(5), number(8)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_json_line_with_the_record_inside() {
        let record = br#"{"id":"a","ipAddress":"203.0.113.9","correlationId":null,"userDisplayName":"Ada"}"#;
        let at = instant::parse("2026-02-01T18:07:16.5Z").unwrap();
        for (log, time) in [(Log::RiskDetections, "2/1/2026 6:07:16 PM"), (Log::Audits, "2026-02-01T18:07:16.5000000Z")]
        {
            let mut out = Vec::new();
            Envelope::new(log, "AuditLogs", "t".into()).write(record, at, &mut out);
            let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(
                (&value["time"], &value["callerIpAddress"], &value["identity"]),
                (&time.into(), &"203.0.113.9".into(), &"Ada".into())
            );
            assert!(value.get("correlationId").is_none() && value["properties"]["id"] == "a");
        }
        let mut midnight = Vec::new();
        us_text(instant::parse("2026-12-31T00:00:01Z").unwrap(), &mut midnight);
        assert_eq!(midnight, b"12/31/2026 12:00:01 AM");
    }
}
