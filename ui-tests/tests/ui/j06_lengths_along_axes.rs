// J6: lengths along axes that there are not; a scale that Keras multiplies along another axis.
use kseq::prelude::*;

sequential! { pub Scale = [RMSNormalization(axis = 1, input_shape = (10, 16))] }
sequential! { pub Beyond = [RMSNormalization(axis = 2, input_shape = (16,))] }
sequential! { pub Batch = [UnitNormalization(axis = 0, input_shape = (10, 16))] }
sequential! { pub Open = [RMSNormalization(axis = (1, 2), input_shape = (None, 16)), GlobalMaxPooling1D()] }

fn main() {}
