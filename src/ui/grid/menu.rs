//! What the right button offers on a tile, or on all that is selected.

use egui::{Id, Popup, PopupAnchor, PopupKind, Pos2, Rect, Response, Sense, Ui, vec2};

use super::{Frame, Grid};
use crate::model::{MediaKind, PhotoId};
use crate::ui::icons::Icon;
use crate::ui::timeline::TileId;
use crate::ui::tokens;
use crate::ui::view::{Errand, Intent, Place, View};
use crate::ui::viewer::more;
use crate::ui::widgets::{self, MENU_WIDTH, MenuRow};
use crate::ui::words;

/// A menu that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Menu {
    tile: TileId,
    at: Pos2,
}

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Open,
    Select,
    ShowInAlbum,
    Save,
    One(Errand),
    Delete,
}

/// The menu's content, in words.
struct Offers {
    /// How many photos Save and Delete are about.
    photos: usize,
    /// What the tile under the menu shows.
    kind: MediaKind,
    is_selected: bool,
    in_album: bool,
}

impl Grid {
    /// Opens the menu of the tile at `place`, at a point of the screen.
    pub(super) fn open_menu(&mut self, place: Option<usize>, at: Option<Pos2>) {
        let entry = place.and_then(|place| self.timeline.get(place));
        let Some((entry, at)) = entry.filter(|entry| entry.photo().is_some()).zip(at) else {
            return;
        };
        self.cursor = Some(entry.id);
        self.hands.end_range();
        self.hands.menu = Some(Menu { tile: entry.id, at });
    }

    /// Opens the menu of the tile under the cursor.
    pub(super) fn open_menu_by_key(&mut self, frame: &Frame) {
        let place = self.cursor.and_then(|tile| self.timeline.place_of(tile));
        let rect = place.and_then(|place| self.rect_at(frame, place));
        let rect = rect.map(|rect| rect.intersect(frame.rect)).filter(Rect::is_positive);
        self.open_menu(place, rect.map(|rect| rect.center()));
    }

    /// Shows the menu while it is open.
    pub(super) fn menu(
        &mut self,
        ui: &Ui,
        frame: &Frame,
        area: &Response,
        view: &View<'_>,
        out: &mut Vec<Intent>,
    ) {
        let Some(menu) = self.hands.menu else { return };
        let photo = menu.tile.photo().filter(|photo| view.library.photo(*photo).is_some());
        let Some((photo, place)) = photo.zip(self.timeline.place_of(menu.tile)) else {
            self.hands.menu = None;
            return;
        };
        let is_selected = self.hands.selection.contains(photo, place);
        let photos = if is_selected { self.hands.selection.len() } else { 1 };
        let in_album = view.place == Place::AllPhotos;
        let kind = view.library.photo(photo).map_or(MediaKind::Image, |photo| photo.kind());
        let mut is_open = true;
        let anchor = PopupAnchor::Position(menu.at);
        let choice = Popup::new(Id::unique("tile menu"), ui.ctx().clone(), anchor, area.layer_id)
            .kind(PopupKind::Menu)
            .accessible_name("Photo")
            .open_bool(&mut is_open)
            .show(|ui| rows(ui, &Offers { photos, kind, is_selected, in_album }))
            .and_then(|shown| shown.inner);
        if !is_open || choice.is_some() {
            self.hands.menu = None;
            area.request_focus();
        }
        if let Some(choice) = choice {
            self.chosen(frame, choice, (photo, place), view, out);
        }
    }

    fn chosen(
        &mut self,
        frame: &Frame,
        choice: Choice,
        (photo, place): (PhotoId, usize),
        view: &View<'_>,
        out: &mut Vec<Intent>,
    ) {
        match choice {
            Choice::Open => self.open(frame, place, out),
            Choice::Select => self.toggle(place),
            Choice::ShowInAlbum => out.push(Intent::Show(Place::Album(photo.album), photo)),
            Choice::Save => out.push(Intent::Save(self.subject(Some(place), view))),
            Choice::One(errand) => out.push(Intent::Photo(errand, photo)),
            Choice::Delete => out.push(Intent::Delete(self.subject(Some(place), view))),
        }
    }
}

fn rows(ui: &mut Ui, offers: &Offers) -> Option<Choice> {
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut chosen = None;
    let mut row = |ui: &mut Ui, icon, label: &str, key: &str, choice| {
        if widgets::menu_row(ui, MenuRow { icon, label, key, chosen: false }) {
            chosen = Some(choice);
        }
    };
    let select = if offers.is_selected { "No longer select" } else { "Select" };
    let (save, delete) = match offers.photos {
        1 => ("Save original".to_owned(), "Delete for good".to_owned()),
        n => {
            let n = words::count(n);
            (format!("Save {n} originals"), format!("Delete {n} for good"))
        }
    };
    row(ui, Icon::Photo, "Open", "Enter", Choice::Open);
    row(ui, Icon::Check, select, "X", Choice::Select);
    if offers.in_album {
        row(ui, Icon::Folder, "Show in its album", "", Choice::ShowInAlbum);
    }
    row(ui, Icon::Download, &save, &widgets::command("S"), Choice::Save);
    if offers.photos == 1 {
        chosen = more::rows(ui, offers.kind).map(Choice::One).or(chosen);
    }
    let (line, _) = ui.allocate_exact_size(vec2(MENU_WIDTH, 13.0), Sense::hover());
    let palette = tokens::palette(ui.ctx());
    let (from, to) = (line.min.x + 8.0, line.max.x - 8.0);
    widgets::hairline(ui.painter(), from, to, line.center().y, palette.line_2);
    let delete = MenuRow { icon: Icon::Trash, label: &delete, key: "Shift Del", chosen: false };
    if widgets::menu_row(ui, delete) {
        chosen = Some(Choice::Delete);
    }
    chosen
}
