//! Checks for what a program adds to kseq: the gradients of layers, activations and losses' inputs against finite differences.
//!
//! A layer stands in a model, whose list gives it the shape of its input; all that is in the model is checked.
#![expect(
    clippy::indexing_slicing,
    reason = "gradients and values are those of one model, asked for by their own indices"
)]

use std::borrow::ToOwned;
use std::boxed::Box;
use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

use crate::activations::Activation;
use crate::base::sealed::Sealed;
use crate::layer::Ctx;
use crate::model::{Model, forward_pass, masked, planned};
use crate::optimizers::{Variable, variables};
use crate::params::{Aligned, Flat, zeroed_box};
use crate::plan::Planned;
use crate::pool::Pool;
use crate::regularizers;
use crate::rng::{Purpose, Rng};
use crate::submodel::WithInput;
use crate::tape::{Grads, Tape};
use crate::tensor::Tensor;

/// How often [`gradients`] draws.
const DRAWS: u64 = 12;

/// A gradient that is not the slope of what the layer computes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Wrong {
    /// Of what: `dense_1.kernel[3]`, `input[0]`.
    pub what: String,
    /// What the backward pass says.
    pub gradient: f32,
    /// What the difference of two forward passes says.
    pub difference: f64,
    /// The seed of the weights and of the samples: for [`gradients_of`].
    pub seed: u64,
    /// The number of samples.
    pub batch: usize,
}

impl core::fmt::Display for Wrong {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Wrong {
            what,
            gradient,
            difference,
            seed,
            batch,
        } = self;
        write!(
            f,
            "the gradient of {what} is {gradient}, by differences it is {difference} (seed {seed}, {batch} samples)"
        )
    }
}

impl core::error::Error for Wrong {}

/// An element of a sample: `f32`, or a token.
pub trait Element: Sealed + Copy {
    /// A random one; no token is more than `largest`.
    #[doc(hidden)]
    fn draw(rng: &mut Rng, largest: u32) -> Self;
    /// Whether it has a gradient.
    #[doc(hidden)]
    const MOVES: bool;
    /// The value moved by `h`.
    #[doc(hidden)]
    fn plus(self, h: f32) -> Self;
}

impl Element for f32 {
    const MOVES: bool = true;

    fn draw(rng: &mut Rng, _: u32) -> f32 {
        rng.normal()
    }
    fn plus(self, h: f32) -> f32 {
        self + h
    }
}

impl Element for u32 {
    const MOVES: bool = false;

    fn draw(rng: &mut Rng, largest: u32) -> u32 {
        ((1.5 * rng.normal().abs()) as u32).min(largest)
    }
    fn plus(self, _: f32) -> u32 {
        self
    }
}

/// Compares the gradients of a model's parameters and of its input with differences of the forward pass of training, noise
/// included, in some draws of weights, samples, numbers of samples, and lengths where the model has axes of any length. Models should
/// be small: each number costs some passes.
///
/// ```ignore
/// sequential! { Gates = [self::Gate::<3>(input_shape = (6,))] }
///
/// kseq::testing::gradients::<Gates>()?;
/// ```
///
/// # Errors
/// The first gradient that is none of the slopes around.
pub fn gradients<M: Model>() -> Result<(), Wrong>
where
    M::Input: Tensor<Elem: Element>,
{
    (0..DRAWS).try_for_each(|seed| gradients_of::<M>(seed, 1 + seed as usize % 3))
}

/// The same for one seed and so many samples, unless the model fixes their number.
///
/// # Errors
/// As of [`gradients`].
pub fn gradients_of<M: Model>(seed: u64, batch: usize) -> Result<(), Wrong>
where
    M::Input: Tensor<Elem: Element>,
{
    let batch = M::BATCH.unwrap_or(batch).max(1);
    let mut worst = None;
    // A unit of a small model that happens to lie at a kink makes all its weights such places: then others are drawn.
    for draw in 0..4 {
        let Some(mut trial) = Trial::<M>::draw(seed ^ draw << 50, batch) else {
            let what = "nothing: the model takes no sample that was drawn;".to_owned();
            worst = Some((what, 0.0, 0.0));
            break;
        };
        let found = trial
            .check()
            .map_err(|(what, gradient, difference)| Wrong {
                what,
                gradient,
                difference,
                seed,
                batch,
            })?;
        if found.kinks * 10 <= found.places + 10 {
            return Ok(());
        }
        worst = found.at.or(worst);
    }
    let (what, gradient, difference) = worst.unwrap_or_default();
    Err(Wrong {
        what,
        gradient,
        difference,
        seed,
        batch,
    })
}

