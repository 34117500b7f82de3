//! The one road of changes: recorded in the store, then folded into the mirror, then the window
//! is told of a snapshot; in one order for all three. A task on the network workers.
//!
//! Whoever publishes may vanish meanwhile; what was handed over is carried out. Batches that
//! arrive while one is being written are joined into one transaction.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, oneshot};

use super::EngineError;
use super::bus::Bus;
use super::event::{Event, News};
use super::library::{Mirror, Tally};
use super::runtime::lock;
use crate::model::{AlbumId, Batch, Change, Cursor, Touched};
use crate::store::{Store, StoreError};

/// Changes of one transaction, at most (more only when a single batch has more).
const JOIN: usize = 4096;

type Answer = oneshot::Sender<Result<Tally, Arc<StoreError>>>;

struct Order {
    batch: Batch,
    answer: Answer,
}

/// The sending end. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Publisher {
    orders: mpsc::Sender<Order>,
}

/// How far each album has come: a copy of what the store has.
#[derive(Clone, Default)]
pub(crate) struct Cursors(Arc<Mutex<HashMap<AlbumId, Cursor>>>);

impl Cursors {
    pub(crate) fn get(&self, album: AlbumId) -> Option<Cursor> {
        lock(&self.0).get(&album).copied()
    }

    pub(crate) fn set(&self, cursors: &[(AlbumId, Cursor)]) {
        lock(&self.0).extend(cursors.iter().copied());
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }
}

impl Publisher {
    /// Starts the task; must be called inside the runtime.
    pub(crate) fn start(store: Store, mirror: Mirror, cursors: Cursors, bus: Bus) -> Self {
        let (orders, inbox) = mpsc::channel(64);
        tokio::spawn(run(inbox, store, mirror, cursors, bus));
        Self { orders }
    }

    /// Hands a batch over. The future it returns resolves when the batch is durable and told;
    /// dropping that future does not take the batch back. Batches are carried out in the order in
    /// which this was awaited.
    pub(crate) async fn hand_over(&self, batch: Batch) -> Result<Published, EngineError> {
        let (answer, result) = oneshot::channel();
        self.orders.send(Order { batch, answer }).await.map_err(|_| EngineError::Stopping)?;
        Ok(Published(result))
    }

    /// Publishes and waits until it is durable and told.
    pub(crate) async fn publish(&self, batch: impl Into<Batch>) -> Result<Tally, EngineError> {
        self.hand_over(batch.into()).await?.done().await
    }
}

/// A batch on its way.
pub(crate) struct Published(oneshot::Receiver<Result<Tally, Arc<StoreError>>>);

impl Published {
    pub(crate) async fn done(self) -> Result<Tally, EngineError> {
        Ok(self.0.await.map_err(|_| EngineError::Stopping)??)
    }
}

async fn run(
    mut inbox: mpsc::Receiver<Order>,
    store: Store,
    mirror: Mirror,
    cursors: Cursors,
    bus: Bus,
) {
    while let Some(first) = inbox.recv().await {
        let mut orders = vec![first];
        let mut size = orders[0].batch.changes.len();
        while size < JOIN {
            let Ok(next) = inbox.try_recv() else { break };
            size += next.batch.changes.len();
            orders.push(next);
        }
        carry_out(orders, &store, &mirror, &cursors, &bus).await;
    }
}

async fn carry_out(
    orders: Vec<Order>,
    store: &Store,
    mirror: &Mirror,
    cursors: &Cursors,
    bus: &Bus,
) {
    let joined = Batch {
        changes: orders.iter().flat_map(|order| order.batch.changes.iter().cloned()).collect(),
        cursors: orders.iter().flat_map(|order| order.batch.cursors.iter().copied()).collect(),
    };
    let recorded = if joined.is_empty() {
        Ok(())
    } else {
        store.record(joined).done().await.map_err(Arc::new)
    };
    let mut answers = Vec::with_capacity(orders.len());
    let (mut touched, mut any) = (Touched::default(), false);
    for Order { batch, answer } in orders {
        match &recorded {
            Ok(()) => {
                let folded = mirror.apply(&batch.changes);
                any |= folded.is_change();
                let tally = Tally::from(&folded);
                touched.merge(folded.touched);
                forget_gone(cursors, &batch.changes);
                // As the store does: a cursor of an album that is not there would hide its photos
                // if it came back.
                let mut known = batch.cursors;
                known.retain(|(album, _)| mirror.album(*album).is_some());
                cursors.set(&known);
                answers.push((answer, Ok(tally)));
            }
            Err(error) => answers.push((answer, Err(error.clone()))),
        }
    }
    if any {
        bus.send(Event::Changed(News { library: mirror.snapshot(), touched }));
    }
    for (answer, result) in answers {
        // Nobody may be waiting any more.
        drop(answer.send(result));
    }
}

fn forget_gone(cursors: &Cursors, changes: &[Change]) {
    for change in changes {
        if let Change::AlbumGone(album) = change {
            lock(&cursors.0).remove(album);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Album;
    use crate::store::StoreOptions;

    /// What the store replays after a restart, and what the copies in memory say without one, must
    /// be the same: an album that went while a difference of it was on its way comes back unread.
    #[tokio::test]
    async fn a_cursor_does_not_outlive_its_album() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(StoreOptions {
            data: home.path().join("data"),
            cache: home.path().join("cache"),
            thumbnail_budget: 1 << 20,
            original_budget: 1 << 20,
        });
        let store = store.unwrap();
        let (mirror, cursors) = (Mirror::default(), Cursors::default());
        let publisher =
            Publisher::start(store.clone(), mirror.clone(), cursors.clone(), Bus::silent());
        let id = AlbumId(7);
        let album = Album { id, access_hash: 1, title: "Gone and back".into(), created: 0 };
        let at = |pts| vec![(id, Cursor { pts, complete: true })];
        let change = |changes, cursors| Batch { changes, cursors };
        let born = change(vec![Change::Album(album.clone())], at(3));
        publisher.publish(born).await.unwrap();
        assert_eq!(cursors.get(id).map(|cursor| cursor.pts), Some(3));
        publisher.publish(vec![Change::AlbumGone(id)]).await.unwrap();
        publisher.publish(change(Vec::new(), at(4))).await.unwrap();
        publisher.publish(vec![Change::Album(album)]).await.unwrap();
        assert_eq!(cursors.get(id), None);
        assert_eq!(store.cursors().unwrap(), []);
    }
}
