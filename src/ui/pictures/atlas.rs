//! Small pictures, hundreds to a texture, so that a screen full of them is a handful of draw calls.
//!
//! A page is filled from its first cell to its last and taken anew as a whole when it is the one
//! that was painted from longest ago; what was painted from in this frame is never taken. Pictures
//! touch in the texture: a patch ends half a pixel inside its picture, so that filtering never
//! reaches a neighbour.
//!
//! Window thread only.

use egui::{Color32, ColorImage, Context, Rect, TextureHandle, TextureOptions, pos2};

use super::Patch;

/// How an atlas is cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) name: &'static str,
    /// The largest picture that a cell takes, pixels.
    pub(super) cell: [usize; 2],
    /// Cells across and down a page.
    pub(super) page: [usize; 2],
    /// Pictures are gathered in memory and sent together, once a frame; else each goes alone.
    pub(super) gathers: bool,
}

impl Form {
    /// Sides of a page, pixels.
    const fn sides(self) -> [usize; 2] {
        [self.cell[0] * self.page[0], self.cell[1] * self.page[1]]
    }

    const fn cells(self) -> usize {
        self.page[0] * self.page[1]
    }

    /// Bytes of a page as a texture.
    pub(super) const fn page_bytes(self) -> usize {
        self.sides()[0] * self.sides()[1] * 4
    }

    /// A picture's share of a page, bytes.
    pub(super) const fn bytes(self) -> usize {
        self.cell[0] * self.cell[1] * 4
    }

    /// The cell's top left corner, pixels.
    const fn origin(self, cell: usize) -> [usize; 2] {
        [cell % self.page[0] * self.cell[0], cell / self.page[0] * self.cell[1]]
    }
}

/// Where a picture is, until its page is taken anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    page: u16,
    cell: u16,
    size: [u16; 2],
    turn: u32,
}

struct Page {
    texture: TextureHandle,
    /// Grows with each time that any page is begun: older places no longer point here.
    turn: u32,
    /// The frame in which it was last painted from.
    used: u64,
    /// Cells that are taken.
    taken: usize,
    /// Cells that are on the card.
    sent: usize,
    /// What the texture shows, while it is being filled.
    gathered: Vec<Color32>,
    /// Whether the texture has its size.
    is_sized: bool,
}

/// An atlas of one form.
pub(super) struct Atlas {
    form: Form,
    pages: Vec<Option<Page>>,
    /// The page that is being filled.
    open: usize,
    turn: u32,
}

impl Atlas {
    pub(super) const fn new(form: Form) -> Self {
        Self { form, pages: Vec::new(), open: 0, turn: 0 }
    }

    /// Bytes of all pages as textures.
    pub(super) fn bytes(&self) -> usize {
        self.pages.iter().flatten().count() * self.form.page_bytes()
    }

    /// The picture at `place`, if it is still there; it counts as painted in `frame`.
    pub(super) fn get(&mut self, place: Place, frame: u64) -> Option<Patch> {
        let page = self.pages.get_mut(usize::from(place.page))?.as_mut()?;
        if page.turn != place.turn {
            return None;
        }
        page.used = page.used.max(frame);
        let [x, y] = self.form.origin(usize::from(place.cell));
        let [across, down] = self.form.sides();
        let [width, height] = place.size.map(f32::from);
        #[expect(clippy::cast_precision_loss, reason = "sides of a texture")]
        let uv =
            |dx: f32, dy: f32| pos2((x as f32 + dx) / across as f32, (y as f32 + dy) / down as f32);
        let uv = Rect::from_min_max(
            uv(0.5_f32.min(width / 2.0), 0.5_f32.min(height / 2.0)),
            uv((width - 0.5).max(width / 2.0), (height - 0.5).max(height / 2.0)),
        );
        Some(Patch { texture: page.texture.id(), uv, is_shared: true })
    }

    /// Whether the picture at `place` is still there.
    pub(super) fn has(&self, place: Place) -> bool {
        let page = self.pages.get(usize::from(place.page)).and_then(Option::as_ref);
        page.is_some_and(|page| page.turn == place.turn)
    }

