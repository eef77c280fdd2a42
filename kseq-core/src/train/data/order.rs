//! The order in which a pass takes batches or samples: drawn at once, or number by number.

use std::vec::Vec;

use crate::rng::Rng;

/// So many are drawn at once, by Fisher-Yates. More take noticeable time and memory, of which a training that takes a few of
/// "endless" data would use nothing.
const AT_ONCE: usize = 1 << 20;
/// Rounds of the Feistel network.
const ROUNDS: u32 = 6;

/// An order of `0..len`.
#[derive(Clone, Debug, Default)]
pub(super) enum Order {
    /// 0, 1, 2 ..
    #[default]
    Given,
    /// Each position's number.
    Drawn(Vec<u32>),
    /// Too many to be drawn at once.
    Computed(Permutation),
}

impl Order {
    /// A random order of so many; `before` leaves its memory.
    pub fn random(len: usize, rng: &mut Rng, before: Order) -> Self {
        if len > AT_ONCE {
            return Order::Computed(Permutation::new(len, rng));
        }
        let mut order = match before {
            Order::Drawn(order) => order,
            _ => Vec::new(),
        };
        order.clear();
        order.extend(0..len as u32);
        rng.shuffle(&mut order);
        Order::Drawn(order)
    }

    /// The number at a position.
    pub fn at(&self, position: usize) -> usize {
        match self {
            Order::Given => position,
            Order::Drawn(order) => order.get(position).map_or(position, |&i| i as usize),
            Order::Computed(permutation) => permutation.at(position),
        }
    }
}

/// A random permutation of `0..len` without memory: a Feistel network over the next power of four, walked until it hits the
/// range (Black, Rogaway: "Ciphers with arbitrary finite domains", CT-RSA 2002).
#[derive(Clone, Debug)]
pub(super) struct Permutation {
    len: u64,
    /// The bits of half a number.
    half: u32,
    keys: [u64; ROUNDS as usize],
}

impl Permutation {
    fn new(len: usize, rng: &mut Rng) -> Self {
        let len = len as u64;
        let bits = u64::BITS - len.saturating_sub(1).leading_zeros();
        Permutation {
            len,
            half: bits.div_ceil(2).max(1),
            keys: core::array::from_fn(|_| u64::from(rng.bits()) << 32 | u64::from(rng.bits())),
        }
    }

    fn at(&self, position: usize) -> usize {
        let mut number = position as u64;
        if number >= self.len {
            return position;
        }
        // Less than four steps on average: the range is at least a quarter of what is permuted.
        loop {
            number = self.permute(number);
            if number < self.len {
                return number as usize;
            }
        }
    }

    fn permute(&self, number: u64) -> u64 {
        let mask = (1 << self.half) - 1;
        let (mut left, mut right) = (number >> self.half, number & mask);
        for key in self.keys {
            (left, right) = (right, left ^ mixed(right ^ key) & mask);
        }
        left << self.half | right
    }
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
fn mixed(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    fn rng(seed: u64) -> Rng {
        Rng::new(seed, Purpose::Shuffle, 0, 0)
    }

    #[test]
    fn ordinary_orders_are_those_of_fisher_yates() {
        let mut expected: Vec<usize> = (0..100).collect();
        rng(1).shuffle(&mut expected);
        let order = Order::random(100, &mut rng(1), Order::Given);
        let found: Vec<usize> = (0..100).map(|i| order.at(i)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_computed_order_has_each_number_once() {
        for len in [1, 2, 3, 5, 16, 17, 1000, 1025] {
            for seed in 0..3 {
                let permutation = Permutation::new(len, &mut rng(seed));
                let mut seen = std::vec![false; len];
                for i in 0..len {
                    let number = permutation.at(i);
                    assert!(!core::mem::replace(&mut seen[number], true), "{len}: {i}");
                }
            }
        }
    }

    /// Neighbours are not neighbours, and no part of the range is preferred.
    #[test]
    fn a_computed_order_is_mixed() {
        for len in [AT_ONCE + 1, 200_000_000, usize::MAX] {
            let order = Order::random(len, &mut rng(2), Order::Given);
            let numbers: Vec<usize> = (0..4000).map(|i| order.at(i)).collect();
            assert!(numbers.iter().all(|&n| n < len));
            let of_eighth = |k: usize| {
                let begin = len / 8 * k;
                numbers
                    .iter()
                    .filter(|&&n| n >= begin && n - begin < len / 8)
                    .count()
            };
            assert!((0..8).all(|k| (400..600).contains(&of_eighth(k))), "{len}");
            let rising = numbers.windows(2).filter(|pair| pair[0] < pair[1]).count();
            assert!((1850..2150).contains(&rising), "{rising} of 4000");
            let near = |pair: &&[usize]| pair[0].abs_diff(pair[1]) < len / 100;
            assert!(numbers.windows(2).filter(near).count() < 160, "{len}");
        }
    }
}
