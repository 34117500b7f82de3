//! What can be painted of a photo now, and what is wished for next.
//!
//! Window thread only. Bitmaps arrive decoded; here they become textures within a budget of bytes
//! a frame and a budget of bytes in all. The one thing decoded here is BlurHash, small and held in
//! the library, so that the first frame is never blank, however many tiles come into it at once.

mod atlas;
mod entry;
mod large;
mod measured;
mod pace;
mod placeholders;
mod subject;
mod tally;
#[cfg(test)]
mod tests;
mod thumbnails;
mod waiting;
mod wishes;

use std::collections::{HashMap, HashSet};

use egui::{Context, Rect, TextureHandle, TextureId};

use self::entry::Entries;
use self::large::{Arrived, Larges};
pub(crate) use self::large::{Large, Sight, Tiles};
pub use self::measured::Placeholders;
use self::pace::Pace;
use self::placeholders::Blurs;
pub(crate) use self::subject::Subject;
use self::tally::Seen;
pub use self::tally::Tally;
pub(crate) use self::thumbnails::texture as thumbnail_texture;
use self::thumbnails::{Thumbnail, Thumbnails};
use self::waiting::Waiting;
use self::wishes::{Look, Wishes};
use super::tile_paint::Layer;
use super::tokens::{self, motion};
use crate::engine::{Picture, Progress, Trouble, Want, WantList};
use crate::model::{Bitmap, PhotoId, PixelSize, Rendition};

/// The size that previews are asked for in: they have no other.
pub(crate) const PREVIEW: PixelSize = PixelSize::new(40, 40);
/// A bitmap that comes when nobody has looked for it for so many frames does not go to the card.
const FORGOTTEN: u64 = 120;
/// What has nothing to show and was not looked for during so many frames is not kept in mind.
const OLD: u64 = 600;

type Failures = HashMap<(PhotoId, Rendition), Trouble>;

/// A part of a texture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patch {
    pub(crate) texture: TextureId,
    pub(crate) uv: Rect,
    /// Whether other pictures are in the same texture.
    pub(crate) is_shared: bool,
}

/// A thumbnail to paint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShownThumbnail {
    pub(crate) patch: Patch,
    /// Width over height.
    pub(crate) aspect: f32,
    /// How much of it shows, 0..=1.
    pub(crate) share: f32,
}

/// What there is to paint of a photo in a tile.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shown {
    /// Blur or preview; not looked for under a thumbnail that covers it.
    pub(crate) placeholder: Option<Patch>,
    pub(crate) thumbnail: Option<ShownThumbnail>,
    /// There is no thumbnail because it could not be had: [`Pictures::failure`] says why.
    pub(crate) failed: bool,
}

/// Textures, placeholders, failures and wishes.
#[derive(Default)]
pub(crate) struct Pictures {
    entries: Entries,
    /// Entries that were left when they were last looked through.
    tidied: usize,
    blurs: Blurs,
    thumbnails: Thumbnails,
    large: Larges,
    waiting: Waiting,
    failures: Failures,
    progress: HashMap<PhotoId, Progress>,
    /// Why originals on their way do not get on at the moment.
    holdups: HashMap<PhotoId, Trouble>,
    wishes: Wishes,
    /// Counts what has been learnt of pictures: they came, failed or were forgotten.
    learnt: u64,
    pace: Pace,
    /// Bytes sent to the card in this frame.
    sent: usize,
    /// Whether this frame asked for the next at once.
    goes_on: bool,
    frame: u64,
    now: f64,
    fade: f64,
    fading: bool,
    tiles: u32,
    blank: u32,
    seen: Seen,
    /// Where tiles paint now, while a screen of them is being painted.
    pub(crate) layer: Option<Layer>,
}

