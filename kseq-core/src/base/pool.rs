//! Where a kernel runs: on the calling thread, or split over the threads of rayon.
//!
//! The split never decides a result: tasks are disjoint, each is computed by one thread in one order, and no
//! number depends on how many threads there are. `Pool::Serial` and any other pool give the same bits.
//!
//! Work is split by recursive `rayon::join`, which keeps its bookkeeping on the stack. Called from inside the
//! pool (see [`Pool::install`]) a split therefore allocates nothing.

#[cfg(feature = "rayon")]
use super::meter::Meter;
#[cfg(feature = "std")]
use super::nested;
use super::work::Work;

/// The threads that kernels may use.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::pool::Pool;
///
/// let mut squares = [0, 1, 2, 3, 4];
/// Pool::Serial.for_each_chunk(&mut squares, 2, |_index, chunk| {
///     for x in chunk {
///         *x *= *x;
///     }
/// });
/// assert_eq!(squares, [0, 1, 4, 9, 16]);
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Pool {
    /// The calling thread alone: plain loops.
    #[default]
    Serial,
    /// Rayon's current pool: the global one, or the one that the calling thread belongs to.
    #[cfg(feature = "rayon")]
    Global,
    /// A pool of one's own, of any number of threads.
    #[cfg(feature = "rayon")]
    Own(std::sync::Arc<rayon::ThreadPool>),
    /// The calling thread, which plays several and measures what they would do: for `benches/models/threads.rs`.
    #[cfg(feature = "rayon")]
    #[doc(hidden)]
    Measured(std::sync::Arc<Meter>),
}

/// Multiply-accumulates that take about as long as to hand work to threads that sleep, and to wait for them: some 40 us.
const AWAKE: usize = 1 << 22;

impl Pool {
    /// How many threads may work at once; 1 for [`Pool::Serial`].
    pub fn threads(&self) -> usize {
        match self {
            Pool::Serial => 1,
            #[cfg(feature = "rayon")]
            Pool::Global => rayon::current_num_threads(),
            #[cfg(feature = "rayon")]
            Pool::Own(pool) => pool.current_num_threads(),
            #[cfg(feature = "rayon")]
            Pool::Measured(meter) => meter.threads(),
        }
    }

    /// What comes now is this, for whoever measures it.
    #[inline(always)]
    pub(crate) fn mark(&self, work: Work) {
        #[cfg(feature = "rayon")]
        if let Pool::Measured(meter) = self {
            meter.mark(work);
        }
        #[cfg(not(feature = "rayon"))]
        let _ = work;
    }

    /// These threads, or the calling one alone for work that it has done before another one is awake: so many
    /// multiply-accumulates.
    #[must_use]
    pub const fn for_work(&self, macs: usize) -> &Pool {
        if macs < AWAKE { &Pool::Serial } else { self }
    }

    /// Runs `f` on a thread of the pool and waits for it. A training loop does all its steps inside, so that the
    /// splits within find themselves on a worker thread and need neither a queue nor the allocator.
    ///
    /// The closures of this type are `dyn`: what rayon makes of one is compiled once, not in every user's model.
    pub fn install(&self, f: &mut (dyn FnMut() + Send)) {
        match self {
            Pool::Serial => f(),
            // There is no handle of the global pool to install into; a join enters it.
            #[cfg(feature = "rayon")]
            Pool::Global => drop(rayon::join(f, || ())),
            #[cfg(feature = "rayon")]
            Pool::Own(pool) => pool.install(f),
            #[cfg(feature = "rayon")]
            Pool::Measured(_) => f(),
        }
    }

    /// Runs a call of a user's, a whole training or prediction, on a thread of the pool: with this pool, or with
    /// [`Pool::Serial`] where many such calls already wait below it on the same stack (see `nested.rs`).
    #[cfg(feature = "std")]
    pub(crate) fn enter(&self, f: &mut (dyn FnMut(&Pool) + Send)) {
        let _call = nested::Call::begin();
        match self.unless_nested() {
            Pool::Serial => f(&Pool::Serial),
            #[cfg(feature = "rayon")]
            pool => pool.install(&mut || {
                let _call = nested::Call::begin();
                f(pool);
            }),
        }
    }

    /// This pool, or [`Pool::Serial`] where many calls already wait on the stack of this thread.
    #[cfg(feature = "std")]
    pub(crate) fn unless_nested(&self) -> &Pool {
        match self {
            Pool::Serial => self,
            #[cfg(feature = "rayon")]
            _ if nested::calls() > nested::MOST => &Pool::Serial,
            #[cfg(feature = "rayon")]
            _ => self,
        }
    }

    /// Calls both, on two threads if there are.
    pub fn both(&self, f: &mut (dyn FnMut() + Send), g: &mut (dyn FnMut() + Send)) {
        match self {
            Pool::Serial => {
                f();
                g();
            }
            #[cfg(feature = "rayon")]
            pool => pool.install(&mut || {
                pool.join(&mut *f, &mut *g);
            }),
        }
    }

    /// The results of both, on two threads of this pool if the calling one belongs to it.
    pub(crate) fn join<A: Send, B: Send>(
        &self,
        f: impl FnOnce() -> A + Send,
        g: impl FnOnce() -> B + Send,
    ) -> (A, B) {
        match self {
            Pool::Serial => (f(), g()),
            #[cfg(feature = "rayon")]
            Pool::Measured(meter) => meter.join(f, g),
            #[cfg(feature = "rayon")]
            _ => rayon::join(f, g),
        }
    }

    /// Calls `f(i)` for every `i` in `0..n`, at least `grain` of them in ascending order on one thread.
    #[inline]
    pub fn for_each(&self, n: usize, grain: usize, f: impl Fn(usize) + Sync) {
        let grain = grain.max(1);
        if matches!(self, Pool::Serial) || n <= grain {
            return (0..n).for_each(f);
        }
        self.split(n, grain, &f);
    }

