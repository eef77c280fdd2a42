//! Names that promise another format, and files in one.

use std::fs;
use std::process::ExitCode;

use kseq::callbacks::ModelCheckpoint;
use kseq::prelude::*;

use super::{Folder, Net, X, Y, net, quiet};

#[test]
fn another_formats_name_is_refused() {
    let folder = Folder::new("endings");
    for ending in [
        "h5",
        "H5",
        "hdf5",
        "keras",
        "weights.h5",
        "pb",
        "tf",
        "tflite",
        "onnx",
        "pt",
        "npz",
        "pkl",
    ] {
        // Which `save_weights` writes then.
        if ending == "npz" && cfg!(feature = "import") {
            continue;
        }
        let path = folder.path(&format!("model.{ending}"));
        let saved = net().save(&path).unwrap_err().to_string();
        let weights = Net::new(1).save_weights(&path).unwrap_err().to_string();
        assert_eq!(saved, weights);
        assert!(
            saved.contains("but kseq writes safetensors; save to `"),
            "{saved}"
        );
        // Before the first step.
        let mut model = net();
        let before = model.get_weights();
        let callback = &mut ModelCheckpoint::new(&path);
        let refused = model
            .fit(&X, &Y, quiet(1).callbacks([callback]))
            .unwrap_err();
        assert!(
            refused.to_string().contains("but kseq writes safetensors"),
            "{refused}"
        );
        assert!(model.get_weights() == before);
        assert!(!path.exists());
    }
    let error = Net::new(1).save_weights("no/x.weights.h5").unwrap_err();
    assert_eq!(
        error.to_string(),
        "no/x.weights.h5: the ending `.h5` is that of Keras's HDF5, but kseq writes safetensors; save to \
         `no/x.weights.safetensors`"
    );
}

#[test]
fn files_of_other_programs_are_named() {
    let folder = Folder::new("formats");
    let path = folder.path("file");
    let long = |beginning: &[u8]| [beginning, &[0; 600]].concat();
    for (bytes, what) in [
        (long(b"\x89HDF\r\n\x1a\n"), "an HDF5 file (Keras's .h5)"),
        (b"\x89HDF\r\n\x1a\n".to_vec(), "an HDF5 file (Keras's .h5)"),
        (
            long(b"PK\x03\x04\x14\0\0\0\0\0metadata.json{}"),
            "a zip archive of Keras's (.keras)",
        ),
        (
            long(b"PK\x03\x04\x14\0kernel.npy"),
            "a zip archive of NumPy's (.npz)",
        ),
        (
            long(b"PK\x03\x04\0\0archive/data.pkl"),
            "a zip archive of PyTorch's (.pt)",
        ),
        (
            long(b"PK\x03\x04\x14\0\0\0\0\0other"),
            "a zip archive (.keras, .npz, .pt)",
        ),
        (long(b"\x93NUMPY\x01\0"), "an array of NumPy's (.npy)"),
        (
            long(b"\x80\x04\x95\x10\0\0\0\0\0\0\0}"),
            "a pickle of Python's",
        ),
        // What would be a header of 640 bytes.
        (long(b"\x80\x02\0\0\0\0\0\0}q"), "a pickle of Python's"),
        (long(b"\x1c\0\0\0TFL3"), "a model of TensorFlow Lite"),
        (long(b"\x08\x07\x12\x07pytorch"), "a protobuf, such as ONNX"),
        (b"{\"class_name\": \"Sequential\"}".to_vec(), "JSON text"),
    ] {
        fs::write(&path, bytes).unwrap();
        let weights = Net::new(1).load_weights(&path).unwrap_err().to_string();
        let loaded = net().load(&path).unwrap_err().to_string();
        let expected = format!("file: expected a safetensors file, found {what}");
        assert!(loaded.contains(&expected), "{loaded}, expected {what}");
        // Those of Keras and NumPy are read with a feature.
        let is_keras =
            what.contains("zip archive") || what.contains("HDF5") || what.contains("NumPy");
        if is_keras && cfg!(feature = "import") {
            assert!(
                !weights.contains("expected a safetensors file"),
                "{weights}"
            );
        } else if is_keras {
            let feature =
                "; or switch on kseq's feature `import`, with which `load_weights` reads it";
            assert_eq!(weights, format!("{loaded}{feature}"));
        } else {
            assert_eq!(weights, loaded);
        }
    }
}

/// What `main` prints of the error that it returns, and what `unwrap` says.
#[test]
fn debug_of_an_error_is_its_text() {
    use std::process::Termination;
    let error = net().load("no/such/file").unwrap_err();
    assert_eq!(format!("{error:?}"), error.to_string());
    assert_eq!(format!("{error:#?}"), error.to_string());
    let error = kseq::datasets::mnist::load_data("no/such/folder")
        .err()
        .unwrap();
    assert_eq!(format!("{error:?}"), error.to_string());
    let main: Result<(), Error> = Err(Error::Empty { what: "fit" });
    assert_eq!(main.report(), ExitCode::FAILURE);
}
