//! ONNX out, by real Keras and onnxruntime where there is Python: `KSEQ_KERAS_PYTHON=python3 cargo test -p kseq-import --test onnx`.

use std::path::{Path, PathBuf};
use std::process::Command;

use kseq_import::import::import;
use kseq_import::onnx::onnx;
use kseq_safetensors::File;

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
    let bytes = std::fs::read(tests().join(format!("files/{name}.safetensors"))).unwrap();
    let file = File::parse(bytes).unwrap();
    let array = |name: &str| {
        let array = file.arrays().iter().find(|array| array.name == name);
        let array = array.unwrap();
        let header = format!(
            "{{'descr': '<f4', 'fortran_order': False, 'shape': {:?}, }}",
            array.shape
        )
        .replace('[', "(")
        .replace(']', ",)");
        let mut npy = b"\x93NUMPY\x01\x00".to_vec();
        npy.extend((header.len() as u16).to_le_bytes());
        npy.extend(header.as_bytes());
        npy.extend(file.bytes(array));
        npy
    };
    for name in ["x", "y"] {
        std::fs::write(folder.join(format!("{to}.{name}.npy")), array(name)).unwrap();
    }
}

/// The project's files and models of each kind of layer, in onnxruntime.
#[test]
fn as_keras_computes() {
    let Some(command) = std::env::var_os("KSEQ_KERAS_PYTHON") else {
        return;
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("onnx");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    python(&command, "make", &folder);
    let made = models(&folder);
    assert!(made.len() > 100);
    let own = models(&tests().join("files"));
    let own: Vec<PathBuf> = own.into_iter().filter(|path| is_whole(path)).collect();
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
