//! The peak of one core: independent multiply-adds on registers.

#![allow(unsafe_code)]

use kseq_core::kernels::Isa;
use std::hint::black_box;
use std::time::Instant;

/// Gflop/s with each of the instruction sets.
pub fn peaks(isas: &[Isa]) -> Vec<f64> {
    let peak = |&isa| (0..300).map(|_| peak_once(isa)).fold(0.0, f64::max);
    isas.iter().map(peak).collect()
}

/// Gflop/s of independent multiply-adds on registers.
fn peak_once(isa: Isa) -> f64 {
    const STEPS: usize = 20_000;
    let start = Instant::now();
    let flops = match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: only available instruction sets are asked for.
        Isa::Avx512 => unsafe { peak_avx512(STEPS) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Isa::Avx2 => unsafe { peak_avx2(STEPS) },
        _ => peak_portable(STEPS),
    };
    flops as f64 / start.elapsed().as_secs_f64() / 1e9
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn peak_avx512(steps: usize) -> usize {
    use std::arch::x86_64::*;
    let (x, y) = (
        _mm512_set1_ps(black_box(0.5)),
        _mm512_set1_ps(black_box(0.25)),
    );
    let mut sums = [_mm512_setzero_ps(); 24];
    for _ in 0..steps {
        for sum in &mut sums {
            *sum = _mm512_fmadd_ps(*sum, x, y);
        }
    }
    black_box(sums);
    steps * 24 * 16 * 2
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn peak_avx2(steps: usize) -> usize {
    use std::arch::x86_64::*;
    let (x, y) = (
        _mm256_set1_ps(black_box(0.5)),
        _mm256_set1_ps(black_box(0.25)),
    );
    let mut sums = [_mm256_setzero_ps(); 12];
    for _ in 0..steps {
        for sum in &mut sums {
            *sum = _mm256_fmadd_ps(*sum, x, y);
        }
    }
    black_box(sums);
    steps * 12 * 8 * 2
}

fn peak_portable(steps: usize) -> usize {
    let (x, y) = (black_box(0.5_f32), black_box(0.25_f32));
    let mut sums = [[0.0_f32; 4]; 12];
    for _ in 0..steps {
        for sum in sums.as_flattened_mut() {
            *sum = *sum * x + y;
        }
    }
    black_box(sums);
    steps * 12 * 4 * 2
}
