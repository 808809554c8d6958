//! What an event hub captured: Avro object container files.
//!
//! Takes a file's bytes in any pieces, gives the `Body` of each event. Follows the schema that the file declares, as far
//! as a capture can have one; null and deflate codecs. Its own reader, because the library builds a value of every field.
//! Source: <https://avro.apache.org/docs/1.11.1/specification/#object-container-files>,
//! <https://learn.microsoft.com/azure/event-hubs/explore-captured-avro-files>.

use std::io::Read as _;

use bytes::{Buf as _, Bytes, BytesMut};
use serde_json::Value;

use crate::limits::{AVRO_BLOCK_BYTES_MAX, AVRO_DEPTH_MAX};

/// Why a file cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an Avro file of an event hub's capture: {0}")]
pub(crate) struct NotAvro(&'static str);

/// Reads a file piece by piece.
pub(crate) struct Avro {
    rest: BytesMut,
    header: Option<Header>,
}

struct Header {
    schema: Schema,
    is_deflated: bool,
    sync: [u8; 16],
}

/// A type, as far as it must be stepped over.
enum Schema {
    Null,
    Bool,
    Number,
    Float,
    Double,
    Text,
    Fixed(usize),
    Array(Box<Schema>),
    Map(Box<Schema>),
    Union(Vec<Schema>),
    /// Fields, and whether each is the one that is sought.
    Record(Vec<(bool, Schema)>),
}

impl Avro {
    /// How a file begins.
    pub(crate) const MAGIC: &'static [u8] = b"Obj\x01";

    pub(crate) fn new() -> Self {
        Self { rest: BytesMut::new(), header: None }
    }

    /// Whether everything so far is whole blocks.
    pub(crate) fn is_at_border(&self) -> bool {
        self.header.is_some() && self.rest.is_empty()
    }

    /// The bodies that are whole with this piece.
    ///
    /// # Errors
    /// [`NotAvro`]: nothing more of this file can be read.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<Vec<Bytes>, NotAvro> {
        self.rest.extend_from_slice(piece);
        let mut bodies = Vec::new();
        loop {
            let mut cursor = Cursor { bytes: &self.rest, at: 0 };
            let Some(header) = &self.header else {
                match cursor.header() {
                    Ok(header) => {
                        let used = cursor.at;
                        self.header = Some(header);
                        self.rest.advance(used);
                        continue;
                    }
                    Err(Stop::More) => break,
                    Err(Stop::Bad(what)) => return Err(NotAvro(what)),
                }
            };
            let block = match cursor.block(&header.sync) {
                Ok(block) => block,
                Err(Stop::More) => break,
                Err(Stop::Bad(what)) => return Err(NotAvro(what)),
            };
            let (count, span, used) = (block.0, block.1, cursor.at);
            let packed = self.rest.get(span).unwrap_or_default();
            let plain = if header.is_deflated { inflated(packed)? } else { Bytes::copy_from_slice(packed) };
            if usize::try_from(count).map_or(true, |count| count > plain.len()) {
                return Err(NotAvro("a count is impossible"));
            }
            let mut events = Cursor { bytes: &plain, at: 0 };
            for _ in 0..count {
                let mut body = None;
                events
                    .step(&header.schema, false, &mut body, 0)
                    .map_err(|_| NotAvro("an event does not follow the schema"))?;
                bodies.extend(body.map(|span| plain.slice(span)));
            }
            self.rest.advance(used);
        }
        Ok(bodies)
    }
}

fn inflated(packed: &[u8]) -> Result<Bytes, NotAvro> {
    let mut plain = Vec::new();
    let limit = AVRO_BLOCK_BYTES_MAX as u64 + 1;
    flate2::read::DeflateDecoder::new(packed)
        .take(limit)
        .read_to_end(&mut plain)
        .map_err(|_| NotAvro("a block cannot be unpacked"))?;
    if plain.len() > AVRO_BLOCK_BYTES_MAX { Err(NotAvro("a block is too long")) } else { Ok(plain.into()) }
}

