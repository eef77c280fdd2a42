//! The kernels one by one: matrix products, convolutions, LSTMs, loops over values, optimizers; each beside what the
//! machine can do.
//!
//! ```sh
//! cargo bench --bench kernels                         # criterion, then the table
//! cargo bench --bench kernels -- gemm/mnist_mlp       # those whose name has this in it
//! cargo bench --bench kernels -- --json [conv]        # without criterion: a line for each
//! KSEQ_ISA=avx2 cargo bench --bench kernels           # with less than the CPU has
//! ```
//! All on one thread; the CPU time counts, so that other work on the machine does not. criterion's other arguments are
//! there (`--save-baseline`, `--baseline`, `--quick`). The times of the table are the medians of criterion's samples.
//!
//! Matrix products, convolutions, LSTMs and functions are shares of the peak of multiply-adds on registers, measured in this process
//! with the same instructions. What passes over memory is a share of the bandwidth that simple loops reach on a working
//! set of the same size (`common/bandwidth.rs`): a share above 1 means that the kernel's mix of reads and writes is cheaper.
//! Every byte counts once when it is read and once when it is written. The table ends with what one core reads from each
//! cache and from memory.
//!
//! Beside kseq: `matrixmultiply` (products), the LSTM's matrix products alone, `std`'s functions in a plain loop. `faer` and
//! `gemm` are in `benches/peers/gemm`, since they would take longer to build than kseq.

mod common;

#[path = "kernels/conv.rs"]
mod conv;
#[path = "kernels/gemm.rs"]
mod gemm;
#[path = "kernels/loops.rs"]
mod loops;
#[path = "kernels/lstm.rs"]
mod lstm;
#[path = "kernels/shapes.rs"]
mod shapes;

use std::collections::HashMap;
use std::time::Duration;

use common::bandwidth::{Traffic, bandwidth};
use common::{Clock, median, peak::peaks, repeats};
use criterion::{BenchmarkId, Criterion};
use kseq_core::kernels::isa;

const MIB: usize = 1 << 20;

/// Where so many bytes are, on the CPU of docs/PERFORMANCE.md.
const PLACES: [(&str, usize); 3] = [
    ("the second cache", MIB / 2),
    ("the third", 4 * MIB),
    ("memory", 256 * MIB),
];

/// What a call does.
#[derive(Clone, Copy)]
pub enum Work {
    /// So many additions and multiplications.
    Flops(f64),
    /// So many bytes are read or written, of so many that there are.
    Bytes(Traffic, usize, usize),
}

/// One measurement.
struct Row {
    group: &'static str,
    case: String,
    who: &'static str,
    work: Work,
    /// Seconds a call, sorted.
    seconds: Vec<f64>,
    /// Bytes a second; not for [`Work::Flops`].
    bandwidth: f64,
}

/// Measures, and keeps the results.
pub struct Bench {
    /// Without it: measured by `common::repeats`.
    criterion: Option<Criterion>,
    /// Only names that have this in them; criterion has its own.
    filter: String,
    rows: Vec<Row>,
    peak: f64,
    bandwidths: HashMap<(bool, usize), f64>,
}

/// criterion's samples, the fewest that it takes.
const SAMPLES: usize = 10;

impl Bench {
    /// Measures `f` as `group/case/who`, where `who` is `kseq` or something to compare it with.
    pub fn case(
        &mut self,
        group: &'static str,
        case: &str,
        who: &'static str,
        work: Work,
        mut f: impl FnMut(),
    ) {
        let seconds = match &mut self.criterion {
            Some(criterion) => by_criterion(criterion, group, BenchmarkId::new(case, who), &mut f),
            None if !format!("{group}/{case}/{who}").contains(&self.filter) => return,
            None => repeats(5, 0.05, Clock::of(1), f),
        };
        // Filtered, or a test run.
        if seconds.is_empty() {
            return;
        }
        self.peak = self.peak.max(peaks(&[isa()])[0]);
        let bandwidth = match work {
            Work::Flops(_) => f64::NAN,
            Work::Bytes(traffic, _, set) => {
                let key = (traffic == Traffic::Reads, set);
                let of = || bandwidth(traffic, set);
                *self.bandwidths.entry(key).or_insert_with(of)
            }
        };
        let case = case.to_owned();
        self.rows.push(Row {
            group,
            case,
            who,
            work,
            seconds,
            bandwidth,
        });
    }
}

