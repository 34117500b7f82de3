//! Sidecars: small files that cameras and programs write beside a picture, with edits or words
//! about it, under the picture's name. Pure; goes by names alone.

/// Endings of what is written beside pictures. A file of them that is a picture or a video by its
/// content counts as that.
const ENDINGS: [&str; 6] = ["xmp", "aae", "pp3", "dop", "thm", "lrv"];

/// The name of the picture that a sidecar belongs to, with or without an ending, in small letters:
/// `img_1` of `IMG_1.xmp`, `img_1.jpg` of `IMG_1.JPG.xmp`. `None` for what is no sidecar.
#[must_use]
pub fn sidecar_of(name: &str) -> Option<String> {
    let (owner, ending) = name.rsplit_once('.')?;
    let is_one = ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending));
    (is_one && !owner.is_empty()).then(|| owner.to_lowercase())
}

/// What a picture's sidecars may call it: its name, and its name without the ending.
#[must_use]
pub fn called_by_sidecars(name: &str) -> [String; 2] {
    let whole = name.to_lowercase();
    let stem = whole.rsplit_once('.').map_or(whole.as_str(), |(stem, _)| stem).to_owned();
    [whole, stem]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sidecar_bears_the_name_of_its_picture() {
        let pairs = |sidecar: &str, picture: &str| {
            sidecar_of(sidecar).is_some_and(|owner| called_by_sidecars(picture).contains(&owner))
        };
        assert!(pairs("IMG_1.xmp", "IMG_1.JPG") && pairs("IMG_1.JPG.xmp", "IMG_1.JPG"));
        assert!(pairs("img_1.AAE", "IMG_1.heic") && pairs("Ä.2.dop", "ä.2.CR2"));
        assert!(!pairs("IMG_1.xmp", "IMG_10.JPG") && !pairs("IMG_1.xmp", "IMG_1.JPG.png"));
        assert!(!pairs("IMG_1.txt", "IMG_1.JPG") && !pairs(".xmp", ".jpg") && !pairs("xmp", "xmp"));
    }
}
