// C7: The sequences have five steps; the weights were made for four.
use kseq::prelude::*;

sequential! {
    Net = [LSTM(8, return_sequences = true, input_shape = (5, 2)), Dense(1)]
}

fn main() {
    let mut model = Net::new(0).compile(RMSprop::default(), MeanSquaredError::default(), ());
    let fit = Fit::new().sample_weight(&[[1.0, 1.0, 1.0, 0.0]]);
    let _ = model.fit(&[[[0.0; 2]; 5]], &[[[1.0]; 5]], fit);
}
