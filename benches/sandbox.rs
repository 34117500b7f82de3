//! What the sandbox costs: a million painted photographs, and bytes through its sockets.
//!
//! The sandbox is a process of its own; the client is grammers' bare sender, one call in flight a
//! connection, nothing compressed. `cargo bench --bench sandbox -- [PHOTOS] [MB]`.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::cast_precision_loss, reason = "figures are shown with a few digits")]

#[path = "../tests/support/client.rs"]
mod client;
#[path = "support/sandbox.rs"]
mod sandbox;

use std::time::{Duration, Instant};

use client::{Client, exchange, hello};
use grammers_mtproto::{mtp, transport};
use grammers_mtsender::{Sender, ServerAddr};
use grammers_tl_types::{RemoteCall, enums, functions as f, types as t};
use sandbox::{Ready, SandboxProcess};

const PART: usize = 512 * 1024;

/// Megabytes that a process has in use now; none where the system does not tell.
fn resident(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1000)
}

/// A connection on which nothing is compressed.
async fn connect(ready: &Ready, key: [u8; 256]) -> Client {
    let mtp = mtp::Encrypted::build().compression_threshold(None).finish(key);
    let address = ready.address;
    let sender = Sender::connect(transport::Full::new(), mtp, ServerAddr::Tcp { address })
        .await
        .expect("a connection");
    let mut client = Client { sender, address, key };
    ask(&mut client, &hello()).await;
    client
}

