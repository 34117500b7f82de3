//! Captions as they are typed, in the marks of Telegram's own clients, and as they are sent: plain
//! text, and which stretches of it are what. Pure.
//!
//! `**bold**`, `__italic__`, `~~struck~~`, `||hidden||`, `` `code` ``, fenced code, `[text](url)`
//! and `#hashtags`. A mark that has no partner, or stands within a word, is what it looks like.
//! Offsets count UTF-16 units. <https://core.telegram.org/api/entities>

use grammers_tl_types::{enums, types};

const FENCE: &str = "```";
/// Longer ones are no hashtags.
const LONGEST_TAG: usize = 256;

/// A mark with a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Bold,
    Italic,
    Strike,
    Spoiler,
}

impl Mark {
    const ALL: [(&'static str, Self); 4] =
        [("**", Self::Bold), ("__", Self::Italic), ("~~", Self::Strike), ("||", Self::Spoiler)];

    const fn sign(self) -> &'static str {
        match self {
            Self::Bold => "**",
            Self::Italic => "__",
            Self::Strike => "~~",
            Self::Spoiler => "||",
        }
    }

    fn entity(self, offset: i32, length: i32) -> enums::MessageEntity {
        match self {
            Self::Bold => types::MessageEntityBold { offset, length }.into(),
            Self::Italic => types::MessageEntityItalic { offset, length }.into(),
            Self::Strike => types::MessageEntityStrike { offset, length }.into(),
            Self::Spoiler => types::MessageEntitySpoiler { offset, length }.into(),
        }
    }
}

/// A piece of a caption.
enum Token<'a> {
    Text(&'a str),
    Mark { mark: Mark, may_open: bool, may_close: bool },
    Code(&'a str),
    Fenced { language: &'a str, text: &'a str },
    LinkOpens,
    LinkCloses(&'a str),
}

/// Plain text and its entities.
pub(super) fn parse(caption: &str) -> (String, Vec<enums::MessageEntity>) {
    let mut tokens = Vec::new();
    tokenise(caption.trim(), None, &mut tokens);
    let partners = partners(&tokens);
    let mut out = Out::default();
    for (token, partner) in tokens.iter().zip(partners) {
        match (token, partner) {
            (Token::Text(text), _) => out.prose(text),
            (Token::Mark { mark, .. }, Partner::None) => out.prose(mark.sign()),
            (Token::Mark { .. } | Token::LinkOpens, Partner::Behind) => out.open.push(out.units),
            (Token::Mark { mark, .. }, Partner::Before(depth)) => {
                let (offset, length) = out.close(depth);
                out.entities.push(mark.entity(offset, length));
            }
            (Token::LinkCloses(url), Partner::Before(depth)) => {
                let (offset, length) = out.close(depth);
                let url = (*url).to_owned();
                out.entities.push(types::MessageEntityTextUrl { offset, length, url }.into());
            }
            (Token::Code(text), _) => {
                let (offset, length) = out.verbatim(text);
                out.entities.push(types::MessageEntityCode { offset, length }.into());
            }
            (Token::Fenced { language, text }, _) => {
                let (offset, length) = out.verbatim(text);
                let language = (*language).to_owned();
                out.entities.push(types::MessageEntityPre { offset, length, language }.into());
            }
            (Token::LinkOpens | Token::LinkCloses(_), _) => {}
        }
    }
    out.entities.sort_by_key(place);
    (out.text, out.entities)
}

/// Where an entity begins; of two that begin together the longer one comes first.
fn place(entity: &enums::MessageEntity) -> (i32, std::cmp::Reverse<i32>) {
    let (offset, length) = match entity {
        enums::MessageEntity::Bold(it) => (it.offset, it.length),
        enums::MessageEntity::Italic(it) => (it.offset, it.length),
        enums::MessageEntity::Strike(it) => (it.offset, it.length),
        enums::MessageEntity::Spoiler(it) => (it.offset, it.length),
        enums::MessageEntity::Code(it) => (it.offset, it.length),
        enums::MessageEntity::Pre(it) => (it.offset, it.length),
        enums::MessageEntity::TextUrl(it) => (it.offset, it.length),
        enums::MessageEntity::Hashtag(it) => (it.offset, it.length),
        // None else is made here.
        _ => (0, 0),
    };
    (offset, std::cmp::Reverse(length))
}

/// What stands opposite to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Partner {
    None,
    /// It opens.
    Behind,
    /// It closes the one that was opened as the so-many-th.
    Before(usize),
}

/// Pairs the marks: each that may close with the last one of its kind that is open. Pairs do not
/// cross, and none is empty.
fn partners(tokens: &[Token<'_>]) -> Vec<Partner> {
    let mut partners = vec![Partner::None; tokens.len()];
    let mut open: Vec<usize> = Vec::new();
    let mut opened = 0;
    let kind = |at: usize| match tokens.get(at) {
        Some(Token::Mark { mark, .. }) => Some(*mark),
        _ => None,
    };
    let mut pairs = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Mark { mark, may_open, may_close } => {
                let inside = open.iter().rposition(|other| kind(*other) == Some(*mark));
                // Not beyond the beginning of a link.
                let link = open.iter().rposition(|other| kind(*other).is_none());
                let inside = inside.filter(|place| link.is_none_or(|link| *place > link));
                match inside {
                    Some(place) if *may_close && open[place] + 1 < at => {
                        pairs.push((open[place], at));
                        open.truncate(place);
                    }
                    _ if *may_open => open.push(at),
                    _ => {}
                }
            }
            Token::LinkOpens => open.push(at),
            Token::LinkCloses(_) => {
                if let Some(place) = open.iter().rposition(|other| kind(*other).is_none()) {
                    pairs.push((open[place], at));
                    open.truncate(place);
                }
            }
            Token::Text(_) | Token::Code(_) | Token::Fenced { .. } => {}
        }
    }
    // Numbered by where they open.
    pairs.sort_unstable();
    for (from, to) in pairs {
        partners[from] = Partner::Behind;
        partners[to] = Partner::Before(opened);
        opened += 1;
    }
    partners
}

/// What has been written.
#[derive(Default)]
struct Out {
    text: String,
    units: usize,
    /// Where each pair opened.
    open: Vec<usize>,
    entities: Vec<enums::MessageEntity>,
}

impl Out {
    fn push(&mut self, text: &str) -> (i32, i32) {
        let (offset, length) = (self.units, text.encode_utf16().count());
        self.text.push_str(text);
        self.units += length;
        (number(offset), number(length))
    }

