//! From a picture's own colours to sRGB: phones photograph in Display P3, cameras in Adobe RGB,
//! presses print in CMYK.

use moxcms::{
    CicpColorPrimaries, CicpProfile, ColorProfile, DataColorSpace, Layout, MatrixCoefficients,
    RenderingIntent, TransferCharacteristics, Transform8BitExecutor, TransformOptions,
};

use super::{guard::guarded, samples::Kind};
use std::sync::Arc;

/// How many pixels are converted at a time, so that they stay in the cache.
const AT_A_TIME: usize = 1024;
/// What nobody sees, of 255.
const UNSEEN: u8 = 2;

/// Reads an ICC profile; `None` where it is damaged.
pub(super) fn parse(icc: &[u8]) -> Option<Box<ColorProfile>> {
    guarded(|| ColorProfile::new_from_slice(icc).ok().map(Box::new)).flatten()
}

/// The colours that a video standard's numbers stand for; `None` where they are sRGB's or unknown.
pub(super) fn of_video(primaries: u8, transfer: u8) -> Option<Box<ColorProfile>> {
    let color_primaries = CicpColorPrimaries::try_from(primaries).ok()?;
    let transfer_characteristics = TransferCharacteristics::try_from(transfer).ok()?;
    // Photographs with the curve of television are meant for screens with that of sRGB.
    let is_srgb_curve = matches!(transfer, 1 | 2 | 6 | 13 | 14 | 15);
    if matches!(primaries, 1 | 2) && is_srgb_curve {
        return None;
    }
    let cicp = CicpProfile {
        color_primaries: if primaries == 2 { CicpColorPrimaries::Bt709 } else { color_primaries },
        transfer_characteristics: if is_srgb_curve {
            TransferCharacteristics::Srgb
        } else {
            transfer_characteristics
        },
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    };
    Some(Box::new(ColorProfile::new_from_cicp(cicp)))
}

/// What a camera means that says "Adobe RGB" in EXIF and embeds no profile.
pub(super) fn adobe_rgb() -> Box<ColorProfile> {
    Box::new(ColorProfile::new_adobe_rgb())
}

/// Samples as R G B A in sRGB. A profile that does not suit them is passed over: near colours are
/// better than no picture.
pub(super) fn to_srgb(kind: Kind, samples: Vec<u8>, profile: Option<&ColorProfile>) -> Vec<u8> {
    let rgba = |samples: Vec<u8>| match kind {
        Kind::Rgba => samples,
        Kind::Rgb => expanded::<3>(&samples, |[r, g, b]| [r, g, b, 255]),
        Kind::Gray => expanded::<1>(&samples, |[v]| [v, v, v, 255]),
        Kind::GrayAlpha => expanded::<2>(&samples, |[v, a]| [v, v, v, a]),
        Kind::Cmyk => expanded::<4>(&samples, plain_ink),
    };
    let Some(profile) = profile else { return rgba(samples) };
    let is_grey = matches!(kind, Kind::Gray | Kind::GrayAlpha);
    match profile.color_space {
        DataColorSpace::Rgb if kind != Kind::Cmyk => {
            let mut rgba = rgba(samples);
            if let Some(transform) = transform(profile, Layout::Rgba, Layout::Rgba)
                && !changes_nothing(&*transform)
            {
                in_place(&*transform, &mut rgba);
            }
            rgba
        }
        DataColorSpace::Gray if is_grey => {
            let layout = if kind == Kind::Gray { Layout::Gray } else { Layout::GrayAlpha };
            converted(profile, kind, layout, Layout::Rgba, &samples)
                .unwrap_or_else(|| rgba(samples))
        }
        // Four inks are laid out as R G B A are.
        DataColorSpace::Cmyk if kind == Kind::Cmyk => {
            converted(profile, kind, Layout::Rgba, Layout::Rgb, &samples).map_or_else(
                || rgba(samples),
                |rgb| expanded::<3>(&rgb, |[r, g, b]| [r, g, b, 255]),
            )
        }
        _ => rgba(samples),
    }
}

fn expanded<const N: usize>(samples: &[u8], pixel: impl Fn([u8; N]) -> [u8; 4]) -> Vec<u8> {
    let (from, _) = samples.as_chunks::<N>();
    let mut rgba = vec![0; from.len() * 4];
    let (to, _) = rgba.as_chunks_mut::<4>();
    to.iter_mut().zip(from).for_each(|(to, from)| *to = pixel(*from));
    rgba
}

/// Ink on paper, where nothing is said about either.
fn plain_ink([c, m, y, k]: [u8; 4]) -> [u8; 4] {
    let left = |ink: u8| {
        let light = u32::from(255 - ink) * u32::from(255 - k);
        u8::try_from((light + 127) / 255).unwrap_or(255)
    };
    [left(c), left(m), left(y), 255]
}

fn transform(
    profile: &ColorProfile,
    from: Layout,
    to: Layout,
) -> Option<Arc<Transform8BitExecutor>> {
    let options = TransformOptions {
        rendering_intent: RenderingIntent::RelativeColorimetric,
        ..TransformOptions::default()
    };
    let srgb = ColorProfile::new_srgb();
    guarded(|| profile.create_transform_8bit(from, &srgb, to, options).ok()).flatten()
}

