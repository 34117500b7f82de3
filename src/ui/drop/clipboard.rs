//! What pasting means where nobody types: files if the clipboard names any, else its picture.
//!
//! The window system hands over text or a picture, never a list of files, and nothing at all of a
//! clipboard that holds only such a list, as file managers leave it: then a key that comes up without
//! having gone down tells that it was pressed. The list is asked for elsewhere, because whoever owns
//! the clipboard may take long. Window thread.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{ColorImage, Event, Key, Ui};

/// Seconds for which a key may still come up that went down in another window.
const NOT_OURS: f64 = 0.3;

/// What was pasted.
pub(crate) enum Pasted {
    /// Files by their paths.
    Files(Vec<PathBuf>),
    /// Files perhaps: the clipboard is to be asked; and the picture to send if there are none.
    Perhaps(Option<Arc<ColorImage>>),
}

/// What is known of the key.
#[derive(Default)]
pub(super) struct Clipboard {
    /// It went down for something else, or what it pasted was told.
    is_told: bool,
    focused: Option<f64>,
}

impl Clipboard {
    /// What was pasted in this frame.
    pub(super) fn pasted(&mut self, ui: &Ui) -> Option<Pasted> {
        let is_typing = ui.ctx().text_edit_focused();
        let (events, now) = ui.input(|input| (input.events.clone(), input.time));
        let mut pasted = None;
        for event in events {
            let new = match event {
                Event::WindowFocused(true) => {
                    self.focused = Some(now);
                    None
                }
                Event::Paste(text) => {
                    self.is_told = true;
                    let files = paths(&text);
                    Some(if files.is_empty() {
                        Pasted::Perhaps(None)
                    } else {
                        Pasted::Files(files)
                    })
                }
                Event::PasteImage(image) => {
                    self.is_told = true;
                    Some(Pasted::Perhaps(Some(image)))
                }
                Event::Key { key: Key::V | Key::Paste, pressed: true, .. } => {
                    self.is_told = true;
                    None
                }
                Event::Key { key: Key::V | Key::Paste, pressed: false, .. } => {
                    let is_told = std::mem::take(&mut self.is_told);
                    let is_ours = self.focused.is_none_or(|then| now - then > NOT_OURS);
                    (!is_told && is_ours).then_some(Pasted::Perhaps(None))
                }
                _ => None,
            };
            pasted = new.or(pasted);
        }
        pasted.filter(|_| !is_typing)
    }
}

/// Paths in pasted text: one a line, plain or as `file:` addresses. Anything else is no paste of
/// files at all.
fn paths(text: &str) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let path = match line.strip_prefix("file://") {
            Some(address) => {
                PathBuf::from(percent_decoded(address.trim_start_matches("localhost")))
            }
            None => PathBuf::from(line),
        };
        if !path.is_absolute() {
            return Vec::new();
        }
        paths.push(path);
    }
    paths
}

fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut rest = bytes.clone();
        let hex = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
        match (byte, hex(rest.next()), hex(rest.next())) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                bytes = rest;
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_paths_are_taken_from_a_paste() {
        assert_eq!(paths("/a/b.jpg\n/c d.png\n"), [PathBuf::from("/a/b.jpg"), "/c d.png".into()]);
        assert_eq!(paths("file:///a/%C3%A5%20b.jpg"), [PathBuf::from("/a/å b.jpg")]);
        assert!(paths("/a/b.jpg\nhello").is_empty());
        assert!(paths("a sentence").is_empty());
        assert_eq!(paths("file:///100%"), [PathBuf::from("/100%")]);
    }
}
