// Arguments of the newer losses, metrics and optimizers that mean nothing.
use kseq::prelude::*;

sequential! { Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

fn main() {
    let _ = compile!(Net::new(0), "adam", loss = Dice(axis = "last"));
    let _ = compile!(Net::new(0), "adam", loss = Tversky(alpha = -0.5));
    let _ = compile!(Net::new(0), "adam", loss = CategoricalGeneralizedCrossEntropy(q = 1.0));
    let _ = compile!(Net::new(0), "adam", loss = Circle(margin = 1.5));
    let _ = compile!(Net::new(0), "adam", "mse", metrics = [AUC(thresholds = [0.5, 1.5])]);
    let _ = compile!(Net::new(0), Muon(exclude_layers = [2]), "mse");
    let _ = compile!(Net::new(0), Muon(rms_rate = None), "mse");
    let _ = compile!(Net::new(0), ScheduleFreeAdamW(beta_1 = 0.0), "mse");
}
