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

impl AsRef<Self> for InFlight {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// A job that has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InFlight {
    pub(crate) fit: PixelSize,
    pub(crate) lane: Lane,
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
/// can use it, so that a long download in front does not keep what lies on the disk waiting.
///
/// `wanted` is what `wants` name.
pub(crate) fn reconcile<J: AsRef<InFlight>>(
    in_flight: &HashMap<Key, J>,
    settled: &HashMap<Key, Settled>,
    wants: &[Want],
    wanted: &HashSet<Key>,
    slots: Slots,
) -> Plan {
    // What is cancelled frees its slot at once: its task is aborted before others begin. A small
    // download goes on: its request is on the wire, and asking again for what was scrolled past
    // would cost Telegram and us another one.
    let goes_on = |key: &Key, job: &InFlight| wanted.contains(key) || job.lane == Lane::Small;
    let mut plan = Plan {
        cancel: in_flight
            .iter()
            .filter(|(key, job)| !goes_on(key, job.as_ref()))
            .map(|(key, _)| *key)
            .collect(),
        begin: Vec::new(),
    };
    let busy = |lane| {
        let jobs = in_flight.iter().map(|(key, job)| (key, job.as_ref()));
        jobs.filter(|(key, job)| goes_on(key, job) && job.lane == lane).count()
    };
    let mut free = Slots {
        local: slots.local.saturating_sub(busy(Lane::Local)),
        small: slots.small.saturating_sub(busy(Lane::Small)),
        whole: slots.whole.saturating_sub(busy(Lane::Whole)),
    };
    let mut begun = HashSet::new();
    for want in wants {
        if free == (Slots { local: 0, small: 0, whole: 0 }) {
            break;
        }
        let key = (want.photo, want.rendition);
        if in_flight.contains_key(&key) || begun.contains(&key) {
            continue;
        }
        let lane = match settled.get(&key) {
            None => Lane::Local,
            Some(Settled::Missed(lane)) => *lane,
            Some(Settled::Delivered { fit, all }) => {
                if *all || !is_bigger(want.fit, *fit) {
                    continue;
                }
                Lane::Local
            }
            Some(Settled::Failed { .. }) => continue,
        };
        let slot = match lane {
            Lane::Local => &mut free.local,
            Lane::Small => &mut free.small,
            Lane::Whole => &mut free.whole,
        };
        if *slot > 0 {
            *slot -= 1;
            begun.insert(key);
            plan.begin.push((*want, lane));
        }
    }
    plan
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

    fn settled() -> impl Strategy<Value = Settled> {
        prop_oneof![
            (1u32..900, any::<bool>())
                .prop_map(|(s, all)| Settled::Delivered { fit: PixelSize::new(s, s), all }),
            lane().prop_map(Settled::Missed),
            any::<bool>().prop_map(|offline| Settled::Failed { offline }),
        ]
    }

    proptest! {
        #[test]
        fn a_plan_keeps_its_promises(
            jobs in proptest::collection::hash_map(0i32..30, lane(), 0..12),
            known in proptest::collection::hash_map(0i32..30, settled(), 0..20),
            wants in proptest::collection::vec((0i32..30, 1u32..900), 0..30),
            limits in (0usize..4, 0usize..4, 0usize..4),
        ) {
            let fit = PixelSize::new(9, 9);
            let in_flight: HashMap<Key, InFlight> =
                jobs.iter().map(|(n, lane)| (key(*n), InFlight { fit, lane: *lane })).collect();
            let settled: HashMap<Key, Settled> = known
                .iter()
                .filter(|(n, _)| !jobs.contains_key(n))
                .map(|(n, s)| (key(*n), *s))
                .collect();
            let wants: Vec<Want> = wants.into_iter().map(|(n, side)| want(n, side)).collect();
            let wanted: HashSet<Key> = wants.iter().map(|w| (w.photo, w.rendition)).collect();
            let slots = Slots { local: limits.0, small: limits.1, whole: limits.2 };
            let plan = reconcile(&in_flight, &settled, &wants, &wanted, slots);

            // Exactly what nobody wants is cancelled, but for what is nearly here.
            let goes_on =
                |key: &Key, job: &InFlight| wanted.contains(key) || job.lane == Lane::Small;
            let cancelled: HashSet<Key> = plan.cancel.iter().copied().collect();
            for (key, job) in &in_flight {
                prop_assert_eq!(cancelled.contains(key), !goes_on(key, job));
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
            for (lane, limit) in
                [(Lane::Local, slots.local), (Lane::Small, slots.small), (Lane::Whole, slots.whole)]
            {
                let on = in_flight.iter().filter(|(k, j)| goes_on(k, j) && j.lane == lane);
                let new = plan.begin.iter().filter(|(_, l)| *l == lane).count();
                prop_assert!(new == 0 || on.count() + new <= limit);
            }
            // A slot is left free only when no want could use it.
            let plan_again = {
                let mut in_flight = in_flight.clone();
                in_flight.retain(|key, job| goes_on(key, job));
                for (want, lane) in &plan.begin {
                    in_flight.insert(
                        (want.photo, want.rendition),
                        InFlight { fit: want.fit, lane: *lane },
                    );
                }
                reconcile(&in_flight, &settled, &wants, &wanted, slots)
            };
            prop_assert_eq!(plan_again, Plan::default());
        }
    }
}
