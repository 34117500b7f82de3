//! Handing files in: from paths to the queue, and wishes for the queue. Async, on the network
//! workers; folders are walked on the pool.
//!
//! Walking takes its time, and an album may have to be made first: what was handed in is written
//! down at once, and goes on in the next run where this one ends before all of it is in the queue.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;

use crate::engine::core::Core;
use crate::engine::event::Trouble;
use crate::engine::runtime::random_id;
use crate::engine::uploads::Desk;
use crate::engine::walk::walk;
use crate::engine::{EngineError, Request, UploadOptions, UploadsRequest, albums, pasted};
use crate::model::{AlbumId, Bitmap};
use crate::pixels;
use crate::store::{ExactPath, HandedIn};

/// Characters of a title that Telegram takes.
const LONGEST_TITLE: usize = 128;

/// The upload queue, once the journal is read.
async fn desk(mut uploads: watch::Receiver<Option<Arc<Desk>>>) -> Result<Arc<Desk>, Trouble> {
    match uploads.wait_for(Option::is_some).await {
        Ok(desk) => desk.clone().ok_or_else(no_queue),
        Err(_) => Err(no_queue()),
    }
}

fn no_queue() -> Trouble {
    Trouble::plain("The upload queue cannot be used. Start Heliogram again")
}

/// What was handed in, as it is written down.
pub(super) struct Kept {
    id: i64,
    handed: HandedIn,
    /// An earlier run was at it: what the user did since to files that are in the queue stands.
    is_again: bool,
}

/// Why something is not in the queue.
struct Refusal {
    trouble: Trouble,
    /// Another run may well take it.
    passes: bool,
}

impl Refusal {
    const fn passing(trouble: Trouble) -> Self {
        Self { trouble, passes: true }
    }

    fn of(error: &EngineError, what: impl Into<String>) -> Self {
        let passes = matches!(
            error,
            EngineError::Store(_) | EngineError::Stopping | EngineError::NoConnection(_)
        );
        Self { trouble: Trouble::from(error).while_doing(what), passes }
    }
}

/// Writes down what is handed in, if anything is.
pub(super) fn keep(core: &Core, request: &Request) -> Option<Kept> {
    let (album, paths, options) = match request {
        Request::Upload { album, paths, options } => (Some(*album), paths, options),
        Request::UploadFolders { folders, options } => (None, folders, options),
        _ => return None,
    };
    let handed = HandedIn {
        album,
        paths: paths.iter().cloned().map(ExactPath).collect(),
        as_photo: options.as_photo,
        caption: options.caption.clone(),
        strip: options.strip,
    };
    let id = random_id();
    // Nobody waits for it: quitting lets the journal finish what it was given.
    drop(core.store.hand_in(id, handed.clone()));
    Some(Kept { id, handed, is_again: false })
}

/// Puts into the queue what was handed in. Of folders, each goes into the album of its name, which
/// is made if there is none; one that cannot go does not keep the others. What is in the queue is
/// forgotten here at once, so that it is not handed in once more with what still waits.
pub(super) async fn take(
    core: &Core,
    uploads: watch::Receiver<Option<Arc<Desk>>>,
    kept: Kept,
) -> Result<(), Trouble> {
    let Kept { id, mut handed, is_again } = kept;
    let paths = std::mem::take(&mut handed.paths);
    let mut steps: VecDeque<Vec<ExactPath>> = match handed.album {
        Some(_) => VecDeque::from([paths]),
        None => paths.into_iter().map(|folder| vec![folder]).collect(),
    };
    let (mut stays, mut left) = (Vec::new(), Vec::new());
    while let Some(step) = steps.pop_front() {
        let here = step.iter().map(|path| path.0.clone()).collect();
        if let Err(why) = put(core, uploads.clone(), here, &handed, is_again).await {
            left.extend(step.first().map(|path| (path.0.clone(), why.trouble)));
            if why.passes {
                stays.extend(step);
            }
        }
        let rest: Vec<_> = stays.iter().chain(steps.iter().flatten()).cloned().collect();
        let told = if rest.is_empty() {
            core.store.take_in(id)
        } else {
            core.store.hand_in(id, HandedIn { paths: rest, ..handed.clone() })
        };
        if let Err(error) = told.done().await {
            // It is looked at once more in the next run; what is in the queue is left alone then.
            tracing::warn!(%error, "what was handed in stays remembered");
        }
    }
    let why = match handed.album {
        Some(_) => left.into_iter().next().map(|(_, why)| why),
        None => not_queued(left),
    };
    why.map_or(Ok(()), Err)
}

/// Puts into the queue what an earlier run was handed and did not come to.
pub(super) async fn what_was_left(core: Core, uploads: watch::Receiver<Option<Arc<Desk>>>) {
    let ids = core.take_left();
    if ids.is_empty() {
        return;
    }
    let store = core.store.clone();
    let kept = match core.pool.run(move || store.handed_in()).await {
        Ok(Ok(kept)) => kept,
        Ok(Err(error)) => {
            let trouble = Trouble::from(&EngineError::from(error));
            return core.bus.trouble(trouble.while_doing("What was handed in could not be read"));
        }
        Err(_stopping) => return,
    };
    for (id, handed) in kept.into_iter().filter(|(id, _)| ids.contains(id)) {
        let kept = Kept { id, handed, is_again: true };
        if let Err(trouble) = take(&core, uploads.clone(), kept).await {
            core.bus.trouble(trouble);
        }
    }
}

