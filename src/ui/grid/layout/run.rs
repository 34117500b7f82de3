//! A run: some hundred photos of one section whose rows are broken independently of all others, so
//! that a photo that comes or goes moves nothing beyond its run.
//!
//! A run is exact once its rows have been broken; before that it is a guess of even rows, made from
//! the sum of its aspect ratios. Squares are even rows, and exact from the beginning.

use std::ops::AddAssign;

use super::breaks::Breaker;
use super::geometry::{Geometry, LAST_GROWS};
use super::{Row, Tile};
use crate::ui::timeline::{ASPECT_UNIT, Summed, Totals};

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// The day, or the first day of the month, that it is part of.
    pub(super) section: i64,
    pub(super) totals: Totals,
    /// Whether it is the first of its section, under the header.
    pub(super) opens: bool,
    /// Whether it is the last of its section.
    pub(super) closes: bool,
    /// With its header and what is free below it.
    height: i64,
    is_exact: bool,
    /// Photos in an even row, and its height.
    even: (usize, i64),
    /// The rows of an exact run of justified rows, and the right edge of each tile.
    rows: Vec<Break>,
    edges: Vec<u16>,
}

/// A justified row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Break {
    /// Below the top of the first row.
    y: i32,
    height: u16,
    first: u16,
}

/// What some runs add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RunSum {
    pub(super) photos: usize,
    pub(super) videos: usize,
    pub(super) drafts: usize,
    pub(super) sections: usize,
    /// Runs that are guesses.
    pub(super) guesses: usize,
    pub(super) height: i64,
}

impl AddAssign for RunSum {
    fn add_assign(&mut self, other: Self) {
        self.photos += other.photos;
        self.videos += other.videos;
        self.drafts += other.drafts;
        self.sections += other.sections;
        self.guesses += other.guesses;
        self.height += other.height;
    }
}

impl Summed for Run {
    type Sum = RunSum;

    fn sum(&self) -> RunSum {
        RunSum {
            photos: self.totals.entries,
            videos: self.totals.videos,
            drafts: self.totals.drafts,
            sections: usize::from(self.opens),
            guesses: usize::from(!self.is_exact),
            height: self.height,
        }
    }
}

impl Run {
    /// A guess, the only run of its section.
    pub(super) fn new(section: i64, totals: Totals, geometry: &Geometry) -> Self {
        let mut this = Self {
            section,
            totals,
            opens: true,
            closes: true,
            height: 0,
            is_exact: false,
            even: (1, 1),
            rows: Vec::new(),
            edges: Vec::new(),
        };
        this.guess(geometry);
        this
    }

    pub(super) const fn is_exact(&self) -> bool {
        self.is_exact
    }

    const fn photos(&self) -> usize {
        self.totals.entries
    }

    /// Goes back to even rows, which squares are anyhow.
    pub(super) fn guess(&mut self, geometry: &Geometry) {
        self.is_exact = geometry.columns.is_some();
        self.even = match geometry.columns {
            Some(columns) => (columns, geometry.side(columns)),
            None => self.even_rows(geometry),
        };
        let rows = self.photos().div_ceil(self.even.0.max(1));
        self.set_height(geometry, rows_height(rows, self.even.1, geometry.gap));
    }

    /// As many photos in a row as there would be at the target height.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a run's few hundred photos"
    )]
    fn even_rows(&self, geometry: &Geometry) -> (usize, i64) {
        let (photos, gap) = (self.photos() as f64, geometry.gap as f64);
        let aspects = self.totals.aspects as f64 / f64::from(ASPECT_UNIT);
        let row = geometry.width as f64 + gap;
        let full = aspects.mul_add(geometry.target, gap * photos) / row;
        let rows = if self.closes { full.ceil() } else { full.round() }.clamp(1.0, photos.max(1.0));
        let natural = row.mul_add(rows, -gap * photos) / aspects.max(1e-6);
        let kept = self.closes && natural > geometry.target * LAST_GROWS;
        let height = if kept { geometry.target } else { natural };
        let columns = (photos / rows).ceil().max(1.0);
        // The same page, were the last of the rows as full as the others.
        let whole = height.mul_add(rows, gap * (rows - 1.0));
        let even = (photos / columns).ceil();
        let height = (whole - gap * (even - 1.0)) / even.max(1.0);
        (columns as usize, (height.round() as i64).max(1))
    }

    fn set_height(&mut self, geometry: &Geometry, rows: i64) {
        let below = if self.closes { geometry.after_section } else { geometry.gap };
        self.height = self.top(geometry) + rows + below;
    }

    /// Where its rows begin, below its top.
    const fn top(&self, geometry: &Geometry) -> i64 {
        if self.opens { geometry.header } else { 0 }
    }

    /// Breaks its rows; `breaker` holds its photos.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a page's width, a run's few hundred photos"
    )]
    pub(super) fn break_rows(&mut self, geometry: &Geometry, breaker: &mut Breaker) {
        self.rows.clear();
        self.edges.clear();
        self.is_exact = true;
        let (width, gap) = (geometry.width as f64, geometry.gap);
        let mut y = 0_i64;
        let mut first = 0_usize;
        let (ends, aspects) = breaker.ends(geometry, self.closes);
        let last_row = ends.len().saturating_sub(1);
        for (row, end) in ends.iter().map(|end| usize::from(*end)).enumerate() {
            let photos = aspects.get(first..end).unwrap_or(&[]);
            let sum: u32 = photos.iter().map(|aspect| u32::from(*aspect)).sum();
            let gaps = gap as f64 * (photos.len().saturating_sub(1)) as f64;
            let natural = (width - gaps) * f64::from(ASPECT_UNIT) / f64::from(sum.max(1));
            let keeps = self.closes && row == last_row && natural > geometry.target * LAST_GROWS;
            let exact = if keeps { geometry.target } else { natural };
            let per_unit = exact / f64::from(ASPECT_UNIT);
            let (mut so_far, mut left, mut edge) = (0_u32, 0_i64, 0.0_f64);
            for aspect in photos {
                so_far += u32::from(*aspect);
                // Rounded: both are positive.
                let right = (f64::from(so_far).mul_add(per_unit, edge) + 0.5) as i64;
                let right = right.max(left + 1);
                self.edges.push(right as u16);
                left = right + gap;
                edge += gap as f64;
            }
            if !keeps && let Some(right) = self.edges.last_mut() {
                *right = geometry.width.max(left - gap) as u16;
            }
            let height = ((exact + 0.5) as i64).clamp(1, i64::from(u16::MAX));
            self.rows.push(Break { y: y as i32, height: height as u16, first: first as u16 });
            y += height + gap;
            first = end;
        }
        self.set_height(geometry, (y - gap).max(0));
    }
}

