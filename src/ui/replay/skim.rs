//! How fast photos go by while an arrow key is held, and how soon the one that is rested on is
//! sharp. Pure.

use std::collections::HashSet;

use crate::ui::viewer::Quality;

/// What is known of the viewer after a frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// The place of the photo.
    pub(super) place: Option<usize>,
    pub(super) quality: Quality,
    /// Whether its original is on its way.
    pub(super) is_loading: bool,
    /// Whether it will ever be as sharp as the screen: videos are played elsewhere.
    pub(super) is_still: bool,
}

impl Seen {
    /// Whether more than a placeholder was painted.
    pub(super) fn has_picture(&self) -> bool {
        self.place.is_some() && self.quality >= Quality::Thumbnail
    }
}

/// Photos that went by.
#[derive(Debug, Default)]
pub(super) struct Skimmed {
    held: Option<Held>,
    rest: Option<Rest>,
    photos: usize,
    seconds: f64,
    slowest: Option<f64>,
    /// Rests that were timed.
    rests: usize,
    /// Places at which one has rested until the photo was sharp: its original is on the disk.
    /// Of no other photo is that known: one that is fetched quickly is told of by nobody.
    kept: HashSet<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    last: Option<usize>,
    /// Whether the stroke itself was answered, which is before it goes fast.
    answered: bool,
    /// When the first and the last photo came, and how many after the first had a picture.
    first: Option<f64>,
    until: f64,
    photos: usize,
}

#[derive(Clone, Copy, Debug)]
struct Rest {
    since: f64,
    place: Option<usize>,
    was_loading: bool,
    is_still: bool,
}

/// Fewer say nothing about a speed.
const FEWEST: usize = 10;

impl Skimmed {
    /// An arrow key is held from now on.
    pub(super) fn hold(&mut self, seen: &Seen) {
        self.held =
            Some(Held { last: seen.place, answered: false, first: None, until: 0.0, photos: 0 });
    }

    /// It was let go of.
    pub(super) fn let_go(&mut self, now: f64) {
        if let Some(held) = self.held.take()
            && let Some(first) = held.first
        {
            self.photos += held.photos;
            self.seconds += held.until - first;
            self.rest = Some(Rest { since: now, place: None, was_loading: false, is_still: true });
        }
    }

    /// Whether the key has led back to a photo that was sharp before.
    pub(super) fn is_back(&self, seen: &Seen) -> bool {
        self.held.is_some_and(|held| held.answered)
            && seen.place.is_some_and(|place| self.kept.contains(&place))
    }

    /// The rest is over at `now`, whatever has come of it.
    pub(super) fn end_rest(&mut self, now: f64) {
        if let Some(rest) = self.rest.take() {
            self.was_sharp_after(rest, now);
        }
    }

    /// A frame that began at `now` and took so many seconds painted this.
    pub(super) fn frame(&mut self, now: f64, took: f64, seen: &Seen) {
        if let Some(held) = &mut self.held
            && seen.place != held.last
        {
            if held.first.is_some() {
                held.photos += usize::from(seen.has_picture());
            } else if std::mem::replace(&mut held.answered, true) {
                held.first = Some(now);
            }
            (held.last, held.until) = (seen.place, now);
        }
        if let Some(rest) = &mut self.rest {
            rest.was_loading |= seen.is_loading;
            (rest.place, rest.is_still) = (seen.place, seen.is_still);
            if seen.quality == Quality::Sharp {
                let rest = *rest;
                self.rest = None;
                self.was_sharp_after(rest, now + took);
                self.kept.extend(seen.place);
            }
        }
    }

    fn was_sharp_after(&mut self, rest: Rest, now: f64) {
        let is_kept = rest.place.is_some_and(|place| self.kept.contains(&place));
        if is_kept && rest.is_still && !rest.was_loading {
            let seconds = now - rest.since;
            self.slowest = Some(self.slowest.map_or(seconds, |slowest| slowest.max(seconds)));
            self.rests += 1;
        }
    }

    /// Photos a second, each with a picture; `None` where too few went by.
    #[expect(clippy::cast_precision_loss, reason = "photos that went by in a minute")]
    pub(super) fn rate(&self) -> Option<f64> {
        (self.photos >= FEWEST && self.seconds > 0.0).then(|| self.photos as f64 / self.seconds)
    }

    /// The longest that one rested on a photo until it was sharp, of those that were sharp before:
    /// their originals are on the disk.
    pub(super) const fn sharp_after(&self) -> Option<f64> {
        self.slowest
    }

