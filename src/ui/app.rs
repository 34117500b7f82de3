//! The window's state and its two halves: `logic` takes in what happened, `ui` paints and decides
//! what was meant.
//!
//! Window thread only: no I/O, no waiting, no decoding.

mod act;
mod fold;
mod heed;
mod standing;

use std::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use egui::{Context, Rect, Ui, pos2};
use jiff::tz::TimeZone;

use self::heed::Heed;
pub(super) use self::standing::Standing;
use super::backend::Backend;
use super::browse::Browse;
use super::desktop::Around;
use super::drop::{Drop, Pasted};
use super::fetching::Fetching;
use super::grid::Grid;
use super::icons::{self, Icon};
use super::keys::{self, Action};
use super::offer::Offer;
use super::particulars::Particulars;
use super::pictures::{Pictures, Tally};
use super::remembered::Remembered;
use super::sidebar::Sidebar;
use super::sign_in::SignIn;
use super::toasts::Toasts;
use super::tokens::{self, measure};
use super::uploads::{self, Uploads};
use super::verification::Verification;
use super::view::{Intent, Place, Question, View};
use super::viewer::Viewer;
use super::{Notifier, Outcome, WindowOptions, fonts, question, settings, text, top_bar, widgets};
use crate::config::{Config, Settings};
use crate::engine::{AccountState, ConnectionState, Request, SyncProgress, UploadsEvent};
use crate::model::{AlbumId, Library};

/// The window's content. Made from a [`Backend`], so that tests can be the engine.
pub struct App {
    backend: Box<dyn Backend>,
    /// The rest of what was told of very many files at once.
    untaken: Option<UploadsEvent>,
    facts: Facts,
    pictures: Pictures,
    screens: Screens,
    place: Place,
    remembered: Remembered,
    kept: Remembered,
    kept_at: f64,
    /// Where that is kept; nowhere when the window is driven by a script.
    folder: Option<PathBuf>,
    /// Writes what is remembered.
    writer: Option<JoinHandle<()>>,
    offers_demo: bool,
    outcome: Rc<Cell<Outcome>>,
    browse: Browse,
    desktop: Around,
    particulars: Particulars,
    fetching: Fetching,
    toasts: Toasts,
    question: Option<(Question, bool)>,
    /// What had the keyboard before the question, and has it again after.
    focus_before: Option<egui::Id>,
    sheet: Option<Sheet>,
    theme: egui::ThemePreference,
    last_frame_dropped_on: Option<AlbumId>,
    /// Offers there have been.
    offers: u64,
    settings: Settings,
    config: Arc<Config>,
    heed: Heed,
    verification: Option<Verification>,
    notifier: Option<Notifier>,
    milestones: Milestones,
}

/// What lies over the window until it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sheet {
    Keys,
    Settings,
    Verification,
}

/// What the log is told once: how long it took until there was something to see.
#[derive(Default)]
struct Milestones {
    begun: Option<Instant>,
    framed: bool,
    pictured: bool,
}

impl Milestones {
    /// A frame has been painted.
    fn framed(&mut self, has_pictures: bool) {
        let Some(begun) = self.begun else { return };
        let milliseconds = begun.elapsed().as_millis();
        if !std::mem::replace(&mut self.framed, true) {
            tracing::info!("first frame after {milliseconds} ms");
        }
        if has_pictures && !std::mem::replace(&mut self.pictured, true) {
            tracing::info!("first pictures after {milliseconds} ms");
        }
    }
}

/// What the engine has told.
pub(super) struct Facts {
    pub(super) library: Library,
    pub(super) uploads: Uploads,
    pub(super) account: AccountState,
    pub(super) connection: ConnectionState,
    pub(super) sync: Option<SyncProgress>,
    pub(super) dates_left: usize,
    /// Whether the library was once told to hold all that Telegram holds, and nothing since.
    pub(super) in_step: bool,
    pub(super) zone: TimeZone,
}

/// The screens and what they remember.
#[derive(Default)]
struct Screens {
    sign_in: SignIn,
    sidebar: Sidebar,
    grid: Grid,
    viewer: Option<Viewer>,
    uploads: uploads::Screen,
    drop: Drop,
    /// How to send what was handed in is still to be said, the first of them shown.
    offers: Vec<Offer>,
}

