//! The order in which letters stand on the screen.
//!
//! Arabic and Hebrew are written from right to left, numbers and Latin among them from left to
//! right. The text engine joins and reverses the letters of one word and puts everything else side
//! by side from left to right; here a line is cut into pieces and those are put where they belong
//! (Unicode's bidirectional algorithm). Pure: strings in, pieces out.

use std::borrow::Cow;

use unicode_bidi::{BidiClass, Level, ParagraphBidiInfo, bidi_class};
use unicode_segmentation::UnicodeSegmentation;

/// First-strong isolate and its end.
const ISOLATE: char = '\u{2068}';
const END_ISOLATE: char = '\u{2069}';

/// Letters that stand side by side on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// As the text engine wants them: a word of right-to-left letters in its logical order.
    pub(super) text: String,
    /// Letters from right to left, which the text engine reverses and joins by itself.
    pub(super) is_right_to_left: bool,
}

/// Keeps a name from reordering the sentence that it stands in, and the sentence from it.
pub(crate) fn isolate(name: &str) -> Cow<'_, str> {
    if !needs_order(name) {
        return Cow::Borrowed(name);
    }
    // A stray end in the name would end ours.
    let inner = name.chars().filter(|c| !is_isolate(*c));
    Cow::Owned(std::iter::once(ISOLATE).chain(inner).chain([END_ISOLATE]).collect())
}

/// Whether anything in `text` is not plainly from left to right.
pub(super) fn needs_order(text: &str) -> bool {
    // Most text ends at the first test of each letter.
    let may_be = |c: char| {
        matches!(c,
            '\u{590}'..='\u{8FF}'
            | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
            | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}'
            | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
    };
    !text.is_ascii() && text.chars().any(may_be)
}

/// One paragraph, ready to be cut into lines.
pub(super) struct Ordered<'a> {
    text: &'a str,
    info: ParagraphBidiInfo<'a>,
}

impl<'a> Ordered<'a> {
    /// `text` must come from [`plain`].
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, info: ParagraphBidiInfo::new(text, None) }
    }

    /// The pieces of the first `end` bytes from `start`, from left to right on the screen. With
    /// `is_cut`, an ellipsis stands where reading them ends.
    pub(super) fn line(&self, start: usize, end: usize, is_cut: bool) -> Vec<Piece> {
        let mut pieces = Vec::new();
        if start < end {
            let (levels, runs) = self.info.visual_runs(start..end);
            for run in runs {
                let level = levels.get(run.start).copied().unwrap_or_else(Level::ltr);
                let Some(text) = self.text.get(run) else { continue };
                if level.is_rtl() {
                    text.graphemes(true)
                        .rev()
                        .for_each(|letter| push_reversed(&mut pieces, letter));
                } else {
                    text.graphemes(true).for_each(|letter| push(&mut pieces, letter));
                }
            }
        }
        if is_cut {
            let cut = Piece { text: "…".to_owned(), is_right_to_left: false };
            let at = if self.info.paragraph_level.is_rtl() { 0 } else { pieces.len() };
            pieces.insert(at, cut);
        }
        pieces
    }
}

/// One line of text without what would order it otherwise than it reads: line ends become spaces,
/// and overrides, by which a file's name can pretend to end in another way than it does, are left
/// out.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\u{202A}'..='\u{202E}'))
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect()
}

/// Where a line may end that begins at `start`, as byte offsets: after each letter as people see
/// letters.
pub(super) fn letter_ends(text: &str, start: usize) -> Vec<usize> {
    text[start..].grapheme_indices(true).map(|(at, letter)| start + at + letter.len()).collect()
}

/// Where a line should end, as byte offsets: after words and the space behind them.
pub(super) fn word_ends(text: &str) -> Vec<usize> {
    let ends = text.split_word_bound_indices().map(|(at, word)| at + word.len());
    let may_break = |at: &usize| {
        let begins_with_space = text[*at..].chars().next().is_some_and(char::is_whitespace);
        let follows_space = text[..*at].chars().next_back().is_some_and(char::is_whitespace);
        follows_space && !begins_with_space || *at == text.len()
    };
    ends.filter(may_break).collect()
}

const fn is_isolate(c: char) -> bool {
    matches!(c, '\u{2066}'..='\u{2069}')
}

fn is_mark(letter: &str) -> bool {
    letter.chars().all(|c| is_isolate(c) || matches!(c, '\u{200E}' | '\u{200F}' | '\u{61C}'))
}

fn is_right_to_left(letter: &str) -> bool {
    letter.chars().next().is_some_and(|c| matches!(bidi_class(c), BidiClass::R | BidiClass::AL))
}

/// Adds a letter of a run from left to right.
fn push(pieces: &mut Vec<Piece>, letter: &str) {
    if is_mark(letter) {
        return;
    }
    match pieces.last_mut() {
        Some(last) if !last.is_right_to_left => last.text.push_str(letter),
        _ => pieces.push(Piece { text: letter.to_owned(), is_right_to_left: false }),
    }
}

