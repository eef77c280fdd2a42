//! burn with `flex`, its CPU backend in Rust.
use burn::module::Module;
use burn::nn::conv::{Conv1d, Conv1dConfig, Conv2d, Conv2dConfig};
use burn::nn::loss::{BinaryCrossEntropyLossConfig, CrossEntropyLossConfig};
use burn::nn::pool::{MaxPool1dConfig, MaxPool2dConfig};
use burn::nn::{
    Dropout, DropoutConfig, Embedding, EmbeddingConfig, Linear, LinearConfig, Lstm, LstmConfig,
    LstmState,
};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, ModuleOptimizer, RmsPropConfig, SgdConfig};
use burn::prelude::*;
use burn::tensor::activation::{relu, sigmoid, softmax};
use harness::{Args, Mode, Rng, report};

const VERSION: &str = "0.22.1";

const BACKEND: &str = if cfg!(feature = "x86-v4") {
    "burn-v4"
} else {
    "burn"
};

trait Net: Module + Clone {
    type Input: Clone;
    /// What a stateful model keeps between its batches.
    type State: Default;
    fn new(d: &Device) -> Self;
    fn input(b: usize, r: &mut Rng, d: &Device) -> Self::Input;
    /// Logits.
    fn forward(&self, x: Self::Input, state: &mut Self::State) -> Tensor<2>;
}

fn floats<const D: usize>(shape: [usize; D], r: &mut Rng, d: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(r.f32s(shape.iter().product()), shape), d)
}

fn dense(i: usize, o: usize, d: &Device) -> Linear {
    LinearConfig::new(i, o).init(d)
}

fn drop(p: f64) -> Dropout {
    DropoutConfig::new(p).init()
}

#[derive(Module, Debug)]
struct Mlp<const I: usize, const H: usize, const O: usize> {
    a: Linear,
    b: Linear,
    c: Linear,
    drop: Dropout,
}

impl<const I: usize, const H: usize, const O: usize> Net for Mlp<I, H, O> {
    type Input = Tensor<2>;
    type State = ();
    fn new(d: &Device) -> Self {
        Mlp {
            a: dense(I, H, d),
            b: dense(H, H, d),
            c: dense(H, O, d),
            drop: drop(if I == 784 { 0.2 } else { 0.5 }),
        }
    }
    fn input(b: usize, r: &mut Rng, d: &Device) -> Tensor<2> {
        floats([b, I], r, d)
    }
    fn forward(&self, x: Tensor<2>, (): &mut ()) -> Tensor<2> {
        let x = self.drop.forward(relu(self.a.forward(x)));
        let x = self.drop.forward(relu(self.b.forward(x)));
        self.c.forward(x)
    }
}

#[derive(Module, Debug)]
struct Cnn {
    c1: Conv2d,
    c2: Conv2d,
    d1: Linear,
    d2: Linear,
    drop25: Dropout,
    drop50: Dropout,
}

impl Net for Cnn {
    type Input = Tensor<4>;
    type State = ();
    fn new(d: &Device) -> Self {
        Cnn {
            c1: Conv2dConfig::new([1, 32], [3, 3]).init(d),
            c2: Conv2dConfig::new([32, 64], [3, 3]).init(d),
            d1: dense(9216, 128, d),
            d2: dense(128, 10, d),
            drop25: drop(0.25),
            drop50: drop(0.5),
        }
    }
    fn input(b: usize, r: &mut Rng, d: &Device) -> Tensor<4> {
        floats([b, 1, 28, 28], r, d)
    }
    fn forward(&self, x: Tensor<4>, (): &mut ()) -> Tensor<2> {
        let x = relu(self.c1.forward(x));
        let x = relu(self.c2.forward(x));
        let x = self
            .drop25
            .forward(MaxPool2dConfig::new([2, 2]).init().forward(x))
            .flatten::<2>(1, 3);
        let x = self.drop50.forward(relu(self.d1.forward(x)));
        self.d2.forward(x)
    }
}

#[derive(Module, Debug)]
struct Vgg {
    c1: Conv2d,
    c2: Conv2d,
    c3: Conv2d,
    c4: Conv2d,
    d1: Linear,
    d2: Linear,
    drop25: Dropout,
    drop50: Dropout,
}

