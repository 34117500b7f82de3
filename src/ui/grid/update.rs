//! Keeps what the grid shows in step with the library, the files on their way and the window's
//! measures; nothing that is seen jumps meanwhile, and no frame waits.
//!
//! What has been touched since the last snapshot is edited in place. A library that is new as a
//! whole is arranged at once where it is small, else on a thread of its own; until that is done
//! the old one is shown, or a glimpse of a place that was not shown before.

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use egui::Ui;

use super::anchor::{self, Anchor};
use super::arranger::{Arranged, Arranger, Outcome};
use super::layout::Params;
use super::scroll::Scroll;
use super::{EYE, Frame, Grid, header};
use crate::model::{AlbumShelf, Library, Touched, UploadId};
use crate::ui::timeline::{Scope, Timeline};
use crate::ui::tokens::measure;
use crate::ui::uploads::Revision;
use crate::ui::view::View;

/// How the grid's timeline and layout keep up.
#[derive(Default)]
pub(super) struct State {
    /// Whose photos are shown, and with what measures.
    shown: Option<(Scope, Params)>,
    /// What has been touched since the timeline's snapshot.
    touched: Touched,
    /// Which files on their way have been taken in, and among how many albums.
    drafts: Option<(Revision, usize)>,
    /// The revision of the library against which `touched` has been sifted.
    sifted: Option<u64>,
    /// Since when the selection is let finish before places change.
    waits_since: Option<f64>,
    arranger: Option<Arranger>,
    /// The next arrangement on a thread begins no sooner: a library that grows all the time is not
    /// arranged all the time.
    not_before: Option<f64>,
    /// All photos as they were left, while an album is shown, and what has been touched since.
    kept: Option<(Arranged, Touched)>,
    /// Where the page was scrolled to when the anchor was last noted or held.
    pub(super) anchored: f64,
}

impl State {
    pub(super) fn scope(&self) -> Option<Scope> {
        self.shown.map(|(scope, _)| scope)
    }

    pub(super) fn params(&self) -> Params {
        self.shown.map_or_else(Params::default, |(_, params)| params)
    }
}

/// So many photos are ordered within a frame.
const AT_ONCE: usize = 20_000;
/// So many photos of a larger library are edited within a frame.
const EDITS_AT_ONCE: usize = 300;
/// So many files on their way are taken in within a frame.
const DRAFTS_AT_ONCE: usize = 300;
/// Seconds for which places stand still while the selection works on them.
const PATIENCE: f64 = 1.0;
/// Of each album, and around where one was, while all photos are being ordered.
const FIRST_SHOWN: usize = 2_000;
/// Seconds from one arrangement on a thread to the next.
const AGAIN: f64 = 1.0;
/// Of a frame while the page rests, for rows that nobody sees yet.
const REFINING: Duration = Duration::from_millis(2);
/// Seconds without movement after which the page rests.
const RESTS: f64 = 0.2;

impl Grid {
    /// Notes what is different in the library that the next frame is given.
    pub(crate) fn note(&mut self, touched: &Touched) {
        self.state.touched.merge(touched.clone());
        if let Some((_, since)) = &mut self.state.kept {
            since.merge(touched.clone());
        }
        // To be arranged anew, it would only hold on to a library that is gone.
        self.state.kept.take_if(|(_, since)| *since == Touched::Everything);
        if let Some(arranger) = &mut self.state.arranger {
            arranger.touched.merge(touched.clone());
        }
    }

    /// What [`Self::update`] does, where the grid is not painted: the viewer walks through its
    /// photos.
    pub(crate) fn catch_up_unseen(&mut self, ctx: &egui::Context, scope: Scope, view: &View<'_>) {
        if self.state.shown.is_some_and(|(shown, _)| shown == scope) {
            self.catch_up(ctx, scope, view);
        }
    }

    /// Whether only some of the photos may be shown yet.
    pub(super) fn is_being_arranged(&self) -> bool {
        self.state.arranger.is_some()
    }

    pub(super) fn update(&mut self, ui: &Ui, frame: &Frame, scope: Scope, view: &View<'_>) {
        let params = params_of(frame, scope, view);
        self.renew_anchor(frame);
        let old = self.state.shown.replace((scope, params));
        let is_same = old.is_some_and(|(old, _)| old == scope);
        if !is_same {
            self.turn_to(ui.ctx(), old.map(|(old, _)| old), scope, view);
        }
        let at_top = is_same && self.scroll.offset() <= 0.0;
        self.catch_up(ui.ctx(), scope, view);
        let pointer = self.pointer.take().and_then(|at| self.anchor_at(frame, at));
        self.layout.set_params(self.timeline.order(), &params);
        if pointer.is_some() {
            self.anchor = pointer;
            self.aim = None;
        } else if at_top {
            // The top is a place of its own: what is new appears there.
            self.anchor = None;
        }
        self.go_back(scope, frame);
        self.keep_in_view(frame);
        self.refine(ui, frame);
        self.aim_again();
        self.bring_into_view(frame);
    }

