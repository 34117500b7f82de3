//! Why a picture could not be shown or made, in sentences for people.

use crate::model::PixelSize;

/// What went wrong with a picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PixelsError {
    /// Its bytes are not those of a picture.
    #[error("This file is not a picture.")]
    NotAPicture,
    /// A picture of a kind that has no decoder here.
    #[error(
        "{format} pictures cannot be decoded yet. The file itself is unharmed; open it with another program."
    )]
    Unsupported {
        /// The kind, as people call it: "HEIC", "Camera raw".
        format: &'static str,
    },
    /// A picture of a kind whose decoder was left out when this program was built.
    #[error(
        "{format} support is not built in. The file itself is unharmed; open it with another program."
    )]
    NotBuiltIn {
        /// The kind, as people call it.
        format: &'static str,
    },
    /// A camera's raw file without a picture that could be shown for it.
    #[error(
        "This camera raw file holds no picture that can be shown. The file itself is unharmed; open it with another program."
    )]
    NoPreview,
    /// The bytes stop before the picture does.
    #[error("The file ends too early. Copy it anew from where it came.")]
    EndsEarly,
    /// The bytes contradict themselves.
    #[error("The picture is damaged and cannot be decoded. Copy it anew from where it came.")]
    Broken,
    /// More pixels or more memory than is allowed.
    #[error(
        "The picture is too large to be decoded here ({} × {} pixels). Open the original with another program.",
        size.width, size.height
    )]
    TooLarge {
        /// Its size as stored.
        size: PixelSize,
    },
    /// A bitmap that JPEG cannot hold.
    #[error("A picture of {} × {} pixels cannot be written as JPEG. Scale it down first.", size.width, size.height)]
    NotEncodable {
        /// Its size.
        size: PixelSize,
    },
}

impl PixelsError {
    /// Whether more bytes of the same file could help: it is a prefix or a broken copy.
    #[must_use]
    pub const fn wants_more_bytes(&self) -> bool {
        matches!(self, Self::EndsEarly)
    }
}
