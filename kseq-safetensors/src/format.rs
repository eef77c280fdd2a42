//! Files of other programs: by the ending of a name that is to be written, and by the first bytes of one that was read.

/// Endings of names, and what everybody expects in such a file.
const ENDINGS: &[(&str, &str)] = &[
    ("h5", "Keras's HDF5"),
    ("hdf5", "HDF5"),
    ("hdf", "HDF5"),
    ("keras", "Keras's zip archive"),
    ("pb", "TensorFlow's protobuf"),
    ("tf", "TensorFlow's SavedModel"),
    ("ckpt", "TensorFlow's checkpoint"),
    ("tflite", "TensorFlow Lite"),
    ("onnx", "ONNX"),
    ("pt", "PyTorch's archive"),
    ("pth", "PyTorch's archive"),
    ("npy", "NumPy"),
    ("npz", "NumPy's zip archive"),
    ("pkl", "Python's pickle"),
    ("pickle", "Python's pickle"),
    ("joblib", "Python's pickle"),
    ("json", "JSON"),
    ("gguf", "GGUF"),
];

/// What is wrong with the name of a file to be written: its ending is that of another format.
#[must_use]
pub fn wrong_ending(path: &str) -> Option<String> {
    let (stem, ending) = path.rsplit_once('.')?;
    let (_, format) = ENDINGS
        .iter()
        .find(|(e, _)| ending.eq_ignore_ascii_case(e))?;
    Some(format!(
        "the ending `.{ending}` is that of {format}, but kseq writes safetensors; save to `{stem}.safetensors`"
    ))
}

/// What to do with arrays of other programs.
const SAVE: &str = "in Python, write its arrays with `safetensors.numpy.save_file`, named as in the model \
                    (`dense_1.kernel`)";

/// What bytes are that are not in the safetensors format, with what to do, as far as they tell.
pub(crate) fn described(bytes: &[u8]) -> Option<String> {
    let begins = |with: &[u8]| bytes.starts_with(with);
    let found = if begins(b"\x89HDF\r\n\x1a\n") {
        ("an HDF5 file (Keras's .h5)", SAVE)
    } else if begins(b"PK\x03\x04") {
        let beginning = bytes.get(..4096).unwrap_or(bytes);
        let has = |name: &[u8]| beginning.windows(name.len()).any(|w| w == name);
        if has(b"metadata.json") || has(b"config.json") || has(b"model.weights.h5") {
            ("a zip archive of Keras's (.keras)", SAVE)
        } else if has(b".npy") {
            ("a zip archive of NumPy's (.npz)", SAVE)
        } else if has(b"data.pkl") {
            ("a zip archive of PyTorch's (.pt)", SAVE)
        } else {
            ("a zip archive (.keras, .npz, .pt)", SAVE)
        }
    } else if begins(b"\x93NUMPY") {
        ("an array of NumPy's (.npy)", SAVE)
    } else if matches!(bytes, [0x80, 2..=5, ..]) {
        ("a pickle of Python's (.pkl, .pt)", SAVE)
    } else if bytes.get(4..8) == Some(b"TFL3") {
        ("a model of TensorFlow Lite (.tflite)", SAVE)
    } else if begins(b"\x1f\x8b") {
        ("compressed by gzip", "unpack it")
    } else if begins(b"GGUF") {
        ("a GGUF file", SAVE)
    } else if matches!(bytes, [0x08, 1..=20, b'\x12' | b'"' | b'*' | b':', ..]) {
        ("a protobuf, such as ONNX (.onnx) or TensorFlow (.pb)", SAVE)
    } else if matches!(bytes, [b'{', ..]) {
        (
            "JSON text",
            "a safetensors file has the weights, not the layers",
        )
    } else {
        return None;
    };
    let (what, help) = (found.0.to_owned(), found.1.to_string());
    Some(format!("expected a safetensors file, found {what}; {help}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_of_other_formats() {
        for (ending, format) in ENDINGS {
            let why = wrong_ending(&format!("out/best.weights.{ending}")).unwrap();
            assert!(why.contains(format), "{why}");
            assert!(
                why.ends_with("save to `out/best.weights.safetensors`"),
                "{why}"
            );
            assert!(wrong_ending(&format!("x.{}", ending.to_uppercase())).is_some());
        }
        for path in [
            "model",
            "a.safetensors",
            "h5",
            "keras.d/model",
            "w.{val_loss:.2f}",
            "w.0.25",
        ] {
            assert_eq!(wrong_ending(path), None, "{path}");
        }
    }
}
