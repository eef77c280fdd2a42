//! `TimeseriesGenerator` and `timeseries_dataset_from_array`: windows of a series as samples.

use std::vec::Vec;

use kseq_core::error::Error;
use kseq_core::rng::Rng;
use kseq_core::text::Note;
use kseq_core::train::Sequence;

/// Keras's `TimeseriesGenerator`: samples of `T` steps of a series, each with the target of the step behind it.
///
/// ```
/// use kseq::preprocessing::timeseries::TimeseriesGenerator;
/// use kseq::train::Sequence;
/// let data: Vec<[f32; 1]> = (0..50).map(|i| [i as f32]).collect();
/// let series = TimeseriesGenerator::<5>::new()
///     .sampling_rate(2)
///     .batch_size(2)
///     .generate(&data, &data)?;
/// let (x, y) = series.get(0);
/// assert_eq!(x, [[[0.0], [2.0], [4.0], [6.0], [8.0]], [[1.0], [3.0], [5.0], [7.0], [9.0]]]);
/// assert_eq!(y, [[10.0], [11.0]]);
/// assert_eq!(series.len(), 20);
/// # Ok::<(), kseq::error::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct TimeseriesGenerator<const T: usize> {
    length: Option<usize>,
    sampling_rate: usize,
    stride: usize,
    start_index: usize,
    end_index: Option<usize>,
    shuffle: bool,
    reverse: bool,
    batch_size: usize,
}

impl<const T: usize> Default for TimeseriesGenerator<T> {
    fn default() -> Self {
        TimeseriesGenerator::new()
    }
}

impl<const T: usize> TimeseriesGenerator<T> {
    /// Keras's defaults: every step, all of the series, in its order, 128 samples a batch.
    pub const fn new() -> Self {
        TimeseriesGenerator {
            length: None,
            sampling_rate: 1,
            stride: 1,
            start_index: 0,
            end_index: None,
            shuffle: false,
            reverse: false,
            batch_size: 128,
        }
    }

    /// How far a sample reaches back in the series; default `T` times the `sampling_rate`.
    pub const fn length(mut self, length: usize) -> Self {
        self.length = Some(length);
        self
    }

    /// Every how many steps of the series are one of a sample. Default 1.
    pub const fn sampling_rate(mut self, sampling_rate: usize) -> Self {
        self.sampling_rate = sampling_rate;
        self
    }

    /// From one sample to the next. Default 1.
    pub const fn stride(mut self, stride: usize) -> Self {
        self.stride = stride;
        self
    }

    /// The first step of the series that is used. Default 0.
    pub const fn start_index(mut self, start_index: usize) -> Self {
        self.start_index = start_index;
        self
    }

    /// The last step whose target is used. Default the last of the series.
    pub const fn end_index(mut self, end_index: usize) -> Self {
        self.end_index = Some(end_index);
        self
    }

    /// Whether samples are drawn at random, each time anew, some perhaps twice, as Keras draws them. Default false.
    pub const fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// Whether the steps of a sample go backwards. Default false.
    pub const fn reverse(mut self, reverse: bool) -> Self {
        self.reverse = reverse;
        self
    }

