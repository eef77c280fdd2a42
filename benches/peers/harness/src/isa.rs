//! `--isa portable`: this process believes that its CPU has no vector instructions beyond those of the build (SSE2).
//!
//! No peer has a switch for that; each asks `is_x86_feature_detected!`, and the standard library keeps the answers in
//! a static. The static is found by its symbol (`nm`) and overwritten with "asked already, nothing there". A peer that
//! asked the CPU itself would not notice: judge by the figures.

use std::process::Command;

/// The word of the standard library's cache that says: no feature, and no need to ask.
#[cfg(target_arch = "x86_64")]
const NOTHING: usize = 1 << (usize::BITS - 1);

#[cfg(target_arch = "x86_64")]
pub fn portable() {
    // So that the linker keeps it.
    let before = std::is_x86_feature_detected!("avx2");
    let program = std::env::current_exe().expect("the path of this program");
    let output = Command::new("nm").arg("-S").arg(&program).output();
    let symbols = String::from_utf8(output.expect("nm runs (binutils)").stdout).expect("text");
    let line = symbols
        .lines()
        .find(|l| l.contains("std_detect") && l.contains("CACHE"))
        .expect("the standard library's cache of CPU features");
    let mut words = line.split(' ').map(|w| usize::from_str_radix(w, 16));
    let (Some(Ok(offset)), Some(Ok(size))) = (words.next(), words.next()) else {
        panic!("not as expected: {line}");
    };
    let maps = std::fs::read_to_string("/proc/self/maps").expect("the memory map");
    let path = program.display().to_string();
    let first = maps
        .lines()
        .find(|l| l.ends_with(&path))
        .expect("the program's own mapping");
    let base = first.split('-').next().expect("an address");
    let base = usize::from_str_radix(base, 16).expect("hexadecimal");
    let cache = (base + offset) as *mut usize;
    for i in 0..size / size_of::<usize>() {
        // SAFETY: within the static, whose words are atomics; no other thread runs yet.
        unsafe { cache.add(i).write_volatile(NOTHING) };
    }
    for has in [
        std::is_x86_feature_detected!("sse4.1"),
        std::is_x86_feature_detected!("avx2"),
        std::is_x86_feature_detected!("fma"),
        std::is_x86_feature_detected!("avx512f"),
    ] {
        assert!(!has, "the features are still there (AVX2 before: {before})");
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub fn portable() {
    panic!("--isa portable is for x86-64");
}
