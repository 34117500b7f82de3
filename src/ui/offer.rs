//! The card that asks how folders, and files if the user wants that, are to be sent: into which
//! album, as files or photos, with which caption.
//!
//! It is in nobody's way, and sends by itself after a while: who drops ten thousand photographs and
//! goes to bed finds them sent. Nothing of it is remembered for the next time.

use std::path::PathBuf;

use egui::{Align2, Id, Key, Rect, Sense, Ui, pos2, vec2};

use super::drop::{Sorted, Survey};
use super::tokens::{self, measure, radius};
use super::view::{Intent, View};
use super::widgets::{self, Face, FieldOptions};
use super::{text, words};
use crate::engine::{Request, UploadOptions};
use crate::model::{AlbumId, Strip};

/// Seconds after which it sends by itself, from when it was last touched.
const PATIENCE: f64 = 15.0;
const WIDTH: f32 = 416.0;
const ROW: f32 = 32.0;
/// Height of the sentence below the switches.
const NOTE: f32 = 20.0;
/// Characters of a caption that Telegram takes.
const LONGEST_CAPTION: usize = 1024;

/// What may tell the place in its own way.
const GOES_TOO: &str = "HDR gain maps, motion videos and makers’ data go, too";

/// What is to be sent, and what was chosen so far.
pub(crate) struct Offer {
    target: Option<AlbumId>,
    given: Sorted,
    survey: Survey,
    /// Each folder into the album of its name.
    by_folder: bool,
    options: UploadOptions,
    /// When it appeared, or was last touched; `None` while others are before it.
    since: Option<f64>,
    number: u64,
}

/// What becomes of an offer.
enum Verdict {
    Waits,
    Send,
    Drop,
}

impl Offer {
    /// An offer to send `given` into `target`; there is always one unless all are folders.
    pub(crate) fn new(
        ctx: &egui::Context,
        target: Option<AlbumId>,
        given: Sorted,
        number: u64,
    ) -> Self {
        let paths: Vec<PathBuf> = given.folders.iter().chain(&given.files).cloned().collect();
        let ctx_of_survey = ctx.clone();
        Self {
            by_folder: target.is_none(),
            survey: Survey::begin(paths, move || ctx_of_survey.request_repaint()),
            target,
            given,
            options: UploadOptions::default(),
            since: None,
            number,
        }
    }

    /// Paints it above `bottom`; false when it is over.
    pub(crate) fn ui(
        &mut self,
        ui: &mut Ui,
        area: Rect,
        bottom: f32,
        view: &View<'_>,
        out: &mut Vec<Intent>,
    ) -> bool {
        match self.card(ui, area, bottom, view) {
            Verdict::Waits => return true,
            Verdict::Send => self.send(out),
            Verdict::Drop => {}
        }
        false
    }

    /// Sends it as it stands.
    fn send(&mut self, out: &mut Vec<Intent>) {
        let Sorted { mut files, folders } = std::mem::take(&mut self.given);
        if self.options.as_photo {
            self.options.strip = None;
        }
        let options = || self.options.clone();
        if self.by_folder {
            if !folders.is_empty() {
                let request = Request::UploadFolders { folders, options: options() };
                out.push(Intent::Request(request));
            }
        } else {
            files.extend(folders);
        }
        if let Some(album) = self.target.filter(|_| !files.is_empty()) {
            out.push(Intent::SendNow(album, files, options()));
        }
    }

