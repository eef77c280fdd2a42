//! Data that do not fit at run time: a typed error that names the place, before anything is trained.

use kseq::params::Flat;
use kseq::prelude::*;

sequential! { Net = [Dense(3, activation = "softmax", input_shape = (2,))] }

type Trained = Compiled<Net, SGD, CategoricalCrossentropy, (Accuracy,)>;

fn model() -> Trained {
    Net::new(1).compile(
        SGD::default(),
        CategoricalCrossentropy::default(),
        (Accuracy,),
    )
}

const X: [[f32; 2]; 10] = [[0.5, -0.5]; 10];
const Y: [[f32; 3]; 10] = [[1.0, 0.0, 0.0]; 10];

fn refused(x: &[[f32; 2]], y: &[[f32; 3]], fit: Fit<'_, Net, [f32; 3]>) -> String {
    let mut model = model();
    let before = model.params().as_f32s().to_vec();
    let error = model
        .fit(x, y, fit.verbose(0))
        .expect_err("must be refused");
    assert_eq!(model.params().as_f32s(), before, "nothing may be trained");
    error.to_string()
}

#[test]
fn lengths() {
    let error = refused(&X, &Y[..9], Fit::new());
    assert_eq!(
        error,
        "fit: x has 10 samples, y has 9; every sample needs one target"
    );
    let error = refused(&X, &Y, Fit::new().validation_data(&X[..2], &Y[..3]));
    assert!(
        error.starts_with("validation_data: x has 2 samples, y has 3"),
        "{error}"
    );
}

#[test]
fn empty() {
    assert_eq!(
        refused(&[], &[], Fit::new()),
        "fit: there is no sample; give at least one"
    );
    assert!(model().evaluate(&[], &[]).is_err());
    assert!(model().train_on_batch(&[], &[]).is_err());
    assert_eq!(model().predict(&[]).unwrap(), Vec::<[f32; 3]>::new());
}

#[test]
fn not_finite() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut x = X;
        x[7][1] = bad;
        let error = refused(&x, &Y, Fit::new());
        assert!(
            error.contains(&format!("sample 7 has {bad} at element 1")),
            "{error}"
        );
    }
}

#[test]
fn targets_that_cannot_be_meant() {
    let mut y = Y;
    y[4][2] = f32::NAN;
    let error = refused(&X, &y, Fit::new());
    assert_eq!(error, "fit: target of sample 4: has NaN at element 2");
    sequential! { Binary = [Dense(1, activation = "sigmoid", input_shape = (2,))] }
    let mut model = Binary::new(1).compile(SGD::default(), BinaryCrossentropy::default(), ());
    let error = model
        .train_on_batch(&X[..2], &[[1.0], [9.0]])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("target of sample 1: 9.0, expected a probability"),
        "{error}"
    );
    let loss = BinaryCrossentropy::default().label_smoothing(7.0);
    let mut model = Binary::new(1).compile(SGD::default(), loss, ());
    let error = model
        .train_on_batch(&X[..1], &[[1.0]])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("label_smoothing must be from 0 to 1, found 7.0"),
        "{error}"
    );
}

#[test]
fn class_index_too_large() {
    let mut model = Net::new(1).compile(
        SGD::default(),
        SparseCategoricalCrossentropy::default(),
        (Accuracy,),
    );
    let error = model.fit(&X, &[0, 1, 2, 3, 0, 0, 0, 0, 0, 0], Fit::new().verbose(0));
    let error = error.expect_err("class 3 of 3").to_string();
    assert!(error.contains("sample 3") && error.contains('3'), "{error}");
}

#[test]
fn arguments() {
    assert!(refused(&X, &Y, Fit::new().batch_size(0)).contains("batch_size"));
    for split in [1.0, -0.5, f64::NAN, 0.99] {
        assert!(refused(&X, &Y, Fit::new().validation_split(split)).contains("validation_split"));
    }
    let mut model = Net::new(1).compile(SGD::new(-1.0), CategoricalCrossentropy::default(), ());
    assert!(model.fit(&X, &Y, Fit::new().verbose(0)).is_err());
    assert!(model.train_on_batch(&X, &Y).is_err());
    assert!(Net::new(1).threads(100_000).is_err());
}

#[test]
fn get_layer_by_name_and_index() {
    let model = model();
    let layer = model.get_layer("dense_1").unwrap();
    assert_eq!((layer.index, layer.info.class_name), (0, "Dense"));
    let weights = layer.weights();
    assert_eq!(weights.len(), 2);
    assert_eq!(
        (weights[0].0.name, weights[0].1),
        ("kernel", model.dense_1.kernel.as_flattened())
    );
    assert_eq!(model.get_layer(0).unwrap().info.name, "dense_1");
    let error = model.get_layer("dense_2").unwrap_err().to_string();
    assert_eq!(
        error,
        "no layer is named `dense_2`; `Net` has, from index 0: dense_1"
    );
    let error = model.get_layer(1).unwrap_err().to_string();
    assert_eq!(
        error,
        "there is no layer 1; `Net` has, from index 0: dense_1"
    );
}
