//! `verify`: proves that what Telegram holds of an album is whole, and which local files it holds.

use std::time::Instant;

use serde::Serialize;

use crate::engine::{Headless, VerifyReport, VerifySummary};

use super::albums::find_in_step;
use super::arguments::VerifyArguments;
use super::failure::CliError;
use super::interrupt::Interrupt;
use super::output::Output;
use super::text::{counted, duration, number, printable, size};

const GO_ON: &str =
    "What is proven is kept; the same command again proves that by hashes, and then the rest.";

#[derive(Serialize)]
struct Line<'a> {
    /// `null` for a local file that the album does not hold.
    photo: Option<i32>,
    name: &'a str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Summary {
    event: &'static str,
    ok: usize,
    failed: usize,
    skipped: usize,
    safe_to_delete: usize,
    bytes: u64,
    seconds: f64,
}

pub(super) fn verify(
    engine: &Headless,
    arguments: &VerifyArguments,
    output: &mut Output,
    interrupt: &Interrupt,
) -> Result<(), CliError> {
    interrupt.at_once(GO_ON);
    let row = find_in_step(engine, &arguments.album)?;
    interrupt.ask_first(GO_ON);
    let started = Instant::now();
    let mut done = 0;
    let mut summary =
        engine.verify(row.album.id, &arguments.paths, interrupt.stop(), &mut |report| {
            done += usize::from(report.result.is_ok());
            say(output, &report, done);
        })?;
    summary.seconds = started.elapsed().as_secs_f64();
    conclude(output, &summary);
    if interrupt.stop().is_stopped() {
        return Err(CliError::Stopped(format!("Stopped before everything was proven. {GO_ON}")));
    }
    if summary.failed > 0 {
        return Err(CliError::Items(format!(
            "{} could not be proven; each is named above with its reason.",
            counted(summary.failed, "item")
        )));
    }
    Ok(())
}

fn say(output: &mut Output, report: &VerifyReport, done: usize) {
    let name = printable(&report.name);
    let path = report.path.as_ref().map(|path| path.to_string_lossy().into_owned());
    let shown = path.as_deref().map(printable);
    match (&report.result, &shown) {
        (Ok(()), Some(path)) => output.answer(&format!("safe     {path}")),
        (Ok(()), None) => {}
        (Err(why), shown) => {
            let what = shown.as_ref().unwrap_or(&name);
            output.answer(&format!("failed   {what}: {why}"));
        }
    }
    output.progress(&format!("{} · {name}", counted(done, "photo")));
    output.object(&Line {
        photo: report.photo.map(|message| message.0),
        name: &report.name,
        ok: report.result.is_ok(),
        path,
        reason: report.result.as_ref().err().map(String::as_str),
    });
}

fn conclude(output: &mut Output, summary: &VerifySummary) {
    output.object(&Summary {
        event: "summary",
        ok: summary.ok,
        failed: summary.failed,
        skipped: summary.skipped,
        safe_to_delete: summary.safe,
        bytes: summary.bytes,
        seconds: summary.seconds,
    });
    output.answer(&format!(
        "{} whole ({} in {}), {} failed, {} safe to delete locally.",
        counted(summary.photos, "photo"),
        size(summary.bytes),
        duration(summary.seconds),
        number(summary.failed),
        counted(summary.safe, "file")
    ));
}
