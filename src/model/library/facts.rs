//! What the library keeps of a photo: all that can be seen of it, and nothing that only a download
//! needs. Borrowed, to be copied into a packed row or to be written into a record.

use serde::{Deserialize, Serialize};

use crate::model::{Blur, MediaKind, Photo, PixelSize, RemoteKind, Taken};

/// Names and captions are cut to this many bytes; Telegram's are far shorter.
const LONGEST_TEXT: usize = u16::MAX as usize;
/// MIME types are cut to this many bytes.
const LONGEST_MIME: usize = u8::MAX as usize;

/// What the library keeps of a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoFacts<'a> {
    /// The id of the file on Telegram.
    pub file: i64,
    /// Size of the original in bytes.
    pub bytes: u64,
    /// Size in pixels, upright.
    pub size: PixelSize,
    /// Image, video or sidecar.
    pub kind: MediaKind,
    /// Document or photo.
    pub remote: RemoteKind,
    /// When the message was sent, Unix seconds; Telegram counts them in 32 bits.
    pub sent: u32,
    /// When the camera took it.
    pub taken: Option<Taken>,
    /// Whether nothing more can be learnt about its date from its file.
    pub head_read: bool,
    /// The longest side of the largest thumbnail that Telegram offers; 0 where it has none.
    pub thumb_side: u16,
    /// Whether the message came with a stripped preview.
    pub has_preview: bool,
    /// File name.
    pub name: &'a str,
    /// MIME type.
    pub mime: &'a str,
    /// Caption.
    pub caption: &'a str,
    /// The text of its placeholder.
    pub blur: Option<&'a str>,
}

impl<'a> From<&'a Photo> for PhotoFacts<'a> {
    fn from(photo: &'a Photo) -> Self {
        let sides = photo.remote.thumbs.iter().map(|thumb| thumb.size.long_side());
        Self {
            file: photo.remote.id,
            bytes: photo.bytes,
            size: photo.size,
            kind: photo.kind,
            remote: photo.remote.kind,
            sent: u32::try_from(photo.sent.max(0)).unwrap_or(u32::MAX),
            taken: photo.taken,
            head_read: photo.head_read,
            thumb_side: u16::try_from(sides.max().unwrap_or(0)).unwrap_or(u16::MAX),
            has_preview: photo.remote.stripped.is_some(),
            name: cut(&photo.name, LONGEST_TEXT),
            mime: cut(&photo.mime, LONGEST_MIME),
            caption: cut(&photo.caption, LONGEST_TEXT),
            blur: photo.blur.as_ref().map(Blur::as_str).filter(|text| !text.is_empty()),
        }
    }
}

impl PhotoFacts<'_> {
    /// As [`Photo::inherit`].
    #[must_use]
    pub fn inheriting(mut self, earlier: &Self) -> Self {
        if self.file == earlier.file {
            self.taken = self.taken.or(earlier.taken);
            self.blur = self.blur.or(earlier.blur);
            self.head_read |= earlier.head_read;
        }
        self
    }
}

fn cut(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}
