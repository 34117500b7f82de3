//! What Telegram refuses is refused, by its code and its name, as the real client sees it.

#![expect(clippy::unwrap_used, reason = "what goes wrong here is what the test is to find")]

#[path = "support/client.rs"]
mod client;

use std::time::Duration;

use client::{Client, refusal};
use grammers_tl_types::{enums, functions as f, types as t};
use heliogram::sandbox::{AccountOption, Conditions, Faults, Sandbox, SandboxOptions};

const ANN: &str = "+9996621111";
const BEN: &str = "+9996622222";
const PART: usize = 512 * 1024;

/// A table of calls and what each is refused with; all are tried, the wrong ones listed together.
/// The client takes the first number out of a name and puts it behind.
#[derive(Default)]
struct Table(Vec<String>);

impl Table {
    fn add(&mut self, what: &str, wanted: &str, found: &str) {
        if found != wanted {
            self.0.push(format!("{what}: {found} instead of {wanted}"));
        }
    }

    fn done(self) {
        assert!(self.0.is_empty(), "{:#?}", self.0);
    }
}

/// `table, client; "CODE NAME" <- what: request;` for each row.
macro_rules! refused {
    ($table:expr, $client:expr; $($wanted:literal <- $what:literal: $request:expr;)+) => {$(
        let found = match $client.call(&$request).await {
            Ok(_) => "accepted".to_owned(),
            error => refusal(error.map(drop)),
        };
        $table.add($what, $wanted, &found);
    )+};
}

async fn sandbox(folder: &tempfile::TempDir) -> Sandbox {
    let account = |phone: &str| AccountOption { phone: phone.into(), password: None };
    Sandbox::start(SandboxOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        data: folder.path().to_owned(),
        ready_file: None,
        painted: None,
        accounts: vec![account(ANN), account(BEN)],
        conditions: Conditions::default(),
        faults: Faults::default(),
        fault_seed: 1,
    })
    .await
    .unwrap()
}

async fn signed_in(sandbox: &Sandbox, phone: &str) -> Client {
    let mut client = Client::new(sandbox, 2).await;
    client.sign_in(phone, "22222").await.unwrap();
    client
}

fn chat(updates: enums::Updates) -> t::Channel {
    let enums::Updates::Updates(all) = updates else { panic!() };
    let enums::Chat::Channel(channel) = all.chats.into_iter().next().unwrap() else { panic!() };
    channel
}

fn create(title: &str) -> f::channels::CreateChannel {
    f::channels::CreateChannel {
        broadcast: true,
        megagroup: false,
        for_import: false,
        forum: false,
        title: title.into(),
        about: String::new(),
        geo_point: None,
        address: None,
        ttl_period: None,
    }
}

fn peer(channel: &t::Channel) -> t::InputPeerChannel {
    t::InputPeerChannel { channel_id: channel.id, access_hash: channel.access_hash.unwrap() }
}

fn input(channel: &t::Channel) -> enums::InputChannel {
    let t::InputPeerChannel { channel_id, access_hash } = peer(channel);
    t::InputChannel { channel_id, access_hash }.into()
}

fn small(file_id: i64, file_part: i32, length: usize) -> f::upload::SaveFilePart {
    f::upload::SaveFilePart { file_id, file_part, bytes: vec![7; length] }
}

fn big(file_id: i64, file_part: i32, total: i32, length: usize) -> f::upload::SaveBigFilePart {
    let (file_total_parts, bytes) = (total, vec![7; length]);
    f::upload::SaveBigFilePart { file_id, file_part, file_total_parts, bytes }
}

fn small_file(id: i64, parts: i32) -> enums::InputFile {
    t::InputFile { id, parts, name: "a.bin".into(), md5_checksum: String::new() }.into()
}

fn big_file(id: i64, parts: i32) -> enums::InputFile {
    t::InputFileBig { id, parts, name: "a.bin".into() }.into()
}

fn document(file: enums::InputFile) -> enums::InputMedia {
    t::InputMediaUploadedDocument {
        nosound_video: false,
        force_file: true,
        spoiler: false,
        file,
        thumb: None,
        mime_type: "application/octet-stream".into(),
        attributes: vec![t::DocumentAttributeFilename { file_name: "a.bin".into() }.into()],
        stickers: None,
        video_cover: None,
        video_timestamp: None,
        ttl_seconds: None,
    }
    .into()
}

fn photo(file: enums::InputFile) -> enums::InputMedia {
    t::InputMediaUploadedPhoto {
        spoiler: false,
        live_photo: false,
        file,
        stickers: None,
        ttl_seconds: None,
        video: None,
    }
    .into()
}

