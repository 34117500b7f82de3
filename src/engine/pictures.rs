//! Turns the newest wish list into pictures: begins, cancels, delivers, remembers failures.
//!
//! One task on the network workers. What is on the disk is made by jobs of the pool (see `pump`),
//! anything else by a task a picture (see `load`); what to begin is decided by a pure function
//! (see `reconcile`).

mod copies;
mod gate;
mod letter;
mod load;
mod local;
mod pace;
mod pump;
mod reconcile;
mod stream;
#[cfg(test)]
mod tests;
mod upright;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};

pub(crate) use self::gate::Gate;
pub(crate) use self::load::{Outcome, load};
use self::pump::Pump;
use self::reconcile::{Flying, InFlight, Settled, Slots, reconcile};
pub(crate) use self::reconcile::{Key, Lane};
use self::stream::Standing;
pub(crate) use self::upright::note as note_held;
use super::core::Core;
use super::event::{Event, Picture};
use super::{Want, WantList};
use crate::model::{PhotoId, PixelSize, Rendition};
use crate::telegram::Connection;

/// Failures that are remembered; beyond that all are forgotten, which only costs another try.
const FAILURES: usize = 20_000;

/// Wants that are handed to each thread of the pool at a time: enough to hear of the results in
/// bulk, few enough to be done before the next screen is of interest.
const LOCAL: usize = 32;

/// Thumbnails on their way from Telegram: on a long line so many come a round trip. What the
/// connections for them carry at once, and a few that are being read or decoded.
const SMALL: usize = 40;

/// Originals on their way: each begins when all of the one before is asked for.
const WHOLE: usize = 3;

/// How often connections for originals are asked for, while pictures are looked at.
const EXPECT_EVERY: Duration = Duration::from_secs(20);

struct Job {
    fit: PixelSize,
    lane: Lane,
    /// `None`: the pump has it.
    abort: Option<AbortHandle>,
    standing: Arc<Standing>,
    serial: u64,
}

impl Flying for Job {
    fn in_flight(&self) -> InFlight {
        InFlight { fit: self.fit, lane: self.lane, far: self.standing.far() }
    }
}

struct Pictures {
    core: Core,
    pump: Pump,
    tasks: JoinSet<(Key, u64, Want, Outcome)>,
    jobs: HashMap<Key, Job>,
    /// What the newest list wants.
    wanted: HashSet<Key>,
    settled: HashMap<Key, Settled>,
    slots: Slots,
    serial: u64,
    /// The photo that is looked at by itself.
    first: Option<PhotoId>,
    /// When connections for originals were last asked for.
    expected: Option<Instant>,
    /// An original is farther than it was.
    farther: Arc<Notify>,
}

