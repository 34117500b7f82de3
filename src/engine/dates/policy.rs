//! Whether heads may be read now, and how many at once. Pure but for the count of what was read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::engine::runtime::lock;
use crate::pixels::HEAD_BYTES;
use crate::platform::network::Metered;

/// Photos read at once: enough to come along on a long line, few enough not to be felt.
const AT_ONCE: usize = 3;
/// What one photo may take: its head and one range more.
pub(crate) const MOST_OF_ONE: u64 = 2 * HEAD_BYTES;
/// What the cap is for.
const DAY: Duration = Duration::from_hours(24);

/// What the decision depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Circumstances {
    pub(crate) is_online: bool,
    pub(crate) metered: Metered,
    /// Telegram has asked to wait.
    pub(crate) is_resting: bool,
    /// Something is under way, or was a moment ago, that somebody waits for.
    pub(crate) is_busy: bool,
    /// What may still be read today.
    pub(crate) left_bytes: u64,
    /// Photos being read.
    pub(crate) under_way: usize,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Begin so many.
    Read(usize),
    Offline,
    Metered,
    /// Break off what is under way, too.
    Resting,
    /// Enough for today.
    Spent,
    Busy,
}

pub(crate) fn judge(now: &Circumstances) -> Verdict {
    // What is under way may still take all that it may take.
    let claimed = MOST_OF_ONE.saturating_mul(now.under_way as u64);
    let affordable = now.left_bytes.saturating_sub(claimed) / MOST_OF_ONE;
    match now {
        _ if now.is_resting => Verdict::Resting,
        _ if !now.is_online => Verdict::Offline,
        // Where nobody knows, the line is taken for an ordinary one.
        _ if now.metered == Metered::Yes => Verdict::Metered,
        _ if now.is_busy => Verdict::Busy,
        _ if affordable == 0 && now.under_way == 0 => Verdict::Spent,
        _ => {
            let free = AT_ONCE.saturating_sub(now.under_way);
            Verdict::Read(free.min(usize::try_from(affordable).unwrap_or(free)))
        }
    }
}

/// What may be read on a day. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Budget {
    cap: u64,
    spent: Arc<AtomicU64>,
    since: Arc<Mutex<Instant>>,
}

impl Budget {
    pub(crate) fn new(cap: u64, now: Instant) -> Self {
        Self { cap, spent: Arc::default(), since: Arc::new(Mutex::new(now)) }
    }

    /// So many bytes are asked for.
    pub(crate) fn spend(&self, bytes: u64) {
        self.spent.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many of them did not come.
    pub(crate) fn give_back(&self, bytes: u64) {
        let less = |spent: u64| Some(spent.saturating_sub(bytes));
        let _before = self.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// What is left of this day, which begins anew when it is over.
    pub(crate) fn left(&self, now: Instant) -> u64 {
        let mut since = lock(&self.since);
        if now.duration_since(*since) >= DAY {
            *since = now;
            self.spent.store(0, Ordering::Relaxed);
        }
        self.cap.saturating_sub(self.spent.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FREE: Circumstances = Circumstances {
        is_online: true,
        metered: Metered::Unknown,
        is_resting: false,
        is_busy: false,
        left_bytes: u64::MAX,
        under_way: 0,
    };

    #[test]
    fn every_reason_stops_it() {
        assert_eq!(judge(&FREE), Verdict::Read(AT_ONCE));
        assert_eq!(judge(&Circumstances { metered: Metered::No, ..FREE }), Verdict::Read(AT_ONCE));
        for (now, verdict) in [
            (Circumstances { is_online: false, ..FREE }, Verdict::Offline),
            (Circumstances { metered: Metered::Yes, ..FREE }, Verdict::Metered),
            (Circumstances { is_resting: true, is_online: false, ..FREE }, Verdict::Resting),
            (Circumstances { is_busy: true, ..FREE }, Verdict::Busy),
            (Circumstances { left_bytes: MOST_OF_ONE - 1, ..FREE }, Verdict::Spent),
            (Circumstances { under_way: AT_ONCE, ..FREE }, Verdict::Read(0)),
        ] {
            assert_eq!(judge(&now), verdict, "{now:?}");
        }
    }

    #[test]
    fn a_day_begins_anew() {
        let morning = Instant::now();
        let budget = Budget::new(100, morning);
        budget.clone().spend(70);
        budget.spend(70);
        assert_eq!(budget.left(morning + DAY / 2), 0);
        assert_eq!(budget.left(morning + DAY), 100);
    }

    #[test]
    fn what_did_not_come_is_not_spent() {
        let morning = Instant::now();
        let budget = Budget::new(100, morning);
        budget.spend(70);
        budget.give_back(70);
        assert_eq!(budget.left(morning), 100);
        // It was asked for on the day before.
        budget.give_back(70);
        assert_eq!(budget.left(morning), 100);
    }

    proptest! {
        #[test]
        fn the_cap_is_kept_however_much_each_takes(
            cap in 0_u64..3_000_000,
            takes in prop::collection::vec((0..=MOST_OF_ONE, any::<bool>()), 0..60),
        ) {
            let now = Instant::now();
            let budget = Budget::new(cap, now);
            let (mut under_way, mut spent) = (Vec::new(), 0);
            for (take, ends) in takes {
                let left_bytes = budget.left(now);
                let here = Circumstances { left_bytes, under_way: under_way.len(), ..FREE };
                if let Verdict::Read(slots) = judge(&here) {
                    under_way.extend(std::iter::repeat_n(take, slots));
                }
                prop_assert!(under_way.len() <= AT_ONCE);
                if ends && let Some(bytes) = under_way.pop() {
                    budget.spend(bytes);
                    spent += bytes;
                }
            }
            spent += under_way.iter().sum::<u64>();
            prop_assert!(spent <= cap, "{} of {}", spent, cap);
        }
    }
}