/// Where things stand in the window.
struct Parts {
    window: Rect,
    sidebar: Rect,
    top_bar: Rect,
    offline: Option<Rect>,
    content: Rect,
    strip: Option<Rect>,
}

impl App {
    /// The window's content over `backend`.
    pub fn new(
        ctx: &Context,
        backend: Box<dyn Backend>,
        config: &Arc<Config>,
        mut options: WindowOptions,
    ) -> Self {
        fonts::install(ctx);
        tokens::install(ctx, options.reduce_motion);
        let folder = options.replay.is_none().then(|| config.places.config.clone());
        let remembered = options.remembered(config);
        let theme = remembered.theme(&config.settings.theme);
        ctx.set_theme(theme);
        ctx.set_zoom_factor(remembered.zoom);
        let drop = Drop::new(options.pointer.take());
        let mut grid = Grid::default();
        remembered.positions().for_each(|(scope, position)| grid.restore(scope, position));
        Self {
            backend,
            untaken: None,
            facts: Facts {
                library: Library::new(),
                uploads: Uploads::default(),
                account: AccountState::Starting,
                connection: ConnectionState::Connecting,
                sync: None,
                dates_left: 0,
                in_step: false,
                zone: TimeZone::system(),
            },
            pictures: Pictures::default(),
            screens: Screens { grid, drop, ..Screens::default() },
            place: remembered.place(),
            kept: remembered.clone(),
            remembered,
            kept_at: 0.0,
            writer: None,
            folder,
            offers_demo: options.offers_demo,
            outcome: options.outcome,
            browse: Browse::new(options.folder_dialog.take()),
            desktop: Around::new(options.desktop.take()),
            particulars: Particulars::default(),
            fetching: Fetching::default(),
            toasts: Toasts::default(),
            question: None,
            focus_before: None,
            sheet: None,
            theme,
            last_frame_dropped_on: None,
            offers: 0,
            settings: config.settings.clone(),
            config: Arc::clone(config),
            heed: Heed::default(),
            verification: None,
            notifier: options.notifier.take(),
            milestones: Milestones { begun: options.begun, ..Milestones::default() },
        }
    }

    /// What the last frame painted of photos in tiles.
    pub const fn tally(&self) -> Tally {
        self.pictures.tally()
    }

    /// Whether files that were handed in are still being looked at.
    #[must_use]
    pub const fn is_sorting(&self) -> bool {
        self.screens.drop.is_sorting()
    }

    /// The album that files go to when no other is aimed at: the open one, else the one used last.
    fn default_album(&self) -> Option<AlbumId> {
        let known = |album: &AlbumId| self.facts.library.album(*album).is_some();
        let open = match self.place {
            Place::Album(album) => Some(album),
            Place::AllPhotos | Place::Uploads => None,
        };
        let newest = || {
            let newest = self.facts.library.albums().max_by_key(|s| (s.album.created, s.album.id));
            newest.map(|shelf| shelf.album.id)
        };
        open.filter(known).or_else(|| self.remembered.last_album().filter(known)).or_else(newest)
    }

    fn parts(&self, ui: &Ui) -> Parts {
        let window = ui.max_rect();
        let rail = window.width() < measure::RAIL_BELOW;
        let side = if rail { measure::RAIL } else { measure::SIDEBAR };
        let sidebar = Rect::from_min_max(window.min, pos2(window.min.x + side, window.max.y));
        let left = sidebar.max.x;
        let bar = pos2(window.max.x, window.min.y + measure::TOP_BAR);
        let top_bar = Rect::from_min_max(pos2(left, window.min.y), bar);
        let has_strip = uploads::strip_is_wanted(&self.facts.uploads, ui.ctx().time())
            && self.place != Place::Uploads;
        let strip = has_strip
            .then(|| Rect::from_min_max(pos2(left, window.max.y - measure::STRIP), window.max));
        let bottom = strip.map_or(window.max.y, |strip| strip.min.y);
        let is_offline = matches!(self.facts.connection, ConnectionState::Offline { .. });
        let offline = is_offline.then(|| {
            Rect::from_min_max(
                pos2(left + measure::EDGE, top_bar.max.y),
                pos2(window.max.x - measure::EDGE, top_bar.max.y + 40.0),
            )
        });
        let top = offline.map_or(top_bar.max.y, |line| line.max.y + 8.0);
        let content = Rect::from_min_max(pos2(left, top), pos2(window.max.x, bottom));
        Parts { window, sidebar, top_bar, offline, content, strip }
    }

