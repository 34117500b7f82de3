//! Surfaces and marks without behaviour: cards, shadows, scrims, rings, bars.

use std::f32::consts::{FRAC_PI_2, PI};

use egui::epaint::{Mesh, RectShape, Vertex};
use egui::{
    Color32, Id, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo,
    pos2, vec2,
};

use crate::ui::tokens::Palette;

/// Tells screen readers what is painted at `rect`.
pub(crate) fn says(ui: &Ui, rect: Rect, id: Id, role: Role, words: &str) {
    ui.interact(rect, id, Sense::hover()).widget_info(|| WidgetInfo::labeled(role, true, words));
}

/// A flat card.
pub(crate) fn card(painter: &Painter, rect: Rect, radius: f32, fill: Color32) {
    painter.rect_filled(rect, radius, fill);
}

/// The two layers of shadow that lie under what is raised.
fn shadow(painter: &Painter, rect: Rect, radius: f32, palette: &Palette) {
    for ((down, blur), colour) in [(8.0, 24.0), (1.0, 3.0)].into_iter().zip(palette.shadows) {
        let shape = RectShape::filled(rect.translate(vec2(0.0, down)), radius, colour)
            .with_blur_width(blur);
        painter.add(Shape::Rect(shape));
    }
}

/// A raised surface: shadow, then ground.
pub(crate) fn raised(painter: &Painter, rect: Rect, radius: f32, palette: &Palette) {
    shadow(painter, rect, radius, palette);
    painter.rect_filled(rect, radius, palette.raised);
}

/// A colour at the top that fades to nothing at the bottom; the upper corners are round.
pub(crate) fn scrim_down(painter: &Painter, rect: Rect, radius: f32, colour: Color32) {
    let mut mesh = Mesh::default();
    for point in outline_with_round_top(rect, radius.min(rect.height())) {
        let left = ((rect.max.y - point.y) / rect.height().max(1.0)).clamp(0.0, 1.0);
        let next = u32::try_from(mesh.vertices.len()).unwrap_or(0);
        mesh.vertices.push(Vertex::untextured(point, colour.gamma_multiply(left)));
        if next > 1 {
            mesh.add_triangle(0, next - 1, next);
        }
    }
    painter.add(mesh);
}

/// From the lower right corner around.
fn outline_with_round_top(rect: Rect, radius: f32) -> impl Iterator<Item = Pos2> {
    const STEPS: u8 = 6;
    let corner = move |x: f32, from: f32| {
        let centre = pos2(x, rect.min.y + radius);
        (0..=STEPS).map(move |step| {
            let angle = from + f32::from(step) / f32::from(STEPS) * FRAC_PI_2;
            centre + radius * Vec2::angled(angle)
        })
    };
    [rect.max, rect.left_bottom()]
        .into_iter()
        .chain(corner(rect.min.x + radius, PI))
        .chain(corner(rect.max.x - radius, PI + FRAC_PI_2))
}

/// A line one physical pixel high, or one point where that is more.
pub(crate) fn hairline(painter: &Painter, from_x: f32, to_x: f32, y: f32, colour: Color32) {
    let rect = Rect::from_min_max(pos2(from_x, y), pos2(to_x, y + 1.0));
    painter.rect_filled(rect, 0.0, colour);
}

/// Two points of ring around a control, two points away from it.
pub(crate) fn focus_ring(painter: &Painter, rect: Rect, radius: f32, palette: &Palette) {
    painter.rect_stroke(
        rect.expand(2.0),
        radius + 2.0,
        Stroke::new(2.0, palette.accent_line),
        StrokeKind::Outside,
    );
}

/// A progress bar over `share` of its rail.
pub(crate) fn progress(painter: &Painter, rect: Rect, share: f32, fill: Color32, rail: Color32) {
    let radius = rect.height() / 2.0;
    painter.rect_filled(rect, radius, rail);
    let width = rect.width() * share.clamp(0.0, 1.0);
    if width > 0.5 {
        let bar = Rect::from_min_size(rect.min, vec2(width.max(rect.height()), rect.height()));
        painter.rect_filled(bar, radius, fill);
    }
}

/// A turning arc; asks for the next frame itself.
pub(crate) fn spinner(ui: &Ui, rect: Rect, colour: Color32) {
    egui::Spinner::new().color(colour).paint_at(ui, rect);
}

/// A filled area under a curve of heights 0..=1, fading downwards, with its line on top.
pub(crate) fn sparkline(painter: &Painter, rect: Rect, values: &[f32], colour: Color32) {
    let Some(last) = values.len().checked_sub(1).filter(|n| *n > 0) else { return };
    #[expect(clippy::cast_precision_loss, reason = "a minute of samples")]
    let at = |i: usize, v: f32| {
        pos2(
            egui::lerp(rect.x_range(), i as f32 / last as f32),
            egui::lerp(rect.max.y..=rect.min.y, v.clamp(0.0, 1.0)),
        )
    };
    let line: Vec<_> = values.iter().enumerate().map(|(i, v)| at(i, *v)).collect();
    let mut mesh = Mesh::default();
    for point in &line {
        let base = u32::try_from(mesh.vertices.len()).unwrap_or(0);
        mesh.vertices.push(Vertex::untextured(*point, colour.gamma_multiply(0.25)));
        mesh.vertices.push(Vertex::untextured(pos2(point.x, rect.max.y), Color32::TRANSPARENT));
        if base > 0 {
            mesh.add_triangle(base - 2, base - 1, base);
            mesh.add_triangle(base - 1, base, base + 1);
        }
    }
    painter.add(mesh);
    if let Some(end) = line.last() {
        painter.circle_filled(*end, 2.5, colour);
    }
    painter.add(Shape::line(line, Stroke::new(1.5, colour)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrim_keeps_to_the_corners_of_its_tile() {
        let rect = Rect::from_min_size(pos2(10.0, 20.0), vec2(200.0, 64.0));
        let outline: Vec<Pos2> = outline_with_round_top(rect, 4.0).collect();
        let near = |corner: Pos2| outline.iter().map(move |at| (*at - corner).length());
        for corner in [rect.min, rect.right_top()] {
            let off = near(corner).fold(f32::MAX, f32::min);
            assert!((off - 4.0 * (2.0_f32.sqrt() - 1.0)).abs() < 0.01, "{off} from {corner}");
        }
        assert!(outline.iter().all(|at| rect.expand(0.01).contains(*at)));
    }
}
