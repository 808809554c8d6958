//! Signing in to a directory.
//!
//! Takes a connection with TLS and a [`Credential`]; afterwards the connection answers to that account. A name without a
//! password is never sent: a directory would take it for nobody and call it a success (RFC 4513 §5.1.2).

use super::address::{Credential, Directory};
use super::connection::Connection;
use super::message::{self, Body, Reply};
use super::trouble::{Step, Trouble};

/// Signs in.
pub(super) async fn sign_in(connection: &mut Connection, directory: &Directory) -> Result<(), Trouble> {
    match &directory.credential {
        Credential::Nobody => Ok(()),
        Credential::Simple { name, password } => {
            let id = connection.next_id();
            connection.send(&message::simple_bind(id, name, password)).await?;
            let (reply, _) = answer(connection, id).await?;
            accepted(reply)
        }
        #[cfg(any(windows, feature = "kerberos"))]
        Credential::Kerberos => super::kerberos::sign_in(connection, &directory.host).await,
        #[cfg(not(any(windows, feature = "kerberos")))]
        Credential::Kerberos => Err(Trouble::Kerberos(super::trouble::Ticket::None)),
    }
}

/// The server's answer to a step.
pub(super) async fn answer(connection: &mut Connection, id: u32) -> Result<(Reply, Option<Vec<u8>>), Trouble> {
    match connection.receive(id).await? {
        Body::Bind(reply, token) => Ok((reply, token)),
        _ => Err(Trouble::Malformed),
    }
}

/// Success, or why not.
pub(super) fn accepted(reply: Reply) -> Result<(), Trouble> {
    if reply.code == 0 { Ok(()) } else { Err(Trouble::Refused(Step::SignIn, reply)) }
}
