//! Writes the models: so many from a seed on.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn number(name: &str, default: u64) -> u64 {
    println!("cargo::rerun-if-env-changed={name}");
    let given = std::env::var(name).ok();
    given.map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}"))
    })
}

/// Seeds at which something was found once: a fault of kseq's, one of the oracle's, or a number at a step or a kink.
const FOUND: &[u64] = &[
    100_105, // zero_output_for_mask within a Bidirectional
    100_441, // a tanh that is 1 as an f32, at an end of a Discretization
    100_457, // Lion, and gradients that are 0 but for rounding, or wholly
    100_722, // attention over an axis of an image, masked
    102_041, // a gradient that is 0 but for rounding
    102_346, // the mask behind a GroupQueryAttention
    102_537, // what Adafactor clips by, of tokens that repeat
    103_268, // PReLU at 0
    103_284, // UnitNormalization of what has no length
    103_711, // equal values in a GlobalMaxPooling1D
    104_629, // a mask of steps that have become images
    106_856, // what Keras rounds of 1 - beta, and what of its powers
    107_569, // a centered RMSprop on tokens that repeat
    109_999, // Lamb, and an LSTM whose cell is -11: the slope of a tanh that an f32 has
];

/// The seeds of the models: those that are named, or so many from one on; without either also those at which something was found.
fn seeds() -> Vec<u64> {
    println!("cargo::rerun-if-env-changed=KSEQ_ORACLE_SEEDS");
    let (first, models) = (
        number("KSEQ_ORACLE_SEED", 1),
        number("KSEQ_ORACLE_MODELS", 150),
    );
    let seed = |text: &str| {
        text.trim()
            .parse()
            .unwrap_or_else(|_| panic!("{text} is no seed"))
    };
    match std::env::var("KSEQ_ORACLE_SEEDS") {
        Ok(seeds) => seeds.split(',').map(seed).collect(),
        Err(_) if std::env::var_os("KSEQ_ORACLE_SEED").is_some() => {
            (first..first + models).collect()
        }
        Err(_) => FOUND.iter().copied().chain(first..first + models).collect(),
    }
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let seeds = seeds();
    let mut text = String::new();
    let mut failed = Vec::new();
    for &seed in &seeds {
        let Ok(model) = std::panic::catch_unwind(|| kseq_oracle::generate::model(seed)) else {
            failed.push(seed);
            continue;
        };
        let (list, loss, optimizer) = (model.source(), &model.loss, &model.optimizer);
        let list = list.replace('\n', "\n    ");
        writeln!(
            text,
            "mod m{seed} {{\n    use super::{{Model, Number, Parts}};\n    kseq::sequential! {{ pub Net = {list} }}\n    \
             type Output = <Net as Model>::Output;\n    type Units = <Net as Model>::Units;\n    \
             pub fn parts() -> (impl kseq::optimizers::Optimizer, impl kseq::losses::MeantFor<Output, Units, Target: \
             kseq::tensor::Tensor<Elem: Number>>) {{\n        \
             let parts = Parts;\n        kseq::compile!(parts, optimizer = {optimizer}, loss = {loss})\n    }}\n}}"
        )
        .expect("memory");
    }
    writeln!(text, "const MODELS: &[(u64, Checked)] = &[").expect("memory");
    for seed in seeds {
        let check = match failed.contains(&seed) {
            true => "Report::panicked".to_owned(),
            false => format!("|seed| check::<m{seed}::Net, _, _>(seed, m{seed}::parts)"),
        };
        writeln!(text, "    ({seed}, {check}),").expect("memory");
    }
    writeln!(text, "];").expect("memory");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo's folder"));
    std::fs::write(out.join("models.rs"), text).expect("a file in cargo's folder");
    trainings(&out);
}

/// Small trainings: so many from a seed on.
fn trainings(out: &Path) {
    let (first, count) = (
        number("KSEQ_ORACLE_SEED", 1),
        number("KSEQ_ORACLE_TRAININGS", 24),
    );
    let mut text = String::new();
    for seed in first..first + count {
        text += &kseq_oracle::trainings::case(seed).source();
    }
    writeln!(text, "const TRAININGS: &[(u64, Training)] = &[").expect("memory");
    for seed in first..first + count {
        writeln!(text, "    ({seed}, t{seed}::run),").expect("memory");
    }
    writeln!(text, "];").expect("memory");
    std::fs::write(out.join("trainings.rs"), text).expect("a file in cargo's folder");
}
