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

/// Cuts what is missing of a file of `bytes` bytes into requests, as they are taken: offsets
/// aligned, none longer than [`PIECE`], none across a multiple of it (so none across a MiB).
pub(crate) fn pieces<I>(missing: I, bytes: u64) -> impl Iterator<Item = Range<u64>> + Send + use<I>
where
    I: IntoIterator<Item = Range<u64>, IntoIter: Send>,
{
    let aligned = |at: u64| at / ALIGN * ALIGN;
    let gaps = missing.into_iter().map(move |gap| aligned(gap.start)..gap.end.min(bytes));
    cut(gaps, move |gap| {
        let stop = ((gap.start / PIECE + 1) * PIECE).min(gap.end);
        // Whole blocks, so that the next piece begins on one.
        gap.start..stop.next_multiple_of(ALIGN).min(bytes)
    })
}

/// The pieces of gap after gap, each of which begins where `piece` of what is left ends.
fn cut(
    mut gaps: impl Iterator<Item = Range<u64>> + Send,
    piece: impl Fn(&Range<u64>) -> Range<u64> + Send,
) -> impl Iterator<Item = Range<u64>> + Send {
    let mut left = 0..0;
    std::iter::from_fn(move || {
        while left.is_empty() {
            let gap = gaps.next()?;
            left = gap.start.max(left.start)..gap.end;
        }
        let piece = piece(&left);
        left.start = piece.end;
        Some(piece)
    })
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

    #[test]
    fn a_file_of_absurd_size_costs_nothing_until_it_is_read() {
        let bytes = i64::MAX.cast_unsigned();
        let all = [0..bytes / 2, bytes / 2..bytes];
        assert_eq!(pieces(all, bytes).next(), Some(0..PIECE));
    }

    proptest! {
        #[test]
        fn pieces_cover_what_is_missing_and_keep_the_rules(
            bytes in 1u64..6_000_000,
            cuts in proptest::collection::btree_set(0u64..6_000_000, 0..8),
        ) {
            let missing = apart(&cuts, bytes);
            let cut: Vec<_> = pieces(missing.clone(), bytes).collect();
            keep_the_rules(&cut, &missing, bytes)?;
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
