//! A CPU without AVX-512, or without anything beyond SSE2, for any program: Linux on x86-64, in a process that is started
//! with `LD_PRELOAD=libheld.so HELD_TO=avx2` (or `sse2`).
//!
//! A program learns from the instruction `cpuid` what there is. Linux lets it fault (`arch_prctl(ARCH_CPUID, 0)`); the
//! handler of the fault runs the instruction, takes away what the CPU shall not have, and goes on behind it. Threads and
//! forks inherit that, a program that is executed loads this library again. What reads `/proc/cpuinfo` or executes
//! instructions without asking is not held: judge by what a program says of itself, or by `perf`. The dynamic loader has
//! asked before: `GLIBC_TUNABLES` holds glibc's own functions (`compare --cpu` sets it).
//!
//! Programs have handlers of their own for SIGSEGV, and threads that block all signals: `sigaction`, `signal` and the masks
//! go through this library, which calls a program's handler for what is no `cpuid`.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod masks;
mod signals;

use core::arch::x86_64::__cpuid_count;
use core::ffi::{CStr, c_char, c_int, c_long, c_ulong, c_void};
use core::sync::atomic::{AtomicBool, Ordering};

const ARCH_CPUID: c_ulong = 0x1012;
/// `cpuid`.
const CPUID: [u8; 2] = [0x0f, 0xa2];
/// The `si_code` of a fault that the kernel raised for an instruction, not for an address.
const SI_KERNEL: c_int = 0x80;

/// Whether nothing beyond SSE2 is left, else no AVX-512.
static PLAIN: AtomicBool = AtomicBool::new(false);

/// glibc gives a constructor what it gives `main`.
type Constructor = extern "C" fn(c_int, *const *const c_char, *const *const c_char);

#[used]
#[unsafe(link_section = ".init_array")]
static HOLD: Constructor = hold;

extern "C" fn hold(_: c_int, _: *const *const c_char, environment: *const *const c_char) {
    // libc has not begun: its `getenv` knows nothing yet.
    match variable(environment, b"HELD_TO=") {
        b"avx2" => {}
        b"sse2" => PLAIN.store(true, Ordering::Relaxed),
        _ => end("held: HELD_TO is avx2 or sse2\n"),
    }
    signals::install(on_fault);
    if !faulting(true) {
        end("held: this CPU or this kernel has no faulting CPUID\n");
    }
}

/// The value of a variable; nothing if there is none.
fn variable<'a>(environment: *const *const c_char, name: &[u8]) -> &'a [u8] {
    let mut at = environment;
    // SAFETY: pointers to texts, the last one null; they stay as long as the process.
    unsafe {
        while !(*at).is_null() {
            if let Some(value) = CStr::from_ptr(*at).to_bytes().strip_prefix(name) {
                return value;
            }
            at = at.add(1);
        }
    }
    b""
}

fn end(why: &str) -> ! {
    // SAFETY: the bytes are there; nothing else runs.
    unsafe {
        libc::write(2, why.as_ptr().cast(), why.len());
        libc::_exit(70)
    }
}

/// Whether this thread's `cpuid` faults from now on; whether that could be done.
fn faulting(on: bool) -> bool {
    // SAFETY: changes nothing but how this thread's `cpuid` works.
    let done: c_long =
        unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_CPUID, c_ulong::from(!on)) };
    done == 0
}

/// Runs the instruction in place of the program, or says that it was none. May run in a signal handler.
unsafe extern "C" fn on_fault(info: *mut libc::siginfo_t, context: *mut c_void) -> bool {
    // SAFETY: the kernel's, for this call.
    let (info, context) = unsafe { (&*info, &mut *context.cast::<libc::ucontext_t>()) };
    if info.si_code != SI_KERNEL {
        return false;
    }
    let registers = &mut context.uc_mcontext.gregs;
    let mut at = |r: c_int| &raw mut registers[r as usize];
    let (rip, rax, rbx, rcx, rdx) = (
        at(libc::REG_RIP),
        at(libc::REG_RAX),
        at(libc::REG_RBX),
        at(libc::REG_RCX),
        at(libc::REG_RDX),
    );
    // SAFETY: different elements of an array; the instruction that faulted was read by the CPU just now.
    unsafe {
        if (*rip as *const [u8; 2]).read_unaligned() != CPUID {
            return false;
        }
        let (leaf, part) = (*rax as u32, *rcx as u32);
        faulting(false);
        let mut told = __cpuid_count(leaf, part);
        faulting(true);
        masks::hold(leaf, part, &mut told, PLAIN.load(Ordering::Relaxed));
        *rax = told.eax.into();
        *rbx = told.ebx.into();
        *rcx = told.ecx.into();
        *rdx = told.edx.into();
        *rip += CPUID.len() as i64;
    }
    true
}
