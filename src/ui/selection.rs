//! What is selected: a set of photos with its count and bytes, whatever the layout shows.
//!
//! Gestures (a rubber band, a run of Shift and the arrows) cover places of the timeline: a photo
//! that they cover is selected or flipped, one that they leave is again what it was when the
//! gesture began. Work on many photos is done in slices, so that selecting a million of them
//! costs no frame; what still waits is answered for as if it were done. Window thread only.

mod photo_set;
pub(crate) mod spans;

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::photo_set::Key;
pub(crate) use self::photo_set::PhotoSet;
use crate::model::PhotoId;

/// What a selection has to know about the photos that are shown.
pub(crate) trait Shown {
    /// The photo at a place of the timeline; `None` where something else stands.
    fn photo_at(&self, place: usize) -> Option<PhotoId>;
    /// How many bytes a photo has; `None` if it is gone.
    fn bytes_of(&self, photo: PhotoId) -> Option<u64>;
}

/// What happens to the photos that a gesture covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Select,
    Flip,
}

/// How many of some photos are selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    None,
    Some,
    All,
}

#[derive(Clone, Debug)]
enum Effect {
    Put(bool),
    /// As it was.
    Restore(Arc<PhotoSet>),
    /// The opposite of what it was.
    Flip(Arc<PhotoSet>),
}

impl Effect {
    fn on(&self, photo: PhotoId) -> bool {
        match self {
            Self::Put(on) => *on,
            Self::Restore(base) => base.contains(photo),
            Self::Flip(base) => !base.contains(photo),
        }
    }
}

/// Work that waits: an effect on the photos at these places.
#[derive(Clone, Debug)]
struct Job {
    rest: Range<usize>,
    effect: Effect,
}

/// Going through all that is selected, because some of it may be gone.
#[derive(Clone, Copy, Debug, Default)]
struct Recount {
    next: Option<Key>,
    bytes: u64,
    /// Something changed behind it: once more after this.
    again: bool,
}

/// The selected photos.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    set: Arc<PhotoSet>,
    bytes: u64,
    jobs: VecDeque<Job>,
    recount: Option<Recount>,
    /// What was selected when the gesture began.
    base: Arc<PhotoSet>,
    /// What the gesture covers.
    covered: Vec<Range<usize>>,
    revision: u64,
}

/// Photos between two looks at the clock.
const STRIDE: usize = 256;

