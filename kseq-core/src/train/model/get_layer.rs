//! `get_layer`: a layer by name or index at run time.
#![expect(
    clippy::indexing_slicing,
    reason = "`index_of` has found the layer, and a model has the values of all of its layers"
)]

use std::vec::Vec;

use super::weights::{Array, ArrayLocation, ArraysMut, array_locations, check, set};
use crate::error::Error;
use crate::model::{LayerInfo, Model};
use crate::params::{Flat, ParamSpec};
use crate::text::Note;

/// How a layer is asked for: `"dense_1"` or `0`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum LayerKey<'k> {
    /// By name.
    Name(&'k str),
    /// By index, from 0.
    Index(usize),
}

impl<'k> From<&'k str> for LayerKey<'k> {
    fn from(name: &'k str) -> Self {
        LayerKey::Name(name)
    }
}

impl From<usize> for LayerKey<'_> {
    fn from(index: usize) -> Self {
        LayerKey::Index(index)
    }
}

/// A layer of a model: what it is, and its arrays.
#[derive(Clone, Debug)]
pub struct LayerView<'m> {
    /// Name, class, output shape and arrays.
    pub info: &'static LayerInfo,
    /// The index, from 0.
    pub index: usize,
    params: &'m [f32],
    /// A copy: a prediction of a stateful model may change the state meanwhile.
    state: Vec<f32>,
}

impl LayerView<'_> {
    /// The arrays in Keras's order, trainable ones first: name, shape and values.
    #[must_use]
    pub fn weights(&self) -> Vec<(ParamSpec, &[f32])> {
        let locations = array_locations(core::slice::from_ref(self.info));
        let of = |at: &ArrayLocation| (at.spec, at.of(self.params, &self.state));
        locations.iter().map(of).collect()
    }

    /// Copies of the layer's arrays, trainable ones first.
    #[must_use]
    pub fn get_weights(&self) -> Vec<Array> {
        let array = |(spec, values): (ParamSpec, &[f32])| Array::copy_of(&spec, values);
        self.weights().into_iter().map(array).collect()
    }
}

/// A layer of a model, whose arrays can be set.
#[derive(Debug)]
pub struct LayerViewMut<'m> {
    /// Name, class, output shape and arrays.
    pub info: &'static LayerInfo,
    /// The index, from 0.
    pub index: usize,
    params: &'m mut [f32],
    state: &'m mut [f32],
}

impl LayerViewMut<'_> {
    /// Sets the layer's arrays, trainable ones first.
    ///
    /// # Errors
    /// There are more or fewer arrays, or one has another shape; nothing is changed then.
    pub fn set_weights(&mut self, weights: &[Array]) -> Result<(), Error> {
        let locations = array_locations(core::slice::from_ref(self.info));
        check(&locations, weights)?;
        let to = ArraysMut {
            params: self.params,
            state: self.state,
        };
        set(&locations, to, weights);
        Ok(())
    }
}

/// The index of a layer.
pub(super) fn index_of<M: Model>(key: LayerKey<'_>) -> Result<usize, Error> {
    let index = match key {
        LayerKey::Name(name) => M::LAYERS.iter().position(|l| l.name == name),
        LayerKey::Index(index) => Some(index).filter(|&i| i < M::LAYERS.len()),
    };
    index.ok_or_else(|| unknown::<M>(key))
}

pub(super) fn find<'m, M: Model>(
    p: &'m M::Params,
    s: &M::State,
    key: LayerKey<'_>,
) -> Result<LayerView<'m>, Error> {
    let index = index_of::<M>(key)?;
    let info = &M::LAYERS[index];
    let (mut params, mut state) = (p.as_f32s(), s.as_f32s());
    for before in &M::LAYERS[..index] {
        params = &params[before.count_params()..];
        state = &state[before.count_state()..];
    }
    Ok(LayerView {
        info,
        index,
        params: &params[..info.count_params()],
        state: state[..info.count_state()].to_vec(),
    })
}

pub(super) fn find_mut<'m, M: Model>(
    p: &'m mut M::Params,
    s: &'m mut M::State,
    key: LayerKey<'_>,
) -> Result<LayerViewMut<'m>, Error> {
    let index = index_of::<M>(key)?;
    let info = &M::LAYERS[index];
    let (mut params, mut state) = (p.as_f32s_mut(), s.as_f32s_mut());
    for before in &M::LAYERS[..index] {
        params = &mut params[before.count_params()..];
        state = &mut state[before.count_state()..];
    }
    Ok(LayerViewMut {
        info,
        index,
        params: &mut params[..info.count_params()],
        state: &mut state[..info.count_state()],
    })
}

fn unknown<M: Model>(key: LayerKey<'_>) -> Error {
    let why = match key {
        LayerKey::Name(name) => Note::new().str("no layer is named `").str(name).str("`"),
        LayerKey::Index(i) => Note::new().str("there is no layer ").num(i),
    };
    let (model, layers) = (M::NAME, M::LAYERS);
    Error::NoLayer { why, model, layers }
}
