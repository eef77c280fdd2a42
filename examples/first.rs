//! A digit classifier on real handwritten digits, as README.md shows it.

use kseq::datasets::mnist;
use kseq::prelude::*;

sequential! {
    /// 784 -> 512 -> 512 -> 10
    pub MnistMlp = [
        Dense(512, activation = "relu", input_shape = (784,)),
        Dropout(0.2),
        Dense(512, activation = "relu"),
        Dropout(0.2),
        Dense(10, activation = "softmax"),
    ]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let digits = mnist::load_data("data/mnist")?; // of this repository
    let x_train = mnist::scaled(&digits.x_train)?; // [[f32; 784]]
    let y_train = to_categorical(&digits.y_train)?; // [[f32; 10]]

    let mut model = compile!(
        MnistMlp::new(42),
        optimizer = "rmsprop", // or a value: RMSprop::new(0.001).rho(0.9)
        loss = "categorical_crossentropy",
        metrics = ["accuracy"],
    );
    let history = model.fit(
        &x_train,
        &y_train,
        Fit::new().batch_size(128).epochs(20).validation_split(0.2),
    )?;
    println!("{:?}", history.get("val_accuracy"));
    println!("{:?}", &model.dense_1.kernel[0][..3]); // a field for each layer
    Ok(())
}
