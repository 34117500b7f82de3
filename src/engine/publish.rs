//! The one road of changes: given their placeholders, recorded in the store, then folded into the
//! mirror, then the window is told of a snapshot; in one order for all. A task on the network
//! workers.
//!
//! Whoever publishes may vanish meanwhile; what was handed over is carried out. Batches that
//! arrive while one is being written are joined into one transaction.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::EngineError;
use super::bus::Bus;
use super::event::{Event, News};
use super::library::{Mirror, Tally};
use super::placeholders::{Placeholders, Unready};
use super::runtime::{Pool, lock};
use crate::model::{AlbumId, Batch, Change, Cursor, Touched};
use crate::store::{Store, StoreError};

/// Changes of one transaction, at most (more only when a single batch has more): committing waits
/// for the disk, however little there is to commit.
const JOIN: usize = 16_384;
/// Batches that may wait, so that histories are read on while the disk is slow.
const QUEUE: usize = 256;
/// A batch of so many changes is a page of a history: its news may wait for a moment. Smaller ones
/// are told at once, in the order of events.
const MANY: usize = 50;
/// Histories are told of no more often than this …
const PAUSE: Duration = Duration::from_millis(100);
/// … but the first page at once and the next ones soon: somebody looks at an empty window.
const FIRST_PAUSE: Duration = Duration::from_millis(12);
/// Without news for so long, the next is a first one.
const QUIET: Duration = Duration::from_secs(2);

type Answer = oneshot::Sender<Result<Tally, Arc<StoreError>>>;

struct Order {
    batch: Unready,
    answer: Answer,
}

/// The sending end. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Publisher {
    orders: mpsc::Sender<Order>,
    placeholders: Placeholders,
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
    pub(crate) fn start(
        store: Store,
        pool: Pool,
        mirror: Mirror,
        cursors: Cursors,
        bus: Bus,
    ) -> Self {
        let (orders, inbox) = mpsc::channel(QUEUE);
        let placeholders = Placeholders::new(pool, mirror.clone());
        tokio::spawn(run(
            inbox,
            Road { store, mirror, cursors, bus, untold: None, pace: Pace::default() },
        ));
        Self { orders, placeholders }
    }

    /// Hands a batch over. The future it returns resolves when the batch is durable and told (one
    /// of many changes may be told a tenth of a second later); dropping that future does not take
    /// the batch back. Batches are carried out in the order in which this was awaited.
    pub(crate) async fn hand_over(&self, batch: Batch) -> Result<Published, EngineError> {
        let (answer, result) = oneshot::channel();
        let place = self.orders.reserve().await.map_err(|_| EngineError::Stopping)?;
        place.send(Order { batch: self.placeholders.begin(batch), answer });
        Ok(Published(result))
    }

    /// Publishes and waits as [`Published`] does.
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

/// What the orders are carried out on.
struct Road {
    store: Store,
    mirror: Mirror,
    cursors: Cursors,
    bus: Bus,
    /// What the window has not been told yet.
    untold: Option<Touched>,
    pace: Pace,
}

/// How often the window is told of histories.
#[derive(Default)]
struct Pace {
    /// When it was last told, and how long it is left alone from then on.
    told: Option<(Instant, Duration)>,
}

impl Pace {
    /// Until when news may be held back.
    fn due(&self) -> Option<Instant> {
        self.told.map(|(told, pause)| told + pause)
    }

    /// It is told now: of a page of a history, or of something that is told at once anyway.
    fn tell(&mut self, of_history: bool, now: Instant) {
        let before = self.told.filter(|(told, _)| now < *told + QUIET);
        let pause = match before {
            None if of_history => FIRST_PAUSE,
            None => Duration::ZERO,
            Some((_, pause)) if of_history => (pause * 2).clamp(FIRST_PAUSE, PAUSE),
            Some((_, pause)) => pause,
        };
        self.told = Some((now, pause));
    }
}

