//! LDAP messages: the few that are sent, and the replies to them.
//!
//! Takes values, gives the bytes of a request; takes the bytes of one message, gives a [`Message`]. A message that is
//! not as RFC 4511 says is [`BadBer`], never a panic. Sends nothing, keeps nothing.
//! Source: RFC 4511 §4, RFC 2696 (paged results), RFC 4513 (simple bind, StartTLS).

use zeroize::Zeroizing;

use super::ber::{BadBer, Reader, constructed, element, number, tag};
use crate::record::RawText;

const BIND_REQUEST: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
const UNBIND_REQUEST: u8 = 0x42;
const SEARCH_REQUEST: u8 = 0x63;
const SEARCH_ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const SEARCH_REFERENCE: u8 = 0x73;
const EXTENDED_REQUEST: u8 = 0x77;
const EXTENDED_RESPONSE: u8 = 0x78;
const CONTROLS: u8 = 0xa0;
const SASL: u8 = 0xa3;
const SASL_REPLY: u8 = 0x87;
const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";

/// How far below its base a search looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Scope {
    Base,
    Subtree,
}

/// What is searched for.
pub(super) struct Search<'a> {
    pub base: &'a str,
    pub scope: Scope,
    /// Encoded by [`super::filter`].
    pub filter: &'a [u8],
    pub attributes: &'a [String],
    /// Page size and cookie; `None`: without pages.
    pub page: Option<(u32, &'a [u8])>,
}

/// A result code with what the server says about it.
#[derive(Clone)]
pub(super) struct Reply {
    pub code: u32,
    /// Raw: it may name objects.
    pub text: RawText,
}

/// An object with its attributes, as they came.
pub(super) struct Entry {
    pub dn: String,
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
}

/// What a message says.
pub(super) enum Body {
    Entry(Entry),
    /// The rest is in other partitions or domains.
    Reference,
    /// The end of a search, with the cookie of the next page.
    Done(Reply, Option<Vec<u8>>),
    Bind(Reply, Option<Vec<u8>>),
    Extended(Reply),
    /// Nothing that was asked for.
    Other,
}

/// A message of the server.
pub(super) struct Message {
    /// Number of the request that it answers; 0: none.
    pub id: u32,
    pub body: Body,
}

fn envelope(id: u32, request: Vec<u8>, controls: Option<Vec<u8>>) -> Vec<u8> {
    constructed(tag::SEQUENCE, &[number(tag::INTEGER, id), request, controls.unwrap_or_default()])
}

/// Signs in with a name and a password. The bytes hold the password.
pub(super) fn simple_bind(id: u32, name: &str, password: &str) -> Zeroizing<Vec<u8>> {
    let secret = Zeroizing::new(element(0x80, password.as_bytes()));
    let parts = Zeroizing::new([number(tag::INTEGER, 3), element(tag::OCTETS, name.as_bytes())].concat());
    let content = Zeroizing::new([parts.as_slice(), &secret].concat());
    let request = Zeroizing::new(element(BIND_REQUEST, &content));
    let content = Zeroizing::new([number(tag::INTEGER, id).as_slice(), &request].concat());
    Zeroizing::new(element(tag::SEQUENCE, &content))
}

/// A step of a SASL sign-in.
#[cfg_attr(not(any(windows, feature = "kerberos")), expect(dead_code, reason = "Kerberos is not built in"))]
pub(super) fn sasl_bind(id: u32, mechanism: &str, token: Option<&[u8]>) -> Vec<u8> {
    let token = token.map(|token| element(tag::OCTETS, token)).unwrap_or_default();
    let sasl = constructed(SASL, &[element(tag::OCTETS, mechanism.as_bytes()), token]);
    envelope(id, constructed(BIND_REQUEST, &[number(tag::INTEGER, 3), element(tag::OCTETS, b""), sasl]), None)
}

/// Asks for TLS on this connection.
pub(super) fn start_tls(id: u32) -> Vec<u8> {
    envelope(id, constructed(EXTENDED_REQUEST, &[element(0x80, START_TLS.as_bytes())]), None)
}

/// Says good-bye; there is no reply.
pub(super) fn unbind(id: u32) -> Vec<u8> {
    envelope(id, element(UNBIND_REQUEST, b""), None)
}

