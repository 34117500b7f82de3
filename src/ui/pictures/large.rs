//! Large pictures as sets of textures: no texture exceeds what the card allows, no frame uploads
//! more than its budget.
//!
//! A picture for the screen is brought to the card whole and then let go of. An original stays in
//! memory for as long as it is looked at (its decoded pixels and a third more for its smaller
//! copies, see `halves`), and only what is seen of it is on the card, from the copy that has as
//! many pixels as the screen: never more than four times the screen's pixels, whatever its size,
//! beside [`KEPT`] of what was seen last. Window thread only.

mod halves;
mod piece;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use egui::{Context, Rect, TextureId, Vec2};

use self::halves::Halves;
use self::piece::{Grid, Piece};
use crate::model::{Bitmap, PhotoId, PixelSize, Rendition};

/// Bytes of pictures for the screen kept as textures; what is on screen or wished for stays,
/// whatever it takes.
const SCREENS: usize = 160 << 20;
/// Bytes of pieces of an original that stay on the card after they were seen.
const KEPT: usize = 48 << 20;
/// What was of use in so many last frames stays.
const FRESH: u64 = 2;
/// Beyond so many physical pixels a pixel, pixels are shown as what they are.
const PLAIN_PIXELS: f32 = 4.0;

type Key = (PhotoId, Rendition);

/// What of a picture is seen, and how large.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight {
    /// The part that is in view, in shares of the whole.
    pub(crate) part: Rect,
    /// Physical pixels that the whole takes.
    pub(crate) pixels: Vec2,
    /// Whether it fades in, having come while something else was shown in its place.
    pub(crate) fades: bool,
}

/// A part of a picture to paint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tile {
    pub(crate) texture: TextureId,
    /// Where it belongs, in shares of the whole.
    pub(crate) part: Rect,
    pub(crate) uv: Rect,
}

/// What there is to paint of a picture.
#[derive(Debug, Default)]
pub(crate) struct Tiles {
    pub(crate) parts: Vec<Tile>,
    /// How much of it shows, 0..=1.
    pub(crate) share: f32,
    /// Whether nothing is seen of what lies under it.
    pub(crate) covers: bool,
}

/// A picture that has come.
#[derive(Clone, Debug)]
pub(super) struct Arrived {
    pub(super) bitmap: Arc<Bitmap>,
    /// The photo's own size, where this has fewer pixels to spare memory.
    pub(super) reduced_from: Option<PixelSize>,
    /// The file has only a part of it.
    pub(super) is_damaged: bool,
    /// Only a part of the original is in it.
    pub(super) partial: bool,
}

/// What a frame allows, and when it is.
pub(super) struct Frame<'a> {
    pub(super) ctx: &'a Context,
    pub(super) number: u64,
    pub(super) now: f64,
    /// How long a picture takes to fade in, seconds.
    pub(super) fade: f64,
    /// Bytes that may still go to the card.
    pub(super) budget: usize,
}

/// The large pictures that are there.
#[derive(Default)]
pub(super) struct Larges {
    pictures: HashMap<Key, Large>,
    /// The size last asked for: an original may be smaller than any wish.
    asked: HashMap<Key, PixelSize>,
    /// What is wished for, most wanted first, whether it is there or not.
    order: Vec<Key>,
}

impl Larges {
    /// Begins a frame in which wishes are stated anew.
    pub(super) fn begin_frame(&mut self, frame: u64) {
        self.evict(frame);
        self.order.clear();
    }

    pub(super) fn asked(&mut self, key: Key, fit: PixelSize) {
        self.asked.insert(key, fit);
    }

    /// Takes in a picture. The old one stays until the new one is whole.
    pub(super) fn put(&mut self, key: Key, arrived: Arrived, frame: u64) {
        let asked = self.asked.get(&key).copied().unwrap_or_default();
        if !arrived.partial {
            self.asked.remove(&key);
        }
        match self.pictures.get_mut(&key) {
            Some(old) if old.is_of(&arrived) => {}
            Some(old) => {
                let mut better = Large::new(key.1, arrived, asked, frame);
                // Of one that was never seen nothing is kept.
                let old_better = old.better.take();
                if old.began.is_none() && old_better.is_none() && !old.is_whole() {
                    *old = better;
                } else {
                    better.began = Some(f64::NEG_INFINITY);
                    old.better = Some(Box::new(better));
                }
            }
            None => drop(self.pictures.insert(key, Large::new(key.1, arrived, asked, frame))),
        }
    }

