//! What a file's own head tells of how a picture was made.

use super::{PixelSize, Taken};

/// How a picture was made, as the camera wrote it down. What it did not write, or wrote broken, is
/// not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shot {
    /// Make and model, the make said once.
    pub camera: Option<String>,
    /// The lens's name.
    pub lens: Option<String>,
    /// How long the shutter was open, seconds; above 0.
    pub exposure_seconds: Option<f64>,
    /// The aperture: 2.8 for f/2.8; above 0.
    pub f_number: Option<f64>,
    /// The sensitivity, ISO; above 0.
    pub iso: Option<u32>,
    /// The lens's focal length, millimetres; above 0.
    pub focal_mm: Option<f64>,
    /// The focal length that shows the same on 35 mm film, millimetres; above 0.
    pub focal_35_mm: Option<f64>,
    /// Where it was taken.
    pub place: Option<GeoPoint>,
}

/// A point on the earth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeoPoint {
    /// Degrees north of the equator, −90 … 90.
    pub latitude: f64,
    /// Degrees east of Greenwich, −180 … 180.
    pub longitude: f64,
    /// Metres above the sea.
    pub altitude_metres: Option<f64>,
}

impl GeoPoint {
    /// A point, if there is such a one. Degrees that are both exactly 0 were never set: nobody
    /// takes photographs there.
    #[must_use]
    pub fn new(latitude: f64, longitude: f64, altitude_metres: Option<f64>) -> Option<Self> {
        let is_there = (-90.0..=90.0).contains(&latitude)
            && (-180.0..=180.0).contains(&longitude)
            && (latitude != 0.0 || longitude != 0.0);
        // From the deepest trench to the highest satellite.
        let altitude_metres = altitude_metres.filter(|metres| (-12e3..=4e7).contains(metres));
        is_there.then_some(Self { latitude, longitude, altitude_metres })
    }
}

/// What is known of a photo besides what its message says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// Its size in pixels, upright; empty where the file does not tell.
    pub size: PixelSize,
    /// The camera's clock.
    pub taken: Option<Taken>,
    /// How it was made.
    pub shot: Shot,
    /// What is known here of Telegram's copy; nothing where it was never looked at.
    pub verified: Option<Verified>,
}

/// Telegram was proven to hold the whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Exactly the one that this computer sent.
    AsSent,
    /// As it was seen at this moment, Unix seconds.
    Whole {
        /// When.
        at: i64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_that_are_none_are_not_believed() {
        assert!(GeoPoint::new(62.5675, 7.687, Some(412.0)).is_some());
        assert!(GeoPoint::new(0.0, 7.0, None).is_some());
        for (latitude, longitude) in
            [(0.0, 0.0), (90.1, 0.0), (12.0, -180.5), (f64::NAN, 7.0), (1.0, f64::INFINITY)]
        {
            assert_eq!(GeoPoint::new(latitude, longitude, None), None);
        }
        let high = GeoPoint::new(1.0, 1.0, Some(1e9)).unwrap();
        assert_eq!(high.altitude_metres, None);
    }
}
