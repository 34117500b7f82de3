//! Opening the window: the one place where the program calls the `ui` room.
//!
//! One window a home: a second start brings the first to the front and ends.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use heliogram::cli::{CliError, HEADLESS_COMMANDS, Output};
use heliogram::config::Config;
use heliogram::engine::{Engine, Request, UploadOptions};
use heliogram::model::AlbumId;
pub(crate) use heliogram::platform::display::has_display;
use heliogram::platform::instance::{self, Instance, Listener};
use heliogram::platform::{motion, notify};
use heliogram::ui::{self, Notifier, Outcome, UiError, WindowHandle, WindowOptions};

use super::replay::Recording;

/// What is sent as if it had been dropped.
type Uploads = Vec<(AlbumId, Vec<PathBuf>)>;

/// What the window is opened for.
pub(crate) enum Purpose {
    /// The user's own gallery. The sign-in screen offers the demo.
    Gallery,
    /// The demo, and what has to be done before its gallery can be shown. Runs beside the window,
    /// on a thread of its own.
    Demo(Box<dyn FnOnce() -> anyhow::Result<Uploads> + Send>),
}

/// Opens the window and returns when it is closed.
pub(crate) fn open(
    mut config: Config,
    purpose: Purpose,
    recording: Option<&Recording>,
    output: &mut Output,
) -> anyhow::Result<Outcome> {
    let listener = match instance::claim(&config.places.data) {
        Ok(Instance::First(listener)) => Some(listener),
        // Nobody else's window is driven: the store then says that it is in use.
        Ok(Instance::Second) if recording.is_some() => None,
        Ok(Instance::Second) => {
            output.note("Heliogram is open already; its window is brought to the front.");
            return Ok(Outcome::Closed);
        }
        // The store's own lock decides who may write; this one is a courtesy.
        Err(error) => {
            tracing::warn!(%error, "another start cannot find this window");
            None
        }
    };
    config.claim()?;
    // A measurement measures the window alone.
    config.settings.dates.read_heads &= recording.is_none();
    let config = Arc::new(config);
    let listener = Rc::new(RefCell::new(listener));
    let listening = Rc::clone(&listener);
    let is_demo = matches!(purpose, Purpose::Demo(_));
    let options = WindowOptions {
        offers_demo: !is_demo,
        subtitle: is_demo.then(|| "demo".to_owned()),
        replay: recording.map(|recording| recording.replay.clone()),
        // A measurement disturbs nobody.
        notifier: recording.is_none().then(|| Box::new(notify::say) as Notifier),
        on_open: Some(Box::new(move |window| {
            move_as_asked(window.clone());
            raise_when_asked(&listening, window);
        })),
        ..WindowOptions::default()
    };
    let engine_config = Arc::clone(&config);
    let start: ui::EngineStarter<anyhow::Error> = Box::new(move |wake| {
        let uploads = match purpose {
            Purpose::Gallery => Vec::new(),
            Purpose::Demo(prepare) => prepare()?,
        };
        let engine = Engine::start(engine_config, wake)?;
        for (album, paths) in uploads {
            let options = UploadOptions::default();
            engine.request(Request::Upload { album, paths, options });
        }
        Ok(engine)
    });
    let closed = ui::run(config, options, start);
    // Only now may another start be the first.
    drop(listener.take());
    closed.map_err(|error| match error {
        UiError::Start(error) => error,
        UiError::NoDisplay(why) => CliError::NoDisplay(format!(
            "There is no display that can show the window ({why}). These work without one: \
             {HEADLESS_COMMANDS}."
        ))
        .into(),
    })
}

/// The desktop answers in its own time.
fn move_as_asked(window: WindowHandle) {
    let ask = move || {
        if motion::wants_less() {
            window.reduce_motion();
        }
    };
    if let Err(error) = std::thread::Builder::new().name("motion".to_owned()).spawn(ask) {
        tracing::warn!(%error, "the desktop is not asked how much may move");
    }
}

fn raise_when_asked(listener: &RefCell<Option<Listener>>, window: WindowHandle) {
    let Some(listener) = &mut *listener.borrow_mut() else { return };
    if let Err(error) = listener.on_raise(move || window.bring_to_front()) {
        tracing::warn!(%error, "another start cannot bring this window to the front");
    }
}

/// The one line for a machine without a display.
pub(crate) fn no_display() -> CliError {
    CliError::NoDisplay(format!(
        "There is no display for the window. These work without one: {HEADLESS_COMMANDS}."
    ))
}
