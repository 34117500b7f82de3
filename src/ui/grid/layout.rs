//! Where every tile stands: justified rows or squares, day by day, in whole physical pixels.
//!
//! Pure: an order of entries and a width in, rectangles out. Positions are integers (i64 down the
//! page), so a million photos lose no precision. Nothing here knows egui.
//!
//! A section (a day or a month) consists of runs that are laid out independently. What a run's rows
//! are is found out when somebody looks at it; until then its height is a guess. So nothing here
//! takes longer than what is on screen asks for, and a photo that comes or goes costs its run.

mod breaks;
mod edit;
mod geometry;
mod run;
#[cfg(test)]
mod tests;

use std::time::Instant;

use self::breaks::Breaker;
use self::geometry::Geometry;
use self::run::{Placed, Run};
use super::size::{Arrangement, TileSize};
use crate::ui::timeline::{Order, SumList};

/// What a layout depends on besides the photos.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Params {
    /// Width of the rows, physical pixels.
    pub(crate) width: i64,
    /// Physical pixels per point.
    pub(crate) scale: f64,
    pub(crate) size: TileSize,
    pub(crate) arrangement: Arrangement,
    /// Kept free above the first header, physical pixels.
    pub(crate) head: i64,
}

/// A row of tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Top edge, physical pixels from the top of the page.
    pub(crate) y: i64,
    pub(crate) height: i64,
    /// Index of its first photo.
    pub(crate) first: usize,
    pub(crate) count: usize,
}

/// A day, or a month, with its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// Top of the header.
    pub(crate) y: i64,
    /// Bottom of its last row.
    pub(crate) end: i64,
    /// The day, or the first day of the month; days since 1970.
    pub(crate) day: i64,
    pub(crate) first: usize,
    pub(crate) count: usize,
    /// How many of them are videos.
    pub(crate) videos: usize,
    /// How many of them are files on their way.
    pub(crate) drafts: usize,
}

/// A tile's rectangle, physical pixels on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tile {
    pub(crate) x: i64,
    pub(crate) y: i64,
    pub(crate) width: i64,
    pub(crate) height: i64,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    runs: SumList<Run>,
    geometry: Geometry,
    breaker: Breaker,
    /// Grows whenever anything may stand elsewhere.
    revision: u64,
    /// Grows when other photos stand in it.
    edition: u64,
}

impl Layout {
    /// A number that grows when photos come, go or move in time.
    pub(crate) const fn edition(&self) -> u64 {
        self.edition
    }

    /// The height of the whole page.
    pub(crate) const fn height(&self) -> i64 {
        self.geometry.head + self.runs.total().height
    }

    /// Whether every row of the page has been broken.
    pub(crate) const fn is_exact(&self) -> bool {
        self.runs.total().guesses == 0
    }

    /// Breaks the rows that touch `from..to`. What lies below moves by what the guess was wrong;
    /// true if anything did.
    pub(crate) fn make_exact(&mut self, order: &Order, from: i64, to: i64) -> bool {
        let before = self.revision;
        let mut next = self.run_below(from).map_or(0, |(run, _)| run);
        while let Some(placed) = self.placed(next).filter(|placed| placed.y < to) {
            if !placed.run.is_exact() {
                self.break_run(order, next);
            }
            next += 1;
        }
        self.revision != before
    }

    /// Breaks rows that are nearest to `y` until all are broken or it is `until`; true while some
    /// are left.
    pub(crate) fn refine(&mut self, order: &Order, y: i64, until: Instant) -> bool {
        let Some((here, _)) = self.run_below(y) else { return false };
        while !self.is_exact() && Instant::now() < until {
            let count = self.runs.before(here).guesses;
            let below = self.runs.find(|through| through.guesses > count);
            let above = self.runs.find(|through| through.guesses >= count).filter(|_| count > 0);
            let nearest = match (above, below) {
                (Some((above, _)), Some((below, _))) if here - above < below - here => Some(above),
                (above, below) => below.or(above).map(|(run, _)| run),
            };
            let Some(run) = nearest else { break };
            self.break_run(order, run);
        }
        !self.is_exact()
    }

