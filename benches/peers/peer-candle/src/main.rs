//! candle (candle-core + candle-nn), CPU device.
//!
//! candle-nn has no momentum SGD and no RMSprop: `SGD` without momentum and `AdamW` stand in.
use candle_core::{D, DType, Device, IndexOp, Module, Result, Tensor};
use candle_nn::rnn::{LSTM, LSTMConfig, LSTMState, RNN, lstm};
use candle_nn::{
    AdamW, Conv1d, Conv2d, Embedding, Linear, Optimizer, ParamsAdamW, SGD, VarBuilder, VarMap,
    conv1d, conv2d, embedding, linear, loss, ops,
};
use harness::{Args, Mode, Rng, report};
use std::cell::RefCell;

const VERSION: &str = "0.11.1";

enum Layer {
    Dense(Linear),
    Relu,
    Dropout(f32),
    Conv2(Conv2d),
    Conv1(Conv1d),
    MaxPool2,
    MaxPool1,
    Flatten,
    Gap1,
    Embed(Embedding),
    LstmSeq(LSTM),
    LstmLast(LSTM),
    /// Goes on from the state that the last batch left, as Keras's `stateful = true`.
    Stateful(LSTM, RefCell<Option<LSTMState>>, Use),
}

/// Which hidden states the next layer reads.
enum Use {
    All,
    Last,
}

struct Model {
    layers: Vec<Layer>,
    binary: bool,
}

impl Model {
    fn build(name: &str, vb: VarBuilder) -> Result<Model> {
        use Layer::*;
        let mut n = 0;
        let mut next = || {
            n += 1;
            vb.pp(format!("l{n}"))
        };
        let mut l = Vec::new();
        let mut binary = false;
        match name {
            "mlp_softmax" | "mlp_binary" => {
                binary = name == "mlp_binary";
                l.extend([Dense(linear(20, 64, next())?), Relu, Dropout(0.5)]);
                l.extend([Dense(linear(64, 64, next())?), Relu, Dropout(0.5)]);
                l.push(Dense(linear(64, if binary { 1 } else { 10 }, next())?));
            }
            "mnist_mlp" => {
                l.extend([Dense(linear(784, 512, next())?), Relu, Dropout(0.2)]);
                l.extend([Dense(linear(512, 512, next())?), Relu, Dropout(0.2)]);
                l.push(Dense(linear(512, 10, next())?));
            }
            "mnist_cnn" => {
                let c = Default::default();
                l.extend([Conv2(conv2d(1, 32, 3, c, next())?), Relu]);
                l.extend([
                    Conv2(conv2d(32, 64, 3, c, next())?),
                    Relu,
                    MaxPool2,
                    Dropout(0.25),
                    Flatten,
                ]);
                l.extend([Dense(linear(9216, 128, next())?), Relu, Dropout(0.5)]);
                l.push(Dense(linear(128, 10, next())?));
            }
            "vgg_like" => {
                let c = Default::default();
                l.extend([Conv2(conv2d(3, 32, 3, c, next())?), Relu]);
                l.extend([
                    Conv2(conv2d(32, 32, 3, c, next())?),
                    Relu,
                    MaxPool2,
                    Dropout(0.25),
                ]);
                l.extend([Conv2(conv2d(32, 64, 3, c, next())?), Relu]);
                l.extend([
                    Conv2(conv2d(64, 64, 3, c, next())?),
                    Relu,
                    MaxPool2,
                    Dropout(0.25),
                    Flatten,
                ]);
                l.extend([
                    Dense(linear(64 * 22 * 22, 256, next())?),
                    Relu,
                    Dropout(0.5),
                ]);
                l.push(Dense(linear(256, 10, next())?));
            }
            "lstm_imdb" => {
                binary = true;
                l.push(Embed(embedding(1024, 256, next())?));
                l.push(LstmLast(lstm(256, 128, one_bias(), next())?));
                l.extend([Dropout(0.5), Dense(linear(128, 1, next())?)]);
            }
            "conv1d_seq" => {
                binary = true;
                let c = Default::default();
                l.extend([Conv1(conv1d(100, 64, 3, c, next())?), Relu]);
                l.extend([Conv1(conv1d(64, 64, 3, c, next())?), Relu, MaxPool1]);
                l.extend([Conv1(conv1d(64, 128, 3, c, next())?), Relu]);
                l.extend([
                    Conv1(conv1d(128, 128, 3, c, next())?),
                    Relu,
                    Gap1,
                    Dropout(0.5),
                ]);
                l.push(Dense(linear(128, 1, next())?));
            }
            "stacked_lstm" => {
                l.push(LstmSeq(lstm(16, 32, one_bias(), next())?));
                l.push(LstmSeq(lstm(32, 32, one_bias(), next())?));
                l.push(LstmLast(lstm(32, 32, one_bias(), next())?));
                l.push(Dense(linear(32, 10, next())?));
            }
            "stateful_lstm" => {
                for (inputs, states) in [(16, Use::All), (32, Use::All), (32, Use::Last)] {
                    let layer = lstm(inputs, 32, one_bias(), next())?;
                    l.push(Stateful(layer, RefCell::new(None), states));
                }
                l.push(Dense(linear(32, 10, next())?));
            }
            _ => panic!("unknown model {name}"),
        }
        Ok(Model { layers: l, binary })
    }

