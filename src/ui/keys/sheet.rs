//! The sheet of keys over the window: two columns where there is room for them, else one; what does
//! not fit is scrolled to. Window thread only.

use egui::{Align2, Id, Key, Modifiers, Rect, Role, ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::{BINDINGS, Binding, Place};
use crate::ui::tokens::{self, radius};
use crate::ui::{text, widgets};

const WIDTH: f32 = 760.0;
const EDGE: egui::Vec2 = vec2(28.0, 24.0);
/// A column narrower than this would cut words.
const COLUMN: f32 = 340.0;
const GAP: f32 = 12.0;
/// Where what a key does stands, from where the key does.
const DOES: f32 = 96.0;
const ROW: f32 = 24.0;
const TITLE: f32 = 32.0;
/// Between two groups.
const REST: f32 = 16.0;

const GROUPS: [(Place, &str); 4] = [
    (Place::Grid, "Photos"),
    (Place::Anywhere, "Anywhere"),
    (Place::Viewer, "One photo"),
    (Place::Slides, "Slide show"),
];

fn rows(of: Place) -> impl Iterator<Item = &'static Binding> {
    BINDINGS.iter().filter(move |binding| binding.place == of && !binding.shown.is_empty())
}

#[expect(clippy::cast_precision_loss, reason = "some dozens of rows")]
fn height(groups: &[(Place, &str)]) -> f32 {
    let group = |(place, _): &(Place, &str)| TITLE + rows(*place).count() as f32 * ROW;
    groups.iter().map(group).sum::<f32>() + REST * groups.len().saturating_sub(1) as f32
}

/// Paints the sheet and lets it be scrolled. It may not be clicked: whoever shows it decides what a
/// click beside it means.
pub(crate) fn sheet(ui: &mut Ui, window: Rect) {
    let palette = tokens::palette(ui.ctx());
    ui.painter().rect_filled(window, 0.0, tokens::on_photo::DROP_SCRIM);
    let room = window.size() - vec2(32.0, 32.0);
    let width = WIDTH.min(room.x);
    let inner = width - 2.0 * EDGE.x;
    let (first, second) = GROUPS.split_at(2);
    let columns: &[&[(Place, &str)]] =
        if inner >= 2.0 * COLUMN + GAP { &[first, second] } else { &[&GROUPS] };
    let tall = columns.iter().map(|groups| height(groups)).fold(0.0, f32::max);
    let size = vec2(width, (tall + 2.0 * EDGE.y).min(room.y));
    let rect = Rect::from_center_size(window.center(), size);
    widgets::raised(ui.painter(), rect, radius::DIALOG, palette);
    widgets::says(ui, rect, Id::unique("keys"), Role::Dialog, "Keys");
    let page = rect.shrink2(vec2(0.0, EDGE.y));
    let mut page_ui = ui.new_child(UiBuilder::new().max_rect(page));
    let scroll = ScrollArea::vertical().id_salt("keys").auto_shrink([false, false]);
    scroll.show(&mut page_ui, |ui| {
        ui.scroll_with_delta(vec2(0.0, -turned(ui, page.height())));
        let (all, _) = ui.allocate_exact_size(vec2(width, tall), egui::Sense::hover());
        let mut x = all.min.x + EDGE.x;
        for groups in columns {
            let wide = if columns.len() > 1 { (inner - GAP) / 2.0 } else { inner };
            column(ui, Rect::from_min_size(pos2(x, all.min.y), vec2(wide, tall)), groups);
            x += wide + GAP;
        }
    });
}

/// How far keys scroll the sheet now, points; they are used up.
fn turned(ui: &Ui, page: f32) -> f32 {
    let keys = [
        (Key::ArrowUp, -ROW),
        (Key::ArrowDown, ROW),
        (Key::PageUp, -page),
        (Key::PageDown, page),
        (Key::Home, -1e4),
        (Key::End, 1e4),
    ];
    ui.input_mut(|input| {
        keys.iter()
            .filter(|(key, _)| input.consume_key(Modifiers::NONE, *key))
            .map(|(_, by)| by)
            .sum()
    })
}

fn column(ui: &Ui, rect: Rect, groups: &[(Place, &str)]) {
    let (palette, painter) = (tokens::palette(ui.ctx()), ui.painter());
    let mut at = rect.min;
    for (place, title) in groups {
        let left = Align2::LEFT_TOP;
        text::paint(painter, at, left, text::SECTION, title, palette.text, rect.width());
        at.y += TITLE;
        for binding in rows(*place) {
            row(ui, Rect::from_min_size(at, vec2(rect.width(), ROW)), binding);
            at.y += ROW;
        }
        at.y += REST;
    }
}

fn row(ui: &Ui, rect: Rect, binding: &Binding) {
    let (palette, painter) = (tokens::palette(ui.ctx()), ui.painter());
    let keys = if cfg!(target_os = "macos") {
        binding.shown.replace("Ctrl", "⌘")
    } else {
        binding.shown.to_owned()
    };
    let (left, at) = (Align2::LEFT_TOP, rect.min);
    text::paint(painter, at, left, text::LABEL_500, &keys, palette.text_2, DOES - 4.0);
    let does = at + vec2(DOES, 0.0);
    text::paint(painter, does, left, text::LABEL, binding.does, palette.text, rect.width() - DOES);
    let id = Id::unique(("key", format!("{:?} {:?}", binding.place, binding.action)));
    widgets::says(ui, rect, id, Role::Label, &format!("{keys}: {}", binding.does));
}