    /// Whether the next picture needs a page to be begun.
    pub(super) fn is_full(&self) -> bool {
        let open = self.pages.get(self.open).and_then(Option::as_ref);
        open.is_none_or(|page| page.taken == self.form.cells())
    }

    /// When each page was last painted from, and which it is.
    pub(super) fn ages(&self) -> impl Iterator<Item = (u64, usize)> {
        let pages = self.pages.iter().enumerate();
        pages.filter_map(|(at, page)| Some((page.as_ref()?.used, at)))
    }

    fn oldest(&self) -> Option<(u64, usize)> {
        self.ages().min()
    }

    /// Gives a page's texture back.
    pub(super) fn drop_page(&mut self, at: usize) {
        if let Some(page) = self.pages.get_mut(at) {
            *page = None;
        }
    }

    /// Begins a page over an old one.
    pub(super) fn begin_over(&mut self, at: usize, frame: u64) {
        self.turn += 1;
        if let Some(page) = self.pages.get_mut(at).and_then(Option::as_mut) {
            (page.turn, page.used, page.taken, page.sent) = (self.turn, frame, 0, 0);
            self.open = at;
        }
    }

    /// Begins a page with a texture of its own.
    pub(super) fn begin(&mut self, ctx: &Context, frame: u64) {
        self.turn += 1;
        // What is gathered gets its size with the first pictures; the rest has it at once.
        let sides = if self.form.gathers { [1, 1] } else { self.form.sides() };
        let blank = ColorImage::filled(sides, Color32::TRANSPARENT);
        let page = Page {
            texture: ctx.load_texture(self.form.name, blank, TextureOptions::LINEAR),
            turn: self.turn,
            used: frame,
            taken: 0,
            sent: 0,
            gathered: Vec::new(),
            is_sized: !self.form.gathers,
        };
        let gap = self.pages.iter().position(Option::is_none);
        self.open = gap.unwrap_or(self.pages.len());
        match self.pages.get_mut(self.open) {
            Some(gap) => *gap = Some(page),
            None => self.pages.push(Some(page)),
        }
    }

    /// Makes room within `most` pages: a page over the oldest, or, where all of them are on
    /// screen, one more.
    pub(super) fn make_room(&mut self, ctx: &Context, most: usize, frame: u64) {
        if !self.is_full() {
            return;
        }
        let count = self.pages.iter().flatten().count();
        match self.oldest().filter(|(used, _)| count >= most && *used < frame) {
            Some((_, at)) => self.begin_over(at, frame),
            None => self.begin(ctx, frame),
        }
    }

    /// Gives back what was needed beyond `most` pages and is so no longer.
    pub(super) fn shrink(&mut self, most: usize, frame: u64) {
        while self.pages.iter().flatten().count() > most
            && let Some((_, at)) = self.oldest().filter(|(used, _)| used + 1 < frame)
        {
            self.drop_page(at);
        }
    }

    /// Puts a picture into the open page; `None` when that is full or the picture fits no cell.
    /// `rgba`: row by row, alpha not premultiplied.
    pub(super) fn put(&mut self, rgba: &[u8], size: [usize; 2], frame: u64) -> Option<Place> {
        let [width, height] = size;
        let fits = width > 0 && height > 0 && width <= self.form.cell[0];
        if !fits || height > self.form.cell[1] || rgba.len() != width * height * 4 {
            return None;
        }
        let form = self.form;
        let page = self.pages.get_mut(self.open)?.as_mut().filter(|p| p.taken < form.cells())?;
        let cell = page.taken;
        page.taken += 1;
        page.used = frame;
        let [x, y] = form.origin(cell);
        if form.gathers {
            let [across, down] = form.sides();
            page.gathered.resize(across * down, Color32::TRANSPARENT);
            for (row, source) in rgba.chunks_exact(width * 4).enumerate() {
                let from = (y + row) * across + x;
                let target = page.gathered.get_mut(from..from + width)?;
                for (pixel, rgba) in target.iter_mut().zip(source.chunks_exact(4)) {
                    *pixel = colour(rgba);
                }
            }
        } else {
            page.texture.set_partial([x, y], image(size, rgba), TextureOptions::LINEAR);
            page.sent = page.taken;
        }
        Some(Place {
            page: u16::try_from(self.open).ok()?,
            cell: u16::try_from(cell).ok()?,
            size: [u16::try_from(width).ok()?, u16::try_from(height).ok()?],
            turn: page.turn,
        })
    }

