//! The int8 twin on a host: predictions, and its file.

use core::marker::PhantomData;
use std::format;
use std::path::Path;
use std::string::String;
use std::vec::Vec;

use kseq_int8::arithmetic::Scale;
use kseq_int8::op::Op;
use kseq_safetensors::{Entry, File, Values, write, write_whole};

use super::report::Report;
use super::steps::steps;
use crate::error::Error;
use crate::int8::baked::{BakedQuantized, finish};
use crate::int8::check::{ENDS, ending};
use crate::int8::graph::{HEADER, Kind, Step};
use crate::int8::pass::{Pass, Quantizable, quantize};
use crate::model::Model;
use crate::params::{bytes, bytes_mut};
use crate::pool::Pool;
use crate::tensor::Tensor;
use crate::train::data::{Outputs, ToPredict};
use crate::train::files::error::{check_ending, file_error, with_path};
use crate::train::model::{PredictionBuffer, default_pool, pool_of};

/// Bytes of values that stay in a cache: so many samples go through the layers together.
const TILE: usize = 1 << 18;

/// Threads that a prediction is spread over, at most.
const PARTS: usize = 64;

/// The int8 twin of a model: what [`Sequential::quantize`](crate::train::Sequential::quantize) gives.
///
/// Predictions, the file, the report of what the integers cost, and [`SUMMARY`](Quantized::SUMMARY). Formulas and a numeric example:
/// [`kseq::int8`](../../kseq/int8/index.html).
///
/// In a firmware it is a `static`: `include_weights!(Quantized<Net>, "net.q8.safetensors")`.
#[must_use]
pub struct Quantized<M> {
    /// The parameters of all steps, as words.
    block: Vec<f32>,
    /// The scale of the input, and of what each step gives.
    scales: Vec<Scale>,
    /// Those of each step's kernel.
    kernel_scales: Vec<Vec<f32>>,
    report: Report,
    pool: Pool,
    buffer: PredictionBuffer,
    model: PhantomData<fn() -> M>,
}

/// What is said where words have their highest byte first.
const ENDIAN: &str = "an int8 twin's file is for little-endian machines only";

/// The name of the array with the scales of a step's kernel, and with that of its output.
fn names<M: Model>(step: &Step) -> [String; 3] {
    let layer = M::LAYERS.get(step.layer).map_or("", |layer| layer.name);
    let name = format!("{layer}{}", ending(step.part));
    let (scales, output) = (format!("{name}.scales"), format!("{name}.output"));
    [name, scales, output]
}

impl<M: Model> Quantized<M> {
    /// The twin that [`save`](Self::save) has written.
    ///
    /// # Errors
    /// The file cannot be read or is damaged, or is another model's.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error>
    where
        M: Quantizable,
    {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|e| file_error(path, format!("{e}")))?;
        let file = File::parse(bytes).map_err(|why| file_error(path, why))?;
        Self::of_file(&file).map_err(|why| file_error(path, why))
    }
}

impl<M: Quantizable> Quantized<M> {
    /// The twin as a table, which the compiler writes: [`BakedQuantized::SUMMARY`].
    pub const SUMMARY: &'static str = BakedQuantized::<M>::SUMMARY;

    pub(super) fn new(block: Vec<f32>, scales: Vec<Scale>, kernel_scales: Vec<Vec<f32>>) -> Self {
        Quantized {
            block,
            scales,
            kernel_scales,
            report: Report::default(),
            pool: default_pool(),
            buffer: PredictionBuffer::default(),
            model: PhantomData,
        }
    }

    pub(super) fn reporting(self, report: Report, pool: &Pool) -> Self {
        Quantized {
            report,
            pool: pool.clone(),
            ..self
        }
    }

    /// The same twin on this many threads; 0 means one for each core, as by default. The number never changes a result.
    ///
    /// # Errors
    /// The system refuses the threads, or kseq was built without the feature `rayon`.
    pub fn threads(mut self, threads: usize) -> Result<Self, Error> {
        self.pool = pool_of(threads)?;
        Ok(self)
    }

    pub(super) fn block(&self) -> &[u8] {
        bytes(&self.block)
    }

