// C2: a generator whose samples have another shape than the model's input: Keras says so in the first step.
use kseq::prelude::*;

sequential! { pub Net = [Dense(2, input_shape = (20,))] }

fn main() {
    let batches = (0..10).map(|_| (vec![[0.0f32; 30]; 8], vec![[0.0f32; 2]; 8]));
    let mut model = Net::new(1).compile(SGD::default(), MeanSquaredError::default(), ());
    let _ = model.fit_generator(batches, Fit::new());
}
