//! What the screens are shown and what they may ask for: the seam between painting and deciding.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::grid::{Arrangement, TileSize};
use super::particulars::Particulars;
use super::timeline::Scope;
use super::uploads::Uploads;
use crate::config::Settings;
use crate::engine::{AccountState, ConnectionState, Request, SyncProgress, UploadOptions};
use crate::model::{AlbumId, GeoPoint, Library, PhotoId};

/// Where in the gallery one is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    #[default]
    AllPhotos,
    Album(AlbumId),
    Uploads,
}

impl Place {
    /// The photos of this place; `None` for a place without a grid.
    pub(crate) const fn scope(self) -> Option<Scope> {
        match self {
            Self::AllPhotos => Some(Scope::All),
            Self::Album(album) => Some(Scope::Album(album)),
            Self::Uploads => None,
        }
    }
}

/// Everything that screens may look at while they paint.
pub(crate) struct View<'a> {
    pub(crate) library: &'a Library,
    pub(crate) uploads: &'a Uploads,
    pub(crate) account: &'a AccountState,
    pub(crate) connection: &'a ConnectionState,
    pub(crate) sync: Option<SyncProgress>,
    /// Whether the albums have been read since the start.
    pub(crate) in_step: bool,
    /// Photos whose capture dates are being read.
    pub(crate) dates_left: usize,
    pub(crate) place: Place,
    pub(crate) tile_size: TileSize,
    pub(crate) arrangement: Arrangement,
    pub(crate) theme: egui::ThemePreference,
    pub(crate) zone: &'a TimeZone,
    /// Unix seconds.
    pub(crate) now: i64,
    /// Whether the window is so narrow that chrome folds into icons.
    pub(crate) is_rail: bool,
    /// The album that dropped files would go to.
    pub(crate) drop_target: Option<AlbumId>,
    /// Where files go when no album is named.
    pub(crate) default_album: Option<AlbumId>,
    /// A modal question or sheet is open: keys belong to it.
    pub(crate) is_covered: bool,
    /// Photos are being selected: clicks do not open.
    pub(crate) is_choosing: bool,
    /// What the files of photos told.
    pub(crate) particulars: &'a Particulars,
    /// The viewer is open: it has the keys.
    pub(crate) is_behind: bool,
}

impl View<'_> {
    /// An album's title, or a word for one that is gone.
    pub(crate) fn album_title(&self, album: AlbumId) -> String {
        self.library
            .album(album)
            .map_or_else(|| "an album that is gone".to_owned(), |shelf| shelf.album.title.clone())
    }
}

/// A question about loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    DeleteAlbum {
        album: AlbumId,
        title: String,
        photos: usize,
    },
    /// Photos, for good; the titles of the albums that they are in.
    DeletePhotos {
        /// Of the only one.
        name: Option<String>,
        photos: Vec<PhotoId>,
        albums: Vec<String>,
    },
    /// So many files are on their way.
    CancelUploads {
        files: usize,
    },
    LogOut,
}

/// What can be done with one photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    CopyPicture,
    CopyLink,
    ShowInTelegram,
    OpenElsewhere,
    Play,
}

/// What a screen asks the app for.
pub(crate) enum Intent {
    Go(Place),
    /// Open a photo in the viewer; its tile is at this rectangle.
    Open(PhotoId, egui::Rect),
    /// Go to a place and bring a photo into view.
    Show(Place, PhotoId),
    Request(Request),
    /// Forget that a picture failed and ask for it again.
    Retry(PhotoId),
    /// Choose files for an album in the system's dialog.
    BrowseFiles(AlbumId),
    BrowseFolder(AlbumId),
    /// Files came from somewhere: send them to an album, or to one that is made for them; first
    /// it may have to be asked how.
    Send(Option<AlbumId>, Vec<PathBuf>),
    /// Send the files that the clipboard names, or else this picture of it.
    Paste(Option<AlbumId>, Option<Arc<egui::ColorImage>>),
    /// Send files in the way that was chosen.
    SendNow(AlbumId, Vec<PathBuf>, UploadOptions),
    /// Choose where, and save originals there.
    Save(Vec<PhotoId>),
    StopFetching,
    /// Find out what a photo's file tells, unless that is known.
    Describe(PhotoId),
    /// Something with one photo.
    Photo(Errand, PhotoId),
    OpenMap(GeoPoint),
    /// Begin to select, or no longer.
    Choose,
    /// Delete photos for good, after a question.
    Delete(Vec<PhotoId>),
    NewAlbum,
    RenameAlbum(AlbumId),
    /// Prove that what Telegram holds of an album is whole.
    Verify(AlbumId),
    /// The same, with a folder that is chosen in the system's dialog.
    BrowseToCompare(AlbumId),
    Ask(Question),
    Theme(egui::ThemePreference),
    TileSize(TileSize),
    Arrange(Arrangement),
    KeySheet,
    Settings,
    /// The user chose something.
    Change(Box<Settings>),
    TryDemo,
}
