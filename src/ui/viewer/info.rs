//! What is known about the photo, beside it: what the message says at once, what the file says as
//! soon as its head is read.

use egui::{Align, Align2, Id, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use jiff::tz::TimeZone;

use super::facts;
use crate::model::{
    AlbumShelf, Details, GeoPoint, MediaKind, Moment, NamedClock, PhotoRef, PixelSize, Shot,
    Verified,
};
use crate::ui::icons::{self, Icon};
use crate::ui::particulars::Particular;
use crate::ui::pictures::Pictures;
use crate::ui::tokens::{DARK, radius, viewer as look};
use crate::ui::view::{Errand, Intent, View};
use crate::ui::widgets::{self, IconFace};
use crate::ui::{text, tile_paint, words};

/// Where the words of a group begin, after its icon.
const INDENT: f32 = 32.0;

/// Paints the panel; true when it was closed.
pub(super) fn ui(
    ui: &mut Ui,
    panel: Rect,
    photo: PhotoRef<'_>,
    view: &View<'_>,
    pictures: &mut Pictures,
    out: &mut Vec<Intent>,
) -> bool {
    // What it lies over does not hear of the pointer.
    ui.interact(panel, Id::unique("info panel"), Sense::click_and_drag());
    let painter = ui.painter();
    painter.rect_filled(panel, 0.0, look::PANEL);
    let at = pos2(panel.min.x + 24.0, panel.min.y + 28.0);
    // The panel is dark in both themes.
    text::paint(painter, at, Align2::LEFT_CENTER, text::SECTION, "Info", DARK.text, 200.0);
    let close = Rect::from_center_size(pos2(panel.max.x - 28.0, at.y), vec2(32.0, 32.0));
    let face = IconFace {
        colour: DARK.text_2,
        ground: egui::Color32::TRANSPARENT,
        radius: radius::CONTROL,
        size: 20.0,
    };
    let id = Id::unique("close info");
    let closed = widgets::icon_button_as(ui, close, id, Icon::Close, "Close info", face).clicked();
    let body = Rect::from_min_max(pos2(panel.min.x, panel.min.y + 56.0), panel.max);
    let mut child = ui.new_child(UiBuilder::new().max_rect(body));
    child.set_clip_rect(body.intersect(ui.clip_rect()));
    // A photo begins at its top.
    ScrollArea::vertical().id_salt(photo.id()).auto_shrink(false).show(&mut child, |ui| {
        let top = ui.cursor().min.y;
        let inner = Rect::from_min_max(
            pos2(panel.min.x + 24.0, top),
            pos2(panel.max.x - 24.0, f32::INFINITY),
        );
        let mut page = Page { ui, inner, y: top + 8.0, out, groups: 0 };
        page.all(photo, view, pictures);
        let height = page.y - top;
        ui.allocate_space(vec2(1.0, height));
    });
    closed
}

/// What is painted from the top downwards.
struct Page<'a> {
    ui: &'a Ui,
    inner: Rect,
    /// Where the next line begins.
    y: f32,
    out: &'a mut Vec<Intent>,
    groups: usize,
}

