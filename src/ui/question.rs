//! The only modal thing there is: a question about loss. The safe answer has the focus.

use egui::{Align, Align2, Id, Key, Rect, Sense, Ui, pos2, vec2};

use super::tokens::{self, measure, radius};
use super::view::Question;
use super::widgets::{self, Face};
use super::{text, words};

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Keep,
    Lose,
}

struct Words {
    title: String,
    body: String,
    keep: &'static str,
    lose: String,
}

fn words_of(question: &Question) -> Words {
    match question {
        Question::DeleteAlbum { title, photos, .. } => Words {
            title: format!("Delete “{title}” for good?"),
            body: format!(
                "The album and {} in it are removed from Telegram. There is no way back.",
                words::counted(*photos, "photo", "photos")
            ),
            keep: "Keep it",
            lose: "Delete album".to_owned(),
        },
        Question::DeletePhotos { photos, albums, name } => {
            let (them, keep) =
                if photos.len() == 1 { ("It is", "Keep it") } else { ("They are", "Keep them") };
            let what = words::counted(photos.len(), "photo", "photos");
            Words {
                title: match name {
                    Some(name) => format!("Delete “{name}” for good?"),
                    None => format!("Delete {what} for good?"),
                },
                body: format!(
                    "{them} removed from {} on Telegram and from this computer. There is no way \
                     back.",
                    words::albums(albums)
                ),
                keep,
                lose: format!("Delete {what}"),
            }
        }
        Question::CancelUploads { files } => Words {
            title: format!("Stop sending {}?", words::counted(*files, "file", "files")),
            body: "They are taken out of the queue and stay on this computer. What is sent \
                   already stays in its album."
                .to_owned(),
            keep: "Go on sending",
            lose: "Stop sending".to_owned(),
        },
        Question::LogOut => Words {
            title: "Log out of this computer?".to_owned(),
            body: "Your photographs stay in your Telegram account. Uploads that are not finished \
                   stop until you sign in again."
                .to_owned(),
            keep: "Stay signed in",
            lose: "Log out".to_owned(),
        },
    }
}

/// Asks; `None` while there is no answer.
pub(crate) fn ui(ui: &Ui, window: Rect, question: &Question, is_new: bool) -> Option<Answer> {
    let palette = tokens::palette(ui.ctx());
    let Words { title, body, keep, lose } = words_of(question);
    // Everything below is out of reach.
    ui.interact(window, Id::unique("question ground"), Sense::click_and_drag());
    let painter = ui.painter();
    painter.rect_filled(window, 0.0, tokens::on_photo::DROP_SCRIM);
    let width = 448.0_f32.min(window.width() - 32.0);
    let galley =
        text::paragraph(painter, text::BODY, &body, palette.text_2, width - 48.0, 6, Align::LEFT);
    let height = 24.0 + 24.0 + 8.0 + galley.size().y + 24.0 + measure::CONTROL + 24.0;
    let rect = Rect::from_center_size(window.center(), vec2(width, height));
    widgets::raised(painter, rect, radius::DIALOG, palette);
    let read = ui.interact(rect, Id::unique("question"), Sense::hover());
    read.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::AlertDialog, true, format!("{title} {body}"))
    });
    let at = rect.min + vec2(24.0, 24.0);
    let room = width - 48.0;
    text::paint(painter, at, Align2::LEFT_TOP, text::HEADING, &title, palette.text, room);
    painter.galley(at + vec2(0.0, 32.0), galley, palette.text_2);
    let y = rect.max.y - 24.0 - measure::CONTROL;
    let lose_width = widgets::button_width(ui, Face::Danger, None, &lose);
    let lose_rect = Rect::from_min_size(
        pos2(rect.max.x - 24.0 - lose_width, y),
        vec2(lose_width, measure::CONTROL),
    );
    let keep_width = widgets::button_width(ui, Face::Outlined, None, keep);
    let keep_rect = Rect::from_min_size(
        pos2(lose_rect.min.x - 12.0 - keep_width, y),
        vec2(keep_width, measure::CONTROL),
    );
    let keep_id = Id::unique("keep");
    let kept = widgets::button(ui, keep_rect, keep_id, Face::Outlined, None, keep, true);
    let lost = widgets::button(ui, lose_rect, Id::unique("lose"), Face::Danger, None, &lose, true);
    if is_new {
        kept.request_focus();
    }
    if kept.clicked() || ui.input(|input| input.key_pressed(Key::Escape)) {
        Some(Answer::Keep)
    } else if lost.clicked() {
        Some(Answer::Lose)
    } else {
        None
    }
}
