//! File names for downloads: safe on every system, none twice. Pure.

use std::collections::HashSet;

/// Bytes of a name; file systems take 255, and `.part` files need some.
const LONGEST: usize = 200;

/// A name that is one file in the folder it is put in, whatever system: no separators, no control
/// characters, nothing that Windows reserves, never `..`.
pub(crate) fn safe(name: &str) -> String {
    let mut clean: String = name
        .chars()
        .map(|c| match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
            // What turns the direction of text makes `gpj.exe` look like `exe.jpg`.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '_',
            c if c.is_control() => '_',
            c => c,
        })
        .collect();
    // Windows drops dots and spaces at the end; at the start a dot would hide a picture that was
    // hidden before too, so it stays.
    let end = clean.trim_end_matches(['.', ' ']).len();
    clean.truncate(end);
    let clean = clean.trim_start_matches(' ');
    let clean = if clean.is_empty() { "photo" } else { clean };
    let (stem, extension) = split(clean);
    let reserved = is_reserved(stem.split('.').next().unwrap_or(stem));
    let stem = if reserved { format!("_{stem}") } else { stem.to_owned() };
    // Not to be taken for a left-over of ours, and removed.
    let stem = if stem.starts_with(super::PREFIX) { format!("_{stem}") } else { stem };
    let room = LONGEST.saturating_sub(extension.len());
    if stem.len() <= room {
        return format!("{stem}{extension}");
    }
    let cut = &stem[..stem.floor_char_boundary(room)];
    format!("{}{extension}", cut.trim_end_matches(['.', ' ']))
}

/// The stem, and the extension with its dot (of at most 16 bytes; what is longer is none).
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= 16 => name.split_at(dot),
        _ => (name, ""),
    }
}

fn is_reserved(stem: &str) -> bool {
    let stem = stem.trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|rest| {
            matches!(
                rest,
                "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"
            )
        })
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || numbered("COM")
        || numbered("LPT")
}

/// The `n`th candidate for a name: itself, then `name (2).ext`, `name (3).ext` …
pub(crate) fn candidate(name: &str, n: u32) -> String {
    if n <= 1 {
        return name.to_owned();
    }
    let (stem, extension) = split(name);
    format!("{stem} ({n}){extension}")
}

/// Names taken in this run; file systems that ignore case count too.
#[derive(Debug, Default)]
pub(crate) struct Taken(HashSet<String>);

impl Taken {
    /// Takes a name, if it is free.
    pub(crate) fn take(&mut self, name: &str) -> bool {
        self.0.insert(name.to_lowercase())
    }

    /// Gives a name back.
    pub(crate) fn release(&mut self, name: &str) {
        self.0.remove(&name.to_lowercase());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_tamed_and_no_more() {
        assert_eq!(safe("IMG_1.jpg"), "IMG_1.jpg");
        assert_eq!(safe("фото 📷.jpeg"), "фото 📷.jpeg");
        assert_eq!(safe("../../etc/passwd"), ".._.._etc_passwd");
        assert_eq!(safe(".."), "photo");
        assert_eq!(safe("con.jpg"), "_con.jpg");
        assert_eq!(safe("COM7"), "_COM7");
        assert_eq!(safe("a.jpg. "), "a.jpg");
        assert_eq!(safe(""), "photo");
        assert_eq!(safe("photo\u{202e}gpj.exe"), "photo_gpj.exe");
        assert_eq!(safe(".heliogram-1-2-3.part"), "_.heliogram-1-2-3.part");
    }

    #[test]
    fn doubles_are_numbered_before_the_extension() {
        assert_eq!(candidate("a.jpg", 1), "a.jpg");
        assert_eq!(candidate("a.jpg", 2), "a (2).jpg");
        assert_eq!(candidate(".hidden", 3), ".hidden (3)");
        let mut taken = Taken::default();
        assert!(taken.take("A.jpg"));
        assert!(!taken.take("a.JPG"));
        taken.release("a.jpg");
        assert!(taken.take("a.JPG"));
    }

    proptest! {
        #[test]
        fn a_safe_name_stays_in_its_folder(name in "\\PC{0,300}") {
            let safe_name = safe(&name);
            let path = std::path::Path::new(&safe_name);
            prop_assert_eq!(path.components().count(), 1);
            prop_assert!(matches!(
                path.components().next(),
                Some(std::path::Component::Normal(_))
            ));
            prop_assert!(safe_name.len() <= 255);
            prop_assert_eq!(safe(&safe_name), safe_name, "taming twice changes nothing");
        }
    }
}
