//! Predictions of int8 twins on one thread, beside LiteRT (XNNPACK) and ONNX Runtime, both in int8.
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

const MODELS: [&str; 3] = ["digits", "vgg_like", "keyword"];

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

/// A model in this process, or its files.
fn of<M>(name: &str, seconds: f64, folder: Option<&Path>)
where
    M: Model<Input: Tensor<Elem = f32>> + Quantizable,
{
    let model = Sequential::<M>::new(1).threads(1).expect("one thread");
    let x: Vec<M::Input> = samples(BATCH);
    let twin = model.quantize(&Calibration::new(&x)).expect("good samples");
    if let Some(folder) = folder {
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

fn measure(name: &str, seconds: f64, folder: Option<&Path>) {
    match name {
        "digits" => of::<Digits>(name, seconds, folder),
        "vgg_like" => of::<VggLike>(name, seconds, folder),
        "keyword" => of::<Keyword>(name, seconds, folder),
        _ => panic!("no model {name}; there are {}", MODELS.join(", ")),
    }
}

fn main() {
    let (mut models, mut alone) = (Vec::new(), false);
    let (mut rounds, mut seconds, mut cpu) = (3, 0.5, 0);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} needs a value"));
        match arg.as_str() {
            "--rounds" => rounds = value().parse().expect("a number of rounds"),
            "--seconds" => seconds = value().parse().expect("the seconds of a repeat"),
            "--cpu" => cpu = value().parse().expect("the number of a CPU"),
            "--alone" => alone = true,
            // Cargo's own.
            "--bench" => {}
            name if MODELS.contains(&name) => models.push(arg),
            _ => panic!("unknown argument {arg}; models are {}", MODELS.join(", ")),
        }
    }
    if models.is_empty() {
        models = MODELS.map(String::from).to_vec();
    }
    if alone {
        return models.iter().for_each(|name| measure(name, seconds, None));
    }
    for name in &models {
        compare(name, rounds, seconds, cpu);
    }
}

/// Each program once a round, and the lines of the model: medians, and how many times the speed of the best peer.
fn compare(name: &str, rounds: usize, seconds: f64, cpu: usize) {
    let folder: PathBuf = std::env::temp_dir().join(format!("kseq-int8-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    measure(name, seconds, Some(&folder));
    let python = std::env::var("KSEQ_KERAS_PYTHON").ok();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/keras/int8.py");
    let this = std::env::current_exe().expect("the path of this program");
    let seconds = seconds.to_string();
    let mut programs = vec![("kseq", Figures::<2>::default())];
    if python.is_some() {
        programs.extend(["litert", "onnxruntime"].map(|peer| (peer, Figures::default())));
    }
    for _ in 0..rounds {
        for (program, figures) in &mut programs {
            let mut command = match (&python, *program) {
                (Some(python), peer) if peer != "kseq" => {
                    let mut command = pinned(cpu, python.as_ref());
                    command.args([script, peer, name, &seconds]).arg(&folder);
                    command
                }
                _ => {
                    let mut command = pinned(cpu, this.as_os_str());
                    command.args(["--alone", name, "--seconds", &seconds]);
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
            if *program != "kseq" {
                print!(" ({:.2})", ours / theirs);
            }
        }
        println!();
    }
}
