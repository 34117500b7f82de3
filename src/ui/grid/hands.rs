//! The pointer over the grid: one area answers for all tiles, the tile is found by position.
//!
//! What a click means: it opens a photo, or selects it while anything is selected or Ctrl is
//! held; with Shift it selects up to there; dragging draws a rubber band.

use std::collections::HashMap;
use std::time::Duration;

use egui::{InputState, Modifiers, PointerButton, Pos2, Response, Ui};

use super::band::Band;
use super::date_card::DateCard;
use super::menu::Menu;
use super::tile::Mood;
use super::{Frame, Grid, header, tile};
use crate::model::{Library, PhotoId};
use crate::ui::selection::{PhotoSet, Rule, Selection, Share, Shown};
use crate::ui::timeline::{Entry, TileId, Timeline};
use crate::ui::tokens::{self, motion};
use crate::ui::view::{Intent, Place, View};

/// How long a frame may work on a selection that grows.
const WORK: Duration = Duration::from_millis(3);
/// A day of so many photos is not gone through while its selection changes in every frame.
const LARGE_DAY: usize = 5000;

/// What hands do in the grid, and what they have chosen.
#[derive(Default)]
pub(crate) struct Hands {
    pub(super) selection: Selection,
    /// Clicks select although nothing is selected yet.
    choosing: bool,
    /// Keys were used last, not the pointer.
    pub(super) by_keys: bool,
    /// The pointer was moved, or its wheel turned, since keys were used.
    pub(super) pointed: bool,
    /// Being deleted for good: dimmed until Telegram has answered.
    deleting: PhotoSet,
    /// Where a range with Shift began; `None` when the last step was another.
    range_from: Option<TileId>,
    /// Where on the page the cursor goes up and down, and the tile that this brought it to.
    pub(super) column: Option<i64>,
    pub(super) column_of: Option<TileId>,
    pub(super) band: Option<Band>,
    /// The tile under the pointer, and that on which the button went down.
    pub(super) hovered: Option<usize>,
    pressed: Option<usize>,
    moods: Moods,
    shares: HashMap<usize, (u64, Share)>,
    /// All is to be selected once all has been put in order.
    pub(super) all_soon: bool,
    /// A photo far away that is to be gone to.
    pub(super) goes_to: Option<TileId>,
    pub(super) menu: Option<Menu>,
    pub(super) date_card: Option<DateCard>,
    /// Count and bytes in the bar, also while it goes away.
    pub(super) told: (usize, u64),
}

/// What the tiles look like that are not at rest: how far each has got.
#[derive(Default)]
struct Moods {
    now: HashMap<TileId, Mood>,
    /// The tiles of the frame before.
    seen: std::ops::Range<usize>,
}

/// What is under the pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Under {
    Tile(usize),
    /// The check disc of a tile.
    Disc(usize),
    Ground,
}

impl Under {
    fn tile(self) -> Option<usize> {
        match self {
            Self::Tile(place) | Self::Disc(place) => Some(place),
            Self::Ground => None,
        }
    }
}

/// The photos as the selection wants to see them.
pub(super) struct Page<'a> {
    pub(super) timeline: &'a Timeline,
    pub(super) library: &'a Library,
}

impl Shown for Page<'_> {
    fn photo_at(&self, place: usize) -> Option<PhotoId> {
        self.timeline.get(place)?.photo()
    }

    fn bytes_of(&self, photo: PhotoId) -> Option<u64> {
        self.library.photo(photo).map(|photo| photo.bytes())
    }
}

impl Hands {
    /// Another place: nothing of the former one is held.
    pub(super) fn let_go(&mut self) {
        let deleting = std::mem::take(&mut self.deleting);
        *self = Self { deleting, ..Self::default() };
    }

    /// Before the places of photos change.
    pub(super) fn before_change(&mut self, timeline: &Timeline, library: &Library) {
        let page = Page { timeline, library };
        if self.band.is_some() {
            self.selection.uncover(&page);
        } else {
            self.selection.settle(&page);
            if self.range_from.is_some() {
                // It goes on from the same photo; what it has selected stays, what comes to stand
                // in it does not join.
                self.selection.begin(true, &page);
            }
        }
        self.moods.seen = 0..0;
        self.shares.clear();
        self.hovered = None;
        self.pressed = None;
    }

