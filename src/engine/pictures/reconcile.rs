//! What to begin and what to give up, given what is wanted and what is in flight. Pure.

use std::collections::{HashMap, HashSet};

use crate::engine::Want;
use crate::model::{PhotoId, PixelSize, Rendition};

/// A photo in a rendition.
pub(crate) type Key = (PhotoId, Rendition);

/// What a job spends most: each kind has its own slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lane {
    /// Reading the store and decoding.
    Local,
    /// A small download.
    Small,
    /// A whole original.
    Whole,
}

/// How far a whole original is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Far {
    /// There is more of it to ask for.
    Begun,
    /// All of it is asked for: what is begun now comes behind it.
    AskedFor,
    /// So little is left that giving it up would be a waste.
    NearlyHere,
}

/// A job that has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InFlight {
    pub(crate) fit: PixelSize,
    pub(crate) lane: Lane,
    /// Of whole originals; others are as they begin.
    pub(crate) far: Far,
}

/// What can tell how its job stands.
pub(crate) trait Flying {
    fn in_flight(&self) -> InFlight;
}

impl Flying for InFlight {
    fn in_flight(&self) -> InFlight {
        *self
    }
}

/// What is known about a picture that has no job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// It was delivered at this fit; `all`: more pixels cannot be had.
    Delivered { fit: PixelSize, all: bool },
    /// It is not here and needs this lane.
    Missed(Lane),
    /// It could not be had. Waits for Retry, or, if `offline`, for the line.
    Failed { offline: bool },
}

/// How many jobs of each kind may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slots {
    pub(crate) local: usize,
    pub(crate) small: usize,
    pub(crate) whole: usize,
}

/// What to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) cancel: Vec<Key>,
    pub(crate) begin: Vec<(Want, Lane)>,
}

/// Compares wishes and work. Most wanted first; a slot that is free goes to the first want that
/// can use it, so that a long download in front does not keep what lies on the disk waiting. The
/// originals do not share the line: the most wanted one has it, and the next begins when all of
/// that one is asked for.
///
/// `wanted` is what `wants` name.
pub(crate) fn reconcile<J: Flying>(
    in_flight: &HashMap<Key, J>,
    settled: &HashMap<Key, Settled>,
    wants: &[Want],
    wanted: &HashSet<Key>,
    slots: Slots,
) -> Plan {
    let first = first_original(in_flight, settled, wants);
    let mut plan = Plan::default();
    // What is cancelled frees its slot at once: its task is aborted before others begin.
    let (mut busy, mut going) = (Slots { local: 0, small: 0, whole: 0 }, Vec::new());
    for (key, job) in in_flight {
        let job = job.in_flight();
        if !goes_on(*key, job, wanted.contains(key), first) {
            plan.cancel.push(*key);
            continue;
        }
        match job.lane {
            Lane::Local => busy.local += 1,
            Lane::Small => busy.small += 1,
            Lane::Whole => going.push((key.0, job.far)),
        }
    }
    let mut begun = HashSet::new();
    for want in wants {
        let key = (want.photo, want.rendition);
        if in_flight.contains_key(&key) || begun.contains(&key) {
            continue;
        }
        let Some(lane) = lane_of(settled.get(&key), want.fit) else { continue };
        let is_free = match lane {
            Lane::Local => busy.local < slots.local,
            Lane::Small => busy.small < slots.small,
            Lane::Whole => first == Some(want.photo) || has_line(&going, want.photo, slots.whole),
        };
        if is_free {
            match lane {
                Lane::Local => busy.local += 1,
                Lane::Small => busy.small += 1,
                Lane::Whole => going.push((want.photo, Far::Begun)),
            }
            begun.insert(key);
            plan.begin.push((*want, lane));
        }
    }
    plan
}

/// Which lane a want needs, if anything is to be done for it.
fn lane_of(settled: Option<&Settled>, fit: PixelSize) -> Option<Lane> {
    match settled {
        None => Some(Lane::Local),
        Some(Settled::Missed(lane)) => Some(*lane),
        Some(Settled::Delivered { fit: have, all }) => {
            (!all && is_bigger(fit, *have)).then_some(Lane::Local)
        }
        Some(Settled::Failed { .. }) => None,
    }
}

/// The photo that is looked at by itself, if its original has to come and more of it is to be
/// asked for.
fn first_original<J: Flying>(
    in_flight: &HashMap<Key, J>,
    settled: &HashMap<Key, Settled>,
    wants: &[Want],
) -> Option<PhotoId> {
    let first = wants.iter().find(|want| want.rendition >= Rendition::Screen)?;
    let key = (first.photo, first.rendition);
    let needs_line = match in_flight.get(&key).map(Flying::in_flight) {
        Some(job) => job.lane == Lane::Whole && job.far == Far::Begun,
        None => settled.get(&key) == Some(&Settled::Missed(Lane::Whole)),
    };
    needs_line.then_some(first.photo)
}