impl Pictures {
    /// Takes in what the engine answered.
    pub(crate) fn receive(&mut self, picture: Picture) {
        self.learnt += 1;
        let Picture { photo, rendition, content, trouble, progress, .. } = picture;
        let (reduced_from, is_damaged) = (picture.reduced_from, picture.is_damaged);
        let key = (photo, rendition);
        match progress {
            Some(progress) => drop(self.progress.insert(photo, progress)),
            None if !self.progress.is_empty() => drop(self.progress.remove(&photo)),
            None => {}
        }
        let is_coming = progress.is_some();
        match trouble {
            Some(trouble) if is_coming => drop(self.holdups.insert(photo, trouble)),
            Some(trouble) => drop(self.failures.insert(key, trouble)),
            None if is_coming => drop(self.holdups.remove(&photo)),
            None => {
                self.holdups.remove(&photo);
                self.failures.remove(&key);
            }
        }
        match content {
            // What is at hand is painted already, and must not be taken for what was wished for; a
            // part of the original is better.
            Ok(_) if is_coming && !picture.partial => {}
            Ok(bitmap) if rendition >= Rendition::Screen => {
                let partial = picture.partial;
                let arrived = Arrived { bitmap, reduced_from, is_damaged, partial };
                self.large.put(key, arrived, self.frame);
            }
            Ok(bitmap) => self.waiting.push(&mut self.entries, self.frame, key, bitmap),
            Err(trouble) => drop(self.failures.insert(key, trouble)),
        }
    }

    /// Forgets everything about a photo, because its file has changed or it is gone.
    pub(crate) fn forget(&mut self, photo: PhotoId) {
        self.learnt += 1;
        if let Some(thumbnail) = self.entries.remove(&photo).and_then(|entry| entry.thumbnail) {
            self.thumbnails.gone(&thumbnail);
        }
        self.large.forget(photo);
        self.failures.retain(|(id, _), _| *id != photo);
        self.waiting.forget(photo);
        self.progress.remove(&photo);
        self.holdups.remove(&photo);
    }

    /// The photos that something is known of.
    pub(crate) fn known(&self) -> HashSet<PhotoId> {
        let renditions = self.large.photos().chain(self.failures.keys().map(|(id, _)| *id));
        let tiles = self.entries.keys().chain(self.progress.keys()).copied();
        renditions.chain(tiles).collect()
    }

    /// Forgets that a picture failed, so that it is wished for again.
    pub(crate) fn forgive(&mut self, photo: PhotoId, rendition: Rendition) {
        self.learnt += 1;
        self.failures.remove(&(photo, rendition));
    }

    /// Begins a frame: moves waiting bitmaps to the graphics card, within the budget.
    pub(crate) fn begin_frame(&mut self, ctx: &Context) {
        self.frame += 1;
        if self.goes_on {
            self.pace.learn(f64::from(ctx.input(|input| input.unstable_dt)), self.sent);
        }
        (self.sent, self.goes_on, self.fading) = (0, false, false);
        (self.tiles, self.blank) = (0, 0);
        self.now = ctx.time();
        self.fade = f64::from(tokens::seconds(ctx, motion::CROSS_FADE));
        self.wishes.begin_frame();
        self.blurs.tidy(self.frame);
        self.thumbnails.evict(&mut self.entries, self.frame);
        self.upload(ctx);
        self.large.begin_frame(self.frame);
        self.tidy();
    }

    fn upload(&mut self, ctx: &Context) {
        let budget = self.pace.bytes();
        // The first fills the window: it comes before all tiles.
        self.upload_large(ctx, true);
        while self.sent < budget {
            let Some((photo, rendition, bitmap)) = self.waiting.pop() else { break };
            self.put_small(ctx, photo, rendition, &bitmap);
        }
        self.upload_large(ctx, false);
        self.goes_on = !self.waiting.is_empty() || self.large.are_waiting();
    }

    fn upload_large(&mut self, ctx: &Context, first_alone: bool) {
        let mut frame = self.large_frame(ctx);
        let before = frame.budget;
        self.large.upload(&mut frame, first_alone);
        self.sent += before - frame.budget;
    }

