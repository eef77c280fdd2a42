//! The models of Keras's Sequential guide: training, batched prediction, latency of one sample, each
//! as a share of the machine's own peak of multiply-adds.
//!
//! ```sh
//! cargo bench --bench models                      # everything, on one thread and on two
//! cargo bench --bench models -- --model mnist_cnn --mode train --threads 1 --json
//! ```
//! Also `--repeats 7`, `--seconds 0.2` (of a repeat), `--clock cpu|wall`. One line for each measurement, each in a process
//! of its own, whose memory is told too.
//!
//! A step is `train_on_batch` on one batch that stays in memory, dropout on, the loss read; the
//! learning rate is a thousandth of the model's own, since thousands of steps on one batch would end
//! in denormal numbers. A prediction is `predict` of a batch, latency `predict_into` of one sample. On
//! one thread the CPU time counts, so that other work on the machine does not.

mod common;
#[path = "../tests/keras/models/guide.rs"]
mod guide;

use common::{Clock, median, peak::peaks, peak_rss_mb, repeats};
use guide::{
    Conv1dSeq, LstmImdb, MlpBinary, MlpSoftmax, MnistCnn, MnistMlp, StackedLstm, StatefulLstm,
    VggLike,
};
use kseq::__core::kernels::isa;
use kseq::losses::{Loss, MeantFor};
use kseq::metrics::Metrics;
use kseq::model::Model;
use kseq::optimizers::Optimizer;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use kseq::tensor::Tensor;

sequential! {
    /// For the latency: a stateful model takes batches of one size only.
    StatefulLstmOfOne = [
        LSTM(32, return_sequences = true, stateful = true, batch_input_shape = (1, 8, 16)),
        LSTM(32, return_sequences = true, stateful = true),
        LSTM(32, stateful = true),
        Dense(10, activation = "softmax"),
    ]
}

const MODELS: [&str; 9] = [
    "mlp_softmax",
    "mlp_binary",
    "mnist_mlp",
    "mnist_cnn",
    "vgg_like",
    "lstm_imdb",
    "conv1d_seq",
    "stacked_lstm",
    "stateful_lstm",
];
const MODES: [&str; 3] = ["train", "predict", "latency"];

/// What is to be measured.
struct Options {
    models: Vec<String>,
    modes: Vec<String>,
    threads: Vec<usize>,
    repeats: usize,
    seconds: f64,
    /// Else the one that suits the number of threads.
    clock: Option<Clock>,
    json: bool,
}

fn main() {
    let all = |names: &[&str]| names.iter().map(|n| (*n).to_string()).collect::<Vec<_>>();
    let mut options = Options {
        models: all(&MODELS),
        modes: all(&MODES),
        threads: vec![1, 2],
        repeats: 7,
        seconds: 0.2,
        clock: None,
        json: false,
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} needs a value"));
        match arg.as_str() {
            "--model" => options.models = vec![value()],
            "--mode" => options.modes = vec![value()],
            "--threads" => options.threads = vec![value().parse().expect("a number of threads")],
            "--repeats" => options.repeats = value().parse().expect("a number of repeats"),
            "--seconds" => options.seconds = value().parse().expect("the seconds of a repeat"),
            "--clock" => {
                let name = value();
                options.clock = [Clock::Cpu, Clock::Wall]
                    .into_iter()
                    .find(|c| c.name() == name);
                assert!(
                    options.clock.is_some(),
                    "no clock {name}; there are cpu, wall"
                );
            }
            "--json" => options.json = true,
            // Cargo's own.
            "--bench" => {}
            _ => panic!("unknown argument {arg}"),
        }
    }
    if let ([model], [mode], &[threads]) = (&*options.models, &*options.modes, &*options.threads) {
        return measure(model, mode, threads, &options);
    }
    for model in &options.models {
        for mode in &options.modes {
            for threads in &options.threads {
                alone(model, mode, *threads, &options);
            }
        }
    }
}

/// One measurement in a process of its own.
fn alone(model: &str, mode: &str, threads: usize, options: &Options) {
    let program = std::env::current_exe().expect("the path of this program");
    let mut command = std::process::Command::new(program);
    command.args(["--model", model, "--mode", mode]);
    command.args(["--threads", &threads.to_string()]);
    command.args(["--repeats", &options.repeats.to_string()]);
    command.args(["--seconds", &options.seconds.to_string()]);
    if let Some(clock) = options.clock {
        command.args(["--clock", clock.name()]);
    }
    command.args(options.json.then_some("--json"));
    let status = command.status().expect("runs itself");
    assert!(status.success(), "{model} {mode}: {status}");
}

fn measure(model: &str, mode: &str, threads: usize, options: &Options) {
    let run = Benchmark {
        model,
        mode,
        threads,
        options,
    };
    // A thousandth of the guide's learning rates.
    let sgd = || SGD::new(1e-5).momentum(0.9).nesterov(true);
    let rmsprop = || RMSprop::new(1e-6);
    let (classes, two) = (
        CategoricalCrossentropy::default,
        BinaryCrossentropy::default,
    );
    // What the first layer has no gradient of: the multiply-accumulates with its input.
    match model {
        "mlp_softmax" => run.of::<MlpSoftmax, _, _>(128, 20 * 64, sgd(), classes()),
        "mlp_binary" => run.of::<MlpBinary, _, _>(128, 20 * 64, rmsprop(), two()),
        "mnist_mlp" => run.of::<MnistMlp, _, _>(128, 784 * 512, rmsprop(), classes()),
        "mnist_cnn" => {
            let first = 26 * 26 * 9 * 32;
            run.of::<MnistCnn, _, _>(128, first, Adadelta::new(1e-3), classes());
        }
        "vgg_like" => run.of::<VggLike, _, _>(32, 98 * 98 * 27 * 32, sgd(), classes()),
        "lstm_imdb" => run.of::<LstmImdb, _, _>(16, 0, rmsprop(), two()),
        "conv1d_seq" => run.of::<Conv1dSeq, _, _>(16, 62 * 300 * 64, rmsprop(), two()),
        "stacked_lstm" => run.of::<StackedLstm, _, _>(64, 8 * 16 * 128, rmsprop(), classes()),
        "stateful_lstm" if mode == "latency" => {
            run.of::<StatefulLstmOfOne, _, _>(1, 8 * 16 * 128, rmsprop(), classes());
        }
        "stateful_lstm" => run.of::<StatefulLstm, _, _>(32, 8 * 16 * 128, rmsprop(), classes()),
        _ => panic!("no model {model}; there are {}", MODELS.join(", ")),
    }
}

