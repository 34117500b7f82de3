//! The sheet of settings: what the user may choose, and what is as it is. A choice counts at once
//! and is written to `app.toml` by the engine; it decides nothing else.

use egui::{
    Align, Align2, Id, Rect, ScrollArea, Sense, ThemePreference, Ui, UiBuilder, pos2, vec2,
};

use super::icons::Icon;
use super::tokens::{self, measure, radius};
use super::view::{Intent, Question};
use super::widgets::{self, Face};
use super::{text, words};
use crate::config::{Config, OnMetered, Settings};
use crate::engine::AccountState;

const WIDTH: f32 = 560.0;
const ROW: f32 = 36.0;
/// Connections that the slider offers.
const CONNECTIONS: usize = 8;

/// What the sheet shows besides the settings.
pub(super) struct Shown<'a> {
    pub(super) settings: &'a Settings,
    pub(super) config: &'a Config,
    pub(super) account: &'a AccountState,
    pub(super) theme: ThemePreference,
}

/// Paints the sheet over the window; false when it is closed.
pub(super) fn sheet(ui: &mut Ui, window: Rect, shown: &Shown<'_>, out: &mut Vec<Intent>) -> bool {
    let palette = tokens::palette(ui.ctx());
    let ground = ui.interact(window, Id::unique("settings ground"), Sense::click_and_drag());
    ui.painter().rect_filled(window, 0.0, tokens::on_photo::DROP_SCRIM);
    let size = vec2(WIDTH.min(window.width() - 32.0), 760.0_f32.min(window.height() - 32.0));
    let rect = Rect::from_center_size(window.center(), size);
    // A click on the sheet is none beside it.
    ui.interact(rect, Id::unique("settings"), Sense::click_and_drag());
    widgets::raised(ui.painter(), rect, radius::DIALOG, palette);
    let at = rect.min + vec2(24.0, 32.0);
    let title = "Settings";
    text::paint(ui.painter(), at, Align2::LEFT_CENTER, text::TITLE, title, palette.text, 200.0);
    let heading = Rect::from_min_size(rect.min, vec2(200.0, 56.0));
    widgets::says(ui, heading, Id::unique("settings title"), egui::Role::Heading, title);
    let close =
        Rect::from_center_size(pos2(rect.max.x - 32.0, rect.min.y + 32.0), vec2(32.0, 32.0));
    let id = Id::unique("close settings");
    let closed = widgets::icon_button(ui, close, id, Icon::Close, "Close settings").clicked();
    let inner = Rect::from_min_max(rect.min + vec2(24.0, 56.0), rect.max - vec2(8.0, 16.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(inner));
    child.spacing_mut().item_spacing = egui::Vec2::ZERO;
    ScrollArea::vertical().auto_shrink([false, false]).show(&mut child, |ui| {
        // The scroll bar has a place of its own.
        ui.set_max_width(inner.width() - 16.0);
        content(ui, shown, out);
    });
    let escaped = ui.input(|input| input.key_pressed(egui::Key::Escape));
    !(closed || escaped || ground.clicked())
}

fn content(ui: &mut Ui, shown: &Shown<'_>, out: &mut Vec<Intent>) {
    account(ui, shown.account, out);
    uploads(ui, shown.settings, out);
    section(ui, "Capture dates");
    let dates = &shown.settings.dates;
    let cap = words::bytes(dates.cap_megabytes.saturating_mul(1 << 20));
    if toggle(ui, dates.read_heads, "Read dates from photos that other apps sent") {
        let mut settings = shown.settings.clone();
        settings.dates.read_heads = !dates.read_heads;
        out.push(Intent::Change(Box::new(settings)));
    }
    let note = format!("At most {cap} a day, not on metered lines. Counts from the next start.");
    remark(ui, &note);
    section(ui, "Storage");
    fact(ui, "Thumbnails kept on this computer", shown.settings.thumbnail_budget_bytes);
    fact(ui, "Originals kept on this computer", shown.settings.original_budget_bytes);
    let file = shown.config.places.app_file();
    remark(ui, &format!("Other limits can be written into {}.", file.display()));
    appearance(ui, shown.theme, out);
    section(ui, "About");
    line(ui, concat!("Heliogram ", env!("CARGO_PKG_VERSION")));
    remark(ui, "Uses the Telegram API. Not an official Telegram app.");
    let rect = row(ui);
    let width = widgets::button_width(ui, Face::Outlined, None, KEYS);
    let button = Rect::from_min_size(rect.min + vec2(0.0, 2.0), vec2(width, measure::CONTROL));
    let id = Id::unique("settings keys");
    if widgets::button(ui, button, id, Face::Outlined, None, KEYS, true).clicked() {
        out.push(Intent::KeySheet);
    }
}

const KEYS: &str = "Show all keys";

fn account(ui: &mut Ui, account: &AccountState, out: &mut Vec<Intent>) {
    let AccountState::SignedIn { name, phone_masked } = account else { return };
    section(ui, "Account");
    let rect = row(ui);
    let label = "Log out";
    let width = widgets::button_width(ui, Face::Outlined, None, label);
    let min = pos2(rect.max.x - width, rect.min.y + 2.0);
    let button = Rect::from_min_size(min, vec2(width, measure::CONTROL));
    let palette = tokens::palette(ui.ctx());
    let who = format!("{name} · {phone_masked}");
    let at = rect.left_center();
    let room = rect.width() - width - 16.0;
    text::paint(ui.painter(), at, Align2::LEFT_CENTER, text::LABEL, &who, palette.text, room);
    let id = Id::unique("settings log out");
    if widgets::button(ui, button, id, Face::Outlined, None, label, true).clicked() {
        out.push(Intent::Ask(Question::LogOut));
    }
}

fn uploads(ui: &mut Ui, settings: &Settings, out: &mut Vec<Intent>) {
    section(ui, "Uploads");
    let mut changed = settings.clone();
    let now = &mut changed.uploads;
    for (on, label) in [
        (&mut now.stay_awake, "Keep the computer awake while files go out"),
        (&mut now.notify, "Notify when all is sent, or something needs attention"),
        (&mut now.always_ask, "Ask how to send single files too, not folders alone"),
        (&mut now.gentle, "Gentle: one part at a time, to leave room on the line"),
    ] {
        if toggle(ui, *on, label) {
            *on = !*on;
        }
    }
    line(ui, "While the line is metered, files");
    for (choice, label) in [
        (OnMetered::Go, "Go out as ever"),
        (OnMetered::Gentle, "Go out one part at a time"),
        (OnMetered::Pause, "Wait for another line"),
    ] {
        let rect = row(ui);
        let id = Id::unique(("settings metered", label));
        if widgets::radio(ui, rect, id, now.on_metered == choice, label).clicked() {
            now.on_metered = choice;
        }
    }
    let rect = row(ui);
    let palette = tokens::palette(ui.ctx());
    let label = "Connections at most";
    let at = rect.left_center();
    text::paint(ui.painter(), at, Align2::LEFT_CENTER, text::LABEL, label, palette.text, 300.0);
    let number = settings.max_connections.to_string();
    let at = rect.right_center();
    text::paint(ui.painter(), at, Align2::RIGHT_CENTER, text::LABEL, &number, palette.text_2, 32.0);
    let rail = Rect::from_min_max(
        pos2(rect.max.x - 200.0, rect.min.y + 6.0),
        pos2(rect.max.x - 40.0, rect.max.y - 6.0),
    );
    let mut step = usize::from(settings.max_connections).clamp(1, CONNECTIONS) - 1;
    let id = Id::unique("settings connections");
    if widgets::steps(ui, rail, id, &mut step, CONNECTIONS, label).changed() {
        changed.max_connections = u8::try_from(step + 1).unwrap_or(1);
    }
    remark(ui, "The number of connections counts from the next start.");
    if changed != *settings {
        out.push(Intent::Change(Box::new(changed)));
    }
}

fn appearance(ui: &mut Ui, theme: ThemePreference, out: &mut Vec<Intent>) {
    section(ui, "Appearance");
    for (choice, label) in [
        (ThemePreference::System, "As the system"),
        (ThemePreference::Dark, "Dark"),
        (ThemePreference::Light, "Light"),
    ] {
        let rect = row(ui);
        let id = Id::unique(("settings theme", label));
        if widgets::radio(ui, rect, id, theme == choice, label).clicked() {
            out.push(Intent::Theme(choice));
        }
    }
}

fn row(ui: &mut Ui) -> Rect {
    ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover()).0
}

