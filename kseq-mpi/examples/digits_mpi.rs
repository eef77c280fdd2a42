//! The digits and the model of kseq's README, on as many processes as `mpirun` starts.
//!
//! ```sh
//! mpirun -n 4 target/release/examples/digits_mpi [--epochs 20] [--seed 0] [--batch 128] [--optimizer rmsprop]
//!     [--parts 8] [--samples N] [--backup FOLDER]
//! ```
//!
//! `--optimizer sgd` is without what makes a last bit large: its losses are the same on any number of ranks, to rounding.
//! Rank 0 prints the values of every epoch, with all their digits, and a checksum of the weights.

use kseq::callbacks::BackupAndRestore;
use kseq::datasets::mnist;
use kseq::optimizers::Optimizer;
use kseq::prelude::*;

sequential! {
    /// 784 -> 512 -> 512 -> 10
    pub MnistMlp = [
        Dense(512, activation = "relu", input_shape = (784,)),
        Dropout(0.2),
        Dense(512, activation = "relu"),
        Dropout(0.2),
        Dense(10, activation = "softmax"),
    ]
}

/// How the gradients become steps.
#[derive(Clone, Copy)]
enum Rule {
    RMSprop,
    SGD,
}

/// The command line.
struct Arguments {
    epochs: usize,
    seed: u64,
    batch: usize,
    optimizer: Rule,
    parts: Option<usize>,
    samples: usize,
    backup: Option<String>,
}

impl Arguments {
    fn parse() -> Result<Self, String> {
        let mut parsed = Arguments {
            epochs: 20,
            seed: 0,
            batch: 128,
            optimizer: Rule::RMSprop,
            parts: None,
            samples: usize::MAX,
            backup: None,
        };
        let mut args = std::env::args().skip(1);
        while let Some(name) = args.next() {
            let value = args.next().ok_or(format!("{name}: expected a value"))?;
            let number = || {
                let wrong = |_| format!("{name}: expected a number, found `{value}`");
                value.parse::<usize>().map_err(wrong)
            };
            match name.as_str() {
                "--epochs" => parsed.epochs = number()?,
                "--seed" => parsed.seed = number()? as u64,
                "--batch" => parsed.batch = number()?,
                "--optimizer" => {
                    parsed.optimizer = match value.as_str() {
                        "rmsprop" => Rule::RMSprop,
                        "sgd" => Rule::SGD,
                        _ => {
                            return Err(format!(
                                "{name}: expected rmsprop or sgd, found `{value}`"
                            ));
                        }
                    }
                }
                "--parts" => parsed.parts = Some(number()?),
                "--samples" => parsed.samples = number()?,
                "--backup" => parsed.backup = Some(value),
                _ => {
                    let known =
                        "--epochs, --seed, --batch, --optimizer, --parts, --samples or --backup";
                    return Err(format!("{name}: expected {known}"));
                }
            }
        }
        Ok(parsed)
    }
}

/// FNV-1a of the bits of all weights.
fn checksum(model: &Sequential<MnistMlp>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for weights in model.get_weights().iter() {
        for value in weights.values() {
            for byte in value.to_le_bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            }
        }
    }
    hash
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let world = kseq_mpi::init()?;
    let args = Arguments::parse()?;
    match args.optimizer {
        Rule::RMSprop => train(&world, &args, RMSprop::default()),
        Rule::SGD => train(&world, &args, SGD::default()),
    }
}

/// The training, and what rank 0 prints of it.
fn train<O: Optimizer>(
    world: &kseq_mpi::World,
    args: &Arguments,
    optimizer: O,
) -> Result<(), Box<dyn std::error::Error>> {
    let digits = mnist::load_data(concat!(env!("CARGO_MANIFEST_DIR"), "/../data/mnist"))?;
    let (x_train, x_test) = (
        mnist::scaled(&digits.x_train)?,
        mnist::scaled(&digits.x_test)?,
    );
    let (y_train, y_test) = (
        to_categorical(&digits.y_train)?,
        to_categorical(&digits.y_test)?,
    );
    let samples = args.samples.min(x_train.len());
    let (x_train, y_train) = (&x_train[..samples], &y_train[..samples]);

    let model = MnistMlp::new(args.seed);
    let loss = CategoricalCrossentropy::default();
    let mut model = world.compile(model, optimizer, loss, (Accuracy,))?;
    if let Some(parts) = args.parts {
        model = model.parts(parts)?;
    }
    let fit = Fit::new().batch_size(args.batch).epochs(args.epochs);
    let fit = fit.verbose(0).validation_data(&x_test, &y_test);
    let (x, y) = (world.shard(x_train), world.shard(y_train));
    let history = match &args.backup {
        None => model.fit(x, y, fit)?,
        Some(folder) => {
            let mut backup = BackupAndRestore::new(folder);
            model.fit(x, y, fit.callbacks([&mut backup]))?
        }
    };
    let scores = model.evaluate(world.shard(&x_test), world.shard(&y_test))?;
    if world.rank() == 0 {
        for (i, epoch) in history.epoch().iter().enumerate() {
            print!("epoch {}", epoch + 1);
            for name in ["loss", "accuracy", "val_loss", "val_accuracy"] {
                print!(
                    " {name} {:?}",
                    history.get(name).map_or(f32::NAN, |values| values[i])
                );
            }
            println!();
        }
        println!(
            "test loss {:?} accuracy {:?}",
            scores.loss, scores.metrics.0
        );
        println!("weights {:016x}", checksum(&model));
        println!("ranks {} bytes sent {}", world.size(), world.bytes_sent());
    }
    Ok(())
}
