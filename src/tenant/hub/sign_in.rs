//! Who may read: SASL PLAIN with a connection string, or OAUTHBEARER with one of the tenant's tokens.
//!
//! Not a security boundary: any connection string with a key will do, as any secret does at the token endpoint.
//! Source: learn.microsoft.com/azure/event-hubs/azure-event-hubs-apache-kafka-overview#security-and-authentication,
//! RFC 4616, RFC 7628.

use super::super::server::Tenant;
use crate::clock::Clock;

/// The mechanisms.
pub(super) const MECHANISMS: [&str; 2] = ["PLAIN", "OAUTHBEARER"];
/// The role that reading needs; a tenant that denies it hides the hub.
pub(super) const ROLE: &str = "Azure Event Hubs Data Receiver";

/// Whether the client's first message proves that it may.
pub(super) fn is_valid(tenant: &Tenant, mechanism: &str, message: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(message) else { return false };
    match mechanism {
        "PLAIN" => {
            let mut parts = text.split('\0').skip(1);
            let (user, password) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let key = password.split(';').find_map(|part| part.strip_prefix("SharedAccessKey="));
            user == "$ConnectionString"
                && password.starts_with("Endpoint=sb://")
                && key.is_some_and(|key| !key.is_empty())
        }
        "OAUTHBEARER" => {
            let token = text.split('\u{1}').find_map(|part| part.strip_prefix("auth="));
            tenant.login.check(token, Clock::System.now().unix_timestamp()).is_ok()
        }
        _ => false,
    }
}
