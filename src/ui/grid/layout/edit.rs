//! How a layout comes to be and follows its photos: runs are made, grow, are cut and joined.

use super::geometry::Geometry;
use super::run::Run;
use super::{Layout, Params};
use crate::ui::timeline::{Edit, Entry, Order, Totals};
use crate::ui::words;

/// The days of one section; the last one asked for is remembered.
#[derive(Clone, Copy, Debug, Default)]
struct Sections {
    by_month: bool,
    /// First day of the month, and the first day after it.
    month: (i64, i64),
}

impl Sections {
    const fn of(geometry: &Geometry) -> Self {
        Self { by_month: geometry.by_month, month: (0, 0) }
    }

    /// The section of a day, named by its first day.
    fn of_day(&mut self, day: i64) -> i64 {
        if !self.by_month {
            return day;
        }
        if !(self.month.0..self.month.1).contains(&day) {
            self.month = words::date(day).map_or((day, day + 1), |date| {
                let first = day + 1 - i64::from(date.day());
                (first, first + i64::from(date.days_in_month()))
            });
        }
        self.month.0
    }
}

impl Layout {
    /// The layout of `order`: all of it a guess, where rows are justified.
    pub(crate) fn of(order: &Order, params: &Params) -> Self {
        let mut this = Self { geometry: Geometry::of(params), ..Self::default() };
        this.make_runs(order);
        this
    }

    /// Takes on other measures. Nothing is broken anew: all heights are guesses again.
    pub(crate) fn set_params(&mut self, order: &Order, params: &Params) {
        let geometry = Geometry::of(params);
        if geometry == self.geometry {
            return;
        }
        let head_alone = Geometry { head: self.geometry.head, ..geometry } == self.geometry;
        let same_runs = geometry.same_runs(&self.geometry);
        self.geometry = geometry;
        if head_alone {
            // Only the first header stands elsewhere.
        } else if same_runs {
            self.runs.update_all(|run| run.guess(&geometry));
        } else {
            self.make_runs(order);
        }
        self.revision += 1;
    }

    fn make_runs(&mut self, order: &Order) {
        let geometry = self.geometry;
        let mut sections = Sections::of(&geometry);
        let mut parts: Vec<(i64, Totals)> = Vec::new();
        for stretch in order.stretches() {
            let section = sections.of_day(stretch.day);
            match parts.last_mut() {
                Some((last, totals)) if *last == section && totals.entries < geometry.least => {
                    *totals += stretch.totals;
                }
                _ => parts.push((section, stretch.totals)),
            }
        }
        let mut before = None;
        let mut parts = parts.into_iter().peekable();
        let mut runs = Vec::with_capacity(parts.len());
        while let Some((section, totals)) = parts.next() {
            let mut run = Run::new(section, totals, &geometry);
            run.opens = before != Some(section);
            run.closes = parts.peek().is_none_or(|(next, _)| *next != section);
            run.guess(&geometry);
            before = Some(section);
            runs.push(run);
        }
        self.runs = runs.into_iter().collect();
        self.revision += 1;
    }

    /// Follows an edit of `order`, which has been made.
    pub(crate) fn apply(&mut self, order: &Order, edit: Edit) {
        self.edition += 1;
        match edit {
            Edit::Inserted(rank) => self.inserted(order, rank),
            Edit::Removed(rank, entry) => self.removed(order, rank, &entry),
        }
    }

