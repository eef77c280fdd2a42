//! dfdx 0.13 on stable Rust: shapes in the types, `Cpu` device.
//!
//! Convolution and pooling are behind dfdx's `nightly` feature (generic_const_exprs), so the three
//! convolutional models cannot be written here. dfdx has no recurrent layer: the LSTM below is
//! composed from its `Linear` and `UnbiasedLinear`, one pair a gate, so that every shape stays const.
use dfdx::nn::modules;
use dfdx::optim::{Momentum, RMSprop, RMSpropConfig, Sgd, SgdConfig};
use dfdx::prelude::*;
use harness::{Args, Mode, Rng, report, unsupported};

const VERSION: &str = "0.13.0";

type Mlp<const I: usize, const H: usize, const O: usize, const N: usize> = (
    (Linear<I, H>, ReLU, DropoutOneIn<N>),
    (Linear<H, H>, ReLU, DropoutOneIn<N>),
    Linear<H, O>,
);

/// Weights of an LSTM: input and recurrent transforms of the gates i, f, g, o.
type Lstm<const I: usize, const H: usize> = (
    (Linear<I, H>, Linear<I, H>, Linear<I, H>, Linear<I, H>),
    (
        UnbiasedLinear<H, H>,
        UnbiasedLinear<H, H>,
        UnbiasedLinear<H, H>,
        UnbiasedLinear<H, H>,
    ),
);
type L<const I: usize, const O: usize> = modules::Linear<I, O, f32, Cpu>;
type U<const I: usize, const O: usize> = modules::UnbiasedLinear<I, O, f32, Cpu>;
type LstmM<const I: usize, const H: usize> = (
    (L<I, H>, L<I, H>, L<I, H>, L<I, H>),
    (U<H, H>, U<H, H>, U<H, H>, U<H, H>),
);
type M<const R: usize, const C: usize, T> = Tensor<Rank2<R, C>, f32, Cpu, T>;

/// Hidden and cell state of a stateful LSTM, if it ran already.
type State<const B: usize, const H: usize> = Option<(M<B, H, NoneTape>, M<B, H, NoneTape>)>;

macro_rules! lstm_fn {
    ($name:ident, $tape:ty) => {
        /// All hidden states; the tape of the whole chain is on the last. Starts from `state` and leaves the last one there.
        fn $name<const B: usize, const I: usize, const H: usize>(
            m: &LstmM<I, H>,
            xs: Vec<M<B, I, $tape>>,
            state: &mut State<B, H>,
        ) -> Vec<M<B, H, $tape>> {
            type T = $tape;
            let zeros = || {
                let z: M<B, H, NoneTape> = Cpu::default().zeros();
                (z.clone(), z)
            };
            let (h, c) = state.take().unwrap_or_else(zeros);
            let mut h: M<B, H, $tape> = h.retaped::<T>();
            let mut c: M<B, H, $tape> = c.retaped::<T>();
            let mut out = Vec::with_capacity(xs.len());
            for x in xs {
                let i =
                    (m.0.0.forward(x.retaped::<T>()) + m.1.0.forward(h.retaped::<T>())).sigmoid();
                let f =
                    (m.0.1.forward(x.retaped::<T>()) + m.1.1.forward(h.retaped::<T>())).sigmoid();
                let g = (m.0.2.forward(x.retaped::<T>()) + m.1.2.forward(h.retaped::<T>())).tanh();
                let o = (m.0.3.forward(x) + m.1.3.forward(h)).sigmoid();
                c = f * c + i * g;
                let c2 = c.retaped::<T>();
                h = o * c.tanh();
                c = c2;
                out.push(h.retaped::<T>());
            }
            *state = Some((h.retaped::<NoneTape>(), c.retaped::<NoneTape>()));
            *out.last_mut().unwrap() = h;
            out
        }
    };
}
lstm_fn!(lstm_free, NoneTape);
lstm_fn!(lstm_taped, OwnedTape<f32, Cpu>);

macro_rules! steps_fn {
    ($name:ident, $tape:ty) => {
        /// Cuts [B, S, I] into its S steps; the tape stays with the first.
        fn $name<const B: usize, const S: usize, const I: usize>(
            x: Tensor<Rank3<B, S, I>, f32, Cpu, $tape>,
        ) -> Vec<M<B, I, $tape>> {
            type T = $tape;
            let dev = Cpu::default();
            let x = x.permute::<Rank3<S, B, I>, Axes3<1, 0, 2>>();
            let (x, tape) = x.split_tape();
            let mut tape = Some(tape);
            (0..S)
                .map(|t| {
                    let x: Tensor<Rank3<S, B, I>, f32, Cpu, $tape> = match tape.take() {
                        Some(tape) => x.clone().put_tape(tape),
                        None => x.retaped::<T>(),
                    };
                    x.select(dev.tensor(t))
                })
                .collect()
        }
    };
}
steps_fn!(steps_free, NoneTape);
steps_fn!(steps_taped, OwnedTape<f32, Cpu>);

