// J23: Bidirectional on a vector, behind one that gives its last outputs only, on tokens.
use kseq::prelude::*;

sequential! {
    Vector = [Bidirectional(LSTM(8), input_shape = (16,))]
    Last = [Bidirectional(LSTM(8), input_shape = (8, 16)), Bidirectional(GRU(4))]
    Tokens = [Input(shape = (8,), dtype = "int32"), Bidirectional(SimpleRNN(8))]
    Rate = [Bidirectional(LSTM(8, dropout = 1.5), input_shape = (8, 16))]
    Stateful = [Bidirectional(LSTM(8, stateful = true), input_shape = (8, 16))]
}

fn main() {
    let _ = (Vector::new(0), Last::new(0), Tokens::new(0), Rate::new(0), Stateful::new(0));
}
