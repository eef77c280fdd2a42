// All mistakes in words are reported in one run, and the rest of the program stays quiet.
use kseq::prelude::*;

sequential! {
    pub Net = [
        Dens(512, input_shape = (784,)),
        Dense(512, activation = "rellu"),
        Dropout(rat = 0.2),
        Dense(10, activation = "softmax"),
    ]
}

fn main() -> Result<(), Error> {
    let (x, y) = (vec![[0.0; 784]; 8], vec![[0.0; 10]; 8]);
    let mut model = Net::new(1).compile(SGD::default(), CategoricalCrossentropy::default(), (Accuracy,));
    let history = model.fit(&x, &y, Fit::new().validation_data(&x, &y))?;
    println!("{:?} {:?}", history.get("loss"), model.evaluate(&x, &y)?.loss);
    println!("{:?} {:?}", model.predict(&x)?, model.dense_1.kernel[0][0]);
    Ok(())
}
