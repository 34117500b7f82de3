//! What of an original is here and what is under way, so that nothing is asked for twice however
//! many want it. Any thread; its lock is held for moments only.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use futures_util::future::{BoxFuture, Shared, WeakShared};

use super::ALIGN;
use super::pieces::piece_at;
use crate::engine::fetch::FetchError;

pub(super) type Shareable<T> = Shared<BoxFuture<'static, Result<T, Arc<FetchError>>>>;
pub(super) type Weakly<T> = WeakShared<BoxFuture<'static, Result<T, Arc<FetchError>>>>;

struct Piece {
    end: u64,
    /// None: it is here.
    task: Option<Weakly<()>>,
}

/// What to do for a byte.
pub(super) enum Next {
    /// It is here, and so is what lies before this.
    Here(u64),
    /// It comes with this piece.
    UnderWay(Range<u64>, Shareable<()>),
    /// This is to be asked for.
    Free(Range<u64>),
}

/// Pieces that do not overlap, by where they begin.
#[derive(Default)]
pub(super) struct Flights(BTreeMap<u64, Piece>);

impl Flights {
    /// What is here on the disk, by what is missing.
    pub(super) fn found(&mut self, missing: &[Range<u64>], total: u64) {
        self.0.retain(|_, piece| piece.task.is_some());
        let starts = std::iter::once(0).chain(missing.iter().map(|gap| gap.end));
        let ends = missing.iter().map(|gap| gap.start).chain([total]);
        for (start, end) in starts.zip(ends) {
            let start = start.next_multiple_of(ALIGN);
            let end = if end == total { end } else { end / ALIGN * ALIGN };
            if start < end {
                self.0.insert(start, Piece { end, task: None });
            }
        }
    }

    /// What to do for the byte at `at`; a piece has at most `size` bytes.
    pub(super) fn next(&mut self, at: u64, size: u64, total: u64) -> Next {
        let is_live = |task: &Weakly<()>| task.upgrade().is_some();
        self.0.retain(|_, piece| piece.task.as_ref().is_none_or(is_live));
        let mut free = piece_at(at, size, total);
        if let Some((start, piece)) = self.0.range(..=at).next_back() {
            if at < piece.end {
                return match piece.task.as_ref().and_then(WeakShared::upgrade) {
                    Some(task) => Next::UnderWay(*start..piece.end, task),
                    None => Next::Here(piece.end),
                };
            }
            free.start = free.start.max(piece.end);
        }
        if let Some((start, _)) = self.0.range(at..).next() {
            free.end = free.end.min(*start);
        }
        Next::Free(free)
    }

    /// It is under way now.
    pub(super) fn begun(&mut self, piece: &Range<u64>, task: &Shareable<()>) {
        let task = task.downgrade();
        self.0.insert(piece.start, Piece { end: piece.end, task });
    }

    /// It was written down, or could not be had.
    pub(super) fn ended(&mut self, piece: &Range<u64>, is_here: bool) {
        self.0.remove(&piece.start);
        if !is_here {
            return;
        }
        // Joined with what touches it: few entries, however large the file is.
        let Range { mut start, mut end } = piece.clone();
        if let Some((before, other)) = self.0.range(..start).next_back()
            && other.task.is_none()
            && other.end == start
        {
            start = *before;
        }
        if self.0.get(&end).is_some_and(|other| other.task.is_none())
            && let Some(other) = self.0.remove(&end)
        {
            end = other.end;
        }
        self.0.insert(start, Piece { end, task: None });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::FutureExt as _;
    use proptest::prelude::*;

    use super::*;
    use crate::engine::originals::PIECE;

    const TOTAL: u64 = 3_000_000;

    fn task() -> Shareable<()> {
        std::future::pending().boxed().shared()
    }

    #[test]
    fn what_nobody_waits_for_any_more_is_free_again() {
        let mut flights = Flights::default();
        let piece = 0..64 * 1024;
        let task = task();
        flights.begun(&piece, &task);
        assert!(
            matches!(flights.next(9, PIECE, TOTAL), Next::UnderWay(range, _) if range == piece)
        );
        drop(task);
        assert!(matches!(flights.next(9, PIECE, TOTAL), Next::Free(range) if range == piece));
    }

    proptest! {
        /// In any order and of any size: each byte is asked for once, by rules of Telegram's.
        #[test]
        fn each_byte_is_asked_for_once(
            steps in proptest::collection::vec((0..TOTAL, 0u32..4, any::<bool>()), 1..200),
            missing in proptest::collection::btree_set(0u64..TOTAL / ALIGN, 0..8),
        ) {
            let missing: Vec<u64> = missing.into_iter().map(|at| at * ALIGN).collect();
            let missing: Vec<Range<u64>> = missing.chunks_exact(2).map(|c| c[0]..c[1]).collect();
            let is_here = |at: u64| !missing.iter().any(|gap| gap.contains(&at));
            let mut flights = Flights::default();
            flights.found(&missing, TOTAL);
            let (mut asked, mut tasks): (Vec<Range<u64>>, Vec<_>) = (Vec::new(), Vec::new());
            for (at, size, ends) in steps {
                match flights.next(at, PIECE >> size, TOTAL) {
                    Next::Here(end) => {
                        let was_asked = asked.iter().any(|piece| piece.contains(&at));
                        prop_assert!(end > at && (is_here(at) || was_asked));
                    }
                    Next::UnderWay(piece, _) => {
                        prop_assert!(piece.contains(&at) && asked.contains(&piece));
                    }
                    Next::Free(piece) => {
                        prop_assert!(piece.contains(&at) && !is_here(at));
                        prop_assert_eq!(piece.start % ALIGN, 0);
                        prop_assert_eq!(piece.start / PIECE, (piece.end - 1) / PIECE);
                        prop_assert!(piece.end - piece.start <= PIECE >> size);
                        let twice = |other: &Range<u64>| {
                            other.start < piece.end && piece.start < other.end
                        };
                        prop_assert!(!asked.iter().any(twice), "{:?} again", piece);
                        let task = task();
                        flights.begun(&piece, &task);
                        if ends {
                            flights.ended(&piece, true);
                        } else {
                            tasks.push(task);
                        }
                        asked.push(piece);
                    }
                }
            }
        }
    }
}
