//! One block: clean bytes as an independent, byte-aligned, non-final run of deflate (RFC 1951).
//!
//! Takes at most about [`BLOCK_BYTES`](crate::limits::BLOCK_BYTES) of lines, gives the compressed run and its sums.
//! Runs share no dictionary, so they can be made by any worker, made again one by one, and joined in order into
//! one valid stream that ends with [`STREAM_END`]. Same bytes in, same bytes out, whatever was compressed before.

use crate::limits::{BLOCK_BYTES, DEFLATE_LEVEL, DEFLATE_LEVEL_FAST, DEFLATE_LEVEL_SMALL, DEFLATE_RATIO_MAX};
use flate2::{Compress, Decompress, FlushCompress, FlushDecompress, Status};

/// The empty final block that ends a joined stream.
pub const STREAM_END: [u8; 2] = [0x03, 0x00];

/// Where a block lies in the segment file, and its sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Block {
    pub(super) offset: u64,
    pub(super) compressed_bytes: u32,
    pub(super) bytes: u32,
    pub(super) crc: u32,
    pub(super) records: u32,
}

impl Block {
    /// Where the next one can begin.
    pub(super) fn end(&self) -> u64 {
        self.offset + u64::from(self.compressed_bytes) + super::cover::COVER_BYTES as u64
    }
}

/// How much work goes into small blocks. Every choice gives deflate that all readers unpack, and always the same bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Compression {
    /// Least time
    Fast,
    /// Little time, small file
    #[default]
    Default,
    /// Smallest file
    Small,
}

impl Compression {
    fn level(self) -> flate2::Compression {
        flate2::Compression::new(match self {
            Self::Fast => DEFLATE_LEVEL_FAST,
            Self::Default => DEFLATE_LEVEL,
            Self::Small => DEFLATE_LEVEL_SMALL,
        })
    }
}

/// A compressor with its buffer; the spool keeps some and lends them.
pub(super) struct Deflater {
    state: Compress,
    out: Vec<u8>,
}

impl Deflater {
    pub(super) fn new(compression: Compression) -> Self {
        Self { state: Compress::new(compression.level(), false), out: Vec::new() }
    }

    /// Compresses `raw` to one run that ends on a byte boundary.
    pub(super) fn deflate(&mut self, raw: &[u8]) -> Result<&[u8], Damaged> {
        self.state.reset();
        run(&mut self.state, raw, &mut self.out)?;
        if raw.len() as u64 > self.out.len() as u64 * DEFLATE_RATIO_MAX {
            // Never write what the reader takes for a zip bomb.
            run(&mut Compress::new(flate2::Compression::none(), false), raw, &mut self.out)?;
        }
        Ok(&self.out)
    }
}

fn run(state: &mut Compress, raw: &[u8], out: &mut Vec<u8>) -> Result<(), Damaged> {
    out.clear();
    // A stored run costs 5 bytes every 64 KiB, and one more empty block to reach the boundary.
    out.reserve(raw.len() + raw.len() / 1024 + 1024);
    loop {
        let rest = raw.get(usize::try_from(state.total_in()).map_err(|_| Damaged)?..).ok_or(Damaged)?;
        state.compress_vec(rest, out, FlushCompress::Sync).map_err(|_| Damaged)?;
        if state.total_in() == raw.len() as u64 && out.len() < out.capacity() {
            return Ok(());
        }
        out.reserve(4096);
    }
}

/// A block that does not unpack to what was packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damaged;

/// Unpacks one run behind `raw` and checks length and CRC-32.
pub(super) fn inflate_into(run: &[u8], block: &Block, raw: &mut Vec<u8>) -> Result<(), Damaged> {
    let start = raw.len();
    // One byte of slack shows a run that is longer than it should be.
    raw.reserve_exact(block.bytes as usize + 1);
    let mut state = Decompress::new(false);
    while state.total_in() < run.len() as u64 {
        let (seen, made) = (state.total_in(), raw.len());
        let rest = run.get(usize::try_from(seen).map_err(|_| Damaged)?..).ok_or(Damaged)?;
        let status = state.decompress_vec(rest, raw, FlushDecompress::Sync).map_err(|_| Damaged)?;
        let stuck = state.total_in() == seen && raw.len() == made;
        if status == Status::StreamEnd || stuck || raw.len() - start > block.bytes as usize {
            return Err(Damaged);
        }
    }
    let unpacked = raw.get(start..).ok_or(Damaged)?;
    let whole = unpacked.len() == block.bytes as usize && crc32fast::hash(unpacked) == block.crc;
    if whole { Ok(()) } else { Err(Damaged) }
}

