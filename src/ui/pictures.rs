//! What can be painted of a photo now, and what is wished for next.
//!
//! Window thread only. Bitmaps arrive decoded; here they become textures within a budget of bytes
//! a frame and a budget of bytes in all. The one thing decoded here is BlurHash, small and held in
//! the library, so that the first frame is never blank.

mod atlas;
mod large;
mod tally;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use egui::{Context, Rect, TextureFilter, TextureHandle, TextureId, TextureOptions, pos2};

use self::atlas::Atlas;
pub(crate) use self::large::Large;
use self::tally::Seen;
pub(crate) use self::tally::Tally;
use super::tokens::{self, motion};
use crate::engine::{Picture, Progress, Trouble, Want, WantList};
use crate::model::{Bitmap, PhotoId, PhotoRef, PixelSize, Rendition};
use crate::pixels;

/// Bytes of thumbnails kept as textures.
const THUMBNAIL_BUDGET: usize = 192 << 20;
/// Bytes of large pictures kept as textures.
const LARGE_BUDGET: usize = 512 << 20;
/// Bytes sent to the graphics card in one frame.
const UPLOAD_BUDGET: usize = 8 << 20;
/// Placeholders decoded in one frame.
const BLUR_BUDGET: usize = 400;
/// The longer side of a decoded BlurHash.
const BLUR_SIDE: u32 = 32;

/// A part of a texture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patch {
    pub(crate) texture: TextureId,
    pub(crate) uv: Rect,
}

/// What there is to paint of a photo in a tile.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shown {
    /// Blur or preview.
    pub(crate) placeholder: Option<Patch>,
    /// The thumbnail and how much of it shows, 0..=1.
    pub(crate) thumbnail: Option<(Patch, f32)>,
}

struct Thumbnail {
    texture: TextureHandle,
    bytes: usize,
    used: u64,
    /// When it began to fade in; `None` until it was first painted.
    began: Option<f64>,
    /// Whether it has been painted.
    seen: bool,
}

/// Textures, placeholders, failures and wishes.
#[derive(Default)]
pub(crate) struct Pictures {
    thumbnails: HashMap<PhotoId, Thumbnail>,
    thumbnail_bytes: usize,
    atlas: Atlas,
    large: HashMap<(PhotoId, Rendition), Large>,
    waiting: VecDeque<(PhotoId, Rendition, Arc<Bitmap>)>,
    failures: HashMap<(PhotoId, Rendition), Trouble>,
    progress: HashMap<PhotoId, Progress>,
    /// The size last asked for: an original may be smaller than any wish.
    asked: HashMap<(PhotoId, Rendition), PixelSize>,
    wishes: Vec<Want>,
    said: Option<WantList>,
    frame: u64,
    tiles: u32,
    blank: u32,
    seen: Seen,
    blurs_left: usize,
    uploads_left: usize,
}

impl Pictures {
    /// Takes in what the engine answered.
    pub(crate) fn receive(&mut self, picture: Picture) {
        let key = (picture.photo, picture.rendition);
        match picture.progress {
            Some(progress) => self.progress.insert(picture.photo, progress),
            None => self.progress.remove(&picture.photo),
        };
        // With progress this only says how far it is: what is at hand is painted already, and must
        // not be taken for what was wished for.
        if picture.progress.is_some() {
            return;
        }
        match picture.content {
            Ok(bitmap) => {
                self.failures.remove(&key);
                self.waiting.retain(|(photo, rendition, _)| (*photo, *rendition) != key);
                self.waiting.push_back((picture.photo, picture.rendition, bitmap));
            }
            Err(trouble) => {
                self.failures.insert(key, trouble);
            }
        }
    }

