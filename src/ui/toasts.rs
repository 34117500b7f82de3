//! Short messages at the bottom of the window. They stay six seconds, longer while hovered.

use egui::{Id, Rect, Sense, Ui, pos2, vec2};

use super::icons::{self, Icon};
use super::tokens::{self, measure, motion, radius};
use super::{text, widgets};

struct Toast {
    number: u64,
    icon: Icon,
    words: String,
    began: Option<f64>,
    is_trouble: bool,
}

/// The messages that are waiting or shown.
#[derive(Default)]
pub(crate) struct Toasts {
    shown: Vec<Toast>,
    next: u64,
}

const MOST: usize = 3;

impl Toasts {
    /// Says something that went well.
    pub(crate) fn say(&mut self, icon: Icon, words: impl Into<String>) {
        self.push(icon, words.into(), false);
    }

    /// Says what went wrong and what to do.
    pub(crate) fn trouble(&mut self, words: impl Into<String>) {
        self.push(Icon::Warning, words.into(), true);
    }

    fn push(&mut self, icon: Icon, words: String, is_trouble: bool) {
        if let Some(same) = self.shown.iter_mut().find(|toast| toast.words == words) {
            same.began = None;
            return;
        }
        self.next += 1;
        self.shown.push(Toast { number: self.next, icon, words, began: None, is_trouble });
        if self.shown.len() > MOST {
            self.shown.remove(0);
        }
    }

    #[cfg(test)]
    pub(crate) const fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// Paints them above `bottom`, newest lowest.
    pub(crate) fn ui(&mut self, ui: &Ui, window: Rect, bottom: f32) {
        let now = ui.ctx().time();
        let mut y = bottom - 16.0;
        let mut over = Vec::new();
        for toast in self.shown.iter_mut().rev() {
            let began = *toast.began.get_or_insert(now);
            let (height, closed, hovered) = paint(ui, window, y, toast, now - began);
            if hovered {
                toast.began = Some(now);
            }
            if closed || now - began > motion::TOAST_STAYS {
                over.push(toast.number);
            }
            y -= height + 8.0;
            ui.ctx().request_repaint_after_secs(0.25);
        }
        self.shown.retain(|toast| !over.contains(&toast.number));
    }
}

/// Paints one toast; returns its height, whether it was closed, and whether it is hovered.
#[expect(clippy::cast_possible_truncation, reason = "seconds of an animation")]
fn paint(ui: &Ui, window: Rect, bottom: f32, toast: &Toast, age: f64) -> (f32, bool, bool) {
    let palette = tokens::palette(ui.ctx());
    let seconds = tokens::seconds(ui.ctx(), motion::BAR_IN);
    let t = if seconds > 0.0 { (age as f32 / seconds).min(1.0) } else { 1.0 };
    if t < 1.0 {
        ui.ctx().request_repaint();
    }
    let most = (window.width() - 64.0).min(560.0);
    let galley = text::paragraph(
        ui.painter(),
        text::LABEL_500,
        &toast.words,
        palette.text,
        most - 104.0,
        3,
        egui::Align::LEFT,
    );
    let size = vec2(galley.size().x + 104.0, (galley.size().y + 30.0).max(measure::TOAST));
    let lift = 8.0 * (1.0 - tokens::ease_out(t));
    let rect = Rect::from_center_size(pos2(window.center().x, bottom - size.y / 2.0 + lift), size);
    let mut painter = ui.painter().clone();
    painter.set_opacity(t);
    let response = ui.interact(rect, Id::unique(("toast", toast.number)), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Status, true, &toast.words));
    widgets::raised(&painter, rect, radius::CARD, palette);
    let colour = if toast.is_trouble { palette.danger } else { palette.text };
    icons::paint(&painter, toast.icon, pos2(rect.min.x + 26.0, rect.center().y), 18.0, colour);
    let at = pos2(rect.min.x + 48.0, rect.center().y - galley.size().y / 2.0);
    painter.galley(at, galley, palette.text);
    let close = Rect::from_center_size(pos2(rect.max.x - 24.0, rect.center().y), vec2(28.0, 28.0));
    let id = Id::unique(("close toast", toast.number));
    let closed = widgets::icon_button(ui, close, id, Icon::Close, "Close message").clicked();
    (size.y, closed, response.hovered() || response.contains_pointer())
}