/// What was compared: an array's element, its gradient, the difference.
type Compared = (String, f32, f64);

/// How many places there were, and how many of them were kinks.
#[derive(Default)]
struct Found {
    places: usize,
    kinks: usize,
    at: Option<Compared>,
}

/// A model with weights and samples, and a direction of the output.
struct Trial<M: Model> {
    plan: M::Plan,
    p: Box<Aligned<M::Params>>,
    s: Box<Aligned<M::State>>,
    x: Vec<<M::Input as Tensor>::Elem>,
    direction: Vec<f32>,
    batch: usize,
}

impl<M: Model> Trial<M>
where
    M::Input: Tensor<Elem: Element>,
{
    /// `None` if the model takes no samples that could be drawn.
    fn draw(seed: u64, batch: usize) -> Option<Self> {
        let mut rng = Rng::new(seed, Purpose::User, 0, 0);
        let plan = (0..64).find_map(|longer| {
            let [a, b] = [0, 1].map(|_| 1 + rng.below(6) as usize + longer);
            M::plan(match M::Input::OPEN {
                0 => [1; 2],
                1 => [a, 1],
                _ => [a, b],
            })
            .ok()
        })?;
        let (mut p, mut s) = (zeroed_box::<M::Params>(), zeroed_box::<M::State>());
        M::init(&mut p, &mut s, seed);
        for p in p.as_f32s_mut() {
            *p += 0.2 * rng.normal();
        }
        let (steps, outputs) = {
            let planned = planned::<M>(&plan);
            let outputs = planned.output_len::<M::Output>();
            (planned.input::<M::Input>(), batch * outputs)
        };
        let mut largest = 8;
        let x = loop {
            let x = (0..batch * steps * M::Input::LEN).map(|_| Element::draw(&mut rng, largest));
            let x: Vec<<M::Input as Tensor>::Elem> = x.collect();
            if M::check(M::Input::view(&x)).is_ok() {
                break x;
            }
            largest = largest.checked_sub(1)?;
        };
        let direction = (0..outputs).map(|_| rng.normal()).collect();
        Some(Trial {
            plan,
            p,
            s,
            x,
            direction,
            batch,
        })
    }

    /// The product of outputs and direction with the penalties; and, given memory for them, the gradients of parameters and input.
    fn pass(&self, gradients: Option<(&mut [f32], &mut [f32])>) -> f64 {
        let planned: Planned<'_> = planned::<M>(&self.plan);
        let (sizes, n) = (planned.sizes, self.batch);
        let mut memory = vec![f32::NAN; sizes.train() * n];
        let (scratch, memory) = memory.split_at_mut(sizes.scratch * n);
        let (tape, grads) = memory.split_at_mut(sizes.tape * n);
        let mut tape = Tape::new(tape, planned.placements, n);
        let mut state = zeroed_box::<M::State>();
        state.as_f32s_mut().copy_from_slice(self.s.as_f32s());
        let mut cx = Ctx::new(&Pool::Serial, 5, 3);
        cx.scratch = scratch;
        let mut cx = cx.of_shapes(&planned.shapes);
        let (x, masks) = (M::Input::view(&self.x), &sizes.masks);
        let found = cx.take_masks(masks.each() * n);
        let in_masks = &mut masked::<M>(&mut cx, x, found, 0);
        forward_pass::<M>(&planned, &self.p, &mut state, x, &mut tape, in_masks);
        let penalty = tape.penalty() + regularizers::penalties(M::PENALTIES, self.p.as_f32s(), &cx);
        let width = M::Output::SHAPE.last();
        let out = M::Output::flat_mut(tape.output());
        M::Head::forward(out, width);
        let products = out.iter().zip(&self.direction);
        let sum: f64 = products.map(|(&y, &r)| f64::from(y) * f64::from(r)).sum();
        if let Some((dp, dx)) = gradients {
            let sink = WithInput(&mut *dp);
            let mut grads = Grads::new(grads, sizes.grads, n, sink).with_input(Some(dx));
            let dy = M::Output::flat_mut(grads.output(self.direction.len()));
            dy.copy_from_slice(&self.direction);
            M::Head::backward(out, &[], dy, width);
            let mut own = zeroed_box::<M::Params>();
            own.as_f32s_mut().copy_from_slice(self.p.as_f32s());
            let in_masks = &mut masked::<M>(&mut cx, x, found, masks.found(n));
            M::backward(&mut own, x, &mut tape, &mut grads, in_masks);
            regularizers::add_gradients(M::PENALTIES, self.p.as_f32s(), dp, &cx);
        }
        sum + f64::from(penalty)
    }

    /// Compares everything.
    fn check(&mut self) -> Result<Found, Compared> {
        let moves = <<M::Input as Tensor>::Elem as Element>::MOVES;
        let mut dp = vec![0.0; self.p.as_f32s().len()];
        let mut dx = vec![0.0; if moves { self.x.len() } else { 0 }];
        let here = self.pass(Some((&mut dp, &mut dx)));
        let mut found = Found::default();
        for (i, &gradient) in dx.iter().enumerate() {
            let old = self.x[i];
            let judged = judge(gradient, here, &mut |h| {
                self.x[i] = old.plus(h);
                let value = self.pass(None);
                self.x[i] = old;
                value
            });
            found.note(judged, gradient, || format!("input[{i}]"))?;
        }
        for Variable {
            layer,
            name,
            range,
            still,
            ..
        } in variables(M::LAYERS)
        {
            // What a model that is a layer freezes has no gradient.
            for i in range.clone().filter(|_| !still) {
                let old = self.p.as_f32s()[i];
                let judged = judge(dp[i], here, &mut |h| {
                    self.p.as_f32s_mut()[i] = old + h;
                    let value = self.pass(None);
                    self.p.as_f32s_mut()[i] = old;
                    value
                });
                found.note(judged, dp[i], || {
                    format!("{}.{name}[{}]", M::LAYERS[layer].name, i - range.start)
                })?;
            }
        }
        Ok(found)
    }
}