    /// The scale of the input, and of what each step gives.
    #[cfg(feature = "import")]
    pub(super) fn scales(&self) -> &[Scale] {
        &self.scales
    }

    /// Those of each step's kernel.
    #[cfg(feature = "import")]
    pub(super) fn kernel_scales(&self) -> &[Vec<f32>] {
        &self.kernel_scales
    }

    /// What the integers cost: each layer beside the model's, over the samples of the calibration. Empty of a twin from a file.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The bytes of the parameters: what they take in flash.
    #[must_use]
    pub const fn bytes() -> usize {
        M::INT8.block
    }

    /// The outputs for the samples of `x`, as [`Sequential::predict`](crate::train::Sequential::predict): values become integers by the
    /// scale of the input, and those of the output values.
    ///
    /// # Errors
    /// None: samples of a model with a twin are numbers, and what is beyond the range of the input becomes its end.
    pub fn predict<X: ToPredict<M::Input> + ?Sized>(
        &self,
        x: &X,
    ) -> Result<X::For<M::Output>, Error> {
        let given = x.samples();
        let x = given.view().rows();
        let mut y = std::vec![M::Output::ZERO; x.len()];
        self.predict_into(x, &mut y)?;
        Ok(X::give(Outputs::rows(y)))
    }

    /// The same into memory of the caller's. Nothing is allocated, but for the memory of the steps by the first call, which leaves it to the
    /// next ones.
    ///
    /// # Errors
    /// `x` and `y` have different lengths.
    pub fn predict_into(&self, x: &[M::Input], y: &mut [M::Output]) -> Result<(), Error> {
        if x.len() != y.len() {
            return Err(Error::Lengths {
                what: "predict_into",
                x: x.len(),
                y: y.len(),
            });
        }
        let some = self.together();
        let plan = M::INT8;
        let room = |len: usize, floats: bool| if floats { 0 } else { len.div_ceil(4) };
        let (input, output) = (
            room(plan.input * some, plan.float_input),
            room(plan.output * some, plan.float_output),
        );
        let arena = plan.arena / 4 * some;
        let (parts, share) = self.parts(x.len());
        let each = arena + input + output;
        self.buffer.with(parts * each, |memory| {
            let mut work = [const { None }; PARTS];
            let given = x.chunks(share).zip(y.chunks_mut(share));
            for (part, given) in work.iter_mut().zip(given.zip(some_memory(memory, each))) {
                *part = Some(given);
            }
            self.spread(&mut work, parts, &|((x, y), memory)| {
                for (x, y) in x.chunks(some).zip(y.chunks_mut(some)) {
                    self.tile(x, y, memory, (arena, input));
                }
            });
        });
        Ok(())
    }

    /// Some samples in memory for the steps, and behind it for samples and outputs in integers.
    fn tile(
        &self,
        x: &[M::Input],
        y: &mut [M::Output],
        memory: &mut [f32],
        (arena, input): (usize, usize),
    ) {
        let samples = x.len();
        let (arena, ends) = memory.split_at_mut_checked(arena).unwrap_or_default();
        let (in_ints, out_ints) = ends.split_at_mut_checked(input).unwrap_or_default();
        let x = M::Input::floats(M::Input::flat(x));
        let y = M::Output::floats_mut(M::Output::flat_mut(y));
        let (in_ints, out_ints) = (signed(in_ints, x.len()), signed(out_ints, y.len()));
        let [of_input, of_output] = Pass::ends(self.block());
        quantize(of_input, x, in_ints);
        M::int8(&mut Pass {
            block: self.block(),
            arena: arena
                .get_mut(..M::INT8.arena / 4 * samples)
                .unwrap_or_default(),
            samples,
            x: in_ints,
            x_float: x,
            y: out_ints,
            y_float: y,
        });
        finish::<M>(of_output, out_ints, y);
    }

    /// Into how many parts so many samples are cut for the threads, and how many each has.
    fn parts(&self, samples: usize) -> (usize, usize) {
        let threads = self
            .pool
            .for_work(M::MACS.saturating_mul(samples))
            .threads();
        let share = samples.div_ceil(threads.clamp(1, PARTS)).max(1);
        (samples.div_ceil(share).max(1), share)
    }

