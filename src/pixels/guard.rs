//! A wall around decoders of other people's bytes.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; `None` when it panicked. Only for closures whose captured state is thrown away
/// afterwards, so that nothing half-done can be seen.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}
