//! What follows a reader (other formats that are written, other shapes) may take much longer than it: an input does one part of it.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// So many executions of a process do all parts: the corpora, and an input that is run again by itself.
const WHOLE: u32 = 4096;

static EXECUTIONS: AtomicU32 = AtomicU32::new(0);

/// Which parts of a target an execution does: all, or one by the checksum of its input.
pub struct Parts(Option<u32>);

impl Parts {
    /// Once in an execution.
    pub fn of(data: &[u8], count: u32) -> Self {
        if EXECUTIONS.load(Relaxed) < WHOLE {
            EXECUTIONS.fetch_add(1, Relaxed);
            return Parts(None);
        }
        let mut sum = flate2::Crc::new();
        sum.update(data);
        Parts(Some(sum.sum() % count))
    }

    /// Whether a part, from 0, is to be done.
    pub fn has(&self, part: u32) -> bool {
        self.0.is_none_or(|one| one == part)
    }
}