    /// Goes on for a moment with work of the selection that waits for places; whether there is
    /// more.
    pub(super) fn goes_on_selecting(&mut self, timeline: &Timeline, library: &Library) -> bool {
        let has_more = self.selection.waits_for_places();
        if has_more {
            self.selection.work(&Page { timeline, library }, WORK);
        }
        self.selection.waits_for_places()
    }

    /// The next range with Shift begins anew.
    pub(super) fn end_range(&mut self) {
        if self.range_from.take().is_some() {
            self.selection.commit();
        }
    }

    /// Ends the band; what it has selected stays.
    fn end_band(&mut self) {
        if self.band.take().is_some() {
            self.selection.commit();
        }
    }

    /// Takes the band back, or selects nothing.
    pub(super) fn escape(&mut self) {
        if self.band.take().is_some() {
            self.selection.cover(Vec::new(), Rule::Select);
            self.selection.commit();
            return;
        }
        self.end_range();
        self.selection.clear();
        (self.choosing, self.all_soon) = (false, false);
    }

    pub(super) fn has_selection(&self) -> bool {
        !self.selection.is_empty()
    }

    /// Whether photos are being selected: the bar is there, and clicks do not open.
    pub(crate) fn is_choosing(&self) -> bool {
        self.choosing || self.has_selection()
    }

    /// Begins to select, or selects nothing and lets clicks open again.
    pub(crate) fn choose(&mut self) {
        self.choosing = !self.is_choosing();
        if !self.choosing {
            self.escape();
        }
    }

    /// These are being deleted for good, and are no longer selected.
    pub(crate) fn deleting(&mut self, photos: &[PhotoId]) {
        self.escape();
        for photo in photos {
            self.deleting.insert(*photo);
        }
    }

    /// That is over.
    pub(crate) fn deleted(&mut self, photos: &[PhotoId]) {
        for photo in photos {
            self.deleting.remove(*photo);
        }
    }

    /// A photo had so many bytes and now has others, or is gone.
    pub(crate) fn changed(&mut self, photo: PhotoId, was: u64, is: Option<u64>) {
        self.selection.changed(photo, was, is);
    }

    /// Anything may have changed.
    pub(crate) fn changed_somehow(&mut self) {
        self.selection.changed_somehow();
    }

    /// How the tile of a photo is to be painted.
    pub(super) fn mood(&mut self, ui: &Ui, tile: TileId, place: usize, at_rest: bool) -> Mood {
        let nothing = self.moods.now.is_empty() && self.deleting.is_empty();
        if nothing && self.hovered != Some(place) && self.selection.is_empty() {
            return Mood::default();
        }
        let selected = tile.photo().is_some_and(|photo| self.selection.contains(photo, place));
        let hovered = self.hovered == Some(place) && self.band.is_none();
        let before = self.moods.now.get(&tile).copied();
        let calm = before.is_none() && !selected && !hovered && self.deleting.is_empty();
        if calm {
            return Mood::default();
        }
        let mut mood = before.unwrap_or_else(|| {
            let was_there = self.moods.seen.contains(&place);
            Mood { selected: if selected && !was_there { 1.0 } else { 0.0 }, ..Mood::default() }
        });
        let seconds = ui.input(|input| input.stable_dt);
        let towards = |value: &mut f32, on: bool, token: f32| {
            let target = f32::from(u8::from(on));
            let whole = if at_rest { tokens::seconds(ui.ctx(), token) } else { 0.0 };
            let step = if whole > 0.0 { seconds / whole } else { 1.0 };
            *value += (target - *value).clamp(-step, step);
            if (*value - target).abs() > f32::EPSILON {
                ui.ctx().request_repaint();
            }
        };
        towards(&mut mood.selected, selected, motion::SELECTION);
        towards(&mut mood.hovered, hovered && at_rest, motion::HOVER);
        mood.is_selected = selected;
        mood.pressed = hovered && self.pressed == Some(place);
        mood.dimmed = tile.photo().is_some_and(|photo| self.deleting.contains(photo));
        if mood.selected > 0.0 || mood.hovered > 0.0 {
            self.moods.now.insert(tile, mood);
        } else {
            self.moods.now.remove(&tile);
        }
        mood
    }

    /// After the tiles at these places were painted.
    pub(super) fn painted(&mut self, places: std::ops::Range<usize>, timeline: &Timeline) {
        if !self.moods.now.is_empty() {
            let here =
                |tile: &TileId| timeline.place_of(*tile).is_some_and(|p| places.contains(&p));
            self.moods.now.retain(|tile, _| here(tile));
        }
        self.moods.seen = places;
    }

