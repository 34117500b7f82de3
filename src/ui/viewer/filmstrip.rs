//! The strip of neighbours under the picture: only those that fit are there, the current one in the
//! middle.

use egui::{Color32, Id, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::model::PhotoId;
use crate::ui::pictures::Pictures;
use crate::ui::tile_paint;
use crate::ui::timeline::Timeline;
use crate::ui::tokens::{self, DARK, motion, radius};
use crate::ui::view::View;

const HEIGHT: f32 = 56.0;
const WIDTH: f32 = 44.0;
const GAP: f32 = 4.0;
const CURRENT: f32 = 84.0;
const AROUND_CURRENT: f32 = 12.0;
/// Strength of all but the current one.
const QUIET: f32 = 0.72;
/// The strip runs to a photo so many places away; from further it is there at once.
const RUNS: f64 = 16.0;
/// Points of the wheel that lead on by one photo.
const NOTCH: f32 = 40.0;

/// Where the strip stands.
#[derive(Debug, Default)]
pub(super) struct Strip {
    /// The place in the middle, on its way to the current photo's.
    middle: Option<f64>,
    /// What the wheel was turned and has not led on yet, points.
    turned: f32,
}

/// What was chosen in the strip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    Photo(PhotoId),
    /// So many photos on.
    By(isize),
}

/// Where the middle of a photo is that is `away` places from the strip's middle, points from
/// there, and its width.
fn place(away: f32) -> (f32, f32) {
    let first = CURRENT / 2.0 + AROUND_CURRENT + WIDTH / 2.0;
    let near = away.abs().min(1.0);
    let far = (away.abs() - 1.0).max(0.0) * (WIDTH + GAP);
    let width = egui::lerp(CURRENT..=WIDTH, near);
    ((first * near + far) * away.signum(), width)
}

impl Strip {
    /// Moves on to `at`; true while it is under way.
    #[expect(clippy::cast_precision_loss, reason = "places of a library")]
    fn follow(&mut self, at: usize, seconds: f64, pace: f64) -> bool {
        let to = at as f64;
        let middle = self.middle.get_or_insert(to);
        let left = to - *middle;
        if pace <= 0.0 || left.abs() > RUNS || left.abs() < 0.01 {
            *middle = to;
            return false;
        }
        // Two thirds of the way in a third of the time.
        *middle += left * (1.0 - (-3.0 * seconds / pace).exp());
        true
    }

    /// Paints the strip; returns what was chosen.
    pub(super) fn ui(
        &mut self,
        ui: &Ui,
        strip: Rect,
        current: PhotoId,
        timeline: &Timeline,
        view: &View<'_>,
        pictures: &mut Pictures,
    ) -> Option<Chosen> {
        let at = timeline.photo_place(current)?;
        let pace = f64::from(tokens::seconds(ui.ctx(), motion::VIEWER));
        let seconds = f64::from(ui.input(|input| input.stable_dt).min(0.1));
        if self.follow(at, seconds, pace) {
            ui.ctx().request_repaint();
        }
        let middle = self.middle.unwrap_or_default();
        let mut chosen = self.wheel(ui, strip);
        let side = (f64::from(strip.width()) / 2.0 / f64::from(WIDTH + GAP)).ceil() + 1.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "places of a library"
        )]
        let (first, last) = ((middle - side).max(0.0) as usize, (middle + side).max(0.0) as usize);
        for n in (first..=last).filter(|n| *n != at).chain([at]) {
            let Some(entry) = timeline.photo_at(n) else { continue };
            let Some(photo) = entry.photo().and_then(|id| view.library.photo(id)) else { continue };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                reason = "a few dozen"
            )]
            let (offset, width) = place((n as f64 - middle) as f32);
            let centre = pos2(strip.center().x + offset, strip.center().y);
            let rect = Rect::from_center_size(centre, vec2(width, HEIGHT));
            let rect = Rect::from_min_size(pos2(rect.min.x.round(), rect.min.y), rect.size());
            if !rect.intersects(strip) {
                continue;
            }
            let id = Id::unique(("strip", photo.id()));
            let response = ui.interact(rect.intersect(strip), id, Sense::CLICK);
            let is_current = n == at;
            let name = || format!("Go to {}", photo.name());
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_current, name()));
            let strength = if response.hovered() || is_current { 1.0 } else { QUIET };
            let tint = Color32::WHITE.gamma_multiply(strength);
            // The viewer is dark in both themes.
            tile_paint::photo_of(ui, &DARK, rect, radius::TILE, photo, pictures, true, tint);
            if is_current {
                ring(ui, rect, strip);
            }
            if response.clicked() {
                chosen = entry.photo().map(Chosen::Photo);
            }
        }
        chosen
    }

    /// The wheel over the strip leads from photo to photo.
    fn wheel(&mut self, ui: &Ui, strip: Rect) -> Option<Chosen> {
        let (delta, at) =
            ui.input(|input| (input.smooth_scroll_delta(), input.pointer.latest_pos()));
        if !at.is_some_and(|at| strip.contains(at)) {
            self.turned = 0.0;
            return None;
        }
        self.turned -= delta.x + delta.y;
        #[expect(clippy::cast_possible_truncation, reason = "a few notches")]
        let by = (self.turned / NOTCH).trunc() as i16;
        self.turned -= f32::from(by) * NOTCH;
        (by != 0).then_some(Chosen::By(by.into()))
    }
}

/// Two points of white around two of black.
fn ring(ui: &Ui, rect: Rect, strip: Rect) {
    let painter = ui.painter().with_clip_rect(strip);
    let dark = Stroke::new(2.0, Color32::BLACK);
    painter.rect_stroke(rect, radius::TILE, dark, StrokeKind::Outside);
    let white = Stroke::new(2.0, Color32::WHITE);
    painter.rect_stroke(rect.expand(2.0), radius::TILE + 2.0, white, StrokeKind::Outside);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_do_not_touch_wherever_the_strip_stands() {
        for tenths in -30..=30_i16 {
            let middle = f32::from(tenths) / 10.0;
            let mut end = f32::NEG_INFINITY;
            for n in -5..=5_i16 {
                let (centre, width) = place(f32::from(n) - middle);
                let gap = centre - width / 2.0 - end;
                assert!(gap >= GAP - 0.01, "{gap} at {middle}");
                assert!(end == f32::NEG_INFINITY || gap <= AROUND_CURRENT + 0.01, "{gap}");
                end = centre + width / 2.0;
            }
        }
    }

    #[test]
    fn the_strip_runs_to_what_is_near_and_is_at_once_where_it_is_far() {
        let mut strip = Strip::default();
        assert!(!strip.follow(100, 0.016, 0.15), "it begins where one is");
        let mut frames = 0;
        while strip.follow(102, 0.016, 0.15) {
            frames += 1;
            assert!(frames < 40, "{:?}", strip.middle);
        }
        assert!(frames > 4);
        assert_eq!(strip.middle, Some(102.0));
        assert!(!strip.follow(5000, 0.016, 0.15));
        assert!(!strip.follow(5001, 0.016, 0.0), "nothing moves where less motion is asked for");
        assert_eq!(strip.middle, Some(5001.0));
    }
}