    /// Forgets everything about a photo, because its file has changed or it is gone.
    pub(crate) fn forget(&mut self, photo: PhotoId) {
        if let Some(old) = self.thumbnails.remove(&photo) {
            self.thumbnail_bytes -= old.bytes;
        }
        self.atlas.forget(photo);
        self.large.retain(|(id, _), _| *id != photo);
        self.failures.retain(|(id, _), _| *id != photo);
        self.waiting.retain(|(id, _, _)| *id != photo);
        self.progress.remove(&photo);
    }

    /// The photos that something is known of.
    pub(crate) fn known(&self) -> HashSet<PhotoId> {
        let renditions = self.large.keys().chain(self.failures.keys()).map(|(id, _)| *id);
        let waiting = self.waiting.iter().map(|(id, _, _)| *id);
        let tiles = self.thumbnails.keys().chain(self.progress.keys()).copied();
        renditions.chain(waiting).chain(tiles).chain(self.atlas.photos()).collect()
    }

    /// Forgets that a picture failed, so that it is wished for again.
    pub(crate) fn forgive(&mut self, photo: PhotoId, rendition: Rendition) {
        self.failures.remove(&(photo, rendition));
    }

    /// Begins a frame: moves waiting bitmaps to the graphics card, within the budget.
    pub(crate) fn begin_frame(&mut self, ctx: &Context) {
        self.frame += 1;
        (self.tiles, self.blank) = (0, 0);
        self.blurs_left = BLUR_BUDGET;
        self.uploads_left = UPLOAD_BUDGET;
        self.wishes.clear();
        while self.uploads_left > 0 {
            let Some((photo, rendition, bitmap)) = self.waiting.pop_front() else { break };
            match rendition {
                Rendition::Preview => self.atlas.put(ctx, photo, &bitmap, true, self.frame),
                Rendition::Thumbnail => self.put_thumbnail(ctx, photo, &bitmap),
                Rendition::Screen | Rendition::Original => {
                    let key = (photo, rendition);
                    let asked = self.asked.remove(&key).unwrap_or_default();
                    let large = Large::new(bitmap, asked, max_side(ctx), self.frame);
                    // The old one stays until the new one is whole.
                    if let Some(old) = self.large.get_mut(&key) {
                        old.replace_by(large);
                    } else {
                        self.large.insert(key, large);
                    }
                }
            }
        }
        for large in self.large.values_mut() {
            self.uploads_left = large.upload(ctx, self.uploads_left);
        }
        if !self.waiting.is_empty() || self.large.values().any(|large| !large.is_whole()) {
            ctx.request_repaint();
        }
        self.evict();
    }

    fn put_thumbnail(&mut self, ctx: &Context, photo: PhotoId, bitmap: &Bitmap) {
        let texture = thumbnail_texture(ctx, bitmap);
        let bytes = bitmap.rgba().len();
        self.uploads_left = self.uploads_left.saturating_sub(bytes);
        // A sharper one takes the place of another without fading in anew.
        let began = self.thumbnails.get(&photo).and_then(|old| old.began);
        self.keep(photo, Thumbnail { texture, bytes, used: self.frame, began, seen: false });
    }

    fn keep(&mut self, photo: PhotoId, thumbnail: Thumbnail) {
        self.thumbnail_bytes += thumbnail.bytes;
        if let Some(old) = self.thumbnails.insert(photo, thumbnail) {
            self.thumbnail_bytes -= old.bytes;
        }
    }

    /// Takes over the picture of a file that has become `photo`: there already, so nothing fades.
    pub(crate) fn adopt(&mut self, photo: PhotoId, texture: TextureHandle) {
        if self.thumbnails.contains_key(&photo) {
            return;
        }
        let [width, height] = texture.size();
        let (bytes, began) = (width * height * 4, Some(f64::NEG_INFINITY));
        self.keep(photo, Thumbnail { texture, bytes, used: self.frame, began, seen: false });
    }

