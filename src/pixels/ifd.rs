//! The directories of a TIFF in memory, which most camera raw files are: a walk over bytes.
//!
//! Numbers come from the file: nothing is believed beyond the bytes that are there.

use super::boxes::{be16, be32};

/// More entries than any camera writes into one directory.
const MOST_ENTRIES: u16 = 1024;
/// More values than are of use here.
const MOST_VALUES: u32 = 64;

/// A TIFF, or a block that is built like one.
#[derive(Clone, Copy)]
pub(super) struct Tiff<'a> {
    bytes: &'a [u8],
    little: bool,
}

/// One entry of a directory.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) tag: u16,
    kind: u16,
    count: u32,
    /// Where the entry's value or the way to it is.
    field: usize,
}

impl<'a> Tiff<'a> {
    /// By its first bytes, of which some makers have their own.
    pub(super) fn open(bytes: &'a [u8]) -> Option<Self> {
        let little = match bytes.get(..4)? {
            b"II*\0" | b"II+\0" | b"IIU\0" | b"IIRO" | b"IIRS" => true,
            b"MM\0*" | b"MM\0+" | b"MMOR" => false,
            _ => return None,
        };
        Some(Self { bytes, little })
    }

    /// A block that counts from elsewhere, in the same byte order.
    pub(super) const fn with_bytes(self, bytes: &'a [u8]) -> Self {
        Self { bytes, ..self }
    }

    pub(super) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    fn u16(&self, at: usize) -> Option<u16> {
        be16(self.bytes, at).map(|v| if self.little { v.swap_bytes() } else { v })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        be32(self.bytes, at).map(|v| if self.little { v.swap_bytes() } else { v })
    }

    fn offset(&self, at: usize) -> Option<usize> {
        usize::try_from(self.u32(at)?).ok()
    }

    /// Where the first directory is.
    pub(super) fn first(&self) -> Option<usize> {
        self.offset(4)
    }

    /// The entries of the directory at `at`, as far as the bytes go.
    pub(super) fn entries(self, at: usize) -> impl Iterator<Item = Entry> + 'a {
        let count = self.u16(at).unwrap_or(0).min(MOST_ENTRIES);
        (0..usize::from(count)).map_while(move |index| {
            let entry = at.checked_add(2 + index * 12)?;
            Some(Entry {
                tag: self.u16(entry)?,
                kind: self.u16(entry + 2)?,
                count: self.u32(entry + 4)?,
                field: entry + 8,
            })
        })
    }

    /// Where the directory behind the one at `at` is.
    pub(super) fn next(&self, at: usize) -> Option<usize> {
        let count = usize::from(self.u16(at)?);
        self.offset(at.checked_add(2 + count * 12)?).filter(|next| *next != 0)
    }

    /// An entry's bytes: where they are, and how many.
    pub(super) fn value(&self, entry: Entry) -> Option<(usize, usize)> {
        let unit: u64 = match entry.kind {
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 => 8,
            _ => 1,
        };
        let length = usize::try_from(u64::from(entry.count) * unit).ok()?;
        let at = if length <= 4 { entry.field } else { self.offset(entry.field)? };
        Some((at, length))
    }

    /// The whole numbers of an entry.
    pub(super) fn numbers(&self, entry: Entry) -> Vec<u32> {
        let Some((at, _)) = self.value(entry) else { return vec![] };
        let count = entry.count.min(MOST_VALUES) as usize;
        let number = |index: usize| match entry.kind {
            1 | 7 => self.bytes.get(at.checked_add(index)?).copied().map(u32::from),
            3 => self.u16(at.checked_add(index * 2)?).map(u32::from),
            4 | 13 => self.u32(at.checked_add(index * 4)?),
            _ => None,
        };
        (0..count).map_while(number).collect()
    }

    /// The text of an entry.
    pub(super) fn text(&self, entry: Entry) -> &'a [u8] {
        self.value(entry)
            .and_then(|(at, length)| self.bytes.get(at..at.checked_add(length)?))
            .unwrap_or_default()
    }
}
