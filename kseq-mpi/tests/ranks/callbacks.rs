//! What callbacks decide is the same on all ranks; what they write the first one writes; and an error of one is known to all.

use std::path::Path;

use kseq::callbacks::{
    BackupAndRestore, CSVLogger, EarlyStopping, LambdaCallback, ReduceLROnPlateau,
};
use kseq::error::Error;
use kseq::optimizers::Adam;
use kseq::prelude::*;
use kseq_mpi::World;

use super::{Outcome, bits, close, same_history, say};

sequential! {
    Small = [
        Dense(9, activation = "relu", input_shape = (4,)),
        Dropout(0.2),
        Dense(1),
    ]
}

type Data = (Vec<[f32; 4]>, Vec<[f32; 1]>);

fn data(n: usize) -> Data {
    let x: Vec<[f32; 4]> = (0..n)
        .map(|i| std::array::from_fn(|j| ((i * 7 + j * 3) % 11) as f32 / 11.0 - 0.4))
        .collect();
    let y = x.iter().map(|x| [x[0] - x[1] * x[2]]).collect();
    (x, y)
}

/// The model of all ranks.
macro_rules! model {
    ($world:expr) => {
        $world.compile(
            Small::new(1),
            Adam::new(0.02),
            MeanSquaredError::default(),
            (),
        )?
    };
}

/// That of one process.
macro_rules! alone {
    () => {
        Small::new(1).compile(Adam::new(0.02), MeanSquaredError::default(), ())
    };
}

pub fn all(world: &World) -> Outcome {
    stops(world)?;
    one_stops(world)?;
    one_fails(world)?;
    generators(world)?;
    let folder = std::env::temp_dir().join(format!("kseq-mpi-{}", shared_number(world)));
    std::fs::create_dir_all(&folder)?;
    let outcome = resumes(world, &folder).and_then(|()| writes(world, &folder));
    // When all are done with it.
    let _ = shared_number(world);
    let _ = std::fs::remove_dir_all(&folder);
    outcome
}

/// A number of rank 0 that the others get as a weight.
fn shared_number(world: &World) -> u32 {
    let mut model = Small::new(0);
    model.dense_1.bias = [(std::process::id() % 0x7f_ffff) as f32; 9];
    let sgd = kseq::optimizers::SGD::new(0.1);
    let loss = MeanSquaredError::default();
    world
        .compile(model, sgd, loss, ())
        .map_or(0, |model| model.dense_1.bias[0] as u32)
}

fn fit<'a>(epochs: usize) -> Fit<'a, Small, [f32; 1]> {
    Fit::new().batch_size(12).epochs(epochs).verbose(0)
}

fn stops(world: &World) -> Outcome {
    let (x, y) = data(50);
    let callbacks = || {
        let stopping = EarlyStopping::new()
            .monitor("loss")
            .min_delta(0.004)
            .patience(1);
        (
            stopping,
            ReduceLROnPlateau::new().monitor("loss").patience(1),
        )
    };
    let (mut stopping, mut plateau) = callbacks();
    let expected = alone!().fit(&x, &y, fit(60).callbacks([&mut stopping, &mut plateau]))?;
    let (mut stopping, mut plateau) = callbacks();
    let found = model!(world).fit(&x, &y, fit(60).callbacks([&mut stopping, &mut plateau]))?;
    assert!(expected.epoch().len() < 60);
    close("EarlyStopping", &found, &expected);
    say(world, "EarlyStopping, ReduceLROnPlateau");
    Ok(())
}

/// In the middle of an epoch, one rank only.
fn one_stops(world: &World) -> Outcome {
    let (x, y) = data(50);
    let (rank, last) = (world.rank(), world.size() - 1);
    let mut model = model!(world);
    let mut stop = LambdaCallback::new().on_train_batch_end_with(|batch, _, training| {
        if rank == last && batch == 1 {
            training.stop_training();
        }
    });
    let history = model.fit(&x, &y, fit(9).callbacks([&mut stop]))?;
    assert_eq!(history.epoch(), [0]);
    let mut two = alone!();
    let mut stop = LambdaCallback::new().on_train_batch_end_with(|batch, _, training| {
        if batch == 1 {
            training.stop_training();
        }
    });
    close(
        "one stops",
        &history,
        &two.fit(&x, &y, fit(9).callbacks([&mut stop]))?,
    );
    say(world, "one rank stops the training of all");
    Ok(())
}

