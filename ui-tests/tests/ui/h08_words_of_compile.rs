// Typing slips in the strings of `compile`: in Keras each is found only when the line runs, one after the other.
use kseq::prelude::*;

fn main() {
    let model = sequential![Dense(1, input_dim = 2)];
    let _ = compile!(model, optimizer = "rmsprob", loss = "mean_square_error", metrics = ["acuracy"]);
}
