//! Attacks on undefined behaviour that take long, by hand: AddressSanitizer, ThreadSanitizer and Miri. (The guard pages are unit tests,
//! `kseq-core/src/kernels/guarded.rs`.)

use std::path::PathBuf;
use std::process::Command;

use crate::command::run;

/// A target folder of its own: other flags than those of all other builds.
fn target(name: &str) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    target.join(name)
}

/// The unit tests of the library, with the threads that it has for users.
const LIB: &[&str] = &["-p", "kseq-core", "--features", "rayon", "--lib"];

/// The tests of kernels, layers, passes and trainings with every access to memory looked up, for the host's kernels and for a
/// microcontroller's. The compiler is the stable one, which is only told to take the flag.
pub fn asan() -> Result<(), String> {
    const HOST: &str = "x86_64-unknown-linux-gnu";
    let test = |flags: &str, arguments: &[&str]| {
        let mut test = Command::new("cargo");
        test.args(["test", "--target", HOST]).args(arguments);
        test.env("RUSTC_BOOTSTRAP", "1");
        test.env("RUSTFLAGS", format!("-Zsanitizer=address{flags}"));
        // What is never freed is no undefined behaviour.
        test.env("ASAN_OPTIONS", "detect_leaks=0");
        run(test.env("CARGO_TARGET_DIR", target("asan")))
    };
    // The threads of `explored` are coroutines, whose stacks it does not know.
    let lib = [LIB, &["--", "--skip", "explored"]].concat();
    let tests = |names: &[&'static str]| -> Vec<&'static str> {
        let names = names.iter().flat_map(|name| ["--test", name]);
        ["-p", "kseq-tests"].into_iter().chain(names).collect()
    };
    test("", &lib)?;
    let all = [
        "gradients",
        "trainer",
        "trainable",
        "golden",
        "stateful",
        "baked",
    ];
    test("", &tests(&all))?;
    test(" --cfg kseq_device", &lib)?;
    let device = ["device", "trainer", "frozen", "stateful", "masking"];
    test(" --cfg kseq_device", &tests(&device))
}

/// The threads of a loop, what uses them, and the queue of a generator: whether two threads use the same memory without an order between
/// them. With a nightly compiler that has its part `rust-src`, since std is built with it.
pub fn tsan() -> Result<(), String> {
    const HOST: &str = "x86_64-unknown-linux-gnu";
    let unit: &[&str] = &[
        "base::pool",
        "kernels::gemm::row",
        "kernels::guarded::gemm::rows",
        "train::data::queue",
        "layers::conv",
        "layers::lstm",
        "layers::bidirectional",
    ];
    let tests = [
        &["-p", "kseq-tests", "--test", "concurrency"][..],
        &["--test", "determinism", "--test", "threads"],
    ];
    for (arguments, filters) in [(LIB.to_vec(), unit), (tests.concat(), &[])] {
        // Without random addresses, among which it does not find its own.
        let mut test = Command::new("setarch");
        test.args(["-R", "rustup", "run", "nightly", "cargo", "test"]);
        test.args(["-Zbuild-std", "--target", HOST]).args(arguments);
        test.arg("--").args(filters);
        test.env("RUSTFLAGS", "-Zsanitizer=thread");
        run(test.env("CARGO_TARGET_DIR", target("tsan")))?;
    }
    Ok(())
}

/// What Miri runs: parameters and samples seen as slices, the threads of a loop, kernels on few and small sizes.
const MIRI: &[&str] = &[
    "base::params",
    "base::open",
    "base::pool",
    "kernels::guarded",
];

/// The same interpreted, which finds what no sanitizer does: pointers that outlive what they were made of, values that are
/// none. With a nightly compiler that has its parts `miri` and `rust-src`.
pub fn miri() -> Result<(), String> {
    // What the portable kernels do, then those of AVX2, and those of a microcontroller.
    for flags in ["", "-Ctarget-feature=+avx2,+fma", "--cfg kseq_device"] {
        println!("miri with {flags:?}");
        let miri = |arguments: &[&str], filters: &[&str]| {
            let mut test = Command::new("rustup");
            test.args(["run", "nightly", "cargo", "miri", "test"]);
            test.args(arguments).arg("--").args(filters);
            test.env("RUSTFLAGS", flags);
            // Threads ask how many there are, and a test may ask for an environment variable.
            test.env("MIRIFLAGS", "-Zmiri-disable-isolation");
            run(test.env("CARGO_TARGET_DIR", target("miri")))
        };
        miri(LIB, MIRI)?;
    }
    Ok(())
}