    /// Brings pictures for the screen to the card, most wanted first: the first alone, or all.
    pub(super) fn upload(&mut self, frame: &mut Frame<'_>, first_alone: bool) {
        let most = if first_alone { 1 } else { usize::MAX };
        for key in self.order.iter().take(most) {
            if let Some(large) = self.pictures.get_mut(key).filter(|large| large.is_for_screen()) {
                large.upload_whole(frame);
            }
        }
    }

    /// Whether something that is wished for waits for the card.
    pub(super) fn are_waiting(&self) -> bool {
        self.order.iter().any(|key| {
            let large = self.pictures.get(key).filter(|large| large.is_for_screen());
            large.is_some_and(|large| !large.is_whole())
        })
    }

    /// Lets go of originals that nobody looks at, and of the oldest pictures for the screen while
    /// there are more than the budget.
    fn evict(&mut self, frame: u64) {
        let is_fresh = |large: &Large| large.used + FRESH >= frame;
        self.pictures.retain(|_, large| large.is_for_screen() || is_fresh(large));
        let screens = self.pictures.values().filter(|large| large.is_for_screen());
        let mut total: usize = screens.map(Large::bytes).sum();
        while total > SCREENS {
            let old = self.pictures.iter().filter(|(_, large)| !is_fresh(large));
            let Some(oldest) = old.min_by_key(|(_, large)| large.used).map(|(key, _)| *key) else {
                break;
            };
            if let Some(large) = self.pictures.remove(&oldest) {
                total -= large.bytes();
            }
        }
        self.asked.retain(|key, _| self.order.contains(key) || self.pictures.contains_key(key));
    }

    /// Bytes of all textures, those that are about to be included.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.pictures.values().map(Large::bytes).sum()
    }

    /// Bytes of decoded pixels that are held in memory.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.pictures.values().map(Large::held).sum()
    }

    pub(super) fn photos(&self) -> impl Iterator<Item = PhotoId> {
        self.pictures.keys().map(|(id, _)| *id)
    }

    pub(super) fn forget(&mut self, photo: PhotoId) {
        self.pictures.retain(|(id, _), _| *id != photo);
    }

    /// What there is to paint of it; it counts as used.
    pub(super) fn show(
        &mut self,
        key: Key,
        sight: &Sight,
        frame: &mut Frame<'_>,
    ) -> Option<(Tiles, bool)> {
        let large = self.pictures.get_mut(&key)?;
        large.used = frame.number;
        large.show(sight, frame)
    }

    /// The picture, if it is there.
    pub(super) fn get(&self, key: Key) -> Option<&Large> {
        self.pictures.get(&key)
    }

    /// It counts as used.
    pub(super) fn keep(&mut self, key: Key, frame: u64) {
        if let Some(large) = self.pictures.get_mut(&key) {
            large.used = frame;
        }
    }

    /// Whether there is (about to be) as much of it as `fit` asks for. It is wished for, so it
    /// counts as used.
    pub(super) fn covers(&mut self, key: Key, fit: PixelSize, frame: u64) -> bool {
        self.order.push(key);
        let Some(large) = self.pictures.get_mut(&key) else { return false };
        large.used = frame;
        large.covers(fit)
    }
}

/// One picture.
pub(crate) struct Large {
    rendition: Rendition,
    size: PixelSize,
    /// The photo's own size, where this has fewer pixels to spare memory.
    reduced_from: Option<PixelSize>,
    is_damaged: bool,
    /// Only a part of the original is in it.
    partial: bool,
    /// What was asked for when it was made; it may be smaller.
    asked: PixelSize,
    /// Its pixels: until all are on the card, or for as long as it is there.
    source: Option<Arc<Bitmap>>,
    halves: Halves,
    /// By smaller copy, column and row.
    pieces: HashMap<(usize, u32, u32), Piece>,
    /// When it was first shown.
    began: Option<f64>,
    used: u64,
    better: Option<Box<Large>>,
}