#[expect(clippy::cast_possible_wrap, reason = "rows of a library")]
const fn rows_height(rows: usize, height: i64, gap: i64) -> i64 {
    let rows = rows as i64;
    if rows == 0 { 0 } else { rows * (height + gap) - gap }
}

/// A run where it stands on the page.
#[derive(Clone, Copy)]
pub(super) struct Placed<'a> {
    pub(super) run: &'a Run,
    pub(super) geometry: &'a Geometry,
    /// Its top on the page.
    pub(super) y: i64,
    /// The rank of its first photo.
    pub(super) first: usize,
}

impl<'a> Placed<'a> {
    pub(super) const fn bottom(&self) -> i64 {
        self.y + self.run.height
    }

    /// Where rows are broken, as opposed to even.
    fn broken(&self) -> Option<&'a [Break]> {
        let is_broken = self.run.is_exact && self.geometry.columns.is_none();
        is_broken.then_some(self.run.rows.as_slice())
    }

    pub(super) fn row_count(&self) -> usize {
        let (columns, _) = self.run.even;
        self.broken().map_or_else(|| self.run.photos().div_ceil(columns), <[Break]>::len)
    }

    /// A row by its place in the run.
    #[expect(clippy::cast_possible_wrap, reason = "rows of a library")]
    pub(super) fn row(&self, row: usize) -> Option<Row> {
        let top = self.y + self.run.top(self.geometry);
        let photos = self.run.photos();
        if let Some(rows) = self.broken() {
            let this = rows.get(row)?;
            let end = rows.get(row + 1).map_or(photos, |next| usize::from(next.first));
            let first = usize::from(this.first);
            return Some(Row {
                y: top + i64::from(this.y),
                height: this.height.into(),
                first: self.first + first,
                count: end - first,
            });
        }
        let (columns, height) = self.run.even;
        let first = row.checked_mul(columns).filter(|first| *first < photos)?;
        Some(Row {
            y: top + row as i64 * (height + self.geometry.gap),
            height,
            first: self.first + first,
            count: columns.min(photos - first),
        })
    }

    /// The first row whose bottom is below `y`; beyond the last, how many there are.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    pub(super) fn row_below(&self, y: i64) -> usize {
        let y = y.saturating_sub(self.y + self.run.top(self.geometry));
        self.broken().map_or_else(
            || {
                let (_, height) = self.run.even;
                // The gap above a row belongs to it.
                let row = y.saturating_add(self.geometry.gap) / (height + self.geometry.gap);
                (row.max(0) as usize).min(self.row_count())
            },
            |rows| rows.partition_point(|row| i64::from(row.y) + i64::from(row.height) <= y),
        )
    }

    /// The row of a photo.
    pub(super) fn row_of(&self, photo: usize) -> usize {
        let photo = photo.saturating_sub(self.first);
        let (columns, _) = self.run.even;
        self.broken().map_or_else(
            || photo / columns.max(1),
            |rows| rows.partition_point(|row| usize::from(row.first) <= photo).saturating_sub(1),
        )
    }

    /// Rows that touch `from..to`.
    pub(super) fn rows_between(self, from: i64, to: i64) -> impl Iterator<Item = Row> + use<'a> {
        (self.row_below(from)..).map_while(move |row| self.row(row)).take_while(move |r| r.y < to)
    }

    /// The tile of a photo in `row`.
    pub(super) fn tile(&self, row: &Row, photo: usize) -> Option<Tile> {
        let in_row = photo.checked_sub(row.first).filter(|n| *n < row.count)?;
        let (x, width) = if self.broken().is_some() {
            let edge = |photo: usize| {
                let edge = self.run.edges.get(photo - self.first);
                edge.map_or(0, |edge| i64::from(*edge))
            };
            let left = if in_row == 0 { 0 } else { edge(photo - 1) + self.geometry.gap };
            (left, edge(photo) - left)
        } else {
            self.geometry.column(in_row, self.run.even.0)
        };
        Some(Tile { x, y: row.y, width, height: row.height })
    }
}
