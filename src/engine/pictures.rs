//! Turns the newest wish list into pictures: begins, cancels, delivers, remembers failures.
//!
//! One task on the network workers; each picture is a task of its own (see `load`), and what to
//! begin is decided by a pure function (see `reconcile`).

mod letter;
mod load;
mod reconcile;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

pub(crate) use self::load::{Outcome, load};
use self::reconcile::{InFlight, Settled, Slots, reconcile};
pub(crate) use self::reconcile::{Key, Lane};
use super::core::Core;
use super::event::{Event, Picture, Trouble};
use super::originals::{self, Original};
use super::{Want, WantList};
use crate::model::{Bitmap, MediaKind, Rendition};
use crate::telegram::Connection;

/// Failures that are remembered; beyond that all are forgotten, which only costs another try.
const FAILURES: usize = 20_000;

/// Thumbnails on their way from Telegram: on a long line so many come a round trip.
const SMALL: usize = 24;

struct Job {
    flight: InFlight,
    abort: AbortHandle,
    serial: u64,
}

struct Pictures {
    core: Core,
    tasks: JoinSet<(Key, u64, Want, Outcome)>,
    jobs: HashMap<Key, Job>,
    /// What the newest list wants.
    wanted: HashSet<Key>,
    settled: HashMap<Key, Settled>,
    slots: Slots,
    serial: u64,
}

/// Serves wishes for as long as it is polled.
pub(crate) async fn serve(
    core: Core,
    mut wants: watch::Receiver<WantList>,
    mut retries: mpsc::Receiver<Key>,
) {
    let cores = core.pool.threads();
    let mut connection = core.telegram.connection();
    let mut pictures = Pictures {
        core,
        tasks: JoinSet::new(),
        jobs: HashMap::new(),
        wanted: HashSet::new(),
        settled: HashMap::new(),
        slots: Slots { local: cores * 2, small: SMALL, whole: 2 },
        serial: 0,
    };
    let mut newest = wants.borrow_and_update().clone();
    loop {
        pictures.reconcile(&newest.wants);
        tokio::select! {
            changed = wants.changed() => {
                if changed.is_err() {
                    return;
                }
                newest = wants.borrow_and_update().clone();
            }
            Some(done) = pictures.tasks.join_next(), if !pictures.tasks.is_empty() => {
                // An aborted task is one that nobody wants any more.
                if let Ok((key, serial, want, outcome)) = done {
                    pictures.done(key, serial, want, outcome);
                }
            }
            Some(key) = retries.recv() => drop(pictures.settled.remove(&key)),
            changed = connection.changed() => {
                if changed.is_err() {
                    return;
                }
                if *connection.borrow_and_update() == Connection::Online {
                    pictures
                        .settled
                        .retain(|_, settled| *settled != Settled::Failed { offline: true });
                }
            }
        }
    }
}

impl Pictures {
    fn reconcile(&mut self, wants: &[Want]) {
        self.wanted.clear();
        self.wanted.extend(wants.iter().map(|want| (want.photo, want.rendition)));
        let wanted = &self.wanted;
        // What is no longer wanted is no longer on the screen: it is to be delivered anew.
        self.settled.retain(|key, settled| {
            matches!(settled, Settled::Failed { .. }) || wanted.contains(key)
        });
        if self.settled.len() > FAILURES + wants.len() {
            self.settled.retain(|_, settled| !matches!(settled, Settled::Failed { .. }));
        }
        let in_flight = self.jobs.iter().map(|(key, job)| (*key, job.flight)).collect();
        let plan = reconcile(&in_flight, &self.settled, wants, self.slots);
        for key in plan.cancel {
            if let Some(job) = self.jobs.remove(&key) {
                job.abort.abort();
            }
        }
        for (want, lane) in plan.begin {
            self.begin(want, lane);
        }
    }

    fn begin(&mut self, want: Want, lane: Lane) {
        let key = (want.photo, want.rendition);
        self.serial += 1;
        let (core, serial) = (self.core.clone(), self.serial);
        let work = (lane != Lane::Local).then(|| core.busy.begin());
        let abort = self.tasks.spawn(async move {
            let outcome = tokio::select! {
                outcome = load(&core, want, lane) => outcome,
                () = tell_progress(&core, want, lane) => {
                    Outcome::Failed { trouble: Trouble::plain("Stopped"), offline: true }
                }
            };
            drop(work);
            (key, serial, want, outcome)
        });
        self.jobs.insert(key, Job { flight: InFlight { fit: want.fit, lane }, abort, serial });
    }

    fn done(&mut self, key: Key, serial: u64, want: Want, outcome: Outcome) {
        if self.jobs.get(&key).is_none_or(|job| job.serial != serial) {
            return;
        }
        self.jobs.remove(&key);
        if !self.wanted.contains(&key) {
            // Scrolled past: it is stored, and is delivered when it is wanted again.
            return;
        }
        let (settled, content) = match outcome {
            Outcome::Ready { bitmap, all } => {
                (Settled::Delivered { fit: want.fit, all }, Some(Ok(bitmap)))
            }
            Outcome::Missed(lane) => (Settled::Missed(lane), None),
            Outcome::Failed { trouble, offline } => {
                (Settled::Failed { offline }, Some(Err(trouble)))
            }
        };
        self.settled.insert(key, settled);
        if let Some(content) = content {
            deliver(&self.core, want, content, None);
        }
    }
}

fn deliver(
    core: &Core,
    want: Want,
    content: Result<Arc<Bitmap>, Trouble>,
    progress: Option<super::Progress>,
) {
    let Want { photo, rendition, .. } = want;
    core.bus.send(Event::Picture(Picture { photo, rendition, content, progress }));
}

/// Tells how an original comes along, over the best picture at hand. Never returns.
async fn tell_progress(core: &Core, want: Want, lane: Lane) {
    if lane == Lane::Whole
        && matches!(want.rendition, Rendition::Screen | Rendition::Original)
        && let Ok(photo) = core.photo(want.photo).await
        && photo.kind == MediaKind::Image
        && let Some(bitmap) = load::at_hand(core, want.photo, want.fit).await
    {
        // Taking part keeps the download alive, whoever of us two came first.
        let Original { task: _keep, mut progress } = originals::original(core, &photo);
        let mut beat = interval(Duration::from_millis(100));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while progress.changed().await.is_ok() {
            beat.tick().await;
            let now = *progress.borrow_and_update();
            deliver(core, want, Ok(bitmap.clone()), Some(now));
        }
    }
    std::future::pending::<()>().await;
}
