//! What a picture tells besides itself, taken out without touching the picture: the place where it
//! was taken, or all that can go. Not one pixel changes, and nothing is encoded anew. Pure; the same
//! bytes in are the same bytes out, always.
//!
//! The answer is a plan over the file, not a copy of it: what is sent can be read in parts like any
//! other file. JPEG, PNG and WebP can be stripped; a format that keeps its facts among its pixels is
//! refused, and so is a file that makes no sense.
//!
//! Even of the place alone the rule is: what is not known to be silent about it goes. XMP, notes of
//! the camera's maker, certificates of origin, gain maps and videos behind the picture may each
//! tell it in their own way.

mod jpeg;
mod png;
mod tiff;
mod webp;

use std::ops::Range;

use super::sniff::sniff;
use crate::model::Strip;

/// A stretch of what is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// These bytes of the file.
    Keep(Range<usize>),
    /// These in place of others.
    Put(Vec<u8>),
}

/// Why a file cannot be stripped, for people.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StripError {
    /// Not in this format.
    #[error(
        "What it tells besides the picture cannot be taken out of a file of this kind ({0}). Send \
         it without that choice, or as a JPEG"
    )]
    Format(&'static str),
    /// It does not follow its format.
    #[error(
        "What it tells besides the picture cannot be taken out, because the file is damaged. Send \
         it without that choice"
    )]
    Damaged,
}

/// What follows from a step that met the end of the file, or nonsense.
type Read<T> = Result<T, StripError>;

/// What is left of a file without what is to go; `None` when there is nothing to take out.
pub fn strip(file: &[u8], what: Strip) -> Result<Option<Vec<Span>>, StripError> {
    let mime = sniff(file).mime;
    let spans = match mime {
        "image/jpeg" => jpeg::strip(file, what)?,
        "image/png" | "image/apng" => png::strip(file, what)?,
        "image/webp" => webp::strip(file, what)?,
        // Nothing but pixels fits into it.
        "image/bmp" => return Ok(None),
        other => return Err(StripError::Format(other)),
    };
    let is_whole = matches!(spans.0.as_slice(), [Span::Keep(all)] if *all == (0..file.len()));
    Ok((!is_whole).then_some(spans.0))
}

/// A plan in the making.
#[derive(Default)]
struct Plan(Vec<Span>);

impl Plan {
    fn keep(&mut self, range: Range<usize>) {
        match self.0.last_mut() {
            Some(Span::Keep(last)) if last.end == range.start => last.end = range.end,
            _ if range.is_empty() => {}
            _ => self.0.push(Span::Keep(range)),
        }
    }

    fn put(&mut self, bytes: Vec<u8>) {
        match self.0.last_mut() {
            Some(Span::Put(last)) => last.extend(bytes),
            _ => self.0.push(Span::Put(bytes)),
        }
    }
}

/// Exactly this stretch of a file.
fn stretch(file: &[u8], range: Range<usize>) -> Read<&[u8]> {
    file.get(range).ok_or(StripError::Damaged)
}

/// `length` bytes from `at`; no file is so long that this overflows.
fn from(at: usize, length: usize) -> Read<Range<usize>> {
    Ok(at..at.checked_add(length).ok_or(StripError::Damaged)?)
}

/// Whether a text names what places are told by. Makers spell these words as they please.
fn tells_a_place(text: &[u8]) -> bool {
    const WORDS: [&str; 12] = [
        "gps",
        "latitude",
        "longitude",
        "altitude",
        "location",
        "geo",
        "city",
        "state",
        "province",
        "country",
        "address",
        "place",
    ];
    let names = |word: &str| {
        text.windows(word.len()).any(|seen| seen.eq_ignore_ascii_case(word.as_bytes()))
    };
    WORDS.into_iter().any(names)
}

#[cfg(test)]
mod tests;