impl Large {
    fn new(rendition: Rendition, arrived: Arrived, asked: PixelSize, frame: u64) -> Self {
        let Arrived { bitmap, reduced_from, is_damaged, partial } = arrived;
        Self {
            rendition,
            size: bitmap.size(),
            reduced_from,
            is_damaged,
            partial,
            asked,
            source: Some(bitmap),
            halves: Halves::default(),
            pieces: HashMap::new(),
            began: None,
            used: frame,
            better: None,
        }
    }

    /// Its own size.
    pub(crate) const fn size(&self) -> PixelSize {
        self.size
    }

    /// The photo's size, where it has more pixels than this.
    pub(crate) const fn reduced_from(&self) -> Option<PixelSize> {
        self.reduced_from
    }

    /// Whether the file has only a part of the picture.
    pub(crate) const fn is_damaged(&self) -> bool {
        self.is_damaged
    }

    /// Whether all of the original went into it.
    pub(crate) const fn is_partial(&self) -> bool {
        self.partial
    }

    fn is_of(&self, arrived: &Arrived) -> bool {
        let newest = self.better.as_deref().unwrap_or(self);
        let is_same =
            newest.source.as_ref().is_some_and(|source| Arc::ptr_eq(source, &arrived.bitmap));
        is_same && newest.partial == arrived.partial
    }

    /// Whether all of it goes to the card, and its pixels are let go of.
    fn is_for_screen(&self) -> bool {
        self.rendition == Rendition::Screen
    }

    fn covers(&self, fit: PixelSize) -> bool {
        let newest = self.better.as_deref().unwrap_or(self);
        // So little less that nobody sees it: the engine does not send another one, either.
        let reaches = |have: u32, fit: u32| u64::from(have + 1) * 9 >= u64::from(fit) * 8;
        let is_large =
            |size: &PixelSize| reaches(size.width, fit.width) && reaches(size.height, fit.height);
        let enough = !self.is_for_screen() || [newest.size, newest.asked].iter().any(is_large);
        enough && !newest.partial
    }

    fn bytes(&self) -> usize {
        let on_card: usize = self.pieces.values().map(Piece::bytes).sum();
        let own = if self.is_for_screen() { on_card.max(bytes(self.size)) } else { on_card };
        own + self.better.as_ref().map_or(0, |better| better.bytes())
    }

    #[cfg(test)]
    fn held(&self) -> usize {
        let source = self.source.as_ref().map_or(0, |bitmap| bitmap.rgba().len());
        source + self.halves.bytes() + self.better.as_ref().map_or(0, |better| better.held())
    }

    /// Whether all of it is on the card.
    pub(crate) const fn is_whole(&self) -> bool {
        self.source.is_none() && self.better.is_none()
    }

    /// Uploads all of it while the budget lasts, and lets go of its pixels then.
    fn upload_whole(&mut self, frame: &mut Frame<'_>) {
        if let Some(better) = &mut self.better {
            better.upload_whole(frame);
            if better.is_whole()
                && let Some(better) = self.better.take()
            {
                *self = Self { used: self.used, began: self.began, ..*better };
            }
            return;
        }
        let Some(source) = self.source.clone() else { return };
        let grid = Grid::new(&source, self.size, 0, frame.ctx);
        if self.upload(&grid, &source, grid.all(), false, frame) {
            self.source = None;
        }
    }

    /// Uploads pieces while the budget lasts; true when all are there.
    fn upload(
        &mut self,
        grid: &Grid,
        source: &Bitmap,
        places: impl Iterator<Item = (u32, u32)>,
        plain: bool,
        frame: &mut Frame<'_>,
    ) -> bool {
        for (x, y) in places {
            let key = (grid.level, x, y);
            let there = self.pieces.get_mut(&key).filter(|piece| piece.is_plain() == plain);
            if let Some(piece) = there {
                piece.used = frame.number;
                continue;
            }
            if frame.budget == 0 {
                return false;
            }
            let old = self.pieces.remove(&key);
            let Some(piece) = grid.piece(source, x, y, plain, old, frame) else { continue };
            frame.budget = frame.budget.saturating_sub(piece.bytes());
            self.pieces.insert(key, piece);
        }
        true
    }

