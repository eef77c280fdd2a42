//! The constraints of a model: which array, and which constraint.

use super::constraint::Constraint;
use crate::base::dims::Dims;
use crate::base::layer_info::{ArrayAt, LayerInfo};
use crate::layer::Ctx;

/// A constraint of one array of a model.
#[derive(Clone, Copy, Debug)]
pub struct Constrained {
    at: ArrayAt,
    constraint: Constraint,
}

impl Constrained {
    /// The array `name` of layer `layer` (from 0).
    #[must_use]
    pub const fn new(
        layers: &[LayerInfo],
        layer: usize,
        name: &'static str,
        constraint: Constraint,
    ) -> Self {
        Constrained {
            at: ArrayAt::find(layers, layer, name),
            constraint,
        }
    }

    /// The same of a model that is layer `layer`, whose parameters begin with number `first`.
    pub(crate) const fn moved(self, layer: usize, first: usize) -> Self {
        Constrained {
            at: self.at.moved(layer, first),
            ..self
        }
    }

    /// Where the array lies.
    #[must_use]
    pub const fn at(&self) -> ArrayAt {
        self.at
    }
}

/// Projects the constrained arrays of a model, except for frozen layers.
pub fn constrain(all: &[Constrained], params: &mut [f32], cx: &Ctx<'_>) {
    for Constrained { at, constraint } in all {
        if let (true, Some(w)) = (cx.trains_layer(at.layer), params.get_mut(at.range())) {
            constraint.apply(w, Dims::of(at.shape).get(), cx.pool);
        }
    }
}
