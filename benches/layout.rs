//! What it costs to put a million photos in order and on a page, and what one change costs.
//!
//! Ratios, not milliseconds: machines differ. The yardstick is sorting the same photos by date with
//! the standard library, plainly. `cargo bench --bench layout`.

use std::{
    hint::black_box,
    io::{StdoutLock, Write, stdout},
    time::{Duration, Instant},
};

use heliogram::ui::arrange::{Measures, Page, Piece};

const MILLION: i32 = 1_000_000;
const DAY: i64 = 86_400;
const FRAME: Duration = Duration::from_millis(2);

/// A small generator of its own: the same photos in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 33) % below
    }
}

/// As cameras make them: mostly 3:2, 4:3 and 16:9, a quarter upright, a few panoramas.
fn aspect(dice: &mut Dice) -> f32 {
    match dice.next(100) {
        0..40 => 1.5,
        40..62 => 4.0 / 3.0,
        62..75 => 16.0 / 9.0,
        75..85 => 2.0 / 3.0,
        85..95 => 0.75,
        95..98 => 1.0,
        _ => 3.2,
    }
}

/// In the order in which they were sent: nearly that of time, as albums have it.
fn photos(count: i32, span: i64, dice: &mut Dice) -> Vec<Piece> {
    let step = (span / i64::from(count)).max(1);
    (1..=count)
        .map(|number| {
            let late = if dice.next(20) == 0 { dice.next(40) } else { 0 };
            let wall_seconds = i64::from(number) * span / i64::from(count);
            let wall_seconds = wall_seconds - i64::try_from(late).unwrap_or(0) * step;
            Piece { number, wall_seconds: wall_seconds.max(0), aspect: aspect(dice) }
        })
        .collect()
}

const fn measures(size: usize) -> Measures {
    // A window 2560 wide, less the sidebar, the margin and the scrubber.
    Measures { width: 2560 - 240 - 16 - 64, scale: 1.0, size, squares: false }
}

