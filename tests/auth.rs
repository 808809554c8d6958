//! Signing in, against a tiny sign-in server that says what Entra says, and against a real OpenID provider.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

#[path = "auth/certificate.rs"]
mod certificate;
#[path = "auth/credentials.rs"]
mod credentials;
#[path = "auth/device.rs"]
mod device;
#[path = "auth/machine.rs"]
mod machine;
#[path = "auth/openid.rs"]
mod openid;
#[path = "auth/stand.rs"]
mod stand;
