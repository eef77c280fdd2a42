//! A layer of one's own, from its shape rule to its gradients: a gate that learns how sharp it is.
//!
//! ```sh
//! cargo run --release -p kseq-nn --example own_layer -- [--epochs 5] [--seed 0] [--data data/mnist] [--samples N]
//! ```
//!
//! The layer stands in a list by its path, `self::Gate::<64>()`. What it needs:
//! - a `const fn new` with the arguments of the list,
//! - a [`ShapeRule`], which `cargo check` evaluates: a model in which the gate does not fit is a compile error,
//! - [`Layer`]: parameters, the pass forward and the pass back.

#![allow(
    unused_qualifications,
    reason = "a layer of one's own is named by a path"
)]

mod common;

use common::Arguments;
use kseq::datasets::mnist;
use kseq::layer::*;
use kseq::pool::Pool;
use kseq::prelude::*;

/// `y_i = x_i sigmoid(sharpness_i x_(N + i))`: the second half of the features says how much of the first half
/// goes on. A gated linear unit (Dauphin and others, 2017, "Language modeling with gated convolutional networks")
/// with a learnt factor for each unit.
pub struct Gate<const N: usize>;

impl<const N: usize> Gate<N> {
    /// A gate from `2 N` features to `N`.
    #[allow(clippy::new_without_default, reason = "the list calls `new`")]
    pub const fn new() -> Self {
        Gate
    }
}

/// The parameters of [`Gate`]: a field for each array, by whose name `model.gate_1` and files know it.
#[derive(ParamBlock)]
#[repr(C)]
pub struct GateParams<const N: usize> {
    /// 1 in the beginning.
    pub sharpness: [f32; N],
}

// ANCHOR: rule
/// Vectors of `M` features: what has a rule for other samples too gets an impl for each.
impl<const N: usize, const M: usize> ShapeRule<[f32; M]> for Gate<N> {
    const OUTPUT: Rule = if M == 2 * N {
        Ok(Shape::new(&[N]))
    } else {
        let what = Text::new().str("needs twice as many features as it gives, ");
        let what = what.num(2 * N).str(", got ").num(M);
        Err(Refusal::new(what, "change the units of the layer before"))
    };
}
// ANCHOR_END: rule

impl<const N: usize, const M: usize> Layer<[f32; M], [f32; N]> for Gate<N> {
    type Params = GateParams<N>;
    type State = NoParams;
    // `forward` leaves the gates' values for `backward`; of the output `backward` needs nothing.
    const CACHE: usize = N;
    const READS_OUTPUT: Reads = Reads::Nothing;

    fn init(&self, p: &mut GateParams<N>, _: &mut NoParams, _: &mut Rng) {
        p.sharpness = [1.0; N];
    }

    fn infer(
        &self,
        p: &GateParams<N>,
        _: &NoParams,
        x: &[[f32; M]],
        y: &mut [[f32; N]],
        _: &mut Ctx<'_>,
    ) {
        for (x, y) in x.iter().zip(y) {
            let (values, gates) = x.split_at(N);
            for i in 0..N {
                y[i] = values[i] * sigmoid(p.sharpness[i] * gates[i]);
            }
        }
    }

    // ANCHOR: forward
    fn forward(
        &self,
        p: &GateParams<N>,
        _: &mut NoParams,
        x: &[[f32; M]],
        y: &mut [[f32; N]],
        cache: &mut [f32],
        _: &mut Ctx<'_>,
    ) {
        for ((x, y), open) in x.iter().zip(y).zip(cache.chunks_exact_mut(N)) {
            let (values, gates) = x.split_at(N);
            for i in 0..N {
                open[i] = sigmoid(p.sharpness[i] * gates[i]);
                y[i] = values[i] * open[i];
            }
        }
    }
    // ANCHOR_END: forward