impl Net for Vgg {
    type Input = Tensor<4>;
    type State = ();
    fn new(d: &Device) -> Self {
        Vgg {
            c1: Conv2dConfig::new([3, 32], [3, 3]).init(d),
            c2: Conv2dConfig::new([32, 32], [3, 3]).init(d),
            c3: Conv2dConfig::new([32, 64], [3, 3]).init(d),
            c4: Conv2dConfig::new([64, 64], [3, 3]).init(d),
            d1: dense(64 * 22 * 22, 256, d),
            d2: dense(256, 10, d),
            drop25: drop(0.25),
            drop50: drop(0.5),
        }
    }
    fn input(b: usize, r: &mut Rng, d: &Device) -> Tensor<4> {
        floats([b, 3, 100, 100], r, d)
    }
    fn forward(&self, x: Tensor<4>, (): &mut ()) -> Tensor<2> {
        let pool = MaxPool2dConfig::new([2, 2]).init();
        let x = relu(self.c2.forward(relu(self.c1.forward(x))));
        let x = self.drop25.forward(pool.forward(x));
        let x = relu(self.c4.forward(relu(self.c3.forward(x))));
        let x = self.drop25.forward(pool.forward(x)).flatten::<2>(1, 3);
        let x = self.drop50.forward(relu(self.d1.forward(x)));
        self.d2.forward(x)
    }
}

#[derive(Module, Debug)]
struct LstmImdb {
    e: Embedding,
    l: Lstm,
    d: Linear,
    drop: Dropout,
}

impl Net for LstmImdb {
    type Input = Tensor<2, Int>;
    type State = ();
    fn new(d: &Device) -> Self {
        LstmImdb {
            e: EmbeddingConfig::new(1024, 256).init(d),
            l: LstmConfig::new(256, 128, true).init(d),
            d: dense(128, 1, d),
            drop: drop(0.5),
        }
    }
    fn input(b: usize, r: &mut Rng, d: &Device) -> Tensor<2, Int> {
        Tensor::from_data(
            TensorData::new(
                (0..b * 80)
                    .map(|_| r.below(1024) as i64)
                    .collect::<Vec<_>>(),
                [b, 80],
            ),
            d,
        )
    }
    fn forward(&self, x: Tensor<2, Int>, (): &mut ()) -> Tensor<2> {
        let (_, s) = self.l.forward(self.e.forward(x), None);
        self.d.forward(self.drop.forward(s.hidden))
    }
}

#[derive(Module, Debug)]
struct Conv1dSeq {
    c1: Conv1d,
    c2: Conv1d,
    c3: Conv1d,
    c4: Conv1d,
    d: Linear,
    drop: Dropout,
}

impl Net for Conv1dSeq {
    type Input = Tensor<3>;
    type State = ();
    fn new(d: &Device) -> Self {
        Conv1dSeq {
            c1: Conv1dConfig::new(100, 64, 3).init(d),
            c2: Conv1dConfig::new(64, 64, 3).init(d),
            c3: Conv1dConfig::new(64, 128, 3).init(d),
            c4: Conv1dConfig::new(128, 128, 3).init(d),
            d: dense(128, 1, d),
            drop: drop(0.5),
        }
    }
    fn input(b: usize, r: &mut Rng, d: &Device) -> Tensor<3> {
        floats([b, 100, 64], r, d)
    }
    fn forward(&self, x: Tensor<3>, (): &mut ()) -> Tensor<2> {
        let x = relu(self.c2.forward(relu(self.c1.forward(x))));
        let x = MaxPool1dConfig::new(3).init().forward(x);
        let x = relu(self.c4.forward(relu(self.c3.forward(x))));
        let x = x.mean_dim(2).squeeze_dim::<2>(2);
        self.d.forward(self.drop.forward(x))
    }
}

#[derive(Module, Debug)]
struct StackedLstm {
    l1: Lstm,
    l2: Lstm,
    l3: Lstm,
    d: Linear,
}

impl Net for StackedLstm {
    type Input = Tensor<3>;
    type State = ();
    fn new(d: &Device) -> Self {
        StackedLstm {
            l1: LstmConfig::new(16, 32, true).init(d),
            l2: LstmConfig::new(32, 32, true).init(d),
            l3: LstmConfig::new(32, 32, true).init(d),
            d: dense(32, 10, d),
        }
    }
    fn input(b: usize, r: &mut Rng, d: &Device) -> Tensor<3> {
        floats([b, 8, 16], r, d)
    }
    fn forward(&self, x: Tensor<3>, (): &mut ()) -> Tensor<2> {
        let (x, _) = self.l1.forward(x, None);
        let (x, _) = self.l2.forward(x, None);
        let (_, s) = self.l3.forward(x, None);
        self.d.forward(s.hidden)
    }
}

#[derive(Module, Debug)]
struct StatefulLstm {
    net: StackedLstm,
}

