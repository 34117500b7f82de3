//! The grid's own scrolling, in f64 physical pixels: egui's scroll areas count in f32, which ends
//! at sixteen million.

/// Where the page is scrolled to, and how fast it goes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scroll {
    offset: f64,
    limit: f64,
    /// How far the page may be scrolled beyond its end.
    room: f64,
    /// Pixels a second, smoothed, signed.
    velocity: f64,
    glide: Option<Glide>,
    last_moved: f64,
    /// How often somebody meant it to move.
    moves: u64,
}

#[derive(Clone, Copy, Debug)]
struct Glide {
    from: f64,
    to: f64,
    began: f64,
    seconds: f64,
    /// Whether it goes to the end of the page, wherever that will be.
    to_end: bool,
}

/// Above this many screens a second nobody can see a photograph.
const FLING_SCREENS: f64 = 5.0;

impl Scroll {
    pub(crate) const fn offset(&self) -> f64 {
        self.offset
    }

    /// The largest offset.
    pub(crate) const fn limit(&self) -> f64 {
        self.limit
    }

    /// Sets how far one may go; the offset follows.
    pub(crate) fn set_limit(&mut self, limit: f64) {
        self.limit = (limit + self.room).max(0.0);
        self.offset = self.offset.clamp(0.0, self.limit);
        if let Some(glide) = self.glide.as_mut().filter(|glide| glide.to_end) {
            glide.to = self.limit;
        }
    }

    /// Leaves room below the end of the page for what lies over it there.
    pub(crate) fn set_room(&mut self, room: f64) {
        let by = room - std::mem::replace(&mut self.room, room);
        self.limit = (self.limit + by).max(0.0);
    }

    /// Moves at once; not counted as movement (the photo under the eye stays where it is). A glide
    /// goes on from there.
    pub(crate) fn hold(&mut self, offset: f64) {
        let by = offset.clamp(0.0, self.limit) - self.offset;
        self.offset += by;
        if let Some(glide) = &mut self.glide {
            glide.from += by;
            glide.to = if glide.to_end { self.limit } else { glide.to + by };
        }
    }

    /// Moves at once and ends a glide.
    pub(crate) fn jump(&mut self, offset: f64, now: f64) {
        self.glide = None;
        self.last_moved = now;
        self.moves += 1;
        self.hold(offset);
    }

    /// Moves by `delta` at once, as a wheel does.
    pub(crate) fn by(&mut self, delta: f64, now: f64) {
        if delta != 0.0 {
            self.glide = None;
            self.moves += 1;
            self.offset = (self.offset + delta).clamp(0.0, self.limit);
            self.last_moved = now;
        }
    }

    /// Moves to `offset` at once, as dragging the scrubber does.
    pub(crate) fn to(&mut self, offset: f64, now: f64) {
        self.by(offset - self.offset, now);
    }

    /// Moves to `offset` within `seconds`.
    pub(crate) fn glide_to(&mut self, offset: f64, now: f64, seconds: f64) {
        let to = offset.clamp(0.0, self.limit);
        self.last_moved = now;
        self.moves += 1;
        if seconds <= 0.0 {
            self.glide = None;
            self.offset = to;
        } else {
            let to_end = to >= self.limit;
            self.glide = Some(Glide { from: self.offset, to, began: now, seconds, to_end });
        }
    }

    /// Has a glide end at `offset` instead.
    pub(crate) fn aim(&mut self, offset: f64) {
        if let Some(glide) = &mut self.glide {
            glide.to = offset.clamp(0.0, self.limit);
            glide.to_end = false;
        }
    }

    /// How often somebody meant it to move: the same number as before means nobody has since.
    pub(crate) const fn moves(&self) -> u64 {
        self.moves
    }

    /// Whether it is on its way somewhere.
    pub(crate) const fn is_gliding(&self) -> bool {
        self.glide.is_some()
    }

    /// Where it is going.
    pub(crate) fn destination(&self) -> f64 {
        self.glide.map_or(self.offset, |glide| glide.to)
    }

