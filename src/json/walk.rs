//! Skipping and stepping: where a value ends, the members of an object, the items of an array.

use super::Error;
use crate::limits::JSON_DEPTH_MAX;

/// Half-open byte range of a value in its buffer, without surrounding white space.
pub type Span = std::ops::Range<usize>;

fn error<T>(offset: usize, expected: &'static str) -> Result<T, Error> {
    Err(Error { offset, expected })
}

/// First position at or after `at` that is not JSON white space.
#[inline]
pub fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The span of the value that starts at or after `at` (white space is skipped).
///
/// # Errors
/// Anything that is not one valid JSON value, or that nests deeper than [`JSON_DEPTH_MAX`].
pub fn value_span(bytes: &[u8], at: usize) -> Result<Span, Error> {
    let start = skip_space(bytes, at);
    Ok(start..skip_value(bytes, start)?)
}

/// The position behind the value that starts exactly at `at`. Does not recurse.
///
/// # Errors
/// As [`value_span`].
pub fn skip_value(bytes: &[u8], at: usize) -> Result<usize, Error> {
    // One bit a level: 1 = object, 0 = array.
    let mut kinds: u128 = 0;
    let mut depth = 0usize;
    let mut at = at;
    loop {
        // A value starts here.
        match bytes.get(at) {
            Some(open @ (b'{' | b'[')) => {
                if depth == JSON_DEPTH_MAX {
                    return error(at, "less nesting");
                }
                let is_object = *open == b'{';
                kinds = kinds << 1 | u128::from(is_object);
                depth += 1;
                at = skip_space(bytes, at + 1);
                let close = if is_object { b'}' } else { b']' };
                if bytes.get(at) == Some(&close) {
                    at += 1;
                    kinds >>= 1;
                    depth -= 1;
                } else {
                    if is_object {
                        at = skip_key(bytes, at)?;
                    }
                    continue;
                }
            }
            Some(b'"') => at = skip_string(bytes, at)?,
            Some(b'-' | b'0'..=b'9') => at = skip_number(bytes, at)?,
            Some(b't') => at = skip_word(bytes, at, b"true")?,
            Some(b'f') => at = skip_word(bytes, at, b"false")?,
            Some(b'n') => at = skip_word(bytes, at, b"null")?,
            _ => return error(at, "a value"),
        }
        // A value ended here: close what closes, step over a comma.
        loop {
            if depth == 0 {
                return Ok(at);
            }
            at = skip_space(bytes, at);
            let in_object = kinds & 1 == 1;
            match (bytes.get(at), in_object) {
                (Some(b','), _) => {
                    at = skip_space(bytes, at + 1);
                    if in_object {
                        at = skip_key(bytes, at)?;
                    }
                    break;
                }
                (Some(b'}'), true) | (Some(b']'), false) => {
                    at += 1;
                    kinds >>= 1;
                    depth -= 1;
                }
                (_, true) => return error(at, "a comma or a closing brace"),
                (_, false) => return error(at, "a comma or a closing bracket"),
            }
        }
    }
}

/// From a key's opening quote to the first byte of its value.
fn skip_key(bytes: &[u8], at: usize) -> Result<usize, Error> {
    key_span(bytes, at).map(|(_, value)| value)
}

/// A key between its quotes, and the first byte of its value.
fn key_span(bytes: &[u8], at: usize) -> Result<(Span, usize), Error> {
    if bytes.get(at) != Some(&b'"') {
        return error(at, "a key");
    }
    let (key, _) = string_span(bytes, at)?;
    let at = skip_space(bytes, key.end + 1);
    if bytes.get(at) != Some(&b':') {
        return error(at, "a colon");
    }
    Ok((key, skip_space(bytes, at + 1)))
}

#[inline]
fn skip_string(bytes: &[u8], at: usize) -> Result<usize, Error> {
    string_span(bytes, at).map(|(span, _)| span.end + 1)
}

/// Bytes that end a run inside a string: the quote, the backslash, control characters.
static ENDS_RUN: [bool; 256] = {
    let mut table = [false; 256];
    let mut at = 0;
    while at < 0x20 {
        table[at] = true;
        at += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table
};

/// The first byte at or after `at` that ends a run, eight bytes at a time: the strings of logs have twenty. A bit of a
/// false end can only stand above a true one (a subtraction borrows upwards), so the lowest is true. With the memory
/// of keys it took the walks over sign-ins from 174 to 129 instructions a byte.
#[inline]
fn run_end(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        let controls = word.wrapping_sub(ONES * 0x20) & !word;
        let quotes = zeros(word ^ (ONES * b'"' as u64)) | zeros(word ^ (ONES * b'\\' as u64));
        let ends = (controls | quotes) & ONES << 7;
        if ends != 0 {
            return at + (ends.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|&byte| !ENDS_RUN[usize::from(byte)]) {
        at += 1;
    }
    at
}

/// The span between the quotes of the string that starts exactly at `at`, and whether there are escapes in it.
///
/// # Errors
/// Anything that is no valid string.
#[inline]
pub fn string_span(bytes: &[u8], at: usize) -> Result<(Span, bool), Error> {
    let start = at + 1;
    let mut at = start;
    let mut escaped = false;
    loop {
        at = run_end(bytes, at);
        match bytes.get(at) {
            Some(b'"') => return Ok((start..at, escaped)),
            Some(b'\\') => {
                escaped = true;
                at += escape_length(bytes, at)?;
            }
            Some(_) => return error(at, "no control character in a string"),
            None => return error(at, "the end of a string"),
        }
    }
}

fn escape_length(bytes: &[u8], at: usize) -> Result<usize, Error> {
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
        Some(b'u') if bytes.get(at + 2..at + 6).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) => Ok(6),
        _ => error(at, "a valid escape"),
    }
}

