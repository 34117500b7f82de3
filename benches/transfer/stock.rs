//! The stock way: grammers' client as its documentation shows it.
//!
//! grammers cannot be told of another server's RSA key, so the key exchange happens here.

use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::rsa::pkcs1::DecodeRsaPublicKey as _;
use ::rsa::traits::PublicKeyParts as _;
use grammers_client::Client;
use grammers_client::message::InputMessage;
use grammers_client::peer::Peer;
use grammers_crypto::{aes, factorize, generate_key_data_from_nonce, rsa};
use grammers_mtproto::{mtp, transport};
use grammers_mtsender::{ConnectionParams, Sender, SenderPool, ServerAddr};
use grammers_session::SessionData;
use grammers_session::storages::MemorySession;
use grammers_session::types::DcOption;
use grammers_tl_types::{
    self as tl, Cursor, Deserializable as _, Serializable as _, enums, functions,
};
use num_bigint::BigUint;
use sha1::{Digest as _, Sha1};

use super::sandbox::Ready;

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    bytes
}

fn padded(number: &BigUint) -> [u8; 256] {
    let bytes = number.to_bytes_be();
    let mut out = [0; 256];
    out[256 - bytes.len()..].copy_from_slice(&bytes);
    out
}

/// The key exchange without the checks a real client needs: this one measures only.
async fn exchange(address: SocketAddr, pem: &str) -> [u8; 256] {
    let public = ::rsa::RsaPublicKey::from_pkcs1_pem(pem).expect("the key is PEM");
    let key = rsa::Key::new(&public.n().to_string(), &public.e().to_string()).expect("a key");
    let server = ServerAddr::Tcp { address };
    let mut sender =
        Sender::connect(transport::Full::new(), mtp::Plain::new(), server).await.expect("a line");
    let nonce: [u8; 16] = random();
    let enums::ResPq::Pq(pq) =
        sender.invoke(&functions::ReqPqMulti { nonce }).await.expect("resPQ");
    let (p, q) = factorize(u64::from_be_bytes(pq.pq[..].try_into().expect("eight bytes")));
    let short = |n: u64| BigUint::from(n).to_bytes_be();
    let new_nonce: [u8; 32] = random();
    let inner = enums::PQInnerData::Data(tl::types::PQInnerData {
        pq: pq.pq.clone(),
        p: short(p),
        q: short(q),
        nonce,
        server_nonce: pq.server_nonce,
        new_nonce,
    });
    let request = functions::ReqDhParams {
        nonce,
        server_nonce: pq.server_nonce,
        p: short(p),
        q: short(q),
        public_key_fingerprint: pq.server_public_key_fingerprints[0],
        encrypted_data: rsa::encrypt_hashed(&inner.to_bytes(), &key, &random::<224>()),
    };
    let enums::ServerDhParams::Ok(mut params) =
        sender.invoke(&request).await.expect("DH parameters")
    else {
        panic!("the server refused the key exchange");
    };
    let (aes_key, aes_iv) = generate_key_data_from_nonce(&pq.server_nonce, &new_nonce);
    aes::ige_decrypt(&mut params.encrypted_answer, &aes_key, &aes_iv);
    let mut cursor = Cursor::from_slice(&params.encrypted_answer[20..]);
    let enums::ServerDhInnerData::Data(dh) =
        enums::ServerDhInnerData::deserialize(&mut cursor).expect("DH inner data");
    let (prime, g_a) = (BigUint::from_bytes_be(&dh.dh_prime), BigUint::from_bytes_be(&dh.g_a));
    let b = BigUint::from_bytes_be(&random::<256>());
    let g = BigUint::from(u32::try_from(dh.g).expect("g is small"));
    let inner = enums::ClientDhInnerData::Data(tl::types::ClientDhInnerData {
        nonce,
        server_nonce: pq.server_nonce,
        retry_id: 0,
        g_b: padded(&g.modpow(&b, &prime)).to_vec(),
    })
    .to_bytes();
    let mut encrypted = Sha1::digest(&inner).to_vec();
    encrypted.extend(inner);
    encrypted.resize(encrypted.len().next_multiple_of(16), 0);
    aes::ige_encrypt(&mut encrypted, &aes_key, &aes_iv);
    let request = functions::SetClientDhParams {
        nonce,
        server_nonce: pq.server_nonce,
        encrypted_data: encrypted,
    };
    sender.invoke(&request).await.expect("the exchange succeeds");
    padded(&g_a.modpow(&b, &prime))
}

/// How long the stock loops take to send `files` and to fetch them again.
pub(crate) async fn run(ready: &Ready, files: &[PathBuf]) -> (Duration, Duration) {
    let address = ready.address;
    let SocketAddr::V4(ipv4) = address else { panic!("an IPv4 address") };
    let mut data = SessionData { home_dc: ready.dc_id, ..SessionData::default() };
    data.dc_options.clear();
    data.dc_options.insert(
        ready.dc_id,
        DcOption {
            id: ready.dc_id,
            ipv4,
            ipv6: SocketAddrV6::new(Ipv6Addr::LOCALHOST, ipv4.port(), 0, 0),
            auth_key: Some(exchange(address, &ready.rsa_public_key).await),
        },
    );
    let session = Arc::new(MemorySession::from(data));
    let pool = SenderPool::with_configuration(session, 1, ConnectionParams::default());
    let client = Client::new(pool.handle);
    let runner = tokio::spawn(pool.runner.run());
    let token = client.request_login_code(&ready.phone, "hash").await.expect("a code");
    client.sign_in(&token, &ready.code).await.expect("the code is right");

    let create = functions::channels::CreateChannel {
        broadcast: true,
        megagroup: false,
        for_import: false,
        forum: false,
        title: "Stock".into(),
        about: String::new(),
        geo_point: None,
        address: None,
        ttl_period: None,
    };
    let enums::Updates::Updates(made) = client.invoke(&create).await.expect("a channel") else {
        panic!("createChannel answers with updates");
    };
    let chat = made.chats.into_iter().next().expect("the channel");
    let album = Peer::from_raw(&client, chat).to_ref().await.expect("a peer").expect("a reference");

    let start = Instant::now();
    let mut sent = Vec::new();
    for path in files {
        let mut file = tokio::fs::File::open(path).await.expect("the file opens");
        let size =
            usize::try_from(file.metadata().await.expect("its size").len()).expect("it fits");
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let uploaded = client.upload_stream(&mut file, size, name).await.expect("it uploads");
        let message = InputMessage::new().file(uploaded);
        sent.push(Box::pin(client.send_message(album, message)).await.expect("it is sent"));
    }
    let up = start.elapsed();

    let start = Instant::now();
    for (message, path) in sent.iter().zip(files) {
        let media = message.media().expect("a document");
        let mut chunks = client.iter_download(&media);
        let mut bytes = Vec::new();
        while let Some(chunk) = chunks.next().await.expect("it downloads") {
            bytes.extend(chunk);
        }
        assert!(bytes == std::fs::read(path).expect("readable"), "equal bytes");
    }
    let down = start.elapsed();
    client.disconnect();
    let _ = runner.await;
    (up, down)
}
