//! Signing in with a Kerberos ticket: SASL GSSAPI, bound to the TLS connection, without a security layer of its own.
//!
//! Takes the tickets of whoever runs the program, through the system's own library (SSPI on Windows, MIT or Heimdal
//! elsewhere); sees no password. TLS protects the connection: a second layer inside it gains nothing.
//! Source: RFC 4752 (SASL GSSAPI), RFC 5929 §4 (tls-server-end-point), [MS-ADTS] §5.1.1.

use cross_krb5::{ClientCtx, InitiateFlags, K5Ctx, PendingClientCtx, Step as Round};
use ring::digest;

use super::ber::{Reader, tag};
use super::connection::Connection;
use super::message;
use super::sign_in::{accepted, answer};
use super::trouble::{Step, Ticket, Trouble};

/// Result code of a sign-in that goes on.
const IN_PROGRESS: u32 = 14;
/// Tokens of one sign-in: two are usual.
const ROUNDS_MAX: usize = 8;
/// No security layer, and therefore no buffer (RFC 4752 §3.1).
const NO_LAYER: [u8; 4] = [1, 0, 0, 0];

/// What the libraries say, in their words and in their numbers.
const MARKS: [(&str, Ticket); 11] = [
    ("skew", Ticket::Skew),
    ("80090324", Ticket::Skew),
    ("not found in kerberos database", Ticket::UnknownServer),
    ("server not found", Ticket::UnknownServer),
    ("80090303", Ticket::UnknownServer),
    ("cannot contact any kdc", Ticket::NoCentre),
    ("cannot find kdc", Ticket::NoCentre),
    ("80090311", Ticket::NoCentre),
    ("credential", Ticket::None),
    ("ticket expired", Ticket::None),
    ("8009030e", Ticket::None),
];

/// Signs in to the directory on `host`.
pub(super) async fn sign_in(connection: &mut Connection, host: &str) -> Result<(), Trouble> {
    let service = format!("ldap/{host}");
    let binding = connection.certificate().and_then(end_point);
    let (mut pending, mut token) = off_thread(move || {
        let begun = ClientCtx::new(InitiateFlags::empty(), None, &service, binding.as_deref());
        begun.map(|(pending, token)| (pending, token.to_vec())).map_err(|error| format!("{error:#}"))
    })
    .await?;
    for _ in 0..ROUNDS_MAX {
        let given = exchange(connection, Some(&token)).await?.ok_or(Trouble::Malformed)?;
        match off_thread(move || step(pending, &given)).await? {
            Round::Finished((context, last)) => return settle(connection, context, last).await,
            Round::Continue((next, more)) => (pending, token) = (next, more),
        }
    }
    Err(Trouble::Kerberos(Ticket::Other))
}

type Rounds = Round<(ClientCtx, Option<Vec<u8>>), (PendingClientCtx, Vec<u8>)>;

fn step(pending: PendingClientCtx, given: &[u8]) -> Result<Rounds, String> {
    Ok(match pending.step(given).map_err(|error| format!("{error:#}"))? {
        Round::Finished((context, last)) => Round::Finished((context, last.map(|token| token.to_vec()))),
        Round::Continue((next, token)) => Round::Continue((next, token.to_vec())),
    })
}

/// Agrees on no security layer.
async fn settle(connection: &mut Connection, mut context: ClientCtx, last: Option<Vec<u8>>) -> Result<(), Trouble> {
    let offer = exchange(connection, last.as_deref()).await?.ok_or(Trouble::Malformed)?;
    let choice = {
        let offer = context.unwrap(&offer).map_err(|_| Trouble::Malformed)?;
        if offer.first().is_none_or(|layers| layers & NO_LAYER[0] == 0) {
            return Err(Trouble::Kerberos(Ticket::Other));
        }
        context.wrap(false, &NO_LAYER).map_err(|_| Trouble::Kerberos(Ticket::Other))?.to_vec()
    };
    let id = connection.next_id();
    connection.send(&message::sasl_bind(id, "GSSAPI", Some(&choice))).await?;
    accepted(answer(connection, id).await?.0)
}

/// Sends a token, gives the server's.
async fn exchange(connection: &mut Connection, token: Option<&[u8]>) -> Result<Option<Vec<u8>>, Trouble> {
    let id = connection.next_id();
    connection.send(&message::sasl_bind(id, "GSSAPI", token)).await?;
    let (reply, token) = answer(connection, id).await?;
    if reply.code == IN_PROGRESS { Ok(token) } else { Err(Trouble::Refused(Step::SignIn, reply)) }
}

/// The library may ask a key distribution centre and block.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, Trouble> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|_| Trouble::Kerberos(Ticket::Other))?;
    done.map_err(|text| {
        let text = text.to_ascii_lowercase();
        let known = MARKS.iter().find(|(mark, _)| text.contains(mark));
        Trouble::Kerberos(known.map_or(Ticket::Other, |(_, ticket)| *ticket))
    })
}

/// The channel binding of a server's certificate: its hash, by SHA-256 unless its signature uses a longer one.
fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let mut outer = Reader::new(Reader::new(certificate).expect(tag::SEQUENCE).ok()?);
    outer.expect(tag::SEQUENCE).ok()?; // what is signed
    let algorithm = Reader::new(outer.expect(tag::SEQUENCE).ok()?).expect(tag::OID).ok()?;
    let hash =
        match algorithm {
            // sha384WithRSAEncryption, ecdsa-with-SHA384
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c]
            | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03] => &digest::SHA384,
            // sha512WithRSAEncryption, ecdsa-with-SHA512
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d]
            | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04] => &digest::SHA512,
            _ => &digest::SHA256,
        };
    Some([b"tls-server-end-point:", digest::digest(hash, certificate).as_ref()].concat())
}
