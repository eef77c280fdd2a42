#![doc = include_str!("../docs/layers/README.md")]

// What the macros make of the words: types for authors of layers, which are documented in kseq-core.
#[doc(hidden)]
pub use kseq_core::layers::*;

/// The page of each word of a layer list. It stands in the documentation in place of the type, whose sizes and functions the
/// macro fills in, and which nobody writes.
macro_rules! pages {
    ($($class:ident)*) => {$(
        #[cfg(doc)]
        #[allow(non_snake_case)]
        #[doc = include_str!(concat!("../docs/layers/", stringify!($class), ".md"))]
        pub mod $class {}
    )*};
}

pages! {
    // <!-- generated: layers -->
    Dense Activation Identity Embedding Masking Sequential ReLU LeakyReLU ELU Softmax PReLU ThresholdedReLU Conv1D Conv2D
    Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose LocallyConnected1D LocallyConnected2D MaxPooling1D MaxPooling2D
    AveragePooling1D AveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D GlobalAveragePooling1D GlobalAveragePooling2D
    LSTM GRU SimpleRNN TimeDistributed BatchNormalization LayerNormalization GroupNormalization RMSNormalization
    UnitNormalization Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianNoise GaussianDropout
    AlphaDropout ActivityRegularization Reshape Flatten RepeatVector Permute ZeroPadding1D ZeroPadding2D Cropping1D
    Cropping2D UpSampling1D UpSampling2D
    // <!-- end -->
}
