//! The Telegram room against the sandbox, over real sockets: the whole road of a file, and the
//! same road with everything going wrong on the way.

#![expect(clippy::unwrap_used, reason = "what goes wrong here is what the test is to find")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use heliogram::model::{Album, Change, MediaKind, MessageId, Photo, PixelSize, UploadId};
use heliogram::sandbox::{AccountOption, Conditions, Faults, FloodRule, Sandbox, SandboxOptions};
use heliogram::telegram::{
    Connection, Difference, Endpoint, Hint, Options, Outgoing, Part, SessionVault, SignIn,
    Telegram, TelegramError,
};
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;
use zeroize::Zeroizing;

const PHONE: &str = "+9996621234";
const PASSWORD: &str = "correct horse";
const PART: usize = 512 * 1024;
const PATIENCE: Duration = Duration::from_mins(1);

/// A session in memory.
#[derive(Clone, Default)]
struct Drawer(Arc<Mutex<Option<Vec<u8>>>>);

impl SessionVault for Drawer {
    fn load(&self) -> std::io::Result<Option<Zeroizing<Vec<u8>>>> {
        Ok(self.0.lock().unwrap().clone().map(Zeroizing::new))
    }
    fn save(&self, bytes: Zeroizing<Vec<u8>>) {
        *self.0.lock().unwrap() = Some(bytes.to_vec());
    }
    fn clear(&self) {
        *self.0.lock().unwrap() = None;
    }
}

struct World {
    sandbox: Sandbox,
    _folder: tempfile::TempDir,
}

async fn world(password: Option<&str>, conditions: Conditions) -> World {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(SandboxOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        data: folder.path().to_owned(),
        ready_file: None,
        painted: None,
        accounts: vec![AccountOption {
            phone: PHONE.into(),
            password: password.map(str::to_owned),
        }],
        conditions,
        faults: Faults::default(),
        fault_seed: 7,
    })
    .await
    .unwrap();
    World { sandbox, _folder: folder }
}

impl World {
    fn connect(&self, drawer: &Drawer) -> Telegram {
        let ready = self.sandbox.ready();
        Telegram::start(Options {
            endpoint: Endpoint::Custom {
                address: ready.address.parse().unwrap(),
                dc_id: ready.dc_id,
                rsa_public_key_pem: ready.rsa_public_key.clone(),
            },
            api_id: 1,
            api_hash: "any".into(),
            vault: Arc::new(drawer.clone()),
            max_connections: 8,
        })
        .unwrap()
    }

    async fn signed_in(&self) -> Telegram {
        let telegram = self.connect(&Drawer::default());
        telegram.send_code(PHONE).await.unwrap();
        let code = self.sandbox.ready().code.clone();
        assert!(matches!(telegram.sign_in(&code).await.unwrap(), SignIn::Done(_)));
        telegram
    }
}

/// Bytes that cannot be compressed, the same for the same seed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn jpeg(side: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let shade = |at: u32| u8::try_from(at % 256).unwrap();
    let picture =
        image::RgbImage::from_fn(side, side, |x, y| image::Rgb([shade(x), shade(y), 128]));
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 70)
        .encode_image(&picture)
        .unwrap();
    bytes
}

async fn upload_parts(telegram: &Telegram, file: UploadId, bytes: &[u8]) -> (u32, bool) {
    let big = bytes.len() > 10 * 1024 * 1024;
    let total = u32::try_from(bytes.len().div_ceil(PART)).unwrap();
    let sends = bytes.chunks(PART).zip(0..).map(|(part, index)| {
        telegram.save_part(Part { file, index, total, big, bytes: part.to_vec() })
    });
    futures_util::future::try_join_all(sends).await.unwrap();
    (total, big)
}

fn outgoing(file: UploadId, parts: u32, big: bool, name: &str) -> Outgoing {
    Outgoing {
        file,
        parts,
        big,
        name: name.into(),
        mime: "image/jpeg".into(),
        size: PixelSize::new(4000, 3000),
        video_seconds: None,
        thumb: None,
        caption: "sunset".into(),
        as_photo: false,
        random_id: file.0 ^ 0x5555,
    }
}