/// Cuts lines into pieces of at most [`BLOCK_BYTES`] at line ends; a longer line is a piece of its own, and text
/// without line ends is cut only at its end.
pub(super) fn cut(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = if rest.len() <= BLOCK_BYTES {
            rest.len()
        } else {
            let (near, far) = rest.split_at(BLOCK_BYTES);
            memchr::memrchr(b'\n', near)
                .map(|at| at + 1)
                .or_else(|| memchr::memchr(b'\n', far).map(|at| BLOCK_BYTES + at + 1))
                .unwrap_or(rest.len())
        };
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(raw: &[u8], run: &[u8]) -> Block {
        Block {
            offset: 0,
            compressed_bytes: run.len() as u32,
            bytes: raw.len() as u32,
            crc: crc32fast::hash(raw),
            records: 0,
        }
    }

    fn samples() -> Vec<Vec<u8>> {
        let mut noise = vec![0u8; 300_000];
        let mut state = 1u32;
        for byte in &mut noise {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = (state >> 24) as u8;
        }
        vec![vec![b'\n'], b"{\"a\":1}\n".to_vec(), b"{\"a\":1}\n".repeat(100_000), vec![b'x'; BLOCK_BYTES], noise]
    }

    #[test]
    fn runs_unpack_to_what_was_packed_and_join_to_one_stream() {
        use std::io::Read;
        let mut deflater = Deflater::new(Compression::Default);
        let (mut stream, mut all) = (Vec::new(), Vec::new());
        for raw in samples() {
            let run = deflater.deflate(&raw).unwrap();
            let mut out = Vec::new();
            assert_eq!(inflate_into(run, &block(&raw, run), &mut out), Ok(()));
            assert!(out == raw);
            stream.extend_from_slice(run);
            all.extend_from_slice(&raw);
        }
        stream.extend_from_slice(&STREAM_END);
        let mut out = Vec::new();
        flate2::read::DeflateDecoder::new(stream.as_slice()).read_to_end(&mut out).unwrap();
        assert!(out == all);
    }

    #[test]
    fn what_came_before_does_not_change_a_run() {
        for compression in [Compression::Fast, Compression::Default, Compression::Small] {
            let mut used = Deflater::new(compression);
            for raw in samples() {
                let fresh = Deflater::new(compression).deflate(&raw).unwrap().to_vec();
                assert!(used.deflate(&raw).unwrap() == fresh);
                let mut out = Vec::new();
                assert_eq!(inflate_into(&fresh, &block(&raw, &fresh), &mut out), Ok(()));
                assert!(out == raw);
            }
        }
    }

    #[test]
    fn no_run_shrinks_further_than_a_reader_accepts() {
        let raw = vec![b'x'; BLOCK_BYTES];
        let packed = Deflater::new(Compression::Default).deflate(&raw).unwrap().len() as u64;
        assert!(packed * DEFLATE_RATIO_MAX >= BLOCK_BYTES as u64);
    }

    #[test]
    fn damage_is_noticed() {
        let raw = b"{\"id\":\"1\"}\n".repeat(50);
        let run = Deflater::new(Compression::Default).deflate(&raw).unwrap().to_vec();
        let whole = block(&raw, &run);
        for at in 0..run.len() {
            let mut bad = run.clone();
            bad[at] ^= 0x10;
            let mut out = Vec::new();
            assert!(inflate_into(&bad, &whole, &mut out).is_err() || out == raw);
        }
        assert_eq!(inflate_into(&run[..run.len() / 2], &whole, &mut Vec::new()), Err(Damaged));
        let short = Block { bytes: whole.bytes - 1, ..whole };
        assert_eq!(inflate_into(&run, &short, &mut Vec::new()), Err(Damaged));
    }

    #[test]
    fn cuts_at_line_ends_and_loses_nothing() {
        let line = [vec![b'a'; 999], vec![b'\n']].concat();
        let long = [vec![b'b'; BLOCK_BYTES * 2], vec![b'\n']].concat();
        let all = [line.repeat(3000), long, line.repeat(2)].concat();
        let pieces: Vec<_> = cut(&all).collect();
        assert!(pieces.concat() == all);
        assert!(pieces.iter().all(|piece| piece.ends_with(b"\n")));
        assert!(pieces.iter().filter(|piece| piece.len() > BLOCK_BYTES).count() == 1);
    }
}
