//! The penalties of a model: which array, and which regularizer.

use super::regularizer::Regularizer;
use crate::base::dims::Dims;
use crate::base::layer_info::{ArrayAt, LayerInfo};
use crate::layer::Ctx;
use crate::pool::Pool;

/// A penalty on one array of a model.
#[derive(Clone, Copy, Debug)]
pub struct Penalty {
    at: ArrayAt,
    regularizer: Regularizer,
}

impl Penalty {
    /// On the array `name` of layer `layer` (from 0).
    #[must_use]
    pub const fn new(
        layers: &[LayerInfo],
        layer: usize,
        name: &'static str,
        regularizer: Regularizer,
    ) -> Self {
        Penalty {
            at: ArrayAt::find(layers, layer, name),
            regularizer,
        }
    }

    /// The same of a model that is layer `layer`, whose parameters begin with number `first`.
    pub(crate) const fn moved(self, layer: usize, first: usize) -> Self {
        Penalty {
            at: self.at.moved(layer, first),
            ..self
        }
    }

    /// Where the array lies.
    #[must_use]
    pub const fn at(&self) -> ArrayAt {
        self.at
    }

    /// Its value.
    #[must_use]
    pub fn value(&self, params: &[f32], pool: &Pool) -> f32 {
        let dims = Dims::of(self.at.shape);
        let w = params.get(self.at.range()).unwrap_or_default();
        self.regularizer.penalty(w, dims.get(), pool)
    }

    /// Adds its gradient.
    fn add_gradient(&self, params: &[f32], gradients: &mut [f32], pool: &Pool) {
        let dims = Dims::of(self.at.shape);
        let range = self.at.range();
        if let (Some(w), Some(g)) = (params.get(range.clone()), gradients.get_mut(range)) {
            self.regularizer.add_gradient(w, dims.get(), 1.0, g, pool);
        }
    }
}

/// The sum of a model's penalties on its parameters; as in Keras, frozen layers have none.
#[must_use]
pub fn penalties(all: &[Penalty], params: &[f32], cx: &Ctx<'_>) -> f32 {
    let all = all.iter().filter(|one| cx.trains_layer(one.at.layer));
    all.map(|one| one.value(params, cx.pool)).sum()
}

/// Adds the gradients of a model's penalties on its parameters, except for frozen layers.
pub fn add_gradients(all: &[Penalty], params: &[f32], gradients: &mut [f32], cx: &Ctx<'_>) {
    for one in all.iter().filter(|one| cx.trains_layer(one.at.layer)) {
        one.add_gradient(params, gradients, cx.pool);
    }
}
