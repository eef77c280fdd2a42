// CTC applies a softmax itself; behind another one, and on what is no sequence, it is a mistake.
use kseq::prelude::*;

sequential! { Speech = [LSTM(16, return_sequences = true, input_shape = (20, 8)), Dense(6, activation = "softmax")] }
sequential! { Flat = [Dense(6, input_shape = (20,))] }

fn main() {
    let _ = compile!(Speech::new(0), "adam", loss = "ctc");
    let _ = compile!(Flat::new(0), "adam", loss = CTC());
}