fn send(
    peer: t::InputPeerChannel,
    media: enums::InputMedia,
    text: &str,
    random_id: i64,
) -> f::messages::SendMedia {
    f::messages::SendMedia {
        silent: false,
        background: false,
        clear_draft: false,
        noforwards: false,
        update_stickersets_order: false,
        invert_media: false,
        allow_paid_floodskip: false,
        peer: peer.into(),
        reply_to: None,
        media,
        message: text.into(),
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

fn history(peer: t::InputPeerChannel, limit: i32) -> f::messages::GetHistory {
    f::messages::GetHistory {
        peer: peer.into(),
        offset_id: 0,
        offset_date: 0,
        add_offset: 0,
        limit,
        max_id: 0,
        min_id: 0,
        hash: 0,
    }
}

fn search(peer: t::InputPeerChannel, q: &str, limit: i32) -> f::messages::Search {
    f::messages::Search {
        peer: peer.into(),
        q: q.into(),
        from_id: None,
        saved_peer_id: None,
        saved_reaction: None,
        top_msg_id: None,
        filter: enums::MessagesFilter::InputMessagesFilterEmpty,
        min_date: 0,
        max_date: 0,
        offset_id: 0,
        add_offset: 0,
        limit,
        max_id: 0,
        min_id: 0,
        hash: 0,
    }
}

fn messages(channel: enums::InputChannel, count: i32) -> f::channels::GetMessages {
    let id = (1..=count).map(|id| t::InputMessageId { id }.into()).collect();
    f::channels::GetMessages { channel, id }
}

/// A range of a document, with one thing about it changed.
fn range(
    of: &t::Document,
    offset: i64,
    limit: i32,
    change: impl FnOnce(&mut t::InputDocumentFileLocation),
) -> f::upload::GetFile {
    let mut location = t::InputDocumentFileLocation {
        id: of.id,
        access_hash: of.access_hash,
        file_reference: of.file_reference.clone(),
        thumb_size: String::new(),
    };
    change(&mut location);
    f::upload::GetFile {
        precise: false,
        cdn_supported: false,
        location: location.into(),
        offset,
        limit,
    }
}

/// A document that is there, of 3 parts.
async fn sent(client: &mut Client, channel: &t::Channel) -> t::Document {
    for part in 0..3 {
        assert!(client.call(&big(1, part, 3, PART)).await.unwrap());
    }
    let request = send(peer(channel), document(big_file(1, 3)), "", 1);
    let enums::Updates::Updates(all) = client.call(&request).await.unwrap() else { panic!() };
    let posted = all.updates.into_iter().find_map(|update| match update {
        enums::Update::NewChannelMessage(new) => Some(new.message),
        _ => None,
    });
    let Some(enums::Message::Message(message)) = posted else { panic!() };
    let Some(enums::MessageMedia::Document(media)) = message.media else { panic!() };
    let Some(enums::Document::Document(document)) = media.document else { panic!() };
    document
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_against_the_rules() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox(&folder).await;
    let mut ann = signed_in(&sandbox, ANN).await;
    let channel = chat(ann.call(&create("Rules")).await.unwrap());
    let mut table = Table::default();
    refused! { table, ann;
        "400 FILE_PART_EMPTY" <- "an empty part": small(10, 0, 0);
        "400 FILE_PART_TOO_BIG" <- "more than 512 KiB": small(10, 0, PART + 1024);
        "400 FILE_PART_INVALID" <- "a part below zero": small(10, -1, 1024);
        "400 FILE_PART_INVALID" <- "part 4000": small(10, 4000, 1024);
        "400 FILE_PARTS_INVALID" <- "4001 parts": big(10, 0, 4001, 1024);
        "400 FILE_PARTS_INVALID" <- "no parts at all": big(10, 0, 0, 1024);
        "400 FILE_PART_INVALID" <- "a part behind the last": big(10, 3, 3, 1024);
        "400 FILE_PART_SIZE_INVALID" <- "not a multiple of 1 KiB": big(10, 0, 3, 1000);
        "400 FILE_PART_SIZE_INVALID" <- "no divisor of 512 KiB": big(10, 0, 3, 3072);
    }
    assert!(ann.call(&big(11, 0, 3, 4096)).await.unwrap());
    refused! { table, ann;
        "400 FILE_PART_SIZE_CHANGED" <- "another size in the middle": big(11, 1, 3, 8192);
        "400 FILE_PART_MISSING 0" <- "nothing was uploaded":
            send(peer(&channel), document(small_file(12, 1)), "", 5);
        "400 FILE_PART_MISSING 1" <- "a part is missing":
            send(peer(&channel), document(big_file(11, 3)), "", 6);
        "400 FILE_PARTS_INVALID" <- "no parts": send(peer(&channel), document(small_file(12, 0)), "", 7);
    }
    // More than 10 MB by the call for small files.
    for part in 0..21 {
        assert!(ann.call(&small(13, part, PART)).await.unwrap());
    }
    for part in 0..2 {
        assert!(ann.call(&small(14, part, 1024)).await.unwrap());
    }
    let wrong = t::InputFile {
        id: 14,
        parts: 2,
        name: "a".into(),
        md5_checksum: "00000000000000000000000000000000".into(),
    };
    refused! { table, ann;
        "400 FILE_PARTS_INVALID" <- "10.5 MB as a small file":
            send(peer(&channel), document(small_file(13, 21)), "", 8);
        "400 FILE_PARTS_INVALID" <- "small parts as a big file":
            send(peer(&channel), document(big_file(14, 2)), "", 9);
        "400 FILE_PARTS_INVALID" <- "fewer parts than there are":
            send(peer(&channel), document(small_file(14, 1)), "", 10);
        "400 MD5_CHECKSUM_INVALID 5" <- "another checksum":
            send(peer(&channel), document(wrong.into()), "", 11);
        "400 IMAGE_PROCESS_FAILED" <- "no picture as a photo":
            send(peer(&channel), photo(small_file(14, 2)), "", 12);
        "400 MEDIA_CAPTION_TOO_LONG" <- "1025 characters":
            send(peer(&channel), document(small_file(14, 2)), &"x".repeat(1025), 13);
        "400 MEDIA_EMPTY" <- "no media": send(peer(&channel), enums::InputMedia::Empty, "", 14);
        "400 RANDOM_ID_EMPTY" <- "no random id":
            send(peer(&channel), document(small_file(14, 2)), "", 0);
    }
    // Nothing of it was posted, and what was refused can be sent rightly.
    ann.call(&send(peer(&channel), document(small_file(14, 2)), "", 15)).await.unwrap();
    refused! { table, ann;
        "500 RANDOM_ID_DUPLICATE" <- "a random id once more":
            send(peer(&channel), document(small_file(14, 2)), "", 15);
    }
    let enums::messages::Messages::ChannelMessages(page) =
        ann.call(&history(peer(&channel), 100)).await.unwrap()
    else {
        panic!()
    };
    assert_eq!(page.messages.len(), 2, "the channel's own note and the one file");
    table.done();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn downloads_against_the_rules() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox(&folder).await;
    let mut ann = signed_in(&sandbox, ANN).await;
    let channel = chat(ann.call(&create("Rules")).await.unwrap());
    let sent = sent(&mut ann, &channel).await;
    let same = |_: &mut t::InputDocumentFileLocation| ();
    let mut table = Table::default();
    refused! { table, ann;
        "400 OFFSET_INVALID" <- "a negative offset": range(&sent, -4096, 4096, same);
        "400 OFFSET_INVALID" <- "an odd offset": range(&sent, 1000, 4096, same);
        "400 LIMIT_INVALID" <- "nothing": range(&sent, 0, 0, same);
        "400 LIMIT_INVALID" <- "an odd length": range(&sent, 0, 5000, same);
        "400 LIMIT_INVALID" <- "no divisor of 1 MiB": range(&sent, 0, 12_288, same);
        "400 LIMIT_INVALID" <- "more than 1 MiB": range(&sent, 0, 2 << 20, same);
        "400 LIMIT_INVALID" <- "across a border of 1 MiB":
            range(&sent, (1 << 20) - 4096, 8192, same);
        "400 LOCATION_INVALID" <- "another file": range(&sent, 0, 4096, |it| it.id += 1);
        "400 LOCATION_INVALID" <- "a foreign access hash":
            range(&sent, 0, 4096, |it| it.access_hash += 1);
        "400 LOCATION_INVALID" <- "a size that is not there":
            range(&sent, 0, 4096, |it| it.thumb_size = "w".into());
        "400 FILE_REFERENCE_EMPTY" <- "no reference":
            range(&sent, 0, 4096, |it| it.file_reference.clear());
        "400 FILE_REFERENCE_INVALID" <- "a forged reference":
            range(&sent, 0, 4096, |it| it.file_reference[20] ^= 1);
    }
    let last = ann.call(&range(&sent, 1 << 20, 1 << 19, same)).await.unwrap();
    let enums::upload::File::File(last) = last else { panic!() };
    assert_eq!(last.bytes.len(), 1 << 19);
    let beyond = ann.call(&range(&sent, 3 << 20, 4096, same)).await.unwrap();
    assert!(matches!(beyond, enums::upload::File::File(it) if it.bytes.is_empty()));
    let soon = Some(Duration::ZERO);
    sandbox.set_faults(Faults { expire_references: soon, ..Faults::default() });
    refused! { table, ann;
        "400 FILE_REFERENCE_EXPIRED" <- "an old reference": range(&sent, 0, 4096, same);
    }
    table.done();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_peoples_albums_and_pages_that_are_too_long() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox(&folder).await;
    let mut ann = signed_in(&sandbox, ANN).await;
    let mut ben = signed_in(&sandbox, BEN).await;
    let channel = chat(ann.call(&create("Mine")).await.unwrap());
    let sent = sent(&mut ann, &channel).await;
    let mut guess = peer(&channel);
    guess.access_hash += 1;
    let mut table = Table::default();
    refused! { table, ben;
        "400 CHANNEL_INVALID" <- "history by Ann's access hash": history(peer(&channel), 10);
        "400 CHANNEL_INVALID" <- "messages by Ann's access hash": messages(input(&channel), 2);
        "400 CHANNEL_INVALID" <- "deleting her album":
            f::channels::DeleteChannel { channel: input(&channel) };
        "400 CHANNEL_INVALID" <- "deleting her messages":
            f::channels::DeleteMessages { channel: input(&channel), id: vec![2] };
        "400 CHANNEL_INVALID" <- "another title":
            f::channels::EditTitle { channel: input(&channel), title: "Ben's".into() };
        "400 CHANNEL_INVALID" <- "following it":
            f::updates::GetChannelDifference {
                force: false,
                channel: input(&channel),
                filter: enums::ChannelMessagesFilter::Empty,
                pts: 1,
                limit: 100,
            };
        "400 CHANNEL_INVALID" <- "sending into it":
            send(peer(&channel), enums::InputMedia::Empty, "", 3);
        "400 FILE_PART_MISSING 0" <- "Ann's parts": f::messages::UploadMedia {
            business_connection_id: None,
            peer: enums::InputPeer::PeerSelf,
            media: document(big_file(1, 3)),
        };
    }
    refused! { table, ann;
        "400 CHANNEL_INVALID" <- "a guessed access hash": history(guess, 10);
        "400 PEER_ID_INVALID" <- "nobody's history": f::messages::GetHistory {
            peer: enums::InputPeer::Empty,
            ..history(peer(&channel), 10)
        };
        "400 LIMIT_INVALID" <- "history of 101": history(peer(&channel), 101);
        "400 LIMIT_INVALID" <- "search of 101": search(peer(&channel), "", 101);
        "400 LIMIT_INVALID" <- "search for words, of 101": search(peer(&channel), "sea", 101);
        "400 LIMIT_INVALID" <- "101 messages": messages(input(&channel), 101);
        "400 MESSAGE_IDS_EMPTY" <- "no messages": messages(input(&channel), 0);
        "400 LIMIT_INVALID" <- "deleting 101": f::channels::DeleteMessages {
            channel: input(&channel),
            id: (2..=102).collect(),
        };
        "400 CHAT_TITLE_EMPTY" <- "no title": create("  ");
        "400 CHAT_NOT_MODIFIED" <- "the same title":
            f::channels::EditTitle { channel: input(&channel), title: "Mine".into() };
    }
    let page = ann.call(&history(peer(&channel), 100)).await.unwrap();
    assert!(matches!(page, enums::messages::Messages::ChannelMessages(it) if it.count == 2));
    ann.call(&f::channels::DeleteChannel { channel: input(&channel) }).await.unwrap();
    refused! { table, ann;
        "400 CHANNEL_PRIVATE" <- "an album that was deleted": history(peer(&channel), 10);
    }
    drop(sent);
    table.done();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_and_unknown_calls() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox(&folder).await;
    let mut nobody = Client::new(&sandbox, 2).await;
    let mut table = Table::default();
    let state = f::updates::GetState {};
    refused! { table, nobody;
        "401 AUTH_KEY_UNREGISTERED" <- "updates without a sign-in": state;
        "401 AUTH_KEY_UNREGISTERED" <- "an upload without a sign-in": small(1, 0, 1024);
        "401 AUTH_KEY_UNREGISTERED" <- "an album without a sign-in": create("x");
        "400 PHONE_CODE_HASH_EMPTY" <- "a code that was not asked for": f::auth::SignIn {
            phone_number: ANN.into(),
            phone_code_hash: String::new(),
            phone_code: Some("22222".into()),
            email_verification: None,
        };
        "400 PHONE_CODE_EXPIRED" <- "a code of another time": f::auth::SignIn {
            phone_number: ANN.into(),
            phone_code_hash: "0123456789abcdef".into(),
            phone_code: Some("22222".into()),
            email_verification: None,
        };
    }
    let mut ann = signed_in(&sandbox, ANN).await;
    let unknown = ann.call(&f::messages::GetAllStickers { hash: 0 }).await;
    let found = refusal(unknown);
    assert!(found.starts_with("400 INPUT_METHOD_INVALID"), "{found}");
    ann.call(&f::auth::LogOut {}).await.unwrap();
    refused! { table, ann;
        "401 AUTH_KEY_UNREGISTERED" <- "after signing out": state;
    }
    assert_eq!(sandbox.calls()["messages.getAllStickers"], 1, "counted by name");
    table.done();
}
