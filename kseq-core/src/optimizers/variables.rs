//! The arrays of a model within its flat parameters.

use core::ops::Range;

use crate::base::layer_info::LayerInfo;
use crate::shape::Shape;

/// One array of a model: a kernel, a bias.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The index of its layer.
    pub layer: usize,
    /// Keras's name: `kernel`.
    pub name: &'static str,
    /// Its shape.
    pub shape: Shape,
    /// Where it lies in the model's flat parameters.
    pub range: Range<usize>,
    /// Whether a model that is the layer freezes it.
    pub still: bool,
}

/// The arrays of a model, in the order of its flat parameters.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::model::{Inside, LayerInfo};
/// use kseq::optimizers::variables;
/// use kseq::params::ParamSpec;
/// use kseq::tensor::Tensor;
/// const DENSE: LayerInfo = LayerInfo {
///     name: "dense",
///     class_name: "Dense",
///     output: <[f32; 3]>::SHAPE,
///     params: &[ParamSpec::of::<[[f32; 3]; 4]>("kernel"), ParamSpec::of::<[f32; 3]>("bias")],
///     state: &[],
///     stateful: false,
///     occurrences: 0,
///     macs: 0,
///     inside: Inside::NONE,
///     mask: kseq::layer::Mask::Drops,
///     scratch: 0,
/// };
/// let ranges: Vec<_> = variables(&[DENSE]).map(|v| v.range).collect();
/// assert_eq!(ranges, [0..12, 12..15]);
/// ```
pub fn variables(layers: &[LayerInfo]) -> impl Iterator<Item = Variable> {
    let specs = layers.iter().enumerate().flat_map(|(layer, info)| {
        let specs = info.params.iter().enumerate();
        specs.map(move |(array, spec)| (layer, spec, info.inside.freezes(array)))
    });
    specs.scan(0, |at, (layer, spec, still)| {
        let start = *at;
        *at += spec.shape.len().unwrap_or(0);
        Some(Variable {
            layer,
            name: spec.name,
            shape: spec.shape,
            range: start..*at,
            still,
        })
    })
}
