//! Pieces of work for `cargo xtask processors counts`, which runs them in an emulator that counts instructions.
//!
//! Without arguments: a line for each, of its name and its multiply-adds. With a name and a number: does it so many times. All on
//! one thread; the sizes are those of the models, with batches that an emulator gets through.

#[path = "../../tests/keras/models/guide.rs"]
mod guide;

use std::hint::black_box;

use guide::{MlpSoftmax, MnistMlp};

use kseq::losses::{Loss, MeantFor};
use kseq::model::Model;
use kseq::prelude::*;
use kseq::train::{Inputs, ToPredict};
use kseq_core::kernels::conv::{Axis, Conv};
use kseq_core::kernels::gemm::{Epilogue, gemm_with_epilogue};
use kseq_core::kernels::{Mat, row};
use kseq_core::layer::{Backward, Ctx, Layer};
use kseq_core::layers::{LSTM, LSTMParams, LSTMState, recurrent::Recurrent};
use kseq_core::params::zeroed_box;
use kseq_core::pool::Pool;
use kseq_core::rng::{Purpose, Rng};

/// A piece of work.
struct Case {
    name: String,
    /// Multiply-adds of numbers that the work needs.
    macs: usize,
    /// Makes its data, which an emulator should do for one piece only.
    prepare: Box<dyn FnOnce() -> Box<dyn FnMut()>>,
}

fn main() {
    let mut args = std::env::args().skip(1);
    let (name, times) = (args.next(), args.next());
    for case in cases() {
        match &name {
            None => println!("{}\t{}", case.name, case.macs),
            Some(name) if *name == case.name => {
                let times = times.as_deref().unwrap_or("1").parse();
                let mut run = (case.prepare)();
                (0..times.expect("a number of times")).for_each(|_| run());
            }
            Some(_) => {}
        }
    }
}

fn cases() -> Vec<Case> {
    let image = |size, channels, filters, groups, same| {
        let axis = Axis {
            input: size,
            output: if same { size } else { size - 2 },
            taps: 3,
            stride: 1,
            dilation: 1,
            before: same.into(),
        };
        Conv {
            axes: [axis; 2],
            channels,
            filters,
            groups,
        }
    };
    let mut cases = vec![
        product("mnist_mlp dense_1 y", [128, 512, 784], false, false),
        product("mnist_mlp dense_1 dW", [784, 512, 128], true, false),
        product("mnist_mlp dense_2 dx", [128, 512, 512], false, true),
        product("mnist_mlp dense_3 y", [128, 10, 512], false, false),
        product("mnist_mlp dense_3 dx", [128, 512, 10], false, true),
        one_row("mnist_mlp dense_1 of one sample", 784, 512),
    ];
    cases.extend(convolution(
        "mnist_cnn conv2d_1",
        image(28, 1, 32, 1, false),
    ));
    cases.extend(convolution(
        "mnist_cnn conv2d_2",
        image(26, 32, 64, 1, false),
    ));
    cases.extend(convolution(
        "depthwise 28x28x32",
        image(28, 32, 32, 32, true),
    ));
    cases.extend(convolution("depthwise 14x14x6", image(14, 6, 6, 6, true)));
    cases.extend(lstm::<10, 128, 128, 512>("lstm_imdb, 10 steps", 16));
    cases.extend(lstm::<8, 32, 32, 128>("stacked_lstm lstm_3", 64));
    cases.extend(lstm::<8, 32, 32, 128>("stacked_lstm lstm_3, one sample", 1));
    cases.push(one_sample::<MnistMlp, 784>("mnist_mlp, one sample"));
    cases.push(one_sample::<MlpSoftmax, 20>("mlp_softmax, one sample"));
    cases.push(training::<MnistMlp, 784>(
        "mnist_mlp, a step of training",
        128,
    ));
    cases.push(training::<MlpSoftmax, 20>(
        "mlp_softmax, a step of training",
        128,
    ));
    cases
}

fn case<F: FnMut() + 'static>(
    name: impl Into<String>,
    macs: usize,
    prepare: impl FnOnce() -> F + 'static,
) -> Case {
    Case {
        name: name.into(),
        macs,
        prepare: Box::new(|| Box::new(prepare())),
    }
}

fn numbers(n: usize) -> Vec<f32> {
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    (0..n).map(|_| rng.normal()).collect()
}

/// `m` by `n` sums of `k` terms each; a matrix that is transposed is stored as its transpose.
fn product(name: &str, [m, n, k]: [usize; 3], a_is: bool, b_is: bool) -> Case {
    case(name, m * n * k, move || {
        let (a, b, mut c) = (numbers(m * k), numbers(k * n), vec![0.0; m * n]);
        move || {
            let a = match a_is {
                true => Mat::rows(&a, m).t(),
                false => Mat::rows(&a, k),
            };
            let b = match b_is {
                true => Mat::rows(&b, k).t(),
                false => Mat::rows(&b, n),
            };
            let end = Epilogue::default();
            gemm_with_epilogue(m, n, k, a, b, black_box(&mut c), n, end, &Pool::Serial);
        }
    })
}

fn one_row(name: &str, k: usize, n: usize) -> Case {
    case(name, k * n, move || {
        let (x, w, b, mut y) = (numbers(k), numbers(k * n), numbers(n), vec![0.0; n]);
        move || row(&x, &w, &b, true, black_box(&mut y))
    })
}

