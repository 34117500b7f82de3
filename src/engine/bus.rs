//! The way from the engine to the window: a bounded channel with a backlog before it.
//!
//! Sending never waits. What does not fit into the channel goes to the backlog, where progress is
//! coalesced and news of the library are joined into the latest. A courier task moves the backlog on as
//! soon as the window has taken something. The window's side takes no lock that a worker holds.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::event::{Event, PhotoEvent, Trouble, UploadsEvent, VerifyEvent, VerifyOutcome};
use super::runtime::lock;

/// Events that the channel itself holds.
const CAPACITY: usize = 256;
/// News of the library that the channel itself holds: each keeps what was replaced since alive.
const NEWS: usize = 4;
/// Pictures of files on their way that wait for the window, 400 kB each.
const TILES: usize = 64;

struct Inner {
    out: SyncSender<Event>,
    backlog: Mutex<VecDeque<Event>>,
    /// News in the channel.
    news: AtomicUsize,
    /// Events in the backlog, to know without its lock whether the courier has work.
    left: AtomicUsize,
    taken: Notify,
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
        news: AtomicUsize::new(0),
        left: AtomicUsize::new(0),
        taken: Notify::new(),
        wake,
    });
    (Bus(Some(inner.clone())), Inbox { events, inner })
}

impl Bus {
    /// A bus that leads nowhere.
    pub(crate) const fn silent() -> Self {
        Self(None)
    }

    /// Whether anybody looks.
    pub(crate) const fn has_window(&self) -> bool {
        self.0.is_some()
    }

    /// Queues an event and wakes the window, with no lock held.
    pub(crate) fn send(&self, event: Event) {
        let Some(inner) = &self.0 else { return };
        {
            let mut backlog = lock(&inner.backlog);
            coalesce(&mut backlog, event);
            inner.flush(&mut backlog);
        }
        (inner.wake)();
    }

    /// Wakes the window without telling it anything.
    pub(crate) fn wake(&self) {
        if let Some(inner) = &self.0 {
            (inner.wake)();
        }
    }

