//! The list of wishes as it comes together in a frame: each picture once, in the largest size that
//! it is wished for in, most wanted first.

use super::entry::{Entry, Wished};
use super::placeholders::Blurs;
use super::thumbnails::{BUDGET, cost};
use super::{PREVIEW, Subject};
use crate::engine::{Want, WantList};
use crate::model::{PixelSize, Rendition};

/// What lies ahead may fill the card's budget up to here, bytes: the rest is for coming and going.
const AHEAD: usize = BUDGET / 8 * 6;
/// What lies ahead is looked at in every so many frames.
const EVERY: u64 = 4;

/// What there is to look at ahead: the part of the page that is on screen (from, to), the edition
/// of the page, and how much has been learnt of pictures.
pub(super) type Sight = ((i64, i64), u64, u64);

/// Whether to look ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Now,
    /// In one of the next frames.
    Soon,
    /// Nothing is different since the last look.
    Done,
}

/// The wishes of a frame.
#[derive(Default)]
pub(super) struct Wishes {
    frame: u64,
    /// Cheap, and the first to be seen.
    previews: Vec<Want>,
    visible: Vec<Want>,
    /// The first of them fills the window: it comes before all tiles, the others after.
    large: Vec<Want>,
    /// From the last frame that looked ahead.
    ahead: Vec<Want>,
    /// The frame of that look, what there was to see, and the last frame that asked for one.
    looked: u64,
    seen: Option<Sight>,
    asked: u64,
    /// Bytes that what is visible takes on the card, and what lies ahead.
    claimed: usize,
    claimed_ahead: usize,
    pub(super) upwards: bool,
    /// Wishes for photos that have no thumbnail at all.
    bare: usize,
    bare_ahead: usize,
    said: Option<WantList>,
}

impl Wishes {
    pub(super) fn begin_frame(&mut self) {
        self.frame += 1;
        self.previews.clear();
        self.visible.clear();
        self.large.clear();
        (self.claimed, self.bare) = (0, 0);
        self.upwards = false;
        if self.asked + 2 * EVERY < self.frame {
            self.look_away();
        }
    }

    pub(super) fn preview(&mut self, entry: &mut Entry, subject: &Subject, blurs: &Blurs) {
        let lacks = subject.has_picture
            && subject.has_preview
            && !entry.preview_waits
            && !blurs.has_preview(entry);
        if lacks && entry.preview_wished.frame != self.frame {
            entry.preview_wished = Wished { frame: self.frame, at: self.previews.len() };
            let rendition = Rendition::Preview;
            self.previews.push(Want { photo: subject.id, rendition, fit: PREVIEW });
        }
    }

    /// A thumbnail that is needed now. `have`: the longer side of the one that is there, 0 without
    /// one.
    pub(super) fn thumbnail(
        &mut self,
        entry: &mut Entry,
        subject: &Subject,
        fit: PixelSize,
        have: u32,
        failed: bool,
    ) {
        if !subject.has_picture {
            return;
        }
        let side = subject.useful(fit, have);
        self.claimed += cost(subject.scaled(side.max(have)));
        // Sizes that are told may be a pixel off.
        if failed || have + 1 >= side || entry.thumbnail_waits {
            return;
        }
        let fit = PixelSize::new(side, side);
        let wished = entry.thumbnail_wished;
        if wished.frame != self.frame {
            entry.thumbnail_wished = Wished { frame: self.frame, at: self.visible.len() };
            self.bare += usize::from(have == 0);
            self.visible.push(Want { photo: subject.id, rendition: Rendition::Thumbnail, fit });
        } else if let Some(want) = self.visible.get_mut(wished.at)
            && want.fit.long_side() < side
        {
            want.fit = fit;
        }
    }

    /// Whether this frame is to look ahead: not every one, and none twice at the same.
    pub(super) fn looks_ahead(&mut self, sight: Sight) -> Look {
        self.asked = self.frame;
        if self.seen == Some(sight) {
            return Look::Done;
        }
        if self.looked != 0 && self.looked + EVERY > self.frame {
            return Look::Soon;
        }
        (self.looked, self.claimed_ahead, self.bare_ahead) = (self.frame, 0, 0);
        self.seen = Some(sight);
        self.ahead.clear();
        Look::Now
    }

    /// Forgets what lay ahead.
    pub(super) fn look_away(&mut self) {
        self.ahead.clear();
        (self.looked, self.bare_ahead, self.seen) = (0, 0, None);
    }

    /// A thumbnail for later. False when what is visible and ahead fills the card.
    pub(super) fn ahead(
        &mut self,
        entry: &mut Entry,
        subject: &Subject,
        fit: PixelSize,
        have: u32,
        failed: bool,
    ) -> bool {
        if !subject.has_picture {
            return true;
        }
        let side = subject.useful(fit, have);
        self.claimed_ahead += cost(subject.scaled(side.max(have)));
        if self.claimed + self.claimed_ahead > AHEAD {
            return false;
        }
        let lacks = !failed && have + 1 < side && !entry.thumbnail_waits;
        let is_new =
            entry.ahead_wished.frame != self.frame && entry.thumbnail_wished.frame != self.frame;
        if lacks && is_new {
            entry.ahead_wished = Wished { frame: self.frame, at: self.ahead.len() };
            let fit = PixelSize::new(side, side);
            self.bare_ahead += usize::from(have == 0);
            self.ahead.push(Want { photo: subject.id, rendition: Rendition::Thumbnail, fit });
        }
        true
    }

    /// A large picture.
    pub(super) fn large(&mut self, want: Want) {
        let key = (want.photo, want.rendition);
        match self.large.iter_mut().find(|other| (other.photo, other.rendition) == key) {
            Some(other) if other.fit.long_side() < want.fit.long_side() => other.fit = want.fit,
            Some(_) => {}
            None => self.large.push(want),
        }
    }

    /// Whether nothing is wished for but sharper thumbnails than there are.
    pub(super) fn are_met(&self) -> bool {
        self.bare + self.bare_ahead == 0 && self.previews.is_empty() && self.large.is_empty()
    }

    /// The list to send, if it differs from the last one. `choked`: no more thumbnails for now.
    pub(super) fn changed(&mut self, choked: bool) -> Option<WantList> {
        if self.upwards {
            self.visible.reverse();
        }
        let (first, others) = self.large.split_at(self.large.len().min(1));
        let [visible, ahead] = [&self.visible, &self.ahead].map(Vec::as_slice);
        let all = [first, &self.previews, visible, others, ahead];
        let small = |want: &&Want| want.rendition >= Rendition::Screen || !choked;
        let wants = || all.into_iter().flatten().filter(small);
        if let Some(said) = &self.said
            && said.wants.iter().eq(wants())
        {
            return None;
        }
        let list = WantList { wants: wants().copied().collect() };
        self.said = Some(list.clone());
        Some(list)
    }
}
