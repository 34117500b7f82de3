//! Addresses of a photo on Telegram and of a place on a map. Pure.

use crate::model::{GeoPoint, PhotoId};

/// The message on the web: Telegram opens it for those who may see it.
pub(crate) fn telegram(photo: PhotoId) -> String {
    format!("https://t.me/c/{}/{}", photo.album, photo.message)
}

/// The message in Telegram's own program.
pub(crate) fn telegram_app(photo: PhotoId) -> String {
    format!("tg://privatepost?channel={}&post={}", photo.album, photo.message)
}

/// The place on OpenStreetMap.
pub(crate) fn map(place: GeoPoint) -> String {
    let (lat, lon) = (place.latitude, place.longitude);
    let there = "https://www.openstreetmap.org/";
    format!("{there}?mlat={lat:.5}&mlon={lon:.5}#map=15/{lat:.5}/{lon:.5}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AlbumId, MessageId};

    #[test]
    fn links_are_as_others_read_them() {
        let photo = PhotoId { album: AlbumId(1_234_567), message: MessageId(89) };
        assert_eq!(telegram(photo), "https://t.me/c/1234567/89");
        assert_eq!(telegram_app(photo), "tg://privatepost?channel=1234567&post=89");
        let place = GeoPoint::new(62.567_512_34, -7.687, None).unwrap();
        assert_eq!(
            map(place),
            "https://www.openstreetmap.org/?mlat=62.56751&mlon=-7.68700#map=15/62.56751/-7.68700"
        );
    }
}
