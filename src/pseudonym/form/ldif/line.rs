//! Logical lines: unfolded on the way in, folded as before on the way out.

use std::borrow::Cow;

/// A line with the lines that continue it.
pub(super) struct Logical<'t> {
    /// As it stands in the text, with its line ends.
    pub(super) raw: &'t str,
    /// Unfolded, without the line end.
    pub(super) content: Cow<'t, str>,
    /// Characters of the first part, if it was folded.
    width: Option<usize>,
    end: &'t str,
}

impl Logical<'_> {
    /// Appends another content in the same folding.
    pub(super) fn write(&self, content: &str, out: &mut String) {
        let Some(width) = self.width else {
            out.extend([content, self.end]);
            return;
        };
        let end = if self.raw.contains("\r\n") { "\r\n" } else { "\n" };
        for (at, symbol) in content.chars().enumerate() {
            // Every continuation begins with a blank, which counts.
            if at >= width && (at - width).is_multiple_of(width - 1) {
                out.push_str(end);
                out.push(' ');
            }
            out.push(symbol);
        }
        out.push_str(self.end);
    }
}

/// The logical lines of a text. None when it begins with a continuation.
pub(super) fn logical_lines(text: &str) -> Option<Vec<Logical<'_>>> {
    let mut lines: Vec<Logical<'_>> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\r', '\n']);
        let end = &line[content.len()..];
        match content.strip_prefix(' ') {
            Some(more) => {
                let last = lines.last_mut().filter(|last| !last.content.is_empty())?;
                let width = last.content.chars().count();
                last.width.get_or_insert(width.max(2));
                last.content.to_mut().push_str(more);
                last.raw = &text[at - last.raw.len()..at + line.len()];
                last.end = end;
            }
            None => lines.push(Logical { raw: line, content: Cow::Borrowed(content), width: None, end }),
        }
        at += line.len();
    }
    Some(lines)
}
