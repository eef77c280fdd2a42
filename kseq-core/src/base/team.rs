//! Threads that help with a loop: they look for the next loop a while before they sleep.
//!
//! To hand work to a thread that sleeps, and to wait for it, takes tens of microseconds, as long as a whole step of a small model.
//! Here the calling thread begins at once, alone. Those who help take the next piece when they come, and stay awake for
//! [`PATIENCE`], so that the loops of a step, and those of the next one, find them there. Nobody waits for a thread that has not
//! begun, nor takes up other work meanwhile; and nothing is allocated.

#![allow(unsafe_code)]

use core::any::Any;
use core::cell::UnsafeCell;
use core::ops::Range;
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::boxed::Box;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a thread looks for work.
const PATIENCE: Duration = Duration::from_micros(300);

/// After how many looks a thread that waits for others lets the system choose who runs: some 10 us.
const YIELD: u32 = 256;

/// The most pieces of a loop.
pub const MOST_PIECES: usize = 1 << 15;

/// How many loops there may be at once: of several threads, or in pieces of each other.
const LOOPS: usize = 16;

/// What is done with each piece of a loop.
type Piece<'f> = dyn Fn(usize) + Sync + 'f;

/// The calling thread and those that help it, which end with it.
pub struct Team {
    shared: Arc<Shared>,
    threads: usize,
}

/// What they have in common.
struct Shared {
    loops: [Loop; LOOPS],
    /// Whether there will be none any more.
    ended: AtomicBool,
    /// Who sleeps, and what wakes them.
    sleepers: AtomicUsize,
    lock: Mutex<()>,
    work: Condvar,
}

/// A loop, or the place of one.
#[derive(Default)]
#[repr(align(64))]
struct Loop {
    /// Whether there is one.
    busy: AtomicBool,
    /// The number of the loop, and the first and the end of its pieces that nobody has taken.
    state: AtomicU64,
    /// What is done with a piece.
    piece: UnsafeCell<Option<*const Piece<'static>>>,
    /// How many pieces are done.
    done: AtomicUsize,
    /// What a piece has panicked with.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

// SAFETY: `piece` is written by the thread that has set `busy`, while nobody reads it: see `Team::each`.
unsafe impl Sync for Loop {}
// SAFETY: as above; between loops nobody uses it.
unsafe impl Send for Loop {}

impl core::fmt::Debug for Team {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Team { threads, .. } = self;
        f.debug_struct("Team").field("threads", threads).finish()
    }
}

/// The number of a loop and the pieces that are left, in a word.
fn state(number: u64, left: Range<usize>) -> u64 {
    number << 32 | (left.start as u64) << 16 | left.end as u64
}

fn left(state: u64) -> Range<usize> {
    (state >> 16) as usize & 0xffff..state as usize & 0xffff
}

/// From which end pieces are taken: the caller begins with the first, those who help with the last, so that a thread gets
/// the same part of what several loops go over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    First,
    Last,
}

