//! Thumbnails on the graphics card, within a budget of bytes: small ones share pages, larger ones
//! are textures of their own.
//!
//! When the budget is used up, what was painted or wished for longest ago goes; what is of use now
//! stays, whatever it takes. Window thread only.

use egui::{Context, Rect, TextureFilter, TextureHandle, TextureOptions, pos2};

use super::Patch;
use super::atlas::{Atlas, Form, Place, image};
use super::entry::Entries;
use crate::model::{Bitmap, PhotoId, PixelSize};

/// Bytes of thumbnails kept as textures.
pub(super) const BUDGET: usize = 96 << 20;
/// What was of use in so many last frames stays: wishes for what lies ahead are not stated anew
/// in every frame.
const KEEP: u64 = 8;

/// The cells that small thumbnails go to: the smallest that fits.
const FORMS: [Form; 6] = [
    small([96, 72], [10, 14]),
    small([72, 96], [14, 10]),
    small([96, 96], [10, 10]),
    small([192, 144], [5, 7]),
    small([144, 192], [7, 5]),
    small([192, 192], [5, 5]),
];

const fn small(cell: [usize; 2], page: [usize; 2]) -> Form {
    Form { name: "thumbnails", cell, page, gathers: false }
}

fn form_of([width, height]: [usize; 2]) -> Option<usize> {
    FORMS.iter().position(|form| width <= form.cell[0] && height <= form.cell[1])
}

/// What a thumbnail of this size takes on the card, bytes.
pub(super) fn cost(size: PixelSize) -> usize {
    let sides = [size.width as usize, size.height as usize];
    let form = form_of(sides).and_then(|at| FORMS.get(at));
    form.map_or_else(|| own_bytes(sides), |form| form.bytes())
}

/// With the smaller copies of it that keep it smooth.
const fn own_bytes([width, height]: [usize; 2]) -> usize {
    width * height * 16 / 3
}

enum Held {
    /// In a page of the atlas with this number.
    Small(usize, Place),
    Own(TextureHandle),
}

/// One thumbnail.
pub(super) struct Thumbnail {
    held: Held,
    size: [usize; 2],
    /// The frame in which it was last of use.
    pub(super) used: u64,
    /// When it began to fade in; `None` until it was first painted.
    pub(super) began: Option<f64>,
    /// Whether it has been painted.
    pub(super) seen: bool,
}

impl Thumbnail {
    /// A texture that is there already.
    pub(super) fn of_texture(texture: TextureHandle, frame: u64) -> Self {
        let size = texture.size();
        let began = Some(f64::NEG_INFINITY);
        Self { held: Held::Own(texture), size, used: frame, began, seen: false }
    }

    pub(super) const fn size(&self) -> [usize; 2] {
        self.size
    }

    pub(super) fn long_side(&self) -> u32 {
        let [width, height] = self.size;
        u32::try_from(width.max(height)).unwrap_or(u32::MAX)
    }

    pub(super) const fn own_bytes(&self) -> usize {
        match self.held {
            Held::Small(..) => 0,
            Held::Own(_) => own_bytes(self.size),
        }
    }
}

/// What is on the card.
pub(super) struct Thumbnails {
    small: [Atlas; FORMS.len()],
    /// Of textures that are not shared.
    own: usize,
}

impl Default for Thumbnails {
    fn default() -> Self {
        Self { small: FORMS.map(Atlas::new), own: 0 }
    }
}

enum Victim {
    Page(usize, usize),
    Own(PhotoId),
}

impl Thumbnails {
    /// Bytes of all textures.
    pub(super) fn bytes(&self) -> usize {
        self.own + self.small.iter().map(Atlas::bytes).sum::<usize>()
    }

    /// Bytes of textures that are not shared.
    #[cfg(test)]
    pub(super) const fn own_textures(&self) -> usize {
        self.own
    }

    /// The part of a texture to paint; `None` when its page was taken anew. It counts as used.
    pub(super) fn patch(&mut self, thumbnail: &mut Thumbnail, frame: u64) -> Option<Patch> {
        thumbnail.used = frame;
        match &thumbnail.held {
            Held::Small(at, place) => self.small.get_mut(*at)?.get(*place, frame),
            Held::Own(texture) => {
                let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
                Some(Patch { texture: texture.id(), uv, is_shared: false })
            }
        }
    }

