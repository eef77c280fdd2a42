// Commas, colons, semicolons and calls as other libraries and languages have them.
use kseq::prelude::*;

sequential! { pub A = [Dense(units: 32, input_shape = (784,)), Dense(10)] }
sequential! { pub B = [Dense(32, input_shape = (784,)); Dense(10)] }
sequential! { pub C = [Dense(32, input_shape = (784,))(x), Dense(10)] }
sequential! { pub D = [Dense(32, input_shape = (784,)) Dense(10)] }
sequential! { pub E = [Dense { units: 32, input_shape: (784,) }, Dense(10)] }
sequential! { pub F = [Dense<32>(input_shape = (784,)), Dense(10)] }

fn main() {}
