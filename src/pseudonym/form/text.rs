//! Plain text, line by line.

use crate::pseudonym::gate::Gate;
use crate::record::RawStretch;

/// Appends the clean lines; gives how many lines there were.
pub(super) fn clean(gate: &Gate, stretch: &RawStretch, out: &mut String) -> u64 {
    clean_lines(gate, stretch.text.expose(), out)
}

/// As [`clean`], of a text.
pub(super) fn clean_lines(gate: &Gate, text: &str, out: &mut String) -> u64 {
    let mut lines = 0;
    for line in text.split_inclusive('\n') {
        let text = line.trim_end_matches(['\r', '\n']);
        if !gate.scan(text, 0, out) {
            out.push_str(text);
        }
        out.push_str(&line[text.len()..]);
        lines += 1;
    }
    lines
}
