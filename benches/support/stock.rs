//! The stock way: grammers' client as its documentation shows it.
//!
//! grammers cannot be told of another server's RSA key, so the key is exchanged before.
#![allow(dead_code, reason = "each bench uses its own part of this")]

use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use grammers_client::Client;
use grammers_client::message::{InputMessage, Message};
use grammers_client::peer::Peer;
use grammers_mtsender::{ConnectionParams, SenderPool};
use grammers_session::SessionData;
use grammers_session::storages::MemorySession;
use grammers_session::types::{DcOption, PeerRef};
use grammers_tl_types::{enums, functions};
use tokio::task::JoinHandle;

use crate::client::exchange;
use crate::sandbox::Ready;

/// A client that is signed in, with an album.
pub(crate) struct Stock {
    client: Client,
    album: PeerRef,
    runner: JoinHandle<()>,
}

impl Stock {
    pub(crate) async fn connect(ready: &Ready) -> Self {
        let SocketAddr::V4(ipv4) = ready.address else { panic!("an IPv4 address") };
        let mut data = SessionData { home_dc: ready.dc_id, ..SessionData::default() };
        data.dc_options.clear();
        data.dc_options.insert(
            ready.dc_id,
            DcOption {
                id: ready.dc_id,
                ipv4,
                ipv6: SocketAddrV6::new(Ipv6Addr::LOCALHOST, ipv4.port(), 0, 0),
                auth_key: Some(exchange(ready.address, &ready.rsa_public_key).await),
            },
        );
        let session = Arc::new(MemorySession::from(data));
        let pool = SenderPool::with_configuration(session, 1, ConnectionParams::default());
        let client = Client::new(pool.handle);
        let runner = tokio::spawn(pool.runner.run());
        let token = client.request_login_code(&ready.phone, "hash").await.expect("a code");
        client.sign_in(&token, &ready.code).await.expect("the code is right");
        let made = client.invoke(&new_album("Stock")).await.expect("a channel");
        let enums::Updates::Updates(made) = made else { panic!("it answers with updates") };
        let chat = made.chats.into_iter().next().expect("the channel");
        let album = Peer::from_raw(&client, chat).to_ref().await.expect("a peer");
        Self { client, album: album.expect("a reference"), runner }
    }

    /// One file after the other: `upload_stream`, then `send_message`.
    pub(crate) async fn upload(&self, files: &[PathBuf]) -> (Duration, Vec<Message>) {
        let start = Instant::now();
        let mut sent = Vec::new();
        for path in files {
            let mut file = tokio::fs::File::open(path).await.expect("the file opens");
            let size = file.metadata().await.expect("its size").len();
            let size = usize::try_from(size).expect("it fits");
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let uploaded = self.client.upload_stream(&mut file, size, name).await;
            let message = InputMessage::new().file(uploaded.expect("it uploads"));
            let message = Box::pin(self.client.send_message(self.album, message)).await;
            sent.push(message.expect("it is sent"));
        }
        (start.elapsed(), sent)
    }

    /// One file after the other: `iter_download`.
    pub(crate) async fn download(&self, sent: &[Message], files: &[PathBuf]) -> Duration {
        let start = Instant::now();
        for (message, path) in sent.iter().zip(files) {
            let media = message.media().expect("a document");
            let mut chunks = self.client.iter_download(&media);
            let mut bytes = Vec::new();
            while let Some(chunk) = chunks.next().await.expect("it downloads") {
                bytes.extend(chunk);
            }
            assert!(bytes == std::fs::read(path).expect("readable"), "equal bytes");
        }
        start.elapsed()
    }

    pub(crate) async fn end(self) {
        self.client.disconnect();
        let _ = self.runner.await;
    }
}

/// A private channel of one's own.
pub(crate) fn new_album(title: &str) -> functions::channels::CreateChannel {
    functions::channels::CreateChannel {
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
