//! Bytes to bitmaps and bitmaps to bytes.
//!
//! Pure functions with limits: what a file is, what its head tells, its picture upright at the
//! size that is wanted, thumbnails, placeholders. No I/O beyond the reader that a caller hands
//! in, no cache, no thread of its own: it runs on the worker threads of whoever calls (the
//! window thread may call [`blur_decode`], nothing else).
//!
//! Everything that comes in is taken for hostile: sizes are checked before memory is taken, and
//! a decoder that panics is one broken picture, not a dead program.

mod animation;
mod avif;
mod blur;
mod bmp;
mod boxes;
mod colour;
mod decode;
mod encode;
mod error;
mod exif;
mod facts;
mod gif;
mod guard;
mod head;
mod header;
#[cfg(feature = "heic")]
mod heic;
#[cfg(not(feature = "heic"))]
#[path = "pixels/heic/absent.rs"]
mod heic;
#[cfg(test)]
mod hostile;
mod ifd;
mod items;
mod jpeg;
mod jxl;
mod limits;
mod orient;
mod png;
mod prefix;
mod raw;
mod reduce;
mod samples;
mod scale;
mod sniff;
mod strip;
mod stripped;
#[cfg(test)]
mod testing;
mod tiff;
mod video;

pub use animation::{Animation, Frame, is_animated};
pub use blur::{blur_decode, blur_encode};
pub use decode::{Decoded, decode, turn};
pub use encode::{THUMBNAIL_BYTES, THUMBNAIL_SIDE, encode_jpeg, encode_png, thumbnail_jpeg};
pub use error::PixelsError;
pub use facts::{Facts, facts};
pub use head::{HEAD_BYTES, Head, Parts, head};
pub use limits::Limits;
pub use prefix::prefix;
pub(crate) use scale::is_opaque;
pub use scale::scale;
pub use sniff::{Class, SNIFF_BYTES, Sniffed, sniff};
pub use strip::{Span, StripError, strip};
pub use stripped::{stripped_blur, stripped_from_rgb, stripped_preview, stripped_to_jpeg};
pub use video::video_facts;
