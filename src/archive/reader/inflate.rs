//! Unpacks one entry with two fixed buffers.
//!
//! Never gives out more than the header announced: one byte more ends it.

use super::{Fault, Member};
use flate2::{Decompress, FlushDecompress, Status};
use std::io::{self, Read};

const INPUT_BYTES: usize = 64 << 10;
const OUTPUT_BYTES: usize = 256 << 10;

/// Unpacks `data`, hands the pieces to `sink`, checks length and CRC-32.
pub(super) fn unpack(
    data: &mut dyn Read,
    member: &Member,
    sink: &mut dyn FnMut(&[u8]),
) -> io::Result<Result<(), Fault>> {
    let mut crc = crc32fast::Hasher::new();
    let mut made = 0u64;
    let mut give = |piece: &[u8]| {
        made = made.saturating_add(piece.len() as u64);
        if made > member.bytes {
            return false;
        }
        crc.update(piece);
        sink(piece);
        true
    };
    let whole = if member.method == 0 { copy(data, &mut give)? } else { inflate(data, member, &mut give)? };
    Ok(if whole && made == member.bytes && crc.finalize() == member.crc { Ok(()) } else { Err(Fault::Damaged) })
}

fn copy(data: &mut dyn Read, give: &mut dyn FnMut(&[u8]) -> bool) -> io::Result<bool> {
    let mut buffer = vec![0; INPUT_BYTES];
    loop {
        let count = data.read(&mut buffer)?;
        if count == 0 {
            return Ok(true);
        }
        if !give(buffer.get(..count).unwrap_or_default()) {
            return Ok(false);
        }
    }
}

fn inflate(data: &mut dyn Read, member: &Member, give: &mut dyn FnMut(&[u8]) -> bool) -> io::Result<bool> {
    let mut state = Decompress::new(false);
    let mut input = vec![0; INPUT_BYTES];
    let mut output = Vec::with_capacity(OUTPUT_BYTES);
    loop {
        let count = data.read(&mut input)?;
        let mut rest = input.get(..count).unwrap_or_default();
        loop {
            output.clear();
            let (seen, before) = (state.total_in(), state.total_out());
            let Ok(status) = state.decompress_vec(rest, &mut output, FlushDecompress::None) else { return Ok(false) };
            let taken = usize::try_from(state.total_in() - seen).unwrap_or(usize::MAX);
            rest = rest.get(taken..).unwrap_or_default();
            if !output.is_empty() && !give(&output) {
                return Ok(false);
            }
            if status == Status::StreamEnd {
                // The stream must end exactly where the entry ends.
                return Ok(state.total_in() == member.compressed_bytes);
            }
            let stuck = taken == 0 && state.total_out() == before;
            if stuck || (rest.is_empty() && output.len() < OUTPUT_BYTES) {
                break;
            }
        }
        if count == 0 || !rest.is_empty() {
            return Ok(false);
        }
    }
}
