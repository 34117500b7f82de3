//! Spans of places in a timeline: sorted, none touching the next. Pure.

use std::ops::Range;

/// Adds a span behind the others; one that touches the last is joined to it.
pub(crate) fn push(spans: &mut Vec<Range<usize>>, span: Range<usize>) {
    if span.is_empty() {
        return;
    }
    match spans.last_mut() {
        Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
        _ => spans.push(span),
    }
}

/// What is in `from` and not in `without`.
pub(super) fn minus(from: &[Range<usize>], without: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut left = Vec::new();
    let mut without = without.iter().peekable();
    for span in from {
        let mut start = span.start;
        while let Some(hole) = without.peek() {
            if hole.end <= start {
                without.next();
                continue;
            }
            if hole.start >= span.end {
                break;
            }
            push(&mut left, start..hole.start.max(start));
            start = hole.end.min(span.end);
            if hole.end >= span.end {
                break;
            }
        }
        push(&mut left, start..span.end);
    }
    left
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn spans() -> impl Strategy<Value = Vec<Range<usize>>> {
        prop::collection::vec((1_usize..9, 0_usize..9), 0..12).prop_map(|steps| {
            let (mut spans, mut at) = (Vec::new(), 0);
            for (gap, length) in steps {
                at += gap;
                push(&mut spans, at..at + length);
                at += length;
            }
            spans
        })
    }

    fn places(spans: &[Range<usize>]) -> BTreeSet<usize> {
        spans.iter().cloned().flatten().collect()
    }

    proptest! {
        #[test]
        fn what_is_left_is_what_a_set_would_leave(a in spans(), b in spans()) {
            let left = minus(&a, &b);
            let model: BTreeSet<_> = places(&a).difference(&places(&b)).copied().collect();
            prop_assert_eq!(places(&left), model);
            prop_assert!(left.iter().all(|span| !span.is_empty()));
        }
    }
}
