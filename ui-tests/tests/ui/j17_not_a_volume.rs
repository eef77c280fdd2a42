// J17: a video has four axes, a picture three.
use kseq::prelude::*;

sequential! { pub Image = [Conv3D(8, 3, input_shape = (28, 28, 1))] }

sequential! { pub Vector = [Dense(64, input_dim = 10), Conv2DTranspose(8, 3)] }

sequential! { pub Picture = [Conv3DTranspose(8, 3, input_shape = (28, 28, 1))] }

sequential! { pub Video = [Conv3D(8, (5, 3, 3), input_shape = (4, 28, 28, 3))] }

sequential! { pub Groups = [Conv3D(8, 1, groups = 2, input_shape = (4, 28, 28, 3))] }

fn main() {}