async fn run(mut inbox: mpsc::Receiver<Order>, mut road: Road) {
    loop {
        let first = if let Some(due) = road.due() {
            let Ok(first) = timeout_at(due, inbox.recv()).await else {
                road.tell(true);
                continue;
            };
            first
        } else {
            inbox.recv().await
        };
        let (mut size, mut orders, mut next) = (0, Vec::new(), first);
        while let Some(Order { batch, answer }) = next {
            size += batch.len();
            orders.push((batch.done().await, answer));
            next = if size < JOIN { inbox.try_recv().ok() } else { None };
        }
        if orders.is_empty() {
            return road.tell(true);
        }
        road.carry_out(orders).await;
    }
}

impl Road {
    /// Until when news may be held back.
    fn due(&self) -> Option<Instant> {
        self.untold.as_ref().and(self.pace.due())
    }

    async fn carry_out(&mut self, orders: Vec<(Batch, Answer)>) {
        let joined = Batch {
            changes: orders.iter().flat_map(|(batch, _)| batch.changes.iter().cloned()).collect(),
            cursors: orders.iter().flat_map(|(batch, _)| batch.cursors.iter().copied()).collect(),
        };
        let is_awaited = |batch: &Batch| (1..MANY).contains(&batch.changes.len());
        let is_urgent = orders.iter().any(|(batch, _)| is_awaited(batch));
        let recorded = if joined.is_empty() {
            Ok(())
        } else {
            self.store.record(joined).done().await.map_err(Arc::new)
        };
        let mut answers = Vec::with_capacity(orders.len());
        for (batch, answer) in orders {
            match &recorded {
                Ok(()) => answers.push((answer, Ok(self.fold(batch)))),
                Err(error) => answers.push((answer, Err(error.clone()))),
            }
        }
        let is_early = self.due().is_some_and(|due| Instant::now() < due);
        if is_urgent || !is_early {
            self.tell(!is_urgent);
        }
        for (answer, result) in answers {
            // Nobody may be waiting any more.
            drop(answer.send(result));
        }
    }

    /// Folds a batch that is recorded.
    fn fold(&mut self, batch: Batch) -> Tally {
        let folded = self.mirror.apply(&batch.changes);
        let tally = Tally::from(&folded);
        if folded.is_change() {
            self.untold.get_or_insert_default().merge(folded.touched);
        }
        forget_gone(&self.cursors, &batch.changes);
        // As the store does: a cursor of an album that is not there would hide its photos if it
        // came back.
        let mut known = batch.cursors;
        known.retain(|(album, _)| self.mirror.album(*album).is_some());
        self.cursors.set(&known);
        tally
    }

