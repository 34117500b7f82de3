//! Rows that can be chosen: the ground of a navigation row and the rows of a menu.

use egui::{
    Align2, Color32, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::focus_ring;
use crate::ui::icons::{self, Icon};
use crate::ui::text;
use crate::ui::tokens::{self, motion, radius};

/// The state of a row besides hover and focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    Idle,
    Chosen,
    /// Files dragged over the window would go here.
    DropTarget,
}

/// Paints a row's ground; returns the colour of its words.
pub(crate) fn row_feedback(ui: &Ui, rect: Rect, response: &Response, row: Row) -> Color32 {
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    let hover = ui.ctx().animate_bool_with_time(
        response.id.with("hover"),
        response.hovered(),
        tokens::seconds(ui.ctx(), motion::HOVER),
    );
    let colour = match row {
        Row::DropTarget => {
            painter.rect(
                rect,
                radius::CONTROL,
                palette.selection,
                Stroke::new(2.0, palette.accent_line),
                StrokeKind::Inside,
            );
            palette.text
        }
        Row::Chosen => {
            painter.rect_filled(rect, radius::CONTROL, palette.active);
            palette.text
        }
        Row::Idle => {
            if hover > 0.0 {
                painter.rect_filled(rect, radius::CONTROL, palette.hover.gamma_multiply(hover));
            }
            palette.text_2.lerp_to_gamma(palette.text, hover)
        }
    };
    if response.is_pointer_button_down_on() && row == Row::Idle {
        painter.rect_filled(rect, radius::CONTROL, palette.pressed);
    }
    if response.has_focus() {
        focus_ring(painter, rect.shrink(2.0), radius::SMALL, palette);
    }
    colour
}

/// How wide menus are, points.
pub(crate) const MENU_WIDTH: f32 = 228.0;

/// One row of a menu.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MenuRow<'a> {
    pub(crate) icon: Icon,
    pub(crate) label: &'a str,
    /// The key that does the same, if any; a check mark's place otherwise.
    pub(crate) key: &'a str,
    pub(crate) chosen: bool,
}

/// A menu row in egui's flow; true when it was chosen.
pub(crate) fn menu_row(ui: &mut Ui, row: MenuRow<'_>) -> bool {
    let palette = tokens::palette(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(MENU_WIDTH, 32.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, true, row.label));
    let painter = ui.painter();
    if response.hovered() || response.has_focus() {
        painter.rect_filled(rect, radius::SMALL, palette.active);
    }
    let y = rect.center().y;
    icons::paint(painter, row.icon, pos2(rect.min.x + 18.0, y), 18.0, palette.text);
    text::paint(
        painter,
        pos2(rect.min.x + 36.0, y),
        Align2::LEFT_CENTER,
        text::LABEL_500,
        row.label,
        palette.text,
        rect.width() - if row.key.is_empty() && !row.chosen { 44.0 } else { 80.0 },
    );
    if row.chosen {
        icons::paint(painter, Icon::Check, pos2(rect.max.x - 16.0, y), 16.0, palette.text_2);
    } else {
        text::paint(
            painter,
            pos2(rect.max.x - 8.0, y),
            Align2::RIGHT_CENTER,
            text::SMALL,
            row.key,
            palette.text_3,
            80.0,
        );
    }
    response.clicked()
}

/// How a key with Ctrl (⌘) is shown.
pub(crate) fn command(key: &str) -> String {
    if cfg!(target_os = "macos") { format!("⌘ {key}") } else { format!("Ctrl {key}") }
}
