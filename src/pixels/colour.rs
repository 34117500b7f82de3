//! From a picture's own colours to sRGB: phones photograph in Display P3, cameras in Adobe RGB.

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions, Xyzd};

/// How many bytes are converted at a time, so that they stay in the cache.
const AT_A_TIME: usize = 4 * 1024;

/// Converts R G B A in place by the embedded ICC profile. Leaves the picture as it is when the profile
/// is sRGB already, not one of RGB, or damaged: near colours are better than no picture.
pub(super) fn to_srgb(rgba: &mut [u8], profile: &[u8]) {
    let Ok(source) = ColorProfile::new_from_slice(profile) else { return };
    let srgb = ColorProfile::new_srgb();
    if source.color_space != DataColorSpace::Rgb || same_primaries(&source, &srgb) {
        return;
    }
    let Ok(transform) = source.create_transform_8bit(
        Layout::Rgba,
        &srgb,
        Layout::Rgba,
        TransformOptions::default(),
    ) else {
        return;
    };
    let mut converted = [0; AT_A_TIME];
    for pixels in rgba.chunks_mut(AT_A_TIME) {
        let converted = &mut converted[..pixels.len()];
        if transform.transform(pixels, converted).is_err() {
            return;
        }
        pixels.copy_from_slice(converted);
    }
}

fn same_primaries(a: &ColorProfile, b: &ColorProfile) -> bool {
    let near = |a: Xyzd, b: Xyzd| {
        (a.x - b.x).abs() < 0.004 && (a.y - b.y).abs() < 0.004 && (a.z - b.z).abs() < 0.004
    };
    near(a.red_colorant, b.red_colorant)
        && near(a.green_colorant, b.green_colorant)
        && near(a.blue_colorant, b.blue_colorant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(profile: &ColorProfile, colour: [u8; 4]) -> [u8; 4] {
        let mut rgba = colour.repeat(6);
        to_srgb(&mut rgba, &profile.encode().unwrap());
        rgba[20..].try_into().unwrap()
    }

    #[test]
    fn wide_colours_are_brought_home() {
        let p3 = ColorProfile::new_display_p3();
        // Grey is grey everywhere; P3's orange is a stronger one in sRGB.
        let grey = converted(&p3, [128, 128, 128, 90]);
        assert!(grey[..3].iter().all(|c| c.abs_diff(128) <= 1) && grey[3] == 90, "{grey:?}");
        let orange = converted(&p3, [200, 120, 60, 255]);
        assert!(orange[0] > 206 && orange[2] < 54, "{orange:?}");
    }

    #[test]
    fn srgb_and_nonsense_change_nothing() {
        assert_eq!(converted(&ColorProfile::new_srgb(), [200, 120, 60, 255]), [200, 120, 60, 255]);
        let mut rgba = [1, 2, 3, 4];
        to_srgb(&mut rgba, b"no profile");
        assert_eq!(rgba, [1, 2, 3, 4]);
    }
}
