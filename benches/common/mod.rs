//! What the benchmarks share: the clock, the repeats, the machine's peak and its memory's bandwidth.

#![allow(dead_code, reason = "no benchmark uses everything")]

pub mod bandwidth;
pub mod lines;
pub mod peak;
pub mod programs;

use std::time::Instant;

/// `--help`: what the source of a benchmark says of it at its head.
pub fn help(source: &str) -> ! {
    for line in source.lines().map_while(|line| line.strip_prefix("//!")) {
        println!("{}", line.strip_prefix(' ').unwrap_or(line));
    }
    std::process::exit(0)
}

/// Seconds that the work itself takes: of one thread the CPU time, which a busy machine does not
/// change, of several the time on the wall.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    Cpu,
    Wall,
}

impl Clock {
    pub fn of(threads: usize) -> Clock {
        match threads {
            1 if cfg!(target_os = "linux") => Clock::Cpu,
            _ => Clock::Wall,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Clock::Cpu => "cpu",
            Clock::Wall => "wall",
        }
    }

    /// Seconds that `f` takes.
    pub fn time(self, f: impl FnOnce()) -> f64 {
        if self == Clock::Cpu {
            let start = thread_cpu_seconds();
            f();
            return thread_cpu_seconds() - start;
        }
        let start = Instant::now();
        f();
        start.elapsed().as_secs_f64()
    }
}

/// The CPU time of this thread.
#[cfg(target_os = "linux")]
pub fn thread_cpu_seconds() -> f64 {
    seconds_of(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// The CPU time of this process, all of its threads, from its start on.
#[cfg(target_os = "linux")]
pub fn process_cpu_seconds() -> f64 {
    seconds_of(libc::CLOCK_PROCESS_CPUTIME_ID)
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn seconds_of(clock: libc::clockid_t) -> f64 {
    let mut t = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: writes the structure it is given.
    let failed = unsafe { libc::clock_gettime(clock, &mut t) };
    assert_eq!(failed, 0, "the system has no such clock");
    t.tv_sec as f64 + t.tv_nsec as f64 * 1e-9
}

#[cfg(not(target_os = "linux"))]
pub fn thread_cpu_seconds() -> f64 {
    panic!("the CPU clock is for Linux alone")
}

#[cfg(not(target_os = "linux"))]
pub fn process_cpu_seconds() -> f64 {
    panic!("the CPU clock is for Linux alone")
}

/// Seconds a call, one figure for each repeat, in ascending order: after a warm-up of half a repeat,
/// `repeats` times about `seconds` of calls.
pub fn repeats(repeats: usize, seconds: f64, clock: Clock, mut f: impl FnMut()) -> Vec<f64> {
    let mut some = |calls: usize| clock.time(|| (0..calls).for_each(|_| f()));
    let mut calls = 1;
    loop {
        let took = some(calls);
        if took >= 0.5 * seconds || calls > 1 << 30 {
            calls = ((seconds / took * calls as f64).round() as usize).max(1);
            break;
        }
        // Towards half a repeat, at most tenfold at once: the first calls are slow.
        let more = 0.6 * seconds / took.max(1e-9);
        calls = (calls as f64 * more.clamp(1.5, 10.0)).ceil() as usize;
    }
    let mut each: Vec<f64> = (0..repeats).map(|_| some(calls) / calls as f64).collect();
    each.sort_by(f64::total_cmp);
    each
}

/// The middle one of sorted numbers.
pub fn median(sorted: &[f64]) -> f64 {
    let n = sorted.len();
    0.5 * (sorted[n / 2] + sorted[(n - 1) / 2])
}

/// The most memory that this process ever held, in MB; NaN where the system does not tell.
pub fn peak_rss_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
    kib.map_or(f64::NAN, |kib| kib * 1024.0 / 1e6)
}
