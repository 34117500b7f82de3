//! What is known of a photo's pictures, found by one look-up a tile and frame.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::atlas::Place;
use super::thumbnails::Thumbnail;
use crate::model::PhotoId;

/// All that is known, by photo.
pub(super) type Entries = HashMap<PhotoId, Entry, BuildHasherDefault<Mix>>;

/// Where a wish stands in a list of this frame.
#[derive(Clone, Copy, Default)]
pub(super) struct Wished {
    pub(super) frame: u64,
    pub(super) at: usize,
}

/// What is known of one photo's pictures.
#[derive(Default)]
pub(super) struct Entry {
    /// The decoded placeholder and the side it was decoded for.
    pub(super) blur: Option<(u32, Place)>,
    pub(super) preview: Option<Place>,
    pub(super) thumbnail: Option<Thumbnail>,
    /// The frame in which it was last painted or wished for.
    pub(super) touched: u64,
    /// The frame in which it was last painted.
    pub(super) painted: u64,
    /// Bitmaps that wait for the card.
    pub(super) preview_waits: bool,
    pub(super) thumbnail_waits: bool,
    pub(super) preview_wished: Wished,
    pub(super) thumbnail_wished: Wished,
    pub(super) ahead_wished: Wished,
}

/// Photos are told apart by two numbers that nobody chooses to annoy us: no more than a multiply
/// and a rotation each (Fibonacci hashing) is needed to spread them.
#[derive(Default)]
pub(super) struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_i64(&mut self, value: i64) {
        self.write_u64(value.cast_unsigned());
    }

    fn write_i32(&mut self, value: i32) {
        self.write_u64(u64::from(value.cast_unsigned()));
    }
}
