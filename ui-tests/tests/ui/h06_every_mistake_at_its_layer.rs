// A model with several mistakes of shape: each is reported at its layer in one run, and none is invented.
use kseq::prelude::*;

const FILTERS: usize = 0;
const STRIDES: usize = 2;

sequential! {
    pub Net = [
        Conv2D(32, 3, input_shape = (28, 28, 1)),
        Conv2D(64, 40),
        MaxPooling2D(2),
        Conv2D(FILTERS, 3),
        Conv2D(64, 3, strides = STRIDES, dilation_rate = 2),
        Dropout(1.5),
        Flatten(),
        Dense(64),
        LSTM(32),
        LSTM(32),
        Dense(10, activation = "softmax"),
    ]
}

fn main() -> Result<(), Error> {
    let (x, y) = (vec![[[[0.0; 1]; 28]; 28]; 8], vec![[0.0; 10]; 8]);
    let mut model = Net::new(1).compile(SGD::default(), CategoricalCrossentropy::default(), (Accuracy,));
    let history = model.fit(&x, &y, Fit::new().validation_data(&x, &y))?;
    println!("{:?} {:?}", history.get("loss"), model.evaluate(&x, &y)?.loss);
    println!("{:?} {:?}", model.predict(&x)?, model.dense_1.kernel[0][0]);
    Ok(())
}
