//! The way from the engine to the window: a bounded channel with a backlog before it.
//!
//! Sending never waits. What does not fit into the channel goes to the backlog, where progress is
//! coalesced and changes are only ever joined, never lost. A courier task moves the backlog on as
//! soon as the window has taken something. The window's side takes no lock that a worker holds.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;

use super::event::{Event, Trouble, UploadsEvent};
use super::runtime::lock;
use crate::model::Change;

/// Events that the channel itself holds.
const CAPACITY: usize = 256;
/// A batch of changes for the window grows no further than this.
const BATCH: usize = 4096;
/// Pictures of files on their way that wait for the window, 400 kB each.
const TILES: usize = 64;
/// Above so many waiting changes, readers of whole histories hold back a little.
const CROWDED: usize = 8 * BATCH;

struct Inner {
    out: SyncSender<Event>,
    backlog: Mutex<VecDeque<Event>>,
    /// Changes that the window has not taken yet.
    waiting: AtomicUsize,
    /// Events in the backlog, to know without its lock whether the courier has work.
    left: AtomicUsize,
    taken: Notify,
    room: Notify,
    wake: Arc<dyn Fn() + Send + Sync>,
}

/// The sending end. Without a window behind it, it swallows everything.
#[derive(Clone)]
pub(crate) struct Bus(Option<Arc<Inner>>);

/// The window's end.
pub(crate) struct Inbox {
    events: Receiver<Event>,
    inner: Arc<Inner>,
}

/// A bus and its inbox.
pub(crate) fn bus(wake: Arc<dyn Fn() + Send + Sync>) -> (Bus, Inbox) {
    let (out, events) = sync_channel(CAPACITY);
    let inner = Arc::new(Inner {
        out,
        backlog: Mutex::default(),
        waiting: AtomicUsize::new(0),
        left: AtomicUsize::new(0),
        taken: Notify::new(),
        room: Notify::new(),
        wake,
    });
    (Bus(Some(inner.clone())), Inbox { events, inner })
}

impl Bus {
    /// A bus that leads nowhere.
    pub(crate) const fn silent() -> Self {
        Self(None)
    }

    /// Queues an event and wakes the window, with no lock held.
    pub(crate) fn send(&self, event: Event) {
        let Some(inner) = &self.0 else { return };
        if let Event::Changed(changes) = &event {
            inner.waiting.fetch_add(changes.len(), Ordering::Relaxed);
        }
        {
            let mut backlog = lock(&inner.backlog);
            coalesce(&mut backlog, event);
            inner.flush(&mut backlog);
        }
        (inner.wake)();
    }

    /// Queues changes, in batches that a frame can digest.
    pub(crate) fn changed(&self, mut changes: Vec<Change>) {
        while changes.len() > BATCH {
            let rest = changes.split_off(BATCH);
            self.send(Event::Changed(std::mem::replace(&mut changes, rest)));
        }
        if !changes.is_empty() {
            self.send(Event::Changed(changes));
        }
    }

    pub(crate) fn trouble(&self, trouble: Trouble) {
        self.send(Event::Trouble(trouble));
    }

    /// Waits until the window has caught up with the changes a little; but not for ever, a window
    /// may be asleep.
    pub(crate) async fn room(&self) {
        let Some(inner) = &self.0 else { return };
        let caught_up = async {
            while inner.waiting.load(Ordering::Relaxed) > CROWDED {
                let room = inner.room.notified();
                if inner.waiting.load(Ordering::Relaxed) > CROWDED {
                    room.await;
                }
            }
        };
        drop(tokio::time::timeout(Duration::from_secs(1), caught_up).await);
    }

    /// Moves the backlog on whenever the window has taken something. Runs for ever.
    pub(crate) async fn courier(self) {
        let Some(inner) = &self.0 else { return };
        loop {
            inner.taken.notified().await;
            {
                let mut backlog = lock(&inner.backlog);
                inner.flush(&mut backlog);
            }
            (inner.wake)();
        }
    }
}

impl Inner {
    fn flush(&self, backlog: &mut VecDeque<Event>) {
        while let Some(event) = backlog.pop_front() {
            match self.out.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => {
                    backlog.push_front(event);
                    break;
                }
                Err(TrySendError::Disconnected(_)) => {
                    backlog.clear();
                    break;
                }
            }
        }
        self.left.store(backlog.len(), Ordering::Release);
    }
}

