//! A first synchronisation, against a loop that asks for one page of history after the other.
//!
//! The sandbox is a process of its own, and so is each of ours, so that memory and processor time
//! are those of the client alone. `cargo bench --bench sync -- [PHOTOS] [RTT_MS]`. Without a
//! round trip the loop is left out: it would only measure the sandbox.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::cast_precision_loss, reason = "figures are shown with a few digits")]

#[path = "../tests/support/client.rs"]
mod client;
#[path = "support/sandbox.rs"]
mod sandbox;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use client::{Client, exchange, hello};
use grammers_tl_types::{enums, functions as f, types as t};
use heliogram::config::Settings;
use heliogram::engine::{ConnectionState, Engine, Event, Headless, Want, WantList};
use heliogram::model::{PhotoId, PhotoRef, PixelSize, Rendition};
use sandbox::{Ready, SandboxProcess};

/// Photos of a first screen.
const SCREEN: usize = 40;
/// A bench that hangs tells nothing.
const PATIENCE: Duration = Duration::from_mins(10);

/// Processor time of a process (user, system) in seconds; none where the system does not tell.
fn processor(id: &str) -> Option<(f64, f64)> {
    /// Linux counts in hundredths.
    const TICK: f64 = 0.01;
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(") ")?;
    let mut numbers = after_name.split(' ').skip(11);
    let mut next = || numbers.next()?.parse::<f64>().ok();
    Some((next()? * TICK, next()? * TICK))
}

fn since(before: Option<(f64, f64)>, id: &str) -> String {
    match (before, processor(id)) {
        (Some(before), Some(now)) => {
            format!("{:.1} s user, {:.1} s system", now.0 - before.0, now.1 - before.1)
        }
        _ => "unknown".to_owned(),
    }
}

/// The whole synchronisation from an empty home; a process of its own.
fn ours(ready: &Path, home: &Path) {
    let engine = Ready::read(ready).signed_in(home);
    let before = processor("self");
    let begun = Instant::now();
    let report = engine.sync().expect("it syncs");
    let seconds = begun.elapsed().as_secs_f64();
    let memory = heliogram::platform::usage::peak_memory().unwrap_or(0) / 1_000_000;
    let cpu = since(before, "self");
    println!("{seconds} {} photos; processor {cpu}; memory at its peak {memory} MB", report.added);
}

/// Albums and pages of history, one request at a time.
async fn one_by_one(ready: &Ready) -> (Duration, usize) {
    let key = exchange(ready.address, &ready.rsa_public_key).await;
    let mut client = Client::connect(ready.address, key).await.expect("a connection");
    client.call(&hello()).await.expect("an introduction");
    client.sign_in(&ready.phone, &ready.code).await.expect("the code is right");
    let begun = Instant::now();
    let mut messages = 0;
    for peer in albums(&mut client).await {
        let mut below = 0;
        loop {
            let request = f::messages::GetHistory {
                peer: peer.clone().into(),
                offset_id: below,
                offset_date: 0,
                add_offset: 0,
                limit: 100,
                max_id: 0,
                min_id: 0,
                hash: 0,
            };
            let page = client.call(&request).await.expect("a page");
            let enums::messages::Messages::ChannelMessages(page) = page else { panic!("a page") };
            let Some(oldest) = page.messages.iter().map(enums::Message::id).min() else { break };
            messages += page.messages.len();
            below = oldest;
        }
    }
    (begun.elapsed(), messages)
}

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
    let answer = client.call(&request).await.expect("the albums");
    let enums::messages::Dialogs::Dialogs(all) = answer else { panic!("all in one answer") };
    let peer = |chat| match chat {
        enums::Chat::Channel(channel) => Some(t::InputPeerChannel {
            channel_id: channel.id,
            access_hash: channel.access_hash.expect("one's own"),
        }),
        _ => None,
    };
    all.chats.into_iter().filter_map(peer).collect()
}

/// The photos sent last, newest first.
fn newest(engine: &Headless) -> Vec<PhotoId> {
    let albums = engine.albums().expect("the albums are there");
    let mut all: Vec<(i64, PhotoId)> = Vec::new();
    for row in albums {
        let photos = engine.list(row.album.id).expect("its photos are there");
        all.extend(photos.iter().take(SCREEN).map(|photo| (photo.sent, photo.id)));
    }
    all.sort_unstable_by(|a, b| b.cmp(a));
    all.into_iter().take(SCREEN).map(|(_, id)| id).collect()
}