    fn verbatim(&mut self, text: &str) -> (i32, i32) {
        self.push(text)
    }

    /// Text in which hashtags count.
    fn prose(&mut self, text: &str) {
        let before = self.text.chars().next_back();
        let start = self.units;
        for (at, tag) in hashtags(text, before) {
            let offset = start + text.get(..at).map_or(0, |text| text.encode_utf16().count());
            let (offset, length) = (number(offset), number(tag.encode_utf16().count()));
            self.entities.push(types::MessageEntityHashtag { offset, length }.into());
        }
        self.push(text);
    }

    fn close(&self, depth: usize) -> (i32, i32) {
        let from = self.open.get(depth).copied().unwrap_or(self.units);
        (number(from), number(self.units - from))
    }
}

fn number(units: usize) -> i32 {
    i32::try_from(units).unwrap_or(i32::MAX)
}

/// Cuts a caption into tokens. `before`: the character in front of it.
fn tokenise<'a>(caption: &'a str, before: Option<char>, tokens: &mut Vec<Token<'a>>) {
    let (mut rest, mut last, mut plain) = (caption, before, 0);
    // Bytes of `caption` that are done.
    let done = |rest: &str| caption.len() - rest.len();
    while let Some(next) = rest.chars().next() {
        let Some((special, after)) = special(rest, last) else {
            last = Some(next);
            rest = &rest[next.len_utf8()..];
            continue;
        };
        if plain < done(rest) {
            tokens.push(Token::Text(&caption[plain..done(rest)]));
        }
        match special {
            Special::Token(token) => tokens.push(token),
            Special::Link { text, url } => {
                tokens.push(Token::LinkOpens);
                tokenise(text, None, tokens);
                tokens.push(Token::LinkCloses(url));
            }
        }
        let taken = &rest[..rest.len() - after.len()];
        last = taken.chars().next_back();
        rest = after;
        plain = done(rest);
    }
    if plain < caption.len() {
        tokens.push(Token::Text(&caption[plain..]));
    }
}

enum Special<'a> {
    Token(Token<'a>),
    Link { text: &'a str, url: &'a str },
}

/// What begins here that is no plain text, and what follows it.
fn special(rest: &str, last: Option<char>) -> Option<(Special<'_>, &str)> {
    if let Some(inside) = rest.strip_prefix(FENCE) {
        let (text, after) = inside.split_once(FENCE)?;
        let (language, text) = match text.split_once('\n') {
            Some((first, lines)) if !first.contains(char::is_whitespace) => (first, lines),
            _ => ("", text),
        };
        let text = text.strip_suffix('\n').unwrap_or(text);
        let is_some = !text.trim().is_empty();
        return is_some.then_some((Special::Token(Token::Fenced { language, text }), after));
    }
    if let Some(inside) = rest.strip_prefix('`') {
        let (text, after) = inside.split_once('`')?;
        let is_some = !text.trim().is_empty() && !text.contains('\n');
        return is_some.then_some((Special::Token(Token::Code(text)), after));
    }
    if let Some(inside) = rest.strip_prefix('[') {
        let (text, tail) = inside.split_once("](")?;
        let (url, after) = tail.split_once(')')?;
        let is_link = !text.trim().is_empty() && !text.contains('[') && is_url(url);
        return is_link.then_some((Special::Link { text, url }, after));
    }
    let (sign, mark) = *Mark::ALL.iter().find(|(sign, _)| rest.starts_with(sign))?;
    let after = &rest[sign.len()..];
    let next = after.chars().next();
    // Between the letters of a word it is no mark: file names and addresses are full of them.
    let may_open = next.is_some_and(|next| !next.is_whitespace()) && !last.is_some_and(is_word);
    let may_close = last.is_some_and(|last| !last.is_whitespace()) && !next.is_some_and(is_word);
    Some((Special::Token(Token::Mark { mark, may_open, may_close }), after))
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric()
}

