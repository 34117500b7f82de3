//! What a frame of the gallery costs beside a bare egui frame that paints as many pictures, in
//! processor time of the window's thread from `logic` to the end of tessellation, and whether it
//! grows with the library.
//!
//! 2560 × 1440 pixels, about two hundred tiles in view, scrolling all the while; thumbnails come
//! as they are wished for. No window and no graphics card: what is uploaded is thrown away.
//!
//! Ratios, not milliseconds: machines differ. `cargo bench --bench frame`. Numbers of photos may
//! be named: `cargo bench --bench frame -- 10000 100000`.

mod bare;
mod gallery;
mod library;

use std::cell::Cell;
use std::io::{Write, stdout};
use std::time::Duration;

use egui::{Context, Event, Pos2, RawInput, Rect, pos2, vec2};
use heliogram::platform::usage::thread_time;

use self::bare::{Bare, How};
use self::gallery::Gallery;

/// Frames of one turn; all are measured in turns, so that a slow minute is everybody's.
const TURN: usize = 150;
const TURNS: usize = 5;
/// Frames before the first that counts.
const WARM_UP: usize = 120;
const SIZE: egui::Vec2 = vec2(2560.0, 1440.0);

/// Something that paints frames.
trait Painter {
    fn logic(&mut self, _ctx: &Context) {}
    fn ui(&mut self, ui: &mut egui::Ui);
    /// How many pictures the last frame painted.
    fn images(&self) -> usize;
}

/// A painter with a context of its own.
struct Stage<P> {
    name: String,
    ctx: Context,
    painter: P,
    time: f64,
    costs: Vec<Duration>,
}

impl<P: Painter> Stage<P> {
    fn new(name: String, ctx: Context, painter: P) -> Self {
        Self { name, ctx, painter, time: 0.0, costs: Vec::new() }
    }

    /// One frame with these events; what it cost.
    fn frame(&mut self, events: Vec<Event>) -> Duration {
        self.time += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(self.time),
            predicted_dt: 1.0 / 60.0,
            events,
            focused: true,
            max_texture_side: Some(8192),
            ..RawInput::default()
        };
        let began = Cell::new(Duration::ZERO);
        let mut output = self.ctx.run_ui(input, |ui| {
            if began.get().is_zero() {
                began.set(thread_time());
            }
            self.painter.logic(ui.ctx());
            self.painter.ui(ui);
        });
        let shapes = std::mem::take(&mut output.shapes);
        let primitives = self.ctx.tessellate(shapes, output.pixels_per_point);
        let cost = thread_time().saturating_sub(began.get());
        std::hint::black_box(primitives);
        output.drop_without_applying_deltas();
        cost
    }

    fn turn(&mut self) {
        for _ in 0..TURN {
            let cost = self.frame(vec![wheel()]);
            self.costs.push(cost);
        }
    }

    /// A share of the frames cost less.
    fn quantile(&self, thousandths: usize) -> f64 {
        let mut costs = self.costs.clone();
        costs.sort_unstable();
        let at = (costs.len() * thousandths / 1000).min(costs.len().saturating_sub(1));
        costs.get(at).map_or(0.0, Duration::as_secs_f64)
    }
}

/// A little more than a screen a second.
fn wheel() -> Event {
    Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, -30.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: egui::Modifiers::NONE,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut photos: Vec<usize> =
        std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    if photos.is_empty() {
        photos = vec![10_000, 100_000, 1_000_000];
    }
    let mut out = stdout().lock();
    let mut galleries = Vec::new();
    for photos in photos {
        let ctx = Context::default();
        let gallery = Gallery::new(&ctx, photos)?;
        let mut stage = Stage::new(format!("{photos} photos"), ctx, gallery);
        let begun = std::time::Instant::now();
        stage.frame(vec![Event::PointerMoved(pos2(1400.0, 800.0))]);
        // One step smaller than the default: some two hundred tiles.
        stage.frame(vec![Event::Text("-".to_owned())]);
        for _ in 0..WARM_UP {
            stage.frame(vec![wheel()]);
        }
        writeln!(out, "{} ready after {:.1} s", stage.name, begun.elapsed().as_secs_f64())?;
        galleries.push(stage);
    }
    let images = galleries.iter().map(|stage| stage.painter.images()).min().unwrap_or(0);
    let [mut bare, mut barest] = [How::Widgets, How::Painted].map(|how| {
        let ctx = Context::default();
        let painter = Bare::new(&ctx, images, how);
        let mut stage = Stage::new(how.name().to_owned(), ctx, painter);
        for _ in 0..WARM_UP {
            stage.frame(vec![wheel()]);
        }
        stage
    });
    for _ in 0..TURNS {
        bare.turn();
        barest.turn();
        galleries.iter_mut().for_each(Stage::turn);
    }
    report(&mut out, &bare, &barest, &galleries)
}

fn line<P: Painter>(
    out: &mut impl Write,
    stage: &Stage<P>,
    median: f64,
    p99: f64,
) -> std::io::Result<()> {
    let (m, p) = (stage.quantile(500), stage.quantile(990));
    writeln!(
        out,
        "{:<18} {:>9.3} {:>9.3} {:>9.2} {:>9.2} {:>7}",
        stage.name,
        m * 1e3,
        p * 1e3,
        m / median,
        p / p99,
        stage.painter.images()
    )
}

fn report(
    out: &mut impl Write,
    bare: &Stage<Bare>,
    barest: &Stage<Bare>,
    galleries: &[Stage<Gallery>],
) -> Result<(), Box<dyn std::error::Error>> {
    let (median, p99) = (bare.quantile(500), bare.quantile(990));
    writeln!(
        out,
        "{:<18} {:>9} {:>9} {:>9} {:>9} {:>7}",
        "", "median ms", "p99 ms", "median x", "p99 x", "images"
    )?;
    line(out, bare, median, p99)?;
    line(out, barest, median, p99)?;
    for stage in galleries {
        line(out, stage, median, p99)?;
    }
    if let Some((first, last)) = galleries.first().zip(galleries.last()) {
        writeln!(
            out,
            "growth from {} to {}: median {:+.1} %, p99 {:+.1} %",
            first.name,
            last.name,
            (last.quantile(500) / first.quantile(500) - 1.0) * 100.0,
            (last.quantile(990) / first.quantile(990) - 1.0) * 100.0,
        )?;
    }
    Ok(())
}
