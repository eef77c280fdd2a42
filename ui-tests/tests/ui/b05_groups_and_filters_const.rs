// B5: the channels can be divided, the filters cannot; with a named constant.
use kseq::prelude::*;

const GROUPS: usize = 4;

sequential! { pub Net = [Conv1D(30, 3, groups = GROUPS, input_shape = (80, 8))] }

fn main() {}
