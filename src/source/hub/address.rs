//! Which hub, and with what right: `NAME.servicebus.windows.net/HUB` and a connection string or a token.
//!
//! A connection string is sent to the namespace that it names and to no other, always over TLS. Secrets are wiped when
//! the last holder lets go; the Kafka client keeps a copy of its own while it is connected.
//! Source: learn.microsoft.com/azure/event-hubs/event-hubs-get-connection-string.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use zeroize::Zeroizing;

use crate::net::auth::TokenSource;

/// Port of the Kafka endpoint.
const PORT: u16 = 9_093;

/// With what right the hub is read.
#[derive(Clone)]
pub enum Credential {
    /// A connection string with the right to listen.
    ConnectionString(Arc<Zeroizing<String>>),
    /// Tokens of Microsoft Entra; the role is Azure Event Hubs Data Receiver.
    Bearer(Arc<dyn TokenSource>),
    /// None at all: a broker on this machine that asks for none.
    Nobody,
}

impl Credential {
    /// A connection string as a file holds it.
    ///
    /// # Errors
    /// [`HubError::NoConnectionString`].
    pub fn connection_string(text: &str) -> Result<Self, HubError> {
        let text = text.trim();
        let usable = part(text, "Endpoint").is_some() && part(text, "SharedAccessKey").is_some();
        let usable = usable && !text.bytes().any(|byte| byte.is_ascii_control());
        usable
            .then(|| Self::ConnectionString(Arc::new(Zeroizing::new(text.to_owned()))))
            .ok_or(HubError::NoConnectionString)
    }
}

/// Why an event hub cannot be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// Not `HOST` or `HOST/HUB`.
    #[error(
        "--event-hub must be NAME.servicebus.windows.net/HUB, or the name of the namespace alone for all its insights-logs-* hubs"
    )]
    BadAddress,
    /// No connection string.
    #[error(
        "the file of --event-hub-key-file holds no connection string: copy it from the hub's shared access policies (Endpoint=sb://…;SharedAccessKey=…); a policy with Listen is enough"
    )]
    NoConnectionString,
    /// The key is another namespace's.
    #[error("the connection string belongs to another namespace than --event-hub names: it was not sent")]
    OtherNamespace,
    /// The key is another hub's.
    #[error("the connection string is for another hub of the namespace (EntityPath) than --event-hub names")]
    OtherHub,
    /// Nobody may read Azure's hubs.
    #[error("an event hub outside this machine needs a sign-in or --event-hub-key-file")]
    NoCredential,
}

/// An event hub, or all hubs of Azure Monitor in a namespace.
#[derive(Clone)]
pub struct Hub {
    pub(super) host: String,
    pub(super) port: u16,
    /// `None`: all hubs that Azure Monitor named.
    pub(super) name: Option<String>,
    /// Without TLS, on this machine.
    pub(super) is_plain: bool,
    pub(super) credential: Credential,
    /// Certificates that are trusted besides the system's.
    pub(super) roots: Vec<CertificateDer<'static>>,
}

impl Hub {
    /// The hub at `NAME.servicebus.windows.net/HUB` (port 9093 unless named); `127.0.0.1:PORT/HUB` is a broker on this
    /// machine, without TLS. Without `/HUB` all hubs `insights-logs-*` of the namespace.
    ///
    /// # Errors
    /// [`HubError`].
    pub fn new(address: &str, credential: Credential) -> Result<Self, HubError> {
        let address = address.trim().trim_start_matches("sb://").trim_end_matches('/');
        let (host, name) = match address.split_once('/') {
            Some((host, name)) => (host, Some(name)),
            None => (address, None),
        };
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| HubError::BadAddress)?),
            None => (host, PORT),
        };
        let is_name = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        if !is_name(host) || name.is_some_and(|name| !is_name(name) || name.len() > 256) || port == 0 {
            return Err(HubError::BadAddress);
        }
        let is_plain = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let hub = Self {
            host: host.to_ascii_lowercase(),
            port,
            name: name.map(str::to_owned),
            is_plain,
            credential,
            roots: Vec::new(),
        };
        hub.check()?;
        Ok(hub)
    }

    /// The same over TLS, although it is on this machine.
    #[cfg(test)]
    pub(crate) fn over_tls(self, roots: Vec<CertificateDer<'static>>) -> Self {
        Self { is_plain: false, roots, ..self }
    }

    fn check(&self) -> Result<(), HubError> {
        match &self.credential {
            Credential::Nobody if !self.is_plain => Err(HubError::NoCredential),
            Credential::ConnectionString(text) => {
                let endpoint = part(text, "Endpoint").unwrap_or_default();
                let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
                let host = rest.split(['/', ':']).next().unwrap_or_default();
                if !self.is_plain && !host.eq_ignore_ascii_case(&self.host) {
                    return Err(HubError::OtherNamespace);
                }
                match (part(text, "EntityPath"), &self.name) {
                    (Some(path), Some(name)) if !path.eq_ignore_ascii_case(name) => Err(HubError::OtherHub),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// The scope of its tokens.
    pub(super) fn scope(&self) -> String {
        format!("https://{}/.default", self.host)
    }
}

/// A part of a connection string.
fn part<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let parts = text.split(';').filter_map(|part| part.split_once('='));
    parts
        .filter(|(key, value)| key.trim().eq_ignore_ascii_case(name) && !value.is_empty())
        .map(|(_, value)| value)
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "Endpoint=sb://logs.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=c2VjcmV0MQ==";

    fn key(more: &str) -> Credential {
        Credential::connection_string(&format!("{TEXT}{more}\n")).unwrap()
    }

    #[test]
    fn hubs_namespaces_and_brokers_on_this_machine_are_told_apart() {
        let hub = Hub::new("sb://Logs.servicebus.windows.net/am-logs", key("")).unwrap();
        assert_eq!(
            (hub.host.as_str(), hub.port, hub.name.as_deref()),
            ("logs.servicebus.windows.net", 9_093, Some("am-logs"))
        );
        assert!(!hub.is_plain && hub.scope() == "https://logs.servicebus.windows.net/.default");
        let all = Hub::new("logs.servicebus.windows.net", key("")).unwrap();
        assert!(all.name.is_none());
        let own = Hub::new("127.0.0.1:9192/hub", Credential::Nobody).unwrap();
        assert!(own.is_plain && own.port == 9_192);
        for wrong in ["", "/hub", "a b/hub", "host:0/hub", "host:x/hub", "host/hub/more", "user@host/hub", "[::1]/hub"]
        {
            assert_eq!(Hub::new(wrong, key("")).err(), Some(HubError::BadAddress), "{wrong}");
        }
    }

    #[test]
    fn a_key_goes_to_its_own_namespace_and_hub_only() {
        assert_eq!(Hub::new("other.servicebus.windows.net/hub", key("")).err(), Some(HubError::OtherNamespace));
        assert_eq!(
            Hub::new("logs.servicebus.windows.net/hub", key(";EntityPath=else")).err(),
            Some(HubError::OtherHub)
        );
        assert!(Hub::new("logs.servicebus.windows.net/hub", key(";EntityPath=Hub")).is_ok());
        assert_eq!(Hub::new("logs.servicebus.windows.net/hub", Credential::Nobody).err(), Some(HubError::NoCredential));
        for wrong in
            ["", "SharedAccessKey=x", "Endpoint=sb://h/;SharedAccessKey=", "Endpoint=sb://h/;SharedAccessKey=a\u{1}b"]
        {
            assert_eq!(Credential::connection_string(wrong).err(), Some(HubError::NoConnectionString));
        }
    }
}
