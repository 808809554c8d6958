//! Checks JSON Lines as they stream by: one object a line, UTF-8, every line ended.

use crate::json;
use crate::limits::RECORD_BYTES_MAX;

/// The state between two pieces.
#[derive(Default)]
pub(super) struct Lines {
    /// A line whose end has not come yet.
    open: Vec<u8>,
    /// Whole lines seen.
    pub(super) records: u64,
    /// The first line that is no record, from 1, and why.
    pub(super) bad: Option<(u64, &'static str)>,
}

impl Lines {
    /// Takes the next bytes.
    pub(super) fn take(&mut self, piece: &[u8]) {
        let Some(last) = memchr::memrchr(b'\n', piece) else {
            return self.keep(piece);
        };
        let (mut whole, rest) = piece.split_at(last + 1);
        if !self.open.is_empty() {
            let first = memchr::memchr(b'\n', whole).map_or(whole.len(), |end| end + 1);
            let mut joined = std::mem::take(&mut self.open);
            joined.extend_from_slice(whole.get(..first).unwrap_or_default());
            self.check(&joined);
            whole = whole.get(first..).unwrap_or_default();
            joined.clear();
            self.open = joined;
        }
        self.check(whole);
        self.keep(rest);
    }

    /// The entry ended.
    pub(super) fn end(&mut self) {
        if !self.open.is_empty() {
            self.blame(self.records + 1, "the last line has no end");
        }
    }

    fn keep(&mut self, rest: &[u8]) {
        self.open.extend_from_slice(rest);
        if self.open.len() > RECORD_BYTES_MAX {
            self.blame(self.records + 1, "the line is longer than any record");
            self.open.clear();
        }
    }

    fn check(&mut self, lines: &[u8]) {
        let legible = std::str::from_utf8(lines).is_ok();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', lines) {
            self.records += 1;
            let line = lines.get(start..end).unwrap_or_default();
            if self.bad.is_none() {
                if !is_object(line) {
                    self.blame(self.records, "the line is not one JSON object");
                } else if !legible && std::str::from_utf8(line).is_err() {
                    self.blame(self.records, "the line is not UTF-8");
                }
            }
            start = end + 1;
        }
    }

    fn blame(&mut self, line: u64, why: &'static str) {
        self.bad.get_or_insert((line, why));
    }
}

fn is_object(line: &[u8]) -> bool {
    let start = json::skip_space(line, 0);
    line.get(start) == Some(&b'{')
        && json::skip_value(line, start).is_ok_and(|end| json::skip_space(line, end) == line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(bytes: &[u8], step: usize) -> (u64, Option<(u64, &'static str)>) {
        let mut lines = Lines::default();
        bytes.chunks(step).for_each(|piece| lines.take(piece));
        lines.end();
        (lines.records, lines.bad)
    }

    #[test]
    fn says_the_same_however_the_bytes_are_cut() {
        let rows: [(&[u8], u64, Option<u64>); 8] = [
            (b"", 0, None),
            (b"{}\n{\"a\":[1]}\n", 2, None),
            (b"{}\n\n{}\n", 3, Some(2)),
            (b"{}\n[1]\n", 2, Some(2)),
            (b"{}\n{} {}\n", 2, Some(2)),
            (b"{}\n{\"a\":1", 1, Some(2)),
            (b"{\"a\":\"\xff\"}\n", 1, Some(1)),
            (b"{\"a\":1]\n{}\n", 2, Some(1)),
        ];
        for (bytes, records, bad) in rows {
            for step in [1, 2, 3, 100] {
                let (seen, found) = scan(bytes, step);
                assert_eq!((seen, found.map(|(line, _)| line)), (records, bad));
            }
        }
    }

    #[test]
    fn a_line_without_an_end_does_not_fill_the_memory() {
        let mut lines = Lines::default();
        let piece = vec![b'x'; 16 << 20];
        for _ in 0..10 {
            lines.take(&piece);
        }
        assert!(lines.open.capacity() <= 2 * (RECORD_BYTES_MAX + piece.len()));
        assert!(lines.bad.is_some());
    }
}
