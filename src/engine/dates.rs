//! Reads capture dates in the background, from the heads of originals that somebody else sent.
//!
//! One task on the network workers. Whether it may read now is decided by `policy`, what comes
//! next by `queue`, and one photo is read by `read`. What is learnt goes the road of all that is
//! learnt about photos; a photo whose head was read is marked, so that after a restart only the
//! others are read. One whose reading was broken off is not.

mod policy;
mod queue;
mod read;

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use self::policy::{Budget, Circumstances, Verdict, judge};
use self::queue::Queue;
use self::read::{Learnt, read};
use super::WantList;
use super::core::Core;
use super::event::Event;
use super::fetch::FetchError;
use crate::model::PhotoId;
use crate::platform::network::{Metered, metered};
use crate::telegram::{Connection, Wait};

/// How often it is asked whether the line is metered, and how long the answer may take.
const ASK_EVERY: Duration = Duration::from_mins(1);
const ASK_WITHIN: Duration = Duration::from_secs(5);
/// How long nothing else may have been under way: pictures come in bursts.
const QUIET: Duration = Duration::from_millis(300);
/// How often it is looked whether there is something new to read when all is read.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// What nobody looks at comes no faster than this: a hundred thousand in an hour and a half.
const PACE: Duration = Duration::from_millis(50);
/// How often it is told how many are left.
const TELL_EVERY: Duration = Duration::from_millis(500);
/// The method that all of it needs.
const METHOD: &str = "upload.getFile";

/// Reads for as long as it is polled.
pub(crate) async fn serve(core: Core, wants: watch::Receiver<WantList>) {
    // Nothing that was told before holds any more.
    core.bus.send(Event::Dates(0));
    let chosen = core.config.settings.dates.clone();
    if !chosen.read_heads {
        return;
    }
    let reader = Reader {
        wants,
        connection: core.telegram.connection(),
        waits: core.telegram.waits(),
        busy: core.busy.watch(),
        quiet_since: Instant::now(),
        next_at: Instant::now(),
        told: (0, Instant::now()),
        metered: ask_whether_metered().await,
        budget: Budget::new(chosen.cap_megabytes << 20, Instant::now()),
        queue: Queue::default(),
        tasks: JoinSet::new(),
        under_way: HashMap::new(),
        core,
    };
    reader.serve().await;
}

/// How beginning what may begin ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Acted {
    /// As many are under way as may be.
    Full,
    /// The next one's moment has not come yet.
    Paced,
    /// There is nothing to begin.
    Idle,
}

struct Reader {
    core: Core,
    wants: watch::Receiver<WantList>,
    connection: watch::Receiver<Connection>,
    waits: watch::Receiver<Vec<Wait>>,
    busy: watch::Receiver<usize>,
    /// Since when nothing else is under way.
    quiet_since: Instant,
    /// When the next that nobody looks at may be begun.
    next_at: Instant,
    /// What was told of how many are left, and when.
    told: (usize, Instant),
    metered: Metered,
    budget: Budget,
    queue: Queue,
    tasks: JoinSet<(PhotoId, Result<Learnt, FetchError>)>,
    under_way: HashMap<PhotoId, AbortHandle>,
}

