//! Training that is aware of the integers: a step sees kernels and outputs as the twin will have them, and changes the parameters as
//! they are.

use std::boxed::Box;
use std::vec::Vec;

use kseq_int8::arithmetic::Scale;
use kseq_int8::op::Op;

use super::graph::{Kind, Part, Step};
use super::pass::Quantizable;
use crate::activations::{Act, Activation};
use crate::base::fakes::Fakes;
use crate::model::Model;
use crate::params::{Aligned, Flat, zeroed_box};

/// The kernel of a step among all parameters: rows of `columns` weights, of which each `group` has a scale.
#[derive(Clone, Copy, Debug)]
struct Kernel {
    first: usize,
    len: usize,
    columns: usize,
    group: usize,
}

/// What a training needs that is aware of the integers.
pub(crate) struct Aware<M: Model> {
    /// The parameters that a step sees.
    pub(crate) params: Box<Aligned<M::Params>>,
    pub(crate) fakes: Fakes,
    kernels: Vec<Kernel>,
}

impl<M: Model> Clone for Aware<M> {
    fn clone(&self) -> Self {
        Aware {
            params: zeroed_box(),
            fakes: self.fakes.clone(),
            kernels: self.kernels.clone(),
        }
    }
}

impl<M: Quantizable> Aware<M> {
    /// By the steps of the twin.
    pub(crate) fn new() -> Self {
        let steps: Vec<&Step> = M::STEPS
            .iter()
            .flatten()
            .filter(|step| step.is_some())
            .collect();
        let last = M::STEPS.len().saturating_sub(1);
        let head = !matches!(M::Head::ACT, Some(Act::Linear));
        let is_head = |step: &Step| head && step.layer == last && step.part == Part::Activation;
        let mut fakes = Vec::new();
        for (step, next) in steps
            .iter()
            .zip(steps.iter().skip(1).map(Some).chain([None]))
        {
            // What nobody sees of the layer: what its own activation takes.
            let inside = next.is_some_and(|next| {
                let goes_on = matches!(next.part, Part::Activation | Part::Pointwise { .. });
                goes_on && next.layer == step.through && !is_head(next)
            });
            if inside || is_head(step) {
                continue;
            }
            let (layer, fixed) = match &step.kind {
                Kind::Int8(op) if op.keeps_scale() => continue,
                Kind::Int8(op) => (Some(step.through), op.fixed_output()),
                Kind::Quantize(_) => (step.layer.checked_sub(1), None),
                _ => continue,
            };
            if let Some(layer) = layer {
                let fixed = fixed.map(|(scale, zero_point)| Scale { scale, zero_point });
                fakes.push((layer, fixed));
            }
        }
        Aware {
            params: zeroed_box(),
            fakes: Fakes::new(fakes),
            kernels: steps.iter().flat_map(|step| kernels::<M>(step)).collect(),
        }
    }
}

/// The kernels of a step, of an LSTM two.
fn kernels<M: Model>(step: &Step) -> Vec<Kernel> {
    let (before, rest) = M::LAYERS.split_at(step.layer.min(M::LAYERS.len()));
    let first: usize = before.iter().map(|layer| layer.count_params()).sum();
    let own = rest.first().map_or(0, |layer| layer.count_params());
    let one = |first: usize, rows: usize, columns: usize, group: usize| Kernel {
        first,
        len: rows * columns,
        columns,
        group,
    };
    let Kind::Int8(op) = &step.kind else {
        return Vec::new();
    };
    let (rows, columns) = match op {
        _ if matches!(step.part, Part::Normalise(_)) => return Vec::new(),
        Op::Dense(d) => (d.inputs, d.outputs),
        Op::Conv(c) => (c.taps() * c.channels, c.filters),
        Op::Depthwise(c) => (c.taps(), c.filters),
        Op::Lstm(l) => {
            let gates = 4 * l.units;
            let recurrent = first + l.inputs * gates;
            return std::vec![
                one(first, l.inputs, gates, l.units),
                one(recurrent, l.units, gates, l.units),
            ];
        }
        _ => return Vec::new(),
    };
    let at = match step.part {
        Part::Pointwise { bias } => first + own - rows * columns - if bias { columns } else { 0 },
        _ => first,
    };
    std::vec![one(at, rows, columns, 1)]
}

impl<M: Model> Aware<M> {
    /// The parameters of a step: kernels as the twin will have them, all else as it is.
    pub(crate) fn see(&mut self, params: &M::Params) {
        let seen = self.params.as_f32s_mut();
        seen.copy_from_slice(params.as_f32s());
        for kernel in &self.kernels {
            if let Some(values) = seen.get_mut(kernel.first..kernel.first + kernel.len) {
                kernel.round(values);
            }
        }
    }
}

impl Kernel {
    /// `s round(w / s)` with `s = max(abs(w)) / 127` of each group of columns.
    fn round(&self, values: &mut [f32]) {
        let group = self.group.max(1);
        let mut largest = std::vec![0.0_f32; self.columns / group];
        for row in values.chunks_exact(self.columns.max(1)) {
            for (most, weights) in largest.iter_mut().zip(row.chunks_exact(group)) {
                *most = weights.iter().fold(*most, |most, w| most.max(w.abs()));
            }
        }
        for row in values.chunks_exact_mut(self.columns.max(1)) {
            for (most, weights) in largest.iter().zip(row.chunks_exact_mut(group)) {
                let scale = most / 127.0;
                for w in weights.iter_mut().filter(|_| scale > 0.0) {
                    *w = (*w / scale).round().clamp(-127.0, 127.0) * scale;
                }
            }
        }
    }
}
