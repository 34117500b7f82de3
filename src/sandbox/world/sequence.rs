//! The messages of a channel in their order: stored ones and painted ones as one sequence, from
//! any place in either direction, counted and found by date. The cost is that of what is visited,
//! not of what the channel holds (sparse filters over stored messages walk the index).

use std::ops::ControlFlow;
use std::sync::Arc;

use super::World;
use super::error::Outcome;
use super::kinds::Kinds;
use super::painted::Gallery;
use super::record::{Channel, Kind, Reading, Stretch, index_parts};

/// Messages of all kinds.
pub(crate) const ANY: u8 = 0b1111;

/// A channel's live messages of the kinds in a mask.
pub(crate) struct Sequence<'a> {
    reading: &'a Reading,
    channel: &'a Channel,
    mask: u8,
    painted: Option<Painted<'a>>,
}

struct Painted<'a> {
    gallery: &'a Gallery,
    stretch: Stretch,
    /// Not looked up where any kind will do.
    kinds: Option<Arc<Kinds>>,
}

impl<'a> Sequence<'a> {
    pub(crate) fn new(
        world: &'a World,
        reading: &'a Reading,
        channel: &'a Channel,
        mask: u8,
    ) -> Self {
        let painted = channel.painted.zip(world.gallery.as_ref()).map(|(stretch, gallery)| {
            let kinds = (mask & ANY != ANY && mask != 0).then(|| gallery.kinds(&stretch));
            Painted { gallery, stretch, kinds }
        });
        Self { reading, channel, mask, painted }
    }

    /// The newest painted id; 1 where nothing is painted.
    fn last_painted(&self) -> i32 {
        self.painted.as_ref().map_or(1, |painted| painted.stretch.count + 1)
    }

    fn is_gone(&self, id: i32) -> Outcome<bool> {
        Ok(self.reading.gone.get((self.channel.id, id))?.is_some())
    }

    /// Whether a painted id belongs to the sequence.
    fn painted_fits(&self, painted: &Painted<'_>, id: i32) -> Outcome<bool> {
        if let Some(kinds) = &painted.kinds {
            let position = usize::try_from(id - 2).unwrap_or(usize::MAX);
            if kinds.at(position).is_none_or(|kind| self.mask & kind.bit() == 0) {
                return Ok(false);
            }
        }
        Ok(painted.stretch.gone == 0 || !self.is_gone(id)?)
    }