    fn evict(&mut self) {
        if self.thumbnail_bytes > THUMBNAIL_BUDGET {
            let mut by_age: Vec<_> =
                self.thumbnails.iter().map(|(id, t)| (t.used, *id, t.bytes)).collect();
            by_age.sort_unstable();
            for (used, id, bytes) in by_age {
                if self.thumbnail_bytes <= THUMBNAIL_BUDGET / 5 * 4 || used + 2 >= self.frame {
                    break;
                }
                self.thumbnails.remove(&id);
                self.thumbnail_bytes -= bytes;
            }
        }
        let mut total: usize = self.large.values().map(Large::bytes).sum();
        while total > LARGE_BUDGET {
            let oldest = self.large.iter().min_by_key(|(_, l)| l.used()).map(|(key, _)| *key);
            let Some(large) = oldest
                .filter(|key| self.large.get(key).is_some_and(|l| l.used() + 2 < self.frame))
                .and_then(|key| self.large.remove(&key))
            else {
                break;
            };
            total -= large.bytes();
        }
    }

    /// What can be painted of `photo`. `at_rest`: a fresh thumbnail fades in instead of appearing.
    pub(crate) fn tile(&mut self, ctx: &Context, photo: PhotoRef<'_>, at_rest: bool) -> Shown {
        let thumbnail = self.thumbnail(ctx, photo.id(), at_rest);
        let covered = thumbnail.is_some_and(|(_, share)| share >= 1.0);
        let placeholder = if covered { None } else { self.placeholder(ctx, photo) };
        Shown { placeholder, thumbnail }
    }

