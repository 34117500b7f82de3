//! The window's content with a hand at its input: waits until the library is in step, plays the
//! script, hands the report over and closes the window.

use std::time::Instant;

use egui::{Context, RawInput, Ui, ViewportCommand};

use super::clock::Clock;
use super::hand::{self, Hand};
use super::record::Record;
use super::script::{Gesture, Sooner, Step, steps};
use super::skim::{Seen, Skimmed};
use super::{Replay, ReplayError, Report, Script};
use crate::platform::usage;
use crate::ui::App;
use crate::ui::app::Standing;

/// The library is in step when there was no news for so many seconds.
const QUIET: f64 = 1.0;
/// Without a line, or without any progress, it is given up after so many seconds.
const OFFLINE: f64 = 30.0;
const STALLED: f64 = 120.0;
/// A rest lasts at least so many seconds, that wishes come up before they are asked for.
const REST: f64 = 0.3;
/// How soon one looks again while nothing is to be done.
const LOOK: f32 = 0.1;

/// See the module.
pub(crate) struct Driven {
    app: App,
    replay: Replay,
    begun: Instant,
    clock: Clock,
    standing: Option<Standing>,
    phase: Phase,
}

enum Phase {
    Waiting(Waiting),
    Playing(Box<Playing>),
    Over,
}

/// Until the library is in step.
#[derive(Default)]
struct Waiting {
    /// What the last news was, and when.
    last: (u64, bool, usize),
    since: Option<f64>,
    offline: Option<f64>,
    seconds: f64,
}

struct Playing {
    steps: std::vec::IntoIter<Step>,
    now: Option<(Step, Hand, f64)>,
    record: Record,
    skimmed: Skimmed,
    /// When the frame began that was painted last.
    painted: f64,
    sync_seconds: f64,
}

impl Driven {
    /// `app` and the hand that drives it. `begun`: when the engine was started.
    pub(crate) fn new(ctx: &Context, app: App, replay: Replay, begun: Instant) -> Self {
        let clock = Clock::default();
        ctx.add_plugin(clock.clone());
        let phase = Phase::Waiting(Waiting::default());
        Self { app, replay, begun, clock, standing: None, phase }
    }

    fn end(&mut self, ctx: &Context, outcome: Result<Report, ReplayError>) {
        self.replay.end(outcome);
        self.phase = Phase::Over;
        ctx.send_viewport_cmd(ViewportCommand::Close);
    }

    /// Between two frames: notes the one, and says what happens in the other.
    fn between(&mut self, ctx: &Context, input: &mut RawInput) {
        let cost = self.clock.take();
        let Some(standing) = self.standing.clone() else { return };
        let now = input.time.unwrap_or_default();
        match &mut self.phase {
            Phase::Waiting(waiting) => match waiting.look(&standing, now, self.begun) {
                Some(Ok(sync_seconds)) => {
                    tracing::info!("in step after {sync_seconds:.1} s; the replay begins");
                    self.phase =
                        Phase::Playing(Box::new(Playing::new(self.replay.script, sync_seconds)));
                    input.events.push(hand::home(standing.content));
                }
                Some(Err(error)) => self.end(ctx, Err(error)),
                None => {}
            },
            Phase::Playing(playing) => {
                if let Some(cost) = cost {
                    playing.note(self.replay.script, cost, &standing);
                }
                if let Some(events) = playing.events(now, &standing) {
                    input.events.extend(events);
                } else {
                    let report = playing.report(&standing);
                    self.end(ctx, report);
                }
            }
            Phase::Over => {}
        }
    }

    /// When the next frame is needed, seconds.
    fn wake(&self) -> Option<f32> {
        match &self.phase {
            Phase::Waiting(_) => Some(LOOK),
            // Nothing but what the window itself asks for.
            Phase::Playing(playing)
                if playing.now.as_ref().is_some_and(|(step, ..)| step.gesture == Gesture::Rest) =>
            {
                Some(LOOK)
            }
            Phase::Playing(_) => Some(0.0),
            Phase::Over => None,
        }
    }
}

impl Waiting {
    /// Whether it is over: with the seconds that it took, or why it is in vain.
    fn look(
        &mut self,
        standing: &Standing,
        now: f64,
        begun: Instant,
    ) -> Option<Result<f64, ReplayError>> {
        if standing.signed_in == Some(false) {
            return Some(Err(ReplayError::NotSignedIn));
        }
        let news = (standing.revision, standing.in_step, standing.photos);
        if self.since.is_none() || self.last != news {
            (self.last, self.since) = (news, Some(now));
            self.seconds = begun.elapsed().as_secs_f64();
        }
        let quiet = now - self.since.unwrap_or(now);
        if standing.in_step && standing.signed_in == Some(true) && quiet >= QUIET {
            let photos = standing.photos > 0;
            return Some(if photos { Ok(self.seconds) } else { Err(ReplayError::NoPhotos) });
        }
        let Some(why) = &standing.offline else {
            self.offline = None;
            return (quiet > STALLED).then_some(Err(ReplayError::Stalled));
        };
        let since = *self.offline.get_or_insert(now);
        (now - since > OFFLINE).then(|| Err(ReplayError::NoConnection(why.clone())))
    }
}

