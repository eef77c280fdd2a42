//! The macros where kseq has another name, is re-exported, and where nothing of the prelude is there but a hundred items
//! that are called as what an expansion may say: it compiles.
#![no_implicit_prelude]
#![expect(
    non_upper_case_globals,
    non_camel_case_types,
    dead_code,
    reason = "the names are the test"
)]

/// A crate that hands kseq on.
pub mod facade {
    pub use ::ks as kseq;
}

mod core {}
mod kseq {}
mod layers {}
mod std {}

use ::core::primitive::f32 as real;

/// Items of one kind with these names.
macro_rules! taken {
    ($($name:ident)*; $($ty:ident)*; $static:ident) => {
        $(const $name: real = 1.0;)*
        $(struct $ty;)*
        static $static: real = 1.0;
    };
}

taken! {
    x p s t cx w g dp next input seed rng sequence refusal checked is_layer is_in_place model out masks data names layer
    activation argument params state tape batch i n k f a b;
    Some None Ok Err Option Result Vec Box String Default Clone f32 f64 usize isize u64 u32 u8 bool str Layer Model Rng Purpose
    Facts Plan LayerInfo Probe Missing Shape Link Next Dense LSTM Penalty Constrained Linear Relu Params State Input Output
    Initializer Regularizer Window Padding Ctx Tape Error;
    y
}

::ks::sequential! {
    /// Every shape of expansion.
    #[budget(params = 10_000)]
    pub Dense1 = [
        Dense(4, relu, kernel_regularizer = "l2", kernel_constraint = "max_norm", input_shape = (3,)),
        BatchNormalization(),
        Dropout(0.5),
        ActivityRegularization(0.1),
        ThresholdedReLU(),
        Dense(1, activity_regularizer = L1(0.1), trainable = False),
    ];
    pub Steps = [
        LSTM(4, return_sequences = True, input_shape = (3, 2), batch_size = 2, stateful = true),
        GRU(4, return_sequences = True),
        TimeDistributed(Dense(3)),
        SimpleRNN(2),
        Dense(3, "softmax"),
    ]
}
::ks::sequential! {
    #![crate = crate::facade::kseq]
    pub Images = [
        Conv2D(4, 3, kernel_initializer = RandomNormal(stddev = 0.1), input_shape = (28, 28, 1)),
        PReLU(shared_axes = (1, 2)),
        MaxPooling2D(),
        ZeroPadding2D(),
        Cropping2D(),
        UpSampling2D(),
        Permute((2, 1, 3)),
        Flatten(),
        Reshape((-1, 4)),
        LayerNormalization(),
        Conv1D(2, 3),
        GlobalAveragePooling1D(),
        Dense(1),
    ]
}
::ks::sequential! {
    pub Words = [Embedding(10, 3, mask_zero = true, input_length = 5), LSTM(3), RepeatVector(3), Flatten()]
}
::ks::sequential! {
    pub Net = [Dense(3, activation = "relu", input_shape = (4,)), BatchNormalization(), Dense(2)]
}
/// Weights in the program.
pub static baked: ::ks::baked::Baked<Net> =
    ::ks::include_weights!(Net, "../baked/net_in_another_order.safetensors");
/// The same through the facade.
pub static handed_on: facade::kseq::baked::Baked<Net> = ::ks::include_weights!(
    #![crate = crate::facade::kseq]
    Net,
    "../baked/checkpoint.safetensors",
);

/// Parameters of a layer of one's own.
#[derive(::ks::params::ParamBlock)]
#[repr(C)]
pub struct Scale {
    /// One for each.
    pub gamma: [real; 3],
}

/// The same through the facade.
#[derive(::ks::params::ParamBlock)]
#[param_block(crate = crate::facade::kseq)]
#[repr(C)]
pub struct Shift {
    /// One for each.
    pub beta: [real; 3],
}

#[cfg(test)]
mod tests {
    use ::core::assert_eq;
    use ::core::prelude::v1::test;
    use ::ks::model::Model;
    use ::ks::params::Flat;

    #[test]
    fn models_are_made_and_compiled() {
        let next = ::ks::compile!(super::Dense1::new(1), "adam", "mse", ["mae"]);
        assert_eq!(next.dense_1.bias.len(), 4);
        ::ks::sequential! {
            input = Sequential()
            input.add(Dense(3, input_dim = 3))
        }
        assert_eq!(input.dense_1.bias.len(), 3);
        let seed = ::ks::sequential![LSTM(3, input_shape = (3, 1))];
        let seed = ::ks::compile!(#![crate = crate::facade::kseq] seed, "adam", "mse");
        assert_eq!(seed.lstm_1.bias.len(), 12);
        assert_eq!(super::Steps::BATCH, ::core::option::Option::Some(2));
        assert_eq!(super::Images::LAYERS.len(), 13);
        assert_eq!(super::Words::LAYERS.len(), 4);
        let weights = super::baked.dense_1.kernel;
        assert_eq!(weights, super::handed_on.dense_1.kernel);
        assert_eq!([super::Scale::LEN, super::Shift::LEN], [3, 3]);
    }
}
