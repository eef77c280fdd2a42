// K6: the int8 twin of a model that was not declared to have one.
use kseq::prelude::*;

sequential! { pub Net = [Dense(3, activation = "relu", input_shape = (4,)), Dense(2)] }

fn main() {
    let x = [[0.0; 4]; 8];
    let model = Net::new(1);
    let twin = model.quantize(&Calibration::new(&x));
    let compiled = model.compile(SGD::new(0.1), MeanSquaredError::new(), ());
    let aware = compiled.quantize_aware();
    let loaded = Quantized::<Net>::load("net.q8.safetensors");
}
