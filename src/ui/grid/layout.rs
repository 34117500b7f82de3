//! Where every tile stands: justified rows, day by day, in whole physical pixels.
//!
//! Pure: a timeline and a width in, rectangles out. Positions are integers (i64 down the page), so
//! a million photos lose no precision. Nothing here knows egui.

use super::size::TileSize;
use crate::ui::timeline::{Entry, Timeline};
use crate::ui::words;

/// What a layout depends on besides the photos.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Params {
    /// Width of the rows, physical pixels.
    pub(crate) width: i64,
    /// Physical pixels per point.
    pub(crate) scale: f64,
    pub(crate) size: TileSize,
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
    /// Its newest day, days since 1970.
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

/// A finished layout.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    rows: Vec<Row>,
    sections: Vec<Section>,
    /// Left edge and width of each photo's tile.
    spans: Vec<(i32, i32)>,
    height: i64,
}

const HEADER: f64 = 48.0;
const AFTER_SECTION: f64 = 16.0;
const NARROWEST: f64 = 0.5;
const WIDEST: f64 = 4.7;
/// A last row may grow by this much; if it would have to grow more, it keeps the target height.
const LAST_GROWS: f64 = 1.2;

#[expect(clippy::cast_possible_truncation, reason = "a length on a page of pixels")]
fn px(points: f64, scale: f64) -> i64 {
    (points * scale).round() as i64
}

