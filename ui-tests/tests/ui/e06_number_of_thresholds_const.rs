// The number of thresholds is a constant of the program: too few are found when it is checked.
use kseq::prelude::*;

sequential! { Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }
const FEW: usize = 1;

fn main() {
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [AUC(num_thresholds = FEW)]);
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [PrecisionAtRecall(0.5, num_thresholds = FEW - 1)]);
}
