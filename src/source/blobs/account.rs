//! Where a storage account is, and what opens it.
//!
//! Takes an address and a credential, gives addresses of listings and blobs and sends requests for them. A signature
//! (SAS) is added at the very end: no address that could reach an error holds one.
//! Source: <https://learn.microsoft.com/rest/api/storageservices/authorize-requests-to-azure-storage>.

use std::sync::Arc;

use bytes::Bytes;
use url::{Host, Url};
use zeroize::Zeroizing;

use super::listing::{self, NotAPage, Page};
use crate::catalog::Throttle;
use crate::limits::{BLOBS_IN_PAGE_MAX, SLOW_TRIES_MAX};
use crate::net::{Answer, Ask, Client, Failure, NetError, Proof, SharedKey, Target, endpoint};

/// Scope of tokens for storage accounts, the same in all clouds.
const SCOPE: &str = "https://storage.azure.com/.default";
/// Version of the service's interface: the first with user delegation and creation times everywhere.
const VERSION: &str = "2021-08-06";

/// The content of a file that holds a secret.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Takes it over; it is wiped when the last copy goes.
    pub fn new(content: String) -> Self {
        Self(Arc::new(Zeroizing::new(content)))
    }
}

/// What opens the account.
#[derive(Clone)]
pub enum Credential {
    /// The run's own sign-in, which needs the role Storage Blob Data Reader.
    Bearer,
    /// A shared access signature, with or without `?`, or an address or connection string that holds one.
    Sas(Secret),
    /// An account key, or a connection string.
    Key(Secret),
}

/// The account cannot be used as named.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The address.
    #[error(transparent)]
    Address(#[from] NetError),
    /// The path.
    #[error("--storage names neither an account nor ACCOUNT/CONTAINER: give https://ACCOUNT.blob.core.windows.net")]
    Path,
    /// The file.
    #[error("--storage-sas-file holds no shared access signature (sv=…&sig=…): copy it from the portal again")]
    NoSas,
    /// The file.
    #[error("--storage-key-file holds neither an account key nor a connection string: copy it from the portal again")]
    NoKey,
}

#[derive(Clone)]
enum Opener {
    Bearer,
    Sas(Secret),
    Key(SharedKey),
}

/// A storage account that diagnostic settings write to, or a container with what an event hub captured.
#[derive(Clone)]
pub struct Account {
    /// Origin and, where accounts are told apart by path, the account; without `/` at the end.
    base: Url,
    target: Box<Target>,
    opener: Opener,
    capture: Option<String>,
    tenant: Option<String>,
    page_max: u32,
}

impl Account {
    /// Reads the address: `https://ACCOUNT.blob.core.windows.net`, on this machine also `http://127.0.0.1:PORT/ACCOUNT`.
    /// With a container behind it, that container is taken for an event hub's capture, whose files hold all categories.
    ///
    /// # Errors
    /// [`AccountError`], which never repeats the address or the secret.
    pub fn new(url: &str, credential: Credential) -> Result<Self, AccountError> {
        // A signature in the address would be refused together with every other query.
        let mut base = endpoint(url.trim(), "--storage")?;
        if let Some(Host::Domain(host)) = base.host()
            && host.contains(".dfs.")
        {
            let host = host.replacen(".dfs.", ".blob.", 1);
            base.set_host(Some(&host)).map_err(|_| AccountError::Path)?;
        }
        let mut parts: Vec<String> =
            base.path().split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let in_path = !matches!(base.host(), Some(Host::Domain(name)) if name != "localhost");
        let account = match base.host() {
            _ if in_path && parts.is_empty() => return Err(AccountError::Path),
            _ if in_path => parts.remove(0),
            host => host.and_then(|host| host.to_string().split('.').next().map(str::to_owned)).unwrap_or_default(),
        };
        let capture = parts.pop();
        if !parts.is_empty() {
            return Err(AccountError::Path);
        }
        base.set_path(if in_path { &account } else { "" });
        let opener = match credential {
            Credential::Bearer => Opener::Bearer,
            Credential::Sas(secret) => Opener::Sas(Secret::new(signature(&secret.0).ok_or(AccountError::NoSas)?)),
            Credential::Key(secret) => {
                let key = part(&secret.0, "AccountKey").unwrap_or(secret.0.trim());
                Opener::Key(SharedKey::new(&account, key).ok_or(AccountError::NoKey)?)
            }
        };
        let mut origin = base.clone();
        origin.set_path("");
        let target = Box::new(Target { url: origin, scope: SCOPE.to_owned() });
        Ok(Self { base, target, opener, capture, tenant: None, page_max: BLOBS_IN_PAGE_MAX })
    }

