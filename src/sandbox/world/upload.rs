//! Parts of uploads on their way to becoming files.
//!
//! One file an upload, only ever appended to: a header and the bytes of a part, again and again.
//! The place of a part is taken and its header written under a short lock, its bytes outside of
//! it, so that parts of one file arrive side by side; a mark in the header says that the bytes are
//! there. After a kill the list of parts is read back from the headers. Files (documents) point
//! into these records; nothing is copied. Blocking: called from blocking threads only.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use md5::{Digest, Md5};

use super::error::{Outcome, refusal, refuse};
use super::place::{read_exact_at, write_all_at};
use super::seal;

/// A part's greatest size.
pub(crate) const MAX_PART: usize = 512 * 1024;
/// What `saveFilePart` is for.
pub(crate) const SMALL_FILE: u64 = 10 * 1024 * 1024;
/// `upload_max_fileparts_default` of Telegram's app configuration.
pub(crate) const MAX_PARTS: i32 = 4000;
/// Unused parts are kept so long.
const LIFE: Duration = Duration::from_hours(24);
const MAGIC: [u8; 4] = *b"HGp1";
const HEADER_BYTES: usize = 32;
const HEADER: u64 = HEADER_BYTES as u64;
/// Uploads held open; others are read back when asked for.
const OPEN: usize = 96;

/// (drawer, the client's file id)
pub(crate) type UploadKey = (i64, i64);

/// Where the parts of a user lie that were sent to a data centre: another one knows nothing of
/// them.
pub(crate) fn drawer(user: i64, dc: i32) -> i64 {
    (user << 4) | i64::from(dc & 15)
}

pub(crate) struct Uploads {
    folder: PathBuf,
    open: Mutex<HashMap<UploadKey, Arc<Upload>>>,
}

struct Upload {
    file: File,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    offset: u64,
    bytes: u32,
    time: i32,
}

#[derive(Default)]
struct State {
    end: u64,
    parts: BTreeMap<i32, Part>,
    /// Total parts, of a big file.
    total: Option<i32>,
}

