// K2: arguments without an int8 operator, which only the compiler knows: groups, an activation, gates, a state that stays.
use kseq::prelude::*;

const GROUPS: usize = 2;
const STAYS: bool = true;

sequential! {
    #[quantize]
    pub Net = [
        Conv2D(8, 3, groups = GROUPS, input_shape = (9, 9, 4)),
        Conv2D(8, 3, activation = "swish"),
        Flatten(),
        Dense(4),
        Activation("softplus"),
        Dense(2, activation = "selu"),
    ];

    #[quantize]
    pub Series = [
        LSTM(4, activation = "relu", return_sequences = true, batch_input_shape = (1, 6, 3)),
        LSTM(4, stateful = STAYS),
        #[float]
        Dense(1),
    ];

    #[quantize]
    pub Mixed = [
        #[float]
        LSTM(4, stateful = true, batch_input_shape = (1, 6, 3)),
        Dense(1),
    ];
}

fn main() {}
