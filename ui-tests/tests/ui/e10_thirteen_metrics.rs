// One metric more than a model may have.
use kseq::prelude::*;

sequential! { Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

fn main() {
    let _ = compile!(Net::new(0), "sgd", "mse", ["acc", "mae", "mse", "mape", "msle", "auc", "kld", "hinge", "poisson", "logcosh", "precision", "recall", "f1_score"]);
}
