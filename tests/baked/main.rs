//! `include_weights!`: a model in the program predicts as the one whose weights were saved.
//!
//! The files are those of `models.rs`: `tests/baked_files.rs` compares and writes them.

mod models;

use kseq::params::Flat;
use kseq::prelude::*;
use models::{Digits, Net, Words, model};

static DIGITS: Baked<Digits> = include_weights!(Digits, "baked/digits.safetensors");
static WORDS: Baked<Words> = include_weights!(Words, "baked/words.safetensors");
/// In another order, as another program has written it.
static NET: Baked<Net> = include_weights!(Net, "baked/net_in_another_order.safetensors");
/// A checkpoint has other arrays, too.
static CHECKPOINT: Baked<Net> = include_weights!(Net, "baked/checkpoint.safetensors");

fn images() -> Vec<[[[f32; 1]; 8]; 8]> {
    let pixel = |n: usize, row: usize, column: usize| [((n + row * 3 + column * 5) % 11) as f32];
    let image = |n| std::array::from_fn(|row| std::array::from_fn(|column| pixel(n, row, column)));
    (0..70).map(image).collect()
}

fn sentences() -> Vec<[u32; 5]> {
    let token = |n: usize, at: usize| ((n * 3 + at * at) % 10) as u32;
    (0..70)
        .map(|n| std::array::from_fn(|at| token(n, at)))
        .collect()
}

#[track_caller]
fn same_bits<M: Model<Output = [f32; N]>, const N: usize>(baked: &Baked<M>, x: &[M::Input]) {
    let expected = model::<M>().predict(x).unwrap();
    let bits =
        |y: &[[f32; N]]| -> Vec<u32> { y.as_flattened().iter().map(|v| v.to_bits()).collect() };
    assert_eq!(bits(&baked.predict(x).unwrap()), bits(&expected));
    // The memory for a sample, and for several at a time.
    let mut y = vec![[0.0; N]; x.len()];
    let mut scratch = [0.0; 2000];
    baked.predict_into(x, &mut y, &mut scratch).unwrap();
    assert_eq!(bits(&y), bits(&expected));
    let all: Vec<f32> = y.into_iter().flatten().collect();
    assert!(all.iter().any(|&v| v != all[0]), "the outputs differ");
}

#[test]
fn convolutions_with_moving_averages() {
    same_bits(&DIGITS, &images());
    let mut one = [[0.0; 4]];
    let mut scratch = [0.0; Baked::<Digits>::SCRATCH];
    DIGITS
        .predict_into(&images()[..1], &mut one, &mut scratch)
        .unwrap();
    assert_eq!(one[0], model::<Digits>().predict(&images()).unwrap()[0]);
}

#[test]
fn tokens_and_steps() {
    same_bits(&WORDS, &sentences());
}

#[test]
fn any_order_and_checkpoints() {
    let x: Vec<[f32; 4]> = (0..9).map(|n| [n as f32, 1.0, -0.5, 0.25]).collect();
    same_bits(&NET, &x);
    same_bits(&CHECKPOINT, &x);
}

#[test]
fn all_of_a_file_is_there() {
    let mut of_host = model::<Digits>();
    assert_eq!(DIGITS.as_f32s(), of_host.as_f32s());
    assert_eq!(DIGITS.dense_1.bias, of_host.dense_1.bias);
    assert_eq!(DIGITS.state().as_f32s(), of_host.state_mut().as_f32s());
    assert!((&raw const *DIGITS).addr().is_multiple_of(64));
}

#[test]
fn what_the_compiler_cannot_know() {
    let why = WORDS.predict(&[[0, 1, 2, 3, 10]]).unwrap_err().to_string();
    assert!(why.contains("10"), "{why}");
    let mut scratch = [0.0; Baked::<Net>::SCRATCH];
    let y = &mut [[0.0; 2]; 2];
    let why = NET.predict_into(&[[0.0; 4]], y, &mut scratch).unwrap_err();
    assert!(matches!(why, Error::Lengths { x: 1, y: 2, .. }), "{why}");
}
