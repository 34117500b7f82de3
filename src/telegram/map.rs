//! Telegram's messages become photos and changes. Pure: no thread, no I/O, no clock.

use grammers_tl_types::{enums, types};

use super::error::{Result, TelegramError};
use crate::model::{
    Album, AlbumId, Change, MediaKind, MessageId, Photo, PhotoId, PixelSize, RemoteFile,
    RemoteKind, RemoteThumb, sidecar_of,
};

/// Files on Telegram have some GiB at most; one that is said to be longer than this is none.
const MOST_BYTES: u64 = 16 << 30;
/// Stripped previews are some hundred bytes; anything longer is none.
const LONGEST_PREVIEW: usize = 4096;

/// Endings of pictures that programs send as `application/octet-stream`.
const PICTURE_ENDINGS: [&str; 44] = [
    "3fr", "arw", "avif", "bmp", "cr2", "cr3", "crw", "dcr", "dng", "erf", "fff", "gif", "heic",
    "heif", "iiq", "jfif", "jp2", "jpe", "jpeg", "jpg", "jxl", "k25", "kdc", "mef", "mos", "mrw",
    "nef", "nrw", "orf", "pef", "png", "psd", "raf", "raw", "rw2", "rwl", "sr2", "srf", "srw",
    "tif", "tiff", "webp", "x3f", "hif",
];

/// The photo that a message carries, if it carries one.
pub(super) fn photo(album: AlbumId, message: &enums::Message) -> Option<Photo> {
    let enums::Message::Message(message) = message else { return None };
    let picture = match message.media.as_ref()? {
        enums::MessageMedia::Document(media) => match media.document.as_ref()? {
            enums::Document::Document(document) => of_document(document, message.id)?,
            enums::Document::Empty(_) => return None,
        },
        enums::MessageMedia::Photo(media) => match media.photo.as_ref()? {
            enums::Photo::Photo(photo) => of_photo(photo, message.id)?,
            enums::Photo::Empty(_) => return None,
        },
        _ => return None,
    };
    Some(Photo {
        id: PhotoId { album, message: MessageId(message.id) },
        name: picture.name,
        bytes: picture.bytes,
        size: picture.size,
        kind: picture.kind,
        mime: picture.mime,
        caption: message.message.clone(),
        sent: i64::from(message.date),
        taken: None,
        head_read: false,
        blur: None,
        group: message.grouped_id,
        remote: picture.remote,
    })
}

/// What a document or photo tells.
struct Picture {
    name: String,
    bytes: u64,
    size: PixelSize,
    kind: MediaKind,
    mime: String,
    remote: RemoteFile,
}

fn of_document(document: &types::Document, message: i32) -> Option<Picture> {
    use enums::DocumentAttribute as A;
    let (mut name, mut size, mut video) = (None, None, None);
    for attribute in &document.attributes {
        match attribute {
            A::Filename(attribute) => name = Some(attribute.file_name.clone()),
            A::ImageSize(attribute) => size = Some(pixel_size(attribute.w, attribute.h)),
            A::Video(attribute) => {
                size = Some(pixel_size(attribute.w, attribute.h));
                video = Some(whole_seconds(attribute.duration));
            }
            A::Sticker(_) | A::CustomEmoji(_) => return None,
            _ => {}
        }
    }
    let mime = document.mime_type.to_ascii_lowercase();
    let kind = if let Some(seconds) = video {
        MediaKind::Video { seconds }
    } else if mime.starts_with("video/") {
        MediaKind::Video { seconds: 0 }
    } else if mime.starts_with("image/")
        || size.is_some()
        || (mime == "application/octet-stream" && name.as_deref().is_some_and(ends_as_picture))
    {
        MediaKind::Image
    } else if name.as_deref().and_then(sidecar_of).is_some() {
        MediaKind::Sidecar
    } else {
        return None;
    };
    let sizes = document.thumbs.as_deref().filter(|_| kind != MediaKind::Sidecar);
    let sizes = sizes.unwrap_or_default();
    Some(Picture {
        name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| made_up(message, &mime)),
        bytes: u64::try_from(document.size).ok().filter(|bytes| *bytes <= MOST_BYTES)?,
        size: size.unwrap_or_default(),
        kind,
        mime: document.mime_type.clone(),
        remote: RemoteFile {
            kind: RemoteKind::Document,
            id: document.id,
            access_hash: document.access_hash,
            reference: document.file_reference.clone(),
            dc: document.dc_id,
            thumbs: thumbs(sizes),
            stripped: stripped(sizes),
        },
    })
}

/// A picture compressed by Telegram: its largest size is all there is.
fn of_photo(photo: &types::Photo, message: i32) -> Option<Picture> {
    let thumbs = thumbs(&photo.sizes);
    let largest = thumbs.last()?;
    Some(Picture {
        name: format!("photo_{message}.jpg"),
        bytes: u64::from(largest.bytes),
        size: largest.size,
        kind: MediaKind::Image,
        mime: "image/jpeg".into(),
        remote: RemoteFile {
            kind: RemoteKind::Photo,
            id: photo.id,
            access_hash: photo.access_hash,
            reference: photo.file_reference.clone(),
            dc: photo.dc_id,
            stripped: stripped(&photo.sizes),
            thumbs,
        },
    })
}