    /// Notes the photo under the eye if somebody has scrolled since it was noted.
    #[expect(clippy::float_cmp, reason = "a place that is the same or is not")]
    fn renew_anchor(&mut self, frame: &Frame) {
        if self.scroll.offset() != self.state.anchored {
            self.drop_anchor(frame);
        }
    }

    /// Another place: what it was left with, or its newest photos until all are in order.
    fn turn_to(&mut self, ctx: &egui::Context, old: Option<Scope>, scope: Scope, view: &View<'_>) {
        match old.zip(self.anchor.take()) {
            Some((old, anchor)) => drop(self.left_at.insert(old, anchor)),
            None => drop(old.and_then(|old| self.left_at.remove(&old))),
        }
        self.scroll = Scroll::default();
        (self.cursor, self.aim) = (None, None);
        self.hands.let_go();
        let at_work = self.state.arranger.take();
        let touched = std::mem::take(&mut self.state.touched);
        let left = self.show(Arranged::default());
        self.anchor = self.left_at.get(&scope).copied();
        if old == Some(Scope::All) && at_work.is_none() {
            self.state.kept = Some((left, touched));
        }
        if scope == Scope::All
            && let Some((kept, since)) = self.state.kept.take()
        {
            self.show(kept);
            self.state.touched = since;
            return;
        }
        if is_small(view.library, scope) {
            self.arrange_here(scope, view);
            return;
        }
        self.show_a_glimpse(scope, view);
        self.begin_to_arrange(ctx, scope, view);
    }

    /// Shows the newest photos, and those around where one was.
    fn show_a_glimpse(&mut self, scope: Scope, view: &View<'_>) {
        let seen = self.anchor.and_then(|anchor| anchor.key.id.photo());
        let seen = self.waiting.get(&scope).map(|position| position.photo).or(seen);
        let glimpse = Timeline::glimpse(view.library, scope, view.zone, FIRST_SHOWN, seen);
        self.show(Arranged::of(glimpse, &self.state.params()));
    }

    /// Shows another arrangement; the one that was shown.
    fn show(&mut self, new: Arranged) -> Arranged {
        self.marks = super::scrubber::Marks::default();
        (self.state.drafts, self.state.sifted) = (None, None);
        Arranged {
            timeline: std::mem::replace(&mut self.timeline, new.timeline),
            layout: std::mem::replace(&mut self.layout, new.layout),
        }
    }

    /// Takes in what is new, by edits or as a whole.
    fn catch_up(&mut self, ctx: &egui::Context, scope: Scope, view: &View<'_>) {
        if self.state.arranger.is_some() && self.selects_first(ctx, view) {
            return;
        }
        let done = self.receive(scope);
        let behind = self.timeline.revision() != view.library.revision();
        if self.state.arranger.is_none() && done.is_none() && behind {
            self.sift(scope, view);
        }
        let drafts = Some((view.uploads.revision(), view.library.albums().count()));
        let waits = self.state.arranger.is_some()
            || (done.is_none() && behind && self.arrange_aside(ctx, scope, view));
        if waits || (done.is_none() && !behind && self.state.drafts == drafts) {
            return;
        }
        if done.is_none() && self.state.drafts == drafts && nothing(&self.state.touched) {
            // News that moves nothing disturbs nothing.
            self.timeline.follow(view.library, [], |_, _| {});
            return;
        }
        if done.is_none() && self.selects_first(ctx, view) {
            return;
        }
        let drafts_differ = done.is_some()
            || self.state.drafts != drafts
            || match &self.state.touched {
                Touched::Everything => true,
                Touched::Photos(ids) => ids.iter().any(|id| view.uploads.becomes(*id).is_some()),
            };
        let became = self.became(view);
        let stand_ins = self.anchor.map(|anchor| {
            anchor.stand_ins(self.timeline.order(), &self.layout, self.scroll.offset())
        });
        let held = self.held();
        self.hands.before_change(&self.timeline, view.library);
        let is_anew = done.is_some();
        if let Some(done) = done {
            self.show(done);
            self.layout.set_params(self.timeline.order(), &self.state.params());
        }
        self.follow_library(ctx, scope, view);
        if drafts_differ {
            self.follow_drafts(ctx, view, became.filter(|_| !is_anew));
        }
        self.anchor = stand_ins.and_then(|all| Anchor::remaining(&all, self.timeline.order()));
        self.hold_again(held);
    }

