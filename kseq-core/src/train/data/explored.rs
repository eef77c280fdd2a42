//! The queue, with threads that `shuttle` switches wherever they meet: what holds in a million orders of them, holds.
//!
//! The files are those of the library, once more, with other threads and locks. `KSEQ_SHUTTLE=100000` explores so many orders.

#![allow(dead_code, clippy::duplicate_mod)]

use super::{arguments, batch, batches, order, sequence};

#[path = "generator.rs"]
mod generator;
#[path = "queue.rs"]
mod queue;
#[path = "source.rs"]
mod source;
mod tests;

/// In place of `sync.rs`.
mod sync {
    use std::cell::RefCell;
    use std::io;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::string::String;
    use std::sync::Arc;

    pub(super) use shuttle::sync::{Condvar, Mutex, MutexGuard, RwLock};
    pub(super) use std::sync::PoisonError;

    use shuttle::thread::{self, Scope};

    /// What rayon does with a thread that is lent.
    type Lend = Arc<dyn Fn() + Send + Sync>;

    std::thread_local! {
        // All threads of shuttle's are on one of the system's.
        static LEND: RefCell<Option<Lend>> = const { RefCell::new(None) };
    }

    /// Runs `f` while those that wait for a batch lend their thread.
    pub(super) fn lending<R>(lend: Lend, f: impl FnOnce() -> R) -> R {
        LEND.set(Some(lend));
        let result = f();
        LEND.set(None);
        result
    }

    pub(super) fn scope<'env, R>(f: impl for<'s> FnOnce(&'s Scope<'s, 'env>) -> R) -> R {
        // That of shuttle does not wait for its threads after a panic.
        let run = thread::scope(|scope| catch_unwind(AssertUnwindSafe(|| f(scope))));
        run.unwrap_or_else(|panic| resume_unwind(panic))
    }

    pub(super) fn spawn<'s>(
        scope: &'s Scope<'s, '_>,
        work: impl FnOnce() + Send + 's,
    ) -> io::Result<()> {
        scope.spawn(work);
        Ok(())
    }

    /// With a thread to lend, the time is always up; else nobody wakes who is not notified.
    pub(super) fn wait_or_lend<'s, T>(
        ready: &Condvar,
        state: MutexGuard<'s, T>,
    ) -> Option<MutexGuard<'s, T>> {
        let Some(lend) = LEND.with_borrow(Clone::clone) else {
            return Some(ready.wait(state).unwrap_or_else(PoisonError::into_inner));
        };
        drop(state);
        lend();
        thread::yield_now();
        None
    }

    /// How many orders of the threads a test explores.
    fn orders() -> usize {
        let said = std::env::var("KSEQ_SHUTTLE").ok();
        said.map_or(100, |n: String| {
            n.parse().expect("KSEQ_SHUTTLE is a number")
        })
    }

    /// Runs a test in many orders of its threads: random ones, and those in which few switches decide.
    pub(super) fn check(test: fn()) {
        shuttle::check_random(test, orders());
        shuttle::check_pct(test, orders(), 3);
    }
}
