// F5: losses that take probabilities, after activations that give none.
use kseq::prelude::*;

sequential! { pub Linear = [Dense(3, input_shape = (4,))] }
sequential! { pub Relu = [Dense(8, input_shape = (4,)), Dense(1, activation = "relu")] }
sequential! { pub Tanh = [Dense(1, input_shape = (4,)), Activation("tanh")] }

fn main() {
    let mut model = compile!(
        Linear::new(1),
        optimizer = "adam",
        loss = "categorical_crossentropy",
        metrics = ["accuracy"],
    );
    let _ = model.fit(&[[0.0; 4]], &[[1.0, 0.0, 0.0]], Fit::new());
    let _ = Relu::new(1).compile(Adam::default(), BinaryCrossentropy::new(), ());
    let _ = compile!(Tanh::new(1), loss = BinaryCrossentropy(label_smoothing = 0.1));
}
