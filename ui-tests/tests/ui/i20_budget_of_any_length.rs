// I20: a budget of what depends on the length of a sample, which comes with the data.
use kseq::prelude::*;

sequential! {
    #[budget(params = 1_000, ram = 2_000, macs = 10_000)]
    pub Net = [GRU(8, input_shape = (None, 4)), Dense(2)]
}

sequential! {
    #[budget(flash = 20 * 1024, train_ram = 8 * 1024)]
    pub Words = [Embedding(10, 4), LSTM(3)]
}

fn main() {}