    /// Sends what was gathered: one update a page, of the rows that have something new. Returns
    /// the bytes.
    pub(super) fn send(&mut self) -> usize {
        let form = self.form;
        let [across, down] = form.sides();
        let mut bytes = 0;
        for page in self.pages.iter_mut().flatten() {
            if page.sent == page.taken || page.gathered.len() != across * down {
                continue;
            }
            let is_full = page.taken == form.cells();
            if page.is_sized {
                let top = form.origin(page.sent)[1];
                let bottom = form.origin(page.taken - 1)[1] + form.cell[1];
                let rows = page.gathered[top * across..bottom * across].to_vec();
                bytes += rows.len() * 4;
                let image = ColorImage::new([across, bottom - top], rows);
                page.texture.set_partial([0, top], image, TextureOptions::LINEAR);
            } else {
                bytes += form.page_bytes();
                let image = ColorImage::new([across, down], page.gathered.clone());
                page.texture.set(image, TextureOptions::LINEAR);
                page.is_sized = true;
            }
            page.sent = page.taken;
            if is_full {
                page.gathered = Vec::new();
            }
        }
        bytes
    }
}

fn colour(rgba: &[u8]) -> Color32 {
    match *rgba {
        [r, g, b, 255] => Color32::from_rgb(r, g, b),
        [r, g, b, a] => Color32::from_rgba_unmultiplied(r, g, b, a),
        _ => Color32::TRANSPARENT,
    }
}

