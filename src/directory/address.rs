//! Where the directory is and how to sign in: the options, understood.
//!
//! Takes `--ldap`, `--ldap-user`, `--ldap-ca`, `--ldap-base`, `--ldap-filter` and `--ldap-object`; reads no file and
//! asks nobody. A password is held in memory that is wiped, and has no `Debug`.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use zeroize::Zeroizing;

use super::filter;
use crate::limits::{LDAP_PAGE_SIZE, LDAP_RANGE_SIZE, LDAP_SILENCE_MS_MAX};

/// A directory, and what is to be read of it.
#[derive(Clone)]
pub struct Directory {
    pub(super) host: String,
    pub(super) port: u16,
    /// TLS from the first byte (`ldaps://`), or by StartTLS (`ldap://`). Nothing is ever asked without it.
    pub(super) is_tls_first: bool,
    pub(super) credential: Credential,
    /// Authorities that are trusted instead of the system's.
    pub(super) roots: Vec<CertificateDer<'static>>,
    pub(super) view: View,
    pub(super) pace: Pace,
}

/// Who signs in.
#[derive(Clone)]
pub enum Credential {
    /// The Kerberos ticket of whoever runs the program.
    Kerberos,
    /// A name (`user@domain`, `DOMAIN\user` or a distinguished name) and its password.
    Simple {
        /// The name.
        name: String,
        /// The password.
        password: Zeroizing<String>,
    },
    /// Nobody: a directory says little to nobody, and says so.
    Nobody,
}

/// Which part of it is read.
#[derive(Clone, Default)]
pub struct View {
    /// Instead of the whole domain: below this object.
    pub base: Option<String>,
    /// Instead of all objects: those that this RFC 4515 filter lets through.
    pub filter: Option<String>,
    /// This object alone.
    pub object: Option<String>,
}

/// How much is asked for at a time, and how long a reply may take.
#[derive(Clone, Copy)]
pub struct Pace {
    /// Objects of a page.
    pub page_size: u32,
    /// Values of a range.
    pub range_size: u32,
    /// Longest silence, milliseconds.
    pub silence_ms_max: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { page_size: LDAP_PAGE_SIZE, range_size: LDAP_RANGE_SIZE, silence_ms_max: LDAP_SILENCE_MS_MAX }
    }
}

/// An option cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadDirectory {
    /// `--ldap`.
    #[error(
        "--ldap takes the address of a domain controller: ldaps://dc1.contoso.com, or ldap://dc1.contoso.com (StartTLS)"
    )]
    Address,
    /// `--ldap-ca`.
    #[error(
        "--ldap-ca takes a file with certificates in PEM (-----BEGIN CERTIFICATE-----): convert it with certutil -encode"
    )]
    Authority,
    /// `--ldap-filter`.
    #[error("--ldap-filter takes an LDAP filter, for example (department=Sales): check its parentheses")]
    Filter,
    /// `--ldap-base`, `--ldap-object`.
    #[error("--ldap-base and --ldap-object take a distinguished name, for example OU=Sync,DC=contoso,DC=com")]
    Name,
}

impl Directory {
    /// A directory at an address, with the system's authorities.
    ///
    /// # Errors
    /// [`BadDirectory`] for what is no address, no filter, no distinguished name.
    pub fn new(address: &str, credential: Credential, view: View) -> Result<Self, BadDirectory> {
        let url = url::Url::parse(address).map_err(|_| BadDirectory::Address)?;
        let is_tls_first = match url.scheme() {
            "ldaps" => true,
            "ldap" => false,
            _ => return Err(BadDirectory::Address),
        };
        let has_more = !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some();
        let is_named = !url.username().is_empty() || url.password().is_some();
        let host =
            url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty() || has_more || is_named || rustls::pki_types::ServerName::try_from(host.as_str()).is_err() {
            return Err(BadDirectory::Address);
        }
        if view.filter.as_ref().is_some_and(|text| filter::encode(text).is_err()) {
            return Err(BadDirectory::Filter);
        }
        let is_name = |name: &String| name.contains('=') && !name.contains('\0');
        if [&view.base, &view.object].into_iter().flatten().any(|name| !is_name(name)) {
            return Err(BadDirectory::Name);
        }
        let port = url.port().unwrap_or(if is_tls_first { 636 } else { 389 });
        Ok(Self { host, port, is_tls_first, credential, roots: Vec::new(), view, pace: Pace::default() })
    }

    /// Trusts these authorities (PEM) and no others.
    ///
    /// # Errors
    /// [`BadDirectory::Authority`] for what holds no certificate.
    pub fn trusting(mut self, pem: &[u8]) -> Result<Self, BadDirectory> {
        let roots: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        self.roots = roots.map_err(|_| BadDirectory::Authority)?;
        if self.roots.is_empty() { Err(BadDirectory::Authority) } else { Ok(self) }
    }

    /// Whether only a part of it is read.
    pub(super) fn is_narrowed(&self) -> bool {
        self.view.base.is_some() || self.view.filter.is_some() || self.view.object.is_some()
    }

    /// At another pace.
    #[must_use]
    pub fn paced(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }
}

/// Whether this program can sign in with a Kerberos ticket.
pub const fn has_kerberos() -> bool {
    cfg!(any(windows, feature = "kerberos"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(address: &str, view: View) -> Option<BadDirectory> {
        Directory::new(address, Credential::Nobody, view).err()
    }

    #[test]
    fn addresses_are_those_of_directories() {
        for (address, host, port, is_tls_first) in [
            ("ldaps://DC1.contoso.test", "dc1.contoso.test", 636, true),
            ("ldap://dc1.contoso.test/", "dc1.contoso.test", 389, false),
            ("ldaps://127.0.0.1:7636", "127.0.0.1", 7636, true),
            ("ldaps://[::1]", "::1", 636, true),
        ] {
            let one = Directory::new(address, Credential::Nobody, View::default()).unwrap();
            assert_eq!((one.host.as_str(), one.port, one.is_tls_first), (host, port, is_tls_first));
        }
        for address in
            ["dc1", "http://dc1", "ldap://", "ldaps://u:p@dc1", "ldaps://dc1/DC=a?cn", "ldapi://x", "ldaps://a b"]
        {
            assert_eq!(bad(address, View::default()), Some(BadDirectory::Address), "{address}");
        }
    }

    #[test]
    fn views_are_filters_and_names() {
        let view = |filter: Option<&str>, object: Option<&str>| View {
            filter: filter.map(str::to_owned),
            object: object.map(str::to_owned),
            base: None,
        };
        assert_eq!(bad("ldaps://d", view(Some("(a=b"), None)), Some(BadDirectory::Filter));
        assert_eq!(bad("ldaps://d", view(None, Some("Ada"))), Some(BadDirectory::Name));
        assert_eq!(bad("ldaps://d", view(Some("a=b"), Some("CN=Ada,DC=x"))), None);
        assert!(Directory::new("ldaps://d", Credential::Nobody, View::default()).unwrap().trusting(b"no").is_err());
    }
}