async fn upload(telegram: &Telegram, album: &Album, id: i64, bytes: &[u8], name: &str) -> Photo {
    let file = UploadId(id);
    let (parts, big) = upload_parts(telegram, file, bytes).await;
    let thumb = Some(telegram.save_thumb(&jpeg(160)).await.unwrap());
    let sending = Outgoing { thumb, ..outgoing(file, parts, big, name) };
    telegram.send_document(album, sending).await.unwrap()
}

async fn download(telegram: &Telegram, photo: &Photo) -> Vec<u8> {
    let pieces = (0..photo.bytes)
        .step_by(PART)
        .map(|offset| telegram.fetch(&photo.remote, None, offset, u32::try_from(PART).unwrap()));
    futures_util::future::try_join_all(pieces).await.unwrap().concat()
}

/// The photo without what is different in every answer: the permit to download it.
fn lasting(mut photo: Photo) -> Photo {
    photo.remote.reference.clear();
    photo
}

fn all_lasting(photos: Vec<Photo>) -> Vec<Photo> {
    photos.into_iter().map(lasting).collect()
}

/// Everything since `pts`.
async fn changes_since(telegram: &Telegram, album: &Album, mut pts: i32) -> (Vec<Change>, i32) {
    let mut all = Vec::new();
    loop {
        match telegram.difference(album, pts).await.unwrap() {
            Difference::Empty { pts } => return (all, pts),
            Difference::Changes { changes, pts: now, is_final } => {
                all.extend(changes);
                pts = now;
                if is_final {
                    return (all, pts);
                }
            }
            Difference::TooLong { .. } => panic!("too long"),
        }
    }
}

