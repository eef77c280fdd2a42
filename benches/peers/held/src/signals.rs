//! The handler of SIGSEGV stays this library's, whatever the program does with signals.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};
use core::mem::{size_of, zeroed};
use core::ptr::{null, null_mut};
use core::sync::atomic::{AtomicUsize, Ordering};

use libc::{SIG_DFL, SIG_IGN, SIGSEGV, sigaction as Action, sighandler_t, siginfo_t, sigset_t};

unsafe extern "C" {
    /// glibc's own `sigaction`, under the name that nobody replaces.
    fn __sigaction(signal: c_int, new: *const Action, old: *mut Action) -> c_int;
}

type OnFault = unsafe extern "C" fn(*mut siginfo_t, *mut c_void) -> bool;
type Handler = extern "C" fn(c_int);
type LongHandler = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

/// What to do first.
static ON_FAULT: AtomicUsize = AtomicUsize::new(0);

/// What the program has asked for, for SIGSEGV. Programs set it before their threads begin, if at all.
struct Theirs(UnsafeCell<Option<Action>>);

// SAFETY: see above; a race would be one of the program's own calls.
unsafe impl Sync for Theirs {}

static THEIRS: Theirs = Theirs(UnsafeCell::new(None));

fn theirs() -> Action {
    // SAFETY: as above; zeroes are the default action.
    unsafe { (*THEIRS.0.get()).unwrap_or(zeroed()) }
}

/// `first` is called for every SIGSEGV; the program's handler for those that are not its business.
pub fn install(first: OnFault) {
    ON_FAULT.store(first as usize, Ordering::Relaxed);
    // SAFETY: a whole structure, of which the rest is zero.
    unsafe {
        let mut action: Action = zeroed();
        action.sa_sigaction = handle as LongHandler as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
        __sigaction(SIGSEGV, &action, null_mut());
    }
}

extern "C" fn handle(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let first = ON_FAULT.load(Ordering::Relaxed);
    // SAFETY: `install` has stored a function; what the kernel gave goes on to it, and to the program's handler.
    unsafe {
        let first: OnFault = core::mem::transmute(first);
        if first(info, context) {
            return;
        }
        let theirs = theirs();
        match theirs.sa_sigaction {
            SIG_DFL | SIG_IGN => {
                // The instruction faults once more, and ends the process.
                let mut default: Action = zeroed();
                default.sa_sigaction = SIG_DFL;
                __sigaction(signal, &default, null_mut());
            }
            f if theirs.sa_flags & libc::SA_SIGINFO != 0 => {
                let f: LongHandler = core::mem::transmute(f);
                f(signal, info, context);
            }
            f => {
                let f: Handler = core::mem::transmute(f);
                f(signal);
            }
        }
    }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigaction(signal: c_int, new: *const Action, old: *mut Action) -> c_int {
    // SAFETY: the caller's pointers are valid or null.
    unsafe {
        if signal != SIGSEGV {
            return __sigaction(signal, new, old);
        }
        let before = theirs();
        if let Some(new) = new.as_ref() {
            *THEIRS.0.get() = Some(*new);
        }
        if let Some(old) = old.as_mut() {
            *old = before;
        }
        0
    }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signal(signal: c_int, handler: sighandler_t) -> sighandler_t {
    // SAFETY: whole structures.
    unsafe {
        let (mut new, mut old): (Action, Action) = (zeroed(), zeroed());
        new.sa_sigaction = handler;
        new.sa_flags = libc::SA_RESTART;
        match sigaction(signal, &new, &mut old) {
            0 => old.sa_sigaction,
            _ => libc::SIG_ERR,
        }
    }
}

/// The kernel's signals are 64 bits, the first ones of a set.
const KERNEL_SET: usize = size_of::<u64>();

/// # Safety
/// As libc's.
unsafe fn mask(how: c_int, new: *const sigset_t, old: *mut sigset_t) -> c_int {
    // SAFETY: sets are valid or null, and at least as long as the kernel's.
    unsafe {
        let mut open = None;
        if let Some(new) = new.as_ref() {
            let set = open.insert(*new);
            if how != libc::SIG_UNBLOCK {
                libc::sigdelset(set, SIGSEGV);
            }
        }
        let new = open.as_ref().map_or(null(), |set| set as *const sigset_t);
        let done = libc::syscall(libc::SYS_rt_sigprocmask, how, new, old, KERNEL_SET);
        if done == 0 {
            0
        } else {
            *libc::__errno_location()
        }
    }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_sigmask(
    how: c_int,
    new: *const sigset_t,
    old: *mut sigset_t,
) -> c_int {
    // SAFETY: as the caller's.
    unsafe { mask(how, new, old) }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigprocmask(
    how: c_int,
    new: *const sigset_t,
    old: *mut sigset_t,
) -> c_int {
    // SAFETY: as the caller's; `errno` is set already.
    if unsafe { mask(how, new, old) } == 0 {
        0
    } else {
        -1
    }
}