impl Net for StatefulLstm {
    type Input = Tensor<3>;
    /// Goes on from the states that the last batch left, as Keras's `stateful = true`.
    type State = [Option<LstmState<2>>; 3];
    fn new(d: &Device) -> Self {
        StatefulLstm {
            net: StackedLstm::new(d),
        }
    }
    fn input(b: usize, r: &mut Rng, d: &Device) -> Tensor<3> {
        StackedLstm::input(b, r, d)
    }
    fn forward(&self, x: Tensor<3>, states: &mut Self::State) -> Tensor<2> {
        let StackedLstm { l1, l2, l3, d } = &self.net;
        let mut x = x;
        let mut last = None;
        for (layer, state) in [l1, l2, l3].into_iter().zip(states) {
            let (y, s) = layer.forward(x, state.take());
            // No gradient flows into the batch before.
            *state = Some(LstmState::new(
                s.cell.clone().detach(),
                s.hidden.clone().detach(),
            ));
            (x, last) = (y, Some(s.hidden));
        }
        d.forward(last.unwrap())
    }
}

fn run<N: Net>(args: &Args) {
    let dev = Device::flex();
    let mut state = N::State::default();
    let mut r = Rng::new(7);
    let b = args.batch();
    let binary = matches!(
        args.model.as_str(),
        "mlp_binary" | "lstm_imdb" | "conv1d_seq"
    );
    if args.mode != Mode::Train && !args.check {
        let m = N::new(&dev);
        let x = N::input(b, &mut r, &dev);
        report(args, BACKEND, VERSION, "", || {
            let y = m.forward(x.clone(), &mut state);
            let y = if binary { sigmoid(y) } else { softmax(y, 1) };
            std::hint::black_box(y.into_data());
        });
        return;
    }
    let dev = dev.autodiff();
    let x = N::input(b, &mut r, &dev);
    let classes = if binary { 2 } else { 10 };
    let labels: Vec<i64> = (0..b).map(|_| r.below(classes) as i64).collect();
    let y1: Tensor<1, Int> = Tensor::from_data(TensorData::new(labels, [b]), &dev);
    let y2: Tensor<2, Int> = y1.clone().reshape([b, 1]);
    let bce = BinaryCrossEntropyLossConfig::new()
        .with_logits(true)
        .init(&dev);
    let ce = CrossEntropyLossConfig::new().init(&dev);
    let sgd = matches!(args.model.as_str(), "mlp_softmax" | "vgg_like");
    let (mut opt, lr): (ModuleOptimizer, f64) = if sgd {
        let m = MomentumConfig {
            momentum: 0.9,
            dampening: 0.0,
            nesterov: true,
        };
        (
            SgdConfig::new().with_momentum(Some(m)).init(),
            args.lr(0.01),
        )
    } else {
        (
            RmsPropConfig::new()
                .with_alpha(0.9)
                .with_momentum(0.0)
                .with_epsilon(1e-7)
                .init(),
            args.lr(1e-3),
        )
    };
    let mut model = Some(N::new(&dev));
    let mut step = || -> f32 {
        let m = model.take().unwrap();
        let out = m.forward(x.clone(), &mut state);
        let loss = if binary {
            bce.forward(out, y2.clone())
        } else {
            ce.forward(out, y1.clone())
        };
        let grads = GradientsParams::from_grads(loss.backward(), &m);
        model = Some(opt.step(lr, m, grads));
        let l = loss.into_scalar::<f32>();
        dev.sync().unwrap();
        l
    };
    if args.check {
        let first = step();
        for _ in 0..if args.model == "vgg_like" { 3 } else { 60 } {
            step();
        }
        let last = step();
        println!(
            "{} params {} (Keras {}), loss {first:.4} -> {last:.4}",
            args.model,
            model.unwrap().num_params(),
            harness::model_params(&args.model)
        );
    } else {
        report(args, BACKEND, VERSION, "", || {
            std::hint::black_box(step());
        });
    }
}

pub fn main() {
    let args = Args::parse();
    match args.model.as_str() {
        "mlp_softmax" => run::<Mlp<20, 64, 10>>(&args),
        "mlp_binary" => run::<Mlp<20, 64, 1>>(&args),
        "mnist_mlp" => run::<Mlp<784, 512, 10>>(&args),
        "mnist_cnn" => run::<Cnn>(&args),
        "vgg_like" => run::<Vgg>(&args),
        "lstm_imdb" => run::<LstmImdb>(&args),
        "conv1d_seq" => run::<Conv1dSeq>(&args),
        "stacked_lstm" => run::<StackedLstm>(&args),
        "stateful_lstm" => run::<StatefulLstm>(&args),
        m => panic!("unknown model {m}"),
    }
}