    /// Advances a glide and the measured speed. `before` is the offset of the frame before.
    /// True while it moves by itself.
    pub(crate) fn advance(&mut self, before: f64, now: f64, dt: f64) -> bool {
        if let Some(glide) = self.glide {
            let t = ((now - glide.began) / glide.seconds).clamp(0.0, 1.0);
            let to = glide.from + (glide.to - glide.from) * (1.0 - (1.0 - t).powi(3));
            self.offset = to.clamp(0.0, self.limit);
            self.last_moved = now;
            if t >= 1.0 {
                self.glide = None;
            }
        }
        let speed = if dt > 0.0 { (self.offset - before) / dt } else { 0.0 };
        self.velocity = self.velocity * 0.7 + speed * 0.3;
        if self.velocity.abs() < 1.0 {
            self.velocity = 0.0;
        }
        self.glide.is_some() || self.velocity != 0.0
    }

    /// Whether it goes too fast for anything but placeholders.
    pub(crate) fn is_flinging(&self, screen: f64) -> bool {
        self.velocity.abs() > screen * FLING_SCREENS
    }

    /// Down, up, or not known.
    pub(crate) fn direction(&self) -> f64 {
        if self.velocity == 0.0 { 0.0 } else { self.velocity.signum() }
    }

    /// When it last moved by the user's will.
    pub(crate) const fn last_moved(&self) -> f64 {
        self.last_moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_within_the_page() {
        let mut scroll = Scroll::default();
        scroll.set_limit(100.0);
        scroll.by(250.0, 0.0);
        assert!((scroll.offset() - 100.0).abs() < f64::EPSILON);
        scroll.by(-1e12, 0.0);
        assert!(scroll.offset().abs() < f64::EPSILON);
    }

    #[test]
    fn a_jump_is_a_movement() {
        let mut scroll = Scroll::default();
        scroll.set_limit(1e6);
        scroll.jump(5000.0, 7.0);
        assert!((scroll.last_moved() - 7.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_glide_arrives() {
        let mut scroll = Scroll::default();
        scroll.set_limit(3e7);
        scroll.glide_to(2e7 + 1.0, 0.0, 0.15);
        let before = scroll.offset();
        scroll.advance(before, 0.2, 0.016);
        assert!((scroll.offset() - (2e7 + 1.0)).abs() < f64::EPSILON);
    }

    #[test]
    fn a_glide_goes_on_when_the_page_above_it_grows() {
        let mut scroll = Scroll::default();
        scroll.set_limit(10_000.0);
        scroll.glide_to(1000.0, 0.0, 1.0);
        scroll.advance(0.0, 0.5, 0.016);
        let so_far = scroll.offset();
        scroll.set_limit(12_000.0);
        scroll.hold(so_far + 2000.0);
        scroll.advance(scroll.offset(), 2.0, 0.016);
        assert!((scroll.offset() - 3000.0).abs() < 1e-9, "{}", scroll.offset());
    }

    #[test]
    fn a_glide_to_the_end_arrives_at_the_end_as_it_is_by_then() {
        let mut scroll = Scroll::default();
        scroll.set_limit(10_000.0);
        scroll.glide_to(1e9, 0.0, 1.0);
        scroll.advance(0.0, 0.5, 0.016);
        scroll.set_limit(10_500.0);
        scroll.hold(scroll.offset() - 300.0);
        scroll.advance(scroll.offset(), 2.0, 0.016);
        assert!((scroll.offset() - 10_500.0).abs() < 1e-9, "{}", scroll.offset());
    }

    #[test]
    fn only_speed_is_a_fling() {
        let mut scroll = Scroll::default();
        scroll.set_limit(1e9);
        for frame in 0..20 {
            let before = scroll.offset();
            scroll.by(1000.0, f64::from(frame) * 0.016);
            scroll.advance(before, f64::from(frame) * 0.016, 0.016);
        }
        assert!(scroll.is_flinging(900.0));
        for frame in 20..60 {
            let before = scroll.offset();
            scroll.by(10.0, f64::from(frame) * 0.016);
            scroll.advance(before, f64::from(frame) * 0.016, 0.016);
        }
        assert!(!scroll.is_flinging(900.0));
    }
}
