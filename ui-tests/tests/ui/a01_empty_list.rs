// A1: a model without layers.
use kseq::prelude::*;

sequential! { pub Net = [] }

fn main() {}
