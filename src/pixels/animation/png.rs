//! Frames of an animated PNG.

use std::io::Cursor;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ::png::{BlendOp, ColorType, Decoder, DisposeOp, Limits, Transformations};

use super::canvas::{Area, Blend, Canvas, Disposal};
use super::{Drawn, Outline};
use crate::model::PixelSize;
use crate::pixels::{PixelsError, boxes::be32, decode::complaint};

/// A PNG decoder and its canvas.
pub(super) struct Reader {
    decoder: ::png::Reader<Cursor<Arc<[u8]>>>,
    canvas: Canvas,
    /// One frame as it comes from the decoder, and as R G B A.
    raw: Vec<u8>,
    rgba: Vec<u8>,
    profile: Option<Arc<[u8]>>,
    left: u32,
}

impl Reader {
    pub(super) fn open(bytes: Arc<[u8]>, memory_bytes: u64) -> Result<Self, PixelsError> {
        let limits = Limits { bytes: usize::try_from(memory_bytes).unwrap_or(usize::MAX) };
        let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
        decoder
            .set_transformations(Transformations::normalize_to_color8() | Transformations::ALPHA);
        let mut decoder = decoder.read_info().map_err(|e| complaint(&e))?;
        let info = decoder.info();
        let size = PixelSize::new(info.width, info.height);
        let profile = info.icc_profile.as_deref().map(Arc::from);
        let left = info.animation_control.map_or(1, |control| control.num_frames);
        let needed = decoder.output_buffer_size().ok_or(PixelsError::TooLarge { size })?;
        if needed as u64 > memory_bytes {
            return Err(PixelsError::TooLarge { size });
        }
        let mut raw = vec![0; needed];
        // A picture for programs that know no animations is no frame.
        if decoder.info().frame_control.is_none() {
            decoder.next_frame(&mut raw).map_err(|e| complaint(&e))?;
        }
        Ok(Self { decoder, canvas: Canvas::new(size), raw, rgba: vec![], profile, left })
    }

    pub(super) const fn size(&self) -> PixelSize {
        self.canvas.size()
    }

    pub(super) fn profile(&self) -> Option<Arc<[u8]>> {
        self.profile.clone()
    }

    pub(super) fn next(&mut self) -> Result<Option<Drawn<'_>>, PixelsError> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let info = self.decoder.next_frame(&mut self.raw).map_err(|e| complaint(&e))?;
        let control = *self.decoder.info().frame_control().ok_or(PixelsError::Broken)?;
        let raw = self.raw.get(..info.buffer_size()).ok_or(PixelsError::Broken)?;
        self.rgba.clear();
        match info.color_type {
            ColorType::Rgba => self.rgba.extend_from_slice(raw),
            ColorType::GrayscaleAlpha => {
                let (pairs, _) = raw.as_chunks::<2>();
                self.rgba
                    .extend(pairs.iter().flat_map(|[grey, alpha]| [*grey, *grey, *grey, *alpha]));
            }
            _ => return Err(PixelsError::Broken),
        }
        let area = Area {
            x: control.x_offset,
            y: control.y_offset,
            size: PixelSize::new(info.width, info.height),
        };
        let blend = match control.blend_op {
            BlendOp::Source => Blend::Replace,
            BlendOp::Over => Blend::Over,
        };
        let disposal = match control.dispose_op {
            DisposeOp::None => Disposal::Keep,
            DisposeOp::Background => Disposal::Clear,
            DisposeOp::Previous => Disposal::Restore,
        };
        self.canvas.draw(&self.rgba, area, blend, disposal);
        // A denominator of nought stands for hundredths.
        let parts = if control.delay_den == 0 { 100 } else { u64::from(control.delay_den) };
        let delay = Duration::from_millis(u64::from(control.delay_num) * 1000 / parts);
        Ok(Some(Drawn { rgba: self.canvas.rgba(), delay }))
    }
}

/// Walks over the chunks that stand before the first pixels.
pub(super) fn outline(bytes: &[u8]) -> Option<Outline> {
    let mut at = 8;
    loop {
        let length = usize::try_from(be32(bytes, at)?).ok()?;
        match bytes.get(at + 4..at + 8)? {
            b"acTL" => {
                let (frames, plays) = (be32(bytes, at + 8)?, be32(bytes, at + 12)?);
                return Some(Outline { moves: frames > 1, loops: NonZeroU32::new(plays) });
            }
            b"IDAT" => return None,
            _ => at = at.checked_add(length)?.checked_add(12)?,
        }
    }
}