    /// The thumbnail and how much of it shows.
    pub(crate) fn thumbnail(
        &mut self,
        ctx: &Context,
        photo: PhotoId,
        at_rest: bool,
    ) -> Option<(Patch, f32)> {
        let thumbnail = self.thumbnails.get_mut(&photo)?;
        thumbnail.used = self.frame;
        if !std::mem::replace(&mut thumbnail.seen, true) {
            self.seen.insert(photo);
        }
        let fade = f64::from(tokens::seconds(ctx, motion::CROSS_FADE));
        let now = ctx.time();
        let began = *thumbnail.began.get_or_insert(if at_rest { now } else { now - fade });
        let share = if fade > 0.0 { ((now - began) / fade).clamp(0.0, 1.0) } else { 1.0 };
        if share < 1.0 {
            ctx.request_repaint();
        }
        let patch = Patch {
            texture: thumbnail.texture.id(),
            uv: Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)),
        };
        #[expect(clippy::cast_possible_truncation, reason = "0..=1")]
        Some((patch, share as f32))
    }

    /// Whether every picture that was wished for in the last frame is there, or has failed.
    pub(crate) fn is_served(&self) -> bool {
        let wishes = self.said.as_ref().is_some_and(|said| !said.wants.is_empty());
        !wishes && self.waiting.is_empty()
    }

    /// What has been painted of tiles.
    pub(crate) const fn tally(&self) -> Tally {
        Tally { tiles: self.tiles, blank: self.blank, thumbnails: self.seen.len() }
    }

    /// Counts a tile that was painted.
    pub(crate) const fn painted(&mut self, blank: bool) {
        self.tiles += 1;
        self.blank += blank as u32;
    }

    /// The size of the thumbnail, pixels, once there is one.
    pub(crate) fn thumbnail_size(&self, photo: PhotoId) -> Option<PixelSize> {
        let [width, height] = self.thumbnails.get(&photo)?.texture.size();
        Some(PixelSize::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?))
    }

    /// Blur or preview; decodes the blur the first time.
    pub(crate) fn placeholder(&mut self, ctx: &Context, photo: PhotoRef<'_>) -> Option<Patch> {
        if let Some(patch) = self.atlas.get(photo.id(), self.frame) {
            return Some(patch);
        }
        let blur = photo.blur()?;
        self.blurs_left = self.blurs_left.checked_sub(1)?;
        let long = PixelSize::new(BLUR_SIDE, BLUR_SIDE);
        let size = if photo.size().is_empty() { long } else { photo.size().fit(long) };
        let bitmap = pixels::blur_decode(&blur, size)?;
        self.atlas.put(ctx, photo.id(), &bitmap, false, self.frame);
        self.atlas.get(photo.id(), self.frame)
    }

    /// Whether the smoothed preview is there (a blur does not count).
    pub(crate) fn has_preview(&self, photo: PhotoId) -> bool {
        self.atlas.has_preview(photo)
    }

    /// A large picture to paint over the thumbnail, if any of it is there.
    pub(crate) fn large(&mut self, photo: PhotoId, rendition: Rendition) -> Option<&Large> {
        let large = self.large.get_mut(&(photo, rendition))?;
        large.touch(self.frame);
        Some(large)
    }

    /// Why a picture cannot be shown.
    pub(crate) fn failure(&self, photo: PhotoId, rendition: Rendition) -> Option<&Trouble> {
        self.failures.get(&(photo, rendition))
    }

    /// How far an original on its way is.
    pub(crate) fn progress(&self, photo: PhotoId) -> Option<Progress> {
        self.progress.get(&photo).copied()
    }

    /// Wishes for a thumbnail that covers `fit` physical pixels, as far as one can be had.
    pub(crate) fn wish_thumbnail(&mut self, photo: PhotoRef<'_>, fit: PixelSize) {
        self.wish(photo.id(), Rendition::Thumbnail, useful(photo, fit));
    }

    /// Wishes for a picture, unless it is there, on its way to the card, or has failed. The order
    /// of calls is the order of priority.
    pub(crate) fn wish(&mut self, photo: PhotoId, rendition: Rendition, fit: PixelSize) {
        let there = match rendition {
            Rendition::Preview => self.atlas.has_preview(photo),
            Rendition::Thumbnail => {
                self.thumbnails.get(&photo).is_some_and(|thumbnail| thumbnail.covers(fit))
            }
            Rendition::Screen | Rendition::Original => self
                .large
                .get(&(photo, rendition))
                .is_some_and(|large| rendition == Rendition::Original || large.covers(fit)),
        };
        let waiting = self.waiting.iter().any(|(p, r, _)| (*p, *r) == (photo, rendition));
        if !there && !waiting && !self.failures.contains_key(&(photo, rendition)) {
            if rendition >= Rendition::Screen {
                self.asked.insert((photo, rendition), fit);
            }
            self.wishes.push(Want { photo, rendition, fit });
        }
    }

    /// The list to send, if it differs from the last one.
    pub(crate) fn changed_wishes(&mut self) -> Option<WantList> {
        let list = WantList { wants: distinct(&self.wishes) };
        if self.said.as_ref() == Some(&list) {
            return None;
        }
        self.said = Some(list.clone());
        Some(list)
    }
}

impl Thumbnail {
    /// Whether no sharper one is of use; sizes that are told may be a pixel off.
    fn covers(&self, fit: PixelSize) -> bool {
        let long = self.texture.size().into_iter().max().unwrap_or_default();
        long + 1 >= fit.long_side() as usize
    }
}

/// The sides that thumbnails are asked for in, pixels: a tile that changes a little does not ask
/// anew, and one that is shown twice asks once.
const STEPS: [u32; 6] = [96, 192, 320, 640, 1280, 2560];

/// Where Telegram has no thumbnail, one of this size is made from the original.
const OWN_SIDE: u32 = 320;

/// The next of [`STEPS`], a tile may be a fifth larger than its picture; but no more than
/// Telegram has.
fn useful(photo: PhotoRef<'_>, fit: PixelSize) -> PixelSize {
    let enough = |side: &u32| u64::from(*side) * 6 >= u64::from(fit.long_side()) * 5;
    let mut most = if photo.thumb_side() > 0 { photo.thumb_side() } else { OWN_SIDE };
    if !photo.size().is_empty() {
        most = most.min(photo.size().long_side());
    }
    let side = STEPS.into_iter().find(enough).unwrap_or(most).min(most).max(1);
    PixelSize::new(side, side)
}

