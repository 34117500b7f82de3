//! File names for downloads: as they were sent, safe on this system, none twice. Pure.

use std::collections::HashSet;

/// Bytes of a name that every file system takes.
const LONGEST: usize = 255;

/// A name that is one file in the folder it is put in: as it was sent, but for what this system
/// does not take.
pub(crate) fn safe(name: &str) -> String {
    // Both are compiled, and tested, everywhere.
    if cfg!(windows) { for_windows(name) } else { for_unix(name) }
}

/// Nothing is forbidden but separators, the end of a C string, and names that mean folders.
fn for_unix(name: &str) -> String {
    let clean = |c: char| if matches!(c, '/' | '\0') || turns(c) { '_' } else { c };
    let clean: String = name.chars().map(clean).collect();
    match clean.as_str() {
        "" | "." | ".." => "photo".to_owned(),
        _ => fitted(&not_ours(clean), ""),
    }
}

/// What turns the direction of text makes `gpj.exe` look like `exe.jpg`.
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Not to be taken for a left-over of ours, and removed.
fn not_ours(name: String) -> String {
    if name.starts_with(super::PREFIX) { format!("_{name}") } else { name }
}

/// No separators, no control characters, nothing that Windows reserves, never `..`.
fn for_windows(name: &str) -> String {
    let mut clean: String = name
        .chars()
        .map(|c| match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
            c if c.is_control() || turns(c) => '_',
            c => c,
        })
        .collect();
    // Windows drops dots and spaces at the end; at the start a dot would hide a picture that was
    // hidden before too, so it stays.
    let end = clean.trim_end_matches(['.', ' ']).len();
    clean.truncate(end);
    let clean = clean.trim_start_matches(' ');
    let clean = if clean.is_empty() { "photo" } else { clean };
    let (stem, _) = split(clean);
    let reserved = is_reserved(stem.split('.').next().unwrap_or(stem));
    fitted(&not_ours(if reserved { format!("_{clean}") } else { clean.to_owned() }), "")
}

/// The name with something before its extension, the stem cut so that all of it fits.
fn fitted(name: &str, behind: &str) -> String {
    let (stem, extension) = split(name);
    let room = LONGEST.saturating_sub(extension.len() + behind.len());
    if stem.len() <= room {
        return format!("{stem}{behind}{extension}");
    }
    let cut = &stem[..stem.floor_char_boundary(room)];
    format!("{}{behind}{extension}", cut.trim_end_matches(['.', ' ']))
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
    fitted(name, &format!(" ({n})"))
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
        for safe in [for_unix, for_windows] {
            assert_eq!(safe("IMG_1.jpg"), "IMG_1.jpg");
            assert_eq!(safe("фото 📷.jpeg"), "фото 📷.jpeg");
            assert_eq!(safe("../../etc/passwd"), ".._.._etc_passwd");
            assert_eq!(safe(".."), "photo");
            assert_eq!(safe(""), "photo");
            assert_eq!(safe("photo\u{202e}gpj.exe"), "photo_gpj.exe");
            assert_eq!(safe(".heliogram-1-2-3.part"), "_.heliogram-1-2-3.part");
        }
        assert_eq!(for_windows("con.jpg"), "_con.jpg");
        assert_eq!(for_windows("COM7"), "_COM7");
        assert_eq!(for_windows("a.jpg. "), "a.jpg");
        assert_eq!(for_windows("12:30?.jpg"), "12_30_.jpg");
        for kept in ["con.jpg", " a.jpg. ", "12:30?.jpg", "two\nlines.jpg", "a\\b"] {
            assert_eq!(for_unix(kept), kept);
        }
    }

    #[test]
    fn the_longest_names_are_kept_and_numbered_ones_cut() {
        let longest = format!("{}.jpg", "x".repeat(251));
        assert_eq!(safe(&longest), longest);
        let second = candidate(&longest, 2);
        assert!(second.len() == 255 && second.ends_with("x (2).jpg"), "{second}");
        assert_eq!(safe(&"é".repeat(200)).len(), 254);
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
            for safe in [for_unix, for_windows] {
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
}
