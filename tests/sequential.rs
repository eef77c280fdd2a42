//! The forms of `sequential!`, and what it understands of a pasted Keras list.

use kseq::params::Flat;
use kseq::prelude::*;

const HIDDEN: usize = 32;

mod cfg {
    pub const SIDE: usize = 28;
}

sequential! {
    /// Documented.
    #[derive(Clone, Copy)]
    pub Item = [
        Dense(HIDDEN, input_shape = (cfg::SIDE * cfg::SIDE,), activation = "relu"),
        Dense(units = HIDDEN / 2, use_bias = False, name = "encoder"),
        Activation("tanh"),
        Dropout(rate = 0.5),
        Dense(10, "softmax"),
    ];
}

#[test]
fn item_form_with_named_fields() {
    let mut model = Item::new(1);
    assert_eq!(
        (model.dense_1.kernel.len(), model.dense_1.kernel[0].len()),
        (784, 32)
    );
    assert_eq!(
        (model.encoder.kernel[0].len(), model.encoder.bias.len()),
        (16, 0)
    );
    assert_eq!(model.dense_2.bias, [0.0; 10]);
    model.dense_2.bias[3] = 100.0;
    let y = model.predict(&[[0.5; 784]]).unwrap();
    assert!(y[0][3] > 0.99);
    let names: Vec<_> = Item::LAYERS.iter().map(|l| l.name).collect();
    assert_eq!(
        names,
        ["dense_1", "encoder", "activation_1", "dropout_1", "dense_2"]
    );
}

#[test]
fn list_form_is_an_expression() {
    const LOCAL: usize = 5;
    let model = sequential![Dense(LOCAL, input_dim = 3), Dense(2)];
    assert_eq!(model.dense_1.kernel[0].len(), 5);
    let other = sequential!([Input(shape = (3,)), Dense(5), Dense(2)]).seed(9);
    assert_ne!(model.dense_1.kernel, other.dense_1.kernel);
    assert_eq!(other.predict(&[[1.0; 3]]).unwrap()[0].len(), 2);
}

#[test]
fn statement_form_as_in_keras() {
    sequential! {
        let mut model = Sequential();
        model.add(Dense(32, input_shape = (784,)));
        model.add(Activation("relu"));
        model.add(Dense(10));
        model.add(Activation("softmax"));
    }
    model.dense_2.bias[1] = 50.0;
    assert!(model.predict(&[[0.0; 784]]).unwrap()[0][1] > 0.99);
}

#[test]
fn layers_may_be_named_as_the_library_names_its_own_fields() {
    sequential! { Net = [Dense(3, input_dim = 2, name = "params"), Dense(2, name = "loss")] }
    let model = Net::new(1).compile(SGD::default(), MeanSquaredError::default(), ());
    assert_eq!((model.params.bias, model.loss.bias), ([0.0; 3], [0.0; 2]));
}

#[test]
fn python_words_paste() {
    let model = sequential!([
        Dense(
            4,
            activation = None,
            use_bias = True,
            kernel_regularizer = None,
            input_shape = (3,)
        ),
        Dense(
            2,
            use_bias = False,
            bias_initializer = "zeros",
            batch_input_shape = (None, 4)
        ),
    ]);
    assert_eq!(model.params().as_f32s().len(), 3 * 4 + 4 + 4 * 2);
}

#[test]
fn ranks_and_flatten() {
    let model = sequential!([
        Dense(6, input_shape = (4, 5)),
        Flatten(),
        Dense(2, activation = "sigmoid")
    ]);
    let y = model.predict(&[[[0.1; 5]; 4]; 3]).unwrap();
    assert_eq!((y.len(), model.dense_2.kernel.len()), (3, 24));
}

mod mine {
    use kseq::activations::Activation;
    use kseq::layer::*;

    /// A user's activation.
    pub struct Doubled;

    impl Activation for Doubled {
        const NAME: &'static str = "doubled";

        fn forward(z: &mut [f32], _: usize) {
            z.iter_mut().for_each(|z| *z *= 2.0);
        }

        fn backward(_: &[f32], _: &[f32], dy: &mut [f32], _: usize) {
            dy.iter_mut().for_each(|d| *d *= 2.0);
        }
    }

    /// A user's layer with a parameter for each feature.
    pub struct Scale<const N: usize>(f32);

