//! Which layers a prediction of a single sample takes by parts of the sample.
//!
//! A [`Dense`](crate::layers::Dense) behind convolutions has most of a model's parameters, and one sample waits for all
//! of them. The last convolution therefore computes a few rows at a time, prefetches the weights that belong to the next
//! ones, and what it has computed goes through the layers between and is added to the sums, see [`Stage`]. No result
//! depends on it.

use super::facts::Facts;
use crate::facts::Stage;
use crate::kernels::cache::L2_FLOATS;

/// Weights that are worth it: they do not stay in the second level cache.
const LARGE: usize = L2_FLOATS / 2;

/// The layers from a convolution to a large [`Dense`](crate::layers::Dense).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// The convolution.
    pub first: usize,
    /// The layer behind the dense one; 0 if there is no pipeline.
    pub until: usize,
    /// Rows of the convolution's output.
    pub rows: usize,
    /// Memory for what the layers behind the convolution give, in `f32`s: each part adds to it.
    pub more: usize,
}

impl Pipeline {
    pub(super) const NONE: Pipeline = Pipeline {
        first: 0,
        until: 0,
        rows: 0,
        more: 0,
    };

    /// The first pipeline of a model.
    pub(super) const fn new(facts: &[Facts]) -> Self {
        let mut pipeline = Pipeline::NONE;
        let mut i = 0;
        while i < facts.len() {
            match facts[i].stage {
                Stage::Source(rows) => {
                    (pipeline.first, pipeline.rows, pipeline.more) = (i, rows, 0)
                }
                Stage::Through if facts[i].in_place => {}
                Stage::Through => pipeline.more += facts[i].out,
                Stage::Sink if pipeline.rows > 1 && facts[i].macs >= LARGE => {
                    pipeline.until = i + 1;
                    pipeline.more += facts[i].out;
                    return pipeline;
                }
                Stage::Sink | Stage::None => pipeline.rows = 0,
            }
            i += 1;
        }
        Pipeline::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::facts;
    use super::*;
    use crate::facts::Reads;

    fn layer(stage: Stage, macs: usize) -> Facts {
        Facts {
            stage,
            macs,
            ..facts(9, false, Reads::Nothing, false)
        }
    }

    #[test]
    fn from_the_last_convolution_to_a_large_dense() {
        let (image, pooling) = (layer(Stage::Source(24), LARGE), layer(Stage::Through, 0));
        let (dense, small) = (layer(Stage::Sink, LARGE), layer(Stage::Sink, 99));
        let other = layer(Stage::None, 0);
        let pipeline = Pipeline {
            first: 1,
            until: 4,
            rows: 24,
            more: 2 * 9,
        };
        assert_eq!(
            Pipeline::new(&[image, image, pooling, dense, small]),
            pipeline
        );
        assert_eq!(
            Pipeline::new(&[image, pooling, small, dense]),
            Pipeline::NONE
        );
        assert_eq!(Pipeline::new(&[image, other, dense]), Pipeline::NONE);
        assert_eq!(
            Pipeline::new(&[layer(Stage::Source(1), 0), dense]),
            Pipeline::NONE
        );
        assert_eq!(Pipeline::new(&[pooling, dense]), Pipeline::NONE);
    }
}
