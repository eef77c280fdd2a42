//! `History::plot`: the curves of a training as a picture.

use std::path::Path;
use std::vec::Vec;

use kseq_safetensors::write_whole;

use super::chart::{Chart, Curve, Style, svg};
use super::history::{History, Series};
use crate::error::Error;
use crate::train::files::error::{file_error, with_path};

impl History {
    /// Draws an SVG: a chart for the loss and one for each metric, each with the curve of the training and, if
    /// there is one, that of the validation, which is dashed. Epochs are counted from 1, as `fit` prints them.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// # use kseq::train::History;
    /// let mut history = History::default();
    /// history.record(0, &[("loss", 0.5), ("val_loss", 0.6)]);
    /// history.record(1, &[("loss", 0.25), ("val_loss", 0.5)]);
    /// let path = std::env::temp_dir().join(format!("kseq-plot-{}.svg", std::process::id()));
    /// history.plot(&path)?;
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), kseq::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is nothing to draw, the name does not end with `.svg`, or the file cannot be written.
    pub fn plot(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        if path.extension().is_none_or(|e| e != "svg") {
            return Err(file_error(path, "expected a name that ends with `.svg`"));
        }
        let charts = self.charts();
        if charts.is_empty() {
            return Err(file_error(path, "the history has no values to draw"));
        }
        let svg = svg(&charts);
        with_path(
            path,
            write_whole(path, &mut |out| out.write_all(svg.as_bytes())),
        )
    }

    /// A chart for each key that has something to draw, with its validation.
    pub(super) fn charts(&self) -> Vec<Chart<'_>> {
        let shown =
            |s: &&Series| !s.key.starts_with("val_") && s.values.iter().any(|v| v.is_finite());
        let shown = self.series().iter().filter(shown);
        shown.map(|series| self.chart(series)).collect()
    }

    fn chart<'a>(&'a self, series: &'a Series) -> Chart<'a> {
        let validation = std::format!("val_{}", series.key);
        let validation = self.series().iter().find(|s| s.key == validation);
        let curve = |name, style, of: &Series| {
            let epochs = of.at.iter().filter_map(|&at| self.epoch().get(at));
            let points = epochs.zip(&of.values).filter(|(_, v)| v.is_finite());
            let points = points.map(|(&epoch, &v)| ((epoch + 1) as f64, f64::from(v)));
            Curve {
                name,
                style,
                points: points.collect(),
            }
        };
        let training = curve("training", Style::Training, series);
        let validation = validation.map(|of| curve("validation", Style::Validation, of));
        Chart {
            title: &series.key,
            curves: core::iter::once(training).chain(validation).collect(),
        }
    }
}
