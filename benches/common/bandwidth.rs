//! The bandwidth of memory that one core sees: the fastest of simple loops over a working set of a given size, so of the
//! cache that holds it.

use super::{Clock, repeats};
use kseq_core::kernels::simd;
use std::hint::black_box;

/// What a kernel does to memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Traffic {
    /// It reads much more than it writes (the weights, for one sample).
    Reads,
    /// It reads and writes.
    Updates,
}

/// Bytes a second, read and written, of loops over `bytes` of memory in all.
pub fn bandwidth(traffic: Traffic, bytes: usize) -> f64 {
    let values = (bytes / size_of::<f32>()).max(64);
    let best = |moved: usize, f: &mut dyn FnMut()| {
        let seconds = repeats(7, 0.01, Clock::of(1), f);
        (size_of::<f32>() * moved) as f64 / seconds[0]
    };
    if traffic == Traffic::Reads {
        let x = vec![1.0_f32; values];
        return best(values, &mut || {
            black_box(sum(black_box(&x)));
        });
    }
    let half = values / 2;
    let (x, mut y) = (vec![0.0_f32; half], vec![1.0_f32; half]);
    let copy = best(2 * half, &mut || {
        let x = black_box(&x);
        simd(|| y.copy_from_slice(x));
        black_box(&mut y);
    });
    let update = best(3 * half, &mut || {
        let x = black_box(&x);
        simd(|| y.iter_mut().zip(x).for_each(|(y, x)| *y += 0.5 * x));
        black_box(&mut y);
    });
    let mut z = vec![1.0_f32; values];
    let in_place = best(2 * values, &mut || {
        simd(|| z.iter_mut().for_each(|z| *z = 1.0 - *z));
        black_box(&mut z);
    });
    copy.max(update).max(in_place)
}

/// The sum in so many lanes that the additions do not wait for each other.
fn sum(x: &[f32]) -> f32 {
    const LANES: usize = 128;
    simd(|| {
        let mut sums = [0.0_f32; LANES];
        for x in x.as_chunks::<LANES>().0 {
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum += x;
            }
        }
        sums.iter().sum()
    })
}
