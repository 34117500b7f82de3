//! The measures of a page in physical pixels, worked out once from what the user chose. Pure.

use super::Params;
use crate::ui::grid::size::Arrangement;

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Geometry {
    /// Of the rows.
    pub(super) width: i64,
    pub(super) gap: i64,
    /// The height that rows aim for.
    pub(super) target: f64,
    /// Kept free above the first header.
    pub(super) head: i64,
    pub(super) header: i64,
    pub(super) after_section: i64,
    pub(super) by_month: bool,
    /// In a row of squares; `None` for justified rows.
    pub(super) columns: Option<usize>,
    /// Photos in a run, at least, where its section has as many; a run beyond `most` is cut.
    pub(super) least: usize,
    pub(super) most: usize,
}

const HEADER: f64 = 48.0;
const AFTER_SECTION: f64 = 16.0;
/// A last row may grow by this much; if it would have to grow more, it keeps the target height.
pub(super) const LAST_GROWS: f64 = 1.2;
/// No screen is wider; edges of tiles are kept in sixteen bits.
const WIDEST: i64 = 60_000;
/// So many photos share small deviations among enough rows that each of them stays near the target.
const LEAST: usize = 256;
/// A run has so many rows at least.
const LEAST_ROWS: f64 = 6.0;
/// The most room a photo takes in a row of portraits, as a share of the row's height.
const PORTRAIT: f64 = 0.75;

#[expect(clippy::cast_possible_truncation, reason = "a length on a page of pixels")]
fn px(points: f64, scale: f64) -> i64 {
    (points * scale).round() as i64
}

impl Geometry {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a window's width"
    )]
    pub(super) fn of(params: &Params) -> Self {
        let width = params.width.clamp(1, WIDEST);
        let gap = px(f64::from(params.size.gap()), params.scale);
        let target = (f64::from(params.size.row_height()) * params.scale).max(1.0);
        let columns = || {
            let columns = ((width + gap) as f64 / (target + gap as f64)).round();
            // Never so many that a column has no pixel.
            (columns as i64).clamp(1, (width + gap) / (gap + 1)).max(1) as usize
        };
        let squares = params.arrangement == Arrangement::Squares;
        let in_rows = LEAST_ROWS * width as f64 / (target * PORTRAIT);
        // In coarse steps, so that a window that grows a little keeps its runs.
        let least = (in_rows.ceil() as usize).next_power_of_two().clamp(LEAST, 8 * LEAST);
        Self {
            width,
            gap,
            target,
            head: params.head,
            header: px(HEADER, params.scale),
            after_section: px(AFTER_SECTION, params.scale),
            by_month: params.size.by_month(),
            columns: squares.then(columns),
            least: if squares { usize::MAX } else { least },
            most: if squares { usize::MAX } else { 3 * least },
        }
    }

    /// Whether the same runs do for both.
    pub(super) fn same_runs(&self, other: &Self) -> bool {
        (self.by_month, self.least) == (other.by_month, other.least)
    }

    /// Left edge and width of a column, of `columns` that share the width.
    #[expect(clippy::cast_possible_wrap, reason = "columns on a screen")]
    pub(super) const fn column(&self, column: usize, columns: usize) -> (i64, i64) {
        let (column, columns) = (column as i64, columns as i64);
        let free = self.width - self.gap * (columns - 1);
        let free = if free < columns { columns } else { free };
        let (left, right) = (free * column / columns, free * (column + 1) / columns);
        (left + self.gap * column, right - left)
    }

    /// The height of squares in so many columns.
    #[expect(clippy::cast_possible_wrap, reason = "columns on a screen")]
    pub(super) fn side(&self, columns: usize) -> i64 {
        let columns = columns.max(1) as i64;
        let free = self.width - self.gap * (columns - 1);
        ((free + columns / 2) / columns).max(1)
    }
}
