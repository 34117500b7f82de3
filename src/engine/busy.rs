//! How much is under way that somebody waits for: uploads, downloads, wished-for pictures, the
//! first reading of an album. What can wait, waits until there is none. Any thread.

use std::sync::Arc;

use tokio::sync::watch;

/// Counts what is under way. Clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Busy(Arc<watch::Sender<usize>>);

/// Something is under way until this is dropped.
pub(crate) struct Work(Busy);

impl Busy {
    /// Something begins.
    pub(crate) fn begin(&self) -> Work {
        self.0.send_modify(|count| *count += 1);
        Work(self.clone())
    }

    /// How much is under way.
    pub(crate) fn watch(&self) -> watch::Receiver<usize> {
        self.0.subscribe()
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_over_when_it_is_dropped() {
        let busy = Busy::default();
        let count = busy.watch();
        let (one, two) = (busy.begin(), busy.clone().begin());
        assert_eq!(*count.borrow(), 2);
        drop(one);
        assert!(
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let _work = two;
                panic!("a task that dies is over too");
            }))
            .is_err()
        );
        assert_eq!(*count.borrow(), 0);
    }
}
