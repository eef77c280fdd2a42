//! The loops of [`Sparsemax`](super::Sparsemax), row by row.

use super::softmax::sum;
use crate::kernels::dispatch::simd_fn;
use crate::kernels::fpu::{rolled, unknown_many};

simd_fn! {
    /// `z` becomes its sparsemax over rows of `width`.
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub(super) fn forward(z: &mut [f32], width: usize) {
        for row in z.chunks_exact_mut(width.max(1)) {
            let row = unknown_many(row);
            let least = Support::of(row).threshold(row);
            for v in row {
                rolled();
                let over = *v - least;
                *v = if over <= 0.0 { 0.0 } else { over };
            }
        }
    }
}

simd_fn! {
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub(super) fn backward(x: &[f32], dy: &mut [f32], width: usize) {
        let width = width.max(1);
        for (x, dy) in x.chunks_exact(width).zip(dy.chunks_exact_mut(width)) {
            let support = Support::of(x);
            let least = support.threshold(x);
            let mut total = 0.0;
            for (x, dy) in x.iter().zip(dy.iter()) {
                rolled();
                total += if *x > least { *dy } else { 0.0 };
            }
            for (i, dy) in dy.iter_mut().enumerate() {
                rolled();
                let passed = if x.get(i).is_some_and(|x| *x > least) { *dy } else { 0.0 };
                *dy = passed - support.share(x, i) * total;
            }
        }
    }
}

/// The largest values of a row, those that count.
struct Support {
    /// What they are above,
    above: f32,
    /// and how many they are.
    count: usize,
}

impl Support {
    /// From all values on: what is not above the threshold of those that are left is left out, until all others are. (Michelot's
    /// algorithm, which needs no order and no memory.)
    #[inline(always)]
    fn of(row: &[f32]) -> Self {
        let mut above = (sum(row) - 1.0) / row.len() as f32;
        let mut count = row.len();
        loop {
            let (mut total, mut left) = (0.0, 0);
            for &v in row {
                rolled();
                if v > above {
                    total += v;
                    left += 1;
                }
            }
            if left == count || left == 0 {
                return Support { above, count };
            }
            count = left;
            above = (total - 1.0) / left as f32;
        }
    }

    /// How much of the threshold a value is: the r-th of K counts in the sums from the r-th to the K-th.
    #[inline(always)]
    fn share(&self, row: &[f32], at: usize) -> f32 {
        let Some(&value) = row.get(at) else {
            return 0.0;
        };
        // (Of NaN too, which is above nothing.)
        if value <= self.above {
            return 0.0;
        }
        let mut larger = 0;
        for (i, v) in row.iter().enumerate() {
            rolled();
            larger += usize::from(*v > value || *v == value && i < at);
        }
        self.count.saturating_sub(larger) as f32 / self.count as f32
    }

    /// What is subtracted from all values.
    #[inline(always)]
    fn threshold(&self, row: &[f32]) -> f32 {
        let mut total = -1.0 / self.count as f32;
        for (i, v) in row.iter().enumerate() {
            rolled();
            let share = self.share(row, i);
            total += if share == 0.0 { 0.0 } else { share * v };
        }
        total
    }
}
