//! `get_weights`, `set_weights`, `save_weights`, `load_weights`.

use kseq::prelude::*;
use kseq::train::{Array, Weights};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::path::PathBuf;

sequential! {
    Net = [
        Dense(4, activation = "relu", input_shape = (3,)),
        BatchNormalization(),
        Dense(2),
    ]
}

fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("kseq-weights-{name}-{}", std::process::id()))
}

#[test]
fn kerass_order_and_shapes() {
    let model = Net::new(1);
    let weights = model.get_weights();
    let shapes: Vec<&[usize]> = weights.iter().map(Array::shape).collect();
    // kernel, bias; gamma, beta, moving_mean, moving_variance; kernel, bias.
    let expected: [&[usize]; 8] = [&[3, 4], &[4], &[4], &[4], &[4], &[4], &[4, 2], &[2]];
    assert_eq!(shapes, expected);
    assert_eq!(weights[0].values(), model.dense_1.kernel.as_flattened());
    assert_eq!(weights[5].values(), [1.0; 4]);
    assert_eq!(weights[0], Array::from(&model.dense_1.kernel));
    let layer = model.get_layer("batch_normalization_1").unwrap();
    assert_eq!(layer.get_weights(), weights[2..6]);
}

#[test]
fn set_weights_takes_what_get_weights_gave() {
    let mut model = Net::new(1);
    let other = Net::new(2);
    model.set_weights(&other.get_weights());
    assert_eq!(model.get_weights(), other.get_weights());
    let x = [[0.1, 0.2, 0.3]];
    assert_eq!(model.predict(&x).unwrap(), other.predict(&x).unwrap());
    // One layer.
    let mut array = other.get_layer("dense_2").unwrap().get_weights();
    array[1].values_mut()[0] = 7.0;
    let mut layer = model.get_layer_mut("dense_2").unwrap();
    layer.set_weights(&array).unwrap();
    assert_eq!(model.dense_2.bias, [7.0, 0.0]);
    assert!(model.get_layer_mut("dense_9").is_err());
}

