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
    Dense Activation Identity Embedding Lambda Residual Masking Sequential ReLU LeakyReLU ELU Softmax PReLU
    ThresholdedReLU Conv1D Conv2D DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D Conv3D Conv1DTranspose
    Conv2DTranspose Conv3DTranspose LocallyConnected1D LocallyConnected2D MaxPooling1D MaxPooling2D MaxPooling3D
    AveragePooling1D AveragePooling2D AveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D
    AdaptiveMaxPooling3D AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D LSTM GRU SimpleRNN
    ConvLSTM1D ConvLSTM2D Bidirectional RNN TimeDistributed BatchNormalization LayerNormalization GroupNormalization
    RMSNormalization SpectralNormalization UnitNormalization Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D
    GaussianNoise GaussianDropout AlphaDropout ActivityRegularization Reshape Flatten RepeatVector Permute ZeroPadding1D
    ZeroPadding2D ZeroPadding3D Cropping1D Cropping2D Cropping3D UpSampling1D UpSampling2D UpSampling3D MultiHeadAttention
    GroupQueryAttention Rescaling Normalization Resizing CenterCrop CategoryEncoding Discretization IntegerLookup
    RandomFlip RandomRotation RandomZoom RandomTranslation RandomCrop RandomContrast RandomBrightness RandomSaturation
    RandomHue RandomColorJitter RandomGrayscale RandomColorDegeneration RandomInvert Solarization RandomPosterization
    RandomSharpness RandomGaussianBlur RandomShear RandomPerspective RandomErasing AutoContrast
    // <!-- end -->
}
