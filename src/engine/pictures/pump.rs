//! What comes from the disk, several at once: jobs of the pool that take one want after the other
//! and deliver by themselves.
//!
//! A thumbnail in the cache is a millisecond's work, so a task and two hand-overs between threads
//! for each would be a good part of it. Here the network workers hand over many wants at a time
//! and hear of the results in bulk. A job ends after a few milliseconds, so that the pool's other
//! work has its turn, and is begun again while there is something to do.

use std::collections::{HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::load::Outcome;
use super::local;
use crate::engine::Want;
use crate::engine::core::Ground;
use crate::engine::event::Event;
use crate::engine::runtime::{Crashed, lock};
use crate::model::Rendition;

/// How long a job keeps its thread.
const TURN: Duration = Duration::from_millis(8);

/// What became of a want; a bitmap has been delivered already.
pub(super) struct Done {
    pub(super) want: Want,
    pub(super) serial: u64,
    pub(super) outcome: Outcome,
}

#[derive(Default)]
struct Desk {
    queue: VecDeque<(Want, u64)>,
    /// Begun or queued, and still wanted.
    live: HashSet<u64>,
    done: Vec<Done>,
    workers: usize,
}

struct Inner {
    ground: Ground,
    desk: Mutex<Desk>,
    told: Notify,
}

/// The pump. Dropping it lets go of what is queued.
pub(super) struct Pump(Arc<Inner>);

impl Pump {
    pub(super) fn new(ground: Ground) -> Self {
        Self(Arc::new(Inner { ground, desk: Mutex::default(), told: Notify::new() }))
    }

    /// Queues a want: large pictures before the tiles that were queued for what was looked at
    /// before.
    pub(super) fn queue(&self, want: Want, serial: u64) {
        let mut desk = lock(&self.0.desk);
        desk.live.insert(serial);
        let is_large = |want: &Want| want.rendition >= Rendition::Screen;
        let at = if is_large(&want) {
            desk.queue.iter().position(|(other, _)| !is_large(other))
        } else {
            None
        };
        let at = at.unwrap_or(desk.queue.len());
        desk.queue.insert(at, (want, serial));
    }

    /// Nobody wants it any more: it is not begun, or not delivered.
    pub(super) fn cancel(&self, serial: u64) {
        let mut desk = lock(&self.0.desk);
        desk.live.remove(&serial);
        desk.queue.retain(|(_, other)| *other != serial);
    }

    /// Sees to it that as many jobs run as there is work and room for.
    pub(super) fn start(&self) {
        let ground = &self.0.ground;
        loop {
            {
                let mut desk = lock(&self.0.desk);
                if desk.workers >= ground.pool.threads().min(desk.queue.len()) {
                    return;
                }
                desk.workers += 1;
            }
            let inner = self.0.clone();
            ground.pool.spawn(move || inner.work());
        }
    }

    /// Waits until there is something to [`take`](Self::take), or a job has ended.
    pub(super) async fn told(&self) {
        self.0.told.notified().await;
    }

    /// What was done since the last time.
    pub(super) fn take(&self) -> Vec<Done> {
        std::mem::take(&mut lock(&self.0.desk).done)
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        let mut desk = lock(&self.0.desk);
        desk.queue.clear();
        desk.live.clear();
    }
}

impl Inner {
    fn work(&self) {
        let until = Instant::now() + TURN;
        while let Some((want, serial)) = self.next(until) {
            let made = catch_unwind(AssertUnwindSafe(|| local::load(&self.ground, want)));
            let outcome = made.unwrap_or_else(|_| {
                tracing::error!("a picture's job panicked");
                Crashed.into()
            });
            let shown = match &outcome {
                Outcome::Ready(shown) => Some(shown.clone()),
                _ => None,
            };
            let is_missed = matches!(outcome, Outcome::Missed(_));
            let (is_live, is_low) = {
                let mut desk = lock(&self.desk);
                let is_live = desk.live.remove(&serial);
                if is_live {
                    desk.done.push(Done { want, serial, outcome });
                }
                (is_live, desk.queue.len() <= desk.done.len())
            };
            if let Some(shown) = shown.filter(|_| is_live) {
                self.ground.bus.send(Event::Picture(shown.answer(want)));
            }
            if is_missed || is_low {
                self.told.notify_one();
            }
        }
        self.told.notify_one();
    }

    /// The next want; at the end of the turn, or without one, this job is over.
    fn next(&self, until: Instant) -> Option<(Want, u64)> {
        let mut desk = lock(&self.desk);
        let next = if Instant::now() < until { desk.queue.pop_front() } else { None };
        if next.is_none() {
            desk.workers -= 1;
        }
        next
    }
}
