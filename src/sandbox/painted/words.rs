//! Names of files and texts of messages.

use super::{
    camera::{Camera, Naming},
    dice::Dice,
};

const RARE_NAMES: [&str; 9] = [
    "京都の秋",
    "夕焼け",
    "صورة من البحر",
    "غروب الشمس",
    "🌅 sunrise",
    "Été à la mer",
    "Ночь над городом",
    "한라산",
    "Grandma’s garden (scan)",
];

const CAPTIONS: [&str; 16] = [
    "Evening at the lake #travel",
    "First light #mountains",
    "We walked for six hours for this",
    "#family",
    "Almost missed the last boat",
    "夕焼けがきれいでした #海",
    "山頂から #登山",
    "غروب الشمس على الشاطئ #سفر",
    "🌊🏄 #summer",
    "❄️ #winter",
    "After the storm",
    "Für die Wand im Flur? #auswahl",
    "The light changed every minute #landscape",
    "Window seat",
    "桜 🌸 #春",
    "Same place as last year #garden",
];

fn civil(wall_seconds: i64) -> jiff::civil::DateTime {
    jiff::Timestamp::from_second(wall_seconds)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .datetime()
}

/// `20240131_142233`
fn stamp(wall_seconds: i64) -> String {
    let t = civil(wall_seconds);
    format!(
        "{:04}{:02}{:02}_{:02}{:02}{:02}",
        t.year(),
        t.month(),
        t.day(),
        t.hour(),
        t.minute(),
        t.second()
    )
}

/// `2024:01:31 14:22:33`, as EXIF writes it.
pub(super) fn exif_date(wall_seconds: i64) -> String {
    let t = civil(wall_seconds);
    format!(
        "{:04}:{:02}:{:02} {:02}:{:02}:{:02}",
        t.year(),
        t.month(),
        t.day(),
        t.hour(),
        t.minute(),
        t.second()
    )
}

/// The year of a wall clock.
pub(super) fn year(wall_seconds: i64) -> i16 {
    civil(wall_seconds).year()
}

/// A file name as cameras, and now and then people, give.
pub(super) fn name(
    dice: &mut Dice,
    camera: Option<&Camera>,
    index: u64,
    wall_seconds: i64,
) -> String {
    if dice.chance(12) {
        return format!("{} {}.jpg", dice.pick(&RARE_NAMES), index % 100);
    }
    // Cameras count to 9999 and begin again.
    let number = index % 9999 + 1;
    let Some(camera) = camera else {
        return match dice.below(3) {
            0 => format!("IMG-{}-WA{:04}.jpg", &stamp(wall_seconds)[..8], number % 100),
            1 => format!("image_{number}.jpg"),
            _ => format!("scan{number:04}.jpg"),
        };
    };
    match camera.naming {
        Naming::Img => format!("IMG_{number:04}.JPG"),
        Naming::Dsc => format!("DSC_{number:04}.JPG"),
        Naming::Dscf => format!("DSCF{number:04}.JPG"),
        Naming::P => format!("P102{number:04}.JPG"),
        Naming::Pxl => format!("PXL_{}{:03}.jpg", stamp(wall_seconds), dice.below(1000)),
        Naming::ImgDate => format!("IMG_{}.jpg", stamp(wall_seconds)),
    }
}

pub(super) fn video_name(wall_seconds: i64) -> String {
    format!("VID_{}.mp4", stamp(wall_seconds))
}

/// Mostly nothing.
pub(super) fn caption(dice: &mut Dice) -> String {
    if dice.chance(60) { (*dice.pick(&CAPTIONS)).to_owned() } else { String::new() }
}
