// C7: a weight for each step, where the output is no sequence, and where it has another length.
use kseq::prelude::*;

const STEPS: usize = 5;

sequential! { pub Last = [LSTM(8, input_shape = (STEPS, 3)), Dense(1)] }
sequential! { pub All = [LSTM(8, return_sequences = true, input_shape = (STEPS, 3)), Dense(1)] }

fn main() {
    let x = vec![[[0.0; 3]; STEPS]; 8];
    let weights = vec![[1.0; STEPS]; 8];
    let mut last = Last::new(1).compile(SGD::default(), MeanSquaredError::default(), ());
    let _ = last.fit(&x, &vec![[0.0; 1]; 8], Fit::new().sample_weight(&weights));
    let mut all = All::new(1).compile(SGD::default(), MeanSquaredError::default(), ());
    let short = vec![[1.0; STEPS - 1]; 8];
    let _ = all.fit(&x, &vec![[[0.0; 1]; STEPS]; 8], Fit::new().sample_weight(&short));
}