    /// The places of the tiles that were painted last.
    pub(super) fn seen(&self) -> std::ops::Range<usize> {
        self.moods.seen.clone()
    }

    /// How many of a day's photos are selected.
    pub(super) fn share(&mut self, places: std::ops::Range<usize>, page: &Page<'_>) -> Share {
        if self.selection.is_empty() {
            self.shares.clear();
            return Share::None;
        }
        let (first, revision) = (places.start, self.selection.revision());
        if let Some((_, share)) = self.shares.get(&first).filter(|(at, _)| *at == revision) {
            return *share;
        }
        if self.band.is_some() && places.len() > LARGE_DAY {
            return Share::Some;
        }
        let share = self.selection.share(places, page);
        self.shares.insert(first, (revision, share));
        share
    }
}

impl Grid {
    /// Whatever the pointer does to tiles and ground.
    pub(super) fn point(
        &mut self,
        ui: &Ui,
        frame: &Frame,
        area: &Response,
        view: &View<'_>,
        out: &mut Vec<Intent>,
    ) {
        let (origin, modifiers) = ui.input(|input| (input.pointer.press_origin(), input.modifiers));
        let under = |grid: &Self, at: Option<Pos2>| {
            at.map_or(Under::Ground, |at| grid.under(frame, at, view))
        };
        self.hands.pressed =
            under(self, origin.filter(|_| area.is_pointer_button_down_on())).tile();
        let with_mouse = !ui.input(InputState::any_touches);
        if area.drag_started_by(PointerButton::Primary)
            && with_mouse
            && let Some(origin) = origin
        {
            self.drag_from(frame, origin, modifiers, view);
            area.request_focus();
        }
        if !with_mouse && area.dragged() {
            // A finger moves the page.
            self.scroll.by(-f64::from(area.drag_delta().y) * frame.scale, frame.now);
        } else if self.hands.band.is_some() {
            match area.interact_pointer_pos().filter(|_| area.dragged()) {
                Some(pointer) => self.pull_band(ui, frame, pointer),
                None => self.hands.end_band(),
            }
        }
        let at = under(self, area.interact_pointer_pos());
        if area.clicked_by(PointerButton::Primary) {
            self.click(frame, at, modifiers, view, out);
        } else if area.secondary_clicked() {
            self.open_menu(at.tile(), area.interact_pointer_pos());
        }
    }

    /// Notes which tile the pointer is on, once tiles are where this frame paints them; none while
    /// they go by too fast to be meant.
    pub(super) fn hover(&mut self, frame: &Frame, area: &Response, view: &View<'_>) {
        let goes_by = frame.flinging || self.scrubbing || self.scroll.is_gliding();
        let at = area.hover_pos().filter(|_| area.hovered() && !goes_by);
        self.hands.hovered = at.and_then(|at| self.under(frame, at, view).tile());
    }

    /// Goes on with a selection that is more than a frame's work. After the band has been pulled.
    pub(super) fn hold(&mut self, ui: &Ui, frame: &Frame, view: &View<'_>) {
        self.arrive(frame);
        self.cover_band(frame);
        if self.hands.all_soon && !self.is_being_arranged() {
            self.hands.all_soon = false;
            self.hands.selection.put_all(0..self.timeline.len(), true);
        }
        let page = Page { timeline: &self.timeline, library: view.library };
        if self.hands.selection.work(&page, WORK) {
            ui.ctx().request_repaint();
        }
    }

    fn drag_from(&mut self, frame: &Frame, at: Pos2, modifiers: Modifiers, view: &View<'_>) {
        let rule = if modifiers.command { Rule::Flip } else { Rule::Select };
        let keep = modifiers.command || modifiers.shift;
        let page = Page { timeline: &self.timeline, library: view.library };
        self.hands.end_range();
        self.hands.all_soon = false;
        self.hands.selection.begin(keep, &page);
        self.hands.band = self.begin_band(frame, at, rule);
    }

    fn click(
        &mut self,
        frame: &Frame,
        under: Under,
        modifiers: Modifiers,
        view: &View<'_>,
        out: &mut Vec<Intent>,
    ) {
        let Some(place) = under.tile() else {
            if !modifiers.command && !modifiers.shift {
                self.hands.escape();
            }
            return;
        };
        if modifiers.shift {
            return self.extend_to(place, view);
        }
        let Some(entry) = self.timeline.get(place) else { return };
        self.cursor = Some(entry.id);
        let chooses = matches!(under, Under::Disc(_)) || modifiers.command;
        match entry.photo() {
            None => out.push(Intent::Go(Place::Uploads)),
            Some(_) if chooses || self.hands.is_choosing() => self.toggle(place),
            Some(_) => self.open(frame, place, out),
        }
    }

