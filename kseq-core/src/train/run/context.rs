//! `EpochContext`: a compiled model as the loops over batches use it.

use std::string::String;
use std::sync::Arc;

use crate::base::share::Share;
use crate::check;
use crate::error::Error;
use crate::losses::Loss;
use crate::metrics::names::is_reserved;
use crate::metrics::{MAX_METRICS, Metrics};
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::pool::Pool;
use crate::step::Objective;
use crate::tensor::Tensor;
use crate::train::data::Given;
use crate::train::data::batches::Minibatch;
use crate::train::data::given::View;
use crate::train::data::lengths;
use crate::train::data::sample_weight::check_steps;
use crate::train::model::Sequential;
use crate::train::report::{History, Scores};
use crate::train::state::Training;
use crate::train::state::loop_state::LoopState;
use crate::train::state::training::{EachMetric, OptimizerAndMetrics};
use crate::train::state::workspace::Workspace;

/// The parts of a compiled model.
pub(in crate::train) struct EpochContext<'a, M: Model, O, L, Me> {
    pub model: &'a mut Sequential<M>,
    pub optimizer: &'a mut O,
    pub loss: &'a L,
    pub loss_weights: f32,
    pub metrics: &'a mut Me,
    /// `loss` and the metrics' names.
    pub names: &'a Arc<[String]>,
    pub workspace: &'a mut Workspace<M>,
    /// Of the last `fit`, also one that ended with an error.
    pub history: &'a mut History,
}

impl<M, O, L, Me> EpochContext<'_, M, O, L, Me>
where
    M: Model,
    O: Optimizer,
    L: Loss<M::Output>,
    Me: Metrics<M::Output, L::Target>,
{
    /// What the model was compiled with: asked once, before anything begins.
    pub fn check_compiled(&self) -> Result<(), Error> {
        check::optimizer(self.optimizer)?;
        check::loss_weights(self.loss_weights)?;
        check::loss::<M::Output, L>(self.loss)?;
        check::metrics::<M::Output, L::Target, _>(self.metrics)?;
        self.check_parts()?;
        match self.names.iter().skip(1).find(|name| is_reserved(name)) {
            None => Ok(()),
            Some(name) => Err(Error::MetricName { name: name.clone() }),
        }
    }

    /// The samples and targets of arrays, or of a generator's batch.
    pub fn check_data(
        &self,
        what: &'static str,
        x: View<'_, M::Input>,
        y: View<'_, L::Target>,
    ) -> Result<(), Error> {
        check::lengths(what, x.len(), y.len())?;
        if M::Input::OPEN > 0 {
            return lengths::check_data::<M, L>(what, self.loss, x, y);
        }
        let (x, y) = (x.rows(), y.rows());
        check::inputs(what, x)?;
        M::check(x)?;
        check::targets(what, self.loss, y)
    }

    /// Checks a batch of a generator, whose weights the generator has checked; arrays have been checked as
    /// a whole.
    pub fn check_batch(
        &self,
        what: &'static str,
        batch: &Minibatch<'_, M::Input, L::Target>,
    ) -> Result<(), Error> {
        let Some(index) = batch.unchecked else {
            return Ok(());
        };
        let (x, y) = (Given::rows(batch.x), Given::rows(batch.y));
        let checked = self.check_data(what, x.view(), y.view());
        let checked = checked.and_then(|()| check::batch_size::<M>(Some(batch.samples())));
        let checked = checked.and_then(|()| match batch.weight {
            Some(weight) => check_steps::<M::Output>("sample_weight", weight, batch.samples()),
            None => Ok(()),
        });
        checked.map_err(|e| Error::Generator {
            batch: index,
            source: Arc::new(e),
        })
    }

    /// One update; the metrics take the outputs in.
    pub fn train(&mut self, batch: &Minibatch<'_, M::Input, L::Target>) -> f32 {
        if self.workspace.ranks.is_some() {
            return self.in_parts(batch, true);
        }
        let objective = Objective {
            loss: self.loss,
            scale: self.loss_weights,
        };
        let step = self
            .workspace
            .train(self.model, self.optimizer, &objective, batch);
        self.metrics
            .update_masked(step.outputs, batch.y, batch.weight, step.mask);
        step.loss
    }

    /// The loss of one batch; the metrics take the outputs in.
    pub fn test(&mut self, batch: &Minibatch<'_, M::Input, L::Target>) -> f32 {
        if self.workspace.ranks.is_some() {
            return self.in_parts(batch, false);
        }
        let objective = Objective {
            loss: self.loss,
            scale: self.loss_weights,
        };
        let tested = self
            .workspace
            .test(self.model, &objective, batch, Share::WHOLE);
        self.metrics
            .update_masked(tested.outputs, batch.y, batch.weight, tested.mask);
        tested.loss
    }

    /// Loss and metrics of a single batch, with an update or without.
    pub fn on_batch(
        &mut self,
        batch: &Minibatch<'_, M::Input, L::Target>,
        training: bool,
    ) -> Scores<Me::Values> {
        self.metrics.for_each(&mut |m| m.reset());
        let macs = Workspace::<M>::macs(batch.x.len());
        let pool = self.model.pool.for_work(macs).clone();
        let mut loss = 0.0;
        pool.enter(&mut |pool| {
            self.workspace.alone = matches!(pool, Pool::Serial);
            loss = match training {
                true => self.train(batch),
                false => self.test(batch),
            }
        });
        self.scores(loss)
    }

    /// This loss with the values of the metrics.
    pub fn scores(&self, loss: f32) -> Scores<Me::Values> {
        let metrics = self.metrics.values();
        Scores { loss, metrics }
    }

    /// The values of loss and metrics, without the allocator; what there is no metric for is 0.
    pub fn values(&mut self, loss: f32) -> [f32; MAX_METRICS + 1] {
        let mut values = [0.0; MAX_METRICS + 1];
        values[0] = loss;
        let mut rest = values[1..].iter_mut();
        self.metrics.for_each(&mut |m| {
            if let Some(value) = rest.next() {
                *value = m.result();
            }
        });
        values
    }

    /// Calls `f` with the training as it is.
    pub fn with_training<R>(
        &mut self,
        state: &mut LoopState,
        f: impl FnOnce(&mut Training<'_, M>) -> R,
    ) -> R {
        let metrics = &mut *self.metrics;
        let mut compiled = OptimizerAndMetrics {
            optimizer: &mut *self.optimizer,
            metrics: |f: EachMetric<'_>| {
                metrics.for_each(&mut |m| {
                    let direction = m.direction();
                    f(m.state(), direction);
                });
            },
        };
        f(&mut Training {
            model: self.model,
            compiled: &mut compiled,
            workspace: self.workspace,
            state,
        })
    }
}
