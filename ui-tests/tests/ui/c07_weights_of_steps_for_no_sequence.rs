// C7: Jonas weighs every time step, but his LSTM returns only the last one: return_sequences was forgotten.
use kseq::prelude::*;

sequential! { Net = [LSTM(8, input_shape = (5, 2)), Dense(1)] }

fn main() {
    let mut model = Net::new(0).compile(RMSprop::default(), MeanSquaredError::default(), ());
    let fit = Fit::new().sample_weight(&[[1.0, 1.0, 1.0, 1.0, 0.0]]);
    let _ = model.fit(&[[[0.0; 2]; 5]], &[[1.0]], fit);
}
