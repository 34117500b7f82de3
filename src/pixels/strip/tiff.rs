//! EXIF as it stands in JPEG, PNG and WebP: the GPS directory is taken out in place, and the blocks
//! that may tell the place again are overwritten, so that nothing else moves.

use super::{Read, StripError};

const ORIENTATION: u16 = 0x0112;
const GPS: u16 = 0x8825;
const EXIF: u16 = 0x8769;
/// XMP, IPTC, Photoshop's own, and the maker's note: blocks that may tell the place, too.
const BLOCKS: [u16; 4] = [0x02bc, 0x83bb, 0x8649, 0x927c];
const ENTRY: usize = 12;
/// More directories follow each other nowhere.
const MOST_DIRECTORIES: usize = 8;

struct Block<'a> {
    bytes: &'a mut [u8],
    is_big_endian: bool,
}

/// Takes the place out of a block; whether there was one.
pub(super) fn without_place(bytes: &mut [u8]) -> Read<bool> {
    let is_big_endian = order(bytes)?;
    let mut block = Block { bytes, is_big_endian };
    let mut directory = block.u32(4)?;
    let mut found = false;
    for _ in 0..MOST_DIRECTORIES {
        if directory == 0 {
            return Ok(found);
        }
        let mut at = 0;
        while at < usize::from(block.u16(directory)?) {
            let entry = directory + 2 + at * ENTRY;
            let tag = block.u16(entry)?;
            if tag == GPS {
                let gps = block.u32(entry + 8)?;
                block.blank(gps)?;
                block.remove(directory, at)?;
                found = true;
                continue;
            }
            if tag == EXIF {
                let below = block.u32(entry + 8)?;
                for at in 0..usize::from(block.u16(below)?) {
                    found |= block.silence(below + 2 + at * ENTRY)?;
                }
            }
            found |= block.silence(entry)?;
            at += 1;
        }
        let next = directory + 2 + at * ENTRY;
        // Some writers leave the last one out.
        directory = if next + 4 > block.bytes.len() { 0 } else { block.u32(next)? };
    }
    Err(StripError::Damaged)
}

/// How the picture is turned, where that matters.
pub(super) fn orientation(bytes: &[u8]) -> Option<u16> {
    let is_big_endian = order(bytes).ok()?;
    let mut copy = bytes.to_vec();
    let block = Block { bytes: &mut copy, is_big_endian };
    let directory = block.u32(4).ok()?;
    let entries = 0..usize::from(block.u16(directory).ok()?);
    let at = entries
        .map(|at| directory + 2 + at * ENTRY)
        .find(|entry| block.u16(*entry) == Ok(ORIENTATION))?;
    block.u16(at + 8).ok().filter(|turn| (2..=8).contains(turn))
}

/// A block that tells nothing but how the picture is turned.
pub(super) fn turned(orientation: u16) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x01\0".to_vec();
    block.extend(ORIENTATION.to_le_bytes());
    block.extend([3, 0, 1, 0, 0, 0]);
    block.extend(orientation.to_le_bytes());
    block.extend([0; 6]);
    block
}

fn order(bytes: &[u8]) -> Read<bool> {
    match bytes.get(..4) {
        Some(b"II*\0") => Ok(false),
        Some(b"MM\0*") => Ok(true),
        _ => Err(StripError::Damaged),
    }
}

impl Block<'_> {
    fn array<const N: usize>(&self, at: usize) -> Read<[u8; N]> {
        let bytes = self.bytes.get(at..).and_then(|rest| rest.first_chunk());
        bytes.copied().ok_or(StripError::Damaged)
    }

    fn u16(&self, at: usize) -> Read<u16> {
        let bytes = self.array(at)?;
        let of = if self.is_big_endian { u16::from_be_bytes } else { u16::from_le_bytes };
        Ok(of(bytes))
    }

    fn u32(&self, at: usize) -> Read<usize> {
        let bytes = self.array(at)?;
        let of = if self.is_big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
        usize::try_from(of(bytes)).map_err(|_| StripError::Damaged)
    }

    fn zero(&mut self, at: usize, length: usize) -> Read<()> {
        let end = at.checked_add(length).ok_or(StripError::Damaged)?;
        self.bytes.get_mut(at..end).ok_or(StripError::Damaged)?.fill(0);
        Ok(())
    }

    /// Overwrites what an entry points to, where that may tell the place; whether it did. A block
    /// that is cut short is overwritten as far as it goes.
    fn silence(&mut self, entry: usize) -> Read<bool> {
        let (tag, length) = (self.u16(entry)?, self.u32(entry + 4)?);
        if length <= 4 || !BLOCKS.contains(&tag) {
            return Ok(false);
        }
        let at = self.u32(entry + 8)?;
        let end = at.saturating_add(length).min(self.bytes.len());
        let block = self.bytes.get_mut(at..end).unwrap_or_default();
        let tells = block.iter().any(|byte| *byte != 0);
        block.fill(0);
        Ok(tells)
    }

    /// Overwrites a directory and what its entries point to.
    fn blank(&mut self, directory: usize) -> Read<()> {
        let count = usize::from(self.u16(directory)?);
        for at in 0..count {
            let entry = directory + 2 + at * ENTRY;
            let size = match self.u16(entry + 2)? {
                3 | 8 => 2,
                4 | 9 | 11 => 4,
                5 | 10 | 12 => 8,
                _ => 1,
            };
            let length = self.u32(entry + 4)?.checked_mul(size).ok_or(StripError::Damaged)?;
            if length > 4 {
                let value = self.u32(entry + 8)?;
                self.zero(value, length)?;
            }
        }
        self.zero(directory, 2 + count * ENTRY)
    }

    /// Takes an entry out of a directory: those behind it, and the pointer to the next directory,
    /// move up.
    fn remove(&mut self, directory: usize, at: usize) -> Read<()> {
        let count = self.u16(directory)?;
        let left = count.checked_sub(1).ok_or(StripError::Damaged)?;
        let bytes = if self.is_big_endian { left.to_be_bytes() } else { left.to_le_bytes() };
        let end = (directory + 2 + usize::from(count) * ENTRY + 4).min(self.bytes.len());
        let entry = directory + 2 + at * ENTRY;
        if entry + ENTRY > end {
            return Err(StripError::Damaged);
        }
        self.bytes.copy_within(entry + ENTRY..end, entry);
        self.zero(end - ENTRY, ENTRY)?;
        self.bytes
            .get_mut(directory..directory + 2)
            .ok_or(StripError::Damaged)?
            .copy_from_slice(&bytes);
        Ok(())
    }
}