    fn large_frame<'a>(&self, ctx: &'a Context) -> large::Frame<'a> {
        let budget = self.pace.bytes().saturating_sub(self.sent);
        large::Frame { ctx, number: self.frame, now: self.now, fade: self.fade, budget }
    }

    fn put_small(&mut self, ctx: &Context, photo: PhotoId, rendition: Rendition, bitmap: &Bitmap) {
        let Some(entry) = self.entries.get_mut(&photo) else { return };
        if rendition == Rendition::Preview {
            entry.preview_waits = false;
        } else {
            entry.thumbnail_waits = false;
        }
        if entry.touched + FORGOTTEN < self.frame {
            return;
        }
        if rendition == Rendition::Preview {
            entry.preview = self.blurs.put_preview(ctx, bitmap, self.frame);
            return;
        }
        let mut thumbnail = self.thumbnails.put(ctx, bitmap, &self.entries, self.frame);
        self.sent += bitmap.rgba().len();
        // A sharper one takes the place of another without fading in anew.
        let Some(entry) = self.entries.get_mut(&photo) else { return };
        if let Some(old) = &entry.thumbnail {
            (thumbnail.began, thumbnail.seen) = (old.began, old.seen);
        }
        self.hold(photo, thumbnail);
    }

    fn hold(&mut self, photo: PhotoId, thumbnail: Thumbnail) {
        self.thumbnails.came(&thumbnail);
        let entry = self.entries.entry(photo).or_default();
        if let Some(old) = entry.thumbnail.replace(thumbnail) {
            self.thumbnails.gone(&old);
        }
    }

    /// Takes over the picture of a file that has become `photo`: there already, so nothing fades.
    pub(crate) fn adopt(&mut self, photo: PhotoId, texture: TextureHandle) {
        if self.thumbnail_size(photo).is_none() {
            self.hold(photo, Thumbnail::of_texture(texture, self.frame));
        }
    }

    /// Keeps what is known of photos in bounds, without looking through it in every frame.
    fn tidy(&mut self) {
        if self.entries.len() < 2 * self.tidied + 4096 {
            return;
        }
        let (frame, thumbnails) = (self.frame, &mut self.thumbnails);
        self.entries.retain(|_, entry| {
            let has = entry.thumbnail.as_ref().is_some_and(|own| thumbnails.has(own));
            has || entry.preview_waits || entry.thumbnail_waits || entry.touched + OLD > frame
        });
        self.tidied = self.entries.len();
    }

    /// What can be painted of a photo in a tile of `fit` physical pixels. `at_rest`: what it lacks
    /// is wished for, and a thumbnail that comes now fades in instead of appearing.
    pub(crate) fn tile(
        &mut self,
        ctx: &Context,
        subject: &Subject,
        fit: PixelSize,
        at_rest: bool,
    ) -> Shown {
        let frame = self.frame;
        let entry = self.entries.entry(subject.id).or_default();
        let was_there = entry.painted + 1 >= frame;
        (entry.painted, entry.touched) = (frame, frame);
        let mut shown = Shown::default();
        let mut side = 0;
        if let Some(thumbnail) = &mut entry.thumbnail {
            if let Some(patch) = self.thumbnails.patch(thumbnail, frame) {
                if !std::mem::replace(&mut thumbnail.seen, true) {
                    self.seen.insert(subject.id);
                }
                // What was there when the tile came into view has nothing to fade in from.
                let fresh = at_rest && was_there;
                let began = if fresh { self.now } else { f64::NEG_INFINITY };
                let began = *thumbnail.began.get_or_insert(began);
                let share = share(self.now - began, self.fade);
                self.fading |= share < 1.0;
                side = thumbnail.long_side();
                let aspect = aspect(thumbnail.size());
                shown.thumbnail = Some(ShownThumbnail { patch, aspect, share });
            } else {
                entry.thumbnail = None;
            }
        }
        if shown.thumbnail.is_none_or(|thumbnail| thumbnail.share < 1.0) {
            shown.placeholder = self.blurs.placeholder(ctx, entry, subject, fit, frame);
        }
        let failed = has_failed(&self.failures, subject.id, Rendition::Thumbnail);
        shown.failed = failed && shown.thumbnail.is_none();
        if at_rest {
            if side == 0 && !has_failed(&self.failures, subject.id, Rendition::Preview) {
                self.wishes.preview(entry, subject, &self.blurs);
            }
            self.wishes.thumbnail(entry, subject, fit, side, failed);
        }
        shown
    }

    /// The thumbnail and how much of it shows.
    pub(crate) fn thumbnail(&mut self, photo: PhotoId) -> Option<Patch> {
        let thumbnail = self.entries.get_mut(&photo)?.thumbnail.as_mut()?;
        self.thumbnails.patch(thumbnail, self.frame)
    }

    /// Whether there is something of every picture that was wished for, or it has failed.
    pub(crate) fn is_served(&self) -> bool {
        self.wishes.are_met() && self.waiting.is_empty()
    }

    /// What has been painted of tiles.
    pub(crate) const fn tally(&self) -> Tally {
        Tally { tiles: self.tiles, blank: self.blank, thumbnails: self.seen.len() }
    }

    /// From now on pictures are gathered, under everything that is painted from now on.
    pub(crate) fn begin_layer(&mut self, painter: &egui::Painter) {
        self.layer = Some(Layer::begin(painter));
    }

    /// Paints what was gathered.
    pub(crate) fn end_layer(&mut self) {
        if let Some(layer) = self.layer.take() {
            layer.end();
        }
    }

    /// Counts a tile that was painted.
    pub(crate) const fn painted(&mut self, blank: bool) {
        self.tiles += 1;
        self.blank += blank as u32;
    }

    /// The size of the thumbnail, pixels, once there is one.
    pub(crate) fn thumbnail_size(&self, photo: PhotoId) -> Option<PixelSize> {
        let thumbnail = self.entries.get(&photo)?.thumbnail.as_ref()?;
        let [width, height] = thumbnail.size();
        let is_there = self.thumbnails.has(thumbnail);
        let side = |side: usize| u32::try_from(side).ok().filter(|_| is_there);
        Some(PixelSize::new(side(width)?, side(height)?))
    }

    /// Blur or preview, as sharp as they get.
    pub(crate) fn placeholder(
        &mut self,
        ctx: &Context,
        photo: impl Into<Subject>,
    ) -> Option<Patch> {
        let subject = photo.into();
        let entry = self.entries.entry(subject.id).or_default();
        entry.touched = self.frame;
        self.blurs.placeholder(ctx, entry, &subject, PixelSize::new(1024, 1024), self.frame)
    }

    /// What there is to paint of a large picture, over whatever is worse. What is seen of it goes
    /// to the card as far as this frame allows.
    pub(crate) fn large_tiles(
        &mut self,
        ctx: &Context,
        photo: PhotoId,
        rendition: Rendition,
        sight: &Sight,
    ) -> Option<Tiles> {
        let mut frame = self.large_frame(ctx);
        let before = frame.budget;
        let shown = self.large.show((photo, rendition), sight, &mut frame);
        self.sent += before - frame.budget;
        let (tiles, more) = shown?;
        self.goes_on |= more;
        Some(tiles)
    }

    /// A large picture, if it is there.
    pub(crate) fn large(&self, photo: PhotoId, rendition: Rendition) -> Option<&Large> {
        self.large.get((photo, rendition))
    }

    /// Whether a photo can be painted as sharp as the screen, at once.
    pub(crate) fn is_sharp(&self, photo: PhotoId) -> bool {
        let large = self.large(photo, Rendition::Screen);
        large.is_some_and(|large| large.is_whole() && !large.is_partial())
    }

    /// Why a picture cannot be shown.
    pub(crate) fn failure(&self, photo: PhotoId, rendition: Rendition) -> Option<&Trouble> {
        self.failures.get(&(photo, rendition))
    }

    /// Why an original on its way does not get on at the moment.
    pub(crate) fn holdup(&self, photo: PhotoId) -> Option<&Trouble> {
        self.holdups.get(&photo).filter(|_| self.progress.contains_key(&photo))
    }

    /// How far an original on its way is.
    pub(crate) fn progress(&self, photo: PhotoId) -> Option<Progress> {
        self.progress.get(&photo).copied()
    }

    /// Whether wishes for what lies ahead of `view` (from and to on the page, and the page's
    /// edition) are to be stated in this frame: not in every one.
    pub(crate) fn looks_ahead(&mut self, ctx: &Context, view: ((i64, i64), u64)) -> bool {
        let look = self.wishes.looks_ahead((view.0, view.1, self.learnt));
        if look == Look::Soon {
            // The last frame before a rest has to look.
            ctx.request_repaint();
        }
        look == Look::Now
    }

    /// Nothing is wished for that is not on screen: it goes by too fast.
    pub(crate) fn look_away(&mut self) {
        self.wishes.look_away();
    }

    /// Wishes for the thumbnail of a photo that is not on screen yet, as far as there is room for
    /// it. False when there is none left: there is no use in looking further.
    pub(crate) fn wish_ahead(&mut self, photo: impl Into<Subject>, fit: PixelSize) -> bool {
        let subject = photo.into();
        let entry = self.entries.entry(subject.id).or_default();
        entry.touched = self.frame;
        let side = kept_side(&mut self.thumbnails, entry, self.frame);
        let failed = has_failed(&self.failures, subject.id, Rendition::Thumbnail);
        self.wishes.ahead(entry, &subject, fit, side, failed)
    }

    /// Which way the page is going: what comes into view first is wished for first.
    pub(crate) const fn travels(&mut self, direction: f64) {
        self.wishes.upwards = direction < 0.0;
    }

    /// Wishes for a thumbnail that covers `fit` physical pixels, as far as one can be had.
    pub(crate) fn wish_thumbnail(&mut self, photo: impl Into<Subject>, fit: PixelSize) {
        let subject = photo.into();
        let entry = self.entries.entry(subject.id).or_default();
        entry.touched = self.frame;
        let side = kept_side(&mut self.thumbnails, entry, self.frame);
        let failed = has_failed(&self.failures, subject.id, Rendition::Thumbnail);
        self.wishes.thumbnail(entry, &subject, fit, side, failed);
    }

    /// Wishes for the preview, unless it is there or something better is.
    pub(crate) fn wish_preview(&mut self, photo: impl Into<Subject>) {
        let subject = photo.into();
        let entry = self.entries.entry(subject.id).or_default();
        entry.touched = self.frame;
        let failed = has_failed(&self.failures, subject.id, Rendition::Preview);
        if !failed && kept_side(&mut self.thumbnails, entry, self.frame) == 0 {
            self.wishes.preview(entry, &subject, &self.blurs);
        }
    }

    /// Wishes for a large picture, unless it is there, on its way to the card, or has failed. The
    /// order of calls is the order of priority.
    pub(crate) fn wish(&mut self, photo: PhotoId, rendition: Rendition, fit: PixelSize) {
        let key = (photo, rendition);
        let there = self.large.covers(key, fit, self.frame);
        if !there && !self.failures.contains_key(&key) {
            self.large.asked(key, fit);
            self.wishes.large(Want { photo, rendition, fit });
        }
    }

    /// Keeps an original that is there, though not looked at now: it is of the photo that is shown.
    pub(crate) fn keep_original(&mut self, photo: PhotoId) {
        self.large.keep((photo, Rendition::Original), self.frame);
    }

    /// Ends a frame: sends the placeholders that were decoded, and asks for another frame while
    /// something is left to do.
    pub(crate) fn end_frame(&mut self, ctx: &Context) {
        self.blurs.send();
        if self.goes_on || self.fading {
            ctx.request_repaint();
        }
    }

    /// The list to send, if it differs from the last one.
    pub(crate) fn changed_wishes(&mut self) -> Option<WantList> {
        self.wishes.changed(self.waiting.is_choked())
    }
}

