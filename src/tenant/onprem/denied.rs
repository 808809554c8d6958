//! What lies on servers and must never come into a bundle: a private key, a registry hive, a token, a memory
//! dump, an export of local administrators' passwords.
//!
//! Its contents are invented; [`SECRETS`] stand in these files and in the LAPS attributes of the directory, so that a
//! test can look for them.

use super::ldif::Ldif;
use super::{Server, ServerFile};

/// Texts that no bundle may hold: two LAPS passwords, a settings address of dsregcmd, a key, a token, two fillings.
pub const SECRETS: [&str; 7] = [
    "tidal-Quarry-9471-lapse",
    "brass-Lantern-2208-lapse",
    "eyJVcmlzIjpbImh0dHBzOi8vYWxkZXJ3b29kLXNldHRpbmdzLmV4YW1wbGUvYSJdfQ==",
    "MIIEowIBAAKCAQEAalderwoodInventedKeyMaterialThatIsNoKey0123456789",
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.eyJhdWQiOiJhbGRlcndvb2QifQ.invented",
    "hive-filling-of-the-invented-server",
    "dump-filling-of-the-invented-server",
];

/// The files.
pub(super) fn files(_: &Server) -> Vec<ServerFile> {
    let key = format!("-----BEGIN RSA PRIVATE KEY-----\r\n{}\r\n-----END RSA PRIVATE KEY-----\r\n", SECRETS[3]);
    // A hive begins with `regf`, a full memory dump with `PAGEDU64`.
    let hive = [b"regf\x01\0\0\0\x01\0\0\0".as_slice(), &[0; 500], SECRETS[5].as_bytes(), &[0; 3_500]].concat();
    let dump = [b"PAGEDU64".as_slice(), &[0; 500], SECRETS[6].as_bytes(), &[0; 3_500]].concat();
    // What legacy LAPS leaves in a directory, exported by hand.
    let mut passwords = Ldif::default();
    passwords.entry("CN=AWM-FS02,OU=Servers,DC=ad,DC=alderwood,DC=local", &["top", "computer"]);
    passwords.add("ms-Mcs-AdmPwd", SECRETS[0]).add("ms-Mcs-AdmPwdExpirationTime", "133800000000000000");
    vec![
        ServerFile::new("ActiveDirectory/local-administrators.ldf", passwords.into_bytes()),
        ServerFile::new("Certificates/sts.alderwood.example.key", key),
        ServerFile::new("Registry/SECURITY.hiv", hive),
        ServerFile::new("AzureVMAccessToken.txt", format!("{}\r\n", SECRETS[4])),
        ServerFile::new("MEMORY.DMP", dump),
    ]
}
