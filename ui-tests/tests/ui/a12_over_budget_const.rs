// A12: the same with named constants, and with numbers that a budget does not have.
use kseq::prelude::*;

const FLASH: usize = 1024;
const HIDDEN: usize = 64;

sequential! {
    #[budget(flash = FLASH, train_ram = 2 * FLASH)]
    pub Small = [Dense(HIDDEN, activation = "relu", input_shape = (20,)), Dense(1, activation = "sigmoid")]
}

sequential! {
    #[budget(parameters = FLASH, ram = -1, 100)]
    pub Other = [Dense(HIDDEN, input_shape = (20,))]
}

// What is wrong with the shapes is all that is said of this one.
sequential! {
    #[budget(flash = FLASH)]
    pub Third = [Dense(HIDDEN, input_shape = (20,)), LSTM(HIDDEN)]
}

fn main() {}
