//! How many calls of a user's lie on the stack of a thread: trainings, tests, predictions.
//!
//! A thread of rayon's that waits does other work meanwhile, and that may be the user's next training: it begins on the stack
//! of the one that waits. Of a thousand trainings in one `rayon::scope` all would lie on each other. So a call that finds
//! some below it works alone: it never waits for other threads.

/// Calls on one stack that may wait for other threads. A training counts up to three times: for its generator, on the thread
/// that calls, and on that of the pool.
#[cfg(feature = "rayon")]
pub(crate) const MOST: usize = 24;

#[cfg(feature = "rayon")]
std::thread_local! {
    static CALLS: core::cell::Cell<usize> = const { core::cell::Cell::new(0) };
}

/// The calls on the stack of this thread.
#[cfg(feature = "rayon")]
pub(crate) fn calls() -> usize {
    CALLS.get()
}

/// A call that lies on the stack of this thread until it is dropped.
pub(crate) struct Call(());

impl Call {
    pub fn begin() -> Self {
        #[cfg(feature = "rayon")]
        CALLS.set(CALLS.get() + 1);
        Call(())
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        #[cfg(feature = "rayon")]
        CALLS.set(CALLS.get() - 1);
    }
}