/// Sizes for download, smallest first.
fn thumbs(sizes: &[enums::PhotoSize]) -> Vec<RemoteThumb> {
    use enums::PhotoSize as S;
    let thumb = |letter: &str, w, h, bytes: Option<u32>| {
        bytes.map(|bytes| RemoteThumb { letter: letter.to_owned(), size: pixel_size(w, h), bytes })
    };
    let mut thumbs: Vec<RemoteThumb> = sizes
        .iter()
        .filter_map(|size| match size {
            S::Size(s) => thumb(&s.r#type, s.w, s.h, u32::try_from(s.size).ok()),
            S::Progressive(s) => {
                let whole = s.sizes.iter().max().and_then(|&bytes| u32::try_from(bytes).ok());
                thumb(&s.r#type, s.w, s.h, whole)
            }
            S::PhotoCachedSize(s) => thumb(&s.r#type, s.w, s.h, u32::try_from(s.bytes.len()).ok()),
            S::PhotoStrippedSize(_) | S::PhotoPathSize(_) | S::Empty(_) => None,
        })
        .collect();
    thumbs.sort_by_key(|thumb| (thumb.size.pixels(), thumb.bytes));
    thumbs
}

fn stripped(sizes: &[enums::PhotoSize]) -> Option<Vec<u8>> {
    sizes.iter().find_map(|size| match size {
        enums::PhotoSize::PhotoStrippedSize(s)
            if s.bytes.len() > 3 && s.bytes.len() <= LONGEST_PREVIEW && s.bytes[0] == 1 =>
        {
            Some(s.bytes.clone())
        }
        _ => None,
    })
}

fn pixel_size(w: i32, h: i32) -> PixelSize {
    PixelSize::new(u32::try_from(w).unwrap_or(0), u32::try_from(h).unwrap_or(0))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped; casts from f64 saturate"
)]
fn whole_seconds(duration: f64) -> u32 {
    duration.round().clamp(0.0, 1e9) as u32
}

fn ends_as_picture(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| {
        PICTURE_ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending))
    })
}

/// A name for a file that was sent without one.
fn made_up(message: i32, mime: &str) -> String {
    let ending = match mime {
        "image/jpeg" => "jpg",
        "video/quicktime" => "mov",
        "image/svg+xml" => "svg",
        other => other.split_once('/').map_or("bin", |(_, kind)| kind),
    };
    let ending: String = ending.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    format!("file_{message}.{ending}")
}

/// A message as it is now, as a change: the photo, or that it is none (any more).
pub(super) fn change(album: AlbumId, message: &enums::Message) -> Change {
    photo(album, message).map_or_else(
        || Change::PhotosGone { album, messages: vec![MessageId(message.id())] },
        |photo| Change::Photo(Box::new(photo)),
    )
}

/// One's own private channel as an album, and nothing else.
pub(super) fn album(chat: &enums::Chat) -> Option<Album> {
    let enums::Chat::Channel(channel) = chat else { return None };
    let public = channel.username.is_some()
        || channel
            .usernames
            .as_ref()
            .is_some_and(|names| names.iter().any(|enums::Username::Username(name)| name.active));
    let own = channel.creator && channel.broadcast && !channel.left && !channel.min && !public;
    own.then_some(Album {
        id: AlbumId(channel.id),
        access_hash: channel.access_hash?,
        title: channel.title.clone(),
        created: i64::from(channel.date),
    })
}

/// What a difference says happened to `known`, in order: its title, new messages, then edits and
/// deletions (which a final difference has too).
pub(super) fn changes(
    known: &Album,
    chats: &[enums::Chat],
    new: &[enums::Message],
    other: &[enums::Update],
) -> Vec<Change> {
    use enums::Update as U;
    let mut changes = Vec::new();
    for chat in chats {
        match chat {
            enums::Chat::Channel(channel) if channel.id == known.id.0 => {
                changes.extend(album(chat).filter(|now| now != known).map(Change::Album));
            }
            enums::Chat::ChannelForbidden(gone) if gone.id == known.id.0 => {
                changes.push(Change::AlbumGone(known.id));
            }
            _ => {}
        }
    }
    let arrived = |message| photo(known.id, message).map(|photo| Change::Photo(Box::new(photo)));
    changes.extend(new.iter().filter_map(arrived));
    for update in other {
        match update {
            U::NewChannelMessage(update) => changes.extend(arrived(&update.message)),
            U::EditChannelMessage(update) => changes.push(change(known.id, &update.message)),
            U::DeleteChannelMessages(gone) if gone.channel_id == known.id.0 => {
                let messages = gone.messages.iter().copied().map(MessageId).collect();
                changes.push(Change::PhotosGone { album: known.id, messages });
            }
            _ => {}
        }
    }
    changes
}

/// The messages of an answer, with the number of all there are and the `pts`, where told.
pub(super) struct Messages {
    pub(super) list: Vec<enums::Message>,
    pub(super) total: u32,
    pub(super) pts: Option<i32>,
}

/// Unpacks any of the shapes in which messages come.
pub(super) fn messages(
    answer: enums::messages::Messages,
    method: &'static str,
) -> Result<Messages> {
    use enums::messages::Messages as M;
    let count = |count: i32| u32::try_from(count).unwrap_or(0);
    match answer {
        M::Messages(m) => Ok(Messages {
            total: u32::try_from(m.messages.len()).unwrap_or(u32::MAX),
            list: m.messages,
            pts: None,
        }),
        M::Slice(m) => Ok(Messages { total: count(m.count), list: m.messages, pts: None }),
        M::ChannelMessages(m) => {
            Ok(Messages { total: count(m.count), list: m.messages, pts: Some(m.pts) })
        }
        M::NotModified(_) => Err(TelegramError::unexpected(method, "\"not modified\"")),
    }
}

#[cfg(test)]
mod tests;
