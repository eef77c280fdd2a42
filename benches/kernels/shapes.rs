//! The matrix products of the models of `benches/models.rs`, as the layers ask for them. `benches/peers/gemm` takes them
//! from here, too.

/// C (`m` by `n`) = A (`m` by `k`) B (`k` by `n`); C is stored row after row.
pub struct Product {
    /// The model and the layer, with what is computed: output `y`, weight gradient `dW`, input gradient `dx`.
    pub name: String,
    pub m: usize,
    pub n: usize,
    pub k: usize,
    /// Row and column strides.
    pub a: [usize; 2],
    pub b: [usize; 2],
}

impl Product {
    fn new(name: String, [m, n, k]: [usize; 3], a: [usize; 2], b: [usize; 2]) -> Self {
        let name = format!("{name} {m}x{n}x{k}");
        Product {
            name,
            m,
            n,
            k,
            a,
            b,
        }
    }

    pub fn flops(&self) -> f64 {
        2.0 * (self.m * self.n * self.k) as f64
    }
}

/// The products of a layer from `inputs` to `units` on so many rows; the first layer of a model has no input gradient.
fn layer(name: &str, rows: usize, inputs: usize, units: usize, first: bool) -> Vec<Product> {
    let (x, w, dy) = ([inputs, 1], [units, 1], [units, 1]);
    let t = |[rows, columns]: [usize; 2]| [columns, rows];
    let new = |what: &str, sizes, a, b| Product::new(format!("{name} {what}"), sizes, a, b);
    let mut all = vec![
        new("y", [rows, units, inputs], x, w),
        new("dW", [inputs, units, rows], t(x), dy),
    ];
    if !first {
        all.push(new("dx", [rows, inputs, units], dy, t(w)));
    }
    all
}

/// A step of an LSTM: with the state, and the state's gradient, with the kernel's transposed matrix read through strides or
/// from a copy.
fn step(name: &str, batch: usize, units: usize) -> Vec<Product> {
    let gates = 4 * units;
    let new = |what: &str, sizes, a, b| Product::new(format!("{name} {what}"), sizes, a, b);
    let (forward, backward) = ([batch, gates, units], [batch, units, gates]);
    vec![
        new("step", forward, [units, 1], [gates, 1]),
        new("step dh", backward, [gates, 1], [1, gates]),
        new("step dh, copy", backward, [gates, 1], [units, 1]),
    ]
}

/// All of them. `mlp_binary` and `stateful_lstm` are those of `mlp_softmax` and `stacked_lstm`, but for the last layer and
/// the batch.
pub fn products() -> Vec<Product> {
    let lstm = 64 * 8;
    [
        layer("mlp_softmax dense_1", 128, 20, 64, true),
        layer("mlp_softmax dense_2", 128, 64, 64, false),
        layer("mlp_softmax dense_3", 128, 64, 10, false),
        layer("mlp_binary dense_3", 128, 64, 1, false),
        layer("mnist_mlp dense_1", 128, 784, 512, true),
        layer("mnist_mlp dense_2", 128, 512, 512, false),
        layer("mnist_mlp dense_3", 128, 512, 10, false),
        layer("mnist_cnn dense_1", 128, 12 * 12 * 64, 128, false),
        layer("mnist_cnn dense_2", 128, 128, 10, false),
        layer("vgg_like dense_1", 32, 22 * 22 * 64, 256, false),
        layer("vgg_like dense_2", 32, 256, 10, false),
        layer("lstm_imdb lstm", 16 * 80, 256, 4 * 128, false),
        step("lstm_imdb lstm", 16, 128),
        layer("lstm_imdb state", 16 * 80, 128, 4 * 128, true),
        layer("conv1d_seq dense", 16, 128, 1, false),
        layer("stacked_lstm lstm_1", lstm, 16, 4 * 32, true),
        layer("stacked_lstm lstm_2", lstm, 32, 4 * 32, false),
        step("stacked_lstm lstm", 64, 32),
        step("stateful_lstm lstm", 32, 32),
        layer("stacked_lstm dense", 64, 32, 10, false),
    ]
    .into_iter()
    .flatten()
    // The product with the states has the sizes of a layer, but is done step by step: only its gradient is not.
    .filter(|p| !p.name.contains("state y"))
    .collect()
}

/// Weights that do not fit into the caches near the core.
pub fn wide() -> Vec<Product> {
    [(32, 2048), (128, 2048), (128, 4096)]
        .map(|(batch, n)| layer(&format!("wide, batch {batch}"), batch, n, n, false))
        .into_iter()
        .flatten()
        .collect()
}

/// The forward products of a single sample and of a few.
pub fn single_samples() -> Vec<Product> {
    let one = |(batch, inputs, units)| {
        let name = format!("batch {batch}, {inputs} to {units}:");
        layer(&name, batch, inputs, units, true).swap_remove(0)
    };
    [
        (1, 20, 64),
        (1, 64, 64),
        (1, 784, 512),
        (4, 784, 512),
        (8, 784, 512),
        (1, 9216, 128),
        (1, 32, 128),
        (1, 128, 512),
    ]
    .map(one)
    .into()
}
