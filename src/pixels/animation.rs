//! Animated pictures, frame after frame.
//!
//! A reader for one animation: GIF, animated PNG, animated `WebP`. It holds one canvas and what
//! its decoder needs, never more frames than one, so that an endless animation costs what a short
//! one does. It knows no time: whoever plays it asks for the next frame on a worker thread when
//! one is due.

mod canvas;
mod gif;
mod png;
mod webp;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use super::{
    PixelsError,
    facts::{facts, upright},
    guard::guarded,
    limits::Limits,
    samples::{Kind as Pixel, Samples},
    scale::shrink_samples,
    sniff::sniff,
};
use crate::model::{Bitmap, PixelSize};

/// Frames that hardly stand are meant to stand as long as browsers let them.
const HARDLY: Duration = Duration::from_millis(10);
const AS_BROWSERS_DO: Duration = Duration::from_millis(100);

/// One picture of an animation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The whole picture as it is to be seen now: upright, sRGB.
    pub bitmap: Bitmap,
    /// How long it stands.
    pub delay: Duration,
}

/// A reader of frames: an iterator that ends after the last one, or after an error.
pub struct Animation {
    bytes: Arc<[u8]>,
    kind: Kind,
    source: Option<Source>,
    stored: PixelSize,
    fit: PixelSize,
    orientation: u8,
    loops: Option<NonZeroU32>,
    memory_bytes: u64,
}

/// What kinds of animation there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Gif,
    Png,
    Webp,
}

/// A decoder amid its file.
enum Source {
    Gif(Box<gif::Reader>),
    Png(Box<png::Reader>),
    Webp(Box<webp::Reader>),
}

/// A canvas as stored, and how long it stands.
struct Drawn<'a> {
    rgba: &'a [u8],
    delay: Duration,
}

/// Frames, as far as a look without decoding tells; how often they are to be played (`None`:
/// without end).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Outline {
    moves: bool,
    loops: Option<NonZeroU32>,
}

/// Whether a file has more than one frame to be played. Looks at what lies between the frames,
/// not at pixels; of a prefix it tells what the prefix says.
#[must_use]
pub fn is_animated(bytes: &[u8]) -> bool {
    outline(bytes).is_some_and(|(_, outline)| outline.moves)
}

fn outline(bytes: &[u8]) -> Option<(Kind, Outline)> {
    match sniff(bytes).mime {
        "image/gif" => Some((Kind::Gif, gif::outline(bytes)?)),
        "image/png" | "image/apng" => Some((Kind::Png, png::outline(bytes)?)),
        "image/webp" => Some((Kind::Webp, webp::outline(bytes)?)),
        _ => None,
    }
}

impl Animation {
    /// Opens an animation whose frames will be scaled down to fit `fit`; `None` where the file is
    /// a still picture.
    pub fn open(
        bytes: Arc<[u8]>,
        fit: PixelSize,
        limits: &Limits,
    ) -> Result<Option<Self>, PixelsError> {
        let Some((kind, outline)) = outline(&bytes).filter(|(_, outline)| outline.moves) else {
            return Ok(None);
        };
        let facts = facts(&bytes);
        let stored = upright(facts.size, facts.orientation);
        if stored.is_empty() {
            return Err(PixelsError::EndsEarly);
        }
        // The canvas, one to go back to, one frame in the decoder and one that is given away.
        let memory_bytes = stored.pixels().saturating_mul(16);
        if !limits.admit(stored, memory_bytes) {
            return Err(PixelsError::TooLarge { size: stored });
        }
        let mut animation = Self {
            bytes,
            kind,
            source: None,
            stored,
            fit,
            orientation: facts.orientation,
            loops: outline.loops,
            memory_bytes,
        };
        animation.rewind()?;
        Ok(Some(animation))
    }

    /// The size of the picture in the file, upright.
    #[must_use]
    pub const fn stored(&self) -> PixelSize {
        upright(self.stored, self.orientation)
    }

    /// How often it is to be played; `None`: without end.
    #[must_use]
    pub const fn loops(&self) -> Option<NonZeroU32> {
        self.loops
    }

    /// Goes back to the first frame.
    pub fn rewind(&mut self) -> Result<(), PixelsError> {
        self.source = None;
        let (kind, bytes, limit) = (self.kind, Arc::clone(&self.bytes), self.memory_bytes);
        let source = guarded(move || {
            Ok(match kind {
                Kind::Gif => Source::Gif(Box::new(gif::Reader::open(bytes, limit)?)),
                Kind::Png => Source::Png(Box::new(png::Reader::open(bytes, limit)?)),
                Kind::Webp => Source::Webp(Box::new(webp::Reader::open(bytes, limit)?)),
            })
        });
        let source = source.unwrap_or(Err(PixelsError::Broken))?;
        if source.size() != self.stored {
            return Err(PixelsError::Broken);
        }
        self.source = Some(source);
        Ok(())
    }

    fn read(&self, source: &mut Source) -> Result<Option<Frame>, PixelsError> {
        let profile = source.profile();
        let Some(drawn) = source.next()? else { return Ok(None) };
        let target = self.stored.fit(upright(self.fit, self.orientation));
        let rgba = shrink_samples(drawn.rgba, Pixel::Rgba, self.stored, target)
            .ok_or(PixelsError::Broken)?;
        let samples = Samples::new(Pixel::Rgba, target, rgba).ok_or(PixelsError::Broken)?;
        let bitmap = samples.with_icc(profile.as_deref()).into_bitmap(self.orientation);
        let bitmap = bitmap.ok_or(PixelsError::Broken)?;
        let delay = if drawn.delay <= HARDLY { AS_BROWSERS_DO } else { drawn.delay };
        Ok(Some(Frame { bitmap, delay }))
    }
}

impl Iterator for Animation {
    type Item = Result<Frame, PixelsError>;

    fn next(&mut self) -> Option<Self::Item> {
        // A source that failed, ended or panicked is not asked again.
        let mut source = self.source.take()?;
        let (read, source) = guarded(|| (self.read(&mut source), source))
            .map_or((Err(PixelsError::Broken), None), |(read, source)| (read, Some(source)));
        if matches!(read, Ok(Some(_))) {
            self.source = source;
        }
        read.transpose()
    }
}

impl std::fmt::Debug for Animation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Animation({:?}, {} × {})", self.kind, self.stored.width, self.stored.height)
    }
}

impl Source {
    fn size(&self) -> PixelSize {
        match self {
            Self::Gif(reader) => reader.size(),
            Self::Png(reader) => reader.size(),
            Self::Webp(reader) => reader.size(),
        }
    }

    fn profile(&self) -> Option<Arc<[u8]>> {
        match self {
            Self::Gif(_) => None,
            Self::Png(reader) => reader.profile(),
            Self::Webp(reader) => reader.profile(),
        }
    }

    fn next(&mut self) -> Result<Option<Drawn<'_>>, PixelsError> {
        match self {
            Self::Gif(reader) => reader.next(),
            Self::Png(reader) => reader.next(),
            Self::Webp(reader) => reader.next(),
        }
    }
}

#[cfg(test)]
mod tests;