struct Benchmark<'a> {
    model: &'a str,
    mode: &'a str,
    threads: usize,
    options: &'a Options,
}

impl Benchmark<'_> {
    fn of<M, O, L>(&self, batch: usize, first: usize, optimizer: O, loss: L)
    where
        M: Model<Input: Tensor<Elem: Draw>>,
        O: Optimizer,
        L: Loss<M::Output, Target = M::Output> + MeantFor<M::Output, M::Units>,
        (): Metrics<M::Output, L::Target>,
    {
        let batch = if self.mode == "latency" { 1 } else { batch };
        let x: Vec<M::Input> = samples(batch);
        let model = M::new(1).threads(self.threads).expect("threads");
        let mut model = model.compile(optimizer, loss, ());
        match self.mode {
            "train" => {
                let y = targets::<M::Output>(batch);
                let macs = 3 * M::MACS - first;
                self.report(batch, macs, || {
                    let scores = model.train_on_batch(&x, &y).expect("good data");
                    assert!(scores.loss.is_finite());
                });
            }
            "predict" => self.report(batch, M::MACS, || {
                std::hint::black_box(model.predict(&x).expect("good data"));
            }),
            "latency" => {
                let mut y = targets::<M::Output>(1);
                self.report(1, M::MACS, || {
                    model.predict_into(&x, &mut y).expect("good data");
                    std::hint::black_box(&mut y);
                });
            }
            mode => panic!("no mode {mode}; there are {}", MODES.join(", ")),
        }
    }

    fn report(&self, batch: usize, macs: usize, f: impl FnMut()) {
        let Options {
            repeats: n,
            seconds,
            clock,
            json,
            ..
        } = *self.options;
        let clock = clock.unwrap_or(Clock::of(self.threads));
        let before = peaks(&[isa()])[0];
        let seconds = repeats(n, seconds, clock, f);
        let peak = self.threads as f64 * before.max(peaks(&[isa()])[0]);
        let latency = self.mode == "latency";
        let value = |s: f64| match latency {
            true => s * 1e6,
            false => batch as f64 / s,
        };
        let (a, b) = (value(seconds[0]), value(seconds[n - 1]));
        let (median, min, max) = (value(median(&seconds)), a.min(b), a.max(b));
        let flops = 2.0 * macs as f64;
        let gflops = flops * 1e-9 * if latency { 1e6 / median } else { median };
        let Benchmark {
            model,
            mode,
            threads,
            ..
        } = self;
        if !json {
            let unit = if latency { "us" } else { "samples/s" };
            println!(
                "{model:13} {mode:7} {threads} thread{}: {median:12.2} {unit:9} ({min:.2} to {max:.2}), \
                 {gflops:6.1} of {peak:.0} GFLOP/s: {:5.1} %, {:6.1} MB",
                if *threads == 1 { " " } else { "s" },
                100.0 * gflops / peak,
                peak_rss_mb(),
            );
            return;
        }
        let key = if latency {
            "us_per_call"
        } else {
            "samples_per_s"
        };
        println!(
            "{{\"backend\":\"kseq\",\"model\":\"{model}\",\"mode\":\"{mode}\",\"threads\":{threads},\"batch\":{batch},\
             \"{key}\":{median:.4},\"median\":{median:.4},\"min\":{min:.4},\"max\":{max:.4},\"n\":{n},\
             \"peak_rss_mb\":{:.1},\"flops_per_sample\":{flops},\"gflops\":{gflops:.3},\
             \"peak_gflops\":{peak:.1},\"of_peak\":{:.4},\"isa\":\"{}\",\"clock\":\"{}\"}}",
            peak_rss_mb(),
            gflops / peak,
            isa().name(),
            clock.name(),
        );
    }
}

/// An element of a random sample.
trait Draw {
    fn draw(rng: &mut Rng) -> Self;
}

impl Draw for f32 {
    fn draw(rng: &mut Rng) -> f32 {
        2.0 * rng.uniform() - 1.0
    }
}

/// A token of the 1024 that `lstm_imdb` knows.
impl Draw for u32 {
    fn draw(rng: &mut Rng) -> u32 {
        rng.below(1024)
    }
}

fn samples<T: Tensor<Elem: Draw>>(n: usize) -> Vec<T> {
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    let values: Vec<T::Elem> = (0..n * T::LEN).map(|_| T::Elem::draw(&mut rng)).collect();
    T::view(&values).to_vec()
}

/// Classes as rows with a single 1; of one unit 0 or 1.
fn targets<T: Tensor<Elem = f32>>(n: usize) -> Vec<T> {
    let mut values = vec![0.0; n * T::LEN];
    let mut rng = Rng::new(2, Purpose::User, 0, 0);
    for row in values.chunks_mut(T::LEN) {
        let class = rng.below(row.len().max(2) as u32) as usize;
        if let Some(value) = row.get_mut(class) {
            *value = 1.0;
        }
    }
    T::view(&values).to_vec()
}