    /// Files whose photos may have come; `None` where any may have.
    fn became(&self, view: &View<'_>) -> Option<Vec<UploadId>> {
        match &self.state.touched {
            Touched::Everything => None,
            Touched::Photos(ids) => {
                Some(ids.iter().filter_map(|id| view.uploads.becomes(*id)).collect())
            }
        }
    }

    /// Takes in what is different of the files on their way, many of them over some frames;
    /// `became` are files that may be photos now, `None` where nothing is known of what was.
    fn follow_drafts(
        &mut self,
        ctx: &egui::Context,
        view: &View<'_>,
        became: Option<Vec<UploadId>>,
    ) {
        let (uploads, albums) = (view.uploads, view.library.albums().count());
        let layout = &mut self.layout;
        let mut told = |order: &_, edit| layout.apply(order, edit);
        let then = self.state.drafts.filter(|(_, then)| *then == albums).map(|(then, _)| then);
        let known = became.zip(then).and_then(|(became, then)| {
            Some((became, then, uploads.touched_since(then)?.take(DRAFTS_AT_ONCE)))
        });
        let Some((became, then, touched)) = known else {
            self.timeline.follow_drafts(view.library, uploads, told);
            self.state.drafts = Some((uploads.revision(), albums));
            return;
        };
        let mut notes = 0;
        for id in touched.inspect(|_| notes += 1).chain(became) {
            self.timeline.follow_draft(view.library, uploads, id, &mut told);
        }
        let now = then.after(notes);
        self.state.drafts = Some((now, albums));
        if now != uploads.revision() {
            ctx.request_repaint();
        }
    }

    /// Of what has been touched, keeps what stands elsewhere or looks different now.
    fn sift(&mut self, scope: Scope, view: &View<'_>) {
        let revision = Some(view.library.revision());
        if self.state.sifted == revision || self.state.shown.is_none_or(|(s, _)| s != scope) {
            return;
        }
        if let Touched::Photos(ids) = &mut self.state.touched {
            self.timeline.keep_different(view.library, ids);
            self.state.sifted = revision;
        }
    }

    /// Whether places stand still for a moment, because the selection is at work on them: all of
    /// what waits would be this frame's work.
    fn selects_first(&mut self, ctx: &egui::Context, view: &View<'_>) -> bool {
        let begun = self.state.waits_since.take();
        if !self.hands.goes_on_selecting(&self.timeline, view.library) {
            return false;
        }
        let since = begun.unwrap_or(ctx.time());
        if ctx.time() - since >= PATIENCE {
            return false;
        }
        self.state.waits_since = Some(since);
        ctx.request_repaint();
        true
    }

    /// What the thread has arranged, once it has.
    fn receive(&mut self, scope: Scope) -> Option<Arranged> {
        let arranger = self.state.arranger.take_if(|arranger| arranger.scope == scope)?;
        match arranger.outcome() {
            Outcome::AtWork => {
                self.state.arranger = Some(arranger);
                None
            }
            Outcome::Done(arranged) => {
                self.state.touched = arranger.touched;
                Some(*arranged)
            }
            Outcome::Lost => {
                self.state.touched = Touched::Everything;
                None
            }
        }
    }

    /// Where all of a large library may be new: has it arranged on a thread, now or in a moment.
    /// False where it is to be followed here.
    fn arrange_aside(&mut self, ctx: &egui::Context, scope: Scope, view: &View<'_>) -> bool {
        let few = match &self.state.touched {
            Touched::Everything => false,
            Touched::Photos(ids) => ids.len() <= EDITS_AT_ONCE,
        };
        if few || is_small(view.library, scope) {
            return false;
        }
        let wait = self.state.not_before.map_or(0.0, |at| at - ctx.time());
        if wait > 0.0 {
            ctx.request_repaint_after(Duration::from_secs_f64(wait));
            return true;
        }
        if self.timeline.is_empty() {
            self.show_a_glimpse(scope, view);
        }
        self.begin_to_arrange(ctx, scope, view);
        self.state.arranger.is_some()
    }