    /// How many rests that is the longest of.
    pub(super) const fn rests(&self) -> usize {
        self.rests
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(place: usize, quality: Quality, is_loading: bool) -> Seen {
        Seen { place: Some(place), quality, is_loading, is_still: true }
    }

    #[test]
    fn photos_with_a_picture_count_from_when_it_goes_fast() {
        let mut skimmed = Skimmed::default();
        let begin = seen(0, Quality::Sharp, false);
        skimmed.hold(&begin);
        skimmed.frame(0.0, 0.0, &seen(1, Quality::Thumbnail, false));
        let mut place = 1;
        for frame in 0..=60_i32 {
            place += 1;
            let quality = if frame % 4 == 1 { Quality::Placeholder } else { Quality::Thumbnail };
            let now = 0.25 + f64::from(frame) / 60.0;
            skimmed.frame(now, 0.0, &seen(place, quality, false));
            // Another frame of the same.
            skimmed.frame(now + 0.004, 0.0, &seen(place, quality, false));
        }
        skimmed.let_go(1.5);
        let rate = skimmed.rate().unwrap();
        assert!((rate - 45.0).abs() < 0.1, "a quarter had none: {rate}");
    }

    #[test]
    fn the_slowest_rest_on_a_photo_that_was_sharp_before_counts() {
        let mut skimmed = Skimmed::default();
        let mut rest = |from: f64, place, frames: &[(f64, Quality, bool)]| {
            skimmed.hold(&seen(0, Quality::Thumbnail, false));
            skimmed.frame(from - 1.0, 0.0, &seen(1, Quality::Thumbnail, false));
            skimmed.frame(from - 0.5, 0.0, &seen(place, Quality::Thumbnail, false));
            skimmed.let_go(from);
            for (after, quality, is_loading) in frames {
                skimmed.frame(from + after, 0.01, &seen(place, *quality, *is_loading));
            }
            skimmed.end_rest(from + 1.5);
            skimmed.sharp_after().map(|seconds| (seconds * 1000.0).round())
        };
        let (thumbnail, sharp) = (Quality::Thumbnail, Quality::Sharp);
        assert_eq!(rest(10.0, 2, &[(0.1, thumbnail, true), (0.9, sharp, true)]), None);
        let unseen = rest(20.0, 3, &[(0.7, thumbnail, false), (0.9, sharp, false)]);
        assert_eq!(unseen, None, "fetched, and nothing was told of it");
        assert_eq!(rest(30.0, 4, &[(0.5, thumbnail, false)]), None, "nor did it come");
        assert_eq!(rest(40.0, 2, &[(0.02, thumbnail, false), (0.04, sharp, false)]), Some(50.0));
        assert_eq!(rest(50.0, 3, &[(0.01, sharp, false)]), Some(50.0));
        assert_eq!(rest(60.0, 3, &[(0.9, sharp, true)]), Some(50.0), "it was fetched again");
        assert_eq!(rest(70.0, 2, &[(0.5, thumbnail, false)]), Some(1500.0), "it never was");
        assert_eq!(skimmed.rests(), 3);
    }

    #[test]
    fn a_rest_on_a_video_says_nothing() {
        let mut skimmed = Skimmed { kept: HashSet::from([2]), ..Skimmed::default() };
        let video = Seen { is_still: false, ..seen(2, Quality::Thumbnail, false) };
        skimmed.hold(&seen(0, Quality::Thumbnail, false));
        skimmed.frame(1.0, 0.0, &seen(1, Quality::Thumbnail, false));
        skimmed.frame(1.3, 0.0, &video);
        skimmed.let_go(1.4);
        skimmed.frame(1.4, 0.0, &video);
        skimmed.end_rest(3.0);
        assert_eq!((skimmed.sharp_after(), skimmed.rests()), (None, 0));
    }

    #[test]
    fn a_photo_that_was_sharp_is_known_when_one_comes_back_to_it() {
        let mut skimmed = Skimmed::default();
        let at = |place| seen(place, Quality::Thumbnail, true);
        skimmed.hold(&at(0));
        assert!(!skimmed.is_back(&at(0)));
        skimmed.frame(1.0, 0.0, &at(1));
        skimmed.frame(1.3, 0.0, &at(2));
        skimmed.let_go(1.4);
        skimmed.frame(1.8, 0.0, &seen(2, Quality::Sharp, false));
        skimmed.hold(&at(2));
        assert!(!skimmed.is_back(&at(2)), "it has not been left yet");
        skimmed.frame(3.0, 0.0, &at(3));
        assert!(!skimmed.is_back(&at(3)));
        skimmed.hold(&at(3));
        skimmed.frame(4.0, 0.0, &at(2));
        assert!(skimmed.is_back(&at(2)));
    }
}
