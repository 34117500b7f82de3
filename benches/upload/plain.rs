//! The plain way: one connection, one part at a time, nothing compressed, then the message.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use grammers_mtproto::{mtp, transport};
use grammers_mtsender::{Sender, ServerAddr};
use grammers_tl_types::{enums, functions as f, types as t};

use crate::client::{Client, exchange, hello};
use crate::sandbox::Ready;
use crate::stock::new_album;

const PART: usize = 512 * 1024;
const BIG: usize = 10 * 1024 * 1024;

/// How long it takes to send `files`, one after the other.
pub(crate) async fn upload(ready: &Ready, files: &[PathBuf]) -> Duration {
    let key = exchange(ready.address, &ready.rsa_public_key).await;
    let mtp = mtp::Encrypted::build().compression_threshold(None).finish(key);
    let address = ServerAddr::Tcp { address: ready.address };
    let sender = Sender::connect(transport::Full::new(), mtp, address).await.expect("a line");
    let mut client = Client { sender, address: ready.address, key };
    client.call(&hello()).await.expect("it is greeted");
    client.sign_in(&ready.phone, &ready.code).await.expect("the code is right");
    let made = client.call(&new_album("Plain")).await.expect("a channel");
    let enums::Updates::Updates(made) = made else { panic!("it answers with updates") };
    let Some(enums::Chat::Channel(channel)) = made.chats.into_iter().next() else {
        panic!("a channel")
    };
    let access_hash = channel.access_hash.expect("one's own");
    let album = t::InputPeerChannel { channel_id: channel.id, access_hash };
    let begun = Instant::now();
    for (path, number) in files.iter().zip(1_i64..) {
        let bytes = std::fs::read(path).expect("the file can be read");
        let file = parts(&mut client, number, &bytes).await;
        let request = message(&album, file, path, number);
        client.call(&request).await.expect("it is sent");
    }
    begun.elapsed()
}

async fn parts(client: &mut Client, id: i64, bytes: &[u8]) -> enums::InputFile {
    let total = i32::try_from(bytes.len().div_ceil(PART)).expect("few parts");
    let is_big = bytes.len() > BIG;
    let name = "photo.jpg".to_owned();
    for (part, number) in bytes.chunks(PART).zip(0..) {
        let bytes = part.to_vec();
        let saved = if is_big {
            let (file_id, file_part, file_total_parts) = (id, number, total);
            let part = f::upload::SaveBigFilePart { file_id, file_part, file_total_parts, bytes };
            client.call(&part).await
        } else {
            client.call(&f::upload::SaveFilePart { file_id: id, file_part: number, bytes }).await
        };
        assert!(saved.expect("it is saved"));
    }
    if is_big {
        return t::InputFileBig { id, parts: total, name }.into();
    }
    t::InputFile { id, parts: total, name, md5_checksum: String::new() }.into()
}

fn message(
    album: &t::InputPeerChannel,
    file: enums::InputFile,
    path: &std::path::Path,
    random_id: i64,
) -> f::messages::SendMedia {
    let file_name = path.file_name().expect("a name").to_string_lossy().into_owned();
    let media = t::InputMediaUploadedDocument {
        nosound_video: false,
        force_file: true,
        spoiler: false,
        file,
        thumb: None,
        mime_type: "image/jpeg".into(),
        attributes: vec![t::DocumentAttributeFilename { file_name }.into()],
        stickers: None,
        video_cover: None,
        video_timestamp: None,
        ttl_seconds: None,
    };
    f::messages::SendMedia {
        silent: true,
        background: false,
        clear_draft: false,
        noforwards: false,
        update_stickersets_order: false,
        invert_media: false,
        allow_paid_floodskip: false,
        peer: album.clone().into(),
        reply_to: None,
        media: media.into(),
        message: String::new(),
        random_id,
        reply_markup: None,
        entities: None,
        schedule_date: None,
        schedule_repeat_period: None,
        send_as: None,
        quick_reply_shortcut: None,
        effect: None,
        allow_paid_stars: None,
        suggested_post: None,
    }
}
