//! A lane: requests of one kind to one data centre, the queue in which they wait, and the
//! connections that carry them. The keeper's task makes connections as they are needed, measures,
//! and gives up when the server cannot be reached for long. On tokio's workers; its lock is held
//! for moments only.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use grammers_mtsender::RpcError;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::connection::{self, Broken};
use super::ramp::{Ramp, Sample};
use crate::telegram::core::Core;
use crate::telegram::error::TelegramError;
use crate::telegram::retry;

/// How long a server that cannot be reached is tried before what waits for it fails.
const PATIENCE: Duration = Duration::from_secs(40);
/// The shortest time over which is measured.
const MEASURE: Duration = Duration::from_millis(100);
/// … and the longest.
const LONGEST_MEASURE: Duration = Duration::from_secs(10);
/// While answers are too few to be measured, they are looked at so often.
const LOOK: Duration = Duration::from_millis(30);
/// A request that was cut off this often is what cuts the connection.
const MOST_CUTS: u32 = 40;
/// A part that was cut off this often is too long for the line: there are shorter ones.
const MOST_CUTS_OF_A_PART: u32 = 6;
/// One that was cut off this often is, where nothing else passed for as long as is patient.
const CUTS_IN_PATIENCE: u32 = 3;
/// How long connections are kept open for what is expected.
const WARM: Duration = Duration::from_secs(90);

/// What a lane carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::telegram) enum Kind {
    /// Parts of files, up.
    Up,
    /// Pieces of originals, down.
    Down,
    /// The same, of originals that somebody looks at: never behind those that are only kept.
    View,
    /// Thumbnails in both directions, heads of files, hashes: many and small, never behind originals.
    Small,
    /// Messages: many under way, carried out in the order in which they were submitted.
    InOrder,
}

impl Kind {
    /// Requests under way on a connection.
    fn per_connection(self) -> usize {
        match self {
            Self::Up | Self::Down => 4,
            Self::View => 6,
            Self::InOrder => 16,
            // A screen of thumbnails in one round trip.
            Self::Small => 24,
        }
    }

    /// Connections to begin with, and to keep open where another request is expected soon. From
    /// small requests one cannot tell what more of them would bring.
    fn first(self) -> usize {
        match self {
            Self::View | Self::Small => 2,
            Self::Up | Self::Down | Self::InOrder => 1,
        }
    }

    fn most_cuts(self) -> u32 {
        if self == Self::Up { MOST_CUTS_OF_A_PART } else { MOST_CUTS }
    }

    fn connections(self, most: usize) -> usize {
        match self {
            Self::Up | Self::Down | Self::View => most,
            Self::Small => most.min(2),
            // The order is that of one connection.
            Self::InOrder => 1,
        }
    }
}

/// A request on its way.
pub(super) struct Job {
    pub(super) method: &'static str,
    pub(super) body: Vec<u8>,
    pub(super) reply: oneshot::Sender<Answer>,
    /// How often its connection broke.
    pub(super) cuts: u32,
    /// Where it stands in the lane's order; given by the lane.
    pub(super) place: u64,
}

impl Job {
    /// Why it is given up after it was cut off so often.
    fn too_long(&self, why: &str) -> TelegramError {
        TelegramError::Cut { bytes: self.body.len(), why: why.to_owned() }
    }
}

/// What became of a request. Its bytes come back where it may be sent again.
pub(super) enum Answer {
    Done(Vec<u8>),
    Refused {
        body: Vec<u8>,
        error: RpcError,
    },
    /// Its method must rest; it was not sent.
    Held(Vec<u8>),
    Failed(TelegramError),
}

pub(super) struct Lane {
    pub(super) core: Arc<Core>,
    pub(super) dc: i32,
    kind: Kind,
    state: Mutex<State>,
    /// There is work for a connection.
    pub(super) work: Notify,
    /// Something changed that concerns the keeper.
    attention: Notify,
    /// Connections of all lanes.
    open: Arc<AtomicU32>,
    /// Told to the engine, where this is the lane it sends parts over.
    window: Option<watch::Sender<usize>>,
}

