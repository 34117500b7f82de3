//! Photographs painted on demand from a seed: a million of them take no space.
//!
//! Everything about a photograph follows from the seed and its index: what its message says
//! ([`Painter::spec`], without painting), its first 64 KiB ([`Painter::head`], without painting),
//! the whole file and its thumbnails. Nothing is stored and nothing is random, so a range of a
//! file read today and one read tomorrow fit together.
//!
//! Pure functions; large pictures use rayon's pool. They are called on blocking threads, not on
//! the network's.

mod albums;
mod calendar;
mod camera;
mod dice;
mod exif;
mod jpeg;
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::unreadable_literal,
    clippy::many_single_char_names,
    reason = "from pixels to the plane and back, where x and y are the names; colours as 0xRRGGBB"
)]
mod paint;
mod spec;
mod video;
mod words;

use crate::model::{PixelSize, Taken};
use paint::Canvas;

/// The declared length of every thumbnail of 320 pixels, padded after its end: it can be told
/// without painting.
pub(crate) const THUMB_320_BYTES: u32 = thumb_bytes(320);

/// The declared length of a thumbnail of at most `side` pixels.
pub(crate) const fn thumb_bytes(side: u32) -> u32 {
    let bytes = side.saturating_mul(side) / 25 * 4;
    if bytes < 2048 { 2048 } else { bytes }
}

/// The longest side of a stripped preview.
const STRIPPED_SIDE: u32 = 40;
/// The shorter side of what a stripped preview is enlarged from.
const SKETCH_ROWS: u32 = 12;

/// How a painted photograph was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PaintedKind {
    /// As a file.
    Document,
    /// As a photo, compressed: no name and no EXIF.
    Photo,
    /// A document of video/mp4 whose body is no playable video: header and filler. Only its
    /// thumbnail is painted.
    Video {
        /// Duration, seconds.
        seconds: u32,
    },
}

/// All that is known of a painted photograph without painting it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spec {
    /// Which one.
    pub(crate) index: u64,
    /// How it was sent.
    pub(crate) kind: PaintedKind,
    /// File name; empty for [`PaintedKind::Photo`].
    pub(crate) name: String,
    /// Media type.
    pub(crate) mime: &'static str,
    /// Size in pixels as stored, before EXIF orientation.
    pub(crate) stored: PixelSize,
    /// EXIF orientation, 1 … 8.
    pub(crate) orientation: u8,
    /// Exact length of the file.
    pub(crate) bytes: u64,
    /// The camera's clock, as its EXIF has it.
    pub(crate) taken: Option<Taken>,
    /// When the message was sent, Unix seconds; never falls as the index grows.
    pub(crate) sent: i64,
    /// The message's text.
    pub(crate) caption: String,
}

impl Spec {
    /// The size as it is meant to be seen.
    pub(crate) const fn upright(&self) -> PixelSize {
        if self.orientation >= 5 { self.stored.transposed() } else { self.stored }
    }
}

/// An album of painted photographs that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PaintedAlbum {
    /// Its title.
    pub(crate) title: String,
    /// The index of its first photograph.
    pub(crate) first: u64,
    /// How many there are.
    pub(crate) count: u64,
}

/// Paints photographs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Painter {
    /// Another seed, other photographs.
    pub(crate) seed: u64,
}

impl Painter {
    /// How `photos` photographs are divided into albums: in order, without gaps.
    pub(crate) fn albums(self, photos: u64) -> Vec<PaintedAlbum> {
        albums::albums(self, photos)
    }

    /// What photograph `index` is. No painting: about a microsecond.
    pub(crate) fn spec(self, index: u64) -> Spec {
        spec::spec(self, index)
    }

    /// The first bytes of [`Painter::file`] without painting: for pictures the first 64 KiB,
    /// with EXIF and the frame's size, for videos the header.
    pub(crate) fn head(self, spec: &Spec) -> Vec<u8> {
        match spec.kind {
            PaintedKind::Video { seconds } => video::head(spec, seconds),
            _ => jpeg::head(self, spec),
        }
    }

    /// The whole file, exactly `spec.bytes` long; starts with [`Painter::head`].
    pub(crate) fn file(self, spec: &Spec) -> Vec<u8> {
        let mut file = match spec.kind {
            PaintedKind::Video { seconds } => video::head(spec, seconds),
            _ => jpeg::file(self, spec),
        };
        dice::fill(&mut file, spec.bytes, self.seed ^ spec.index);
        file
    }

    /// Upright JPEG of at most `side` pixels: the same scene as the file, painted at that size,
    /// padded to [`thumb_bytes`].
    pub(crate) fn thumb(self, spec: &Spec, side: u32) -> Vec<u8> {
        let mut thumb = jpeg::thumb(&self.small(spec, side), thumb_bytes(side) as usize);
        thumb.resize(thumb_bytes(side) as usize, 0);
        thumb
    }

    /// `photoStrippedSize` of the photograph: `[1, height, width]` and the scan. Empty only if
    /// the encoder failed.
    pub(crate) fn stripped(self, spec: &Spec) -> Vec<u8> {
        let size = spec.upright().fit(PixelSize::new(STRIPPED_SIDE, STRIPPED_SIDE));
        // Clients smooth a preview before they show it, so that no finer detail is ever seen; and
        // a page of history has a hundred of them.
        let short = size.width.min(size.height);
        let part = |side: u32| (side * SKETCH_ROWS.min(short)).div_ceil(short);
        let sketch = self.painted(spec, PixelSize::new(part(size.width), part(size.height)));
        let canvas = paint::enlarged(&sketch, size);
        crate::pixels::stripped_from_rgb(canvas.rgb(), size).unwrap_or_default()
    }

    fn small(self, spec: &Spec, side: u32) -> Canvas {
        self.painted(spec, spec.upright().fit(PixelSize::new(side, side)))
    }

    fn painted(self, spec: &Spec, size: PixelSize) -> Canvas {
        let mut canvas = Canvas::new(size);
        paint::paint(&mut canvas, self, spec);
        canvas
    }
}

/// The outing that a photograph belongs to.
fn outing_of(painter: Painter, index: u64) -> u64 {
    calendar::outing(painter, index).first
}

#[cfg(test)]
mod tests;
