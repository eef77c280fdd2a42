//! `include_weights!`: a model in the program predicts as the one whose weights were saved.
//!
//! The files are those of `models.rs`: `tests/baked_files.rs` compares and writes them.

mod models;

use kseq::params::Flat;
use kseq::plan::OneLength;
use kseq::prelude::*;
use kseq::scratch::{Stateless, max};
use models::{Digits, Net, Steps, Words, model};

static DIGITS: Baked<Digits> = include_weights!(Digits, "baked/digits.safetensors");
static WORDS: Baked<Words> = include_weights!(Words, "baked/words.safetensors");
static STEPS: Baked<Steps> = include_weights!(Steps, "baked/steps.safetensors");
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
fn same_bits<M: Model<Output = [f32; N]>, const N: usize>(baked: &Baked<M>, x: &[M::Input])
where
    M::Scratch: Stateless,
{
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

/// One sample, in any of the ways: the bits of the host.
#[track_caller]
fn one<M: Model<Output = [f32; N], Plan: OneLength>, const N: usize>(baked: &Baked<M>, x: &M::Input)
where
    M::Scratch: Stateless,
{
    let expected = model::<M>().predict(std::slice::from_ref(x)).unwrap()[0];
    let mut scratch = [f32::NAN; 2000];
    let mut y = [0.0; N];
    baked.predict_into(x, &mut y, &mut scratch).unwrap();
    assert_eq!(y, expected);
    y = [0.0; N];
    let mut run = baked.predict_some(x, &mut y, &mut scratch).unwrap();
    let mut steps = 1;
    while run.step() {
        steps += 1;
    }
    assert!(!run.step());
    assert_eq!((y, steps), (expected, M::LAYERS.len()));
}

#[test]
fn one_sample() {
    for image in images() {
        one(&DIGITS, &image);
        assert_eq!(
            DIGITS.predict(&image).unwrap(),
            DIGITS.predict(&[image]).unwrap()[0]
        );
    }
    for sentence in sentences() {
        one(&WORDS, &sentence);
    }
    one(&NET, &[0.5, 1.0, -0.5, 0.25]);
}

/// One memory for all: the state of what ran before is not seen.
#[test]
fn models_share_memory() {
    const SHARED: usize = max(Baked::<Digits>::SCRATCH, Baked::<Words>::SCRATCH);
    let mut scratch = [0.0; SHARED];
    let (mut digits, mut words) = ([0.0; 4], [0.0; 1]);
    for (image, sentence) in images().iter().zip(&sentences()) {
        DIGITS
            .predict_into(image, &mut digits, &mut scratch)
            .unwrap();
        WORDS
            .predict_into(sentence, &mut words, &mut scratch)
            .unwrap();
        assert_eq!(digits, DIGITS.predict(image).unwrap());
        assert_eq!(words, WORDS.predict(sentence).unwrap());
    }
}

/// A state of the caller's goes on from sample to sample, as that of a `Sequential` does.
#[test]
fn a_state_of_ones_own() {
    let x: Vec<[[f32; 2]; 3]> = (0..6)
        .map(|n| [[n as f32, 0.5], [-0.5, 1.0], [0.1, n as f32]])
        .collect();
    let mut host = model::<Steps>();
    host.reset_states();
    let mut steps = STEPS.stateful();
    let mut others = Stateful::new(&STEPS);
    let mut scratch = [f32::NAN; Stateful::<Steps>::SCRATCH];
    for round in 0..2 {
        for (i, x) in x.iter().enumerate() {
            let expected = host.predict(std::slice::from_ref(x)).unwrap()[0];
            assert_eq!(steps.predict(x).unwrap(), expected, "{round} {i}");
            if i > 0 {
                continue;
            }
            let mut y = [[0.0; 2]; 1];
            others.predict_into(&[*x], &mut y, &mut scratch).unwrap();
            assert_eq!(
                y[0] == expected,
                round == 0,
                "the other one has gone another way"
            );
        }
        if round == 0 {
            let went_on = host.predict(&x[..1]).unwrap()[0];
            assert_eq!(steps.predict(&x[0]).unwrap(), went_on);
            host.reset_states();
            steps.reset_states();
        }
    }
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

/// A training that begins with the weights of the program.
#[test]
fn training_begins_with_weights_of_the_program() {
    const LEN: usize = trainer_memory::<Digits, Adam>(4);
    let mut memory: Box<TrainerMemory<Digits, LEN>> = Box::default();
    let (adam, loss) = (Adam::new(0.01), CategoricalCrossentropy::new());
    let mut trainer = Trainer::from_weights(&mut memory, adam, loss, &DIGITS).unwrap();
    let x: [[[[f32; 1]; 8]; 8]; 4] = std::array::from_fn(|i| [[[i as f32 / 4.0]; 8]; 8]);
    let y: [[f32; 4]; 4] = std::array::from_fn(|i| std::array::from_fn(|j| f32::from(i == j)));
    for (x, want) in x.iter().zip(DIGITS.predict(&x).unwrap()) {
        assert_eq!(trainer.predict(x).unwrap(), want);
    }
    let before = trainer.evaluate(&x, &y).unwrap();
    for _ in 0..30 {
        trainer.train_on_batch(&x, &y).unwrap();
    }
    assert!(trainer.evaluate(&x, &y).unwrap() < before);
}