struct State {
    /// By their places.
    queue: VecDeque<Job>,
    next_place: u64,
    /// Requests at the server.
    flying: usize,
    /// Connections, being made ones included.
    live: usize,
    ramp: Ramp,
    meter: Meter,
    failures: u32,
    failing_since: Option<Instant>,
    not_before: Option<Instant>,
    why: String,
    /// Connections are open until then, whether there is work for them or not.
    warm_until: Option<Instant>,
    /// Not earlier is looked again whether there is enough to measure.
    look_at: Instant,
}

/// What happened since the last measurement.
struct Meter {
    since: Instant,
    bytes: u64,
    answers: u32,
    waited: Duration,
    slowest: Duration,
    was_full: bool,
    is_disturbed: bool,
}

impl Meter {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            bytes: 0,
            answers: 0,
            waited: Duration::ZERO,
            slowest: Duration::ZERO,
            was_full: false,
            is_disturbed: false,
        }
    }

    /// How long an answer took.
    fn mean(&self) -> Option<Duration> {
        self.waited.checked_div(self.answers)
    }

    /// When enough was measured, if answers came in: so many round trips.
    fn due(&self, round_trips: u32) -> Instant {
        let mean = self.mean().unwrap_or_default();
        self.since + MEASURE.max(mean * round_trips).min(LONGEST_MEASURE)
    }

    /// Whether more answers may be waited for.
    fn is_young(&self) -> bool {
        self.since.elapsed() < LONGEST_MEASURE
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 53 bits")]
    fn sample(&self) -> Sample {
        Sample {
            bytes_per_second: self.bytes as f64 / self.since.elapsed().as_secs_f64().max(1e-3),
            was_full: self.was_full && self.answers > 0,
            mean: self.mean().unwrap_or(Duration::MAX),
            slowest: self.slowest,
            is_disturbed: self.is_disturbed,
        }
    }
}

