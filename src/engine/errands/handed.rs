//! What other programs get: all of a picture for the clipboard, originals as files of their own.
//!
//! Such files lie in the cache under `handed`, for the user alone. They are copies: what a program
//! does to one changes no original. They go when there are too many or after a day, and all of
//! them when the account goes.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::Errands;
use super::fetching::{Share, Stopped};
use crate::engine::compare::read_local;
use crate::engine::download::safe;
use crate::engine::event::{PhotoEvent, Trouble};
use crate::engine::fetch::FetchError;
use crate::engine::originals::Original;
use crate::engine::runtime::random_id;
use crate::model::{MediaKind, Photo, PhotoId, PixelSize};
use crate::pixels::{self, Class, Limits, SNIFF_BYTES, Sniffed};
use crate::platform::fs;

const FOLDER: &str = "handed";
/// Bytes of files that stay.
const BUDGET: u64 = 4 << 30;
/// How long they stay.
const STAY: Duration = Duration::from_hours(24);

/// What the folders of lists for players begin with.
const LIST: &str = "list-";
/// A picture is copied with no more pixels than fit in here.
const COPIED: PixelSize = PixelSize::new(10_000, 10_000);

/// Where such files lie.
#[derive(Clone)]
pub(super) struct Handed(PathBuf);

/// Removes all of them.
pub(crate) fn forget(cache: &Path) {
    if let Err(error) = fs::remove_dir_all(&cache.join(FOLDER)) {
        tracing::warn!(%error, "files for other programs could not be removed");
    }
}

impl Handed {
    pub(super) fn new(cache: &Path) -> Self {
        Self(cache.join(FOLDER))
    }

    /// A new folder for a list.
    pub(super) fn place_of_list(&self) -> std::io::Result<PathBuf> {
        self.place(&format!("{LIST}{:016x}", random_id()))
    }

    /// Removes what is old, and the lists of former runs, whose addresses are good for nothing.
    pub(super) fn tidy(&self) -> std::io::Result<()> {
        self.make_room(0, SystemTime::now())?;
        for folder in std::fs::read_dir(&self.0)? {
            let folder = folder?;
            if folder.file_name().to_string_lossy().starts_with(LIST) {
                fs::remove_dir_all(&folder.path())?;
            }
        }
        Ok(())
    }

    /// A folder of its own, so that files keep their names.
    fn place(&self, of: &str) -> std::io::Result<PathBuf> {
        let folder = self.0.join(of);
        fs::private_dir(&folder)?;
        Ok(folder)
    }

    /// Makes room for `bytes`; what is older than a day goes in any case.
    fn make_room(&self, bytes: u64, now: SystemTime) -> std::io::Result<()> {
        fs::private_dir(&self.0)?;
        let mut found = Vec::new();
        for folder in std::fs::read_dir(&self.0)? {
            let folder = folder?;
            if !folder.file_type()?.is_dir() {
                continue;
            }
            let folder = folder.path();
            let files = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            let known: Vec<_> = files.filter_map(|file| file.metadata().ok()).collect();
            let size: u64 = known.iter().map(std::fs::Metadata::len).sum();
            let made = known.iter().filter_map(|file| file.modified().ok()).max();
            found.push((made.unwrap_or(SystemTime::UNIX_EPOCH), size, folder));
        }
        found.sort();
        let mut used = bytes + found.iter().map(|(_, size, _)| size).sum::<u64>();
        for (made, size, folder) in found {
            let age = now.duration_since(made).unwrap_or_default();
            if age > STAY || used > BUDGET {
                fs::remove_dir_all(&folder)?;
                used -= size;
            }
        }
        Ok(())
    }

    /// A copy of the original at `from`.
    fn hand(&self, photo: &Photo, from: &Path) -> Result<PathBuf, Trouble> {
        let failed = |error: std::io::Error| {
            Trouble::retry("The photo could not be made ready for another program", error)
        };
        let mut start = Vec::new();
        let mut file = File::open(from).map_err(failed)?;
        (&mut file).take(SNIFF_BYTES as u64).read_to_end(&mut start).map_err(failed)?;
        let name = openable(&photo.name, &pixels::sniff(&start)).ok_or_else(|| {
            let sentence = "This file is neither a picture nor a video. Save it, and open it \
                            yourself if you know what it is";
            Trouble::plain(sentence)
        })?;
        self.make_room(photo.bytes, SystemTime::now()).map_err(failed)?;
        let PhotoId { album, message } = photo.id;
        let own = format!("{album}-{message}-{:x}", photo.remote.id);
        let mut to = self.place(&own).map_err(failed)?.join(&name);
        if to.exists() {
            if is_same(&to, from).map_err(failed)? {
                return Ok(to);
            }
            // Somebody has worked on the copy: it is not written over. It goes with its age.
            let another = format!("{own}-{:016x}", random_id());
            to = self.place(&another).map_err(failed)?.join(&name);
        }
        let half = fs::temporary_of(&to);
        let copied = fs::private_file(&half).and_then(|mut into| {
            into.set_len(0)?;
            std::io::copy(&mut File::open(from)?, &mut into)?;
            std::fs::rename(&half, &to)
        });
        copied.map_err(failed)?;
        Ok(to)
    }
}

fn is_same(one: &Path, other: &Path) -> std::io::Result<bool> {
    let sha256 = |path| read_local(path, 0).map(|local| local.expected.sha256);
    Ok(sha256(one)? == sha256(other)?)
}

