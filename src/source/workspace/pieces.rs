//! Cuts a log into pieces that fit into an answer.
//!
//! Takes the slices that are open and the counted stretches, gives chains of pieces: a chain is read in order, chains
//! side by side. A slice is never in two chains, so that its records arrive in the order of time. Small slices share a
//! piece; what has no rows now is covered, too.

use std::ops::Range;

use time::{Duration, OffsetDateTime};

use super::count::Stretch;
use crate::limits::{WORKSPACE_ANSWER_BYTES, WORKSPACE_ANSWER_ROWS};
use crate::source::Window;
use crate::source::query::floor_second;

/// Pieces that are read one after another.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chain {
    /// The slices that it holds all of.
    pub slices: Range<u32>,
    /// What to ask for, in order of time.
    pub pieces: Vec<Window>,
}

/// Cuts. `slices` are in order, each with its window; `stretches` are in order, and none crosses a border of a slice.
pub(super) fn cut(slices: &[(u32, Window)], stretches: &[Stretch]) -> Vec<Chain> {
    let mut chains: Vec<Chain> = Vec::new();
    let mut last = (0, 0);
    for &(slice, window) in slices {
        let from = stretches.partition_point(|stretch| stretch.since < window.since);
        let to = stretches.partition_point(|stretch| stretch.since < window.until);
        let inside = stretches.get(from..to).unwrap_or_default();
        let sum = inside.iter().fold((0, 0), add);
        match chains.last_mut() {
            Some(chain) if chain.slices.end == slice && fits((last.0 + sum.0, last.1 + sum.1)) => {
                last = (last.0 + sum.0, last.1 + sum.1);
                chain.slices.end = slice + 1;
                if let Some(piece) = chain.pieces.last_mut() {
                    piece.until = window.until;
                }
            }
            _ => {
                let pieces = split(window, inside);
                // Nothing is put beside a slice that is in pieces already.
                last = if pieces.len() == 1 { sum } else { (u64::MAX / 2, 0) };
                chains.push(Chain { slices: slice..slice + 1, pieces });
            }
        }
    }
    chains
}

fn add(sum: (u64, u64), stretch: &Stretch) -> (u64, u64) {
    (sum.0 + stretch.rows, sum.1 + stretch.bytes)
}

fn fits((rows, bytes): (u64, u64)) -> bool {
    rows <= WORKSPACE_ANSWER_ROWS && bytes <= WORKSPACE_ANSWER_BYTES
}

/// The pieces of one slice.
fn split(window: Window, stretches: &[Stretch]) -> Vec<Window> {
    let mut pieces = Vec::new();
    let (mut since, mut sum) = (window.since, (0, 0));
    for stretch in stretches {
        let more = add(sum, stretch);
        if fits(more) || sum.0 == 0 {
            sum = more;
        } else {
            pieces.push(Window { since, until: stretch.since });
            (since, sum) = (stretch.since, add((0, 0), stretch));
        }
    }
    pieces.push(Window { since, until: window.until });
    pieces
}

/// The middle of a piece, at a whole second; `None`: a second cannot be split.
pub(super) fn middle(window: Window) -> Option<OffsetDateTime> {
    let at = floor_second(window.since + (window.until - window.since) / 2);
    (at > window.since && window.until - window.since > Duration::SECOND).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const START: OffsetDateTime = datetime!(2026-01-05 0:00 UTC);

    fn hours(from: i64, to: i64) -> Window {
        Window { since: START + Duration::hours(from), until: START + Duration::hours(to) }
    }

    fn stretch(hour: i64, rows: u64, bytes: u64) -> Stretch {
        Stretch { since: START + Duration::hours(hour), rows, bytes }
    }

    #[test]
    fn small_slices_share_a_piece_and_large_ones_have_several() {
        let (most, half) = (WORKSPACE_ANSWER_ROWS, WORKSPACE_ANSWER_BYTES / 2);
        let slices: Vec<_> = (0..4).map(|at| (at, hours(i64::from(at) * 6, i64::from(at) * 6 + 6))).collect();
        assert_eq!(cut(&slices, &[]), [Chain { slices: 0..4, pieces: vec![hours(0, 24)] }]);
        let large =
            [stretch(1, 9, half), stretch(2, 9, half), stretch(3, 9, half), stretch(13, 1, 1), stretch(23, most, 1)];
        assert_eq!(
            cut(&slices, &large),
            [
                Chain { slices: 0..1, pieces: vec![hours(0, 3), hours(3, 6)] },
                Chain { slices: 1..3, pieces: vec![hours(6, 18)] },
                Chain { slices: 3..4, pieces: vec![hours(18, 24)] },
            ]
        );
        // Slices that are not neighbours are asked for apart.
        let gap = [slices[0], slices[2]];
        assert_eq!(cut(&gap, &[]).len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn pieces_cover_their_slices_without_gap_or_overlap(counts in proptest::collection::vec((0_u64..60_000, 0_u64..(20 << 20)), 0..24)) {
            let slices: Vec<_> = (0..4).map(|at| (at, hours(i64::from(at) * 6, i64::from(at) * 6 + 6))).collect();
            let stretches: Vec<_> = counts.iter().zip(0..).map(|(&(rows, bytes), hour)| stretch(hour, rows, bytes)).collect();
            let chains = cut(&slices, &stretches);
            let mut at = START;
            for piece in chains.iter().flat_map(|chain| &chain.pieces) {
                proptest::prop_assert_eq!(piece.since, at);
                proptest::prop_assert!(piece.until > piece.since);
                at = piece.until;
            }
            proptest::prop_assert_eq!(at, START + Duration::DAY);
            proptest::prop_assert!(chains.iter().all(|chain| chain.slices.len() == 1 || chain.pieces.len() == 1));
        }
    }
}