impl Page<'_> {
    fn all(&mut self, photo: PhotoRef<'_>, view: &View<'_>, pictures: &mut Pictures) {
        self.caption(photo.caption());
        let details = match view.particulars.get(photo.id()) {
            Some(Particular::Known(details)) => Some(&**details),
            _ => None,
        };
        let moment = moment(photo, details);
        let wall = moment.wall_seconds(view.zone);
        let time = known_from(moment, &words::time_of_day(wall));
        self.group(Icon::Calendar, &words::long_day(wall.div_euclid(86_400)), &time, 0.0);
        if let Some(details) = details {
            self.shot(&details.shot);
        }
        let size = if photo.size().is_empty() {
            details.map(|details| details.size).unwrap_or_default()
        } else {
            photo.size()
        };
        self.group(Icon::File, photo.name(), &file_facts(photo, size), 0.0);
        self.album(photo, view, pictures);
        if let Some(place) = details.and_then(|details| details.shot.place) {
            self.place(place);
        }
        self.on_telegram(photo, details.and_then(|details| details.verified), view.zone);
        if let Some(Particular::Failed(why)) = view.particulars.get(photo.id()) {
            self.y += 4.0;
            self.lines(text::SMALL, &format!("What the file says is not known: {why}"));
        }
        self.y += 16.0;
    }

    fn caption(&mut self, text: &str) {
        let (body, tags) = facts::caption(text);
        if body.is_empty() && tags.is_empty() {
            self.y += 4.0;
            return;
        }
        let (painter, left, room) = (self.ui.painter(), self.inner.min.x, self.inner.width());
        let top = self.y;
        if !body.is_empty() {
            let (at, colour) = (pos2(left, self.y), DARK.text);
            let style = text::BODY;
            self.y += text::paint_paragraph(painter, at, style, body, colour, room, Align::LEFT);
            let rect = Rect::from_min_max(pos2(left, top), pos2(left + room, self.y));
            widgets::says(self.ui, rect, Id::unique("caption"), Role::Paragraph, body);
            self.y += 12.0;
        }
        let mut x = left;
        for (n, tag) in tags.iter().enumerate() {
            let width = (text::width(painter, text::SMALL_500, tag) + 20.0).min(room);
            if x > left && x + width > left + room {
                (x, self.y) = (left, self.y + 32.0);
            }
            let chip = Rect::from_min_size(pos2(x, self.y), vec2(width, 24.0));
            painter.rect_filled(chip, 12.0, DARK.active);
            let centre = Align2::CENTER_CENTER;
            let (style, colour) = (text::SMALL_500, DARK.text_2);
            text::paint(painter, chip.center(), centre, style, tag, colour, width - 12.0);
            widgets::says(self.ui, chip, Id::unique(("hashtag", n)), Role::Label, tag);
            x += width + 8.0;
        }
        self.y += if tags.is_empty() { 0.0 } else { 36.0 };
        self.line();
    }

    fn line(&mut self) {
        let (from, to) = (self.inner.min.x, self.inner.max.x);
        widgets::hairline(self.ui.painter(), from, to, self.y, DARK.line_2);
        self.y += 20.0;
    }

    fn shot(&mut self, shot: &Shot) {
        let (lens, cells) = (facts::lens(shot), facts::cells(shot));
        match (&shot.camera, lens.is_empty()) {
            (Some(camera), _) => self.group(Icon::Camera, camera, &lens, 0.0),
            (None, false) => self.group(Icon::Camera, &lens, "", 0.0),
            (None, true) if !cells.is_empty() => {
                self.group(Icon::Camera, "Camera not named", "", 0.0);
            }
            (None, true) => {}
        }
        if !cells.is_empty() {
            self.y -= 10.0;
            self.table(&cells);
            self.y += 20.0;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "four cells")]
    fn table(&mut self, cells: &[String]) {
        let painter = self.ui.painter();
        let rect = Rect::from_min_max(
            pos2(self.inner.min.x + INDENT, self.y),
            pos2(self.inner.max.x, self.y + 32.0),
        );
        painter.rect_filled(rect, radius::CONTROL, DARK.field);
        let id = Id::unique("exposure");
        widgets::says(self.ui, rect, id, Role::Label, &cells.join(", "));
        let width = rect.width() / cells.len() as f32;
        for (n, cell) in cells.iter().enumerate() {
            let x = rect.min.x + width * n as f32;
            if n > 0 {
                let line = Rect::from_min_size(pos2(x, rect.min.y + 8.0), vec2(1.0, 16.0));
                painter.rect_filled(line, 0.0, DARK.line_2);
            }
            let at = pos2(x + width / 2.0, rect.center().y);
            let (style, centre) = (text::SMALL_500, Align2::CENTER_CENTER);
            text::paint(painter, at, centre, style, cell, DARK.text, width - 6.0);
        }
        self.y = rect.max.y;
    }

    fn album(&mut self, photo: PhotoRef<'_>, view: &View<'_>, pictures: &mut Pictures) {
        let title = view.album_title(photo.id().album);
        let shelf = view.library.album(photo.id().album);
        let count = shelf.map_or(0, AlbumShelf::len);
        let line = words::counted(count, "photo", "photos");
        let before = self.y;
        self.group(Icon::Photo, &title, &line, 52.0);
        if let Some(cover) = shelf.and_then(AlbumShelf::newest) {
            let at = pos2(self.inner.max.x - 40.0, before);
            let rect = Rect::from_min_size(at, vec2(40.0, 40.0));
            let (ui, tint, radius) = (self.ui, egui::Color32::WHITE, radius::SMALL);
            tile_paint::photo_of(ui, &DARK, rect, radius, cover, pictures, true, tint);
        }
    }

    fn place(&mut self, place: GeoPoint) {
        let altitude = place.altitude_metres.map(facts::altitude).unwrap_or_default();
        self.group(Icon::Pin, &facts::place(place), &altitude, 0.0);
        self.y -= 14.0;
        if self.link(Icon::External, "Open in map", "Opens openstreetmap.org in the browser") {
            self.out.push(Intent::OpenMap(place));
        }
        self.y += 18.0;
    }

    fn on_telegram(&mut self, photo: PhotoRef<'_>, verified: Option<Verified>, zone: &TimeZone) {
        self.line();
        if let Some(verified) = verified {
            self.icon(Icon::ShieldCheck, DARK.success);
            let at = pos2(self.inner.min.x + INDENT, self.y + 10.0);
            let (painter, room) = (self.ui.painter(), self.inner.width() - INDENT);
            let (style, title) = (text::BODY_500, "Verified on Telegram");
            text::paint(painter, at, Align2::LEFT_CENTER, style, title, DARK.success, room);
            let rect = Rect::from_min_size(pos2(at.x, self.y), vec2(room, 20.0));
            widgets::says(self.ui, rect, Id::unique("verified"), Role::Label, title);
            self.y += 24.0;
            self.lines(text::LABEL, &proof(verified, zone));
            self.y += 8.0;
        } else {
            self.icon(Icon::Link, DARK.text_2);
        }
        let tip = "Shows the message in Telegram's own program";
        if self.link(Icon::External, "Show in Telegram", tip) {
            self.out.push(Intent::Photo(Errand::ShowInTelegram, photo.id()));
        }
        self.y += 4.0;
        if self.link(Icon::Copy, "Copy link", "Copies the address of the message") {
            self.out.push(Intent::Photo(Errand::CopyLink, photo.id()));
        }
    }

    fn icon(&self, icon: Icon, colour: egui::Color32) {
        let at = pos2(self.inner.min.x + 10.0, self.y + 10.0);
        icons::paint(self.ui.painter(), icon, at, 18.0, colour);
    }

    /// A paragraph beside the icons.
    fn lines(&mut self, style: text::Type, words: &str) {
        let at = pos2(self.inner.min.x + INDENT, self.y);
        let (painter, room) = (self.ui.painter(), self.inner.max.x - at.x);
        let colour = DARK.text_2;
        let height = text::paint_paragraph(painter, at, style, words, colour, room, Align::LEFT);
        let rect = Rect::from_min_size(at, vec2(room, height));
        widgets::says(self.ui, rect, Id::unique(("info", words)), Role::Paragraph, words);
        self.y += height;
    }

    fn link(&mut self, icon: Icon, label: &str, tip: &str) -> bool {
        let width = text::width(self.ui.painter(), text::LABEL_500, label);
        let at = pos2(self.inner.min.x + INDENT, self.y);
        let rect = Rect::from_min_size(at, vec2(width + 4.0, 20.0));
        let id = Id::unique(("info link", label));
        let response = widgets::link_of(self.ui, rect, id, text::LABEL_500, label, &DARK);
        if icon != Icon::Copy {
            let at = pos2(at.x + width + 12.0, rect.center().y);
            icons::paint(self.ui.painter(), icon, at, 14.0, DARK.accent_text);
        }
        self.y += 22.0;
        text::tooltip(response, tip).clicked()
    }

    /// A group of two texts behind an icon, or of one where the second is empty. `less`: room that
    /// is taken at the right.
    fn group(&mut self, icon: Icon, first: &str, second: &str, less: f32) {
        self.icon(icon, DARK.text_2);
        let at = pos2(self.inner.min.x + INDENT, self.y);
        let (painter, room) = (self.ui.painter(), self.inner.max.x - at.x - less);
        let texts = [(text::BODY_500, first, DARK.text), (text::LABEL, second, DARK.text_2)];
        let mut height = 0.0;
        for (style, words, colour) in texts.into_iter().filter(|(_, words, _)| !words.is_empty()) {
            let top = if height > 0.0 { height + 2.0 } else { height };
            let words = text::paragraph(painter, style, words, colour, room, 2, Align::LEFT);
            height = top + words.size().y;
            painter.galley(at + vec2(0.0, top), words, colour);
        }
        let rect = Rect::from_min_size(at, vec2(room, height));
        let words = if second.is_empty() { first.to_owned() } else { format!("{first}, {second}") };
        self.groups += 1;
        widgets::says(self.ui, rect, Id::unique(("info group", self.groups)), Role::Label, &words);
        self.y += height + 20.0;
    }
}

