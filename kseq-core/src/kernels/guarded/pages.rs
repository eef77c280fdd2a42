//! Memory between two pages that nobody may touch.

#![allow(unsafe_code)]

use core::cell::RefCell;
use core::ops::{Deref, DerefMut};
use std::collections::BTreeMap;
use std::string::String;
use std::sync::Once;
use std::vec::Vec;

use super::{CASE, Place};

/// What lies around a buffer: a NaN that no kernel makes.
const AROUND: u32 = 0x7fa5_a5a5;

const FLOAT: usize = size_of::<f32>();

/// The size of a page, or a multiple of it.
fn page() -> usize {
    // SAFETY: asks for a number.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).expect("a page has a size")
}

std::thread_local! {
    /// Pages of buffers that are gone, by their size.
    static FREE: RefCell<BTreeMap<usize, Vec<*mut u8>>> = const { RefCell::new(BTreeMap::new()) };
}

/// `f32`s between two pages that nobody may touch.
pub struct Guarded {
    /// The pages between them.
    pages: *mut u8,
    size: usize,
    /// Where in them the values begin, in floats.
    first: usize,
    len: usize,
}

impl Guarded {
    pub fn new(values: &[f32], place: Place) -> Self {
        let page = page();
        let before = match place {
            Place::End => 0,
            Place::Begin(offset) => offset,
        };
        let bytes = (before + values.len()) * FLOAT;
        let size = bytes.div_ceil(page).max(1) * page;
        let free = FREE.with_borrow_mut(|free| free.entry(size).or_default().pop());
        let pages = free.unwrap_or_else(|| map(size, page));
        let first = match place {
            Place::End => size / FLOAT - values.len(),
            Place::Begin(offset) => offset,
        };
        let mut guarded = Guarded {
            pages,
            size,
            first,
            len: values.len(),
        };
        let all = guarded.all();
        all[..first].fill(f32::from_bits(AROUND));
        all[first..][..values.len()].copy_from_slice(values);
        all[first + values.len()..].fill(f32::from_bits(AROUND));
        guarded
    }

    /// With what is around the values.
    fn all(&mut self) -> &mut [f32] {
        // SAFETY: the pages can be written, are aligned, and belong to this buffer alone.
        unsafe { core::slice::from_raw_parts_mut(self.pages.cast(), self.size / FLOAT) }
    }
}

impl Deref for Guarded {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: `len` values from `first` on lie in the pages, which belong to this buffer alone.
        unsafe { core::slice::from_raw_parts(self.pages.cast::<f32>().add(self.first), self.len) }
    }
}

impl DerefMut for Guarded {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above, and it is borrowed exclusively.
        unsafe {
            core::slice::from_raw_parts_mut(self.pages.cast::<f32>().add(self.first), self.len)
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let (first, end) = (self.first, self.first + self.len);
        let all = self.all();
        let around = all[..first].iter().chain(&all[end..]);
        let untouched = around.filter(|value| value.to_bits() == AROUND).count();
        let expected = all.len() - (end - first);
        let (pages, size) = (self.pages, self.size);
        FREE.with_borrow_mut(|free| free.entry(size).or_default().push(pages));
        if !std::thread::panicking() {
            let case = CASE.with_borrow(String::clone);
            assert_eq!(untouched, expected, "written around a buffer: {case}");
        }
    }
}

/// So many bytes that can be written, between two pages that nobody may touch.
fn map(size: usize, page: usize) -> *mut u8 {
    report();
    // SAFETY: new memory, of which the middle is made accessible.
    unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let start = libc::mmap(
            core::ptr::null_mut(),
            size + 2 * page,
            libc::PROT_NONE,
            flags,
            -1,
            0,
        );
        assert_ne!(start, libc::MAP_FAILED, "no memory");
        let pages = start.byte_add(page);
        let done = libc::mprotect(pages, size, libc::PROT_READ | libc::PROT_WRITE);
        assert_eq!(done, 0, "no access to new memory");
        pages.cast()
    }
}

/// Lets a fault say which case it was; then it ends the process as if nobody had listened.
fn report() {
    static ONCE: Once = Once::new();
    static mut BEFORE: core::mem::MaybeUninit<libc::sigaction> = core::mem::MaybeUninit::zeroed();

    extern "C" fn on_fault(signal: libc::c_int) {
        CASE.with(|case| {
            if let Ok(case) = case.try_borrow() {
                // SAFETY: bytes that are there; what was set before handles the fault, which comes again.
                unsafe { libc::write(2, case.as_ptr().cast(), case.len()) };
            }
        });
        // SAFETY: it was written before this handler was set.
        unsafe { libc::sigaction(signal, (&raw const BEFORE).cast(), core::ptr::null_mut()) };
    }

    ONCE.call_once(|| {
        // SAFETY: an action whose fields are set; nobody else touches `BEFORE` yet.
        unsafe {
            let mut action: libc::sigaction = core::mem::zeroed();
            let handler: extern "C" fn(libc::c_int) = on_fault;
            action.sa_sigaction = handler as *const () as usize;
            action.sa_flags = libc::SA_ONSTACK;
            let set = libc::sigaction(libc::SIGSEGV, &raw const action, (&raw mut BEFORE).cast());
            assert_eq!(set, 0, "no handler");
        }
    });
}

/// What the tests rest on: the pages before and behind a buffer stop who touches them, and what is written between is found.
mod guards {
    use super::*;
    use std::process::Command;
    use std::string::ToString;

    /// Ends this process if it is the one that [`stop_who_touches_them`] began.
    fn faults(what: &str) -> bool {
        std::env::var("KSEQ_FAULT").is_ok_and(|wanted| wanted == what)
    }

    #[test]
    fn stop_who_touches_them() {
        for what in ["behind", "before", "written", "empty"] {
            let program = std::env::current_exe().expect("this program");
            let output = Command::new(program)
                .args([
                    "--exact",
                    "kernels::guarded::pages::guards::touch",
                    "--nocapture",
                ])
                .env("KSEQ_FAULT", what)
                .output()
                .expect("it runs");
            assert!(!output.status.success(), "{what}");
            // What only the handler of a fault writes.
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(text.contains("a case by its name"), "{what}: {text}");
        }
    }

    /// Does nothing unless it is asked to.
    #[test]
    fn touch() {
        CASE.with_borrow_mut(|text| *text = "a case by its name".to_string());
        let values = Guarded::new(&[1.0; 5], Place::End);
        let mut begins = Guarded::new(&[1.0; 5], Place::Begin(0));
        let empty = Guarded::new(&[], Place::End);
        // SAFETY: none, if it is asked for: that is what the guards are for.
        unsafe {
            if faults("behind") {
                core::hint::black_box(values.as_ptr().add(5).read_volatile());
            }
            if faults("before") {
                core::hint::black_box(begins.as_ptr().sub(1).read_volatile());
            }
            if faults("written") {
                begins.as_mut_ptr().sub(1).write_volatile(0.0);
            }
            if faults("empty") {
                core::hint::black_box(empty.as_ptr().read_volatile());
            }
        }
    }

    #[test]
    #[should_panic(expected = "written around a buffer")]
    fn what_is_written_beside_a_buffer_is_found() {
        let mut values = Guarded::new(&[1.0; 5], Place::Begin(3));
        values.all()[2] = 0.0;
    }
}