    /// Tells the window what it does not know yet.
    fn tell(&mut self, of_history: bool) {
        if let Some(touched) = self.untold.take() {
            self.pace.tell(of_history, Instant::now());
            self.bus.send(Event::Changed(News { library: self.mirror.snapshot(), touched }));
        }
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
    use crate::engine::library::tests::{album, photo};
    use crate::engine::runtime::Workers;
    use crate::model::{Album, Blur, PixelSize};
    use crate::pixels;
    use crate::store::StoreOptions;

    struct Bench {
        store: Store,
        mirror: Mirror,
        cursors: Cursors,
        publisher: Publisher,
        _workers: Workers,
        _home: tempfile::TempDir,
    }

    fn bench(workers: Workers) -> Bench {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(StoreOptions {
            data: home.path().join("data"),
            cache: home.path().join("cache"),
            thumbnail_budget: 1 << 20,
            original_budget: 1 << 20,
        });
        let store = store.unwrap();
        let (mirror, cursors) = (Mirror::default(), Cursors::default());
        let publisher = Publisher::start(
            store.clone(),
            workers.pool(),
            mirror.clone(),
            cursors.clone(),
            Bus::silent(),
        );
        Bench { store, mirror, cursors, publisher, _workers: workers, _home: home }
    }

    #[test]
    fn histories_are_told_of_soon_and_then_less_often() {
        let (mut pace, begun) = (Pace::default(), Instant::now());
        let mut at = begun;
        let mut pause = |pace: &mut Pace, of_history| {
            pace.tell(of_history, at);
            let pause = pace.due().unwrap() - at;
            at += pause;
            pause
        };
        assert_eq!(pause(&mut pace, false), Duration::ZERO, "the first page is not held back");
        let pauses: Vec<u128> = (0..6).map(|_| pause(&mut pace, true).as_millis()).collect();
        assert_eq!(pauses, [12, 24, 48, 96, 100, 100]);
        assert_eq!(pause(&mut pace, false), PAUSE, "it goes on as it was");
        pace.tell(true, at + QUIET);
        assert_eq!(pace.due(), Some(at + QUIET + FIRST_PAUSE));
    }

    /// Photos arrive with a placeholder where Telegram sends a preview, in the library and on the
    /// disk, in the order of the batches; one that was made of more is kept.
    #[test]
    fn a_photo_is_never_told_without_its_placeholder() {
        let workers = Workers::start().unwrap();
        let runtime = workers.handle().unwrap();
        let _inside = runtime.enter();
        let bench = bench(workers);
        let size = PixelSize::new(8, 6);
        let red = pixels::stripped_from_rgb(&[200, 30, 30].repeat(48), size).unwrap();
        let arrived = |message: i32, caption: &str| {
            let mut photo = photo(1, message, 9);
            photo.remote.stripped = (message % 3 > 0).then(|| red.clone());
            photo.caption = caption.into();
            Change::Photo(Box::new(photo))
        };
        let better = Blur::new("LEHV6nWB2yk8pyo0adR*.7kCMdnj");
        let id = |message| photo(1, message, 9).id;
        runtime.block_on(async {
            bench.publisher.publish(vec![Change::Album(album(1))]).await.unwrap();
            let mut coming = Vec::new();
            for round in ["first", "second"] {
                for page in 0..20 {
                    let changes = (1..=100).map(|n| arrived(page * 100 + n, round)).collect();
                    let batch = Batch { changes, cursors: Vec::new() };
                    coming.push(bench.publisher.hand_over(batch).await.unwrap());
                }
            }
            for published in coming {
                published.done().await.unwrap();
            }
            let file = bench.mirror.snapshot().photo(id(1)).unwrap().file();
            let described = Change::Described {
                photo: id(1),
                file,
                taken: None,
                head_read: false,
                blur: better,
            };
            bench.publisher.publish(vec![described]).await.unwrap();
            bench.publisher.publish(vec![arrived(1, "third")]).await.unwrap();
        });
        let library = bench.mirror.snapshot();
        assert_eq!(library.photo_count(), 2000);
        let blur = pixels::stripped_blur(&red);
        assert!(blur.is_some());
        for photo in library.album(AlbumId(1)).unwrap().photos() {
            let message = photo.id().message.0;
            let (expected, caption) = match message {
                1 => (better, "third"),
                n if n % 3 > 0 => (blur, "second"),
                _ => (None, "second"),
            };
            assert_eq!((photo.blur(), photo.caption()), (expected, caption), "{message}");
        }
        assert_eq!(bench.store.load().unwrap(), library);
    }

    /// What the store replays after a restart, and what the copies in memory say without one, must
    /// be the same: an album that went while a difference of it was on its way comes back unread.
    #[test]
    fn a_cursor_does_not_outlive_its_album() {
        let workers = Workers::start().unwrap();
        let runtime = workers.handle().unwrap();
        let _inside = runtime.enter();
        let bench = bench(workers);
        let Bench { store, cursors, publisher, .. } = &bench;
        let id = AlbumId(7);
        let album = Album { id, access_hash: 1, title: "Gone and back".into(), created: 0 };
        let at = |pts| vec![(id, Cursor { pts, complete: true })];
        let change = |changes, cursors| Batch { changes, cursors };
        let born = change(vec![Change::Album(album.clone())], at(3));
        runtime.block_on(async {
            publisher.publish(born).await.unwrap();
            assert_eq!(cursors.get(id).map(|cursor| cursor.pts), Some(3));
            publisher.publish(vec![Change::AlbumGone(id)]).await.unwrap();
            publisher.publish(change(Vec::new(), at(4))).await.unwrap();
            publisher.publish(vec![Change::Album(album)]).await.unwrap();
        });
        assert_eq!(cursors.get(id), None);
        assert_eq!(store.cursors().unwrap(), []);
    }
}
