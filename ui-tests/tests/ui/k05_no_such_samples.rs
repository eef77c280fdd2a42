// K5: an int8 twin for samples of any length, of tokens, and of a model that computes nothing.
use kseq::prelude::*;

sequential! {
    #[quantize]
    pub AnyLength = [Conv1D(8, 3, padding = "causal", input_shape = (None, 4)), GlobalAveragePooling1D()];

    #[quantize]
    pub Tokens = [Embedding(100, 8, input_length = 6), Flatten(), Dense(1)];

    #[quantize]
    pub Nothing = [Flatten(input_shape = (4, 4)), Dropout(0.5)];
}

fn main() {}