    fn follow_library(&mut self, ctx: &egui::Context, scope: Scope, view: &View<'_>) {
        if self.timeline.revision() == view.library.revision() {
            return;
        }
        match std::mem::take(&mut self.state.touched) {
            Touched::Photos(ids) => {
                let layout = &mut self.layout;
                self.timeline.follow(view.library, ids, |order, edit| layout.apply(order, edit));
            }
            Touched::Everything if is_small(view.library, scope) => {
                self.arrange_here(scope, view);
            }
            // The next frame has it arranged aside.
            Touched::Everything => {
                self.state.touched = Touched::Everything;
                ctx.request_repaint();
            }
        }
    }

    /// Arranges all of it on a thread, or here where there is none to be had.
    fn begin_to_arrange(&mut self, ctx: &egui::Context, scope: Scope, view: &View<'_>) {
        let params = self.state.params();
        self.state.touched = Touched::default();
        self.state.not_before = Some(ctx.time() + AGAIN);
        self.state.arranger = Arranger::begin(ctx, view.library, scope, view.zone, params);
        if self.state.arranger.is_none() {
            self.arrange_here(scope, view);
        }
    }

    fn arrange_here(&mut self, scope: Scope, view: &View<'_>) {
        let timeline = Timeline::of(view.library, scope, view.zone);
        self.show(Arranged::of(timeline, &self.state.params()));
    }

    /// After anything that may have moved tiles: what is on the screen is exact, and the photo
    /// under the eye where it was.
    pub(super) fn keep_in_view(&mut self, frame: &Frame) {
        let (order, height) = (self.timeline.order(), frame.height_px());
        self.scroll.set_room(self.foot(frame));
        let anchor = self.anchor.as_ref();
        anchor::settle(order, &mut self.layout, &mut self.scroll, anchor, height);
        self.state.anchored = self.scroll.offset();
    }

    /// Breaks more rows for as long as a frame has time, and goes on in the next one.
    fn refine(&mut self, ui: &Ui, frame: &Frame) {
        if self.layout.is_exact() {
            return;
        }
        // While photos pass, frames are for them; those in view are exact anyway.
        let rests = frame.now - self.scroll.last_moved();
        if rests < RESTS {
            ui.ctx().request_repaint_after(Duration::from_secs_f64(RESTS - rests));
            return;
        }
        let until = Instant::now() + REFINING;
        #[expect(clippy::cast_possible_truncation, reason = "pixels on a page")]
        let here = self.scroll.offset() as i64;
        if self.layout.refine(self.timeline.order(), here, until) {
            ui.ctx().request_repaint();
        }
        self.keep_in_view(frame);
    }

    /// A photo that wants to be seen.
    fn bring_into_view(&mut self, frame: &Frame) {
        let Some(place) = self.reveal.and_then(|photo| self.timeline.place_of(photo)) else {
            // It may be among those that are being arranged.
            self.reveal = self.reveal.filter(|_| self.state.arranger.is_some());
            return;
        };
        self.reveal = None;
        let Some(guess) = self.layout.tile(place) else { return };
        if self.layout.make_exact(self.timeline.order(), guess.y, guess.y + guess.height) {
            self.keep_in_view(frame);
        }
        let Some(tile) = self.layout.tile(place) else { return };
        #[expect(clippy::cast_precision_loss, reason = "pixels on a page")]
        let (top, bottom) = (tile.y as f64, (tile.y + tile.height) as f64);
        let (offset, height) = (self.scroll.offset(), frame.height_px());
        let header = f64::from(measure::DAY_HEADER) * frame.scale;
        if top < offset + header || bottom > offset + height - self.foot(frame) {
            self.scroll.jump(f64::midpoint(top, bottom) - height * f64::from(EYE), frame.now);
            self.drop_anchor(frame);
            self.keep_in_view(frame);
        }
    }
}

fn nothing(touched: &Touched) -> bool {
    matches!(touched, Touched::Photos(ids) if ids.is_empty())
}

/// Whether the photos of `scope` can be ordered within a frame.
fn is_small(library: &Library, scope: Scope) -> bool {
    let photos = match scope {
        Scope::All => library.photo_count(),
        Scope::Album(album) => library.album(album).map_or(0, AlbumShelf::len),
    };
    photos <= AT_ONCE
}

fn params_of(frame: &Frame, scope: Scope, view: &View<'_>) -> Params {
    #[expect(clippy::cast_possible_truncation, reason = "a window's size")]
    let px = |points: f32| (f64::from(points) * frame.scale).round() as i64;
    let head = if matches!(scope, Scope::Album(_)) { header::ALBUM_HEIGHT } else { 0.0 };
    Params {
        width: px(frame.tiles.width()),
        scale: frame.scale,
        size: view.tile_size,
        arrangement: view.arrangement,
        head: px(head),
    }
}