impl Team {
    /// The calling thread, whichever it is, and others: so many in all.
    ///
    /// # Errors
    /// The system refuses them.
    pub fn new(threads: usize) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            loops: Default::default(),
            ended: AtomicBool::new(false),
            sleepers: AtomicUsize::new(0),
            lock: Mutex::new(()),
            work: Condvar::new(),
        });
        // (If the system refuses one, those that there are end with the team.)
        let team = Team { shared, threads };
        for _ in 1..threads {
            let shared = Arc::clone(&team.shared);
            let name = std::string::String::from("kseq");
            std::thread::Builder::new()
                .name(name)
                .spawn(move || shared.help())?;
        }
        Ok(team)
    }

    /// How many threads may work at once.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Calls `f(i)` for every `i` in `0..pieces`, at most [`MOST_PIECES`].
    pub(super) fn each(&self, pieces: usize, f: &Piece<'_>) {
        let shared = &*self.shared;
        let free = |l: &&Loop| !l.busy.swap(true, Ordering::Acquire);
        let wanted = pieces > 1 && pieces <= MOST_PIECES;
        // Alone if there are many loops already.
        let Some(own) = shared.loops.iter().filter(|_| wanted).find(free) else {
            return (0..pieces).for_each(f);
        };
        let number = (own.state.load(Ordering::Relaxed) >> 32) + 1;
        // SAFETY: the lifetime alone is changed: nobody calls it after the last piece is done, which is before this returns.
        let f = unsafe { core::mem::transmute::<&Piece<'_>, &'static Piece<'static>>(f) };
        // SAFETY: all pieces of the loop before are done, so that nobody reads it any more; nobody begins before `state` says so.
        unsafe { *own.piece.get() = Some(f) };
        own.done.store(0, Ordering::Relaxed);
        let state = state(number & 0xffff_ffff, 0..pieces);
        own.state.store(state, Ordering::SeqCst);
        if shared.sleepers.load(Ordering::SeqCst) > 0 {
            shared.wake();
        }
        own.take_pieces(End::First);
        let mut rounds = 0u32;
        while own.done.load(Ordering::Acquire) < pieces {
            core::hint::spin_loop();
            rounds = rounds.wrapping_add(1);
            if rounds.is_multiple_of(YIELD) {
                // Whoever has the last piece may wait for this core.
                std::thread::yield_now();
            }
        }
        let panic = locked(&own.panic).take();
        own.busy.store(false, Ordering::Release);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.shared.wake();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Loop {
    /// Takes pieces as long as there are some. Answers whether there was one.
    fn take_pieces(&self, end: End) -> bool {
        let mut any = false;
        let mut now = self.state.load(Ordering::Acquire);
        loop {
            let mut rest = left(now);
            let taken = match end {
                End::First => rest.next(),
                End::Last => rest.next_back(),
            };
            let Some(piece) = taken else { return any };
            let (new, success) = (state(now >> 32, rest), Ordering::AcqRel);
            if let Err(other) = self
                .state
                .compare_exchange(now, new, success, Ordering::Acquire)
            {
                now = other;
                continue;
            }
            any = true;
            // SAFETY: a piece of this loop is not done, so that `piece` is that of the loop, and what it borrows is there.
            let f = unsafe { (*self.piece.get()).map(|f| &*f) };
            let result = catch_unwind(AssertUnwindSafe(|| f.into_iter().for_each(|f| f(piece))));
            if let Err(panic) = result {
                *locked(&self.panic) = Some(panic);
            }
            self.done.fetch_add(1, Ordering::Release);
            now = self.state.load(Ordering::Acquire);
        }
    }
}

impl Shared {
    fn wake(&self) {
        drop(locked(&self.lock));
        self.work.notify_all();
    }

    /// Whether there is nothing to do, and will be.
    fn is_idle(&self) -> bool {
        let none = |l: &Loop| left(l.state.load(Ordering::SeqCst)).is_empty();
        self.loops.iter().all(none) && !self.ended.load(Ordering::SeqCst)
    }

    /// Takes pieces of one loop after the other, and sleeps where there has been none for a while.
    fn help(&self) {
        let (mut since, mut rounds) = (Instant::now(), 0u32);
        while !self.ended.load(Ordering::Relaxed) {
            let mut any = false;
            for one in &self.loops {
                any |= one.take_pieces(End::Last);
            }
            if any {
                (since, rounds) = (Instant::now(), 0);
            }
            core::hint::spin_loop();
            rounds += 1;
            if !rounds.is_multiple_of(32) {
                continue;
            }
            if since.elapsed() < PATIENCE {
                // The thread that calls may want this core.
                std::thread::yield_now();
                continue;
            }
            let mut guard = locked(&self.lock);
            self.sleepers.fetch_add(1, Ordering::SeqCst);
            while self.is_idle() {
                guard = self
                    .work
                    .wait(guard)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            self.sleepers.fetch_sub(1, Ordering::SeqCst);
            drop(guard);
            (since, rounds) = (Instant::now(), 0);
        }
    }
}

/// The results of both, by `each`, which calls what it is given for 0 and for 1.
#[expect(clippy::unreachable, reason = "`each` calls both, or panics")]
pub fn join<A: Send, B: Send>(
    f: impl FnOnce() -> A + Send,
    g: impl FnOnce() -> B + Send,
    each: impl FnOnce(&Piece<'_>),
) -> (A, B) {
    let (f, g) = (Mutex::new(Some(f)), Mutex::new(Some(g)));
    let (a, b) = (Mutex::new(None), Mutex::new(None));
    each(&|i| match i {
        0 => {
            let f = locked(&f).take();
            *locked(&a) = f.map(|f| f());
        }
        _ => {
            let g = locked(&g).take();
            *locked(&b) = g.map(|g| g());
        }
    });
    let result = (a.into_inner(), b.into_inner());
    match result {
        (Ok(Some(a)), Ok(Some(b))) => (a, b),
        // If one of them had panicked, `each` had not returned.
        _ => unreachable!("both have been called"),
    }
}

/// Calls `f(index, chunk)` for every chunk of `len` elements of `data`, by `each`, which calls it for every index once.
pub fn chunks<T: Send>(
    data: &mut [T],
    len: usize,
    f: &(dyn Fn(usize, &mut [T]) + Sync),
    each: impl FnOnce(usize, &Piece<'_>),
) {
    /// The first element of what threads divide among them.
    struct All<T>(*mut T);
    // SAFETY: each chunk is used by one thread.
    unsafe impl<T: Send> Sync for All<T> {}
    impl<T> All<T> {
        fn at(&self, i: usize) -> *mut T {
            self.0.wrapping_add(i)
        }
    }
    let (whole, all) = (data.len(), All(data.as_mut_ptr()));
    each(whole.div_ceil(len), &|i| {
        let first = i * len;
        let some = len.min(whole - first);
        // SAFETY: a part of the borrowed slice, which no other index has.
        f(i, unsafe {
            core::slice::from_raw_parts_mut(all.at(first), some)
        });
    });
}
