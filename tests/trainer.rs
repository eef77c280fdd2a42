//! Training without a heap is the training of the host, in less memory.

#![allow(clippy::unwrap_used)]

use kseq::optimizers::{Optimizer, Settings};
use kseq::params::Flat;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};

sequential! {
    Mlp = [Dense(40, activation = "relu", input_dim = 6), Dropout(0.25), Dense(3, activation = "softmax")]
}

sequential! {
    /// A row of the second kernel is longer than a piece of its gradient.
    Wide = [Dense(3, activation = "swish", input_dim = 4), Dense(1200), Dense(2, use_bias = false)]
}

sequential! {
    Cnn = [
        Conv2D(4, 3, activation = "relu", input_shape = (8, 8, 2)),
        MaxPooling2D(2),
        BatchNormalization(),
        Flatten(),
        Dense(5, activation = "sigmoid"),
        Dense(2, activation = "softmax")
    ]
}

sequential! {
    Rnn = [
        LSTM(5, return_sequences = true, input_shape = (4, 3)),
        TimeDistributed(Dense(4, activation = "tanh")),
        Dense(3),
        Flatten(),
        Dense(2)
    ]
}

sequential! {
    Tokens = [Embedding(9, 4, input_length = 5), GRU(3), Dense(2)]
}

sequential! {
    Penalized = [Dense(4, kernel_regularizer = l2(0.01), kernel_constraint = MaxNorm(0.5), input_dim = 3), Dense(2)]
}

sequential! {
    Frozen = [
        Conv1D(3, 2, trainable = false, input_shape = (6, 2)),
        Flatten(),
        Dense(4, activation = "relu", trainable = false),
        Dense(4, activation = "relu"),
        PReLU(trainable = false),
        Dense(3, trainable = false),
        LayerNormalization(),
        Dense(2)
    ]
}

/// Samples of numbers.
trait Drawn {
    fn drawn(rng: &mut Rng) -> Self;
}

impl Drawn for f32 {
    fn drawn(rng: &mut Rng) -> f32 {
        rng.normal()
    }
}

impl Drawn for u32 {
    fn drawn(rng: &mut Rng) -> u32 {
        rng.below(9)
    }
}

impl<T: Drawn, const N: usize> Drawn for [T; N] {
    fn drawn(rng: &mut Rng) -> [T; N] {
        std::array::from_fn(|_| T::drawn(rng))
    }
}

/// Trains both ways, in batches of this size; the parameters are the same but for rounding.
macro_rules! same {
    ($net:ident, $optimizer:expr, $Optimizer:ty, $batch:literal) => {{
        type M = $net;
        let rng = &mut Rng::new(7, Purpose::User, 0, 0);
        let x: [[<M as Model>::Input; $batch]; 4] = std::array::from_fn(|_| std::array::from_fn(|_| Drawn::drawn(rng)));
        let y: [[<M as Model>::Output; $batch]; 4] = std::array::from_fn(|_| std::array::from_fn(|_| Drawn::drawn(rng)));
        let mut host = M::new(3).compile($optimizer, MeanSquaredError::new(), ());
        const LEN: usize = trainer_memory::<M, $Optimizer>($batch);
        let mut memory: Box<TrainerMemory<M, LEN>> = Box::default();
        let mut trainer = Trainer::new(&mut memory, $optimizer, MeanSquaredError::new(), 3).unwrap();
        for (x, y) in x.iter().zip(&y) {
            let want = host.train_on_batch(x, y).unwrap().loss;
            let got = trainer.train_on_batch(x, y).unwrap();
            assert!((got - want).abs() <= 1e-5 * want.abs().max(1.0), "loss {got} {want}");
        }
        let (got, want) = (trainer.params().as_f32s(), host.params().as_f32s());
        for (i, (got, want)) in got.iter().zip(want).enumerate() {
            let what = concat!(stringify!($net), " ", stringify!($optimizer), " ", $batch);
            assert!((got - want).abs() <= 2e-5 * want.abs().max(1.0), "{what}: {i} is {got}, expected {want}");
        }
    }};
    ($net:ident: $($optimizer:expr => $Optimizer:ty),+ $(,)?) => {
        $(
            same!($net, $optimizer, $Optimizer, 1);
            same!($net, $optimizer, $Optimizer, 5);
        )+
    };
}