/// Why a cursor does not get on.
enum Stop {
    /// The bytes end.
    More,
    Bad(&'static str),
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Stop> {
        let end = self.at.checked_add(count).ok_or(Stop::Bad("a length is impossible"))?;
        let taken = self.bytes.get(self.at..end).ok_or(Stop::More)?;
        self.at = end;
        Ok(taken)
    }

    /// A zigzag number.
    fn long(&mut self) -> Result<i64, Stop> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte = *self.take(1)?.first().ok_or(Stop::More)?;
            value |= u64::from(byte & 0x7F).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
            }
        }
        Err(Stop::Bad("a number is too long"))
    }

    fn length(&mut self) -> Result<usize, Stop> {
        let length = usize::try_from(self.long()?).map_err(|_| Stop::Bad("a length is negative"))?;
        if length > AVRO_BLOCK_BYTES_MAX { Err(Stop::Bad("a block is too long")) } else { Ok(length) }
    }

    fn text(&mut self) -> Result<&'a [u8], Stop> {
        let length = self.length()?;
        self.take(length)
    }

    fn header(&mut self) -> Result<Header, Stop> {
        if self.take(4)? != Avro::MAGIC {
            return Err(Stop::Bad("it does not begin as one"));
        }
        let (mut schema, mut is_deflated) = (None, false);
        loop {
            let count = self.count()?;
            if count == 0 {
                break;
            }
            for _ in 0..count {
                match (self.text()?, self.text()?) {
                    (b"avro.schema", text) => schema = serde_json::from_slice::<Value>(text).ok(),
                    (b"avro.codec", b"null" | b"") => {}
                    (b"avro.codec", b"deflate") => is_deflated = true,
                    (b"avro.codec", _) => return Err(Stop::Bad("its codec is neither null nor deflate")),
                    _ => {}
                }
            }
        }
        let schema = schema.as_ref().and_then(|schema| Schema::read(schema, 0));
        let schema = schema.ok_or(Stop::Bad("its schema cannot be read"))?;
        let mut sync = [0; 16];
        sync.copy_from_slice(self.take(16)?);
        Ok(Header { schema, is_deflated, sync })
    }

    /// Number of events, where they stand.
    fn block(&mut self, sync: &[u8; 16]) -> Result<(i64, std::ops::Range<usize>), Stop> {
        let count = self.long()?;
        let length = self.length()?;
        let start = self.at;
        self.take(length)?;
        if self.take(16)? != sync {
            return Err(Stop::Bad("a block does not end where it should"));
        }
        Ok((count, start..start + length))
    }

    /// Items of the next part of an array or map; a negative count is followed by the part's length.
    fn count(&mut self) -> Result<u64, Stop> {
        let count = self.long()?;
        if count < 0 {
            self.long()?;
        }
        Ok(count.unsigned_abs())
    }

    /// Steps over a value; `wanted`: its bytes are the body.
    fn step(
        &mut self,
        schema: &Schema,
        wanted: bool,
        body: &mut Option<std::ops::Range<usize>>,
        depth: usize,
    ) -> Result<(), Stop> {
        if depth > AVRO_DEPTH_MAX {
            return Err(Stop::Bad("nested too deeply"));
        }
        match schema {
            Schema::Null => {}
            Schema::Bool => drop(self.take(1)?),
            Schema::Number => drop(self.long()?),
            Schema::Float => drop(self.take(4)?),
            Schema::Double => drop(self.take(8)?),
            Schema::Fixed(length) => drop(self.take(*length)?),
            Schema::Text => {
                let length = self.length()?;
                let start = self.at;
                self.take(length)?;
                if wanted {
                    *body = Some(start..start + length);
                }
            }
            Schema::Union(members) => {
                let which = usize::try_from(self.long()?).ok().and_then(|which| members.get(which));
                self.step(which.ok_or(Stop::Bad("no such member"))?, wanted, body, depth + 1)?;
            }
            Schema::Record(fields) => {
                for (is_body, field) in fields {
                    self.step(field, *is_body && depth == 0, body, depth + 1)?;
                }
            }
            Schema::Array(item) | Schema::Map(item) => loop {
                let count = self.count()?;
                if count == 0 {
                    break;
                }
                for _ in 0..count {
                    let before = self.at;
                    if matches!(schema, Schema::Map(_)) {
                        self.text()?;
                    }
                    self.step(item, false, body, depth + 1)?;
                    if self.at == before {
                        break; // Items without bytes, however many.
                    }
                }
            },
        }
        Ok(())
    }
}

impl Schema {
    fn read(value: &Value, depth: usize) -> Option<Self> {
        if depth > AVRO_DEPTH_MAX {
            return None;
        }
        let inner = |value: &Value| Self::read(value, depth + 1);
        let name = match value {
            Value::Array(members) => return members.iter().map(inner).collect::<Option<_>>().map(Self::Union),
            Value::Object(object) => match object.get("type")? {
                Value::String(name) => name.as_str(),
                nested => return inner(nested),
            },
            Value::String(name) => name.as_str(),
            _ => return None,
        };
        Some(match name {
            "null" => Self::Null,
            "boolean" => Self::Bool,
            "int" | "long" | "enum" => Self::Number,
            "float" => Self::Float,
            "double" => Self::Double,
            "bytes" | "string" => Self::Text,
            "fixed" => Self::Fixed(usize::try_from(value.get("size")?.as_u64()?).ok()?),
            "array" => Self::Array(Box::new(inner(value.get("items")?)?)),
            "map" => Self::Map(Box::new(inner(value.get("values")?)?)),
            "record" => {
                let field = |field: &Value| Some((field.get("name")?.as_str()? == "Body", inner(field.get("type")?)?));
                Self::Record(value.get("fields")?.as_array()?.iter().map(field).collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
#[path = "avro_tests.rs"]
mod tests;