    /// Whether it is still there.
    pub(super) fn has(&self, thumbnail: &Thumbnail) -> bool {
        match &thumbnail.held {
            Held::Small(at, place) => self.small.get(*at).is_some_and(|atlas| atlas.has(*place)),
            Held::Own(_) => true,
        }
    }

    /// Forgets a thumbnail that its entry no longer has.
    pub(super) const fn gone(&mut self, thumbnail: &Thumbnail) {
        self.own -= thumbnail.own_bytes();
    }

    /// Counts a thumbnail that its entry now has.
    pub(super) const fn came(&mut self, thumbnail: &Thumbnail) {
        self.own += thumbnail.own_bytes();
    }

    /// Brings a bitmap to the card.
    pub(super) fn put(
        &mut self,
        ctx: &Context,
        bitmap: &Bitmap,
        entries: &Entries,
        frame: u64,
    ) -> Thumbnail {
        let size = [bitmap.size().width as usize, bitmap.size().height as usize];
        let small = form_of(size).and_then(|at| {
            self.make_room(ctx, at, entries, frame);
            Some(Held::Small(at, self.small.get_mut(at)?.put(bitmap.rgba(), size, frame)?))
        });
        let held = small.unwrap_or_else(|| Held::Own(texture(ctx, bitmap)));
        Thumbnail { held, size, used: frame, began: None, seen: false }
    }

    /// Sees to a page with a free cell. Within the budget that is a new one; beyond it the oldest
    /// page, if nothing else is older: that goes first.
    fn make_room(&mut self, ctx: &Context, at: usize, entries: &Entries, frame: u64) {
        let full = self.bytes();
        let Some(form) = FORMS.get(at) else { return };
        if self.small.get(at).is_none_or(|atlas| !atlas.is_full()) {
            return;
        }
        let over = (full + form.page_bytes() > BUDGET)
            .then(|| self.oldest_first(entries))
            .and_then(|victims| victims.into_iter().next())
            .filter(|(used, _)| used + KEEP < frame);
        let Some(atlas) = self.small.get_mut(at) else { return };
        match over {
            Some((_, Victim::Page(of, page))) if of == at => atlas.begin_over(page, frame),
            _ => atlas.begin(ctx, frame),
        }
    }

    fn oldest_first(&self, entries: &Entries) -> Vec<(u64, Victim)> {
        let own = entries.iter().filter_map(|(id, entry)| {
            let thumbnail = entry.thumbnail.as_ref()?;
            matches!(thumbnail.held, Held::Own(_)).then_some((thumbnail.used, Victim::Own(*id)))
        });
        let mut all: Vec<_> = own.collect();
        for (at, atlas) in self.small.iter().enumerate() {
            all.extend(atlas.ages().map(|(used, page)| (used, Victim::Page(at, page))));
        }
        all.sort_unstable_by_key(|(used, _)| *used);
        all
    }

    /// Lets the oldest go while there is more than the budget.
    pub(super) fn evict(&mut self, entries: &mut Entries, frame: u64) {
        if self.bytes() <= BUDGET {
            return;
        }
        for (used, victim) in self.oldest_first(entries) {
            if used + KEEP >= frame || self.bytes() <= BUDGET / 8 * 7 {
                break;
            }
            match victim {
                Victim::Page(at, page) => {
                    if let Some(atlas) = self.small.get_mut(at) {
                        atlas.drop_page(page);
                    }
                }
                Victim::Own(id) => {
                    let gone = entries.get_mut(&id).and_then(|entry| entry.thumbnail.take());
                    if let Some(gone) = gone {
                        self.gone(&gone);
                    }
                }
            }
        }
    }
}

/// A texture of its own, that stays smooth when it is made smaller.
pub(crate) fn texture(ctx: &Context, bitmap: &Bitmap) -> TextureHandle {
    let options = TextureOptions::LINEAR.with_mipmap_mode(Some(TextureFilter::Linear));
    let size = [bitmap.size().width as usize, bitmap.size().height as usize];
    ctx.load_texture("thumbnail", image(size, bitmap.rgba()), options)
}
