//! Sending: parts over the transfer connections, then the message that makes a file of them. On
//! tokio's workers.

use grammers_tl_types::{enums, functions, types};

use super::albums::{input_peer, updates};
use super::caption;
use super::chance;
use super::core::Core;
use super::error::{Result, TelegramError};
use super::history;
use super::map;
use super::retry::Care;
use super::transfer::{Kind, Transfers};
use super::words::{Outgoing, Part, SavedThumb, UploadLimits};
use crate::model::{Album, Change, MessageId, Photo, RemoteFile};

/// <https://core.telegram.org/api/files#uploading-files>
const LARGEST_PART: usize = 512 * 1024;
/// What holds where the server does not say otherwise.
const USUAL_LIMITS: UploadLimits = UploadLimits { max_parts: 4000, max_part_size: 512 * 1024 };
/// Bytes of a call without a part in it, roughly.
const SMALL: usize = 512;
const SEND: &str = "messages.sendMedia";

/// Sends a part; returns when Telegram has acknowledged it.
pub(super) async fn save_part(core: &Core, transfers: &Transfers, part: Part) -> Result<()> {
    save(core, transfers, Kind::Up, part).await
}

async fn save(core: &Core, transfers: &Transfers, kind: Kind, part: Part) -> Result<()> {
    let size = part.bytes.len();
    if size == 0 || size > LARGEST_PART {
        let what = format!("a part of {size} bytes cannot be sent");
        return Err(TelegramError::unexpected("upload.saveFilePart", what));
    }
    let (file_id, bytes) = (part.file.0, part.bytes);
    let file_part = number(part.index);
    let home = core.session.home();
    let saved = if part.big {
        let request = functions::upload::SaveBigFilePart {
            file_id,
            file_part,
            file_total_parts: number(part.total),
            bytes,
        };
        transfers.call(home, kind, request, size).await
    } else {
        let request = functions::upload::SaveFilePart { file_id, file_part, bytes };
        transfers.call(home, kind, request, size).await
    }?;
    if saved { Ok(()) } else { Err(TelegramError::unexpected("upload.saveFilePart", "\"no\"")) }
}

