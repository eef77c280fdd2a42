// One mistake in words is one error, however much of the program uses the model, in every form.
use kseq::prelude::*;

sequential! { pub Net = [Dense(512, activation = "relo", input_shape = (784,)), Dense(10)] }

fn width(model: &Sequential<Net>) -> usize {
    model.dense_1.kernel[0].len()
}

fn main() -> Result<(), Error> {
    let (x, y) = (vec![[0.0; 784]; 8], vec![[0.0; 10]; 8]);
    let net = Net::new(1);
    println!("{}", width(&net));
    let mut net = net.compile(SGD::default(), CategoricalCrossentropy::default(), (Accuracy,));
    net.fit(&x, &y, Fit::new())?;

    let list = sequential![Dense(3, input_dim = 784), Dense(10, activation = 3)];
    let mut list = list.compile(SGD::default(), CategoricalCrossentropy::default(), (Accuracy,));
    let history = list.fit(&x, &y, Fit::new().validation_data(&x, &y))?;
    println!("{:?} {:?}", history.get("loss"), list.evaluate(&x, &y)?.loss);
    println!("{:?} {:?}", list.predict(&x)?, list.dense_1.kernel[0][0]);

    sequential! {
        let mut model = Sequential();
        model.add(Dense(3, input_dim = 4) Dropout(0.5));
    }
    let kernel: &[[f32; 3]; 4] = &model.dense_1.kernel;
    println!("{}", model.predict(&[[1.0; 4]])?[0][1] + kernel[0][0]);
    Ok(())
}
