//! Work that takes a processor for a while.
//!
//! Takes the work; does it where it stands, but so that other tasks go on meanwhile: a peer that is answered late would be
//! taken for one that is slow. Never changes what the work gives.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Does something that takes long, without keeping other tasks from their turn.
pub(crate) fn heavy<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        // With one thread there are no others to go on.
        _ => work(),
    }
}
