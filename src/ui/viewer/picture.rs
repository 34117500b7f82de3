//! The picture itself: every rendition that is there, the better over the worse, in one place.

use egui::epaint::{Vertex, WHITE_UV};
use egui::{Color32, Mesh, Rect, Ui, vec2};

use super::turn::Turn;
use crate::model::{PhotoRef, Rendition};
use crate::ui::pictures::{Patch, Pictures, Sight, Tiles};

/// How a photo is painted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shot {
    /// Where all of it lies, as it is turned.
    pub(super) rect: Rect,
    /// What can be seen of the window.
    pub(super) clip: Rect,
    pub(super) turn: Turn,
    /// Whether a better rendition that comes now fades in.
    pub(super) fades: bool,
    /// Whether its own pixels are looked at.
    pub(super) is_close: bool,
    /// How much of it shows, 0..=1.
    pub(super) share: f32,
    /// The frame of a picture that moves.
    pub(super) frame: Option<Patch>,
}

/// The best that was painted of a photo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Quality {
    #[default]
    Nothing,
    Placeholder,
    Thumbnail,
    /// As sharp as the screen, and nothing worse is seen through it.
    Sharp,
}

/// Paints the photo.
pub(super) fn paint(ui: &Ui, shot: &Shot, photo: PhotoRef<'_>, pictures: &mut Pictures) -> Quality {
    let (ctx, id) = (ui.ctx(), photo.id());
    let painter = ui.painter().with_clip_rect(shot.clip.intersect(ui.clip_rect()));
    let add = |mesh: Mesh| {
        painter.add(mesh);
    };
    if let Some(frame) = shot.frame {
        add(shot.ground());
        add(shot.whole(frame));
        return Quality::Sharp;
    }
    let sight = shot.sight(ui.pixels_per_point());
    let mut tiles = |kind| pictures.large_tiles(ctx, id, kind, &sight);
    let original = shot.is_close.then(|| tiles(Rendition::Original)).flatten();
    let covers = |tiles: &Option<Tiles>| tiles.as_ref().is_some_and(|tiles| tiles.covers);
    let screen = if covers(&original) { None } else { tiles(Rendition::Screen) };
    let mut best = Quality::Nothing;
    if !covers(&original) && !covers(&screen) {
        let thumbnail = pictures.thumbnail(id);
        best = if thumbnail.is_some() { Quality::Thumbnail } else { Quality::Placeholder };
        if let Some(patch) = thumbnail.or_else(|| pictures.placeholder(ctx, photo)) {
            add(shot.whole(patch));
        } else {
            best = Quality::Nothing;
        }
    }
    if screen.is_some() {
        let is_sharp = pictures.is_sharp(id) && covers(&screen);
        best = if is_sharp { Quality::Sharp } else { best.max(Quality::Thumbnail) };
    }
    if covers(&original) {
        best = Quality::Sharp;
    }
    if covers(&original) || covers(&screen) {
        add(shot.ground());
    }
    for layer in screen.into_iter().chain(original) {
        for tile in &layer.parts {
            let mut mesh = Mesh::with_texture(tile.texture);
            shot.add(&mut mesh, tile.part, tile.uv, layer.share);
            add(mesh);
        }
    }
    best
}

impl Shot {
    /// What is seen of the photo as it was taken.
    fn sight(&self, pixels_per_point: f32) -> Sight {
        let seen = self.clip.intersect(self.rect);
        let share = |at: egui::Pos2| ((at - self.rect.min) / self.rect.size()).to_pos2();
        let part = Rect::from_min_max(share(seen.min), share(seen.max));
        let pixels = self.turn.back().size(self.rect.size()) * pixels_per_point;
        Sight { part: self.turn.back().part(part), pixels, fades: self.fades }
    }

    /// What is seen through a picture: white, as in thumbnails, which cannot be seen through.
    fn ground(&self) -> Mesh {
        let mut mesh = Mesh::default();
        let whole = Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
        self.add(&mut mesh, whole, Rect::from_min_max(WHITE_UV, WHITE_UV), 1.0);
        mesh
    }

    /// All of the photo.
    fn whole(&self, patch: Patch) -> Mesh {
        let mut mesh = Mesh::with_texture(patch.texture);
        let whole = Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
        self.add(&mut mesh, whole, patch.uv, 1.0);
        mesh
    }

    /// Adds a part of the photo. Parts that meet share their corners to the last bit, so that no
    /// ground shows between them.
    fn add(&self, mesh: &mut Mesh, part: Rect, uv: Rect, share: f32) {
        let turned = self.turn.part(part);
        let at = |x: f32, y: f32| self.rect.min + vec2(x, y) * self.rect.size();
        let corners = [
            at(turned.min.x, turned.min.y),
            at(turned.max.x, turned.min.y),
            at(turned.max.x, turned.max.y),
            at(turned.min.x, turned.max.y),
        ];
        let color = Color32::WHITE.gamma_multiply(share * self.share);
        let first = u32::try_from(mesh.vertices.len()).unwrap_or(0);
        for (pos, uv) in corners.into_iter().zip(self.turn.corners(uv)) {
            mesh.vertices.push(Vertex { pos, uv, color });
        }
        mesh.add_triangle(first, first + 1, first + 2);
        mesh.add_triangle(first, first + 2, first + 3);
    }
}
