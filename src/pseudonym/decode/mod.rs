//! The ladder: a text is also looked at the way a program would read it, and written back in the same spelling.
//!
//! Two sorts of rungs. [`escapes`] undoes escapes of single characters all over a text and knows where each character
//! came from, so that only what is replaced is written anew, with the escapes that stood there. [`base64`] and [`hex`]
//! open runs of symbols; what the bytes in them are is [`opaque`]'s matter (text, ids, gzip members). JSON inside
//! strings is `Gate::nested`.
//!
//! Fails closed: what stands deeper than [`TEXT_LAYERS_MAX`] or unpacks to more than the caps in `limits` is replaced
//! by a removal mark. The work on a text of n bytes is bounded: at most five readings of each layer, one unpacking.

pub(super) mod base64;
pub(super) mod chain;
mod escapes;
pub(super) mod hex;
mod opaque;
mod reading;

pub(super) use escapes::is_sign;

use super::scan::Claims;
use crate::limits::TEXT_LAYERS_MAX;

/// What the decoders ask about what they find: the gate, or the second look of `repair`.
pub(super) struct Reader<'r> {
    /// What is to be replaced in a text at a depth of strings in strings.
    pub(super) look: &'r dyn Fn(&str, u8) -> Claims,
    /// The pseudonym of an id that is known to be mapped.
    pub(super) seal_id: &'r dyn Fn(u128) -> Option<u128>,
    /// The pseudonym of a security identifier, bytes in and out.
    pub(super) seal_sid: &'r dyn Fn(&[u8]) -> Option<Vec<u8>>,
    /// The removal mark of a rule for a value.
    pub(super) mark: &'r dyn Fn(&str, &str) -> String,
}

/// Claims what stands in escapes: `%40`, `\u0040`, `&#64;`, `=40`, `\2C`, and words with invisible characters in them.
pub(super) fn find_escaped(text: &str, layer: u8, claims: &mut Claims, reader: &Reader<'_>) {
    if let Some(reading) = escapes::decode(text) {
        if layer < TEXT_LAYERS_MAX {
            reading.carry((reader.look)(&reading.text, layer + 1), text, claims);
        } else {
            reading.remove(text, claims, reader);
        }
    }
}

/// The same for `\n` and `\t` in a text that is not read as JSON. They look like paths (`C:\new`), so they come last.
pub(super) fn find_behind_breaks(text: &str, layer: u8, claims: &mut Claims, reader: &Reader<'_>) {
    if layer < TEXT_LAYERS_MAX
        && let Some(reading) = escapes::decode_breaks(text)
    {
        reading.carry((reader.look)(&reading.text, layer + 1), text, claims);
    }
}
