//! TensorBoard's event files: TFRecords of `Event` messages, as far as scalars, histograms and models need them.
//!
//! A record is its length in eight bytes, the checksum of these, the message, its checksum. The messages
//! are those of `tensorflow/core/util/event.proto` and `framework/summary.proto`.

use std::format;
use std::io::{self, Read};
use std::path::Path;
use std::string::String;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};
use std::vec::Vec;

use kseq_safetensors::protobuf::{EIGHT_BYTES, FOUR_BYTES, VARINT, counted, key, varint};
use kseq_safetensors::{Growing, make_folder_of};

/// What tells the files of one training from those of another: time, process, number in it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::train) struct FileName {
    seconds: u64,
    process: u64,
    number: u64,
}

impl FileName {
    pub fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        FileName {
            seconds: now() as u64,
            process: std::process::id().into(),
            number: NUMBER.fetch_add(1, Relaxed),
        }
    }

    pub fn is_set(&self) -> bool {
        *self != FileName::default()
    }

    pub fn state(&self) -> [f64; 3] {
        [self.seconds, self.process, self.number].map(|n| n as f64)
    }

    pub fn of(state: [f64; 3]) -> Self {
        let [seconds, process, number] = state.map(|n| n as u64);
        FileName {
            seconds,
            process,
            number,
        }
    }

    /// TensorFlow's form, by which TensorBoard knows the files.
    pub fn file(&self) -> String {
        let FileName {
            seconds,
            process,
            number,
        } = self;
        format!("events.out.tfevents.{seconds:010}.kseq.{process}.{number}.v2")
    }
}

/// A file of events, made when there is something to write.
#[derive(Debug, Default)]
pub(in crate::train) struct Events {
    file: Option<Growing>,
    /// The bytes written.
    pub len: u64,
    /// Whether a training continues, whose file is there.
    resumed: bool,
}

impl Events {
    /// The file of an interrupted training, with what it had at a checkpoint.
    pub fn after(len: u64) -> Self {
        Events {
            file: None,
            len,
            resumed: true,
        }
    }

    /// Brings what was written to the disk.
    pub fn sync(&mut self) -> io::Result<()> {
        match &mut self.file {
            Some(file) => file.sync(),
            None => Ok(()),
        }
    }

    /// Adds values; nothing if there are none.
    pub fn write(
        &mut self,
        path: &Path,
        step: u64,
        values: &[(String, Value<'_>)],
    ) -> io::Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        if self.file.is_none() {
            make_folder_of(path)?;
            let mut file = match self.resumed {
                true => Growing::open(path)?,
                // A link that lies there is not followed.
                false => Growing::create(path)?,
            };
            if file.there()? < self.len {
                // It is gone, or was not all on the disk.
                let mut there = Vec::new();
                file.from(0)?.read_to_end(&mut there)?;
                self.len = whole_records(&there);
            }
            file.keep(self.len);
            self.file = Some(file);
        }
        if self.len == 0 {
            let mut event = event(0);
            counted(&mut event, 3, b"brain.Event:2");
            record(&mut bytes, &event);
        }
        for (tag, value) in values {
            let mut message = Vec::new();
            counted(&mut message, 1, tag.as_bytes());
            value.encode(&mut message);
            let mut summary = Vec::new();
            counted(&mut summary, 1, &message);
            let mut event = event(step);
            counted(&mut event, 5, &summary);
            record(&mut bytes, &event);
        }
        if let Some(file) = &mut self.file {
            file.add(&bytes)?;
            self.len = file.len();
        }
        Ok(())
    }
}

/// What is written under a tag.
#[derive(Clone, Copy, Debug)]
pub(in crate::train) enum Value<'a> {
    Scalar(f32),
    /// How the values of an array are distributed.
    Histogram(&'a [f32]),
    /// A model, as the JSON of Keras's `to_json`.
    Graph(&'a str),
}

/// The buckets of a histogram, as many as TensorFlow has.
const BUCKETS: usize = 30;

impl Value<'_> {
    /// The fields of a `Summary.Value` behind its tag.
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Value::Scalar(value) => {
                key(out, 2, FOUR_BYTES);
                out.extend(value.to_le_bytes());
            }
            Value::Histogram(values) => {
                let buckets = buckets(values);
                let mut content = Vec::new();
                for number in buckets.as_flattened() {
                    content.extend(number.to_le_bytes());
                }
                let mut tensor = Vec::new();
                // DT_DOUBLE.
                key(&mut tensor, 1, VARINT);
                varint(&mut tensor, 2);
                counted(&mut tensor, 2, &shape(&[buckets.len() as u64, 3]));
                counted(&mut tensor, 4, &content);
                counted(out, 8, &tensor);
                counted(out, 9, &plugin("histograms"));
            }
            Value::Graph(json) => {
                let mut tensor = Vec::new();
                // DT_STRING, of no axes.
                key(&mut tensor, 1, VARINT);
                varint(&mut tensor, 7);
                counted(&mut tensor, 2, &[]);
                counted(&mut tensor, 8, json.as_bytes());
                counted(out, 8, &tensor);
                counted(out, 9, &plugin("graph_keras_model"));
            }
        }
    }
}