/// With optimizers of all kinds.
macro_rules! all {
    ($($test:ident: $net:ident;)+) => {
        $(
            #[test]
            fn $test() {
                same!(
                    $net:
                    SGD::new(0.1) => SGD,
                    SGD::new(0.05).momentum(0.9).nesterov(true) => SGD<true>,
                    SGD::new(0.05).gradient_accumulation_steps(2) => SGD<false, Settings<f32, false, true>>,
                    SGD::new(0.1).global_clipnorm(0.1) => SGD<false, Settings<f32, false, false, true>>,
                    Adam::new(0.002).epsilon(1e-3) => Adam,
                    Adagrad::new(0.01) => Adagrad,
                    RMSprop::new(0.002).epsilon(1e-3) => RMSprop,
                    AdamW::new(0.002).epsilon(1e-3) => AdamW,
                    ScheduleFreeAdamW::new(0.002).epsilon(1e-3) => ScheduleFreeAdamW,
                    Adafactor::new(0.01) => Adafactor,
                );
            }
        )+
    };
}

all! {
    dense_layers: Mlp;
    wide_layers: Wide;
    convolutions: Cnn;
    recurrent_layers: Rnn;
    tokens: Tokens;
    penalties_and_constraints: Penalized;
    frozen_layers: Frozen;
}

const ROOM: usize = trainer_memory::<Cnn, Adam>(3);

/// Samples and one-hot targets.
type Picture = [[[f32; 2]; 8]; 8];

fn labelled(n: usize) -> (Vec<Picture>, Vec<[f32; 2]>) {
    let rng = &mut Rng::new(9, Purpose::User, 0, 0);
    let x: Vec<Picture> = (0..n).map(|_| Drawn::drawn(rng)).collect();
    let y = (0..n).map(|i| [(i % 2) as f32, (1 - i % 2) as f32]);
    (x, y.collect())
}

fn near(a: f32, b: f32) -> bool {
    (a - b).abs() <= 1e-5 * b.abs().max(1.0)
}

/// Scores and predictions are those of the host, whatever the memory is for.
#[test]
fn scores_and_predictions() {
    let (x, y) = labelled(8);
    let mut host = Cnn::new(3).compile(
        Adam::new(0.001),
        CategoricalCrossentropy::new(),
        (Accuracy::default(),),
    );
    let mut memory: Box<TrainerMemory<Cnn, ROOM>> = Box::default();
    let loss = CategoricalCrossentropy::new();
    let mut trainer = Trainer::new(&mut memory, Adam::new(0.001), loss, 3).unwrap();
    for (x, y) in x.chunks(2).zip(y.chunks(2)) {
        host.train_on_batch(x, y).unwrap();
        trainer.train_on_batch(x, y).unwrap();
    }
    let want = host.evaluate(&x, &y).unwrap();
    let (loss, (accuracy,)) = trainer
        .evaluate_with(&x, &y, &mut (Accuracy::default(),))
        .unwrap();
    assert!(near(loss, want.loss) && accuracy == want.metrics.0);
    assert_eq!(trainer.evaluate(&x, &y).unwrap(), loss);
    let one = trainer.evaluate(&x[0], &y[0]).unwrap();
    assert!(near(one, host.evaluate(&x[..1], &y[..1]).unwrap().loss));

    let want = host.predict(&x).unwrap();
    let mut out = vec![[0.0; 2]; 8];
    trainer.predict_into(&x, &mut out).unwrap();
    for ((x, out), want) in x.iter().zip(&out).zip(&want) {
        assert!(near(out[0], want[0]) && near(out[1], want[1]));
        assert_eq!(trainer.predict(x).unwrap(), *out);
    }
}

