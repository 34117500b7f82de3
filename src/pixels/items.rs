//! The items of a HEIF container (HEIC, AVIF): which is the picture, where its bytes are, what is
//! said about it. A walk over bytes in memory.
//!
//! Numbers come from the file: nothing is believed beyond the bytes that are there, and a file may
//! not make the walk longer than itself.

use super::boxes::{self, be16, be32};
use crate::model::PixelSize;

/// More tiles, properties or extents than any picture has.
const MOST: usize = 4096;

/// A piece of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// In the `idat` box, not in the file.
    pub(super) in_meta: bool,
    pub(super) at: u64,
    pub(super) length: u64,
}

/// Numbers one after the other, the highest byte first.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl Fields<'_> {
    pub(super) fn number(&mut self, size: usize) -> Option<u64> {
        let (bytes, rest) = self.0.split_at_checked(size).filter(|_| size <= 8)?;
        self.0 = rest;
        Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn short(&mut self, size: usize) -> Option<u32> {
        u32::try_from(self.number(size)?).ok()
    }
}

/// The numbers and kinds of the items.
pub(super) fn kinds(iinf: &[u8]) -> impl Iterator<Item = (u32, [u8; 4])> + '_ {
    let head = if iinf.first() == Some(&0) { 6 } else { 8 };
    let entries = iinf.get(head..).unwrap_or_default();
    boxes::pieces(entries).filter(|entry| &entry.kind == b"infe").filter_map(|entry| {
        let wide = match *entry.body.first()? {
            2 => false,
            3 => true,
            _ => return None,
        };
        let mut entry = Fields(entry.body.get(4..)?);
        let id = entry.short(if wide { 4 } else { 2 })?;
        let _protection = entry.number(2)?;
        Some((id, entry.0.get(..4)?.try_into().ok()?))
    })
}

/// Where the pieces of an item are; `None` where that is not to be had.
pub(super) fn places(iloc: &[u8], item: u32) -> Option<Vec<Place>> {
    let (&version, mut fields) = (iloc.first()?, Fields(iloc.get(4..)?));
    let sizes = fields.number(2)?;
    let nibble = |shift: u32| usize::try_from(sizes >> shift & 15).unwrap_or(0);
    let (offset, length, base) = (nibble(12), nibble(8), nibble(4));
    let index = if version == 0 { 0 } else { nibble(0) };
    let id_size = if version < 2 { 2 } else { 4 };
    let count = fields.number(id_size)?;
    for _ in 0..count {
        let id = fields.number(id_size)?;
        let method = if version == 0 { 0 } else { fields.number(2)? & 15 };
        let elsewhere = fields.number(2)? != 0;
        let base = fields.number(base)?;
        let extents = fields.number(2)?;
        let mut places = vec![];
        for _ in 0..extents {
            let _index = fields.number(index)?;
            let (at, length) = (fields.number(offset)?, fields.number(length)?);
            let length = if length == 0 { u64::MAX } else { length };
            let at = base.checked_add(at)?;
            if places.len() < MOST {
                places.push(Place { in_meta: method == 1, at, length });
            }
        }
        if id == u64::from(item) {
            return (!elsewhere && method < 2 && !places.is_empty()).then_some(places);
        }
        // Nothing is read for extents without size: do not count to the end of a lie.
        if index + offset + length == 0 && extents > 1 {
            return None;
        }
    }
    None
}

/// What is said about an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Property<'a> {
    pub(super) kind: [u8; 4],
    pub(super) body: &'a [u8],
}

/// A container in memory, or its beginning.
#[derive(Clone, Copy)]
pub(super) struct Container<'a> {
    file: &'a [u8],
    meta: &'a [u8],
}

impl<'a> Container<'a> {
    pub(super) fn open(file: &'a [u8]) -> Option<Self> {
        Some(Self { file, meta: boxes::find(file, *b"meta")?.get(4..)? })
    }

    /// The item that is the picture.
    pub(super) fn primary(&self) -> Option<u32> {
        let pitm = boxes::find(self.meta, *b"pitm")?;
        if *pitm.first()? == 0 { be16(pitm, 4).map(u32::from) } else { be32(pitm, 4) }
    }

