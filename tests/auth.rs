//! Signing in, against a tiny sign-in server that says what Entra says, and against a real OpenID provider.

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
