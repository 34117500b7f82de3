//! When painted photographs were taken: years of outings, each an hour or a day long.
//!
//! The number of photographs is not known here, only an index. Time therefore grows with its
//! logarithm: 200 photographs cover two years, 10,000 six, a million twelve, denser towards the
//! end, as libraries are.

use super::{Painter, dice::Dice};

/// 2013-09-01 00:00 UTC.
const BEGIN: i64 = 1_377_993_600;
const DAY: i64 = 86_400;
const TWELVE_YEARS: f64 = 12.0 * 365.25 * 86_400.0;
/// Outings are cut from blocks of this many photographs.
const BLOCK: u64 = 64;

/// A run of photographs taken one after the other.
pub(super) struct Outing {
    /// The index of its first photograph; names the outing.
    pub(super) first: u64,
    /// The wall clock at the first photograph.
    begins: i64,
    /// Seconds from one to the next, on average.
    pace: u64,
}

/// Seconds since the epoch that belong to an index; never falls.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "seconds of a few decades, indices of a few millions"
)]
fn moment(index: u64) -> i64 {
    let grown = (1.0 + index as f64 / 50.0).ln() / 20_001_f64.ln();
    BEGIN + (grown * TWELVE_YEARS) as i64
}

/// When the message was sent: the photographs of an outing go out one a second, two days after
/// it. Never falls from one photograph to the next.
pub(super) fn sent(outing: &Outing, index: u64) -> i64 {
    let begins = moment(outing.first);
    let place = i64::try_from(index - outing.first).unwrap_or(0);
    begins + place.min(moment(index) - begins) + 2 * DAY
}

/// The outing of photograph `index`: 1 to about 60 photographs.
pub(super) fn outing(painter: Painter, index: u64) -> Outing {
    let block = index / BLOCK;
    let within = index % BLOCK;
    let mut dice = Dice::new(painter.seed, block, 1);
    let mut first = 0;
    loop {
        // Many short outings, a few long ones.
        let length = if dice.chance(250) { dice.between(12, 60) } else { dice.between(1, 10) };
        if within < first + length {
            break;
        }
        first += length;
    }
    let first = block * BLOCK + first;
    let mut dice = Dice::new(painter.seed, first, 2);
    let hour =
        [6, 8, 9, 10, 11, 13, 14, 16, 17, 18, 19, 20][usize::try_from(dice.below(12)).unwrap_or(0)];
    let begins =
        moment(first) / DAY * DAY + hour * 3600 + i64::try_from(dice.below(3600)).unwrap_or(0);
    Outing { first, begins, pace: dice.between(15, 240) }
}

/// The camera's clock at photograph `index` of `outing`.
pub(super) fn wall_seconds(painter: Painter, outing: &Outing, index: u64) -> i64 {
    let mut dice = Dice::new(painter.seed, index, 3);
    let after = (index - outing.first) * outing.pace + dice.below(outing.pace);
    let wall = outing.begins + i64::try_from(after).unwrap_or(0);
    // Now and then something old is found and sent.
    if dice.chance(15) {
        wall - DAY * i64::try_from(dice.between(20, 900)).unwrap_or(0)
    } else {
        wall
    }
}
