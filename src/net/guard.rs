//! Where a request may go.
//!
//! Takes addresses, says whether a token may be sent there: only to the origin (scheme, host, port) that was
//! configured for the service, over https or to this machine, and never to a path that holds secrets.

use url::{Host, Url};

use super::NetError;

/// Says whether a path (decoded, with the version in front: `/v1.0/users`) or its query asks for secrets.
pub type Denied = fn(path_and_query: &str) -> bool;

/// A service: where it is and what its tokens are for.
#[derive(Clone)]
pub struct Target {
    /// Base address, for example `https://graph.microsoft.com`.
    pub url: Url,
    /// Scope of its tokens, for example `https://graph.microsoft.com/.default`.
    pub scope: String,
}

/// The services of one cloud, perhaps pointed elsewhere by `--graph-url` and its kin.
#[derive(Clone)]
pub struct Endpoints {
    /// Microsoft Graph.
    pub graph: Target,
    /// Azure Resource Manager.
    pub arm: Target,
    /// Log Analytics query API.
    pub logs: Target,
    /// Office 365 Management Activity API.
    pub office: Target,
    /// Where tokens are issued.
    pub login_url: Url,
}

impl Endpoints {
    /// The service's target.
    pub fn target(&self, service: crate::catalog::Service) -> &Target {
        match service {
            crate::catalog::Service::Graph => &self.graph,
            crate::catalog::Service::Arm => &self.arm,
            crate::catalog::Service::Office => &self.office,
            // What is on premises is no request of this room: it has no target of its own.
            crate::catalog::Service::Monitor | crate::catalog::Service::Host | crate::catalog::Service::Ldap => {
                &self.logs
            }
        }
    }

    /// Whether all of them are on this machine.
    pub fn are_loopback(&self) -> bool {
        [&self.graph.url, &self.arm.url, &self.logs.url, &self.office.url, &self.login_url].into_iter().all(is_loopback)
    }

    /// Checks every address.
    ///
    /// # Errors
    /// [`NetError::PlainHttp`] for http to another machine, [`NetError::BadAddress`] for anything else.
    pub fn check(&self) -> Result<(), NetError> {
        check(&self.graph.url, "--graph-url")?;
        check(&self.arm.url, "--arm-url")?;
        check(&self.logs.url, "--logs-url")?;
        check(&self.office.url, "--office-url")?;
        check(&self.login_url, "--login-url")
    }
}

/// Reads the address given with `option`.
///
/// # Errors
/// As [`Endpoints::check`].
pub fn endpoint(text: &str, option: &'static str) -> Result<Url, NetError> {
    let url = Url::parse(text).map_err(|_| NetError::BadAddress(option))?;
    check(&url, option)?;
    Ok(url)
}

fn check(url: &Url, option: &'static str) -> Result<(), NetError> {
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.has_host();
    match url.scheme() {
        "https" if bare => Ok(()),
        "http" if bare && is_loopback(url) => Ok(()),
        "http" if bare => Err(NetError::PlainHttp(option)),
        _ => Err(NetError::BadAddress(option)),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether a token for `target` may be sent to `url`.
pub(super) fn is_home(target: &Target, url: &Url) -> bool {
    url.origin() == target.url.origin() && url.username().is_empty() && url.password().is_none()
}

/// Path (without the base's own path) and query, percent-decoded, as [`Denied`] takes it.
pub(super) fn plain_path(target: &Target, url: &Url) -> String {
    let path = url.path();
    let path = path.strip_prefix(target.url.path().trim_end_matches('/')).unwrap_or(path);
    let raw = match url.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    percent_decode(&raw)
}

/// Percent-decodes; what is no valid UTF-8 afterwards is replaced, what is no escape stays.
pub(super) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(escaped.unwrap_or(byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for good in ["https://graph.microsoft.com", "http://127.0.0.1:8080", "http://[::1]:1/x", "http://localhost:9"] {
            assert!(endpoint(good, "--graph-url").is_ok(), "{good}");
        }
        for bad in [
            "http://graph.microsoft.com",
            "http://127.0.0.1.example",
            "http://localhost.example",
            "ftp://127.0.0.1",
            "https://user@graph.example",
            "https://graph.example/?a=b",
            "graph.example",
        ] {
            assert!(endpoint(bad, "--graph-url").is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_stays_with_its_origin() {
        let target = Target { url: Url::parse("https://graph.example").unwrap(), scope: String::new() };
        let home = |text: &str| is_home(&target, &Url::parse(text).unwrap());
        assert!(home("https://graph.example:443/v1.0/users?$skiptoken=x"));
        for other in [
            "http://graph.example/v1.0/users",
            "https://graph.example:8443/v1.0/users",
            "https://graph.example.evil/v1.0/users",
            "https://graph.example@evil.example/",
            "https://user@graph.example/",
        ] {
            assert!(!home(other), "{other}");
        }
    }

    #[test]
    fn paths_are_judged_decoded_and_without_the_base() {
        let target = Target { url: Url::parse("http://127.0.0.1:1/base/").unwrap(), scope: String::new() };
        let url = Url::parse("http://127.0.0.1:1/base/v1.0/syn%63hronization%2Fsecrets?a=%ff%2").unwrap();
        assert_eq!(plain_path(&target, &url), "/v1.0/synchronization/secrets?a=\u{fffd}%2");
    }
}
