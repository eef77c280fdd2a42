//! Each function is written as on a host: one error each, which says what to write on a microcontroller.
#![no_std]

use kseq::prelude::*;

sequential! {
    pub Net = [Dense(3, activation = "relu", input_shape = (4,)), Dense(2, activation = "softmax")]
}
sequential! {
    pub Large = [Dense(4000, activation = "relu", input_shape = (4,)), Dense(2, activation = "softmax")]
}
sequential! {
    pub Stateful = [LSTM(3, batch_input_shape = (1, 4, 2), stateful = true)]
}

type X = [[f32; 4]];
type Y = [[f32; 2]];

pub fn new(x: &X) {
    let model = Net::new(42);
    drop((model, x));
}

pub fn list() {
    let model = sequential![Dense(3, input_shape = (4,)), Dense(1)];
    drop(model);
}

pub fn compile(x: &X, y: &Y) {
    let mut model = compile!(Net::new(42), optimizer = "sgd", loss = "categorical_crossentropy");
    model.fit(x, y);
    model.evaluate(x, y);
}

pub fn fit(model: &mut Trainer<'_, Net, SGD, CategoricalCrossentropy>, x: &X, y: &Y) {
    model.fit(x, y, Fit::new().batch_size(8).epochs(3));
}

pub fn files(model: &mut Trainer<'_, Net, SGD, CategoricalCrossentropy>) {
    model.load_weights("net.safetensors");
}

pub fn summary(model: &Trainer<'_, Net, SGD, CategoricalCrossentropy>) {
    model.summary();
}

pub fn large(net: &Baked<Large>) {
    let _ = net.predict(&[0.0; 4]);
}

pub fn state(net: &Baked<Stateful>) {
    let _ = net.predict(&[[0.0; 2]; 4]);
}
