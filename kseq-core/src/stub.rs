//! What `sequential!` puts in the place of a model whose words it could not understand, so that one
//! mistake is one error: it takes every call that a model takes. Nothing here ever runs.

use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use std::string::String;
use std::vec::Vec;

use crate::error::Error;
use crate::train::{Fit, History};

/// In the place of a model, before and after `compile`. `P` has a field for each layer.
pub struct Stub<P>(PhantomData<P>);

/// In the place of a layer's parameters.
pub struct StubParams {
    /// In the place of any kernel.
    pub kernel: Vec<Vec<f32>>,
    /// In the place of any bias.
    pub bias: Vec<f32>,
}

/// In the place of scores: loss, and metrics that are anything.
pub struct StubScores {
    /// In the place of the loss.
    pub loss: f32,
    /// In the place of the metrics.
    pub metrics: (f32,),
}

fn never() -> Error {
    Error::Empty { what: "stub" }
}

#[allow(missing_docs)]
impl<P> Stub<P> {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Stub(PhantomData)
    }

    pub fn seed(self, _: u64) -> Self {
        self
    }

    pub fn threads(self, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    pub fn compile<O, L, M>(self, _: O, _: L, _: M) -> Self {
        self
    }

    pub fn fit<X, Y>(&mut self, _: &[X], _: &[Y], _: Fit<'_, X, Y>) -> Result<History, Error> {
        Err(never())
    }

    pub fn evaluate<X, Y>(&mut self, _: &[X], _: &[Y]) -> Result<StubScores, Error> {
        Err(never())
    }

    pub fn train_on_batch<X, Y>(&mut self, _: &[X], _: &[Y]) -> Result<StubScores, Error> {
        Err(never())
    }

    pub fn test_on_batch<X, Y>(&mut self, _: &[X], _: &[Y]) -> Result<StubScores, Error> {
        Err(never())
    }

    pub fn predict<X>(&self, _: &[X]) -> Result<Vec<Vec<f32>>, Error> {
        Err(never())
    }

    pub fn predict_on_batch<X>(&self, _: &[X]) -> Result<Vec<Vec<f32>>, Error> {
        Err(never())
    }

    pub fn summary(&self) {}

    pub fn metrics_names(&mut self) -> Vec<&'static str> {
        Vec::new()
    }

    pub fn get_layer<K>(&self, _: K) -> Result<String, Error> {
        Err(never())
    }

    pub fn params(&self) -> &P {
        self
    }

    pub fn params_mut(&mut self) -> &mut P {
        self
    }
}

impl<P> Deref for Stub<P> {
    type Target = P;

    fn deref(&self) -> &P {
        unreachable!("a program with a stub does not compile")
    }
}

impl<P> DerefMut for Stub<P> {
    fn deref_mut(&mut self) -> &mut P {
        unreachable!("a program with a stub does not compile")
    }
}
