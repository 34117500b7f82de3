//! A slider over a few steps: a 14 knob on a 4 rail.

use egui::{Id, Key, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::focus_ring;
use crate::ui::tokens;

/// Lets `value` be one of `0..steps`. The whole of `rect` answers.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a handful of steps"
)]
pub(crate) fn steps(
    ui: &Ui,
    rect: Rect,
    id: Id,
    value: &mut usize,
    steps: usize,
    name: &str,
) -> Response {
    let mut response = ui.interact(rect, id, Sense::click_and_drag());
    let last = steps.saturating_sub(1).max(1);
    let rail = rect.shrink2(vec2(7.0, 0.0));
    let before = *value;
    if let Some(pointer) = response.interact_pointer_pos() {
        let share = ((pointer.x - rail.min.x) / rail.width()).clamp(0.0, 1.0);
        *value = (share * last as f32).round() as usize;
    }
    if response.has_focus() {
        let filter = egui::EventFilter { horizontal_arrows: true, ..Default::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        ui.input(|input| {
            *value = value.saturating_sub(input.num_presses(Key::ArrowLeft));
            *value = (*value + input.num_presses(Key::ArrowRight)).min(last);
        });
    }
    if *value != before {
        response.mark_changed();
    }
    response.widget_info(|| {
        let mut info = WidgetInfo::slider(true, *value as f64, name);
        info.role = Role::Slider;
        info
    });
    let palette = tokens::palette(ui.ctx());
    let x = egui::lerp(rail.x_range(), *value as f32 / last as f32);
    let bar = |from: f32, to: f32| {
        Rect::from_min_max(pos2(from, rect.center().y - 2.0), pos2(to, rect.center().y + 2.0))
    };
    let painter = ui.painter();
    painter.rect_filled(bar(rect.min.x, rect.max.x), 2.0, palette.track);
    painter.rect_filled(bar(rect.min.x, x), 2.0, palette.text_3);
    painter.circle_filled(pos2(x, rect.center().y), 7.0, palette.text);
    if response.has_focus() {
        focus_ring(
            painter,
            Rect::from_center_size(pos2(x, rect.center().y), vec2(14.0, 14.0)),
            7.0,
            palette,
        );
    }
    response
}
