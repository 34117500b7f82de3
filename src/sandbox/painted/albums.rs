//! How painted photographs are divided into albums.

use super::{PaintedAlbum, Painter, calendar, dice::Dice, words};

/// Four to five albums for the smallest demonstration, then one per 1,500 photographs, at most
/// this many.
const MOST: u64 = 40;

const TITLES: [&str; 40] = [
    "Iceland",
    "京都の旅",
    "Family",
    "رحلة إلى المغرب",
    "Summer 🌊",
    "Lofoten",
    "Garden",
    "Lisbon",
    "Hiking in the Alps",
    "Winter",
    "Scotland",
    "北海道",
    "Weekends",
    "Patagonia",
    "Balcony sunsets",
    "Copenhagen",
    "Dolomites",
    "صور العائلة",
    "Road trip 🚐",
    "Norway",
    "At grandmother’s",
    "New Zealand",
    "Film scans",
    "Brittany",
    "Night walks",
    "Provence",
    "Tallinn",
    "Sahara",
    "Jeju 제주",
    "Birthday parties",
    "Canal boats",
    "Vienna",
    "Azores",
    "Forest",
    "Göteborg",
    "Crete",
    "Cherry blossoms 🌸",
    "Snow",
    "Harbour",
    "Odds and ends",
];

pub(super) fn albums(painter: Painter, photos: u64) -> Vec<PaintedAlbum> {
    if photos == 0 {
        return vec![];
    }
    let count = (photos / 1500).clamp(5, MOST).min(photos);
    let mut dice = Dice::new(painter.seed, 0, 20);
    // Of very different sizes, the sum being all.
    let weights: Vec<u64> = (0..count)
        .map(|_| {
            let w = dice.between(3, 20);
            w * w
        })
        .collect();
    let total: u64 = weights.iter().sum();
    let mut albums: Vec<PaintedAlbum> = vec![];
    let mut before = 0;
    let mut first = 0;
    for (at, weight) in weights.iter().enumerate() {
        before += weight;
        // None is empty: each leaves one for those that follow.
        let left = count - 1 - at as u64;
        let share = u64::try_from(u128::from(photos) * u128::from(before) / u128::from(total))
            .unwrap_or(photos);
        let end = share.clamp(first + 1, photos - left);
        let year = words::year(calendar::sent(&calendar::outing(painter, first), first));
        let title = TITLES[at % TITLES.len()];
        let title = if at % 3 == 0 { format!("{title} {year}") } else { title.to_owned() };
        albums.push(PaintedAlbum { title, first, count: end - first });
        first = end;
    }
    albums
}