fn skip_digits(bytes: &[u8], mut at: usize) -> Result<usize, Error> {
    let start = at;
    while let Some(b'0'..=b'9') = bytes.get(at) {
        at += 1;
    }
    if at == start { error(at, "a digit") } else { Ok(at) }
}

fn skip_number(bytes: &[u8], mut at: usize) -> Result<usize, Error> {
    if bytes.get(at) == Some(&b'-') {
        at += 1;
    }
    at = if bytes.get(at) == Some(&b'0') { at + 1 } else { skip_digits(bytes, at)? };
    if bytes.get(at) == Some(&b'.') {
        at = skip_digits(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = bytes.get(at) {
            at += 1;
        }
        at = skip_digits(bytes, at)?;
    }
    Ok(at)
}

fn skip_word(bytes: &[u8], at: usize, word: &'static [u8]) -> Result<usize, Error> {
    if bytes.get(at..at + word.len()) == Some(word) { Ok(at + word.len()) } else { error(at, "true, false or null") }
}

/// Steps over the members of the object at `at`.
///
/// # Errors
/// When no object starts there.
pub fn members(bytes: &[u8], at: usize) -> Result<Members<'_>, Error> {
    let at = skip_space(bytes, at);
    if bytes.get(at) != Some(&b'{') {
        return error(at, "an object");
    }
    Ok(Members { bytes, at: at + 1, first: true, done: false })
}

/// Iterator over an object: the key as written between its quotes (still escaped) and the span of the value.
/// After the last member, [`Members::end`] is the position behind the closing brace.
pub struct Members<'a> {
    bytes: &'a [u8],
    at: usize,
    first: bool,
    done: bool,
}

impl Members<'_> {
    /// The position behind the object, once the iterator is exhausted without an error.
    pub fn end(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Result<(&'a [u8], Span), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match step(self.bytes, &mut self.at, &mut self.first, &mut self.done, b'}')? {
            Err(error) => Some(Err(error)),
            Ok(key) => Some(self.member(key)),
        }
    }
}

impl<'a> Members<'a> {
    fn member(&mut self, key: usize) -> Result<(&'a [u8], Span), Error> {
        let result = (|| {
            let (name, value) = key_span(self.bytes, key)?;
            Ok((&self.bytes[name], value..skip_value(self.bytes, value)?))
        })();
        match &result {
            Ok((_, span)) => self.at = span.end,
            Err(_) => self.done = true,
        }
        result
    }
}

/// Steps over the items of the array at `at`.
///
/// # Errors
/// When no array starts there.
pub fn items(bytes: &[u8], at: usize) -> Result<Items<'_>, Error> {
    let at = skip_space(bytes, at);
    if bytes.get(at) != Some(&b'[') {
        return error(at, "an array");
    }
    Ok(Items { bytes, at: at + 1, first: true, done: false })
}

/// Iterator over the spans of an array's items.
pub struct Items<'a> {
    bytes: &'a [u8],
    at: usize,
    first: bool,
    done: bool,
}

impl Items<'_> {
    /// The position behind the array, once the iterator is exhausted without an error.
    pub fn end(&self) -> usize {
        self.at
    }
}

impl Iterator for Items<'_> {
    type Item = Result<Span, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = match step(self.bytes, &mut self.at, &mut self.first, &mut self.done, b']')? {
            Err(error) => return Some(Err(error)),
            Ok(start) => start,
        };
        let result = skip_value(self.bytes, start).map(|end| start..end);
        match &result {
            Ok(span) => self.at = span.end,
            Err(_) => self.done = true,
        }
        Some(result)
    }
}

/// To the start of the next member or item; `None` behind the closing byte.
fn step(bytes: &[u8], at: &mut usize, first: &mut bool, done: &mut bool, close: u8) -> Option<Result<usize, Error>> {
    if *done {
        return None;
    }
    let mut next = skip_space(bytes, *at);
    if bytes.get(next) == Some(&close) {
        *at = next + 1;
        *done = true;
        return None;
    }
    if !std::mem::replace(first, false) {
        if bytes.get(next) != Some(&b',') {
            *done = true;
            return Some(error(next, "a comma or the end"));
        }
        next = skip_space(bytes, next + 1);
    }
    Some(Ok(next))
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
