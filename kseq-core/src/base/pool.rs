//! Where a kernel runs: on the calling thread, or split over threads that help it.
//!
//! The split never decides a result: tasks are disjoint, each is computed by one thread in one order, and no
//! number depends on how many threads there are. `Pool::Serial` and any other pool give the same bits.
//!
//! Who helps, and how they learn of it, is in `team.rs`. Nothing is allocated.

#[cfg(feature = "rayon")]
use super::meter::Meter;
#[cfg(feature = "std")]
use super::nested;
#[cfg(feature = "rayon")]
use super::team;
#[cfg(feature = "rayon")]
pub use super::team::Team;
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
    /// As many threads as rayon's global pool has, which all share.
    #[cfg(feature = "rayon")]
    Global,
    /// A pool of one's own, of any number of threads.
    #[cfg(feature = "rayon")]
    Own(std::sync::Arc<Team>),
    /// The calling thread, which plays several and measures what they would do: for `benches/models/threads.rs`.
    #[cfg(feature = "rayon")]
    #[doc(hidden)]
    Measured(std::sync::Arc<Meter>),
}

/// The team of [`Pool::Global`], if the system has given the threads.
#[cfg(feature = "rayon")]
static GLOBAL: std::sync::LazyLock<Option<Team>> =
    std::sync::LazyLock::new(|| Team::new(rayon::current_num_threads()).ok());

/// A limit below which work stays on one thread. None with `--cfg kseq_awake`, for tests of small models on several threads.
pub(crate) const fn alone_below(limit: usize) -> usize {
    if cfg!(kseq_awake) { 1 } else { limit }
}

/// Multiply-accumulates for which it does not pay to ask another thread: some 40 us.
const AWAKE: usize = alone_below(1 << 22);

impl Pool {
    /// The calling thread and others, so many in all.
    ///
    /// # Errors
    /// The system refuses them.
    #[cfg(feature = "rayon")]
    pub fn of(threads: usize) -> std::io::Result<Self> {
        Ok(Pool::Own(Team::new(threads)?.into()))
    }

    /// How many threads may work at once; 1 for [`Pool::Serial`].
    pub fn threads(&self) -> usize {
        match self {
            Pool::Serial => 1,
            #[cfg(feature = "rayon")]
            Pool::Global => GLOBAL.as_ref().map_or(1, Team::threads),
            #[cfg(feature = "rayon")]
            Pool::Own(team) => team.threads(),
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

    /// Runs a call of a user's, a whole training or prediction: with this pool, or with [`Pool::Serial`] where many such calls
    /// already wait below it on the same stack (see `nested.rs`).
    #[cfg(feature = "std")]
    pub(crate) fn enter(&self, f: &mut dyn FnMut(&Pool)) {
        let _call = nested::Call::begin();
        f(self.unless_nested());
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
        self.join(f, g);
    }

    /// The results of both, on two threads if there are.
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
            _ => team::join(f, g, |each| self.each(2, each)),
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

    #[cfg(feature = "rayon")]
    fn split(&self, n: usize, grain: usize, f: &(dyn Fn(usize) + Sync)) {
        let grain = grain.max(n.div_ceil(team::MOST_PIECES));
        self.each(n.div_ceil(grain), &|i| {
            (i * grain..n.min((i + 1) * grain)).for_each(f);
        });
    }

    #[cfg(not(feature = "rayon"))]
    fn split(&self, n: usize, _: usize, f: &(dyn Fn(usize) + Sync)) {
        (0..n).for_each(f);
    }

    #[cfg(feature = "rayon")]
    fn each(&self, pieces: usize, f: &(dyn Fn(usize) + Sync)) {
        match self {
            Pool::Serial => (0..pieces).for_each(f),
            Pool::Global => match &*GLOBAL {
                Some(team) => team.each(pieces, f),
                None => (0..pieces).for_each(f),
            },
            Pool::Own(team) => team.each(pieces, f),
            Pool::Measured(meter) => by_halves(0, pieces, f, meter),
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
        team::chunks(data, len, f, |n, f| self.split(n, 1, f));
        #[cfg(not(feature = "rayon"))]
        for (i, chunk) in data.chunks_mut(len).enumerate() {
            f(i, chunk);
        }
    }
}

/// `f(i)` for `first..first + n`, by halves.
#[cfg(feature = "rayon")]
fn by_halves(first: usize, n: usize, f: &(dyn Fn(usize) + Sync), meter: &Meter) {
    if n <= 1 {
        (first..first + n).for_each(f);
    } else {
        let half = n / 2;
        meter.join(
            || by_halves(first, half, f, meter),
            || by_halves(first + half, n - half, f, meter),
        );
    }
}

/// Elements that one task of an elementwise loop takes: large enough to pay for their way to another core, and fixed, so that no
/// result depends on the number of threads. (64 with `--cfg kseq_awake`.)
pub(crate) const GRAIN: usize = 64 * alone_below(512);

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
            let mut pools = vec![Pool::Serial];
            // (Which asks rayon, whose lists Miri does not approve of.)
            pools.extend((!cfg!(miri)).then_some(Pool::Global));
            for threads in [1, 2, 3] {
                pools.push(Pool::of(threads).expect("a pool"));
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
    fn both_once() {
        for pool in pools() {
            assert!(pool.threads() >= 1);
            let (mut one, mut other) = (0, 0);
            pool.both(&mut || one += 1, &mut || other += 1);
            assert_eq!((one, other), (1, 1));
        }
    }

    /// A loop in a loop, and loops of several threads at once.
    #[test]
    fn loops_in_loops() {
        for pool in pools() {
            let calls = AtomicUsize::new(0);
            let rounds = if cfg!(miri) { 3 } else { 200 };
            std::thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| {
                        for _ in 0..rounds {
                            pool.for_each(5, 1, |_| {
                                pool.for_each(4, 1, |_| {
                                    calls.fetch_add(1, Relaxed);
                                });
                            });
                        }
                    });
                }
            });
            assert_eq!(calls.into_inner(), 3 * rounds * 20);
        }
    }

    #[cfg(feature = "rayon")]
    #[test]
    fn a_panic_of_a_piece_is_that_of_the_loop() {
        for pool in pools() {
            for _ in 0..if cfg!(miri) { 2 } else { 20 } {
                let done = AtomicUsize::new(0);
                let result = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| {
                    pool.for_each(8, 1, |i| {
                        done.fetch_add(1, Relaxed);
                        assert!(i != 3, "the third");
                    });
                }));
                assert!(result.is_err() && done.into_inner() >= 4);
            }
            pool.for_each(8, 1, |_| {});
        }
    }
}
