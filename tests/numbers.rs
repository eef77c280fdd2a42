//! A model's numbers before any run, against counts by hand.

use kseq::prelude::*;

sequential! {
    /// Within its budget to the last byte.
    #[budget(params = 669_706, flash = 4 * 669_706 + 1_730, macs = 668_672)]
    pub Mlp = [
        Dense(512, activation = "relu", input_shape = (784,)),
        Dropout(0.2),
        Dense(512, activation = "relu"),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    Cnn = [
        Conv2D(32, 3, input_shape = (28, 28, 1)),      // (26, 26, 32)
        MaxPooling2D(2),                               // (13, 13, 32)
        Conv2D(64, (3, 5), padding = "same", use_bias = false),
        BatchNormalization(),
        Conv2D(64, 3, strides = 2, groups = 4),        // (6, 6, 64)
        GlobalAveragePooling2D(),
        Dense(10),
    ]
}

sequential! {
    Rnn = [
        Embedding(1000, 16, input_shape = (8,)),
        LSTM(32, return_sequences = true),
        GRU(24, return_sequences = true),
        LayerNormalization(scale = false),
        LayerNormalization(),
        SimpleRNN(20),
        Dense(1, activation = "sigmoid"),
    ]
}

#[test]
fn macs_are_counted_by_hand() {
    let macs = |layers: &[kseq::model::LayerInfo]| -> Vec<usize> {
        layers.iter().map(|l| l.macs).collect()
    };
    assert_eq!(macs(Mlp::LAYERS), [784 * 512, 0, 512 * 512, 512 * 10]);
    assert_eq!(Mlp::MACS, 668_672);
    assert_eq!(
        macs(Cnn::LAYERS),
        [
            26 * 26 * 32 * 3 * 3,
            0,
            13 * 13 * 64 * 3 * 5 * 32,
            13 * 13 * 64,
            6 * 6 * 64 * 3 * 3 * (64 / 4),
            0,
            64 * 10,
        ]
    );
    assert_eq!(
        macs(Rnn::LAYERS),
        [
            0,
            8 * (16 + 32) * 4 * 32,
            8 * (32 + 24) * 3 * 24,
            0,
            8 * 24,
            8 * (24 + 20) * 20,
            20,
        ]
    );
    assert_eq!(Rnn::MACS, macs(Rnn::LAYERS).iter().sum::<usize>());
}

#[test]
fn memory_is_counted_by_hand() {
    assert_eq!(
        (Mlp::PARAMS, Mlp::FLASH_BYTES),
        (669_706, 2_678_824 + Mlp::CODE_BYTES)
    );
    // The passes, three layers of which the first one brings what they share, and the activation at the end.
    assert_eq!(Mlp::CODE_BYTES, 350 + 200 + 3 * 160 + 700);
    // The sample, the output, and two buffers for the widest outputs before the last.
    assert_eq!(
        Mlp::INFER_RAM,
        4 * (784 + 10 + 512 + 512) + Mlp::INFER_STACK
    );
    assert_eq!(
        Mlp::TRAIN_RAM,
        size_of::<TrainerMemory<Mlp, { trainer_memory::<Mlp, SGD>(1) }>>()
            + 4 * (784 + 10)
            + 1408
            + Mlp::INFER_STACK
    );
    let normalization = 2 * 64 + 2 * 64;
    assert_eq!(
        Cnn::PARAMS,
        (9 + 1) * 32 + 15 * 32 * 64 + normalization + (9 * 16 + 1) * 64 + 65 * 10
    );
    assert_eq!(
        Cnn::TRAIN_RAM,
        size_of::<TrainerMemory<Cnn, { trainer_memory::<Cnn, SGD>(1) }>>()
            + size_of::<<Cnn as Model>::Input>()
            + 4 * 10
            + 1408
            + Cnn::INFER_STACK
    );
}

#[test]
fn the_summary_is_keras_table_and_the_numbers() {
    let table = "\
Model: \"Mlp\"
┏━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━┓
┃ Layer (type)        ┃ Output Shape ┃ Param # ┃    MACs ┃
┡━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━┩
│ dense_1 (Dense)     │ (None, 512)  │ 401,920 │ 401,408 │
├─────────────────────┼──────────────┼─────────┼─────────┤
│ dropout_1 (Dropout) │ (None, 512)  │       0 │       0 │
├─────────────────────┼──────────────┼─────────┼─────────┤
│ dense_2 (Dense)     │ (None, 512)  │ 262,656 │ 262,144 │
├─────────────────────┼──────────────┼─────────┼─────────┤
│ dense_3 (Dense)     │ (None, 10)   │   5,130 │   5,120 │
└─────────────────────┴──────────────┴─────────┴─────────┘
 Total params: 669,706 (2.55 MB)
 Trainable params: 669,706 (2.55 MB)
 Non-trainable params: 0 (0.00 B)
 Multiply-accumulates: 668,672 a sample
 Memory: 7.45 KB to predict, 2.57 MB to train (one sample, plain SGD)
";
    assert_eq!(Mlp::SUMMARY, table);
    assert!(Cnn::SUMMARY.contains(" Non-trainable params: 128 (512.00 B)\n"));
}

sequential! {
    Stateful = [LSTM(20, input_shape = (1, 1), batch_size = 1, stateful = True), Dense(1)];
    Letters = [Dense(3, name = "größe", input_shape = (2,)), Dense(1, name = "日本")];
}

/// What a stateful layer remembers is none of its weights, and its batch size is known. Numbers of Keras 3.15.
#[test]
fn the_summary_of_a_stateful_model() {
    let table = Stateful::SUMMARY;
    for line in [
        "│ lstm_1 (LSTM)   │ (1, 20)      │   1,760 │ 1,680 │\n",
        "│ dense_1 (Dense) │ (1, 1)       │      21 │    20 │\n",
        " Total params: 1,781 (6.96 KB)\n",
        " Non-trainable params: 0 (0.00 B)\n",
    ] {
        assert!(table.contains(line), "{table}");
    }
}

/// Cells of a terminal, not bytes.
#[test]
fn the_summary_of_names_in_other_letters() {
    let table = Letters::SUMMARY;
    for line in [
        "│ größe (Dense) │ (None, 3)    │",
        "│ 日本 (Dense)  │ (None, 1)    │",
    ] {
        assert!(table.contains(line), "{table}");
    }
}

/// A model with so many layers behind the first.
macro_rules! times {
    (@4 $($layers:tt)*) => { times! { @16 $($layers)* $($layers)* $($layers)* $($layers)* } };
    (@16 $($layers:tt)*) => { times! { @64 $($layers)* $($layers)* $($layers)* $($layers)* } };
    (@64 $($layers:tt)*) => { times! { @256 $($layers)* $($layers)* $($layers)* $($layers)* } };
    (@256 $($layers:tt)*) => {
        sequential! { Deep = [Dense(4, input_shape = (4,)), $($layers)*] }
    };
    ($($layers:tt)*) => { times! { @4 $($layers)* $($layers)* $($layers)* $($layers)* } };
}
times! { Dense(4), }

/// The compiler takes no table for an endless computation. (A model of 1,000 layers was tried, too.)
#[test]
fn the_summary_of_a_deep_model() {
    assert_eq!(Deep::LAYERS.len(), 257);
    assert!(Deep::SUMMARY.contains(" Total params: 5,140 (20.08 KB)\n"));
}
