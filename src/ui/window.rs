//! Opening the window: size, icon, window system, and the engine behind it.

use std::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use egui::{Context, ViewportBuilder, ViewportCommand, pos2, vec2};

use super::backend::{Coming, Wake};
use super::remembered::Remembered;
use super::replay::Driven;
use super::{App, Outcome, PointerProbe, Replay, SMALLEST, brand, tokens};
use crate::config::Config;
use crate::engine::Engine;
use crate::platform::desktop::Desktop;
use crate::platform::display;

/// Starts the engine; it is given what to call when it has something to tell. Runs on a thread of
/// its own while the window is there already.
pub type EngineStarter<E> = Box<dyn FnOnce(Wake) -> Result<Engine, E> + Send>;

/// Asks for a folder to put something in; `None` when cancelled.
pub type FolderDialog = Arc<dyn Fn(&str) -> Option<PathBuf> + Send + Sync>;

/// Shows a notification of the system: its title and what it says. Must not wait.
pub type Notifier = Box<dyn Fn(&str, &str)>;

/// What the window is like, besides the configuration.
#[derive(Default)]
pub struct WindowOptions {
    /// Offer the demo where one signs in. Off within the demo.
    pub offers_demo: bool,
    /// Added to the title, e.g. `demo`.
    pub subtitle: Option<String>,
    /// No animation, as the system asks.
    pub reduce_motion: bool,
    /// Asks for a folder, by the question's title, instead of the system's dialog. Called on a
    /// thread of its own.
    pub folder_dialog: Option<FolderDialog>,
    /// The desktop around the window, in place of the system's.
    pub desktop: Option<Arc<dyn Desktop>>,
    /// Where the pointer is while files are dragged over the window.
    pub pointer: Option<PointerProbe>,
    /// Tells the user who looks elsewhere.
    pub notifier: Option<Notifier>,
    /// Called once the window is there, with what others may do to it.
    pub on_open: Option<Box<dyn FnOnce(WindowHandle)>>,
    /// When the program began, for the log's word on how long the first frame took.
    pub begun: Option<Instant>,
    /// Drive the window by a script and close it.
    pub replay: Option<Replay>,
    /// Set to why the window is closed; [`run`] reads it.
    pub outcome: Rc<Cell<Outcome>>,
}

impl WindowOptions {
    /// What the window begins with.
    pub(super) fn remembered(&self, config: &Config) -> Remembered {
        let ours = || Remembered::load(&config.places.config);
        self.replay.as_ref().map_or_else(ours, Replay::remembered)
    }
}

/// What other threads may do to the window.
#[derive(Clone)]
pub struct WindowHandle(Context);

impl WindowHandle {
    /// Brings the window to the front: a second start on the same home asks for it.
    pub fn bring_to_front(&self) {
        self.0.send_viewport_cmd(ViewportCommand::Minimized(false));
        self.0.send_viewport_cmd(ViewportCommand::Focus);
        self.0.request_repaint();
    }

    /// Has nothing move or fade, as the system asks.
    pub fn reduce_motion(&self) {
        tokens::set_motion(&self.0, true);
        self.0.request_repaint();
    }

    /// Closes the window, as the user would.
    pub fn close(&self) {
        self.0.send_viewport_cmd(ViewportCommand::Close);
        self.0.request_repaint();
    }
}

/// Why there is no window, or none any more.
#[derive(Debug, thiserror::Error)]
pub enum UiError<E> {
    /// The engine behind it did not start.
    #[error("{0}")]
    Start(E),
    /// There is no display, or it cannot show the window.
    #[error(
        "there is no display for a window ({0}). These commands need none: heliogram demo \
         --headless, login, albums, upload, list, download, sync"
    )]
    NoDisplay(String),
}

/// Opens the window and returns when it is closed. Call from the main thread.
///
/// # Errors
/// [`UiError::NoDisplay`] where no window can be shown, [`UiError::Start`] where `start` fails.
pub fn run<E: Send + 'static>(
    config: Arc<Config>,
    mut options: WindowOptions,
    start: EngineStarter<E>,
) -> Result<Outcome, UiError<E>> {
    // Asked first, because the window system's own answer to "no" can be a panic.
    if !display::has_display() {
        let why = "neither an X server nor a Wayland compositor answers";
        return Err(UiError::NoDisplay(why.to_owned()));
    }
    let begun = *options.begun.get_or_insert_with(Instant::now);
    let remembered = options.remembered(&config);
    let title = options
        .subtitle
        .as_ref()
        .map_or_else(|| "Heliogram".to_owned(), |subtitle| format!("Heliogram · {subtitle}"));
    let native = eframe::NativeOptions {
        viewport: viewport(&title, &remembered),
        renderer: eframe::Renderer::Glow,
        event_loop_builder: Some(Box::new(prefer_x11)),
        centered: remembered.position.is_none(),
        persist_window: false,
        ..Default::default()
    };
    let outcome = Rc::clone(&options.outcome);
    let starting = Rc::new(Cell::new(None));
    let started = Rc::clone(&starting);
    let result = eframe::run_native(
        "heliogram",
        native,
        Box::new(move |creation| {
            let ctx = creation.egui_ctx.clone();
            let (backend, starter) = Coming::start(&ctx, start)?;
            started.set(Some(starter));
            let (on_open, replay) = (options.on_open.take(), options.replay.clone());
            let app = App::new(&ctx, Box::new(backend), &config, options);
            if let Some(on_open) = on_open {
                on_open(WindowHandle(ctx.clone()));
            }
            Ok(match replay {
                Some(replay) => Box::new(Driven::new(&ctx, app, replay, begun)),
                None => Box::new(app),
            })
        }),
    );
    // It may still be at it, where the window was closed at once.
    match starting.take().map(JoinHandle::join) {
        Some(Ok(Err(error))) => return Err(UiError::Start(error)),
        Some(Err(panic)) => std::panic::resume_unwind(panic),
        Some(Ok(Ok(()))) | None => {}
    }
    result.map_err(|error| UiError::NoDisplay(error.to_string()))?;
    Ok(outcome.get())
}

fn viewport(title: &str, remembered: &Remembered) -> ViewportBuilder {
    let builder = ViewportBuilder::default()
        .with_title(title)
        .with_app_id("heliogram")
        .with_inner_size(vec2(remembered.width, remembered.height))
        .with_min_inner_size(SMALLEST)
        .with_maximized(remembered.maximised)
        .with_clamp_size_to_monitor_size(true)
        .with_drag_and_drop(true)
        .with_icon(brand::icon(256));
    match remembered.position {
        Some((x, y)) => builder.with_position(pos2(x, y)),
        None => builder,
    }
}

/// X11 where a server for it answers: files cannot be dropped on our Wayland windows yet.
#[cfg(target_os = "linux")]
fn prefer_x11(builder: &mut eframe::EventLoopBuilder<eframe::UserEvent>) {
    use winit::platform::x11::EventLoopBuilderExtX11 as _;
    if display::prefer_x11() {
        builder.with_x11();
    }
}

#[cfg(not(target_os = "linux"))]
fn prefer_x11(_builder: &mut eframe::EventLoopBuilder<eframe::UserEvent>) {}