    // ANCHOR: backward
    fn backward(
        &self,
        p: &GateParams<N>,
        mut pass: Backward<'_, [f32; M], [f32; N]>,
        dp: &mut GateParams<N>,
        _: &mut Ctx<'_>,
    ) {
        // The gradient of the parameters is a sum over the batch, and memory has any content.
        dp.sharpness = [0.0; N];
        let caches = pass.cache.chunks_exact(N);
        for (sample, ((x, dy), open)) in pass.x.iter().zip(&*pass.dy).zip(caches).enumerate() {
            let (values, gates) = x.split_at(N);
            for i in 0..N {
                // Of the argument of the sigmoid.
                let d = dy[i] * values[i] * open[i] * (1.0 - open[i]);
                dp.sharpness[i] += d * gates[i];
                // If no layer before is trained, nobody asks for the gradient of the input.
                if let Some(dx) = &mut pass.dx {
                    dx[sample][i] = dy[i] * open[i];
                    dx[sample][N + i] = d * p.sharpness[i];
                }
            }
        }
    }
    // ANCHOR_END: backward
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

// ANCHOR: model
sequential! {
    /// 784 -> 128 -> 64 -> 10
    pub Gated = [
        Dense(128, input_shape = (784,)),
        self::Gate::<64>(),
        Dense(10, activation = "softmax"),
    ]
}
// ANCHOR_END: model

/// The layer by itself: its numbers, and its gradients beside quotients of differences.
fn check() {
    let (mut p, mut dp) = (
        GateParams { sharpness: [2.0] },
        GateParams { sharpness: [0.0] },
    );
    let mut cx = Ctx::new(&Pool::Serial, 0, 0);
    let mut output = |p: &GateParams<1>, x: [f32; 2]| {
        let mut y = [[0.0]];
        Gate.infer(p, &NoParams, &[x], &mut y, &mut cx);
        y[0][0]
    };
    let x = [3.0, 0.5];
    assert!((output(&p, x) - 3.0 * 0.731_058_6).abs() < 1e-6);
    let step = 1e-2;
    let mut quotient = |p: [f32; 2], x: [[f32; 2]; 2]| {
        let [after, before] = [0, 1].map(|i| output(&GateParams { sharpness: [p[i]] }, x[i]));
        (after - before) / (2.0 * step)
    };
    let expected = [
        quotient([2.0; 2], [[3.0 + step, 0.5], [3.0 - step, 0.5]]),
        quotient([2.0; 2], [[3.0, 0.5 + step], [3.0, 0.5 - step]]),
        quotient([2.0 + step, 2.0 - step], [x; 2]),
    ];

    let (mut y, mut cache, mut dx) = ([[0.0]], [0.0], [[0.0; 2]]);
    Gate.forward(&p, &mut NoParams, &[x], &mut y, &mut cache, &mut cx);
    let pass = Backward {
        x: &[x],
        y: &y,
        cache: &cache,
        dy: &mut [[1.0]],
        dx: Some(&mut dx),
    };
    Gate.backward(&p, pass, &mut dp, &mut cx);
    let found = [dx[0][0], dx[0][1], dp.sharpness[0]];
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-3, "{found} {expected}");
    }
    Layer::<[f32; 2], _>::init(&Gate, &mut p, &mut NoParams, &mut common::generator(0));
    assert_eq!(p.sharpness, [1.0]);
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    check();
    let args = Arguments::parse(
        include_str!("own_layer.rs"),
        5,
        concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist"),
    )?;
    let digits = mnist::load_data(&args.data)?;
    let x_train = mnist::scaled(&digits.x_train)?;
    let x_test = mnist::scaled(&digits.x_test)?;
    let [y_train, y_test] = [digits.y_train, digits.y_test]
        .map(|labels| labels.into_iter().map(u32::from).collect::<Vec<_>>());
    let n = args.samples(x_train.len());

    let mut model = compile!(
        Gated::new(args.seed),
        optimizer = "adam",
        loss = "sparse_categorical_crossentropy",
        metrics = ["accuracy"],
    );
    model.summary();
    let fit = Fit::new().batch_size(64).epochs(args.epochs);
    model.fit(&x_train[..n], &y_train[..n], fit)?;

    let sharpness = model.gate_1.sharpness;
    let least = sharpness.into_iter().fold(f32::INFINITY, f32::min);
    let most = sharpness.into_iter().fold(0.0, f32::max);
    println!("sharpness: {least:.2} to {most:.2}");
    common::result(model.evaluate(&x_test, &y_test)?);
    Ok(())
}
