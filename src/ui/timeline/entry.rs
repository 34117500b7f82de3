//! What the order of time knows of a photo: who it is, when, and what shape its tile has.

use crate::model::{AlbumId, MessageId, PhotoId, UploadId};

/// What a tile stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TileId {
    /// A photo of the library.
    Photo(PhotoId),
    /// A file on its way, until the photo that it becomes is in the library.
    Draft(UploadId),
}

impl TileId {
    /// The photo, unless it is still on its way.
    pub(crate) const fn photo(self) -> Option<PhotoId> {
        match self {
            Self::Photo(photo) => Some(photo),
            Self::Draft(_) => None,
        }
    }
}

impl From<PhotoId> for TileId {
    fn from(photo: PhotoId) -> Self {
        Self::Photo(photo)
    }
}

/// A photo, or a file that becomes one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) id: TileId,
    /// Seconds of the wall clock it belongs to.
    pub(crate) wall_seconds: i64,
    /// Width over height.
    pub(crate) aspect: f32,
    pub(crate) video: bool,
}

impl Entry {
    /// The photo, unless it is still on its way.
    pub(crate) const fn photo(self) -> Option<PhotoId> {
        self.id.photo()
    }

    /// Days since 1970-01-01.
    pub(crate) const fn day(self) -> i64 {
        self.wall_seconds.div_euclid(SECONDS_OF_DAY)
    }

    pub(crate) fn packed(&self) -> Packed {
        Packed::new(self)
    }

    /// Where it stands among others.
    pub(crate) const fn key(self) -> Key {
        Key { wall_seconds: self.wall_seconds, id: self.id }
    }
}

pub(crate) const SECONDS_OF_DAY: i64 = 86_400;

/// A place in time: of two photos the one with the larger key is newer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) wall_seconds: i64,
    pub(crate) id: TileId,
}

/// An [`Entry`] in 24 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed {
    wall_seconds: i64,
    /// The album, or the upload.
    owner: i64,
    message: i32,
    /// Width over height in [`ASPECT_UNIT`]s, within what a tile may have.
    aspect: u16,
    marks: u16,
}

/// An aspect ratio is counted in such parts: sums of many stay whole numbers.
pub(crate) const ASPECT_UNIT: f32 = 8192.0;
const NARROWEST: f32 = 0.5;
const WIDEST: f32 = 4.7;
const VIDEO: u16 = 1;
const DRAFT: u16 = 2;

impl Packed {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    pub(super) fn new(entry: &Entry) -> Self {
        let (owner, message, draft) = match entry.id {
            TileId::Photo(photo) => (photo.album.0, photo.message.0, 0),
            TileId::Draft(upload) => (upload.0, 0, DRAFT),
        };
        let aspect = if entry.aspect.is_finite() { entry.aspect } else { 1.0 };
        Self {
            wall_seconds: entry.wall_seconds,
            owner,
            message,
            aspect: (aspect.clamp(NARROWEST, WIDEST) * ASPECT_UNIT).round() as u16,
            marks: draft | if entry.video { VIDEO } else { 0 },
        }
    }

    pub(super) fn entry(&self) -> Entry {
        Entry {
            id: self.id(),
            wall_seconds: self.wall_seconds,
            aspect: f32::from(self.aspect) / ASPECT_UNIT,
            video: self.is_video(),
        }
    }

    const fn id(&self) -> TileId {
        if self.is_draft() {
            TileId::Draft(UploadId(self.owner))
        } else {
            TileId::Photo(PhotoId { album: AlbumId(self.owner), message: MessageId(self.message) })
        }
    }

    pub(super) const fn key(&self) -> Key {
        Key { wall_seconds: self.wall_seconds, id: self.id() }
    }

    pub(super) const fn wall_seconds(&self) -> i64 {
        self.wall_seconds
    }

    pub(super) const fn day(&self) -> i64 {
        self.wall_seconds.div_euclid(SECONDS_OF_DAY)
    }

    /// In [`ASPECT_UNIT`]s.
    pub(crate) const fn aspect(&self) -> u16 {
        self.aspect
    }

    pub(crate) const fn is_video(&self) -> bool {
        self.marks & VIDEO != 0
    }

    pub(crate) const fn is_draft(&self) -> bool {
        self.marks & DRAFT != 0
    }

    /// Newest first.
    pub(super) fn order(&self, other: &Self) -> std::cmp::Ordering {
        let time = other.wall_seconds.cmp(&self.wall_seconds);
        time.then_with(|| other.key().cmp(&self.key()))
    }
}
