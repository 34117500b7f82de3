//! What pictures have to know of a photo, and how large a thumbnail a tile can use. Pure.

use crate::model::{Blur, MediaKind, PhotoId, PhotoRef, PixelSize};

/// What pictures have to know of a photo.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    pub(crate) id: PhotoId,
    /// In pixels, upright; empty where Telegram does not say.
    pub(crate) size: PixelSize,
    pub(crate) blur: Option<Blur>,
    /// The longest side of the largest thumbnail that Telegram offers; 0 where it has none.
    pub(crate) thumb_side: u32,
    /// Whether a stripped preview came with the message.
    pub(crate) has_preview: bool,
    /// A sidecar has none: nothing is wished for.
    pub(crate) has_picture: bool,
}

impl From<PhotoRef<'_>> for Subject {
    fn from(photo: PhotoRef<'_>) -> Self {
        Self {
            id: photo.id(),
            size: photo.size(),
            blur: photo.blur(),
            thumb_side: photo.thumb_side(),
            has_preview: photo.has_preview(),
            has_picture: photo.kind() != MediaKind::Sidecar,
        }
    }
}

/// The sides that thumbnails are asked for in, pixels: a tile that changes a little does not ask
/// anew, and one that is shown twice asks once.
const STEPS: [u32; 5] = [96, 192, 320, 640, 1280];

/// Where Telegram has no thumbnail, one of this size is made from the original.
const OWN_SIDE: u32 = 320;

impl Subject {
    /// The side to ask for so that `fit` pixels are covered: the next of [`STEPS`] (a tile may be
    /// a fifth larger than its picture: nobody sees it), but no more than the photo has.
    ///
    /// More than Telegram offers can only come from an original that is on the disk, which takes
    /// longer: it is asked for once there is something to look at meanwhile (`have`, pixels).
    pub(super) fn useful(&self, fit: PixelSize, have: u32) -> u32 {
        let enough = |side: &u32| u64::from(*side) * 6 >= u64::from(fit.long_side()) * 5;
        let [.., last] = STEPS;
        let side = STEPS.into_iter().find(enough).unwrap_or(last);
        let offered = if self.thumb_side == 0 { OWN_SIDE } else { self.thumb_side };
        let side = if have == 0 { side.min(offered) } else { side };
        let side = if self.size.is_empty() { side } else { side.min(self.size.long_side()) };
        side.max(1)
    }

    /// The size of a picture of the photo whose longer side is `side`.
    pub(super) fn scaled(&self, side: u32) -> PixelSize {
        let square = PixelSize::new(side, side);
        if self.size.is_empty() { square } else { self.size.fit(square) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AlbumId, MessageId};

    #[test]
    fn a_thumbnail_is_asked_for_as_sharp_as_the_tile_and_no_sharper_than_there_is() {
        let subject = |width: u32, thumb_side: u32| Subject {
            id: PhotoId { album: AlbumId(1), message: MessageId(1) },
            size: PixelSize::new(width, width / 4 * 3),
            blur: None,
            thumb_side,
            has_preview: false,
            has_picture: true,
        };
        let sides = |subject: &Subject, have: u32| {
            [60, 110, 200, 380, 500, 5000].map(|n| subject.useful(PixelSize::new(n, 10), have))
        };
        assert_eq!(sides(&subject(4000, 0), 0), [96, 96, 192, 320, 320, 320]);
        assert_eq!(sides(&subject(4000, 800), 0), [96, 96, 192, 320, 640, 800]);
        assert_eq!(sides(&subject(4000, 320), 320), [96, 96, 192, 320, 640, 1280]);
        assert_eq!(sides(&subject(300, 320), 320), [96, 96, 192, 300, 300, 300]);
        assert_eq!(subject(4000, 320).scaled(96), PixelSize::new(96, 72));
    }
}
