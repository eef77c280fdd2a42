// C4: three outputs trained on one target each (keras#16836): Keras broadcasts the target to all of them.
use kseq::prelude::*;

const OUTPUTS: usize = 3;

sequential! { pub Net = [Dense(OUTPUTS, input_shape = (20,))] }

fn main() {
    let (x, y) = (vec![[0.0; 20]; 8], vec![[0.0; 1]; 8]);
    let mut model = Net::new(1).compile(SGD::default(), MeanSquaredError::default(), ());
    let _ = model.fit(&x, &y, Fit::new());
}