    /// The samples of a batch. Default 128.
    pub const fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// The batches: a [`Sequence`], which `fit_generator` takes.
    ///
    /// # Errors
    /// Series of different lengths, no sample at all, a size of 0.
    pub fn generate<'a, S, Y>(
        self,
        data: &'a [S],
        targets: &'a [Y],
    ) -> Result<Timeseries<'a, S, Y, T>, Error> {
        const NAME: &str = "TimeseriesGenerator";
        if data.len() != targets.len() {
            let note = Note::new().num(data.len()).str(" steps, but ");
            return Err(wrong(NAME, note.num(targets.len()).str(" targets")));
        }
        positive(NAME, "sampling_rate", self.sampling_rate)?;
        positive(NAME, "stride", self.stride)?;
        positive(NAME, "batch_size", self.batch_size)?;
        let length = self.length.unwrap_or(T.saturating_mul(self.sampling_rate));
        if length.div_ceil(self.sampling_rate) != T {
            let note = Note::new()
                .str("samples have ")
                .num(T)
                .str(" steps, but a length of ");
            let note = note
                .num(length)
                .str(" has ")
                .num(length.div_ceil(self.sampling_rate));
            return Err(wrong(NAME, note));
        }
        let end = self.end_index.unwrap_or(data.len().saturating_sub(1));
        let first = self.start_index.saturating_add(length);
        if first > end || end >= data.len() {
            let note = Note::new().str("start_index + length = ").num(first);
            let note = note.str(", but the last target is ").num(end).str(" of ");
            return Err(wrong(NAME, note.num(data.len())));
        }
        Ok(Timeseries {
            data,
            targets,
            first: self.start_index,
            ahead: length,
            count: (end + 1 - first).div_ceil(self.stride),
            places: end + 1 - first,
            stride: self.stride,
            rate: self.sampling_rate,
            order: match self.shuffle {
                true => Order::Drawn(Vec::new()),
                false => Order::Series,
            },
            reverse: self.reverse,
            batch_size: self.batch_size,
        })
    }
}

/// Keras's `timeseries_dataset_from_array`: samples of `T` steps of a series, each with the target of its first step.
///
/// For the step behind a sample as its target give `&data[..]` and `&data[T..]`.
///
/// ```
/// use kseq::preprocessing::timeseries::TimeseriesDataset;
/// use kseq::train::Sequence;
/// let data: Vec<[f32; 1]> = (0..10).map(|i| [i as f32]).collect();
/// let series = TimeseriesDataset::<3>::new().sequence_stride(2).from_array(&data, &data[3..])?;
/// let (x, y) = series.get(0);
/// assert_eq!(x[1], [[2.0], [3.0], [4.0]]);
/// assert_eq!(y, [[3.0], [5.0], [7.0], [9.0]]);
/// # Ok::<(), kseq::error::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct TimeseriesDataset<const T: usize> {
    sequence_stride: usize,
    sampling_rate: usize,
    batch_size: usize,
    shuffle: bool,
    start_index: usize,
    end_index: Option<usize>,
}

impl<const T: usize> Default for TimeseriesDataset<T> {
    fn default() -> Self {
        TimeseriesDataset::new()
    }
}

impl<const T: usize> TimeseriesDataset<T> {
    /// Keras's defaults: every step, all of the series, in its order, 128 samples a batch.
    pub const fn new() -> Self {
        TimeseriesDataset {
            sequence_stride: 1,
            sampling_rate: 1,
            batch_size: 128,
            shuffle: false,
            start_index: 0,
            end_index: None,
        }
    }

    /// From one sample to the next. Default 1.
    pub const fn sequence_stride(mut self, sequence_stride: usize) -> Self {
        self.sequence_stride = sequence_stride;
        self
    }

    /// Every how many steps of the series are one of a sample. Default 1.
    pub const fn sampling_rate(mut self, sampling_rate: usize) -> Self {
        self.sampling_rate = sampling_rate;
        self
    }

    /// The samples of a batch. Default 128.
    pub const fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// Whether samples come in a random order, each time another one. Default false.
    pub const fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// The first step that is used. Default 0.
    pub const fn start_index(mut self, start_index: usize) -> Self {
        self.start_index = start_index;
        self
    }

    /// The first step that is not used. Default none.
    pub const fn end_index(mut self, end_index: usize) -> Self {
        self.end_index = Some(end_index);
        self
    }

