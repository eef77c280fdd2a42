// C1: batches of a generator for a model that has no loss and no optimizer yet.
use kseq::prelude::*;

sequential! { pub Net = [Dense(2, input_shape = (20,))] }

fn main() {
    let batches = (0..10).map(|_| (vec![[0.0f32; 20]; 8], vec![[0.0f32; 2]; 8]));
    let _ = Net::new(1).fit_generator(batches, Fit::new());
}
