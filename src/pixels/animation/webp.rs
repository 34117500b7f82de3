//! Frames of an animated `WebP`.

use std::io::Cursor;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use image_webp::{DecodingError, WebPDecoder};

use super::{Drawn, Outline};
use crate::model::PixelSize;
use crate::pixels::{PixelsError, decode::complaint};

/// A `WebP` decoder, which draws on a canvas of its own.
pub(super) struct Reader {
    decoder: WebPDecoder<Cursor<Arc<[u8]>>>,
    size: PixelSize,
    /// The canvas as it comes from the decoder, and with alpha where it comes without.
    raw: Vec<u8>,
    rgba: Vec<u8>,
    profile: Option<Arc<[u8]>>,
}

impl Reader {
    pub(super) fn open(bytes: Arc<[u8]>, memory_bytes: u64) -> Result<Self, PixelsError> {
        let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|e| complaint(&e))?;
        let (width, height) = decoder.dimensions();
        let size = PixelSize::new(width, height);
        if !decoder.is_animated() || size.pixels() * 4 > memory_bytes {
            return Err(PixelsError::Broken);
        }
        decoder.set_memory_limit(usize::try_from(memory_bytes).unwrap_or(usize::MAX));
        // What browsers clear with, whatever the file says.
        decoder.set_background_color([0; 4]).map_err(|e| complaint(&e))?;
        let profile = decoder.icc_profile().ok().flatten().map(Arc::from);
        let raw = vec![0; decoder.output_buffer_size().ok_or(PixelsError::Broken)?];
        Ok(Self { decoder, size, raw, rgba: vec![], profile })
    }

    pub(super) const fn size(&self) -> PixelSize {
        self.size
    }

    pub(super) fn profile(&self) -> Option<Arc<[u8]>> {
        self.profile.clone()
    }

    pub(super) fn next(&mut self) -> Result<Option<Drawn<'_>>, PixelsError> {
        let delay = match self.decoder.read_frame(&mut self.raw) {
            Ok(milliseconds) => Duration::from_millis(milliseconds.into()),
            Err(DecodingError::NoMoreFrames) => return Ok(None),
            Err(error) => return Err(complaint(&error)),
        };
        if self.decoder.has_alpha() {
            return Ok(Some(Drawn { rgba: &self.raw, delay }));
        }
        let (pixels, _) = self.raw.as_chunks::<3>();
        self.rgba.clear();
        self.rgba.extend(pixels.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]));
        Ok(Some(Drawn { rgba: &self.rgba, delay }))
    }
}

/// The header of the extended kind says whether it moves, the chunk for all frames how often.
pub(super) fn outline(bytes: &[u8]) -> Option<Outline> {
    if bytes.get(12..16)? != b"VP8X" || bytes.get(20)? & 2 == 0 {
        return None;
    }
    let mut at = 12_usize;
    loop {
        let length: [u8; 4] = bytes.get(at.checked_add(4)?..at.checked_add(8)?)?.try_into().ok()?;
        match bytes.get(at..at + 4)? {
            b"ANIM" => {
                let plays: [u8; 2] = bytes.get(at + 12..at + 14)?.try_into().ok()?;
                let loops = NonZeroU32::new(u16::from_le_bytes(plays).into());
                return Some(Outline { moves: true, loops });
            }
            b"ANMF" => return None,
            _ => {
                let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
                at = at.checked_add(8)?.checked_add(length.checked_next_multiple_of(2)?)?;
            }
        }
    }
}
