//! TFLite out, by LiteRT where there is Python: `KSEQ_KERAS_PYTHON=python3 cargo test -p kseq-import --test tflite`.

#[path = "tflite/computed.rs"]
mod computed;
#[path = "tflite/growing.rs"]
mod growing;
#[path = "tflite/networks.rs"]
mod networks;
#[path = "tflite/random.rs"]
mod random;

use std::path::Path;
use std::process::Command;

use computed::{Values, outputs};
use kseq_import::tflite::{Action, Network, Tensor, tflite};
use kseq_int8::op::Clamp;
use kseq_safetensors::npy_header;
use random::Random;

fn npy(path: &Path, shape: &[usize], values: &Values) {
    let bytes: Vec<u8> = match values {
        Values::Int8(all) => all.iter().map(|&value| value as u8).collect(),
        Values::Float(all) => all.iter().flat_map(|value| value.to_le_bytes()).collect(),
    };
    let kind = if matches!(values, Values::Int8(_)) {
        "|i1"
    } else {
        "<f4"
    };
    std::fs::write(path, [npy_header(kind, shape), bytes].concat()).unwrap();
}

/// A network with samples, and what kseq computes of them in each layer.
fn write(folder: &Path, network: &Network, random: &mut Random) {
    let path = |ending: &str| folder.join(format!("{}.{ending}", network.name));
    std::fs::write(path("tflite"), tflite(network).unwrap()).unwrap();
    let samples = network.batch.unwrap_or(3);
    let len: usize = network.input.shape.iter().product();
    let x = match network.input.scale {
        Some(_) => Values::Int8(random.bytes(samples * len)),
        None => Values::Float(random.floats(samples * len, 3.0)),
    };
    let array = |name: &str, tensor: &Tensor, values: &Values| {
        let shape = [&[samples], &tensor.shape[..]].concat();
        npy(&path(&format!("{name}.npy")), &shape, values);
    };
    array("x", &network.input, &x);
    for (step, y) in network.steps.iter().zip(outputs(network, samples, &x)) {
        array(&step.name, &step.output, &y);
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

/// A network of one dense layer, which can be spoiled.
fn dense() -> Network {
    let name = "net".to_owned();
    let mut random = Random::new(1);
    let network = growing::Growing::new(name, &[4], &mut random);
    network.dense(3, Clamp::Relu).done()
}

fn refusal(network: &Network) -> String {
    tflite(network).unwrap_err().to_string()
}

/// A file says what it is where readers look, and what is between is aligned.
#[test]
fn a_file_begins_with_its_letters() {
    let bytes = tflite(&dense()).unwrap();
    assert_eq!(&bytes[4..8], b"TFL3");
    let root = u32::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let list = root - u32::from_le_bytes(*bytes[root..].first_chunk().unwrap()) as usize;
    let version = u16::from_le_bytes([bytes[list + 4], bytes[list + 5]]) as usize;
    assert_eq!(bytes[root + version..][..4], [3, 0, 0, 0]);
}

/// What does not fit is said of each layer.
#[test]
fn what_does_not_fit_is_refused() {
    let mut network = dense();
    let Action::Int8 { parameters, .. } = &mut network.steps[0].action else {
        panic!();
    };
    parameters.kernel.pop();
    let expected = "layer 1 `layer_1`: its kernel has 11 numbers where it takes 12";
    assert_eq!(refusal(&network), expected);

    let mut network = dense();
    network.input.shape = vec![5];
    network.steps[0].output.scale = None;
    network.steps.push(network.steps[0].clone());
    let expected = "layer 1 `layer_1`: its input has 5 numbers where it takes 4\n\
                    layer 2 `layer_1`: its input has 3 numbers where it takes 4";
    assert_eq!(refusal(&network), expected);

    let mut network = dense();
    network.input.scale = None;
    assert!(refusal(&network).contains("it is an operator on `i8`, and its input"));

    let mut network = dense();
    network.steps.clear();
    assert!(refusal(&network).starts_with("the network `net`: it does nothing"));

    let mut random = Random::new(1);
    let softmax = growing::Growing::new("net", &[4], &mut random).softmax();
    let mut network = softmax.done();
    network.steps[0].output.scale = network.input.scale;
    assert!(refusal(&network).contains("must have the scale 0.00390625 and the zero point -128"));

    // A window of which TFLite has no pooling.
    let mut random = Random::new(1);
    let begun = growing::Growing::new("net", &[9, 3], &mut random);
    let window = growing::window(3, 1, 1, growing::Padding::Causal);
    let network = begun.pool([growing::ONE, window], true).done();
    assert!(refusal(&network).contains("its windows lie as no padding of TFLite has them"));
}