/// All parts of an upload, in order.
#[derive(Debug)]
pub(crate) struct Assembled {
    pub(crate) spans: Vec<(u64, u32)>,
    pub(crate) bytes: u64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_part_size(bytes: u32) -> bool {
    bytes > 0 && bytes.is_multiple_of(1024) && 524_288 % bytes == 0
}

/// Telegram's rules for the sizes of parts: all alike and well-formed, but for the last.
fn check_size(
    parts: &BTreeMap<i32, Part>,
    part: i32,
    bytes: u32,
    total: Option<i32>,
) -> Outcome<()> {
    let others = || parts.iter().filter(|(number, _)| **number != part);
    let (Some((_, first)), Some((&last_number, last))) = (others().next(), others().next_back())
    else {
        let surely_not_last = total.is_some_and(|total| part < total - 1);
        return if surely_not_last && !is_part_size(bytes) {
            refuse("FILE_PART_SIZE_INVALID")
        } else {
            Ok(())
        };
    };
    if part > last_number {
        // What was the last part so far is none.
        if !is_part_size(first.bytes) {
            return refuse("FILE_PART_SIZE_INVALID");
        }
        if last.bytes != first.bytes || bytes > first.bytes {
            return refuse("FILE_PART_SIZE_CHANGED");
        }
    } else {
        if !is_part_size(bytes) {
            return refuse("FILE_PART_SIZE_INVALID");
        }
        let alone = others().nth(1).is_none();
        if (!alone && bytes != first.bytes) || last.bytes > bytes {
            return refuse("FILE_PART_SIZE_CHANGED");
        }
    }
    Ok(())
}

impl Uploads {
    pub(crate) fn new(folder: PathBuf) -> Outcome<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, open: Mutex::new(HashMap::new()) })
    }

    pub(crate) fn path(&self, (user, upload): UploadKey) -> PathBuf {
        self.folder.join(format!("{user:x}-{upload:016x}"))
    }

    /// Removes uploads that nobody finished within a day. `kept`: a file lives in it.
    pub(crate) fn sweep(&self, kept: impl Fn(UploadKey) -> bool) -> Outcome<()> {
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            let key = entry.file_name().to_str().and_then(|name| {
                let (user, upload) = name.split_once('-')?;
                let upload = u64::from_str_radix(upload, 16).ok()?.cast_signed();
                Some((i64::from_str_radix(user, 16).ok()?, upload))
            });
            let Some(key) = key else { continue };
            let age = SystemTime::now().duration_since(entry.metadata()?.modified()?);
            if age.is_ok_and(|age| age > LIFE) && !kept(key) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn get(&self, key: UploadKey, make: bool) -> Outcome<Option<Arc<Upload>>> {
        let mut open = locked(&self.open);
        if let Some(upload) = open.get(&key) {
            return Ok(Some(Arc::clone(upload)));
        }
        let path = self.path(key);
        if !make && !path.exists() {
            return Ok(None);
        }
        if open.len() >= OPEN {
            // Whoever holds one goes on with it: a second opening would write over its parts.
            open.retain(|_, upload| Arc::strong_count(upload) > 1);
        }
        let upload = Arc::new(Upload::open(&path)?);
        open.insert(key, Arc::clone(&upload));
        Ok(Some(upload))
    }

    /// Writes a part to disk. `total`: as told to `saveBigFilePart`. `lose`: acknowledge it and
    /// forget it (a fault).
    pub(crate) fn save(
        &self,
        key: UploadKey,
        part: i32,
        total: Option<i32>,
        bytes: &[u8],
        lose: bool,
    ) -> Outcome<()> {
        if !(0..MAX_PARTS).contains(&part) {
            return refuse("FILE_PART_INVALID");
        }
        if let Some(total) = total {
            if !(1..=MAX_PARTS).contains(&total) {
                return refuse("FILE_PARTS_INVALID");
            }
            if part >= total {
                return refuse("FILE_PART_INVALID");
            }
        }
        if bytes.is_empty() {
            return refuse("FILE_PART_EMPTY");
        }
        if bytes.len() > MAX_PART {
            return refuse("FILE_PART_TOO_BIG");
        }
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let Some(upload) = self.get(key, true)? else { return refuse("FILE_ID_INVALID") };
        let time = seal::now();
        let mut header = [0; HEADER_BYTES];
        header[..4].copy_from_slice(&MAGIC);
        header[4..8].copy_from_slice(&part.to_le_bytes());
        header[8..12].copy_from_slice(&length.to_le_bytes());
        header[12..16].copy_from_slice(&total.unwrap_or(0).to_le_bytes());
        header[16..20].copy_from_slice(&time.to_le_bytes());
        let start = {
            let mut state = locked(&upload.state);
            if !state.parts.is_empty() && state.total != total {
                return refuse("FILE_PARTS_INVALID");
            }
            check_size(&state.parts, part, length, total)?;
            let start = state.end;
            write_all_at(&upload.file, &header, start)?;
            state.end = start + HEADER + u64::from(length);
            start
        };
        write_all_at(&upload.file, bytes, start + HEADER)?;
        if lose {
            return Ok(());
        }
        write_all_at(&upload.file, &[1], start + 20)?;
        let mut state = locked(&upload.state);
        state.total = total;
        state.parts.insert(part, Part { offset: start + HEADER, bytes: length, time });
        Ok(())
    }

    /// The spans of a finished upload, or what is wrong with it.
    pub(crate) fn assemble(
        &self,
        key: UploadKey,
        parts: i32,
        big: bool,
        md5: &str,
    ) -> Outcome<Assembled> {
        if !(1..=MAX_PARTS).contains(&parts) {
            return refuse("FILE_PARTS_INVALID");
        }
        let missing = |part: i32| refusal(400, format!("FILE_PART_{part}_MISSING"));
        let Some(upload) = self.get(key, false)? else { return Err(missing(0)) };
        let assembled = {
            let state = locked(&upload.state);
            let oldest = seal::now().saturating_sub(i32::try_from(LIFE.as_secs()).unwrap_or(0));
            let mut spans = Vec::with_capacity(usize::try_from(parts).unwrap_or(0));
            for number in 0..parts {
                match state.parts.get(&number) {
                    Some(part) if part.time >= oldest => spans.push((part.offset, part.bytes)),
                    _ => return Err(missing(number)),
                }
            }
            // Parts that came at the same moment were not seen by one another's check.
            let even = spans.split_last().is_none_or(|((_, last), rest)| {
                let size = rest.first().map_or(*last, |(_, bytes)| *bytes);
                *last <= size
                    && rest.iter().all(|(_, bytes)| *bytes == size)
                    && (rest.is_empty() || is_part_size(size))
            });
            if !even
                || state.parts.range(parts..).next().is_some()
                || state.total.is_some() != big
                || state.total.is_some_and(|total| total != parts)
            {
                return refuse("FILE_PARTS_INVALID");
            }
            Assembled { bytes: spans.iter().map(|(_, bytes)| u64::from(*bytes)).sum(), spans }
        };
        if !big {
            if assembled.bytes > SMALL_FILE {
                return refuse("FILE_PARTS_INVALID");
            }
            if !md5.is_empty() && !md5.eq_ignore_ascii_case(&upload.md5(&assembled.spans)?) {
                return refuse("MD5_CHECKSUM_INVALID");
            }
        }
        Ok(assembled)
    }
}

