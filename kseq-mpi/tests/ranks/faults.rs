//! A rank that does not go on ends all, soon, and it is said which one it was.

use std::time::Duration;

use kseq::callbacks::LambdaCallback;
use kseq::optimizers::SGD;
use kseq::prelude::*;
use kseq_mpi::World;

use super::{Outcome, start};

sequential! { Endless = [Dense(2, input_shape = (3,))] }

/// What happens to rank 1 while it trains, and what is then printed.
const FAULTS: [(&str, &str); 3] = [
    ("panics", "rank 1 of 3 on "),
    ("leaves", "waits for rank 1, which has ended"),
    ("dies", "rank 1 "),
];

/// Each of them in a run of its own.
pub fn all() -> Outcome {
    for (fault, printed) in FAULTS {
        let (output, time) = start(3, fault)?;
        let text = String::from_utf8_lossy(&output.stderr);
        let text = format!("{}{text}", String::from_utf8_lossy(&output.stdout));
        assert!(!output.status.success(), "{fault}: {text}");
        assert!(text.contains(printed), "{fault}: {text}");
        // A training without an end: it is not this that ended it.
        assert!(time < Duration::from_secs(60), "{fault}: {time:?}");
        println!("3 ranks: rank 1 {fault}");
    }
    Ok(())
}

/// A rank of such a run.
pub fn as_rank(world: &World, fault: &str) -> Outcome {
    let (x, y) = (vec![[0.5; 3]; 8], vec![[1.0, 0.0]; 8]);
    let loss = MeanSquaredError::default();
    let mut model = world.compile(Endless::new(0), SGD::new(0.1), loss, ())?;
    let is_the_one = world.rank() == 1;
    let mut strikes =
        LambdaCallback::new().on_epoch_end(|epoch, _| match (is_the_one && epoch == 20, fault) {
            (true, "panics") => panic!("something went wrong"),
            (true, "dies") => std::process::abort(),
            _ => {}
        });
    if fault == "leaves" {
        model.fit(&x, &y, Fit::new().epochs(1).verbose(0))?;
        if is_the_one {
            return Ok(());
        }
    }
    let fit = Fit::new().epochs(usize::MAX).verbose(0);
    model.fit(&x, &y, fit.callbacks([&mut strikes]))?;
    Ok(())
}
