//! The answer to a queued write.

use std::sync::mpsc;

use tokio::sync::oneshot;

use super::error::{Result, StoreError};

/// A queued write. Await it, or [`wait`](Self::wait) on a plain thread, to know that it is
/// committed (durable for journal, session and library). Dropping it does not undo the write.
#[derive(Debug)]
#[must_use = "only the ticket tells whether the write was committed"]
pub struct Ticket(pub oneshot::Receiver<Result<()>>);

impl Ticket {
    pub(super) fn new() -> (Self, Done) {
        let (sender, receiver) = oneshot::channel();
        // Whoever does not want to know has dropped the ticket.
        (Self(receiver), Done(Box::new(move |result| drop(sender.send(result)))))
    }

    /// Resolves when the write is committed or has failed.
    pub async fn done(self) -> Result<()> {
        self.0.await.unwrap_or(Err(StoreError::Stopped))
    }

    /// Blocks until the write is committed or has failed. Only for plain threads (rayon's are
    /// plain): it panics on a thread of tokio's.
    pub fn wait(self) -> Result<()> {
        self.0.blocking_recv().unwrap_or(Err(StoreError::Stopped))
    }
}

/// How a store thread answers. Dropped unanswered it means [`StoreError::Stopped`].
pub(super) struct Done(Box<dyn FnOnce(Result<()>) + Send>);

impl Done {
    pub(super) fn answer(self, result: Result<()>) {
        (self.0)(result);
    }

    /// One answer for all.
    pub(super) fn answer_all(all: Vec<Self>, result: &Result<()>) {
        for done in all {
            done.answer(result.as_ref().copied().map_err(StoreError::again));
        }
    }
}

impl std::fmt::Debug for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Done")
    }
}

/// An answer to wait for on any thread.
pub(super) struct Answer(mpsc::Receiver<Result<()>>);

impl Answer {
    pub(super) fn wait(self) -> Result<()> {
        self.0.recv().unwrap_or(Err(StoreError::Stopped))
    }
}

pub(super) fn answer_here() -> (Done, Answer) {
    let (sender, receiver) = mpsc::sync_channel(1);
    (Done(Box::new(move |result| drop(sender.send(result)))), Answer(receiver))
}
