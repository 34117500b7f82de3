//! The type styles, and text laid out and painted in them.
//!
//! Everything goes through egui's galley cache, so laying the same words out again is a look-up.
//! Text with letters from right to left is put in order first, line by line, because egui knows one
//! direction only; all other text goes straight to egui.

mod order;

use std::sync::Arc;

use egui::epaint::text::{LayoutJob, TextFormat, TextWrapping, VariationCoords};
use egui::{
    Align, Align2, Color32, FontId, Galley, Painter, Pos2, Rect, Response, Role, Sense, Vec2,
    WidgetInfo,
};

pub(crate) use self::order::isolate;
use self::order::{Ordered, Piece};

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
    let width = width.max(0.0);
    if order::needs_order(text) {
        let setter = Setter { painter, format: style.format(colour, Align::BOTTOM) };
        return setter.line(text, width);
    }
    let mut job = LayoutJob::single_section(text.to_owned(), style.format(colour, Align::BOTTOM));
    job.wrap = TextWrapping::truncate_at_width(width);
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
    let width = width.max(1.0);
    let format = style.format(colour, Align::BOTTOM);
    if order::needs_order(text) {
        return Setter { painter, format }.paragraph(text, width, rows, align);
    }
    let mut job = LayoutJob::single_section(text.to_owned(), format);
    job.wrap = TextWrapping { max_width: width, max_rows: rows, ..Default::default() };
    job.halign = align;
    painter.layout_job(job)
}

/// Sets text that has letters from right to left.
struct Setter<'a> {
    painter: &'a Painter,
    format: TextFormat,
}

impl Setter<'_> {
    fn append(&self, job: &mut LayoutJob, pieces: &[Piece]) {
        for piece in pieces {
            let mut format = self.format.clone();
            if piece.is_right_to_left {
                // Letters that join do not stand apart.
                format.extra_letter_spacing = 0.0;
            }
            job.append(&piece.text, 0.0, format);
        }
    }

    fn set(&self, pieces: &[Piece]) -> Arc<Galley> {
        let mut job = LayoutJob { break_on_newline: false, ..Default::default() };
        self.append(&mut job, pieces);
        self.painter.layout_job(job)
    }

    /// The most of `ends` that fits after `start`, at least none; a cut line has its ellipsis.
    fn fitting(
        &self,
        text: &Ordered<'_>,
        start: usize,
        ends: &[usize],
        width: f32,
        is_cut: bool,
    ) -> usize {
        ends.partition_point(|end| self.set(&text.line(start, *end, is_cut)).size().x <= width)
    }

    /// What is shown of `text` from `start` on where it has to end in one line.
    fn last_line(&self, text: &Ordered<'_>, whole: &str, start: usize, width: f32) -> Vec<Piece> {
        let pieces = text.line(start, whole.len(), false);
        if self.set(&pieces).size().x <= width {
            return pieces;
        }
        let ends = order::letter_ends(whole, start);
        let count = self.fitting(text, start, &ends, width, true);
        let end = count.checked_sub(1).and_then(|last| ends.get(last)).copied().unwrap_or(start);
        let end = start + whole[start..end].trim_end().len();
        text.line(start, end, true)
    }

    fn line(&self, text: &str, width: f32) -> Arc<Galley> {
        let plain = order::plain(text);
        let ordered = Ordered::new(&plain);
        self.set(&self.last_line(&ordered, &plain, 0, width))
    }

    fn paragraph(&self, text: &str, width: f32, rows: usize, align: Align) -> Arc<Galley> {
        let mut lines: Vec<Vec<Piece>> = Vec::new();
        for text in text.lines() {
            let plain = order::plain(text);
            let ordered = Ordered::new(&plain);
            let words = order::word_ends(&plain);
            let mut start = 0;
            while start < plain.len() && lines.len() + 1 < rows {
                let ends = &words[words.partition_point(|end| *end <= start)..];
                let fits = self.fitting(&ordered, start, ends, width, false);
                let end = fits.checked_sub(1).and_then(|last| ends.get(last)).copied();
                let end = end.unwrap_or_else(|| self.within_word(&ordered, &plain, start, width));
                lines.push(ordered.line(start, end, false));
                start = end;
            }
            if start < plain.len() && lines.len() < rows {
                lines.push(self.last_line(&ordered, &plain, start, width));
            } else if plain.is_empty() && lines.len() < rows {
                lines.push(Vec::new());
            }
        }
        let mut job = LayoutJob { halign: align, ..Default::default() };
        job.wrap.max_rows = rows;
        for (at, pieces) in lines.iter().enumerate() {
            if at > 0 {
                job.append("\n", 0.0, self.format.clone());
            }
            self.append(&mut job, pieces);
        }
        self.painter.layout_job(job)
    }

    /// Where a line ends whose first word is too long for it.
    fn within_word(&self, text: &Ordered<'_>, whole: &str, start: usize, width: f32) -> usize {
        let ends = order::letter_ends(whole, start);
        let fits = self.fitting(text, start, &ends, width, false);
        ends.get(fits.max(1) - 1).copied().unwrap_or(whole.len())
    }
}