    fn card(&mut self, ui: &mut Ui, area: Rect, bottom: f32, view: &View<'_>) -> Verdict {
        let palette = tokens::palette(ui.ctx());
        let has_folders = !self.given.folders.is_empty();
        let asks_where = has_folders && self.target.is_some();
        let rows = if asks_where { 6.0 } else { 4.0 };
        let gaps = if asks_where { 16.0 } else { 8.0 };
        let height = 20.0 + 44.0 + rows * ROW + NOTE + gaps + 40.0 + 16.0 + measure::CONTROL + 20.0;
        let width = WIDTH.min(area.width() - 32.0);
        let min = pos2(area.max.x - 16.0 - width, (bottom - 16.0 - height).max(area.min.y + 8.0));
        let card = Rect::from_min_size(min, vec2(width, height));
        let number = self.number;
        let id = |what: &str| Id::unique(("offer", number, what));
        let ground = ui.interact(card, id("card"), Sense::click_and_drag());
        ground.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Group, true, "How to send"));
        widgets::raised(ui.painter(), card, radius::CARD, palette);
        let inner = card.shrink(20.0);
        let (title, facts) = self.words(view);
        let mut at = inner.min;
        let room = inner.width();
        let top = Align2::LEFT_TOP;
        text::paint(ui.painter(), at, top, text::HEADING, &title, palette.text, room);
        widgets::says(ui, card, id("title"), egui::Role::Heading, &title);
        let below = at + vec2(0.0, 24.0);
        text::paint(ui.painter(), below, top, text::SMALL, &facts, palette.text_2, room);
        at.y += 44.0;
        let mut touched = ground.contains_pointer();
        let mut choice = |ui: &Ui, at: &mut egui::Pos2, chosen: bool, label: &str| {
            let rect = Rect::from_min_size(*at, vec2(room, ROW));
            at.y += ROW;
            let response = widgets::radio(ui, rect, id(label), chosen, label);
            touched |= response.has_focus();
            response.clicked()
        };
        if asks_where {
            let album = self.target.map(|album| view.album_title(album)).unwrap_or_default();
            if choice(ui, &mut at, !self.by_folder, &format!("All into {album}")) {
                self.by_folder = false;
            }
            if choice(ui, &mut at, self.by_folder, &self.names()) {
                self.by_folder = true;
            }
            at.y += 8.0;
        }
        if choice(ui, &mut at, !self.options.as_photo, "As files, byte for byte") {
            self.options.as_photo = false;
        }
        if choice(ui, &mut at, self.options.as_photo, "As photos, compressed by Telegram") {
            self.options.as_photo = true;
        }
        touched |= self.strip(ui, Rect::from_min_size(at, vec2(room, 2.0 * ROW)));
        at.y += 2.0 * ROW;
        if self.options.strip.is_some() && !self.options.as_photo {
            text::paint(ui.painter(), at, top, text::SMALL, GOES_TOO, palette.text_3, room);
            let said = Rect::from_min_size(at, vec2(room, NOTE));
            widgets::says(ui, said, id("goes too"), egui::Role::Label, GOES_TOO);
        }
        at.y += NOTE + 8.0;
        let field = Rect::from_min_size(at, vec2(room, 40.0));
        let options = FieldOptions {
            name: "Caption",
            hint: "Caption of each, if any",
            limit: LONGEST_CAPTION,
            ..FieldOptions::default()
        };
        let caption = id("caption");
        let edit = widgets::field(ui, field, caption, &mut self.options.caption, options);
        touched |= edit.has_focus();
        if touched || self.since.is_none() {
            self.since = Some(ui.ctx().time());
        }
        self.buttons(ui, inner, touched, edit.lost_focus())
    }

    /// What is taken out of the copies that are sent; true while it has the keyboard.
    fn strip(&mut self, ui: &Ui, rect: Rect) -> bool {
        let (above, below) = rect.split_top_bottom_at_fraction(0.5);
        if self.options.as_photo {
            let palette = tokens::palette(ui.ctx());
            let words = "Telegram takes all metadata out of photos";
            let (at, room) = (above.left_center(), above.width());
            let align = Align2::LEFT_CENTER;
            text::paint(ui.painter(), at, align, text::SMALL, words, palette.text_3, room);
            return false;
        }
        let (number, strip) = (self.number, &mut self.options.strip);
        let id = |what: &str| Id::unique(("offer", number, what));
        let place = widgets::switch(ui, above, id("place"), strip.is_some(), "Remove location");
        if place.clicked() {
            *strip = if strip.is_some() { None } else { Some(Strip::Location) };
        }
        let all = *strip == Some(Strip::All);
        let every = widgets::switch(ui, below, id("all"), all, "Remove all metadata");
        if every.clicked() {
            *strip = if all { None } else { Some(Strip::All) };
        }
        place.has_focus() || every.has_focus()
    }

    fn buttons(&self, ui: &Ui, inner: Rect, touched: bool, left_field: bool) -> Verdict {
        let now = ui.ctx().time();
        let left = (self.since.unwrap_or(now) + PATIENCE - now).max(0.0);
        let left = (!touched).then_some(left);
        if left.is_some() {
            ui.ctx().request_repaint_after_secs(0.2);
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "few seconds")]
        let label = left.map_or_else(
            || "Send".to_owned(),
            |left| format!("Send ({})", words::duration(left.ceil() as u64)),
        );
        // As wide as with most seconds, so that nothing moves while they go.
        let wide = widgets::button_width(ui, Face::Main, None, "Send (00 s)");
        let y = inner.max.y - measure::CONTROL;
        let size = vec2(wide, measure::CONTROL);
        let send = Rect::from_min_size(pos2(inner.max.x - wide, y), size);
        let stop = "Do not send";
        let width = widgets::button_width(ui, Face::Plain, None, stop);
        let min = pos2(send.min.x - 8.0 - width, y);
        let drop = Rect::from_min_size(min, vec2(width, measure::CONTROL));
        let id = |what: &str| Id::unique(("offer", self.number, what));
        let dropped = widgets::button(ui, drop, id("drop"), Face::Plain, None, stop, true);
        let sent = widgets::button(ui, send, id("send"), Face::Main, None, &label, true);
        let entered = left_field && ui.input(|input| input.key_pressed(Key::Enter));
        if dropped.clicked() {
            Verdict::Drop
        } else if sent.clicked() || entered || left.is_some_and(|left| left <= 0.0) {
            Verdict::Send
        } else {
            Verdict::Waits
        }
    }

    fn words(&self, view: &View<'_>) -> (String, String) {
        let found = self.survey.found();
        let what = words::counted(found.files, "file", "files");
        let title = if let Some(album) = self.target.filter(|_| !self.by_folder) {
            format!("Send {what} to {}", view.album_title(album))
        } else {
            let albums = words::counted(self.given.folders.len(), "album", "albums");
            format!("Send {what} to {albums}")
        };
        let more = if found.is_partial { "more than " } else { "" };
        let bytes = words::bytes(found.bytes);
        let facts = if found.folders > 0 {
            let folders = words::counted(found.folders, "folder", "folders");
            format!("{more}{bytes} from {folders}")
        } else {
            format!("{more}{bytes}")
        };
        (title, facts)
    }

    /// The albums that folders become.
    fn names(&self) -> String {
        let names: Vec<String> = self
            .given
            .folders
            .iter()
            .filter_map(|folder| Some(folder.file_name()?.to_string_lossy().into_owned()))
            .collect();
        match names.as_slice() {
            [one] => format!("Into an album “{one}”"),
            names => format!("An album for each folder: {}", words::albums(names)),
        }
    }
}