    /// Breaks every row of the page.
    pub(crate) fn finish(&mut self, order: &Order) {
        let (geometry, breaker) = (self.geometry, &mut self.breaker);
        let mut slices = order.slices_from(0);
        let mut slice = slices.next().unwrap_or(&[]);
        self.runs.update_all(|run| {
            breaker.begin();
            let mut left = run.totals.entries;
            while left > 0 {
                let (these, rest) = slice.split_at(left.min(slice.len()));
                breaker.push(these);
                left -= these.len();
                slice = rest;
                if slice.is_empty() {
                    let Some(next) = slices.next() else { break };
                    slice = next;
                }
            }
            if !run.is_exact() {
                run.break_rows(&geometry, breaker);
            }
        });
        self.revision += 1;
    }

    fn break_run(&mut self, order: &Order, run: usize) {
        let first = self.runs.before(run).photos;
        let (geometry, breaker) = (&self.geometry, &mut self.breaker);
        self.runs.update(run, |run| {
            breaker.begin();
            let mut left = run.totals.entries;
            for slice in order.slices_from(first) {
                let slice = slice.get(..left).unwrap_or(slice);
                breaker.push(slice);
                left -= slice.len();
                if left == 0 {
                    break;
                }
            }
            run.break_rows(geometry, breaker);
        });
        self.revision += 1;
    }

    /// The run that holds `y`, or the first one below it, and where it begins.
    fn run_below(&self, y: i64) -> Option<(usize, Placed<'_>)> {
        let head = self.geometry.head;
        let (run, _) = self.runs.find(|through| head + through.height > y)?;
        Some((run, self.placed(run)?))
    }

    /// The run that holds a photo.
    fn run_of(&self, photo: usize) -> Option<(usize, Placed<'_>)> {
        let (run, _) = self.runs.find(|through| through.photos > photo)?;
        Some((run, self.placed(run)?))
    }

