//! What a file tells of how it was made, in words. Pure.

use crate::model::{GeoPoint, Shot};

/// `1/125 s`, `0.5 s`, `30 s`.
pub(super) fn exposure(seconds: f64) -> String {
    let parts = (1.0 / seconds).round();
    // Cameras say thirds of a second and less as fractions.
    if seconds < 0.4 && (seconds * parts - 1.0).abs() < 0.05 {
        format!("1/{parts:.0} s")
    } else {
        format!("{} s", short(seconds))
    }
}

/// `ƒ/2.8`, `ƒ/11`.
pub(super) fn aperture(f_number: f64) -> String {
    format!("ƒ/{}", short(f_number))
}

/// `35 mm`, `4.2 mm`.
pub(super) fn focal(millimetres: f64) -> String {
    format!("{} mm", short(millimetres))
}

/// `ISO 100`.
pub(super) fn sensitivity(iso: u32) -> String {
    format!("ISO {iso}")
}

/// The cells of the table: what is known of focal length, aperture, exposure time and sensitivity.
pub(super) fn cells(shot: &Shot) -> Vec<String> {
    let focal = shot.focal_mm.or(shot.focal_35_mm).map(focal);
    let (aperture, exposure) = (shot.f_number.map(aperture), shot.exposure_seconds.map(exposure));
    let iso = shot.iso.map(sensitivity);
    [focal, aperture, exposure, iso].into_iter().flatten().collect()
}

/// The lens, and what its focal length is like on film where that is another.
pub(super) fn lens(shot: &Shot) -> String {
    let like =
        shot.focal_35_mm.filter(|like| shot.focal_mm.is_some_and(|own| (own - like).abs() >= 0.5));
    let like = like.map(|like| format!("like {} on 35 mm film", focal(like)));
    [shot.lens.clone(), like].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// `62.5675° N, 7.6870° E`.
pub(super) fn place(place: GeoPoint) -> String {
    let side = |degrees: f64, [plus, minus]: [char; 2]| {
        format!("{:.4}° {}", degrees.abs(), if degrees < 0.0 { minus } else { plus })
    };
    format!("{}, {}", side(place.latitude, ['N', 'S']), side(place.longitude, ['E', 'W']))
}

/// `412 m above the sea`.
pub(super) fn altitude(metres: f64) -> String {
    match metres.round() {
        0.0 => "At the level of the sea".to_owned(),
        metres if metres < 0.0 => format!("{:.0} m below the sea", -metres),
        metres => format!("{metres:.0} m above the sea"),
    }
}

/// At most two digits behind the point below 1, one below 100, none that are zero.
fn short(number: f64) -> String {
    let digits = match number {
        ..1.0 => 2,
        1.0..99.95 => 1,
        _ => 0,
    };
    let text = format!("{number:.digits$}");
    if digits == 0 {
        return text;
    }
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "0" { format!("{number:.1e}") } else { text.to_owned() }
}

/// A caption without the hashtags at its end, and all of its hashtags, each once.
pub(super) fn caption(text: &str) -> (&str, Vec<&str>) {
    let mut tags: Vec<&str> = Vec::new();
    for tag in text.split_whitespace().filter_map(tag) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    let mut words = text.trim_end();
    loop {
        let start = words.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        // White space may be longer than a byte.
        let start = words.ceil_char_boundary(start);
        let last = &words[start..];
        if last.is_empty() || tag(last) != Some(last) {
            return (words, tags);
        }
        words = words[..start].trim_end();
    }
}

/// The hashtag that a word begins with: letters, digits and low lines, not digits alone.
fn tag(word: &str) -> Option<&str> {
    let body = word.strip_prefix('#')?;
    let end = body.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(body.len());
    let is_word = body[..end].chars().any(|c| !c.is_ascii_digit());
    is_word.then(|| &word[..=end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn exposures_read_as_on_the_camera() {
        for (seconds, words) in [
            (0.008, "1/125 s"),
            (1.0 / 320.0, "1/320 s"),
            (1.0 / 8000.0, "1/8000 s"),
            (0.25, "1/4 s"),
            (0.333, "1/3 s"),
            (0.3, "0.3 s"),
            (0.5, "0.5 s"),
            (1.3, "1.3 s"),
            (30.0, "30 s"),
            (120.0, "120 s"),
        ] {
            assert_eq!(exposure(seconds), words);
        }
        assert_eq!(aperture(2.8), "ƒ/2.8");
        assert_eq!(aperture(11.0), "ƒ/11");
        assert_eq!(aperture(0.95), "ƒ/0.95");
        assert_eq!(focal(35.0), "35 mm");
        assert_eq!(focal(4.25), "4.2 mm");
    }

    #[test]
    fn places_have_their_side_of_the_earth() {
        let place_of =
            |latitude, longitude| place(GeoPoint::new(latitude, longitude, None).unwrap());
        assert_eq!(place_of(62.5675, 7.687), "62.5675° N, 7.6870° E");
        assert_eq!(place_of(-0.5, -70.0), "0.5000° S, 70.0000° W");
        assert_eq!(altitude(411.7), "412 m above the sea");
        assert_eq!(altitude(-28.0), "28 m below the sea");
        assert_eq!(altitude(0.2), "At the level of the sea");
    }

    #[test]
    fn a_lens_says_what_it_is_like_on_film() {
        let shot = Shot {
            lens: Some("Main camera".into()),
            focal_mm: Some(4.2),
            focal_35_mm: Some(26.0),
            f_number: Some(1.8),
            iso: Some(50),
            ..Shot::default()
        };
        assert_eq!(lens(&shot), "Main camera · like 26 mm on 35 mm film");
        assert_eq!(cells(&shot), ["4.2 mm", "ƒ/1.8", "ISO 50"]);
        assert_eq!(lens(&Shot { focal_mm: Some(26.0), ..shot }), "Main camera");
        assert_eq!(lens(&Shot::default()), "");
    }

    #[test]
    fn hashtags_at_the_end_are_shown_apart() {
        let text = "The path was still #wet.\n#norway #hiking  #norway ";
        assert_eq!(caption(text), ("The path was still #wet.", vec!["#wet", "#norway", "#hiking"]));
        assert_eq!(caption("#a_1"), ("", vec!["#a_1"]));
        assert_eq!(caption("Room #12"), ("Room #12", vec![]));
        assert_eq!(caption("#été\u{3000}#夏"), ("", vec!["#été", "#夏"]));
        assert_eq!(caption(""), ("", vec![]));
    }

    proptest! {
        #[test]
        fn any_number_and_any_caption_is_said(seconds in 1e-9_f64..1e6, text in "\\PC{0,30}[# \u{3000}a1_]{0,20}") {
            prop_assert!(!exposure(seconds).contains("1/0 "));
            prop_assert!(aperture(seconds).len() < 14);
            let (body, tags) = caption(&text);
            prop_assert!(text.starts_with(body) && tags.iter().all(|tag| text.contains(tag)));
        }
    }
}