fn rms(args: &Args) -> RMSpropConfig {
    RMSpropConfig {
        lr: args.lr(1e-3),
        alpha: 0.9,
        eps: 1e-7,
        momentum: None,
        centered: false,
        weight_decay: None,
    }
}

fn sgd(args: &Args) -> SgdConfig {
    SgdConfig {
        lr: args.lr(0.01),
        momentum: Some(Momentum::Nesterov(0.9)),
        weight_decay: None,
    }
}

fn one_hot<const B: usize>(dev: &Cpu, r: &mut Rng) -> M<B, 10, NoneTape> {
    let mut v = vec![0.0; B * 10];
    for i in 0..B {
        v[i * 10 + r.below(10) as usize] = 1.0;
    }
    dev.tensor_from_vec(v, (Const::<B>, Const::<10>))
}

fn zero_one<const B: usize>(dev: &Cpu, r: &mut Rng) -> M<B, 1, NoneTape> {
    dev.tensor_from_vec(
        (0..B).map(|_| r.below(2) as f32).collect(),
        (Const::<B>, Const::<1>),
    )
}

/// Times or checks `step`, which gives the loss.
fn train(args: &Args, params: usize, note: &str, mut step: impl FnMut() -> f32) {
    if args.check {
        let first = step();
        for _ in 0..60 {
            step();
        }
        println!(
            "{} params {params} (Keras {}), loss {first:.4} -> {:.4}",
            args.model,
            harness::model_params(&args.model),
            step()
        );
    } else {
        report(args, "dfdx", VERSION, note, || {
            std::hint::black_box(step());
        });
    }
}

/// One model: how to build it, its input, target, loss, optimizer, and forward with and without a tape.
macro_rules! bench {
    ($args:expr, $dev:expr, $M:ty, $B:literal, $note:expr, input: $input:expr, target: $target:expr, loss: $loss:expr, opt: $opt:expr,
     states: $states:expr, taped: |$m:ident, $x:ident, $s:pat_param| $taped:expr,
     free: |$m2:ident, $x2:ident, $s2:pat_param| $free:expr, act: $act:expr) => {{
        let (args, dev) = ($args, $dev);
        let mut r = Rng::new(7);
        let mut model = dev.build_module::<$M, f32>();
        if args.check || args.mode == Mode::Train {
            let params = model.num_trainable_params();
            let mut grads = Some(model.alloc_grads());
            let mut opt = $opt(&model);
            let input = $input(&mut r, Const::<$B>);
            let target = $target(&mut r);
            let mut states = $states;
            train(args, params, $note, || {
                let $s = &mut states;
                let $x = input.clone().traced(grads.take().unwrap());
                let $m = &mut model;
                let logits: M<$B, _, OwnedTape<f32, Cpu>> = $taped;
                let loss = $loss(logits, target.clone());
                let l = loss.array();
                let mut g = loss.backward();
                opt.update(&mut model, &g).unwrap();
                model.zero_grads(&mut g);
                grads = Some(g);
                l
            });
        } else if args.mode == Mode::Predict {
            let $x2 = $input(&mut r, Const::<$B>);
            let $m2 = &model;
            let mut states = $states;
            report(args, "dfdx", VERSION, $note, || {
                let $s2 = &mut states;
                let $x2 = $x2.clone();
                let y: M<$B, _, NoneTape> = $free;
                std::hint::black_box($act(y).as_vec());
            });
        } else {
            let $x2 = $input(&mut r, Const::<1>);
            let $m2 = &model;
            let mut states = $states;
            report(args, "dfdx", VERSION, $note, || {
                let $s2 = &mut states;
                let $x2 = $x2.clone();
                let y: M<1, _, NoneTape> = $free;
                std::hint::black_box($act(y).as_vec());
            });
        }
    }};
}

fn vec2<const I: usize, const B: usize>(r: &mut Rng, b: Const<B>) -> M<B, I, NoneTape> {
    Cpu::default().tensor_from_vec(r.f32s(B * I), (b, Const::<I>))
}

fn softmax2<const B: usize>(y: M<B, 10, NoneTape>) -> M<B, 10, NoneTape> {
    y.softmax::<Axis<1>>()
}
fn sigmoid2<const B: usize>(y: M<B, 1, NoneTape>) -> M<B, 1, NoneTape> {
    y.sigmoid()
}

fn seq_input<const B: usize>(r: &mut Rng, b: Const<B>) -> Tensor<Rank3<B, 8, 16>, f32, Cpu> {
    Cpu::default().tensor_from_vec(r.f32s(B * 128), (b, Const::<8>, Const::<16>))
}
fn ids<const B: usize>(r: &mut Rng, b: Const<B>) -> Tensor<Rank2<B, 80>, usize, Cpu> {
    Cpu::default().tensor_from_vec(
        (0..B * 80).map(|_| r.below(1024) as usize).collect(),
        (b, Const::<80>),
    )
}

