//! The source of each model that the importer writes, compiled, with the test of its outputs.

#![allow(missing_docs)]

use kseq::model::Model;
use kseq::params::Flat;
use kseq::prelude::*;

include!(concat!(env!("OUT_DIR"), "/models.rs"));

/// Loads one file and then the other, which must have the same weights.
fn same_weights<M: Model>(model: &mut Sequential<M>, one: &str, other: &str) -> Result<(), Error> {
    let mut weights = Vec::new();
    for file in [one, other] {
        model.load_weights(file)?;
        let mut loaded = model.params().as_f32s().to_vec();
        loaded.extend_from_slice(model.state_mut().as_f32s());
        weights.push(loaded);
    }
    assert_eq!(weights[0], weights[1]);
    Ok(())
}

/// The project's own files say by their names why they are none that can be imported; of the others all are.
#[test]
fn only_what_has_no_layers_or_branches_or_code_is_refused() {
    for (name, why) in REFUSED {
        let expected = match *name {
            name if name.starts_with("refused_branches") => "a list of layers has no branches",
            name if name.starts_with("refused_lambda") => "which is never run",
            _ => "holds weights only, no layers",
        };
        assert!(why.contains(expected), "{name}: {why}");
        let is_own = name.starts_with("refused_")
            || [".weights.", ".only.", ".nb_layers."]
                .iter()
                .any(|part| name.contains(part));
        assert!(is_own, "{name}: {why}");
    }
}

/// `shared/models` has 26 files where it is.
#[test]
fn the_real_files_are_all_there_or_not_at_all() {
    if option_env!("KSEQ_SHARED").is_none() {
        assert!(matches!(REAL, 0 | 26), "{REAL} files");
    }
}

import_keras! {
    /// Of the same file as `k3_cnn_keras`, at compile time.
    pub static CNN: Cnn = "../../kseq-import/tests/files/k3_cnn.keras";
    pub static GRU_OF_KERAS_1: Gru = "../../kseq-import/tests/files/k1_gru.h5";
    Layers = "../../kseq-import/tests/files/k3_mlp.json"
}

#[test]
fn the_macro_gives_the_bits_of_the_source() -> Result<(), Box<dyn std::error::Error>> {
    let mut cnn = k3_cnn_keras::Net::new(0);
    cnn.load_weights(k3_cnn_keras::WEIGHTS)?;
    let x = std::array::from_fn(|i| [[(i as f32 * 0.7).sin(), 0.25]; 8]);
    assert_eq!(CNN.predict(&[x])?, cnn.predict(&[x])?);
    let mut gru = k1_gru_h5::Net::new(0);
    gru.load_weights(k1_gru_h5::WEIGHTS)?;
    let x = std::array::from_fn(|i| [(i as f32 * 0.7).sin(), 0.25, -0.5]);
    assert_eq!(GRU_OF_KERAS_1.predict(&[x])?, gru.predict(&[x])?);
    Ok(())
}

#[test]
fn the_layers_of_a_text() {
    assert_eq!(Layers::new(0).dense_1.kernel.len(), 6);
}