impl Inbox {
    /// The next event, if any; never blocks.
    pub(crate) fn poll(&self) -> Option<Event> {
        let event = self.events.try_recv().ok();
        if let Some(Event::Changed(changes)) = &event {
            self.inner.waiting.fetch_sub(changes.len(), Ordering::Relaxed);
            self.inner.room.notify_one();
        }
        if event.is_some() && self.inner.left.load(Ordering::Acquire) > 0 {
            self.inner.taken.notify_one();
        }
        event
    }
}

/// Appends `event`; an older one that says the same thing, outdated, makes room. Changes join the
/// batch before them if nothing stands between.
fn coalesce(backlog: &mut VecDeque<Event>, event: Event) {
    if let Some(last) = backlog.back_mut() {
        match (last, &event) {
            (Event::Changed(before), Event::Changed(more))
                if before.len() + more.len() <= BATCH =>
            {
                if let Event::Changed(more) = event {
                    before.extend(more);
                }
                return;
            }
            (
                Event::Uploads(UploadsEvent::Changed(before)),
                Event::Uploads(UploadsEvent::Changed(_)),
            ) => {
                if let Event::Uploads(UploadsEvent::Changed(more)) = event {
                    before.retain(|old| more.iter().all(|new| new.id != old.id));
                    before.extend(more);
                }
                return;
            }
            _ => {}
        }
    }
    backlog.retain(|old| !outdates(&event, old));
    if is_tile(&event) && backlog.iter().filter(|old| is_tile(old)).count() >= TILES {
        // A window that is asleep looks at the newest when it wakes; all of them together would
        // fill the memory.
        if let Some(oldest) = backlog.iter().position(is_tile) {
            backlog.remove(oldest);
        }
    }
    backlog.push_back(event);
}

fn is_tile(event: &Event) -> bool {
    matches!(event, Event::Uploads(UploadsEvent::Thumbnail { .. }))
}

/// Whether `new` makes `old` worthless.
fn outdates(new: &Event, old: &Event) -> bool {
    match (new, old) {
        (Event::Account(_), Event::Account(_))
        | (Event::Connection(_), Event::Connection(_))
        | (Event::Sync(_), Event::Sync(_))
        | (Event::Uploads(UploadsEvent::Totals(_)), Event::Uploads(UploadsEvent::Totals(_))) => {
            true
        }
        (Event::Picture(new), Event::Picture(old)) => {
            old.progress.is_some() && (new.photo, new.rendition) == (old.photo, old.rendition)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::SyncProgress;
    use crate::model::AlbumId;

    fn gone(id: i64) -> Vec<Change> {
        vec![Change::AlbumGone(AlbumId(id))]
    }

    #[test]
    fn a_window_that_sleeps_loses_no_change_and_reads_only_the_last_progress() {
        let (bus, inbox) = bus(Arc::new(|| {}));
        let count = 3 * CAPACITY;
        for id in 0..count {
            bus.send(Event::Changed(gone(i64::try_from(id).unwrap())));
            bus.send(Event::Sync(Some(SyncProgress { known: id, total: count })));
        }
        bus.send(Event::Sync(None));
        let (mut seen, mut last) = (Vec::new(), None);
        loop {
            let Some(event) = inbox.poll() else {
                // What the courier does.
                let inner = bus.0.as_ref().unwrap();
                let mut backlog = lock(&inner.backlog);
                if backlog.is_empty() {
                    break;
                }
                inner.flush(&mut backlog);
                continue;
            };
            match event {
                Event::Changed(changes) => seen.extend(changes),
                Event::Sync(progress) => last = Some(progress),
                other => panic!("unexpected {other:?}"),
            }
        }
        let all: Vec<Change> = (0..count).flat_map(|id| gone(i64::try_from(id).unwrap())).collect();
        assert_eq!(seen, all);
        assert_eq!(last, Some(None));
        assert_eq!(bus.0.as_ref().unwrap().waiting.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_window_that_sleeps_is_not_buried_in_pictures() {
        use crate::model::{Bitmap, PixelSize, UploadId};
        let (bus, inbox) = bus(Arc::new(|| {}));
        let bitmap = Arc::new(Bitmap::new(PixelSize::new(1, 1), vec![0; 4]).unwrap());
        let count = 1000;
        for id in 1..=count {
            let (upload, bitmap) = (UploadId(id), bitmap.clone());
            bus.send(Event::Uploads(UploadsEvent::Thumbnail { upload, bitmap }));
        }
        let waiting = lock(&bus.0.as_ref().unwrap().backlog);
        assert_eq!(waiting.len(), TILES);
        let newest = UploadId(count);
        assert!(matches!(
            waiting.back(),
            Some(Event::Uploads(UploadsEvent::Thumbnail { upload, .. })) if *upload == newest
        ));
        drop(waiting);
        assert!(inbox.poll().is_some());
    }
}
