// J25: an RNN without a cell, around a layer, around nothing; a cell without an RNN; an argument of the layer in the cell.
use kseq::prelude::*;

sequential! {
    NoCell = [RNN(input_shape = (8, 16))]
    Layer = [RNN(LSTM(8), input_shape = (8, 16))]
    Number = [RNN(8, input_shape = (8, 16))]
    Empty = [RNN([], input_shape = (8, 16))]
    Alone = [GRUCell(8, input_shape = (8, 16))]
    Wrong = [RNN(LSTMCell(8, return_sequences = true), input_shape = (8, 16))]
    Backwards = [RNN([LSTMCell(8), GRUCell(8)], go_backwards = true, input_shape = (8, 16))]
}

fn main() {}
