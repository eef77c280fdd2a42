//! ONNX out, by real Keras and onnxruntime where there is Python: `KSEQ_KERAS_PYTHON=python3 cargo test -p kseq-import --test onnx`.

use std::path::{Path, PathBuf};
use std::process::Command;

use kseq_import::import::import;
use kseq_import::onnx::onnx;
use kseq_safetensors::{File, npy_header};

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The models of a folder, in their order.
fn models(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    let is_model = |f: &PathBuf| f.extension().is_some_and(|e| e == "h5" || e == "keras");
    files.retain(is_model);
    files.sort();
    files
}

/// The folder of real files, which is not part of the project.
fn shared() -> Option<PathBuf> {
    let root = tests().join("../../../shared");
    let root = std::env::var_os("KSEQ_SHARED").map_or(root, PathBuf::from);
    let models = root.join("models");
    models.is_dir().then_some(models)
}

/// Whether a file of the project's own has a model that kseq takes.
fn is_whole(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy();
    let refused = ["refused_", "odd_"];
    let parts = [".only.h5", ".weights.h5", ".nb_layers.h5"];
    !refused.iter().any(|begin| name.starts_with(begin))
        && !parts.iter().any(|end| name.ends_with(end))
}

/// Python's part: `make` or `check` of a folder.
fn python(python: &std::ffi::OsStr, what: &str, folder: &Path) {
    let mut command = Command::new(python);
    command.arg(tests().join("onnx.py")).arg(what).arg(folder);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}:\n{said}\n{failed}");
    println!("{said}");
}

/// `x` and `y` beside a file, as NumPy reads them.
fn samples(path: &Path, folder: &Path, to: &str) {
    let name = path.file_name().unwrap().to_string_lossy();
    let name = name.split('.').next().unwrap();
    let beside = path.with_file_name(format!("{name}.safetensors"));
    let bytes = std::fs::read(beside).unwrap();
    let file = File::parse(bytes).unwrap();
    let array = |name: &str| {
        let array = file.arrays().iter().find(|array| array.name == name);
        let array = array.unwrap();
        let dtype = if array.dtype == "I32" { "<i4" } else { "<f4" };
        let mut npy = npy_header(dtype, &array.shape);
        npy.extend(file.bytes(array));
        npy
    };
    for name in ["x", "y"] {
        std::fs::write(folder.join(format!("{to}.{name}.npy")), array(name)).unwrap();
    }
}

/// The fields of a message of Protocol Buffers: their numbers, and what they hold.
fn fields(bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let mut rest = bytes;
    let mut fields = Vec::new();
    let number = |rest: &mut &[u8]| {
        let mut value = 0;
        for i in 0.. {
            let (first, behind) = rest.split_first().unwrap();
            *rest = behind;
            value |= u64::from(first & 127) << (7 * i);
            if first & 128 == 0 {
                break;
            }
        }
        value
    };
    while !rest.is_empty() {
        let key = number(&mut rest);
        let before = rest;
        let content = match key & 7 {
            0 => {
                number(&mut rest);
                &before[..before.len() - rest.len()]
            }
            2 => {
                let length = number(&mut rest) as usize;
                let (content, behind) = rest.split_at(length);
                rest = behind;
                content
            }
            5 => {
                let (content, behind) = rest.split_at(4);
                rest = behind;
                content
            }
            kind => panic!("a field of the kind {kind}"),
        };
        fields.push((key >> 3, content));
    }
    fields
}

/// The contents of a field of a message.
fn all(bytes: &[u8], number: u64) -> Vec<&[u8]> {
    let fields = fields(bytes).into_iter();
    fields
        .filter(|(n, _)| *n == number)
        .map(|(_, c)| c)
        .collect()
}

