// J1: a slope below 0 turns what is negative around; a bound below 0 leaves nothing.
use kseq::prelude::*;

const SLOPE: f32 = -0.1;

sequential! {
    pub Net = [
        LeakyReLU(-0.2, input_shape = (5, 4)),
        ReLU(max_value = -1.0, threshold = f32::NAN),
        ELU(alpha = f32::INFINITY),
        Dense(3, activation = LeakyReLU(alpha = SLOPE)),
        LSTM(2, activation = "tanh", recurrent_activation = ReLU(negative_slope = -0.5)),
    ]
}

fn main() {}