impl Lane {
    pub(super) fn new(
        core: Arc<Core>,
        dc: i32,
        kind: Kind,
        most: usize,
        open: Arc<AtomicU32>,
        window: Option<watch::Sender<usize>>,
    ) -> Arc<Self> {
        let ramp = Ramp::new(kind.per_connection(), kind.connections(most));
        let ramp = ramp.beginning_with(kind.first());
        Arc::new(Self {
            core,
            dc,
            kind,
            state: Mutex::new(State {
                queue: VecDeque::new(),
                next_place: 0,
                flying: 0,
                live: 0,
                ramp,
                meter: Meter::new(),
                failures: 0,
                failing_since: None,
                not_before: None,
                why: String::new(),
                warm_until: None,
                look_at: Instant::now(),
            }),
            work: Notify::new(),
            attention: Notify::new(),
            open,
            window,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Counters and a queue: whole after every statement that may panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a request at the end of the queue.
    pub(super) fn submit(&self, mut job: Job) {
        {
            let mut state = self.state();
            job.place = state.next_place;
            state.next_place += 1;
            state.queue.push_back(job);
            state.note_fullness();
        }
        self.work.notify_one();
        self.attention.notify_one();
    }

    /// Requests will come soon: connections are made, and kept for a while. Where that fails, it is
    /// tried again when they come.
    pub(super) fn expect_work(&self) {
        self.state().warm_until = Some(Instant::now() + WARM);
        self.attention.notify_one();
    }

    /// The next request for a connection with room. One that nobody waits for is dropped; one
    /// whose method must rest goes back to where it waits for that.
    pub(super) fn take(&self) -> Option<Job> {
        let mut state = self.state();
        while let Some(job) = state.queue.pop_front() {
            if job.reply.is_closed() {
                continue;
            }
            if self.core.gate.remaining(job.method).is_some() {
                if self.in_order() {
                    // It keeps its place, and so do those behind it.
                    state.queue.push_front(job);
                    return None;
                }
                let _nobody_waits = job.reply.send(Answer::Held(job.body)).is_err();
                continue;
            }
            state.flying += 1;
            state.note_fullness();
            if !state.queue.is_empty() {
                self.work.notify_one();
            }
            return Some(job);
        }
        None
    }

    /// A request comes back unsent, or unanswered from a broken connection.
    pub(super) fn put_back(&self, mut job: Job, was_cut: bool) {
        {
            let mut state = self.state();
            state.flying = state.flying.saturating_sub(1);
            if job.reply.is_closed() {
                return;
            }
            job.cuts += u32::from(was_cut);
            if job.cuts > self.kind.most_cuts() {
                let error = job.too_long(&state.why);
                let _nobody_waits = job.reply.send(Answer::Failed(error)).is_err();
                return;
            }
            let before = state.queue.partition_point(|other| other.place < job.place);
            state.queue.insert(before, job);
        }
        self.work.notify_one();
        self.attention.notify_one();
    }

    /// Whether a connection without work is kept.
    pub(super) fn keeps_idle(&self) -> bool {
        let state = self.state();
        state.is_warm() && state.live <= self.kind.first()
    }

    /// Whether each request is carried out after the one before it.
    pub(super) fn in_order(&self) -> bool {
        self.kind == Kind::InOrder
    }

    /// When what keeps its place may go on, if its method has to rest.
    pub(super) fn rests_until(&self) -> Option<Instant> {
        if !self.in_order() {
            return None;
        }
        let method = self.state().queue.front()?.method;
        self.core.gate.remaining(method).map(|left| Instant::now() + left)
    }

    /// A request was answered after `took`; `bytes` is the larger of it and its answer.
    pub(super) fn answered(&self, bytes: usize, took: Duration) {
        let mut state = self.state();
        state.flying = state.flying.saturating_sub(1);
        (state.failures, state.failing_since, state.not_before) = (0, None, None);
        state.ramp.answered();
        let meter = &mut state.meter;
        meter.bytes += bytes as u64;
        meter.answers += 1;
        meter.waited += took;
        meter.slowest = meter.slowest.max(took);
    }

    /// A connection broke that had answered nothing, with requests under way.
    pub(super) fn was_cut_at_once(&self) {
        self.state().ramp.cut_short();
    }

    /// Requests under way on each connection.
    pub(super) fn share(&self) -> usize {
        self.state().ramp.share()
    }

    /// Whether there are more connections than needed.
    pub(super) fn has_too_many(&self) -> bool {
        let state = self.state();
        state.live > state.ramp.connections()
    }

    /// Counts an open connection while the answer lives.
    pub(super) fn count_open(&self) -> OpenGuard {
        self.open.fetch_add(1, Ordering::Relaxed);
        OpenGuard(Arc::clone(&self.open))
    }

    /// How many connections should be made now.
    fn missing(&self) -> usize {
        let state = self.state();
        if state.not_before.is_some_and(|moment| moment > Instant::now()) {
            return 0;
        }
        let under_way = state.queue.len() + state.flying;
        let expected = if state.is_warm() { self.kind.first() } else { 0 };
        let needed = under_way.div_ceil(state.ramp.share()).max(expected);
        let needed = needed.min(state.ramp.connections());
        if state.failures > 0 {
            // One at a time, until one works.
            usize::from(needed > 0 && state.live == 0)
        } else {
            needed.saturating_sub(state.live)
        }
    }

    /// When the keeper has to look again by itself.
    fn next_look(&self) -> Option<Instant> {
        let state = self.state();
        let busy = state.flying > 0 || !state.queue.is_empty();
        match state.not_before.filter(|_| busy && state.live == 0) {
            Some(moment) => Some(moment),
            None => busy.then(|| state.measured_at().max(state.look_at)),
        }
    }

    /// Measures, where enough happened.
    fn measure(&self) {
        let mut state = self.state();
        let now = Instant::now();
        if state.measured_at() > now {
            return;
        }
        // A few answers, of those that happened to come now, would tell of any rate.
        if state.meter.is_young() && state.meter.answers < few(state.flying) {
            state.look_at = now + LOOK;
            return;
        }
        let sample = state.meter.sample();
        state.meter = Meter::new();
        let before = state.ramp.window();
        state.ramp.step(sample);
        let (now, connections) = (state.ramp.window(), state.ramp.connections());
        drop(state);
        if now != before {
            tracing::debug!(dc = self.dc, window = now, connections, ?sample, "transfer window");
            self.publish(now);
            self.work.notify_waiters();
        }
    }

    fn publish(&self, now: usize) {
        if let Some(window) = &self.window {
            window.send_if_modified(|window| std::mem::replace(window, now) != now);
        }
    }

    /// Looks at how a connection ended.
    fn ended(&self, end: Result<Result<(), Broken>, JoinError>) {
        let broken = match end {
            Ok(Ok(())) => {
                self.state().live -= 1;
                return;
            }
            Ok(Err(broken)) => broken,
            Err(_panic) => Broken::Senseless("the server's answers make no sense".into()),
        };
        tracing::debug!(dc = self.dc, %broken, "a transfer connection ended");
        if matches!(broken, Broken::UnknownKey) {
            if self.dc == self.core.session.home() {
                self.core.line.nudge();
            } else {
                self.core.session.forget_key(self.dc);
            }
        }
        let final_error = match broken {
            Broken::NoRoute(ref error) if !error.is_offline() => Some(error.clone()),
            _ => None,
        };
        let mut state = self.state();
        state.live -= 1;
        state.meter.is_disturbed = true;
        if matches!(broken, Broken::Silent) {
            state.ramp.stalled();
            self.publish(state.ramp.window());
        }
        state.why = broken.to_string();
        state.failures += 1;
        let now = Instant::now();
        state.not_before = Some(now + retry::pause(state.failures));
        let since = *state.failing_since.get_or_insert(now);
        if state.queue.is_empty() && state.flying == 0 {
            // Nobody waits: what comes later has its own time.
            state.failing_since = None;
        }
        let error = final_error.or_else(|| {
            let gone = since.elapsed() > PATIENCE && state.live == 0;
            gone.then(|| TelegramError::Offline { why: state.why.clone() })
        });
        if let Some(error) = error {
            (state.failures, state.failing_since, state.not_before) = (0, None, None);
            for job in state.queue.drain(..) {
                let cut = error.is_offline() && job.cuts >= CUTS_IN_PATIENCE;
                let error = if cut { job.too_long(&broken.to_string()) } else { error.clone() };
                let _nobody_waits = job.reply.send(Answer::Failed(error)).is_err();
            }
        }
    }
}

impl State {
    fn is_warm(&self) -> bool {
        self.warm_until.is_some_and(|until| until > Instant::now())
    }

    fn measured_at(&self) -> Instant {
        self.meter.due(self.ramp.round_trips())
    }

    fn note_fullness(&mut self) {
        // On a short line the last of them come back before the next are there.
        let nearly = (self.ramp.window() * 3).div_ceil(4);
        if self.flying + self.queue.len() >= nearly {
            self.meter.was_full = true;
        }
    }
}

/// Half of the requests under way: fewer answers are too few to measure by.
fn few(flying: usize) -> u32 {
    u32::try_from(flying.div_ceil(2)).unwrap_or(u32::MAX)
}

/// One open connection.
pub(super) struct OpenGuard(Arc<AtomicU32>);

impl Drop for OpenGuard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Keeps the lane going until the task is aborted; its connections end with it.
pub(super) async fn keep(lane: Arc<Lane>) {
    let mut connections = JoinSet::new();
    loop {
        for _ in 0..lane.missing() {
            lane.state().live += 1;
            connections.spawn(connection::run(Arc::clone(&lane)));
        }
        let next = lane.next_look();
        tokio::select! {
            () = lane.attention.notified() => {}
            Some(end) = connections.join_next(), if !connections.is_empty() => lane.ended(end),
            () = async { sleep_until(next.unwrap_or_else(Instant::now)).await }, if next.is_some() => {
                lane.measure();
            }
        }
    }
}
