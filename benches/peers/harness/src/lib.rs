//! Shared command line, timing loop and JSON output of every peer binary.
//!
//! `--model NAME --threads {1,2} --mode {train,predict,latency}` and, for shorter or longer runs,
//! `--reps N` (default 5) and `--rep-secs S` (default 1.0); `--clock {cpu,wall}`.
//! `--check` prints instead one line of facts about the model (parameter count, losses).

use std::sync::OnceLock;
use std::time::Instant;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Train,
    Predict,
    Latency,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Mode::Train => "train",
            Mode::Predict => "predict",
            Mode::Latency => "latency",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Args {
    pub model: String,
    pub threads: usize,
    pub mode: Mode,
    pub reps: usize,
    pub rep_secs: f64,
    pub check: bool,
    pub clock: Clock,
}

impl Args {
    /// Parses the command line and fixes the thread count in the environment, before any pool starts.
    pub fn parse() -> Args {
        let mut a = Args {
            model: String::new(),
            threads: 1,
            mode: Mode::Train,
            reps: 5,
            rep_secs: 1.0,
            check: false,
            clock: Clock::Wall,
        };
        let mut clock = None;
        let mut it = std::env::args().skip(1);
        while let Some(k) = it.next() {
            if k == "--check" {
                a.check = true;
                continue;
            }
            let v = it.next().unwrap_or_else(|| panic!("{k} needs a value"));
            match k.as_str() {
                "--model" => a.model = v,
                "--threads" => a.threads = v.parse().unwrap(),
                "--mode" => {
                    a.mode = match v.as_str() {
                        "train" => Mode::Train,
                        "predict" => Mode::Predict,
                        "latency" => Mode::Latency,
                        _ => panic!("unknown mode {v}"),
                    }
                }
                "--reps" => a.reps = v.parse().unwrap(),
                "--rep-secs" => a.rep_secs = v.parse().unwrap(),
                "--clock" => {
                    clock = Some(match v.as_str() {
                        "cpu" => Clock::Cpu,
                        "wall" => Clock::Wall,
                        _ => panic!("no clock {v}; there are cpu, wall"),
                    });
                }
                _ => panic!("unknown flag {k}"),
            }
        }
        a.clock = clock.unwrap_or(Clock::of(a.threads));
        let t = a.threads.to_string();
        for k in [
            "RAYON_NUM_THREADS",
            "MATMUL_NUM_THREADS",
            "RTEN_NUM_THREADS",
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "MKL_NUM_THREADS",
        ] {
            // SAFETY: no other thread runs yet.
            unsafe { std::env::set_var(k, &t) };
        }
        a
    }

    /// The learning rate to give the optimizer: the model's own under `--check`, a thousandth of it
    /// when timing. Thousands of steps on one batch would else drive losses and gradients to zero,
    /// and denormal numbers (or a NaN) would be timed. The rate itself costs nothing.
    pub fn lr(&self, base: f64) -> f64 {
        if self.check { base } else { base * 1e-3 }
    }

    /// The batch of this run: 1 for latency, else the model's own.
    pub fn batch(&self) -> usize {
        if self.mode == Mode::Latency {
            1
        } else {
            model_batch(&self.model)
        }
    }
}

fn model_batch(model: &str) -> usize {
    match model {
        "mlp_softmax" | "mlp_binary" | "mnist_mlp" | "mnist_cnn" => 128,
        "vgg_like" => 32,
        "lstm_imdb" | "conv1d_seq" => 16,
        "stacked_lstm" => 64,
        "stateful_lstm" => 32,
        _ => panic!("unknown model {model}"),
    }
}

/// Trainable parameters each model must have, as Keras counts them.
pub fn model_params(model: &str) -> usize {
    match model {
        "mlp_softmax" => 20 * 64 + 64 + 64 * 64 + 64 + 64 * 10 + 10,
        "mlp_binary" => 20 * 64 + 64 + 64 * 64 + 64 + 64 + 1,
        "mnist_mlp" => 784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10,
        "mnist_cnn" => 9 * 32 + 32 + 9 * 32 * 64 + 64 + 9216 * 128 + 128 + 1290,
        "vgg_like" => 896 + 9248 + 18496 + 36928 + 22 * 22 * 64 * 256 + 256 + 2570,
        "lstm_imdb" => 1024 * 256 + 4 * (128 * (256 + 128) + 128) + 129,
        "conv1d_seq" => {
            3 * 100 * 64 + 64 + 3 * 64 * 64 + 64 + 3 * 64 * 128 + 128 + 3 * 128 * 128 + 128 + 129
        }
        "stacked_lstm" | "stateful_lstm" => 4 * (32 * 48 + 32) + 2 * 4 * (32 * 64 + 32) + 330,
        _ => panic!("unknown model {model}"),
    }
}

/// A small deterministic generator, so that no peer needs a random crate for its data.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Rng {
        Rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }
    pub fn u64(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    /// Uniform in [-1, 1).
    pub fn f32(&mut self) -> f32 {
        (self.u64() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
    pub fn below(&mut self, n: u64) -> u64 {
        (self.u64() >> 11) % n
    }
    pub fn f32s(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| self.f32()).collect()
    }
}

fn peak_rss_mb() -> f64 {
    let s = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    s.lines()
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<f64>().ok())
        .map(|kb| kb * 1024.0 / 1e6)
        .unwrap_or(-1.0)
}

