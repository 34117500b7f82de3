//! Painting pictures into rounded rectangles.
//!
//! Pictures of many tiles are gathered into one mesh a texture ([`Layer`]): a screen full of small
//! ones is a handful of draw calls.

use std::f32::consts::FRAC_PI_2;

use egui::epaint::{Vertex, WHITE_UV};
use egui::layers::ShapeIdx;
use egui::{Align2, Color32, Mesh, Painter, Pos2, Rect, Shape, Ui, pos2, vec2};

use super::icons::{self, Icon};
use super::pictures::{self, Patch, Pictures, Shown, Subject};
use super::text;
use super::tokens::{self, Palette};
use super::words;
use crate::model::{MediaKind, PhotoRef, PixelSize};

/// What the tiles of a frame paint under everything else of theirs: plain ground, placeholders,
/// thumbnails, in this order and a mesh for each texture. Tiles do not overlap, so their own order
/// is of no matter.
pub(crate) struct Layer {
    painter: Painter,
    place: ShapeIdx,
    ground: Mesh,
    placeholders: Vec<Mesh>,
    thumbnails: Vec<Mesh>,
}

impl Layer {
    /// Begins a layer under everything that is painted from now on.
    pub(crate) fn begin(painter: &Painter) -> Self {
        let place = painter.add(Shape::Noop);
        let painter = painter.clone();
        let (placeholders, thumbnails) = (Vec::new(), Vec::new());
        Self { painter, place, ground: Mesh::default(), placeholders, thumbnails }
    }

    /// Paints what was gathered.
    pub(crate) fn end(self) {
        let pictures = self.placeholders.into_iter().chain(self.thumbnails);
        let meshes = std::iter::once(self.ground).chain(pictures);
        let shapes = meshes.filter(|mesh| !mesh.is_empty()).map(Shape::mesh).collect();
        self.painter.set(self.place, Shape::Vec(shapes));
    }

    /// Plain ground.
    pub(crate) fn fill(&mut self, rect: Rect, radius: f32, colour: Color32) {
        let scale = self.painter.pixels_per_point();
        rounded(&mut self.ground, scale, rect, radius, plain(), colour);
    }

    fn placeholder(&mut self, rect: Rect, radius: f32, patch: Patch, tint: Color32) {
        let scale = self.painter.pixels_per_point();
        let mesh = mesh_of(&mut self.placeholders, patch);
        rounded(mesh, scale, rect, radius, patch.uv, tint);
    }

    fn thumbnail(&mut self, rect: Rect, radius: f32, patch: Patch, tint: Color32) {
        let scale = self.painter.pixels_per_point();
        let mesh = mesh_of(&mut self.thumbnails, patch);
        rounded(mesh, scale, rect, radius, patch.uv, tint);
    }
}

/// Tiles of one texture that there is room for from the start, and what one takes whose corners
/// have four points each.
const SHARE: usize = 96;
const VERTICES: usize = 32;
const INDICES: usize = 138;

/// The mesh that a patch belongs to; only those of shared textures are looked for.
fn mesh_of(meshes: &mut Vec<Mesh>, patch: Patch) -> &mut Mesh {
    let is_known = |mesh: &Mesh| patch.is_shared && mesh.texture_id == patch.texture;
    let at = meshes.iter().position(is_known).unwrap_or(meshes.len());
    if at == meshes.len() {
        let mut mesh = Mesh::with_texture(patch.texture);
        let tiles = if patch.is_shared { SHARE } else { 1 };
        mesh.vertices.reserve(tiles * VERTICES);
        mesh.indices.reserve(tiles * INDICES);
        meshes.push(mesh);
    }
    &mut meshes[at]
}

fn plain() -> Rect {
    Rect::from_min_max(WHITE_UV, WHITE_UV)
}