/// Serves wishes for as long as it is polled.
pub(crate) async fn serve(
    core: Core,
    mut wants: watch::Receiver<WantList>,
    mut retries: mpsc::Receiver<Key>,
) {
    // By the time the first photos are known, these are there too.
    core.telegram.expect_thumbnails();
    let cores = core.pool.threads();
    let mut connection = core.telegram.connection();
    let mut pictures = Pictures {
        pump: Pump::new(core.ground().clone()),
        core,
        tasks: JoinSet::new(),
        jobs: HashMap::new(),
        wanted: HashSet::new(),
        settled: HashMap::new(),
        slots: Slots { local: cores * LOCAL, small: SMALL, whole: WHOLE },
        serial: 0,
        first: None,
        expected: None,
        farther: Arc::default(),
    };
    let farther = pictures.farther.clone();
    let mut newest = wants.borrow_and_update().clone();
    pictures.wish(&newest.wants);
    loop {
        pictures.reconcile(&newest.wants);
        tokio::select! {
            changed = wants.changed() => {
                if changed.is_err() {
                    return;
                }
                newest = wants.borrow_and_update().clone();
                pictures.collect();
                pictures.wish(&newest.wants);
            }
            () = pictures.pump.told() => pictures.collect(),
            () = farther.notified() => {}
            Some(done) = pictures.tasks.join_next(), if !pictures.tasks.is_empty() => {
                // An aborted task is one that nobody wants any more.
                if let Ok((key, serial, want, outcome)) = done {
                    pictures.done(key, serial, want, outcome);
                }
                // They come in bursts, and what to begin next is looked for once.
                while let Some(Ok((key, serial, want, outcome))) = pictures.tasks.try_join_next() {
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
    /// There is a new list.
    fn wish(&mut self, wants: &[Want]) {
        self.expect_views(wants);
        self.wanted.clear();
        self.wanted.extend(wants.iter().map(|want| (want.photo, want.rendition)));
        let single = |want: &&Want| want.rendition >= Rendition::Screen;
        self.first = wants.iter().find(single).map(|want| want.photo);
        for (key, job) in &self.jobs {
            job.standing.set_first(self.first == Some(key.0));
        }
        let wanted = &self.wanted;
        // What is no longer wanted is no longer on the screen: it is to be delivered anew.
        self.settled.retain(|key, settled| {
            matches!(settled, Settled::Failed { .. }) || wanted.contains(key)
        });
        if self.settled.len() > FAILURES + wants.len() {
            self.settled.retain(|_, settled| !matches!(settled, Settled::Failed { .. }));
        }
    }

    /// Where pictures are looked at, one of them may be opened at any moment.
    fn expect_views(&mut self, wants: &[Want]) {
        let is_due = self.expected.is_none_or(|then| then.elapsed() > EXPECT_EVERY);
        if !wants.is_empty() && is_due {
            self.expected = Some(Instant::now());
            self.core.telegram.expect_views();
        }
    }

    /// Begins what there is room for, gives up what nobody wants.
    fn reconcile(&mut self, wants: &[Want]) {
        let plan = reconcile(&self.jobs, &self.settled, wants, &self.wanted, self.slots);
        for key in plan.cancel {
            match self.jobs.remove(&key) {
                Some(Job { abort: Some(abort), .. }) => abort.abort(),
                Some(Job { serial, .. }) => self.pump.cancel(serial),
                None => {}
            }
        }
        for (want, lane) in plan.begin {
            self.begin(want, lane);
        }
        self.pump.start();
    }

    fn begin(&mut self, want: Want, lane: Lane) {
        let key = (want.photo, want.rendition);
        self.serial += 1;
        let (core, serial) = (self.core.clone(), self.serial);
        let standing = Standing::new(self.farther.clone());
        standing.set_first(self.first == Some(want.photo));
        let abort = if lane == Lane::Local {
            self.pump.queue(want, serial);
            None
        } else {
            let thumbnail = (lane == Lane::Small).then(|| core.thumbnails.begin());
            let (work, standing) = ((core.busy.begin(), thumbnail), standing.clone());
            Some(self.tasks.spawn(async move {
                let outcome = tokio::select! {
                    outcome = load(&core, want, lane) => outcome,
                    never = stream::tell(&core, want, lane, &standing) => match never {},
                };
                drop(work);
                (key, serial, want, outcome)
            }))
        };
        self.jobs.insert(key, Job { fit: want.fit, lane, abort, standing, serial });
    }

    /// Hears what the pump has done.
    fn collect(&mut self) {
        for done in self.pump.take() {
            self.done((done.want.photo, done.want.rendition), done.serial, done.want, done.outcome);
        }
    }

    fn done(&mut self, key: Key, serial: u64, want: Want, outcome: Outcome) {
        if self.jobs.get(&key).is_none_or(|job| job.serial != serial) {
            return;
        }
        let delivered = self.jobs.remove(&key).is_some_and(|job| job.abort.is_none());
        if !self.wanted.contains(&key) {
            // Scrolled past: it is stored, and is delivered when it is wanted again.
            return;
        }
        let (settled, answer) = match outcome {
            Outcome::Ready(shown) => {
                let settled = Settled::Delivered { fit: want.fit, all: shown.all };
                (settled, Some(shown.answer(want)).filter(|_| !delivered))
            }
            Outcome::Nothing => (Settled::Delivered { fit: want.fit, all: true }, None),
            Outcome::Missed(lane) => (Settled::Missed(lane), None),
            // A tile waits for the line with its placeholder; that there is none is said once,
            // and elsewhere.
            Outcome::Failed { offline: true, .. } if want.rendition <= Rendition::Thumbnail => {
                (Settled::Failed { offline: true }, None)
            }
            Outcome::Failed { trouble, offline } => {
                let picture = Picture::new(want.photo, want.rendition, Err(trouble));
                (Settled::Failed { offline }, Some(picture))
            }
        };
        self.settled.insert(key, settled);
        if let Some(picture) = answer {
            self.core.bus.send(Event::Picture(picture));
        }
    }
}
