// I9: classes of which nobody knows how many there are.
use kseq::prelude::*;

sequential! {
    pub Classes = [Activation("softmax", input_shape = (None,))];
    pub Insists = [#[insist] Activation("softmax", input_shape = (None,))];
}

fn main() {}