fn main() {
    let args = Args::parse();
    dfdx::flush_denormals_to_zero();
    let dev = Cpu::default();
    let (a, d) = (&args, &dev);
    let hand = "LSTM composed by hand (dfdx has none)";
    match a.model.as_str() {
        "mlp_softmax" => {
            bench!(a, d, Mlp<20, 64, 10, 2>, 128, "", input: vec2, target: |r: &mut Rng| one_hot::<128>(d, r),
            loss: cross_entropy_with_logits_loss, opt: |m| Sgd::new(m, sgd(a)),
            states: (), taped: |m, x, _| m.forward_mut(x), free: |m, x, _| m.forward(x), act: softmax2)
        }
        "mlp_binary" => {
            bench!(a, d, Mlp<20, 64, 1, 2>, 128, "", input: vec2, target: |r: &mut Rng| zero_one::<128>(d, r),
            loss: binary_cross_entropy_with_logits_loss, opt: |m| RMSprop::new(m, rms(a)),
            states: (), taped: |m, x, _| m.forward_mut(x), free: |m, x, _| m.forward(x), act: sigmoid2)
        }
        "mnist_mlp" => {
            bench!(a, d, Mlp<784, 512, 10, 5>, 128, "", input: vec2, target: |r: &mut Rng| one_hot::<128>(d, r),
            loss: cross_entropy_with_logits_loss, opt: |m| RMSprop::new(m, rms(a)),
            states: (), taped: |m, x, _| m.forward_mut(x), free: |m, x, _| m.forward(x), act: softmax2)
        }
        "stacked_lstm" => {
            bench!(a, d, (Lstm<16, 32>, Lstm<32, 32>, Lstm<32, 32>, Linear<32, 10>), 64, hand,
            input: seq_input, target: |r: &mut Rng| one_hot::<64>(d, r),
            loss: cross_entropy_with_logits_loss, opt: |m| RMSprop::new(m, rms(a)),
            states: (), taped: |m, x, _| {
                let h = lstm_taped(&m.0, steps_taped(x), &mut None);
                let h = lstm_taped(&m.1, h, &mut None);
                m.3.forward(lstm_taped(&m.2, h, &mut None).pop().unwrap())
            },
            free: |m, x, _| {
                let h = lstm_free(&m.0, steps_free(x), &mut None);
                let h = lstm_free(&m.1, h, &mut None);
                m.3.forward(lstm_free(&m.2, h, &mut None).pop().unwrap())
            },
            act: softmax2)
        }
        "stateful_lstm" => {
            bench!(a, d, (Lstm<16, 32>, Lstm<32, 32>, Lstm<32, 32>, Linear<32, 10>), 32, hand,
            input: seq_input, target: |r: &mut Rng| one_hot::<32>(d, r),
            loss: cross_entropy_with_logits_loss, opt: |m| RMSprop::new(m, rms(a)),
            states: [None, None, None], taped: |m, x, s| {
                let h = lstm_taped(&m.0, steps_taped(x), &mut s[0]);
                let h = lstm_taped(&m.1, h, &mut s[1]);
                m.3.forward(lstm_taped(&m.2, h, &mut s[2]).pop().unwrap())
            },
            free: |m, x, s| {
                let h = lstm_free(&m.0, steps_free(x), &mut s[0]);
                let h = lstm_free(&m.1, h, &mut s[1]);
                m.3.forward(lstm_free(&m.2, h, &mut s[2]).pop().unwrap())
            },
            act: softmax2)
        }
        "lstm_imdb" => {
            bench!(a, d, (Embedding<1024, 256>, Lstm<256, 128>, DropoutOneIn<2>, Linear<128, 1>), 16, hand,
            input: ids, target: |r: &mut Rng| zero_one::<16>(d, r),
            loss: binary_cross_entropy_with_logits_loss, opt: |m| RMSprop::new(m, rms(a)),
            states: (), taped: |m, x, _| {
                let e = m.0.forward(x);
                let h = lstm_taped(&m.1, steps_taped(e), &mut None).pop().unwrap();
                let h = m.2.forward_mut(h);
                m.3.forward(h)
            },
            free: |m, x, _| {
                let e = m.0.forward(x);
                m.3.forward(lstm_free(&m.1, steps_free(e), &mut None).pop().unwrap())
            },
            act: sigmoid2)
        }
        "mnist_cnn" | "vgg_like" => unsupported(
            a,
            "dfdx",
            VERSION,
            "Conv2D and MaxPool2D need the nightly feature (generic_const_exprs)",
        ),
        "conv1d_seq" => unsupported(a, "dfdx", VERSION, "no Conv1D or MaxPool1D at all"),
        m => panic!("unknown model {m}"),
    }
}
