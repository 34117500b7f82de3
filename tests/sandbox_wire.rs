//! The sandbox's wire and accounts, seen by the real grammers client through TCP.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

#[path = "support/client.rs"]
mod client;

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use grammers_mtproto::mtp::{Deserialization, Mtp};
use grammers_mtproto::transport::Transport;
use grammers_mtproto::{mtp, transport};
use grammers_mtsender::InvocationError;
use grammers_session::updates::UpdatesLike;
use grammers_tl_types::{Serializable, enums, functions as f, types as t};
use heliogram::sandbox::{AccountOption, Conditions, Faults, FloodRule, Sandbox, SandboxOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use client::{Client, exchange, hello, random, refusal};

const PHONE: &str = "+99966 2 1234";
const SECOND: &str = "+9996625678";

fn options(data: &Path) -> SandboxOptions {
    SandboxOptions {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data: data.to_owned(),
        ready_file: None,
        painted: None,
        accounts: Vec::new(),
        conditions: Conditions::default(),
        faults: Faults::default(),
        fault_seed: 1,
    }
}

fn account(phone: &str, password: Option<&str>) -> AccountOption {
    AccountOption { phone: phone.into(), password: password.map(Into::into) }
}

async fn start(options: SandboxOptions) -> Sandbox {
    Sandbox::start(options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_by_code() {
    let folder = tempfile::tempdir().unwrap();
    let ready_file = folder.path().join("ready.json");
    let sandbox = start(SandboxOptions {
        ready_file: Some(ready_file.clone()),
        ..options(&folder.path().join("world"))
    })
    .await;
    let written: serde_json::Value =
        serde_json::from_slice(&std::fs::read(ready_file).unwrap()).unwrap();
    assert_eq!(written["address"], sandbox.ready().address.as_str());
    assert_eq!((&written["phone"], &written["code"]), (&"+9996621234".into(), &"22222".into()));

    let mut client = Client::new(&sandbox, 2).await;
    assert_eq!(refusal(client.whoami().await), "401 AUTH_KEY_UNREGISTERED");
    assert_eq!(refusal(client.send_code("12").await), "406 PHONE_NUMBER_INVALID");
    assert_eq!(refusal(client.sign_in(PHONE, "11111").await), "400 PHONE_CODE_INVALID");
    assert_eq!(refusal(client.sign_in(PHONE, "").await), "400 PHONE_CODE_EMPTY");
    let stranger = client.sign_in("+9996629999", "22222").await.unwrap();
    assert!(matches!(stranger, enums::auth::Authorization::SignUpRequired(_)));
    let welcome = client.sign_in(PHONE, &sandbox.ready().code).await.unwrap();
    let enums::auth::Authorization::Authorization(welcome) = welcome else { panic!() };
    let enums::User::User(user) = welcome.user else { panic!() };
    assert_eq!((user.is_self, user.first_name.as_deref()), (true, Some("Demo")));
    assert_eq!(client.whoami().await.unwrap().id, user.id);
    let unknown = f::messages::GetAllStickers { hash: 0 };
    let refused = client.call(&unknown).await;
    assert!(
        matches!(&refused, Err(InvocationError::Rpc(error)) if error.name.starts_with("INPUT_METHOD_INVALID")),
        "{refused:?}"
    );

    client.call(&f::auth::LogOut {}).await.unwrap();
    assert_eq!(refusal(client.whoami().await), "401 AUTH_KEY_UNREGISTERED");
    assert_eq!(sandbox.calls()["auth.signIn"], 4);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = start(SandboxOptions {
        accounts: vec![account(PHONE, Some("s3cret"))],
        ..options(folder.path())
    })
    .await;
    let mut client = Client::new(&sandbox, 2).await;
    assert_eq!(
        refusal(client.call(&f::account::GetPassword {}).await),
        "401 AUTH_KEY_UNREGISTERED"
    );
    assert_eq!(refusal(client.sign_in(PHONE, "22222").await), "401 SESSION_PASSWORD_NEEDED");
    assert_eq!(refusal(client.whoami().await), "401 AUTH_KEY_UNREGISTERED");
    assert_eq!(refusal(client.check_password("secret").await), "400 PASSWORD_HASH_INVALID");
    let stale = t::InputCheckPasswordSrp { srp_id: 1, a: vec![1; 256], m1: vec![1; 32] };
    assert_eq!(
        refusal(client.call(&f::auth::CheckPassword { password: stale.into() }).await),
        "400 SRP_ID_INVALID"
    );
    client.check_password("s3cret").await.unwrap();
    assert_eq!(client.whoami().await.unwrap().phone.as_deref(), Some("9996621234"));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_survives_changing_salts_and_cut_connections() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = start(options(folder.path())).await;
    let mut client = Client::new(&sandbox, 2).await;
    client.sign_in(PHONE, "22222").await.unwrap();
    let me = client.whoami().await.unwrap().id;
    let ask = f::users::GetUsers { id: vec![enums::InputUser::UserSelf] };

    sandbox.set_faults(Faults { bad_salt_every: Some(2), ..Faults::default() });
    for _ in 0..20 {
        assert_eq!(client.call(&ask).await.unwrap()[0].id(), me);
    }
    sandbox.set_faults(Faults { cut: 0.5, ..Faults::default() });
    let before = sandbox.calls()["users.getUsers"];
    for _ in 0..20 {
        assert_eq!(client.insist(&ask).await[0].id(), me);
    }
    assert!(
        sandbox.calls()["users.getUsers"] > before + 20,
        "some were cut after they were carried out"
    );
    sandbox.set_faults(Faults { garbage: 0.5, cut_after: Some(4_000), ..Faults::default() });
    for _ in 0..20 {
        assert_eq!(client.insist(&ask).await[0].id(), me);
    }
    sandbox.set_faults(Faults { revoke_after: Some(3), ..Faults::default() });
    client.insist(&f::help::GetNearestDc {}).await;
    let mut refused = None;
    for _ in 0..10 {
        match client.call(&ask).await {
            Ok(_) => {}
            refusal => {
                refused = Some(refusal);
                break;
            }
        }
    }
    assert_eq!(
        refusal(refused.expect("signed out within ten requests")),
        "401 AUTH_KEY_UNREGISTERED"
    );
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_are_imposed_and_end() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = start(options(folder.path())).await;
    let mut client = Client::new(&sandbox, 2).await;
    client.sign_in(PHONE, "22222").await.unwrap();
    let rule = FloodRule { method: "users.getUsers".into(), every: 2, seconds: 1 };
    sandbox.set_faults(Faults { premium_wait: vec![rule], ..Faults::default() });
    client.whoami().await.unwrap();
    assert_eq!(refusal(client.whoami().await), "420 FLOOD_PREMIUM_WAIT 1");
    assert_eq!(refusal(client.whoami().await), "420 FLOOD_PREMIUM_WAIT 1");
    let started = Instant::now();
    while client.whoami().await.is_err() {
        assert!(started.elapsed() < Duration::from_mins(1));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_data_centre() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = start(options(folder.path())).await;
    let mut home = Client::new(&sandbox, 2).await;
    home.sign_in(PHONE, "22222").await.unwrap();
    let enums::Config::Config(config) = home.sender.invoke(&hello()).await.unwrap();
    let listed: Vec<_> = config
        .dc_options
        .iter()
        .map(|enums::DcOption::Option(option)| {
            (
                option.id,
                SocketAddr::new(
                    option.ip_address.parse().unwrap(),
                    option.port.try_into().unwrap(),
                ),
            )
        })
        .collect();
    assert_eq!((config.this_dc, listed), (2, sandbox.addresses().to_vec()));

    let mut away = Client::new(&sandbox, 4).await;
    assert_eq!(refusal(away.send_code(PHONE).await), "303 PHONE_MIGRATE 2");
    let strange = Client::with_key(away.address, home.key).await;
    assert!(
        matches!(&strange, Err(InvocationError::Transport(_))),
        "a key of one data centre is unknown to the other"
    );
    assert_eq!(
        refusal(home.call(&f::auth::ExportAuthorization { dc_id: 2 }).await),
        "400 DC_ID_INVALID"
    );
    let enums::auth::ExportedAuthorization::Authorization(exported) =
        home.call(&f::auth::ExportAuthorization { dc_id: 4 }).await.unwrap();
    let import = f::auth::ImportAuthorization { id: exported.id, bytes: exported.bytes };
    away.call(&import).await.unwrap();
    assert_eq!(refusal(away.call(&import).await), "400 AUTH_BYTES_INVALID");
    assert_eq!(away.whoami().await.unwrap().id, exported.id);
    assert_eq!(refusal(away.call(&f::account::GetAuthorizations {}).await), "303 USER_MIGRATE 2");
    home.call(&f::auth::LogOut {}).await.unwrap();
    assert_eq!(refusal(away.whoami().await), "401 AUTH_KEY_UNREGISTERED");

    sandbox.set_faults(Faults { migrate: true, ..Faults::default() });
    assert_eq!(refusal(home.send_code(PHONE).await), "303 PHONE_MIGRATE 4");
    away.sign_in(PHONE, &sandbox.ready().code).await.unwrap();
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_by_qr_code() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = vec![account(PHONE, None), account(SECOND, None)];
    let sandbox = start(SandboxOptions { accounts, ..options(folder.path()) }).await;
    let mut phone = Client::new(&sandbox, 2).await;
    phone.sign_in(SECOND, "22222").await.unwrap();
    let mut desktop = Client::new(&sandbox, 2).await;
    let show =
        f::auth::ExportLoginToken { api_id: 1, api_hash: "hash".into(), except_ids: Vec::new() };
    let enums::auth::LoginToken::Token(shown) = desktop.call(&show).await.unwrap() else {
        panic!()
    };
    assert_eq!(
        refusal(desktop.call(&f::auth::AcceptLoginToken { token: shown.token.clone() }).await),
        "401 AUTH_KEY_UNREGISTERED"
    );
    assert_eq!(
        refusal(phone.call(&f::auth::AcceptLoginToken { token: vec![1; 32] }).await),
        "400 AUTH_TOKEN_INVALID"
    );
    phone.call(&f::auth::AcceptLoginToken { token: shown.token.clone() }).await.unwrap();
    assert_eq!(
        refusal(phone.call(&f::auth::AcceptLoginToken { token: shown.token }).await),
        "400 AUTH_TOKEN_ALREADY_ACCEPTED"
    );

    let told = async {
        loop {
            let updates = desktop.sender.step().await.unwrap();
            let told = |update: &UpdatesLike| matches!(update, UpdatesLike::Updates(enums::Updates::UpdateShort(short)) if short.update == enums::Update::LoginToken);
            if updates.iter().any(told) {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), told).await.expect("updateLoginToken comes");
    let answer = desktop.call(&show).await.unwrap();
    assert!(matches!(answer, enums::auth::LoginToken::Success(_)), "{answer:?}");
    let me = desktop.whoami().await.unwrap();
    assert_eq!((me.first_name.as_deref(), me.phone.as_deref()), (Some("Ada"), Some("9996625678")));

    let enums::account::Authorizations::Authorizations(list) =
        phone.call(&f::account::GetAuthorizations {}).await.unwrap();
    let other: Vec<i64> =
        list.authorizations.iter().map(|enums::Authorization::Authorization(a)| a.hash).collect();
    assert_eq!((other.len(), other[0]), (2, 0));
    phone.call(&f::account::ResetAuthorization { hash: other[1] }).await.unwrap();
    assert_eq!(refusal(desktop.whoami().await), "401 AUTH_KEY_UNREGISTERED");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_keys_and_sign_ins() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = start(options(folder.path())).await;
    let mut client = Client::new(&sandbox, 2).await;
    client.sign_in(PHONE, "22222").await.unwrap();
    let (key, me, before) =
        (client.key, client.whoami().await.unwrap().id, sandbox.ready().rsa_public_key.clone());
    let second = sandbox.addresses()[1];
    let taken = Sandbox::start(options(folder.path())).await.unwrap_err().to_string();
    assert!(taken.contains("in use"), "{taken}");
    sandbox.stop().await;
    client.whoami().await.unwrap_err();

    let sandbox = start(options(folder.path())).await;
    assert_eq!(sandbox.ready().rsa_public_key, before);
    assert_eq!(sandbox.addresses()[1], second, "the second port is remembered");
    let mut client = Client::with_key(sandbox.addresses()[0].1, key).await.unwrap();
    assert_eq!(client.whoami().await.unwrap().id, me);
    let unknown = Client::with_key(sandbox.addresses()[0].1, random()).await;
    assert!(matches!(unknown, Err(InvocationError::Transport(_))));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_round_trip_is_a_delay_and_no_queue() {
    let folder = tempfile::tempdir().unwrap();
    let mut wanted = options(folder.path());
    let sandbox = start(wanted.clone()).await;
    let key = Client::new(&sandbox, 2).await.key;
    sandbox.stop().await;
    let rtt = Duration::from_millis(100);
    wanted.conditions.rtt = rtt;
    let sandbox = start(wanted).await;
    let address = sandbox.addresses()[0].1;

    let connecting = Instant::now();
    let mut client = Client::connect(address, key).await.unwrap();
    client.call(&f::Ping { ping_id: 1 }).await.unwrap();
    let first = connecting.elapsed();
    // A wrong salt costs a round trip more: connect, salt, salts, ping.
    assert!(first >= rtt * 3, "{first:?}");
    let asked = Instant::now();
    client.call(&f::Ping { ping_id: 2 }).await.unwrap();
    let one = asked.elapsed();
    assert!(one >= rtt && one < rtt * 2, "{one:?}");

    let ready = std::sync::Arc::new(tokio::sync::Barrier::new(10));
    let pings: Vec<_> = (0..10)
        .map(|_| {
            let ready = std::sync::Arc::clone(&ready);
            tokio::spawn(async move {
                let mut client = Client::connect(address, key).await.unwrap();
                client.call(&f::Ping { ping_id: 1 }).await.unwrap();
                ready.wait().await;
                let asked = Instant::now();
                client.call(&f::Ping { ping_id: 3 }).await.unwrap();
                (asked, Instant::now())
            })
        })
        .collect();
    let mut times = Vec::new();
    for ping in pings {
        times.push(ping.await.unwrap());
    }
    let first = times.iter().map(|(asked, _)| *asked).min().unwrap();
    let last = times.iter().map(|(_, answered)| *answered).max().unwrap();
    let ten = last - first;
    assert!(ten >= rtt && ten < rtt * 2, "{ten:?}");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_on_one_connection() {
    let folder = tempfile::tempdir().unwrap();
    let mut wanted = options(folder.path());
    wanted.conditions.rtt = Duration::from_millis(100);
    let sandbox = start(wanted).await;
    let address = sandbox.addresses()[0].1;
    let key = exchange(address, &sandbox.ready().rsa_public_key).await;
    Client::with_key(address, key).await.unwrap();

    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut mtp, mut full) = (mtp::Encrypted::build().finish(key), transport::Full::new());
    let mut received = Vec::new();
    let mut buffer = grammers_crypto::DequeBuffer::with_capacity(4096, 256);
    let ping = |ping_id| f::Ping { ping_id }.to_bytes();
    // Without a salt the first one is only answered with one; then the client asks for more of them.
    mtp.push(&mut buffer, &ping(0)).unwrap();
    flush(&mut mtp, &mut full, &mut buffer, &mut stream).await;
    assert_eq!(receive(&mut mtp, &mut full, &mut stream, &mut received).await, 0);
    while mtp.push(&mut buffer, &ping(1)).is_none() {
        flush(&mut mtp, &mut full, &mut buffer, &mut stream).await;
        assert_eq!(receive(&mut mtp, &mut full, &mut stream, &mut received).await, 0);
    }
    // One alone, five together in a container, four each alone, none waiting for another.
    let asked = Instant::now();
    flush(&mut mtp, &mut full, &mut buffer, &mut stream).await;
    for ping_id in 2..7 {
        mtp.push(&mut buffer, &ping(ping_id)).unwrap();
    }
    flush(&mut mtp, &mut full, &mut buffer, &mut stream).await;
    for ping_id in 7..11 {
        mtp.push(&mut buffer, &ping(ping_id)).unwrap();
        flush(&mut mtp, &mut full, &mut buffer, &mut stream).await;
    }
    let mut answers = 0;
    while answers < 10 {
        answers += receive(&mut mtp, &mut full, &mut stream, &mut received).await;
    }
    let ten = asked.elapsed();
    assert!(ten >= Duration::from_millis(100) && ten < Duration::from_millis(200), "{ten:?}");
}

async fn flush(
    mtp: &mut mtp::Encrypted,
    full: &mut transport::Full,
    buffer: &mut grammers_crypto::DequeBuffer<u8>,
    stream: &mut tokio::net::TcpStream,
) {
    if mtp.finalize(buffer).is_some() {
        full.pack(buffer);
        stream.write_all(buffer.as_ref()).await.unwrap();
        buffer.clear();
    }
}

/// Reads one packet; how many pongs it brought.
async fn receive(
    mtp: &mut mtp::Encrypted,
    full: &mut transport::Full,
    stream: &mut tokio::net::TcpStream,
    received: &mut Vec<u8>,
) -> usize {
    loop {
        if let Ok(packet) = full.unpack(received) {
            let mut payload = received[packet.data_range].to_vec();
            received.drain(..packet.next_offset);
            let parts = mtp.deserialize(&mut payload).unwrap();
            return parts
                .iter()
                .filter(|part| matches!(part, Deserialization::RpcResult(_)))
                .count();
        }
        let mut chunk = [0; 4096];
        let read = tokio::time::timeout(Duration::from_mins(1), stream.read(&mut chunk)).await;
        let length = read.expect("bytes in time").unwrap();
        assert_ne!(length, 0, "the connection ended");
        received.extend_from_slice(&chunk[..length]);
    }
}