/// Each picture once, in the largest size that it is wished for in.
fn distinct(wishes: &[Want]) -> Vec<Want> {
    let mut places: HashMap<(PhotoId, Rendition), usize> = HashMap::with_capacity(wishes.len());
    let mut wants: Vec<Want> = Vec::with_capacity(wishes.len());
    for wish in wishes {
        let place = *places.entry((wish.photo, wish.rendition)).or_insert(wants.len());
        match wants.get_mut(place) {
            Some(want) if want.fit.long_side() < wish.fit.long_side() => want.fit = wish.fit,
            Some(_) => {}
            None => wants.push(*wish),
        }
    }
    wants
}

/// A texture that stays smooth when it is made smaller.
pub(crate) fn thumbnail_texture(ctx: &Context, bitmap: &Bitmap) -> TextureHandle {
    let options = TextureOptions::LINEAR.with_mipmap_mode(Some(TextureFilter::Linear));
    ctx.load_texture("thumbnail", image(bitmap), options)
}

fn max_side(ctx: &Context) -> usize {
    ctx.input(|input| input.max_texture_side)
}

/// A bitmap as egui wants it.
pub(crate) fn image(bitmap: &Bitmap) -> egui::ColorImage {
    let size = bitmap.size();
    egui::ColorImage::from_rgba_unmultiplied(
        [size.width as usize, size.height as usize],
        bitmap.rgba(),
    )
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AlbumId, MessageId};

    fn id(n: i32) -> PhotoId {
        PhotoId { album: AlbumId(1), message: MessageId(n) }
    }

    fn bitmap(side: u32) -> Arc<Bitmap> {
        let size = PixelSize::new(side, side);
        Arc::new(Bitmap::new(size, vec![200; usize::try_from(size.pixels()).unwrap() * 4]).unwrap())
    }

    fn picture(n: i32, rendition: Rendition, content: Result<Arc<Bitmap>, Trouble>) -> Picture {
        Picture { photo: id(n), rendition, content, progress: None }
    }

    fn trouble() -> Trouble {
        Trouble {
            sentence: "File not readable".to_owned(),
            cause: None,
            remedy: crate::engine::Remedy::Retry,
        }
    }

    #[test]
    fn what_is_there_or_has_failed_is_not_wished_for() {
        let ctx = Context::default();
        let mut pictures = Pictures::default();
        pictures.receive(picture(1, Rendition::Thumbnail, Ok(bitmap(8))));
        pictures.receive(picture(2, Rendition::Thumbnail, Err(trouble())));
        pictures.begin_frame(&ctx);
        for n in 1..=3 {
            pictures.wish(id(n), Rendition::Thumbnail, PixelSize::new(8, 8));
            pictures.wish(id(n), Rendition::Thumbnail, PixelSize::new(8, 8));
        }
        let wants = pictures.changed_wishes().unwrap().wants;
        assert_eq!(wants.iter().map(|w| w.photo).collect::<Vec<_>>(), [id(3)]);
        assert!(pictures.changed_wishes().is_none(), "the same list is said once");
        pictures.forgive(id(2), Rendition::Thumbnail);
        pictures.wish(id(2), Rendition::Thumbnail, PixelSize::new(8, 8));
        assert_eq!(pictures.changed_wishes().unwrap().wants.len(), 2);
    }

    #[test]
    fn an_original_on_its_way_is_still_wished_for() {
        let ctx = Context::default();
        let mut pictures = Pictures::default();
        let progress = Progress { bytes: 0, total: 9, bytes_per_second: 0.0 };
        let at_hand = picture(1, Rendition::Original, Ok(bitmap(8)));
        pictures.receive(Picture { progress: Some(progress), ..at_hand });
        pictures.begin_frame(&ctx);
        assert_eq!(pictures.progress(id(1)), Some(progress));
        pictures.wish(id(1), Rendition::Original, PixelSize::new(10, 10));
        assert_eq!(pictures.changed_wishes().unwrap().wants.len(), 1);
    }

    #[test]
    fn a_thumbnail_is_asked_for_as_sharp_as_the_tile_and_no_sharper_than_there_is() {
        use crate::model::{
            Album, Change, Library, MediaKind, Photo, RemoteFile, RemoteKind, RemoteThumb,
        };
        let mut photo = Photo {
            id: id(1),
            name: String::new(),
            bytes: 1,
            size: PixelSize::new(4000, 3000),
            kind: MediaKind::Image,
            mime: String::new(),
            caption: String::new(),
            sent: 0,
            taken: None,
            head_read: false,
            blur: None,
            group: None,
            remote: RemoteFile {
                kind: RemoteKind::Photo,
                id: 1,
                access_hash: 1,
                reference: vec![],
                dc: 2,
                thumbs: vec![],
                stripped: None,
            },
        };
        let album = id(1).album;
        let mut library = Library::new();
        library.apply(&Change::Album(Album {
            id: album,
            access_hash: 1,
            title: String::new(),
            created: 0,
        }));
        let mut told = |photo: &Photo| {
            library.apply(&Change::Photo(Box::new(photo.clone())));
            library.clone()
        };
        let side = |library: &Library, side: u32| {
            let photo = library.photo(id(1)).unwrap();
            useful(photo, PixelSize::new(side, 10)).long_side()
        };
        let bare = told(&photo);
        assert_eq!([60, 200, 380, 1000].map(|n| side(&bare, n)), [96, 192, 320, 320]);
        let thumb = |letter: &str, side: u32| RemoteThumb {
            letter: letter.to_owned(),
            size: PixelSize::new(side, side / 2),
            bytes: 1,
        };
        photo.remote.thumbs = vec![thumb("m", 320), thumb("x", 800)];
        let library = told(&photo);
        let photo = library.photo(id(1)).unwrap();
        assert_eq!([300, 500, 5000].map(|n| side(&library, n)), [320, 640, 800]);
        let ctx = Context::default();
        let mut pictures = Pictures::default();
        pictures.receive(picture(1, Rendition::Thumbnail, Ok(bitmap(320))));
        pictures.begin_frame(&ctx);
        pictures.wish_thumbnail(photo, PixelSize::new(300, 200));
        assert!(pictures.changed_wishes().unwrap().wants.is_empty());
        pictures.wish_thumbnail(photo, PixelSize::new(700, 500));
        pictures.wish_thumbnail(photo, PixelSize::new(900, 500));
        let wants = pictures.changed_wishes().unwrap().wants;
        assert_eq!(wants.iter().map(|w| w.fit.long_side()).collect::<Vec<_>>(), [800]);
    }

    #[test]
    fn thumbnails_stay_within_their_budget() {
        let ctx = Context::default();
        let mut pictures = Pictures::default();
        for n in 0..300 {
            pictures.receive(picture(n, Rendition::Thumbnail, Ok(bitmap(512))));
            pictures.begin_frame(&ctx);
        }
        for _ in 0..200 {
            pictures.begin_frame(&ctx);
        }
        assert!(pictures.thumbnail_bytes <= THUMBNAIL_BUDGET);
        assert!(pictures.thumbnails.contains_key(&id(299)), "the newest stays");
        assert!(!pictures.thumbnails.contains_key(&id(0)), "the oldest goes");
        let counted: usize = pictures.thumbnails.values().map(|t| t.bytes).sum();
        assert_eq!(counted, pictures.thumbnail_bytes);
    }

    #[test]
    fn a_cover_keeps_the_middle() {
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let cut = cover(whole, 2.0, 1.0);
        assert!((cut.width() - 0.5).abs() < 1e-6 && (cut.height() - 1.0).abs() < 1e-6);
        assert!((cut.center().x - 0.5).abs() < 1e-6);
    }
}