/// Seconds a call of criterion's last samples, sorted.
fn by_criterion(
    criterion: &mut Criterion,
    group: &str,
    id: BenchmarkId,
    f: &mut dyn FnMut(),
) -> Vec<f64> {
    let mut samples = Vec::new();
    let mut group = criterion.benchmark_group(group);
    group.bench_function(id, |b| {
        b.iter_custom(|calls| {
            let seconds = Clock::of(1).time(|| (0..calls).for_each(|_| f()));
            samples.push(seconds / calls as f64);
            Duration::from_secs_f64(seconds)
        });
    });
    group.finish();
    // Those before are of the warm-up.
    let warm_up = samples.len().saturating_sub(SAMPLES);
    let mut samples = samples.split_off(warm_up);
    samples.sort_by(f64::total_cmp);
    samples
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let json = args.iter().any(|arg| arg == "--json");
    let quick = || {
        let criterion = Criterion::default().without_plots();
        let criterion = criterion.warm_up_time(Duration::from_millis(50));
        let criterion = criterion.measurement_time(Duration::from_millis(200));
        criterion.sample_size(SAMPLES).configure_from_args()
    };
    let mut bench = Bench {
        criterion: (!json).then(quick),
        filter: args
            .into_iter()
            .find(|arg| !arg.starts_with('-'))
            .unwrap_or_default(),
        rows: Vec::new(),
        peak: 0.0,
        bandwidths: HashMap::new(),
    };
    gemm::run(&mut bench);
    conv::run(&mut bench);
    lstm::run(&mut bench);
    loops::run(&mut bench);
    if json {
        bench.rows.iter().for_each(|row| row.json(bench.peak));
    } else {
        bench.table();
    }
}

impl Bench {
    fn table(&self) {
        let mut group = "";
        let is_kseq = |row: &&Row| row.who == "kseq";
        for row in self.rows.iter().filter(is_kseq) {
            if group != row.group {
                group = row.group;
                println!("\n{group}, {}, peak {:.0} GFLOP/s", isa().name(), self.peak);
            }
            print!("  {:44} {}", row.case, row.text(self.peak));
            let same = |other: &&Row| {
                (other.group, &other.case) == (row.group, &row.case) && other.who != row.who
            };
            for other in self.rows.iter().filter(same) {
                let times = other.time() / row.time();
                print!("   {times:5.2} x {}", other.who);
            }
            println!();
        }
        println!("\none core reads");
        for (place, bytes) in PLACES {
            let rate = 1e-9 * bandwidth(Traffic::Reads, bytes);
            println!(
                "  {rate:6.1} GB/s of {:4} MiB: {place}",
                bytes as f64 / MIB as f64
            );
        }
    }
}

impl Row {
    fn time(&self) -> f64 {
        median(&self.seconds)
    }

    /// In 1e9 a second, and as a share of what is possible.
    fn rate(&self, peak: f64) -> (f64, f64) {
        match self.work {
            Work::Flops(flops) => {
                let rate = flops / self.time() * 1e-9;
                (rate, rate / peak)
            }
            Work::Bytes(_, bytes, _) => {
                let rate = bytes as f64 / self.time() * 1e-9;
                (rate, rate / (self.bandwidth * 1e-9))
            }
        }
    }

    fn text(&self, peak: f64) -> String {
        let (rate, share) = self.rate(peak);
        let (unit, limit) = match self.work {
            Work::Flops(_) => ("GFLOP/s", "peak"),
            Work::Bytes(..) => ("GB/s   ", "bandwidth"),
        };
        let us = 1e6 * self.time();
        format!(
            "{us:11.3} us {rate:6.1} {unit} {:5.1} % of {limit}",
            100.0 * share
        )
    }

    fn json(&self, peak: f64) {
        let (rate, share) = self.rate(peak);
        let (unit, limit, of) = match self.work {
            Work::Flops(_) => ("gflops", format!("\"peak_gflops\":{peak:.1}"), "of_peak"),
            Work::Bytes(..) => (
                "gbytes_per_s",
                format!("\"bandwidth_gbytes_per_s\":{:.1}", self.bandwidth * 1e-9),
                "of_bandwidth",
            ),
        };
        let [min, max] = [self.seconds.first(), self.seconds.last()]
            .map(|s| 1e6 * s.copied().unwrap_or(f64::NAN));
        println!(
            "{{\"bench\":\"kernels\",\"group\":\"{}\",\"case\":\"{}\",\"backend\":\"{}\",\"us\":{:.4},\"min\":{min:.4},\
             \"max\":{max:.4},\"n\":{},\"{unit}\":{rate:.3},{limit},\"{of}\":{share:.4},\"isa\":\"{}\",\"clock\":\"{}\"}}",
            self.group,
            self.case,
            self.who,
            1e6 * self.time(),
            self.seconds.len(),
            isa().name(),
            Clock::of(1).name(),
        );
    }
}