/// Whether a job is not given up. `first`: the photo that needs the line for itself.
fn goes_on(key: Key, job: InFlight, is_wanted: bool, first: Option<PhotoId>) -> bool {
    match job.lane {
        // Its request is on the wire, and asking again for what was scrolled past would cost
        // Telegram and us another one.
        Lane::Small => true,
        Lane::Local => is_wanted,
        Lane::Whole => {
            // What of it is asked for may still be queued.
            let is_in_the_way = first.is_some_and(|first| first != key.0);
            job.far == Far::NearlyHere || is_wanted && !is_in_the_way
        }
    }
}

/// Whether an original may begin beside those that are under way.
fn has_line(going: &[(PhotoId, Far)], photo: PhotoId, slots: usize) -> bool {
    let mut others: Vec<PhotoId> = Vec::new();
    for (other, far) in going.iter().filter(|(other, _)| *other != photo) {
        if *far == Far::Begun {
            return false;
        }
        if !others.contains(other) {
            others.push(*other);
        }
    }
    others.len() < slots
}

/// Whether `want` needs noticeably more pixels than `have`; a resize by a hair does not.
fn is_bigger(want: PixelSize, have: PixelSize) -> bool {
    let over = |want: u32, have: u32| u64::from(want) * 8 > u64::from(have) * 9;
    over(want.width, have.width) || over(want.height, have.height)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{AlbumId, MessageId};

    fn key(n: i32) -> Key {
        let photo = PhotoId { album: AlbumId(1), message: MessageId(n / 2) };
        (photo, if n % 2 == 0 { Rendition::Thumbnail } else { Rendition::Screen })
    }

    fn want(n: i32, side: u32) -> Want {
        let (photo, rendition) = key(n);
        Want { photo, rendition, fit: PixelSize::new(side, side) }
    }

    fn lane() -> impl Strategy<Value = Lane> {
        prop_oneof![Just(Lane::Local), Just(Lane::Small), Just(Lane::Whole)]
    }

    fn far() -> impl Strategy<Value = Far> {
        prop_oneof![Just(Far::Begun), Just(Far::AskedFor), Just(Far::NearlyHere)]
    }

    fn settled() -> impl Strategy<Value = Settled> {
        prop_oneof![
            (1u32..900, any::<bool>())
                .prop_map(|(s, all)| Settled::Delivered { fit: PixelSize::new(s, s), all }),
            lane().prop_map(Settled::Missed),
            any::<bool>().prop_map(|offline| Settled::Failed { offline }),
        ]
    }

    #[test]
    fn the_photo_that_is_looked_at_has_the_line() {
        let fit = PixelSize::new(900, 900);
        let screen = |n| (PhotoId { album: AlbumId(1), message: MessageId(n) }, Rendition::Screen);
        let wants: Vec<Want> = [2, 3, 1]
            .map(|n| Want { photo: screen(n).0, rendition: Rendition::Screen, fit })
            .to_vec();
        let wanted: HashSet<Key> = [1, 2, 3].map(screen).into();
        let slots = Slots { local: 9, small: 9, whole: 3 };
        let missed = Settled::Missed(Lane::Whole);
        let plan = |flying: &[(i32, Far)]| {
            let job = |far| InFlight { fit, lane: Lane::Whole, far };
            let flying: HashMap<Key, InFlight> =
                flying.iter().map(|(n, far)| (screen(*n), job(*far))).collect();
            let left = [1, 2, 3].map(screen).into_iter().filter(|key| !flying.contains_key(key));
            let settled = left.map(|key| (key, missed)).collect();
            let plan = reconcile(&flying, &settled, &wants, &wanted, slots);
            let number = |photo: PhotoId| photo.message.0;
            let mut cancel: Vec<i32> = plan.cancel.iter().map(|key| number(key.0)).collect();
            cancel.sort_unstable();
            let begin: Vec<i32> = plan.begin.iter().map(|(w, _)| number(w.photo)).collect();
            (cancel, begin)
        };
        assert_eq!(plan(&[]), (vec![], vec![2]), "it alone, until all of it is asked for");
        assert_eq!(plan(&[(2, Far::Begun)]), (vec![], vec![]));
        assert_eq!(plan(&[(2, Far::AskedFor)]), (vec![], vec![3]), "then the next");
        assert_eq!(plan(&[(2, Far::AskedFor), (3, Far::AskedFor)]), (vec![], vec![1]));
        // Gone on to: neighbours that were begun are given up, but for what is nearly here.
        assert_eq!(plan(&[(1, Far::Begun), (3, Far::AskedFor)]), (vec![1, 3], vec![2]));
        assert_eq!(plan(&[(1, Far::NearlyHere)]), (vec![], vec![2]));
        assert_eq!(plan(&[(2, Far::Begun), (3, Far::Begun)]), (vec![3], vec![]));
        let others = [1, 3, 7].map(|n| (n, Far::NearlyHere));
        assert_eq!(plan(&others), (vec![], vec![2]), "there is always room for it");
        // What nobody wants any more and is nearly here ends as it is.
        assert_eq!(plan(&[(7, Far::NearlyHere), (8, Far::AskedFor)]), (vec![8], vec![2]));
    }

    proptest! {
        #[test]
        fn a_plan_keeps_its_promises(
            jobs in proptest::collection::hash_map(0i32..30, (lane(), far()), 0..12),
            known in proptest::collection::hash_map(0i32..30, settled(), 0..20),
            wants in proptest::collection::vec((0i32..30, 1u32..900), 0..30),
            limits in (0usize..4, 0usize..4, 0usize..4),
        ) {
            let fit = PixelSize::new(9, 9);
            let in_flight: HashMap<Key, InFlight> =
                jobs.iter().map(|(n, (lane, far))| (key(*n), InFlight { fit, lane: *lane, far: *far })).collect();
            let settled: HashMap<Key, Settled> = known
                .iter()
                .filter(|(n, _)| !jobs.contains_key(n))
                .map(|(n, s)| (key(*n), *s))
                .collect();
            let wants: Vec<Want> = wants.into_iter().map(|(n, side)| want(n, side)).collect();
            let wanted: HashSet<Key> = wants.iter().map(|w| (w.photo, w.rendition)).collect();
            let slots = Slots { local: limits.0, small: limits.1, whole: limits.2 };
            let plan = reconcile(&in_flight, &settled, &wants, &wanted, slots);

            // What nobody wants is cancelled, but for what is nearly here; and what is in the way.
            let cancelled: HashSet<Key> = plan.cancel.iter().copied().collect();
            let single = wants.iter().find(|want| want.rendition >= Rendition::Screen);
            for (key, job) in &in_flight {
                let nearly = job.lane == Lane::Small
                    || job.lane == Lane::Whole && job.far == Far::NearlyHere;
                let may_stay = nearly || wanted.contains(key);
                prop_assert!(may_stay || cancelled.contains(key));
                if cancelled.contains(key) && may_stay {
                    prop_assert!(job.lane == Lane::Whole && !nearly);
                    prop_assert!(single.is_some_and(|first| first.photo != key.0));
                }
            }
            // Nothing runs twice, nothing that failed or is there runs.
            let mut begun = HashSet::new();
            for (want, _) in &plan.begin {
                let key = (want.photo, want.rendition);
                prop_assert!(wanted.contains(&key) && !in_flight.contains_key(&key));
                prop_assert!(begun.insert(key));
                let failed = matches!(settled.get(&key), Some(Settled::Failed { .. }));
                let all = matches!(settled.get(&key), Some(Settled::Delivered { all: true, .. }));
                prop_assert!(!failed && !all);
            }
            // Each kind keeps to its slots, counting what goes on.
            let on = || in_flight.iter().filter(|(key, _)| !cancelled.contains(key));
            for (lane, limit) in [(Lane::Local, slots.local), (Lane::Small, slots.small)] {
                let on = on().filter(|(_, j)| j.lane == lane).count();
                let new = plan.begin.iter().filter(|(_, l)| *l == lane).count();
                prop_assert!(new == 0 || on + new <= limit);
            }
            let whole = |lane: Lane| lane == Lane::Whole;
            let new: HashSet<PhotoId> =
                plan.begin.iter().filter(|(_, l)| whole(*l)).map(|(want, _)| want.photo).collect();
            let on: HashSet<_> = on().filter(|(_, j)| whole(j.lane)).map(|(k, j)| (k.0, j.far)).collect();
            for photo in &new {
                let others: HashSet<PhotoId> =
                    on.iter().map(|(other, _)| *other).filter(|other| other != photo).collect();
                let is_first = single.is_some_and(|first| first.photo == *photo);
                prop_assert!(is_first || others.len() < slots.whole);
                let alone = |(other, far): &(PhotoId, Far)| other == photo || *far > Far::Begun;
                prop_assert!(on.iter().all(alone), "the line is not shared");
            }
            prop_assert!(new.len() <= 1, "one after the other");
            // A slot is left free only when no want could use it.
            let plan_again = {
                let mut in_flight = in_flight.clone();
                in_flight.retain(|key, _| !cancelled.contains(key));
                for (want, lane) in &plan.begin {
                    in_flight.insert(
                        (want.photo, want.rendition),
                        InFlight { fit: want.fit, lane: *lane, far: Far::Begun },
                    );
                }
                reconcile(&in_flight, &settled, &wants, &wanted, slots)
            };
            prop_assert_eq!(plan_again.cancel, vec![]);
            // But for what had to make way: it is looked for on the disk again.
            for (want, lane) in &plan_again.begin {
                let made_way = cancelled.contains(&(want.photo, want.rendition));
                prop_assert!(made_way && *lane == Lane::Local, "{:?} in {:?}", want, lane);
            }
        }
    }
}
