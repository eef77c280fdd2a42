// B7: the same with named sizes, a Dropout between, and a GRU behind it.
use kseq::prelude::*;

const UNITS: usize = 32;
const STEPS: usize = 8;

fn main() {
    sequential! {
        let mut model = Sequential();
        model.add(LSTM(UNITS, input_shape = (STEPS, 16), name = "reader"));
        model.add(Dropout(0.2));
        model.add(GRU(UNITS));
    }
    model.summary();
}
