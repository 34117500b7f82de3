//! The uploads screen: figures on top, then a row a file. Rows are told from the counts of the
//! groups, so that a frame costs what is in view, however many files there are.

use egui::{Align2, Id, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use egui_extras::{Column, TableBuilder};

use super::drag::Drag;
use super::{Group, Uploads, header, row};
use crate::model::UploadState;
use crate::ui::icons::{self, Icon};
use crate::ui::pictures::Pictures;
use crate::ui::tokens::{self, measure};
use crate::ui::view::{Intent, View};
use crate::ui::widgets::Row as Ground;
use crate::ui::{empty, text, widgets, words};

/// Queued files shown before the rest is folded.
const QUEUED_SHOWN: usize = 2;
const TAB: f32 = 32.0;

/// Which files are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    All,
    Only(Group),
}

const TABS: [(Tab, &str); 5] = [
    (Tab::All, "All"),
    (Tab::Only(Group::UnderWay), "Under way"),
    (Tab::Only(Group::Queued), "Queued"),
    (Tab::Only(Group::Finished), "Done"),
    (Tab::Only(Group::Failed), "Failed"),
];

/// What the screen remembers.
#[derive(Default)]
pub(crate) struct Screen {
    tab: Tab,
    unfolded: bool,
    drag: Drag,
}

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    File(Group, usize),
    Fold { hidden: usize },
}

/// The rows, told from how many files each group has.
#[derive(Clone, Copy, Debug)]
struct Lines {
    failed: usize,
    under_way: usize,
    /// Shown of those.
    queued: usize,
    /// Whether a row folds or unfolds the queue, and how many that hides.
    fold: Option<usize>,
    finished: usize,
}

impl Lines {
    fn of(uploads: &Uploads, tab: Tab, unfolded: bool) -> Self {
        let count = |group| match tab {
            Tab::Only(only) if only != group => 0,
            _ => uploads.count(group),
        };
        let queued = count(Group::Queued);
        let hidden = queued.saturating_sub(QUEUED_SHOWN);
        let fold = (tab == Tab::All && hidden > 0).then_some(hidden);
        Self {
            failed: count(Group::Failed),
            under_way: count(Group::UnderWay),
            queued: if fold.is_some() && !unfolded { QUEUED_SHOWN } else { queued },
            fold,
            finished: count(Group::Finished),
        }
    }

    fn len(self) -> usize {
        self.before_queue() + self.queued + usize::from(self.fold.is_some()) + self.finished
    }

    const fn before_queue(self) -> usize {
        self.failed + self.under_way
    }

    fn at(self, row: usize) -> Option<Line> {
        let mut at = row;
        for (group, count) in [
            (Group::Failed, self.failed),
            (Group::UnderWay, self.under_way),
            (Group::Queued, self.queued),
        ] {
            match at.checked_sub(count) {
                None => return Some(Line::File(group, at)),
                Some(rest) => at = rest,
            }
        }
        if let Some(hidden) = self.fold {
            match at.checked_sub(1) {
                None => return Some(Line::Fold { hidden }),
                Some(rest) => at = rest,
            }
        }
        (at < self.finished).then_some(Line::File(Group::Finished, at))
    }
}

impl Screen {
    /// Paints the screen into `rect`.
    pub(crate) fn ui(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        view: &View<'_>,
        pictures: &mut Pictures,
        out: &mut Vec<Intent>,
    ) {
        ui.painter().rect_filled(rect, 0.0, tokens::palette(ui.ctx()).canvas);
        if view.uploads.is_empty() {
            *self = Self::default();
            empty::no_uploads(ui, rect, view, out);
            return;
        }
        let content = rect.shrink2(vec2(measure::EDGE, 0.0));
        let at = content.min + vec2(0.0, 8.0);
        let card = Rect::from_min_size(at, vec2(content.width(), 152.0));
        header::ui(ui, card, view, out);
        self.tabs(ui, pos2(content.min.x, card.max.y + 16.0), view.uploads);
        // The scroll bar runs at the window's edge, beside the rows.
        let list = Rect::from_min_max(pos2(content.min.x, card.max.y + 16.0 + TAB + 8.0), rect.max);
        let lines = Lines::of(view.uploads, self.tab, self.unfolded);
        if lines.len() == 0 {
            let colour = tokens::palette(ui.ctx()).text_3;
            let at = list.min + vec2(0.0, 24.0);
            let words = "No file is here now";
            text::paint(ui.painter(), at, Align2::LEFT_CENTER, text::LABEL, words, colour, 400.0);
            return;
        }
        let mut child = ui.new_child(UiBuilder::new().max_rect(list));
        child.spacing_mut().item_spacing = egui::Vec2::ZERO;
        let queue = lines.before_queue()..lines.before_queue() + lines.queued;
        self.drag.begin_frame(&child, list, queue);
        // Only the rows in view are made, however many there are.
        let table = TableBuilder::new(&mut child)
            .id_salt("uploads")
            .auto_shrink([false, false])
            .column(Column::exact(content.width()));
        table.body(|mut body| {
            self.drag.scroll(body.ui_mut());
            body.rows(measure::UPLOAD_ROW, lines.len(), |mut cells| {
                let index = cells.index();
                cells.col(|ui| self.line(ui, (index, lines.at(index)), view, pictures, out));
            });
        });
        self.drag.end_frame(ui, list, view.uploads, out);
    }

