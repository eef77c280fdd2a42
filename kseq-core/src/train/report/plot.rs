//! `History::plot`: the curves of a training as a picture.

use std::path::Path;
use std::string::{String, ToString};
use std::vec::Vec;

use kseq_safetensors::write_whole;
use plotters::prelude::*;

use super::history::{History, Series};
use crate::error::Error;
use crate::train::files::error::{file_error, with_path};

/// The size of one chart in pixels.
const SIZE: (u32, u32) = (640, 400);

/// (epoch, value)
type Points = Vec<(f64, f64)>;

impl History {
    /// Draws an SVG: a chart for the loss and one for each metric, each with the curve of the training and, if
    /// there is one, that of the validation.
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
        let shown =
            |s: &&Series| !s.key.starts_with("val_") && s.values.iter().any(|v| v.is_finite());
        let charts: Vec<&Series> = self.series().iter().filter(shown).collect();
        if charts.is_empty() {
            return Err(file_error(path, "the history has no values to draw"));
        }
        let mut svg = String::new();
        let drawn = {
            let size = (SIZE.0, SIZE.1 * charts.len() as u32);
            let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
            let parts = root.split_evenly((charts.len(), 1));
            let drawn = root.fill(&WHITE).map_err(|e| e.to_string());
            let charts = charts.iter().zip(&parts);
            let drawn = drawn.and_then(|()| {
                charts.into_iter().try_for_each(|(series, part)| {
                    self.chart(series, part).map_err(|e| e.to_string())
                })
            });
            drawn.and_then(|()| root.present().map_err(|e| e.to_string()))
        };
        drawn.map_err(|why| file_error(path, why))?;
        with_path(
            path,
            write_whole(path, &mut |out| out.write_all(svg.as_bytes())),
        )
    }

    fn chart<B: DrawingBackend>(
        &self,
        series: &Series,
        area: &DrawingArea<B, plotters::coord::Shift>,
    ) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
        let validation = std::format!("val_{}", series.key);
        let validation = self.series().iter().find(|s| s.key == validation);
        let points = |s: &Series| -> Points {
            let epochs = s.at.iter().filter_map(|&at| self.epoch().get(at));
            let points = epochs.zip(&s.values).filter(|(_, v)| v.is_finite());
            points
                .map(|(&epoch, &v)| (epoch as f64, f64::from(v)))
                .collect()
        };
        let curves: Vec<(&str, Points, RGBColor)> = [
            (Some(series), "training", BLUE),
            (validation, "validation", RED),
        ]
        .into_iter()
        .filter_map(|(s, name, color)| Some((name, points(s?), color)))
        .collect();
        let all = || curves.iter().flat_map(|(_, points, _)| points);
        let range = |of: fn(&(f64, f64)) -> f64| {
            let values = all().map(of);
            let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                (low.min(v), high.max(v))
            });
            // A single value needs room, too.
            let margin = ((high - low) * 0.05).max(1e-6 * high.abs()).max(1e-9);
            low - margin..high + margin
        };
        let mut chart = ChartBuilder::on(area)
            .caption(&series.key, ("sans-serif", 20))
            .margin(12)
            .x_label_area_size(32)
            .y_label_area_size(56)
            .build_cartesian_2d(range(|p| p.0), range(|p| p.1))?;
        chart.configure_mesh().x_desc("epoch").draw()?;
        for (name, points, color) in curves {
            let marks = points.clone();
            chart
                .draw_series(LineSeries::new(points, color.stroke_width(2)))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color));
            // One epoch is a point, and no line.
            chart.draw_series(marks.into_iter().map(|p| Circle::new(p, 2, color.filled())))?;
        }
        let mut labels = chart.configure_series_labels();
        labels.border_style(BLACK).background_style(WHITE).draw()
    }
}
