//! Frozen layers in front: a `Trainer` on a microcontroller predicts with them and keeps nothing of them. On a host this is a test of
//! the same answers; `cargo xtask device` runs it with the code of a microcontroller.

#![allow(clippy::unwrap_used)]

use kseq::optimizers::Settings;
use kseq::params::Flat;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};

sequential! {
    Pooled = [
        Conv2D(4, 3, activation = "relu", trainable = false, input_shape = (10, 10, 2)),
        MaxPooling2D(2),
        Conv2D(3, 2, activation = "tanh", trainable = false),
        Flatten(),
        Dropout(0.25),
        Dense(5, activation = "relu"),
        Dense(2)
    ]
}

sequential! {
    Normalized = [
        ZeroPadding2D(1, trainable = false, input_shape = (5, 5, 2)),
        Conv2D(4, 3, trainable = false),
        BatchNormalization(trainable = false),
        Activation("relu"),
        AveragePooling2D(2),
        Conv2D(3, 2),
        BatchNormalization(),
        Flatten(),
        Dense(2, trainable = false)
    ]
}

// What is in place behind the front writes over what the front gives.
sequential! {
    Slopes = [
        Dense(9, activation = "swish", trainable = false, input_shape = (3, 4)),
        LayerNormalization(trainable = false),
        Dense(7, trainable = false),
        Flatten(),
        Dropout(0.5),
        PReLU(),
        Dense(3)
    ]
}

sequential! {
    Masked = [
        Embedding(9, 6, mask_zero = true, input_length = 5, trainable = false),
        Dense(8, activation = "relu", trainable = false),
        Dense(4, trainable = false),
        GRU(3),
        Dense(2)
    ]
}

// In a prediction the convolution pools for the pooling behind `Dropout`; in training it does not.
sequential! {
    Dropped = [
        Conv2D(3, 2, activation = "relu", trainable = false, input_shape = (8, 8, 2)),
        Conv2D(4, 2, activation = "relu", trainable = false),
        Dropout(0.5),
        MaxPooling2D(2),
        Conv2D(3, 2, trainable = false),
        Flatten(),
        Dense(2)
    ]
}

sequential! {
    Penalized = [
        Conv1D(6, 2, trainable = false, input_shape = (9, 2)),
        Conv1D(3, 2, activation = "relu", trainable = false),
        MaxPooling1D(2),
        Conv1D(3, 2, trainable = false, activity_regularizer = l2(0.1)),
        Flatten(),
        Dense(4, activity_regularizer = l1(0.1), kernel_regularizer = l2(0.01)),
        Dense(2)
    ]
}

sequential! {
    Altogether = [
        Conv1D(6, 2, trainable = false, input_shape = (9, 2)),
        Conv1D(3, 2, trainable = false),
        Flatten(),
        Dense(2, trainable = false)
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

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// The same bits as where all layers are on a tape, by an optimizer that takes all gradients at once.
macro_rules! same {
    ($net:ident, $batch:literal) => {{
        type M = $net;
        type Clipped = SGD<false, Settings<f32, false, false, true>>;
        let optimizer = || SGD::new(0.1).global_clipnorm(0.5);
        let rng = &mut Rng::new(7, Purpose::User, 0, 0);
        let x: [[<M as Model>::Input; $batch]; 4] = Drawn::drawn(rng);
        let y: [[<M as Model>::Output; $batch]; 4] = Drawn::drawn(rng);
        let mut whole = M::new(3).compile(optimizer(), MeanSquaredError::new(), ());
        const LEN: usize = trainer_memory::<M, Clipped>($batch);
        let mut memory: Box<TrainerMemory<M, LEN>> = Box::default();
        let mut trainer =
            Trainer::new(&mut memory, optimizer(), MeanSquaredError::new(), 3).unwrap();
        // Statistics that are not those of a fresh layer.
        for (i, value) in trainer.state_mut().as_f32s_mut().iter_mut().enumerate() {
            *value = 0.5 + (i % 7) as f32 / 8.0;
        }
        whole
            .state_mut()
            .as_f32s_mut()
            .copy_from_slice(trainer.state().as_f32s());
        let before = trainer.params().as_f32s().to_vec();
        for (x, y) in x.iter().zip(&y) {
            let want = whole.train_on_batch(x, y).unwrap().loss;
            assert_eq!(trainer.train_on_batch(x, y).unwrap(), want);
        }
        let after = trainer.params().as_f32s();
        assert_eq!(bits(after), bits(whole.params().as_f32s()));
        assert_eq!(
            bits(trainer.state().as_f32s()),
            bits(whole.state_mut().as_f32s())
        );
        assert!(before != after || stringify!($net) == "Altogether");
        // The memory is that of evaluations and predictions, too.
        let (x, y) = (x.as_flattened(), y.as_flattened());
        let loss = trainer.evaluate(x, y).unwrap();
        let want = whole.evaluate(x, y).unwrap().loss;
        assert!((loss - want).abs() < 1e-5 * want, "{loss} {want}");
        let mut out = y.to_vec();
        trainer.predict_into(x, &mut out).unwrap();
        assert_eq!(out, whole.predict(x).unwrap());
    }};
}

macro_rules! all {
    ($($test:ident: $net:ident;)+) => {
        $(
            #[test]
            fn $test() {
                same!($net, 1);
                same!($net, 5);
            }
        )+
    };
}

all! {
    convolutions_with_poolings: Pooled;
    normalizations_infer: Normalized;
    what_is_in_place_behind_the_front: Slopes;
    masks_reach_beyond_the_front: Masked;
    a_dropout_among_the_frozen: Dropped;
    penalties_behind_the_front: Penalized;
    a_model_that_is_frozen_altogether: Altogether;
}

/// The layers in front have an arena for one sample, which lies where the tape of the others comes to lie.
#[test]
fn memory_is_counted_by_hand() {
    let rest = Pooled::SIZES.rest;
    // Behind it is `Dropout`, which is in place.
    assert_eq!((rest.first, rest.input), (4, 3 * 3 * 3));
    assert_eq!(rest.tape, 27 + 5 + 2);
    // Before the first layer that is trained nothing goes back.
    assert_eq!(rest.grads, [2, 5]);
    assert!(rest.train() < Pooled::SIZES.arena);
    assert_eq!(rest.memory(1), 27 + Pooled::SIZES.arena);
    let many = 1000;
    assert_eq!(rest.memory(many), many * rest.train());
    assert_eq!(rest.room(rest.memory(many)), many);
    assert_eq!(rest.room(rest.memory(many) - 1), many - 1);
    // How many layers keep nothing.
    let firsts = [
        Normalized::SIZES.rest.first,
        Slopes::SIZES.rest.first,
        Masked::SIZES.rest.first,
        Dropped::SIZES.rest.first,
        Penalized::SIZES.rest.first,
        Altogether::SIZES.rest.first,
    ];
    assert_eq!(firsts, [5, 4, 3, 1, 3, 3]);

    let parameters = size_of::<<Pooled as Model>::Params>();
    let (sample, target) = (4 * 10 * 10 * 2, 4 * 2);
    let stack = 1408 + Pooled::INFER_STACK;
    let memory = 4 * rest.memory(1);
    let all = parameters + memory + sample + target + stack;
    assert_eq!(Pooled::TRAIN_RAM, all);
    if cfg!(kseq_device) {
        const LEN: usize = trainer_memory::<Pooled, SGD>(1);
        assert_eq!(size_of::<TrainerMemory<Pooled, LEN>>(), parameters + memory);
    }
}