    /// Works on each part, on a thread of its own where there is one.
    fn spread<P: Send>(&self, work: &mut [Option<P>], parts: usize, f: &(dyn Fn(P) + Sync)) {
        let work = work.get_mut(..parts).unwrap_or_default();
        let pool = if parts > 1 { &self.pool } else { &Pool::Serial };
        pool.for_each_chunk(work, 1, |_, part| {
            part.iter_mut().filter_map(Option::take).for_each(f);
        });
    }

    /// The outputs in integers for samples in integers, side by side: `Input::LEN` and `Output::LEN` for each. What they stand for:
    /// [`input_scale`](Self::input_scale) and [`output_scale`](Self::output_scale).
    ///
    /// # Errors
    /// Other numbers of values, and a model whose first or last layer is in `f32`.
    pub fn predict_int8_into(&self, x: &[i8], y: &mut [i8]) -> Result<(), Error> {
        let plan = M::INT8;
        if plan.float_input || plan.float_output {
            let why = crate::text::Note::new()
                .str("the first or the last layer is in f32: use `predict_into`");
            return Err(Error::Argument { name: "x", why });
        }
        let samples = x.len() / plan.input.max(1);
        if x.len() != samples * plan.input || y.len() != samples * plan.output {
            return Err(Error::Lengths {
                what: "predict_int8_into",
                x: x.len(),
                y: y.len(),
            });
        }
        let (some, (parts, share)) = (self.together(), self.parts(samples));
        let (input, output) = (plan.input.max(1), plan.output.max(1));
        let each = plan.arena / 4 * some;
        self.buffer.with(parts * each, |memory| {
            let mut work = [const { None }; PARTS];
            let given = x.chunks(share * input).zip(y.chunks_mut(share * output));
            for (part, given) in work.iter_mut().zip(given.zip(some_memory(memory, each))) {
                *part = Some(given);
            }
            self.spread(&mut work, parts, &|((x, y), memory)| {
                for (x, y) in x.chunks(some * input).zip(y.chunks_mut(some * output)) {
                    let samples = x.len() / input;
                    M::int8(&mut Pass {
                        block: self.block(),
                        arena: memory
                            .get_mut(..plan.arena / 4 * samples)
                            .unwrap_or_default(),
                        samples,
                        x,
                        x_float: &[],
                        y,
                        y_float: &mut [],
                    });
                }
            });
        });
        Ok(())
    }

    /// So many samples go through the layers together.
    fn together(&self) -> usize {
        (TILE / M::INT8.arena.max(M::INT8.input).max(1)).clamp(1, 64)
    }

    /// What the integers of a sample stand for: scale and zero point.
    #[must_use]
    pub fn input_scale(&self) -> (f32, i8) {
        let [input, _] = Pass::ends(self.block());
        (input.scale, input.zero_point)
    }

    /// What the integers of an output stand for.
    #[must_use]
    pub fn output_scale(&self) -> (f32, i8) {
        let [_, output] = Pass::ends(self.block());
        (output.scale, output.zero_point)
    }

