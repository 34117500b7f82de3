//! `photos.*`: profile photos, of which there are none here.

use grammers_tl_types::{enums, functions as f, types};

use super::world::Call;
use crate::sandbox::world::error::Outcome;

#[expect(clippy::unnecessary_wraps, reason = "as all handlers")]
pub(super) fn get_user_photos(
    call: &Call<'_>,
    _: f::photos::GetUserPhotos,
) -> Outcome<enums::photos::Photos> {
    Ok(types::photos::Photos { photos: Vec::new(), users: call.users() }.into())
}

/// Answers which were deleted: none.
#[expect(clippy::unnecessary_wraps, reason = "as all handlers")]
pub(super) fn delete_photos(_: &Call<'_>, _: f::photos::DeletePhotos) -> Outcome<Vec<i64>> {
    Ok(Vec::new())
}
