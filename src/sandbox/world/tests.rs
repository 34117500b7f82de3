//! The world through its calls, as a client would make them, without any wire.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "the numbers of these tests are small"
)]

mod albums;
mod files;
mod log;
mod painted;
mod posts;

use std::path::Path;
use std::sync::{Arc, Mutex};

use grammers_tl_types::{Deserializable, Identifiable, RemoteCall, enums, functions as f, types};
use redb::Database;

use super::World;
use crate::sandbox::hub::SessionId;
use crate::sandbox::rpc::Caller;
use crate::sandbox::rpc::world::{Call, Outside, carry_out};
use crate::sandbox::server::DCS;
use crate::sandbox::{Conditions, Faults, PaintedOptions, SandboxOptions};

pub(super) const ANN: i64 = 7001;
pub(super) const BEN: i64 = 7002;

/// To whom, but for which session, and what.
type Pushed = (i64, Option<SessionId>, Vec<enums::Update>);

/// A world in a throw-away folder.
pub(super) struct Bench {
    pub(super) world: World,
    pub(super) faults: Faults,
    pub(super) dc: i32,
    pushed: Mutex<Vec<Pushed>>,
    folder: tempfile::TempDir,
    options: SandboxOptions,
}

impl Outside for Bench {
    fn user_tl(&self, _viewer: i64, id: i64) -> enums::User {
        types::UserEmpty { id }.into()
    }
    fn push(&self, user: i64, except: Option<SessionId>, updates: &enums::Updates) {
        let enums::Updates::Updates(all) = updates else { panic!("{updates:?}") };
        self.pushed.lock().unwrap().push((user, except, all.updates.clone()));
    }
}

fn open(folder: &Path, options: &SandboxOptions) -> World {
    let db = Arc::new(Database::create(folder.join("world.redb")).unwrap());
    World::open(&db, folder, options).unwrap()
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(None)
    }

    pub(super) fn painted(photos: u64) -> Self {
        let bench = Self::with(Some(PaintedOptions { photos, seed: 5 }));
        bench.world.paint(ANN).unwrap();
        bench
    }

    fn with(painted: Option<PaintedOptions>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = SandboxOptions {
            listen: ([127, 0, 0, 1], 0).into(),
            data: folder.path().to_owned(),
            ready_file: None,
            painted,
            accounts: vec![],
            conditions: Conditions::default(),
            faults: Faults::default(),
            fault_seed: 1,
        };
        let world = open(folder.path(), &options);
        let (faults, pushed) = (Faults::default(), Mutex::default());
        Self { world, faults, dc: DCS[0], pushed, folder, options }
    }

    /// The same folder, opened anew.
    pub(super) fn reopened(self) -> Self {
        let Self { world, faults, dc, pushed, folder, options } = self;
        drop(world);
        let world = open(folder.path(), &options);
        Self { world, faults, dc, pushed, folder, options }
    }

    /// The same folder, opened with other painted photographs asked for.
    pub(super) fn repainted(
        self,
        painted: Option<PaintedOptions>,
    ) -> Result<Self, crate::sandbox::SandboxError> {
        let Self { world, faults, dc, pushed, folder, mut options } = self;
        drop(world);
        options.painted = painted;
        let db = Arc::new(Database::create(folder.path().join("world.redb")).unwrap());
        let world = World::open(&db, folder.path(), &options)?;
        world.paint(ANN)?;
        Ok(Self { world, faults, dc, pushed, folder, options })
    }

    /// Calls as `user`; a refusal is `"CODE NAME"`.
    pub(super) fn ask<R: RemoteCall + Identifiable>(
        &self,
        user: i64,
        request: &R,
    ) -> Result<R::Return, String> {
        let session = SessionId { key: user, session: 1 };
        let caller = Caller { session, dc: self.dc, user: Some(user), no_updates: false };
        let faults = self.faults.clone();
        let call = Call { world: &self.world, outside: self, faults, caller, user };
        match carry_out(&call, R::CONSTRUCTOR_ID, &request.to_bytes()).expect("a known method") {
            Ok(bytes) => Ok(R::Return::from_bytes(&bytes).unwrap()),
            Err(error) => Err(format!("{} {}", error.code, error.name)),
        }
    }

    /// What was pushed since the last look.
    pub(super) fn pushed(&self) -> Vec<Pushed> {
        std::mem::take(&mut self.pushed.lock().unwrap())
    }

    /// A new channel of `user`'s.
    pub(super) fn channel(&self, user: i64, title: &str) -> Peer {
        let updates = self.ask(user, &create(title, "")).unwrap();
        let enums::Updates::Updates(all) = updates else { panic!() };
        let enums::Chat::Channel(channel) = &all.chats[0] else { panic!() };
        Peer { id: channel.id, hash: channel.access_hash.unwrap() }
    }

    /// Posts a text; answers the message's id.
    pub(super) fn say(&self, user: i64, to: Peer, text: &str, random_id: i64) -> i32 {
        new_messages(&self.ask(user, &text_message(to, text, random_id)).unwrap())[0].id()
    }

    /// Uploads bytes in parts of `part`, as a file of the small kind.
    pub(super) fn upload(&self, user: i64, id: i64, bytes: &[u8], part: usize) -> enums::InputFile {
        for (number, bytes) in bytes.chunks(part).enumerate() {
            let file_part = i32::try_from(number).unwrap();
            let request = f::upload::SaveFilePart { file_id: id, file_part, bytes: bytes.to_vec() };
            assert!(self.ask(user, &request).unwrap());
        }
        let parts = i32::try_from(bytes.chunks(part).count()).unwrap();
        let (name, md5_checksum) = ("a.jpg".to_owned(), String::new());
        types::InputFile { id, parts, name, md5_checksum }.into()
    }

    pub(super) fn history(&self, user: i64, peer: Peer, page: Page) -> Vec<enums::Message> {
        messages(self.ask(user, &get_history(peer, page)).unwrap()).0
    }
}

