//! Which layers a prediction of a single sample takes by parts of the sample.
//!
//! A [`Dense`](crate::layers::Dense) behind convolutions has most of a model's parameters, and one sample waits for all
//! of them. The last convolution therefore computes a few rows at a time, asks for the weights that belong to the next
//! ones, and what it has computed goes through the layers between and is added to the sums, see [`Parts`]. No result
//! depends on it.

use super::Facts;
use crate::facts::Parts;

/// Weights that are worth it: they do not stay in the second level cache.
const LARGE: usize = 1 << 17;

/// The layers from a convolution to a large [`Dense`](crate::layers::Dense).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The convolution.
    pub first: usize,
    /// The layer behind the dense one; 0 if there is no such tail.
    pub until: usize,
    /// Rows of the convolution's output.
    pub rows: usize,
    /// Memory for what the layers behind the convolution give, in `f32`s: each part adds to it.
    pub more: usize,
}

impl Tail {
    pub(super) const NONE: Tail = Tail {
        first: 0,
        until: 0,
        rows: 0,
        more: 0,
    };

    /// The first tail of a model.
    pub(super) const fn new(facts: &[Facts]) -> Self {
        let mut tail = Tail::NONE;
        let mut i = 0;
        while i < facts.len() {
            match facts[i].parts {
                Parts::Gives(rows) => (tail.first, tail.rows, tail.more) = (i, rows, 0),
                Parts::Passes if facts[i].in_place => {}
                Parts::Passes => tail.more += facts[i].out,
                Parts::Sums if tail.rows > 1 && facts[i].macs >= LARGE => {
                    tail.until = i + 1;
                    tail.more += facts[i].out;
                    return tail;
                }
                Parts::Sums | Parts::Never => tail.rows = 0,
            }
            i += 1;
        }
        Tail::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::facts;
    use super::*;
    use crate::facts::Reads;

    fn layer(parts: Parts, macs: usize) -> Facts {
        Facts {
            parts,
            macs,
            ..facts(9, false, Reads::Nothing, false)
        }
    }

    #[test]
    fn from_the_last_convolution_to_a_large_dense() {
        let (image, pooling) = (layer(Parts::Gives(24), LARGE), layer(Parts::Passes, 0));
        let (dense, small) = (layer(Parts::Sums, LARGE), layer(Parts::Sums, 99));
        let other = layer(Parts::Never, 0);
        let tail = Tail {
            first: 1,
            until: 4,
            rows: 24,
            more: 2 * 9,
        };
        assert_eq!(Tail::new(&[image, image, pooling, dense, small]), tail);
        assert_eq!(Tail::new(&[image, pooling, small, dense]), Tail::NONE);
        assert_eq!(Tail::new(&[image, other, dense]), Tail::NONE);
        assert_eq!(Tail::new(&[layer(Parts::Gives(1), 0), dense]), Tail::NONE);
        assert_eq!(Tail::new(&[pooling, dense]), Tail::NONE);
    }
}
