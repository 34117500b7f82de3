//! The type styles, and text laid out and painted in them.
//!
//! Everything goes through egui's galley cache, so laying the same words out again is a look-up.

use std::sync::Arc;

use egui::epaint::text::{LayoutJob, TextFormat, TextWrapping, VariationCoords};
use egui::{Align, Align2, Color32, FontId, Galley, Painter, Pos2, Rect, Vec2};

/// One type style.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Type {
    size: f32,
    weight: f32,
    line: f32,
    tracking: f32,
}

impl Type {
    const fn new(size: f32, weight: f32, line: f32, tracking: f32) -> Self {
        Self { size, weight, line, tracking }
    }

    /// The size of the letters, points.
    pub(crate) const fn size(self) -> f32 {
        self.size
    }

    fn format(self, colour: Color32, align: Align) -> TextFormat {
        let mut coords = VariationCoords::default();
        coords.push(b"wght", self.weight);
        TextFormat {
            font_id: FontId::proportional(self.size),
            extra_letter_spacing: self.tracking,
            line_height: Some(self.line),
            color: colour,
            coords,
            valign: align,
            ..Default::default()
        }
    }
}

pub(crate) const DISPLAY: Type = Type::new(28.0, 600.0, 36.0, -0.5);
pub(crate) const BUBBLE: Type = Type::new(24.0, 600.0, 32.0, -0.3);
pub(crate) const FIGURE: Type = Type::new(20.0, 600.0, 28.0, -0.3);
pub(crate) const TITLE: Type = Type::new(18.0, 600.0, 24.0, -0.2);
pub(crate) const HEADING: Type = Type::new(16.0, 600.0, 24.0, 0.0);
pub(crate) const SECTION: Type = Type::new(15.0, 600.0, 20.0, -0.1);
pub(crate) const LEAD: Type = Type::new(15.0, 400.0, 24.0, 0.0);
pub(crate) const BODY: Type = Type::new(14.0, 400.0, 22.0, 0.0);
pub(crate) const BODY_500: Type = Type::new(14.0, 500.0, 20.0, 0.0);
pub(crate) const BODY_600: Type = Type::new(14.0, 600.0, 20.0, 0.0);
pub(crate) const LABEL: Type = Type::new(13.0, 400.0, 18.0, 0.0);
pub(crate) const LABEL_500: Type = Type::new(13.0, 500.0, 18.0, 0.0);
pub(crate) const LABEL_600: Type = Type::new(13.0, 600.0, 18.0, 0.0);
pub(crate) const SMALL: Type = Type::new(12.0, 400.0, 16.0, 0.0);
pub(crate) const SMALL_500: Type = Type::new(12.0, 500.0, 16.0, 0.0);
pub(crate) const TINY: Type = Type::new(11.0, 500.0, 16.0, 0.0);
pub(crate) const RAIL_BADGE: Type = Type::new(10.0, 600.0, 12.0, 0.0);

/// One line, cut with an ellipsis at `width` points.
pub(crate) fn line(
    painter: &Painter,
    style: Type,
    text: &str,
    colour: Color32,
    width: f32,
) -> Arc<Galley> {
    let mut job = LayoutJob::single_section(text.to_owned(), style.format(colour, Align::BOTTOM));
    job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
    job.break_on_newline = false;
    painter.layout_job(job)
}

/// Several lines, wrapped at `width` points, at most `rows`.
pub(crate) fn paragraph(
    painter: &Painter,
    style: Type,
    text: &str,
    colour: Color32,
    width: f32,
    rows: usize,
    align: Align,
) -> Arc<Galley> {
    let mut job = LayoutJob::single_section(text.to_owned(), style.format(colour, Align::BOTTOM));
    job.wrap = TextWrapping { max_width: width.max(1.0), max_rows: rows, ..Default::default() };
    job.halign = align;
    painter.layout_job(job)
}

/// How wide one line is, points.
pub(crate) fn width(painter: &Painter, style: Type, text: &str) -> f32 {
    line(painter, style, text, Color32::PLACEHOLDER, f32::INFINITY).size().x
}

/// Paints one line with its line box aligned at `at`; cut at `max_width`. Returns its rectangle.
pub(crate) fn paint(
    painter: &Painter,
    at: Pos2,
    align: Align2,
    style: Type,
    text: &str,
    colour: Color32,
    max_width: f32,
) -> Rect {
    let galley = line(painter, style, text, colour, max_width);
    let rect = align.anchor_size(at, galley.size());
    painter.galley(rect.min, galley, colour);
    rect
}

/// Paints a wrapped paragraph below `at` (its top left, or top centre with [`Align::Center`]).
/// Returns its height.
pub(crate) fn paint_paragraph(
    painter: &Painter,
    at: Pos2,
    style: Type,
    text: &str,
    colour: Color32,
    width: f32,
    align: Align,
) -> f32 {
    let galley = paragraph(painter, style, text, colour, width, usize::MAX, align);
    let height = galley.size().y;
    painter.galley(at, galley, colour);
    height
}

/// Sizes of a line box around letters of `style`, for placing.
pub(crate) fn line_size(painter: &Painter, style: Type, text: &str) -> Vec2 {
    Vec2::new(width(painter, style, text), style.line)
}
