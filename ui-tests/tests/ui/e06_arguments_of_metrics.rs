// Thresholds that are no shares, numbers of none, classes that do not exist, words with a slip.
use kseq::prelude::*;

sequential! { Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

fn main() {
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [FalsePositives(thresholds = [-1.0, 0.5])]);
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [SensitivityAtSpecificity(-1.0)]);
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [PrecisionAtRecall(recall = 1.5)]);
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [FBetaScore(beta = 0.0)]);
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [AUC(num_thresholds = 1)]);
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [AUC(curve = "RP")]);
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [F1Score(average = "makro")]);
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [TopKCategoricalAccuracy(k = 0)]);
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [MeanIoU()]);
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [IoU(num_classes = 3, target_class_ids = [0, 3])]);
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = [BinaryIoU(target_class_ids = [2])]);
}