async fn hint(hints: &mut tokio::sync::mpsc::Receiver<Hint>, wanted: &Hint) {
    timeout(PATIENCE, async { while hints.recv().await.as_ref() != Some(wanted) {} })
        .await
        .unwrap_or_else(|_| panic!("no hint {wanted:?}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photograph_travels_the_whole_road() {
    let world = world(Some(PASSWORD), Conditions::default()).await;
    let drawer = Drawer::default();
    let telegram = world.connect(&drawer);

    // Signing in, with every mistake one can make.
    assert_eq!(telegram.me().await.unwrap(), None);
    assert!(matches!(telegram.sign_in("1").await, Err(TelegramError::NoCodeAsked)));
    let sent = telegram.send_code(PHONE).await.unwrap();
    let code = world.sandbox.ready().code.clone();
    assert!(sent.length == 0 || usize::from(sent.length) == code.len(), "{sent:?}");
    let wrong = if code == "00000" { "11111" } else { "00000" };
    let refused = telegram.sign_in(wrong).await.unwrap_err();
    assert_eq!(refused.name(), Some("PHONE_CODE_INVALID"));
    assert!(matches!(telegram.sign_in(&code).await.unwrap(), SignIn::PasswordNeeded { .. }));
    let refused = telegram.check_password("wrong".to_owned().into()).await.unwrap_err();
    assert_eq!(refused.name(), Some("PASSWORD_HASH_INVALID"));
    let me = telegram.check_password(PASSWORD.to_owned().into()).await.unwrap();
    assert_eq!(telegram.me().await.unwrap().map(|me| me.id), Some(me.id));
    assert_eq!(*telegram.connection().borrow(), Connection::Online);

    // Albums.
    assert!(matches!(telegram.create_album("  ").await, Err(TelegramError::Title)));
    let made = telegram.create_album(" Meer ").await.unwrap();
    assert_eq!(made.album.title, "Meer");
    let album = telegram.rename_album(&made.album, "Sea").await.unwrap();
    assert_eq!(album.title, "Sea");
    assert_eq!(telegram.rename_album(&album, "Sea").await.unwrap(), album);
    let listed = telegram.albums().await.unwrap();
    assert_eq!(listed.iter().map(|found| &found.album).collect::<Vec<_>>(), [&album]);

    // Up: a large file and a small one.
    let limits = telegram.upload_limits().await.unwrap();
    assert!(limits.max_parts >= 4000);
    let (large, small) = (noise(1, 11 * 1024 * 1024 + 77), noise(2, 700_001));
    let first = upload(&telegram, &album, 41, &large, "IMG_1.jpg").await;
    let second = upload(&telegram, &album, 42, &small, "IMG_2.jpg").await;
    assert_eq!((first.name.as_str(), first.bytes), ("IMG_1.jpg", large.len() as u64));
    assert_eq!((first.size, first.kind), (PixelSize::new(4000, 3000), MediaKind::Image));
    assert_eq!(second.caption, "sunset");
    let twice = outgoing(UploadId(42), 2, false, "IMG_2.jpg");
    let refused = telegram.send_document(&album, twice).await.unwrap_err();
    assert_eq!(refused.name(), Some("RANDOM_ID_DUPLICATE"));
    let found = telegram.find_sent(&album, first.id.message, "IMG_2.jpg", 700_001).await.unwrap();
    assert_eq!(all_lasting(found), [lasting(second.clone())]);

    // What the server says is there.
    let page = telegram.history(&album, None, 100).await.unwrap();
    assert_eq!(all_lasting(page.photos), [lasting(second.clone()), lasting(first.clone())]);
    assert!(page.messages.len() >= 2 && page.total >= 2);
    let older = telegram.history(&album, Some(second.id.message), 1).await.unwrap();
    assert_eq!(all_lasting(older.photos), [lasting(first.clone())]);
    let (changes, pts) = changes_since(&telegram, &album, made.pts).await;
    let arrived = changes.into_iter().filter_map(|change| match change {
        Change::Photo(photo) => Some(lasting(*photo)),
        _ => None,
    });
    let both = [lasting(first.clone()), lasting(second.clone())];
    assert_eq!(arrived.collect::<Vec<_>>(), both);

    // Down, byte for byte; thumbnails; hashes.
    assert!(download(&telegram, &first).await == large);
    assert!(download(&telegram, &second).await == small);
    let whole = telegram.fetch(&second.remote, None, 0, 1024 * 1024).await.unwrap();
    assert!(whole == small);
    let across = telegram.fetch(&first.remote, None, 1_000_000, 100_000).await.unwrap();
    assert!(across == large[1_000_000..1_100_000]);
    let thumb = first.remote.thumbs.first().expect("a thumbnail");
    let bytes = telegram.fetch(&first.remote, Some(&thumb.letter), 0, 65_536).await.unwrap();
    assert_eq!(bytes.len(), thumb.bytes as usize);
    assert!(bytes.starts_with(&[0xFF, 0xD8]));
    let hashes = telegram.hashes(&first.remote, first.bytes).await.unwrap().expect("hashes");
    assert_eq!(hashes.iter().map(|piece| u64::from(piece.limit)).sum::<u64>(), first.bytes);
    for piece in &hashes {
        let start = usize::try_from(piece.offset).unwrap();
        let bytes = &large[start..start + piece.limit as usize];
        assert_eq!(Sha256::digest(bytes).as_slice(), piece.sha256);
    }

    // A second device sees it, and is told when something is deleted.
    let other = world.connect(&Drawer::default());
    let mut hints = other.hints().unwrap();
    assert!(other.hints().is_none());
    other.send_code(PHONE).await.unwrap();
    assert!(matches!(other.sign_in(&code).await.unwrap(), SignIn::PasswordNeeded { .. }));
    other.check_password(PASSWORD.to_owned().into()).await.unwrap();
    let seen = other.albums().await.unwrap().remove(0);
    assert!(seen.album.title == "Sea" && seen.pts >= pts);
    telegram.delete_messages(&album, &[first.id.message]).await.unwrap();
    hint(&mut hints, &Hint::Album(album.id)).await;
    let (changes, _) = changes_since(&other, &seen.album, seen.pts).await;
    let gone = Change::PhotosGone { album: album.id, messages: vec![first.id.message] };
    assert!(changes.contains(&gone), "{changes:?}");
    let now = other
        .messages(&seen.album, &[first.id.message, second.id.message, MessageId(999)])
        .await
        .unwrap();
    let both = vec![first.id.message, MessageId(999)];
    assert!(now.contains(&Change::PhotosGone { album: album.id, messages: both }));

    // The line is lost and comes back.
    world.sandbox.cut_all_connections();
    hint(&mut hints, &Hint::Everything).await;
    drop(other);

    // A restart is still signed in; signing out is final.
    drop(telegram);
    let telegram = world.connect(&drawer);
    assert_eq!(telegram.me().await.unwrap().map(|me| me.id), Some(me.id));
    assert!(download(&telegram, &second).await == small);
    telegram.delete_album(&album).await.unwrap();
    assert!(telegram.albums().await.unwrap().is_empty());
    telegram.log_out().await.unwrap();
    assert!(drawer.0.lock().unwrap().is_none());
    assert_eq!(telegram.me().await.unwrap(), None);
    assert!(telegram.albums().await.unwrap_err().is_signed_out());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_goes_wrong_and_nothing_is_lost() {
    let world =
        world(None, Conditions { rtt: Duration::from_millis(20), ..Default::default() }).await;
    let telegram = world.signed_in().await;
    let album = telegram.create_album("Storm").await.unwrap().album;
    let rule = |method: &str, every| FloodRule { method: method.into(), every, seconds: 1 };
    let storms = [
        ("cut", Faults { cut: 0.08, ..Faults::default() }),
        ("cut-after", Faults { cut_after: Some(3_000_000), ..Faults::default() }),
        ("bad-salt", Faults { bad_salt_every: Some(5), ..Faults::default() }),
        ("garbage", Faults { garbage: 0.05, ..Faults::default() }),
        (
            "flood",
            Faults {
                flood: vec![rule("messages.sendMedia", 2), rule("upload.getFile", 9)],
                premium_wait: vec![rule("upload.saveFilePart", 7)],
                ..Faults::default()
            },
        ),
        (
            "slow-first",
            Faults { slow_first: Some(Duration::from_millis(300)), ..Faults::default() },
        ),
    ];
    for ((name, faults), round) in storms.into_iter().zip(0i64..) {
        world.sandbox.set_faults(faults);
        for file in 0..3 {
            let id = 1000 + round * 10 + file;
            let bytes = noise(id.unsigned_abs(), 2_000_000);
            let title = format!("{name}-{file}.jpg");
            let (parts, big) = upload_parts(&telegram, UploadId(id), &bytes).await;
            let thumb = Some(telegram.save_thumb(&jpeg(160)).await.unwrap());
            let sending =
                || Outgoing { thumb: thumb.clone(), ..outgoing(UploadId(id), parts, big, &title) };
            // As the engine does it: a lost answer is looked up, everything else repeated.
            let photo = loop {
                match telegram.send_document(&album, sending()).await {
                    Ok(photo) => break photo,
                    Err(error) if error.name() == Some("RANDOM_ID_DUPLICATE") => {
                        let sent = telegram.find_sent(&album, MessageId(0), &title, 2_000_000);
                        break sent.await.unwrap().remove(0);
                    }
                    Err(error) if error.is_offline() => {}
                    Err(error) => panic!("{name}: {error}"),
                }
            };
            assert!(download(&telegram, &photo).await == bytes, "{name}");
        }
    }
    world.sandbox.set_faults(Faults::default());
    let page = telegram.history(&album, None, 100).await.unwrap();
    assert_eq!(page.photos.len(), 18, "every file once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_lives_elsewhere_is_followed() {
    let world = world(None, Conditions::default()).await;
    world.sandbox.set_faults(Faults { migrate: true, ..Faults::default() });
    let drawer = Drawer::default();
    let telegram = world.connect(&drawer);
    telegram.send_code(PHONE).await.unwrap();
    let code = world.sandbox.ready().code.clone();
    assert!(matches!(telegram.sign_in(&code).await.unwrap(), SignIn::Done(_)));
    drop(telegram);
    // Found again where it lives, without asking the first data centre.
    let telegram = world.connect(&drawer);
    let me = telegram.me().await;
    assert!(matches!(me, Ok(Some(_))), "{me:?}");

    // Everything else happens there too, and files come from where they lie: the other one.
    let album = telegram.create_album("Away").await.unwrap().album;
    let (large, small) = (noise(8, 11 * 1024 * 1024 + 5), noise(9, 900_001));
    let first = upload(&telegram, &album, 61, &large, "large.jpg").await;
    let second = upload(&telegram, &album, 62, &small, "small.jpg").await;
    assert!(download(&telegram, &first).await == large);
    assert!(download(&telegram, &second).await == small);
    let thumb = first.remote.thumbs.first().expect("a thumbnail");
    let bytes = telegram.fetch(&first.remote, Some(&thumb.letter), 0, 65_536).await.unwrap();
    assert_eq!(bytes.len(), thumb.bytes as usize);
    let hashes = telegram.hashes(&second.remote, second.bytes).await.unwrap().expect("hashes");
    assert_eq!(hashes.iter().map(|piece| u64::from(piece.limit)).sum::<u64>(), second.bytes);
    let calls = world.sandbox.calls();
    assert_eq!(calls.get("auth.importAuthorization").copied(), Some(1), "{calls:?}");
    let listed = telegram.albums().await.unwrap();
    assert_eq!(listed.iter().map(|found| &found.album).collect::<Vec<_>>(), [&album]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_lives_elsewhere_is_followed() {
    let world = world(None, Conditions::default()).await;
    let telegram = world.signed_in().await;
    let album = telegram.create_album("Far").await.unwrap().album;
    let bytes = noise(4, 3_000_000);
    world.sandbox.set_faults(Faults { migrate: true, ..Faults::default() });
    let photo = upload(&telegram, &album, 6, &bytes, "far.jpg").await;
    assert!(download(&telegram, &photo).await == bytes);
    let calls = world.sandbox.calls();
    assert_eq!(calls.get("auth.importAuthorization").copied(), Some(1), "{calls:?}");
    // Carried over once, for all connections.
    assert!(download(&telegram, &photo).await == bytes);
    let calls = world.sandbox.calls();
    assert_eq!(calls.get("auth.importAuthorization").copied(), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired_permits_and_ended_sessions_are_told() {
    let world = world(None, Conditions::default()).await;
    let telegram = world.signed_in().await;
    let album = telegram.create_album("Time").await.unwrap().album;
    let bytes = noise(3, 300_000);
    let photo = upload(&telegram, &album, 5, &bytes, "a.jpg").await;
    let soon = Some(Duration::from_secs(1));
    world.sandbox.set_faults(Faults { expire_references: soon, ..Faults::default() });
    let expired = timeout(PATIENCE, async {
        loop {
            match telegram.fetch(&photo.remote, None, 0, 4096).await {
                Ok(_) => tokio::time::sleep(Duration::from_millis(200)).await,
                Err(error) => break error,
            }
        }
    });
    assert_eq!(expired.await.unwrap().name(), Some("FILE_REFERENCE_EXPIRED"));
    let fresh = telegram.messages(&album, &[photo.id.message]).await.unwrap();
    let [Change::Photo(fresh)] = fresh.as_slice() else { panic!("{fresh:?}") };
    assert!(telegram.fetch(&fresh.remote, None, 0, 300_000).await.unwrap() == bytes);

    world.sandbox.set_faults(Faults { revoke_after: Some(0), ..Faults::default() });
    assert!(telegram.albums().await.unwrap_err().is_signed_out());
    let mut connection = telegram.connection();
    let told = timeout(PATIENCE, connection.wait_for(|now| *now == Connection::SignedOut));
    assert!(told.await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_server_calls_end_and_say_so() {
    let world = world(None, Conditions::default()).await;
    let telegram = world.signed_in().await;
    let World { sandbox, _folder } = world;
    sandbox.stop().await;
    let error = timeout(PATIENCE, telegram.albums()).await.unwrap().unwrap_err();
    assert!(error.is_offline(), "{error}");
    // Who was signed in is still known.
    assert!(timeout(PATIENCE, telegram.me()).await.unwrap().unwrap().is_some());
    let mut connection = telegram.connection();
    let told =
        timeout(PATIENCE, connection.wait_for(|now| matches!(now, Connection::Offline { .. })));
    assert!(told.await.is_ok());
    timeout(PATIENCE, telegram.log_out()).await.unwrap().unwrap();
}