impl Found {
    fn note(
        &mut self,
        judged: Judged,
        gradient: f32,
        what: impl Fn() -> String,
    ) -> Result<(), Compared> {
        self.places += 1;
        match judged {
            Judged::Right => {}
            Judged::Kink(difference) => {
                self.kinks += 1;
                let what = format!("many places, among them {},", what());
                self.at.get_or_insert((what, gradient, difference));
            }
            Judged::Wrong(difference) => return Err((what(), gradient, difference)),
        }
        Ok(())
    }
}

/// What is to be said of a gradient, with the difference.
enum Judged {
    Right,
    /// It is one of two slopes, or between them.
    Kink(f64),
    Wrong(f64),
}

/// A difference over a kink is something between two slopes: a smaller one does not reach so far. What remains a kink at the smallest
/// must at least be one of the two slopes or between them.
fn judge(gradient: f32, here: f64, at: &mut dyn FnMut(f32) -> f64) -> Judged {
    let gradient = f64::from(gradient);
    let mut judged = Judged::Right;
    for h in [4e-3, 5e-4, 6e-5] {
        let (up, down, h) = (at(h), at(-h), f64::from(h));
        let (right, left) = ((up - here) / h, (here - down) / h);
        let numeric = (up - down) / (2.0 * h);
        let rounding = 1e-6 * (1.0 + here.abs()) / h;
        let tolerance = 1e-2 * (1.0 + numeric.abs()) + rounding;
        let (off, bend) = ((numeric - gradient).abs(), (right - left).abs());
        if off <= tolerance {
            return Judged::Right;
        }
        judged = match off > tolerance + 0.5 * bend {
            true => Judged::Wrong(numeric),
            // A gradient, or a value, that is no number is no kink.
            false if off.is_nan() => Judged::Wrong(numeric),
            false => Judged::Kink(numeric),
        };
    }
    judged
}
