//! An allocator that puts one of sixteen runs of `f32`s against a page that nobody may touch, and takes its memory away when it is
//! freed: who reads or writes behind the end of samples, of parameters or of the memory of a pass, or later, is stopped by a
//! signal.
//!
//! Parts of one memory are not kept apart from each other; the unit tests of the kernels do that
//! (`kseq-core/src/kernels/guarded.rs`).
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::null_mut;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Places, and the bytes of each, the last page of which stays forbidden.
const SLOTS: usize = 512;
const SLOT: usize = 1 << 20;
const ROOM: usize = SLOT - PAGE;
/// A multiple of all pages that there are.
const PAGE: usize = 1 << 16;

/// Where the first place begins, if there are any yet.
static START: AtomicUsize = AtomicUsize::new(0);

struct Guards {
    /// Free places, those that were freed last at the end of the queue, so that they stay forbidden for long.
    free: [u16; SLOTS],
    first: usize,
    count: usize,
}

static GUARDS: Mutex<Guards> = Mutex::new(Guards {
    free: [0; SLOTS],
    first: 0,
    count: 0,
});

/// Which of them are guarded: one of so many, since each costs three calls of the system.
const EACH: usize = 16;

/// How many there were, guarded or not.
static RUNS: AtomicUsize = AtomicUsize::new(0);

impl Guards {
    /// A place for so many bytes that end with it.
    fn take(&mut self, size: usize) -> *mut u8 {
        let mut start = START.load(Relaxed);
        if start == 0 {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
            // SAFETY: new addresses, of which nothing is accessible.
            let all =
                unsafe { libc::mmap(null_mut(), SLOTS * SLOT, libc::PROT_NONE, flags, -1, 0) };
            if all == libc::MAP_FAILED {
                return null_mut();
            }
            start = all.expose_provenance();
            START.store(start, Relaxed);
            self.free = std::array::from_fn(|slot| slot as u16);
            self.count = SLOTS;
        }
        if self.count == 0 {
            return null_mut();
        }
        let slot = usize::from(self.free[self.first]);
        let end = start + slot * SLOT + ROOM;
        let pages = size.next_multiple_of(PAGE);
        let begin = std::ptr::with_exposed_provenance_mut(end - pages);
        // SAFETY: pages of a free place.
        if unsafe { libc::mprotect(begin, pages, libc::PROT_READ | libc::PROT_WRITE) } != 0 {
            return null_mut();
        }
        (self.first, self.count) = ((self.first + 1) % SLOTS, self.count - 1);
        std::ptr::with_exposed_provenance_mut(end - size)
    }

    /// Takes a place back.
    fn give(&mut self, memory: *mut u8, size: usize) {
        let slot = place(memory);
        let pages = size.next_multiple_of(PAGE);
        let end = memory.expose_provenance() + size;
        let begin = std::ptr::with_exposed_provenance_mut(end - pages);
        // SAFETY: the pages of this place, which nobody uses any more: their content may go, and zeros come back.
        unsafe {
            libc::madvise(begin, pages, libc::MADV_DONTNEED);
            libc::mprotect(begin, pages, libc::PROT_NONE);
        }
        self.free[(self.first + self.count) % SLOTS] = slot as u16;
        self.count += 1;
    }
}

/// The number of a place; what is from elsewhere has none that there is.
fn place(memory: *mut u8) -> usize {
    match START.load(Relaxed) {
        0 => SLOTS,
        start => memory.addr().wrapping_sub(start) / SLOT,
    }
}

struct Allocator;

// SAFETY: what is of the size and alignment that is asked for comes from a place that is free, all else from the system.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // `f32`s and arrays of them; of what lies at the begin of a line of the cache all that ends with one.
        let are_floats = layout.align() == 4 || layout.align() == 64;
        if are_floats
            && (1..=ROOM).contains(&layout.size())
            && layout.size().is_multiple_of(layout.align())
            && RUNS.fetch_add(1, Relaxed).is_multiple_of(EACH)
        {
            let memory = GUARDS
                .lock()
                .map_or(null_mut(), |mut guards| guards.take(layout.size()));
            if !memory.is_null() {
                return memory;
            }
        }
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if place(memory) < SLOTS {
            if let Ok(mut guards) = GUARDS.lock() {
                guards.give(memory, layout.size());
            }
            return;
        }
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

#[test]
fn some_of_what_is_allocated_ends_with_a_page() {
    for len in [1, 7, 1000, 70_000] {
        let some: Vec<Vec<f32>> = (0..4 * EACH).map(|_| vec![1.0; len]).collect();
        let ends = some.iter().map(|values| values.as_ptr_range().end.addr());
        assert!(
            ends.filter(|end| end.is_multiple_of(PAGE)).count() > 0,
            "{len}"
        );
        assert!(some.iter().flatten().all(|x| *x == 1.0));
    }
}