    fn signed_in_ui(&mut self, ui: &mut Ui, out: &mut Vec<Intent>) {
        let parts = self.parts(ui);
        self.screens.grid.note_input(ui.ctx());
        if parts.strip.is_some() && self.facts.uploads.over_since().is_some() {
            // It goes by itself.
            ui.ctx().request_repaint_after_secs(0.5);
        }
        let pointed = if Drop::is_hovering(ui) {
            self.screens.drop.pointer(ui).and_then(|at| self.screens.sidebar.album_at(at))
        } else {
            None
        };
        let default_album = self.default_album();
        let hovering = Drop::is_hovering(ui);
        let drop_target = pointed.or(default_album);
        if hovering {
            self.last_frame_dropped_on = drop_target;
        }
        let view = View {
            library: &self.facts.library,
            uploads: &self.facts.uploads,
            account: &self.facts.account,
            connection: &self.facts.connection,
            sync: self.facts.sync,
            in_step: self.facts.in_step,
            dates_left: self.facts.dates_left,
            place: self.place,
            tile_size: self.remembered.tile_size(),
            arrangement: self.remembered.arrangement(),
            theme: self.theme,
            zone: &self.facts.zone,
            now: jiff::Timestamp::now().as_second(),
            is_rail: parts.window.width() < measure::RAIL_BELOW,
            drop_target: drop_target.filter(|_| hovering),
            default_album,
            is_covered: self.question.is_some() || self.sheet.is_some(),
            is_choosing: self.screens.grid.hands.is_choosing(),
            particulars: &self.particulars,
            is_behind: self.screens.viewer.is_some(),
        };
        let Self { screens, pictures, .. } = self;
        let behind = screens.viewer.as_ref().is_none_or(|viewer| viewer.shows_gallery(ui.ctx()));
        if behind {
            gallery(ui, &parts, screens, pictures, &view, out);
        } else if let Some(scope) = view.place.scope() {
            screens.grid.catch_up_unseen(ui.ctx(), scope, &view);
        }
        if let Some(viewer) = &mut screens.viewer {
            let tile = screens.grid.tile_rect(ui, parts.content, viewer.photo());
            let timeline = screens.grid.timeline();
            viewer.ui(ui, parts.window, tile, timeline, &view, pictures, out);
            if viewer.is_closing() {
                // The tile that it shrinks into has to be in view.
                screens.grid.reveal(viewer.photo());
            }
        }
        if let Some(offer) = screens.offers.first_mut() {
            let bottom = parts.content.max.y;
            if !offer.ui(ui, parts.content, bottom, &view, out) {
                screens.offers.remove(0);
            }
        }
        screens.drop.ui(ui, content_of_drop(&parts), &view, pictures);
        if let Some(pasted) = screens.drop.pasted_now(ui) {
            out.push(match pasted {
                Pasted::Files(files) => Intent::Send(default_album, files),
                Pasted::Perhaps(picture) => Intent::Paste(default_album, picture),
            });
        }
        let dropped = Drop::taken(ui);
        if !dropped.is_empty() {
            let aimed = self.last_frame_dropped_on.take().or(default_album);
            out.push(Intent::Send(aimed, dropped));
        }
        let bottom = parts.strip.map_or(parts.window.max.y, |strip| strip.min.y);
        let has_bar = self.place.scope().is_some() && self.screens.grid.hands.is_choosing();
        let bottom = if has_bar { bottom - measure::SELECTION_BAR - 16.0 } else { bottom };
        let viewer = self.screens.viewer.as_ref().filter(|viewer| !viewer.is_closing());
        let room = viewer.map(|viewer| viewer.room(parts.window));
        let area = room.unwrap_or_else(|| parts.content.union(parts.top_bar));
        let bottom = room.map_or(bottom, |room| room.max.y);
        let bottom = self.fetching.ui(ui, area, bottom, out);
        self.toasts.ui(ui, area, bottom);
        self.close_viewer_when_over(ui.ctx());
    }

