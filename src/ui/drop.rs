//! Files dragged over the window, dropped on it, or pasted: where they will go, shown and done.

mod clipboard;
mod pasting;
mod sorting;
mod survey;

use std::path::PathBuf;
use std::sync::Arc;

use egui::{
    Align2, Color32, ColorImage, Id, LayerId, Order, Rect, Stroke, StrokeKind, Ui, pos2, vec2,
};

use self::clipboard::Clipboard;
pub(crate) use self::clipboard::Pasted;
use self::pasting::Pasting;
pub(crate) use self::sorting::Sorted;
use self::sorting::Sorting;
pub(crate) use self::survey::Survey;
use super::icons::{self, Icon};
use super::pictures::Pictures;
use super::tokens::{self, on_photo, radius};
use super::view::View;
use super::{text, tile_paint, widgets, words};
use crate::model::{AlbumId, Bitmap};
use crate::platform::pointer::DragPointer;

/// Asks the platform where the pointer is, in physical pixels of the whole screen: the window
/// system tells nobody while files are dragged.
pub type PointerProbe = Box<dyn Fn() -> Option<(f64, f64)>>;

/// What is over the window.
#[derive(Default)]
pub(crate) struct Drop {
    survey: Option<Survey>,
    probe: Option<PointerProbe>,
    follower: Follower,
    /// Paths that were handed in, and where to, while folders are told from files.
    sorting: Vec<(Option<AlbumId>, Sorting)>,
    clipboard: Clipboard,
    /// Pictures from the clipboard, and where to.
    pasting: Vec<(Option<AlbumId>, Pasting)>,
    /// Files that were dropped before there was an album to put them in.
    pub(crate) homeless: Vec<PathBuf>,
}

/// Who follows the pointer while files are over the window.
#[derive(Default)]
enum Follower {
    /// No files are over the window.
    #[default]
    Idle,
    Following(DragPointer),
    /// The system does not tell; not asked again until the files are gone.
    Impossible,
}

impl Drop {
    pub(crate) fn new(probe: Option<PointerProbe>) -> Self {
        Self { probe, ..Self::default() }
    }

    /// Whether files are over the window.
    pub(crate) fn is_hovering(ui: &Ui) -> bool {
        ui.input(|input| !input.raw.hovered_files.is_empty())
    }

    /// Follows the pointer from when files come over the window until they are gone.
    pub(crate) fn follow(&mut self, ui: &Ui, window: &eframe::Frame) {
        if !Self::is_hovering(ui) {
            self.follower = Follower::Idle;
        } else if matches!(self.follower, Follower::Idle) {
            let ctx = ui.ctx().clone();
            let started = DragPointer::start(window, move || ctx.request_repaint());
            self.follower = started.map_or(Follower::Impossible, Follower::Following);
        }
    }

    /// Where the pointer is on the window, points; `None` where nobody knows.
    pub(crate) fn pointer(&self, ui: &Ui) -> Option<egui::Pos2> {
        let scale = ui.pixels_per_point();
        if let Follower::Following(pointer) = &self.follower
            && let Some((x, y)) = pointer.position()
        {
            return Some(pos2(f32::from(x), f32::from(y)) / scale);
        }
        self.probe.as_ref().and_then(|probe| probe()).and_then(|(x, y)| {
            let window = ui.input(|input| input.viewport().inner_rect)?;
            #[expect(clippy::cast_possible_truncation, reason = "a place on a screen")]
            let screen = pos2(x as f32, y as f32) / scale;
            Some(screen - window.min.to_vec2())
        })
    }

    /// What was dropped in this frame.
    pub(crate) fn taken(ui: &Ui) -> Vec<PathBuf> {
        ui.input(|input| {
            input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect()
        })
    }

    /// Takes paths in that came from somewhere; they come back sorted.
    pub(crate) fn sort(
        &mut self,
        ctx: &egui::Context,
        target: Option<AlbumId>,
        paths: Vec<PathBuf>,
    ) {
        let ctx = ctx.clone();
        self.sorting.push((target, Sorting::begin(paths, move || ctx.request_repaint())));
    }

    /// What was pasted in this frame.
    pub(crate) fn pasted_now(&mut self, ui: &Ui) -> Option<Pasted> {
        self.clipboard.pasted(ui)
    }

    /// Takes in a picture that was pasted.
    pub(crate) fn paste(
        &mut self,
        ctx: &egui::Context,
        target: Option<AlbumId>,
        image: Arc<ColorImage>,
    ) {
        let ctx = ctx.clone();
        self.pasting.push((target, Pasting::begin(image, move || ctx.request_repaint())));
    }

    /// A picture that was pasted, once it can be sent.
    pub(crate) fn pasted(&mut self) -> Option<(Option<AlbumId>, Option<Bitmap>)> {
        let (target, pasting) = self.pasting.first()?;
        let pasted = (*target, pasting.outcome()?);
        self.pasting.remove(0);
        Some(pasted)
    }

    /// Whether paths are being sorted, or pasted pictures made.
    pub(crate) const fn is_sorting(&self) -> bool {
        !self.sorting.is_empty() || !self.pasting.is_empty()
    }

