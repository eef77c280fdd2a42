//! tract: inference of ONNX graphs.
mod graph;

use harness::{Args, Mode, Rng, report, unsupported};
use tract_linalg::multithread::{Executor, set_default_executor};
use tract_onnx::prelude::*;

const VERSION: &str = "0.23.9";

fn main() -> TractResult<()> {
    let args = Args::parse();
    if args.mode == Mode::Train {
        unsupported(&args, "tract", VERSION, "inference only");
    }
    if args.threads > 1 {
        set_default_executor(Executor::multithread(args.threads));
    }
    let b = args.batch();
    let plan = tract_onnx::onnx()
        .model_for_proto_model(&graph::graph(&args.model, b))?
        .into_optimized()?
        .into_runnable()?;
    let mut r = Rng::new(7);
    let shape: Vec<usize> = match args.model.as_str() {
        "mlp_softmax" | "mlp_binary" => vec![b, 20],
        "mnist_mlp" => vec![b, 784],
        "mnist_cnn" => vec![b, 1, 28, 28],
        "vgg_like" => vec![b, 3, 100, 100],
        "lstm_imdb" => vec![b, 80],
        "conv1d_seq" => vec![b, 100, 64],
        "stacked_lstm" | "stateful_lstm" => vec![b, 8, 16],
        m => panic!("unknown model {m}"),
    };
    let n = shape.iter().product();
    let x: Tensor = if args.model == "lstm_imdb" {
        let ids: Vec<i32> = (0..n).map(|_| r.below(1024) as i32).collect();
        Tensor::from_shape(&shape, &ids)?
    } else {
        Tensor::from_shape(&shape, &r.f32s(n))?
    };
    let x: TValue = x.into();
    // The states go in with the samples and come out behind the predictions.
    let mut states: TVec<TValue> = tvec!();
    if args.model == "stateful_lstm" {
        for _ in 0..6 {
            states.push(Tensor::zero::<f32>(&[1, b, 32])?.into());
        }
    }
    report(&args, "tract", VERSION, "", || {
        let mut inputs = tvec!(x.clone());
        inputs.append(&mut states);
        let mut outputs = plan.run(inputs).unwrap();
        std::hint::black_box(outputs.remove(0));
        states = outputs;
    });
    Ok(())
}