/// Whether a transform gives sRGB what is sRGB: most embedded profiles do.
fn changes_nothing(transform: &Transform8BitExecutor) -> bool {
    const STEPS: [u8; 5] = [0, 60, 128, 200, 255];
    let colours: Vec<u8> = STEPS
        .iter()
        .flat_map(|r| STEPS.iter().flat_map(move |g| STEPS.map(|b| [*r, *g, b, 255])))
        .flatten()
        .collect();
    let mut after = vec![0; colours.len()];
    transform.transform(&colours, &mut after).is_ok()
        && colours.iter().zip(&after).all(|(a, b)| a.abs_diff(*b) <= UNSEEN)
}

fn in_place(transform: &Transform8BitExecutor, rgba: &mut [u8]) {
    let mut after = [0; AT_A_TIME * 4];
    for pixels in rgba.chunks_mut(AT_A_TIME * 4) {
        let after = &mut after[..pixels.len()];
        if transform.transform(pixels, after).is_err() {
            return;
        }
        pixels.copy_from_slice(after);
    }
}

fn converted(
    profile: &ColorProfile,
    kind: Kind,
    from: Layout,
    to: Layout,
    samples: &[u8],
) -> Option<Vec<u8>> {
    let transform = transform(profile, from, to)?;
    let (before, after) = (kind.channels(), to.channels());
    let mut converted = vec![0; samples.len() / before * after];
    let pieces = converted.chunks_mut(AT_A_TIME * after);
    for (to, from) in pieces.zip(samples.chunks(AT_A_TIME * before)) {
        guarded(|| transform.transform(from, to).ok()).flatten()?;
    }
    Some(converted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(profile: &ColorProfile, colour: [u8; 4]) -> [u8; 4] {
        let read = parse(&profile.encode().unwrap()).unwrap();
        to_srgb(Kind::Rgba, colour.repeat(6), Some(&read))[20..].try_into().unwrap()
    }

    #[test]
    fn wide_colours_are_brought_home() {
        let p3 = ColorProfile::new_display_p3();
        // Grey is grey everywhere; P3's orange is a stronger one in sRGB.
        let grey = converted(&p3, [128, 128, 128, 90]);
        assert!(grey[..3].iter().all(|c| c.abs_diff(128) <= 1) && grey[3] == 90, "{grey:?}");
        let orange = converted(&p3, [200, 120, 60, 255]);
        assert!(orange[0] > 206 && orange[2] < 54, "{orange:?}");
        for (name, wide) in [
            ("Adobe RGB", ColorProfile::new_adobe_rgb()),
            ("ProPhoto", ColorProfile::new_pro_photo_rgb()),
        ] {
            let green = converted(&wide, [100, 180, 100, 255]);
            assert!(green[0] < 90 && green[1] > 179, "{name}: {green:?}");
        }
    }

    #[test]
    fn srgb_and_nonsense_change_nothing() {
        assert_eq!(converted(&ColorProfile::new_srgb(), [200, 120, 60, 255]), [200, 120, 60, 255]);
        assert!(parse(b"no profile").is_none());
        assert_eq!(to_srgb(Kind::Rgba, vec![1, 2, 3, 4], None), [1, 2, 3, 4]);
    }

    #[test]
    fn srgb_primaries_with_another_curve_are_no_srgb() {
        let mut linear = ColorProfile::new_srgb();
        let gamma = ColorProfile::new_gray_with_gamma(1.0).gray_trc;
        (linear.red_trc, linear.green_trc, linear.blue_trc) = (gamma.clone(), gamma.clone(), gamma);
        linear.cicp = None;
        let grey = converted(&linear, [55, 55, 55, 255]);
        assert!(grey[0].abs_diff(128) < 3, "{grey:?}");
    }

    #[test]
    fn grey_goes_by_its_own_curve() {
        let gamma = ColorProfile::new_gray_with_gamma(1.0);
        let read = parse(&gamma.encode().unwrap()).unwrap();
        let grey = to_srgb(Kind::Gray, vec![55, 255], Some(&read));
        assert!(grey[0].abs_diff(128) < 3 && grey[1].abs_diff(128) < 3, "{grey:?}");
        assert!(grey[3] == 255 && grey[4] == 255, "{grey:?}");
        let faint = to_srgb(Kind::GrayAlpha, vec![255, 7], Some(&read));
        assert_eq!(faint[3], 7);
        // A profile of other colours is passed over.
        let p3 = ColorProfile::new_display_p3();
        assert_eq!(to_srgb(Kind::Cmyk, vec![0, 0, 0, 255], Some(&p3)), [0, 0, 0, 255]);
    }

    #[test]
    fn ink_takes_light_away() {
        assert_eq!(plain_ink([0, 0, 0, 0]), [255; 4]);
        assert_eq!(plain_ink([255, 0, 0, 0]), [0, 255, 255, 255]);
        assert_eq!(plain_ink([0, 0, 0, 255]), [0, 0, 0, 255]);
    }

    #[test]
    fn numbers_of_video_standards_are_colours() {
        assert!(of_video(1, 13).is_none() && of_video(2, 2).is_none() && of_video(1, 1).is_none());
        let p3 = of_video(12, 13).unwrap();
        let orange = to_srgb(Kind::Rgb, vec![200, 120, 60], Some(&p3));
        assert!(orange[0] > 206 && orange[2] < 54, "{orange:?}");
    }
}
