// D2: the path has a name of its own, or is left out.
use kseq::prelude::*;

sequential! { Net = [Dense(2, input_shape = (4,))] }

const PATH: &str = "weights/net.safetensors";

static NAMED: Baked<Net> = include_weights!(Net, PATH);

static FORGOTTEN: Baked<Net> = include_weights!("weights/net.safetensors");

fn main() {
    println!("{:?}", NAMED.predict(&[[0.5; 4]]));
    println!("{:?}", FORGOTTEN.predict(&[[0.5; 4]]));
}
