//! The order and geometry of the grid by themselves, without a window: for measuring them.
//!
//! Not what the grid itself works with (that is its timeline and its layout), but those two as the
//! grid uses them, under a front that a benchmark can hold.

use std::time::{Duration, Instant};

use super::grid::{Arrangement, Layout, Params, TileSize};
use super::timeline::{Edit, Entry, Order, TileId};
use crate::model::{AlbumId, MessageId, PhotoId};

/// A photo, as far as its place is concerned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Tells it from others.
    pub number: i32,
    /// Seconds of its wall clock since 1970.
    pub wall_seconds: i64,
    /// Width over height.
    pub aspect: f32,
}

impl Piece {
    const fn entry(&self) -> Entry {
        let id = PhotoId { album: AlbumId(1), message: MessageId(self.number) };
        let id = TileId::Photo(id);
        Entry { id, wall_seconds: self.wall_seconds, aspect: self.aspect, video: false }
    }
}

/// How tiles stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measures {
    /// Of the rows, physical pixels.
    pub width: u32,
    /// Physical pixels per point.
    pub scale: f64,
    /// The tile size, from 0 (XS) to 5 (XXL).
    pub size: usize,
    /// Squares instead of whole photos.
    pub squares: bool,
}

impl Measures {
    fn params(&self) -> Params {
        let arrangement = if self.squares { Arrangement::Squares } else { Arrangement::Justified };
        Params {
            width: self.width.into(),
            scale: self.scale,
            size: TileSize::at(self.size),
            arrangement,
            head: 0,
        }
    }
}

/// Photos in order and where they stand.
#[derive(Clone, Debug)]
pub struct Page {
    order: Order,
    layout: Layout,
}

impl Page {
    /// Orders photos; where they stand is a guess.
    #[must_use]
    pub fn of(pieces: impl IntoIterator<Item = Piece>, measures: &Measures) -> Self {
        let order: Order = pieces.into_iter().map(|piece| piece.entry()).collect();
        let layout = Layout::of(&order, &measures.params());
        Self { order, layout }
    }

    /// Lays everything out exactly.
    pub fn finish(&mut self) {
        self.layout.finish(&self.order);
    }

    /// A photo comes; what is around it is laid out. False if it is there already.
    pub fn insert(&mut self, piece: &Piece) -> bool {
        let Some(rank) = self.order.insert(&piece.entry()) else { return false };
        self.layout.apply(&self.order, Edit::Inserted(rank));
        self.look_at(rank);
        true
    }

    /// A photo goes; what was around it is laid out. False if it is not there.
    pub fn remove(&mut self, piece: &Piece) -> bool {
        let Some((rank, entry)) = self.order.remove(piece.entry().key()) else { return false };
        self.layout.apply(&self.order, Edit::Removed(rank, entry));
        self.look_at(rank.min(self.order.len().saturating_sub(1)));
        true
    }

    /// The tile of the photo at `rank` and everything beside it, exactly; its top on the page.
    pub fn look_at(&mut self, rank: usize) -> Option<i64> {
        let guess = self.layout.tile(rank)?;
        self.layout.make_exact(&self.order, guess.y, guess.y + guess.height);
        self.layout.tile(rank).map(|tile| tile.y)
    }

    /// Other measures: what a screen of `height` pixels around the photo at `rank` shows is exact
    /// at once.
    pub fn resize(&mut self, measures: &Measures, rank: usize, height: u32) {
        self.layout.set_params(&self.order, &measures.params());
        if let Some(y) = self.look_at(rank) {
            let height = i64::from(height);
            self.layout.make_exact(&self.order, y - height, y + height);
        }
    }

    /// Lays out more, nearest to the photo at `rank` first, for about so long; true while more is
    /// left to do.
    pub fn refine(&mut self, rank: usize, budget: Duration) -> bool {
        let y = self.layout.tile(rank).map_or(0, |tile| tile.y);
        self.layout.refine(&self.order, y, Instant::now() + budget)
    }

    /// The height of the page, physical pixels.
    #[must_use]
    pub const fn height(&self) -> i64 {
        self.layout.height()
    }

    /// How many photos there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.order.len() == 0
    }
}
