//! EXIF: the camera's clock, how it was held, what it is called.
//!
//! Reads what a prefix of a file holds and never insists: a damaged field is a missing one.

use std::io::Cursor;

use ::exif::{Exif, Field, In, Reader, Tag, Value};

use super::guard::guarded;
use crate::model::{PixelSize, Taken};

/// What EXIF says about a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ExifFacts {
    /// 1 … 8 where it says so.
    pub(super) orientation: Option<u8>,
    pub(super) taken: Option<Taken>,
    pub(super) camera: Option<String>,
    /// As stored; for formats whose own header is out of reach.
    pub(super) size: Option<PixelSize>,
    /// Colours are those of Adobe RGB, by the convention of cameras that embed no profile.
    pub(super) is_adobe_rgb: bool,
}

/// Reads the EXIF of a JPEG, TIFF, PNG, WebP or HEIF file, or of its beginning.
pub(super) fn read(bytes: &[u8]) -> Option<ExifFacts> {
    let exif = guarded(|| {
        Reader::new()
            .continue_on_error(true)
            .read_from_container(&mut Cursor::new(bytes))
            .or_else(|e| e.distill_partial_result(|_| {}))
            .ok()
    })??;
    // The fields are parsed on first use: stay behind the wall.
    guarded(|| ExifFacts {
        orientation: number(&exif, Tag::Orientation)
            .and_then(|v| u8::try_from(v).ok())
            .filter(|v| (1..=8).contains(v)),
        taken: taken(&exif),
        camera: camera(text(&exif, Tag::Make).as_deref(), text(&exif, Tag::Model).as_deref()),
        size: size(&exif),
        is_adobe_rgb: is_adobe_rgb(&exif),
    })
}

fn field(exif: &Exif, tag: Tag) -> Option<&Field> {
    exif.get_field(tag, In::PRIMARY)
}

fn number(exif: &Exif, tag: Tag) -> Option<u32> {
    field(exif, tag)?.value.get_uint(0)
}

fn text(exif: &Exif, tag: Tag) -> Option<String> {
    let Value::Ascii(parts) = &field(exif, tag)?.value else { return None };
    let joined = parts.first()?;
    name(&String::from_utf8_lossy(joined))
}

/// A name as it can be shown; a blank one is none.
pub(super) fn name(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !c.is_control()).take(120).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn size(exif: &Exif) -> Option<PixelSize> {
    let pair =
        |w, h| Some(PixelSize::new(number(exif, w)?, number(exif, h)?)).filter(|s| !s.is_empty());
    pair(Tag::PixelXDimension, Tag::PixelYDimension)
        .or_else(|| pair(Tag::ImageWidth, Tag::ImageLength))
}

/// "R03" is written for Adobe RGB, with colours that are said to be uncalibrated.
fn is_adobe_rgb(exif: &Exif) -> bool {
    number(exif, Tag::ColorSpace) != Some(1)
        && text(exif, Tag::InteroperabilityIndex).is_some_and(|index| index == "R03")
}

fn taken(exif: &Exif) -> Option<Taken> {
    let at = |date, offset| {
        let wall_seconds = wall_seconds(&text(exif, date)?)?;
        let zone = text(exif, offset).or_else(|| text(exif, Tag::OffsetTime));
        Some(Taken { wall_seconds, offset_minutes: zone.as_deref().and_then(offset_minutes) })
    };
    // `DateTime` is left alone: of a file's beginning it is not known that nothing better follows.
    at(Tag::DateTimeOriginal, Tag::OffsetTimeOriginal)
        .or_else(|| at(Tag::DateTimeDigitized, Tag::OffsetTimeDigitized))
}

