//! Where a grammar's decisions come from.

/// A run of decisions, the same for the same seed.
pub struct Choices(u64);

impl Choices {
    pub fn seeded(seed: u64) -> Self {
        Choices(seed)
    }

    /// A number less than `n`; 0 of none.
    pub fn below(&mut self, n: usize) -> usize {
        // SplitMix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31).checked_rem(n as u64).unwrap_or(0) as usize
    }

    /// Seldom true: once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    pub fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }
}
