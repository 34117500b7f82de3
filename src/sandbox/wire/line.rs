//! The qualities of a line: round trip, rates, and the byte after which it breaks.
//! Rates are token buckets for each direction; the round trip is a delay that never serialises.
//! Shared by a connection's tasks.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::sandbox::held::lock;
use crate::sandbox::{Conditions, Faults};

/// How long a line may have been idle and still make up for it; also hides the timer's coarseness.
const DEPTH: Duration = Duration::from_millis(20);

/// A token bucket, told by the time at which its last byte will have passed.
#[derive(Debug)]
struct Bucket {
    bytes_per_second: u64,
    passed: Mutex<Instant>,
}

impl Bucket {
    fn new(bytes_per_second: u64) -> Self {
        Self { bytes_per_second: bytes_per_second.max(1), passed: Mutex::new(Instant::now()) }
    }

    /// When `bytes` more will have passed.
    fn reserve(&self, bytes: usize) -> Instant {
        let nanos = u128::try_from(bytes).unwrap_or(u128::MAX) * 1_000_000_000
            / u128::from(self.bytes_per_second);
        let takes = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        let mut passed = lock(&self.passed);
        let earliest = Instant::now().checked_sub(DEPTH).unwrap_or(*passed);
        *passed = (*passed).max(earliest) + takes;
        *passed
    }
}

/// Both directions of a rate.
#[derive(Debug)]
struct Rate {
    inbound: Bucket,
    outbound: Bucket,
}

impl Rate {
    fn new(bytes_per_second: Option<u64>) -> Option<Self> {
        bytes_per_second
            .map(|rate| Self { inbound: Bucket::new(rate), outbound: Bucket::new(rate) })
    }
}

/// What all connections together may carry.
#[derive(Debug, Default)]
pub(crate) struct SharedLine(Option<Arc<Rate>>);

impl SharedLine {
    pub(crate) fn new(bytes_per_second: Option<u64>) -> Self {
        Self(Rate::new(bytes_per_second).map(Arc::new))
    }
}

/// One connection's line.
pub(crate) struct Line {
    opened: Instant,
    rtt: Duration,
    own: Option<Rate>,
    shared: Option<Arc<Rate>>,
    carried: AtomicU64,
    cut_after: Option<u64>,
}

impl Line {
    pub(super) fn new(conditions: &Conditions, faults: &Faults, shared: &SharedLine) -> Self {
        Self {
            opened: Instant::now(),
            rtt: conditions.rtt,
            own: Rate::new(conditions.connection_rate),
            shared: shared.0.clone(),
            carried: AtomicU64::new(0),
            cut_after: faults.cut_after,
        }
    }

    fn rates(&self) -> impl Iterator<Item = &Rate> {
        self.own.iter().chain(self.shared.as_deref())
    }

    pub(super) fn is_limited(&self) -> bool {
        self.own.is_some() || self.shared.is_some()
    }

    pub(super) fn is_delayed(&self) -> bool {
        !self.rtt.is_zero()
    }

    /// Waits until these bytes of the client have passed.
    pub(super) async fn inbound(&self, bytes: usize) {
        let until = self.rates().map(|rate| rate.inbound.reserve(bytes)).max();
        if let Some(until) = until {
            sleep_until(until).await;
        }
    }

    /// Waits until these bytes for the client have passed.
    pub(super) async fn outbound(&self, bytes: usize) {
        let until = self.rates().map(|rate| rate.outbound.reserve(bytes)).max();
        if let Some(until) = until {
            sleep_until(until).await;
        }
    }

    /// When something that was read now arrives: half a round trip later, and never before the TCP handshake of a
    /// distant client would have been over.
    pub(super) fn arrival(&self) -> Instant {
        Instant::now().max(self.opened + self.rtt) + self.rtt / 2
    }

    /// When something that is sent now arrives at the client.
    pub(super) fn departure(&self) -> Instant {
        Instant::now() + self.rtt / 2
    }

    /// Counts bytes of either direction; an error once the line is to break.
    pub(super) fn carried(&self, bytes: usize) -> io::Result<()> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let carried = self.carried.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        match self.cut_after {
            Some(most) if carried > most => Err(io::ErrorKind::ConnectionReset.into()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_rate_holds_over_time() {
        let conditions = Conditions { connection_rate: Some(10_000_000), ..Conditions::default() };
        let line = Line::new(&conditions, &Faults::default(), &SharedLine::default());
        let start = Instant::now();
        for _ in 0..100 {
            line.outbound(32 << 10).await;
        }
        let seconds = start.elapsed().as_secs_f64();
        assert!((0.3..1.0).contains(&seconds), "3.3 MB at 10 MB/s took {seconds} s");
    }
}
