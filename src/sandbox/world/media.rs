//! What clients send becomes documents and photos: attributes, thumbnails and sizes as Telegram
//! makes them. Decodes pictures: called from blocking threads only.

use grammers_tl_types::{Deserializable, Serializable, enums, types};
use image::DynamicImage;

use super::error::{Outcome, refusal, refuse};
use super::file::read_spans;
use super::picture::{self, Size};
use super::record::{Body, FILES, KEPT, SIZES, Stored, THUMBS, pack};
use super::upload::{Assembled, SMALL_FILE, drawer};
use super::{World, plain, seal};
use crate::sandbox::Faults;
use crate::sandbox::server::other_dc;

/// The upper bits of a stored file's id.
const TAG: i64 = 0x4000_0000_0000_0000;
const RANDOM_PART: i64 = 0x0fff_ffff_ffff_ffff;
/// Of the sides of a photo.
const MOST_SIDES: u32 = 10_000;
const MOST_RATIO: u32 = 20;

/// Who sends a file, and from which data centre: where the sender is at home, since nobody may
/// send from anywhere else. Parts are looked for where the file is used.
pub(crate) struct Sender<'a> {
    pub(crate) user: i64,
    pub(crate) dc: i32,
    pub(crate) faults: &'a Faults,
}

impl Sender<'_> {
    /// Where a new file comes to live.
    fn new_files_dc(&self) -> i32 {
        if self.faults.migrate { other_dc(self.dc) } else { self.dc }
    }
}

/// A finished upload.
struct Uploaded {
    key: (i64, i64),
    parts: Assembled,
}