/// Shows `words` beside what the pointer rests on.
pub(crate) fn tooltip(response: Response, words: &str) -> Response {
    response.on_hover_ui(|ui| {
        let colour = ui.visuals().text_color();
        let room = ui.spacing().tooltip_width;
        let galley = paragraph(ui.painter(), LABEL, words, colour, room, 6, Align::LEFT);
        let (rect, label) = ui.allocate_exact_size(galley.size(), Sense::hover());
        label.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
        ui.painter().galley(rect.min, galley, colour);
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls `paint` in a frame of a window with the fonts that ship.
    fn painting(paint: impl FnOnce(&Painter)) {
        let ctx = egui::Context::default();
        crate::ui::fonts::install(&ctx);
        let mut paint = Some(paint);
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            paint.take().into_iter().for_each(|paint| paint(ui.painter()));
        });
        output.textures_delta.clear();
    }

    const TITLE: &str = "רשימה של תמונות מן הקיץ (2017)";

    #[test]
    fn a_title_from_right_to_left_is_cut_at_its_end() {
        painting(|painter| {
            let whole = line(painter, BODY, TITLE, Color32::WHITE, f32::INFINITY);
            assert_eq!(whole.text().chars().next(), Some('('), "{}", whole.text());
            for width in [0.0, 20.0, 60.0, 120.0] {
                let cut = line(painter, BODY, TITLE, Color32::WHITE, width);
                assert!(cut.text().starts_with('…'), "{}", cut.text());
                assert!(cut.size().x <= width.max(20.0), "{} in {width}", cut.size().x);
            }
            let cut = line(painter, BODY, TITLE, Color32::WHITE, 100.0);
            assert!(cut.text().ends_with("רשימה"), "{}", cut.text());
        });
    }

    #[test]
    fn a_paragraph_from_right_to_left_is_broken_where_it_is_read() {
        painting(|painter| {
            let text = format!("{TITLE}\n\n{TITLE}");
            let set = |width, rows| {
                paragraph(painter, BODY, &text, Color32::WHITE, width, rows, Align::LEFT)
            };
            assert_eq!(set(1000.0, usize::MAX).rows.len(), 3);
            for width in [10.0, 60.0, 100.0] {
                let broken = set(width, usize::MAX);
                assert!(broken.rows.len() > 5, "{} in {width}", broken.rows.len());
                assert!(broken.size().x <= width.max(20.0), "{} in {width}", broken.size().x);
                assert!(!broken.text().contains('…'));
                let first = broken.text().lines().next().unwrap_or_default().to_owned();
                assert!(
                    "רשימה".contains(first.trim()) || first.trim().ends_with("רשימה"),
                    "{first}"
                );
            }
            let cut = set(100.0, 2);
            assert_eq!(cut.rows.len(), 2);
            assert!(cut.text().lines().last().is_some_and(|line| line.starts_with('…')));
        });
    }
}
