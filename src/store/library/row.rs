//! A photo's row: first what the library keeps of it, then what only a download needs. Its id is
//! the key.

use serde::{Deserialize, Serialize};

use super::FaultOr;
use crate::model::{Blur, Photo, PhotoFacts, PhotoId, RemoteFile, RemoteThumb};
use crate::store::record;

/// What only a download needs, and what the facts had to cut.
#[derive(Serialize, Deserialize)]
struct Rest<'a> {
    sent: i64,
    group: Option<i64>,
    access_hash: i64,
    #[serde(borrow)]
    reference: &'a [u8],
    dc: i32,
    thumbs: Vec<RemoteThumb>,
    #[serde(borrow)]
    stripped: Option<&'a [u8]>,
}

pub(super) fn encode(photo: &Photo) -> FaultOr<Vec<u8>> {
    let remote = &photo.remote;
    let rest = Rest {
        sent: photo.sent,
        group: photo.group,
        access_hash: remote.access_hash,
        reference: &remote.reference,
        dc: remote.dc,
        thumbs: remote.thumbs.clone(),
        stripped: remote.stripped.as_deref(),
    };
    record::encode(&(PhotoFacts::from(photo), rest))
}

/// What the library keeps, in place.
pub(super) fn facts(row: &[u8]) -> FaultOr<PhotoFacts<'_>> {
    Ok(record::decode_first(row)?.0)
}

/// All of it.
pub(super) fn decode(id: PhotoId, row: &[u8]) -> FaultOr<Photo> {
    let ((facts, rest), after): ((PhotoFacts<'_>, Rest<'_>), _) = record::decode_first(row)?;
    if !after.is_empty() {
        return Err(record::too_long());
    }
    Ok(Photo {
        id,
        name: facts.name.to_owned(),
        bytes: facts.bytes,
        size: facts.size,
        kind: facts.kind,
        mime: facts.mime.to_owned(),
        caption: facts.caption.to_owned(),
        sent: rest.sent,
        taken: facts.taken,
        head_read: facts.head_read,
        blur: facts.blur.and_then(Blur::new),
        group: rest.group,
        remote: RemoteFile {
            kind: facts.remote,
            id: facts.file,
            access_hash: rest.access_hash,
            reference: rest.reference.to_vec(),
            dc: rest.dc,
            thumbs: rest.thumbs,
            stripped: rest.stripped.map(<[u8]>::to_vec),
        },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{AlbumId, MediaKind, MessageId, PixelSize, RemoteKind, Taken};

    fn any_photo() -> impl Strategy<Value = Photo> {
        let bytes = || prop::collection::vec(any::<u8>(), 0..40);
        let thumb = ("[a-z]{1,2}", any::<u16>(), any::<u16>(), any::<u32>());
        (
            ("[a-zß漢]{0,9}", "[a-z/]{0,9}", "[a-zß漢]{0,9}", prop::option::of("[!-~]{1,32}")),
            (any::<u64>(), any::<i64>(), any::<(u32, u32)>(), prop::option::of(any::<u32>())),
            (prop::option::of(any::<(i64, Option<i16>)>()), any::<bool>(), any::<bool>()),
            (any::<Option<i64>>(), any::<i64>(), any::<i64>(), any::<i32>(), bytes()),
            (prop::collection::vec(thumb, 0..4), prop::option::of(bytes())),
        )
            .prop_map(|(texts, numbers, known, remote, previews)| Photo {
                id: PhotoId { album: AlbumId(1), message: MessageId(2) },
                name: texts.0,
                bytes: numbers.0,
                size: PixelSize::new(numbers.2.0, numbers.2.1),
                kind: match numbers.3 {
                    Some(seconds) if seconds % 3 > 0 => MediaKind::Video { seconds },
                    Some(_) => MediaKind::Sidecar,
                    None => MediaKind::Image,
                },
                mime: texts.1,
                caption: texts.2,
                sent: numbers.1,
                taken: known
                    .0
                    .map(|(wall_seconds, offset_minutes)| Taken { wall_seconds, offset_minutes }),
                head_read: known.1,
                blur: texts.3.as_deref().and_then(Blur::new),
                group: remote.0,
                remote: RemoteFile {
                    kind: if known.2 { RemoteKind::Document } else { RemoteKind::Photo },
                    id: remote.1,
                    access_hash: remote.2,
                    reference: remote.4,
                    dc: remote.3,
                    thumbs: previews
                        .0
                        .into_iter()
                        .map(|(letter, width, height, bytes)| RemoteThumb {
                            letter,
                            size: PixelSize::new(width.into(), height.into()),
                            bytes,
                        })
                        .collect(),
                    stripped: previews.1,
                },
            })
    }

    proptest! {
        #[test]
        fn a_row_is_the_photo(photo in any_photo(), cut in 0usize..200) {
            let row = encode(&photo).unwrap();
            prop_assert_eq!(facts(&row).unwrap(), PhotoFacts::from(&photo));
            prop_assert_eq!(&decode(photo.id, &row).unwrap(), &photo);
            // Half a row is none.
            let half = row.get(..cut.min(row.len() - 1)).unwrap();
            prop_assert!(decode(photo.id, half).is_err());
            prop_assert!(decode(photo.id, &[&row[..], &[0]].concat()).is_err());
        }
    }
}
