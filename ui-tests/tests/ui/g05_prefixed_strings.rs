// G5: strings with a prefix of Python's. That there is none in Rust the compiler says first; its help would not help.
use kseq::prelude::*;

sequential! { pub Net = [Dense(8, activation = f"relu", input_shape = (4,)), Dense(1, name = f"dense_{i}")] }

sequential! { pub Other = [Dense(8, input_shape = (4,)), Dense(1)] }

fn main() {
    let _ = compile!(Other::new(1), optimizer = f"adam", loss = "mse");
}
