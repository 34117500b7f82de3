//! A text field with the ring, the boundary and the type of the design.

use egui::{Frame, Id, Margin, Rect, Response, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, vec2};

use crate::ui::text;
use crate::ui::tokens::{self, radius};

/// What a field is for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FieldOptions<'a> {
    /// Its name for screen readers.
    pub(crate) name: &'a str,
    /// Shown while it is empty.
    pub(crate) hint: &'a str,
    /// Dots instead of characters.
    pub(crate) secret: bool,
    /// The longest text, characters; 0 for no limit.
    pub(crate) limit: usize,
    /// Show the boundary in the colour of failure.
    pub(crate) wrong: bool,
}

/// A single-line field filling `rect`.
pub(crate) fn field(
    ui: &mut Ui,
    rect: Rect,
    id: Id,
    content: &mut String,
    options: FieldOptions<'_>,
) -> Response {
    let palette = tokens::palette(ui.ctx());
    let focused = ui.memory(|memory| memory.has_focus(id));
    ui.painter().rect_filled(rect, radius::CONTROL, palette.field);
    let (width, colour) = match (focused, options.wrong) {
        (_, true) => (2.0, palette.danger),
        (true, false) => (2.0, palette.accent_line),
        (false, false) => (1.0, palette.control),
    };
    ui.painter().rect_stroke(rect, radius::CONTROL, Stroke::new(width, colour), StrokeKind::Inside);
    let inner = rect.shrink2(vec2(12.0, 0.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(inner));
    let limit = if options.limit == 0 { usize::MAX } else { options.limit };
    let hint = egui::RichText::new(options.hint).color(palette.text_3).size(text::BODY.size());
    let edit = TextEdit::singleline(content)
        .id(id)
        .frame(Frame::NONE)
        .margin(Margin::ZERO)
        .password(options.secret)
        .char_limit(limit)
        .font(egui::FontId::proportional(text::BODY.size()))
        .text_color(palette.text)
        .hint_text(hint)
        .align(egui::Align2::LEFT_CENTER)
        .min_size(inner.size())
        .desired_width(inner.width());
    child.add(edit).accessible_name(options.name)
}
