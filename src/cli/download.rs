//! `download`: originals of an album, byte for byte.

use std::collections::BTreeSet;
use std::time::Instant;

use serde::Serialize;

use crate::engine::{DownloadReport, Headless};
use crate::model::MessageId;

use super::albums::find_in_step;
use super::arguments::DownloadArguments;
use super::failure::CliError;
use super::interrupt::Interrupt;
use super::output::Output;
use super::text::{counted, duration, number, printable};

const GO_ON: &str = "What is complete is kept; the same command again fetches the rest.";

#[derive(Serialize)]
struct Line<'a> {
    photo: i32,
    name: &'a str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize)]
struct Summary {
    event: &'static str,
    ok: usize,
    failed: usize,
    seconds: f64,
}

pub(super) fn download(
    engine: &Headless,
    arguments: &DownloadArguments,
    output: &mut Output,
    interrupt: &Interrupt,
) -> Result<(), CliError> {
    interrupt.at_once(GO_ON);
    // All of the album, not all that was known of it.
    let row = find_in_step(engine, &arguments.album)?;
    let started = Instant::now();
    let mut wanted: BTreeSet<i32> = arguments.photo.iter().copied().collect();
    let photos: Vec<MessageId> = wanted.iter().copied().map(MessageId).collect();
    let (mut done, mut failed) = (0, 0);
    let mut each = |report: DownloadReport| {
        wanted.remove(&report.photo.0);
        let name = printable(&report.name);
        let (path, reason) = match report.result {
            Ok(path) => {
                done += 1;
                (Some(path.to_string_lossy().into_owned()), None)
            }
            Err(reason) => {
                failed += 1;
                output.answer(&format!("failed   {name}: {reason}"));
                (None, Some(reason))
            }
        };
        output.progress(&format!("{} · {name}", counted(done, "photo")));
        let ok = reason.is_none();
        output.object(&Line { photo: report.photo.0, name: &report.name, ok, path, reason });
    };
    interrupt.ask_first(GO_ON);
    engine.download(row.album.id, &photos, &arguments.to, interrupt.stop(), &mut each)?;
    let stopped = interrupt.stop().is_stopped();
    if !stopped {
        for photo in &wanted {
            failed += 1;
            let reason = format!("“{}” has no photo {photo}.", printable(&row.album.title));
            output.answer(&format!("failed   {reason}"));
            output.object(&Line {
                photo: *photo,
                name: "",
                ok: false,
                path: None,
                reason: Some(reason),
            });
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    output.object(&Summary { event: "summary", ok: done, failed, seconds });
    output.answer(&format!(
        "{} fetched into {} in {}, {} failed.",
        counted(done, "photo"),
        printable(&arguments.to.to_string_lossy()),
        duration(seconds),
        number(failed)
    ));
    if stopped {
        return Err(CliError::Stopped(format!("Stopped before everything was there. {GO_ON}")));
    }
    if failed > 0 {
        return Err(CliError::Items(format!(
            "{} could not be fetched; each is named above with its reason.",
            counted(failed, "photo")
        )));
    }
    Ok(())
}
