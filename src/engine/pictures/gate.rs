//! How much memory decodes of originals may take together: those that would be too much wait for
//! each other. Any thread.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::PixelSize;
use crate::pixels::Limits;

/// What they may take together. One that needs more than this has it for itself.
const ALL_MIB: u32 = 320;
/// One that takes no more than this need not wait: a 12-megapixel photo.
const SMALL_MIB: u32 = 96;
/// The pixels, and as much again as decoders collect beside them, bytes.
const BYTES_A_PIXEL: u64 = 6;
/// What a byte of a file makes in pixels, where nobody says how many there are.
const PIXELS_A_BYTE: u64 = 4;

/// The gate. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Semaphore>);

/// Lets memory be taken while it lives.
pub(crate) struct Pass {
    _permit: Option<OwnedSemaphorePermit>,
    /// Nobody else has one.
    is_alone: bool,
}

impl Pass {
    pub(crate) const fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// What one decode may cost under this pass, whatever its file turns out to be.
    pub(crate) fn limits(&self) -> Limits {
        if self.is_alone { Limits::of_one_at_a_time() } else { Limits::default() }
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ALL_MIB as usize)))
    }
}

impl Gate {
    /// Waits until a picture of this size may be decoded. In the order of asking; what is larger
    /// than everything is alone then.
    pub(crate) async fn pass(&self, size: PixelSize, bytes: u64) -> Pass {
        self.taking(cost(size, bytes)).await
    }

    /// The same by the file's `own` header, and by what is `said` of it, which need not be true.
    /// Where the header is out of reach it can be anything, and is alone.
    pub(crate) async fn pass_by_header(&self, own: PixelSize, said: PixelSize, bytes: u64) -> Pass {
        if own.is_empty() {
            return self.alone().await;
        }
        self.pass(if own.pixels() > said.pixels() { own } else { said }, bytes).await
    }

    /// Waits until no other picture is decoded.
    pub(crate) async fn alone(&self) -> Pass {
        self.taking(ALL_MIB).await
    }

    async fn taking(&self, cost: u32) -> Pass {
        let permit = self.0.clone().acquire_many_owned(cost.min(ALL_MIB)).await;
        // It is never closed.
        Pass { _permit: permit.ok(), is_alone: cost >= ALL_MIB }
    }

    /// The same, if it can be had at once.
    pub(crate) fn try_pass(&self, size: PixelSize, bytes: u64) -> Option<Pass> {
        let cost = cost(size, bytes);
        let permit = if cost <= ALL_MIB {
            self.0.clone().try_acquire_many_owned(cost)
        } else {
            return None;
        };
        permit.ok().map(|permit| Pass { _permit: Some(permit), is_alone: cost >= ALL_MIB })
    }
}

/// Whether so little memory is taken that nobody has to wait.
pub(crate) fn is_small(size: PixelSize, bytes: u64) -> bool {
    cost(size, bytes) <= SMALL_MIB
}

/// Pixels of a picture, guessed from its bytes where that is not known.
pub(crate) const fn pixels(size: PixelSize, bytes: u64) -> u64 {
    if size.is_empty() { bytes.saturating_mul(PIXELS_A_BYTE) } else { size.pixels() }
}

/// About what a decode takes, MiB.
fn cost(size: PixelSize, bytes: u64) -> u32 {
    let taken = pixels(size, bytes).saturating_mul(BYTES_A_PIXEL).saturating_add(bytes);
    u32::try_from(taken >> 20).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWELVE: PixelSize = PixelSize::new(4000, 3000);
    const FIFTY: PixelSize = PixelSize::new(8200, 6100);

    #[tokio::test(start_paused = true)]
    async fn large_ones_come_one_at_a_time() {
        let gate = Gate::default();
        assert!(is_small(TWELVE, 5 << 20) && !is_small(FIFTY, 20 << 20));
        assert!(!is_small(PixelSize::default(), 20 << 20), "not known, but the file is large");
        let one = gate.pass(FIFTY, 20 << 20).await;
        assert!(gate.try_pass(TWELVE, 5 << 20).is_none());
        let waits = gate.clone();
        let other = tokio::spawn(async move { drop(waits.pass(FIFTY, 20 << 20).await) });
        tokio::task::yield_now().await;
        assert!(!other.is_finished());
        drop(one);
        other.await.unwrap();
        let few = [gate.try_pass(TWELVE, 5 << 20), gate.try_pass(TWELVE, 5 << 20)];
        assert!(few.iter().all(Option::is_some));
        // One that is larger than everything is not kept out for ever.
        drop(few);
        drop(gate.pass(PixelSize::new(60_000, 60_000), 1).await);
    }

    #[tokio::test(start_paused = true)]
    async fn only_one_that_is_alone_may_take_more_than_usual() {
        let gate = Gate::default();
        let usual = gate.pass_by_header(TWELVE, PixelSize::new(10, 10), 5 << 20).await;
        assert_eq!(usual.limits(), Limits::default());
        drop(usual);
        // Whatever is said of it, without a header nobody knows.
        for said in [PixelSize::new(10, 10), PixelSize::default(), TWELVE] {
            let unknown = gate.pass_by_header(PixelSize::default(), said, 1 << 20).await;
            assert_eq!(unknown.limits(), Limits::of_one_at_a_time());
            assert!(gate.try_pass(PixelSize::new(10, 10), 1).is_none(), "{said:?}: not alone");
        }
        let mural = gate.pass_by_header(PixelSize::new(60_000, 60_000), TWELVE, 1).await;
        assert_eq!(mural.limits(), Limits::of_one_at_a_time());
        assert!(gate.try_pass(TWELVE, 1).is_none());
    }
}