    /// Writes the twin as safetensors: for each step the bytes of its parameters as a microcontroller has them (`conv2d_1.int8`), the
    /// scales of its kernel, and scale and zero point of its output. [`load`](Self::load) and `include_weights!` read it.
    ///
    /// # Errors
    /// The file cannot be written; the machine has the highest byte first, and the file is for others.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        check_ending(path)?;
        if cfg!(target_endian = "big") {
            return Err(file_error(path, String::from(ENDIAN)));
        }
        let block = self.block();
        let part = |at: usize, len: usize| block.get(at..at + len).unwrap_or_default();
        let ends: Vec<[f32; 2]> = self
            .scales
            .iter()
            .map(|s| [s.scale, f32::from(s.zero_point)])
            .collect();
        let mut entries = std::vec![
            Entry::flat(ENDS, Values::U8(part(0, HEADER))),
            Entry::flat(
                "model.input",
                Values::F32(ends.first().map_or(&[][..], |end| end))
            ),
        ];
        let steps = steps::<M>()
            .zip(&self.kernel_scales)
            .zip(ends.iter().skip(1));
        for ((step, scales), output) in steps {
            let [name, of_kernel, of_output] = names::<M>(step);
            entries.push(Entry::flat(
                &name,
                Values::U8(part(step.at, step.block_len())),
            ));
            entries.push(Entry::flat(&of_kernel, Values::F32(scales)));
            entries.push(Entry::flat(&of_output, Values::F32(output)));
        }
        let metadata = [("format", "kseq int8"), ("model", M::NAME)];
        with_path(
            path,
            write_whole(path, &mut |out| {
                write(out, &metadata, std::mem::take(&mut entries))
            }),
        )
    }

    fn of_file(file: &File) -> Result<Self, String> {
        if cfg!(target_endian = "big") {
            return Err(String::from(ENDIAN));
        }
        let mut block = std::vec![0.0_f32; M::INT8.block / 4];
        let (mut scales, mut kernel_scales) = (Vec::new(), Vec::new());
        let array = |name: &str, bytes: usize| {
            let found = file
                .get(name)
                .ok_or_else(|| format!("`{name}` is in the model, but not in the file"))?;
            let values = file.bytes(found);
            match found.dtype == "U8" && values.len() == bytes {
                true => Ok(values),
                false => Err(format!(
                    "`{name}` has {bytes} bytes in the model and {} of type {} in the file",
                    values.len(),
                    found.dtype
                )),
            }
        };
        let floats = |name: &str| -> Result<Vec<f32>, String> {
            let found = file.get(name).and_then(|found| file.f32s(found));
            Ok(found
                .ok_or_else(|| format!("`{name}` is not in the file"))?
                .collect())
        };
        let scale = |name: &str| match floats(name)?.as_slice() {
            [scale, zero] if *scale > 0.0 && scale.is_finite() => Ok(Scale {
                scale: *scale,
                zero_point: *zero as i8,
            }),
            _ => Err(format!("`{name}` is no scale and zero point")),
        };
        let mut put = |at: usize, from: &[u8]| {
            if let Some(to) = bytes_mut(&mut block).get_mut(at..at + from.len()) {
                to.copy_from_slice(from);
            }
        };
        put(0, array(ENDS, HEADER)?);
        scales.push(scale("model.input")?);
        for step in steps::<M>() {
            let [name, of_kernel, of_output] = names::<M>(step);
            put(step.at, array(&name, step.block_len())?);
            let of_step = floats(&of_kernel)?;
            if of_step.len() != count_scales(step) {
                let (needs, has) = (count_scales(step), of_step.len());
                return Err(format!(
                    "`{of_kernel}` has {needs} scales in the model and {has} in the file"
                ));
            }
            kernel_scales.push(of_step);
            scales.push(scale(&of_output)?);
        }
        Ok(Quantized::new(block, scales, kernel_scales))
    }
}

/// How many scales the kernel of a step has: one for each output; an LSTM's has one for each gate, twice, and the power of its cell's.
fn count_scales(step: &Step) -> usize {
    match &step.kind {
        Kind::Int8(Op::Dense(dense)) => dense.outputs,
        Kind::Int8(Op::Conv(conv) | Op::Depthwise(conv)) => conv.filters,
        Kind::Int8(Op::Lstm(_)) => 9,
        _ => 0,
    }
}

/// Pieces of memory of this length; where none is needed, as many empty ones as are taken.
fn some_memory(memory: &mut [f32], len: usize) -> impl Iterator<Item = &mut [f32]> {
    let pieces = memory.chunks_exact_mut(len.max(1));
    pieces.chain(std::iter::repeat_with(move || &mut [][..]).take(if len > 0 { 0 } else { PARTS }))
}

/// The first `len` bytes of memory as integers; fewer where there is none.
fn signed(words: &mut [f32], len: usize) -> &mut [i8] {
    let ints = kseq_int8::views::signed_mut(bytes_mut(words));
    let len = len.min(ints.len());
    ints.get_mut(..len).unwrap_or_default()
}
