//! Where a grammar's decisions come from: a seed, or the bytes of a fuzzer.

/// A run of decisions, the same for the same seed or bytes.
pub struct Choices<'a> {
    state: u64,
    bytes: Option<&'a [u8]>,
}

impl<'a> Choices<'a> {
    pub fn seeded(seed: u64) -> Self {
        Choices {
            state: seed,
            bytes: None,
        }
    }

    /// Where they end, every decision is the first possibility.
    #[cfg(fuzzing)]
    pub fn of_bytes(bytes: &'a [u8]) -> Self {
        Choices {
            state: 0,
            bytes: Some(bytes),
        }
    }

    /// A number less than `n`; 0 of none.
    pub fn below(&mut self, n: usize) -> usize {
        let any = match &mut self.bytes {
            Some(bytes) => {
                let taken = bytes.len().min(if n > 256 { 2 } else { 1 });
                let (first, rest) = bytes.split_at(taken);
                *bytes = rest;
                first
                    .iter()
                    .fold(0, |all, byte| all << 8 | u64::from(*byte))
            }
            // SplitMix64
            None => {
                self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut z = self.state;
                z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
                z ^ z >> 31
            }
        };
        any.checked_rem(n as u64).unwrap_or(0) as usize
    }

    /// Seldom true: once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    pub fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }
}
