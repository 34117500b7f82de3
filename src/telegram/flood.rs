//! The flood gate: while Telegram asks a method to rest, no call of that method leaves, whichever
//! connection it would take. Knows the waits (they are shown), not the calls. Any thread; needs
//! tokio's clock. <https://core.telegram.org/api/errors#420-flood>

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::chance;
use super::words::Wait;

/// Calls that waited together leave within this time, not in one burst.
const SPREAD: Duration = Duration::from_millis(400);

/// What sends: its waits outlive a restart.
const SENDING: [&str; 3] = ["messages.sendMedia", "upload.saveFilePart", "upload.saveBigFilePart"];
/// A wait that is remembered as longer is a clock's mistake.
const LONGEST: Duration = Duration::from_hours(48);

/// Whether the wait of this method is worth remembering.
pub(super) fn is_of_sending(method: &str) -> bool {
    SENDING.contains(&method)
}

/// One gate for all methods and connections of an account.
#[derive(Debug)]
pub(super) struct FloodGate {
    closed: Mutex<HashMap<&'static str, Closed>>,
    waits: watch::Sender<Vec<Wait>>,
}

#[derive(Clone, Copy, Debug)]
struct Closed {
    until: Instant,
    /// The same moment by the calendar, for people.
    unix: i64,
}

impl FloodGate {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { closed: Mutex::default(), waits: watch::Sender::new(Vec::new()) })
    }

    /// The waits being waited out.
    pub(super) fn waits(&self) -> watch::Receiver<Vec<Wait>> {
        self.waits.subscribe()
    }

    /// Telegram asked `method` to rest for `wait`.
    pub(super) fn close(self: &Arc<Self>, method: &'static str, wait: Duration) {
        let wait = wait.max(Duration::from_secs(1));
        let until = Instant::now() + wait;
        let unix = unix_now().saturating_add(i64::try_from(wait.as_secs()).unwrap_or(i64::MAX));
        {
            let mut closed = self.closed();
            let entry = closed.entry(method).or_insert(Closed { until, unix });
            if entry.until < until {
                *entry = Closed { until, unix };
            }
            self.publish(&closed);
        }
        tracing::info!(method, seconds = wait.as_secs(), "Telegram asks to wait");
        // Reopens by itself, also when nobody waits any more.
        let gate = Arc::downgrade(self);
        tokio::spawn(async move {
            sleep_until(until).await;
            if let Some(gate) = gate.upgrade() {
                let mut closed = gate.closed();
                closed.retain(|_, closed| closed.until > Instant::now());
                gate.publish(&closed);
            }
        });
    }

    /// Goes on with waits that were asked for in an earlier run, each until a Unix second.
    pub(super) fn resume(self: &Arc<Self>, waits: &[(String, i64)]) {
        let now = unix_now();
        for (method, until) in waits {
            let Some(method) = SENDING.iter().find(|known| *known == method) else { continue };
            let left = u64::try_from(until.saturating_sub(now)).unwrap_or(0);
            if left > 0 {
                self.close(method, Duration::from_secs(left).min(LONGEST));
            }
        }
    }

    /// How much longer `method` must rest.
    pub(super) fn remaining(&self, method: &'static str) -> Option<Duration> {
        let until = self.closed().get(method)?.until;
        until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }

    /// Waits until `method` may be called; `Err` with the rest of the wait where that is longer
    /// than `allowance`.
    pub(super) async fn pass(
        &self,
        method: &'static str,
        allowance: Duration,
    ) -> Result<(), Duration> {
        while let Some(left) = self.remaining(method) {
            if left > allowance {
                return Err(left);
            }
            sleep_until(Instant::now() + left + jitter()).await;
        }
        Ok(())
    }

    fn closed(&self) -> MutexGuard<'_, HashMap<&'static str, Closed>> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, closed: &HashMap<&'static str, Closed>) {
        let mut waits: Vec<Wait> =
            closed.iter().map(|(&method, closed)| Wait { method, until: closed.unix }).collect();
        waits.sort_by_key(|wait| (wait.until, wait.method));
        self.waits.send_if_modified(|shown| {
            let changed = *shown != waits;
            *shown = waits;
            changed
        });
    }
}

/// Up to [`SPREAD`]; none where the system gives no random numbers.
fn jitter() -> Duration {
    let dice = chance::bytes::<4>().map_or(0, u32::from_le_bytes);
    SPREAD.mul_f64(f64::from(dice) / f64::from(u32::MAX))
}

fn unix_now() -> i64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn while_a_method_rests_none_of_its_calls_leaves() {
        let gate = FloodGate::new();
        gate.close("upload.saveFilePart", Duration::from_secs(30));
        gate.close("upload.saveFilePart", Duration::from_secs(5));
        let begun = Instant::now();
        gate.pass("upload.getFile", Duration::ZERO).await.unwrap();
        assert_eq!(begun.elapsed(), Duration::ZERO);
        let calls = (0..20).map(|_| {
            let gate = Arc::clone(&gate);
            tokio::spawn(async move {
                gate.pass("upload.saveFilePart", Duration::MAX).await.unwrap();
                begun.elapsed()
            })
        });
        let mut left = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            left.push(call.await.unwrap());
        }
        let (first, last) = (left.iter().min().unwrap(), left.iter().max().unwrap());
        assert!(*first >= Duration::from_secs(30), "{first:?}");
        assert!(*last <= Duration::from_secs(31), "{last:?}");
        assert!(last > first, "they leave spread out");
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_of_an_earlier_run_is_waited_out() {
        let gate = FloodGate::new();
        let sending = "messages.sendMedia";
        let waits = [(sending, 300), ("upload.saveFilePart", -5), ("something.else", 300)];
        gate.resume(&waits.map(|(method, left)| (method.to_owned(), unix_now() + left)));
        let left = gate.pass(sending, Duration::ZERO).await.unwrap_err();
        assert!(left > Duration::from_secs(290), "{left:?}");
        gate.pass("upload.saveFilePart", Duration::ZERO).await.unwrap();
        let shown: Vec<_> = gate.waits().borrow().iter().map(|wait| wait.method).collect();
        assert_eq!(shown, [sending]);
        let far = [(sending.to_owned(), i64::MAX)];
        gate.resume(&far);
        assert!(gate.remaining(sending).unwrap() <= LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_are_shown_until_they_are_over() {
        let gate = FloodGate::new();
        let mut waits = gate.waits();
        gate.close("messages.sendMedia", Duration::from_secs(90));
        assert_eq!(waits.borrow_and_update()[0].method, "messages.sendMedia");
        let left = gate.pass("messages.sendMedia", Duration::from_mins(1)).await.unwrap_err();
        assert!(left > Duration::from_mins(1));
        waits.changed().await.unwrap();
        assert!(waits.borrow().is_empty());
        gate.pass("messages.sendMedia", Duration::ZERO).await.unwrap();
    }
}
