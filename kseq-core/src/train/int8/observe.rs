//! The layers one by one on a host, to see the values between them: of the model, and of its twin beside it.

use std::vec::Vec;

use super::floats::{Inside, compute};
use super::folded::Folded;
use crate::int8::graph::{Kind, PLACES, Step};
use crate::int8::pass::Passes;
use crate::layer::{Ctx, Layer};
use crate::params::Flat;
use crate::pool::Pool;
use crate::tensor::Tensor;

/// What is told of a step: its number, its values in and out, and what is inside an LSTM.
pub(super) type See<'a> = dyn FnMut(usize, &Step, &[f32], &[f32], Inside) + 'a;

/// A pass of some samples in `f32`.
pub(super) struct Floats<'a> {
    /// The values that the last step gave.
    pub values: Vec<f32>,
    pub samples: usize,
    /// The parameters of each step, in order.
    pub folded: &'a [Folded],
    /// The parameters and the state of each layer that stays as it is, in order.
    pub kept: &'a [(Vec<f32>, Vec<f32>)],
    pub pool: &'a Pool,
    pub see: &'a mut See<'a>,
    step: usize,
    float: usize,
}

impl<'a> Floats<'a> {
    pub fn new(
        x: &[f32],
        samples: usize,
        folded: &'a [Folded],
        kept: &'a [(Vec<f32>, Vec<f32>)],
        pool: &'a Pool,
        see: &'a mut See<'a>,
    ) -> Self {
        Floats {
            values: x.to_vec(),
            samples,
            folded,
            kept,
            pool,
            see,
            step: 0,
            float: 0,
        }
    }

    fn take(&mut self, step: &Step) {
        if !step.is_some() {
            return;
        }
        let number = self.step;
        self.step += 1;
        let nothing = Folded::default();
        let folded = self.folded.get(number).unwrap_or(&nothing);
        let mut inside = Inside::default();
        let y = match &step.kind {
            Kind::Int8(op) => compute(op, folded, &self.values, &mut inside, self.pool),
            // Both are what they are before.
            _ => self.values.clone(),
        };
        (self.see)(number, step, &self.values, &y, inside);
        self.values = y;
    }
}

impl Passes for Floats<'_> {
    fn layer(&mut self, steps: [&'static Step; PLACES]) {
        for step in steps {
            self.take(step);
        }
    }

    fn float<L, X, Y>(&mut self, steps: [&'static Step; PLACES], layer: &L)
    where
        L: Layer<X, Y>,
        X: Tensor<Elem = f32>,
        Y: Tensor<Elem = f32>,
    {
        let [before, step, ..] = steps;
        self.take(before);
        let number = self.step;
        self.step += 1;
        let y = infer::<L, X, Y>(layer, self.kept.get(self.float), &self.values, self.samples);
        self.float += 1;
        (self.see)(number, step, &self.values, &y, Inside::default());
        self.values = y;
    }
}

/// The outputs of a layer that stays as it is.
pub(super) fn infer<L, X, Y>(
    layer: &L,
    kept: Option<&(Vec<f32>, Vec<f32>)>,
    x: &[f32],
    samples: usize,
) -> Vec<f32>
where
    L: Layer<X, Y>,
    X: Tensor<Elem = f32>,
    Y: Tensor<Elem = f32>,
{
    let mut y = std::vec![0.0; samples * Y::LEN];
    let arrays = kept.and_then(|(p, s)| Some((L::Params::of_f32s(p)?, L::State::of_f32s(s)?)));
    if let Some((p, s)) = arrays {
        let mut scratch = std::vec![0.0; samples * L::INFER_SCRATCH];
        let cx = Ctx::new(&Pool::Serial, 0, 0);
        layer.infer(
            p,
            s,
            X::view(x),
            Y::view_mut(&mut y),
            &mut cx.with_scratch(&mut scratch),
        );
    }
    y
}

/// What is told of a step of the twin: its number, its values in and out.
pub(super) type SeeTwin<'a> = dyn FnMut(usize, &Step, &[f32], &[f32]) + 'a;

/// What the twin gives, step by step: the numbers of the integers, each as what it stands for.
pub(super) struct Twin<'a> {
    /// The values that the last step gave, as they are; of integers what they stand for.
    pub values: Vec<f32>,
    pub samples: usize,
    /// The block, with the number of scales that each step gives.
    pub block: &'a [u8],
    /// The scale of what each step gives, and first that of the input.
    pub scales: &'a [kseq_int8::arithmetic::Scale],
    pub kept: &'a [(Vec<f32>, Vec<f32>)],
    pub see: &'a mut SeeTwin<'a>,
    pub step: usize,
    pub float: usize,
}

impl Twin<'_> {
    fn take(&mut self, step: &Step) {
        if !step.is_some() {
            return;
        }
        let number = self.step;
        self.step += 1;
        let scale = |at: usize| self.scales.get(at).copied();
        let (Some(given), Some(gives)) = (scale(number), scale(number + 1)) else {
            return;
        };
        let y = match &step.kind {
            Kind::Int8(op) => {
                let x: Vec<i8> = self.values.iter().map(|x| given.quantize(*x)).collect();
                let mut y = std::vec![0; self.samples * op.output_len()];
                let mut scratch =
                    std::vec![0_i8; kseq_int8::run::scratch_len(op) * self.samples + 64];
                let block = self.block.get(step.at..).unwrap_or_default();
                kseq_int8::run::run(op, block, &x, &mut y, &mut scratch);
                y.iter().map(|q| gives.dequantize(*q)).collect()
            }
            Kind::Quantize(_) => {
                let integers = self.values.iter().map(|x| gives.quantize(*x));
                integers.map(|q| gives.dequantize(q)).collect()
            }
            _ => self.values.clone(),
        };
        (self.see)(number, step, &self.values, &y);
        self.values = y;
    }
}

impl Passes for Twin<'_> {
    fn layer(&mut self, steps: [&'static Step; PLACES]) {
        for step in steps {
            self.take(step);
        }
    }

    fn float<L, X, Y>(&mut self, steps: [&'static Step; PLACES], layer: &L)
    where
        L: Layer<X, Y>,
        X: Tensor<Elem = f32>,
        Y: Tensor<Elem = f32>,
    {
        let [before, step, ..] = steps;
        self.take(before);
        let number = self.step;
        self.step += 1;
        let y = infer::<L, X, Y>(layer, self.kept.get(self.float), &self.values, self.samples);
        self.float += 1;
        (self.see)(number, step, &self.values, &y);
        self.values = y;
    }
}
