//! The account at the foot of the sidebar: who, and whether all is in step.

use egui::{Align2, Color32, Id, Popup, Rect, Sense, Stroke, ThemePreference, Ui, pos2, vec2};

use crate::engine::{AccountState, ConnectionState};
use crate::ui::icons::Icon;
use crate::ui::tokens::{self, Palette};
use crate::ui::view::{Intent, Question, View};
use crate::ui::widgets::{self, MenuRow};
use crate::ui::{text, words};

const AVATAR: Color32 = Color32::from_rgb(0x3D, 0x4A, 0x5F);

pub(super) fn ui(ui: &Ui, foot: Rect, view: &View<'_>, out: &mut Vec<Intent>) {
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    painter.rect_filled(foot, 0.0, palette.surface);
    widgets::hairline(painter, foot.min.x, foot.max.x, foot.min.y, palette.line);
    let AccountState::SignedIn { name, phone_masked } = view.account else { return };
    let (state, colour) = state_of(view, palette);
    let short = short_state(view).unwrap_or_else(|| state.clone());
    let y = foot.center().y;
    let x = if view.is_rail { foot.center().x } else { foot.min.x + 30.0 };
    painter.circle_filled(pos2(x, y), 14.0, AVATAR);
    let initials = words::initials(name);
    text::paint(
        painter,
        pos2(x, y),
        Align2::CENTER_CENTER,
        text::TINY,
        &initials,
        Color32::WHITE,
        28.0,
    );
    let menu = if view.is_rail {
        painter.circle(pos2(x + 11.0, y + 11.0), 4.5, colour, Stroke::new(2.0, palette.surface));
        let cell = Rect::from_center_size(pos2(x, y), vec2(40.0, 40.0));
        let label = format!("{name}, {state}: account and appearance");
        let response = ui.interact(cell, Id::unique("account"), Sense::click());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
        if response.has_focus() {
            widgets::focus_ring(painter, cell.shrink(6.0), 14.0, palette);
        }
        text::tooltip(response, &format!("{name}\n{state}"))
    } else {
        let room = foot.width() - 56.0 - 56.0;
        let at = |dy: f32| pos2(foot.min.x + 56.0, y + dy);
        let left = Align2::LEFT_CENTER;
        text::paint(painter, at(-8.0), left, text::LABEL_600, name, palette.text, room);
        painter.circle_filled(at(9.0) + vec2(3.0, 0.0), 3.0, colour);
        let at = at(9.0) + vec2(12.0, 0.0);
        let shown =
            text::paint(painter, at, left, text::SMALL, &short, palette.text_3, room - 12.0);
        let id = Id::unique("account state");
        let line = ui.interact(shown, id, Sense::hover());
        line.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &state));
        text::tooltip(line, &format!("{phone_masked}\n{state}"));
        let button = Rect::from_center_size(pos2(foot.max.x - 28.0, y), vec2(32.0, 32.0));
        let name = "Account and appearance";
        widgets::icon_button(ui, button, Id::unique("account"), Icon::Sliders, name)
    };
    Popup::menu(&menu).show(|ui| account_menu(ui, view, out));
}

fn state_of(view: &View<'_>, palette: &Palette) -> (String, Color32) {
    match (view.connection, view.sync) {
        (ConnectionState::Offline { .. }, _) => ("Offline".to_owned(), palette.warning),
        (ConnectionState::Connecting, _) => ("Connecting".to_owned(), palette.text_3),
        (ConnectionState::Online, Some(sync)) if sync.known < sync.total => (
            format!("Reading {} of {}", words::count(sync.known), words::count(sync.total)),
            palette.accent_line,
        ),
        (ConnectionState::Online, _) if view.dates_left > 0 => {
            (format!("Reading dates, {} left", words::count(view.dates_left)), palette.success)
        }
        (ConnectionState::Online, _) => ("Up to date".to_owned(), palette.success),
    }
}

/// The state where its words are too many for the line; all of it is in the tooltip.
fn short_state(view: &View<'_>) -> Option<String> {
    match (view.connection, view.sync) {
        (ConnectionState::Online, Some(sync)) if sync.known < sync.total => {
            Some(format!("Reading, {} %", sync.known * 100 / sync.total.max(1)))
        }
        (ConnectionState::Online, _) if view.dates_left > 0 => {
            Some(format!("Dates, {} left", words::count(view.dates_left)))
        }
        _ => None,
    }
}

fn account_menu(ui: &mut Ui, view: &View<'_>, out: &mut Vec<Intent>) {
    ui.spacing_mut().item_spacing.y = 0.0;
    for (theme, label) in [
        (ThemePreference::System, "As the system"),
        (ThemePreference::Dark, "Dark"),
        (ThemePreference::Light, "Light"),
    ] {
        let chosen = view.theme == theme;
        let row = MenuRow { icon: Icon::Theme, label, key: "", chosen };
        if widgets::menu_row(ui, row) {
            out.push(Intent::Theme(theme));
            ui.close();
        }
    }
    let (line, _) = ui.allocate_exact_size(vec2(widgets::MENU_WIDTH, 9.0), Sense::hover());
    let palette = tokens::palette(ui.ctx());
    widgets::hairline(
        ui.painter(),
        line.min.x + 8.0,
        line.max.x - 8.0,
        line.center().y,
        palette.line_2,
    );
    let settings = MenuRow { icon: Icon::Sliders, label: "Settings", key: "Ctrl ,", chosen: false };
    if widgets::menu_row(ui, settings) {
        out.push(Intent::Settings);
        ui.close();
    }
    let keys = MenuRow { icon: Icon::Info, label: "Keys", key: "F1", chosen: false };
    if widgets::menu_row(ui, keys) {
        out.push(Intent::KeySheet);
        ui.close();
    }
    let leave = MenuRow { icon: Icon::SignOut, label: "Log out", key: "", chosen: false };
    if widgets::menu_row(ui, leave) {
        out.push(Intent::Ask(Question::LogOut));
        ui.close();
    }
}