/// Something about the queue.
pub(super) async fn wish(
    uploads: watch::Receiver<Option<Arc<Desk>>>,
    request: UploadsRequest,
) -> Result<(), Trouble> {
    let desk = desk(uploads).await?;
    desk.request(request)
        .await
        .map_err(|e| Trouble::from(&e).while_doing("The upload queue could not be changed"))
}

/// Puts files, and what is in folders, into the queue.
async fn put(
    core: &Core,
    uploads: watch::Receiver<Option<Arc<Desk>>>,
    paths: Vec<PathBuf>,
    handed: &HandedIn,
    is_again: bool,
) -> Result<(), Refusal> {
    let desk = desk(uploads).await.map_err(Refusal::passing)?;
    let album = match (handed.album, paths.first()) {
        (Some(album), _) => album,
        (None, Some(folder)) => album_of(core, folder).await?,
        (None, None) => return Ok(()),
    };
    let walked = core.pool.run(move || walk(&paths)).await;
    let found = walked.map_err(|crashed| Refusal::passing(crashed.into()))?;
    for (path, why) in found.unreadable.iter().take(3) {
        core.bus.trouble(Trouble::plain(format!("{why}: {}", path.display())));
    }
    if found.unreadable.len() > 3 {
        let more = found.unreadable.len() - 3;
        core.bus.trouble(Trouble::plain(format!("{more} more files cannot be read")));
    }
    let HandedIn { as_photo, caption, strip, .. } = handed.clone();
    let options = UploadOptions { as_photo, caption, strip };
    let added = if is_again {
        desk.add_new(album, found.files, &options).await.map(drop)
    } else {
        desk.add(album, found.files, &options).await
    };
    added.map_err(|e| Refusal::of(&e, "The files could not be put into the queue"))
}

/// The album of a folder's name, made if there is none.
async fn album_of(core: &Core, folder: &Path) -> Result<AlbumId, Refusal> {
    let title = title_of(folder);
    // Two folders of one name, or two drops at once, share an album.
    let _one = core.naming.lock().await;
    let here = core.mirror.albums().into_values().find(|album| album.title == title);
    if let Some(album) = here {
        return Ok(album.id);
    }
    let made = albums::create(core, &title).await;
    made.map(|album| album.id)
        .map_err(|e| Refusal::of(&e, format!("The album “{title}” could not be made")))
}

/// Says which folders are not in the queue, and why the first of them is not.
fn not_queued(left: Vec<(PathBuf, Trouble)>) -> Option<Trouble> {
    let folders: Vec<String> = left.iter().map(|(it, _)| it.display().to_string()).collect();
    let (_, why) = left.into_iter().next()?;
    let what = format!("Not put into the queue: {}", folders.join(", "));
    Some(why.while_doing(what))
}

/// Sends a picture that is no file, from a PNG in this home's data: the queue needs one to go on
/// with after a crash. Those that are no longer needed go when the next one comes.
pub(super) async fn picture(
    core: &Core,
    uploads: watch::Receiver<Option<Arc<Desk>>>,
    album: AlbumId,
    picture: Arc<Bitmap>,
) -> Result<(), Trouble> {
    let desk = desk(uploads).await?;
    let data = core.config.places.data.clone();
    // One at a time: a file that is not in the queue yet looks like one that is not needed.
    let _one = desk.pasting.lock().await;
    let now = jiff::Zoned::now();
    let name = now.strftime("Pasted %Y-%m-%d %H.%M.%S%.3f").to_string();
    let kept = data.clone();
    let write = move || -> Result<PathBuf, String> {
        let png = pixels::encode_png(&picture).map_err(|error| error.to_string())?;
        pasted::keep(&kept, &name, &png).map_err(|error| error.to_string())
    };
    let written = core.pool.run(write).await.map_err(Trouble::from)?;
    let path = written.map_err(|error| {
        Trouble::plain(error).while_doing("The picture could not be kept for sending")
    })?;
    desk.add(album, vec![path], &UploadOptions::default()).await.map_err(|e| {
        Trouble::from(&e).while_doing("The picture could not be put into the queue")
    })?;
    let sweep = {
        let desk = desk.clone();
        move || pasted::sweep(&data, |path| desk.needs(path))
    };
    core.pool.run(sweep).await.map_err(Trouble::from)
}

/// A folder's name as an album's title, as long as Telegram takes it.
fn title_of(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
    let title: String = name.trim().chars().take(LONGEST_TITLE).collect();
    if title.is_empty() { "Photos".to_owned() } else { title }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_name() {
        let title = |path: &str| title_of(Path::new(path));
        assert_eq!(title("/photos/Norway 2026/"), "Norway 2026");
        assert_eq!(title("/photos/ Garden "), "Garden");
        assert_eq!(title(&"x".repeat(500)).len(), LONGEST_TITLE);
        assert_eq!(title(""), "Photos");
    }

    #[test]
    fn every_folder_that_was_not_queued_is_named() {
        assert!(not_queued(Vec::new()).is_none());
        let left = [("/a/Alps", "no room"), ("/a/Garden", "no line")];
        let left = left.map(|(folder, why)| (folder.into(), Trouble::plain(why)));
        let said = format!("{:?}", not_queued(left.into()).unwrap());
        for words in ["/a/Alps", "/a/Garden", "no room"] {
            assert!(said.contains(words), "{said}");
        }
    }
}
