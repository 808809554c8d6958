//! Where a tenant's tokens come from.
//!
//! Takes the sign-in address and the tenant, gives the two v2.0 endpoints, checked: `https://`, or `http://` on
//! this machine. Source: <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code>.

use url::{Host, Url};

use super::AuthError;

/// The path, under `/<tenant>`, of Entra's token endpoint.
pub(super) const TOKEN_PATH: &str = "/oauth2/v2.0/token";
const DEVICE_PATH: &str = "/oauth2/v2.0/devicecode";

/// A tenant's endpoints at the sign-in server.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub tenant: String,
    pub token: Url,
    pub device: Url,
}

impl Endpoint {
    /// The endpoints of one tenant. The sign-in address may have a path of its own.
    pub(super) fn new(login: &Url, tenant: &str) -> Result<Self, AuthError> {
        if login.scheme() != "https" && !(login.scheme() == "http" && is_loopback(login)) {
            return Err(AuthError::PlainHttp);
        }
        if !is_tenant(tenant) {
            return Err(AuthError::BadTenant);
        }
        let under = |path: &str| {
            let mut url = login.clone();
            url.set_path(&format!("{}/{tenant}{path}", login.path().trim_end_matches('/')));
            url.set_query(None);
            url.set_fragment(None);
            url
        };
        Ok(Self { tenant: tenant.to_owned(), token: under(TOKEN_PATH), device: under(DEVICE_PATH) })
    }
}

/// Whether a text can be a tenant's id or domain name; nothing else may stand in a path or on a command line.
pub(super) fn is_tenant(text: &str) -> bool {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    text.bytes().all(is_name) && text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
}

/// Whether an address leads to this machine only.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(login: &str, tenant: &str) -> Result<Endpoint, AuthError> {
        Endpoint::new(&Url::parse(login).unwrap(), tenant)
    }

    #[test]
    fn the_endpoints_stand_under_the_tenant_and_keep_the_addresss_own_path() {
        let plain = endpoint("https://login.microsoftonline.com", "contoso.example").unwrap();
        assert_eq!(plain.token.as_str(), "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token");
        let nested = endpoint("http://127.0.0.1:8080/login/?x=1#y", "t-1").unwrap();
        assert_eq!(nested.device.as_str(), "http://127.0.0.1:8080/login/t-1/oauth2/v2.0/devicecode");
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        for login in ["http://127.0.0.1:1", "http://127.8.0.1", "http://[::1]:1", "http://LOCALHOST:1"] {
            assert!(endpoint(login, "t").is_ok(), "{login}");
        }
        for login in
            ["http://login.example", "http://10.0.0.1", "http://127.0.0.1.example", "http://[::2]", "ftp://127.0.0.1"]
        {
            assert!(matches!(endpoint(login, "t"), Err(AuthError::PlainHttp)), "{login}");
        }
    }

    #[test]
    fn a_tenant_cannot_change_the_path() {
        for tenant in ["", "..", ".x", "-x", "a/b", "a b", "a%2f", "a?b", "ü"] {
            assert!(matches!(endpoint("https://x.example", tenant), Err(AuthError::BadTenant)), "{tenant}");
        }
    }
}
