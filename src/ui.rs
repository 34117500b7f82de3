//! The window: paints what it has, says what it wants.
//!
//! Everything here runs on the window's thread, where there is no I/O, no waiting and no decoding
//! (BlurHash, small and held in the library, is the one exception). What happens elsewhere comes
//! in as [`Event`](crate::engine::Event)s, drained in `logic`; what is wanted goes out as
//! [`Request`](crate::engine::Request)s and one
//! [`WantList`](crate::engine::WantList), stated after each frame.

mod app;
pub mod arrange;
mod backend;
mod brand;
mod browse;
mod dates;
mod desktop;
mod drop;
mod empty;
mod fetching;
mod fonts;
mod grid;
mod icons;
mod keys;
mod links;
mod offer;
mod particulars;
mod pictures;
mod question;
mod remembered;
mod replay;
mod selection;
mod settings;
mod sidebar;
mod sign_in;
mod text;
mod tile_paint;
mod timeline;
mod toasts;
mod tokens;
mod top_bar;
mod uploads;
mod verification;
mod view;
mod viewer;
mod widgets;
mod window;
mod words;

pub use self::app::App;
pub use self::backend::{Backend, Wake};
pub use self::drop::PointerProbe;
pub use self::pictures::{Placeholders, Tally};
pub use self::replay::{Replay, ReplayError, Report, Script};
pub use self::window::{
    EngineStarter, FolderDialog, Notifier, UiError, WindowHandle, WindowOptions, run,
};

/// The smallest window, points.
pub(crate) const SMALLEST: egui::Vec2 = egui::vec2(640.0, 480.0);

/// Why the window was closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// The user closed it.
    #[default]
    Closed,
    /// The user asked for the demo: whoever opened the window may start it now.
    TryDemo,
}
