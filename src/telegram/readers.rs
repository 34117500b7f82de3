//! How many calls that read albums are under way at once: more as long as Telegram answers, far
//! fewer for a while when it asks one of them to rest. Any thread; needs tokio.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

/// How many at the start.
const FIRST: usize = 6;
/// How many at most: enough to fill a line of 50 ms with pages of a hundred messages.
const MOST: usize = 16;
/// How many after Telegram asked to wait.
const LEAST: usize = 2;
/// The calls that are meant.
const READING: [&str; 4] = [
    "messages.getHistory",
    "channels.getMessages",
    "updates.getChannelDifference",
    "channels.getFullChannel",
];
/// After a wait, so many calls must be answered before one more is let through.
const WARY: usize = 40;

/// Lets reading calls through, a number at once.
pub(super) struct Readers {
    places: Semaphore,
    pace: Mutex<Pace>,
}

struct Pace {
    /// How many may be under way.
    width: usize,
    /// Places that are to vanish when they are given back.
    surplus: usize,
    /// Answers since the width has changed.
    answers: usize,
    /// Answers that widen it.
    each: usize,
}

/// A place among the calls under way.
pub(super) struct Place<'a> {
    readers: &'a Readers,
    permit: Option<SemaphorePermit<'a>>,
}

impl Default for Readers {
    fn default() -> Self {
        let pace = Pace { width: FIRST, surplus: 0, answers: 0, each: 1 };
        Self { places: Semaphore::new(FIRST), pace: Mutex::new(pace) }
    }
}

impl Readers {
    /// Waits for a place; they are given in the order in which they were asked for.
    pub(super) async fn enter(&self) -> Place<'_> {
        // The semaphore is never closed.
        Place { readers: self, permit: self.places.acquire().await.ok() }
    }

    /// Telegram asked this method to rest.
    pub(super) fn rest(&self, method: &str) {
        if !READING.contains(&method) {
            return;
        }
        let mut pace = self.pace();
        pace.surplus += pace.width.saturating_sub(LEAST);
        pace.width = pace.width.min(LEAST);
        (pace.answers, pace.each) = (0, WARY);
        let gone = self.places.forget_permits(pace.surplus);
        pace.surplus -= gone;
    }

    fn answered(&self) {
        let mut pace = self.pace();
        pace.answers += 1;
        if pace.answers >= pace.each && pace.width < MOST {
            pace.answers = 0;
            pace.width += 1;
            if pace.surplus > 0 {
                pace.surplus -= 1;
            } else {
                self.places.add_permits(1);
            }
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// The call was answered well.
    pub(super) fn answered(self) {
        self.readers.answered();
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut pace = self.readers.pace();
        if pace.surplus > 0
            && let Some(permit) = self.permit.take()
        {
            pace.surplus -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free(readers: &Readers) -> usize {
        readers.places.available_permits()
    }

    #[tokio::test]
    async fn more_while_it_goes_well_and_few_after_a_wait() {
        let readers = Readers::default();
        for _ in 0..100 {
            readers.enter().await.answered();
        }
        assert_eq!(free(&readers), MOST);
        readers.rest("upload.getFile");
        assert_eq!(free(&readers), MOST);
        let mut under_way = Vec::new();
        for _ in 0..MOST {
            under_way.push(readers.enter().await);
        }
        readers.rest("messages.getHistory");
        readers.rest("messages.getHistory");
        drop(under_way);
        assert_eq!(free(&readers), LEAST, "also those that were under way give way");
        for _ in 0..WARY {
            readers.enter().await.answered();
        }
        assert_eq!(free(&readers), LEAST + 1);
        // Widened again while some are still to vanish.
        let held = [readers.enter().await, readers.enter().await, readers.enter().await];
        readers.rest("messages.getHistory");
        for _ in 0..WARY {
            readers.answered();
        }
        drop(held);
        assert_eq!(free(&readers), LEAST + 1);
    }
}
