//! Certificate stores: what the certificates of a machine say of themselves.
//!
//! Takes stores (`LocalMachine\My`), reads them where Windows keeps them (the registry; a user's own as files), gives one
//! JSON object each: subject, issuer, times, thumbprint, whether a private key belongs to it. Never gives a certificate's
//! body, never touches a key, opens no store (opening one may make it). Sources:
//! <https://learn.microsoft.com/windows/win32/seccrypto/system-store-locations>,
//! <https://learn.microsoft.com/openspecs/windows_protocols/ms-gpef/> (2.2.1.2.2, the layout of a serialised certificate).

use std::path::PathBuf;

use serde_json::json;
use time::format_description::well_known::Rfc3339;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

use super::expand::{Variables, files};
use super::registry::{Closed, Registry};
use crate::limits::CERTIFICATE_BYTES_MAX;

/// `CERT_CERT_PROP_ID` and `CERT_KEY_PROV_INFO_PROP_ID`.
const BODY: u32 = 32;
const KEY_PROVIDER: u32 = 2;

/// What stores came to.
#[derive(Default)]
pub(super) struct Certificates {
    /// One JSON object a line.
    pub lines: String,
    pub count: usize,
    /// Stores that are not there.
    pub missing: usize,
    /// Stores and certificates that are closed to us.
    pub denied: usize,
    /// Certificates that could not be understood.
    pub damaged: usize,
}

/// Reads stores.
pub(super) fn certificates(stores: &[String], registry: &dyn Registry, variables: &Variables) -> Certificates {
    let mut found = Certificates::default();
    for store in stores {
        let (location, name) = store.split_once('\\').unwrap_or(("LocalMachine", store));
        let is_machine = location.eq_ignore_ascii_case("LocalMachine");
        let root = if is_machine { "HKLM" } else { "HKCU" };
        let parents = ["Microsoft\\SystemCertificates", "Policies\\Microsoft\\SystemCertificates"];
        let mut keys: Vec<String> =
            parents.iter().map(|parent| format!("{root}\\SOFTWARE\\{parent}\\{name}\\Certificates")).collect();
        if is_machine {
            keys.push(format!("HKLM\\SOFTWARE\\Microsoft\\EnterpriseCertificates\\{name}\\Certificates"));
        }
        let mut is_there = false;
        for key in keys {
            is_there |= found.registry(store, &key, registry);
        }
        if !is_machine {
            let (paths, is_closed) =
                files(&format!(r"%APPDATA%\Microsoft\SystemCertificates\{name}\Certificates\*"), variables);
            is_there |= is_closed || !paths.is_empty();
            found.denied += usize::from(is_closed);
            paths.into_iter().for_each(|path| found.file(store, path));
        }
        found.missing += usize::from(!is_there);
    }
    found
}

impl Certificates {
    /// Whether the key is there.
    fn registry(&mut self, store: &str, key: &str, registry: &dyn Registry) -> bool {
        let names = match registry.read(key) {
            Ok(content) => content.keys,
            Err(Closed::Denied) => {
                self.denied += 1;
                return true;
            }
            Err(_) => return false,
        };
        for thumbprint in names {
            match registry.read(&format!("{key}\\{thumbprint}")) {
                Ok(content) => {
                    let blob = content.value("Blob").map(|value| value.data.as_slice()).unwrap_or_default();
                    self.push(store, &thumbprint, blob);
                }
                Err(Closed::Denied) => self.denied += 1,
                Err(_) => self.damaged += 1,
            }
        }
        true
    }

    fn file(&mut self, store: &str, path: PathBuf) {
        let thumbprint = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_long = path.metadata().is_ok_and(|metadata| metadata.len() > CERTIFICATE_BYTES_MAX);
        match std::fs::read(&path) {
            Ok(blob) if !is_long => self.push(store, &thumbprint, &blob),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => self.denied += 1,
            _ => self.damaged += 1,
        }
    }

    fn push(&mut self, store: &str, thumbprint: &str, blob: &[u8]) {
        let Some(certificate) = property(blob, BODY).and_then(|body| X509Certificate::from_der(body).ok()) else {
            self.damaged += 1;
            return;
        };
        let (_, certificate) = certificate;
        let line = json!({
            "store": store,
            "subject": certificate.subject().to_string(),
            "issuer": certificate.issuer().to_string(),
            "notBefore": instant(&certificate.validity().not_before),
            "notAfter": instant(&certificate.validity().not_after),
            "thumbprint": thumbprint,
            "hasPrivateKey": property(blob, KEY_PROVIDER).is_some(),
        });
        self.lines.push_str(&line.to_string());
        self.lines.push('\n');
        self.count += 1;
    }
}

