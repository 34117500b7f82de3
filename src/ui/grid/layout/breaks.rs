//! Where rows end: the choice with the least sum of squared relative deviation from the height that
//! rows aim for. Pure.
//!
//! A row is tried only where its height would be near the target: with sums of what stands before
//! each photo that is a window that moves along, a dozen candidates for a photo.

use super::geometry::{Geometry, LAST_GROWS};
use crate::ui::timeline::{ASPECT_UNIT, Packed};

/// Rows lower or higher than this many times the target are not looked for (but taken, where
/// nothing else fits).
const LOWEST: f32 = 0.75;
const HIGHEST: f32 = 1.35;

/// Candidates of which there are so few that others are tried too.
const FEW: usize = 4;

/// Finds row breaks; keeps its working memory from one run to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaker {
    aspects: Vec<u16>,
    /// Widths at the target height of everything before each photo, without gaps.
    widths: Vec<f32>,
    /// The least cost of laying out everything before each photo, and where its last row begins.
    costs: Vec<f32>,
    begins: Vec<u16>,
    ends: Vec<u16>,
}

impl Breaker {
    /// Forgets the photos of the run before.
    pub(super) fn begin(&mut self) {
        self.aspects.clear();
    }

    /// Takes in some photos of the run.
    pub(super) fn push(&mut self, photos: &[Packed]) {
        self.aspects.extend(photos.iter().map(Packed::aspect));
    }

    /// Where rows end, in photos of the run, and the aspect ratios of those in
    /// [`ASPECT_UNIT`]s. The last row of a run that `closes` its section may
    /// keep the target height; all others are full.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a run is far shorter than 65,536"
    )]
    pub(super) fn ends(&mut self, geometry: &Geometry, closes: bool) -> (&[u16], &[u16]) {
        self.sum_up(geometry);
        let photos = self.aspects.len();
        let gap = geometry.gap as f32;
        let (mut low, mut high) = (0, 0);
        for end in 1..=photos {
            let at = |photo: usize| self.widths.get(photo).copied().unwrap_or_default();
            // Of a row that begins at a photo: its width at the target height, and the room it has.
            let through = at(end);
            let natural = |begin: usize| through - at(begin);
            let beyond = geometry.width as f32 + gap - gap * end as f32;
            let room = |begin: usize| gap.mul_add(begin as f32, beyond);
            while low + 1 < end && room(low) < LOWEST * natural(low) {
                low += 1;
            }
            while high + 1 < end && room(high + 1) <= HIGHEST * natural(high + 1) {
                high += 1;
            }
            let ends_section = closes && end == photos;
            // Where no row is near the target, the nearest ones on both sides of it; where few are,
            // a bad one may save its neighbours.
            let (mut first, mut last) = (low.min(high), low.max(high));
            if last - first < FEW {
                (first, last) = (first.saturating_sub(1), (last + 1).min(end - 1));
            }
            if ends_section {
                last = end - 1;
            }
            let free_above = if ends_section { LAST_GROWS as f32 } else { f32::INFINITY };
            let tried = self.widths.get(first..=last).zip(self.costs.get(first..=last));
            let (widths, costs) = tried.unwrap_or((&[], &[]));
            let (mut best, mut begin, mut room) = (f32::INFINITY, first, room(first));
            for (at, (width, before)) in widths.iter().zip(costs).enumerate() {
                let height = room / (through - width);
                let deviation = if height > free_above { 0.0 } else { height - 1.0 };
                let cost = deviation.mul_add(deviation, *before);
                if cost < best {
                    (best, begin) = (cost, first + at);
                }
                room += gap;
            }
            self.costs.push(best);
            self.begins.push(begin as u16);
        }
        self.walk_back(photos);
        (&self.ends, &self.aspects)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "widths that are compared"
    )]
    fn sum_up(&mut self, geometry: &Geometry) {
        let unit = (geometry.target / f64::from(ASPECT_UNIT)) as f32;
        let mut sum = 0_u32;
        self.widths.clear();
        self.widths.push(0.0);
        self.widths.extend(self.aspects.iter().map(|aspect| {
            sum += u32::from(*aspect);
            sum as f32 * unit
        }));
        self.costs.clear();
        self.costs.push(0.0);
        self.begins.clear();
        self.begins.push(0);
    }

    #[expect(clippy::cast_possible_truncation, reason = "a run is far shorter than 65,536")]
    fn walk_back(&mut self, photos: usize) {
        self.ends.clear();
        let mut end = photos;
        while end > 0 {
            self.ends.push(end as u16);
            end = self.begins.get(end).map_or(0, |begin| usize::from(*begin)).min(end - 1);
        }
        self.ends.reverse();
    }
}
