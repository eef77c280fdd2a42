// C4: labels (N,) against outputs (N, 1): Keras broadcasts them to N x N and trains on nonsense (keras#14627).
use kseq::prelude::*;

sequential! { pub Net = [Dense(1, input_shape = (20,))] }

fn main() {
    let (x, y) = (vec![[0.0; 20]; 8], vec![0.0; 8]);
    let mut model = Net::new(1).compile(SGD::default(), MeanSquaredError::default(), ());
    let _ = model.fit(&x, &y, Fit::new());
}
