//! Certificates in every form that administrators have them in, made here with `openssl`.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use entra_bundle::net::auth::{AuthError, AuthKind, CertificateFault, token_source};
use ring::digest::{SHA256, digest};
use std::path::Path;

use super::stand::{
    GRAPH, SECRET, Server, bearer, certificates, granted, left_out, openssl, settings, shows_nothing_private,
};

/// Signs in with a certificate file; gives the parts of the assertion that the server received.
async fn present(file: &Path, password: &str) -> Result<Vec<String>, AuthError> {
    let server = Server::start(|nth, _| granted(nth)).await;
    let path = file.to_str().unwrap();
    let variables = [
        ("AZURE_CLIENT_ID", "certificate-app"),
        ("AZURE_CLIENT_CERTIFICATE_PATH", path),
        ("AZURE_CLIENT_CERTIFICATE_PASSWORD", password),
    ];
    let source = token_source(AuthKind::ClientCertificate, settings(&server.url, &variables).0)?;
    bearer(&source, GRAPH).await?;
    let seen = server.seen();
    let form = &seen[0].form;
    assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert!(!form.contains_key("client_secret"));
    let mut parts: Vec<String> = form["client_assertion"].split('.').map(str::to_owned).collect();
    parts.push(server.url.to_string());
    Ok(parts)
}

fn json(part: &str) -> serde_json::Value {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::prelude::BASE64_STANDARD.decode(body).unwrap()
}