/// Adds a rectangle with rounded corners and soft edges of one pixel. egui's own way there goes
/// through a path for each; this is most of what a tile would cost.
fn rounded(mesh: &mut Mesh, scale: f32, rect: Rect, radius: f32, uv: Rect, tint: Color32) {
    let half = 0.5 / scale;
    let radius = radius.min(rect.width() / 2.0).min(rect.height() / 2.0).max(half);
    let points: u8 = match radius * scale {
        r if r <= 1.0 => 1,
        r if r <= 3.0 => 3,
        r if r <= 10.0 => 4,
        _ => 7,
    };
    let (inside, first) = (rect.shrink(radius), u32::try_from(mesh.vertices.len()).unwrap_or(0));
    let grow = uv.size() / rect.size();
    let uv_at = |at: Pos2| (uv.min + (at - rect.min) * grow).clamp(uv.min, uv.max);
    let centres =
        [inside.right_top(), inside.right_bottom(), inside.left_bottom(), inside.left_top()];
    let arc = |step: u8| {
        let angle = FRAC_PI_2 * f32::from(step) / f32::from(points.max(2) - 1);
        // A corner of one point has to reach into the corner.
        if points == 1 { (1.0, 1.0) } else { (angle.cos(), angle.sin()) }
    };
    let arcs: [(f32, f32); 7] = std::array::from_fn(|step| {
        u8::try_from(step).ok().filter(|step| *step < points).map(arc).unwrap_or_default()
    });
    for (corner, centre) in centres.into_iter().enumerate() {
        for (x, y) in arcs.into_iter().take(points.into()) {
            let outwards = [vec2(y, -x), vec2(x, y), vec2(-y, x), vec2(-x, -y)][corner];
            let inner = centre + outwards * (radius - half);
            let outer = centre + outwards * (radius + half);
            mesh.vertices.push(Vertex { pos: inner, uv: uv_at(inner), color: tint });
            let color = Color32::TRANSPARENT;
            mesh.vertices.push(Vertex { pos: outer, uv: uv_at(outer), color });
        }
    }
    let around = 4 * u32::from(points);
    for point in 0..around {
        let (a, b) = (first + 2 * point, first + 2 * ((point + 1) % around));
        mesh.indices.extend([a, a + 1, b, b, a + 1, b + 1]);
        if point > 0 && point + 1 < around {
            mesh.indices.extend([first, a, b]);
        }
    }
}

/// Paints a part of a texture with rounded corners.
pub(crate) fn patch(painter: &Painter, rect: Rect, radius: f32, patch: Patch, tint: Color32) {
    let mut mesh = Mesh::with_texture(patch.texture);
    rounded(&mut mesh, painter.pixels_per_point(), rect, radius, patch.uv, tint);
    painter.add(Shape::mesh(mesh));
}

/// Plain ground under the picture of a tile.
pub(crate) fn ground(ui: &Ui, rect: Rect, radius: f32, colour: Color32, pictures: &mut Pictures) {
    match &mut pictures.layer {
        Some(layer) => layer.fill(rect, radius, colour),
        None => drop(ui.painter().rect_filled(rect, radius, colour)),
    }
}

/// Paints the best there is of a photo so that it fills `rect`; while `at_rest`, also wishes for
/// what is missing. Between [`Pictures::begin_layer`] and [`Pictures::end_layer`] it goes there.
/// Where that has failed there is room for the reason.
pub(crate) fn photo(
    ui: &Ui,
    rect: Rect,
    radius: f32,
    photo: PhotoRef<'_>,
    pictures: &mut Pictures,
    at_rest: bool,
    tint: Color32,
) -> Shown {
    let palette = tokens::palette(ui.ctx());
    let (shown, has_sign) = best(ui, palette, rect, radius, photo, pictures, at_rest, tint);
    if has_sign && (!shown.failed || is_video(photo)) {
        file_type(ui, palette, rect, photo);
    }
    shown
}

/// As [`photo`], in the colours of another theme than the one in force, for a frame that has no room
/// for a reason.
#[expect(clippy::too_many_arguments, reason = "what every tile needs, and the colours")]
pub(crate) fn photo_of(
    ui: &Ui,
    palette: &Palette,
    rect: Rect,
    radius: f32,
    photo: PhotoRef<'_>,
    pictures: &mut Pictures,
    at_rest: bool,
    tint: Color32,
) -> Shown {
    if photo.kind() == MediaKind::Sidecar {
        ground(ui, rect, radius, palette.tile, pictures);
        sidecar(ui, palette, rect, photo, tint);
        pictures.painted(false);
        return Shown::default();
    }
    let (shown, has_sign) = best(ui, palette, rect, radius, photo, pictures, at_rest, tint);
    if has_sign {
        file_type(ui, palette, rect, photo);
    }
    shown
}

