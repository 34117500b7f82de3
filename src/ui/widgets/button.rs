//! Buttons: main, plain, outlined, icon, link.

use egui::{
    Align2, Color32, CursorIcon, Id, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, vec2,
};

use super::focus_ring;
use crate::ui::icons::{self, Icon};
use crate::ui::text::{self, Type};
use crate::ui::tokens::{self, Palette, motion, radius};

/// How a button looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// The one main action of a screen.
    Main,
    /// Words alone, ground on hover.
    Plain,
    /// With an edge.
    Outlined,
    /// Takes something away for good.
    Danger,
}

const PADDING: f32 = 12.0;
const ICON_WIDTH: f32 = 28.0;

fn style_of(face: Face) -> Type {
    if face == Face::Main || face == Face::Danger { text::LABEL_600 } else { text::LABEL_500 }
}

/// How wide a button with this content wants to be.
pub(crate) fn button_width(ui: &Ui, face: Face, icon: Option<Icon>, label: &str) -> f32 {
    let icon = if icon.is_some() { ICON_WIDTH - 2.0 } else { 0.0 };
    (text::width(ui.painter(), style_of(face), label) + icon + 2.0 * PADDING).ceil()
}

/// A button with words, filling `rect`.
pub(crate) fn button(
    ui: &Ui,
    rect: Rect,
    id: Id,
    face: Face,
    icon: Option<Icon>,
    label: &str,
    enabled: bool,
) -> Response {
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let response = ui.interact(rect, id, sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, label));
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    paint_ground(ui, rect, face, enabled, &response, palette);
    let colour = match (enabled, face) {
        (false, _) => palette.text_off,
        (true, Face::Main) => palette.on_accent,
        (true, Face::Danger) => Color32::WHITE,
        (true, _) => palette.text,
    };
    let style = style_of(face);
    let wanted = text::width(painter, style, label);
    let with_icon = if icon.is_some() { ICON_WIDTH - 2.0 } else { 0.0 };
    let mut x = rect.center().x - f32::midpoint(wanted, with_icon);
    if let Some(icon) = icon {
        icons::paint(painter, icon, egui::pos2(x + 9.0, rect.center().y), 18.0, colour);
        x += with_icon;
    }
    let room = (rect.max.x - x - 4.0).max(0.0);
    text::paint(
        painter,
        egui::pos2(x, rect.center().y),
        Align2::LEFT_CENTER,
        style,
        label,
        colour,
        room,
    );
    response
}

fn paint_ground(
    ui: &Ui,
    rect: Rect,
    face: Face,
    enabled: bool,
    response: &Response,
    palette: &Palette,
) {
    let painter = ui.painter();
    let pressed = response.is_pointer_button_down_on();
    let hover = ui.ctx().animate_bool_with_time(
        response.id.with("hover"),
        response.hovered() && enabled,
        tokens::seconds(ui.ctx(), motion::HOVER),
    );
    match face {
        Face::Main => {
            let fill = if !enabled {
                palette.disabled_fill
            } else if pressed {
                palette.accent_pressed
            } else {
                palette.accent.lerp_to_gamma(palette.accent_hover, hover)
            };
            painter.rect_filled(rect, radius::CONTROL, fill);
        }
        Face::Danger => {
            painter.rect_filled(rect, radius::CONTROL, palette.danger_fill);
            painter.rect_filled(rect, radius::CONTROL, overlay(palette, pressed, hover));
        }
        Face::Plain | Face::Outlined => {
            painter.rect_filled(rect, radius::CONTROL, overlay(palette, pressed, hover));
            if face == Face::Outlined {
                painter.rect_stroke(
                    rect,
                    radius::CONTROL,
                    Stroke::new(1.0, palette.line_2),
                    StrokeKind::Inside,
                );
            }
        }
    }
    if response.has_focus() {
        focus_ring(painter, rect, radius::CONTROL, palette);
    }
}

fn overlay(palette: &Palette, pressed: bool, hover: f32) -> Color32 {
    if pressed { palette.pressed } else { palette.hover.gamma_multiply(hover) }
}

/// Colours and shape of a button that is an icon.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IconFace {
    pub(crate) colour: Color32,
    /// Ground at rest.
    pub(crate) ground: Color32,
    pub(crate) radius: f32,
    pub(crate) size: f32,
}

/// A button that is an icon, named by a tooltip that also names it for screen readers.
pub(crate) fn icon_button(ui: &Ui, rect: Rect, id: Id, icon: Icon, name: &str) -> Response {
    let palette = tokens::palette(ui.ctx());
    let face = IconFace {
        colour: palette.text_2,
        ground: Color32::TRANSPARENT,
        radius: radius::CONTROL,
        size: 20.0,
    };
    icon_button_as(ui, rect, id, icon, name, face)
}

/// As [`icon_button`], with a face of its own.
pub(crate) fn icon_button_as(
    ui: &Ui,
    rect: Rect,
    id: Id,
    icon: Icon,
    name: &str,
    face: IconFace,
) -> Response {
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let palette = tokens::palette(ui.ctx());
    let hover = ui.ctx().animate_bool_with_time(
        id.with("hover"),
        response.hovered(),
        tokens::seconds(ui.ctx(), motion::HOVER),
    );
    let painter = ui.painter();
    painter.rect_filled(rect, face.radius, face.ground);
    painter.rect_filled(
        rect,
        face.radius,
        overlay(palette, response.is_pointer_button_down_on(), hover),
    );
    icons::paint(painter, icon, rect.center(), face.size, face.colour);
    if response.has_focus() {
        focus_ring(painter, rect, face.radius, palette);
    }
    response.on_hover_ui(|ui| tip(ui, name))
}

/// The words of a tooltip.
fn tip(ui: &mut Ui, words: &str) {
    let palette = tokens::palette(ui.ctx());
    let size = text::line_size(ui.painter(), text::SMALL_500, words);
    let (rect, _) = ui.allocate_exact_size(size + vec2(4.0, 2.0), Sense::hover());
    text::paint(
        ui.painter(),
        rect.center(),
        Align2::CENTER_CENTER,
        text::SMALL_500,
        words,
        palette.text,
        f32::INFINITY,
    );
}

/// Words in the accent colour that act like a link, left-aligned in the top left of `rect`.
pub(crate) fn link(ui: &Ui, rect: Rect, id: Id, style: Type, label: &str) -> Response {
    link_of(ui, rect, id, style, label, tokens::palette(ui.ctx()))
}

/// As [`link`], in the colours of another theme than the one in force.
pub(crate) fn link_of(
    ui: &Ui,
    rect: Rect,
    id: Id,
    style: Type,
    label: &str,
    palette: &Palette,
) -> Response {
    let response = ui.interact(rect, id, Sense::click()).on_hover_cursor(CursorIcon::PointingHand);
    response.widget_info(|| WidgetInfo::labeled(Role::Link, true, label));
    let painter = ui.painter();
    let shown = text::paint(
        painter,
        rect.left_center(),
        Align2::LEFT_CENTER,
        style,
        label,
        palette.accent_text,
        rect.width(),
    );
    if response.hovered() {
        super::hairline(painter, shown.min.x, shown.max.x, shown.max.y - 2.0, palette.accent_text);
    }
    if response.has_focus() {
        focus_ring(painter, rect, radius::TILE, palette);
    }
    response
}
