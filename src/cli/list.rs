//! `list`: an album's photos from the local library, newest first. No network.

use serde::Serialize;

use crate::engine::Headless;
use crate::model::{Photo, Taken};

use super::albums::find;
use super::failure::CliError;
use super::output::Output;
use super::text::{Align, counted, printable, size, table};

#[derive(Serialize)]
struct Row<'a> {
    id: i32,
    name: &'a str,
    bytes: u64,
    width: u32,
    height: u32,
    taken: Option<String>,
    caption: &'a str,
    mime: &'a str,
    sent: Option<String>,
}

impl<'a> From<&'a Photo> for Row<'a> {
    fn from(photo: &'a Photo) -> Self {
        let sent = Taken { wall_seconds: photo.sent, offset_minutes: Some(0) };
        Self {
            id: photo.id.message.0,
            name: &photo.name,
            bytes: photo.bytes,
            width: photo.size.width,
            height: photo.size.height,
            taken: photo.taken.and_then(Taken::to_rfc3339),
            caption: &photo.caption,
            mime: &photo.mime,
            sent: sent.to_rfc3339(),
        }
    }
}

pub(super) fn list(engine: &Headless, album: &str, output: &mut Output) -> Result<(), CliError> {
    let row = find(engine, album)?;
    let mut photos = engine.list(row.album.id)?;
    photos.sort_by_key(|photo| std::cmp::Reverse(photo.id));
    if output.is_json() {
        for photo in &photos {
            output.object(&Row::from(photo));
            if output.is_closed() {
                break;
            }
        }
        return Ok(());
    }
    if !photos.is_empty() {
        let cells: Vec<_> = photos.iter().map(cells).collect();
        let heading = [
            ("Id", Align::Right),
            ("Taken", Align::Left),
            ("Pixels", Align::Right),
            ("Size", Align::Right),
            ("Name", Align::Left),
            ("Caption", Align::Left),
        ];
        output.answer(&table(&heading, &cells));
    }
    let bytes = photos.iter().map(|photo| photo.bytes).sum();
    output.answer(&format!(
        "{} in “{}”, {}",
        counted(photos.len(), "photo"),
        printable(&row.album.title),
        size(bytes)
    ));
    Ok(())
}

fn cells(photo: &Photo) -> Vec<String> {
    let taken = photo.taken.and_then(Taken::to_rfc3339).unwrap_or_default();
    let pixels = if photo.size.is_empty() {
        String::new()
    } else {
        format!("{}×{}", photo.size.width, photo.size.height)
    };
    vec![
        photo.id.message.to_string(),
        taken.get(..16).unwrap_or_default().replace('T', " "),
        pixels,
        size(photo.bytes),
        printable(&photo.name),
        printable(&photo.caption),
    ]
}

#[cfg(test)]
mod tests {
    use crate::model::{AlbumId, MediaKind, MessageId, PhotoId, PixelSize, RemoteFile, RemoteKind};

    use super::*;

    fn photo() -> Photo {
        Photo {
            id: PhotoId { album: AlbumId(5), message: MessageId(42) },
            name: "a \"b\"\u{1b}[2J.jpg".to_owned(),
            bytes: 1234,
            size: PixelSize::new(640, 480),
            kind: MediaKind::Image,
            mime: "image/jpeg".to_owned(),
            caption: String::new(),
            sent: 1_706_710_953,
            taken: Some(Taken { wall_seconds: 1_706_710_953, offset_minutes: None }),
            head_read: false,
            blur: None,
            group: None,
            remote: RemoteFile {
                kind: RemoteKind::Document,
                id: 1,
                access_hash: 2,
                reference: Vec::new(),
                dc: 2,
                thumbs: Vec::new(),
                stripped: None,
            },
        }
    }

    #[test]
    fn the_fields_are_those_of_the_contract_in_its_order() {
        let json = serde_json::to_string(&Row::from(&photo())).unwrap();
        assert_eq!(
            json,
            r#"{"id":42,"name":"a \"b\"\u001b[2J.jpg","bytes":1234,"width":640,"height":480,"taken":"2024-01-31T14:22:33","caption":"","mime":"image/jpeg","sent":"2024-01-31T14:22:33+00:00"}"#
        );
        let unknown = Photo { taken: None, ..photo() };
        assert!(serde_json::to_string(&Row::from(&unknown)).unwrap().contains("\"taken\":null"));
    }

    #[test]
    fn a_name_cannot_clear_the_screen() {
        assert!(!cells(&photo()).concat().contains('\u{1b}'));
    }
}
