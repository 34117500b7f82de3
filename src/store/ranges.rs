//! Which bytes of a file are here: a sorted list of ranges that do not touch. Pure.

use std::ops::Range;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ranges(Vec<Range<u64>>);

impl Ranges {
    /// From a record; `None` unless sorted, apart from each other and within `total`.
    pub(super) fn from_record(pairs: &[(u64, u64)], total: u64) -> Option<Self> {
        let mut end = None;
        for &(from, to) in pairs {
            if from >= to || to > total || end.is_some_and(|end| from <= end) {
                return None;
            }
            end = Some(to);
        }
        Some(Self(pairs.iter().map(|&(from, to)| from..to).collect()))
    }

    pub(super) fn to_record(&self) -> Vec<(u64, u64)> {
        self.0.iter().map(|range| (range.start, range.end)).collect()
    }

    /// Adds a range; what overlaps or touches becomes one.
    pub(super) fn insert(&mut self, new: Range<u64>) {
        if new.is_empty() {
            return;
        }
        let first = self.0.partition_point(|range| range.end < new.start);
        let last = self.0.partition_point(|range| range.start <= new.end);
        let joined = self.0.get(first..last).unwrap_or_default().iter();
        let joined = joined.fold(new, |a, b| a.start.min(b.start)..a.end.max(b.end));
        self.0.splice(first..last, [joined]);
    }

    /// What is missing up to `total`, in order.
    pub(super) fn missing(&self, total: u64) -> Vec<Range<u64>> {
        let starts = std::iter::once(0).chain(self.0.iter().map(|range| range.end));
        let ends = self.0.iter().map(|range| range.start).chain(std::iter::once(total));
        starts.zip(ends).map(|(start, end)| start..end).filter(|gap| !gap.is_empty()).collect()
    }

    /// Whether every byte of `range` is here.
    pub(super) fn holds(&self, range: &Range<u64>) -> bool {
        let next = self.0.partition_point(|own| own.end <= range.start);
        let own = self.0.get(next);
        range.is_empty() || own.is_some_and(|own| own.start <= range.start && range.end <= own.end)
    }

    /// How many bytes from 0 on are here without a gap.
    pub(super) fn prefix(&self) -> u64 {
        self.0.first().filter(|range| range.start == 0).map_or(0, |range| range.end)
    }

    /// Where the last range ends.
    pub(super) fn end(&self) -> u64 {
        self.0.last().map_or(0, |range| range.end)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const TOTAL: u64 = 64;

    proptest! {
        #[test]
        fn they_are_a_set_of_bytes(added in proptest::collection::vec((0..TOTAL, 0..12_u64), 0..20)) {
            let (mut ranges, mut model) = (Ranges::default(), BTreeSet::new());
            for (from, length) in added {
                let range = from..(from + length).min(TOTAL);
                model.extend(range.clone());
                ranges.insert(range);
            }
            let missing: Vec<u64> = ranges.missing(TOTAL).into_iter().flatten().collect();
            prop_assert_eq!(missing, (0..TOTAL).filter(|at| !model.contains(at)).collect::<Vec<_>>());
            let prefix = (0..TOTAL).find(|at| !model.contains(at)).unwrap_or(TOTAL);
            prop_assert_eq!(ranges.prefix(), prefix);
            for (from, to) in [(0, 1), (0, prefix), (prefix, prefix + 1), (7, 20), (60, TOTAL), (9, 9)] {
                let all = (from..to).all(|at| model.contains(&at));
                prop_assert_eq!(ranges.holds(&(from..to)), all, "{}..{}", from, to);
            }
            prop_assert_eq!(ranges.end(), model.last().map_or(0, |last| last + 1));
            prop_assert_eq!(Ranges::from_record(&ranges.to_record(), TOTAL), Some(ranges));
        }
    }

    #[test]
    fn nonsense_is_no_record() {
        for pairs in [&[(0, 65)][..], &[(3, 3)], &[(5, 4)], &[(0, 4), (4, 8)], &[(4, 8), (0, 2)]] {
            assert_eq!(Ranges::from_record(pairs, TOTAL), None, "{pairs:?}");
        }
    }
}