    /// Opens the photo at `place`, or the list of uploads for a file on its way.
    pub(super) fn open(&self, frame: &Frame, place: usize, out: &mut Vec<Intent>) {
        let Some((entry, rect)) = self.timeline.get(place).zip(self.rect_at(frame, place)) else {
            return;
        };
        out.push(entry.photo().map_or(Intent::Go(Place::Uploads), |p| Intent::Open(p, rect)));
    }

    /// Selects the photo at `place`, or no longer.
    pub(super) fn toggle(&mut self, place: usize) {
        let Some(photo) = self.timeline.get(place).and_then(Entry::photo) else { return };
        self.hands.end_range();
        // What one has decided about a photo is not undone by the rest of all photos.
        self.hands.all_soon = false;
        if !self.hands.deleting.contains(photo) {
            let on = !self.hands.selection.contains(photo, place);
            self.hands.selection.put(place, on);
        }
    }

    /// Selects from where the range began, or else from the cursor, to `place`.
    pub(super) fn extend_to(&mut self, place: usize, view: &View<'_>) {
        let Some(tile) = self.timeline.get(place).map(|entry| entry.id) else { return };
        self.hands.all_soon = false;
        if self.hands.range_from.is_none() {
            let page = Page { timeline: &self.timeline, library: view.library };
            self.hands.selection.begin(true, &page);
            self.hands.range_from = Some(self.cursor.unwrap_or(tile));
        }
        self.cursor = Some(tile);
        let from = self.hands.range_from.and_then(|tile| self.timeline.place_of(tile));
        let from = from.unwrap_or(place);
        let covered = from.min(place)..from.max(place) + 1;
        self.hands.selection.cover(vec![covered], Rule::Select);
    }

    /// What lies under a point of the screen.
    pub(super) fn under(&self, frame: &Frame, at: Pos2, view: &View<'_>) -> Under {
        if !frame.rect.contains(at) || self.is_under_header(frame, at) {
            return Under::Ground;
        }
        let (x, y) = self.on_page(frame, at);
        let place = self.layout.nearest(x, y);
        let Some((place, rect)) = place.and_then(|p| Some((p, self.rect_at(frame, p)?))) else {
            return Under::Ground;
        };
        if !rect.contains(at) {
            return Under::Ground;
        }
        if tile::disc_reach(rect, view.tile_size).contains(at) {
            Under::Disc(place)
        } else {
            Under::Tile(place)
        }
    }

    /// A header that is held at the top covers the tiles behind it.
    #[expect(clippy::cast_possible_truncation, reason = "pixels on a page")]
    fn is_under_header(&self, frame: &Frame, at: Pos2) -> bool {
        let offset = self.scroll.offset().round() as i64;
        let Some(section) = self.layout.section_at(offset).filter(|s| s.y < offset) else {
            return false;
        };
        let end = frame.on_screen(0, section.end, 0, 0, self.scroll.offset()).min.y;
        header::stuck(frame, end).contains(at)
    }

    /// The photos that an action on `place` is about: all that is selected, if that one is.
    pub(super) fn subject(&mut self, place: Option<usize>, view: &View<'_>) -> Vec<PhotoId> {
        let photo = |place: usize| self.timeline.get(place).and_then(Entry::photo);
        let one = place.and_then(|place| photo(place).map(|photo| (photo, place)));
        let alone = one.filter(|(photo, place)| !self.hands.selection.contains(*photo, *place));
        if let Some((photo, _)) = alone {
            return vec![photo];
        }
        let page = Page { timeline: &self.timeline, library: view.library };
        self.hands.selection.take_stock(&page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AlbumId, MessageId};

    #[test]
    fn a_photo_that_is_left_out_meanwhile_stays_left_out() {
        let entries = (0..9).map(|n| Entry {
            id: PhotoId { album: AlbumId(1), message: MessageId(n) }.into(),
            wall_seconds: i64::from(n),
            aspect: 1.0,
            video: false,
        });
        let timeline = Timeline::from_entries(entries.collect());
        let mut grid = Grid { timeline, ..Grid::default() };
        grid.hands.selection.put_all(0..9, true);
        grid.hands.all_soon = true;
        grid.toggle(4);
        assert!(!grid.hands.all_soon, "all photos would be selected again, this one with them");
    }
}
