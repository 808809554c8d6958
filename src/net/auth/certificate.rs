//! Signs in an application with its certificate.
//!
//! Takes a certificate file, PEM or PKCS#12, with an RSA key; gives signed client assertions (RFC 7523, `PS256`,
//! `x5t#S256`). The key never leaves this file. Why not `azure_identity`'s own: that needs OpenSSL.
//! Source: <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>.

use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use p12_keystore::Pkcs12Archive;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use rustls::pki_types::pem::{self, SectionKind};
use zeroize::Zeroizing;

use super::CertificateFault;
use crate::clock::Clock;
use crate::limits::{ASSERTION_LIFE_S, CERTIFICATE_FILE_BYTES_MAX};

/// An application's key and the thumbprint of its certificate.
pub(super) struct Signer {
    key: RsaKeyPair,
    /// base64url of the certificate's SHA-256.
    thumbprint: String,
    random: SystemRandom,
}

/// What was found in a certificate file, DER.
#[derive(Default)]
struct Contents {
    keys: Vec<Key>,
    certificates: Vec<Vec<u8>>,
}

enum Key {
    Pkcs8(Zeroizing<Vec<u8>>),
    Pkcs1(Zeroizing<Vec<u8>>),
}

impl Signer {
    /// Reads a certificate file. The password is for PKCS#12 only.
    ///
    /// # Errors
    /// A [`CertificateFault`] that says what to change.
    pub(super) fn read(path: &Path, password: &str) -> Result<Self, CertificateFault> {
        let mut bytes = Zeroizing::new(Vec::new());
        let file = std::fs::File::open(path).map_err(|_| CertificateFault::Unreadable)?;
        file.take(CERTIFICATE_FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|_| CertificateFault::Unreadable)?;
        if bytes.len() as u64 > CERTIFICATE_FILE_BYTES_MAX {
            return Err(CertificateFault::Unreadable);
        }
        Self::parse(&bytes, password)
    }

    fn parse(bytes: &[u8], password: &str) -> Result<Self, CertificateFault> {
        // A PKCS#12 file is one ASN.1 SEQUENCE; PEM is text.
        let contents = if bytes.first() == Some(&0x30) { pkcs12(bytes, password)? } else { pem(bytes)? };
        let key = match contents.keys.first().ok_or(CertificateFault::NoKey)? {
            Key::Pkcs8(der) => RsaKeyPair::from_pkcs8(der),
            Key::Pkcs1(der) => RsaKeyPair::from_der(der),
        };
        let key = key.map_err(|_| CertificateFault::UnfitKey)?;
        // A certificate holds its public key as the same RSAPublicKey DER that the key pair gives.
        let public = key.public().as_ref();
        let own = |certificate: &&Vec<u8>| memchr::memmem::find(certificate, public).is_some();
        let certificate = contents.certificates.iter().find(own).ok_or(CertificateFault::NoCertificate)?;
        let thumbprint = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, certificate));
        Ok(Self { key, thumbprint, random: SystemRandom::new() })
    }

    /// A new assertion for one token request: a JWT that lives for [`ASSERTION_LIFE_S`].
    ///
    /// # Errors
    /// [`CertificateFault::Unsigned`] when the system gives no random bytes.
    pub(super) fn assertion(&self, client_id: &str, audience: &str) -> Result<String, CertificateFault> {
        let mut id = [0; 16];
        self.random.fill(&mut id).map_err(|_| CertificateFault::Unsigned)?;
        let now_s = Clock::System.now().unix_timestamp();
        let header = serde_json::json!({"alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint});
        let payload = serde_json::json!({
            "aud": audience, "iss": client_id, "sub": client_id, "jti": BASE64_URL_SAFE_NO_PAD.encode(id),
            "nbf": now_s, "iat": now_s, "exp": now_s + ASSERTION_LIFE_S,
        });
        let encode = |json: &serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&payload));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PSS_SHA256, &self.random, signed.as_bytes(), &mut signature)
            .map_err(|_| CertificateFault::Unsigned)?;
        Ok(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn pem(bytes: &[u8]) -> Result<Contents, CertificateFault> {
    let encrypted: [&[u8]; 2] = [b"BEGIN ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED"];
    if encrypted.iter().any(|mark| memchr::memmem::find(bytes, mark).is_some()) {
        return Err(CertificateFault::EncryptedPem);
    }
    let mut contents = Contents::default();
    let mut rest = bytes;
    let mut sections = 0;
    while let Some((kind, der)) = pem::from_buf(&mut rest).map_err(|_| CertificateFault::UnknownFormat)? {
        sections += 1;
        match kind {
            SectionKind::Certificate => contents.certificates.push(der),
            SectionKind::PrivateKey => contents.keys.push(Key::Pkcs8(Zeroizing::new(der))),
            SectionKind::RsaPrivateKey => contents.keys.push(Key::Pkcs1(Zeroizing::new(der))),
            SectionKind::EcPrivateKey => return Err(CertificateFault::UnfitKey),
            _ => {}
        }
    }
    if sections == 0 { Err(CertificateFault::UnknownFormat) } else { Ok(contents) }
}

fn pkcs12(bytes: &[u8], password: &str) -> Result<Contents, CertificateFault> {
    use p12_keystore::error::Error;
    let archive = Pkcs12Archive::from_pkcs12(bytes, password).map_err(|error| match error {
        Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) => CertificateFault::WrongPassword,
        Error::InvalidPrivateKey => CertificateFault::UnfitKey,
        _ => CertificateFault::UnknownFormat,
    })?;
    Ok(Contents {
        keys: archive.keys.iter().map(|bag| Key::Pkcs8(Zeroizing::new(bag.key.as_der().to_vec()))).collect(),
        certificates: archive.certs.iter().map(|bag| bag.cert.as_der().to_vec()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_file_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "(-----(BEGIN|END) ?(RSA |EC |ENCRYPTED )?(PRIVATE KEY|CERTIFICATE)?-----?\r?\n|[A-Za-z0-9+/=]{0,20}\r?\n| )*") {
            prop_assert!(Signer::parse(&bytes, "").is_err());
            prop_assert!(Signer::parse(text.as_bytes(), "").is_err());
            let der = [&[0x30, 0x82, 0x01, 0x00, 0x02, 0x01, 0x03][..], &bytes].concat();
            prop_assert!(Signer::parse(&der, "x").is_err());
        }
    }
}
