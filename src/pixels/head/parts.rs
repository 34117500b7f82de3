//! A file of which some parts are at hand.

use std::ops::Range;

/// Parts of a file: its beginning, and perhaps another range of it.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    start: &'a [u8],
    more: (u64, &'a [u8]),
    total: u64,
}

impl<'a> Parts<'a> {
    /// The beginning of a file of `total` bytes.
    #[must_use]
    pub fn new(start: &'a [u8], total: u64) -> Self {
        Self { start, more: (0, &[]), total: total.max(start.len() as u64) }
    }

    /// The same with the bytes that stand at `at`.
    #[must_use]
    pub fn with(self, at: u64, more: &'a [u8]) -> Self {
        Self { more: (at, more), ..self }
    }

    pub(super) const fn start(&self) -> &'a [u8] {
        self.start
    }

    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// The other range: where it stands, and its bytes.
    pub(super) const fn more(&self) -> (u64, &'a [u8]) {
        self.more
    }

    pub(super) fn has(&self, range: &Range<u64>) -> bool {
        usize::try_from(range.end - range.start)
            .is_ok_and(|length| self.get(range.start, length).is_some())
    }

    fn get(&self, at: u64, length: usize) -> Option<&'a [u8]> {
        let within = |from: u64, bytes: &'a [u8]| {
            let skip = usize::try_from(at.checked_sub(from)?).ok()?;
            bytes.get(skip..skip.checked_add(length)?)
        };
        within(0, self.start).or_else(|| within(self.more.0, self.more.1))
    }
}

/// Why there is nothing to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// It is in the file, from there on, but not at hand.
    NotAtHand(u64),
    /// The file does not have it.
    Nowhere,
}

pub(super) type Read<T> = Result<T, Gap>;

/// A range of the file, with offsets of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    parts: &'a Parts<'a>,
    from: u64,
    to: u64,
}

impl<'a> View<'a> {
    /// The whole file.
    pub(super) const fn of(parts: &'a Parts<'a>) -> Self {
        Self { parts, from: 0, to: parts.total }
    }

    /// From `at` on, `length` bytes or as far as this goes.
    pub(super) fn at(&self, at: u64, length: u64) -> Read<Self> {
        let from = self.place(at);
        let to = from.saturating_add(length).min(self.to);
        if from >= to { Err(Gap::Nowhere) } else { Ok(Self { from, to, ..*self }) }
    }

    /// Where in the file `at` is.
    pub(super) const fn place(&self, at: u64) -> u64 {
        self.from.saturating_add(at)
    }

    pub(super) const fn len(&self) -> u64 {
        self.to - self.from
    }

    pub(super) const fn parts(&self) -> &'a Parts<'a> {
        self.parts
    }

    /// `length` bytes at `at`.
    pub(super) fn bytes(&self, at: u64, length: usize) -> Read<&'a [u8]> {
        let from = self.place(at);
        let end = u64::try_from(length).ok().and_then(|length| from.checked_add(length));
        if end.is_none_or(|end| end > self.to) {
            return Err(Gap::Nowhere);
        }
        self.parts.get(from, length).ok_or(Gap::NotAtHand(from))
    }

    pub(super) fn array<const N: usize>(&self, at: u64) -> Read<[u8; N]> {
        self.bytes(at, N)?.try_into().map_err(|_| Gap::Nowhere)
    }

    pub(super) fn be16(&self, at: u64) -> Read<u16> {
        self.array(at).map(u16::from_be_bytes)
    }

    pub(super) fn be32(&self, at: u64) -> Read<u32> {
        self.array(at).map(u32::from_be_bytes)
    }

    pub(super) fn be64(&self, at: u64) -> Read<u64> {
        self.array(at).map(u64::from_be_bytes)
    }

    pub(super) fn le32(&self, at: u64) -> Read<u32> {
        self.array(at).map(u32::from_le_bytes)
    }
}
