//! Which page of an album's history to ask for next, when several may be asked at once. Pure.
//!
//! Messages of a channel are numbered 1, 2, 3 …, with holes where some were deleted. A page is
//! "the hundred newest below this id". Pages are asked for in blocks of a hundred ids from the
//! newest down; a page that reaches further than its block (holes) covers more, one that reaches
//! less far leaves a rest that is asked for again.

use std::collections::{BTreeMap, BTreeSet};

/// Messages a page.
pub(crate) const PAGE: u8 = 100;

const BLOCK: i32 = PAGE as i32;

/// A history on its way.
#[derive(Debug)]
pub(crate) struct Scan {
    /// Ids that no page has covered: start → end, half open, disjoint.
    uncovered: BTreeMap<i32, i32>,
    in_flight: BTreeSet<i32>,
}

impl Scan {
    /// Begins after the newest page, which showed these ids.
    pub(crate) fn below(newest: impl IntoIterator<Item = i32>) -> Self {
        let lowest = newest.into_iter().min().unwrap_or(1);
        let uncovered = if lowest > 1 { BTreeMap::from([(1, lowest)]) } else { BTreeMap::new() };
        Self { uncovered, in_flight: BTreeSet::new() }
    }

    /// The next page to ask for: messages with ids below the returned one.
    pub(crate) fn next(&mut self) -> Option<i32> {
        for (&start, &end) in self.uncovered.iter().rev() {
            let mut before = end;
            while before > start {
                let ahead = before..before.saturating_add(BLOCK);
                let Some(&other) = self.in_flight.range(ahead).next() else {
                    self.in_flight.insert(before);
                    return Some(before);
                };
                // That request will cover these.
                before = other - BLOCK;
            }
        }
        None
    }

    /// The page below `before` has come and showed these ids.
    pub(crate) fn done(&mut self, before: i32, ids: impl IntoIterator<Item = i32>) {
        self.in_flight.remove(&before);
        // A page with nothing below its offset: there is nothing below.
        let lowest = ids.into_iter().filter(|id| (1..before).contains(id)).min().unwrap_or(1);
        self.cover(lowest, before);
    }

    fn cover(&mut self, from: i32, to: i32) {
        let touched: Vec<(i32, i32)> = self
            .uncovered
            .range(..to)
            .rev()
            .take_while(|(_, end)| **end > from)
            .map(|(start, end)| (*start, *end))
            .collect();
        for (start, end) in touched {
            self.uncovered.remove(&start);
            if start < from {
                self.uncovered.insert(start, from);
            }
            if to < end {
                self.uncovered.insert(to, end);
            }
        }
    }

    #[cfg(test)]
    fn is_complete(&self) -> bool {
        self.uncovered.is_empty() && self.in_flight.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Any channel, any order of answers: every message is seen, in about as many requests as
        /// it has hundreds of ids.
        #[test]
        fn every_message_is_seen(
            top in 1i32..3000,
            keep in 1u32..100,
            seed in any::<u64>(),
            parallel in 1usize..6,
        ) {
            let mut random = seed | 1;
            let mut roll = move |n: u64| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                random % n
            };
            let all: BTreeSet<i32> =
                (1..=top).filter(|_| roll(100) < u64::from(keep)).collect();
            let page = |before: i32| -> Vec<i32> {
                all.range(..before).rev().take(usize::from(PAGE)).copied().collect()
            };
            let first = page(i32::MAX);
            let mut seen: BTreeSet<i32> = first.iter().copied().collect();
            let mut scan = Scan::below(first);
            let (mut asked, mut requests) = (Vec::new(), 0);
            loop {
                while asked.len() < parallel {
                    let Some(before) = scan.next() else { break };
                    asked.push(before);
                    requests += 1;
                }
                if asked.is_empty() {
                    break;
                }
                let index = usize::try_from(roll(asked.len() as u64)).unwrap();
                let before = asked.swap_remove(index);
                let ids = page(before);
                seen.extend(ids.iter().copied());
                scan.done(before, ids);
            }
            prop_assert!(scan.is_complete());
            prop_assert_eq!(seen, all);
            prop_assert!(requests <= top / BLOCK + 2, "{} requests for {} ids", requests, top);
        }
    }
}
