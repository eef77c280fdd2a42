// Mistakes in words and mistakes of shape are reported together; what is behind a misspelt layer is not guessed.
use kseq::prelude::*;

const UNITS: usize = 64;

mod mine {
    pub struct Pairs;

    impl Pairs {
        pub const fn new() -> Self {
            Pairs
        }
    }

    impl<const N: usize> kseq::layer::ShapeRule<[f32; N]> for Pairs {
        const OUTPUT: kseq::shape::Rule = Ok(kseq::shape::Shape::new(&[N / 2]));
    }
}

sequential! {
    pub Net = [
        Conv1D(UNITS, 5, activation = "rellu", input_shape = (80, 16)),
        GlobalMaxPooling1D(),
        LSTM(UNITS),
        Dens(UNITS),
        Conv2D(8, 3),
        MaxPooling2D(2, padding = "sam"),
        Flatten(),
        Dense(UNITS, kernel_initializer = "glorott"),
        Reshape((10, 10)),
        Flatten(),
        mine::Pairs(),
        MaxPooling1D(2),
        Dense(1, unit = 3),
    ]
}

fn main() -> Result<(), Error> {
    let mut model = Net::new(1).compile(SGD::default(), BinaryCrossentropy::default(), (Accuracy,));
    model.fit(&vec![[[0.0; 16]; 80]; 8], &vec![[0.0; 1]; 8], Fit::new())?;
    Ok(())
}