    /// Reads only what is this tenant's (its id, a GUID): an account can hold several tenants' logs.
    #[must_use]
    pub fn for_tenant(self, id: &str) -> Self {
        Self { tenant: Some(id.to_ascii_lowercase()), ..self }
    }

    /// Asks for that many blobs in a page of a listing at most, instead of as many as the service gives.
    #[must_use]
    pub fn in_pages_of(self, blobs: u32) -> Self {
        Self { page_max: blobs.clamp(1, BLOBS_IN_PAGE_MAX), ..self }
    }

    /// Whether this is an event hub's capture: its place is called `event-hub` then.
    pub fn is_capture(&self) -> bool {
        self.capture.is_some()
    }

    pub(super) fn capture(&self) -> Option<&str> {
        self.capture.as_deref()
    }

    pub(super) fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// A page of a container's blobs under a prefix; `by_folder`: what is deeper counts as folders.
    pub(super) async fn list(
        &self,
        client: &Client,
        (container, prefix, by_folder): (&str, &str, bool),
        marker: Option<&str>,
    ) -> Result<Answer<Page>, Failure> {
        let mut url = self.address(&[container]);
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("restype", "container").append_pair("comp", "list").append_pair("prefix", prefix);
            if by_folder {
                query.append_pair("delimiter", "/");
            }
        }
        self.page(client, url, marker).await
    }

    /// A page of the account's containers whose names begin with `prefix`.
    pub(super) async fn containers(
        &self,
        client: &Client,
        prefix: &str,
        marker: Option<&str>,
    ) -> Result<Answer<Page>, Failure> {
        // Without its slash the address is another one, which then is not signed correctly.
        let mut url = self.base.clone();
        url.set_path(&format!("{}/", self.base.path().trim_end_matches('/')));
        url.query_pairs_mut().append_pair("comp", "list").append_pair("prefix", prefix);
        self.page(client, url, marker).await
    }

    async fn page(&self, client: &Client, mut url: Url, marker: Option<&str>) -> Result<Answer<Page>, Failure> {
        url.query_pairs_mut().append_pair("maxresults", &self.page_max.to_string());
        if let Some(marker) = marker {
            url.query_pairs_mut().append_pair("marker", marker);
        }
        let read = |body: &Bytes| listing::read(body);
        self.send(client, url, Vec::new(), read).await
    }

    /// A blob, or some bytes of it.
    pub(super) async fn blob(
        &self,
        client: &Client,
        (container, name): (&str, &str),
        headers: Vec<(String, String)>,
    ) -> Result<Answer<Bytes>, Failure> {
        let parts: Vec<&str> = [container].into_iter().chain(name.split('/')).collect();
        self.send(client, self.address(&parts), headers, |body| Ok::<_, NotAPage>(body.clone())).await
    }

    fn address(&self, parts: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        url
    }

    async fn send<T>(
        &self,
        client: &Client,
        mut url: Url,
        mut headers: Vec<(String, String)>,
        read: impl Fn(&Bytes) -> Result<T, NotAPage>,
    ) -> Result<Answer<T>, Failure> {
        let own = [("x-ms-version", VERSION), ("accept", "*/*")];
        headers.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let proof = match &self.opener {
            Opener::Bearer => Proof::Bearer,
            Opener::Key(key) => Proof::Key(key),
            Opener::Sas(secret) => {
                let query = match url.query() {
                    Some(query) => format!("{query}&{}", secret.0.as_str()),
                    None => secret.0.as_str().to_owned(),
                };
                url.set_query(Some(&query));
                Proof::Address
            }
        };
        let ask = Ask {
            target: &self.target,
            class: Throttle::Storage,
            weight: 1,
            url: &url,
            headers: &headers,
            body: None,
            nonce: 0,
            slow_max: SLOW_TRIES_MAX,
        };
        client.fetch_as(&proof, &ask, read, |_| false).await
    }
}

