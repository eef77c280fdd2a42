// Keras's `datagen.flow(x, y, batch_size = 32)` in Rust's words: the arrays are no sequence of batches by themselves.
use kseq::prelude::*;

fn main() -> Result<(), Error> {
    let x = vec![[[[0.0f32; 1]; 28]; 28]; 100];
    let random = ImageDataGenerator::new().rotation_range(10.0);
    let _ = random.flow(&x);
    Ok(())
}