    /// What there is to paint, and whether more is to come.
    fn show(&mut self, sight: &Sight, frame: &mut Frame<'_>) -> Option<(Tiles, bool)> {
        let (level, more) = if self.is_for_screen() {
            self.upload_whole(frame);
            // Half a picture over another is a sight; where there is none it is none, either.
            if self.source.is_some() {
                return None;
            }
            (0, self.better.is_some())
        } else {
            self.upload_seen(sight, frame)?
        };
        let grid = Grid::of(self.size, level, frame.ctx);
        let mut tiles = Tiles::default();
        let mut seen = 0;
        for place in grid.within(sight.part) {
            seen += 1;
            if let Some(piece) = self.pieces.get(&(level, place.0, place.1)) {
                tiles.parts.push(piece.tile());
            }
        }
        let began = if sight.fades { frame.now } else { f64::NEG_INFINITY };
        let began = *self.began.get_or_insert(began);
        tiles.share = super::share(frame.now - began, frame.fade);
        tiles.covers = tiles.parts.len() == seen && tiles.share >= 1.0;
        let more = more || tiles.parts.len() < seen || tiles.share < 1.0;
        (!tiles.parts.is_empty()).then_some((tiles, more))
    }

    /// Brings what is seen to the card, from the copy that has as many pixels as the screen, the
    /// middle first; then a little around it.
    fn upload_seen(&mut self, sight: &Sight, frame: &mut Frame<'_>) -> Option<(usize, bool)> {
        if let Some(better) = self.better.take() {
            *self = Self { used: self.used, began: self.began, ..*better };
        }
        let whole = self.source.clone()?;
        let magnified = magnified(sight, self.size);
        let copies = self.halves.get(frame.ctx, &whole).to_vec();
        let wanted = level_for(magnified);
        if wanted > copies.len() && self.halves.are_coming() {
            return None;
        }
        let level = wanted.min(copies.len());
        let source = if level == 0 { whole } else { copies.get(level - 1)?.clone() };
        let grid = Grid::new(&source, self.size, level, frame.ctx);
        let plain = level == 0 && magnified > PLAIN_PIXELS;
        let middle_first = grid.middle_first(sight.part);
        let seen = self.upload(&grid, &source, middle_first.into_iter(), plain, frame);
        // What comes into view next is there already.
        let spared = frame.budget / 4 * 3;
        frame.budget -= spared;
        let next = seen && self.upload(&grid, &source, grid.around(sight.part), plain, frame);
        frame.budget += spared;
        self.trim(frame.number);
        Some((level, !next))
    }

    /// Lets go of pieces that have not been seen for longest.
    fn trim(&mut self, frame: u64) {
        let mut total: usize = self.pieces.values().map(Piece::bytes).sum();
        let mut old: Vec<_> = self
            .pieces
            .iter()
            .filter(|(_, piece)| piece.used + FRESH < frame)
            .map(|(key, piece)| (piece.used, *key))
            .collect();
        old.sort_unstable();
        for (_, key) in old {
            if total <= KEPT {
                break;
            }
            total -= self.pieces.remove(&key).map_or(0, |piece| piece.bytes());
        }
    }
}

fn bytes(size: PixelSize) -> usize {
    usize::try_from(size.pixels() * 4).unwrap_or(usize::MAX)
}

/// Physical pixels that a pixel of a picture takes.
#[expect(clippy::cast_precision_loss, reason = "sides of a picture")]
fn magnified(sight: &Sight, size: PixelSize) -> f32 {
    let x = sight.pixels.x / size.width.max(1) as f32;
    x.max(sight.pixels.y / size.height.max(1) as f32)
}

/// How often a picture is halved before it is painted at `magnified`: never so often that it would
/// have to be made larger again.
fn level_for(magnified: f32) -> usize {
    let (mut level, mut share) = (0, magnified);
    while share <= 0.5 && level < 16 {
        share *= 2.0;
        level += 1;
    }
    level
}
