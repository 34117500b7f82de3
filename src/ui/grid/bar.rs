//! The bar over the grid while photos are selected: how many, how large, what can be done.

use egui::{Align2, Id, Rect, Response, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::{Frame, Grid};
use crate::ui::icons::Icon;
use crate::ui::tokens::{self, measure, motion, radius};
use crate::ui::view::{Intent, View};
use crate::ui::widgets::{self, Face};
use crate::ui::{text, words};

/// Below this width of the grid its buttons are icons.
const ICONS_BELOW: f32 = 640.0;
/// From its lower edge to that of the grid.
const BELOW: f32 = 16.0;
const PADDING: f32 = 8.0;
const DIVIDER: f32 = 17.0;
/// How far it comes up.
const RISES: f32 = 8.0;

/// What was pressed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Press {
    Close,
    Save,
    Delete,
}

/// What can be done with the selected photos.
struct Action {
    press: Press,
    icon: Icon,
    label: &'static str,
    /// Where there is only room for the icon.
    name: &'static str,
}

const ACTIONS: [Action; 2] = [
    Action { press: Press::Save, icon: Icon::Download, label: "Save", name: "Save originals" },
    Action { press: Press::Delete, icon: Icon::Trash, label: "Delete", name: "Delete for good" },
];

impl Grid {
    /// What the bar covers of the grid's lower end, physical pixels.
    pub(super) fn foot(&self, frame: &Frame) -> f64 {
        let covered = if self.hands.is_choosing() { BELOW + measure::SELECTION_BAR } else { 0.0 };
        f64::from(covered) * frame.scale
    }

    /// Paints the bar, or what is left of it while it goes away.
    pub(super) fn bar(
        &mut self,
        ui: &mut Ui,
        frame: &Frame,
        area: &Response,
        view: &View<'_>,
        out: &mut Vec<Intent>,
    ) {
        let is_there = self.hands.is_choosing();
        if is_there {
            self.hands.told = (self.hands.selection.len(), self.hands.selection.bytes());
        }
        let token = if is_there { motion::BAR_IN } else { motion::BAR_OUT };
        let seconds = tokens::seconds(ui.ctx(), token);
        let id = Id::unique("selection bar");
        let share = ui.ctx().animate_bool_with_time(id, is_there, seconds);
        if share <= 0.0 {
            return;
        }
        let mut child = ui.new_child(UiBuilder::new().max_rect(frame.rect));
        child.set_opacity(share);
        let lift = if is_there { RISES * (1.0 - tokens::ease_out(share)) } else { 0.0 };
        let pressed = paint(&child, id, frame, self.hands.told, lift, is_there);
        match pressed {
            Some(Press::Close) => {
                self.hands.escape();
                area.request_focus();
            }
            Some(Press::Save) => out.push(Intent::Save(self.subject(None, view))),
            Some(Press::Delete) => out.push(Intent::Delete(self.subject(None, view))),
            None => {}
        }
    }
}

fn paint(
    ui: &Ui,
    id: Id,
    frame: &Frame,
    (count, bytes): (usize, u64),
    lift: f32,
    answers: bool,
) -> Option<Press> {
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    let with_labels = frame.rect.width() >= ICONS_BELOW;
    let (selected, size) = (format!("{} selected", words::count(count)), words::bytes(bytes));
    let width = |label: &str| {
        if with_labels {
            widgets::button_width(ui, Face::Plain, Some(Icon::Download), label)
        } else {
            measure::CONTROL
        }
    };
    // As wide as its widest figures, so that it stays still while they change.
    let widest = |words: &str| words.replace(|c: char| c.is_ascii_digit(), "8");
    let count_width = text::width(painter, text::BODY_600, &widest(&selected));
    let size_width = text::width(painter, text::LABEL, &widest(&size));
    // With nothing to act on there is nothing to press.
    let actions: &[_] = if count > 0 { &ACTIONS } else { &[] };
    let buttons: f32 = actions.iter().map(|action| DIVIDER + width(action.label)).sum();
    let all =
        PADDING * 2.0 + measure::CONTROL + 8.0 + count_width + 12.0 + size_width + 8.0 + buttons;
    let centre = pos2(
        frame.tiles.center().x,
        frame.rect.max.y - BELOW - measure::SELECTION_BAR / 2.0 + lift,
    );
    let rect = Rect::from_center_size(centre.round(), vec2(all.ceil(), measure::SELECTION_BAR));
    // What lies behind it is out of reach.
    let ground = ui.interact(rect, id, Sense::click_and_drag() - Sense::FOCUSABLE);
    ground.widget_info(|| WidgetInfo::labeled(Role::Toolbar, true, format!("{selected}, {size}")));
    widgets::raised(painter, rect, radius::CARD, palette);
    let y = rect.center().y;
    let mut x = rect.min.x + PADDING;
    let mut pressed = None;
    let place = |x: f32, width: f32| {
        Rect::from_min_size(pos2(x, y - measure::CONTROL / 2.0), vec2(width, measure::CONTROL))
    };
    let close = place(x, measure::CONTROL);
    if widgets::icon_button(ui, close, id.with("close"), Icon::Close, "Select none").clicked() {
        pressed = Some(Press::Close);
    }
    x += measure::CONTROL + 8.0;
    let left = Align2::LEFT_CENTER;
    text::paint(painter, pos2(x, y), left, text::BODY_600, &selected, palette.text, f32::INFINITY);
    x += count_width + 12.0;
    text::paint(painter, pos2(x, y), left, text::LABEL, &size, palette.text_3, f32::INFINITY);
    x += size_width + 8.0;
    for Action { press, icon, label, name } in actions {
        let line = Rect::from_center_size(pos2(x + DIVIDER / 2.0, y), vec2(1.0, 20.0));
        painter.rect_filled(line, 0.0, palette.line_2);
        x += DIVIDER;
        let button = place(x, width(label));
        x += button.width();
        let id = id.with(label);
        let clicked = if with_labels {
            widgets::button(ui, button, id, Face::Plain, Some(*icon), label, true).clicked()
        } else {
            widgets::icon_button(ui, button, id, *icon, name).clicked()
        };
        if clicked {
            pressed = Some(*press);
        }
    }
    pressed.filter(|_| answers)
}