    /// A photo has come to stand at `rank` of `order`.
    fn inserted(&mut self, order: &Order, rank: usize) {
        let Some(entry) = order.get(rank) else { return };
        let geometry = self.geometry;
        let section = Sections::of(&geometry).of_day(entry.day());
        let totals = totals_of(&entry);
        // The run that stands there now, and the one before it, where it stands between them.
        let (here, first) =
            self.run_of(rank).map_or((self.runs.len(), rank), |(run, placed)| (run, placed.first));
        let is_of = |run: usize| self.runs.get(run).is_some_and(|run| run.section == section);
        let before = here.checked_sub(1).filter(|run| first == rank && is_of(*run));
        if let Some(run) = Some(here).filter(|run| is_of(*run)).or(before) {
            let photos = self.runs.update(run, |run| {
                run.totals += totals;
                run.guess(&geometry);
                run.totals.entries
            });
            if photos.is_some_and(|photos| photos > geometry.most) {
                self.cut(order, run);
            }
        } else {
            self.runs.insert(here, Run::new(section, totals, &geometry));
            self.mend(here);
        }
        self.revision += 1;
    }

    /// `entry`, which stood at `rank`, is gone from `order`.
    fn removed(&mut self, order: &Order, rank: usize, entry: &Entry) {
        let Some((run, _)) = self.run_of(rank) else { return };
        let geometry = self.geometry;
        let totals = totals_of(entry);
        let left = self.runs.update(run, |run| {
            run.totals = less(run.totals, totals);
            run.guess(&geometry);
            run.totals.entries
        });
        if left == Some(0) {
            self.runs.remove(run);
            self.mend(run);
        } else if left.is_some_and(|left| left < geometry.least / 2) && geometry.columns.is_none() {
            self.join(order, run);
        }
        self.revision += 1;
    }

    /// Cuts a run that has grown too long in two.
    fn cut(&mut self, order: &Order, run: usize) {
        let first = self.runs.before(run).photos;
        let Some(this) = self.runs.get(run) else { return };
        let (section, whole) = (this.section, this.totals);
        let newer = order.totals_of(first, whole.entries / 2);
        let older = less(whole, newer);
        self.runs.update(run, |run| run.totals = newer);
        self.runs.insert(run + 1, Run::new(section, older, &self.geometry));
        self.mend(run);
        self.guess(run);
        self.guess(run + 1);
    }

    /// Joins a run that has become short with a neighbour of its section.
    fn join(&mut self, order: &Order, run: usize) {
        let section = |at: usize| self.runs.get(at).map(|run| run.section);
        let run = if section(run) == section(run + 1) {
            run
        } else {
            match run.checked_sub(1).filter(|before| section(*before) == section(run)) {
                Some(before) => before,
                None => return,
            }
        };
        let Some(next) = self.runs.remove(run + 1) else { return };
        let geometry = self.geometry;
        let photos = self.runs.update(run, |run| {
            run.totals += next.totals;
            run.totals.entries
        });
        self.mend(run);
        self.guess(run);
        if photos.is_some_and(|photos| photos > geometry.most) {
            self.cut(order, run);
        }
    }

    fn guess(&mut self, run: usize) {
        let geometry = self.geometry;
        self.runs.update(run, |run| run.guess(&geometry));
    }

    /// Headers and last rows around a run that has come, gone or been cut.
    fn mend(&mut self, run: usize) {
        let geometry = self.geometry;
        for at in run.saturating_sub(1)..=run + 1 {
            let section = |at: usize| self.runs.get(at).map(|run| run.section);
            let Some(this) = section(at) else { continue };
            let opens = at.checked_sub(1).and_then(section) != Some(this);
            let closes = section(at + 1) != Some(this);
            let stands = self.runs.get(at).map(|run| (run.opens, run.closes));
            if stands != Some((opens, closes)) {
                self.runs.update(at, |run| {
                    (run.opens, run.closes) = (opens, closes);
                    run.guess(&geometry);
                });
            }
        }
    }
}

fn totals_of(entry: &Entry) -> Totals {
    Totals::of(&[entry.packed()])
}

const fn less(whole: Totals, part: Totals) -> Totals {
    Totals {
        entries: whole.entries.saturating_sub(part.entries),
        videos: whole.videos.saturating_sub(part.videos),
        drafts: whole.drafts.saturating_sub(part.drafts),
        aspects: whole.aspects.saturating_sub(part.aspects),
    }
}
