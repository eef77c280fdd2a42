// C5: a metric for vectors on an output that is a sequence.
use kseq::prelude::*;

use kseq::metrics::Metric;

struct FirstUnit(f64);

impl<const N: usize> Metric<[f32; N], [f32; N]> for FirstUnit {
    fn name(&self) -> &'static str {
        "first_unit"
    }
    fn state(&mut self) -> &mut [f64] {
        std::slice::from_mut(&mut self.0)
    }
    fn update(&mut self, out: &[[f32; N]], _: &[[f32; N]], _: Option<&[f32]>) {
        self.0 = f64::from(out[0][0]);
    }
    fn result(&self) -> f32 {
        self.0 as f32
    }
}

sequential! { pub Net = [Dense(8, input_shape = (5, 16))] }

fn main() {
    let _ = Net::new(1).compile(SGD::default(), MeanSquaredError::default(), (FirstUnit(0.0),));
}
