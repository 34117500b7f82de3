//! The menu of what else can be done with the photo that is shown.

use egui::{Id, Popup, PopupKind, Response, Ui};

use crate::model::{MediaKind, PhotoRef};
use crate::ui::icons::Icon;
use crate::ui::view::Errand;
use crate::ui::widgets::{self, MenuRow};

/// What can be done with a photo besides looking at it: an icon, words, a key.
pub(crate) fn offers(kind: MediaKind) -> Vec<(Errand, Icon, &'static str, String)> {
    let mut offers = Vec::new();
    match kind {
        MediaKind::Image => {
            let key = widgets::command("C");
            offers.push((Errand::CopyPicture, Icon::Copy, "Copy picture", key));
        }
        MediaKind::Video { .. } => {
            offers.push((Errand::Play, Icon::Play, "Play", String::new()));
        }
        MediaKind::Sidecar => {}
    }
    offers.extend([
        (Errand::CopyLink, Icon::Link, "Copy link", String::new()),
        (Errand::ShowInTelegram, Icon::External, "Show in Telegram", String::new()),
    ]);
    // Programs open pictures and videos: what is in any other file may be carried out.
    if kind != MediaKind::Sidecar {
        let label = "Open with other program";
        offers.push((Errand::OpenElsewhere, Icon::File, label, String::new()));
    }
    offers
}

/// The rows of these offers; the one that was chosen.
pub(crate) fn rows(ui: &mut Ui, kind: MediaKind) -> Option<Errand> {
    let mut chosen = None;
    for (errand, icon, label, key) in offers(kind) {
        if widgets::menu_row(ui, MenuRow { icon, label, key: &key, chosen: false }) {
            chosen = Some(errand);
        }
    }
    chosen
}

/// What was chosen in the viewer's menu.
#[derive(Clone, Copy, Debug)]
pub(super) enum Choice {
    Photo(Errand),
    FullScreen,
    /// Nothing but the photo is to be seen.
    Hide,
    /// After a question.
    Delete,
}

/// Shows the menu under its button while it is open: whether it is, and what was chosen.
pub(super) fn menu(
    button: &Response,
    photo: PhotoRef<'_>,
    full_screen: bool,
) -> (bool, Option<Choice>) {
    let shown = Popup::from_toggle_button_response(button)
        .id(Id::unique("viewer menu"))
        .kind(PopupKind::Menu)
        .accessible_name("More")
        .show(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let mut chosen = rows(ui, photo.kind()).map(Choice::Photo);
            let full = if full_screen { "Leave full screen" } else { "Full screen" };
            for (choice, icon, label, key) in [
                (Choice::FullScreen, Icon::Fill, full, "F"),
                (Choice::Hide, Icon::Photo, "Nothing but the photo", "H"),
                (Choice::Delete, Icon::Trash, "Delete for good", "Shift Del"),
            ] {
                if widgets::menu_row(ui, MenuRow { icon, label, key, chosen: false }) {
                    chosen = Some(choice);
                }
            }
            chosen
        });
    (shown.is_some(), shown.and_then(|shown| shown.inner))
}