    /// Stored ids of `from..below`, in either direction. `false`: the visitor wants no more.
    fn stored(
        &self,
        from: i32,
        below: i32,
        newest_first: bool,
        visit: &mut dyn FnMut(i32) -> ControlFlow<()>,
    ) -> Outcome<bool> {
        if from >= below {
            return Ok(true);
        }
        let mut range =
            self.reading.index.range((self.channel.id, from)..(self.channel.id, below))?;
        while let Some(entry) = if newest_first { range.next_back() } else { range.next() } {
            let (key, value) = entry?;
            let (_, kind) = index_parts(value.value());
            if self.mask & kind.bit() != 0 && visit(key.value().1).is_break() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Visits ids below `below`, newest first.
    pub(crate) fn older(
        &self,
        below: i32,
        mut visit: impl FnMut(i32) -> ControlFlow<()>,
    ) -> Outcome<()> {
        let last = self.last_painted();
        if !self.stored(last + 1, below, true, &mut visit)? {
            return Ok(());
        }
        if let Some(painted) = self.painted.as_ref().filter(|_| self.mask != 0) {
            for id in (2..below.min(last + 1)).rev() {
                if self.painted_fits(painted, id)? && visit(id).is_break() {
                    return Ok(());
                }
            }
        }
        self.stored(0, below.min(2), true, &mut visit)?;
        Ok(())
    }

    /// Visits ids from `from` on, oldest first.
    pub(crate) fn newer(
        &self,
        from: i32,
        mut visit: impl FnMut(i32) -> ControlFlow<()>,
    ) -> Outcome<()> {
        if !self.stored(from.max(0), 2, false, &mut visit)? {
            return Ok(());
        }
        let last = self.last_painted();
        if let Some(painted) = self.painted.as_ref().filter(|_| self.mask != 0) {
            for id in from.max(2)..=last {
                if self.painted_fits(painted, id)? && visit(id).is_break() {
                    return Ok(());
                }
            }
        }
        self.stored(from.max(last + 1), i32::MAX, false, &mut visit)?;
        Ok(())
    }

    /// Up to `count` ids below `below`, newest first, after leaving out `skip`.
    pub(crate) fn page(&self, below: i32, skip: usize, count: usize) -> Outcome<Vec<i32>> {
        let (mut left_out, mut ids) = (0, Vec::new());
        if count == 0 {
            return Ok(ids);
        }
        self.older(below, |id| {
            if left_out < skip {
                left_out += 1;
                return ControlFlow::Continue(());
            }
            ids.push(id);
            if ids.len() < count { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(ids)
    }

    /// Up to `count` ids from `from` on, oldest first.
    pub(crate) fn page_up(&self, from: i32, count: usize) -> Outcome<Vec<i32>> {
        let mut ids = Vec::new();
        if count == 0 {
            return Ok(ids);
        }
        self.newer(from, |id| {
            ids.push(id);
            if ids.len() < count { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(ids)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> i32 {
        let chosen = Kind::ALL.iter().filter(|kind| self.mask & kind.bit() != 0);
        let stored: i32 = chosen.map(|kind| self.channel.counts[*kind as usize]).sum();
        let painted = self.painted.as_ref().filter(|_| self.mask != 0).map_or(0, |painted| {
            let all = usize::try_from(painted.stretch.count).unwrap_or(0);
            painted
                .kinds
                .as_ref()
                .map_or(painted.stretch.count, |kinds| kinds.count(all, self.mask))
        });
        stored + painted
    }

    /// How many have an id of at least `from`.
    pub(crate) fn count_from(&self, from: i32) -> Outcome<i32> {
        let mut count = 0;
        let mut one = |_| {
            count += 1;
            ControlFlow::Continue(())
        };
        let last = self.last_painted();
        self.stored(from.max(last + 1), i32::MAX, false, &mut one)?;
        self.stored(from.max(0), 2, false, &mut one)?;
        if let Some(painted) = self.painted.as_ref().filter(|_| self.mask != 0) {
            let first = from.clamp(2, last + 1);
            let place = |id: i32| usize::try_from(id - 2).unwrap_or(0);
            count += match &painted.kinds {
                None => last + 1 - first,
                Some(kinds) => {
                    kinds.count(place(last + 1), self.mask) - kinds.count(place(first), self.mask)
                }
            };
            if painted.stretch.gone > 0 {
                let id = self.channel.id;
                for entry in self.reading.gone.range((id, first)..=(id, last))? {
                    let gone = entry?.0.value().1;
                    let counted = painted.kinds.as_ref().is_none_or(|kinds| {
                        kinds.at(place(gone)).is_some_and(|kind| self.mask & kind.bit() != 0)
                    });
                    count -= i32::from(counted);
                }
            }
        }
        Ok(count)
    }

    /// The date of a message, or of the next that there is.
    pub(crate) fn date_from(&self, id: i32) -> Outcome<Option<i32>> {
        if let Some(painted) = &self.painted
            && (2..=self.last_painted()).contains(&id)
        {
            let sent = painted.gallery.spec_at(&painted.stretch, id).sent;
            return Ok(Some(i32::try_from(sent).unwrap_or(i32::MAX)));
        }
        let channel = self.channel.id;
        let mut range = self.reading.index.range((channel, id)..(channel, i32::MAX))?;
        let Some(entry) = range.next() else { return Ok(None) };
        let (key, value) = entry?;
        if key.value().1 > 1 && id <= 1 && self.painted.is_some() {
            return self.date_from(2);
        }
        Ok(Some(index_parts(value.value()).0))
    }

    /// The least id from which on all dates are at least `date`.
    pub(crate) fn first_at(&self, date: i32) -> Outcome<i32> {
        let (mut low, mut high) = (1, self.channel.last_id + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.date_from(middle)?.is_none_or(|found| found >= date) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(low)
    }
}