    /// What has been sorted since, in the order in which it came.
    pub(crate) fn sorted(&mut self) -> Option<(Option<AlbumId>, Sorted)> {
        let (target, sorting) = self.sorting.first()?;
        let sorted = (*target, sorting.outcome()?);
        self.sorting.remove(0);
        Some(sorted)
    }

    /// What is still being sorted, each `None` where that takes long. Waits for a moment: only for
    /// when the window is gone.
    pub(crate) fn take_unsorted(&mut self) -> Vec<(Option<AlbumId>, Option<Sorted>)> {
        let sorting = std::mem::take(&mut self.sorting).into_iter();
        sorting.map(|(target, sorting)| (target, sorting.at_last())).collect()
    }

    /// Paints the overlay over `content`; the sidebar stays clear, because one may aim at it.
    pub(crate) fn ui(&mut self, ui: &Ui, content: Rect, view: &View<'_>, pictures: &mut Pictures) {
        let hovered: Vec<PathBuf> = ui.input(|input| {
            input.raw.hovered_files.iter().filter_map(|file| file.path.clone()).collect()
        });
        if !Self::is_hovering(ui) {
            self.survey = None;
            return;
        }
        if self.survey.as_ref().is_none_or(|survey| survey.paths() != hovered) {
            let ctx = ui.ctx().clone();
            self.survey = Some(Survey::begin(hovered, move || ctx.request_repaint()));
        }
        // Nothing tells when the pointer moves: look again soon.
        ui.ctx().request_repaint_after_secs(0.05);
        let palette = tokens::palette(ui.ctx());
        let painter = ui
            .painter()
            .clone()
            .with_layer_id(LayerId::new(Order::Foreground, Id::unique("drop")))
            .with_clip_rect(ui.clip_rect());
        painter.rect_filled(content, 0.0, on_photo::DROP_SCRIM);
        painter.rect_stroke(
            content.shrink(4.0),
            radius::CARD,
            Stroke::new(2.0, palette.accent_line),
            StrokeKind::Inside,
        );
        let size =
            vec2(448.0_f32.min(content.width() - 48.0), 256.0_f32.min(content.height() - 48.0));
        let card = Rect::from_center_size(content.center(), size);
        widgets::raised(&painter, card, radius::DIALOG, palette);
        let cover =
            Rect::from_center_size(pos2(card.center().x, card.min.y + 68.0), vec2(72.0, 72.0));
        cover_of_target(ui, &painter, cover, view, pictures);
        let room = card.width() - 32.0;
        let line = |y: f32| pos2(card.center().x, card.min.y + y);
        let centre = Align2::CENTER_CENTER;
        let (sentence, facts) = self.words(view);
        text::paint(&painter, line(142.0), centre, text::FIGURE, &sentence, palette.text, room);
        text::paint(&painter, line(170.0), centre, text::BODY, &facts, palette.text_2, room);
        let hint = if view.library.albums().len() > 1 {
            "For another album, drop on it in the sidebar"
        } else {
            "They are sent as files, byte for byte"
        };
        text::paint(&painter, line(206.0), centre, text::LABEL, hint, palette.text_3, room);
    }

    fn words(&self, view: &View<'_>) -> (String, String) {
        let found = self.survey.as_ref().map(Survey::found).unwrap_or_default();
        let what = if found.files > 0 {
            words::counted(found.files, "file", "files")
        } else {
            let named = self.survey.as_ref().map_or(0, |survey| survey.paths().len());
            if named == 0 { "files".to_owned() } else { words::counted(named, "item", "items") }
        };
        let sentence = view.drop_target.map_or_else(
            || format!("Drop {what}, then name an album"),
            |album| format!("Drop {what} into {}", view.album_title(album)),
        );
        let facts = match (found.bytes, found.folders) {
            (0, _) => String::new(),
            (bytes, 0) => words::bytes(bytes),
            (bytes, n) => {
                let more = if found.is_partial { "more than " } else { "" };
                format!(
                    "{more}{} from {}",
                    words::bytes(bytes),
                    words::counted(n, "folder", "folders")
                )
            }
        };
        (sentence, facts)
    }
}

fn cover_of_target(
    ui: &Ui,
    painter: &egui::Painter,
    rect: Rect,
    view: &View<'_>,
    pictures: &mut Pictures,
) {
    let palette = tokens::palette(ui.ctx());
    painter.rect_filled(rect, radius::CARD, palette.tile);
    let newest = view
        .drop_target
        .and_then(|album| view.library.album(album))
        .and_then(crate::model::AlbumShelf::newest);
    if let Some(photo) = newest {
        let thumbnail = pictures.thumbnail(photo.id());
        let patch = thumbnail.or_else(|| pictures.placeholder(ui.ctx(), photo));
        if let Some(patch) = patch {
            let uv = super::pictures::cover(patch.uv, photo.size().aspect(), 1.0);
            let patch = super::pictures::Patch { uv, ..patch };
            tile_paint::patch(painter, rect, radius::CARD, patch, Color32::WHITE);
        }
    } else {
        icons::paint(painter, Icon::Photo, rect.center(), 28.0, palette.text_3);
    }
    let plus = rect.max - vec2(4.0, 4.0);
    painter.circle(plus, 16.0, palette.accent, Stroke::new(3.0, palette.raised));
    icons::paint(painter, Icon::Plus, plus, 20.0, palette.on_accent);
}
