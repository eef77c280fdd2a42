//! TFLite out, by LiteRT where there is Python: `KSEQ_KERAS_PYTHON=python3 cargo test -p kseq-import --test tflite`.

#[path = "tflite/growing.rs"]
mod growing;
#[path = "tflite/networks.rs"]
mod networks;
#[path = "tflite/random.rs"]
mod random;

use std::path::Path;
use std::process::Command;

use kseq_import::tflite::{Action, Network, tflite};
use kseq_int8::params::Layout;
use kseq_int8::run::{run, scratch_len};
use kseq_int8::write::{Given, block};
use kseq_safetensors::npy_header;
use random::Random;

/// What kseq computes of samples, step by step.
fn outputs(network: &Network, samples: usize, x: &[i8]) -> Vec<i8> {
    let mut values = x.to_vec();
    let mut input = network.input.scale;
    for step in &network.steps {
        let output = step.output.scale;
        if let (Action::Int8 { op, parameters }, Some(from), Some(to)) =
            (&step.action, input, output)
        {
            let given = Given {
                input: from,
                output: to,
                kernel: &parameters.kernel,
                bias: &parameters.bias,
                scales: &parameters.scales,
            };
            let len = Layout::of(op).len();
            let mut memory = vec![0; len + 3];
            let begin = memory.as_ptr().align_offset(4);
            let bytes = &mut memory[begin..begin + len];
            block(op, &given, bytes);
            let mut y = vec![0; samples * op.output_len()];
            let mut scratch = vec![0; scratch_len(op)];
            run(op, bytes, &values, &mut y, &mut scratch);
            values = y;
        }
        input = output;
    }
    values
}

fn npy(path: &Path, shape: &[usize], values: &[i8]) {
    let mut bytes = npy_header("|i1", shape);
    bytes.extend(values.iter().map(|&value| value as u8));
    std::fs::write(path, bytes).unwrap();
}

/// A network with samples and what kseq computes of them.
fn write(folder: &Path, network: &Network, random: &mut Random) {
    let path = |ending: &str| folder.join(format!("{}.{ending}", network.name));
    std::fs::write(path("tflite"), tflite(network).unwrap()).unwrap();
    let samples = network.batch.unwrap_or(3);
    let len: usize = network.input.shape.iter().product();
    let x = random.bytes(samples * len);
    let y = outputs(network, samples, &x);
    let output = network
        .steps
        .last()
        .map_or(&network.input, |step| &step.output);
    for (kind, tensor, values) in [("x", &network.input, &x), ("y", output, &y)] {
        npy(
            &path(&format!("{kind}.npy")),
            &[&[samples], &tensor.shape[..]].concat(),
            values,
        );
    }
}

/// LiteRT's reference kernels compute what kseq does, bit for bit.
#[test]
fn litert_computes_the_same() {
    let Some(python) = std::env::var_os("KSEQ_KERAS_PYTHON") else {
        return;
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tflite_files");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let count = std::env::var("KSEQ_TFLITE_NETWORKS").map_or(60, |n| n.parse().unwrap());
    let mut random = Random::new(7);
    let of_one = networks::of_one_operator(&mut random);
    let chosen = networks::chosen(&mut random);
    for network in of_one.iter().chain(&chosen) {
        write(&folder, network, &mut random);
    }
    for i in 0..count {
        let network = networks::any(&mut random, i);
        write(&folder, &network, &mut random);
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tflite.py");
    let output = Command::new(python)
        .arg(script)
        .arg(&folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{failed}");
    println!("{said}");
}
