//! What a decoder gives: samples in the file's own colours, on their way to a bitmap.
//!
//! They are scaled first, while they are few bytes a pixel, and turned into R G B A, sRGB and
//! upright when they are few.

use std::ops::Range;

use image::DynamicImage;
use moxcms::ColorProfile;

use super::{colour, orient, scale::shrink_samples};
use crate::model::{Bitmap, PixelSize};

/// What the bytes of a pixel are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Gray,
    GrayAlpha,
    Rgb,
    Rgba,
    /// Ink: 0 is none.
    Cmyk,
}

impl Kind {
    /// Bytes a pixel.
    pub(super) const fn channels(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }

    pub(super) const fn has_alpha(self) -> bool {
        matches!(self, Self::GrayAlpha | Self::Rgba)
    }
}

/// Pixels as stored, all of the file's or fewer.
pub(super) struct Samples {
    pub(super) kind: Kind,
    pub(super) size: PixelSize,
    pub(super) bytes: Vec<u8>,
    /// What the numbers mean, where that is not sRGB.
    pub(super) profile: Option<Box<ColorProfile>>,
}

impl Samples {
    /// `None` where there are not as many bytes as `size` says.
    pub(super) fn new(kind: Kind, size: PixelSize, bytes: Vec<u8>) -> Option<Self> {
        let expected = size.pixels().checked_mul(kind.channels() as u64)?;
        let is_whole = !size.is_empty() && u64::try_from(bytes.len()) == Ok(expected);
        is_whole.then_some(Self { kind, size, bytes, profile: None })
    }

    /// With the profile that is embedded in the file; a damaged one is no reason not to show the
    /// picture.
    pub(super) fn with_icc(mut self, icc: Option<&[u8]>) -> Self {
        self.profile = icc.and_then(colour::parse);
        self
    }

    /// With nothing in the rows that are not `there`. Ink stays as it is: nothing of it is paper.
    pub(super) fn torn(self, there: Range<u32>) -> Self {
        let (kind, channels) = match self.kind {
            Kind::Gray => (Kind::GrayAlpha, 1),
            Kind::Rgb => (Kind::Rgba, 3),
            kind => (kind, kind.channels()),
        };
        let pixel = kind.channels();
        let mut bytes = if kind == self.kind {
            self.bytes
        } else {
            let mut wider = vec![255; self.bytes.len() / channels * pixel];
            for (to, from) in wider.chunks_exact_mut(pixel).zip(self.bytes.chunks_exact(channels)) {
                to[..channels].copy_from_slice(from);
            }
            wider
        };
        if kind.has_alpha() {
            let row = self.size.width as usize * pixel;
            let edge = |rows: u32| (rows as usize * row).min(bytes.len());
            let (from, to) = (edge(there.start), edge(there.end));
            bytes[..from].fill(0);
            bytes[to..].fill(0);
        }
        Self { kind, bytes, ..self }
    }

    /// What `image` decoded, eight bits a channel.
    pub(super) fn of(image: DynamicImage) -> Option<Self> {
        let size = PixelSize::new(image.width(), image.height());
        let (kind, bytes) = match image {
            DynamicImage::ImageLuma8(_) | DynamicImage::ImageLuma16(_) => {
                (Kind::Gray, image.into_luma8().into_raw())
            }
            DynamicImage::ImageLumaA8(_) | DynamicImage::ImageLumaA16(_) => {
                (Kind::GrayAlpha, image.into_luma_alpha8().into_raw())
            }
            DynamicImage::ImageRgb8(_)
            | DynamicImage::ImageRgb16(_)
            | DynamicImage::ImageRgb32F(_) => (Kind::Rgb, image.into_rgb8().into_raw()),
            _ => (Kind::Rgba, image.into_rgba8().into_raw()),
        };
        Self::new(kind, size, bytes)
    }

    /// Scaled down to `target`.
    pub(super) fn shrunk(mut self, target: PixelSize) -> Option<Self> {
        if target != self.size {
            self.bytes = shrink_samples(&self.bytes, self.kind, self.size, target)?;
            self.size = target;
        }
        Some(self)
    }

    /// In sRGB and upright.
    pub(super) fn into_bitmap(self, orientation: u8) -> Option<Bitmap> {
        let rgba = colour::to_srgb(self.kind, self.bytes, self.profile.as_deref());
        let (rgba, upright) = orient::upright(rgba, self.size, orientation);
        Bitmap::new(upright, rgba)
    }
}
