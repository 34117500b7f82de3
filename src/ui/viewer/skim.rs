//! Holding an arrow key: a photo a frame, whatever the keyboard's repeat rate. Pure.

/// A key is held for so many seconds before photos begin to go by.
const DELAY: f64 = 0.25;
/// No photo is shown for less: displays that are faster show each one twice.
const LEAST: f64 = 1.0 / 150.0;
/// The others are fetched once one rests for so many seconds on a photo.
const REST: f64 = 0.15;

/// How an arrow key is held.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Skim {
    /// The way, and since when.
    held: Option<(isize, f64)>,
    last: Option<f64>,
}

impl Skim {
    /// Which way to go by one photo in this frame, 0 for none. `held`: the way of the key that is
    /// down.
    pub(super) fn step(&mut self, held: Option<isize>, now: f64) -> isize {
        let Some(way) = held else {
            self.held = None;
            return 0;
        };
        let since = match self.held {
            Some((same, since)) if same == way => since,
            _ => {
                self.held = Some((way, now));
                return 0;
            }
        };
        let is_due = self.last.is_none_or(|last| now - last >= LEAST);
        if now - since < DELAY || !is_due {
            return 0;
        }
        self.last = Some(now);
        way
    }

    /// Whether a key is down.
    pub(super) const fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Whether photos go by.
    pub(super) fn is_fast(&self, now: f64) -> bool {
        self.held.is_some_and(|(_, since)| now - since >= DELAY)
    }

    /// Whether one rests on a photo again.
    pub(super) fn rests(&self, now: f64) -> bool {
        !self.is_fast(now) && self.last.is_none_or(|last| now - last > REST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Photos that go by while a key is held so long, at so many frames a second.
    fn held(seconds: f64, rate: f64) -> isize {
        let mut skim = Skim::default();
        let (mut frame, mut gone) = (0.0, 0);
        while frame / rate < seconds {
            gone += skim.step(Some(1), 100.0 + frame / rate);
            frame += 1.0;
        }
        gone
    }

    #[test]
    fn a_photo_a_frame_and_never_fewer_than_sixty_a_second() {
        assert_eq!(held(0.2, 60.0), 0, "a stroke is one photo, which the stroke itself is");
        for rate in [60.0, 75.0, 90.0, 100.0, 120.0, 144.0, 165.0, 240.0, 360.0] {
            let gone = held(DELAY + 10.0, rate);
            assert!((599..=1500).contains(&gone), "{gone} at {rate}");
        }
        assert_eq!(held(DELAY + 1.0, 60.0), 60);
    }

    #[test]
    fn letting_go_stops_at_once_and_turning_round_begins_anew() {
        let mut skim = Skim::default();
        skim.step(Some(1), 0.0);
        assert_eq!(skim.step(Some(1), 0.3), 1);
        assert!(skim.is_fast(0.3) && !skim.rests(0.3));
        assert_eq!(skim.step(None, 0.31), 0);
        assert!(!skim.is_held() && !skim.rests(0.31) && skim.rests(0.5));
        skim.step(Some(1), 1.0);
        assert_eq!(skim.step(Some(-1), 1.5), 0);
        assert_eq!(skim.step(Some(-1), 1.6), 0);
        assert_eq!(skim.step(Some(-1), 1.8), -1);
    }
}