fn instant(time: &ASN1Time) -> Option<String> {
    time.to_datetime().format(&Rfc3339).ok()
}

/// A property of a serialised certificate: id, a reserved number, length, value; each number four bytes.
fn property(mut blob: &[u8], wanted: u32) -> Option<&[u8]> {
    loop {
        let (head, rest) = blob.split_at_checked(12)?;
        let number = |at: usize| Some(u32::from_le_bytes(head.get(at..at + 4)?.try_into().ok()?));
        let (value, next) = rest.split_at_checked(usize::try_from(number(8)?).ok()?)?;
        if number(0)? == wanted {
            return Some(value);
        }
        blob = next;
    }
}

#[cfg(test)]
mod tests {
    use super::super::registry::fake::Fake;
    use super::*;

    /// A certificate made for tests: `openssl req -x509 -subj "/CN=sts.contoso.test/O=Contoso"`.
    const PEM: &str = "MIIBsDCCAVWgAwIBAgIUbi8M7yohx0lEBD2hmeXW/cPaY9cwCgYIKoZIzj0EAwIwLTEZMBcGA1UEAwwQc3RzLmNvbnRvc28udGVzdDEQMA4GA1\
        UECgwHQ29udG9zbzAeFw0yNjExMjExMTE3MjZaFw0zNjExMTgxMTE3MjZaMC0xGTAXBgNVBAMMEHN0cy5jb250b3NvLnRlc3QxEDAOBgNVBAoM\
        B0NvbnRvc28wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASzSXELhIgRon3NzbNmBxgcAWbJmHtWBEinBuK4vx02zvqFc+BIZzar0cLB+yVkFv\
        z2uNZsznfHhnc4L5wlpIujo1MwUTAdBgNVHQ4EFgQU4nxEPEwXiEKGKHjBfCq/Pj+5RRQwHwYDVR0jBBgwFoAU4nxEPEwXiEKGKHjBfCq/Pj+5\
        RRQwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA6bUn9sYBj1MRVKX9/PlexdP4T/uONoVT2h0U5QoHeeICIQDWOhVc1Tfl99\
        QZo6RneKJ7DBt/VhHAYfzu/rVru7bBHQ==";

    fn der() -> Vec<u8> {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.decode(PEM).unwrap()
    }

    fn blob(properties: &[(u32, &[u8])]) -> Vec<u8> {
        let mut blob = Vec::new();
        for (id, value) in properties {
            for number in [*id, 1, value.len() as u32] {
                blob.extend(number.to_le_bytes());
            }
            blob.extend_from_slice(value);
        }
        blob
    }

    #[test]
    fn certificates_say_who_they_are_and_nothing_of_their_keys() {
        let mut fake = Fake::default();
        let key = r"HKLM\SOFTWARE\Microsoft\SystemCertificates\My\Certificates";
        let good = blob(&[(KEY_PROVIDER, b"provider"), (3, &[0; 20]), (BODY, &der())]);
        fake.set(&format!("{key}\\AA01"), "Blob", (3, good));
        fake.set(&format!("{key}\\AA02"), "Blob", (3, blob(&[(BODY, b"no certificate")])));
        fake.set(&format!("{key}\\AA03"), "Blob", (3, vec![32, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255]));
        fake.deny(&format!("{key}\\AA04"));
        let found = certificates(&[r"LocalMachine\My".into(), r"CurrentUser\Gone".into()], &fake, &|_: &str| None);
        assert_eq!((found.count, found.damaged, found.denied, found.missing), (1, 2, 1, 1));
        let line: serde_json::Value = serde_json::from_str(&found.lines).unwrap();
        assert_eq!(line["subject"], "CN=sts.contoso.test, O=Contoso");
        assert_eq!((&line["thumbprint"], &line["hasPrivateKey"]), (&json!("AA01"), &json!(true)));
        assert!(line["notAfter"].as_str().unwrap().ends_with('Z'));
        assert!(!found.lines.contains("provider"));
    }
}
