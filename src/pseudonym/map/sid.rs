//! Security identifiers, as text, as base64 or as hexadecimal of their bytes (MS-DTYP 2.4.2).
//!
//! | SID | becomes |
//! |---|---|
//! | `S-1-12-1-a-b-c-d` | the object id it encodes (four little-endian numbers), mapped, and encoded again |
//! | `S-1-5-21-x-y-z[-rid]` | the domain part as 96 bits; a RID below 1000 stays, another is mapped |
//! | `S-1-5-83-1-a-b-c-d` | a virtual machine's GUID, like the first |
//! | well known: authorities 0–4, 9, 15, 16, 18, and under 5 everything but 21 and 83 | itself |
//! | any other | sub-authorities after the first, from 1000 on, one by one |

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::guid::{from_mixed_endian, hex_digit, mixed_endian, push_digit};
use super::{NotThisKind, Turn};
use crate::catalog::Kind;
use crate::pseudonym::cipher::{Field, RID_MIN};

const SUB_AUTHORITIES_MAX: usize = 15;
const AUTHORITY_MAX: u64 = (1 << 48) - 1;
/// Longest base64 of a SID: 68 bytes.
const BASE64_MAX: usize = 92;

struct Sid {
    authority: u64,
    subs: Vec<u32>,
}

/// A security identifier.
pub(super) fn sid(value: &str, turn: &mut dyn Turn, out: &mut String) -> Result<(), NotThisKind> {
    if let Some(sid) = from_text(value) {
        write_text(&mapped(sid, turn), value.starts_with('s'), out);
        return Ok(());
    }
    if let Some(sid) = hex_bytes(value).and_then(|bytes| from_bytes(&bytes)) {
        let upper = value.bytes().any(|b| b.is_ascii_uppercase());
        for byte in to_bytes(&mapped(sid, turn)) {
            push_digit(byte >> 4, upper, out);
            push_digit(byte, upper, out);
        }
        return Ok(());
    }
    let bytes = Some(value).filter(|v| v.len() <= BASE64_MAX).and_then(|v| STANDARD.decode(v).ok());
    let sid = bytes.and_then(|bytes| from_bytes(&bytes)).ok_or(NotThisKind)?;
    STANDARD.encode_string(to_bytes(&mapped(sid, turn)), out);
    Ok(())
}

fn mapped(mut sid: Sid, turn: &mut dyn Turn) -> Sid {
    match (sid.authority, sid.subs.as_mut_slice()) {
        (12, [1, a, b, c, d]) | (5, [83, 1, a, b, c, d]) => {
            let mut bytes = [0; 16];
            for (chunk, number) in bytes.chunks_exact_mut(4).zip([*a, *b, *c, *d]) {
                chunk.copy_from_slice(&number.to_le_bytes());
            }
            let guid = from_mixed_endian(bytes);
            if !turn.keeps_guid(Kind::PrincipalId, guid) {
                bytes = mixed_endian(turn.guid(guid));
            }
            for (number, chunk) in [a, b, c, d].into_iter().zip(bytes.chunks_exact(4)) {
                *number = u32::from_le_bytes(chunk.try_into().unwrap_or_default());
            }
        }
        (5, [21, x, y, z, rest @ ..]) => {
            let number = (u128::from(*x) << 64) | (u128::from(*y) << 32) | u128::from(*z);
            let image = turn.field(Field::SidDomain, number);
            (*x, *y, *z) = ((image >> 64) as u32, (image >> 32) as u32, image as u32);
            rest.iter_mut().for_each(|sub| relative(sub, turn));
        }
        (0..=4 | 9 | 15 | 16 | 18, _) => {}
        // Under NT, all but 21 and 83 are constants, service names' digests or logon sessions. A 21 with too few parts
        // to be a domain is treated as unknown.
        (5, [first, ..]) if *first != 21 && *first != 83 => {}
        (_, subs) => subs.iter_mut().skip(1).for_each(|sub| relative(sub, turn)),
    }
    sid
}

fn relative(sub: &mut u32, turn: &mut dyn Turn) {
    if *sub >= RID_MIN {
        *sub = turn.field(Field::Rid, u128::from(*sub)) as u32;
    }
}

fn from_text(value: &str) -> Option<Sid> {
    let rest = value.strip_prefix("S-1-").or_else(|| value.strip_prefix("s-1-"))?;
    let mut parts = rest.split('-');
    let authority = decimal(parts.next()?).filter(|authority| *authority <= AUTHORITY_MAX)?;
    let subs = parts.map(|part| u32::try_from(decimal(part)?).ok()).collect::<Option<Vec<_>>>()?;
    (1..=SUB_AUTHORITIES_MAX).contains(&subs.len()).then_some(Sid { authority, subs })
}

/// A decimal number as SIDs have it: no sign, no leading zero.
fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}

fn write_text(sid: &Sid, lower: bool, out: &mut String) {
    out.push_str(if lower { "s-1-" } else { "S-1-" });
    out.push_str(&sid.authority.to_string());
    for sub in &sid.subs {
        out.push('-');
        out.push_str(&sub.to_string());
    }
}

fn from_bytes(bytes: &[u8]) -> Option<Sid> {
    let (head, tail) = bytes.split_at_checked(8)?;
    let (1, count) = (*head.first()?, usize::from(*head.get(1)?)) else { return None };
    if !(1..=SUB_AUTHORITIES_MAX).contains(&count) || tail.len() != 4 * count {
        return None;
    }
    let authority = head.iter().skip(2).fold(0, |number, byte| (number << 8) | u64::from(*byte));
    let subs = tail.chunks_exact(4).map(|chunk| chunk.try_into().map(u32::from_le_bytes)).collect::<Result<_, _>>();
    Some(Sid { authority, subs: subs.ok()? })
}

fn to_bytes(sid: &Sid) -> Vec<u8> {
    let mut bytes = vec![1, u8::try_from(sid.subs.len()).unwrap_or_default()];
    bytes.extend(sid.authority.to_be_bytes().into_iter().skip(2));
    bytes.extend(sid.subs.iter().flat_map(|sub| sub.to_le_bytes()));
    bytes
}

fn hex_bytes(value: &str) -> Option<Vec<u8>> {
    if !value.starts_with("01") || !value.len().is_multiple_of(2) || value.len() > 2 * (8 + 4 * SUB_AUTHORITIES_MAX) {
        return None;
    }
    let pair = |pair: &[u8]| Some((hex_digit(*pair.first()?)? << 4) | hex_digit(*pair.get(1)?)?);
    value.as_bytes().chunks_exact(2).map(pair).collect()
}
