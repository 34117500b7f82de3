//! How things stand in the window, for whoever drives it in the user's place.

use std::ops::Range;

use egui::{Rect, Ui};

use super::App;
use crate::engine::{AccountState, ConnectionState};
use crate::model::MediaKind;
use crate::ui::pictures::Tally;
use crate::ui::viewer::{Quality, Viewer};

/// How things stand after a frame.
#[derive(Clone, Debug)]
pub(in crate::ui) struct Standing {
    /// `None` while that is not known.
    pub(in crate::ui) signed_in: Option<bool>,
    /// Why there is no line.
    pub(in crate::ui) offline: Option<String>,
    /// Whether the library holds what Telegram holds, and nothing is on its way up.
    pub(in crate::ui) in_step: bool,
    pub(in crate::ui) revision: u64,
    pub(in crate::ui) photos: usize,
    /// Whether every picture that was wished for is there.
    pub(in crate::ui) is_served: bool,
    pub(in crate::ui) tally: Tally,
    /// Where the grid is.
    pub(in crate::ui) content: Rect,
    /// Places in the timeline that are in view.
    pub(in crate::ui) in_view: Range<usize>,
    /// Whether the grid can go no further up, down.
    pub(in crate::ui) ends: (bool, bool),
    /// The place of the photo in the viewer.
    pub(in crate::ui) viewed: Option<usize>,
    /// What was painted of it.
    pub(in crate::ui) quality: Quality,
    /// Whether its original is on its way.
    pub(in crate::ui) is_loading: bool,
    /// Whether it is a picture, and no video.
    pub(in crate::ui) is_still: bool,
}

impl App {
    /// How many pictures of photos the last frame painted, tiles and covers; for measurements.
    #[must_use]
    pub const fn pictures_painted(&self) -> usize {
        self.pictures.tally().tiles as usize
    }

    /// How things stand; to be asked after `ui`.
    pub(in crate::ui) fn standing(&self, ui: &Ui) -> Standing {
        let facts = &self.facts;
        let content = self.parts(ui).content;
        let grid = &self.screens.grid;
        let viewer = self.screens.viewer.as_ref();
        Standing {
            signed_in: match facts.account {
                AccountState::Starting => None,
                AccountState::SignedIn { .. } => Some(true),
                _ => Some(false),
            },
            offline: match &facts.connection {
                ConnectionState::Offline { why } => Some(why.clone()),
                _ => None,
            },
            in_step: facts.in_step && facts.uploads.is_over(),
            revision: facts.library.revision(),
            photos: facts.library.photo_count(),
            is_served: self.pictures.is_served(),
            tally: self.pictures.tally(),
            content,
            in_view: grid.in_view(ui, content),
            ends: grid.ends(),
            viewed: viewer.and_then(|viewer| grid.timeline().place_of(viewer.photo())),
            quality: viewer.map(Viewer::quality).unwrap_or_default(),
            is_loading: viewer
                .is_some_and(|viewer| self.pictures.progress(viewer.photo()).is_some()),
            is_still: viewer
                .and_then(|viewer| facts.library.photo(viewer.photo()))
                .is_some_and(|photo| matches!(photo.kind(), MediaKind::Image)),
        }
    }
}