    pub(super) fn kind(&self, item: u32) -> Option<[u8; 4]> {
        let iinf = boxes::find(self.meta, *b"iinf")?;
        kinds(iinf).take(MOST).find(|(id, _)| *id == item).map(|(_, kind)| kind)
    }

    /// An item's bytes; `None` where they are not all there.
    pub(super) fn data(&self, item: u32) -> Option<Vec<u8>> {
        let places = places(boxes::find(self.meta, *b"iloc")?, item)?;
        let mut data = vec![];
        for place in places {
            let source = if place.in_meta { boxes::find(self.meta, *b"idat")? } else { self.file };
            let rest = source.get(usize::try_from(place.at).ok()?..)?;
            let piece = match place.length {
                u64::MAX => rest,
                length => rest.get(..usize::try_from(length).ok()?)?,
            };
            // Pieces may overlap, but a picture is not larger than its file.
            if data.len() + piece.len() > self.file.len() {
                return None;
            }
            data.extend_from_slice(piece);
        }
        Some(data)
    }

    /// What is said about an item, in the order in which it is to be done.
    pub(super) fn properties(&self, item: u32) -> Vec<Property<'a>> {
        self.associations(item).unwrap_or_default()
    }

    fn associations(&self, item: u32) -> Option<Vec<Property<'a>>> {
        let iprp = boxes::find(self.meta, *b"iprp")?;
        let all: Vec<Property<'a>> = boxes::pieces(boxes::find(iprp, *b"ipco")?)
            .take(MOST)
            .map(|piece| Property { kind: piece.kind, body: piece.body })
            .collect();
        let mut own = vec![];
        for ipma in boxes::pieces(iprp).filter(|piece| &piece.kind == b"ipma") {
            let (version, flags) = (*ipma.body.first()?, *ipma.body.get(3)?);
            let mut fields = Fields(ipma.body.get(4..)?);
            for _ in 0..fields.number(4)? {
                let id = fields.short(if version == 0 { 2 } else { 4 })?;
                for _ in 0..fields.number(1)? {
                    // The highest bit says that it must be understood.
                    let index = match flags & 1 {
                        0 => fields.number(1)? & 0x7f,
                        _ => fields.number(2)? & 0x7fff,
                    };
                    let at = usize::try_from(index).ok()?.checked_sub(1);
                    own.extend(
                        at.and_then(|at| all.get(at)).filter(|_| id == item && own.len() < MOST),
                    );
                }
            }
        }
        Some(own)
    }

    /// The items that `from` refers to in that way.
    pub(super) fn references(&self, kind: [u8; 4], from: u32) -> Vec<u32> {
        self.each_reference(kind).find(|(id, _)| *id == from).map(|(_, to)| to).unwrap_or_default()
    }

    /// The items that refer to `to` in that way.
    pub(super) fn referring(&self, kind: [u8; 4], to: u32) -> Vec<u32> {
        self.each_reference(kind).filter(|(_, ids)| ids.contains(&to)).map(|(id, _)| id).collect()
    }

    fn each_reference(&self, kind: [u8; 4]) -> impl Iterator<Item = (u32, Vec<u32>)> + 'a {
        let iref = boxes::find(self.meta, *b"iref").unwrap_or_default();
        let id_size = if iref.first() == Some(&0) { 2 } else { 4 };
        let lists = boxes::pieces(iref.get(4..).unwrap_or_default()).take(MOST);
        lists.filter(move |list| list.kind == kind).filter_map(move |list| {
            let mut fields = Fields(list.body);
            let from = fields.short(id_size)?;
            let count = fields.number(2)?;
            let to = (0..count).map_while(|_| fields.short(id_size)).collect();
            Some((from, to))
        })
    }

    /// An item's size as stored.
    pub(super) fn size(&self, item: u32) -> Option<PixelSize> {
        let properties = self.properties(item);
        let ispe = properties.iter().find(|property| &property.kind == b"ispe")?.body;
        Some(PixelSize::new(be32(ispe, 4)?, be32(ispe, 8)?))
    }

    /// An item's size without the margin that its encoder may have added.
    pub(super) fn trimmed(&self, item: u32) -> Option<PixelSize> {
        let size = self.size(item)?;
        let properties = self.properties(item);
        let clap = properties.iter().find(|property| &property.kind == b"clap");
        let side = |body, at, whole: u32| {
            let (above, below) = (be32(body, at)?, be32(body, at + 4)?);
            above.checked_div(below).filter(|side| (1..=whole).contains(side))
        };
        let trimmed = clap.and_then(|clap| {
            let width = side(clap.body, 0, size.width)?;
            Some(PixelSize::new(width, side(clap.body, 8, size.height)?))
        });
        Some(trimmed.unwrap_or(size))
    }

    /// How an item is to be turned, as EXIF says it.
    pub(super) fn orientation(&self, item: u32) -> u8 {
        let mut turns = Turns::default();
        for property in self.properties(item) {
            let first = property.body.first().copied().unwrap_or(0);
            match &property.kind {
                b"irot" => turns.against_the_clock(first & 3),
                b"imir" => turns.mirror(first & 1 == 1),
                _ => {}
            }
        }
        turns.as_exif()
    }
}

