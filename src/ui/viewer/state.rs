//! What there is to say about the picture: on its way, not to be shown, damaged, shown with fewer
//! pixels than it has, a video.

use egui::{Align2, Color32, Id, Rect, Role, Ui, pos2, vec2};

use super::{card, play};
use crate::engine::{ConnectionState, Progress, Trouble};
use crate::model::{MediaKind, PhotoRef, PixelSize, Rendition};
use crate::ui::icons::{self, Icon};
use crate::ui::pictures::{Large, Pictures};
use crate::ui::tokens::{DARK, motion, viewer as look};
use crate::ui::view::{Intent, View};
use crate::ui::{text, widgets, words};

const DAMAGED: &str = "This file is damaged: a part of the picture is missing";

/// What a frame knows of the photo that is shown.
pub(super) struct Shown<'a> {
    pub(super) photo: PhotoRef<'a>,
    /// Whether its own pixels are looked at.
    pub(super) is_close: bool,
    /// How long it has been shown, seconds.
    pub(super) since: f64,
}

/// A line at the bottom left of the picture; a spinner where there is no icon.
struct Line {
    icon: Option<Icon>,
    words: String,
}

/// Paints it in the lower left of `area`.
pub(super) fn paint(
    ui: &Ui,
    area: Rect,
    shown: &Shown<'_>,
    view: &View<'_>,
    pictures: &Pictures,
    out: &mut Vec<Intent>,
) {
    let photo = shown.photo;
    let mut lines = Vec::new();
    if matches!(photo.kind(), MediaKind::Video { .. }) {
        play::ui(ui, area, photo, out);
    }
    if photo.kind() == MediaKind::Sidecar {
        card::ui(ui, area, photo);
    }
    let wanted = if shown.is_close { Rendition::Original } else { Rendition::Screen };
    let is_here = pictures.large(photo.id(), wanted).is_some_and(|large| !large.is_partial());
    let failure = failure(photo, wanted, pictures);
    // Once all of it is here it is being decoded.
    let coming = pictures.progress(photo.id()).filter(|progress| progress.bytes < progress.total);
    if let Some(progress) = coming {
        bar(ui, area, progress);
        let holdup = pictures.holdup(photo.id());
        let words = holdup.map_or_else(|| words::way(progress), |trouble| trouble.sentence.clone());
        lines.push(Line { icon: Some(Icon::Download), words });
    } else if !is_here && failure.is_none() && matches!(photo.kind(), MediaKind::Image) {
        let left = motion::SPINNER_AFTER - shown.since;
        if left > 0.0 {
            ui.ctx().request_repaint_after_secs(duration(left));
        } else {
            lines.push(Line { icon: None, words: reason(photo, wanted, view) });
        }
    }
    if shown.is_close
        && let Some(large) = pictures.large(photo.id(), Rendition::Original)
        && let Some(own) = large.reduced_from()
    {
        lines.push(Line { icon: Some(Icon::Info), words: reduced(large.size(), own) });
    }
    let either = [Rendition::Original, Rendition::Screen];
    let mut larges = either.iter().filter_map(|kind| pictures.large(photo.id(), *kind));
    if larges.any(Large::is_damaged) {
        lines.push(Line { icon: Some(Icon::Warning), words: DAMAGED.to_owned() });
    }
    let mut bottom = area.max.y - 16.0;
    if let Some(trouble) = failure {
        card(ui, area, photo, trouble, out);
        bottom -= 56.0;
    }
    for line in lines {
        bottom = pill(ui, area, bottom, &line) - 8.0;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "less than a second")]
const fn duration(seconds: f64) -> f32 {
    seconds as f32
}

/// Why the picture is not what it should be: the original's own failure only where it is needed.
fn failure<'a>(
    photo: PhotoRef<'_>,
    wanted: Rendition,
    pictures: &'a Pictures,
) -> Option<&'a Trouble> {
    let of = |kind| pictures.failure(photo.id(), kind);
    of(Rendition::Screen).or_else(|| of(wanted))
}