impl Upload {
    /// Opens or makes the file, and reads the list of its parts.
    fn open(path: &Path) -> Outcome<Self> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let bytes = file.metadata()?.len();
        let mut state = State::default();
        let mut header = [0; HEADER_BYTES];
        let number = |header: &[u8], at: usize| {
            let mut four = [0; 4];
            four.copy_from_slice(&header[at..at + 4]);
            i32::from_le_bytes(four)
        };
        while state.end + HEADER <= bytes {
            read_exact_at(&file, &mut header, state.end)?;
            if header[..4] != MAGIC {
                break;
            }
            let length = number(&header, 8).cast_unsigned();
            let offset = state.end + HEADER;
            if header[20] == 1 {
                let total = number(&header, 12);
                state.total = (total > 0).then_some(total);
                let part = Part { offset, bytes: length, time: number(&header, 16) };
                state.parts.insert(number(&header, 4), part);
            }
            state.end = offset + u64::from(length);
        }
        Ok(Self { file, state: Mutex::new(state) })
    }

    fn md5(&self, spans: &[(u64, u32)]) -> Outcome<String> {
        use std::fmt::Write as _;
        let mut hash = Md5::new();
        let mut bytes = Vec::new();
        for (offset, length) in spans {
            bytes.resize(usize::try_from(*length).unwrap_or(MAX_PART), 0);
            read_exact_at(&self.file, &mut bytes, *offset)?;
            hash.update(&bytes);
        }
        Ok(hash.finalize().iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            _ = write!(text, "{byte:02x}");
            text
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: UploadKey = (1, 2);

    fn uploads() -> (tempfile::TempDir, Uploads) {
        let folder = tempfile::tempdir().unwrap();
        let uploads = Uploads::new(folder.path().join("uploads")).unwrap();
        (folder, uploads)
    }
    fn name<T: std::fmt::Debug>(result: Outcome<T>) -> String {
        result.unwrap_err().into_rpc().name.into_owned()
    }
    fn save(uploads: &Uploads, part: i32, total: Option<i32>, bytes: usize) -> Outcome<()> {
        uploads.save(KEY, part, total, &vec![7; bytes], false)
    }

    #[test]
    fn sizes_of_parts_are_as_telegram_wants_them() {
        let (_folder, uploads) = uploads();
        assert_eq!(name(save(&uploads, 0, None, 0)), "FILE_PART_EMPTY");
        assert_eq!(name(save(&uploads, 0, None, MAX_PART + 1)), "FILE_PART_TOO_BIG");
        assert_eq!(name(save(&uploads, -1, None, 9)), "FILE_PART_INVALID");
        assert_eq!(name(save(&uploads, 4000, None, 9)), "FILE_PART_INVALID");
        assert_eq!(name(save(&uploads, 0, Some(0), 9)), "FILE_PARTS_INVALID");
        assert_eq!(name(save(&uploads, 0, Some(4001), 9)), "FILE_PARTS_INVALID");
        assert_eq!(name(save(&uploads, 3, Some(3), 9)), "FILE_PART_INVALID");
        assert_eq!(name(save(&uploads, 0, Some(3), 1000)), "FILE_PART_SIZE_INVALID");
        assert_eq!(name(save(&uploads, 0, Some(3), 3072)), "FILE_PART_SIZE_INVALID");
        save(&uploads, 2, Some(3), 100).unwrap();
        save(&uploads, 0, Some(3), 2048).unwrap();
        assert_eq!(name(save(&uploads, 1, Some(3), 4096)), "FILE_PART_SIZE_CHANGED");
        assert_eq!(name(save(&uploads, 1, Some(4), 2048)), "FILE_PARTS_INVALID");
        assert_eq!(name(uploads.assemble(KEY, 3, true, "")), "FILE_PART_1_MISSING");
        save(&uploads, 1, Some(3), 2048).unwrap();
        assert_eq!(name(uploads.assemble(KEY, 2, true, "")), "FILE_PARTS_INVALID");
        assert_eq!(name(uploads.assemble(KEY, 3, false, "")), "FILE_PARTS_INVALID");
        assert_eq!(uploads.assemble(KEY, 3, true, "").unwrap().bytes, 4196);
    }

    #[test]
    fn a_small_file_of_odd_parts_is_refused_late() {
        let (_folder, uploads) = uploads();
        save(&uploads, 0, None, 1000).unwrap();
        assert_eq!(name(save(&uploads, 1, None, 1000)), "FILE_PART_SIZE_INVALID");
        assert_eq!(name(uploads.assemble(KEY, 1, false, "00")), "MD5_CHECKSUM_INVALID");
        assert_eq!(name(uploads.assemble(KEY, 0, false, "")), "FILE_PARTS_INVALID");
        assert_eq!(name(uploads.assemble((1, 3), 1, false, "")), "FILE_PART_0_MISSING");
        for part in 0..21 {
            uploads.save((1, 4), part, None, &vec![0; MAX_PART], false).unwrap();
        }
        assert_eq!(name(uploads.assemble((1, 4), 21, false, "")), "FILE_PARTS_INVALID");
    }

    #[test]
    fn parts_are_there_again_and_a_torn_one_is_not() {
        let (folder, uploads) = uploads();
        for part in [1, 0, 2] {
            let byte = u8::try_from(part).unwrap();
            uploads.save(KEY, part, None, &vec![byte; 1024], false).unwrap();
        }
        uploads.save(KEY, 3, None, &[3; 1024], true).unwrap();
        // A part whose bytes did not all arrive before the kill: no mark.
        let path = uploads.path(KEY);
        let mut torn = MAGIC.to_vec();
        torn.extend_from_slice(&4i32.to_le_bytes());
        torn.extend_from_slice(&1024i32.to_le_bytes());
        torn.resize(HEADER_BYTES + 100, 0);
        let end = path.metadata().unwrap().len();
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        write_all_at(&file, &torn, end).unwrap();
        drop(uploads);
        let uploads = Uploads::new(folder.path().join("uploads")).unwrap();
        assert_eq!(name(uploads.assemble(KEY, 5, false, "")), "FILE_PART_3_MISSING");
        uploads.save(KEY, 3, None, &[3; 1024], false).unwrap();
        uploads.save(KEY, 4, None, &[4; 10], false).unwrap();
        let all = uploads.assemble(KEY, 5, false, "").unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let joined: Vec<u8> = all
            .spans
            .iter()
            .flat_map(|(at, n)| {
                let at = usize::try_from(*at).unwrap();
                bytes[at..at + usize::try_from(*n).unwrap()].to_vec()
            })
            .collect();
        let mut expected: Vec<u8> = (0..4u8).flat_map(|part| [part; 1024]).collect();
        expected.extend([4; 10]);
        assert_eq!(joined, expected);
    }

    #[test]
    fn parts_arrive_side_by_side_and_uploads_are_closed_and_opened_again() {
        let (_folder, uploads) = uploads();
        let (parts, threads) = (64, 8);
        std::thread::scope(|scope| {
            for first in 0..threads {
                let uploads = &uploads;
                scope.spawn(move || {
                    for part in (first..parts).step_by(8) {
                        let bytes = vec![u8::try_from(part).unwrap(); 4096];
                        uploads.save(KEY, part, Some(parts), &bytes, false).unwrap();
                        // So many that others have to be closed meanwhile.
                        for other in 0..20 {
                            let key = (9, i64::from(part * 20 + other));
                            uploads.save(key, 0, None, b"x", false).unwrap();
                        }
                    }
                });
            }
        });
        let all = uploads.assemble(KEY, parts, true, "").unwrap();
        let bytes = std::fs::read(uploads.path(KEY)).unwrap();
        for (part, (offset, length)) in all.spans.iter().enumerate() {
            let at = usize::try_from(*offset).unwrap();
            let place = &bytes[at..at + usize::try_from(*length).unwrap()];
            assert!(place.len() == 4096 && place.iter().all(|byte| usize::from(*byte) == part));
        }
        for key in 0..i64::from(parts) * 20 {
            assert_eq!(uploads.assemble((9, key), 1, false, "").unwrap().bytes, 1);
        }
    }
}
