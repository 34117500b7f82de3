//! What has to be known about a file before it is sent: what it is, its hashes, its thumbnail,
//! its placeholder, its date. Pure but for reading the file; on the pool.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::content::{self, Content};
use super::send::name_of;
use crate::engine::compare::{Expected, Stamp};
use crate::engine::heads;
use crate::engine::walk::sentence;
use crate::model::{Bitmap, Blur, PixelSize, Strip, Taken, called_by_sidecars, sidecar_of};
use crate::pixels::{self, Class, Limits};
use crate::platform::fs::open_regular;

/// Files larger than this go the way of big files.
const BIG: u64 = 10 * 1024 * 1024;
/// Pictures larger than this are sent without a thumbnail of ours: decoding takes them whole.
pub(crate) const DECODE: u64 = 256 * 1024 * 1024;
/// Long side of the thumbnail.
pub(crate) const SIDE: u32 = 320;

/// A file that can be sent.
#[derive(Clone)]
pub(crate) struct Prepared {
    /// Of the local file.
    pub(crate) stamp: Stamp,
    /// What is sent of it.
    pub(crate) content: Content,
    /// What Telegram has to hold.
    pub(crate) expected: Expected,
    pub(crate) mime: &'static str,
    pub(crate) size: PixelSize,
    pub(crate) video_seconds: Option<u32>,
    pub(crate) thumb: Option<Vec<u8>>,
    pub(crate) tile: Option<Arc<Bitmap>>,
    pub(crate) taken: Option<Taken>,
    pub(crate) blur: Option<Blur>,
    pub(crate) is_sidecar: bool,
    /// It was not decoded yet: no size, thumbnail and placeholder.
    pub(crate) is_undecoded: bool,
}

/// Why a file cannot be sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It is no picture or video: that is right so.
    Skip(String),
    /// It cannot be read.
    Fail(String),
}

impl Prepared {
    pub(crate) fn is_big(&self) -> bool {
        self.expected.bytes > BIG
    }

    /// Decodes what was not. A file that is no longer the same is left to who sends its parts.
    pub(crate) fn complete(&mut self, path: &Path) {
        if !std::mem::take(&mut self.is_undecoded) || self.stamp.bytes > DECODE {
            return;
        }
        let is_same = |path| std::fs::metadata(path).is_ok_and(|m| Stamp::of(&m) == self.stamp);
        match std::fs::read(path) {
            Ok(bytes) if is_same(path) => picture(self, &bytes),
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "sent without a thumbnail"),
        }
    }
}

/// Whether Telegram can make a photo of it: of videos and sidecars it cannot, which go as files
/// then.
pub(crate) fn goes_as_photo(path: &Path) -> bool {
    head(path).map_or(true, |head| match pixels::sniff(&head).class {
        Class::Image => true,
        Class::Video => false,
        Class::Other => sidecar_of(&name_of(path)).is_none(),
    })
}

/// Whether it is a picture or a video, or the sidecar of one: they are what is sent.
pub(crate) fn goes_out(path: &Path) -> std::io::Result<bool> {
    let head = head(path)?;
    let is_other = pixels::sniff(&head).class == Class::Other;
    Ok(!head.is_empty() && (!is_other || !owners(path).is_empty()))
}

/// The pictures and videos beside a file whose sidecar it is by its name.
fn owners(path: &Path) -> Vec<PathBuf> {
    let Some(called) = sidecar_of(&name_of(path)) else { return Vec::new() };
    let beside = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = std::fs::read_dir(beside.unwrap_or(Path::new("."))).into_iter().flatten();
    let is_owner = |file: &Path| {
        called_by_sidecars(&name_of(file)).contains(&called)
            && head(file).is_ok_and(|head| pixels::sniff(&head).class != Class::Other)
    };
    entries.flatten().map(|entry| entry.path()).filter(|file| is_owner(file)).collect()
}

/// The beginning of a file, by which it is known.
fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(4096);
    open_regular(path)?.take(4096).read_to_end(&mut head)?;
    Ok(head)
}

/// What a file that is neither picture nor video is sent as, and its date; or why it is not sent.
fn sidecar(
    path: &Path,
    mime: &'static str,
    strip: Option<Strip>,
) -> Result<(&'static str, Option<Taken>), Unfit> {
    let skip = |why: &str| Err(Unfit::Skip(why.into()));
    if sidecar_of(&name_of(path)).is_none() {
        return Err(Unfit::Skip(format!("It is neither a picture nor a video ({mime})")));
    }
    let owners = owners(path);
    if owners.is_empty() {
        return skip("It is a sidecar, and no picture of its name lies beside it: keep it");
    }
    if strip.is_some() {
        return skip(
            "It is a sidecar, and nothing can be taken out of it. Send it without that choice",
        );
    }
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let mime = match ending.as_str() {
        "xmp" => "application/rdf+xml",
        "aae" => "application/x-plist",
        "pp3" | "dop" => "text/plain",
        _ => mime,
    };
    let dates = owners.iter().filter_map(|owner| {
        let name = owner.file_name().unwrap_or_default().to_string_lossy();
        heads::date_in_file(owner, &name).ok().flatten()
    });
    Ok((mime, dates.min()))
}

