//! Places in the queue: numbers with gaps, so that a file is moved by writing down one entry. Pure.

use std::collections::BTreeSet;

use crate::model::UploadId;

/// From one new file's place to the next.
pub(super) const GAP: u64 = 1 << 16;

/// The places that files get so that `moved` stands right before the place `before`, or last.
///
/// `waiting`: the files that may be moved, with their places, `moved` among them. `taken`: the
/// places of all other files. Where there is no gap left, all that wait get new ones from `next`
/// on, in their order.
pub(super) fn before(
    moved: UploadId,
    before: Option<u64>,
    mut waiting: Vec<(u64, UploadId)>,
    taken: &BTreeSet<u64>,
    next: u64,
) -> Vec<(UploadId, u64)> {
    let Some(before) = before else { return vec![(moved, next)] };
    let after = taken.range(..before).next_back();
    // Places begin at 0: the first of all may have one before it.
    let low = after.map_or(0, |after| after + 1);
    if low < before {
        return vec![(moved, low + (before - low) / 2)];
    }
    waiting.sort_unstable();
    let (mut earlier, later): (Vec<_>, Vec<_>) =
        waiting.into_iter().filter(|(_, id)| *id != moved).partition(|(order, _)| *order < before);
    earlier.push((before, moved));
    let all = earlier.into_iter().chain(later).map(|(_, id)| id);
    all.zip((0..).map(|n| next + n * GAP)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However files are moved, the order is that of a list in which they are moved, no two
        /// share a place, and files that may not be moved keep theirs.
        #[test]
        fn the_order_is_that_of_a_list(
            first in prop::sample::select(vec![1, 2, GAP]),
            moves in prop::collection::vec((0_usize..8, 0_usize..9), 0..60),
        ) {
            let mut places: BTreeMap<UploadId, u64> =
                (0_i64..8).map(|n| (UploadId(n), n.unsigned_abs() * first)).collect();
            let mut next = 8 * first;
            let mut list: Vec<UploadId> = (2..8).map(UploadId).collect();
            let fixed_ids = [UploadId(0), UploadId(1)];
            let fixed_places: Vec<u64> = fixed_ids.iter().map(|id| places[id]).collect();
            for (from, to) in moves {
                let moved = list[from % list.len()];
                let target = list.get(to % (list.len() + 1)).copied().filter(|to| *to != moved);
                if target.is_none() && to % (list.len() + 1) < list.len() {
                    continue;
                }
                let waiting = list.iter().map(|id| (places[id], *id)).collect();
                let taken: BTreeSet<u64> =
                    places.iter().filter(|(id, _)| **id != moved).map(|(_, at)| *at).collect();
                let target_place = target.map(|to| places[&to]);
                for (id, at) in before(moved, target_place, waiting, &taken, next) {
                    places.insert(id, at);
                    next = next.max(at + GAP);
                }
                list.retain(|id| *id != moved);
                let at = target.map_or(list.len(), |to| list.iter().position(|id| *id == to).unwrap());
                list.insert(at, moved);
                let mut sorted = list.clone();
                sorted.sort_by_key(|id| places[id]);
                prop_assert_eq!(&sorted, &list);
                let distinct: BTreeSet<u64> = places.values().copied().collect();
                prop_assert_eq!(distinct.len(), places.len());
                let now: Vec<u64> = fixed_ids.iter().map(|id| places[id]).collect();
                prop_assert_eq!(&now, &fixed_places);
            }
        }
    }
}
