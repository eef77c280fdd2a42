// F4: metrics for another number of classes, and for other targets: an error at the metric, with both types.
use kseq::prelude::*;

sequential! { pub Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

struct Mine;

fn main() {
    let _ = compile!(
        Net::new(1),
        optimizer = "adam",
        loss = "sparse_categorical_crossentropy",
        metrics = [MeanIoU(num_classes = 7)],
    );
    let _ = compile!(
        Net::new(1),
        optimizer = "adam",
        loss = "categorical_crossentropy",
        metrics = ["accuracy", OneHotIoU(num_classes = 7, target_class_ids = [0])],
    );
    let _ = compile!(
        Net::new(1),
        optimizer = "adam",
        loss = "categorical_crossentropy",
        metrics = [SparseTopKCategoricalAccuracy(k = 2)],
    );
    let _ = compile!(
        Net::new(1),
        optimizer = "adam",
        loss = "sparse_categorical_crossentropy",
        metrics = ["mse"],
    );
    let _ = compile!(
        Net::new(1),
        optimizer = "adam",
        loss = "categorical_crossentropy",
        metrics = [AUC(multi_label = true, num_labels = 7)],
    );
    let _ = compile!(
        Net::new(1),
        optimizer = "adam",
        loss = "categorical_crossentropy",
        metrics = [Mine],
    );
}