fn has_failed(failures: &Failures, photo: PhotoId, rendition: Rendition) -> bool {
    !failures.is_empty() && failures.contains_key(&(photo, rendition))
}

/// The longer side of the thumbnail that is there, 0 when none is. It counts as used.
fn kept_side(thumbnails: &mut Thumbnails, entry: &mut entry::Entry, frame: u64) -> u32 {
    let Some(thumbnail) = &mut entry.thumbnail else { return 0 };
    if thumbnails.patch(thumbnail, frame).is_some() { thumbnail.long_side() } else { 0 }
}

#[expect(clippy::cast_possible_truncation, reason = "0..=1")]
fn share(seconds: f64, fade: f64) -> f32 {
    if fade > 0.0 { (seconds / fade).clamp(0.0, 1.0) as f32 } else { 1.0 }
}

#[expect(clippy::cast_precision_loss, reason = "sides of a thumbnail")]
fn aspect([width, height]: [usize; 2]) -> f32 {
    width as f32 / height.max(1) as f32
}

/// All of a texture.
pub(crate) fn whole(texture: &TextureHandle) -> Patch {
    let uv = Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
    Patch { texture: texture.id(), uv, is_shared: false }
}

/// A bitmap as a texture takes it.
pub(crate) fn whole_image(bitmap: &Bitmap) -> egui::ColorImage {
    let size = bitmap.size();
    atlas::image([size.width as usize, size.height as usize], bitmap.rgba())
}

/// The part of a picture of aspect `picture` that fills a frame of aspect `frame` without bars.
pub(crate) fn cover(uv: Rect, picture: f32, frame: f32) -> Rect {
    let (mut x, mut y) = (1.0, 1.0);
    if picture > frame {
        x = frame / picture;
    } else {
        y = picture / frame;
    }
    Rect::from_center_size(uv.center(), egui::vec2(uv.width() * x, uv.height() * y))
}