/// The seconds that count: with one thread the CPU time of the process, which other work on the machine does not
/// change (as `benches/models.rs` does for kseq), else the time on the wall.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clock {
    Cpu,
    Wall,
}

impl Clock {
    fn of(threads: usize) -> Clock {
        match threads {
            1 if cfg!(target_os = "linux") => Clock::Cpu,
            _ => Clock::Wall,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Clock::Cpu => "cpu",
            Clock::Wall => "wall",
        }
    }

    fn now(self) -> f64 {
        static START: OnceLock<Instant> = OnceLock::new();
        match self {
            Clock::Cpu => cpu_seconds(),
            Clock::Wall => START.get_or_init(Instant::now).elapsed().as_secs_f64(),
        }
    }
}

#[cfg(target_os = "linux")]
fn cpu_seconds() -> f64 {
    let mut t = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: writes the structure it is given.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    t.tv_sec as f64 + t.tv_nsec as f64 * 1e-9
}

#[cfg(not(target_os = "linux"))]
fn cpu_seconds() -> f64 {
    panic!("the CPU clock is for Linux alone")
}

struct Timing {
    /// Seconds a call, one figure for each repeat.
    per_call: Vec<f64>,
    calls: usize,
}

/// Warms up for about half a repeat (at least two calls), then times `reps` repeats of about `rep_secs`.
fn time_it(clock: Clock, reps: usize, rep_secs: f64, mut f: impl FnMut()) -> Timing {
    let start = clock.now();
    let mut warm = 0u32;
    while warm < 2 || clock.now() - start < 0.5 * rep_secs {
        f();
        warm += 1;
    }
    // Calibrate on calls after the warm-up, not on the first ones.
    let t0 = clock.now();
    let mut c = 0u32;
    while c < 1 || ((clock.now() - t0) < 0.2 * rep_secs && c < 1_000_000) {
        f();
        c += 1;
    }
    let one = (clock.now() - t0) / c as f64;
    let iters = ((rep_secs / one).round() as usize).max(1);
    let mut per_call = Vec::new();
    for _ in 0..reps {
        let t = clock.now();
        for _ in 0..iters {
            f();
        }
        per_call.push((clock.now() - t) / iters as f64);
    }
    Timing {
        per_call,
        calls: iters * reps,
    }
}

fn median(v: &[f64]) -> f64 {
    let mut s = v.to_vec();
    s.sort_by(|a, b| a.total_cmp(b));
    let n = s.len();
    if n % 2 == 1 {
        s[n / 2]
    } else {
        0.5 * (s[n / 2 - 1] + s[n / 2])
    }
}

fn build_target() -> &'static str {
    if cfg!(target_feature = "avx512f") || cfg!(target_feature = "avx2") {
        "native"
    } else {
        "default"
    }
}

/// Times `f` (one call is one step over `args.batch()` samples) and prints the one JSON line.
pub fn report(args: &Args, backend: &str, version: &str, note: &str, f: impl FnMut()) {
    let t = time_it(args.clock, args.reps, args.rep_secs, f);
    let batch = args.batch();
    let (key, vals): (&str, Vec<f64>) = if args.mode == Mode::Latency {
        ("us_per_call", t.per_call.iter().map(|s| s * 1e6).collect())
    } else {
        (
            "samples_per_s",
            t.per_call.iter().map(|s| batch as f64 / s).collect(),
        )
    };
    let min = vals.iter().cloned().fold(f64::INFINITY, f64::min);
    let max = vals.iter().cloned().fold(0.0, f64::max);
    println!(
        "{{\"backend\":\"{backend}\",\"version\":\"{version}\",\"target_cpu\":\"{}\",\"model\":\"{}\",\"threads\":{},\"mode\":\"{}\",\"batch\":{batch},\"{key}\":{:.4},\"median\":{:.4},\"min\":{:.4},\"max\":{:.4},\"n\":{},\"calls\":{},\"clock\":\"{}\",\"peak_rss_mb\":{:.1},\"note\":\"{note}\"}}",
        build_target(),
        args.model,
        args.threads,
        args.mode.name(),
        median(&vals),
        median(&vals),
        min,
        max,
        t.per_call.len(),
        t.calls,
        args.clock.name(),
        peak_rss_mb()
    );
}

/// Prints why a model or mode is missing here and ends: the matrix then shows a reason, not a hole.
pub fn unsupported(args: &Args, backend: &str, version: &str, why: &str) -> ! {
    println!(
        "{{\"backend\":\"{backend}\",\"version\":\"{version}\",\"target_cpu\":\"{}\",\"model\":\"{}\",\"threads\":{},\"mode\":\"{}\",\"unsupported\":\"{why}\"}}",
        build_target(),
        args.model,
        args.threads,
        args.mode.name()
    );
    std::process::exit(0)
}
