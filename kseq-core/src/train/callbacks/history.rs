//! The history as a callback: for those who want it before `fit` returns it.

use super::callback::Callback;
use crate::error::Error;
use crate::model::Model;
use crate::train::report::{History, Logs};
use crate::train::state::Training;

impl<M: Model> Callback<M> for History {
    fn on_train_begin(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        self.clone_from(t.history());
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        self.clone_from(t.history());
        Ok(())
    }

    fn on_train_end(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        self.clone_from(t.history());
        Ok(())
    }
}