/// Adds a letter of a run from right to left; they come last letter first.
fn push_reversed(pieces: &mut Vec<Piece>, letter: &str) {
    if !is_right_to_left(letter) {
        let mirrored: String = letter.chars().map(mirror).collect();
        return push(pieces, &mirrored);
    }
    match pieces.last_mut() {
        Some(last) if last.is_right_to_left => last.text.insert_str(0, letter),
        _ => pieces.push(Piece { text: letter.to_owned(), is_right_to_left: true }),
    }
}

/// What opens from the left closes from the right.
const fn mirror(c: char) -> char {
    match c {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '{' => '}',
        '}' => '{',
        '<' => '>',
        '>' => '<',
        '«' => '»',
        '»' => '«',
        '‹' => '›',
        '›' => '‹',
        '≤' => '≥',
        '≥' => '≤',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What stands on the screen, letter for letter from left to right.
    fn screen(text: &str) -> String {
        let text = plain(text);
        let pieces = Ordered::new(&text).line(0, text.len(), false);
        shown(&pieces)
    }

    fn shown(pieces: &[Piece]) -> String {
        let letters = |piece: &Piece| {
            if piece.is_right_to_left {
                piece.text.graphemes(true).rev().collect::<String>()
            } else {
                piece.text.clone()
            }
        };
        pieces.iter().map(letters).collect()
    }

    #[test]
    fn words_stand_in_the_order_in_which_they_are_read() {
        assert_eq!(screen("אבג דהו"), "והד גבא");
        assert_eq!(screen("رحلة إلى المغرب 2017"), "2017 برغملا ىلإ ةلحر");
        assert_eq!(screen("Photos from אבג and דהו, too"), "Photos from גבא and והד, too");
        assert_eq!(screen("אבג (abc) דה"), "הד (abc) גבא");
        assert_eq!(screen("(אבג)"), "(גבא)");
        assert_eq!(screen("IMG אב.jpg"), "IMG בא.jpg");
    }

    #[test]
    fn a_word_stays_whole_for_the_shaper() {
        let text = "صور العائلة";
        let pieces = Ordered::new(text).line(0, text.len(), false);
        let words: Vec<&str> = pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(words, ["العائلة", " ", "صور"]);
        assert!(pieces[0].is_right_to_left && !pieces[1].is_right_to_left);
        // A joiner belongs to the letter before it.
        let text = "می\u{200C}خواهم";
        assert_eq!(Ordered::new(text).line(0, text.len(), false).len(), 1);
    }

    #[test]
    fn a_name_does_not_turn_the_sentence_around() {
        let line = format!("{} · 12 photos", isolate("صور"));
        assert_eq!(screen(&line), "روص · 12 photos");
        assert_eq!(isolate("Summer"), "Summer");
        // An end of isolation in the name does not end ours.
        assert_eq!(screen(&format!("{} · 1", isolate("ab\u{2069}אב"))), "abבא · 1");
    }

    #[test]
    fn a_name_cannot_pretend_to_end_otherwise() {
        assert_eq!(screen("photo\u{202E}gpj.exe"), "photogpj.exe");
    }

    #[test]
    fn a_cut_line_is_cut_where_reading_ends() {
        let text = "אבג דהו";
        let cut = Ordered::new(text).line(0, "אבג ד".len(), true);
        assert_eq!(shown(&cut), "…ד גבא");
        let text = "ab גדה";
        let cut = Ordered::new(text).line(0, "ab גד".len(), true);
        assert_eq!(shown(&cut), "ab דג…");
    }

    #[test]
    fn lines_end_after_words() {
        let text = "one  two three";
        let ends = word_ends(text);
        let lines: Vec<&str> = ends.windows(2).map(|two| &text[two[0]..two[1]]).collect();
        assert_eq!(&text[..ends[0]], "one  ");
        assert_eq!(lines, ["two ", "three"]);
    }

    proptest! {
        /// Whatever the text: no letter is lost, none appears.
        #[test]
        fn letters_are_kept(text in r"[a-z0-9 א-ת؀-ۿ()\u{0300}-\u{0310}👍🏽漢字\u{200D}\u{2068}\u{2069}…-]{0,24}") {
            let text = plain(&text);
            let pieces = Ordered::new(&text).line(0, text.len(), false);
            let sorted = |text: &str| {
                let mut letters: Vec<char> = text
                    .chars()
                    .filter(|c| !is_isolate(*c) && *c != '\u{61C}')
                    .map(|c| if matches!(c, ')') { '(' } else { c })
                    .collect();
                letters.sort_unstable();
                letters
            };
            let all: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
            prop_assert_eq!(sorted(&all), sorted(&text));
        }

        /// Text from left to right stays as it is.
        #[test]
        fn left_to_right_is_left_alone(text in "[a-zA-Zа-я漢字 0-9.,()-]{0,24}") {
            prop_assert!(!needs_order(&text));
            prop_assert_eq!(screen(&text), text);
        }
    }
}