#[tokio::test]
async fn the_assertion_has_the_documented_claims_and_a_true_signature() {
    let Some(folder) = certificates() else { return left_out("certificate assertion", "openssl") };
    let work = tempfile::tempdir().unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let both = work.path().join("both.pem");
    std::fs::write(&both, read("app.key") + &read("app.pem")).unwrap();
    let parts = present(&both, "").await.unwrap();
    let (header, payload) = (json(&parts[0]), json(&parts[1]));
    let thumbprint = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, &der(&read("app.pem"))));
    assert_eq!(header, serde_json::json!({"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint}));
    assert_eq!((payload["iss"].as_str(), payload["sub"].as_str()), (Some("certificate-app"), Some("certificate-app")));
    let audience = payload["aud"].as_str().unwrap();
    assert!(audience.starts_with(&parts[3]) && audience.ends_with("/oauth2/v2.0/token"), "{audience}");
    assert_eq!(payload["exp"].as_i64().unwrap() - payload["nbf"].as_i64().unwrap(), 300);
    assert_ne!(payload["jti"], json(&present(&both, "").await.unwrap()[1])["jti"], "every assertion has its own id");

    std::fs::write(work.path().join("signed"), format!("{}.{}", parts[0], parts[1])).unwrap();
    std::fs::write(work.path().join("signature"), BASE64_URL_SAFE_NO_PAD.decode(&parts[2]).unwrap()).unwrap();
    let key = folder.join("app.key");
    let verify = format!(
        "dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -prverify {} -signature signature signed",
        key.display()
    );
    openssl(work.path(), &verify).unwrap();
}

#[tokio::test]
async fn every_usual_form_of_a_certificate_file_is_read() {
    let Some(folder) = certificates() else { return left_out("certificate forms", "openssl") };
    let work = tempfile::tempdir().unwrap();
    let at = |name: &str| work.path().join(name);
    let (key, pem) = (folder.join("app.key"), folder.join("app.pem"));
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    let make = |arguments: &str| openssl(work.path(), arguments).unwrap();
    make("req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 2 -subj /CN=other");
    make(&format!("rsa -in {} -out pkcs1.key -traditional", key.display()));
    let inputs = format!("-inkey {} -in {}", key.display(), pem.display());
    make(&format!("pkcs12 -export {inputs} -out modern.pfx -passout pass:{SECRET}"));
    make(&format!("pkcs12 -export {inputs} -certfile other.pem -out chain.pfx -passout pass:{SECRET}"));
    make(&format!("pkcs12 -export {inputs} -out open.pfx -passout pass:"));
    make(&format!("pkcs12 -export -legacy {inputs} -out legacy.pfx -passout pass:{SECRET}"));
    std::fs::write(at("leaf-last.pem"), read(&at("other.pem")) + &read(&pem) + &read(&key)).unwrap();
    std::fs::write(at("pkcs1.pem"), read(&at("pkcs1.key")) + &read(&pem)).unwrap();
    std::fs::write(at("windows.pem"), format!("Bag Attributes\n{}{}", read(&key), read(&pem)).replace('\n', "\r\n"))
        .unwrap();
    let thumbprint = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, &der(&read(&pem))));
    for (file, password) in [
        ("leaf-last.pem", ""),
        ("pkcs1.pem", ""),
        ("windows.pem", ""),
        ("modern.pfx", SECRET),
        ("chain.pfx", SECRET),
        ("open.pfx", ""),
        ("legacy.pfx", SECRET),
    ] {
        let parts = present(&at(file), password).await.unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(json(&parts[0])["x5t#S256"], thumbprint, "{file}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_file_is_said() {
    let Some(folder) = certificates() else { return left_out("certificate faults", "openssl") };
    let work = tempfile::tempdir().unwrap();
    let at = |name: &str| work.path().join(name);
    let (key, pem) = (folder.join("app.key"), folder.join("app.pem"));
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    let make = |arguments: &str| openssl(work.path(), arguments).unwrap();
    make("req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 2 -subj /CN=other");
    make("ecparam -name prime256v1 -genkey -noout -out ec.key");
    make("req -x509 -key ec.key -out ec.pem -days 2 -subj /CN=ec");
    make("pkcs12 -export -inkey ec.key -in ec.pem -out ec.pfx -passout pass:x");
    make("req -x509 -newkey rsa:1024 -nodes -keyout short.key -out short.pem -days 2 -subj /CN=short");
    make(&format!("pkcs8 -topk8 -in {} -out locked.key -passout pass:{SECRET}", key.display()));
    make(&format!("rsa -in {} -out old-locked.key -traditional -aes256 -passout pass:{SECRET}", key.display()));
    make(&format!("pkcs12 -export -inkey {} -in {} -out own.pfx -passout pass:right", key.display(), pem.display()));
    make(&format!("pkcs12 -export -nokeys -in {} -out no-key.pfx -passout pass:x", pem.display()));
    std::fs::write(at("mismatch.pem"), read(&key) + &read(&at("other.pem"))).unwrap();
    std::fs::write(at("ec-both.pem"), read(&at("ec.key")) + &read(&at("ec.pem"))).unwrap();
    std::fs::write(at("short-both.pem"), read(&at("short.key")) + &read(&at("short.pem"))).unwrap();
    std::fs::write(at("locked.pem"), read(&at("locked.key")) + &read(&pem)).unwrap();
    std::fs::write(at("old-locked.pem"), read(&at("old-locked.key")) + &read(&pem)).unwrap();
    std::fs::write(at("key-only.pem"), read(&key)).unwrap();
    std::fs::write(at("certificate-only.pem"), read(&pem)).unwrap();
    std::fs::write(at("text.pem"), "not a certificate").unwrap();
    std::fs::write(at("cut.pem"), &read(&key)[..200]).unwrap();
    std::fs::write(at("empty.pem"), "").unwrap();
    std::fs::write(at("cut.pfx"), &std::fs::read(at("own.pfx")).unwrap()[..700]).unwrap();
    std::fs::write(at("huge.pem"), vec![b'-'; (1 << 20) + 1]).unwrap();
    for (file, password, fault) in [
        ("absent.pem", "", CertificateFault::Unreadable),
        ("huge.pem", "", CertificateFault::Unreadable),
        ("text.pem", "", CertificateFault::UnknownFormat),
        ("cut.pem", "", CertificateFault::UnknownFormat),
        ("empty.pem", "", CertificateFault::UnknownFormat),
        ("cut.pfx", "right", CertificateFault::UnknownFormat),
        ("locked.pem", SECRET, CertificateFault::EncryptedPem),
        ("old-locked.pem", SECRET, CertificateFault::EncryptedPem),
        ("own.pfx", SECRET, CertificateFault::WrongPassword),
        ("certificate-only.pem", "", CertificateFault::NoKey),
        ("no-key.pfx", "x", CertificateFault::NoKey),
        ("key-only.pem", "", CertificateFault::NoCertificate),
        ("mismatch.pem", "", CertificateFault::NoCertificate),
        ("ec-both.pem", "", CertificateFault::UnfitKey),
        ("ec.pfx", "x", CertificateFault::UnfitKey),
        ("short-both.pem", "", CertificateFault::UnfitKey),
    ] {
        let error = present(&at(file), password).await.expect_err(file);
        assert_eq!(error, AuthError::Certificate(fault), "{file}");
        shows_nothing_private(&error);
    }
}

#[tokio::test]
async fn a_damaged_pkcs12_file_is_refused_and_nothing_worse() {
    let Some(folder) = certificates() else { return left_out("damaged PKCS#12", "openssl") };
    let work = tempfile::tempdir().unwrap();
    let inputs = format!("-inkey {} -in {}", folder.join("app.key").display(), folder.join("app.pem").display());
    openssl(work.path(), &format!("pkcs12 -export {inputs} -iter 1 -maciter -out own.pfx -passout pass:x")).unwrap();
    let whole = std::fs::read(work.path().join("own.pfx")).unwrap();
    let damaged = work.path().join("damaged.pfx");
    let path = damaged.to_str().unwrap();
    let variables =
        [("AZURE_CLIENT_ID", "a"), ("AZURE_CLIENT_CERTIFICATE_PATH", path), ("AZURE_CLIENT_CERTIFICATE_PASSWORD", "x")];
    let (settings, _) = settings(&url::Url::parse("https://127.0.0.1:1").unwrap(), &variables);
    let mut refused = 0;
    // Every byte of the outer structures at both ends, and every 7th between.
    let positions = (0..whole.len()).filter(|at| *at < 120 || *at + 120 > whole.len() || at % 7 == 0);
    for at in positions {
        for flip in [0x01, 0x80] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            std::fs::write(&damaged, &bytes).unwrap();
            refused += usize::from(token_source(AuthKind::ClientCertificate, settings.clone()).is_err());
        }
        std::fs::write(&damaged, &whole[..at]).unwrap();
        assert!(token_source(AuthKind::ClientCertificate, settings.clone()).is_err(), "cut at {at}");
    }
    assert!(refused > 500, "most flips break the file's own checksum: {refused}");
}