/// Keras's `[0.9 * t + 0.1 * m for t, m in zip(target.get_weights(), model.get_weights())]`.
#[test]
fn a_target_network_follows_slowly() {
    let (model, mut target) = (Net::new(1), Net::new(2));
    let before = target.dense_1.kernel[2][1];
    let mut weights = target.get_weights();
    for (to, from) in weights.iter_mut().zip(model.get_weights().iter()) {
        for (to, from) in to.iter_mut().zip(from.values()) {
            *to = 0.9 * *to + 0.1 * from;
        }
    }
    target.set_weights(&weights);
    let expected = 0.9 * before + 0.1 * model.dense_1.kernel[2][1];
    assert_eq!(target.dense_1.kernel[2][1], expected);
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_changed() {
    let model = Net::new(1);
    let mut weights = model.get_weights().into_arrays();
    weights.pop();
    let error = Weights::<Net>::new(weights).unwrap_err().to_string();
    assert_eq!(
        error,
        "set_weights: expected 8 arrays (dense_1.kernel (3, 4), dense_1.bias (4,), \
         batch_normalization_1.gamma (4,), batch_normalization_1.beta (4,), \
         batch_normalization_1.moving_mean (4,), batch_normalization_1.moving_variance (4,), \
         dense_2.kernel (4, 2), dense_2.bias (2,)), found 7"
    );
    let before = model.get_weights();
    let mut weights = model.get_weights().into_arrays();
    weights[0] = Array::from(&[[1.0f32; 4]; 3]);
    weights[6] = Array::from(&[[0.0f32; 4]; 2]);
    let error = Weights::<Net>::new(weights).unwrap_err().to_string();
    assert_eq!(
        error,
        "set_weights: array 6 is `dense_2.kernel` of shape (4, 2), found shape (2, 4)"
    );
    assert_eq!(model.get_weights(), before);
}

#[test]
fn the_safetensors_crate_reads_what_is_saved() {
    let path = file("read");
    let model = Net::new(3);
    model.save_weights(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let mut names = tensors.names();
    names.sort();
    let expected = [
        "batch_normalization_1.beta",
        "batch_normalization_1.gamma",
        "batch_normalization_1.moving_mean",
        "batch_normalization_1.moving_variance",
        "dense_1.bias",
        "dense_1.kernel",
        "dense_2.bias",
        "dense_2.kernel",
    ];
    assert_eq!(names, expected);
    let kernel = tensors.tensor("dense_1.kernel").unwrap();
    assert_eq!((kernel.dtype(), kernel.shape()), (Dtype::F32, &[3, 4][..]));
    let values: Vec<f32> = kernel
        .data()
        .chunks(4)
        .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
        .collect();
    assert_eq!(values, model.dense_1.kernel.as_flattened());
}

/// A file of the crate with these arrays of zeros.
fn written(name: &str, arrays: &[(&str, Dtype, &[usize])]) -> PathBuf {
    let path = file(name);
    let zeros = [0; 1024];
    let views = arrays.iter().map(|(name, dtype, shape)| {
        let bytes = shape.iter().product::<usize>() * dtype.bitsize() / 8;
        let view = TensorView::new(*dtype, shape.to_vec(), &zeros[..bytes]);
        (*name, view.unwrap())
    });
    std::fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
    path
}

/// Name, type and shape.
type Listed = (&'static str, Dtype, &'static [usize]);

const ARRAYS: [Listed; 8] = [
    ("dense_2.bias", Dtype::F32, &[2]),
    ("dense_1.kernel", Dtype::F32, &[3, 4]),
    ("dense_1.bias", Dtype::F32, &[4]),
    ("batch_normalization_1.gamma", Dtype::F32, &[4]),
    ("batch_normalization_1.beta", Dtype::F32, &[4]),
    ("batch_normalization_1.moving_mean", Dtype::F32, &[4]),
    ("batch_normalization_1.moving_variance", Dtype::F32, &[4]),
    ("dense_2.kernel", Dtype::F32, &[4, 2]),
];

#[test]
fn a_file_of_the_safetensors_crate_is_loaded_by_name() {
    let path = written("load", &ARRAYS);
    let mut model = Net::new(3);
    model.load_weights(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    let sum: f32 = model.get_weights().iter().flat_map(Array::values).sum();
    assert_eq!(sum, 0.0);
}

#[test]
fn a_file_that_does_not_fit_names_the_array_and_both_shapes() {
    let refused = |name: &str, change: fn(&mut Vec<Listed>)| {
        let mut arrays = ARRAYS.to_vec();
        change(&mut arrays);
        let path = written(name, &arrays);
        let mut model = Net::new(3);
        let before = model.get_weights();
        let error = model.load_weights(&path).unwrap_err().to_string();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(model.get_weights(), before);
        let path = format!("{}: ", path.display());
        error.strip_prefix(&path).unwrap().to_string()
    };
    assert_eq!(
        refused("shape", |a| a[7].2 = &[2, 4]),
        "`dense_2.kernel` has shape (4, 2) in the model and (2, 4) in the file"
    );
    assert_eq!(
        refused("type", |a| a[7].1 = Dtype::F64),
        "`dense_2.kernel` is of type F64, expected F32"
    );
    let missing = refused("missing", |a| {
        a.remove(7);
    });
    assert!(
        missing
            .starts_with("the model has dense_2.kernel (4, 2), which is not in the file; it has: "),
        "{missing}"
    );
    assert_eq!(
        refused("superfluous", |a| a.push((
            "dense_3.bias",
            Dtype::F32,
            &[3]
        ))),
        "the file has `dense_3.bias` of shape (3,), which the model does not have"
    );
}

#[test]
fn files_that_are_none() {
    let mut model = Net::new(3);
    let error = model.load_weights(file("nowhere")).unwrap_err();
    assert!(matches!(error, Error::File { .. }));
    assert!(model.save_weights(file("no").join("such/folder")).is_err());
    assert!(model.save_weights("").is_err());
    let path = file("text");
    std::fs::write(&path, "weights?").unwrap();
    let error = model.load_weights(&path).unwrap_err().to_string();
    assert!(error.contains("expected a safetensors file"), "{error}");
    std::fs::remove_file(path).unwrap();
}

/// A learning rate that cannot be taken over: nothing else is, either.
#[test]
fn a_checkpoint_of_another_learning_rate_changes_nothing() {
    use kseq::optimizers::schedules::ExponentialDecay;
    let compiled = |seed| Net::new(seed).compile(SGD::new(0.1), MeanSquaredError::default(), ());
    let path = file("learning-rate");
    let mut saved = compiled(1);
    saved.save(&path).unwrap();
    let schedule = SGD::new(ExponentialDecay::new(0.2, 10, 0.5));
    let mut model = Net::new(2).compile(schedule, MeanSquaredError::default(), ());
    let before = model.get_weights();
    let error = model.load(&path).unwrap_err().to_string();
    assert!(
        error.contains(
            "the learning rate 0.1, which cannot be set: learning_rate: a schedule is in"
        )
    );
    assert_eq!(model.get_weights(), before);
    let mut model = compiled(2);
    model.load(&path).unwrap();
    assert_eq!(model.get_weights(), saved.get_weights());
    std::fs::remove_file(&path).unwrap();
}