    fn close_viewer_when_over(&mut self, ctx: &Context) {
        let over = self.screens.viewer.as_ref().is_some_and(|viewer| viewer.is_over(ctx));
        if let Some(viewer) = self.screens.viewer.take_if(|_| over) {
            self.remembered.info_panel = viewer.info;
            self.remembered.set_slides(viewer.slides);
            ctx.request_repaint();
        }
    }

    /// What lies over everything: the question, the sheet of keys.
    fn covers(&mut self, ui: &mut Ui, window: Rect, out: &mut Vec<Intent>) {
        if let Some((asked, is_new)) = &mut self.question {
            if *is_new {
                self.focus_before = ui.memory(egui::Memory::focused);
            }
            let answer = question::ui(ui, window, asked, *is_new);
            *is_new = false;
            if let Some(before) = self.focus_before.take_if(|_| answer.is_some()) {
                ui.memory_mut(|memory| memory.request_focus(before));
            }
            match answer {
                Some(question::Answer::Lose) => {
                    let request = act::loss(asked);
                    if let Request::DeletePhotos { photos } = &request {
                        self.screens.grid.hands.deleting(photos);
                    }
                    out.push(Intent::Request(request));
                    self.question = None;
                }
                Some(question::Answer::Keep) => self.question = None,
                None => {}
            }
        } else if let Some(sheet) = self.sheet {
            self.sheet_ui(ui, window, sheet, out);
        }
    }

    fn sheet_ui(&mut self, ui: &mut Ui, window: Rect, sheet: Sheet, out: &mut Vec<Intent>) {
        let stays = match sheet {
            Sheet::Verification => self
                .verification
                .as_ref()
                .is_some_and(|shown| shown.sheet(ui, window, &self.facts.library, out)),
            Sheet::Keys => {
                keys::sheet(ui, window);
                let ground = ui.interact(window, egui::Id::unique("sheet"), egui::Sense::click());
                !ground.clicked() && !ui.input(|input| input.key_pressed(egui::Key::Escape))
            }
            Sheet::Settings => {
                let shown = settings::Shown {
                    settings: &self.settings,
                    config: &self.config,
                    account: &self.facts.account,
                    theme: self.theme,
                };
                settings::sheet(ui, window, &shown, out)
            }
        };
        if !stays {
            self.sheet = None;
        }
    }

    fn toggle(&mut self, sheet: Sheet) {
        self.sheet = if self.sheet == Some(sheet) { None } else { Some(sheet) };
    }

    fn keys(&mut self, ctx: &Context, out: &mut Vec<Intent>) {
        for action in keys::pressed(ctx, keys::Place::Anywhere) {
            match action {
                Action::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
                Action::KeySheet => self.toggle(Sheet::Keys),
                Action::Settings => self.toggle(Sheet::Settings),
                Action::NewAlbum if self.screens.viewer.is_none() => out.push(Intent::NewAlbum),
                Action::Upload if self.screens.viewer.is_none() => {
                    out.push(self.default_album().map_or(Intent::NewAlbum, Intent::BrowseFiles));
                }
                _ => {}
            }
        }
    }

    fn keep(&self) -> Option<JoinHandle<()>> {
        self.remembered.save_aside(self.folder.clone()?)
    }

    /// Keeps what is worth remembering, two seconds after it changed.
    fn remember(&mut self, ctx: &Context) {
        let zoom = ctx.zoom_factor();
        self.remembered.zoom = zoom;
        ctx.input(|input| self.remembered.set_window(input.viewport(), zoom));
        self.remembered.set_place(self.place);
        let scope = self.place.scope().filter(|scope| self.screens.grid.shows(*scope));
        if let Some(scope) = scope.filter(|_| self.facts.library.photo_count() > 0) {
            let position = self.screens.grid.position(scope, ctx.pixels_per_point());
            self.remembered.set_position(scope, position);
        }
        if self.remembered == self.kept {
            self.kept_at = ctx.time();
        } else if ctx.time() - self.kept_at > 2.0 && self.stop_writing(false) {
            (self.kept, self.kept_at) = (self.remembered.clone(), ctx.time());
            self.writer = self.keep();
        } else {
            ctx.request_repaint_after_secs(2.1);
        }
    }