impl Playing {
    fn new(script: Script, sync_seconds: f64) -> Self {
        Self {
            steps: steps(script).into_iter(),
            now: None,
            record: Record::default(),
            skimmed: Skimmed::default(),
            painted: 0.0,
            sync_seconds,
        }
    }

    /// A frame was painted.
    fn note(&mut self, script: Script, cost: std::time::Duration, standing: &Standing) {
        let seen = seen(standing);
        self.skimmed.frame(self.painted, cost.as_secs_f64(), &seen);
        let viewed = seen.place.filter(|_| seen.has_picture()).map(|place| place..place + 1);
        let places = match script {
            Script::Skim => viewed.unwrap_or_default(),
            Script::Scroll | Script::Scrub => standing.in_view.clone(),
        };
        self.record.frame(cost, standing.tally.blank, places);
    }

    /// The events of the next frame; `None` when the script is over.
    fn events(&mut self, now: f64, standing: &Standing) -> Option<Vec<egui::Event>> {
        let grid = standing.content;
        let mut events = Vec::new();
        let is_back = self.skimmed.is_back(&seen(standing));
        if let Some((step, hand, began)) = &self.now
            && is_over(step, now - began, standing, is_back)
        {
            events.extend(hand.let_go(grid));
            match step.gesture {
                Gesture::Hold(_) => self.skimmed.let_go(now),
                Gesture::Rest => self.skimmed.end_rest(now),
                _ => {}
            }
            self.now = None;
        }
        self.painted = now;
        if self.now.is_none() {
            let step = self.steps.next()?;
            if let Gesture::Hold(_) = step.gesture {
                self.skimmed.hold(&seen(standing));
            }
            self.now = Some((step, Hand::new(step.gesture, now), now));
        }
        if let Some((step, hand, _)) = &mut self.now {
            events.extend(hand.events(now, step.seconds, grid));
        }
        Some(events)
    }

    fn report(&mut self, standing: &Standing) -> Result<Report, ReplayError> {
        let record = std::mem::take(&mut self.record);
        if record.frames() == 0 {
            return Err(ReplayError::Unseen);
        }
        Ok(Report {
            photos: standing.photos,
            thumbnails_shown: standing.tally.thumbnails,
            skim_photos_per_second: self.skimmed.rate().map(thousandths),
            rest_to_sharp_ms: self.skimmed.sharp_after().map(|after| thousandths(after * 1e3)),
            rests_timed: self.skimmed.rests(),
            peak_memory_bytes: usage::peak_memory().unwrap_or(0),
            sync_seconds: thousandths(self.sync_seconds),
            ..record.report()
        })
    }
}

fn thousandths(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

fn seen(standing: &Standing) -> Seen {
    let Standing { viewed, quality, is_loading, is_still, .. } = *standing;
    Seen { place: viewed, quality, is_loading, is_still }
}

fn is_over(step: &Step, since: f64, standing: &Standing, is_back: bool) -> bool {
    let (at_top, at_bottom) = standing.ends;
    let sooner = match (step.sooner, step.gesture) {
        (Sooner::Never, _) => false,
        (Sooner::WhenServed, _) => standing.is_served && since >= REST,
        (Sooner::WhenBack, _) => is_back,
        (Sooner::AtTheEnd, Gesture::Wheel(speed) | Gesture::Fling(speed)) if speed < 0.0 => at_top,
        (Sooner::AtTheEnd, _) => at_bottom,
    };
    sooner || since >= step.seconds
}

impl eframe::App for Driven {
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        self.clock.start();
        self.app.logic(ctx, frame);
        if let Some(seconds) = self.wake() {
            ctx.request_repaint_after_secs(seconds);
        }
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        self.app.ui(ui, frame);
        self.clock.pause();
        self.standing = Some(self.app.standing(ui));
        self.clock.start();
    }

    fn raw_input_hook(&mut self, ctx: &Context, input: &mut RawInput) {
        // Whoever sits before the window only looks on.
        input.events.clear();
        input.hovered_files.clear();
        input.dropped_files.clear();
        input.focused = true;
        self.between(ctx, input);
        self.app.raw_input_hook(ctx, input);
    }

    fn on_exit(&mut self, gl: Option<&eframe::glow::Context>) {
        self.app.on_exit(gl);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        self.app.clear_color(visuals)
    }
}
