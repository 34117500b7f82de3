//! The short way from a JPEG to pixels, for those that keep their size: thumbnails, mostly.
//!
//! The general way reads the file in the decoder's own colours and turns the pixels into RGBA
//! afterwards, which is a good part of what a thumbnail costs. Here the decoder writes RGBA at
//! once. Whatever is out of the ordinary is `None` and goes the general way.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::model::PixelSize;

/// A decoded picture as it is stored, and its colour profile.
pub(super) struct Stored {
    pub(super) size: PixelSize,
    pub(super) rgba: Vec<u8>,
    pub(super) profile: Option<Vec<u8>>,
}

/// Decodes a JPEG of the usual colours whose size is `size`. The caller has checked its limits.
pub(super) fn decode(bytes: &[u8], size: PixelSize) -> Option<Stored> {
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(size.width as usize)
        .set_max_height(size.height as usize)
        .jpeg_set_out_colorspace(ColorSpace::RGBA);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().ok()?;
    if decoder.input_colorspace() != Some(ColorSpace::YCbCr) {
        return None;
    }
    let profile = decoder.icc_profile();
    let rgba = decoder.decode().ok()?;
    let (width, height) = decoder.dimensions()?;
    let decoded = PixelSize::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    let is_whole = decoded == size && u64::try_from(rgba.len()).ok() == Some(size.pixels() * 4);
    is_whole.then_some(Stored { size, rgba, profile })
}