    fn placed(&self, run: usize) -> Option<Placed<'_>> {
        let before = self.runs.before(run);
        Some(Placed {
            run: self.runs.get(run)?,
            geometry: &self.geometry,
            y: self.geometry.head + before.height,
            first: before.photos,
        })
    }

    /// Runs from one on, with where they stand.
    fn placed_from(&self, run: usize) -> impl Iterator<Item = Placed<'_>> {
        let before = self.runs.before(run);
        let (mut y, mut first) = (self.geometry.head + before.height, before.photos);
        self.runs.iter_from(run).map(move |run| {
            let placed = Placed { run, geometry: &self.geometry, y, first };
            (y, first) = (placed.bottom(), first + run.totals.entries);
            placed
        })
    }

    /// The rows that touch `from..to`.
    pub(crate) fn rows_between(&self, from: i64, to: i64) -> impl Iterator<Item = Row> {
        let start = self.run_below(from).map_or(self.runs.len(), |(run, _)| run);
        self.placed_from(start)
            .take_while(move |placed| placed.y < to)
            .flat_map(move |placed| placed.rows_between(from, to))
    }

    /// How many sections there are.
    #[cfg(test)]
    pub(crate) const fn section_count(&self) -> usize {
        self.runs.total().sections
    }

    /// A section by its place, newest first.
    pub(crate) fn section(&self, section: usize) -> Option<Section> {
        let (run, before) = self.runs.find(|through| through.sections > section)?;
        // A run belongs to one section alone: the next section begins with a run.
        let after = self
            .runs
            .find(|through| through.sections > section + 1)
            .map_or_else(|| self.runs.total(), |(_, before)| before);
        let y = self.geometry.head + before.height;
        Some(Section {
            y,
            end: self.geometry.head + after.height - self.geometry.after_section,
            day: self.runs.get(run)?.section,
            first: before.photos,
            count: after.photos - before.photos,
            videos: after.videos - before.videos,
            drafts: after.drafts - before.drafts,
        })
    }

    fn section_of_run(&self, run: usize) -> usize {
        self.runs.before(run + 1).sections.saturating_sub(1)
    }

    /// The place of the section that holds `y`, or of the last one before it.
    pub(crate) fn section_index_at(&self, y: i64) -> usize {
        let run = self.run_below(y).map_or(self.runs.len(), |(run, _)| run);
        self.section_of_run(run)
    }

    /// The section that holds `y`, or the last one before it.
    pub(crate) fn section_at(&self, y: i64) -> Option<Section> {
        self.section(self.section_index_at(y))
    }

    /// The sections that touch `from..to`.
    pub(crate) fn sections_between(&self, from: i64, to: i64) -> impl Iterator<Item = Section> {
        (self.section_index_at(from)..)
            .map_while(|section| self.section(section))
            .take_while(move |section| section.y < to)
            .filter(move |section| section.end >= from)
    }

    /// The tile of the photo at `index`.
    pub(crate) fn tile(&self, index: usize) -> Option<Tile> {
        let (_, placed) = self.run_of(index)?;
        placed.tile(&placed.row(placed.row_of(index))?, index)
    }

    /// The tiles of a row and the photos in them.
    pub(crate) fn tiles_of(&self, row: Row) -> impl Iterator<Item = (usize, Tile)> {
        let placed = self.run_of(row.first).map(|(_, placed)| placed);
        let photos = row.first..row.first + row.count;
        photos.filter_map(move |photo| Some((photo, placed?.tile(&row, photo)?)))
    }

    /// The photo whose tile is nearest to `x`, `y`.
    pub(crate) fn nearest(&self, x: i64, y: i64) -> Option<usize> {
        let here = self.run_below(y).map_or(self.runs.len(), |(run, _)| run);
        let below = self.placed_from(here).find_map(|placed| placed.row(placed.row_below(y)));
        let row = below.or_else(|| self.last_row())?;
        self.nearest_in(row, x)
    }

    fn last_row(&self) -> Option<Row> {
        let placed = self.placed(self.runs.len().checked_sub(1)?)?;
        placed.row(placed.row_count().checked_sub(1)?)
    }

    fn nearest_in(&self, row: Row, x: i64) -> Option<usize> {
        let off = |tile: Tile| (tile.x - x).max(x - tile.x - tile.width).max(0);
        self.tiles_of(row).min_by_key(|(_, tile)| off(*tile)).map(|(photo, _)| photo)
    }

    /// The photo `rows` further down (or up) that stands nearest under (or over) the one at
    /// `index`.
    pub(crate) fn step_rows(&self, index: usize, rows: isize) -> Option<usize> {
        let (mut run, mut placed) = self.run_of(index)?;
        let row = placed.row_of(index);
        let tile = placed.tile(&placed.row(row)?, index)?;
        let Some(mut to) = row.checked_add_signed(rows) else {
            return self.step_up(run, rows.unsigned_abs() - row, tile.x + tile.width / 2);
        };
        while to >= placed.row_count() {
            let Some(next) = self.placed(run + 1) else {
                to = placed.row_count().saturating_sub(1);
                break;
            };
            to -= placed.row_count();
            (run, placed) = (run + 1, next);
        }
        self.nearest_in(placed.row(to)?, tile.x + tile.width / 2)
    }

    /// The photo `rows` above the first row of a run.
    fn step_up(&self, run: usize, mut rows: usize, x: i64) -> Option<usize> {
        for run in (0..run).rev() {
            let placed = self.placed(run)?;
            if let Some(row) = placed.row_count().checked_sub(rows) {
                return self.nearest_in(placed.row(row)?, x);
            }
            rows -= placed.row_count();
        }
        self.nearest_in(self.placed(0)?.row(0)?, x)
    }

    /// How many photos stand above `y`, fractions of a row included: the scrubber's measure.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a share of a lane"
    )]
    pub(crate) fn photos_above(&self, y: f64) -> f64 {
        let here = self.run_below(y.floor() as i64).map_or(self.runs.len(), |(run, _)| run);
        let row = self.placed_from(here).find_map(|p| p.row(p.row_below(y.floor() as i64)));
        row.map_or(self.runs.total().photos as f64, |row| {
            let share = ((y - row.y as f64) / row.height as f64).clamp(0.0, 1.0);
            row.first as f64 + row.count as f64 * share
        })
    }

    /// The inverse of [`Self::photos_above`].
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a lane"
    )]
    pub(crate) fn y_of(&self, photos: f64) -> f64 {
        let last = self.runs.total().photos.saturating_sub(1);
        let index = (photos.max(0.0).floor() as usize).min(last);
        let row = self.run_of(index).and_then(|(_, placed)| placed.row(placed.row_of(index)));
        row.map_or(0.0, |row| {
            let share = (photos - row.first as f64) / row.count as f64;
            row.y as f64 + row.height as f64 * share.clamp(0.0, 1.0)
        })
    }
}