/// The name under which a file may be opened by whatever program stands for its kind: the ending is
/// that of a picture or a video whatever it was sent as, so that no program is started that would
/// carry out what is in it.
fn openable(name: &str, sniffed: &Sniffed) -> Option<String> {
    if sniffed.class == Class::Other {
        return None;
    }
    let name = safe(name);
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let own = ending_of(sniffed.mime);
    if ending.is_some_and(|ending| ending == own || ENDINGS.contains(&&*ending)) {
        return Some(name);
    }
    Some(safe(&format!("{name}.{own}")))
}

/// Endings by which pictures and videos go, besides the one of their kind.
const ENDINGS: [&str; 44] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "apng", "gif", "webp", "tif", "tiff", "bmp", "dib",
    "avif", "heic", "heif", "hif", "jxl", "jp2", "psd", "cr2", "cr3", "crw", "nef", "nrw", "arw",
    "srf", "sr2", "dng", "raf", "orf", "rw2", "pef", "rwl", "3fr", "mp4", "m4v", "mov", "qt",
    "3gp", "mkv", "webm", "avi", "mts", "m2ts",
];

fn ending_of(mime: &str) -> &str {
    match mime {
        "image/jpeg" => "jpg",
        "image/tiff" => "tif",
        "image/vnd.adobe.photoshop" => "psd",
        "image/vnd.microsoft.icon" => "ico",
        "image/vnd.ms-photo" => "jxr",
        "image/openraster" => "ora",
        "video/quicktime" => "mov",
        "video/x-matroska" => "mkv",
        "video/x-msvideo" => "avi",
        "video/3gpp" => "3gp",
        "video/mp2t" => "mts",
        "video/mpeg" => "mpg",
        "video/x-ms-wmv" => "wmv",
        "video/x-flv" => "flv",
        // `image/x-canon-cr3` and `image/webp`: what follows the last mark.
        other => other.rsplit(['/', '-']).next().unwrap_or("jpg"),
    }
}

impl Errands {
    /// The original in the cache, with its progress told; `None` when it was stopped.
    async fn original(
        &self,
        photo: &Arc<Photo>,
        share: &Share,
        stopped: &mut Stopped,
    ) -> Result<Option<PathBuf>, Trouble> {
        let _work = self.core.busy.begin();
        let original = Original::of(&self.core, photo);
        let (mut whole, mut coming) = (Box::pin(original.whole()), original.coming());
        let mut told = 0;
        loop {
            tokio::select! {
                path = &mut whole => {
                    share.came(photo.bytes.saturating_sub(told));
                    share.done();
                    return path.map(Some).map_err(|error| Trouble::from(&*error));
                }
                Ok(()) = coming.changed() => {
                    let bytes = coming.borrow_and_update().progress.bytes;
                    share.came(bytes.saturating_sub(told));
                    told = told.max(bytes);
                }
                () = stopped.stopped() => return Ok(None),
            }
        }
    }

    pub(super) async fn picture(&self, id: PhotoId, mut stopped: Stopped) -> Result<(), Trouble> {
        let what = "The picture could not be copied";
        let fetched = |error: FetchError| Trouble::from(&error).while_doing(what);
        let photo = self.core.photo(id).await.map_err(fetched)?;
        let no_picture = match photo.kind {
            MediaKind::Image => None,
            MediaKind::Video { .. } => {
                Some("A video cannot be copied as a picture. Save it instead")
            }
            MediaKind::Sidecar => Some("A sidecar cannot be copied as a picture. Save it instead"),
        };
        if let Some(why) = no_picture {
            return Err(Trouble::plain(why));
        }
        let share = self.fetches.begin([&*photo]);
        let path = self.original(&photo, &share, &mut stopped).await;
        let path = path.map_err(|e| e.while_doing(what))?;
        let Some(path) = path else { return Ok(()) };
        let _turn = self.copying.lock().await;
        let pass = self.core.gate.pass(photo.size, photo.bytes).await;
        let decoded = self.core.pool.run(move || {
            let _until_decoded = pass;
            let bytes = std::fs::read(path).map_err(|error| Trouble::retry(what, error))?;
            let decoded = pixels::decode(&bytes, Some(COPIED), &Limits::default());
            decoded.map_err(|error| Trouble::from(&error).while_doing(what))
        });
        let picture = decoded.await.map_err(|e| Trouble::from(e).while_doing(what))??;
        self.tell(PhotoEvent::Picture { photo: id, picture: Arc::new(picture.bitmap) });
        Ok(())
    }

    pub(super) async fn hand_over(&self, id: PhotoId, mut stopped: Stopped) -> Result<(), Trouble> {
        let what = "The photo could not be opened with another program";
        let fetched = |error: FetchError| Trouble::from(&error).while_doing(what);
        let photo = self.core.photo(id).await.map_err(fetched)?;
        let share = self.fetches.begin([&*photo]);
        let path = self.original(&photo, &share, &mut stopped).await;
        let path = path.map_err(|e| e.while_doing(what))?;
        let Some(path) = path else { return Ok(()) };
        let _turn = self.handing.lock().await;
        let handed = self.handed.clone();
        let made = self.core.pool.run(move || handed.hand(&photo, &path)).await;
        let file = made.map_err(|e| Trouble::from(e).while_doing(what))??;
        self.tell(PhotoEvent::Ready { photo: id, file });
        Ok(())
    }
}