fn number(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// Makes a message of a file whose parts are there, after those that were asked for before: once
/// this was polled, it has its place. <https://core.telegram.org/method/messages.sendMedia>
pub(super) async fn send_document(
    core: &Core,
    transfers: &Transfers,
    album: &Album,
    mut outgoing: Outgoing,
) -> Result<Photo> {
    let mut again = true;
    loop {
        let Outgoing { caption, random_id, .. } = &outgoing;
        let request = send_media(album, media(&outgoing), caption, *random_id);
        let home = core.session.home();
        match transfers.call(home, Kind::InOrder, request, SMALL).await {
            Ok(answer) => return sent_photo(core, album, answer, outgoing.random_id).await,
            Err(error) if again && error.missing_part() == Some(0) => {
                // It may be the thumbnail's only part that was lost.
                let Some(lost) = &outgoing.thumb else { return Err(error) };
                outgoing.thumb = Some(save_thumb(core, transfers, &lost.jpeg).await?);
                again = false;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Makes a message of a file that Telegram has, in its place as [`send_document`].
/// <https://core.telegram.org/constructor/inputMediaDocument>
pub(super) async fn send_copy(
    core: &Core,
    transfers: &Transfers,
    album: &Album,
    file: &RemoteFile,
    caption: &str,
    random_id: i64,
) -> Result<Photo> {
    let RemoteFile { id, access_hash, reference, .. } = file;
    let id = types::InputDocument {
        id: *id,
        access_hash: *access_hash,
        file_reference: reference.clone(),
    };
    let media = types::InputMediaDocument {
        spoiler: false,
        id: id.into(),
        video_cover: None,
        video_timestamp: None,
        ttl_seconds: None,
        query: None,
    };
    let request = send_media(album, media.into(), caption, random_id);
    let answer = transfers.call(core.session.home(), Kind::InOrder, request, SMALL).await?;
    sent_photo(core, album, answer, random_id).await
}

/// Sends a thumbnail that a message is to have.
pub(super) async fn save_thumb(
    core: &Core,
    transfers: &Transfers,
    jpeg: &[u8],
) -> Result<SavedThumb> {
    let file_id = chance::id()?;
    let part = Part {
        file: crate::model::UploadId(file_id),
        index: 0,
        total: 1,
        big: false,
        bytes: jpeg.to_vec(),
    };
    // Not behind the parts of files: small as it is, it would say nothing of how fast they go.
    save(core, transfers, Kind::Small, part).await?;
    Ok(SavedThumb { file_id, jpeg: jpeg.to_vec() })
}

fn send_media(
    album: &Album,
    media: enums::InputMedia,
    caption: &str,
    random_id: i64,
) -> functions::messages::SendMedia {
    let (message, entities) = caption::parse(caption);
    functions::messages::SendMedia {
        // Thousands of photos are no reason to ring anybody's telephone.
        silent: true,
        background: false,
        clear_draft: false,
        noforwards: false,
        update_stickersets_order: false,
        invert_media: false,
        allow_paid_floodskip: false,
        peer: input_peer(album),
        reply_to: None,
        media,
        message,
        random_id,
        reply_markup: None,
        entities: (!entities.is_empty()).then_some(entities),
        schedule_date: None,
        schedule_repeat_period: None,
        send_as: None,
        quick_reply_shortcut: None,
        effect: None,
        allow_paid_stars: None,
        suggested_post: None,
    }
}

fn media(outgoing: &Outgoing) -> enums::InputMedia {
    let (id, parts, name) = (outgoing.file.0, number(outgoing.parts), outgoing.name.clone());
    let file: enums::InputFile = if outgoing.big {
        types::InputFileBig { id, parts, name }.into()
    } else {
        small_file(id, parts, name)
    };
    if outgoing.as_photo {
        return types::InputMediaUploadedPhoto {
            spoiler: false,
            live_photo: false,
            file,
            stickers: None,
            ttl_seconds: None,
            video: None,
        }
        .into();
    }
    let thumb =
        outgoing.thumb.as_ref().map(|thumb| small_file(thumb.file_id, 1, "thumb.jpg".into()));
    types::InputMediaUploadedDocument {
        nosound_video: false,
        // A document stays what it is, byte for byte.
        force_file: true,
        spoiler: false,
        file,
        thumb,
        mime_type: outgoing.mime.clone(),
        attributes: attributes(outgoing),
        stickers: None,
        video_cover: None,
        video_timestamp: None,
        ttl_seconds: None,
    }
    .into()
}

/// A checksum may be given, and what Telegram holds is compared afterwards anyway: reckoning one
/// would cost as much as enciphering the file.
fn small_file(id: i64, parts: i32, name: String) -> enums::InputFile {
    types::InputFile { id, parts, name, md5_checksum: String::new() }.into()
}

fn attributes(outgoing: &Outgoing) -> Vec<enums::DocumentAttribute> {
    let (w, h) = (number(outgoing.size.width), number(outgoing.size.height));
    let mut attributes =
        vec![types::DocumentAttributeFilename { file_name: outgoing.name.clone() }.into()];
    if let Some(seconds) = outgoing.video_seconds {
        attributes.push(
            types::DocumentAttributeVideo {
                round_message: false,
                supports_streaming: true,
                nosound: false,
                duration: f64::from(seconds),
                w,
                h,
                preload_prefix_size: None,
                video_start_ts: None,
                video_codec: None,
            }
            .into(),
        );
    } else if !outgoing.size.is_empty() {
        attributes.push(types::DocumentAttributeImageSize { w, h }.into());
    }
    attributes
}

/// The photo in the answer: `updateMessageID` says which message it is. Where the answer has the
/// id alone, the message is fetched.
async fn sent_photo(
    core: &Core,
    album: &Album,
    answer: enums::Updates,
    random_id: i64,
) -> Result<Photo> {
    let id = match answer {
        enums::Updates::UpdateShortSentMessage(short) => short.id,
        answer => {
            let (updates, _) = updates(answer)
                .ok_or_else(|| TelegramError::unexpected(SEND, "no list of updates"))?;
            match find_sent(album, &updates, random_id) {
                Sent::Photo(photo) => return Ok(*photo),
                Sent::Id(id) => id,
                Sent::Nothing => {
                    return Err(TelegramError::unexpected(SEND, "no message"));
                }
            }
        }
    };
    let found = history::messages(core, album, &[MessageId(id)]).await?;
    found
        .into_iter()
        .find_map(|change| match change {
            Change::Photo(photo) => Some(*photo),
            _ => None,
        })
        .ok_or_else(|| TelegramError::unexpected(SEND, "a message without the file"))
}

enum Sent {
    Photo(Box<Photo>),
    Id(i32),
    Nothing,
}

fn find_sent(album: &Album, updates: &[enums::Update], random_id: i64) -> Sent {
    let id = updates.iter().find_map(|update| match update {
        enums::Update::MessageId(update) if update.random_id == random_id => Some(update.id),
        _ => None,
    });
    let arrived = updates.iter().filter_map(|update| match update {
        enums::Update::NewChannelMessage(new) => Some(&new.message),
        _ => None,
    });
    let photo = arrived
        .filter(|message| id.is_none_or(|id| message.id() == id))
        .find_map(|message| map::photo(album.id, message));
    match (photo, id) {
        (Some(photo), _) => Sent::Photo(Box::new(photo)),
        (None, Some(id)) => Sent::Id(id),
        (None, None) => Sent::Nothing,
    }
}

/// What this account may upload. <https://core.telegram.org/method/help.getAppConfig>
pub(super) async fn limits(core: &Core) -> Result<UploadLimits> {
    if let Some(known) = *core.limits.lock().await {
        return Ok(known);
    }
    let limits = match core.call(&functions::help::GetAppConfig { hash: 0 }, Care::USUAL).await {
        Ok(enums::help::AppConfig::Config(config)) => {
            let premium = is_premium(core).await?;
            max_parts(&config.config, premium)
                .map_or(USUAL_LIMITS, |max_parts| UploadLimits { max_parts, ..USUAL_LIMITS })
        }
        Ok(enums::help::AppConfig::NotModified) => USUAL_LIMITS,
        // A server that does not know the question has the documented limits.
        Err(TelegramError::Refused { name, .. }) => {
            tracing::debug!(name, "no application configuration");
            USUAL_LIMITS
        }
        Err(error) => return Err(error),
    };
    *core.limits.lock().await = Some(limits);
    Ok(limits)
}

async fn is_premium(core: &Core) -> Result<bool> {
    let request = functions::users::GetUsers { id: vec![enums::InputUser::UserSelf] };
    let users = core.call(&request, Care::USUAL).await?;
    Ok(users.iter().any(|user| matches!(user, enums::User::User(user) if user.premium)))
}

fn max_parts(config: &enums::Jsonvalue, premium: bool) -> Option<u32> {
    let wanted =
        if premium { "upload_max_fileparts_premium" } else { "upload_max_fileparts_default" };
    let enums::Jsonvalue::JsonObject(object) = config else { return None };
    object.value.iter().find_map(|enums::JsonobjectValue::JsonObjectValue(entry)| {
        match &entry.value {
            enums::Jsonvalue::JsonNumber(number) if entry.key == wanted => whole(number.value),
            _ => None,
        }
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "within the range that was just checked"
)]
fn whole(value: f64) -> Option<u32> {
    (1.0..=100_000.0).contains(&value).then_some(value as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PixelSize, UploadId};

    fn outgoing() -> Outgoing {
        Outgoing {
            file: UploadId(3),
            parts: 2,
            big: false,
            name: "a.jpg".into(),
            mime: "image/jpeg".into(),
            size: PixelSize::new(40, 30),
            video_seconds: None,
            thumb: None,
            caption: "sea".into(),
            as_photo: false,
            random_id: 99,
        }
    }

    #[test]
    fn a_document_is_told_to_stay_what_it_is() {
        let enums::InputMedia::UploadedDocument(sent) = media(&outgoing()) else {
            panic!("not a document")
        };
        assert!(sent.force_file);
        assert!(matches!(sent.file, enums::InputFile::File(file) if file.parts == 2));
        assert!(matches!(
            sent.attributes.as_slice(),
            [enums::DocumentAttribute::Filename(_), enums::DocumentAttribute::ImageSize(_)]
        ));
        let video = Outgoing { video_seconds: Some(7), big: true, ..outgoing() };
        let enums::InputMedia::UploadedDocument(sent) = media(&video) else {
            panic!("not a document")
        };
        assert!(matches!(sent.file, enums::InputFile::Big(_)));
        assert!(matches!(
            sent.attributes.as_slice(),
            [enums::DocumentAttribute::Filename(_), enums::DocumentAttribute::Video(_)]
        ));
        let photo = Outgoing { as_photo: true, ..outgoing() };
        assert!(matches!(media(&photo), enums::InputMedia::UploadedPhoto(_)));
    }

    #[test]
    fn the_account_s_own_limits_are_read() {
        let entry = |key: &str, value| {
            let value = types::JsonNumber { value }.into();
            types::JsonObjectValue { key: key.into(), value }.into()
        };
        let value = vec![
            entry("upload_max_fileparts_default", 4000.0),
            entry("upload_max_fileparts_premium", 8000.0),
        ];
        let config = types::JsonObject { value }.into();
        assert_eq!((max_parts(&config, false), max_parts(&config, true)), (Some(4000), Some(8000)));
        assert_eq!(max_parts(&enums::Jsonvalue::JsonNull, false), None);
    }
}
