//! Training that is aware of the integers: a step sees kernels and outputs as the twin will have them, and changes the parameters as
//! they are.

use std::boxed::Box;
use std::vec::Vec;

use kseq_int8::arithmetic::Scale;
use kseq_int8::op::Op;

use super::graph::{Kind, PLACES, Part, Step};
use super::pass::Quantizable;
use crate::activations::{Act, Activation};
use crate::base::fakes::Fakes;
use crate::model::{LayerInfo, Model};
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
pub struct Aware<M: Model> {
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
        let head = !matches!(M::Head::ACT, Some(Act::Linear));
        let steps = M::STEPS.iter().flatten().filter(|step| step.is_some());
        Aware {
            params: zeroed_box(),
            fakes: Fakes::of(M::STEPS, head),
            kernels: steps.flat_map(|step| kernels(M::LAYERS, step)).collect(),
        }
    }
}

impl Fakes {
    /// The outputs of layers that are integers in the twin. With a `head` the activation at the end comes after the last layer.
    fn of(steps: &[[Step; PLACES]], head: bool) -> Self {
        let last = steps.len().saturating_sub(1);
        let steps: Vec<&Step> = steps
            .iter()
            .flatten()
            .filter(|step| step.is_some())
            .collect();
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
        Fakes::new(fakes)
    }
}

/// The kernels of a step, of an LSTM two.
fn kernels(layers: &[LayerInfo], step: &Step) -> Vec<Kernel> {
    let (before, rest) = layers.split_at(step.layer.min(layers.len()));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::int8::graph::{Graph, Operator};
    use kseq_int8::op::{Clamp, Dense, Function, Rows};

    fn dense(then: crate::base::operator::Then) -> Operator {
        let op = Op::Dense(Dense {
            rows: 1,
            inputs: 4,
            outputs: 4,
            clamp: Clamp::None,
        });
        Operator::Product {
            op,
            bias: true,
            then,
        }
    }

    /// The layers whose outputs are rounded, and whether their scale is fixed.
    fn hooked<const L: usize>(layers: [Operator; L], head: bool) -> Vec<(usize, bool)> {
        let graph = Graph::new(layers, &std::vec![4; L + 1]);
        let fakes = Fakes::of(&graph.steps, head);
        fakes.layers()
    }

    #[test]
    fn what_is_rounded_is_what_a_layer_ends_with() {
        use crate::base::operator::Then;
        let relu = Operator::Activation(Then::Clamp(Clamp::Relu), Rows { rows: 1, width: 4 });
        let tanh = Operator::Activation(Then::Function(Function::Tanh), Rows { rows: 1, width: 4 });
        let float = Operator::Float(crate::base::operator::InFloat {
            params: 0,
            state: 0,
            scratch: 0,
            like: None,
        });
        // The product and the activation of another layer are one step, of which only the end is seen.
        assert_eq!(hooked([dense(Then::NOTHING), relu], false), [(1, false)]);
        // A table's input is seen, where it is another layer's; not where it is its own.
        assert_eq!(
            hooked([dense(Then::NOTHING), tanh], false),
            [(0, false), (1, true)]
        );
        assert_eq!(
            hooked([dense(Then::Function(Function::Tanh)), relu], false),
            [(0, true), (1, false)]
        );
        // The head comes after the last layer, of which the logits are rounded.
        assert_eq!(hooked([dense(Then::Softmax)], true), [(0, false)]);
        // What a layer in f32 gives is rounded on its way to integers; what it takes is what it takes.
        assert_eq!(
            hooked([float, dense(Then::NOTHING), float], false),
            [(0, false), (1, false)]
        );
    }

    #[test]
    fn a_range_follows_what_was_seen() {
        let graph = Graph::new([dense(crate::base::operator::Then::NOTHING)], &[4, 4]);
        let mut fakes = Fakes::of(&graph.steps, false);
        let mut y = [-1.0, 0.3, 0.111, 1.55];
        fakes.take(0, &mut y);
        assert_eq!(y, [-1.0, 0.3, 0.111, 1.55], "the first step only looks");
        fakes.follow();
        // From -1 to 1.55: the scale is 0.01.
        let mut y = [-3.0, 0.3, 0.1149, 2.0];
        fakes.take(0, &mut y);
        let expected = [-1.0, 0.3, 0.11, 1.55];
        let near = y.iter().zip(expected).all(|(y, e)| (y - e).abs() < 1e-5);
        assert!(near, "{y:?}");
        fakes.follow();
        let [least, most] = fakes.ends(0);
        assert!((least - (-0.95 - 0.15)).abs() < 1e-6, "{least}");
        assert!((most - (0.95 * 1.55 + 0.05 * 2.0)).abs() < 1e-6, "{most}");
        // Another layer is none of it.
        let mut y = [9.0];
        fakes.take(1, &mut y);
        assert_eq!(y, [9.0]);
    }

    #[test]
    fn each_column_of_a_kernel_has_a_scale() {
        let kernel = Kernel {
            first: 0,
            len: 6,
            columns: 2,
            group: 1,
        };
        let mut values = [1.27, 0.0, -0.0349, 0.0, 0.006, 0.0];
        kernel.round(&mut values);
        let expected = [1.27, 0.0, -0.03, 0.0, 0.01, 0.0];
        let near = values
            .iter()
            .zip(expected)
            .all(|(w, e)| (w - e).abs() < 1e-6);
        assert!(near, "{values:?}");
        // Of an LSTM each gate: two columns here.
        let kernel = Kernel {
            columns: 4,
            len: 4,
            group: 2,
            ..kernel
        };
        let mut values = [1.27, 0.004, 0.004, 0.00127];
        kernel.round(&mut values);
        let near = values
            .iter()
            .zip([1.27, 0.0, 0.004, 0.00127])
            .all(|(w, e)| (w - e).abs() < 2e-5);
        assert!(near, "{values:?}");
    }
}
