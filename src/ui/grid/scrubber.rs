//! The lane at the right edge: years by photo count, how densely photos lie in time, a thumb, and
//! the date while moving.

mod marks;

use egui::emath::GuiRounding as _;
use egui::{Align2, Id, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use self::marks::Lane;
pub(super) use self::marks::Marks;
use super::{Frame, Grid};
use crate::ui::tokens::{self, measure, motion, radius};
use crate::ui::{text, widgets, words};

const THUMB: f32 = 32.0;
/// A dash where photos are rarest in time, and where they are densest.
const DASH: (f32, f32) = (3.0, 9.0);
/// Labels end so far before the edge: clear of the dashes, and wholly under the small bubble.
const LABELS_END: f32 = 22.0;

/// What the pointer does to the lane.
pub(super) struct Finger {
    lane: Rect,
    is_over: bool,
    /// Where it holds the thumb, 0..=1 of the way.
    holds: Option<f32>,
}

impl Grid {
    /// Goes where the thumb is drawn to. Before anything is painted: tiles and thumb move as one.
    pub(super) fn scrub(&mut self, ui: &Ui, frame: &Frame) -> Option<Finger> {
        if self.scroll.limit() <= 0.0 {
            self.scrubbing = false;
            return None;
        }
        let lane = Rect::from_min_max(
            pos2(frame.rect.max.x - measure::SCRUBBER, frame.rect.min.y + 4.0),
            pos2(frame.rect.max.x, frame.rect.max.y - 4.0),
        );
        let response = ui.interact(lane, Id::unique("scrubber"), Sense::DRAG | Sense::CLICK);
        let share = self.share();
        response.widget_info(|| {
            let mut info =
                WidgetInfo::slider(true, f64::from(share) * 100.0, "Scroll through time");
            info.role = Role::ScrollBar;
            info
        });
        let run = lane.height() - THUMB;
        let thumb_y = lane.min.y + run * share;
        let mut holds = None;
        self.scrubbing = response.dragged();
        if let Some(pointer) = response.interact_pointer_pos() {
            if response.drag_started() || response.clicked() {
                let inside = pointer.y - thumb_y;
                self.grip = if (0.0..=THUMB).contains(&inside) { inside } else { THUMB / 2.0 };
            }
            let to = ((pointer.y - self.grip - lane.min.y) / run).clamp(0.0, 1.0);
            let most = self.layout.photos_above(self.scroll.limit());
            self.scroll.to(self.layout.y_of(f64::from(to) * most), frame.now);
            if to >= 1.0 {
                self.scroll.to(self.scroll.limit(), frame.now);
            }
            holds = Some(to);
        }
        Some(Finger { lane, is_over: response.hovered(), holds })
    }

    /// Paints the lane over the tiles.
    pub(super) fn scrubber(&mut self, ui: &Ui, frame: &Frame, finger: &Finger) {
        let Finger { lane, is_over, holds } = *finger;
        let palette = tokens::palette(ui.ctx());
        let run = lane.height() - THUMB;
        let thumb_y = lane.min.y + run * holds.unwrap_or_else(|| self.share());
        self.marks(ui, frame, lane, run);
        let wide = if is_over || self.scrubbing { 6.0 } else { 4.0 };
        let thumb =
            Rect::from_min_size(pos2(frame.rect.max.x - 6.0 - wide, thumb_y), vec2(wide, THUMB));
        ui.painter().rect_filled(thumb, wide / 2.0, palette.text);
        self.bubble(ui, frame, thumb, is_over);
    }

    /// How far through the photos the top of the screen is, 0..=1.
    #[expect(clippy::cast_possible_truncation, reason = "0..=1")]
    fn share(&self) -> f32 {
        let most = self.layout.photos_above(self.scroll.limit()).max(1e-9);
        (self.layout.photos_above(self.scroll.offset()) / most).clamp(0.0, 1.0) as f32
    }

    /// Years, or months, or days; and dashes, the longer the more photos there are for the time.
    fn marks(&mut self, ui: &Ui, frame: &Frame, lane: Rect, run: f32) {
        let palette = tokens::palette(ui.ctx());
        let photos = self.layout.photos_above(self.scroll.limit()).max(1e-9);
        let this = Lane { edition: self.layout.edition(), photos, length: run };
        self.marks.update(self.timeline.order(), this);
        let y = |place: f32| lane.min.y + THUMB / 2.0 + run * place;
        // One shape for all of them: there are hundreds.
        let mut dashes = egui::Mesh::default();
        let colour = palette.control.gamma_multiply(0.6);
        for (place, density) in &self.marks.dashes {
            let right = frame.rect.max.x - 8.0;
            let dash = Rect::from_min_max(
                pos2(right - egui::lerp(DASH.0..=DASH.1, *density), y(*place) - 0.5),
                pos2(right, y(*place) + 0.5),
            );
            dashes.add_colored_rect(dash.round_to_pixels(ui.pixels_per_point()), colour);
        }
        ui.painter().add(dashes);
        for (place, label) in &self.marks.labels {
            if y(*place) >= lane.max.y - 8.0 {
                break;
            }
            text::paint(
                ui.painter(),
                pos2(frame.rect.max.x - LABELS_END, y(*place)),
                Align2::RIGHT_CENTER,
                text::TINY,
                label,
                palette.text_3,
                measure::SCRUBBER - LABELS_END,
            );
        }
    }

    /// The date: small while scrolling or hovering, large while flying.
    #[expect(clippy::cast_possible_truncation, reason = "on screen")]
    fn bubble(&self, ui: &Ui, frame: &Frame, thumb: Rect, hovered: bool) {
        let since = frame.now - self.scroll.last_moved();
        let moved = self.scroll.last_moved() > 0.0 && since < f64::from(motion::BUBBLE_OUT);
        if moved {
            ui.ctx().request_repaint_after_secs((f64::from(motion::BUBBLE_OUT) - since) as f32);
        }
        let large = frame.flinging || self.scrubbing;
        let shows = ui.ctx().animate_bool_with_time(
            Id::unique("date bubble"),
            hovered || moved || large,
            tokens::seconds(ui.ctx(), motion::HOVER),
        );
        let top = self.scroll.offset() + f64::from(measure::DAY_HEADER) * frame.scale;
        let Some(section) = self.layout.section_at(top as i64).filter(|_| shows > 0.0) else {
            return;
        };
        let palette = tokens::palette(ui.ctx());
        let mut painter = ui.painter().clone();
        painter.set_opacity(shows);
        let by_month = self.state.params().size.by_month();
        let (long, short) = if by_month {
            (words::month(section.day), words::month(section.day))
        } else {
            (words::day(section.day), words::short_day(section.day))
        };
        let (style, words, height, gap, corner) = if large {
            (text::BUBBLE, long, 64.0, 72.0, radius::DIALOG)
        } else {
            (text::LABEL_500, short, 32.0, 20.0, radius::CONTROL)
        };
        let width = text::width(&painter, style, &words) + if large { 48.0 } else { 24.0 };
        let y = thumb
            .center()
            .y
            .clamp(frame.rect.min.y + height / 2.0 + 2.0, frame.rect.max.y - height / 2.0 - 2.0);
        let rect = Rect::from_min_size(
            pos2(frame.rect.max.x - gap - width, y - height / 2.0),
            vec2(width, height),
        );
        widgets::raised(&painter, rect, corner, palette);
        text::paint(
            &painter,
            rect.center(),
            Align2::CENTER_CENTER,
            style,
            &words,
            palette.text,
            width,
        );
    }
}
