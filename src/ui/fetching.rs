//! The card that says how far saving is, and fetching what is to be copied or opened elsewhere.

use egui::{Align2, Id, Rect, Role, Ui, pos2, vec2};

use super::icons::{self, Icon};
use super::tokens::{self, radius};
use super::view::Intent;
use super::widgets::{self, Face};
use super::{text, words};
use crate::engine;

/// What is over sooner is not worth a card, seconds.
const UNSEEN: f64 = 0.3;
const SIZE: egui::Vec2 = vec2(460.0, 64.0);

/// How far it is, and since when.
#[derive(Default)]
pub(crate) struct Fetching {
    now: Option<engine::Fetching>,
    since: f64,
}

impl Fetching {
    pub(crate) fn told(&mut self, time: f64, fetching: Option<engine::Fetching>) {
        if self.now.is_none() {
            self.since = time;
        }
        self.now = fetching;
    }

    /// Paints the card above `bottom`; returns where it ends above.
    pub(crate) fn ui(&self, ui: &Ui, area: Rect, bottom: f32, out: &mut Vec<Intent>) -> f32 {
        let Some(fetching) = self.now else { return bottom };
        let waits = self.since + UNSEEN - ui.ctx().time();
        if waits > 0.0 {
            ui.ctx().request_repaint_after_secs(0.1);
            return bottom;
        }
        let palette = tokens::palette(ui.ctx());
        let size = vec2(SIZE.x.min(area.width() - 32.0), SIZE.y);
        let rect = Rect::from_min_size(
            pos2((area.center().x - size.x / 2.0).round(), (bottom - 16.0 - size.y).round()),
            size,
        );
        let painter = ui.painter();
        let (title, line) = (title(&fetching), line(&fetching));
        widgets::says(ui, rect, Id::unique("fetching"), Role::Status, &format!("{title}. {line}"));
        widgets::raised(painter, rect, radius::CARD, palette);
        let y = rect.min.y + 22.0;
        icons::paint(painter, Icon::Download, pos2(rect.min.x + 26.0, y), 18.0, palette.text);
        let width = widgets::button_width(ui, Face::Plain, None, "Cancel");
        let cancel = Rect::from_min_size(
            pos2(rect.max.x - width - 8.0, rect.center().y - 16.0),
            vec2(width, 32.0),
        );
        let left = rect.min.x + 48.0;
        let room = cancel.min.x - 8.0 - left;
        let at = pos2(left, y - 2.0);
        text::paint(painter, at, Align2::LEFT_CENTER, text::LABEL_500, &title, palette.text, room);
        let at = pos2(left, y + 16.0);
        text::paint(painter, at, Align2::LEFT_CENTER, text::SMALL, &line, palette.text_3, room);
        let bar = Rect::from_min_size(pos2(left, rect.max.y - 12.0), vec2(room, 3.0));
        widgets::progress(painter, bar, share(&fetching), palette.accent_line, palette.track);
        let id = Id::unique("stop fetching");
        if widgets::button(ui, cancel, id, Face::Plain, None, "Cancel", true).clicked() {
            out.push(Intent::StopFetching);
        }
        rect.min.y
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
fn share(fetching: &engine::Fetching) -> f32 {
    let progress = fetching.progress;
    progress.bytes as f32 / progress.total.max(1) as f32
}

fn title(fetching: &engine::Fetching) -> String {
    match fetching.photos {
        0 | 1 => "Fetching the original".to_owned(),
        n => format!("Fetching originals, {} of {}", words::count(fetching.done), words::count(n)),
    }
}

fn line(fetching: &engine::Fetching) -> String {
    let progress = fetching.progress;
    let way = words::way(progress);
    if progress.bytes_per_second < 1.0 {
        return way;
    }
    let left = progress.total.saturating_sub(progress.bytes);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "seconds for people"
    )]
    let seconds = (left as f64 / progress.bytes_per_second).ceil().min(1e9) as u64;
    format!("{way} · {} left", words::duration(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Progress;

    #[test]
    fn it_says_how_far_and_how_long() {
        let progress = Progress { bytes: 34_000_000, total: 120_000_000, bytes_per_second: 4.1e6 };
        let fetching = engine::Fetching { photos: 12, done: 3, progress };
        assert_eq!(title(&fetching), "Fetching originals, 3 of 12");
        assert_eq!(line(&fetching), "34.0 MB of 120 MB · 4.1 MB/s · 21 s left");
        let begun = Progress { bytes: 0, total: 0, bytes_per_second: 0.0 };
        let begun = engine::Fetching { photos: 1, done: 0, progress: begun };
        assert_eq!(title(&begun), "Fetching the original");
        assert_eq!(line(&begun), "0 B of 0 B");
    }
}
