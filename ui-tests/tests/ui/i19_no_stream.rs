// I19: a model whose layers need the whole sequence, or samples of one length, step by step.
use kseq::prelude::*;

sequential! {
    Pooled = [Conv1D(4, 3, input_shape = (None, 3)), GlobalMaxPooling1D()]
}

sequential! {
    Backwards = [GRU(4, go_backwards = true, return_sequences = true, input_shape = (None, 3))]
}

sequential! {
    OneLength = [LSTM(4, input_shape = (10, 3))]
}

fn main() {
    let pooled = Pooled::new(1);
    let mut stream = pooled.stream();
    let _ = stream.push(&[0.0; 3]);
    let _ = Backwards::new(1).stream().push(&[0.0; 3]);
    let one_length = OneLength::new(1);
    let mut stream = one_length.stream();
    let _ = stream.push(&[0.0; 3]);
}
