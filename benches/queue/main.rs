//! What ten thousand files do to the window: frames while they are dropped, while they go out and
//! while the list of them is looked at, beside frames of the same window with nothing to send, in
//! one run; then how long it takes to quit, and whether the next start knows every file.
//!
//! The sandbox is a process of its own. The window is the whole one over the whole engine, in
//! 2560 × 1440 points, moving by a turn of the wheel in every frame. Milliseconds are processor time
//! of the window's thread from `logic` to the end of tessellation. `cargo bench --bench queue --
//! [FILES]`.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../support/card.rs"]
mod card;
#[path = "../support/files.rs"]
mod files;
#[path = "../support/sandbox.rs"]
mod sandbox;
#[path = "../support/screen.rs"]
mod screen;
mod watched;

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Event, Modifiers, PointerButton, Pos2, pos2, vec2};
use heliogram::config::{Config, Settings};
use heliogram::engine::Engine;
use sandbox::SandboxProcess;
use screen::{Screen, wheel};
use watched::{Facts, Watched};

/// Photos that are there before.
const PHOTOS: usize = 20_000;
const BYTES: usize = 20_000;
/// Frames of each part that has no end of its own.
const FRAMES: usize = 1200;
/// Frames until the page is turned round.
const TURN: usize = 150;
/// Points that the page moves in a frame.
const STEP: f32 = 40.0;
const PATIENCE: Duration = Duration::from_mins(10);
/// Rows of the sidebar.
const ALL_PHOTOS: Pos2 = pos2(100.0, 114.0);
const UPLOADS: Pos2 = pos2(100.0, 150.0);

fn main() {
    let named = std::env::args().skip(1).find_map(|argument| argument.parse::<usize>().ok());
    let count = named.unwrap_or(10_000);
    let folder = tempfile::TempDir::new().expect("a folder");
    let photos = PHOTOS.to_string();
    let process = SandboxProcess::start(folder.path(), &["--photos", &photos, "--rtt", "20"]);
    let home = folder.path().join("home");
    process.ready.signed_in(&home).sync().expect("it syncs");
    let files = files::prepared(&folder.path().join("files"), count, BYTES);
    let mut settings = Settings::default();
    settings.dates.read_heads = false;
    let config = process.ready.config(&home, settings);
    let (mut screen, facts) = open(&config);
    until(&mut screen, &facts, "in step", |facts| facts.in_step && facts.photos > 0);
    pass(&mut screen, FRAMES);
    let mut rows = vec![("nothing to send", pass(&mut screen, FRAMES))];
    screen.dropped = files;
    let begun = Instant::now();
    let dropping = until(&mut screen, &facts, "queued", |facts| facts.known.len() == count);
    println!("{count} files dropped and queued after {:.1} s", begun.elapsed().as_secs_f64());
    rows.push(("dropping", dropping));
    rows.push(("going out", pass(&mut screen, FRAMES)));
    click(&mut screen, UPLOADS);
    rows.push(("list of uploads", pass(&mut screen, FRAMES)));
    click(&mut screen, ALL_PHOTOS);
    rows.push(("going out, again", pass(&mut screen, FRAMES)));
    report(&rows);
    let before = facts.borrow().over.len();
    let begun = Instant::now();
    drop(screen);
    println!("quit after {:.0} ms, {before} files sent", begun.elapsed().as_secs_f64() * 1e3);
    let (mut screen, facts) = open(&config);
    until(&mut screen, &facts, "going on", |facts| facts.goes_on > 0);
    println!("the next start goes on with {} files", facts.borrow().goes_on);
    let rest = until(&mut screen, &facts, "all there", |facts| facts.photos == PHOTOS + count);
    rows.truncate(1);
    rows.push(("after the restart", rest));
    report(&rows);
}

fn open(config: &Arc<Config>) -> (Screen, Facts) {
    let thread = std::thread::current();
    let engine = Engine::start(Arc::clone(config), Arc::new(move || thread.unpark()));
    let engine = Watched::new(engine.expect("the engine starts"));
    let facts = Rc::clone(&engine.facts);
    (Screen::new(Box::new(engine), config, vec2(2560.0, 1440.0)), facts)
}

/// Frames with a page that moves down and up.
fn pass(screen: &mut Screen, frames: usize) -> Vec<Duration> {
    (0..frames).map(|frame| turn(screen, frame)).collect()
}

fn turn(screen: &mut Screen, frame: usize) -> Duration {
    let down = (frame / TURN).is_multiple_of(2);
    screen.paint(vec![wheel(if down { -STEP } else { STEP })])
}

fn until(
    screen: &mut Screen,
    facts: &Facts,
    what: &str,
    done: impl Fn(&watched::Told) -> bool,
) -> Vec<Duration> {
    let (begun, mut costs) = (Instant::now(), Vec::new());
    screen.paint(vec![Event::PointerMoved((screen.size / 2.0).to_pos2())]);
    while !done(&facts.borrow()) {
        assert!(begun.elapsed() < PATIENCE, "not {what}: {}", facts.borrow().words());
        costs.push(turn(screen, costs.len()));
    }
    costs
}

fn click(screen: &mut Screen, pos: Pos2) {
    let button = |pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    screen.paint(vec![Event::PointerMoved(pos)]);
    screen.paint(vec![button(true)]);
    screen.paint(vec![button(false)]);
    screen.paint(vec![Event::PointerMoved((screen.size / 2.0).to_pos2())]);
}

fn quantile(costs: &[Duration], thousandths: usize) -> f64 {
    let mut costs = costs.to_vec();
    costs.sort_unstable();
    let at = (costs.len() * thousandths / 1000).min(costs.len().saturating_sub(1));
    costs.get(at).map_or(0.0, Duration::as_secs_f64)
}

fn report(rows: &[(&str, Vec<Duration>)]) {
    println!(
        "{:<18} {:>7} {:>8} {:>8} {:>8} {:>7} {:>7}",
        "", "frames", "p50 ms", "p99 ms", "max ms", "p50 x", "p99 x"
    );
    let still = rows.first().map_or(&[][..], |(_, costs)| costs);
    for (name, costs) in rows {
        let (p50, p99) = (quantile(costs, 500), quantile(costs, 990));
        println!(
            "{name:<18} {:>7} {:>8.2} {:>8.2} {:>8.2} {:>7.2} {:>7.2}",
            costs.len(),
            p50 * 1e3,
            p99 * 1e3,
            quantile(costs, 1000) * 1e3,
            p50 / quantile(still, 500),
            p99 / quantile(still, 990)
        );
    }
}
