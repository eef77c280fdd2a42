// J40: MultiHeadAttention on a vector, on tokens, along one of two axes of any length; heads, rates and axes that are none; an order of steps of
// two axes; heads of queries that cannot share those of keys.
use kseq::prelude::*;

sequential! {
    pub OnVector = [Dense(32, input_shape = (784,)), MultiHeadAttention(4, 8), Dense(2)]
    pub OnTokens = [MultiHeadAttention(4, 8, input_shape = (20,), dtype = "int32"), Dense(2)]
    pub AnyLength = [MultiHeadAttention(4, 4, attention_axes = 1, input_shape = (None, None, 4)), GlobalMaxPooling2D()]
    pub Numbers = [
        MultiHeadAttention(2, 4, output_shape = (4, 4, 4), input_shape = (10, 8)),
        MultiHeadAttention(2, 4, dropout = 1.0),
        GlobalAveragePooling1D(),
        Dense(2),
    ]
    pub Axes = [
        MultiHeadAttention(2, 4, attention_axes = (1, 3), input_shape = (8, 6, 4)),
        MultiHeadAttention(2, 4, use_causal_mask = true),
        Flatten(),
        Dense(2),
    ]
    pub Shared = [GroupQueryAttention(4, 4, 3, input_shape = (10, 8)), LSTM(2)]
}

fn main() {}
