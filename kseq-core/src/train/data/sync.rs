//! The threads and locks of the queue, and how one of them waits. Tests have others in their place (`explored.rs`).

use std::io;
use std::string::String;
use std::thread;

pub(super) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, RwLock};
pub(super) use std::thread::scope;

#[cfg(feature = "rayon")]
use crate::nested;

/// A worker.
pub(super) fn spawn<'s>(
    scope: &'s thread::Scope<'s, '_>,
    work: impl FnOnce() + Send + 's,
) -> io::Result<()> {
    let worker = thread::Builder::new().name(String::from("kseq-worker"));
    worker.spawn_scoped(scope, work).map(drop)
}

/// Waits for a batch, and then has the lock again; or lends the thread to rayon, and has not.
pub(super) fn wait_or_lend<'s, T>(
    ready: &Condvar,
    state: MutexGuard<'s, T>,
) -> Option<MutexGuard<'s, T>> {
    #[cfg(feature = "rayon")]
    {
        // This may be the only thread of rayon's pool, and a worker may need that pool to make the
        // batch: so from time to time it does work of rayon's.
        let waited = ready.wait_timeout(state, patience());
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if !timeout.timed_out() {
            return Some(state);
        }
        drop(state);
        rayon::yield_now();
        None
    }
    #[cfg(not(feature = "rayon"))]
    Some(ready.wait(state).unwrap_or_else(PoisonError::into_inner))
}

/// How long a training waits before it lends its thread to rayon. That may begin another training on the same stack: with
/// some of them below, only a long silence says that the generator needs the thread, the longer the more there are.
#[cfg(feature = "rayon")]
fn patience() -> core::time::Duration {
    use core::time::Duration;
    match nested::calls().saturating_sub(nested::MOST) {
        0 => Duration::from_millis(5),
        more => Duration::from_secs(more as u64),
    }
}

/// Runs a test, once.
#[cfg(test)]
pub(super) fn check(test: fn()) {
    test();
}