impl Reader {
    async fn serve(mut self) {
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ask = interval(ASK_EVERY);
        ask.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.queue.wish(&self.wants.borrow_and_update().wants);
        loop {
            let verdict = self.judge();
            let acted = self.act(verdict).await;
            self.tell(verdict, acted);
            let again_at = match acted {
                Acted::Paced => self.next_at,
                _ => self.quiet_since + QUIET,
            };
            let settling = verdict == Verdict::Busy && *self.busy.borrow() == 0;
            tokio::select! {
                Some(done) = self.tasks.join_next(), if !self.tasks.is_empty() => {
                    if let Ok((id, result)) = done {
                        self.done(id, result).await;
                    }
                }
                changed = self.wants.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.queue.wish(&self.wants.borrow_and_update().wants);
                }
                changed = self.busy.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.quiet_since = Instant::now();
                }
                changed = self.connection.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.queue.line_changed();
                }
                changed = self.waits.changed() => {
                    if changed.is_err() {
                        return;
                    }
                }
                () = sleep_until(again_at), if settling || acted == Acted::Paced => {}
                _ = ask.tick() => {
                    self.metered = ask_whether_metered().await;
                }
                _ = look.tick(), if acted == Acted::Idle => self.queue.look_again(),
            }
        }
    }

    fn judge(&mut self) -> Verdict {
        let now = Instant::now();
        let quiet = *self.busy.borrow() == 0 && now >= self.quiet_since + QUIET;
        judge(&Circumstances {
            is_online: *self.connection.borrow() == Connection::Online,
            metered: self.metered,
            is_resting: self.waits.borrow_and_update().iter().any(|wait| wait.method == METHOD),
            is_busy: !quiet,
            left_bytes: self.budget.left(now),
            under_way: self.under_way.len(),
        })
    }

    /// Begins what may begin, and breaks off what must.
    async fn act(&mut self, verdict: Verdict) -> Acted {
        match verdict {
            Verdict::Read(slots) => {
                let library = self.core.mirror.snapshot();
                for _ in 0..slots {
                    if let Some(id) = self.queue.next_visible(&library) {
                        self.begin(id);
                        continue;
                    }
                    if Instant::now() < self.next_at {
                        return Acted::Paced;
                    }
                    let Some(id) = self.queue.next(&self.core, &library).await else {
                        return Acted::Idle;
                    };
                    self.begin(id);
                    self.next_at = Instant::now() + PACE;
                }
                Acted::Full
            }
            // What waits for Telegram's permission would leave together with others' requests.
            Verdict::Resting => {
                for (id, task) in self.under_way.drain() {
                    task.abort();
                    self.queue.put_back(id);
                }
                Acted::Idle
            }
            Verdict::Offline | Verdict::Metered | Verdict::Spent | Verdict::Busy => Acted::Idle,
        }
    }

    /// Tells the window how many are left, or that it rests.
    fn tell(&mut self, verdict: Verdict, acted: Acted) {
        let left = match (verdict, acted) {
            // It goes on in a moment.
            (Verdict::Busy, _) => return,
            (Verdict::Read(_), Acted::Full | Acted::Paced) => {
                let Some(left) = self.queue.left() else { return };
                left + self.under_way.len()
            }
            (Verdict::Read(_), Acted::Idle) => self.under_way.len(),
            _ => 0,
        };
        let (before, at) = self.told;
        let is_due = (left == 0) != (before == 0) || at.elapsed() >= TELL_EVERY;
        if left != before && is_due {
            self.told = (left, Instant::now());
            self.core.bus.send(Event::Dates(left));
        }
    }

    fn begin(&mut self, id: PhotoId) {
        let (core, budget) = (self.core.clone(), self.budget.clone());
        let task = self.tasks.spawn(async move { (id, read(&core, id, &budget).await) });
        self.under_way.insert(id, task);
    }

    async fn done(&mut self, id: PhotoId, result: Result<Learnt, FetchError>) {
        if self.under_way.remove(&id).is_none() {
            return;
        }
        match result {
            Ok(learnt) => {
                let Learnt { file, taken, blur } = learnt;
                self.core.describer.head_was_read(id, file, taken, blur).await;
            }
            Err(error) if error.is_offline() || error.wait().is_some() => {
                // Said of one request, too, whose connection broke over and over on a sound line.
                if error.is_offline() {
                    self.queue.was_cut(id);
                } else {
                    self.queue.put_back(id);
                }
                // Never in a tight loop, however fast it fails.
                self.quiet_since = Instant::now();
            }
            Err(error) => {
                // Not marked: the next start tries again.
                tracing::debug!(photo = %id, %error, "the date could not be read");
            }
        }
    }
}

pub(crate) async fn ask_whether_metered() -> Metered {
    timeout(ASK_WITHIN, metered()).await.unwrap_or(Metered::Unknown)
}