/// A channel as a client knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    pub(super) id: i64,
    pub(super) hash: i64,
}

impl Peer {
    pub(super) fn peer(self) -> enums::InputPeer {
        types::InputPeerChannel { channel_id: self.id, access_hash: self.hash }.into()
    }
    pub(super) fn input(self) -> enums::InputChannel {
        types::InputChannel { channel_id: self.id, access_hash: self.hash }.into()
    }
}

#[derive(Clone, Copy, Default)]
pub(super) struct Page {
    pub(super) offset_id: i32,
    pub(super) offset_date: i32,
    pub(super) add_offset: i32,
    pub(super) limit: i32,
    pub(super) max_id: i32,
    pub(super) min_id: i32,
}

pub(super) fn get_history(peer: Peer, page: Page) -> f::messages::GetHistory {
    f::messages::GetHistory {
        peer: peer.peer(),
        offset_id: page.offset_id,
        offset_date: page.offset_date,
        add_offset: page.add_offset,
        limit: page.limit,
        max_id: page.max_id,
        min_id: page.min_id,
        hash: 0,
    }
}

pub(super) fn create(title: &str, about: &str) -> f::channels::CreateChannel {
    f::channels::CreateChannel {
        broadcast: true,
        megagroup: false,
        for_import: false,
        forum: false,
        title: title.into(),
        about: about.into(),
        geo_point: None,
        address: None,
        ttl_period: None,
    }
}

pub(super) fn text_message(to: Peer, text: &str, random_id: i64) -> f::messages::SendMessage {
    f::messages::SendMessage {
        no_webpage: false,
        silent: false,
        background: false,
        clear_draft: false,
        noforwards: false,
        update_stickersets_order: false,
        invert_media: false,
        allow_paid_floodskip: false,
        peer: to.peer(),
        reply_to: None,
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
        rich_message: None,
    }
}

pub(super) fn media_message(
    to: Peer,
    media: enums::InputMedia,
    caption: &str,
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
        peer: to.peer(),
        reply_to: None,
        media,
        message: caption.into(),
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

pub(super) fn uploaded_document(
    file: enums::InputFile,
    thumb: Option<enums::InputFile>,
    mime: &str,
) -> enums::InputMedia {
    types::InputMediaUploadedDocument {
        nosound_video: false,
        force_file: true,
        spoiler: false,
        file,
        thumb,
        mime_type: mime.into(),
        attributes: vec![super::plain::filename("a.jpg")],
        stickers: None,
        video_cover: None,
        video_timestamp: None,
        ttl_seconds: None,
    }
    .into()
}

pub(super) fn edit(peer: Peer, id: i32, text: &str) -> f::messages::EditMessage {
    f::messages::EditMessage {
        no_webpage: false,
        invert_media: false,
        peer: peer.peer(),
        id,
        message: Some(text.into()),
        media: None,
        reply_markup: None,
        entities: None,
        schedule_date: None,
        schedule_repeat_period: None,
        quick_reply_shortcut_id: None,
        rich_message: None,
    }
}

pub(super) fn updates_of(updates: &enums::Updates) -> &[enums::Update] {
    let enums::Updates::Updates(all) = updates else { panic!("{updates:?}") };
    &all.updates
}

pub(super) fn new_messages(updates: &enums::Updates) -> Vec<enums::Message> {
    updates_of(updates)
        .iter()
        .filter_map(|update| match update {
            enums::Update::NewChannelMessage(it) => Some(it.message.clone()),
            _ => None,
        })
        .collect()
}

pub(super) fn messages(answer: enums::messages::Messages) -> (Vec<enums::Message>, i32) {
    let enums::messages::Messages::ChannelMessages(page) = answer else { panic!() };
    (page.messages, page.count)
}

pub(super) fn ids(messages: &[enums::Message]) -> Vec<i32> {
    messages.iter().map(enums::Message::id).collect()
}

pub(super) fn document(message: &enums::Message) -> types::Document {
    let enums::Message::Message(message) = message else { panic!("{message:?}") };
    let Some(enums::MessageMedia::Document(media)) = &message.media else { panic!("{message:?}") };
    let Some(enums::Document::Document(document)) = &media.document else { panic!() };
    document.clone()
}

pub(super) fn location(document: &types::Document, letter: &str) -> enums::InputFileLocation {
    types::InputDocumentFileLocation {
        id: document.id,
        access_hash: document.access_hash,
        file_reference: document.file_reference.clone(),
        thumb_size: letter.into(),
    }
    .into()
}

pub(super) fn get_file(
    location: enums::InputFileLocation,
    offset: i64,
    limit: i32,
) -> f::upload::GetFile {
    f::upload::GetFile { precise: true, cdn_supported: false, location, offset, limit }
}

pub(super) fn bytes(file: enums::upload::File) -> Vec<u8> {
    let enums::upload::File::File(file) = file else { panic!() };
    file.bytes
}
