//! The sandbox as a process that is killed while it takes parts and messages: whatever it had
//! acknowledged is there when it runs again.

#[path = "support/client.rs"]
mod client;
#[path = "support/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use client::{Client, exchange};
use grammers_tl_types::{enums, functions as f, types as t};
use program::{SandboxProcess, until};

const PART: usize = 64 * 1024;
const PARTS: i32 = 400;
const FILE: i64 = 77;

/// What the server said that it has.
#[derive(Default)]
struct Acknowledged {
    parts: BTreeSet<i32>,
    texts: BTreeSet<i32>,
}

/// The bytes of a part, unlike those of any other.
fn bytes(part: i32) -> Vec<u8> {
    let mut state = u64::try_from(part).expect("counted from 0").wrapping_add(1) << 20;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..PART / 8).flat_map(|_| next()).collect()
}

fn part(number: i32) -> f::upload::SaveBigFilePart {
    f::upload::SaveBigFilePart {
        file_id: FILE,
        file_part: number,
        file_total_parts: PARTS,
        bytes: bytes(number),
    }
}

fn text(peer: t::InputPeerChannel, number: i32) -> f::messages::SendMessage {
    f::messages::SendMessage {
        no_webpage: true,
        silent: false,
        background: false,
        clear_draft: false,
        noforwards: false,
        update_stickersets_order: false,
        invert_media: false,
        allow_paid_floodskip: false,
        peer: peer.into(),
        reply_to: None,
        message: format!("text {number}"),
        random_id: i64::from(number) + 1,
        reply_markup: None,
        entities: None,
        schedule_date: None,
        schedule_repeat_period: None,
        send_as: None,
        quick_reply_shortcut: None,
        effect: None,
        allow_paid_stars: None,
        suggested_post: None,
        rich_message: None,
    }
}

fn address(sandbox: &SandboxProcess) -> SocketAddr {
    sandbox.text("address").parse().expect("an address")
}

async fn album(client: &mut Client) -> t::InputPeerChannel {
    let request = f::channels::CreateChannel {
        broadcast: true,
        megagroup: false,
        for_import: false,
        forum: false,
        title: "Album".into(),
        about: String::new(),
        geo_point: None,
        address: None,
        ttl_period: None,
    };
    let made = client.call(&request).await.expect("an album");
    let enums::Updates::Updates(all) = made else { panic!("{made:?}") };
    let enums::Chat::Channel(channel) = &all.chats[0] else { panic!("{all:?}") };
    let access_hash = channel.access_hash.expect("one's own");
    t::InputPeerChannel { channel_id: channel.id, access_hash }
}

/// The texts of an album, as numbers.
async fn texts(client: &mut Client, peer: &t::InputPeerChannel) -> Vec<i32> {
    let (mut found, mut offset_id) = (Vec::new(), 0);
    loop {
        let request = f::messages::GetHistory {
            peer: peer.clone().into(),
            offset_id,
            offset_date: 0,
            add_offset: 0,
            limit: 100,
            max_id: 0,
            min_id: 0,
            hash: 0,
        };
        let page = client.call(&request).await.expect("history");
        let enums::messages::Messages::ChannelMessages(page) = page else { panic!("{page:?}") };
        for message in &page.messages {
            if let enums::Message::Message(message) = message {
                let number = message.message.strip_prefix("text ").expect("one of ours");
                found.push(number.parse().expect("a number"));
            }
            offset_id = message.id();
        }
        if page.messages.is_empty() {
            return found;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_after_a_kill() {
    let mut sandbox = SandboxProcess::start(&[]);
    let key = exchange(address(&sandbox), sandbox.text("rsa_public_key")).await;
    let mut first = Client::with_key(address(&sandbox), key).await.expect("a connection");
    first.sign_in(sandbox.text("phone"), sandbox.text("code")).await.expect("signed in");
    let peer = album(&mut first).await;

    let acknowledged = Arc::new(Mutex::new(Acknowledged::default()));
    let mut tasks = Vec::new();
    for start in 0..3 {
        let acknowledged = Arc::clone(&acknowledged);
        let mut client = Client::with_key(address(&sandbox), key).await.expect("a connection");
        tasks.push(tokio::spawn(async move {
            for number in (start..PARTS).step_by(3) {
                if client.call(&part(number)).await.is_err() {
                    return;
                }
                acknowledged.lock().expect("nobody panics").parts.insert(number);
            }
        }));
    }
    let (said, to) = (Arc::clone(&acknowledged), peer.clone());
    tasks.push(tokio::spawn(async move {
        for number in 0.. {
            if first.call(&text(to.clone(), number)).await.is_err() {
                return;
            }
            said.lock().expect("nobody panics").texts.insert(number);
        }
    }));
    tokio::task::block_in_place(|| {
        until("some of it is acknowledged", || {
            let now = acknowledged.lock().expect("nobody panics");
            let (parts, texts) = (now.parts.len(), now.texts.len());
            if parts >= 40 && texts >= 20 {
                return Ok(());
            }
            Err(format!("{parts} parts, {texts} texts"))
        });
        sandbox.restart(&[]);
    });
    for task in tasks {
        task.await.expect("it ends with the connection");
    }

    let acknowledged = std::mem::take(&mut *acknowledged.lock().expect("nobody panics"));
    assert!(acknowledged.parts.len() < usize::try_from(PARTS).expect("few"), "killed in time");
    let mut client = Client::with_key(address(&sandbox), key).await.expect("the key is known");
    let found = texts(&mut client, &peer).await;
    let kept: BTreeSet<i32> = found.iter().copied().collect();
    assert!(kept.is_superset(&acknowledged.texts), "{kept:?}");
    assert_eq!(kept.len(), found.len(), "none is there twice");
    // One may have been written whose answer was lost; its random id says so.
    assert!(kept.len() <= acknowledged.texts.len() + 1);

    // Only what was never acknowledged is sent, and the file is whole.
    for number in (0..PARTS).filter(|number| !acknowledged.parts.contains(number)) {
        assert!(client.call(&part(number)).await.expect("it is taken"));
    }
    let media = t::InputMediaUploadedDocument {
        nosound_video: false,
        force_file: true,
        spoiler: false,
        file: t::InputFileBig { id: FILE, parts: PARTS, name: "a.bin".into() }.into(),
        thumb: None,
        mime_type: "application/octet-stream".into(),
        attributes: Vec::new(),
        stickers: None,
        video_cover: None,
        video_timestamp: None,
        ttl_seconds: None,
    };
    let request = f::messages::UploadMedia {
        business_connection_id: None,
        peer: enums::InputPeer::PeerSelf,
        media: media.into(),
    };
    let media = client.call(&request).await.expect("every part is there");
    let enums::MessageMedia::Document(media) = media else { panic!("{media:?}") };
    let Some(enums::Document::Document(document)) = media.document else { panic!("no document") };
    for number in 0..PARTS {
        let location = t::InputDocumentFileLocation {
            id: document.id,
            access_hash: document.access_hash,
            file_reference: document.file_reference.clone(),
            thumb_size: String::new(),
        };
        let limit = i32::try_from(PART).expect("small");
        let request = f::upload::GetFile {
            precise: false,
            cdn_supported: false,
            location: location.into(),
            offset: i64::from(number * limit),
            limit,
        };
        let piece = client.call(&request).await.expect("a piece");
        let enums::upload::File::File(piece) = piece else { panic!("{piece:?}") };
        assert!(piece.bytes == bytes(number), "part {number} differs");
    }
}