/// When the window's engine has the newest photos, with a placeholder and then with a thumbnail,
/// from the moment when it is connected.
fn first_screen(ready: &Ready, home: &Path, wanted: &[PhotoId]) -> (Duration, Duration, usize) {
    drop(ready.signed_in(home));
    let thread = std::thread::current();
    let engine =
        Engine::start(ready.config(home, Settings::default()), Arc::new(move || thread.unpark()));
    let engine = engine.expect("the engine starts");
    let (mut online, mut listed, mut news) = (None, None, 0);
    let mut missing: BTreeSet<PhotoId> = wanted.iter().copied().collect();
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < PATIENCE, "{} thumbnails are missing", missing.len());
        match engine.poll() {
            Some(Event::Connection(ConnectionState::Online)) => {
                online.get_or_insert_with(Instant::now);
            }
            Some(Event::Changed(changed)) => {
                news += 1;
                let photo = |id: &PhotoId| changed.library.photo(*id);
                let is_ready = |photo: PhotoRef<'_>| photo.blur().is_some();
                if listed.is_none() && wanted.iter().all(|id| photo(id).is_some_and(is_ready)) {
                    listed = Some(Instant::now());
                    let fit = PixelSize::new(320, 320);
                    let rendition = Rendition::Thumbnail;
                    let want = |photo: &PhotoId| Want { photo: *photo, rendition, fit };
                    engine.want(WantList { wants: wanted.iter().map(want).collect() });
                }
            }
            Some(Event::Picture(picture)) if picture.rendition == Rendition::Thumbnail => {
                missing.remove(&picture.photo);
            }
            Some(_) => {}
            None => std::thread::park_timeout(Duration::from_millis(5)),
        }
        if let (Some(online), Some(listed)) = (online, listed)
            && missing.is_empty()
        {
            return (listed - online, online.elapsed(), news);
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, ready, home] = &arguments[..]
        && command == "ours"
    {
        return ours(Path::new(ready), Path::new(home));
    }
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse::<u64>().ok());
    let photos = numbers.next().unwrap_or(100_000);
    let rtt_ms = numbers.next().unwrap_or(50);
    let folder = tempfile::TempDir::new().expect("a folder");
    let (count, rtt) = (photos.to_string(), rtt_ms.to_string());
    let process = SandboxProcess::start(folder.path(), &["--photos", &count, "--rtt", &rtt]);
    let sandbox = process.id().to_string();
    let ready = &process.ready;
    println!("{photos} photos, round trip {rtt_ms} ms");

    let stock = (rtt_ms > 0).then(|| {
        let before = processor(&sandbox);
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let (time, messages) = runtime.block_on(one_by_one(ready));
        let cpu = since(before, &sandbox);
        println!("one by one {:>7.1} s, {messages} messages; sandbox {cpu}", time.as_secs_f64());
        time
    });

    let before = processor(&sandbox);
    let home = folder.path().join("ours");
    let child = Command::new(std::env::current_exe().expect("this program"))
        .args([Path::new("ours"), &process.ready_file, &home])
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&child.stdout);
    let (seconds, rest) = said.trim().split_once(' ').expect("figures");
    let seconds: f64 = seconds.parse().expect("seconds");
    println!("ours       {seconds:>7.1} s, {rest}; sandbox {}", since(before, &sandbox));
    if let Some(stock) = stock {
        println!("           {:>7.1} times as fast", stock.as_secs_f64() / seconds);
    }

    if rtt_ms > 0 {
        let config = ready.config(&home, Settings::default());
        let known = newest(&Headless::open(config).expect("the home opens"));
        let (told, shown, news) = first_screen(ready, &folder.path().join("window"), &known);
        let trips = |time: Duration| time.as_secs_f64() * 1e3 / rtt_ms as f64;
        println!(
            "newest {SCREEN}: told {:.1} round trips after the connection, with thumbnails {:.1}; \
             {news} pieces of news until then",
            trips(told),
            trips(shown)
        );
    }
}
