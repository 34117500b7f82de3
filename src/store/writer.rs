//! A thread that does the writing, as much at a time as is waiting.
//!
//! Knows nothing of what is written. A bounded queue feeds a named thread; the thread takes
//! everything that waits (up to a limit) and hands it to its [`Work`] as one group, so that one
//! commit serves all. Dropping the [`Writer`] lets the thread finish what was queued, and waits.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::error::{Result, StoreError};

/// How many jobs may wait; more make the sender wait.
const QUEUE: usize = 512;
/// How many jobs are done together at most.
const GROUP: usize = 512;

/// What a writer's thread does.
pub(super) trait Work: Send + 'static {
    type Job: Send + 'static;

    /// Does these jobs in order and answers them.
    fn group(&mut self, jobs: Vec<Self::Job>);

    /// When to call [`rest`](Self::rest) if nothing comes meanwhile; `None` for not at all.
    fn rest_after(&self) -> Option<Duration> {
        None
    }

    /// Nothing has come for a while, or the end has come.
    fn rest(&mut self) {}
}

#[derive(Debug)]
pub(super) struct Writer<J> {
    queue: Option<SyncSender<J>>,
    thread: Option<JoinHandle<()>>,
}

impl<J: Send + 'static> Writer<J> {
    pub(super) fn start(name: &str, work: impl Work<Job = J>, place: &Path) -> Result<Self> {
        let (queue, jobs) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || run(work, &jobs))
            .map_err(StoreError::io(place))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Queues a job; waits while the queue is full. If the thread has died the job is dropped,
    /// which its ticket tells.
    pub(super) fn send(&self, job: J) {
        if let Some(queue) = &self.queue {
            let _ = queue.send(job);
        }
    }

    /// Queues a job unless the queue is full; whether it was queued.
    pub(super) fn offer(&self, job: J) -> bool {
        self.queue.as_ref().is_some_and(|queue| queue.try_send(job).is_ok())
    }
}

fn run<W: Work>(mut work: W, jobs: &Receiver<W::Job>) {
    loop {
        let first = match work.rest_after() {
            None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(pause) => jobs.recv_timeout(pause),
        };
        match first {
            Ok(first) => {
                let waiting = jobs.try_iter().take(GROUP - 1);
                work.group(std::iter::once(first).chain(waiting).collect());
            }
            Err(RecvTimeoutError::Timeout) => work.rest(),
            Err(RecvTimeoutError::Disconnected) => return work.rest(),
        }
    }
}

impl<J> Drop for Writer<J> {
    fn drop(&mut self) {
        self.queue = None;
        let Some(thread) = self.thread.take() else { return };
        if thread.join().is_err() {
            tracing::error!("a thread of the store has panicked");
        }
    }
}
