//! What the library prints may find nobody who reads it: stdout and stderr that are closed or full end no training.

use std::path::Path;
use std::process::{Command, Stdio};

use kseq::callbacks::{
    EarlyStopping, LearningRateScheduler, ModelCheckpoint, ReduceLROnPlateau, TerminateOnNaN,
};
use kseq::prelude::*;

sequential! {
    Net = [Dense(1, input_shape = (1,))]
}

/// What the child does: everything that prints, and then says in a file that it has come to its end.
fn talk(folder: &Path) -> Result<(), Error> {
    let (x, y) = ([[1.0f32]; 40], [[5.0f32]; 40]);
    let mut model = Net::new(0).compile(SGD::new(0.01), MeanSquaredError::default(), ());
    model.set_trainable(0, false)?;
    model.summary();
    model.set_trainable(0, true)?;
    for verbose in [1, 2, 3] {
        let mut stop = EarlyStopping::new()
            .monitor("loss")
            .min_delta(1e9)
            .patience(3)
            .restore_best_weights(true)
            .verbose(1);
        let mut plateau = ReduceLROnPlateau::new()
            .monitor("loss")
            .min_delta(1e9)
            .patience(1)
            .verbose(1);
        let mut rate = LearningRateScheduler::new(|_, rate| rate).verbose(1);
        let mut save = ModelCheckpoint::new(folder.join("model.safetensors"))
            .monitor("loss")
            .save_best_only(true)
            .verbose(1);
        let fit = Fit::new().epochs(9).verbose(verbose);
        let fit = fit.callbacks([&mut rate, &mut plateau, &mut stop, &mut save]);
        let history = model.fit(&x, &y, fit)?;
        assert_eq!(history.epoch().len(), 4);
        model.evaluate_with(&x, &y, Evaluate::new().verbose(verbose))?;
        model.predict_with(&x, Predict::new().verbose(verbose))?;
    }
    model.dense_1.kernel = [[f32::NAN]];
    let mut nan = TerminateOnNaN::new();
    let fit = Fit::new().epochs(2).callbacks([&mut nan]);
    assert_eq!(model.fit(&x, &y, fit)?.epoch().len(), 1);
    std::fs::write(folder.join("end"), "").expect("the folder can be written");
    Ok(())
}

/// The child's end, with these for its stdout and stderr.
fn run(name: &str, stdout: Stdio, stderr: Stdio) {
    let folder = std::env::temp_dir().join(format!("kseq-stdout-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    let program = std::env::current_exe().expect("the program has a path");
    let mut child = Command::new(program);
    child.arg("talk").arg(&folder).stdin(Stdio::null());
    let child = child.stdout(stdout).stderr(stderr).spawn();
    let end = child.expect("starts").wait().expect("it ends");
    assert!(end.success(), "{name}: {end}");
    assert!(folder.join("end").exists(), "{name}");
    std::fs::remove_dir_all(folder).expect("the folder can be removed");
}

/// The end of a pipe whose reader is gone before anything is written.
fn broken_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    if let (Some("talk"), Some(folder)) = (arguments.next().as_deref(), arguments.next()) {
        return talk(Path::new(&folder)).expect("the training ends well");
    }
    run("read", Stdio::null(), Stdio::null());
    run("closed", broken_pipe(), broken_pipe());
    #[cfg(target_os = "linux")]
    {
        let full = || std::fs::File::options().write(true).open("/dev/full");
        let full = || Stdio::from(full().expect("Linux has it"));
        run("full", full(), full());
    }
    println!("a training prints to closed and full devices and goes on");
}
