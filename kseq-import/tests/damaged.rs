//! Files that are cut short, changed, or made to harm: an error, and never more memory than a file of that size may take.

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use kseq_import::read::read_bytes;

/// Counts what is allocated, and the most that was at a time.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all calls go to the system's allocator.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn own(name: &str) -> Vec<u8> {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    std::fs::read(files.join(name)).unwrap()
}

/// Whether a file is read; what it took is compared with what a file of that size may take.
fn read(bytes: &[u8], what: &str) -> bool {
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let is_read = read_bytes(bytes, what).is_ok();
    let most = MOST.load(Ordering::Relaxed).saturating_sub(before);
    let allowed = (8 << 20) + 400 * bytes.len();
    assert!(most <= allowed, "{what}: {most} bytes for {}", bytes.len());
    is_read
}

/// Random numbers, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

const FILES: [&str; 10] = [
    "k3_mlp.h5",
    "k3_nested.weights.h5",
    "odd_latest.h5",
    "odd_gzip.h5",
    "k1_gru.h5",
    "k3_mlp.keras",
    "odd_deflated.keras",
    "odd_named.npz",
    "odd_bf16.weights.h5",
    "k3_mlp.safetensors",
];

/// One test, since the memory of others would be counted, too.
#[test]
fn hostile_files_are_errors() {
    cut_short();
    changed();
    promises();
    zip_bombs();
    deep_json();
    lies();
}

fn cut_short() {
    // Every prefix of a small file, and some of all others.
    let small = own("k3_mlp.npz");
    for end in 0..small.len() {
        assert!(!read(&small[..end], &format!("k3_mlp.npz to {end}")));
    }
    for name in FILES {
        let bytes = own(name);
        for end in (0..bytes.len()).step_by(bytes.len() / 60) {
            let what = format!("{name} to {end} of {}", bytes.len());
            assert!(!read(&bytes[..end], &what), "{what}");
        }
    }
    let text = own("k3_mlp.json");
    for end in 0..text.len() {
        assert!(!read(&text[..end], &format!("k3_mlp.json to {end}")));
    }
}

/// `KSEQ_MUTATIONS=20000` changes each file more often.
fn changed() {
    let asked = std::env::var("KSEQ_MUTATIONS").ok();
    let mutations = asked.and_then(|n| n.parse().ok()).unwrap_or(250);
    let mut random = Random(88_172_645_463_325_252);
    for name in FILES {
        let bytes = own(name);
        for i in 0..mutations {
            let mut changed = bytes.clone();
            let mut what = format!("{name}, change {i}:");
            for _ in 0..1 + random.below(4) {
                let beginning = random.below(2) == 0;
                let end = if beginning {
                    bytes.len().min(4096)
                } else {
                    bytes.len()
                };
                let at = random.below(end);
                what.push_str(&format!(" {at}"));
                let word: [u8; 8] = match random.below(4) {
                    0 => {
                        changed[at] ^= 1 << random.below(8);
                        continue;
                    }
                    // An address, a size that is too large, and any number.
                    1 => ((random.below(bytes.len()) & !7) as u64).to_le_bytes(),
                    2 => [0xff; 8],
                    _ => (1u64 << random.below(63)).to_le_bytes(),
                };
                for (to, from) in changed[at & !7..].iter_mut().zip(word) {
                    *to = from;
                }
            }
            read(&changed, &what);
        }
    }
}

fn promises() {
    let header = |shape: &str| {
        let dict = format!("{{'descr': '<f4', 'fortran_order': True, 'shape': {shape}, }}");
        let mut file = b"\x93NUMPY\x01\0".to_vec();
        file.extend((dict.len() as u16).to_le_bytes());
        file.extend(dict.bytes());
        file
    };
    let npy = |shape: &str| [header(shape), vec![0; 16]].concat();
    // Nothing, of an array that no memory could hold: its axes were multiplied all the same.
    assert!(read(&header("(0, 4)"), "an array without values"));
    for shape in ["(0, 4294967296, 4294967296)", "(4294967296, 0, 4294967296)"] {
        assert!(!read(&header(shape), shape));
    }
    assert!(read(&npy("(2, 2)"), "as promised"));
    for shape in [
        "(1152921504606846976,)",
        "(4294967296, 4294967296, 4)",
        "(0, 4)",
        "(2, 3)",
        "(1000000000,)",
    ] {
        assert!(!read(&npy(shape), shape));
    }
    let mut tensors = Vec::new();
    let header = br#"{"a":{"dtype":"F32","shape":[1152921504606846976],"data_offsets":[0,4611686018427387904]}}"#;
    tensors.extend((header.len() as u64).to_le_bytes());
    tensors.extend(header);
    assert!(!read(&tensors, "safetensors"));
}

fn zip_bombs() {
    use std::io::Write;
    let zipped = |name: &str, content: &[u8], size: u64| {
        let mut packed =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(content).unwrap();
        let packed = packed.finish().unwrap();
        let crc = {
            let mut crc = flate2::Crc::new();
            crc.update(content);
            crc.sum()
        };
        let mut common = Vec::new();
        common.extend([20, 0, 0, 0, 8, 0, 0, 0, 0, 0]);
        common.extend(crc.to_le_bytes());
        common.extend((packed.len() as u32).to_le_bytes());
        common.extend((size as u32).to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        let mut zip = b"PK\x03\x04".to_vec();
        zip.extend(&common);
        zip.extend(name.bytes());
        zip.extend(&packed);
        let directory = zip.len();
        zip.extend(b"PK\x01\x02\x14\0");
        zip.extend(&common);
        zip.extend([0; 14]);
        zip.extend(name.bytes());
        let size = zip.len() - directory;
        zip.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
        zip.extend((size as u32).to_le_bytes());
        zip.extend((directory as u32).to_le_bytes());
        zip.extend([0, 0]);
        zip
    };
    let member = one_number();
    assert!(read(
        &zipped("a.npy", &member, member.len() as u64),
        "a small archive"
    ));
    // 16 MB of zeros in 16 KB, told and untold.
    let zeros = vec![0; 16 << 20];
    assert!(!read(
        &zipped("config.json", &zeros, zeros.len() as u64),
        "a bomb"
    ));
    assert!(!read(
        &zipped("config.json", &zeros, 1000),
        "a bomb that says it were small"
    ));
    assert!(!read(
        &zipped("a.npy", &zeros, zeros.len() as u64),
        "a bomb of arrays"
    ));
}

/// An `.npy` file of one number.
fn one_number() -> Vec<u8> {
    let dict = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }";
    let mut file = b"\x93NUMPY\x01\0".to_vec();
    file.extend((dict.len() as u16).to_le_bytes());
    file.extend(dict);
    file.extend(1f32.to_le_bytes());
    file
}

fn deep_json() {
    for (open, close) in [("[", "]"), ("{\"config\":", "}")] {
        let deep = format!(
            "{{\"class_name\":\"Sequential\",\"config\":{}1{}}}",
            open.repeat(100_000),
            close.repeat(100_000)
        );
        assert!(!read(deep.as_bytes(), "deep JSON"));
    }
}

/// Groups in a circle, an array under thousands of names, 256 MB of nothing, a long text thousands of times.
fn lies() {
    for name in ["circle", "names", "bomb", "texts"] {
        let packed = own(&format!("hostile_{name}.h5.gz"));
        let mut bytes = Vec::new();
        let mut unpacked = flate2::read::GzDecoder::new(packed.as_slice());
        std::io::Read::read_to_end(&mut unpacked, &mut bytes).unwrap();
        assert!(!read(&bytes, name), "{name}");
    }
}
