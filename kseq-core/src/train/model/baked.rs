//! A model with weights in the program, on a host: it predicts as a `Sequential` does.

use super::predict::Tiles;
use super::prediction_buffer::PredictionBuffer;
use super::threads::default_pool;
use crate::baked::Baked;
use crate::error::Error;
use crate::model::Model;
use crate::scratch::Stateless;
use crate::train::data::OneOrMore;

impl<M: Model> Baked<M> {
    /// The outputs for the samples of `x`: those of a [`Sequential`](crate::train::Sequential) with these weights, bit by bit. For one
    /// sample it is an output, as without std, for several a `Vec` of them.
    ///
    /// # Errors
    /// Tokens that are out of range.
    pub fn predict<X>(&self, x: &X) -> Result<X::For<M::Output>, Error>
    where
        X: OneOrMore<M::Input> + ?Sized,
        M::Scratch: Stateless,
    {
        let tiles = Tiles::<M> {
            params: self,
            state: self.state(),
            seed: 0,
            pool: &default_pool(),
            buffer: &PredictionBuffer::default(),
        };
        Ok(X::give(tiles.outputs(x.samples().view())?))
    }
}