/// Something that Telegram may take for an address; what it does not, it leaves out.
fn is_url(url: &str) -> bool {
    !url.is_empty() && !url.contains(char::is_whitespace) && url.contains(['.', ':'])
}

/// Hashtags with where they begin.
fn hashtags(text: &str, before: Option<char>) -> Vec<(usize, &str)> {
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(at) = text.get(from..).and_then(|rest| rest.find('#')).map(|at| from + at) {
        from = at + 1;
        let last = text[..at].chars().next_back().or(before);
        let name = &text[from..];
        let end = name.find(|char| !is_word(char) && char != '_').unwrap_or(name.len());
        let name = &name[..end];
        let is_tag = !last.is_some_and(|last| is_word(last) || last == '#' || last == '_')
            && name.chars().any(|char| !char.is_numeric() && char != '_')
            && name.chars().count() < LONGEST_TAG;
        if is_tag {
            found.push((at, &text[at..from + end]));
            from += end;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Each entity as its kind and the text that it covers.
    fn seen(caption: &str) -> (String, Vec<(&'static str, String)>) {
        let (text, entities) = parse(caption);
        let units: Vec<u16> = text.encode_utf16().collect();
        let covered = entities.iter().map(|entity| {
            let (from, length) = place(entity);
            let (from, length) = (usize::try_from(from), usize::try_from(length.0));
            let (from, length) = (from.unwrap(), length.unwrap());
            let kind = match entity {
                enums::MessageEntity::Bold(_) => "bold",
                enums::MessageEntity::Italic(_) => "italic",
                enums::MessageEntity::Strike(_) => "strike",
                enums::MessageEntity::Spoiler(_) => "spoiler",
                enums::MessageEntity::Code(_) => "code",
                enums::MessageEntity::Pre(_) => "pre",
                enums::MessageEntity::TextUrl(_) => "link",
                enums::MessageEntity::Hashtag(_) => "tag",
                other => panic!("{other:?}"),
            };
            (kind, String::from_utf16(&units[from..from + length]).unwrap())
        });
        let covered = covered.collect();
        (text, covered)
    }

    fn check(caption: &str, text: &str, entities: &[(&'static str, &str)]) {
        let entities: Vec<_> =
            entities.iter().map(|(kind, text)| (*kind, (*text).to_owned())).collect();
        assert_eq!(seen(caption), (text.to_owned(), entities), "{caption}");
    }

    #[test]
    fn marks_become_entities() {
        check("plain", "plain", &[]);
        check("**a** and __b__", "a and b", &[("bold", "a"), ("italic", "b")]);
        check("~~a~~ ||b||", "a b", &[("strike", "a"), ("spoiler", "b")]);
        check("**a __b__ c**", "a b c", &[("bold", "a b c"), ("italic", "b")]);
        check("😀 **ü 東京** #東京", "😀 ü 東京 #東京", &[("bold", "ü 東京"), ("tag", "#東京")]);
        check("`a**b` **c**", "a**b c", &[("code", "a**b"), ("bold", "c")]);
        check("```rust\nlet a;\n```", "let a;", &[("pre", "let a;")]);
        check("[the **sea**](https://a.b/c_d)", "the sea", &[("link", "the sea"), ("bold", "sea")]);
        check("**#sea**", "#sea", &[("tag", "#sea"), ("bold", "#sea")]);
    }

    #[test]
    fn what_has_no_partner_is_what_it_looks_like() {
        for text in [
            "2 ** 3",
            "**",
            "****",
            "a**b**c",
            "IMG__001__x.jpg",
            "https://a.b/__c__d",
            "**a",
            "`a",
            "``` a",
            "[a](b c)",
            "[a]",
            "a || b",
            "**a __b",
            "#1",
            "a#b",
            "##b",
            "# a",
        ] {
            check(text, text, &[]);
        }
        check("**a** **b", "a **b", &[("bold", "a")]);
        check("**a __b** c__", "a __b c__", &[("bold", "a __b")]);
        check("  a  ", "a", &[]);
    }

    proptest! {
        /// Nothing is lost but marks, and no entity leaves the text or cuts a character.
        #[test]
        fn entities_stay_within_the_text(caption in "[ab 😀ü#\n.:*_~|`\\[\\]()]{0,40}") {
            let (text, covered) = seen(&caption);
            prop_assert!(covered.iter().all(|(_, text)| !text.is_empty()));
            let letters = |text: &str| text.chars().filter(|c| "abü😀#".contains(*c)).count();
            let links: usize = parse(&caption).1.iter().map(|entity| match entity {
                enums::MessageEntity::TextUrl(link) => letters(&link.url),
                enums::MessageEntity::Pre(pre) => letters(&pre.language),
                _ => 0,
            }).sum();
            prop_assert_eq!(letters(&text) + links, letters(&caption));
        }
    }
}