/// What does not fit is an error, and nothing changes.
#[test]
fn errors() {
    let (x, y) = labelled(4);
    let mut memory: Box<TrainerMemory<Cnn, ROOM>> = Box::default();
    let loss = CategoricalCrossentropy::new();
    let mut trainer = Trainer::new(&mut memory, Adam::new(0.001), loss, 3).unwrap();
    let before = trainer.params().as_f32s().to_vec();
    let said = |result: Result<f32, Error>| result.unwrap_err().to_string();
    let error = said(trainer.train_on_batch(&x, &y));
    assert!(
        error.contains("the memory is for 3 samples a batch, found 4"),
        "{error}"
    );
    assert!(trainer.train_on_batch(&x[..2], &y[..1]).is_err());
    assert!(trainer.evaluate(&x[..0], &y[..0]).is_err());
    assert!(trainer.predict_into(&x, &mut [[0.0; 2]; 3]).is_err());
    let mut nan = x[0];
    nan[1][2][0] = f32::NAN;
    assert!(trainer.train_on_batch(&nan, &y[0]).is_err());
    assert_eq!(trainer.params().as_f32s(), before);
}

/// A trainer that begins anew is a new one, to the bit; so is one whose learning rate was set.
#[test]
fn begins_anew() {
    let (x, y) = labelled(6);
    let trained = |trainer: &mut Trainer<'_, Cnn, Adam, CategoricalCrossentropy>| {
        for (x, y) in x.chunks(2).zip(y.chunks(2)) {
            trainer.train_on_batch(x, y).unwrap();
        }
        let params = trainer.params().as_f32s().iter();
        let values = params.chain(trainer.state().as_f32s());
        values.map(|value| value.to_bits()).collect::<Vec<u32>>()
    };
    let (mut memory, mut other): (Box<TrainerMemory<Cnn, ROOM>>, Box<TrainerMemory<Cnn, ROOM>>) =
        Default::default();
    let loss = CategoricalCrossentropy::new;
    let mut trainer = Trainer::new(&mut memory, Adam::new(0.01), loss(), 3).unwrap();
    let first = trained(&mut trainer);
    trainer.optimizer_mut().set_learning_rate(0.001).unwrap();
    trainer.restart(4);
    let mut fresh = Trainer::new(&mut other, Adam::new(0.001), loss(), 4).unwrap();
    assert_eq!(trained(&mut trainer), trained(&mut fresh));
    trainer.optimizer_mut().set_learning_rate(0.01).unwrap();
    trainer.restart(3);
    assert_eq!(trained(&mut trainer), first);
}

/// What training takes: for a plain descent of dense layers no gradients, with slots no more than those, and nothing for layers
/// that are frozen up to the first that is not.
#[test]
fn memory_is_counted_by_hand() {
    let pass = Mlp::SIZES.train();
    assert_eq!(trainer_memory::<Mlp, SGD>(1), pass);
    assert_eq!(trainer_memory::<Mlp, Adam>(2), 2 * pass + 2 * Mlp::PARAMS);
    type Accumulating = SGD<false, Settings<f32, false, true>>;
    assert_eq!(
        trainer_memory::<Mlp, Accumulating>(1),
        pass + 2 * Mlp::PARAMS
    );
    let pass = Cnn::SIZES.train();
    // The convolution is larger than the normalisation.
    assert_eq!(trainer_memory::<Cnn, SGD>(1), pass + (9 * 2 + 1) * 4);
    let frozen = (2 * 2 + 1) * 3 + (15 + 1) * 4;
    let kept = Frozen::LAYERS
        .iter()
        .map(|layer| layer.count_params())
        .sum::<usize>()
        - frozen;
    // On a microcontroller the two in front keep nothing.
    let pass = match cfg!(kseq_device) {
        true => Frozen::SIZES.rest.memory(1),
        false => Frozen::SIZES.train(),
    };
    type Momentum = SGD<true>;
    // Only the PReLU and the normalisation have no way without gradients.
    assert_eq!(trainer_memory::<Frozen, Momentum>(1), pass + kept + 6);
}
