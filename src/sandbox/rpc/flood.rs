//! The faults that make a client wait: `FLOOD_WAIT_n` and `FLOOD_PREMIUM_WAIT_n`.
//! While a wait lasts every call of that method by that user is refused with what is left of it. Any thread.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::RpcError;
use crate::sandbox::held::lock;
use crate::sandbox::{Faults, FloodRule};

/// Users and methods remembered at once.
const MOST: usize = 65_536;

#[derive(Debug, Default)]
pub(crate) struct FloodGate(Mutex<HashMap<(i64, String, bool), Count>>);

#[derive(Debug, Default)]
struct Count {
    since: u64,
    until: Option<Instant>,
}

impl FloodGate {
    pub(crate) fn reset(&self) {
        lock(&self.0).clear();
    }

    /// Lets a call pass, or refuses it with its wait.
    pub(crate) fn admit(&self, faults: &Faults, who: i64, method: &str) -> Result<(), RpcError> {
        let plain = faults.flood.iter().map(|rule| (rule, false));
        let premium = faults.premium_wait.iter().map(|rule| (rule, true));
        for (rule, is_premium) in plain.chain(premium).filter(|(rule, _)| rule.method == method) {
            if let Some(seconds) = self.wait(rule, who, is_premium, Instant::now()) {
                let name = if is_premium { "FLOOD_PREMIUM_WAIT" } else { "FLOOD_WAIT" };
                return Err(RpcError::named(420, format!("{name}_{seconds}")));
            }
        }
        Ok(())
    }

    /// Seconds left to wait. The first call after a wait passes, so that `every` of 1 is a wait before each.
    fn wait(&self, rule: &FloodRule, who: i64, premium: bool, now: Instant) -> Option<u64> {
        let mut counts = lock(&self.0);
        if counts.len() >= MOST {
            counts.clear();
        }
        let count = counts.entry((who, rule.method.clone(), premium)).or_default();
        if let Some(until) = count.until {
            let left = until.saturating_duration_since(now);
            if !left.is_zero() {
                return Some(left.as_secs() + u64::from(left.subsec_nanos() > 0));
            }
            *count = Count { since: 0, until: None };
            return None;
        }
        count.since += 1;
        if count.since < rule.every {
            return None;
        }
        count.until = Some(now + Duration::from_secs(rule.seconds.into()));
        Some(rule.seconds.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_nth_call_starts_a_wait_that_refuses_all() {
        let gate = FloodGate::default();
        let rule = FloodRule { method: "a.b".into(), every: 3, seconds: 5 };
        let start = Instant::now();
        let at = |millis| gate.wait(&rule, 1, false, start + Duration::from_millis(millis));
        assert_eq!([at(0), at(1), at(2)], [None, None, Some(5)]);
        assert_eq!([at(3), at(4_500)], [Some(5), Some(1)]);
        assert_eq!([at(5_002), at(5_003), at(5_004), at(5_005)], [None, None, None, Some(5)]);
        assert_eq!(
            gate.wait(&rule, 2, false, start),
            None,
            "another user's calls are counted for themselves"
        );
        let faults = Faults { flood: vec![FloodRule { every: 1, ..rule }], ..Faults::default() };
        assert_eq!(gate.admit(&faults, 9, "a.b").unwrap_err().name, "FLOOD_WAIT_5");
        assert!(gate.admit(&faults, 9, "a.c").is_ok());
    }
}
