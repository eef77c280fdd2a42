// C2: single samples where batches belong.
use kseq::prelude::*;

sequential! { pub Net = [Dense(2, input_shape = (20,))] }

fn main() {
    let samples = (0..10).map(|_| ([0.0f32; 20], [0.0f32; 2]));
    let mut model = Net::new(1).compile(SGD::default(), MeanSquaredError::default(), ());
    let _ = model.fit_generator(samples, Fit::new());
}