impl Selection {
    /// Whether nothing is selected, nor about to be.
    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.jobs.is_empty()
    }

    /// How many photos; of those whose turn has come.
    pub(crate) fn len(&self) -> usize {
        self.set.len()
    }

    /// Their bytes.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// A number that grows with every change.
    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether the photo at `place` is selected.
    pub(crate) fn contains(&self, photo: PhotoId, place: usize) -> bool {
        let waiting = self.jobs.iter().rev().find(|job| job.rest.contains(&place));
        waiting.map_or_else(|| self.set.contains(photo), |job| job.effect.on(photo))
    }

    /// How many of the photos at `places` are selected.
    pub(crate) fn share(&self, places: Range<usize>, shown: &impl Shown) -> Share {
        if self.is_empty() {
            return Share::None;
        }
        let mut found = None;
        for place in places {
            let Some(photo) = shown.photo_at(place) else { continue };
            let on = self.contains(photo, place);
            match found {
                Some(before) if before != on => return Share::Some,
                _ => found = Some(on),
            }
        }
        if found == Some(true) { Share::All } else { Share::None }
    }

    /// The selected photos, for an action on them.
    pub(crate) fn take_stock(&mut self, shown: &impl Shown) -> Vec<PhotoId> {
        self.settle(shown);
        while self.recount.is_some() {
            self.recount_block(shown);
        }
        self.set.iter().collect()
    }

    /// Nothing is selected any more.
    pub(crate) fn clear(&mut self) {
        *self = Self { revision: self.revision + 1, ..Self::default() };
    }

    /// Selects the photo at `place`, or no longer. Ends a gesture.
    pub(crate) fn put(&mut self, place: usize, on: bool) {
        self.put_all(place..place + 1, on);
    }

    /// Selects all photos at `places`, or none of them. Ends a gesture.
    pub(crate) fn put_all(&mut self, places: Range<usize>, on: bool) {
        self.commit();
        self.push(places, Effect::Put(on));
    }

    /// Begins a gesture, on top of what is selected or of nothing.
    pub(crate) fn begin(&mut self, keep: bool, shown: &impl Shown) {
        if keep {
            self.settle(shown);
        } else {
            self.clear();
        }
        self.commit();
        self.base = Arc::clone(&self.set);
    }

    /// The gesture now covers these places, and no others.
    pub(crate) fn cover(&mut self, covered: Vec<Range<usize>>, rule: Rule) {
        for left in spans::minus(&self.covered, &covered) {
            self.push(left, Effect::Restore(Arc::clone(&self.base)));
        }
        for entered in spans::minus(&covered, &self.covered) {
            let effect = match rule {
                Rule::Select => Effect::Put(true),
                Rule::Flip => Effect::Flip(Arc::clone(&self.base)),
            };
            self.push(entered, effect);
        }
        self.covered = covered;
    }

    /// Ends the gesture: what it has done stays.
    pub(crate) fn commit(&mut self) {
        self.covered.clear();
        self.base = Arc::default();
    }

    /// As if the gesture had covered nothing yet: the places are about to change.
    pub(crate) fn uncover(&mut self, shown: &impl Shown) {
        self.cover(Vec::new(), Rule::Select);
        self.settle(shown);
    }

    fn push(&mut self, places: Range<usize>, effect: Effect) {
        if !places.is_empty() {
            self.revision += 1;
            self.jobs.push_back(Job { rest: places, effect });
        }
    }

    /// Goes on with what waits, for so long; true when there is more. Once a frame.
    pub(crate) fn work(&mut self, shown: &impl Shown, budget: Duration) -> bool {
        let until = Instant::now() + budget;
        while !self.jobs.is_empty() {
            self.job_slice(shown);
            if Instant::now() >= until {
                return self.is_working();
            }
        }
        while self.recount.is_some() && Instant::now() < until {
            self.recount_block(shown);
        }
        self.is_working()
    }

    fn is_working(&self) -> bool {
        !self.jobs.is_empty() || self.recount.is_some()
    }

    /// Whether something is to be done yet to photos that are known by their places.
    pub(crate) fn waits_for_places(&self) -> bool {
        !self.jobs.is_empty()
    }

    /// Does what waits for places, because these are about to change.
    pub(crate) fn settle(&mut self, shown: &impl Shown) {
        while !self.jobs.is_empty() {
            self.job_slice(shown);
        }
    }

    fn job_slice(&mut self, shown: &impl Shown) {
        let Some(job) = self.jobs.front_mut() else { return };
        let effect = job.effect.clone();
        let end = job.rest.end.min(job.rest.start + STRIDE);
        let slice = job.rest.start..end;
        job.rest.start = end;
        let is_over = job.rest.is_empty();
        for place in slice {
            if let Some(photo) = shown.photo_at(place) {
                self.set_one(photo, effect.on(photo), shown);
            }
        }
        if is_over {
            self.jobs.pop_front();
        }
    }

    fn set_one(&mut self, photo: PhotoId, on: bool, shown: &impl Shown) {
        if self.set.contains(photo) == on {
            return;
        }
        let Some(bytes) = shown.bytes_of(photo).or((!on).then_some(0)) else { return };
        let set = Arc::make_mut(&mut self.set);
        if on {
            set.insert(photo);
            self.bytes += bytes;
        } else {
            set.remove(photo);
            self.bytes = self.bytes.saturating_sub(bytes);
        }
        self.recount_again();
    }

    /// A photo had so many bytes and now has others, or is gone.
    pub(crate) fn changed(&mut self, photo: PhotoId, was: u64, is: Option<u64>) {
        if !self.set.contains(photo) {
            return;
        }
        self.revision += 1;
        self.bytes = self.bytes.saturating_sub(was) + is.unwrap_or(0);
        if is.is_none() {
            Arc::make_mut(&mut self.set).remove(photo);
        }
        self.recount_again();
    }

    /// Anything may have changed: what is gone leaves, in slices.
    pub(crate) fn changed_somehow(&mut self) {
        if !self.set.is_empty() {
            self.recount.get_or_insert_default();
            self.recount_again();
        }
    }

    /// A count under way may have passed what changes now.
    fn recount_again(&mut self) {
        if let Some(recount) = &mut self.recount {
            recount.again = recount.next.is_some();
        }
    }

    fn recount_block(&mut self, shown: &impl Shown) {
        let Some(Recount { next, bytes, again }) = self.recount else { return };
        let Some((photos, after)) = self.set.block_from(next).filter(|(_, a)| Some(*a) != next)
        else {
            self.recount = again.then(Recount::default);
            // What changed meanwhile is in the sum that was kept, not in this one.
            self.bytes = if again { self.bytes } else { bytes };
            return;
        };
        let mut sum = bytes;
        self.revision += 1;
        for photo in photos {
            match shown.bytes_of(photo) {
                Some(bytes) => sum += bytes,
                None => drop(Arc::make_mut(&mut self.set).remove(photo)),
            }
        }
        self.recount = Some(Recount { next: Some(after), bytes: sum, again });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::model::{AlbumId, MessageId};

    /// Photos by place, and their bytes; every seventh place is something else.
    struct Page(BTreeMap<PhotoId, u64>, usize);

    fn id(place: usize) -> Option<PhotoId> {
        let message = MessageId(i32::try_from(place).unwrap());
        (place % 7 != 3).then_some(PhotoId { album: AlbumId(i64::from(message.0 % 2)), message })
    }

    impl Page {
        fn of(len: usize) -> Self {
            let bytes = |place: usize| (place as u64 + 1) * 10;
            Self((0..len).filter_map(|place| Some((id(place)?, bytes(place)))).collect(), len)
        }
    }

    impl Shown for Page {
        fn photo_at(&self, place: usize) -> Option<PhotoId> {
            id(place).filter(|_| place < self.1)
        }

        fn bytes_of(&self, photo: PhotoId) -> Option<u64> {
            self.0.get(&photo).copied()
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Put(usize, bool),
        PutAll(Range<usize>, bool),
        /// Begins a gesture, lets it cover these one after the other, and ends it.
        Gesture {
            keep: bool,
            flip: bool,
            covered: Vec<Range<usize>>,
        },
        Gone(usize),
        GoneUnseen(Vec<usize>),
        Clear,
        Work,
    }

    const LEN: usize = 1200;

    fn range() -> impl Strategy<Value = Range<usize>> {
        (0..LEN, 0..LEN).prop_map(|(a, b)| a.min(b)..a.max(b))
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0..LEN, any::<bool>()).prop_map(|(place, on)| Step::Put(place, on)),
            2 => (range(), any::<bool>()).prop_map(|(places, on)| Step::PutAll(places, on)),
            3 => (any::<bool>(), any::<bool>(), prop::collection::vec(range(), 1..5))
                .prop_map(|(keep, flip, covered)| Step::Gesture { keep, flip, covered }),
            2 => (0..LEN).prop_map(Step::Gone),
            1 => prop::collection::vec(0..LEN, 0..40).prop_map(Step::GoneUnseen),
            1 => Just(Step::Clear),
            2 => Just(Step::Work),
        ]
    }

    fn carry_out(
        step: Step,
        page: &mut Page,
        selection: &mut Selection,
        model: &mut BTreeSet<PhotoId>,
    ) {
        let put = |model: &mut BTreeSet<PhotoId>, page: &Page, places: Range<usize>, on| {
            for photo in places.filter_map(|place| page.photo_at(place)) {
                if on && page.0.contains_key(&photo) {
                    model.insert(photo);
                } else {
                    model.remove(&photo);
                }
            }
        };
        match step {
            Step::Put(place, on) => {
                selection.put(place, on);
                put(model, page, place..place + 1, on);
            }
            Step::PutAll(places, on) => {
                selection.put_all(places.clone(), on);
                put(model, page, places, on);
            }
            Step::Gesture { keep, flip, covered } => {
                selection.begin(keep, page);
                if !keep {
                    model.clear();
                }
                let rule = if flip { Rule::Flip } else { Rule::Select };
                for covered in &covered {
                    selection.cover(vec![covered.clone()], rule);
                    selection.work(page, Duration::ZERO);
                }
                // Only where it ended counts.
                let photos = covered.last().cloned().into_iter().flatten();
                for photo in photos.filter_map(|place| page.photo_at(place)) {
                    let on = !(flip && model.contains(&photo));
                    if on && page.0.contains_key(&photo) {
                        model.insert(photo);
                    } else {
                        model.remove(&photo);
                    }
                }
                selection.commit();
            }
            Step::Gone(place) => {
                selection.settle(page);
                if let Some(photo) = page.photo_at(place)
                    && let Some(was) = page.0.remove(&photo)
                {
                    selection.changed(photo, was, None);
                    model.remove(&photo);
                }
            }
            Step::GoneUnseen(places) => {
                selection.settle(page);
                for photo in places.into_iter().filter_map(id) {
                    page.0.remove(&photo);
                    model.remove(&photo);
                }
                selection.changed_somehow();
            }
            Step::Clear => {
                selection.clear();
                model.clear();
            }
            Step::Work => {
                selection.work(page, Duration::ZERO);
            }
        }
    }

    proptest! {
        #[test]
        fn it_selects_what_a_plain_set_would(steps in prop::collection::vec(step(), 0..24)) {
            let (mut page, mut selection) = (Page::of(LEN), Selection::default());
            let mut model = BTreeSet::new();
            for step in steps {
                let gone = matches!(step, Step::GoneUnseen(_));
                carry_out(step, &mut page, &mut selection, &mut model);
                // Answered for before it is done, except what nobody was told of yet.
                for place in 0..LEN {
                    let Some(photo) = page.photo_at(place) else { continue };
                    if page.0.contains_key(&photo) && !gone {
                        prop_assert_eq!(selection.contains(photo, place), model.contains(&photo));
                    }
                }
            }
            let taken: BTreeSet<_> = selection.take_stock(&page).into_iter().collect();
            prop_assert_eq!(&taken, &model);
            prop_assert_eq!(selection.len(), model.len());
            let bytes: u64 = model.iter().filter_map(|photo| page.bytes_of(*photo)).sum();
            prop_assert_eq!(selection.bytes(), bytes);
            prop_assert_eq!(selection.is_empty(), model.is_empty());
        }
    }

    #[test]
    fn a_share_is_none_some_or_all() {
        let (page, mut selection) = (Page::of(20), Selection::default());
        assert_eq!(selection.share(0..10, &page), Share::None);
        selection.put(2, true);
        assert_eq!(selection.share(0..10, &page), Share::Some);
        assert_eq!(selection.share(4..10, &page), Share::None);
        selection.put_all(0..10, true);
        assert_eq!(selection.share(0..10, &page), Share::All, "what is no photo does not count");
        assert_eq!(selection.share(3..4, &page), Share::None);
    }

    #[test]
    fn a_million_is_selected_in_slices() {
        let (page, mut selection) = (Page::of(100_000), Selection::default());
        selection.put_all(0..100_000, true);
        assert!(selection.work(&page, Duration::ZERO), "one slice is not all of it");
        assert!(selection.len() <= STRIDE);
        assert!(selection.waits_for_places());
        let far = id(99_999).unwrap();
        assert!(selection.contains(far, 99_999), "answered for before its turn");
        selection.settle(&page);
        assert_eq!(selection.len(), page.0.len());
        assert!(!selection.waits_for_places());
    }
}
