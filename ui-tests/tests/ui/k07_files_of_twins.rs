// K7: an int8 twin in flash, from a file of f32 weights, of another model, of no such path, and a twin's file as the model itself.
use kseq::prelude::*;

sequential! {
    #[quantize]
    pub Net = [Dense(3, activation = "relu", input_shape = (4,)), Dense(2)];

    #[quantize]
    pub Other = [Dense(5, activation = "relu", input_shape = (4,)), Dense(2)];

    #[quantize]
    pub Deeper = [
        Dense(3, activation = "relu", input_shape = (4,)),
        Dense(2),
        Dense(1, activation = "sigmoid"),
    ];
}

static FLOATS: BakedQuantized<Net> = include_weights!(Quantized<Net>, "weights/net.safetensors");
static SIZES: BakedQuantized<Other> = include_weights!(Quantized<Other>, "weights/twin.q8.safetensors");
static LAYERS: BakedQuantized<Deeper> = include_weights!(Quantized<Deeper>, "weights/twin.q8.safetensors");
static MODEL: Baked<Net> = include_weights!(Net, "weights/twin.q8.safetensors");
static NO_FILE: BakedQuantized<Net> = include_weights!(Quantized<Net>, "weights/twin.q8.safetensor");

fn main() {}
