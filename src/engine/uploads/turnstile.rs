//! So many at once, first come by their place in the queue. Holds no thread; waiting is async.
//!
//! A semaphore serves whoever asked first; here the file that stands first in the queue goes
//! first, however late it asks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, oneshot};

use crate::engine::runtime::lock;
use crate::model::AlbumId;

#[derive(Default)]
struct State {
    limit: usize,
    used: usize,
    serial: u64,
    waiting: BTreeMap<(u64, u64), oneshot::Sender<Pass>>,
}

/// A turnstile. Clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Turnstile(Arc<Mutex<State>>);

/// The right to be inside; dropping it lets the next one in.
pub(crate) struct Pass(Turnstile);

impl Turnstile {
    pub(crate) fn new(limit: usize) -> Self {
        let turnstile = Self::default();
        turnstile.set_limit(limit);
        turnstile
    }

    /// How many may be inside; with none, those who are leave and nobody enters.
    pub(crate) fn set_limit(&self, limit: usize) {
        lock(&self.0).limit = limit;
        self.admit();
    }

    /// Waits for its turn. Dropping the future gives the place up.
    pub(crate) async fn pass(&self, order: u64) -> Pass {
        let (sender, turn) = oneshot::channel();
        {
            let mut state = lock(&self.0);
            state.serial += 1;
            let place = (order, state.serial);
            state.waiting.insert(place, sender);
        }
        self.admit();
        if let Ok(pass) = turn.await {
            return pass;
        }
        // Cannot happen while the turnstile stands; not limiting is the harmless answer.
        lock(&self.0).used += 1;
        Pass(self.clone())
    }

    fn admit(&self) {
        loop {
            let next = {
                let mut state = lock(&self.0);
                if state.used >= state.limit {
                    return;
                }
                let Some((_, next)) = state.waiting.pop_first() else { return };
                state.used += 1;
                next
            };
            // With no lock held: a pass that nobody takes comes back through its drop.
            drop(next.send(Pass(self.clone())));
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        lock(&self.0.0).used -= 1;
        self.0.admit();
    }
}

/// Who stands before which album, by the order of the queue.
type Waiting = BTreeSet<(AlbumId, u64)>;

/// A line before each album, in which each waits until all before it have left. Those who are not
/// in it hold nobody up.
#[derive(Clone, Default)]
pub(crate) struct Line(Arc<(Mutex<Waiting>, Notify)>);

/// A place in the line; dropping it leaves.
pub(crate) struct Place {
    line: Line,
    place: (AlbumId, u64),
}

impl Line {
    pub(crate) fn enter(&self, album: AlbumId, order: u64) -> Place {
        lock(&self.0.0).insert((album, order));
        Place { line: self.clone(), place: (album, order) }
    }
}

impl Place {
    pub(crate) async fn turn(&self) {
        loop {
            let moved = self.line.0.1.notified();
            tokio::pin!(moved);
            // Listening before looking, so that no move is missed.
            moved.as_mut().enable();
            let first = (self.place.0, 0);
            if lock(&self.line.0.0).range(first..self.place).next().is_none() {
                return;
            }
            moved.await;
        }
    }

    /// Lets those behind go first; harmless when repeated.
    pub(crate) fn leave(&self) {
        lock(&self.line.0.0).remove(&self.place);
        self.line.0.1.notify_waiters();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_in_the_queue_goes_first_and_those_who_left_take_no_room() {
        let turnstile = Turnstile::new(1);
        let inside = turnstile.pass(5).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = tokio::task::JoinSet::new();
        for place in [9, 1, 4] {
            let (turnstile, order) = (turnstile.clone(), order.clone());
            tasks.spawn(async move {
                let _pass = turnstile.pass(place).await;
                lock(&order).push(place);
            });
        }
        let impatient = tokio::spawn({
            let turnstile = turnstile.clone();
            async move { drop(turnstile.pass(0).await) }
        });
        while lock(&turnstile.0).waiting.len() < 4 {
            tokio::task::yield_now().await;
        }
        impatient.abort();
        drop(impatient.await);
        drop(inside);
        while tasks.join_next().await.is_some() {}
        assert_eq!(*lock(&order), [1, 4, 9]);
        assert_eq!(lock(&turnstile.0).used, 0);
    }

    #[tokio::test]
    async fn a_line_waits_for_those_before_only() {
        let line = Line::default();
        let (a, b) = (AlbumId(1), AlbumId(2));
        let (first, second, elsewhere) = (line.enter(a, 1), line.enter(a, 2), line.enter(b, 3));
        elsewhere.turn().await;
        let waiting = tokio::spawn(async move { second.turn().await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        first.turn().await;
        first.leave();
        waiting.await.unwrap();
    }
}
