//! The nouns of the gallery: albums, photos, renditions, changes, the library, uploads.
//!
//! Plain data and pure functions: no thread, no I/O, no clock. Every other room speaks in these
//! words; none of Telegram's wire types and none of the window's types appear here.

mod album;
mod bitmap;
mod blur;
mod change;
mod details;
mod id;
mod library;
mod media;
mod moment;
mod photo;
mod proof;
mod sidecar;
mod taken;
mod upload;

pub use album::{Album, Cursor};
pub use bitmap::{Bitmap, PixelSize};
pub use blur::Blur;
pub use change::{Batch, Change};
pub use details::{Details, GeoPoint, Shot, Verified};
pub use id::{AlbumId, MessageId, PhotoId, UploadId};
#[cfg(test)]
pub(crate) use library::plain::Plain;
pub use library::{AlbumShelf, Folded, Library, PackedPhotos, PhotoFacts, PhotoRef, Touched};
pub use media::{MediaKind, RemoteFile, RemoteKind, RemoteThumb, Rendition};
pub use moment::{Moment, NamedClock, NamedDate};
pub use photo::Photo;
pub use proof::Proof;
pub use sidecar::{called_by_sidecars, sidecar_of};
pub use taken::Taken;
pub use upload::{Strip, Upload, UploadState, UploadTotals};