/// A picture as egui has it; quick where nothing is transparent.
pub(super) fn image(size: [usize; 2], rgba: &[u8]) -> ColorImage {
    let (pixels, _) = rgba.as_chunks::<4>();
    // Whole pixels and no way out in the middle: many are looked at in one go.
    let all = pixels.iter().fold(u32::MAX, |all, pixel| all & u32::from_le_bytes(*pixel));
    if all >> 24 == u32::from(u8::MAX) {
        let colour = |[r, g, b, a]: [u8; 4]| Color32::from_rgba_premultiplied(r, g, b, a);
        ColorImage::new(size, pixels.iter().copied().map(colour).collect())
    } else {
        ColorImage::from_rgba_unmultiplied(size, rgba)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    const FORM: Form = Form { name: "test", cell: [4, 3], page: [3, 2], gathers: true };

    /// What the renderer would show of a texture.
    #[derive(Default)]
    struct Card(HashMap<egui::TextureId, ColorImage>);

    impl Card {
        fn take(&mut self, ctx: &Context) -> usize {
            let mut updates = HashMap::new();
            let mut delta = ctx.tex_manager().write().take_delta();
            for (id, deltas) in delta.set.drain() {
                for part in deltas {
                    *updates.entry(id).or_insert(0) += 1;
                    let egui::ImageData::Color(image) = &part.image;
                    let Some([x, y]) = part.pos else {
                        self.0.insert(id, ColorImage::clone(image));
                        continue;
                    };
                    let whole = self.0.get_mut(&id).unwrap();
                    for (row, pixels) in image.pixels.chunks(image.size[0]).enumerate() {
                        let from = (y + row) * whole.size[0] + x;
                        whole.pixels[from..from + pixels.len()].copy_from_slice(pixels);
                    }
                }
            }
            delta.clear();
            updates.into_values().max().unwrap_or(0)
        }

        /// The colours that a patch can show.
        fn shown(&self, patch: Patch) -> Vec<Color32> {
            let image = &self.0[&patch.texture];
            let [across, down] = image.size;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a few pixels"
            )]
            let pixel = |v: f32, side: usize| {
                let at = v * side as f32 - 0.5;
                [(at + 0.01).floor() as usize, (at - 0.01).ceil() as usize]
            };
            let [[left, _], [_, right]] =
                [pixel(patch.uv.min.x, across), pixel(patch.uv.max.x, across)];
            let [[top, _], [_, bottom]] =
                [pixel(patch.uv.min.y, down), pixel(patch.uv.max.y, down)];
            (top..=bottom)
                .flat_map(|y| (left..=right).map(move |x| image.pixels[y * across + x]))
                .collect()
        }
    }

    proptest! {
        /// Whatever is put, painted and left alone in whatever order: every live patch shows its
        /// own picture and nothing of another (so no two overlap), what was painted in a frame
        /// lives to its end, and pages are no more than the limit and what is on screen need.
        #[test]
        fn every_live_patch_shows_its_own_picture(
            gathers in any::<bool>(),
            frames in proptest::collection::vec(
                (proptest::collection::vec((1_usize..=4, 1_usize..=3), 0..9), 0_usize..30), 1..30),
        ) {
            let form = Form { gathers, ..FORM };
            let ctx = Context::default();
            let mut card = Card::default();
            card.take(&ctx);
            let mut atlas = Atlas::new(form);
            let mut known: Vec<(Place, Color32)> = Vec::new();
            for (frame, (puts, painted)) in frames.into_iter().enumerate() {
                let frame = frame as u64 + 2;
                atlas.shrink(2, frame);
                let mut on_screen = Vec::new();
                // Something of before is painted first.
                for (place, colour) in known.iter().rev().take(painted) {
                    if atlas.get(*place, frame).is_some() {
                        on_screen.push((*place, *colour));
                    }
                }
                for (width, height) in puts {
                    let number = u32::try_from(known.len()).unwrap().to_le_bytes();
                    let colour = Color32::from_rgb(number[0], number[1], 77);
                    atlas.make_room(&ctx, 2, frame);
                    let rgba = colour.to_array().repeat(width * height);
                    let place = atlas.put(&rgba, [width, height], frame).unwrap();
                    known.push((place, colour));
                    on_screen.push((place, colour));
                }
                atlas.send();
                let updates = card.take(&ctx);
                // A page that is new has its first pixel before.
                prop_assert!(!gathers || updates <= 1, "{updates} updates of a page");
                for (place, colour) in &on_screen {
                    let patch = atlas.get(*place, frame);
                    prop_assert!(patch.is_some(), "painted and gone in one frame");
                    prop_assert!(card.shown(patch.unwrap()).iter().all(|c| c == colour));
                }
                for (place, colour) in &known {
                    if atlas.has(*place) {
                        let patch = atlas.get(*place, 0).unwrap();
                        prop_assert!(card.shown(patch).iter().all(|c| c == colour));
                    }
                }
                let pages = || atlas.pages.iter().flatten();
                let in_use = pages().filter(|page| page.used + 1 >= frame).count();
                prop_assert!(pages().count() <= in_use.max(2), "{} pages", pages().count());
            }
        }
    }

    #[test]
    fn pages_beyond_the_limit_are_given_back() {
        let ctx = Context::default();
        let mut atlas = Atlas::new(FORM);
        for _ in 0..60 {
            atlas.make_room(&ctx, 2, 1);
            atlas.put(&[9; 48], [4, 3], 1).unwrap();
        }
        assert_eq!(atlas.bytes(), 10 * FORM.page_bytes(), "all of it is on screen");
        atlas.shrink(2, 9);
        assert_eq!(atlas.bytes(), 2 * FORM.page_bytes());
        atlas.make_room(&ctx, 2, 9);
        assert_eq!(atlas.bytes(), 2 * FORM.page_bytes());
    }

    #[test]
    fn what_fits_no_cell_is_not_taken() {
        let ctx = Context::default();
        let mut atlas = Atlas::new(FORM);
        atlas.make_room(&ctx, 2, 1);
        assert!(atlas.put(&[0; 80], [5, 4], 1).is_none());
        assert!(atlas.put(&[0; 47], [4, 3], 1).is_none());
        assert!(atlas.put(&[], [0, 3], 1).is_none());
        assert!(atlas.put(&[0; 48], [4, 3], 1).is_some());
    }
}
