//! Going to a date: a small card with a field that says what it understood.

use egui::{Align2, Id, Key, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{Frame, Grid, seek};
use crate::ui::icons::{self, Icon};
use crate::ui::timeline::Entry;
use crate::ui::tokens::{self, measure, radius};
use crate::ui::widgets::{self, FieldOptions};
use crate::ui::{dates, text, words};

const WIDTH: f32 = 320.0;
const HEIGHT: f32 = 112.0;
const PADDING: f32 = 16.0;

/// The card while it is open.
#[derive(Debug, Default)]
pub(super) struct DateCard {
    typed: String,
    is_old: bool,
}

impl Grid {
    /// Opens the card.
    pub(super) fn ask_for_date(&mut self) {
        self.hands.date_card = Some(DateCard::default());
    }

    /// Shows the card while it is open; Enter goes to the photo nearest to the date.
    pub(super) fn date_card(&mut self, ui: &mut Ui, frame: &Frame, area: &Response) {
        let Some(mut card) = self.hands.date_card.take() else { return };
        if !card.is_old {
            // The key that opened it is no part of the date.
            card.is_old = true;
            self.hands.date_card = Some(card);
            ui.ctx().request_repaint();
            return;
        }
        let understood = dates::understand(&card.typed);
        let nearest = |grid: &Self, span: Option<dates::Span>| {
            span.and_then(|span| seek::nearest(&grid.timeline, span.days()))
        };
        let found = nearest(self, understood);
        let enough = !card.typed.trim().is_empty();
        let says = match (understood, enough) {
            (Some(span), _) => span.to_string(),
            (None, true) => "Try 2024, May 2024 or 17 May 2024".to_owned(),
            (None, false) => "A year, a month or a day".to_owned(),
        };
        let goes_to = found.and_then(|place| self.timeline.get(place)).map(Entry::day);
        let (is_over, entered) = paint(ui, frame, &mut card.typed, &says, goes_to);
        // What was typed together with Enter counts too.
        let went = entered.then(|| nearest(self, dates::understand(&card.typed))).flatten();
        if let Some(place) = went {
            self.go_to(ui, frame, place);
        }
        if is_over || went.is_some() {
            area.request_focus();
        } else {
            self.hands.date_card = Some(card);
        }
    }
}

/// Paints the card; whether it is to be closed, and whether Enter was pressed.
fn paint(
    ui: &mut Ui,
    frame: &Frame,
    typed: &mut String,
    says: &str,
    goes_to: Option<i64>,
) -> (bool, bool) {
    let palette = tokens::palette(ui.ctx());
    let size = vec2(WIDTH.min(frame.rect.width() - 32.0), HEIGHT);
    let top = pos2(frame.tiles.center().x - size.x / 2.0, frame.rect.min.y + 56.0);
    let rect = Rect::from_min_size(top.round(), size);
    let ground = ui.interact(rect, Id::unique("date card"), Sense::click_and_drag());
    ground.widget_info(|| WidgetInfo::labeled(Role::Dialog, true, "Go to a date"));
    widgets::raised(ui.painter(), rect, radius::CARD, palette);
    let inner = rect.shrink(PADDING);
    let icon = pos2(inner.min.x + 10.0, inner.min.y + measure::CONTROL / 2.0);
    icons::paint(ui.painter(), Icon::Calendar, icon, 20.0, palette.text_2);
    let field = Rect::from_min_max(
        pos2(inner.min.x + 32.0, inner.min.y),
        pos2(inner.max.x, inner.min.y + measure::CONTROL),
    );
    let id = Id::unique("date");
    let options =
        FieldOptions { name: "Date", hint: "17 May 2024", limit: 40, ..Default::default() };
    let has_focus = ui.memory(|memory| memory.has_focus(id));
    let (escape, enter, elsewhere) = ui.input(|input| {
        let at = input.pointer.interact_pos().filter(|_| input.pointer.any_pressed());
        let outside = at.is_some_and(|at| !rect.contains(at));
        (input.key_pressed(Key::Escape), input.key_pressed(Key::Enter), outside)
    });
    let response = widgets::field(ui, field, id, typed, options);
    if !has_focus && !escape && !enter {
        response.request_focus();
    }
    let painter = ui.painter();
    let at = |y: f32| pos2(field.min.x, field.max.y + y);
    let left = Align2::LEFT_TOP;
    let shown =
        text::paint(painter, at(8.0), left, text::LABEL_500, says, palette.text, field.width());
    let told = ui.interact(shown, Id::unique("date understood"), Sense::hover());
    told.widget_info(|| WidgetInfo::labeled(Role::Status, true, says));
    if let Some(day) = goes_to {
        let nearest = format!("Nearest photo: {}", words::day(day));
        let style = text::SMALL;
        text::paint(painter, at(28.0), left, style, &nearest, palette.text_3, field.width());
    }
    (escape || elsewhere, enter)
}
