//! A text without its escapes, and where every character of it came from.
//!
//! Takes characters with the spans that they were decoded from; gives the claims on the reading as claims on the
//! original, each new text spelt with the escapes that its span had. What is not replaced keeps every byte.

use super::Reader;
use crate::pseudonym::scan::Claims;

/// A character (or nothing) that was read from something longer.
struct Piece {
    /// Span in the reading.
    at: usize,
    end: usize,
    /// Span in the original.
    raw: usize,
    raw_end: usize,
}

/// The reading of a text.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) text: String,
    pieces: Vec<Piece>,
}

impl Reading {
    /// Appends what stands between escapes.
    pub(super) fn push_plain(&mut self, plain: &str) {
        self.text.push_str(plain);
    }

    /// Appends a character, or nothing, that the original writes as `raw..raw_end`.
    pub(super) fn push(&mut self, symbol: Option<char>, raw: usize, raw_end: usize) {
        let at = self.text.len();
        self.text.extend(symbol);
        self.pieces.push(Piece { at, end: self.text.len(), raw, raw_end });
    }

    /// Whether nothing was decoded.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Takes the claims on the reading over. One that covers claims on the original takes their place.
    pub(super) fn carry(&self, found: Claims, text: &str, claims: &mut Claims) {
        for (start, end, new) in found.into_spans() {
            let (start, end) = (self.raw_start(start), self.raw_end(end));
            if start >= end || !claims.make_room(start, end, new.is_some()) {
                continue;
            }
            match new {
                Some(new) => claims.replace(start, end, self.spelt(text, start, end, &new)),
                None => claims.keep(start, end),
            }
        }
    }

    /// Replaces every word that has escapes in it by a mark: it stands too deep to be read.
    pub(super) fn remove(&self, text: &str, claims: &mut Claims, reader: &Reader<'_>) {
        let is_edge = |symbol: char| symbol.is_whitespace() || "\"'<>{}[]".contains(symbol);
        let mut done = 0;
        for piece in self.pieces.iter().filter(|piece| piece.end > piece.at) {
            if piece.raw < done {
                continue;
            }
            let start = text[..piece.raw]
                .rfind(is_edge)
                .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
            let start = start.max(done);
            let end = text[piece.raw_end..].find(is_edge).map_or(text.len(), |length| piece.raw_end + length);
            if claims.make_room(start, end, true) {
                claims.replace(start, end, (reader.mark)("too-deep", &text[start..end]));
            }
            done = end;
        }
    }

    fn raw_start(&self, at: usize) -> usize {
        let before = self.pieces.partition_point(|piece| piece.at <= at);
        match before.checked_sub(1).and_then(|last| self.pieces.get(last)) {
            Some(piece) if piece.at == at && piece.end > at => piece.raw,
            Some(piece) => piece.raw_end + at.saturating_sub(piece.end),
            None => at,
        }
    }

    fn raw_end(&self, end: usize) -> usize {
        let before = self.pieces.partition_point(|piece| piece.at < end);
        match before.checked_sub(1).and_then(|last| self.pieces.get(last)) {
            Some(piece) => piece.raw_end + end.saturating_sub(piece.end),
            None => end,
        }
    }

    /// The new text with the escapes of the span that it replaces: a character that was escaped there is escaped as it
    /// was; in percent-encoding also what is reserved and did not stand there plain, in quoted-printable `=`.
    fn spelt(&self, text: &str, start: usize, end: usize, new: &str) -> String {
        let first = self.pieces.partition_point(|piece| piece.raw < start);
        let pieces = self.pieces.get(first..).unwrap_or_default().iter().take_while(|piece| piece.raw_end <= end);
        let mut spellings: Vec<(&str, &str)> = Vec::new();
        let mut plain = String::new();
        let mut at = start;
        for piece in pieces {
            plain.push_str(&text[at..piece.raw]);
            at = piece.raw_end;
            let symbol = &self.text[piece.at..piece.end];
            if !symbol.is_empty() && !spellings.iter().any(|(known, _)| *known == symbol) {
                spellings.push((symbol, &text[piece.raw..piece.raw_end]));
            }
        }
        plain.push_str(&text[at..end]);
        if spellings.is_empty() {
            return new.to_owned();
        }
        let has = |sign: char| spellings.iter().any(|(_, raw)| raw.starts_with(sign));
        let (percent, quoted) = (has('%'), has('='));
        let mut out = String::with_capacity(new.len() + 16);
        let mut mark = 0;
        for (at, symbol) in new.char_indices() {
            // A removal mark is no part of the text: it is written as everywhere.
            if symbol == '[' && new[at..].starts_with("[REMOVED:") {
                mark = new[at..].find(']').map_or(mark, |length| at + length + 1);
            }
            if at < mark {
                out.push(symbol);
                continue;
            }
            let mut bytes = [0; 4];
            let letter: &str = symbol.encode_utf8(&mut bytes);
            let is_unreserved = symbol.is_ascii_alphanumeric() || "-._~".contains(symbol);
            if let Some((_, raw)) = spellings.iter().find(|(known, _)| *known == letter) {
                out.push_str(raw);
            } else if percent && !is_unreserved && !plain.contains(symbol) {
                out.extend(letter.bytes().map(|byte| format!("%{byte:02X}")));
            } else if quoted && symbol == '=' {
                out.push_str("=3D");
            } else {
                out.push(symbol);
            }
        }
        out
    }
}