/// Paints what there is of the picture; whether it is for its file's type to be painted instead.
#[expect(clippy::too_many_arguments, reason = "what every tile needs, and the colours")]
fn best(
    ui: &Ui,
    palette: &Palette,
    rect: Rect,
    radius: f32,
    photo: PhotoRef<'_>,
    pictures: &mut Pictures,
    at_rest: bool,
    tint: Color32,
) -> (Shown, bool) {
    let subject = Subject::from(photo);
    let shown = pictures.tile(ui.ctx(), &subject, fit(ui, rect), at_rest);
    let frame = rect.aspect_ratio();
    let is_covered = shown.thumbnail.is_some_and(|thumbnail| thumbnail.share >= 1.0);
    if shown.placeholder.is_none() && !is_covered {
        ground(ui, rect, radius, palette.tile, pictures);
    }
    let mut layer = pictures.layer.take();
    if let Some(under) = shown.placeholder {
        let uv = pictures::cover(under.uv, subject.size.aspect(), frame);
        let under = Patch { uv, ..under };
        match &mut layer {
            Some(layer) => layer.placeholder(rect, radius, under, tint),
            None => patch(ui.painter(), rect, radius, under, tint),
        }
    }
    if let Some(over) = shown.thumbnail {
        let uv = pictures::cover(over.patch.uv, over.aspect, frame);
        let (over, tint) = (Patch { uv, ..over.patch }, tint.gamma_multiply(over.share));
        match &mut layer {
            Some(layer) => layer.thumbnail(rect, radius, over, tint),
            None => patch(ui.painter(), rect, radius, over, tint),
        }
    }
    pictures.layer = layer;
    let bare = shown.placeholder.is_none() && shown.thumbnail.is_none();
    // A photo that brought a preview has a blur made from it; one without either has nothing that
    // could be shown before its thumbnail is made.
    let has_sign = bare && !subject.has_preview;
    pictures.painted(bare && !has_sign);
    (shown, has_sign)
}

/// As [`photo`], for a cover or a small row; true when there was something.
pub(crate) fn cover(
    ui: &Ui,
    rect: Rect,
    radius: f32,
    of: PhotoRef<'_>,
    pictures: &mut Pictures,
) -> bool {
    let palette = tokens::palette(ui.ctx());
    let shown = photo_of(ui, palette, rect, radius, of, pictures, true, Color32::WHITE);
    shown.placeholder.is_some() || shown.thumbnail.is_some()
}

fn is_video(photo: PhotoRef<'_>) -> bool {
    matches!(photo.kind(), MediaKind::Video { .. })
}

/// What kind of file it is, where there is nothing of its picture.
fn file_type(ui: &Ui, palette: &Palette, rect: Rect, photo: PhotoRef<'_>) {
    let painter = ui.painter();
    let icon = match photo.kind() {
        MediaKind::Image => Icon::Photo,
        MediaKind::Video { .. } => Icon::Play,
        MediaKind::Sidecar => Icon::File,
    };
    let (centre, side) = (rect.center(), (rect.height() / 3.0).clamp(12.0, 28.0));
    let letters = if rect.height() < 48.0 { None } else { extension(photo.name(), photo.mime()) };
    let Some(letters) = letters else {
        return icons::paint(painter, icon, centre, side, palette.text_off);
    };
    let at = pos2(centre.x, centre.y - 9.0);
    icons::paint(painter, icon, at, side, palette.text_off);
    let (below, room) = (pos2(centre.x, centre.y + side / 2.0 + 3.0), rect.width() - 8.0);
    let align = Align2::CENTER_CENTER;
    text::paint(painter, below, align, text::TINY, &letters, palette.text_3, room);
}

/// Narrower tiles show of a sidecar what those of pictures show before there is a picture.
const SIDECAR_WORDS: f32 = 96.0;

