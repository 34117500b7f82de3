//! A TIFF block (a TIFF file, a camera raw file, or the EXIF in any other file): its capture date,
//! wherever in the block the directories stand.

use super::parts::{Gap, Read, View};
use super::{Found, Look};
use crate::model::Taken;
use crate::pixels::exif;

const EXIF_DIRECTORY: u16 = 0x8769;
const ORIGINAL: u16 = 0x9003;
const DIGITIZED: u16 = 0x9004;
const OFFSET: u16 = 0x9010;
const OFFSET_ORIGINAL: u16 = 0x9011;
const OFFSET_DIGITIZED: u16 = 0x9012;
/// More than any camera writes into one directory.
const MOST_ENTRIES: u16 = 2048;
/// The longest date or zone, with its zero and somebody's fractions.
const LONGEST_TEXT: u32 = 64;

/// The text of a tag, once its directory was read.
type Text = Option<Read<String>>;

/// What of a block matters here.
#[derive(Default)]
struct Texts {
    original: Text,
    digitized: Text,
    offset: Text,
    offset_original: Text,
    offset_digitized: Text,
}

/// Reads the date. What is broken is not there.
pub(super) fn read(block: View<'_>) -> Found {
    let mut texts = Texts::default();
    let gap = Tiff::open(block).and_then(|tiff| tiff.collect(&mut texts)).err();
    let date = |text: &Text| exif::wall_seconds(text.as_ref()?.as_ref().ok()?);
    let zone = |text: &Text| exif::offset_minutes(text.as_ref()?.as_ref().ok()?);
    let with = |wall: Option<i64>, own: &Text| {
        let own = own.as_ref().map_or(&texts.offset, |_| own);
        wall.map(|wall_seconds| Taken { wall_seconds, offset_minutes: zone(own) })
    };
    let original = with(date(&texts.original), &texts.offset_original);
    let taken = original.or_else(|| with(date(&texts.digitized), &texts.offset_digitized));
    let gaps = [gap, gap_of(&texts.original), gap_of(&texts.digitized)];
    let look = gaps.into_iter().flatten().find_map(|gap| match gap {
        Gap::NotAtHand(at) => Some(Look::Around(at)),
        Gap::Nowhere => None,
    });
    Found { taken, look, ..Found::default() }
}

fn gap_of(text: &Text) -> Option<Gap> {
    text.as_ref()?.as_ref().err().copied()
}

struct Tiff<'a> {
    block: View<'a>,
    little: bool,
}

impl<'a> Tiff<'a> {
    fn open(block: View<'a>) -> Read<Self> {
        let little = match &block.array::<4>(0)? {
            b"II*\0" | b"IIU\0" | b"IIRO" | b"IIRS" => true,
            b"MM\0*" | b"MMOR" => false,
            _ => return Err(Gap::Nowhere),
        };
        Ok(Self { block, little })
    }

    fn collect(&self, texts: &mut Texts) -> Read<()> {
        // Canon's block of EXIF tags has them in its first directory.
        match self.directory(u64::from(self.u32(4)?), texts)? {
            Some(exif) => self.directory(exif, texts).map(drop),
            None => Ok(()),
        }
    }

    /// Takes what matters from the directory at `at`; gives where the EXIF directory is.
    fn directory(&self, at: u64, texts: &mut Texts) -> Read<Option<u64>> {
        let count = self.u16(at)?.min(MOST_ENTRIES);
        let first = at.saturating_add(2);
        // Entries that are cut off by the end of a broken block do not hide those before.
        let room = self.block.len().saturating_sub(first) / 12;
        let count = u64::from(count).min(room);
        if let Ok(length) = usize::try_from(count * 12)
            && let Err(gap @ Gap::NotAtHand(_)) = self.block.bytes(first, length)
        {
            return Err(gap);
        }
        let mut exif = None;
        for entry in (0..count).map(|i| first + i * 12) {
            let into = match self.u16(entry)? {
                EXIF_DIRECTORY => {
                    exif = Some(u64::from(self.u32(entry + 8)?));
                    continue;
                }
                ORIGINAL => &mut texts.original,
                DIGITIZED => &mut texts.digitized,
                OFFSET => &mut texts.offset,
                OFFSET_ORIGINAL => &mut texts.offset_original,
                OFFSET_DIGITIZED => &mut texts.offset_digitized,
                _ => continue,
            };
            *into = Some(self.text(entry));
        }
        Ok(exif)
    }

    fn text(&self, entry: u64) -> Read<String> {
        let length = self.u32(entry + 4)?;
        if length > LONGEST_TEXT {
            return Err(Gap::Nowhere);
        }
        let at = if length <= 4 { entry + 8 } else { u64::from(self.u32(entry + 8)?) };
        let bytes = self.block.bytes(at, usize::try_from(length).map_err(|_| Gap::Nowhere)?)?;
        let text = bytes.split(|b| *b == 0).next().unwrap_or_default();
        Ok(String::from_utf8_lossy(text).trim().to_owned())
    }

    fn u16(&self, at: u64) -> Read<u16> {
        self.block.be16(at).map(|v| if self.little { v.swap_bytes() } else { v })
    }

    fn u32(&self, at: u64) -> Read<u32> {
        self.block.be32(at).map(|v| if self.little { v.swap_bytes() } else { v })
    }
}