/// What was proven, in a sentence.
fn proof(verified: Verified, zone: &TimeZone) -> String {
    match verified {
        Verified::AsSent => "Telegram holds exactly the file that this computer sent.".to_owned(),
        Verified::Whole { at } => {
            let day = words::day(Moment::Sent(at).wall_seconds(zone).div_euclid(86_400));
            format!("Telegram holds the whole file. SHA-256 compared on {day}.")
        }
    }
}

/// The photo's place in time; the file itself knows best.
fn moment(photo: PhotoRef<'_>, details: Option<&Details>) -> Moment {
    details.and_then(|details| details.taken).map_or_else(|| photo.moment(), Moment::Taken)
}

/// The time of day, and whose word it is where it is not the camera's.
fn known_from(moment: Moment, time: &str) -> String {
    match moment {
        Moment::Taken(taken) => taken
            .offset_minutes
            .map_or_else(|| time.to_owned(), |offset| format!("{time} · {}", words::zone(offset))),
        Moment::Named(named) if named.clock == NamedClock::Day => {
            "Day from the file name".to_owned()
        }
        Moment::Named(_) => format!("{time} · from the file name"),
        Moment::Sent(_) => format!("{time} · when it was sent"),
    }
}

fn file_facts(photo: PhotoRef<'_>, size: PixelSize) -> String {
    let mut facts = Vec::new();
    if !size.is_empty() {
        facts.push(format!("{} × {}", size.width, size.height));
        if matches!(photo.kind(), MediaKind::Image) {
            facts.push(words::megapixels(size.pixels()));
        }
    }
    if let MediaKind::Video { seconds: 1.. } = photo.kind() {
        facts.extend(length(photo.kind()));
    }
    facts.push(words::bytes(photo.bytes()));
    facts.join(" · ")
}

/// How long a video is, where that is known.
pub(super) fn length(kind: MediaKind) -> Option<String> {
    match kind {
        MediaKind::Video { seconds } if seconds > 0 => Some(words::clock(seconds)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Taken;

    #[test]
    fn a_time_that_the_camera_did_not_tell_says_whose_word_it_is() {
        let taken = Taken { wall_seconds: 0, offset_minutes: Some(120) };
        assert_eq!(known_from(Moment::Taken(taken), "14:22"), "14:22 · UTC+2");
        assert_eq!(
            known_from(Moment::of(None, "IMG_20240131_142233.jpg", 0), "14:22"),
            "14:22 · from the file name"
        );
        assert_eq!(
            known_from(Moment::of(None, "IMG-20240131-WA0001.jpg", 0), "12:00"),
            "Day from the file name"
        );
        assert_eq!(known_from(Moment::of(None, "a.jpg", 0), "14:22"), "14:22 · when it was sent");
    }
}