/// What there is to see of a sidecar: its name, and what it is.
fn sidecar(ui: &Ui, palette: &Palette, rect: Rect, photo: PhotoRef<'_>, tint: Color32) {
    if rect.width() < SIDECAR_WORDS || rect.height() < SIDECAR_WORDS {
        return file_type(ui, palette, rect, photo);
    }
    let (painter, centre) = (ui.painter(), rect.center());
    let faded = |colour: Color32| colour * tint;
    icons::paint(painter, Icon::File, centre - vec2(0.0, 24.0), 24.0, faded(palette.text_off));
    let (room, align) = (rect.width() - 16.0, Align2::CENTER_CENTER);
    let (name, kind) = (photo.name(), words::sidecar(photo.name()));
    let (above, below) = (centre + vec2(0.0, 8.0), centre + vec2(0.0, 26.0));
    text::paint(painter, above, align, text::SMALL, name, faded(palette.text_2), room);
    text::paint(painter, below, align, text::TINY, &kind, faded(palette.text_3), room);
}

/// The file's extension, else what its MIME type says, in capitals.
fn extension(name: &str, mime: &str) -> Option<String> {
    let of_name = name.rsplit_once('.').map(|(_, extension)| extension);
    let of_mime = mime.rsplit_once('/').map(|(_, kind)| kind.trim_start_matches("x-"));
    let short =
        |s: &&str| (1..=5).contains(&s.len()) && s.bytes().all(|byte| byte.is_ascii_alphanumeric());
    of_name.filter(short).or(of_mime.filter(short)).map(str::to_ascii_uppercase)
}

/// A rectangle's size in physical pixels.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a window's size, clamped to whole pixels"
)]
pub(crate) fn fit(ui: &Ui, rect: Rect) -> PixelSize {
    let scale = ui.pixels_per_point();
    let side = |points: f32| (points * scale).ceil().clamp(1.0, 65_535.0) as u32;
    PixelSize::new(side(rect.width()), side(rect.height()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_of_a_file_is_its_extension() {
        let sign = |name: &str, mime: &str| extension(name, mime);
        assert_eq!(sign("IMG_1.heic", "image/heic").as_deref(), Some("HEIC"));
        assert_eq!(sign("scan", "image/x-nef").as_deref(), Some("NEF"));
        assert_eq!(sign("a.very long", "image/jpeg").as_deref(), Some("JPEG"));
        assert_eq!(sign("nothing", ""), None);
    }

    #[test]
    fn a_rounded_rectangle_is_filled_once_and_stays_within_its_edge() {
        for (radius, scale) in [(0.0, 1.0), (2.0, 1.0), (4.0, 1.0), (4.0, 2.0), (12.0, 1.5)] {
            let rect = Rect::from_min_size(pos2(10.0, 20.0), vec2(80.0, 50.0));
            let uv = Rect::from_min_max(pos2(0.25, 0.5), pos2(0.5, 1.0));
            let mut mesh = Mesh::default();
            rounded(&mut mesh, scale, rect, radius, uv, Color32::WHITE);
            assert!(mesh.is_valid());
            // Twice the area of what is solid, by the triangles whose corners all are.
            let area: f32 = mesh
                .indices
                .chunks(3)
                .map(|t| [t[0], t[1], t[2]].map(|at| mesh.vertices[at as usize]))
                .filter(|t| t.iter().all(|vertex| vertex.color == Color32::WHITE))
                .map(|[a, b, c]| {
                    let (ab, ac) = (b.pos - a.pos, c.pos - a.pos);
                    ab.x * ac.y - ab.y * ac.x
                })
                .sum();
            let inner = rect.shrink(0.5 / scale);
            let corner = (4.0 - std::f32::consts::PI) * radius * radius;
            let expected = inner.width() * inner.height() - corner;
            assert!((area / 2.0 - expected).abs() < 6.0, "{area} for {expected}");
            for vertex in &mesh.vertices {
                assert!(rect.expand(0.5 / scale + 1e-3).contains(vertex.pos));
                assert!(uv.expand(1e-5).contains(vertex.uv));
            }
        }
    }
}
