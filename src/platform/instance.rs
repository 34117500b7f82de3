//! One window a home: a second start brings the first to the front and ends.
//!
//! A lock file in the data folder decides who is first; it is the system that lets go of it when
//! the process dies, so nothing stale can stand in the way. The first listens on a local socket
//! (a named pipe on Windows) for others that ask it to come to the front. This says nothing about
//! who may write: the store's own lock does.
//! [`claim`] blocks for a moment and is called on the main thread; a [`Listener`] that was given a
//! callback has a thread named "instance".

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Result, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use interprocess::local_socket::traits::{Listener as _, Stream as _};
use interprocess::local_socket::{self, ListenerOptions, Name, Stream};
use sha2::{Digest, Sha256};

use super::fs;

/// The lock file in the data folder.
const LOCK: &str = "window.lock";
const RAISE: &[u8; 6] = b"raise\n";
/// How long a second start waits for the first to listen and to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Who we are for this home.
#[derive(Debug)]
pub enum Instance {
    /// The first: keep the listener for as long as the window is open.
    First(Listener),
    /// Another window is open and was asked to come to the front.
    Second,
}

/// Finds out whether a window is open for the home with this data folder, and if so asks it to
/// come to the front.
///
/// Without a place for the socket (which is rare) the first still is the first; it only cannot be
/// asked to the front.
pub fn claim(data: &Path) -> Result<Instance> {
    fs::private_dir(data)?;
    let data = data.canonicalize()?;
    let lock = fs::private_file(&data.join(LOCK))?;
    match lock.try_lock() {
        Ok(()) => Ok(Instance::First(Listener::bind(lock, &data))),
        Err(TryLockError::WouldBlock) => {
            raise(&data);
            Ok(Instance::Second)
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Asks the first window to come to the front. The first may be just about to listen, so this
/// tries for a while.
fn raise(data: &Path) -> bool {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if places(data).iter().any(|place| ask(place).is_ok()) {
            return true;
        }
        if Instant::now() > deadline {
            tracing::warn!("the window that is open for this home does not answer");
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn ask(place: &Path) -> Result<()> {
    let mut stream = Stream::connect(name(place)?)?;
    // Named pipes have no time limits; there a first window that hangs is waited for.
    let _ = stream.set_recv_timeout(Some(PATIENCE));
    stream.write_all(RAISE)?;
    stream.read_exact(&mut [0; 1])
}

/// Where the first window may listen, best first. Both sides make the same list.
fn places(data: &Path) -> Vec<PathBuf> {
    // The shortest of the systems' limits is macOS's 104 bytes, with the closing zero.
    const LONGEST: usize = 100;
    let digest: [u8; 32] = Sha256::digest(data.as_os_str().as_encoded_bytes()).into();
    let head = digest.first_chunk().copied().unwrap_or_default();
    let named = format!("heliogram-{:016x}", u64::from_be_bytes(head));
    if cfg!(windows) {
        return vec![PathBuf::from(named)];
    }
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|folder| !folder.is_empty());
    let mut places = vec![data.join("window.sock")];
    places.extend(runtime.map(|folder| PathBuf::from(folder).join(format!("{named}.sock"))));
    places.push(std::env::temp_dir().join(format!("{named}.sock")));
    places.retain(|place| place.as_os_str().len() <= LONGEST);
    places
}

#[cfg(unix)]
fn name(place: &Path) -> Result<Name<'_>> {
    use local_socket::{GenericFilePath, ToFsName as _};
    place.to_fs_name::<GenericFilePath>()
}

#[cfg(not(unix))]
fn name(place: &Path) -> Result<Name<'_>> {
    use local_socket::{GenericNamespaced, ToNsName as _};
    place.as_os_str().to_ns_name::<GenericNamespaced>()
}

/// The first window's ear. Dropping it lets another start be the first.
#[derive(Debug)]
pub struct Listener {
    bound: Option<(local_socket::Listener, PathBuf)>,
    thread: Option<Thread>,
    // Last: let go only when nobody listens any more.
    _lock: File,
}

#[derive(Debug)]
struct Thread {
    handle: JoinHandle<()>,
    stop: Arc<AtomicBool>,
    place: PathBuf,
}

impl Listener {
    fn bind(lock: File, data: &Path) -> Self {
        let bound = places(data).into_iter().find_map(|place| match bind(&place) {
            Ok(listener) => Some((listener, place)),
            Err(error) => {
                tracing::debug!(place = %place.display(), %error, "no socket for later starts");
                None
            }
        });
        if bound.is_none() {
            tracing::warn!("a second start will not be able to bring this window to the front");
        }
        Self { bound, thread: None, _lock: lock }
    }

    /// Calls `raise`, on a thread of its own, whenever another start asks for the window; also
    /// for those that asked since the claim.
    pub fn on_raise(&mut self, raise: impl Fn() + Send + 'static) -> Result<()> {
        let Some((listener, place)) = self.bound.take() else { return Ok(()) };
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let handle = std::thread::Builder::new()
            .name("instance".to_owned())
            .spawn(move || listen(&listener, &stopped, &raise))?;
        self.thread = Some(Thread { handle, stop, place });
        Ok(())
    }
}

fn bind(place: &Path) -> Result<local_socket::Listener> {
    // We hold the lock, so whoever made what is there is gone.
    #[cfg(unix)]
    fs::remove_file(place)?;
    let listener = ListenerOptions::new().name(name(place)?).create_sync()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(place, std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(listener)
}

fn listen(listener: &local_socket::Listener, stop: &AtomicBool, raise: &dyn Fn()) {
    loop {
        let accepted = listener.accept();
        if stop.load(Ordering::Acquire) {
            return;
        }
        match accepted.map(hear) {
            Ok(Ok(())) => raise(),
            Ok(Err(error)) => tracing::debug!(%error, "not a request to come to the front"),
            Err(error) => {
                // Out of handles, perhaps; it must not become a busy loop.
                tracing::debug!(%error, "cannot hear later starts at the moment");
                std::thread::sleep(Duration::from_millis(200));
            }
        }
    }
}

fn hear(mut stream: Stream) -> Result<()> {
    // Somebody who connects and stays silent must not keep the others out.
    let _ = stream.set_recv_timeout(Some(Duration::from_millis(500)));
    let mut word = [0; RAISE.len()];
    stream.read_exact(&mut word)?;
    if word != *RAISE {
        return Err(ErrorKind::InvalidData.into());
    }
    stream.write_all(b"\n")
}

impl Drop for Listener {
    fn drop(&mut self) {
        let Some(Thread { handle, stop, place }) = self.thread.take() else { return };
        stop.store(true, Ordering::Release);
        // Wakes the thread; where that fails it is left to end with the process.
        if name(&place).and_then(Stream::connect).is_ok() && handle.join().is_err() {
            tracing::error!("the thread that listens for later starts has panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    fn first(data: &Path) -> Listener {
        match claim(data).unwrap() {
            Instance::First(listener) => listener,
            Instance::Second => panic!("a stale instance stands in the way"),
        }
    }

    #[test]
    fn a_second_start_raises_the_first() {
        let home = tempfile::tempdir().unwrap();
        let mut listener = first(home.path());
        let (told, raised) = channel();
        listener.on_raise(move || told.send(()).unwrap()).unwrap();
        for _ in 0..2 {
            assert!(matches!(claim(home.path()).unwrap(), Instance::Second));
            raised.recv_timeout(Duration::from_secs(10)).unwrap();
        }
        drop(listener);
        first(home.path());
    }

    #[test]
    fn two_homes_do_not_know_each_other() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let _first = first(one.path());
        first(two.path());
    }

    #[cfg(unix)]
    #[test]
    fn a_stale_socket_is_replaced_and_long_paths_move_out() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let place = home.path().canonicalize().unwrap().join("window.sock");
        // As after a kill: the file is there, nobody listens.
        drop(std::os::unix::net::UnixListener::bind(&place).unwrap());
        let mut listener = first(home.path());
        let mode = std::fs::metadata(&place).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let (told, raised) = channel();
        listener.on_raise(move || told.send(()).unwrap()).unwrap();
        assert!(raise(&home.path().canonicalize().unwrap()));
        raised.recv_timeout(Duration::from_secs(10)).unwrap();

        let deep = home.path().join("d".repeat(120));
        let mut listener = first(&deep);
        let (told, raised) = channel();
        listener.on_raise(move || told.send(()).unwrap()).unwrap();
        assert!(matches!(claim(&deep).unwrap(), Instance::Second));
        raised.recv_timeout(Duration::from_secs(10)).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_stranger_who_says_nothing_does_not_keep_others_out() {
        let home = tempfile::tempdir().unwrap();
        let mut listener = first(home.path());
        let (told, raised) = channel();
        listener.on_raise(move || told.send(()).unwrap()).unwrap();
        let place = home.path().canonicalize().unwrap().join("window.sock");
        let _silent = std::os::unix::net::UnixStream::connect(place).unwrap();
        assert!(matches!(claim(home.path()).unwrap(), Instance::Second));
        raised.recv_timeout(Duration::from_secs(10)).unwrap();
    }
}
