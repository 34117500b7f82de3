//! Which of Telegram's thumbnails suits a size on the screen. Pure.

use crate::model::{PixelSize, RemoteThumb};
use crate::store::ThumbKey;

/// Thumbnails that were made here from the original.
pub(crate) const OWN: u8 = b'o';
/// Larger ones, made from an original that was on the disk: letter and side.
const LARGER: [(u8, u32); 2] = [(b'p', 640), (b'q', 1280)];

/// Which of the larger ones suits.
pub(crate) fn larger(fit: PixelSize) -> (u8, u32) {
    let [first, last] = LARGER;
    if fit.long_side() <= first.1 { first } else { last }
}

/// The thumbnails to try, best first: the smallest that is (nearly) large enough, then larger
/// ones, then smaller ones from the largest down. A tile may be a fifth larger than its picture:
/// nobody sees it, and `m` serves nearly every tile.
pub(crate) fn by_preference(thumbs: &[RemoteThumb], fit: PixelSize) -> Vec<&RemoteThumb> {
    let enough = |thumb: &RemoteThumb| {
        u64::from(thumb.size.long_side()) * 6 >= u64::from(fit.long_side()) * 5
    };
    let mut sorted: Vec<&RemoteThumb> =
        thumbs.iter().filter(|thumb| !thumb.letter.is_empty()).collect();
    sorted.sort_by_key(|thumb| thumb.size.long_side());
    let (mut large, small): (Vec<_>, Vec<_>) = sorted.into_iter().partition(|t| enough(t));
    large.extend(small.into_iter().rev());
    large
}

/// Where the store keeps it.
pub(crate) fn key(file: i64, thumb: &RemoteThumb) -> ThumbKey {
    // Beyond ASCII are the letters of copies.
    let letter = thumb.letter.bytes().next().filter(u8::is_ascii);
    ThumbKey { file, letter: letter.unwrap_or(b'?') }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_take_m_and_large_tiles_the_next() {
        let thumb = |letter: &str, side: u32| RemoteThumb {
            letter: letter.into(),
            size: PixelSize::new(side, side / 2),
            bytes: 1,
        };
        let thumbs = [thumb("m", 320), thumb("x", 800), thumb("y", 1280)];
        let order = |side: u32| -> String {
            by_preference(&thumbs, PixelSize::new(side / 2, side))
                .iter()
                .map(|t| t.letter.as_str())
                .collect()
        };
        assert_eq!(order(160), "mxy");
        assert_eq!(order(384), "mxy", "a fifth more is not worth a larger download");
        assert_eq!(order(400), "xym");
        assert_eq!(order(4000), "yxm");
        assert!(by_preference(&[], PixelSize::new(1, 1)).is_empty());
    }
}