/// Version, operators and weights, by the numbers of `onnx.proto`.
#[test]
fn what_stands_in_the_file() {
    let model = import(tests().join("files/k3_cnn.keras"), None).unwrap();
    let bytes = onnx(&model).unwrap();
    let opset = all(&bytes, 8)[0];
    assert_eq!(
        (all(&bytes, 1)[0], all(opset, 2)[0]),
        (&[8u8][..], &[18u8][..])
    );
    let graph = all(&bytes, 7)[0];
    let operators: Vec<&str> = all(graph, 1)
        .iter()
        .map(|node| std::str::from_utf8(all(node, 4)[0]).unwrap())
        .collect();
    // The channels come first once, and last once.
    let expected = "Transpose Conv Add Relu Mul Add MaxPool Conv Conv Add Elu Conv Add LeakyRelu Transpose Flatten MatMul Add Identity";
    assert_eq!(operators.join(" "), expected);
    // The kernel of the last layer as it is.
    let arrays = all(graph, 5);
    let kernel = arrays
        .iter()
        .find(|array| all(array, 8)[0] == b"dense_1/kernel");
    let expected: Vec<u8> = model
        .weights
        .last()
        .unwrap()
        .first()
        .unwrap()
        .values
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    assert_eq!(all(kernel.unwrap(), 9)[0], expected);
    // The batch has a name, the other axes have sizes.
    let input = all(graph, 11)[0];
    let shape = all(all(all(input, 2)[0], 1)[0], 2)[0];
    let axes = all(shape, 1);
    assert_eq!(all(axes[0], 2)[0], b"batch");
    assert_eq!(
        axes[1..]
            .iter()
            .map(|axis| all(axis, 1)[0][0])
            .collect::<Vec<_>>(),
        [8, 8, 2]
    );
}

#[test]
fn what_onnx_cannot_say_is_refused_at_once() {
    let text = r#"{"class_name": "Sequential", "config": {"name": "odd", "layers": [
        {"class_name": "InputLayer", "config": {"batch_shape": [null, 5, 4]}},
        {"class_name": "Activation", "config": {"name": "a", "activation": "sparsemax"}},
        {"class_name": "LocallyConnected1D", "config": {"name": "b", "filters": 2, "kernel_size": 2}},
        {"class_name": "AdaptiveAveragePooling1D", "config": {"name": "c", "output_size": 2}}]}}"#;
    let file = kseq_import::read::read_bytes(text.as_bytes(), "the text").unwrap();
    let model = kseq_import::import::of_file(&file, None).unwrap();
    let why = onnx(&model).unwrap_err().to_string();
    for part in [
        "layer 1 `a` (Activation): the activation `sparsemax` has no form in ONNX",
        "layer 2 `b` (LocallyConnected1D): has no form in ONNX here",
        "layer 3 `c` (AdaptiveAveragePooling1D): output_size = [2]: ONNX has no pooling to a given size, but for one of 1",
    ] {
        assert!(why.contains(part), "{why}");
    }
}

/// The project's files, real ones if they are there, and models of each kind of layer, in onnxruntime.
#[test]
fn as_keras_computes() {
    let Some(command) = std::env::var_os("KSEQ_KERAS_PYTHON") else {
        return;
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("onnx_files");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    python(&command, "make", &folder);
    let made = models(&folder);
    assert!(made.len() > 100);
    let mut own = models(&tests().join("files"));
    own.retain(|path| is_whole(path));
    own.extend(shared().iter().flat_map(|folder| models(folder)));
    let mut refused = String::new();
    for path in made.iter().chain(&own) {
        let name = path.file_name().unwrap().to_string_lossy();
        let stem = match own.contains(path) {
            true => name.replace('.', "_"),
            false => name.replace(".keras", ""),
        };
        if own.contains(path) {
            samples(path, &folder, &stem);
        }
        let to = folder.join(format!("{stem}.onnx"));
        let written = import(path, None).and_then(|model| onnx(&model));
        match written {
            Ok(bytes) => std::fs::write(to, bytes).unwrap(),
            Err(why) => refused += &format!("{name:?}: {why}\n"),
        }
    }
    assert!(refused.is_empty(), "{refused}");
    python(&command, "check", &folder);
}