/// The query of a shared access signature.
fn signature(content: &str) -> Option<String> {
    let text = part(content, "SharedAccessSignature").unwrap_or(content.trim());
    let query = text.rsplit_once('?').map_or(text, |(_, query)| query).trim_start_matches('&');
    let is_one = query.split('&').any(|pair| pair.starts_with("sig=") && pair.len() > 4);
    (is_one && query.bytes().all(|byte| byte.is_ascii_graphic())).then(|| query.to_owned())
}

/// A part of a connection string.
fn part<'a>(content: &'a str, name: &str) -> Option<&'a str> {
    content.trim().split(';').find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn account(url: &str) -> Account {
        Account::new(url, Credential::Bearer).unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    #[test]
    fn accounts_and_captures_are_named_in_every_form() {
        for (url, blob, capture) in [
            ("https://acct.blob.core.windows.net", "https://acct.blob.core.windows.net/c/a=1/b%20c", None),
            ("https://acct.dfs.core.windows.net/", "https://acct.blob.core.windows.net/c/a=1/b%20c", None),
            (
                "https://acct.blob.core.chinacloudapi.cn/cap",
                "https://acct.blob.core.chinacloudapi.cn/c/a=1/b%20c",
                Some("cap"),
            ),
            ("http://127.0.0.1:10000/devstoreaccount1", "http://127.0.0.1:10000/devstoreaccount1/c/a=1/b%20c", None),
            ("http://localhost:1/a/cap", "http://localhost:1/a/c/a=1/b%20c", Some("cap")),
        ] {
            let read = account(url);
            assert_eq!((read.address(&["c", "a=1", "b c"]).as_str(), read.capture()), (blob, capture));
        }
        for bad in [
            "http://127.0.0.1:1",
            "https://a.blob.core.windows.net/b/c",
            "https://a.example/?sig=c4nary",
            "a",
            "http://a.example",
        ] {
            let error = Account::new(bad, Credential::Bearer).err().map(|error| error.to_string());
            assert!(error.is_some_and(|error| !error.contains("c4nary")), "{bad}");
        }
    }

    #[test]
    fn secrets_are_read_in_every_form_and_never_repeated() {
        let url = "https://a.blob.core.windows.net";
        for text in [
            "sv=1&sig=x%2B",
            "?sv=1&sig=x%2B\n",
            "https://a.example/c?sv=1&sig=x%2B",
            "BlobEndpoint=https://a/;SharedAccessSignature=sv=1&sig=x%2B",
        ] {
            assert_eq!(signature(text).as_deref(), Some("sv=1&sig=x%2B"), "{text}");
        }
        let connection = format!("DefaultEndpointsProtocol=https;AccountName=a;AccountKey={KEY};EndpointSuffix=x");
        for text in [KEY.to_owned(), format!(" {KEY}\r\n"), connection] {
            assert!(Account::new(url, Credential::Key(Secret::new(text))).is_ok());
        }
        for bad in ["", "c4nary", "sv=1&sig=", "sv=1 sig=c4nary"] {
            for credential in [Credential::Sas(Secret::new(bad.into())), Credential::Key(Secret::new(bad.into()))] {
                let error = Account::new(url, credential).err().map(|error| error.to_string());
                assert!(error.is_some_and(|error| !error.contains("c4nary") && error.contains("copy it")), "{bad}");
            }
        }
    }
}
