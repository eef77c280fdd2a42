// F4: what the method `compile` is given; what comes after a mistake is not another one.
use kseq::prelude::*;

sequential! { pub Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

fn main() {
    let (x, y) = (vec![[0.0f32; 4]; 8], vec![[0.0f32; 3]; 8]);
    let loss = CategoricalCrossentropy::new();

    let mut model = Net::new(1).compile(Adam::new(1), loss, (Accuracy,));
    let _ = model.fit(&x, &y, Fit::new().epochs(2));
    let _ = model.evaluate(&x, &y);

    let lr = 0.1f64;
    let mut model = Net::new(1).compile(SGD::new(lr), loss, ());
    let _ = model.fit(&x, &y, Fit::new());

    let mut model = Net::new(1).compile(RMSprop::new("0.1"), loss, ());
    let _ = model.train_on_batch(&x, &y);

    let mut model = Net::new(1).compile("adam", loss, ());
    let _ = model.fit(&x, &y, Fit::new());

    let mut model = Net::new(1).compile(Adam::default(), loss, Accuracy);
    let _ = model.fit(&x, &y, Fit::new());

    let mut model = Net::new(1).compile(Adam::default(), loss, (kseq::metrics::OneHotMeanIoU::<7>::new(),));
    let _ = model.fit(&x, &y, Fit::new());
    let scores = model.evaluate(&x, &y).unwrap();
    println!("{} {}", scores.loss, scores.metrics.0);

    let mut model = compile!(
        Net::new(1),
        optimizer = "adam",
        loss = "categorical_crossentropy",
        metrics = ["sparse_categorical_accuracy"],
    );
    let _ = model.fit(&x, &y, Fit::new());
    let _ = model.save("model.safetensors");
}
