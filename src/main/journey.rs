//! The demo without a window: a photograph's whole journey, each step counted and timed, every
//! byte compared. Succeeds only if all of it is true.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use heliogram::cli::{CliError, Output, counted, duration, number, rate, size};
use heliogram::engine::{FileEvent, Headless, Stop, UploadOptions};
use heliogram::model::{AlbumId, MediaKind, MessageId, Photo, RemoteKind};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::sources::{self, Source};
use super::stage::Stage;

/// How many painted originals are taken along when no pictures are given.
const SAMPLES: usize = 24;
/// The album that they go to.
const SAMPLES_ALBUM: &str = "A walk through the demo";

/// Makes the journey. `started_seconds` is what the start of the server took.
pub(crate) fn make(
    stage: &Stage,
    given: Vec<Source>,
    started_seconds: f64,
    output: &mut Output,
) -> anyhow::Result<()> {
    let painted = usize::try_from(stage.painted()).unwrap_or(usize::MAX);
    if given.is_empty() && painted == 0 {
        return Err(CliError::Usage(
            "There is nothing to send: use --photos with a number above 0, or give PATHS."
                .to_owned(),
        )
        .into());
    }
    let mut steps = Steps { output, begun: Instant::now() };
    let photos = (painted > 0).then_some((painted, "painted photo"));
    steps.report("server started", photos, None, started_seconds);

    steps.begin();
    let first = stage.signed_in(stage.home())?;
    steps.done("signed in", None, None);

    steps.begin();
    let report = first.sync()?;
    steps.done("albums read", Some((report.added, "photo")), None);
    check_painted(&first, painted)?;

    let mut taken = None;
    let sources = if given.is_empty() {
        let (folder, count) = samples(&first, stage, &mut steps)?;
        taken = Some(count);
        vec![Source { title: SAMPLES_ALBUM.to_owned(), paths: vec![folder] }]
    } else {
        given
    };

    steps.begin();
    let albums = sources::albums(&first, &sources)?;
    let made = albums.iter().filter(|(_, is_new)| *is_new).count();
    steps.done("albums made", Some((made, "album")), None);

    let sent = send(&first, &albums, &sources, &mut steps)?;
    // Painted ones are all pictures, and all different.
    let count: usize = sent.iter().map(|album| album.photos.len()).sum();
    if let Some(taken) = taken {
        ensure!(
            count == taken,
            "{count} of {taken} painted originals were sent; the others were taken for no pictures."
        );
    }
    // The second profile looks at the server alone; the first one lets its store go.
    drop(first);

    steps.begin();
    let home = stage.scratch("second home")?;
    let second = stage.signed_in(&home)?;
    steps.done("signed in elsewhere", None, None);
    steps.begin();
    let report = second.sync()?;
    steps.done("albums read there", Some((report.added, "photo")), None);
    check_painted(&second, painted)?;
    for album in &sent {
        check_list(&second, album)?;
    }
    thumbnails(&second, &sent, &mut steps)?;
    originals(&second, &sent, stage, &mut steps)?;
    steps.output.answer("All of it is true: what came back is what was sent, byte for byte.");
    Ok(())
}

/// One file that was sent.
struct Sent {
    path: PathBuf,
    bytes: u64,
    skipped: Option<String>,
}

/// What one album took.
struct SentAlbum {
    album: AlbumId,
    title: String,
    is_new: bool,
    photos: BTreeMap<MessageId, Sent>,
}

/// The server must offer all that it painted, and not a photo more.
fn check_painted(engine: &Headless, painted: usize) -> anyhow::Result<()> {
    let there: usize = engine.albums()?.iter().map(|row| row.photos).sum();
    ensure!(there >= painted, "{there} photos were read, but the server painted {painted}.");
    Ok(())
}

/// Takes some painted originals as the pictures to send.
fn samples(
    engine: &Headless,
    stage: &Stage,
    steps: &mut Steps<'_>,
) -> anyhow::Result<(PathBuf, usize)> {
    let folder = stage.scratch("samples")?;
    let albums = engine.albums()?;
    let largest = albums
        .iter()
        .filter(|row| row.album.title != SAMPLES_ALBUM)
        .max_by_key(|row| row.photos)
        .context("The server painted nothing. Use --photos with a number above 0, or PATHS.")?;
    let mut photos = engine.list(largest.album.id)?;
    photos.retain(is_plain_file);
    let step = photos.len().div_ceil(SAMPLES).max(1);
    let wanted: Vec<MessageId> = photos.iter().step_by(step).map(|p| p.id.message).collect();
    ensure!(!wanted.is_empty(), "The server painted no picture. Use a larger --photos.");
    let sizes: BTreeMap<MessageId, u64> =
        photos.iter().map(|photo| (photo.id.message, photo.bytes)).collect();

    steps.begin();
    let (mut bytes, mut problems, mut fetched) = (0, Vec::new(), 0);
    let mut each = |report: heliogram::engine::DownloadReport| {
        let length = report.result.and_then(|path| {
            path.metadata().map(|meta| meta.len()).map_err(|error| error.to_string())
        });
        match length {
            Ok(length) if sizes.get(&report.photo) == Some(&length) => {
                bytes += length;
                fetched += 1;
            }
            Ok(length) => problems.push(format!("{} has {length} bytes", report.name)),
            Err(reason) => problems.push(format!("{}: {reason}", report.name)),
        }
    };
    engine.download(largest.album.id, &wanted, &folder, &Stop::default(), &mut each)?;
    ensure!(problems.is_empty(), "Painted originals are not whole: {}", problems.join("; "));
    ensure!(fetched == wanted.len(), "{fetched} of {} originals came.", wanted.len());
    steps.done("samples fetched", Some((fetched, "original")), Some(bytes));
    Ok((folder, fetched))
}

