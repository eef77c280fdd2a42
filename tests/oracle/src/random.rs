//! Random numbers by a counter: the models, their parameters and their data follow from a seed.

use std::cell::RefCell;

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Random {
        Random { state: seed }
    }

    /// A stream apart: what is drawn from it changes nothing of this one but one draw.
    pub fn fork(&mut self) -> Random {
        Random::new(self.bits())
    }

    /// 64 random bits (splitmix64).
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number of `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number of `[low, high)`.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A number of the standard normal distribution.
    pub fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.unit(), self.unit());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }

    /// A whole number from `low` to `high`, both included.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + (self.bits() % (high - low + 1) as u64) as usize
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of these.
    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.between(0, of.len() - 1)].clone()
    }
}

thread_local! {
    static ROUNDING: RefCell<Option<(f64, Random)>> = const { RefCell::new(None) };
}

/// What this share of it, drawn at random, makes of a number within [`rounding`], else the number: for what the engine rounds and then
/// subtracts from another one like it.
pub fn rounded(number: f64) -> f64 {
    ROUNDING.with_borrow_mut(|rounding| match rounding {
        Some((share, random)) => number * (1.0 + *share * random.uniform(-1.0, 1.0)),
        None => number,
    })
}

/// Calls with numbers rounded so.
pub fn rounding<R>(share: Option<(f64, Random)>, call: impl FnOnce() -> R) -> R {
    ROUNDING.set(share);
    let result = call();
    ROUNDING.set(None);
    result
}

/// This number as `f32` has it: what a literal or an array of the engine is, so that both compute with the same.
pub fn single(number: f64) -> f64 {
    f64::from(number as f32)
}

/// A literal's number of `[low, high)`, with two digits after the point.
pub fn two_digits(random: &mut Random, low: f64, high: f64) -> f64 {
    (random.uniform(low, high) * 100.0).round() / 100.0
}
