// F10: `print(model.summary())`, from Python. (Keras prints the table, and below it "None".)
use kseq::prelude::*;

sequential! { pub Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

fn main() {
    let model = Net::new(1);
    println!("{}", model.summary());
    let table = format!("{:?}", model.summary());
    println!("{table}");
}
