//! The whole window, sixty frames a second at most, without anything that shows them.
#![allow(dead_code, reason = "each bench uses its own part of this")]

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Context, Event, Pos2, RawInput, Rect, Vec2, vec2};
use heliogram::config::Config;
use heliogram::platform::usage::thread_time;
use heliogram::ui::{App, Backend, WindowOptions};

use super::card::Card;

const FRAME: Duration = Duration::from_micros(16_667);

/// See the module.
pub(crate) struct Screen {
    ctx: Context,
    pub(crate) app: App,
    frame: eframe::Frame,
    pub(crate) size: Vec2,
    begun: Instant,
    last: Instant,
    /// Files that are dropped in the next frame.
    pub(crate) dropped: Vec<PathBuf>,
    pub(crate) card: Card,
}

/// A file that somebody lets go over the window.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("the window must not read files".to_owned())
    }
}

impl Screen {
    pub(crate) fn new(backend: Box<dyn Backend>, config: &Arc<Config>, size: Vec2) -> Self {
        let (ctx, begun) = (Context::default(), Instant::now());
        let app = App::new(&ctx, backend, config, WindowOptions::default());
        let frame = eframe::Frame::_new_kittest();
        let (dropped, card) = (Vec::new(), Card::default());
        Self { ctx, app, frame, size, begun, last: begun, dropped, card }
    }

    /// One frame, not too soon after the last. What it cost: processor time of this thread from
    /// `logic` to the end of tessellation.
    pub(crate) fn paint(&mut self, events: Vec<Event>) -> Duration {
        std::thread::sleep(FRAME.saturating_sub(self.last.elapsed()));
        self.last = Instant::now();
        let dropped = std::mem::take(&mut self.dropped).into_iter();
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, self.size)),
            time: Some(self.begun.elapsed().as_secs_f64()),
            events,
            dropped_files: dropped.map(|path| Arc::new(Dropped(path)) as Arc<_>).collect(),
            focused: true,
            max_texture_side: Some(8192),
            ..RawInput::default()
        };
        let Self { app, frame, ctx, .. } = self;
        let began = Cell::new(Duration::ZERO);
        let mut output = ctx.run_ui(input, |ui| {
            if began.get().is_zero() {
                began.set(thread_time());
            }
            eframe::App::logic(app, ui.ctx(), frame);
            eframe::App::ui(app, ui, frame);
        });
        let shapes = std::mem::take(&mut output.shapes);
        let primitives = self.ctx.tessellate(shapes, output.pixels_per_point);
        let cost = thread_time().saturating_sub(began.get());
        drop(primitives);
        self.card.take(&mut output.textures_delta);
        cost
    }
}

/// A turn of the wheel, points; down is negative.
pub(crate) fn wheel(points: f32) -> Event {
    Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, points),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: egui::Modifiers::NONE,
    }
}