    /// Logits of the last layer.
    fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        let mut x = x.clone();
        for l in &self.layers {
            x = match l {
                Layer::Dense(d) => d.forward(&x)?,
                Layer::Relu => x.relu()?,
                Layer::Dropout(p) => {
                    if train {
                        ops::dropout(&x, *p)?
                    } else {
                        x
                    }
                }
                Layer::Conv2(c) => c.forward(&x)?,
                Layer::Conv1(c) => c.forward(&x)?,
                Layer::MaxPool2 => x.max_pool2d(2)?,
                Layer::MaxPool1 => {
                    // candle has no max_pool1d: fold the window into an axis and take its max.
                    let (b, c, t) = x.dims3()?;
                    x.narrow(2, 0, t / 3 * 3)?
                        .reshape((b, c, t / 3, 3))?
                        .max(D::Minus1)?
                }
                Layer::Flatten => x.flatten_from(1)?,
                Layer::Gap1 => x.mean(2)?,
                Layer::Embed(e) => e.forward(&x)?,
                Layer::LstmSeq(m) => {
                    let s = m.seq(&x)?;
                    m.states_to_tensor(&s)?
                }
                Layer::LstmLast(m) => m.seq(&x)?.last().unwrap().h().clone(),
                Layer::Stateful(m, state, which) => {
                    let start = match state.take() {
                        Some(state) => state,
                        None => m.zero_state(x.dim(0)?)?,
                    };
                    let s = m.seq_init(&x, &start)?;
                    let last = s.last().unwrap();
                    // No gradient flows into the batch before.
                    let (h, c) = (last.h().detach(), last.c().detach());
                    state.replace(Some(LSTMState::new(h, c)));
                    match which {
                        Use::All => m.states_to_tensor(&s)?,
                        Use::Last => last.h().clone(),
                    }
                }
            };
        }
        Ok(x)
    }

    fn predict(&self, x: &Tensor) -> Result<Tensor> {
        let y = self.forward(x, false)?;
        if self.binary {
            ops::sigmoid(&y)
        } else {
            ops::softmax_last_dim(&y)
        }
    }
}

/// One bias vector, as Keras has; candle's default is two, as PyTorch.
fn one_bias() -> LSTMConfig {
    LSTMConfig {
        b_hh_init: None,
        ..Default::default()
    }
}