fn section(ui: &mut Ui, title: &str) {
    let palette = tokens::palette(ui.ctx());
    let size = vec2(ui.available_width(), 44.0);
    let rect = ui.allocate_exact_size(size, Sense::hover()).0;
    let at = pos2(rect.min.x, rect.max.y - 14.0);
    let align = Align2::LEFT_CENTER;
    text::paint(ui.painter(), at, align, text::SECTION, title, palette.text, rect.width());
    let id = Id::unique(("settings section", title));
    widgets::says(ui, rect, id, egui::Role::Heading, title);
}

fn toggle(ui: &mut Ui, on: bool, label: &str) -> bool {
    let rect = row(ui);
    widgets::switch(ui, rect, Id::unique(("settings", label)), on, label).clicked()
}

fn line(ui: &mut Ui, words: &str) {
    let rect = row(ui);
    let palette = tokens::palette(ui.ctx());
    let (at, room) = (rect.left_center(), rect.width());
    text::paint(ui.painter(), at, Align2::LEFT_CENTER, text::LABEL, words, palette.text, room);
}

fn fact(ui: &mut Ui, words: &str, bytes: u64) {
    let rect = row(ui);
    let palette = tokens::palette(ui.ctx());
    let (left, right) = (Align2::LEFT_CENTER, Align2::RIGHT_CENTER);
    let room = rect.width() - 120.0;
    let painter = ui.painter();
    text::paint(painter, rect.left_center(), left, text::LABEL, words, palette.text, room);
    let most = format!("up to {}", words::bytes(bytes));
    text::paint(painter, rect.right_center(), right, text::LABEL, &most, palette.text_2, 120.0);
}

fn remark(ui: &mut Ui, words: &str) {
    let palette = tokens::palette(ui.ctx());
    let width = ui.available_width();
    let (style, ink) = (text::SMALL, palette.text_3);
    let galley = text::paragraph(ui.painter(), style, words, ink, width, 3, Align::LEFT);
    let size = vec2(width, galley.size().y + 8.0);
    let rect = ui.allocate_exact_size(size, Sense::hover()).0;
    ui.painter().galley(rect.min, galley, palette.text_3);
}