fn is_plain_file(photo: &Photo) -> bool {
    photo.kind == MediaKind::Image && photo.remote.kind == RemoteKind::Document
}

/// Uploads all sources and keeps which file became which photo.
fn send(
    engine: &Headless,
    albums: &[(AlbumId, bool)],
    sources: &[Source],
    steps: &mut Steps<'_>,
) -> anyhow::Result<Vec<SentAlbum>> {
    steps.begin();
    let (mut all, mut files, mut bytes, mut skipped) = (Vec::new(), 0, 0, 0);
    let options = UploadOptions::default();
    for (&(album, is_new), source) in albums.iter().zip(sources) {
        let mut photos: BTreeMap<MessageId, Sent> = BTreeMap::new();
        let (mut failed, mut unnamed) = (Vec::new(), Vec::new());
        let mut each = |report: heliogram::engine::UploadReport| {
            let reason = match report.event {
                FileEvent::Failed { reason } => {
                    failed.push(format!("{}: {reason}", report.path.display()));
                    return;
                }
                FileEvent::Skipped { reason } => Some(reason),
                FileEvent::Sent | FileEvent::Verified => None,
                FileEvent::Queued | FileEvent::Sending | FileEvent::Waiting { .. } => return,
            };
            let bytes = report.path.metadata().map_or(0, |meta| meta.len());
            match (report.photo, reason) {
                (Some(photo), skipped) => {
                    photos.entry(photo).or_insert(Sent { path: report.path, bytes, skipped });
                }
                (None, None) => unnamed.push(report.path),
                (None, Some(_)) => skipped += 1,
            }
        };
        let summary = engine.upload(album, &source.paths, &options, &Stop::default(), &mut each)?;
        ensure!(failed.is_empty(), "Not everything was sent: {}", failed.join("; "));
        ensure!(summary.failed == 0, "{} files failed without a word.", summary.failed);
        if let Some(path) = unnamed.first().filter(|_| photos.len() < summary.sent) {
            bail!("{} was sent, but as which photo is not known.", path.display());
        }
        let new = photos.values().filter(|sent| sent.skipped.is_none());
        files += new.clone().count();
        bytes += new.map(|sent| sent.bytes).sum::<u64>();
        all.push(SentAlbum { album, title: source.title.clone(), is_new, photos });
    }
    let known = all.iter().map(|sent| sent.photos.len()).sum::<usize>();
    ensure!(known > 0, "Nothing was sent: not one of the files was taken for a picture.");
    steps.done("sent", Some((files, "file")), Some(bytes));
    if skipped > 0 {
        steps
            .output
            .answer(&format!("  ({} skipped: no pictures, or there twice)", number(skipped)));
    }
    Ok(all)
}

/// The other profile's list says exactly what was sent: nothing missing, nothing doubled.
fn check_list(engine: &Headless, sent: &SentAlbum) -> anyhow::Result<()> {
    let listed = engine.list(sent.album)?;
    let by_id: BTreeMap<MessageId, &Photo> =
        listed.iter().map(|photo| (photo.id.message, photo)).collect();
    for (message, file) in &sent.photos {
        let Some(photo) = by_id.get(message) else {
            bail!("{} is missing in the list of “{}”.", file.path.display(), sent.title);
        };
        let name = file.path.file_name().map(|name| name.to_string_lossy().into_owned());
        let is_sent_now = file.skipped.is_none();
        ensure!(
            photo.bytes == file.bytes && (!is_sent_now || Some(&photo.name) == name.as_ref()),
            "{} is listed as {} with {} bytes.",
            file.path.display(),
            photo.name,
            photo.bytes
        );
    }
    ensure!(
        !sent.is_new || listed.len() == sent.photos.len(),
        "“{}” lists {} photos, but {} were sent.",
        sent.title,
        listed.len(),
        sent.photos.len()
    );
    Ok(())
}