    fn split(&self, n: usize, grain: usize, f: &(dyn Fn(usize) + Sync)) {
        #[cfg(feature = "rayon")]
        self.install(&mut || split(0, n, grain, f, self));
        #[cfg(not(feature = "rayon"))]
        {
            let _ = grain;
            (0..n).for_each(f);
        }
    }

    /// Calls `f(index, chunk)` for every chunk of `chunk_len` elements of `data`; the last one may be shorter.
    /// A `chunk_len` of 0 means one chunk.
    #[inline]
    pub fn for_each_chunk<T: Send>(
        &self,
        data: &mut [T],
        chunk_len: usize,
        f: impl Fn(usize, &mut [T]) + Sync,
    ) {
        let len = if chunk_len == 0 {
            data.len().max(1)
        } else {
            chunk_len
        };
        if matches!(self, Pool::Serial) || data.len() <= len {
            let chunks = data.chunks_mut(len).enumerate();
            return chunks.for_each(|(i, chunk)| f(i, chunk));
        }
        self.split_mut(data, len, &f);
    }

    fn split_mut<T: Send>(&self, data: &mut [T], len: usize, f: &(dyn Fn(usize, &mut [T]) + Sync)) {
        #[cfg(feature = "rayon")]
        self.install(&mut || split_mut(0, data, len, f, self));
        #[cfg(not(feature = "rayon"))]
        for (i, chunk) in data.chunks_mut(len).enumerate() {
            f(i, chunk);
        }
    }
}

/// `f(i)` for `first..first + n`, by halves.
#[cfg(feature = "rayon")]
fn split(first: usize, n: usize, grain: usize, f: &(dyn Fn(usize) + Sync), pool: &Pool) {
    if n <= grain {
        (first..first + n).for_each(f);
    } else {
        let half = n / 2;
        pool.join(
            || split(first, half, grain, f, pool),
            || split(first + half, n - half, grain, f, pool),
        );
    }
}

/// `f(index, chunk)` for the chunks of `data`, by halves; `first` is the index of the first one.
#[cfg(feature = "rayon")]
fn split_mut<T: Send>(
    first: usize,
    data: &mut [T],
    len: usize,
    f: &(dyn Fn(usize, &mut [T]) + Sync),
    pool: &Pool,
) {
    let chunks = data.len().div_ceil(len);
    if chunks <= 1 {
        if chunks == 1 {
            f(first, data);
        }
    } else {
        let half = chunks / 2;
        let (left, right) = data.split_at_mut(half * len);
        pool.join(
            || split_mut(first, left, len, f, pool),
            || split_mut(first + half, right, len, f, pool),
        );
    }
}

/// Elements that one task of an elementwise loop takes: large enough to pay for a thread, which may sleep, and fixed,
/// so that no result depends on the number of threads.
pub(crate) const GRAIN: usize = 32 * 1024;

/// The length of a chunk of whole rows of `width` with about [`GRAIN`] elements.
pub(crate) const fn rows_of(width: usize) -> usize {
    let rows = GRAIN / if width == 0 { 1 } else { width };
    width * if rows == 0 { 1 } else { rows }
}

/// Calls `f(index, sample)` for every sample of `len` values in `data`; tasks take as many as make about [`GRAIN`]
/// steps when one sample costs `cost`.
pub(crate) fn for_samples(
    pool: &Pool,
    data: &mut [f32],
    len: usize,
    cost: usize,
    f: impl Fn(usize, &mut [f32]) + Sync,
) {
    let (len, many) = (len.max(1), (GRAIN / cost.max(1)).max(1));
    pool.for_each_chunk(data, many * len, |chunk, data| {
        for (i, sample) in data.chunks_exact_mut(len).enumerate() {
            f(chunk * many + i, sample);
        }
    });
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use std::vec;
    use std::vec::Vec;

    fn pools() -> Vec<Pool> {
        #[cfg(not(feature = "rayon"))]
        let pools = vec![Pool::Serial];
        #[cfg(feature = "rayon")]
        let pools = {
            let mut pools = vec![Pool::Serial, Pool::Global];
            for threads in [1, 2, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                pools.push(Pool::Own(pool.expect("a pool").into()));
            }
            pools
        };
        pools
    }

    #[test]
    fn every_chunk_once_with_its_index() {
        for pool in pools() {
            for n in [0, 1, 7, 64, 65] {
                for len in [0, 1, 3, 64, 100] {
                    let mut data = vec![usize::MAX; n];
                    pool.for_each_chunk(&mut data, len, |i, chunk| chunk.fill(i));
                    let want: Vec<usize> =
                        (0..n).map(|i| i.checked_div(len).unwrap_or(0)).collect();
                    assert_eq!(data, want, "n = {n}, len = {len}, {pool:?}");
                }
            }
        }
    }

    #[test]
    fn every_index_once() {
        for pool in pools() {
            for (n, grain) in [(0, 0), (1, 1), (9, 0), (100, 7), (5, 100)] {
                let calls: Vec<AtomicUsize> = (0..n).map(|_| AtomicUsize::new(0)).collect();
                pool.for_each(n, grain, |i| {
                    calls[i].fetch_add(1, Relaxed);
                });
                assert!(calls.iter().all(|c| c.load(Relaxed) == 1));
            }
        }
    }

    #[test]
    fn install_runs_it_once() {
        for pool in pools() {
            assert!(pool.threads() >= 1);
            let mut answer = 0;
            pool.install(&mut || answer = 42);
            assert_eq!(answer, 42);
        }
    }
}
