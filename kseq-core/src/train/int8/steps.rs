//! The steps of a twin, and its samples some at a time.

use std::string::{String, ToString};

use crate::int8::check::ending;
use crate::int8::graph::{Part, Step};
use crate::int8::pass::Quantizable;
use crate::model::Model;
use crate::tensor::Tensor;

/// Values of the samples that are looked at together, at most.
const TOGETHER: usize = 1 << 16;

/// All steps of a model, in order.
pub(super) fn steps<M: Quantizable>() -> impl Iterator<Item = &'static Step> {
    M::STEPS.iter().flatten().filter(|step| step.is_some())
}

/// The name of a step: that of its layer, and which part of it.
pub(super) fn name_of<M: Model>(step: &Step) -> String {
    let layer = M::LAYERS.get(step.layer).map_or("", |layer| layer.name);
    let mut name = layer.to_string();
    if !matches!(
        step.part,
        Part::Product { .. } | Part::Pointwise { .. } | Part::Normalise(_)
    ) {
        name.push_str(ending(step.part));
    }
    name
}

/// Some samples at a time.
pub(super) fn by_some<M: Model>(x: &[f32], mut take: impl FnMut(&[f32], usize)) {
    let len = M::Input::LEN.max(1);
    let largest = M::LAYERS
        .iter()
        .filter_map(|layer| layer.output.len())
        .max()
        .unwrap_or(1);
    let some = (TOGETHER / largest.max(len)).clamp(1, 256);
    for x in x.chunks(some * len) {
        take(x, x.len() / len);
    }
}
