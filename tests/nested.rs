//! Models that are layers: with axes of any length, with a state, with a kernel that training normalises. Each is compared with
//! its layers listed one by one.

use kseq::model::Model;
use kseq::params::Flat;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};

const BATCH: usize = 4;

sequential! {
    Tagger = [
        LSTM(4, return_sequences = true, input_shape = (None, 3)),
        Dense(5, activation = "tanh"),
    ]
}

sequential! {
    Open = [
        Masking(0.0, input_shape = (None, 2)),
        Conv1D(3, 2, padding = "causal"),
        Tagger,
        Residual([Dense(5), MultiHeadAttention(1, 2)]),
        Sequential([GRU(4, return_sequences = true), Sequential([GlobalMaxPooling1D()])]),
        Sequential([Dense(6, activation = "relu"), Dense(2)]),
    ]
}

sequential! {
    Of7 = [
        Masking(0.0, input_shape = (7, 2)),
        Conv1D(3, 2, padding = "causal"),
        LSTM(4, return_sequences = true),
        Dense(5, activation = "tanh"),
        Residual([Dense(5), MultiHeadAttention(1, 2)]),
        GRU(4, return_sequences = true),
        GlobalMaxPooling1D(),
        Dense(6, activation = "relu"),
        Dense(2),
    ]
}

sequential! {
    Reader = [
        LSTM(6, return_sequences = true, stateful = true, batch_input_shape = (BATCH, 3, 2)),
        GRU(5, return_sequences = true, stateful = true),
    ]
}

sequential! {
    Around = [
        Sequential(Reader, batch_input_shape = (BATCH, 3, 2)),
        SimpleRNN(5, stateful = true),
        Dense(2, activation = "softmax"),
    ]
}

sequential! {
    Flat3 = [
        LSTM(6, return_sequences = true, stateful = true, batch_input_shape = (BATCH, 3, 2)),
        GRU(5, return_sequences = true, stateful = true),
        SimpleRNN(5, stateful = true),
        Dense(2, activation = "softmax"),
    ]
}

sequential! { Divided = [BatchNormalization(input_shape = (2,)), SpectralNormalization(Dense(3), power_iterations = 2)] }
sequential! { Dividing = [BatchNormalization(input_shape = (2,)), Divided, Sequential([Dense(3), SpectralNormalization(Dense(2))])] }
sequential! {
    Listed = [
        BatchNormalization(input_shape = (2,)),
        BatchNormalization(),
        SpectralNormalization(Dense(3), power_iterations = 2),
        Dense(3),
        SpectralNormalization(Dense(2)),
    ]
}

macro_rules! short {
    () => {
        Fit::new().epochs(3).batch_size(4).shuffle(false).verbose(0)
    };
}

fn draw<const T: usize>(n: usize) -> Vec<[[f32; 2]; T]> {
    let mut rng = Rng::new(3, Purpose::User, 0, 0);
    let sample = |_| [[0.0; 2]; T].map(|row| row.map(|_| rng.normal()));
    (0..n).map(sample).collect()
}

/// The same parameters and state.
fn same_arrays<A: Model, B: Model>(from: &mut Sequential<A>, to: &mut Sequential<B>) {
    let params = to.params_mut().as_f32s_mut();
    params.copy_from_slice(from.params().as_f32s());
    let state = to.state_mut().as_f32s_mut();
    state.copy_from_slice(from.state_mut().as_f32s());
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn lengths_go_through_models_that_are_layers() {
    let (mut open, mut fixed) = (Open::new(1), Of7::new(2));
    same_arrays(&mut open, &mut fixed);
    let mut x = draw::<7>(10);
    x[3][2] = [0.0; 2];
    let y: Vec<[f32; 2]> = draw::<1>(10).into_iter().map(|[row]| row).collect();
    let steps: Vec<Vec<[f32; 2]>> = x.iter().map(|x| x.to_vec()).collect();
    let want = fixed.predict(&x).unwrap();
    assert_eq!(
        bits(open.predict(&steps).unwrap().as_flattened()),
        bits(want.as_flattened())
    );

    let (mut open, mut fixed) = (
        compile!(open, optimizer = "sgd", loss = "mse"),
        compile!(fixed, optimizer = "sgd", loss = "mse"),
    );
    open.fit(&steps, &y, short!()).unwrap();
    fixed.fit(&x, &y, short!()).unwrap();
    assert_eq!(
        bits(open.params().as_f32s()),
        bits(fixed.params().as_f32s())
    );
    // Of any other length, too.
    let long = draw::<30>(2);
    let long: Vec<Vec<[f32; 2]>> = long.iter().map(|x| x.to_vec()).collect();
    let y = open.predict(&long).unwrap();
    assert!(y.as_flattened().iter().all(|y| y.is_finite()));
}

#[test]
fn a_state_is_carried_in_a_model_that_is_a_layer() {
    let (mut around, mut flat) = (Around::new(1), Flat3::new(2));
    same_arrays(&mut around, &mut flat);
    let x = draw::<3>(3 * BATCH);
    let first = around.predict(&x).unwrap();
    let want = flat.predict(&x).unwrap();
    assert_eq!(bits(first.as_flattened()), bits(want.as_flattened()));
    assert_ne!(around.predict(&x).unwrap(), first);
    around.reset_states();
    assert_eq!(around.predict(&x).unwrap(), first);
}

#[test]
fn kernels_are_normalised_in_models_that_are_layers() {
    let (mut inside, mut listed) = (Dividing::new(1), Listed::new(2));
    same_arrays(&mut inside, &mut listed);
    let x: Vec<[f32; 2]> = draw::<1>(12).into_iter().map(|[row]| row).collect();
    let (mut inside, mut listed) = (
        compile!(inside, optimizer = "sgd", loss = "mse"),
        compile!(listed, optimizer = "sgd", loss = "mse"),
    );
    inside.fit(&x, &x, short!()).unwrap();
    listed.fit(&x, &x, short!()).unwrap();
    assert_eq!(
        bits(inside.params().as_f32s()),
        bits(listed.params().as_f32s())
    );
    assert_eq!(
        bits(inside.state_mut().as_f32s()),
        bits(listed.state_mut().as_f32s())
    );
}