/// `2024:01:31 14:22:33` as seconds of that clock. Blank, zero and impossible dates are none.
pub(super) fn wall_seconds(text: &str) -> Option<i64> {
    let (date, time) = text.split_once([' ', 'T'])?;
    let number = |part: &str| part.trim().parse::<i16>().ok();
    let mut ymd = date.splitn(3, [':', '-', '/']).map(number);
    let (year, month, day) = (ymd.next()??, ymd.next()??, ymd.next()??);
    // Some cameras append fractions or a zone to the seconds.
    let mut hms = time.splitn(3, ':').map(|part| number(part.get(..2).unwrap_or(part)));
    let (hour, minute, second) = (hms.next()??, hms.next()??, hms.next()??);
    let small = |v: i16| i8::try_from(v).ok();
    // The first photograph is of 1826.
    let civil = (year >= 1826).then_some(()).and_then(|()| {
        jiff::civil::DateTime::new(
            year,
            small(month)?,
            small(day)?,
            small(hour)?,
            small(minute)?,
            small(second)?.min(59),
            0,
        )
        .ok()
    })?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

/// `+09:00` or `Z` as minutes.
pub(super) fn offset_minutes(text: &str) -> Option<i16> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let two = |part: &str| {
        part.parse::<i16>()
            .ok()
            .filter(|_| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()))
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours <= 15 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// Make and model as people say them: "Canon EOS 40D", not "Canon Canon EOS 40D", and no
/// "CORPORATION".
pub(super) fn camera(make: Option<&str>, model: Option<&str>) -> Option<String> {
    let make = make.map(short_make).filter(|m| !m.is_empty());
    let Some(model) = model else { return make };
    let Some(make) = make else { return Some(model.to_owned()) };
    // "EASTMAN KODAK" and "KODAK DC240": any word of the make will do.
    let first = model.split_whitespace().next().unwrap_or_default();
    let said = make.split_whitespace().any(|word| word.eq_ignore_ascii_case(first));
    Some(if said { model.to_owned() } else { format!("{make} {model}") })
}

fn short_make(make: &str) -> String {
    const FIRMS: [&str; 9] =
        ["corporation", "corp", "company", "optical", "imaging", "co", "ltd", "inc", "electric"];
    let is_firm = |word: &&str| {
        let word = word.to_lowercase();
        let stem = word.split([',', '.']).next().unwrap_or_default();
        FIRMS.contains(&stem)
    };
    let mut words: Vec<&str> = make.split_whitespace().collect();
    if let Some(at) = words.iter().skip(1).position(is_firm) {
        words.truncate(at + 1);
    }
    words.join(" ").trim_end_matches(',').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn clocks_are_read_and_nonsense_is_not() {
        assert_eq!(wall_seconds("2024:01:31 14:22:33"), Some(1_706_710_953));
        assert_eq!(wall_seconds("2024-01-31T14:22:33.123"), Some(1_706_710_953));
        assert_eq!(wall_seconds("2016:12:31 23:59:60"), Some(1_483_228_799));
        for blank in [
            "0000:00:00 00:00:00",
            "    :  :     :  :  ",
            "",
            "2024:13:01 00:00:00",
            "2023:02:29 10:00:00",
            "1:1",
            "2024:01:31 99:00:00",
        ] {
            assert_eq!(wall_seconds(blank), None, "{blank:?}");
        }
    }

    #[test]
    fn zones_are_minutes() {
        assert_eq!(offset_minutes("+09:00"), Some(540));
        assert_eq!(offset_minutes("-03:30"), Some(-210));
        assert_eq!(offset_minutes("Z"), Some(0));
        for bad in ["", "   :  ", "+99:00", "+09", "+9:00", "09:00", "+09:75", "+-9:00"] {
            assert_eq!(offset_minutes(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_make_is_said_once() {
        let said = |make, model| camera(Some(make), Some(model)).unwrap();
        assert_eq!(said("Canon", "Canon EOS 40D"), "Canon EOS 40D");
        assert_eq!(said("NIKON CORPORATION", "NIKON D70"), "NIKON D70");
        assert_eq!(said("OLYMPUS OPTICAL CO.,LTD", "C960Z"), "OLYMPUS C960Z");
        assert_eq!(said("HMD Global", "Nokia 8.3 5G"), "HMD Global Nokia 8.3 5G");
        assert_eq!(said("EASTMAN KODAK COMPANY", "KODAK DC240 ZOOM"), "KODAK DC240 ZOOM");
        assert_eq!(camera(None, Some("X100")), Some("X100".into()));
        assert_eq!(camera(None, None), None);
    }

    proptest! {
        #[test]
        fn no_text_harms(text in "\\PC{0,40}") {
            let _ = (wall_seconds(&text), offset_minutes(&text), camera(Some(&text), Some(&text)));
        }
    }
}
