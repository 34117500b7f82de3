//! Any photos at any width: every one stands once, none overlap, and edits come to the same as
//! laying out anew.

use proptest::prelude::*;

use super::*;
use crate::model::{AlbumId, MessageId, PhotoId};
use crate::ui::timeline::{Edit, Entry, TileId};

fn entry(number: usize, wall_seconds: i64, aspect: f32) -> Entry {
    let message = MessageId(i32::try_from(number).unwrap() + 1);
    Entry {
        id: TileId::Photo(PhotoId { album: AlbumId(1), message }),
        wall_seconds,
        aspect,
        video: number.is_multiple_of(7),
    }
}

fn order(photos: &[(i64, f32)]) -> Order {
    photos.iter().enumerate().map(|(i, (wall, aspect))| entry(i, *wall, *aspect)).collect()
}

fn params() -> impl Strategy<Value = Params> {
    let arrangement = prop::sample::select(vec![Arrangement::Justified, Arrangement::Squares]);
    let scale = prop::sample::select(vec![1.0, 1.25, 1.5, 2.0, 3.0]);
    (200_i64..4000, scale, 0_usize..6, arrangement, 0_i64..400).prop_map(
        |(width, scale, size, arrangement, head)| Params {
            width,
            scale,
            size: TileSize::at(size),
            arrangement,
            head,
        },
    )
}

/// In hundredths.
fn aspect(range: std::ops::Range<u16>) -> impl Strategy<Value = f32> {
    range.prop_map(|hundredths| f32::from(hundredths) / 100.0)
}

/// Spread over forty days, or all in a few.
fn photos() -> impl Strategy<Value = Vec<(i64, f32)>> {
    prop_oneof![
        prop::collection::vec((0_i64..86_400 * 40, aspect(1..3000)), 0..300),
        prop::collection::vec((0_i64..86_400 * 2, aspect(30..300)), 600..1400),
    ]
}

fn check(layout: &Layout, order: &Order, params: &Params) -> Result<(), TestCaseError> {
    let rows: Vec<Row> = layout.rows_between(i64::MIN, i64::MAX).collect();
    // Rows hold every index exactly once, in order.
    let mut next = 0;
    for row in &rows {
        prop_assert_eq!(row.first, next);
        prop_assert!(row.count > 0);
        next += row.count;
    }
    prop_assert_eq!(next, order.len());
    // Rows go down the page without touching, below the head.
    for pair in rows.windows(2) {
        prop_assert!(pair[0].y + pair[0].height < pair[1].y);
    }
    prop_assert!(rows.first().is_none_or(|row| row.y > params.head));
    prop_assert!(rows.last().is_none_or(|row| row.y + row.height <= layout.height()));
    // Within a row: left to right, inside the width, never on top of each other.
    for row in &rows {
        let mut right = -1;
        for (photo, tile) in layout.tiles_of(*row) {
            prop_assert_eq!(layout.tile(photo), Some(tile));
            prop_assert!(tile.x > right);
            prop_assert!(tile.width > 0 && tile.height > 0);
            prop_assert_eq!((tile.y, tile.height), (row.y, row.height));
            right = tile.x + tile.width;
        }
        prop_assert!(right <= params.width, "{} > {}", right, params.width);
    }
    check_sections(layout, order, params)
}

fn check_sections(layout: &Layout, order: &Order, params: &Params) -> Result<(), TestCaseError> {
    let sections: Vec<Section> = layout.sections_between(i64::MIN, i64::MAX).collect();
    prop_assert_eq!(sections.len(), layout.section_count());
    let mut next = 0;
    for (n, section) in sections.iter().enumerate() {
        prop_assert_eq!(section.first, next);
        let entries: Vec<Entry> = order.iter_from(next).take(section.count).collect();
        next += section.count;
        prop_assert_eq!(section.videos, entries.iter().filter(|entry| entry.video).count());
        prop_assert_eq!(section.drafts, 0);
        let days = entries.iter().map(|entry| entry.day());
        if params.size.by_month() {
            let mut months = days.map(crate::ui::words::month);
            prop_assert!(months.all(|month| month == crate::ui::words::month(section.day)));
        } else {
            let mut days = days;
            prop_assert!(days.all(|day| day == section.day));
        }
        let rows: Vec<Row> = layout.rows_between(section.y, section.end).collect();
        prop_assert_eq!(rows.first().map(|row| row.first), Some(section.first));
        prop_assert_eq!(rows.last().map(|row| row.y + row.height), Some(section.end));
        prop_assert_eq!(layout.section_at(section.y), Some(*section));
        prop_assert_eq!(layout.section(n), Some(*section));
        if n > 0 {
            prop_assert_ne!(sections[n - 1].day, section.day, "one section a day");
        }
    }
    prop_assert_eq!(next, order.len());
    Ok(())
}