impl Layout {
    /// Lays `timeline` out.
    pub(crate) fn of(timeline: &Timeline, params: &Params) -> Self {
        let entries = timeline.entries();
        let mut layout = Self { spans: Vec::with_capacity(entries.len()), ..Self::default() };
        let mut y = params.head;
        let mut first = 0;
        while first < entries.len() {
            let rest = entries.get(first..).unwrap_or(&[]);
            let count = section_length(rest, params.size.by_month());
            let Some((photos, newest)) = rest.get(..count).zip(rest.first()) else { break };
            let top = y;
            y += px(HEADER, params.scale);
            y = layout.place_rows(photos, first, y, params);
            layout.sections.push(Section {
                y: top,
                end: y,
                day: newest.day(),
                first,
                count,
                videos: photos.iter().filter(|entry| entry.video).count(),
                drafts: photos.iter().filter(|entry| entry.photo().is_none()).count(),
            });
            y += px(AFTER_SECTION, params.scale);
            first += count;
        }
        layout.height = y;
        layout
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a window's width"
    )]
    fn place_rows(&mut self, photos: &[Entry], first: usize, mut y: i64, params: &Params) -> i64 {
        let gap = px(f64::from(params.size.gap()), params.scale);
        let target = f64::from(params.size.row_height()) * params.scale;
        let aspects: Vec<f64> = photos.iter().map(|entry| clamped(entry.aspect)).collect();
        let width = params.width.max(1) as f64;
        let breaks = breaks(&aspects, width, gap as f64, target);
        let mut start = 0;
        for (n, end) in breaks.iter().copied().enumerate() {
            let Some(row) = aspects.get(start..end) else { break };
            let total: f64 = row.iter().sum();
            let natural = (width - gap as f64 * (row.len() - 1) as f64) / total;
            let last = n + 1 == breaks.len();
            let justified = !(last && natural > target * LAST_GROWS);
            let exact = if justified { natural } else { target };
            let mut edge = 0.0_f64;
            for (i, aspect) in row.iter().enumerate() {
                let left = edge.round() as i64;
                edge += exact * aspect;
                let right = if justified && i + 1 == row.len() {
                    params.width
                } else {
                    edge.round() as i64
                };
                edge += gap as f64;
                self.spans.push((left as i32, (right - left).max(1) as i32));
            }
            let height = (exact.round() as i64).max(1);
            self.rows.push(Row { y, height, first: first + start, count: end - start });
            y += height + if last { 0 } else { gap };
            start = end;
        }
        y
    }

    /// The height of the whole page.
    pub(crate) const fn height(&self) -> i64 {
        self.height
    }

    pub(crate) fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The rows that touch `from..to`, with the indices they have.
    pub(crate) fn rows_between(&self, from: i64, to: i64) -> &[Row] {
        let start = self.rows.partition_point(|row| row.y + row.height <= from);
        let end = self.rows.partition_point(|row| row.y < to);
        self.rows.get(start..end.max(start)).unwrap_or(&[])
    }

    /// The section that holds `y`, or the last one before it.
    pub(crate) fn section_at(&self, y: i64) -> Option<&Section> {
        let after = self.sections.partition_point(|section| section.y <= y);
        self.sections.get(after.saturating_sub(1))
    }

    fn row_index_of(&self, index: usize) -> Option<usize> {
        let after = self.rows.partition_point(|row| row.first <= index);
        after.checked_sub(1)
    }

    /// The tile of the photo at `index`.
    pub(crate) fn tile(&self, index: usize) -> Option<Tile> {
        let row = self.rows.get(self.row_index_of(index)?)?;
        let (x, width) = self.spans.get(index).copied()?;
        Some(Tile { x: x.into(), y: row.y, width: width.into(), height: row.height })
    }

    /// The photo whose tile is nearest to `x`, `y`.
    pub(crate) fn nearest(&self, x: i64, y: i64) -> Option<usize> {
        let at = self.rows.partition_point(|row| row.y + row.height <= y);
        let row = self.rows.get(at).or_else(|| self.rows.last())?;
        self.nearest_in(row, x)
    }

    fn nearest_in(&self, row: &Row, x: i64) -> Option<usize> {
        (row.first..row.first + row.count).min_by_key(|i| {
            self.spans.get(*i).map_or(i64::MAX, |(left, width)| {
                let (left, right) = (i64::from(*left), i64::from(*left) + i64::from(*width));
                (left - x).max(x - right).max(0)
            })
        })
    }

    /// The photo `rows` further down (or up) that stands nearest under (or over) the one at
    /// `index`.
    pub(crate) fn step_rows(&self, index: usize, rows: isize) -> Option<usize> {
        let tile = self.tile(index)?;
        let at = self.row_index_of(index)?.saturating_add_signed(rows);
        let row = self.rows.get(at.min(self.rows.len().saturating_sub(1)))?;
        self.nearest_in(row, tile.x + tile.width / 2)
    }

    /// How many photos stand above `y`, fractions of a row included: the scrubber's measure.
    #[expect(clippy::cast_precision_loss, reason = "a share of a lane")]
    pub(crate) fn photos_above(&self, y: f64) -> f64 {
        let at = self.rows.partition_point(|row| ((row.y + row.height) as f64) <= y);
        self.rows.get(at).map_or(self.spans.len() as f64, |row| {
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
        let index = photos.clamp(0.0, self.spans.len().saturating_sub(1) as f64);
        self.row_index_of(index.floor() as usize).and_then(|at| self.rows.get(at)).map_or(
            0.0,
            |row| {
                let share = (photos - row.first as f64) / row.count as f64;
                row.y as f64 + row.height as f64 * share.clamp(0.0, 1.0)
            },
        )
    }
}

fn clamped(aspect: f32) -> f64 {
    let aspect = f64::from(aspect);
    if aspect.is_finite() { aspect.clamp(NARROWEST, WIDEST) } else { 1.0 }
}

/// How many of `entries` share the first one's day, or month.
fn section_length(entries: &[Entry], by_month: bool) -> usize {
    let Some(first) = entries.first() else { return 0 };
    let month = |day: i64| words::date(day).map(|date| (date.year(), date.month()));
    let (day, first_month) = (first.day(), by_month.then(|| month(first.day())));
    let mut previous = day;
    entries
        .iter()
        .take_while(|entry| {
            let d = entry.day();
            if d == previous {
                return true;
            }
            previous = d;
            first_month.is_some_and(|m| month(d) == m)
        })
        .count()
}

/// Where rows end: the choice with the least sum of squared relative deviation from `target`.
#[expect(clippy::cast_precision_loss, reason = "photos in a row")]
fn breaks(aspects: &[f64], width: f64, gap: f64, target: f64) -> Vec<usize> {
    let n = aspects.len();
    // best[j]: cost of laying out the first j photos, and where the last of their rows begins.
    let mut best: Vec<(f64, usize)> = Vec::with_capacity(n + 1);
    best.push((0.0, 0));
    for end in 1..=n {
        let (mut cheapest, mut total) = ((f64::INFINITY, end - 1), 0.0);
        for start in (0..end).rev() {
            total += aspects.get(start).copied().unwrap_or(1.0);
            let height = (width - gap * (end - start - 1) as f64) / total;
            let alone = end - start == 1;
            if height < target * 0.4 && !alone {
                break;
            }
            let deviation = if end == n && height > target * LAST_GROWS {
                // It will keep the target height.
                0.0
            } else {
                (height - target) / target
            };
            let before = best.get(start).map_or(f64::INFINITY, |b| b.0);
            let cost = deviation.mul_add(deviation, before);
            if cost < cheapest.0 {
                cheapest = (cost, start);
            }
        }
        best.push(cheapest);
    }
    let mut ends = Vec::new();
    let mut end = n;
    while end > 0 {
        ends.push(end);
        end = best.get(end).map_or(0, |b| b.1);
    }
    ends.reverse();
    ends
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{AlbumId, MessageId, PhotoId};
    use crate::ui::timeline::TileId;

    fn timeline(photos: &[(i64, f32)]) -> Timeline {
        Timeline::from_entries(
            photos
                .iter()
                .enumerate()
                .map(|(i, (wall_seconds, aspect))| Entry {
                    id: TileId::Photo(PhotoId {
                        album: AlbumId(1),
                        message: MessageId(i32::try_from(i).unwrap() + 1),
                    }),
                    wall_seconds: *wall_seconds,
                    aspect: *aspect,
                    video: false,
                })
                .collect(),
        )
    }

    fn params() -> impl Strategy<Value = Params> {
        (
            200_i64..4000,
            prop::sample::select(vec![1.0, 1.25, 1.5, 2.0, 3.0]),
            0_usize..6,
            0_i64..400,
        )
            .prop_map(|(width, scale, size, head)| Params {
                width,
                scale,
                size: TileSize::at(size),
                head,
            })
    }

    fn photos() -> impl Strategy<Value = Vec<(i64, f32)>> {
        prop::collection::vec((0_i64..86_400 * 40, 0.01_f32..30.0), 0..300)
    }

    proptest! {
        #[test]
        fn every_photo_stands_once_and_none_overlap(photos in photos(), params in params()) {
            let timeline = timeline(&photos);
            let layout = Layout::of(&timeline, &params);
            let rows = layout.rows_between(i64::MIN, i64::MAX);
            // Rows hold every index exactly once, in order.
            let mut next = 0;
            for row in rows {
                prop_assert_eq!(row.first, next);
                prop_assert!(row.count > 0);
                next += row.count;
            }
            prop_assert_eq!(next, photos.len());
            // Rows go down the page without touching, below the head.
            for pair in rows.windows(2) {
                prop_assert!(pair[0].y + pair[0].height < pair[1].y);
            }
            prop_assert!(rows.first().is_none_or(|row| row.y > params.head));
            // Within a row: left to right, inside the width, never on top of each other.
            for row in rows {
                let mut right = -1;
                for i in row.first..row.first + row.count {
                    let tile = layout.tile(i).unwrap();
                    prop_assert!(tile.x > right);
                    prop_assert!(tile.width > 0 && tile.height > 0);
                    right = tile.x + tile.width;
                }
                prop_assert!(right <= params.width, "{} > {}", right, params.width);
            }
            prop_assert!(rows.last().is_none_or(|row| row.y + row.height <= layout.height()));
        }

        #[test]
        fn sections_hold_one_day_and_add_up(photos in photos(), params in params()) {
            let timeline = timeline(&photos);
            let layout = Layout::of(&timeline, &params);
            let total: usize = layout.sections().iter().map(|section| section.count).sum();
            prop_assert_eq!(total, photos.len());
            if !params.size.by_month() {
                for section in layout.sections() {
                    let days = &timeline.entries()[section.first..section.first + section.count];
                    prop_assert!(days.iter().all(|entry| entry.day() == section.day));
                }
            }
        }

        #[test]
        fn the_scrubber_and_the_page_agree(photos in photos(), params in params(), share in 0.0_f64..1.0) {
            let timeline = timeline(&photos);
            let layout = Layout::of(&timeline, &params);
            prop_assume!(!photos.is_empty());
            #[expect(clippy::cast_precision_loss, reason = "a test's few photos")]
            let wanted = share * (photos.len() - 1) as f64;
            let back = layout.photos_above(layout.y_of(wanted));
            prop_assert!((back - wanted).abs() < 1e-6, "{} != {}", back, wanted);
        }

        #[test]
        fn stepping_down_and_up_stays_in_the_column(photos in photos(), params in params(), at in 0_usize..300) {
            let timeline = timeline(&photos);
            let layout = Layout::of(&timeline, &params);
            prop_assume!(at < photos.len());
            let down = layout.step_rows(at, 1).unwrap();
            prop_assert!(down >= at || layout.tile(down).unwrap().y == layout.tile(at).unwrap().y);
            prop_assert!(layout.step_rows(at, -1).unwrap() <= at || layout.tile(at).unwrap().y == layout.tile(0).unwrap().y);
        }
    }

    #[test]
    fn full_rows_end_at_the_edge() {
        let photos: Vec<_> = (0..100).map(|_| (0, 1.5)).collect();
        let params = Params { width: 1120, scale: 1.0, size: TileSize::M, head: 0 };
        let layout = Layout::of(&timeline(&photos), &params);
        let rows = layout.rows_between(i64::MIN, i64::MAX);
        for row in &rows[..rows.len() - 1] {
            let last = layout.tile(row.first + row.count - 1).unwrap();
            assert_eq!(last.x + last.width, 1120);
            assert!((100..=200).contains(&row.height), "{}", row.height);
        }
    }
}