/// Refuses to go on, in the second epoch.
struct Fails(bool);

impl<M: Model> Callback<M> for Fails {
    fn on_epoch_end(
        &mut self,
        epoch: usize,
        _: &Logs<'_>,
        _: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        match self.0 && epoch == 1 {
            false => Ok(()),
            true => Err(Error::Callback {
                name: "Fails".into(),
                why: "the disk is full".into(),
            }),
        }
    }
}

fn one_fails(world: &World) -> Outcome {
    let (x, y) = data(50);
    let last = world.size() - 1;
    let fails = world.rank() == last;
    let mut model = model!(world);
    let error = model
        .fit(&x, &y, fit(4).callbacks([&mut Fails(fails)]))
        .unwrap_err();
    let expected = match fails {
        true => "Fails: the disk is full".to_string(),
        false => format!("rank {last} ended with an error, and with it the training of all"),
    };
    assert_eq!(error.to_string(), expected);
    // Nobody waits for anybody.
    model.fit(&x, &y, fit(1))?;
    // Other arguments on one rank.
    let epochs = if fails { 1 } else { 2 };
    let Err(error) = model.fit(&x, &y, fit(epochs)) else {
        return Err("ranks with other arguments train".into());
    };
    assert!(
        error.to_string().contains("other data or arguments"),
        "{error}"
    );
    say(world, "an error of one rank is known to all");
    Ok(())
}

fn generators(world: &World) -> Outcome {
    let (x, y) = data(50);
    let flow = || Flow::new(&x[..], &y[..], 12);
    let expected = alone!().fit_generator(flow()?, Fit::new().epochs(3).verbose(0))?;
    let mut model = model!(world);
    let found = model.fit_generator(flow()?, Fit::new().epochs(3).verbose(0))?;
    close("a Sequence", &found, &expected);
    let batches = || {
        (0..).map(|i| {
            (
                x[i % 30..i % 30 + 9].to_vec(),
                y[i % 30..i % 30 + 9].to_vec(),
            )
        })
    };
    let options = || Fit::new().steps_per_epoch(3).epochs(3).verbose(0);
    let expected = alone!().fit_generator(batches(), options())?;
    close(
        "an iterator",
        &model!(world).fit_generator(batches(), options())?,
        &expected,
    );
    let evaluated = model.evaluate_generator(flow()?, Evaluate::new())?;
    let all = model.evaluate(&x, &y)?;
    assert!((evaluated.loss - all.loss).abs() < 1e-6);
    say(world, "generators");
    Ok(())
}

/// Goes on from the file of rank 0, whatever the others have.
fn resumes(world: &World, folder: &Path) -> Outcome {
    let (x, y) = data(50);
    let mut whole = model!(world).parts(6)?;
    let expected = whole.fit(&x, &y, fit(4))?;
    let backup = || {
        let folder = folder.join(if world.rank() == 0 {
            "backup"
        } else {
            "elsewhere"
        });
        BackupAndRestore::new(folder).save_freq(3)
    };
    let mut first = model!(world).parts(6)?;
    let interrupted = first.fit(&x, &y, fit(4).callbacks([&mut backup(), &mut Fails(true)]));
    assert!(interrupted.is_err());
    assert_ne!(bits(&first), bits(&whole));
    let mut second = model!(world).parts(6)?;
    let found = second.fit(&x, &y, fit(4).callbacks([&mut backup()]))?;
    same_history("resumed", &found, &expected);
    assert_eq!(bits(&second), bits(&whole));
    assert!(!folder.join("elsewhere").exists());
    say(world, "a training that resumes");
    Ok(())
}

/// One file, with each epoch once.
fn writes(world: &World, folder: &Path) -> Outcome {
    let (x, y) = data(50);
    let (log, saved) = (folder.join("log.csv"), folder.join("model.safetensors"));
    let mut model = model!(world);
    let mut logger = CSVLogger::new(&log);
    model.fit(&x, &y, fit(3).callbacks([&mut logger]))?;
    model.save(&saved)?;
    let mut again = model!(world);
    again.load(&saved)?;
    assert_eq!(bits(&again), bits(&model));
    if world.rank() == 0 {
        assert_eq!(std::fs::read_to_string(&log)?.lines().count(), 4);
    }
    say(world, "files that rank 0 writes");
    Ok(())
}