/// What one waits for.
fn reason(photo: PhotoRef<'_>, wanted: Rendition, view: &View<'_>) -> String {
    if matches!(view.connection, ConnectionState::Offline { .. }) {
        return "Waiting for the connection".to_owned();
    }
    let pixels = photo.size().pixels();
    if wanted == Rendition::Original && pixels > 0 {
        format!("Opening the original, {}", words::megapixels(pixels))
    } else {
        format!("Opening the original, {}", words::bytes(photo.bytes()))
    }
}

fn reduced(shown: PixelSize, own: PixelSize) -> String {
    let size = |size: PixelSize| {
        let side = |side: u32| words::count(side as usize);
        format!("{} × {}", side(size.width), side(size.height))
    };
    format!("Shown at {} of {} pixels", size(shown), size(own))
}

/// A thin bar under the picture.
fn bar(ui: &Ui, area: Rect, progress: Progress) {
    #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
    let share = progress.bytes as f32 / progress.total.max(1) as f32;
    let bar = Rect::from_min_max(pos2(area.min.x, area.max.y - 3.0), area.max);
    widgets::progress(ui.painter(), bar, share, Color32::WHITE, look::TOGGLED);
}

/// Why it is not shown as it should be, and what can be done.
fn card(ui: &Ui, area: Rect, photo: PhotoRef<'_>, trouble: &Trouble, out: &mut Vec<Intent>) {
    let painter = ui.painter();
    let sentence = words::trouble(trouble);
    let button = if trouble.remedy.is_another_try() { 100.0 } else { 0.0 };
    let wanted = text::width(painter, text::LABEL_500, &sentence) + 64.0 + button;
    let width = wanted.min(area.width() - 32.0);
    let low = pos2(area.min.x + 16.0, area.max.y - 64.0);
    let card = Rect::from_min_size(low, vec2(width, 48.0));
    painter.rect_filled(card, 12.0, look::PANEL);
    let y = card.center().y;
    icons::paint(painter, Icon::Warning, pos2(card.min.x + 24.0, y), 18.0, DARK.danger);
    let at = pos2(card.min.x + 44.0, y);
    let room = width - 60.0 - button;
    text::paint(painter, at, Align2::LEFT_CENTER, text::LABEL_500, &sentence, look::TEXT, room);
    widgets::says(ui, card, Id::unique("why not"), Role::Status, &sentence);
    if !trouble.remedy.is_another_try() {
        return;
    }
    let right = card.max.x - 12.0;
    let rect = Rect::from_min_max(pos2(right - 76.0, y - 16.0), pos2(right, y + 16.0));
    let face =
        widgets::IconFace { colour: look::TEXT, ground: look::TOGGLED, radius: 8.0, size: 18.0 };
    let id = Id::unique("retry picture");
    if widgets::icon_button_as(ui, rect, id, Icon::Retry, "Try again", face).clicked() {
        out.push(Intent::Retry(photo.id()));
    }
}

/// Paints a line that ends at `bottom`; returns where it begins.
fn pill(ui: &Ui, area: Rect, bottom: f32, line: &Line) -> f32 {
    let painter = ui.painter();
    let width = text::width(painter, text::SMALL_500, &line.words) + 48.0;
    let width = width.min(area.width() - 32.0);
    let rect = Rect::from_min_size(pos2(area.min.x + 16.0, bottom - 32.0), vec2(width, 32.0));
    painter.rect_filled(rect, 16.0, look::ROUND_BUTTON);
    let (centre, y) = (pos2(rect.min.x + 18.0, rect.center().y), rect.center().y);
    match line.icon {
        Some(icon) => icons::paint(painter, icon, centre, 14.0, look::TEXT),
        None => widgets::spinner(ui, Rect::from_center_size(centre, vec2(14.0, 14.0)), look::TEXT),
    }
    let (at, room) = (pos2(rect.min.x + 34.0, y), width - 44.0);
    text::paint(painter, at, Align2::LEFT_CENTER, text::SMALL_500, &line.words, look::TEXT, room);
    widgets::says(ui, rect, Id::unique(("line", rect.min.y.to_bits())), Role::Status, &line.words);
    rect.min.y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_with_fewer_pixels_than_its_file_says_so() {
        assert_eq!(
            reduced(PixelSize::new(7500, 5000), PixelSize::new(30_000, 20_000)),
            "Shown at 7,500 × 5,000 of 30,000 × 20,000 pixels"
        );
    }
}