    fn line(
        &mut self,
        ui: &mut Ui,
        (index, line): (usize, Option<Line>),
        view: &View<'_>,
        pictures: &mut Pictures,
        out: &mut Vec<Intent>,
    ) {
        let rect = ui.max_rect();
        match line {
            Some(Line::File(group, place)) => {
                let Some(upload) = view.uploads.at(group, place) else { return };
                if upload.state == UploadState::Queued {
                    self.drag.row(ui, rect, index, upload.id);
                }
                row::ui(ui, rect, (upload, place), view, pictures, out);
            }
            Some(Line::Fold { hidden }) => self.fold_row(ui, rect, hidden),
            None => {}
        }
    }

    fn tabs(&mut self, ui: &Ui, at: egui::Pos2, uploads: &Uploads) {
        let palette = tokens::palette(ui.ctx());
        let mut x = at.x;
        for (tab, label) in TABS {
            let count = match tab {
                Tab::All => uploads.len(),
                Tab::Only(group) => uploads.count(group),
            };
            if tab == Tab::Only(Group::Failed) && count == 0 && self.tab != tab {
                continue;
            }
            let count = words::count(count);
            let painter = ui.painter();
            let word = text::width(painter, text::LABEL_500, label);
            let number = text::width(painter, text::SMALL, &count);
            let size = vec2((word + number + 8.0 + 24.0).ceil(), TAB);
            let rect = Rect::from_min_size(pos2(x, at.y), size);
            x = rect.max.x + 4.0;
            let response = ui.interact(rect, Id::unique(("uploads tab", label)), Sense::click());
            let chosen = self.tab == tab;
            response.widget_info(|| {
                let name = format!("{label}, {count}");
                WidgetInfo::selected(Role::Tab, true, chosen, name)
            });
            let ground = if chosen { Ground::Chosen } else { Ground::Idle };
            let ink = widgets::row_feedback(ui, rect, &response, ground);
            let y = rect.center().y;
            let left = pos2(rect.min.x + 12.0, y);
            text::paint(
                painter,
                left,
                Align2::LEFT_CENTER,
                text::LABEL_500,
                label,
                ink,
                word + 1.0,
            );
            let right = pos2(rect.max.x - 12.0, y);
            let ink = if chosen { palette.text_2 } else { palette.text_3 };
            text::paint(
                painter,
                right,
                Align2::RIGHT_CENTER,
                text::SMALL,
                &count,
                ink,
                number + 1.0,
            );
            if response.clicked() {
                self.tab = tab;
            }
        }
    }

    fn fold_row(&mut self, ui: &Ui, rect: Rect, hidden: usize) {
        let palette = tokens::palette(ui.ctx());
        let label = if self.unfolded {
            "Fold the queue".to_owned()
        } else {
            format!("{} more queued", words::count(hidden))
        };
        let response = ui.interact(rect, Id::unique("fold queue"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
        if response.clicked() {
            self.unfolded = !self.unfolded;
        }
        let lit = response.hovered() || response.has_focus();
        let colour = if lit { palette.text } else { palette.text_2 };
        let icon = if self.unfolded { Icon::ChevronUp } else { Icon::ChevronDown };
        let painter = ui.painter();
        let y = rect.center().y;
        icons::paint(painter, icon, pos2(rect.min.x + 24.0, y), 16.0, colour);
        let at = pos2(rect.min.x + 64.0, y);
        let align = Align2::LEFT_CENTER;
        text::paint(painter, at, align, text::LABEL_500, &label, colour, rect.width());
        widgets::hairline(painter, rect.min.x, rect.max.x, rect.max.y - 1.0, palette.line);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Every file of every group has one row, group by group, and nothing else has one but the
        /// fold.
        #[test]
        fn each_file_has_one_row(
            failed in 0_usize..5,
            under_way in 0_usize..5,
            queued in 0_usize..5,
            hidden in proptest::option::of(0_usize..9),
            finished in 0_usize..5,
        ) {
            let lines = Lines { failed, under_way, queued, fold: hidden, finished };
            let rows: Vec<Line> = (0..lines.len()).filter_map(|row| lines.at(row)).collect();
            let files = |group, count| (0..count).map(move |place| Line::File(group, place));
            let expected: Vec<Line> = files(Group::Failed, failed)
                .chain(files(Group::UnderWay, under_way))
                .chain(files(Group::Queued, queued))
                .chain(hidden.map(|hidden| Line::Fold { hidden }))
                .chain(files(Group::Finished, finished))
                .collect();
            prop_assert_eq!(rows, expected);
            prop_assert_eq!(lines.at(lines.len()), None);
        }
    }
}
