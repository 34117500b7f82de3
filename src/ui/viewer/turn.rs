//! The view in quarter turns: where a part of the photo lies once it is turned. Pure geometry; the
//! photo itself is never touched.

use egui::{Pos2, Rect, Vec2, pos2, vec2};

/// Quarter turns clockwise, 0 to 3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Turn(u8);

impl Turn {
    /// A quarter to the right.
    pub(super) const RIGHT: Self = Self(1);
    /// A quarter to the left.
    pub(super) const LEFT: Self = Self(3);

    /// This and then another one.
    pub(super) const fn and(self, other: Self) -> Self {
        Self((self.0 + other.0) % 4)
    }

    /// What undoes it.
    pub(super) const fn back(self) -> Self {
        Self((4 - self.0) % 4)
    }

    /// The size of what had `size` before.
    pub(super) fn size(self, size: Vec2) -> Vec2 {
        if self.0 % 2 == 1 { vec2(size.y, size.x) } else { size }
    }

    /// Where a point goes; both in shares of the whole, 0..=1.
    pub(super) fn point(self, p: Pos2) -> Pos2 {
        match self.0 {
            0 => p,
            1 => pos2(1.0 - p.y, p.x),
            2 => pos2(1.0 - p.x, 1.0 - p.y),
            _ => pos2(p.y, 1.0 - p.x),
        }
    }

    /// Where a part goes; both in shares of the whole.
    pub(super) fn part(self, part: Rect) -> Rect {
        Rect::from_two_pos(self.point(part.min), self.point(part.max))
    }

    /// The corners of `uv` for those of the part turned: left top, right top, right bottom, left
    /// bottom.
    pub(super) fn corners(self, uv: Rect) -> [Pos2; 4] {
        let unit = [pos2(0.0, 0.0), pos2(1.0, 0.0), pos2(1.0, 1.0), pos2(0.0, 1.0)];
        unit.map(|corner| uv.lerp_inside(self.back().point(corner).to_vec2()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn turn() -> impl Strategy<Value = Turn> {
        (0_u8..4).prop_map(Turn)
    }

    proptest! {
        #[test]
        fn a_turn_and_its_undoing_are_nothing(
            turn in turn(), x in 0.0_f32..=1.0, y in 0.0_f32..=1.0,
        ) {
            let back = turn.back().point(turn.point(pos2(x, y)));
            prop_assert!((back - pos2(x, y)).length() < 1e-6);
            prop_assert_eq!(turn.and(turn.back()), Turn::default());
            prop_assert_eq!(turn.back().size(turn.size(vec2(3.0, 5.0))), vec2(3.0, 5.0));
        }

        #[test]
        fn turning_twice_is_turning_by_both(
            a in turn(), b in turn(), x in 0.0_f32..=1.0, y in 0.0_f32..=1.0,
        ) {
            let at = pos2(x, y);
            prop_assert!((a.and(b).point(at) - b.point(a.point(at))).length() < 1e-6);
        }
    }

    #[test]
    fn a_quarter_to_the_right_brings_the_left_to_the_top() {
        assert_eq!(Turn::RIGHT.point(pos2(0.0, 0.0)), pos2(1.0, 0.0));
        let left = Rect::from_min_max(pos2(0.0, 0.0), pos2(0.25, 1.0));
        let top = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 0.25));
        assert_eq!(Turn::RIGHT.part(left), top);
        assert_eq!(Turn::LEFT.part(top), left);
        // The photo's left bottom is at the left top then.
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        assert_eq!(Turn::RIGHT.corners(whole)[0], pos2(0.0, 1.0));
    }
}
