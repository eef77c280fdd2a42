//! The counter-based generator of initializers, dropout and shuffling.
//!
//! Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3",
//! SC'11). A value depends on (seed, purpose, layer, step, element) alone, so it is the same for
//! any number of threads, and a backward pass can compute a dropout mask again.

use crate::math;

/// The values that one call of [`Rng::group`] gives.
pub const GROUP: usize = 4 * LANES;
const LANES: usize = 16;

/// What a stream of random numbers is for; streams of different purposes are independent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Purpose {
    /// Initial weights.
    Init = 0,
    /// Dropout masks and noise.
    Noise = 1,
    /// The order of samples.
    Shuffle = 2,
    /// For users: data, experiments.
    User = 3,
}

/// A stream of random numbers.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::rng::{Purpose, Rng};
/// let mut a = Rng::new(7, Purpose::User, 0, 0);
/// let mut b = Rng::new(7, Purpose::User, 0, 0);
/// assert_eq!(a.uniform(), b.uniform());
/// ```
#[derive(Clone, Debug)]
pub struct Rng {
    key: [u32; 2],
    stream: [u32; 3],
    /// The next value when the stream is read in order.
    position: u64,
    buffer: [u32; GROUP],
}

impl Rng {
    /// The stream of (seed, purpose, layer, step).
    #[must_use]
    pub const fn new(seed: u64, purpose: Purpose, layer: u32, step: u64) -> Self {
        Rng {
            key: [seed as u32, (seed >> 32) as u32],
            stream: [
                layer.wrapping_mul(4).wrapping_add(purpose as u32),
                step as u32,
                (step >> 32) as u32,
            ],
            position: 0,
            buffer: [0; GROUP],
        }
    }

    /// The values of elements `index * GROUP ..`; written so that it vectorises in a caller that
    /// has the instructions.
    #[inline(always)]
    #[must_use]
    pub fn group(&self, index: u32) -> [u32; GROUP] {
        let mut out = [0; GROUP];
        let ([a, rest @ ..], _) = out.as_chunks_mut::<LANES>() else {
            return out;
        };
        let [b, c, d] = rest else {
            return out;
        };
        let first = index.wrapping_mul(LANES as u32);
        // One lane after the other: the loop over them becomes vectors. Words are the lower halves of
        // u64s, which is how the instruction for the products takes and gives them.
        for lane in 0..LANES {
            let counter = first.wrapping_add(lane as u32);
            let [w0, w1, w2, w3] = self.philox(counter);
            (a[lane], b[lane], c[lane], d[lane]) = (w0, w1, w2, w3);
        }
        out
    }

    /// Philox4x32-10 of one counter.
    #[inline(always)]
    fn philox(&self, counter: u32) -> [u32; 4] {
        let low = |x: u64| x & 0xFFFF_FFFF;
        let [s0, s1, s2] = self.stream.map(u64::from);
        let [mut k0, mut k1] = self.key;
        let mut x = [u64::from(counter), s0, s1, s2];
        for _ in 0..10 {
            let p0 = low(x[0]) * 0xD251_1F53;
            let p1 = low(x[2]) * 0xCD9E_8D57;
            // The upper halves of what is not a product are never looked at.
            x = [
                (p1 >> 32) ^ x[1] ^ u64::from(k0),
                p1,
                (p0 >> 32) ^ x[3] ^ u64::from(k1),
                p0,
            ];
            k0 = k0.wrapping_add(0x9E37_79B9);
            k1 = k1.wrapping_add(0xBB67_AE85);
        }
        x.map(|word| word as u32)
    }

    /// The next 32 random bits.
    pub fn bits(&mut self) -> u32 {
        let at = (self.position % GROUP as u64) as usize;
        if at == 0 {
            self.buffer = self.group((self.position / GROUP as u64) as u32);
        }
        self.position += 1;
        self.buffer[at]
    }

    /// How many values there are before the next whole group.
    pub(crate) const fn ahead(&self) -> usize {
        (self.position.wrapping_neg() % GROUP as u64) as usize
    }

    /// The next group, if nothing is [ahead](Rng::ahead) of it.
    #[inline(always)]
    pub(crate) fn next_group(&mut self) -> [u32; GROUP] {
        let group = self.group((self.position / GROUP as u64) as u32);
        self.position += GROUP as u64;
        group
    }

    /// A seed for further streams.
    pub(crate) fn seed(&mut self) -> u64 {
        u64::from(self.bits()) << 32 | u64::from(self.bits())
    }

    /// Uniform in [0, 1), in steps of 2^-24.
    pub fn uniform(&mut self) -> f32 {
        unit(self.bits())
    }

    /// Normal with mean 0 and standard deviation 1 (Box-Muller).
    pub fn normal(&mut self) -> f32 {
        // 1 - u is in (0, 1], so the logarithm is finite.
        let radius = math::sqrt(-2.0 * libm::logf(1.0 - self.uniform()));
        radius * libm::cosf(core::f32::consts::TAU * self.uniform())
    }

    /// Uniform in `0..n` without bias (Lemire, "Fast random integer generation in an interval",
    /// 2019); 0 when `n` is 0.
    pub fn below(&mut self, n: u32) -> u32 {
        let threshold = n.wrapping_neg().checked_rem(n).unwrap_or(0);
        loop {
            let product = u64::from(self.bits()) * u64::from(n);
            if product as u32 >= threshold {
                return (product >> 32) as u32;
            }
        }
    }

    /// A random order (Fisher-Yates), the same for a seed in every version.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len().min(u32::MAX as usize)).rev() {
            let j = self.below(i as u32 + 1) as usize;
            items.swap(i, j);
        }
    }
}

/// Random bits as a number in [0, 1), in steps of 2^-24.
#[inline(always)]
pub(crate) fn unit(bits: u32) -> f32 {
    (bits >> 8) as f32 * (1.0 / (1 << 24) as f32)
}

impl rand::TryRng for Rng {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(self.bits())
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(u64::from(self.bits()) | u64::from(self.bits()) << 32)
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in dst.chunks_mut(4) {
            let word = self.bits().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answer_of_philox4x32_10() {
        // Random123's kat_vectors: counter 0, key 0.
        let rng = Rng {
            key: [0; 2],
            stream: [0; 3],
            position: 0,
            buffer: [0; GROUP],
        };
        let g = rng.group(0);
        let words = [g[0], g[LANES], g[2 * LANES], g[3 * LANES]];
        assert_eq!(words, [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
    }

    #[test]
    fn moments() {
        let mut rng = Rng::new(1, Purpose::User, 0, 0);
        let n = 100_000;
        let (mut mean, mut square, mut uniform) = (0.0, 0.0, 0.0);
        for _ in 0..n {
            let z = f64::from(rng.normal());
            mean += z / f64::from(n);
            square += z * z / f64::from(n);
            uniform += f64::from(rng.uniform()) / f64::from(n);
        }
        assert!(mean.abs() < 0.02 && (square - 1.0).abs() < 0.03 && (uniform - 0.5).abs() < 0.005);
    }

    #[test]
    fn shuffle_is_a_permutation() {
        let mut order: [u32; 100] = core::array::from_fn(|i| i as u32);
        Rng::new(3, Purpose::Shuffle, 0, 0).shuffle(&mut order);
        assert_ne!(order[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        order.sort_unstable();
        assert!(order.iter().enumerate().all(|(i, &v)| i as u32 == v));
    }
}