    pub(crate) fn trouble(&self, trouble: Trouble) {
        self.send(Event::Trouble(trouble));
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
            let is_news = matches!(event, Event::Changed(_));
            if is_news && self.news.load(Ordering::Acquire) >= NEWS {
                backlog.push_front(event);
                break;
            }
            // Before it is there: the window may take it at once.
            self.news.fetch_add(usize::from(is_news), Ordering::AcqRel);
            match self.out.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => {
                    self.news.fetch_sub(usize::from(is_news), Ordering::AcqRel);
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
        if let Some(Event::Changed(_)) = &event {
            self.inner.news.fetch_sub(1, Ordering::AcqRel);
        }
        // Even with nothing taken: the channel may have been emptied just before it was known that
        // something is left, and nothing but the wake that follows then brings the courier.
        if self.inner.left.load(Ordering::Acquire) > 0 {
            self.inner.taken.notify_one();
        }
        event
    }
}

/// Appends `event`; an older one that says the same thing, outdated, makes room. News of uploads take
/// those along that wait already. News of the library join those that wait in their place: what else
/// was told since, a deletion or a finished upload, relies on what was told before it.
fn coalesce(backlog: &mut VecDeque<Event>, mut event: Event) {
    let before = backlog.iter().rposition(|old| joins(old, &event));
    let barred = |at: usize| backlog.iter().skip(at + 1).any(|between| bars(between, &event));
    if let Some(at) = before.filter(|at| !barred(*at)) {
        if let (Some(Event::Changed(before)), Event::Changed(news)) =
            (backlog.get_mut(at), &mut event)
        {
            before.library = news.library.clone();
            before.touched.merge(std::mem::take(&mut news.touched));
            return;
        }
        if let (
            Some(Event::Uploads(UploadsEvent::Changed(mut before))),
            Event::Uploads(UploadsEvent::Changed(news)),
        ) = (backlog.remove(at), &mut event)
        {
            before.retain(|old| news.iter().all(|new| new.id != old.id));
            before.append(news);
            *news = before;
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

/// Whether the two can be told as one.
const fn joins(old: &Event, new: &Event) -> bool {
    matches!(
        (old, new),
        (Event::Changed(_), Event::Changed(_))
            | (Event::Uploads(UploadsEvent::Changed(_)), Event::Uploads(UploadsEvent::Changed(_)))
    )
}

/// Whether what was said before must stay before it: another account, the end of an upload.
const fn bars(between: &Event, new: &Event) -> bool {
    match between {
        Event::Account(_) => true,
        Event::Uploads(UploadsEvent::Removed(_)) => matches!(new, Event::Uploads(_)),
        _ => false,
    }
}

/// Whether `new` makes `old` worthless.
fn outdates(new: &Event, old: &Event) -> bool {
    match (new, old) {
        (Event::Account(_), Event::Account(_))
        | (Event::Connection(_), Event::Connection(_))
        | (Event::Sync(_), Event::Sync(_))
        | (Event::Dates(_), Event::Dates(_))
        | (Event::Photo(PhotoEvent::Fetching(_)), Event::Photo(PhotoEvent::Fetching(_)))
        | (Event::Uploads(UploadsEvent::Totals(_)), Event::Uploads(UploadsEvent::Totals(_))) => {
            true
        }
        (Event::Verify(new), Event::Verify(VerifyEvent::Progress { album: old, .. })) => {
            let (VerifyEvent::Progress { album, .. }
            | VerifyEvent::Over(VerifyOutcome { album, .. })) = new;
            album == old
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
    use crate::engine::{News, SyncProgress};
    use crate::model::{Album, AlbumId, Change, Library, MessageId, PhotoId, Touched};

    fn told(library: &Library, touched: Touched) -> Event {
        Event::Changed(News { library: library.clone(), touched })
    }

    /// What the window takes, with the courier's work in between.
    fn drain(bus: &Bus, inbox: &Inbox) -> Vec<Event> {
        let (inner, mut seen) = (bus.0.as_ref().unwrap(), Vec::new());
        loop {
            seen.extend(std::iter::from_fn(|| inbox.poll()));
            let mut backlog = lock(&inner.backlog);
            if backlog.is_empty() {
                return seen;
            }
            inner.flush(&mut backlog);
        }
    }

    #[test]
    fn a_window_that_sleeps_misses_no_photo_and_reads_only_the_last_progress() {
        let (bus, inbox) = bus(Arc::new(|| {}));
        let (count, mut library) = (3 * CAPACITY, Library::new());
        let photo =
            |n: usize| PhotoId { album: AlbumId(1), message: MessageId(i32::try_from(n).unwrap()) };
        for n in 0..count {
            let title = format!("after {n}");
            let album = Album { id: AlbumId(1), access_hash: 0, title, created: 0 };
            library.apply(&Change::Album(album));
            bus.send(told(&library, Touched::Photos(vec![photo(n)])));
            bus.send(Event::Sync(Some(SyncProgress { known: n, total: count })));
        }
        bus.send(Event::Sync(None));
        assert!(lock(&bus.0.as_ref().unwrap().backlog).len() <= 2, "they are joined");
        let (mut seen, mut last, mut news) = (Vec::new(), None, Library::new());
        for event in drain(&bus, &inbox) {
            match event {
                Event::Changed(News { library, touched: Touched::Photos(ids) }) => {
                    seen.extend(ids);
                    news = library;
                }
                Event::Sync(progress) => last = Some(progress),
                other => panic!("unexpected {other:?}"),
            }
        }
        assert_eq!(seen, (0..count).map(photo).collect::<Vec<_>>());
        assert_eq!(news, library);
        assert_eq!(last, Some(None));
        assert_eq!(bus.0.as_ref().unwrap().news.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn news_of_another_account_do_not_overtake_it() {
        use crate::engine::AccountState;
        let (bus, inbox) = bus(Arc::new(|| {}));
        for _ in 0..=NEWS {
            bus.send(told(&Library::new(), Touched::Everything));
        }
        bus.send(Event::Account(AccountState::Starting));
        bus.send(told(&Library::new(), Touched::Everything));
        let seen = drain(&bus, &inbox);
        let account = seen.iter().position(|event| matches!(event, Event::Account(_)));
        assert_eq!(account, Some(seen.len() - 2), "{seen:?}");
    }

    #[test]
    fn news_stay_before_what_was_told_after_them() {
        let (bus, inbox) = bus(Arc::new(|| {}));
        let photo = |n| PhotoId { album: AlbumId(1), message: MessageId(n) };
        let news = |n| told(&Library::new(), Touched::Photos(vec![photo(n)]));
        for _ in 0..NEWS {
            bus.send(told(&Library::new(), Touched::Everything));
        }
        bus.send(news(1));
        bus.send(Event::Deleted { photos: vec![photo(1)], deleted: 1 });
        bus.send(news(2));
        let seen = drain(&bus, &inbox);
        let [.., Event::Changed(News { touched, .. }), Event::Deleted { .. }] = seen.as_slice()
        else {
            panic!("in another order: {seen:?}");
        };
        assert_eq!(*touched, Touched::Photos(vec![photo(1), photo(2)]));
    }

    #[test]
    fn what_is_left_is_asked_for_though_the_channel_is_empty() {
        use std::future::Future;
        use std::pin::pin;
        use std::task::{Context, Waker};
        let (bus, inbox) = bus(Arc::new(|| {}));
        let inner = bus.0.as_ref().unwrap();
        for _ in 0..=NEWS {
            bus.send(told(&Library::new(), Touched::Everything));
        }
        // The window empties the channel before it can know that something is left.
        inner.left.store(0, Ordering::Release);
        assert_eq!(std::iter::from_fn(|| inbox.poll()).count(), NEWS);
        let mut taken = pin!(inner.taken.notified());
        let mut context = Context::from_waker(Waker::noop());
        assert!(taken.as_mut().poll(&mut context).is_pending());
        inner.left.store(1, Ordering::Release);
        assert!(inbox.poll().is_none());
        assert!(taken.as_mut().poll(&mut context).is_ready(), "the courier was not told");
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
