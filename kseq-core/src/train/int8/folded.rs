//! The parameters of each step in `f32`, with the factors of a `BatchNormalization` behind it.

use std::vec::Vec;

use kseq_int8::op::Op;

use crate::base::operator::Normalise;
use crate::int8::graph::{Kind, Part, Step};
use crate::model::{LayerInfo, Model};

/// The parameters of a step.
#[derive(Clone, Debug, Default)]
pub(super) struct Folded {
    /// `[input][output]`: Keras's order. Of a depthwise convolution `[tap][output channel]`, of an LSTM its kernel.
    pub kernel: Vec<f32>,
    /// One for each output, of an LSTM for each gate and unit; nothing where there is none.
    pub bias: Vec<f32>,
    /// Of an LSTM.
    pub recurrent: Vec<f32>,
}

/// The arrays of a layer, one behind the other.
fn arrays<'a>(layers: &[LayerInfo], values: &'a [f32], layer: usize, state: bool) -> &'a [f32] {
    let count = |layer: &LayerInfo| match state {
        true => layer.count_state(),
        false => layer.count_params(),
    };
    let (before, rest) = layers.split_at(layer.min(layers.len()));
    let begin: usize = before.iter().map(count).sum();
    let len = rest.first().map_or(0, count);
    values.get(begin..begin + len).unwrap_or_default()
}

/// Factor and term of each channel: `y = factor x + term`.
fn factors(of: &Normalise, params: &[f32], state: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let n = of.channels;
    let part = |values: &[f32], at: usize| values.get(at..at + n).unwrap_or_default().to_vec();
    let (mean, variance) = (part(state, 0), part(state, n));
    let gamma = match of.scale {
        true => part(params, 0),
        false => std::vec![1.0; n],
    };
    let beta = match of.center {
        true => part(params, if of.scale { n } else { 0 }),
        false => std::vec![0.0; n],
    };
    let roots = variance.iter().map(|v| f64::from(v + of.epsilon).sqrt());
    let factors: Vec<f64> = gamma
        .iter()
        .zip(roots)
        .map(|(g, root)| f64::from(*g) / root)
        .collect();
    let terms = beta.iter().zip(&mean).zip(&factors);
    let terms =
        terms.map(|((beta, mean), factor)| (f64::from(*beta) - f64::from(*mean) * factor) as f32);
    let terms = terms.collect();
    (factors.iter().map(|f| *f as f32).collect(), terms)
}

impl Folded {
    /// The parameters of a step of a model.
    pub fn of<M: Model>(step: &Step, params: &[f32], state: &[f32]) -> Folded {
        let Kind::Int8(op) = &step.kind else {
            return Folded::default();
        };
        let of_layer = |layer: usize| {
            let params = arrays(M::LAYERS, params, layer, false);
            (params, arrays(M::LAYERS, state, layer, true))
        };
        let (own, _) = of_layer(step.layer);
        let (outputs, kernel) = match op {
            Op::Dense(d) => (d.outputs, d.inputs * d.outputs),
            Op::Conv(c) => (c.filters, c.taps() * c.channels * c.filters),
            Op::Depthwise(c) => (c.filters, c.taps() * c.filters),
            Op::Lstm(l) => {
                let gates = 4 * l.units;
                let (kernel, rest) = own.split_at((l.inputs * gates).min(own.len()));
                let (recurrent, bias) = rest.split_at((l.units * gates).min(rest.len()));
                return Folded {
                    kernel: kernel.to_vec(),
                    bias: bias.to_vec(),
                    recurrent: recurrent.to_vec(),
                };
            }
            _ => return Folded::default(),
        };
        let part = |at: usize, len: usize| own.get(at..at + len).unwrap_or_default().to_vec();
        let (mut folded, bias) = match step.part {
            Part::Normalise(_) => {
                let kernel = std::vec![1.0; outputs];
                (
                    Folded {
                        kernel,
                        ..Folded::default()
                    },
                    false,
                )
            }
            Part::Pointwise { bias } => {
                // Behind the depthwise kernel.
                let first = own.len() - kernel - if bias { outputs } else { 0 };
                let folded = Folded {
                    kernel: part(first, kernel),
                    bias: part(first + kernel, outputs),
                    ..Folded::default()
                };
                (folded, bias)
            }
            Part::Product { bias } => {
                let folded = Folded {
                    kernel: part(0, kernel),
                    bias: part(kernel, outputs),
                    ..Folded::default()
                };
                (folded, bias)
            }
            _ => (
                Folded {
                    kernel: part(0, kernel),
                    ..Folded::default()
                },
                false,
            ),
        };
        if !bias {
            folded.bias.clear();
        }
        if let Some((layer, normalise)) = &step.folded {
            let (params, state) = of_layer(*layer);
            folded.fold(&factors(normalise, params, state));
        }
        folded
    }

    /// Whether all are numbers.
    pub fn is_finite(&self) -> bool {
        let all = self.kernel.iter().chain(&self.bias).chain(&self.recurrent);
        all.into_iter().all(|x| x.is_finite())
    }

    /// `factor (x W + b) + term`.
    fn fold(&mut self, (factors, terms): &(Vec<f32>, Vec<f32>)) {
        for row in self.kernel.chunks_mut(factors.len().max(1)) {
            for (w, factor) in row.iter_mut().zip(factors) {
                *w *= factor;
            }
        }
        self.bias.resize(factors.len(), 0.0);
        for (b, (factor, term)) in self.bias.iter_mut().zip(factors.iter().zip(terms)) {
            *b = *b * factor + term;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NORMALISE: Normalise = Normalise {
        len: 2,
        channels: 2,
        epsilon: 0.0,
        scale: true,
        center: true,
    };

    /// `y = gamma (x W + b - mean) / sqrt(variance) + beta`.
    #[test]
    fn a_normalization_is_a_factor_and_a_term() {
        let (params, state) = ([2.0, 3.0, 0.5, -1.0], [1.0, 2.0, 4.0, 9.0]);
        let of = factors(&NORMALISE, &params, &state);
        assert_eq!(of, (std::vec![1.0, 1.0], std::vec![-0.5, -3.0]));
        let plain = Normalise {
            scale: false,
            center: false,
            ..NORMALISE
        };
        let (factors, terms) = factors(&plain, &[], &state);
        assert_eq!(factors, [0.5, 1.0_f32 / 3.0]);
        assert_eq!(terms, [-0.5, -2.0_f32 / 3.0]);
    }

    #[test]
    fn a_kernel_takes_up_factors_and_terms() {
        let mut folded = Folded {
            kernel: std::vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            bias: std::vec![1.0, -1.0],
            recurrent: Vec::new(),
        };
        folded.fold(&(std::vec![2.0, -1.0], std::vec![0.25, 0.5]));
        assert_eq!(folded.kernel, [2.0, -2.0, 6.0, -4.0, 10.0, -6.0]);
        assert_eq!(folded.bias, [2.25, 1.5]);
        // Without a bias the terms are one.
        let mut folded = Folded {
            kernel: std::vec![1.0, 1.0],
            ..Folded::default()
        };
        folded.fold(&(std::vec![2.0, -1.0], std::vec![0.25, 0.5]));
        assert_eq!(folded.bias, [0.25, 0.5]);
    }
}
