//! Memory between two pages that nobody may touch: what is read or written beyond an end stops the test with a signal.
#![allow(unsafe_code)]

/// The bytes that each has.
const SIZE: usize = 1 << 20;
/// At least a page.
const GUARD: usize = 1 << 16;
/// What lies beside a buffer.
const BESIDE: i8 = 0x5a;

/// A megabyte of such memory.
pub(super) struct Pages(*mut i8);

/// Which end of a buffer is that of the pages.
#[derive(Clone, Copy, Debug)]
pub(super) enum At {
    Begin,
    End,
}

impl Pages {
    pub(super) fn new() -> Pages {
        // SAFETY: new memory, of which the middle is made accessible.
        unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let (none, all) = (libc::PROT_NONE, SIZE + 2 * GUARD);
            let start = libc::mmap(core::ptr::null_mut(), all, none, flags, -1, 0);
            assert_ne!(start, libc::MAP_FAILED, "no memory");
            let pages = start.byte_add(GUARD);
            let done = libc::mprotect(pages, SIZE, libc::PROT_READ | libc::PROT_WRITE);
            assert_eq!(done, 0, "no access to new memory");
            Pages(pages.cast())
        }
    }

    /// So many values, with something else beside them.
    pub(super) fn values(&mut self, len: usize, at: At) -> &mut [i8] {
        // SAFETY: the pages belong to this value alone.
        let all = unsafe { core::slice::from_raw_parts_mut(self.0, SIZE) };
        let (values, beside) = match at {
            At::Begin => all.split_at_mut(len),
            At::End => {
                let (beside, values) = all.split_at_mut(SIZE - len);
                (values, beside)
            }
        };
        beside.iter_mut().take(256).for_each(|x| *x = BESIDE);
        beside.iter_mut().rev().take(256).for_each(|x| *x = BESIDE);
        values.fill(0);
        values
    }

    /// Nothing was written beside the last values.
    pub(super) fn check(&mut self, len: usize, at: At) {
        // SAFETY: as above.
        let all = unsafe { core::slice::from_raw_parts(self.0, SIZE) };
        let beside = match at {
            At::Begin => all[len..].iter().take(256).all(|x| *x == BESIDE),
            At::End => all[..SIZE - len]
                .iter()
                .rev()
                .take(256)
                .all(|x| *x == BESIDE),
        };
        assert!(beside, "written beside a buffer");
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: what was mapped, and nobody has it any more.
        unsafe { libc::munmap(self.0.byte_sub(GUARD).cast(), SIZE + 2 * GUARD) };
    }
}
