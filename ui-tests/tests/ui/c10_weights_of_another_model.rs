// C10: Two networks in one program, and the weights of the small one go into the large one.
use kseq::prelude::*;

sequential! { Small = [Dense(3, input_dim = 4)] }
sequential! { Large = [Dense(5, input_dim = 4)] }

fn main() {
    let small = Small::new(0);
    let mut large = Large::new(0);
    large.set_weights(&small.get_weights());
}