/// A search. Aliases are never followed, no limits but the server's own.
pub(super) fn search(id: u32, search: &Search<'_>) -> Vec<u8> {
    let attributes: Vec<_> = search.attributes.iter().map(|name| element(tag::OCTETS, name.as_bytes())).collect();
    let request = constructed(
        SEARCH_REQUEST,
        &[
            element(tag::OCTETS, search.base.as_bytes()),
            number(tag::ENUMERATED, if search.scope == Scope::Base { 0 } else { 2 }),
            number(tag::ENUMERATED, 0),
            number(tag::INTEGER, 0),
            number(tag::INTEGER, 0),
            element(tag::BOOLEAN, &[0]),
            search.filter.to_vec(),
            constructed(tag::SEQUENCE, &attributes),
        ],
    );
    let controls = search.page.map(|(size, cookie)| {
        let value = constructed(tag::SEQUENCE, &[number(tag::INTEGER, size), element(tag::OCTETS, cookie)]);
        let control = [
            element(tag::OCTETS, PAGED_RESULTS.as_bytes()),
            // Critical: without pages a directory would end at its own limit.
            element(tag::BOOLEAN, &[0xff]),
            element(tag::OCTETS, &value),
        ];
        constructed(CONTROLS, &[constructed(tag::SEQUENCE, &control)])
    });
    envelope(id, request, controls)
}

impl Message {
    /// Reads the content of one whole message.
    pub(super) fn parse(content: &[u8]) -> Result<Self, BadBer> {
        let mut reader = Reader::new(content);
        let id = reader.number(tag::INTEGER)?;
        let (kind, operation) = reader.element()?;
        let mut inner = Reader::new(operation);
        let body = match kind {
            SEARCH_ENTRY => Body::Entry(entry(inner)?),
            SEARCH_REFERENCE => Body::Reference,
            SEARCH_DONE => Body::Done(reply(&mut inner)?, cookie(reader)?),
            BIND_RESPONSE => {
                let reply = reply(&mut inner)?;
                inner.optional(0xa3)?; // referrals
                Body::Bind(reply, inner.optional(SASL_REPLY)?.map(<[u8]>::to_vec))
            }
            // Active Directory writes the notice's OID behind the operation instead of into it: nobody looks there.
            EXTENDED_RESPONSE => Body::Extended(reply(&mut inner)?),
            _ => Body::Other,
        };
        Ok(Self { id, body })
    }
}

fn reply(reader: &mut Reader<'_>) -> Result<Reply, BadBer> {
    let code = reader.number(tag::ENUMERATED)?;
    reader.expect(tag::OCTETS)?; // the part of the name that was found
    let text = String::from_utf8_lossy(reader.expect(tag::OCTETS)?).into_owned();
    Ok(Reply { code, text: RawText::new(text.trim_end_matches('\0')) })
}

fn entry(mut reader: Reader<'_>) -> Result<Entry, BadBer> {
    let dn = String::from_utf8_lossy(reader.expect(tag::OCTETS)?).into_owned();
    let mut list = Reader::new(reader.expect(tag::SEQUENCE)?);
    let mut attributes = Vec::new();
    while !list.is_empty() {
        let mut one = Reader::new(list.expect(tag::SEQUENCE)?);
        let name = std::str::from_utf8(one.expect(tag::OCTETS)?).map_err(|_| BadBer)?.to_owned();
        let mut set = Reader::new(one.expect(tag::SET)?);
        let mut values = Vec::new();
        while !set.is_empty() {
            values.push(set.expect(tag::OCTETS)?.to_vec());
        }
        attributes.push((name, values));
    }
    Ok(Entry { dn, attributes })
}

/// The cookie of the paged results control behind the operation.
fn cookie(mut reader: Reader<'_>) -> Result<Option<Vec<u8>>, BadBer> {
    let Some(controls) = reader.optional(CONTROLS)? else { return Ok(None) };
    let mut controls = Reader::new(controls);
    while !controls.is_empty() {
        let mut control = Reader::new(controls.expect(tag::SEQUENCE)?);
        if control.expect(tag::OCTETS)? != PAGED_RESULTS.as_bytes() {
            continue;
        }
        control.optional(tag::BOOLEAN)?;
        let mut value = Reader::new(Reader::new(control.expect(tag::OCTETS)?).expect(tag::SEQUENCE)?);
        value.expect(tag::INTEGER)?; // the server's estimate
        return value.expect(tag::OCTETS).map(|cookie| Some(cookie.to_vec()));
    }
    Ok(None)
}