async fn ask<R: RemoteCall>(client: &mut Client, request: &R) -> R::Return {
    client.call(request).await.expect("an answer")
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Median and worst of several.
fn row(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let (middle, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!("{what:<34} {:>8.1} ms, worst {:>8.1} ms", milliseconds(middle), milliseconds(worst));
}

/// The albums, largest first.
async fn albums(client: &mut Client) -> Vec<t::InputPeerChannel> {
    let request = f::messages::GetDialogs {
        exclude_pinned: false,
        folder_id: None,
        offset_date: 0,
        offset_id: 0,
        offset_peer: enums::InputPeer::Empty,
        limit: 100,
        hash: 0,
    };
    let enums::messages::Dialogs::Dialogs(all) = ask(client, &request).await else {
        panic!("all albums in one answer")
    };
    let mut found: Vec<(i32, t::InputPeerChannel)> = Vec::new();
    for (dialog, chat) in all.dialogs.into_iter().zip(all.chats) {
        if let (enums::Dialog::Dialog(dialog), enums::Chat::Channel(channel)) = (dialog, chat) {
            let access_hash = channel.access_hash.expect("one's own");
            found.push((
                dialog.top_message,
                t::InputPeerChannel { channel_id: channel.id, access_hash },
            ));
        }
    }
    found.sort_by_key(|(top, _)| std::cmp::Reverse(*top));
    found.into_iter().map(|(_, peer)| peer).collect()
}

fn documents(page: enums::messages::Messages) -> Vec<t::Document> {
    let enums::messages::Messages::ChannelMessages(page) = page else { panic!("a channel's") };
    let document = |message| {
        let enums::Message::Message(message) = message else { return None };
        let Some(enums::MessageMedia::Document(media)) = message.media else { return None };
        let Some(enums::Document::Document(document)) = media.document else { return None };
        (document.mime_type == "image/jpeg").then_some(document)
    };
    page.messages.into_iter().filter_map(document).collect()
}

fn range(of: &t::Document, thumb: &str, offset: i64, limit: i32) -> f::upload::GetFile {
    let location = t::InputDocumentFileLocation {
        id: of.id,
        access_hash: of.access_hash,
        file_reference: of.file_reference.clone(),
        thumb_size: thumb.into(),
    };
    let location = location.into();
    f::upload::GetFile { precise: true, cdn_supported: false, location, offset, limit }
}

/// History, thumbnails, heads and whole files of what is painted.
async fn painted(client: &mut Client) {
    let albums = albums(client).await;
    let (mut cold, mut warm, mut sample) = (Vec::new(), Vec::new(), Vec::new());
    for peer in &albums[..4] {
        for page in 0..12 {
            let request = f::messages::GetHistory {
                peer: peer.clone().into(),
                offset_id: 12_000 - page * 100,
                offset_date: 0,
                add_offset: 0,
                limit: 100,
                max_id: 0,
                min_id: 0,
                hash: 0,
            };
            for times in [&mut cold, &mut warm] {
                let begun = Instant::now();
                let answer = ask(client, &request).await;
                times.push(begun.elapsed());
                sample = documents(answer);
            }
        }
    }
    row("page of 100, never asked before", cold);
    row("page of 100, again", warm);
    for (what, thumb, limit) in
        [("thumbnail of 320 px", "m", 65_536), ("head of 64 KiB", "", 65_536)]
    {
        let mut times = Vec::new();
        for document in &sample {
            let begun = Instant::now();
            ask(client, &range(document, thumb, 0, limit)).await;
            times.push(begun.elapsed());
        }
        row(what, times);
    }
    let (mut first, mut megapixels) = (Vec::new(), 0.0);
    for document in sample.iter().take(12) {
        for attribute in &document.attributes {
            if let enums::DocumentAttribute::ImageSize(size) = attribute {
                megapixels += f64::from(size.w) * f64::from(size.h) / 1e6;
            }
        }
        let begun = Instant::now();
        ask(client, &range(document, "", 1 << 19, 1 << 19)).await;
        first.push(begun.elapsed());
    }
    let all: Duration = first.iter().sum();
    println!("{:<34} {:>8.1} ms a megapixel", "whole files", milliseconds(all) / megapixels);
    row("whole file, of many sizes", first);
    let request = f::messages::GetSearchResultsCalendar {
        peer: albums[0].clone().into(),
        saved_peer_id: None,
        filter: enums::MessagesFilter::InputMessagesFilterDocument,
        offset_id: 0,
        offset_date: 0,
    };
    let mut times = Vec::new();
    for _ in 0..8 {
        let begun = Instant::now();
        ask(client, &request).await;
        times.push(begun.elapsed());
    }
    row("calendar, the first counts kinds", times);
}

/// Megabytes a second through so many connections, each with one call in flight.
async fn throughput(ready: &Ready, key: [u8; 256], connections: usize, megabytes: usize) {
    let parts = (megabytes * 1_000_000 / PART / connections).max(1);
    let noise: Vec<u8> = {
        let mut state = 1u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        (0..PART / 8).flat_map(|_| next().to_le_bytes()).collect()
    };
    let total = i32::try_from(parts).expect("few parts");
    let mut clients = Vec::new();
    for _ in 0..connections {
        clients.push(connect(ready, key).await);
    }
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for (mut client, number) in clients.into_iter().zip(1_i64..) {
        let noise = noise.clone();
        tasks.push(tokio::spawn(async move {
            let file_id = i64::try_from(connections).expect("few") << 8 | number;
            let mut part = f::upload::SaveBigFilePart {
                file_id,
                file_part: 0,
                file_total_parts: total,
                bytes: noise,
            };
            for number in 0..total {
                part.file_part = number;
                ask(&mut client, &part).await;
            }
            let media = t::InputMediaUploadedDocument {
                nosound_video: false,
                force_file: true,
                spoiler: false,
                file: t::InputFileBig { id: file_id, parts: total, name: "noise".into() }.into(),
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
            let media = ask(&mut client, &request).await;
            let enums::MessageMedia::Document(media) = media else { panic!("a document") };
            let Some(enums::Document::Document(document)) = media.document else { panic!("one") };
            (client, document)
        }));
    }
    let mut sent = Vec::new();
    for task in tasks {
        sent.push(task.await.expect("it ends"));
    }
    let up = begun.elapsed();
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for (mut client, document) in sent {
        tasks.push(tokio::spawn(async move {
            for number in 0..i64::from(total) {
                let piece = range(&document, "", number * (1 << 19), 1 << 19);
                let enums::upload::File::File(piece) = ask(&mut client, &piece).await else {
                    panic!("bytes")
                };
                assert_eq!(piece.bytes.len(), PART);
            }
        }));
    }
    for task in tasks {
        task.await.expect("it ends");
    }
    let down = begun.elapsed();
    let rate = |time: Duration| (parts * connections * PART) as f64 / 1e6 / time.as_secs_f64();
    println!("{connections} connections: up {:>6.0} MB/s, down {:>6.0} MB/s", rate(up), rate(down));
}

#[tokio::main]
async fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse::<u64>().ok());
    let photos = numbers.next().unwrap_or(1_000_000);
    let megabytes = usize::try_from(numbers.next().unwrap_or(400)).expect("fewer");
    let folder = tempfile::TempDir::new().expect("a folder");
    let process = SandboxProcess::start(folder.path(), &["--photos", &photos.to_string()]);
    println!("{photos} photographs: ready after {:.0} ms", milliseconds(process.took));
    let memory = || {
        let megabytes = resident(process.id());
        println!("memory: {} MB", megabytes.map_or("?".into(), |mb| mb.to_string()));
    };
    let ready = &process.ready;
    let key = exchange(ready.address, &ready.rsa_public_key).await;
    let mut client = connect(ready, key).await;
    client.sign_in(&ready.phone, &ready.code).await.expect("the code is right");
    painted(&mut client).await;
    memory();
    for connections in [1, 4, 8] {
        throughput(ready, key, connections, megabytes).await;
    }
    memory();
}
