//! A photo: one message with a picture (or a video) in an album.

use serde::{Deserialize, Serialize};

use super::{Blur, MediaKind, Moment, PhotoId, PixelSize, RemoteFile, Taken};

/// A photo as the library knows it. Videos and sidecars count as photos.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// Album and message.
    pub id: PhotoId,
    /// File name as sent; `photo_<message>.jpg` for a picture sent as a photo, which has none.
    pub name: String,
    /// Size of the original in bytes.
    pub bytes: u64,
    /// Size in pixels, upright; empty where Telegram does not say.
    pub size: PixelSize,
    /// Image, video or sidecar.
    pub kind: MediaKind,
    /// MIME type as Telegram has it.
    pub mime: String,
    /// Caption, plain text; empty when there is none.
    pub caption: String,
    /// When the message was sent, Unix seconds.
    pub sent: i64,
    /// When the camera took it, where that is known.
    pub taken: Option<Taken>,
    /// Whether the file's head has been read: nothing more can be learnt about its date.
    pub head_read: bool,
    /// Placeholder, where one has been made.
    pub blur: Option<Blur>,
    /// The group it was sent in (`grouped_id`), if any.
    pub group: Option<i64>,
    /// Where Telegram keeps it.
    pub remote: RemoteFile,
}

impl Photo {
    /// Its place in time.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment::of(self.taken, &self.name, self.sent)
    }

    /// Takes over what the message itself does not tell (capture date, placeholder) from an
    /// earlier record of the same file.
    pub fn inherit(&mut self, earlier: &Self) {
        if self.remote.id == earlier.remote.id {
            self.taken = self.taken.or(earlier.taken);
            self.head_read |= earlier.head_read;
            self.blur = self.blur.or(earlier.blur);
        }
    }
}