/// Quarter turns and mirrors, one after the other: first perhaps a mirror that exchanges left and
/// right, then quarter turns with the clock.
#[derive(Clone, Copy, Default)]
struct Turns {
    mirrored: bool,
    quarters: u8,
}

impl Turns {
    fn against_the_clock(&mut self, quarters: u8) {
        self.quarters = (self.quarters + 4 - quarters) % 4;
    }

    fn mirror(&mut self, left_and_right: bool) {
        // A mirror after a turn is a turn the other way round after the mirror; one that exchanges
        // top and bottom is half a turn more.
        self.mirrored = !self.mirrored;
        self.quarters = (4 - self.quarters + if left_and_right { 0 } else { 2 }) % 4;
    }

    const fn as_exif(self) -> u8 {
        match (self.mirrored, self.quarters) {
            (false, 1) => 6,
            (false, 2) => 3,
            (false, 3) => 8,
            (true, 0) => 2,
            (true, 1) => 7,
            (true, 2) => 4,
            (true, 3) => 5,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pixels::{orient::upright, testing};

    #[test]
    fn turns_and_mirrors_add_up_to_an_orientation() {
        let size = PixelSize::new(3, 2);
        let pixels = testing::picture(size).into_rgba();
        for steps in [
            vec![("turn", 1)],
            vec![("turn", 3), ("mirror", 0)],
            vec![("mirror", 1), ("turn", 1)],
            vec![("mirror", 0), ("turn", 3)],
            vec![("mirror", 0)],
            vec![("mirror", 1), ("turn", 2), ("mirror", 0)],
        ] {
            let mut turns = Turns::default();
            let mut seen = (pixels.clone(), size);
            for (step, value) in &steps {
                let (exif, quarters) = match (*step, *value) {
                    ("turn", quarters) => {
                        turns.against_the_clock(quarters);
                        ([1, 8, 3, 6][usize::from(quarters)], quarters)
                    }
                    (_, axis) => {
                        turns.mirror(axis == 1);
                        ([4, 2][usize::from(axis)], 0)
                    }
                };
                assert!(quarters < 4);
                seen = upright(seen.0, seen.1, exif);
            }
            assert_eq!(upright(pixels.clone(), size, turns.as_exif()), seen, "{steps:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300), kind in 0_usize..4) {
            let inner = [*b"iloc", *b"iinf", *b"iprp", *b"iref"][kind];
            let piece = |kind: &[u8; 4], body: &[u8]| {
                [&u32::try_from(body.len() + 8).unwrap().to_be_bytes()[..], kind, body].concat()
            };
            let file = piece(b"meta", &[&[0; 4][..], &piece(&inner, &bytes)].concat());
            let container = Container::open(&file).unwrap();
            let _ = (container.primary(), container.kind(1), container.data(1), container.size(1));
            let _ = (container.orientation(1), container.references(*b"dimg", 1), container.referring(*b"auxl", 1));
        }
    }
}