fn input(model: &str, b: usize, r: &mut Rng, d: &Device) -> Result<Tensor> {
    match model {
        "mlp_softmax" | "mlp_binary" => Tensor::from_vec(r.f32s(b * 20), (b, 20), d),
        "mnist_mlp" => Tensor::from_vec(r.f32s(b * 784), (b, 784), d),
        "mnist_cnn" => Tensor::from_vec(r.f32s(b * 784), (b, 1, 28, 28), d),
        "vgg_like" => Tensor::from_vec(r.f32s(b * 30000), (b, 3, 100, 100), d),
        "lstm_imdb" => Tensor::from_vec(
            (0..b * 80)
                .map(|_| r.below(1024) as u32)
                .collect::<Vec<_>>(),
            (b, 80),
            d,
        ),
        "conv1d_seq" => Tensor::from_vec(r.f32s(b * 6400), (b, 100, 64), d),
        "stacked_lstm" | "stateful_lstm" => Tensor::from_vec(r.f32s(b * 128), (b, 8, 16), d),
        m => panic!("unknown model {m}"),
    }
}

enum Opt {
    Sgd(SGD),
    Adam(AdamW),
}

fn main() -> Result<()> {
    let args = Args::parse();
    let d = Device::Cpu;
    let mut r = Rng::new(7);
    let b = args.batch();
    let vm = VarMap::new();
    let m = Model::build(&args.model, VarBuilder::from_varmap(&vm, DType::F32, &d))?;
    let x = input(&args.model, b, &mut r, &d)?;
    let vars = vm.all_vars();
    let params: usize = vars.iter().map(|v| v.elem_count()).sum();
    let sgd = matches!(args.model.as_str(), "mlp_softmax" | "vgg_like");
    let y = if m.binary {
        Tensor::from_vec(
            (0..b).map(|_| r.below(2) as f32).collect::<Vec<_>>(),
            (b, 1),
            &d,
        )?
    } else {
        Tensor::from_vec(
            (0..b).map(|_| r.below(10) as u32).collect::<Vec<_>>(),
            b,
            &d,
        )?
    };
    let mut opt = if sgd {
        Opt::Sgd(SGD::new(vars, args.lr(0.01))?)
    } else {
        Opt::Adam(AdamW::new(
            vars,
            ParamsAdamW {
                lr: args.lr(1e-3),
                weight_decay: 0.0,
                ..Default::default()
            },
        )?)
    };
    let note = if args.mode != Mode::Train {
        ""
    } else if sgd {
        "optimizer: plain SGD (candle-nn has no momentum)"
    } else {
        "optimizer: AdamW (candle-nn has no RMSprop)"
    };
    let mut step = || -> Result<Tensor> {
        let out = m.forward(&x, true)?;
        let l = if m.binary {
            loss::binary_cross_entropy_with_logit(&out, &y)?
        } else {
            loss::cross_entropy(&out, &y)?
        };
        match &mut opt {
            Opt::Sgd(o) => o.backward_step(&l)?,
            Opt::Adam(o) => o.backward_step(&l)?,
        }
        Ok(l)
    };
    if args.check {
        let first = step()?.to_scalar::<f32>()?;
        for _ in 0..if args.model == "vgg_like" { 3 } else { 60 } {
            step()?;
        }
        let last = step()?.to_scalar::<f32>()?;
        println!(
            "{} params {params} (Keras {}), loss {first:.4} -> {last:.4}",
            args.model,
            harness::model_params(&args.model)
        );
        return Ok(());
    }
    if args.mode == Mode::Train {
        report(&args, "candle", VERSION, note, || {
            let _ = step().unwrap();
        });
    } else {
        // Frozen weights, as after loading a file: a plain tensor records no graph.
        let frozen = vm
            .data()
            .lock()
            .unwrap()
            .iter()
            .map(|(k, v)| (k.clone(), v.as_detached_tensor()))
            .collect();
        let m = Model::build(
            &args.model,
            VarBuilder::from_tensors(frozen, DType::F32, &d),
        )?;
        let mut sink = 0f32;
        report(&args, "candle", VERSION, note, || {
            let y = m.predict(&x).unwrap();
            sink += y.i((0, 0)).unwrap().to_scalar::<f32>().unwrap();
        });
        std::hint::black_box(sink);
    }
    Ok(())
}