    impl<const N: usize> Scale<N> {
        /// The initial scale.
        pub const fn new(initial: f32) -> Self {
            Scale(initial)
        }
    }

    /// The parameters of [`Scale`].
    #[derive(ParamBlock)]
    #[repr(C)]
    pub struct ScaleParams<const N: usize> {
        /// One for each feature.
        pub scale: [f32; N],
    }

    impl<const N: usize> ShapeRule<[f32; N]> for Scale<N> {
        const OUTPUT: Rule = Ok(<[f32; N]>::SHAPE);
    }

    impl<const N: usize> Layer<[f32; N], [f32; N]> for Scale<N> {
        type Params = ScaleParams<N>;
        type State = NoParams;

        fn init(&self, p: &mut ScaleParams<N>, _: &mut NoParams, _: &mut Rng) {
            p.scale = [self.0; N];
        }

        fn infer(
            &self,
            p: &ScaleParams<N>,
            _: &NoParams,
            x: &[[f32; N]],
            y: &mut [[f32; N]],
            _: &mut Ctx<'_>,
        ) {
            for (x, y) in x.iter().zip(y) {
                *y = std::array::from_fn(|i| p.scale[i] * x[i]);
            }
        }

        fn forward(
            &self,
            p: &ScaleParams<N>,
            s: &mut NoParams,
            x: &[[f32; N]],
            y: &mut [[f32; N]],
            _: &mut [f32],
            cx: &mut Ctx<'_>,
        ) {
            self.infer(p, s, x, y, cx);
        }

        fn backward(
            &self,
            p: &ScaleParams<N>,
            pass: Backward<'_, [f32; N], [f32; N]>,
            dp: &mut ScaleParams<N>,
            _: &mut Ctx<'_>,
        ) {
            dp.scale = [0.0; N];
            for (x, dy) in pass.x.iter().zip(pass.dy.iter()) {
                for (dp, (x, dy)) in dp.scale.iter_mut().zip(x.iter().zip(dy)) {
                    *dp += x * dy;
                }
            }
            if let Some(dx) = pass.dx {
                for (dx, dy) in dx.iter_mut().zip(pass.dy) {
                    *dx = std::array::from_fn(|i| p.scale[i] * dy[i]);
                }
            }
        }
    }
}

#[test]
fn a_users_layer_and_activation_by_path_train() {
    sequential! {
        Net = [
            Dense(4, activation = mine::Doubled, input_shape = (2,)),
            mine::Scale::<4>(0.5),
            Activation(mine::Doubled),
            Dense(1),
        ]
    }
    let mut model = Net::new(3).compile(Adam::new(0.02), MeanSquaredError::default(), ());
    assert_eq!(model.scale_1.scale, [0.5; 4]);
    let x: Vec<[f32; 2]> = (0..64)
        .map(|i| [i as f32 / 64.0, 1.0 - i as f32 / 32.0])
        .collect();
    let y: Vec<[f32; 1]> = x.iter().map(|x| [3.0 * x[0] - x[1]]).collect();
    let history = model.fit(&x, &y, Fit::new().epochs(60).verbose(0)).unwrap();
    assert!(history.last("loss").unwrap() < 0.01, "{history:?}");
    assert_ne!(model.scale_1.scale, [0.5; 4]);
}

#[test]
fn summary_is_keras_table() {
    let table = Item::SUMMARY;
    for line in [
        "Model: \"Item\"",
        "┃ Layer (type)              ┃ Output Shape ┃ Param # ┃   MACs ┃",
        "│ dense_1 (Dense)           │ (None, 32)   │  25,120 │",
        "│ encoder (Dense)           │ (None, 16)   │     512 │",
        "│ activation_1 (Activation) │ (None, 16)   │       0 │",
        " Total params: 25,802 (100.79 KB)",
        " Non-trainable params: 0 (0.00 B)",
    ] {
        assert!(table.contains(line), "{line}\nis not in\n{table}");
    }
}

/// A model may be called as the parameters of another one would be.
#[test]
fn names_of_models_do_not_meet() {
    sequential! { A = [Dense(3, input_dim = 4)] }
    sequential! { AParams = [Dense(1, input_dim = 4)] }
    sequential! { AState = [Dense(2, input_dim = 4)] }
    assert_eq!(A::new(1).dense_1.bias.len(), 3);
    assert_eq!(
        AParams::new(1).dense_1.bias.len() + AState::new(1).dense_1.bias.len(),
        3
    );
}
