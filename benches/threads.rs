//! How far a training step goes with more threads than there are here: one thread plays them, and measures the tasks that
//! they would share (`kseq_core::meter`).
//!
//! ```sh
//! cargo bench -p kseq-benches --bench threads                      # the guide's models, a line each
//! cargo bench -p kseq-benches --bench threads -- mnist_cnn --parts # and where the time goes
//! ```
//! The estimate for so many threads is the serial work, and the tasks as they would lie on the threads if each took the next
//! one when it has none, and [`HANDOVER`] for each time that work is split. It leaves out that threads share caches and
//! memory, and that a CPU slows down when all of its cores work: it says what the program allows, not what a machine gives.
//! `limit` is the part of a step that is the farthest from its share of sixteen threads. CPU time of one thread.

mod common;
#[path = "../tests/keras/models/guide.rs"]
mod guide;

use common::{Clock, median, repeats, thread_cpu_seconds};
use guide::{
    Conv1dSeq, LstmImdb, MlpBinary, MlpSoftmax, MnistCnn, MnistMlp, StackedLstm, StatefulLstm,
    VggLike,
};
use kseq::losses::{Loss, MeantFor};
use kseq::metrics::Metrics;
use kseq::model::Model;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use kseq::tensor::Tensor;
use kseq_core::meter::{Meter, Times};
use kseq_core::pool::Pool;
use kseq_core::work::Work;
use std::sync::Arc;

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
const THREADS: [usize; 4] = [2, 4, 8, 16];
/// Seconds to give work to a thread that is awake, and to hear that it is done: of a split once for each doubling of the
/// threads.
const HANDOVER: f64 = 1.5e-6;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let (flags, mut models): (Vec<_>, Vec<_>) = args.into_iter().partition(|a| a.starts_with('-'));
    if models.is_empty() {
        models = MODELS.map(str::to_owned).to_vec();
    }
    let parts = flags.iter().any(|flag| flag == "--parts");
    println!("| model | step, us | serial | splits | 2 | 4 | 8 | 16 threads | limit |\n|---|---|---|---|---|---|---|---|---|");
    for model in &models {
        let classes = CategoricalCrossentropy::default;
        let two = BinaryCrossentropy::default;
        match &**model {
            "mlp_softmax" => of::<MlpSoftmax, _>(model, 128, classes(), parts),
            "mlp_binary" => of::<MlpBinary, _>(model, 128, two(), parts),
            "mnist_mlp" => of::<MnistMlp, _>(model, 128, classes(), parts),
            "mnist_cnn" => of::<MnistCnn, _>(model, 128, classes(), parts),
            "vgg_like" => of::<VggLike, _>(model, 32, classes(), parts),
            "lstm_imdb" => of::<LstmImdb, _>(model, 16, two(), parts),
            "conv1d_seq" => of::<Conv1dSeq, _>(model, 16, two(), parts),
            "stacked_lstm" => of::<StackedLstm, _>(model, 64, classes(), parts),
            "stateful_lstm" => of::<StatefulLstm, _>(model, 32, classes(), parts),
            _ => panic!("no model {model}; there are {}", MODELS.join(", ")),
        }
    }
}

fn of<M, L>(name: &str, batch: usize, loss: L, parts: bool)
where
    M: Model<Input: Tensor<Elem: Draw>>,
    L: Loss<M::Output, Target = M::Output> + MeantFor<M::Output, M::Units> + Copy,
    (): Metrics<M::Output, M::Output>,
{
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    let values: Vec<_> = (0..batch * M::Input::LEN).map(|_| Draw::draw(&mut rng)).collect();
    let x = M::Input::view(&values).to_vec();
    let values: Vec<f32> = (0..batch * M::Output::LEN).map(|_| rng.uniform()).collect();
    let y = M::Output::view(&values).to_vec();
    let on = |pool| M::new(1).on(pool).compile(Adam::new(1e-6), loss, ());
    let mut alone = on(Pool::Serial);
    let one = median(&repeats(5, 0.1, Clock::of(1), || {
        alone.train_on_batch(&x, &y).expect("good data");
    }));
    let (mut line, mut limit) = (String::new(), String::new());
    for threads in THREADS {
        let meter = Arc::new(Meter::new(threads, thread_cpu_seconds));
        let mut model = on(Pool::Measured(meter.clone()));
        let (mut best, mut steps): (Vec<Times>, _) = (Vec::new(), 1);
        for round in 0..6 {
            let before = thread_cpu_seconds();
            for _ in 0..steps {
                model.train_on_batch(&x, &y).expect("good data");
            }
            let took = thread_cpu_seconds() - before;
            let mut times = meter.take();
            for part in &mut times {
                for seconds in [&mut part.serial, &mut part.shared, &mut part.split] {
                    *seconds /= steps as f64;
                }
                part.splits /= steps;
            }
            if round == 0 {
                // The first step makes room.
                steps = ((0.1 / took) as usize).clamp(1, 1000);
            } else if best.is_empty() || sum(&times, alone_on) < sum(&best, alone_on) {
                best = times;
            }
        }
        // A clock around each task is not for nothing: the step is as long as it is without.
        let scale = one / sum(&best, alone_on);
        let on_all = |part: &Times| scale * (part.serial + part.split) + handover(part, threads);
        let splits: usize = best.iter().map(|part| part.splits).sum();
        let speed = match splits {
            0 => 1.0,
            _ => one / sum(&best, on_all),
        };
        if line.is_empty() {
            let serial = sum(&best, |part| part.serial) / sum(&best, alone_on);
            line = format!("{:.1} | {:.1} % | {splits}", one * 1e6, 100.0 * serial);
        }
        line += &format!(" | {speed:.2}");
        let lost = |part: &Times| on_all(part) - scale * alone_on(part) / threads as f64;
        let worst = best.iter().max_by(|a, b| lost(a).total_cmp(&lost(b)));
        limit = worst.map(|part| part_name::<M>(part.work)).unwrap_or_default();
        if parts && threads == THREADS[THREADS.len() - 1] {
            println!("{name}: microseconds on one thread, of that serial, on 16, splits");
            for part in &best {
                let [all, serial, split] =
                    [alone_on(part), part.serial, part.serial + part.split].map(|s| scale * s * 1e6);
                let name = part_name::<M>(part.work);
                println!("  {name:36} {all:9.1} {serial:9.1} {split:9.1} {:4}", part.splits);
            }
        }
    }
    println!("| {name} | {line} | {limit} |");
}

fn sum(times: &[Times], f: impl Fn(&Times) -> f64) -> f64 {
    times.iter().map(f).sum()
}

fn alone_on(part: &Times) -> f64 {
    part.serial + part.shared
}

fn handover(part: &Times, threads: usize) -> f64 {
    HANDOVER * part.splits as f64 * f64::from(threads.ilog2())
}

fn part_name<M: Model>(work: Work) -> String {
    let layer = |i: u32| M::LAYERS[i as usize].name;
    match work {
        Work::Forward(i) => format!("{} forward", layer(i)),
        Work::Backward(i) => format!("{} backward", layer(i)),
        Work::Loss => "loss".to_owned(),
        Work::Update => "update".to_owned(),
        _ => "around".to_owned(),
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

impl Draw for u32 {
    fn draw(rng: &mut Rng) -> u32 {
        rng.below(1024)
    }
}
