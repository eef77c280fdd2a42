//! Random cases for the tests of kernels, the same ones every time.

use std::vec::Vec;

use super::conv::Axis;

/// The values of a case: numbers of a generator, the same ones every time.
pub(crate) struct Draw(pub u64);

impl Draw {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % n
    }

    pub fn of<T: Copy>(&mut self, some: &[T]) -> T {
        some[self.below(some.len())]
    }

    pub fn bool(&mut self) -> bool {
        self.below(2) == 0
    }

    /// `n` numbers or none.
    pub fn if_any(&mut self, n: usize) -> Vec<f32> {
        let n = if self.bool() { n } else { 0 };
        self.numbers(n)
    }

    pub fn numbers(&mut self, n: usize) -> Vec<f32> {
        (0..n)
            .map(|_| self.below(2001) as f32 / 1000.0 - 1.0)
            .collect()
    }

    /// An axis with padding `valid`, `causal` or `same`.
    pub fn axis(&mut self, most: usize) -> Axis {
        let (input, taps, stride) = (1 + self.below(most), 1 + self.below(4), 1 + self.below(3));
        let dilation = if stride == 1 { 1 + self.below(3) } else { 1 };
        let reach = (taps - 1) * dilation + 1;
        let same = input.div_ceil(stride);
        let (before, output) = match self.below(3) {
            0 if reach <= input => (0, (input - reach) / stride + 1),
            1 => (reach - 1, same),
            _ => {
                let seen = (same - 1) * stride + reach;
                (seen.saturating_sub(input) / 2, same)
            }
        };
        Axis {
            input,
            output,
            taps,
            stride,
            dilation,
            before: before as isize,
        }
    }
}
