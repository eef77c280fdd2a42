//! What is known of a layer without its type: name, shapes, arrays, costs; and where its arrays lie.

use crate::facts::Mask;
use crate::params::ParamSpec;
use crate::shape::Shape;
use crate::text;

/// What `summary()` and `get_layer` say of a layer.
#[derive(Clone, Copy, Debug)]
pub struct LayerInfo {
    /// The name: Keras's (`dense_1`) or the user's (`name = "encoder"`).
    pub name: &'static str,
    /// Keras's class: `Dense`.
    pub class_name: &'static str,
    /// The output's shape, without the batch axis.
    pub output: Shape,
    /// The trainable arrays.
    pub params: &'static [ParamSpec],
    /// The arrays that training updates without a gradient.
    pub state: &'static [ParamSpec],
    /// Whether that is what goes on from batch to batch, which Keras does not count among a model's weights.
    pub stateful: bool,
    /// How many of the parameters, from the first, have a gradient that is a sum over occurrences (an `Embedding`).
    pub occurrences: usize,
    /// The multiply-accumulates of one sample: [`Layer::MACS`](crate::layer::Layer::MACS).
    pub macs: usize,
    /// Of a model that is a layer: its layers, and which of them it freezes.
    pub inside: Inside,
    /// What becomes of a mask.
    pub mask: Mask,
    /// The `f32`s that a call needs for a sample: [`Layer::SCRATCH`](crate::layer::Layer::SCRATCH).
    pub scratch: usize,
}

/// The layers in a layer: none but in a model.
#[derive(Clone, Copy, Debug)]
pub struct Inside {
    /// The layers, in order.
    pub layers: &'static [LayerInfo],
    /// Which of them are frozen, by index; those beyond the end are not.
    pub frozen: &'static [bool],
}

impl Inside {
    /// No layers.
    pub const NONE: Self = Inside {
        layers: &[],
        frozen: &[],
    };

    /// Whether these layers leave their parameter array of this index, counted over all of them, alone.
    #[must_use]
    pub fn freezes(&self, mut array: usize) -> bool {
        for (i, layer) in self.layers.iter().enumerate() {
            if array < layer.params.len() {
                return self.frozen.get(i) == Some(&true) || layer.inside.freezes(array);
            }
            array -= layer.params.len();
        }
        false
    }

    /// How many of their parameters they leave alone.
    pub(crate) const fn count_frozen(&self) -> usize {
        let (mut n, mut i) = (0, 0);
        while i < self.layers.len() {
            n += match i < self.frozen.len() && self.frozen[i] {
                true => self.layers[i].count_params(),
                false => self.layers[i].inside.count_frozen(),
            };
            i += 1;
        }
        n
    }
}

impl LayerInfo {
    /// The number of trainable parameters.
    #[must_use]
    pub const fn count_params(&self) -> usize {
        count(self.params)
    }

    /// The number of values that training updates without a gradient.
    #[must_use]
    pub const fn count_state(&self) -> usize {
        count(self.state)
    }

    /// The arrays in Keras's order, trainable ones first, in a model that is a layer by its layers: whether it is one of the state, and
    /// its place among those of its kind.
    #[cfg(feature = "std")]
    pub(crate) fn arrays(&self) -> std::vec::Vec<(bool, usize)> {
        let (mut arrays, mut before) = (std::vec::Vec::new(), (0, 0));
        self.arrays_from(&mut before, &mut arrays);
        arrays
    }

    #[cfg(feature = "std")]
    fn arrays_from(&self, before: &mut (usize, usize), arrays: &mut std::vec::Vec<(bool, usize)>) {
        if self.inside.layers.is_empty() {
            arrays.extend((0..self.params.len()).map(|i| (false, before.0 + i)));
            arrays.extend((0..self.state.len()).map(|i| (true, before.1 + i)));
            before.0 += self.params.len();
            before.1 += self.state.len();
        }
        for layer in self.inside.layers {
            layer.arrays_from(before, arrays);
        }
    }
}

/// The values of all parameters, and of what training updates without a gradient.
pub(crate) const fn count_all(layers: &[LayerInfo]) -> usize {
    let (mut n, mut i) = (0, 0);
    while i < layers.len() {
        n += layers[i].count_params() + layers[i].count_state();
        i += 1;
    }
    n
}

/// The multiply-accumulates of all layers.
pub(crate) const fn macs(layers: &[LayerInfo]) -> usize {
    let (mut n, mut i) = (0usize, 0);
    while i < layers.len() {
        n = n.saturating_add(layers[i].macs);
        i += 1;
    }
    n
}

const fn count(specs: &[ParamSpec]) -> usize {
    let mut n = 0;
    let mut i = 0;
    while i < specs.len() {
        n += len_of(&specs[i]);
        i += 1;
    }
    n
}

const fn len_of(spec: &ParamSpec) -> usize {
    match spec.shape.len() {
        Some(len) => len,
        None => 0,
    }
}

/// Where an array lies among the parameters of a model, seen as one run of `f32`s.
///
/// ```
/// use kseq_core::layers::Dense;
/// use kseq_core::model::{ArrayAt, LayerInfo};
/// const DENSE: LayerInfo = LayerInfo::of::<Dense<2, 3, 3>, [f32; 2], [f32; 3]>("dense_1", "Dense");
/// let bias = ArrayAt::find(&[DENSE, DENSE], 1, "bias");
/// assert_eq!(bias.range(), 15..18);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ArrayAt {
    /// The index of the layer, from 0.
    pub layer: usize,
    /// The name of the array: `kernel`.
    pub name: &'static str,
    /// Its shape.
    pub shape: Shape,
    first: usize,
    len: usize,
}

impl ArrayAt {
    /// The array `name` of layer `layer`; one that the layer does not have (`use_bias = false`) is empty.
    #[must_use]
    pub const fn find(layers: &[LayerInfo], layer: usize, name: &'static str) -> Self {
        let mut first = 0;
        let mut i = 0;
        while i < layer && i < layers.len() {
            first += layers[i].count_params();
            i += 1;
        }
        let specs: &[ParamSpec] = if layer < layers.len() {
            layers[layer].params
        } else {
            &[]
        };
        let mut i = 0;
        while i < specs.len() && !text::same(specs[i].name, name) {
            first += len_of(&specs[i]);
            i += 1;
        }
        let (shape, len) = if i < specs.len() {
            (specs[i].shape, len_of(&specs[i]))
        } else {
            (Shape::new(&[0]), 0)
        };
        ArrayAt {
            layer,
            name,
            shape,
            first,
            len,
        }
    }

    /// The shape of the array `name`.
    pub(crate) const fn shape_in(specs: &[ParamSpec], name: &str) -> Option<Shape> {
        let mut i = 0;
        while i < specs.len() {
            if text::same(specs[i].name, name) {
                return Some(specs[i].shape);
            }
            i += 1;
        }
        None
    }

    /// The same array where the parameters begin `first` values later, as those of layer `layer`.
    pub(crate) const fn moved(self, layer: usize, first: usize) -> Self {
        ArrayAt {
            layer,
            first: self.first + first,
            ..self
        }
    }

    /// Which of the parameters it is.
    #[must_use]
    pub const fn range(&self) -> core::ops::Range<usize> {
        self.first..self.first + self.len
    }
}
