//! `upload`: files and folders to an album, each file reported as it goes.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;

use crate::engine::{AlbumRow, FileEvent, Headless, UploadOptions, UploadReport, UploadSummary};
use crate::model::Strip;

use super::albums::{Found, checked, find, find_or_sync, search};
use super::arguments::{SendAs, StripArgument, UploadArguments};
use super::failure::CliError;
use super::interrupt::Interrupt;
use super::output::Output;
use super::text::{counted, duration, number, printable, rate, size};

/// Telegram takes no longer captions, counted in characters.
const LONGEST_CAPTION: usize = 1024;

const GO_ON: &str = "What Telegram has is kept; the same command again goes on from there.";

#[derive(Serialize)]
struct Line {
    event: &'static str,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    photo: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
}

#[derive(Serialize)]
struct Summary {
    event: &'static str,
    sent: usize,
    verified: usize,
    skipped: usize,
    failed: usize,
    bytes: u64,
    seconds: f64,
}

pub(super) fn upload(
    engine: &Headless,
    arguments: &UploadArguments,
    output: &mut Output,
    interrupt: &Interrupt,
) -> Result<(), CliError> {
    check_caption(&arguments.caption)?;
    interrupt.at_once(GO_ON);
    let row = target(engine, arguments, output)?;
    let started = Instant::now();
    let mut progress = Progress::default();
    let (paths, missing): (Vec<PathBuf>, Vec<PathBuf>) =
        arguments.paths.iter().cloned().partition(|path| path.symlink_metadata().is_ok());
    for path in &missing {
        report(output, &mut progress, not_there(path));
    }
    let options = UploadOptions {
        as_photo: arguments.send_as == SendAs::Photo,
        caption: arguments.caption.clone(),
        strip: arguments.strip.map(|strip| match strip {
            StripArgument::Location => Strip::Location,
            StripArgument::All => Strip::All,
        }),
    };
    let mut summary = if paths.is_empty() {
        UploadSummary::default()
    } else {
        interrupt.ask_first(GO_ON);
        engine.upload(row.album.id, &paths, &options, interrupt.stop(), &mut |each| {
            report(output, &mut progress, each);
        })?
    };
    summary.failed += missing.len();
    summary.seconds = started.elapsed().as_secs_f64();
    conclude(output, &summary);
    if interrupt.stop().is_stopped() {
        return Err(CliError::Stopped(format!("Stopped before everything was sent. {GO_ON}")));
    }
    if summary.failed > 0 {
        return Err(CliError::Items(format!(
            "{} could not be sent or verified; each is named above with its reason. The same command again \
             tries them anew.",
            counted(summary.failed, "file")
        )));
    }
    Ok(())
}

/// Said before anything is read or sent: every file would be refused for it, after its last part.
fn check_caption(caption: &str) -> Result<(), CliError> {
    let length = caption.chars().count();
    if length <= LONGEST_CAPTION {
        return Ok(());
    }
    Err(CliError::Usage(format!(
        "A caption has at most {} characters; this one has {}. Shorten it.",
        number(LONGEST_CAPTION),
        number(length)
    )))
}

/// The album to send to. Before one is made, Telegram is asked whether it is there already.
fn target(
    engine: &Headless,
    arguments: &UploadArguments,
    output: &mut Output,
) -> Result<AlbumRow, CliError> {
    if !arguments.create {
        return find_or_sync(engine, &arguments.album);
    }
    let title = checked(&arguments.album)?;
    if let Found::None(_) = search(engine.albums()?, title) {
        engine.sync()?;
        if let Found::None(_) = search(engine.albums()?, title) {
            let album = engine.create_album(title)?;
            output.note(&format!("The album “{}” is made.", printable(&album.title)));
            return Ok(AlbumRow { album, photos: 0 });
        }
    }
    find(engine, title)
}

fn not_there(path: &Path) -> UploadReport {
    UploadReport {
        path: path.to_owned(),
        event: FileEvent::Failed {
            reason: "There is no such file or folder. Check the path.".to_owned(),
        },
        photo: None,
        bytes: None,
        seconds: None,
    }
}

/// What the progress line knows.
#[derive(Default)]
struct Progress {
    started: Option<Instant>,
    queued: usize,
    over: usize,
    bytes: u64,
}

impl Progress {
    fn text(&self, now: &str) -> String {
        let seconds = self.started.map_or(0.0, |started| started.elapsed().as_secs_f64());
        format!(
            "{} of {} · {} · {} · {now}",
            number(self.over),
            counted(self.queued.max(self.over), "file"),
            size(self.bytes),
            rate(self.bytes, seconds)
        )
    }
}

fn report(output: &mut Output, progress: &mut Progress, each: UploadReport) {
    let path = each.path.to_string_lossy().into_owned();
    let name = printable(&path);
    let (event, reason, wait) = match each.event {
        FileEvent::Queued => {
            progress.queued += 1;
            ("queued", None, None)
        }
        FileEvent::Sending => {
            progress.started.get_or_insert_with(Instant::now);
            ("sending", None, None)
        }
        FileEvent::Waiting { seconds, reason } => ("waiting", Some(reason), Some(seconds)),
        FileEvent::Sent => {
            progress.bytes += each.bytes.unwrap_or(0);
            ("sent", None, None)
        }
        FileEvent::Verified => {
            progress.over += 1;
            ("verified", None, None)
        }
        FileEvent::Skipped { reason } => {
            progress.over += 1;
            output.answer(&format!("skipped  {name}: {reason}"));
            ("skipped", Some(reason), None)
        }
        FileEvent::Failed { reason } => {
            progress.over += 1;
            output.answer(&format!("failed   {name}: {reason}"));
            ("failed", Some(reason), None)
        }
    };
    let now = match (wait, &reason) {
        (Some(seconds), Some(reason)) => format!("waiting {}: {reason}", duration(seconds)),
        _ => format!("{event} {name}"),
    };
    output.progress(&progress.text(&now));
    output.object(&Line {
        event,
        path,
        photo: each.photo.map(|message| message.0),
        bytes: each.bytes,
        reason,
        seconds: wait.or(each.seconds),
    });
}

fn conclude(output: &mut Output, summary: &UploadSummary) {
    output.object(&Summary {
        event: "summary",
        sent: summary.sent,
        verified: summary.verified,
        skipped: summary.skipped,
        failed: summary.failed,
        bytes: summary.bytes,
        seconds: summary.seconds,
    });
    output.answer(&format!(
        "{} sent ({} in {}, {}), {} verified, {} skipped, {} failed.",
        number(summary.sent),
        size(summary.bytes),
        duration(summary.seconds),
        rate(summary.bytes, summary.seconds),
        number(summary.verified),
        number(summary.skipped),
        number(summary.failed)
    ));
}
