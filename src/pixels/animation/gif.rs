//! Frames of a GIF.

use std::io::Cursor;
use std::num::{NonZeroU32, NonZeroU64};
use std::sync::Arc;
use std::time::Duration;

use ::gif::{ColorOutput, DecodeOptions, Decoder, DisposalMethod, MemoryLimit};

use super::canvas::{Area, Blend, Canvas, Disposal};
use super::{Drawn, Outline};
use crate::model::PixelSize;
use crate::pixels::{PixelsError, decode::complaint};

/// A GIF decoder and its canvas.
pub(super) struct Reader {
    decoder: Decoder<Cursor<Arc<[u8]>>>,
    canvas: Canvas,
}

impl Reader {
    pub(super) fn open(bytes: Arc<[u8]>, memory_bytes: u64) -> Result<Self, PixelsError> {
        let mut options = DecodeOptions::new();
        options.set_color_output(ColorOutput::RGBA);
        options.set_memory_limit(
            NonZeroU64::new(memory_bytes).map_or(MemoryLimit::Unlimited, MemoryLimit::Bytes),
        );
        let decoder = options.read_info(Cursor::new(bytes)).map_err(|e| complaint(&e))?;
        let size = PixelSize::new(decoder.width().into(), decoder.height().into());
        Ok(Self { decoder, canvas: Canvas::new(size) })
    }

    pub(super) const fn size(&self) -> PixelSize {
        self.canvas.size()
    }

    pub(super) fn next(&mut self) -> Result<Option<Drawn<'_>>, PixelsError> {
        let frame = self.decoder.read_next_frame().map_err(|e| complaint(&e))?;
        let Some(frame) = frame else { return Ok(None) };
        let area = Area {
            x: frame.left.into(),
            y: frame.top.into(),
            size: PixelSize::new(frame.width.into(), frame.height.into()),
        };
        let disposal = match frame.dispose {
            DisposalMethod::Any | DisposalMethod::Keep => Disposal::Keep,
            DisposalMethod::Background => Disposal::Clear,
            DisposalMethod::Previous => Disposal::Restore,
        };
        let delay = Duration::from_millis(u64::from(frame.delay) * 10);
        self.canvas.draw(&frame.buffer, area, Blend::Over, disposal);
        Ok(Some(Drawn { rgba: self.canvas.rgba(), delay }))
    }
}

/// Walks over the blocks, which say how long they are, up to the second frame.
pub(super) fn outline(bytes: &[u8]) -> Option<Outline> {
    let table_bytes =
        |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << (usize::from(flags & 7) + 1) };
    let mut at = 13 + table_bytes(*bytes.get(10)?);
    let mut frames = 0;
    // Once, unless a block says otherwise.
    let mut loops = NonZeroU32::new(1);
    while frames < 2 {
        match bytes.get(at) {
            Some(0x21) => {
                if bytes.get(at + 1) == Some(&0xff)
                    && let Some(extra) = repetitions(bytes.get(at + 2..).unwrap_or_default())
                {
                    loops = NonZeroU32::new(u32::from(extra)).and_then(|n| n.checked_add(1));
                }
                at = after_blocks(bytes, at + 2);
            }
            Some(0x2c) => {
                frames += 1;
                let Some(flags) = bytes.get(at + 9) else { break };
                // The codes' width stands before the data.
                at = after_blocks(bytes, at + 11 + table_bytes(*flags));
            }
            _ => break,
        }
    }
    Some(Outline { moves: frames > 1, loops })
}

/// How often it is played again by a block that browsers know; 0 is for ever.
fn repetitions(block: &[u8]) -> Option<u16> {
    let known = matches!(block.get(..12)?, b"\x0bNETSCAPE2.0" | b"\x0bANIMEXTS1.0");
    match block.get(12..16)? {
        [3, 1, low, high] if known => Some(u16::from_le_bytes([*low, *high])),
        _ => None,
    }
}

/// Behind a chain of blocks, each with its length before it.
fn after_blocks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(length) = bytes.get(at) {
        at += 1 + usize::from(*length);
        if *length == 0 {
            break;
        }
    }
    at
}
