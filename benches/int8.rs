//! Predictions of int8 twins on one thread, beside the same models in `f32`, and beside LiteRT (XNNPACK) and ONNX Runtime in int8.
//!
//! ```sh
//! cargo bench -p kseq-benches --features import --bench int8                  # kseq alone, all models
//! KSEQ_KERAS_PYTHON=/path/to/python cargo bench -p kseq-benches --features import --bench int8 -- keyword
//! ```
//! With a Python that has `ai_edge_litert`, and `onnxruntime`, `onnx` and `sympy` for the other, each round runs kseq and both in turn
//! (`peers/keras/int8.py`), each in a process of its own on one CPU; the table holds medians of the rounds. LiteRT runs the file that
//! `export_tflite` writes, ONNX Runtime what its own static quantisation (QDQ, by channel) makes of `export_onnx`. `KSEQ_ISA=avx2` holds kseq to
//! AVX2. Also `--rounds 3`, `--seconds 0.5` (of a repeat), `--cpu 0`.
//!
//! A prediction takes integers and gives integers, ONNX Runtime's `f32`s. CPU time counts.

mod common;

use std::path::{Path, PathBuf};

use common::programs::{Figures, pinned};
use common::{Clock, median, repeats};
use kseq::int8::Quantizable;
use kseq::model::Model;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use kseq::tensor::Tensor;