/// Every thumbnail that a message offers can be fetched and decoded.
fn thumbnails(
    engine: &Headless,
    albums: &[SentAlbum],
    steps: &mut Steps<'_>,
) -> anyhow::Result<()> {
    steps.begin();
    let (mut shown, mut problems) = (0, Vec::new());
    for sent in albums {
        let offered: BTreeMap<MessageId, bool> = engine
            .list(sent.album)?
            .iter()
            .map(|photo| (photo.id.message, !photo.remote.thumbs.is_empty()))
            .collect();
        engine.thumbnails(sent.album, &mut |photo, result| match result {
            Ok(size) if !size.is_empty() => shown += 1,
            Ok(_) => problems.push(format!("{photo} is empty")),
            // Some files have none: what nobody here can decode is still kept byte for byte.
            Err(reason) if offered.get(&photo.message) != Some(&false) => {
                problems.push(format!("{photo}: {reason}"));
            }
            Err(_) => {}
        })?;
    }
    ensure!(problems.is_empty(), "Thumbnails are missing: {}", problems.join("; "));
    steps.done("thumbnails shown", Some((shown, "thumbnail")), None);
    Ok(())
}

/// Fetches every original and compares it with the file that was sent.
fn originals(
    engine: &Headless,
    albums: &[SentAlbum],
    stage: &Stage,
    steps: &mut Steps<'_>,
) -> anyhow::Result<()> {
    steps.begin();
    let (mut bytes, mut fetched) = (0, Vec::new());
    for (index, sent) in albums.iter().enumerate() {
        let folder = stage.scratch(&format!("fetched/{index}"))?;
        let wanted: Vec<MessageId> = sent.photos.keys().copied().collect();
        if wanted.is_empty() {
            continue;
        }
        let (mut paths, mut problems) = (BTreeMap::new(), Vec::new());
        engine.download(
            sent.album,
            &wanted,
            &folder,
            &Stop::default(),
            &mut |report| match report.result {
                Ok(path) => {
                    paths.insert(report.photo, path);
                }
                Err(reason) => problems.push(format!("{}: {reason}", report.name)),
            },
        )?;
        ensure!(problems.is_empty(), "Originals did not come: {}", problems.join("; "));
        for (message, file) in &sent.photos {
            let Some(path) = paths.remove(message) else {
                bail!("The original of {} did not come.", file.path.display());
            };
            bytes += file.bytes;
            fetched.push((file.path.as_path(), path));
        }
    }
    steps.done("originals fetched", Some((fetched.len(), "original")), Some(bytes));

    steps.begin();
    for (sent, came) in &fetched {
        let is_equal = sha256(sent)? == sha256(came)?;
        ensure!(is_equal, "{} came back different: {}", sent.display(), came.display());
    }
    steps.done("bytes compared", Some((fetched.len(), "file")), Some(bytes));
    Ok(())
}

fn sha256(path: &Path) -> anyhow::Result<[u8; 32]> {
    let read = || -> io::Result<[u8; 32]> {
        let mut file = File::open(path)?;
        let mut digest = Sha256::new();
        let mut buffer = vec![0; 128 * 1024];
        loop {
            let length = file.read(&mut buffer)?;
            if length == 0 {
                return Ok(digest.finalize().into());
            }
            digest.update(buffer.get(..length).unwrap_or_default());
        }
    };
    read().with_context(|| format!("{} cannot be read", path.display()))
}

/// The report, a line a step.
struct Steps<'a> {
    output: &'a mut Output,
    begun: Instant,
}

#[derive(Serialize)]
struct Line<'a> {
    step: &'a str,
    count: Option<usize>,
    bytes: Option<u64>,
    seconds: f64,
}

impl Steps<'_> {
    fn begin(&mut self) {
        self.begun = Instant::now();
    }

    fn done(&mut self, step: &str, count: Option<(usize, &str)>, bytes: Option<u64>) {
        self.report(step, count, bytes, self.begun.elapsed().as_secs_f64());
    }

    fn report(
        &mut self,
        step: &str,
        count: Option<(usize, &str)>,
        bytes: Option<u64>,
        seconds: f64,
    ) {
        self.output.object(&Line { step, count: count.map(|(count, _)| count), bytes, seconds });
        let many = count.map_or(String::new(), |(n, unit)| counted(n, unit));
        let time = duration(seconds);
        let speed = speed(count, bytes, seconds);
        self.output.answer(&format!("{step:<20} {many:>20}  {speed:<26} {time:>8}"));
    }
}

/// How fast a step was; nothing where there was nothing to do, or where it says nothing.
fn speed(count: Option<(usize, &str)>, bytes: Option<u64>, seconds: f64) -> String {
    match (bytes, count) {
        (Some(0), _) => String::new(),
        (Some(bytes), _) => format!("{}, {}", size(bytes), rate(bytes, seconds)),
        (None, Some((n, unit @ ("photo" | "thumbnail")))) if n > 0 && seconds > 0.0 => {
            let n = u32::try_from(n).unwrap_or(u32::MAX);
            format!("{:.0} {unit}s/s", f64::from(n) / seconds)
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_without_work_has_no_speed() {
        assert_eq!(speed(Some((7, "photo")), None, 2.0), "4 photos/s");
        assert_eq!(speed(Some((1, "file")), Some(3_000_000), 2.0), "3.00 MB, 1.50 MB/s");
        assert_eq!(speed(Some((0, "file")), Some(0), 2.0), "");
        assert_eq!(speed(Some((9, "painted photo")), None, 2.0), "");
        assert_eq!(speed(None, None, 0.0), "");
    }
}
