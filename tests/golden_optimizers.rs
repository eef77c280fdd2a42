//! Optimizers step by step against what real Keras 3.15 computed, from the folder named by
//! `KSEQ_GOLDEN`, otherwise from the project's own copy.

use std::path::PathBuf;

use kseq::optimizers::{Adadelta, Adagrad, Adam, Optimizer, RMSprop, SGD, apply};
use kseq::pool::Pool;
use safetensors::SafeTensors;
use serde_json::Value;

fn folder() -> PathBuf {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/data");
    let folder = std::env::var("KSEQ_GOLDEN").unwrap_or_else(|_| own.to_string());
    PathBuf::from(folder).join("optimizers")
}

/// The arguments that the optimizers of kseq have; a case with another one is not run.
const KNOWN: &[&str] = &[
    "learning_rate",
    "rho",
    "epsilon",
    "beta_1",
    "beta_2",
    "nesterov",
    "initial_accumulator_value",
];

/// Runs the cases of a kind; returns how many there were.
fn cases<O: Optimizer>(kind: &str, make: impl Fn(&dyn Fn(&str) -> Option<f32>) -> O) -> usize {
    let mut run = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let of_kind = name.starts_with(&format!("optimizer_{kind}_"));
        if !of_kind || !name.ends_with(".json") {
            continue;
        }
        let json: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let args = json["args"].as_object().unwrap();
        let known = |name: &str| KNOWN.contains(&name) || (kind == "SGD" && name == "momentum");
        if !args.iter().all(|(k, v)| known(k) && !v.is_object()) {
            continue;
        }
        let number = |name: &str| match args.get(name)? {
            Value::Bool(b) => Some(f32::from(u8::from(*b))),
            value => Some(value.as_f64()? as f32),
        };
        case(&path, &json, &make(&number));
        run += 1;
    }
    run
}

fn case<O: Optimizer>(path: &std::path::Path, json: &Value, optimizer: &O) {
    let file = std::fs::read(path.with_extension("safetensors")).unwrap();
    let file = SafeTensors::deserialize(&file).unwrap();
    let get = |name: String| -> Option<Vec<f32>> {
        let data = file.tensor(&name).ok()?.data().as_chunks().0.to_vec();
        Some(data.into_iter().map(f32::from_le_bytes).collect())
    };
    for i in 0.. {
        let Some(mut p) = get(format!("param_{i}")) else {
            assert!(i > 0, "{path:?} has no parameter");
            return;
        };
        let grads = get(format!("grad_{i}")).unwrap();
        let traj = get(format!("traj_{i}")).unwrap();
        let noise = json["f32_vs_f64"][format!("traj_{i}")]["max_abs"].as_f64();
        let tolerance = (10.0 * noise.unwrap()).max(2e-6);
        let len = p.len();
        let mut slots = vec![0.0; O::SLOTS * len];
        for (step, (g, want)) in grads.chunks(len).zip(traj.chunks(len)).enumerate() {
            apply(optimizer, step as u64, &mut p, g, &mut slots, &Pool::Serial);
            for (p, want) in p.iter().zip(want) {
                let error = f64::from(p - want).abs();
                assert!(
                    error <= tolerance,
                    "{path:?}, parameter {i}, step {step}: {p}, Keras has {want}"
                );
            }
        }
    }
}

#[test]
fn sgd() {
    let run = cases("SGD", |get| {
        SGD::new(get("learning_rate").unwrap_or(0.01))
            .momentum(get("momentum").unwrap_or(0.0))
            .nesterov(get("nesterov") == Some(1.0))
    });
    assert!(run > 0);
}

#[test]
fn rmsprop() {
    let run = cases("RMSprop", |get| {
        RMSprop::new(get("learning_rate").unwrap_or(0.001))
            .rho(get("rho").unwrap_or(0.9))
            .epsilon(get("epsilon").unwrap_or(1e-7))
    });
    assert!(run > 0);
}

#[test]
fn adam() {
    let run = cases("Adam", |get| {
        Adam::new(get("learning_rate").unwrap_or(0.001))
            .beta_1(get("beta_1").unwrap_or(0.9))
            .beta_2(get("beta_2").unwrap_or(0.999))
            .epsilon(get("epsilon").unwrap_or(1e-7))
    });
    assert!(run > 0);
}

#[test]
fn adadelta() {
    let run = cases("Adadelta", |get| {
        Adadelta::new(get("learning_rate").unwrap_or(0.001))
            .rho(get("rho").unwrap_or(0.95))
            .epsilon(get("epsilon").unwrap_or(1e-7))
    });
    assert!(run > 0);
}

#[test]
fn adagrad() {
    let run = cases("Adagrad", |get| {
        Adagrad::new(get("learning_rate").unwrap_or(0.001))
            .initial_accumulator_value(get("initial_accumulator_value").unwrap_or(0.1))
            .epsilon(get("epsilon").unwrap_or(1e-7))
    });
    assert!(run > 0);
}
