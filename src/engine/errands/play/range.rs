//! Which part of a file a request is about. Pure.

use std::ops::Range;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    /// Within the file and not empty.
    Some(Range<u64>),
    /// Nothing of the file.
    Nothing,
}

/// Reads a `Range` header for a file of `total` bytes. What makes no sense, and several ranges at
/// once, count as no header, which the protocol allows.
pub(super) fn part(header: Option<&str>, total: u64) -> Part {
    let Some(header) = header else { return Part::Whole };
    let range =
        header.trim().split_once('=').filter(|(unit, _)| unit.eq_ignore_ascii_case("bytes"));
    let Some((first, last)) = range.and_then(|(_, range)| range.trim().split_once('-')) else {
        return Part::Whole;
    };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More than a number holds is more than a file holds.
        digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let (start, end) = match (number(first), number(last), first.is_empty(), last.is_empty()) {
        (None, Some(length), true, _) => (total.saturating_sub(length), total),
        (Some(start), None, _, true) => (start, total),
        (Some(start), Some(last), ..) if start <= last => {
            (start, last.saturating_add(1).min(total))
        }
        _ => return Part::Whole,
    };
    if start < end { Part::Some(start..end) } else { Part::Nothing }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_are_read_as_the_protocol_says() {
        let part = |header| part(Some(header), 1000);
        assert_eq!(part("bytes=0-499"), Part::Some(0..500));
        assert_eq!(part("bytes=500-"), Part::Some(500..1000));
        assert_eq!(part("bytes=-1"), Part::Some(999..1000));
        assert_eq!(part("Bytes=-5000"), Part::Some(0..1000));
        assert_eq!(part("bytes=990-99999999999999999999"), Part::Some(990..1000));
        assert_eq!(part("bytes=1000-"), Part::Nothing);
        assert_eq!(part("bytes=-0"), Part::Nothing);
        for odd in ["bytes=5-4", "bytes=a-b", "bytes=-", "bytes=0-1,3-4", "lines=0-1", "bytes=+1-2"]
        {
            assert_eq!(part(odd), Part::Whole, "{odd}");
        }
        assert_eq!(super::part(None, 10), Part::Whole);
        assert_eq!(super::part(Some("bytes=0-0"), 0), Part::Nothing);
    }

    proptest! {
        #[test]
        fn no_header_leads_out_of_the_file(
            header in "(bytes=)?[0-9]{0,21}-?[0-9,-]{0,21}",
            total in any::<u64>(),
        ) {
            if let Part::Some(range) = part(Some(&header), total) {
                prop_assert!(range.start < range.end && range.end <= total);
            }
        }
    }
}
