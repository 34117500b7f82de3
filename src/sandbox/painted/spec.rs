//! What a painted photograph is, from its index alone.

use super::{
    PaintedKind, Painter, Spec,
    calendar::{self, outing},
    camera::{CAMERAS, Camera, EXPORTED, SENT_AS_PHOTO},
    dice::Dice,
    jpeg, words,
};
use crate::model::{PixelSize, Taken};

/// The camera of an outing; `None` where the picture went through something that drops EXIF.
pub(super) fn camera(painter: Painter, index: u64) -> Option<&'static Camera> {
    let mut dice = Dice::new(painter.seed, index, 11);
    if dice.chance(80) {
        return None;
    }
    let mut shared = Dice::new(painter.seed, outing(painter, index).first, 12);
    Some(shared.pick(&CAMERAS))
}

pub(super) fn spec(painter: Painter, index: u64) -> Spec {
    let mut dice = Dice::new(painter.seed, index, 10);
    let kind = match dice.below(1000) {
        0..50 => PaintedKind::Photo,
        50..80 => PaintedKind::Video { seconds: u32::try_from(dice.between(3, 61)).unwrap_or(3) },
        _ => PaintedKind::Document,
    };
    let outing = outing(painter, index);
    let wall_seconds = calendar::wall_seconds(painter, &outing, index);
    let camera = camera(painter, index).filter(|_| kind == PaintedKind::Document);

    let stored = match (kind, camera) {
        (PaintedKind::Photo, _) => *dice.pick(&SENT_AS_PHOTO),
        (PaintedKind::Video { .. }, _) => PixelSize::new(1920, 1080),
        (PaintedKind::Document, Some(camera)) if !dice.chance(120) => *dice.pick(camera.sizes),
        (PaintedKind::Document, _) => *dice.pick(&EXPORTED),
    };
    let wide = stored.width > stored.height && stored.width < stored.height * 2;
    let orientation = match dice.below(100) {
        0..12 if camera.is_some() && wide => 6,
        12..18 if camera.is_some() && wide => 8,
        18..21 if camera.is_some() => 3,
        _ => 1,
    };
    let taken = camera.map(|camera| Taken {
        wall_seconds,
        offset_minutes: camera.knows_zone.then(|| offset_minutes(painter, outing.first)),
    });
    let (name, mime) = match kind {
        PaintedKind::Photo => (String::new(), "image/jpeg"),
        PaintedKind::Video { .. } => (words::video_name(wall_seconds), "video/mp4"),
        PaintedKind::Document => {
            (words::name(&mut dice, camera, index, wall_seconds), "image/jpeg")
        }
    };
    let bytes = match kind {
        PaintedKind::Video { seconds } => {
            u64::from(seconds) * dice.between(300_000, 450_000) + dice.below(4096)
        }
        _ => jpeg::HEAD_BYTES + stored.pixels() * dice.between(26, 40) / 100 + 4096,
    };
    let caption = words::caption(&mut Dice::new(painter.seed, index, 13));
    Spec {
        index,
        kind,
        name,
        mime,
        stored,
        orientation,
        bytes,
        taken,
        sent: calendar::sent(&outing, index),
        caption,
    }
}

/// Where an outing led: minutes ahead of UTC.
fn offset_minutes(painter: Painter, outing: u64) -> i16 {
    const ZONES: [i16; 8] = [0, 60, 60, 120, 540, -210, 330, -480];
    *Dice::new(painter.seed, outing, 14).pick(&ZONES)
}
