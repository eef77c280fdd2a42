//! What a model is on a host, where there is a heap; without std the compiler says what there is in its place.

/// A `Sequential`, which is built on `model.rs`: that does not name it, so this trait does, and beside it is implemented for every
/// model.
#[cfg(feature = "std")]
#[doc(hidden)]
pub trait OnHost {
    /// [`Sequential`](crate::train::Sequential) of this model.
    type Sequential;

    /// The model with initial parameters drawn from `seed`.
    fn on_host(seed: u64) -> Self::Sequential;
}

/// Without std no model is one.
#[cfg(not(feature = "std"))]
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}::new`, or a list as a value, is a model on the heap: there is none without kseq's feature `std`",
    label = "needs a heap",
    note = "to predict: `static NET: Baked<{Self}> = include_weights!({Self}, \"net.safetensors\");`, then `NET.predict(&x)?`",
    note = "to train: `const LEN: usize = trainer_memory::<{Self}, Adam>(1);` and `let mut memory = TrainerMemory::<{Self}, LEN>::new();`, then `Trainer::new(&mut memory, Adam::new(0.001), loss, seed)?`"
)]
pub trait OnHost {}