/// Looks at a file. Decoding costs most by far, so it is left out where the hashes make it likely
/// (`is_known`) that the file need not be sent.
pub(crate) fn prepare(
    path: &Path,
    strip: Option<Strip>,
    is_known: impl FnOnce(&Expected) -> bool,
) -> Result<Prepared, Unfit> {
    let unreadable = |error: std::io::Error| Unfit::Fail(sentence(&error));
    let head = head(path).map_err(unreadable)?;
    if head.is_empty() {
        return Err(Unfit::Skip("It is empty, so there is nothing to send".into()));
    }
    let sniffed = pixels::sniff(&head);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (mime, taken) = if sniffed.class == Class::Other {
        sidecar(path, sniffed.mime, strip)?
    } else {
        (sniffed.mime, heads::date_in_file(path, &name).unwrap_or_default())
    };
    let keep = if sniffed.class == Class::Image { DECODE } else { 0 };
    let (local, content) = content::read(path, keep, strip)?;
    let mut prepared = Prepared {
        stamp: local.stamp,
        content,
        expected: local.expected,
        mime,
        size: PixelSize::default(),
        video_seconds: None,
        thumb: None,
        tile: None,
        taken,
        blur: None,
        is_sidecar: sniffed.class == Class::Other,
        is_undecoded: false,
    };
    match sniffed.class {
        Class::Video => {
            let mut file = open_regular(path).map_err(unreadable)?;
            let (seconds, size) = pixels::video_facts(&mut file);
            (prepared.video_seconds, prepared.size) = (Some(seconds), size);
        }
        Class::Other => {}
        Class::Image => {
            prepared.is_undecoded = is_known(&prepared.expected);
            if let Some(bytes) = local.content.filter(|_| !prepared.is_undecoded) {
                picture(&mut prepared, &bytes);
            }
        }
    }
    Ok(prepared)
}

/// Facts and thumbnail. A picture that cannot be decoded is sent all the same.
fn picture(prepared: &mut Prepared, bytes: &[u8]) {
    let facts = pixels::facts(bytes);
    (prepared.size, prepared.taken) = (facts.size, facts.taken.or(prepared.taken));
    let side = PixelSize::new(SIDE, SIDE);
    match pixels::decode(bytes, Some(side), &Limits::default()) {
        Ok(decoded) => {
            let bitmap = decoded.bitmap;
            prepared.thumb = pixels::thumbnail_jpeg(&bitmap).ok();
            prepared.blur = pixels::blur_encode(&bitmap);
            prepared.tile = Some(Arc::new(bitmap));
        }
        Err(error) => tracing::debug!(%error, "sent without a thumbnail"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_no_picture_and_a_missing_one_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("empty.jpg");
        std::fs::write(&path, b"").unwrap();
        assert!(
            matches!(prepare(&path, None, |_| false), Err(Unfit::Skip(why)) if why.contains("empty"))
        );
        let gone = folder.path().join("gone.jpg");
        assert!(
            matches!(prepare(&gone, None, |_| false), Err(Unfit::Fail(why)) if why.contains("not there"))
        );
    }

    #[test]
    fn a_file_that_is_probably_known_is_decoded_only_when_it_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jpg");
        let bitmap = Bitmap::new(PixelSize::new(64, 48), vec![90; 64 * 48 * 4]).unwrap();
        std::fs::write(&path, pixels::encode_jpeg(&bitmap, 90).unwrap()).unwrap();
        let whole = prepare(&path, None, |_| false).unwrap();
        assert_eq!(whole.size, bitmap.size());
        let mut lazy = prepare(&path, None, |expected| {
            assert_eq!(expected.sha256, whole.expected.sha256);
            true
        })
        .unwrap();
        assert!(lazy.is_undecoded && lazy.thumb.is_none() && lazy.size.is_empty());
        lazy.complete(&path);
        assert_eq!((lazy.size, &lazy.thumb, lazy.blur), (whole.size, &whole.thumb, whole.blur));
        let mut changed = prepare(&path, None, |_| true).unwrap();
        std::fs::write(&path, b"something else").unwrap();
        changed.complete(&path);
        assert!(changed.thumb.is_none(), "another file's thumbnail");
    }

    #[test]
    fn of_a_video_no_photo_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let [video, other] = ["a.jpg", "gone.mp4"].map(|name| folder.path().join(name));
        std::fs::write(&video, b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom").unwrap();
        assert!(!goes_as_photo(&video), "whatever its name says");
        assert!(goes_as_photo(&other), "what cannot be read is no video yet");
    }
}