sequential! {
    #[quantize]
    Digits = [
        Conv2D(8, (3, 3), activation = "relu", input_shape = (28, 28, 1)),
        MaxPooling2D((2, 2)),
        Conv2D(16, (3, 3), activation = "relu"),
        MaxPooling2D((2, 2)),
        Flatten(),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    /// README's: 2.7 MB of weights in `f32`, which is more than the caches near a core hold.
    #[quantize]
    MnistMlp = [
        Dense(512, activation = "relu", input_shape = (784,)),
        Dense(512, activation = "relu"),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    /// That of Keras's guide for digits: 4.8 MB of weights in `f32`.
    #[quantize]
    MnistCnn = [
        Conv2D(32, (3, 3), activation = "relu", input_shape = (28, 28, 1)),
        Conv2D(64, (3, 3), activation = "relu"),
        MaxPooling2D((2, 2)),
        Flatten(),
        Dense(128, activation = "relu"),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    /// That of Keras's guide, for pictures of 32 x 32.
    #[quantize]
    VggLike = [
        Conv2D(32, (3, 3), activation = "relu", input_shape = (32, 32, 3)),
        Conv2D(32, (3, 3), activation = "relu"),
        MaxPooling2D((2, 2)),
        Conv2D(64, (3, 3), activation = "relu"),
        Conv2D(64, (3, 3), activation = "relu"),
        MaxPooling2D((2, 2)),
        Flatten(),
        Dense(256, activation = "relu"),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    /// A DS-CNN, as keyword spotters are.
    #[quantize]
    Keyword = [
        Conv2D(64, (10, 4), strides = (2, 2), padding = "same", activation = "relu", input_shape = (49, 10, 1)),
        DepthwiseConv2D((3, 3), padding = "same", activation = "relu"),
        Conv2D(64, (1, 1), activation = "relu"),
        DepthwiseConv2D((3, 3), padding = "same", activation = "relu"),
        Conv2D(64, (1, 1), activation = "relu"),
        DepthwiseConv2D((3, 3), padding = "same", activation = "relu"),
        Conv2D(64, (1, 1), activation = "relu"),
        DepthwiseConv2D((3, 3), padding = "same", activation = "relu"),
        Conv2D(64, (1, 1), activation = "relu"),
        AveragePooling2D((25, 5)),
        Flatten(),
        Dense(12, activation = "softmax"),
    ]
}

const MODELS: [&str; 5] = ["digits", "mnist_mlp", "mnist_cnn", "vgg_like", "keyword"];

/// What is measured of each model.
const WORKS: [&str; 2] = ["batch", "sample"];

/// The samples of a batch.
const BATCH: usize = 32;

/// Samples of values from -1 to 1.
fn samples<T: Tensor<Elem = f32>>(count: usize) -> Vec<T> {
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    let values: Vec<f32> = (0..count * T::LEN)
        .map(|_| 2.0 * rng.uniform() - 1.0)
        .collect();
    T::view(&values).to_vec()
}

/// What is done with a model.
#[derive(Clone, Copy)]
enum Task<'a> {
    /// Its predictions in integers are timed.
    Int8,
    /// Those of the model that was quantised.
    F32,
    /// Its files for the others are written here.
    Files(&'a Path),
}

/// A model, drawn and quantised in this process.
fn of<M>(name: &str, seconds: f64, task: Task)
where
    M: Model<Input: Tensor<Elem = f32>> + Quantizable,
{
    let model = Sequential::<M>::new(1).threads(1).expect("one thread");
    let x: Vec<M::Input> = samples(BATCH);
    if let Task::F32 = task {
        for (work, count) in WORKS.iter().zip([BATCH, 1]) {
            let x = &x[..count];
            let mut y: Vec<M::Output> = samples(count);
            let figures = repeats(5, seconds, Clock::of(1), || {
                model.predict_into(x, &mut y).expect("good samples");
                std::hint::black_box(&y);
            });
            println!("{name} {work} {:.2}", count as f64 / median(&figures));
        }
        return;
    }
    let twin = model.quantize(&Calibration::new(&x)).expect("good samples");
    if let Task::Files(folder) = task {
        let path = |ending: &str| folder.join(format!("{name}.{ending}"));
        twin.export_tflite(path("tflite")).expect("a file");
        return model.export_onnx(path("onnx")).expect("a file");
    }
    let (scale, zero) = twin.input_scale();
    let integer = |x: &f32| ((x / scale).round() as i32 + i32::from(zero)).clamp(-128, 127) as i8;
    let x: Vec<i8> = M::Input::flat(&x).iter().map(integer).collect();
    for (work, count) in WORKS.iter().zip([BATCH, 1]) {
        let x = &x[..count * M::Input::LEN];
        let mut y = vec![0_i8; count * M::Output::LEN];
        let figures = repeats(5, seconds, Clock::of(1), || {
            twin.predict_int8_into(x, &mut y).expect("good samples");
            std::hint::black_box(&y);
        });
        println!("{name} {work} {:.2}", count as f64 / median(&figures));
    }
}

fn measure(name: &str, seconds: f64, task: Task) {
    match name {
        "digits" => of::<Digits>(name, seconds, task),
        "mnist_mlp" => of::<MnistMlp>(name, seconds, task),
        "mnist_cnn" => of::<MnistCnn>(name, seconds, task),
        "vgg_like" => of::<VggLike>(name, seconds, task),
        "keyword" => of::<Keyword>(name, seconds, task),
        _ => panic!("no model {name}; there are {}", MODELS.join(", ")),
    }
}

fn main() {
    let (mut models, mut alone) = (Vec::new(), None);
    let (mut rounds, mut seconds, mut cpu) = (3, 0.5, 0);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} needs a value"));
        match arg.as_str() {
            "--rounds" => rounds = value().parse().expect("a number of rounds"),
            "--seconds" => seconds = value().parse().expect("the seconds of a repeat"),
            "--cpu" => cpu = value().parse().expect("the number of a CPU"),
            "--alone" => alone = Some(Task::Int8),
            "--alone-f32" => alone = Some(Task::F32),
            "--help" => common::help(include_str!("int8.rs")),
            // Cargo's own.
            "--bench" => {}
            name if MODELS.contains(&name) => models.push(arg),
            _ => panic!("unknown argument {arg}; models are {}", MODELS.join(", ")),
        }
    }
    if models.is_empty() {
        models = MODELS.map(String::from).to_vec();
    }
    if let Some(task) = alone {
        return models.iter().for_each(|name| measure(name, seconds, task));
    }
    for name in &models {
        compare(name, rounds, seconds, cpu);
    }
}

/// Each program once a round, and the lines of the model: medians, and how many times the speed of the best peer.
fn compare(name: &str, rounds: usize, seconds: f64, cpu: usize) {
    let folder: PathBuf = std::env::temp_dir().join(format!("kseq-int8-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    measure(name, seconds, Task::Files(&folder));
    let python = std::env::var("KSEQ_KERAS_PYTHON").ok();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/keras/int8.py");
    let this = std::env::current_exe().expect("the path of this program");
    let seconds = seconds.to_string();
    let own = ["int8", "f32"].map(|of| (of, Figures::<2>::default()));
    let mut programs = Vec::from(own);
    if python.is_some() {
        programs.extend(["litert", "onnxruntime"].map(|peer| (peer, Figures::default())));
    }
    for _ in 0..rounds {
        for (program, figures) in &mut programs {
            let mut command = match (&python, *program) {
                (Some(python), peer @ ("litert" | "onnxruntime")) => {
                    let mut command = pinned(cpu, python.as_ref());
                    command.args([script, peer, name, &seconds]).arg(&folder);
                    command
                }
                (_, own) => {
                    let mut command = pinned(cpu, this.as_os_str());
                    let alone = match own {
                        "f32" => "--alone-f32",
                        _ => "--alone",
                    };
                    command.args([alone, name, "--seconds", &seconds]);
                    command
                }
            };
            figures.collect(&WORKS, &mut command);
        }
    }
    let _ = std::fs::remove_dir_all(folder);
    for (work, what) in WORKS.iter().enumerate() {
        let ours = programs[0].1.middle(work);
        print!("{name:10} {what:7}");
        for (program, figures) in &programs {
            let theirs = figures.middle(work);
            print!("   {program} {theirs:10.1} samples/s");
            if *program != "int8" {
                print!(" ({:.2})", ours / theirs);
            }
        }
        println!();
    }
}
