//! How originals are cut into requests. Pure.

use std::ops::Range;

/// Bytes a request.
pub(crate) const PIECE: u64 = 512 * 1024;
/// What `telegram.fetch` wants offsets to be multiples of.
pub(crate) const ALIGN: u64 = 4096;
/// Where the first pieces of an original end that is looked at while it comes: smaller ones, so
/// that its beginning is there early, however slow the line is.
const FIRST: [u64; 4] = [PIECE / 8, PIECE / 4, PIECE / 2, PIECE];

/// The piece of a file of `total` bytes in which the byte at `at` lies, where one has at most
/// `size` bytes: a power of two between [`ALIGN`] and [`PIECE`].
pub(super) fn piece_at(at: u64, size: u64, total: u64) -> Range<u64> {
    let natural = match FIRST.iter().position(|end| at < *end) {
        Some(0) => FIRST[0],
        Some(n) => FIRST[n] - FIRST[n - 1],
        None => PIECE,
    };
    let size = natural.min(size);
    let start = at / size * size;
    start..(start + size).min(total)
}

/// Cuts what is missing of a file of `bytes` bytes into requests: offsets aligned, none longer
/// than [`PIECE`], none across a multiple of it (so none across a MiB).
pub(crate) fn pieces(missing: &[Range<u64>], bytes: u64) -> Vec<Range<u64>> {
    let mut cut = Vec::new();
    let mut done = 0;
    for range in missing {
        let mut start = (range.start / ALIGN * ALIGN).max(done);
        let end = range.end.min(bytes);
        while start < end {
            let stop = ((start / PIECE + 1) * PIECE).min(end);
            // Whole blocks, so that the next piece begins on one.
            let stop = stop.next_multiple_of(ALIGN).min(bytes);
            cut.push(start..stop);
            start = stop;
        }
        done = start.max(done);
    }
    cut
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Ranges that do not touch, within `bytes`.
    fn apart(cuts: &std::collections::BTreeSet<u64>, bytes: u64) -> Vec<Range<u64>> {
        let cuts: Vec<u64> = cuts.iter().copied().filter(|c| *c < bytes).collect();
        cuts.chunks_exact(2).map(|c| c[0]..c[1]).collect()
    }

    fn keep_the_rules(
        cut: &[Range<u64>],
        missing: &[Range<u64>],
        bytes: u64,
    ) -> Result<(), TestCaseError> {
        let mut last = 0;
        for piece in cut {
            prop_assert!(piece.start >= last && piece.end > piece.start);
            prop_assert_eq!(piece.start % ALIGN, 0);
            prop_assert!(piece.end <= bytes && piece.end - piece.start <= PIECE);
            prop_assert_eq!(piece.start / PIECE, (piece.end - 1) / PIECE);
            let is_needed = |gap: &Range<u64>| gap.start < piece.end && piece.start < gap.end;
            prop_assert!(missing.iter().any(is_needed), "{:?} is there already", piece);
            last = piece.end;
        }
        for range in missing {
            for byte in [range.start, range.end - 1, range.start.midpoint(range.end)] {
                prop_assert!(cut.iter().any(|piece| piece.contains(&byte)));
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn pieces_cover_what_is_missing_and_keep_the_rules(
            bytes in 1u64..6_000_000,
            cuts in proptest::collection::btree_set(0u64..6_000_000, 0..8),
        ) {
            let missing = apart(&cuts, bytes);
            keep_the_rules(&pieces(&missing, bytes), &missing, bytes)?;
        }

        #[test]
        fn each_byte_lies_in_one_piece(
            total in 1u64..6_000_000,
            at in 0u64..6_000_000,
            size in 0u32..4,
        ) {
            prop_assume!(at < total);
            let size = PIECE >> size;
            let piece = piece_at(at, size, total);
            prop_assert!(piece.contains(&at) && piece.end - piece.start <= size);
            prop_assert_eq!(piece_at(piece.start, size, total), piece.clone());
            prop_assert_eq!(piece_at(piece.end - 1, size, total), piece);
        }
    }
}
