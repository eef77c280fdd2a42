//! The files that `tests/baked` and the rejected programs include are what kseq writes, and what is wrong with some of them
//! is made of that; those of twins in integers are for `tests/int8`. After a change: `KSEQ_WRITE_FILES=1 cargo test --test baked_files`.

#[path = "int8/models.rs"]
mod int8;
#[path = "baked/models.rs"]
mod models;

use std::fs;
use std::path::{Path, PathBuf};

use kseq::prelude::*;
use models::{Carries, Digits, Net, Steps, Twin, Words, model};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

/// A folder of this test's own, for what is saved.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("kseq-baked-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// The bytes that `save` writes.
    fn of(&self, save: impl FnOnce(&Path)) -> Vec<u8> {
        let path = self.0.join("file.safetensors");
        save(&path);
        fs::read(path).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What another program makes of a file: its arrays, changed, with no checksum.
fn rewritten(
    bytes: &[u8],
    change: impl Fn(&str, Dtype, Vec<usize>, &[u8]) -> Vec<Changed>,
) -> Vec<u8> {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let mut arrays = Vec::new();
    for (name, view) in file.tensors() {
        arrays.extend(change(
            &name,
            view.dtype(),
            view.shape().to_vec(),
            view.data(),
        ));
    }
    let views = arrays.iter().map(|(name, dtype, shape, data)| {
        let view = TensorView::new(*dtype, shape.clone(), data).unwrap();
        (name.clone(), view)
    });
    safetensors::serialize(views, None).unwrap()
}

/// Name, type, shape, bytes.
type Changed = (String, Dtype, Vec<usize>, Vec<u8>);

fn files() -> Vec<(&'static str, Vec<u8>)> {
    let folder = Folder::new();
    let digits = folder.of(|path| model::<Digits>().save_weights(path).unwrap());
    let words = folder.of(|path| model::<Words>().save_weights(path).unwrap());
    let net = folder.of(|path| model::<Net>().save_weights(path).unwrap());
    let steps = folder.of(|path| model::<Steps>().save_weights(path).unwrap());
    let carries = folder.of(|path| model::<Carries>().save_weights(path).unwrap());
    // Sums of such numbers are exact: each machine finds the same ranges.
    let x: Vec<[f32; 4]> = (0..16)
        .map(|i| [1, 3, 5, 7].map(|k| ((i * k) % 9) as f32 / 8.0 - 0.5))
        .collect();
    let twin = model::<Twin>().quantize(&Calibration::new(&x)).unwrap();
    let twin = folder.of(|path| twin.save(path).unwrap());
    let checkpoint = folder.of(|path| {
        let mut model = model::<Net>().compile(SGD::new(0.1), MeanSquaredError::new(), ());
        model.save(path).unwrap();
    });
    let same =
        |name: &str, dtype, shape, data: &[u8]| (name.to_owned(), dtype, shape, data.to_vec());
    // The crate sorts arrays by their names.
    let in_another_order = rewritten(&net, |n, t, s, d| vec![same(n, t, s, d)]);
    let without_a_bias = rewritten(&net, |n, t, s, d| match n {
        "dense_1.bias" => vec![],
        _ => vec![same(n, t, s, d)],
    });
    let one_too_many = rewritten(&net, |n, t, s, d| match n {
        "dense_2.bias" => vec![same(n, t, s.clone(), d), same("dense_3.bias", t, s, d)],
        _ => vec![same(n, t, s, d)],
    });
    let half = rewritten(&net, |n, t, s, d| match n {
        "dense_1.kernel" => vec![same(n, Dtype::F16, s, &d[..d.len() / 2])],
        _ => vec![same(n, t, s, d)],
    });
    let double = rewritten(&net, |n, t, s, d| match n {
        "batch_normalization_1.moving_mean" => vec![same(n, Dtype::F64, s, &d.repeat(2))],
        _ => vec![same(n, t, s, d)],
    });
    let diverged = rewritten(&net, |n, t, s, d| {
        let mut data = d.to_vec();
        if n == "dense_2.kernel" {
            data[16..20].copy_from_slice(&f32::NAN.to_le_bytes());
        }
        vec![same(n, t, s, &data)]
    });
    let mut damaged = net.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let cut = net[..net.len() - 10].to_vec();
    let hdf5 = b"\x89HDF\r\n\x1a\n the beginning of a file of Keras's".to_vec();
    vec![
        ("tests/baked/digits.safetensors", digits),
        ("tests/baked/words.safetensors", words),
        ("tests/baked/steps.safetensors", steps),
        (
            "tests/baked/net_in_another_order.safetensors",
            in_another_order,
        ),
        ("tests/baked/checkpoint.safetensors", checkpoint),
        ("ui-tests/weights/net.safetensors", net),
        ("ui-tests/weights/carries.safetensors", carries),
        ("ui-tests/weights/twin.q8.safetensors", twin),
        (
            "ui-tests/weights/without_a_bias.safetensors",
            without_a_bias,
        ),
        ("ui-tests/weights/one_too_many.safetensors", one_too_many),
        ("ui-tests/weights/half.safetensors", half),
        ("ui-tests/weights/double.safetensors", double),
        ("ui-tests/weights/diverged.safetensors", diverged),
        ("ui-tests/weights/damaged.safetensors", damaged),
        ("ui-tests/weights/cut.safetensors", cut),
        ("ui-tests/weights/keras.h5", hdf5),
    ]
}

#[test]
fn the_files_are_what_is_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (path, bytes) in files() {
        assert!(bytes.len() < 4096, "{path} is large: {}", bytes.len());
        let file = root.join(path);
        if std::env::var_os("KSEQ_WRITE_FILES").is_some() {
            fs::write(&file, &bytes).unwrap();
        }
        let found = fs::read(&file).unwrap_or_default();
        assert!(found == bytes, "{path} is an old one: see above");
    }
}

/// The twins of `tests/int8`. Their bytes are not compared: the ranges of a tensor are sums in `f32`, which another processor may round
/// otherwise.
#[test]
fn the_files_of_twins_fit_the_models() {
    fn written<M>(name: &str)
    where
        M: kseq::int8::Quantizable<Input: kseq::tensor::Tensor<Elem = f32>>,
    {
        let path = format!("{}/int8/{name}.q8.safetensors", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("KSEQ_WRITE_FILES").is_some() {
            let x: Vec<M::Input> = int8::samples(50);
            let model = Sequential::<M>::new(4);
            let twin = model.quantize(&Calibration::new(&x)).unwrap();
            twin.save(&path).unwrap();
        }
        assert!(fs::metadata(&path).unwrap().len() < 8192, "{path} is large");
        assert!(
            Quantized::<M>::load(&path).is_ok(),
            "{path} is an old one: see above"
        );
    }
    written::<int8::Picture>("picture");
    written::<int8::Mixed>("mixed");
    written::<int8::Series>("series");
}
