//! Empty states: what is not here yet, and what to do next.

use egui::{Align2, Id, Rect, Ui, pos2, vec2};

use super::icons::{self, Icon};
use super::timeline::Scope;
use super::tokens::{self, measure};
use super::view::{Intent, View};
use super::widgets::{self, Face};
use super::{text, words};
use crate::engine::ConnectionState;

struct Says<'a> {
    icon: Icon,
    title: &'a str,
    body: &'a str,
}

/// A place without photographs.
pub(crate) fn no_photos(ui: &Ui, rect: Rect, scope: Scope, view: &View<'_>, out: &mut Vec<Intent>) {
    if let Some(sync) = view.sync.filter(|sync| sync.known < sync.total) {
        let body = format!("{} of {} so far", words::count(sync.known), words::count(sync.total));
        let says = Says { icon: Icon::Photo, title: "Reading your albums", body: &body };
        paint(ui, rect, &says, &[]);
        return;
    }
    let choice = match (scope, view.default_album) {
        (Scope::Album(album), _) => {
            let says = Says {
                icon: Icon::Photo,
                title: "Nothing here yet",
                body: "Drop photos or folders here. They are sent as files, byte for byte.",
            };
            paint(ui, rect, &says, &["Choose photos", "Choose a folder"]).map(|i| (i, album))
        }
        (Scope::All, Some(album)) => {
            let title = format!("Add photos to {}", view.album_title(album));
            let says = Says {
                icon: Icon::Photo,
                title: &title,
                body: "Drop photos or folders on this window, or on another album in the sidebar.",
            };
            paint(ui, rect, &says, &["Choose photos", "Choose a folder"]).map(|i| (i, album))
        }
        (Scope::All, None) if !view.in_step => {
            let offline = matches!(view.connection, ConnectionState::Offline { .. });
            let says = Says {
                icon: Icon::Photo,
                title: "Looking for your albums",
                body: if offline {
                    "They come as soon as there is a line to Telegram."
                } else {
                    "Telegram is being asked for them."
                },
            };
            paint(ui, rect, &says, &[]);
            None
        }
        (Scope::All, None) => {
            let says = Says {
                icon: Icon::Photo,
                title: "Begin with an album",
                body: "An album is a private channel in your own Telegram account: \
                       only you are in it.",
            };
            if paint(ui, rect, &says, &["New album"]).is_some() {
                out.push(Intent::NewAlbum);
            }
            None
        }
    };
    match choice {
        Some((0, album)) => out.push(Intent::BrowseFiles(album)),
        Some((_, album)) => out.push(Intent::BrowseFolder(album)),
        None => {}
    }
}

/// A queue without files.
pub(crate) fn no_uploads(ui: &Ui, rect: Rect, view: &View<'_>, out: &mut Vec<Intent>) {
    let says = Says {
        icon: Icon::Upload,
        title: "Nothing is being sent",
        body: "Drop photos or folders on an album. What is being sent shows here, file by file.",
    };
    let label = if view.default_album.is_some() { "Choose photos" } else { "New album" };
    if paint(ui, rect, &says, &[label]).is_some() {
        out.push(view.default_album.map_or(Intent::NewAlbum, Intent::BrowseFiles));
    }
}

/// Paints a message in the middle; returns which of its buttons was clicked.
fn paint(ui: &Ui, rect: Rect, says: &Says<'_>, buttons: &[&str]) -> Option<usize> {
    let palette = tokens::palette(ui.ctx());
    let painter = ui.painter();
    // Where it is low, the words and what can be done come first.
    let is_low = rect.height() < 280.0;
    let centre = rect.center() - vec2(0.0, if is_low { 44.0 } else { 24.0 });
    if !is_low {
        painter.circle_filled(centre - vec2(0.0, 72.0), 32.0, palette.surface);
        icons::paint(painter, says.icon, centre - vec2(0.0, 72.0), 28.0, palette.text_3);
    }
    let room = (rect.width() - 64.0).max(120.0);
    text::paint(
        painter,
        centre - vec2(0.0, 12.0),
        Align2::CENTER_CENTER,
        text::FIGURE,
        says.title,
        palette.text,
        room,
    );
    let area = Rect::from_center_size(centre, vec2(room, 120.0));
    let words = format!("{}. {}", says.title, says.body);
    widgets::says(ui, area, Id::unique("empty words"), egui::Role::Label, &words);
    let height = text::paint_paragraph(
        painter,
        centre + vec2(0.0, 10.0),
        text::BODY,
        says.body,
        palette.text_2,
        room.min(420.0),
        egui::Align::Center,
    );
    let widths: Vec<f32> = buttons
        .iter()
        .enumerate()
        .map(|(i, label)| widgets::button_width(ui, face(i), None, label) + 8.0)
        .collect();
    let total = widths.iter().map(|width| width + 12.0).sum::<f32>() - 12.0;
    let mut x = centre.x - total / 2.0;
    let mut clicked = None;
    for (i, (label, width)) in buttons.iter().zip(widths).enumerate() {
        let button =
            Rect::from_min_size(pos2(x, centre.y + height + 28.0), vec2(width, measure::CONTROL));
        let id = Id::unique(("empty", *label));
        if widgets::button(ui, button, id, face(i), None, label, true).clicked() {
            clicked = Some(i);
        }
        x += width + 12.0;
    }
    clicked
}

const fn face(i: usize) -> Face {
    if i == 0 { Face::Main } else { Face::Outlined }
}