    /// Whether nothing is being written any more: two writers could finish in the wrong order.
    fn stop_writing(&mut self, wait: bool) -> bool {
        let Some(writer) = self.writer.take_if(|writer| wait || writer.is_finished()) else {
            return self.writer.is_none();
        };
        if writer.join().is_err() {
            tracing::warn!("the window's place could not be kept");
        }
        true
    }
}

/// The sidebar is not dimmed: it is where one may aim.
fn content_of_drop(parts: &Parts) -> Rect {
    Rect::from_min_max(pos2(parts.sidebar.max.x, parts.window.min.y), parts.window.max)
}

fn gallery(
    ui: &mut Ui,
    parts: &Parts,
    screens: &mut Screens,
    pictures: &mut Pictures,
    view: &View<'_>,
    out: &mut Vec<Intent>,
) {
    // Tab goes through them in this order.
    screens.sidebar.ui(ui, parts.sidebar, view, pictures, out);
    top_bar::ui(ui, parts.top_bar, view, out);
    if let Some(line) = parts.offline {
        offline_line(ui, line, parts);
    }
    match view.place.scope() {
        Some(scope) => screens.grid.ui(ui, parts.content, scope, view, pictures, out),
        None => screens.uploads.ui(ui, parts.content, view, pictures, out),
    }
    if let Some(strip) = parts.strip {
        uploads::strip_ui(ui, strip, view, out);
    }
}

fn offline_line(ui: &Ui, line: Rect, parts: &Parts) {
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    let under = Rect::from_min_max(
        pos2(parts.sidebar.max.x, line.min.y),
        pos2(parts.window.max.x, line.max.y + 8.0),
    );
    painter.rect_filled(under, 0.0, palette.canvas);
    widgets::card(painter, line, tokens::radius::CONTROL, palette.surface);
    let y = line.center().y;
    icons::paint(painter, Icon::Info, pos2(line.min.x + 26.0, y), 18.0, palette.text_2);
    let words = "Offline. What is on this computer still opens; uploads go on later.";
    widgets::says(ui, line, egui::Id::unique("offline"), egui::Role::Status, words);
    let at = pos2(line.min.x + 48.0, y);
    let room = line.width() - 64.0;
    let align = egui::Align2::LEFT_CENTER;
    text::paint(painter, at, align, text::LABEL, words, palette.text_2, room);
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.drain(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        self.screens.drop.follow(ui, frame);
        let mut out = Vec::new();
        let window = ui.max_rect();
        self.pictures.begin_frame(ui.ctx());
        if matches!(self.facts.account, AccountState::SignedIn { .. }) {
            self.keys(ui.ctx(), &mut out);
            // What is covered does not scroll: the wheel is for what lies over it.
            let is_covered = self.question.is_some() || self.sheet.is_some();
            let take =
                |input: &mut egui::InputState| std::mem::take(&mut input.smooth_scroll_delta);
            let wheel = is_covered.then(|| ui.input_mut(take));
            self.signed_in_ui(ui, &mut out);
            if let Some(wheel) = wheel {
                ui.input_mut(|input| input.smooth_scroll_delta = wheel);
            }
        } else {
            let (account, connection) = (&self.facts.account, &self.facts.connection);
            let demo = self.offers_demo;
            self.screens.sign_in.ui(ui, window, account, connection, demo, &mut out);
        }
        self.covers(ui, window, &mut out);
        for intent in out {
            self.act(ui.ctx(), intent);
        }
        while let Some(chosen) = self.browse.take() {
            self.chosen(ui.ctx(), chosen);
        }
        while let Some(done) = self.desktop.take() {
            self.desktop_did(ui.ctx(), done);
        }
        self.show_files_in_view(ui.ctx());
        self.send_sorted(ui.ctx());
        self.send_pasted();
        self.pictures.end_frame(ui.ctx());
        if let Some(wants) = self.pictures.changed_wishes() {
            self.backend.want(wants);
        }
        self.remember(ui.ctx());
        self.milestones.framed(self.pictures.tally().thumbnails > 0);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.send_what_waits();
        // The window is gone: nothing waits for this but the end of the program.
        self.stop_writing(true);
        self.writer = self.keep();
        self.stop_writing(true);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}
