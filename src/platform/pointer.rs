//! Where the pointer is while files are dragged over the window.
//!
//! The window system tells a window nothing of the pointer during a drag, so it is asked for. On
//! X11 that is possible; Wayland, Windows and macOS give no such answer to safe code, and there
//! [`DragPointer::start`] returns `None`: then only the default target can be shown. Asking is a
//! round trip to the X server, so it runs on a thread of its own, named "pointer", which lives as
//! long as the [`DragPointer`]; reading the position never waits.

use raw_window_handle::HasWindowHandle;

/// Follows the pointer until dropped.
#[derive(Debug)]
pub struct DragPointer {
    #[cfg(target_os = "linux")]
    follower: x11::Follower,
    #[cfg(not(target_os = "linux"))]
    never: std::convert::Infallible,
}

impl DragPointer {
    /// Begins to follow the pointer over `window`; `moved` is called, on the pointer's thread,
    /// when it has moved. `None` where the system does not tell.
    pub fn start(window: &impl HasWindowHandle, moved: impl Fn() + Send + 'static) -> Option<Self> {
        #[cfg(target_os = "linux")]
        return x11::Follower::start(x11::id(window)?, moved).map(|follower| Self { follower });
        #[cfg(not(target_os = "linux"))]
        {
            let _ = (window, moved);
            None
        }
    }

    /// The pointer in physical pixels from the window's top left corner (also outside of it);
    /// `None` until it is known, or when the pointer is on another screen.
    pub fn position(&self) -> Option<(i16, i16)> {
        #[cfg(target_os = "linux")]
        return self.follower.position();
        #[cfg(not(target_os = "linux"))]
        match self.never {}
    }
}

#[cfg(target_os = "linux")]
mod x11 {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
    use std::time::Duration;

    use raw_window_handle::{HasWindowHandle, RawWindowHandle};
    use x11rb::protocol::xproto::ConnectionExt as _;
    use x11rb::rust_connection::RustConnection;

    /// Once a frame at 60 Hz.
    const PERIOD: Duration = Duration::from_millis(16);

    /// The X window behind `window`, if it is one.
    pub(super) fn id(window: &impl HasWindowHandle) -> Option<u32> {
        match window.window_handle().ok()?.as_raw() {
            RawWindowHandle::Xlib(handle) => u32::try_from(handle.window).ok(),
            RawWindowHandle::Xcb(handle) => Some(handle.window.get()),
            _ => None,
        }
    }

    #[derive(Debug)]
    pub(super) struct Follower {
        /// Packed by [`pack`].
        position: Arc<AtomicU64>,
        /// Held so that the thread ends when this is dropped.
        _alive: std::sync::Mutex<SyncSender<()>>,
    }

    impl Follower {
        pub(super) fn start(window: u32, moved: impl Fn() + Send + 'static) -> Option<Self> {
            let position = Arc::new(AtomicU64::new(pack(None)));
            let (alive, stop) = sync_channel(0);
            let seen = Arc::clone(&position);
            std::thread::Builder::new()
                .name("pointer".to_owned())
                .spawn(move || {
                    let Ok((server, _)) = x11rb::connect(None) else { return };
                    loop {
                        let now = pack(ask(&server, window));
                        if seen.swap(now, Ordering::Relaxed) != now {
                            moved();
                        }
                        if stop.recv_timeout(PERIOD) != Err(RecvTimeoutError::Timeout) {
                            return;
                        }
                    }
                })
                .ok()?;
            Some(Self { position, _alive: alive.into() })
        }

        pub(super) fn position(&self) -> Option<(i16, i16)> {
            unpack(self.position.load(Ordering::Relaxed))
        }
    }

    pub(super) fn ask(server: &RustConnection, window: u32) -> Option<(i16, i16)> {
        let answer = server.query_pointer(window).ok()?.reply().ok()?;
        answer.same_screen.then_some((answer.win_x, answer.win_y))
    }

    /// Both coordinates in one atomic word; the bit above them says that they are known.
    fn pack(position: Option<(i16, i16)>) -> u64 {
        position.map_or(0, |(x, y)| {
            1 << 32 | u64::from(x.cast_unsigned()) << 16 | u64::from(y.cast_unsigned())
        })
    }

    #[expect(clippy::cast_possible_truncation, reason = "takes apart what `pack` put together")]
    fn unpack(word: u64) -> Option<(i16, i16)> {
        (word >> 32 == 1).then_some(((word >> 16) as i16, word as i16))
    }

    #[cfg(test)]
    mod tests {
        use proptest::prelude::*;

        use super::*;

        proptest! {
            #[test]
            fn a_position_survives_packing(position in any::<Option<(i16, i16)>>()) {
                prop_assert_eq!(unpack(pack(position)), position);
            }
        }

        #[test]
        fn the_root_windows_pointer_is_told_where_there_is_a_server() {
            use x11rb::connection::Connection as _;
            let Ok((server, screen)) = x11rb::connect(None) else {
                println!("skipped: no X server");
                return;
            };
            let root = server.setup().roots[screen].root;
            assert!(ask(&server, root).is_some());
            let (told, moves) = sync_channel(8);
            let follower = Follower::start(root, move || {
                let _ = told.try_send(());
            })
            .unwrap();
            moves.recv_timeout(Duration::from_secs(10)).unwrap();
            assert!(follower.position().is_some());
        }
    }
}
