//! `sync`: brings the local library up to date.

use serde::Serialize;

use crate::engine::Headless;

use super::failure::CliError;
use super::interrupt::Interrupt;
use super::output::Output;
use super::text::{counted, duration, number};

#[derive(Serialize)]
struct Report {
    albums: usize,
    added: usize,
    changed: usize,
    removed: usize,
    seconds: f64,
}

pub(super) fn sync(
    engine: &Headless,
    output: &mut Output,
    interrupt: &Interrupt,
) -> Result<(), CliError> {
    interrupt.at_once("What was read is kept; `heliogram sync` goes on from there.");
    let report = engine.sync()?;
    output.object(&Report {
        albums: report.albums,
        added: report.added,
        changed: report.changed,
        removed: report.removed,
        seconds: report.seconds,
    });
    output.answer(&format!(
        "In step: {}, {} added, {} changed, {} removed, in {}.",
        counted(report.albums, "album"),
        number(report.added),
        number(report.changed),
        number(report.removed),
        duration(report.seconds)
    ));
    Ok(())
}