fn best(times: usize, mut work: impl FnMut() -> Duration) -> Duration {
    (0..times).map(|_| work()).min().unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Order and exact layout from nothing.
fn from_nothing(out: &mut StdoutLock<'_>, name: &str, pieces: &[Piece]) -> std::io::Result<()> {
    let plain = best(5, || {
        let mut dates: Vec<(i64, i32)> =
            pieces.iter().map(|p| (p.wall_seconds, p.number)).collect();
        let began = Instant::now();
        dates.sort_unstable();
        black_box(&dates);
        began.elapsed()
    });
    for (size, label) in [(2, "M"), (0, "XS")] {
        let (mut ordered, mut laid_out) = (Duration::MAX, Duration::MAX);
        let whole = best(5, || {
            let began = Instant::now();
            let mut page = Page::of(pieces.iter().copied(), &measures(size));
            let order = began.elapsed();
            page.finish();
            let whole = began.elapsed();
            let rows = whole.saturating_sub(order);
            (ordered, laid_out) = (ordered.min(order), laid_out.min(rows));
            black_box(page.height());
            whole
        });
        writeln!(
            out,
            "{name:<14} {label:<3} {:>8.1} ms  (order {:.1}, rows {:.1})  {:>6.2} × a plain sort ({:.1} ms)",
            ms(whole),
            ms(ordered),
            ms(laid_out),
            whole.as_secs_f64() / plain.as_secs_f64(),
            ms(plain),
        )?;
    }
    Ok(())
}

fn median_and_p99(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    (at(50), at(99))
}

/// One photo at a time in a day of 100,000 among a million.
fn edits(out: &mut StdoutLock<'_>, dice: &mut Dice) -> std::io::Result<()> {
    let mut pieces = photos(900_000, 3_650 * DAY, dice);
    let busy = 1_000 * DAY;
    pieces.extend((0..100_000).map(|n| Piece {
        number: 2_000_000 + n,
        wall_seconds: busy + i64::from(n) * 86_399 / 100_000,
        aspect: aspect(dice),
    }));
    let mut page = Page::of(pieces.iter().copied(), &measures(2));
    let began = Instant::now();
    page.finish();
    let whole = began.elapsed();
    let (mut arrivals, mut deletions, mut changes) = (vec![], vec![], vec![]);
    for number in 0..2_000 {
        let at = |dice: &mut Dice| busy + i64::try_from(dice.next(86_399)).unwrap_or(0);
        let piece =
            Piece { number: 3_000_000 + number, wall_seconds: at(dice), aspect: aspect(dice) };
        let began = Instant::now();
        assert!(page.insert(&piece), "it is new");
        arrivals.push(began.elapsed());
        let moved = Piece { wall_seconds: at(dice), ..piece };
        let began = Instant::now();
        assert!(page.remove(&piece) && page.insert(&moved), "it is there");
        changes.push(began.elapsed());
        let began = Instant::now();
        assert!(page.remove(&moved), "it is there");
        deletions.push(began.elapsed());
    }
    for (name, times) in [("arrival", arrivals), ("deletion", deletions), ("date change", changes)]
    {
        let (median, p99) = median_and_p99(times);
        writeln!(
            out,
            "{name:<18} {:>8.4} ms median, {:.4} ms p99   1/{:.0} of all rows ({:.1} ms)",
            ms(median),
            ms(p99),
            whole.as_secs_f64() / median.as_secs_f64(),
            ms(whole),
        )?;
    }
    Ok(())
}

/// A window that is being resized, and what is done in the frames after it.
fn resizing(out: &mut StdoutLock<'_>, name: &str, pieces: &[Piece]) -> std::io::Result<()> {
    let mut page = Page::of(pieces.iter().copied(), &measures(2));
    page.finish();
    let middle = page.len() / 2;
    let (mut at_once, mut slices, mut frames) = (vec![], vec![], 0);
    for step in 0..60_u32 {
        let width = measures(2).width - step * 7;
        // Now and then another tile size: months instead of days.
        let size = if step % 20 == 19 { 0 } else { 2 };
        let began = Instant::now();
        page.resize(&Measures { width, ..measures(size) }, middle, 1440);
        at_once.push(began.elapsed());
        let began = Instant::now();
        page.refine(middle, FRAME);
        slices.push(began.elapsed());
    }
    let began = Instant::now();
    loop {
        let slice = Instant::now();
        let more = page.refine(middle, FRAME);
        slices.push(slice.elapsed());
        frames += 1;
        if !more {
            break;
        }
    }
    let rest = began.elapsed();
    let longest = |times: &[Duration]| times.iter().max().copied().unwrap_or_default();
    writeln!(
        out,
        "{name:<14} resize {:>7.3} ms longest ({:.3} median), slice of rows {:.3} ms longest; all of it in {frames} frames ({:.0} ms)",
        ms(longest(&at_once)),
        ms(median_and_p99(at_once).0),
        ms(longest(&slices)),
        ms(rest),
    )
}

fn main() -> std::io::Result<()> {
    let mut dice = Dice(7);
    let mut out = stdout().lock();
    let years = photos(MILLION, 3_650 * DAY, &mut dice);
    let one_day = photos(MILLION, DAY - 1, &mut dice);
    let mut shuffled = years.clone();
    for at in (1..shuffled.len()).rev() {
        let other = usize::try_from(dice.next(at as u64 + 1)).unwrap_or(0);
        shuffled.swap(at, other);
    }
    from_nothing(&mut out, "ten years", &years)?;
    from_nothing(&mut out, "one day", &one_day)?;
    from_nothing(&mut out, "shuffled", &shuffled)?;
    edits(&mut out, &mut dice)?;
    resizing(&mut out, "ten years", &years)?;
    resizing(&mut out, "one day", &one_day)
}