fn signed(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// Sizes as they stand in a message.
fn sizes_tl(stripped: Vec<u8>, sizes: &[Size]) -> Vec<enums::PhotoSize> {
    let mut all = vec![plain::stripped_size(stripped)];
    all.extend(sizes.iter().map(|size| {
        let bytes = i32::try_from(size.jpeg.len()).unwrap_or(i32::MAX);
        plain::photo_size(size.letter, (signed(size.width), signed(size.height)), bytes)
    }));
    all
}

impl World {
    /// The media of a message from what a client sent.
    pub(crate) fn make_media(
        &self,
        by: &Sender<'_>,
        input: &enums::InputMedia,
    ) -> Outcome<enums::MessageMedia> {
        match input {
            enums::InputMedia::UploadedDocument(input) => {
                let document = self.new_document(by, input)?;
                Ok(document_media(document, input.spoiler))
            }
            enums::InputMedia::UploadedPhoto(input) => {
                let photo = self.new_photo(by, &input.file, &picture::PHOTO_STEPS)?;
                let mut media = plain::media_photo(photo);
                media.spoiler = input.spoiler;
                Ok(media.into())
            }
            _ => self.known_media(by, input),
        }
    }

    /// The media of a message from a file that the server has already.
    pub(crate) fn known_media(
        &self,
        by: &Sender<'_>,
        input: &enums::InputMedia,
    ) -> Outcome<enums::MessageMedia> {
        let life = by.faults.expire_references;
        let painted = |id| {
            self.gallery.as_ref().and_then(|gallery| gallery.file_media(id, &self.seal)).map(
                |mut media| {
                    self.refresh_media(&mut media);
                    media
                },
            )
        };
        match input {
            enums::InputMedia::Document(input) => {
                let enums::InputDocument::Document(it) = &input.id else {
                    return refuse("MEDIA_EMPTY");
                };
                if it.access_hash != self.seal.file_hash(it.id) {
                    return refuse("MEDIA_EMPTY");
                }
                self.seal.check(it.id, &it.file_reference, life)?;
                if let Some(media) = painted(it.id) {
                    return Ok(media);
                }
                match self.document_tl(it.id)? {
                    Some(document) => Ok(document_media(document, input.spoiler)),
                    None => refuse("MEDIA_EMPTY"),
                }
            }
            enums::InputMedia::Photo(input) => {
                let photo = self.known_photo(by, &input.id)?;
                let mut media = plain::media_photo(photo);
                media.spoiler = input.spoiler;
                Ok(media.into())
            }
            enums::InputMedia::Empty => refuse("MEDIA_EMPTY"),
            enums::InputMedia::PhotoExternal(_) | enums::InputMedia::DocumentExternal(_) => {
                refuse("WEBPAGE_CURL_FAILED")
            }
            _ => refuse("MEDIA_INVALID"),
        }
    }

    /// The photo behind an `InputPhoto`.
    pub(crate) fn known_photo(
        &self,
        by: &Sender<'_>,
        input: &enums::InputPhoto,
    ) -> Outcome<enums::Photo> {
        let enums::InputPhoto::Photo(it) = input else { return refuse("PHOTO_INVALID") };
        if it.access_hash != self.seal.file_hash(it.id) {
            return refuse("PHOTO_INVALID");
        }
        self.seal.check(it.id, &it.file_reference, by.faults.expire_references)?;
        if let Some(gallery) = &self.gallery
            && let Some(enums::MessageMedia::Photo(media)) = gallery.file_media(it.id, &self.seal)
            && let Some(mut photo) = media.photo
        {
            self.refresh_photo(&mut photo);
            return Ok(photo);
        }
        match self.photo_tl(it.id)? {
            Some(photo) => Ok(photo),
            None => refuse("PHOTO_INVALID"),
        }
    }

    fn take_upload(&self, by: &Sender<'_>, input: &enums::InputFile) -> Outcome<(Uploaded, bool)> {
        let (id, parts, big, md5) = match input {
            enums::InputFile::File(file) => {
                (file.id, file.parts, false, file.md5_checksum.as_str())
            }
            enums::InputFile::Big(file) => (file.id, file.parts, true, ""),
            enums::InputFile::StoryDocument(_) => return refuse("FILE_ID_INVALID"),
        };
        let key = (drawer(by.user, by.dc), id);
        let parts = self.uploads.assemble(key, parts, big, md5)?;
        Ok((Uploaded { key, parts }, big))
    }

    fn whole(&self, uploaded: &Uploaded) -> Outcome<Vec<u8>> {
        let file = std::fs::File::open(self.uploads.path(uploaded.key))?;
        read_spans(&file, &uploaded.parts.spans, 0, uploaded.parts.bytes)
    }

    /// The thumbnail that came with a document, if it is a usable one: kept as it was sent.
    fn attached(
        &self,
        by: &Sender<'_>,
        thumb: Option<&enums::InputFile>,
    ) -> Outcome<Option<(DynamicImage, Size)>> {
        let Some(thumb) = thumb else { return Ok(None) };
        let (uploaded, _) = self.take_upload(by, thumb)?;
        if uploaded.parts.bytes > picture::MAX_ATTACHED {
            return Ok(None);
        }
        let jpeg = self.whole(&uploaded)?;
        let usable = jpeg.starts_with(&[0xff, 0xd8])
            && picture::dimensions(&jpeg).is_some_and(|(w, h)| w.max(h) <= 320);
        let Some(picture) = usable.then(|| picture::decode(&jpeg)).flatten() else {
            return Ok(None);
        };
        let (width, height) = (picture.width(), picture.height());
        Ok(Some((picture, Size { letter: b'm', width, height, jpeg })))
    }

    fn new_document(
        &self,
        by: &Sender<'_>,
        input: &types::InputMediaUploadedDocument,
    ) -> Outcome<enums::Document> {
        let (uploaded, _) = self.take_upload(by, &input.file)?;
        let bytes = uploaded.parts.bytes;
        let mut attributes = input.attributes.clone();
        let attached = self.attached(by, input.thumb.as_ref())?;
        let (stripped, sizes) = if let Some((picture, size)) = attached {
            (picture::stripped(&picture), vec![size])
        } else if input.mime_type.starts_with("image/")
            && bytes <= picture::MAX_DECODED_FILE
            && let Some(picture) = picture::decode(&self.whole(&uploaded)?)
        {
            let told =
                |a: &enums::DocumentAttribute| matches!(a, enums::DocumentAttribute::ImageSize(_));
            if !attributes.iter().any(told) {
                let size = (signed(picture.width()), signed(picture.height()));
                attributes.insert(0, plain::image_size(size));
            }
            let size = picture::size(&picture, b'm', 320, 80);
            (picture::stripped(&picture), vec![size])
        } else {
            (Vec::new(), Vec::new())
        };
        let id = TAG | (seal::random()? & RANDOM_PART);
        let dc = by.new_files_dc();
        let mut document = plain::document(id, self.seal.file_hash(id), dc);
        document.date = seal::now();
        document.mime_type = if input.mime_type.is_empty() {
            "application/octet-stream".to_owned()
        } else {
            input.mime_type.clone()
        };
        document.size = i64::try_from(bytes).unwrap_or(i64::MAX);
        document.thumbs = (!sizes.is_empty()).then(|| sizes_tl(stripped, &sizes));
        document.attributes = attributes;
        let mime = document.mime_type.clone();
        let mut document = enums::Document::Document(document);
        let (key, spans) = (uploaded.key, uploaded.parts.spans);
        self.keep_file(
            &Stored {
                id,
                owner: by.user,
                dc,
                bytes,
                mime,
                body: Body::Upload { drawer: key.0, upload: key.1, spans },
                tl: document.to_bytes(),
                photo: false,
            },
            &sizes,
        )?;
        self.refresh_document(&mut document);
        Ok(document)
    }

    /// Makes a photo of an uploaded picture: every size is an encoding of the server's own.
    pub(crate) fn new_photo(
        &self,
        by: &Sender<'_>,
        input: &enums::InputFile,
        steps: &[(u8, u32)],
    ) -> Outcome<enums::Photo> {
        let (uploaded, big) = self.take_upload(by, input)?;
        if big || uploaded.parts.bytes > SMALL_FILE {
            return refuse("PHOTO_SAVE_FILE_INVALID");
        }
        let bytes = self.whole(&uploaded)?;
        let Some((w, h)) = picture::dimensions(&bytes) else {
            return refuse("IMAGE_PROCESS_FAILED");
        };
        if w + h > MOST_SIDES || w.max(h) > MOST_RATIO * w.min(h).max(1) {
            return refuse("PHOTO_INVALID_DIMENSIONS");
        }
        let Some(picture) = picture::decode(&bytes) else { return refuse("IMAGE_PROCESS_FAILED") };
        let sizes = picture::sizes(&picture, steps);
        let id = TAG | (seal::random()? & RANDOM_PART);
        let dc = by.new_files_dc();
        let mut photo = plain::photo(id, self.seal.file_hash(id), dc);
        photo.date = seal::now();
        photo.sizes = sizes_tl(picture::stripped(&picture), &sizes);
        let mut photo = enums::Photo::Photo(photo);
        let stored = Stored {
            id,
            owner: by.user,
            dc,
            bytes: 0,
            mime: "image/jpeg".to_owned(),
            body: Body::Sizes,
            tl: photo.to_bytes(),
            photo: true,
        };
        self.keep_file(&stored, &sizes)?;
        self.refresh_photo(&mut photo);
        Ok(photo)
    }

    fn keep_file(&self, stored: &Stored, sizes: &[Size]) -> Outcome<()> {
        let tx = self.writing()?;
        tx.open_table(FILES)?.insert(stored.id, pack(stored)?.as_slice())?;
        {
            let mut thumbs = tx.open_table(THUMBS)?;
            for size in sizes {
                thumbs.insert((stored.id, size.letter), size.jpeg.as_slice())?;
            }
        }
        if let Body::Upload { drawer, upload, .. } = &stored.body {
            tx.open_table(KEPT)?.insert((*drawer, *upload), ())?;
            tx.open_table(SIZES)?.insert((stored.owner, stored.bytes, stored.id), ())?;
        }
        tx.commit()?;
        Ok(())
    }
}

/// A document as a message's media.
fn document_media(document: enums::Document, spoiler: bool) -> enums::MessageMedia {
    let mut media = plain::media_document(document);
    media.spoiler = spoiler;
    media.video = matches!(&media.document, Some(enums::Document::Document(document))
        if document.attributes.iter().any(|a| matches!(a, enums::DocumentAttribute::Video(_))));
    media.into()
}

/// Telegram's limit of a caption.
const CAPTION_CHARS: usize = 1024;
/// Telegram's limit of a message without media.
const TEXT_CHARS: usize = 4096;

/// A caption and its entities, as they are kept.
pub(crate) fn check_text(
    text: &str,
    entities: Option<Vec<enums::MessageEntity>>,
    caption: bool,
) -> Outcome<Option<Vec<enums::MessageEntity>>> {
    let chars = text.chars().count();
    if caption && chars > CAPTION_CHARS {
        return refuse("MEDIA_CAPTION_TOO_LONG");
    }
    if !caption && chars > TEXT_CHARS {
        return refuse("MESSAGE_TOO_LONG");
    }
    let units = text.encode_utf16().count();
    let entities: Vec<_> = entities
        .unwrap_or_default()
        .into_iter()
        .filter(|e| !matches!(e, enums::MessageEntity::InputMessageEntityMentionName(_)))
        .collect();
    for entity in &entities {
        // Every entity begins with its id, its offset and its length (after flags, in a few).
        let Some((offset, length)) = bounds(entity) else { continue };
        let end = offset.checked_add(length).and_then(|end| usize::try_from(end).ok());
        if offset < 0 || length < 0 || end.is_none_or(|end| end > units) {
            return Err(refusal(400, "ENTITY_BOUNDS_INVALID"));
        }
    }
    Ok((!entities.is_empty()).then_some(entities))
}

/// Offset and length of an entity; `None` for one that begins with flags.
fn bounds(entity: &enums::MessageEntity) -> Option<(i32, i32)> {
    let bytes = entity.to_bytes();
    if matches!(
        entity,
        enums::MessageEntity::Blockquote(_) | enums::MessageEntity::FormattedDate(_)
    ) {
        return None;
    }
    let number = |at: usize| bytes.get(at..at + 4).and_then(|four| i32::from_bytes(four).ok());
    Some((number(4)?, number(8)?))
}
