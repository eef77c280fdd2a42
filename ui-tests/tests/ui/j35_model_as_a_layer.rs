// J35: a model as a layer whose samples are others than those of the layer before, or of any length; one with a state, in batches of
// another size.
use kseq::prelude::*;

sequential! { pub Encoder = [Dense(8, input_shape = (16,)), Dense(4)] }
sequential! { pub Listener = [LSTM(8, input_shape = (None, 16))] }
sequential! { pub Memory = [LSTM(8, stateful = true, batch_input_shape = (4, 20, 16))] }

sequential! {
    pub Wide = [Dense(32, input_shape = (784,)), Encoder, Dense(2)]
    pub AnyLength = [Dense(16, input_shape = (20, 8)), Listener, Dense(2)]
    pub Batches = [Dense(16, input_shape = (20, 8)), Memory, Dense(2)]
}

fn main() {}