/// Full rows end at the edge; only a section's last may not.
fn check_full(layout: &Layout, params: &Params) -> Result<(), TestCaseError> {
    for section in layout.sections_between(i64::MIN, i64::MAX) {
        for row in layout.rows_between(section.y, section.end) {
            let last = layout.tile(row.first + row.count - 1).unwrap();
            let is_last = row.first + row.count == section.first + section.count;
            prop_assert!(is_last || last.x + last.width == params.width, "{:?}", row);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_photo_stands_once_and_none_overlap(photos in photos(), params in params()) {
        let order = order(&photos);
        let mut layout = Layout::of(&order, &params);
        check(&layout, &order, &params)?;
        layout.finish(&order);
        prop_assert!(layout.is_exact());
        check(&layout, &order, &params)?;
        if params.arrangement == Arrangement::Justified {
            check_full(&layout, &params)?;
        }
    }

    #[test]
    fn breaking_rows_bit_by_bit_comes_to_the_same(
        photos in photos(), params in params(), looks in prop::collection::vec((0.0_f64..1.0, 1_i64..3000), 0..8),
    ) {
        let order = order(&photos);
        let (mut whole, mut bits) = (Layout::of(&order, &params), Layout::of(&order, &params));
        whole.finish(&order);
        for (at, height) in looks {
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a page of a test")]
            let from = (at * bits.height() as f64) as i64;
            bits.make_exact(&order, from, from + height);
            check(&bits, &order, &params)?;
        }
        let far = Instant::now() + std::time::Duration::from_mins(1);
        prop_assert!(!bits.refine(&order, bits.height() / 2, far));
        let rows = |layout: &Layout| layout.rows_between(i64::MIN, i64::MAX).collect::<Vec<_>>();
        prop_assert_eq!(rows(&whole), rows(&bits));
    }

    #[test]
    fn edits_keep_all_in_order(
        photos in photos(),
        params in params(),
        edits in prop::collection::vec((any::<usize>(), 0_i64..86_400 * 40, aspect(30..300), 0_u8..3, any::<bool>()), 0..80),
    ) {
        let mut order = order(&photos);
        let mut layout = Layout::of(&order, &params);
        layout.finish(&order);
        for (n, (at, wall, aspect, kind, look)) in edits.into_iter().enumerate() {
            let there = order.len().checked_sub(1).map(|last| order.get(at % (last + 1)).unwrap());
            let mut removed = None;
            if let Some(entry) = there.filter(|_| kind != 0) {
                let (rank, entry) = order.remove(entry.key()).unwrap();
                layout.apply(&order, Edit::Removed(rank, entry));
                removed = Some(entry);
            }
            if kind != 1 {
                // A new one, or the same with another date.
                let new = entry(10_000 + n, wall, aspect);
                let new = removed.map_or(new, |entry| Entry { wall_seconds: wall, ..entry });
                let rank = order.insert(&new).unwrap();
                prop_assert_eq!(order.get(rank).unwrap().key(), new.key());
                layout.apply(&order, Edit::Inserted(rank));
            }
            if look {
                layout.make_exact(&order, 0, 5000);
            }
        }
        check(&layout, &order, &params)?;
        layout.finish(&order);
        check(&layout, &order, &params)?;
        if params.arrangement == Arrangement::Justified {
            check_full(&layout, &params)?;
        }
        // As many sections of the same sizes as from nothing.
        let anew = Layout::of(&order, &params);
        let counts = |layout: &Layout| {
            let sections = layout.sections_between(i64::MIN, i64::MAX);
            sections.map(|s| (s.day, s.first, s.count, s.videos)).collect::<Vec<_>>()
        };
        prop_assert_eq!(counts(&layout), counts(&anew));
    }

    #[test]
    fn other_measures_come_to_the_same_as_from_nothing(
        photos in photos(), first in params(), then in params(),
    ) {
        let order = order(&photos);
        let mut layout = Layout::of(&order, &first);
        layout.finish(&order);
        layout.set_params(&order, &then);
        check(&layout, &order, &then)?;
        layout.finish(&order);
        let mut anew = Layout::of(&order, &then);
        anew.finish(&order);
        prop_assert_eq!(layout.height(), anew.height());
        let rows = |layout: &Layout| layout.rows_between(i64::MIN, i64::MAX).collect::<Vec<_>>();
        prop_assert_eq!(rows(&layout), rows(&anew));
    }

    #[test]
    fn the_scrubber_and_the_page_agree(
        photos in photos(), params in params(), share in 0.0_f64..1.0, exact in any::<bool>(),
    ) {
        let order = order(&photos);
        let mut layout = Layout::of(&order, &params);
        if exact {
            layout.finish(&order);
        }
        prop_assume!(!photos.is_empty());
        #[expect(clippy::cast_precision_loss, reason = "a test's few photos")]
        let wanted = share * (photos.len() - 1) as f64;
        let back = layout.photos_above(layout.y_of(wanted));
        prop_assert!((back - wanted).abs() < 1e-6, "{} != {}", back, wanted);
    }

    #[test]
    fn stepping_down_and_up_stays_in_the_column(
        photos in photos(), params in params(), at in 0_usize..1400, by in 1_isize..40,
    ) {
        let order = order(&photos);
        let mut layout = Layout::of(&order, &params);
        layout.finish(&order);
        prop_assume!(at < photos.len());
        let rows: Vec<Row> = layout.rows_between(i64::MIN, i64::MAX).collect();
        let row = rows.partition_point(|row| row.first <= at) - 1;
        let middle = |photo: usize| { let t = layout.tile(photo).unwrap(); t.x + t.width / 2 };
        for by in [by, -by] {
            let to = layout.step_rows(at, by).unwrap();
            let expected = rows[row.saturating_add_signed(by).min(rows.len() - 1)];
            prop_assert!((expected.first..expected.first + expected.count).contains(&to));
            let tile = layout.tile(to).unwrap();
            let off = (tile.x - middle(at)).max(middle(at) - tile.x - tile.width).max(0);
            for (_, other) in layout.tiles_of(expected) {
                prop_assert!(off <= (other.x - middle(at)).max(middle(at) - other.x - other.width).max(0));
            }
        }
    }

    #[test]
    fn the_nearest_tile_is_the_one_under_the_pointer(photos in photos(), params in params(), at in 0_usize..1400) {
        let order = order(&photos);
        let mut layout = Layout::of(&order, &params);
        layout.finish(&order);
        prop_assume!(at < photos.len());
        let tile = layout.tile(at).unwrap();
        prop_assert_eq!(layout.nearest(tile.x + tile.width / 2, tile.y + tile.height / 2), Some(at));
        prop_assert_eq!(layout.nearest(tile.x, tile.y), Some(at));
    }

    /// What the window of candidates leaves out is hardly better than what it finds.
    #[test]
    fn few_candidates_are_enough(
        aspects in prop::collection::vec(prop::sample::select(vec![0.5_f32, 0.667, 0.75, 1.0, 1.333, 1.5, 1.778, 3.0]), 256..400),
        width in 1200_i64..4000, size in 0_usize..5,
    ) {
        let order: Order = aspects.iter().enumerate().map(|(n, aspect)| entry(n, 0, *aspect)).collect();
        let params = Params { width, scale: 1.0, size: TileSize::at(size), ..Params::default() };
        let mut layout = Layout::of(&order, &params);
        layout.finish(&order);
        let rows = layout.rows_between(i64::MIN, i64::MAX);
        let deviation = |row: Row| {
            let entries = order.iter_from(row.first).take(row.count);
            let total: f64 = entries.map(|entry| f64::from(entry.aspect)).sum();
            height(&params, row.count, total) / f64::from(params.size.row_height()) - 1.0
        };
        let full = rows.filter(|row| row.first + row.count < aspects.len());
        let found: f64 = full.map(|row| deviation(row).powi(2)).sum();
        let best = least_cost(&order, &params);
        prop_assert!(found <= best * 1.3 + 0.05, "{} beside {}", found, best);
    }
}

/// Of a row of so many photos with such aspect ratios together.
#[expect(clippy::cast_precision_loss, reason = "a few hundred photos")]
fn height(params: &Params, photos: usize, aspects: f64) -> f64 {
    let gaps = f64::from(params.size.gap()) * (photos - 1) as f64;
    (params.width as f64 - gaps) / aspects
}

/// The least sum of squared deviations, over all ways to break the rows of one short section.
fn least_cost(order: &Order, params: &Params) -> f64 {
    let target = f64::from(params.size.row_height());
    let aspects: Vec<f64> = order.iter_from(0).map(|entry| f64::from(entry.aspect)).collect();
    let mut best = vec![0.0];
    for end in 1..=aspects.len() {
        let (mut cheapest, mut total) = (f64::INFINITY, 0.0);
        for start in (0..end).rev() {
            total += aspects[start];
            let height = height(params, end - start, total) / target;
            let free = end == aspects.len() && height > 1.2;
            let cost: f64 = if free { 0.0 } else { (height - 1.0).powi(2) };
            cheapest = cheapest.min(best[start] + cost);
        }
        best.push(cheapest);
    }
    *best.last().unwrap()
}

#[test]
fn rows_are_near_their_target_and_end_at_the_edge() {
    let photos: Vec<_> = (0..1000_u16).map(|n| (0, 0.6 + f32::from(n * 7 % 12) / 10.0)).collect();
    let order = order(&photos);
    for size in TileSize::ALL {
        let params = Params { width: 2480, scale: 1.0, size, ..Params::default() };
        let mut layout = Layout::of(&order, &params);
        layout.finish(&order);
        let rows: Vec<Row> = layout.rows_between(i64::MIN, i64::MAX).collect();
        for row in &rows[..rows.len() - 1] {
            let last = layout.tile(row.first + row.count - 1).unwrap();
            assert_eq!(last.x + last.width, 2480);
            #[expect(clippy::cast_precision_loss, reason = "the height of a row")]
            let share = row.height as f32 / size.row_height();
            assert!((0.85..1.18).contains(&share), "{size:?}: {share}");
        }
    }
}

#[test]
fn squares_fill_the_width_in_whole_pixels() {
    let photos: Vec<_> = (0..50).map(|_| (0, 1.5)).collect();
    let order = order(&photos);
    for width in [640, 1001, 1119, 1120, 2479, 3760] {
        let params = Params {
            width,
            scale: 1.0,
            size: TileSize::M,
            arrangement: Arrangement::Squares,
            head: 0,
        };
        let layout = Layout::of(&order, &params);
        assert!(layout.is_exact());
        let row = layout.rows_between(0, i64::MAX).next().unwrap();
        let tiles: Vec<Tile> = layout.tiles_of(row).map(|(_, tile)| tile).collect();
        assert_eq!(tiles.last().map(|tile| tile.x + tile.width), Some(width));
        for tile in &tiles {
            assert!((tile.width - tile.height).abs() <= 1, "{tile:?}");
            assert!((120..=168).contains(&tile.width), "{tile:?}");
        }
    }
}

#[test]
fn a_photo_that_comes_to_a_long_day_moves_nothing_beyond_its_run() {
    let photos: Vec<_> = (0..20_000_i64).map(|n| (n, 1.5)).collect();
    let mut order = order(&photos);
    let params = Params { width: 1120, scale: 1.0, size: TileSize::M, ..Params::default() };
    let mut layout = Layout::of(&order, &params);
    layout.finish(&order);
    let before: Vec<Row> = layout.rows_between(i64::MIN, i64::MAX).collect();
    let rank = order.insert(&entry(30_000, 10_000, 0.7)).unwrap();
    layout.apply(&order, Edit::Inserted(rank));
    layout.finish(&order);
    let after: Vec<Row> = layout.rows_between(i64::MIN, i64::MAX).collect();
    let same = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let tail = before.iter().rev().zip(after.iter().rev());
    let shifted = tail.take_while(|(a, b)| (a.height, a.first + 1) == (b.height, b.first)).count();
    assert!(same + shifted + 120 > before.len(), "{} of {}", same + shifted, before.len());
    assert!(same > 100 && shifted > 100);
}