/// A `TensorShapeProto`.
fn shape(sizes: &[u64]) -> Vec<u8> {
    let mut shape = Vec::new();
    for size in sizes {
        let mut dim = Vec::new();
        key(&mut dim, 1, VARINT);
        varint(&mut dim, *size);
        counted(&mut shape, 2, &dim);
    }
    shape
}

/// The `SummaryMetadata` of a tensor that is for a plugin of TensorBoard's, in the first version of its data.
fn plugin(name: &str) -> Vec<u8> {
    let (mut data, mut metadata) = (Vec::new(), Vec::new());
    counted(&mut data, 1, name.as_bytes());
    counted(&mut metadata, 1, &data);
    // DATA_CLASS_TENSOR.
    key(&mut metadata, 4, VARINT);
    varint(&mut metadata, 2);
    metadata
}

/// The two ends of each bucket, and how many values lie in it: all of the same width, from the smallest value to the largest; what
/// is not finite lies in none. One bucket of width 1 if all are the same.
fn buckets(values: &[f32]) -> Vec<[f64; 3]> {
    let finite = || {
        values
            .iter()
            .filter(|v| v.is_finite())
            .map(|v| f64::from(*v))
    };
    let (least, most) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| {
        (a.min(v), b.max(v))
    });
    if least > most {
        return Vec::new();
    }
    if least == most {
        return Vec::from([[least - 0.5, least + 0.5, finite().count() as f64]]);
    }
    let width = (most - least) / BUCKETS as f64;
    let end = |i: usize| {
        if i == BUCKETS {
            most
        } else {
            least + i as f64 * width
        }
    };
    let mut buckets: Vec<[f64; 3]> = (0..BUCKETS).map(|i| [end(i), end(i + 1), 0.0]).collect();
    for v in finite() {
        let at = (((v - least) / width) as usize).min(BUCKETS - 1);
        if let Some([_, _, count]) = buckets.get_mut(at) {
            *count += 1.0;
        }
    }
    buckets
}

/// The bytes of the records that are whole.
fn whole_records(mut bytes: &[u8]) -> u64 {
    let mut whole = 0;
    while let Some((length, rest)) = bytes.split_first_chunk::<8>() {
        // The checksum of the length, the message, its checksum.
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let cut = length.checked_add(8).and_then(|n| rest.split_at_checked(n));
        let parts = cut.and_then(|(record, behind)| {
            let (message, sum) = record.get(4..)?.split_last_chunk::<4>()?;
            Some((message, sum, behind))
        });
        let Some((message, sum, behind)) = parts else {
            break;
        };
        if *sum != masked_crc(message).to_le_bytes() {
            break;
        }
        bytes = behind;
        whole += 16 + length as u64;
    }
    whole
}

fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

/// An `Event` with its time and step.
fn event(step: u64) -> Vec<u8> {
    let mut event = Vec::new();
    key(&mut event, 1, EIGHT_BYTES);
    event.extend(now().to_le_bytes());
    key(&mut event, 2, VARINT);
    varint(&mut event, step);
    event
}

fn record(out: &mut Vec<u8>, message: &[u8]) {
    let len = (message.len() as u64).to_le_bytes();
    out.extend(len);
    out.extend(masked_crc(&len).to_le_bytes());
    out.extend(message);
    out.extend(masked_crc(message).to_le_bytes());
}

/// TensorFlow masks the checksum, since a record may hold records.
fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// The CRC of Castagnoli's polynomial, bit by bit from the lowest.
#[expect(
    clippy::indexing_slicing,
    reason = "the table has a place for each byte"
)]
fn crc32c(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut i = 0;
        while i < 256 {
            let (mut crc, mut bit) = (i as u32, 0);
            while bit < 8 {
                crc = crc >> 1 ^ if crc & 1 == 1 { 0x82f6_3b78 } else { 0 };
                bit += 1;
            }
            table[i] = crc;
            i += 1;
        }
        table
    };
    let step = |crc: u32, byte: &u8| crc >> 8 ^ TABLE[(crc as u8 ^ byte) as usize];
    !bytes.iter().fold(!0, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_of_values() {
        assert!(buckets(&[f32::NAN]).is_empty());
        assert_eq!(buckets(&[2.0, 2.0]), [[1.5, 2.5, 2.0]]);
        let all = buckets(&[0.0, 3.0, 0.05, 1.5, f32::INFINITY]);
        assert_eq!(all.len(), 30);
        assert_eq!((all[0], all[15][2]), ([0.0, 0.1, 2.0], 1.0));
        assert_eq!((all[29][1], all[29][2]), (3.0, 1.0));
    }

    #[test]
    fn checksums_of_the_standard() {
        // RFC 3720, B.4.
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }
}
