//! `upload.*`: parts in, ranges out. Blocking; no lock is held while a disk works.

#![expect(clippy::needless_pass_by_value, reason = "a handler owns what it was asked")]

use std::sync::atomic::Ordering;

use grammers_tl_types::{enums, functions as f, types};

use super::world::Call;
use crate::sandbox::world::error::{Outcome, refuse};
use crate::sandbox::world::seal;
use crate::sandbox::world::upload::drawer;

/// A range never crosses a border between blocks of this size.
const BLOCK: i64 = 1024 * 1024;

pub(super) fn save_file_part(call: &Call<'_>, part: f::upload::SaveFilePart) -> Outcome<bool> {
    save(call, part.file_id, part.file_part, None, &part.bytes)
}

pub(super) fn save_big_file_part(
    call: &Call<'_>,
    part: f::upload::SaveBigFilePart,
) -> Outcome<bool> {
    save(call, part.file_id, part.file_part, Some(part.file_total_parts), &part.bytes)
}

fn save(call: &Call<'_>, file: i64, part: i32, total: Option<i32>, bytes: &[u8]) -> Outcome<bool> {
    let lose = call.world.chance(call.faults.lose_part);
    call.world.uploads.save((drawer(call.user, call.caller.dc), file), part, total, bytes, lose)?;
    Ok(true)
}

/// Telegram's rules for ranges.
fn check_range(offset: i64, limit: i32, precise: bool) -> Outcome<()> {
    let step = if precise { 1024 } else { 4096 };
    let limit = i64::from(limit);
    if offset < 0 || offset % step != 0 {
        return refuse("OFFSET_INVALID");
    }
    if limit <= 0
        || limit > BLOCK
        || limit % step != 0
        || (!precise && BLOCK % limit != 0)
        || offset / BLOCK != offset.saturating_add(limit - 1) / BLOCK
    {
        return refuse("LIMIT_INVALID");
    }
    Ok(())
}

pub(super) fn get_file(call: &Call<'_>, asked: f::upload::GetFile) -> Outcome<enums::upload::File> {
    check_range(asked.offset, asked.limit, asked.precise)?;
    let place = call
        .world
        .locate(call.user, &asked.location, call.faults.expire_references)?
        .at_dc(call.caller.dc)?;
    let (Ok(offset), Ok(limit)) = (u64::try_from(asked.offset), u64::try_from(asked.limit)) else {
        return refuse("OFFSET_INVALID");
    };
    let bytes = call.world.read(&place, offset, limit)?;
    call.world.handed_out.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    Ok(types::upload::File { r#type: place.storage_type(), mtime: seal::now(), bytes }.into())
}

pub(super) fn get_file_hashes(
    call: &Call<'_>,
    asked: f::upload::GetFileHashes,
) -> Outcome<Vec<enums::FileHash>> {
    if call.faults.no_hashes {
        return refuse("METHOD_INVALID");
    }
    let place = call
        .world
        .locate(call.user, &asked.location, call.faults.expire_references)?
        .at_dc(call.caller.dc)?;
    call.world.hashes(&place, asked.offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_as_telegram_wants_them() {
        let name = |offset, limit, precise| {
            check_range(offset, limit, precise).err().map(|e| e.into_rpc().name.into_owned())
        };
        let (offset, limit) = (Some("OFFSET_INVALID".into()), Some("LIMIT_INVALID".into()));
        assert_eq!(name(0, 1 << 20, false), None);
        assert_eq!(name(1 << 20, 1 << 19, false), None);
        assert_eq!(name(1024, 1024, true), None);
        assert_eq!(name(-4096, 4096, false), offset);
        assert_eq!(name(1024, 4096, false), offset);
        assert_eq!(name(100, 1024, true), offset);
        assert_eq!(name(0, 0, true), limit);
        assert_eq!(name(0, 1000, true), limit);
        assert_eq!(name(0, 12_288, false), limit);
        assert_eq!(name(0, 12_288, true), None);
        assert_eq!(name(0, 2 << 20, true), limit);
        assert_eq!(name((1 << 20) - 4096, 8192, false), limit);
        assert_eq!(name(i64::MAX - 1023, 1024, true), None);
    }
}
