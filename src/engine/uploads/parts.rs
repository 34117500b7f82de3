//! Into which parts a file is cut: large ones, as Telegram recommends, or smaller ones where the
//! line breaks before a large one has passed. Pure.

use crate::telegram::UploadLimits;

/// The sizes of parts, from what Telegram recommends to what hardly any line breaks on.
/// <https://core.telegram.org/api/files#uploading-files>
const SIZES: [u32; 3] = [LARGEST, 128 * 1024, SMALLEST];
/// Bytes of the largest part.
pub(crate) const LARGEST: u32 = 512 * 1024;
/// … and of the smallest.
pub(crate) const SMALLEST: u32 = 32 * 1024;

/// How many parts a file of `bytes` bytes has.
pub(crate) fn count(bytes: u64, size: u32) -> u32 {
    u32::try_from(bytes.div_ceil(u64::from(size.max(1)))).unwrap_or(u32::MAX)
}

/// Offset and length of a part.
pub(crate) fn range(bytes: u64, size: u32, index: u32) -> (u64, usize) {
    let offset = u64::from(index) * u64::from(size);
    let length = bytes.saturating_sub(offset).min(u64::from(size));
    (offset, usize::try_from(length).unwrap_or_default())
}

/// The size for a file that is begun: `wanted`, or the next larger one in which it has no more
/// parts than Telegram takes.
pub(crate) fn fitting(bytes: u64, wanted: u32, limits: UploadLimits) -> u32 {
    let enough = |size: &&u32| **size >= wanted && count(bytes, **size) <= limits.max_parts;
    *SIZES.iter().rev().find(enough).unwrap_or(&LARGEST)
}

/// The next smaller size, if there is one in which the file has no more parts than Telegram takes.
pub(crate) fn smaller(bytes: u64, size: u32, limits: UploadLimits) -> Option<u32> {
    let next = SIZES.into_iter().find(|other| *other < size)?;
    (count(bytes, next) <= limits.max_parts).then_some(next)
}

/// Whether a journal's word for a size can be one.
pub(crate) fn is_size(size: u32) -> bool {
    SIZES.contains(&size)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: UploadLimits = UploadLimits { max_parts: 4000, max_part_size: LARGEST };

    #[test]
    fn a_long_file_keeps_parts_that_telegram_can_count() {
        let (megabyte, gigabyte) = (1_000_000, 1_000_000_000);
        assert_eq!(smaller(megabyte, LARGEST, LIMITS), Some(128 * 1024));
        assert_eq!(smaller(megabyte, 128 * 1024, LIMITS), Some(32 * 1024));
        assert_eq!(smaller(megabyte, 32 * 1024, LIMITS), None);
        assert_eq!(smaller(200 * megabyte, 128 * 1024, LIMITS), None);
        assert_eq!(smaller(gigabyte, LARGEST, LIMITS), None);
        assert_eq!(fitting(200 * megabyte, 32 * 1024, LIMITS), 128 * 1024);
        assert_eq!(fitting(gigabyte, 32 * 1024, LIMITS), LARGEST);
        assert_eq!(fitting(megabyte, LARGEST, LIMITS), LARGEST);
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_file(
            bytes in 1_u64..5_000_000,
            size in prop::sample::select(SIZES.to_vec()),
        ) {
            prop_assert!(is_size(size) && 512 * 1024 % size == 0);
            let mut next = 0;
            for index in 0..count(bytes, size) {
                let (offset, length) = range(bytes, size, index);
                prop_assert_eq!(offset, next);
                prop_assert!(length > 0);
                next += length as u64;
            }
            prop_assert_eq!(next, bytes);
        }

        #[test]
        fn what_fits_is_not_more_than_telegram_takes(
            bytes in 1_u64..2_097_152_000,
            wanted in prop::sample::select(SIZES.to_vec()),
        ) {
            let size = fitting(bytes, wanted, LIMITS);
            prop_assert!(size >= wanted && count(bytes, size) <= LIMITS.max_parts);
        }
    }
}