/// Output, gradient of the kernel and, but for a first layer, of the input.
fn convolution(name: &str, conv: Conv) -> Vec<Case> {
    let seen = |axis: &Axis| -> usize {
        let inside = |o: usize, t: usize| {
            let at = (o * axis.stride + t) as isize - axis.before;
            (0..axis.input as isize).contains(&at)
        };
        let taps = |o| (0..axis.taps).filter(|t| inside(o, *t)).count();
        (0..axis.output).map(taps).sum()
    };
    let [h, w] = &conv.axes;
    let macs = seen(h) * seen(w) * (conv.channels / conv.groups) * conv.filters;
    let [x, y, k] = [conv.input_len(), conv.output_len(), conv.kernel_len()];
    let mut cases = vec![
        case(format!("{name} y"), macs, move || {
            let (x, kernel, mut y) = (numbers(x), numbers(k), vec![0.0; y]);
            move || conv.forward(&x, &kernel, black_box(&mut y), 0, Epilogue::default())
        }),
        case(format!("{name} dW"), macs, move || {
            let (x, dy, mut dkernel) = (numbers(x), numbers(y), vec![0.0; k]);
            move || conv.add_kernel_gradient(&x, &dy, black_box(&mut dkernel), 0)
        }),
    ];
    if conv.channels > 1 {
        cases.push(case(format!("{name} dx"), macs, move || {
            let (dy, kernel) = (numbers(y), numbers(k));
            let (mut flipped, mut dx) = (vec![0.0; k], vec![0.0; x]);
            move || {
                conv.flip(&kernel, &mut flipped, &Pool::Serial);
                conv.backward(&dy, &flipped, black_box(&mut dx), 0);
            }
        }));
    }
    cases
}

/// An LSTM from `T` steps of `I` features to `U` units, the last output alone; `G` is `4 U`.
fn lstm<const T: usize, const I: usize, const U: usize, const G: usize>(
    name: &str,
    batch: usize,
) -> [Case; 2] {
    type Lstm<const I: usize, const U: usize, const G: usize> = LSTM<I, U, G, G, 0, false>;
    let macs = batch * T * G * (I + U);
    [("y", false, macs), ("there and back", true, 3 * macs)].map(|(what, is_training, macs)| {
        case(format!("{name} {what}"), macs, move || {
            let of_each = |n: usize| vec![0.0; batch * n];
            let lstm: Lstm<I, U, G> = LSTM::new(Recurrent::KERAS, true);
            let mut p = zeroed_box::<LSTMParams<I, U, G, G>>();
            let mut dp = zeroed_box::<LSTMParams<I, U, G, G>>();
            let mut s = LSTMState { h: [], c: [] };
            let mut rng = Rng::new(1, Purpose::Init, 0, 0);
            Layer::<[[f32; I]; T], [f32; U]>::init(&lstm, &mut p, &mut s, &mut rng);
            let values = numbers(batch * T * I);
            let mut cache = of_each(<Lstm<I, U, G> as Layer<[[f32; I]; T], [f32; U]>>::CACHE);
            let mut scratch = of_each(<Lstm<I, U, G> as Layer<[[f32; I]; T], [f32; U]>>::SCRATCH);
            let (mut y, mut dy) = (vec![[0.0; U]; batch], vec![[0.0; U]; batch]);
            let mut dx = of_each(T * I);
            move || {
                let x: &[[[f32; I]; T]] = values.as_chunks().0.as_chunks().0;
                let cx = Ctx::new(&Pool::Serial, 0, 0);
                let cx = &mut cx.with_scratch(&mut scratch);
                lstm.forward(&p, &mut s, x, black_box(&mut y), &mut cache, cx);
                if is_training {
                    dy.fill([0.1; U]);
                    let pass = Backward {
                        x,
                        y: &y,
                        cache: &cache,
                        dy: &mut dy,
                        dx: Some(dx.as_chunks_mut().0.as_chunks_mut().0),
                    };
                    lstm.backward(&p, pass, black_box(&mut dp), cx);
                }
            }
        })
    })
}

/// `predict_into` of one sample.
fn one_sample<M, const I: usize>(name: &str) -> Case
where
    M: Model<Input = [f32; I], Output = [f32; 10]> + 'static,
    [[f32; I]]: ToPredict<M::Input>,
{
    case(name, M::MACS, || {
        let model = M::new(1).threads(1).expect("threads");
        let x: Vec<[f32; I]> = numbers(I).as_chunks().0.to_vec();
        let mut y = [[0.0; 10]];
        move || {
            let y = black_box(&mut y);
            model.predict_into(&x[..], y).expect("good data");
        }
    })
}

/// `train_on_batch`.
fn training<M, const I: usize>(name: &str, batch: usize) -> Case
where
    M: Model<Input = [f32; I], Output = [f32; 10]> + 'static,
    [[f32; I]]: Inputs<M::Input>,
    CategoricalCrossentropy: Loss<[f32; 10], Target = [f32; 10]> + MeantFor<[f32; 10], M::Units>,
{
    let first = M::LAYERS.first().map_or(0, |layer| layer.macs);
    case(name, batch * (3 * M::MACS - first), move || {
        let model = M::new(1).threads(1).expect("threads");
        let mut model = model.compile(RMSprop::new(1e-6), CategoricalCrossentropy::default(), ());
        let x: Vec<[f32; I]> = numbers(batch * I).as_chunks().0.to_vec();
        let y: Vec<[f32; 10]> = (0..batch)
            .map(|i| std::array::from_fn(|class| f32::from(u8::from(class == i % 10))))
            .collect();
        move || {
            model.train_on_batch(&x[..], &y).expect("good data");
        }
    })
}