    /// The batches: a [`Sequence`], which `fit_generator` takes.
    ///
    /// # Errors
    /// No sample at all, a size of 0, an index beyond the series.
    pub fn from_array<'a, S, Y>(
        self,
        data: &'a [S],
        targets: &'a [Y],
    ) -> Result<Timeseries<'a, S, Y, T>, Error> {
        const NAME: &str = "timeseries_dataset_from_array";
        positive(NAME, "sampling_rate", self.sampling_rate)?;
        positive(NAME, "sequence_stride", self.sequence_stride)?;
        positive(NAME, "batch_size", self.batch_size)?;
        let end = self.end_index.unwrap_or(data.len());
        let reach = T.saturating_sub(1).saturating_mul(self.sampling_rate);
        let places = end.checked_sub(self.start_index.saturating_add(reach));
        let places = places.filter(|_| end <= data.len()).unwrap_or(0);
        let places = places.min(targets.len().saturating_sub(self.start_index));
        if places == 0 || T == 0 {
            let note = Note::new()
                .str("no sample of ")
                .num(reach.saturating_add(1))
                .str(" steps from ");
            let note = note.num(self.start_index).str(" to ").num(end).str(" of ");
            return Err(wrong(NAME, note.num(data.len())));
        }
        Ok(Timeseries {
            data,
            targets,
            first: self.start_index,
            ahead: 0,
            count: places.div_ceil(self.sequence_stride),
            places,
            stride: self.sequence_stride,
            rate: self.sampling_rate,
            order: match self.shuffle {
                true => Order::Shuffled(Vec::new()),
                false => Order::Series,
            },
            reverse: false,
            batch_size: self.batch_size,
        })
    }
}

/// Batches of samples of `T` steps of a series.
#[derive(Clone, Debug)]
pub struct Timeseries<'a, S, Y, const T: usize> {
    data: &'a [S],
    targets: &'a [Y],
    /// The first step of the first sample.
    first: usize,
    /// From there to its target.
    ahead: usize,
    /// How many samples there are, and where one may begin.
    count: usize,
    places: usize,
    stride: usize,
    rate: usize,
    order: Order,
    reverse: bool,
    batch_size: usize,
}

/// In which order samples come, by where they begin.
#[derive(Clone, Debug)]
enum Order {
    Series,
    /// Each once.
    Shuffled(Vec<usize>),
    /// Any, some perhaps twice.
    Drawn(Vec<usize>),
}

impl<S: Copy + Send + Sync, Y: Copy + Send + Sync, const T: usize> Sequence
    for Timeseries<'_, S, Y, T>
where
    (Vec<[S; T]>, Vec<Y>): kseq_core::train::IntoBatch,
{
    type Item = (Vec<[S; T]>, Vec<Y>);

    fn len(&self) -> usize {
        self.count.div_ceil(self.batch_size)
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "`generate` and `from_array` have compared the last step that any place reaches with the data"
    )]
    fn get(&self, index: usize) -> Self::Item {
        let from = index.saturating_mul(self.batch_size);
        let number = match &self.order {
            // As Keras: all batches are full.
            Order::Drawn(_) => self.batch_size,
            _ => self.batch_size.min(self.count.saturating_sub(from)),
        };
        let (mut x, mut y) = (Vec::with_capacity(number), Vec::with_capacity(number));
        for at in from..from.saturating_add(number) {
            let place = match &self.order {
                Order::Shuffled(places) | Order::Drawn(places) => places.get(at).copied(),
                Order::Series => None,
            };
            let begin =
                self.first + place.unwrap_or(at.saturating_mul(self.stride) % self.places.max(1));
            let step = |t: usize| if self.reverse { T - 1 - t } else { t };
            x.push(core::array::from_fn(|t| {
                self.data[begin + step(t) * self.rate]
            }));
            y.push(self.targets[begin + self.ahead]);
        }
        (x, y)
    }

    fn on_epoch_begin(&mut self, rng: &mut Rng) {
        let (count, places, stride) = (self.count, self.places, self.stride);
        let drawn = count.div_ceil(self.batch_size) * self.batch_size;
        match &mut self.order {
            Order::Series => {}
            Order::Shuffled(all) => {
                all.clear();
                all.extend((0..count).map(|i| i * stride));
                rng.shuffle(all);
            }
            Order::Drawn(all) => {
                let places = u32::try_from(places).unwrap_or(u32::MAX);
                all.clear();
                all.extend((0..drawn).map(|_| rng.below(places) as usize));
            }
        }
    }
}

fn wrong(name: &'static str, why: Note) -> Error {
    Error::Argument { name, why }
}

fn positive(name: &'static str, argument: &'static str, value: usize) -> Result<(), Error> {
    match value {
        0 => Err(wrong(
            name,
            Note::new()
                .str(argument)
                .str(" must be at least 1, found 0"),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
