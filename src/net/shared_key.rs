//! Signs requests to a storage account with its key.
//!
//! Takes a request that is complete but for its proof, adds `x-ms-date` and `Authorization: SharedKey …`. The key lives
//! in memory only, is wiped when dropped, and is never printed. Source:
//! <https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key> (version 2015-02-21 and later).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;
use time::macros::format_description;
use zeroize::Zeroizing;

use crate::clock::Clock;

/// Headers that are signed by their value alone, in this order. `Content-Length` is empty: nothing is sent but GET.
const PLACES: [&str; 11] = [
    "content-encoding",
    "content-language",
    "",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// An account's name and key.
#[derive(Clone)]
pub struct SharedKey {
    account: String,
    key: Zeroizing<Vec<u8>>,
}

impl SharedKey {
    /// Reads a key as the portal shows it (base64 of 64 bytes); `None`: it is none.
    pub fn new(account: &str, key: &str) -> Option<Self> {
        let key = Zeroizing::new(BASE64_STANDARD.decode(key.trim()).ok()?);
        (key.len() >= 16).then(|| Self { account: account.to_owned(), key })
    }

    /// Adds the date and the signature.
    pub(super) fn sign(&self, request: &mut reqwest::Request) {
        let date =
            format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
        // Not the run's clock, which can stand still: the service refuses what is older than 15 minutes.
        let stamp = Clock::System.now().format(date).ok().and_then(|text| HeaderValue::try_from(text).ok());
        if let Some(stamp) = stamp {
            request.headers_mut().insert(HeaderName::from_static("x-ms-date"), stamp);
        }
        let text = self.text_to_sign(request.method().as_str(), request.url(), request.headers());
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return };
        mac.update(text.as_bytes());
        let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
        if let Ok(mut value) = HeaderValue::try_from(format!("SharedKey {}:{signature}", self.account)) {
            value.set_sensitive(true);
            request.headers_mut().insert(reqwest::header::AUTHORIZATION, value);
        }
    }

    fn text_to_sign(&self, method: &str, url: &url::Url, headers: &HeaderMap) -> String {
        let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut text = format!("{method}\n");
        for name in PLACES {
            text.push_str(if name.is_empty() { "" } else { value(name) });
            text.push('\n');
        }
        let own: BTreeMap<&str, &str> = headers
            .iter()
            .filter(|(name, _)| name.as_str().starts_with("x-ms-"))
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default().trim()))
            .collect();
        for (name, value) in own {
            text.push_str(&format!("{name}:{value}\n"));
        }
        text.push_str(&format!("/{}{}", self.account, url.path()));
        let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in url.query_pairs() {
            parameters.entry(name.to_ascii_lowercase()).or_default().push(value.into_owned());
        }
        for (name, mut values) in parameters {
            values.sort_unstable();
            text.push_str(&format!("\n{name}:{}", values.join(",")));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_that_of_the_documentation() {
        let key = SharedKey::new("myaccount", &BASE64_STANDARD.encode([7; 64])).unwrap();
        let url = "https://myaccount.blob.core.windows.net/mycontainer?restype=container&comp=metadata&timeout=20&Include=b&include=a";
        let mut headers = HeaderMap::new();
        headers.insert("x-ms-version", HeaderValue::from_static("2015-02-21"));
        headers.insert("x-ms-date", HeaderValue::from_static("Fri, 26 Jun 2015 23:39:12 GMT"));
        headers.insert("range", HeaderValue::from_static("bytes=0-1"));
        let text = key.text_to_sign("GET", &url.parse().unwrap(), &headers);
        assert_eq!(
            text,
            "GET\n\n\n\n\n\n\n\n\n\n\nbytes=0-1\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n\
             /myaccount/mycontainer\ncomp:metadata\ninclude:a,b\nrestype:container\ntimeout:20"
        );
    }

    #[test]
    fn the_date_is_signed_and_the_header_hidden() {
        let key = SharedKey::new("a", &BASE64_STANDARD.encode([7; 64])).unwrap();
        let mut request = reqwest::Request::new(reqwest::Method::GET, "https://a.example/".parse().unwrap());
        key.sign(&mut request);
        let date = request.headers()["x-ms-date"].to_str().unwrap();
        assert!(date.len() == 29 && date.ends_with(" GMT") && date[3..].starts_with(", "), "{date}");
        assert!(request.headers()["authorization"].is_sensitive());
        assert!(SharedKey::new("a", "no base64!").is_none() && SharedKey::new("a", "AAAA").is_none());
    }
}
