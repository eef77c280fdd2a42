// What Python's `fit` and `predict` take: nothing but the data, one sample by itself, labels as lists of lists.
use kseq::prelude::*;

sequential! { pub Net = [Dense(32, activation = "relu", input_shape = (20,)), Dense(3, activation = "softmax")] }

fn main() -> Result<(), Error> {
    let (x, y) = (vec![[0.0; 20]; 8], vec![[0.0; 3]; 8]);
    let mut model = Net::new(1).compile(SGD::default(), CategoricalCrossentropy::default(), (Accuracy,));
    model.fit(&x, &y)?;
    model.fit(x, y, Fit::new())?;
    let lists = vec![vec![0.0; 20]; 8];
    println!("{:?}", model.predict(&lists)?);
    println!("{:?}", model.predict(&lists[0])?);
    Ok(())
}
