//! How far all is that somebody waits for to save, copy or hand over, told as one; and stopping it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::engine::bus::Bus;
use crate::engine::event::{Event, Fetching, PhotoEvent, Progress};
use crate::engine::runtime::lock;
use crate::model::Photo;

/// The least time between two words about it.
const TELL_EVERY: Duration = Duration::from_millis(100);

#[derive(Default)]
struct Sum {
    /// Requests under way; with none of them all else is naught.
    running: usize,
    photos: usize,
    done: usize,
    bytes: u64,
    total: u64,
    begun: Option<Instant>,
    told: Option<Instant>,
}

struct Inner {
    sum: Mutex<Sum>,
    bus: Bus,
    stops: watch::Sender<()>,
}

/// The sum. Cheap to clone.
#[derive(Clone)]
pub(super) struct Fetches(Arc<Inner>);

/// One request's part in the sum; over when it is dropped.
pub(super) struct Share(Fetches);

/// Tells when to stop.
pub(super) struct Stopped(watch::Receiver<()>);

impl Fetches {
    pub(super) fn new(bus: Bus) -> Self {
        let (stops, _) = watch::channel(());
        Self(Arc::new(Inner { sum: Mutex::default(), bus, stops }))
    }

    /// A request for these photos begins.
    pub(super) fn begin<'a>(&self, photos: impl IntoIterator<Item = &'a Photo>) -> Share {
        let mut sum = lock(&self.0.sum);
        sum.running += 1;
        sum.begun.get_or_insert_with(Instant::now);
        for photo in photos {
            sum.photos += 1;
            sum.total += photo.bytes;
        }
        drop(sum);
        self.tell(true);
        Share(self.clone())
    }

    /// Hears of every stop from now on.
    pub(super) fn stopped(&self) -> Stopped {
        Stopped(self.0.stops.subscribe())
    }

    /// Stops all that can hear of it.
    pub(super) fn stop(&self) {
        self.0.stops.send_replace(());
    }

    fn tell(&self, at_once: bool) {
        let mut sum = lock(&self.0.sum);
        if !at_once && sum.told.is_some_and(|told| told.elapsed() < TELL_EVERY) {
            return;
        }
        sum.told = Some(Instant::now());
        let seconds = sum.begun.map_or(0.0, |begun| begun.elapsed().as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "a speed for people")]
        let bytes_per_second = sum.bytes as f64 / seconds.max(0.001);
        let bytes = sum.bytes.min(sum.total);
        let fetching = (sum.running > 0).then_some(Fetching {
            photos: sum.photos,
            done: sum.done,
            progress: Progress { bytes, total: sum.total, bytes_per_second },
        });
        drop(sum);
        self.0.bus.send(Event::Photo(PhotoEvent::Fetching(fetching)));
    }
}

impl Share {
    /// So many bytes have come.
    pub(super) fn came(&self, bytes: u64) {
        lock(&self.0.0.sum).bytes += bytes;
        self.0.tell(false);
    }

    /// One photo is over, well or not.
    pub(super) fn done(&self) {
        lock(&self.0.0.sum).done += 1;
        self.0.tell(false);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut sum = lock(&self.0.0.sum);
        sum.running -= 1;
        if sum.running == 0 {
            *sum = Sum::default();
        }
        drop(sum);
        self.0.tell(true);
    }
}

impl Stopped {
    /// Comes back when it is to stop.
    pub(super) async fn stopped(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
