//! No target: writes valid files of each kind into the folder `KSEQ_FUZZ_SEEDS`, a folder for each target, and ends. (What is built
//! for libFuzzer ends in libFuzzer: this, too.)
#![no_main]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use kseq::prelude::Model;
use kseq::preprocessing::text::Tokenizer;
use kseq_fuzz::archive::{BETWEEN, zip};
use kseq_fuzz::files::folder;
use kseq_fuzz::model::{Net, Pictures, save, twin};
use kseq_import::{read, write};
use libfuzzer_sys::fuzz_target;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};

fuzz_target!(
    init: all(),
    |_data: &[u8]| {}
);

/// All of them; then the process ends.
fn all() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    models();
    state_dicts();
    keras_files(&root.join("kseq-import/tests/files"));
    configs(&root.join("tests/golden/data/layers"));
    arrays();
    texts();
    pictures();
    std::process::exit(0)
}

/// Writes a seed of a target.
fn seed(target: &str, name: &str, bytes: impl AsRef<[u8]>) {
    let folder = std::env::var_os("KSEQ_FUZZ_SEEDS").expect("KSEQ_FUZZ_SEEDS is a folder");
    let folder = PathBuf::from(folder).join(target);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(name), bytes).expect("the folder is writable");
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::best());
    gz.write_all(bytes).expect("memory is written");
    gz.finish().expect("memory is written")
}

/// Without its checksum, which refuses whatever is changed; a checkpoint as the first version wrote them.
fn unsealed(bytes: &[u8]) -> Vec<u8> {
    let file = safetensors::SafeTensors::deserialize(bytes).expect("the crate reads it");
    let (_, metadata) = safetensors::SafeTensors::read_metadata(bytes).expect("it has a header");
    let mut said = metadata.metadata().clone().unwrap_or_default();
    said.remove("checksum");
    if said
        .get("format")
        .is_some_and(|format| format.starts_with("kseq checkpoint"))
    {
        said.insert("format".to_owned(), "kseq checkpoint".to_owned());
    }
    safetensors::serialize(file.tensors(), Some(said)).expect("a file of the crate's")
}

/// What kseq writes of models and trainings.
fn models() {
    let path = |name: &str| folder().join(name);
    let read = |name: &str| fs::read(path(name)).expect("it was written");
    let net = Net::new(1);
    net.save_weights(path("w.safetensors")).expect("written");
    net.save_weights(path("w.npz")).expect("written");
    net.save_keras(path("w.keras")).expect("written");
    net.save_keras(path("w.h5")).expect("written");
    for name in ["w.safetensors", "w.npz", "w.keras", "w.h5"] {
        seed("weights", name, read(name));
    }
    seed("weights", "unsealed", unsealed(&read("w.safetensors")));
    seed("safetensors", "sealed", read("w.safetensors"));
    seed("safetensors", "unsealed", unsealed(&read("w.safetensors")));
    twin().save(path("t.safetensors")).expect("written");
    seed("twin", "sealed", read("t.safetensors"));
    seed("twin", "unsealed", unsealed(&read("t.safetensors")));
    seed("twin_fields", "zeros", [0; 40]);
    seed("twin_fields", "ones", [255; 40]);
    seed("hdf5", "kseq", read("w.h5"));
    Pictures::new(1).save_keras(path("p.h5")).expect("written");
    seed("hdf5", "pictures", read("p.h5"));
    for batches in [1, 3, 5, 6, 9] {
        save(&path("c"), batches).expect("a training with a checkpoint");
        let name = format!("after_{batches}");
        seed("checkpoint", &name, unsealed(&read("c")));
        seed("checkpoint_fields", &name, [batches as u8; 40]);
        seed("safetensors", &name, read("c"));
    }
    seed("checkpoint", "sealed", read("c"));
    seed("checkpoint", "weights", read("w.safetensors"));
}

/// A file of arrays of a type, all of whose bytes are the same.
fn of_type(dtype: Dtype, arrays: &[(&str, &[usize])]) -> Vec<u8> {
    let bytes = |shape: &[usize]| vec![0x3c; shape.iter().product::<usize>() * dtype.bitsize() / 8];
    let all: Vec<_> = arrays.iter().map(|(_, shape)| bytes(shape)).collect();
    let views = arrays.iter().zip(&all).map(|((name, shape), bytes)| {
        let view = TensorView::new(dtype, shape.to_vec(), bytes).expect("as many bytes");
        (*name, view)
    });
    safetensors::serialize(views, None).expect("a file of the crate's")
}

/// What PyTorch keeps of `Net` and `Pictures`, and what `Net` loads, as numbers of several types.
fn state_dicts() {
    let net: [(&str, &[usize]); 8] = [
        ("0.weight", &[3, 2]),
        ("0.bias", &[3]),
        ("1.weight", &[3]),
        ("1.bias", &[3]),
        ("1.running_mean", &[3]),
        ("1.running_var", &[3]),
        ("3.weight", &[2, 3]),
        ("3.bias", &[2]),
    ];
    let pictures: [(&str, &[usize]); 18] = [
        ("0.weight", &[2, 1, 2, 2]),
        ("0.bias", &[2]),
        ("1.weight", &[2]),
        ("1.bias", &[2]),
        ("1.running_mean", &[2]),
        ("1.running_var", &[2]),
        ("4.weight", &[3, 2]),
        ("4.bias", &[3]),
        ("6.weight_ih_l0", &[8, 1]),
        ("6.weight_hh_l0", &[8, 2]),
        ("6.bias_ih_l0", &[8]),
        ("6.bias_hh_l0", &[8]),
        ("7.weight_ih_l0", &[6, 2]),
        ("7.weight_hh_l0", &[6, 2]),
        ("7.bias_ih_l0", &[6]),
        ("7.bias_hh_l0", &[6]),
        ("8.weight", &[1, 2]),
        ("8.bias", &[1]),
    ];
    let own = fs::read(folder().join("w.safetensors")).expect("models() has written it");
    let own = safetensors::SafeTensors::deserialize(&own).expect("the crate reads it");
    let views = own.tensors();
    let own: Vec<_> = views
        .iter()
        .map(|(name, view)| (name.as_str(), view.shape()))
        .collect();
    for dtype in [
        Dtype::F32,
        Dtype::F16,
        Dtype::BF16,
        Dtype::F64,
        Dtype::I32,
        Dtype::U8,
        Dtype::U64,
    ] {
        let name = format!("{dtype:?}");
        seed("torch", &format!("net_{name}"), of_type(dtype, &net));
        seed(
            "torch",
            &format!("pictures_{name}"),
            of_type(dtype, &pictures),
        );
        seed("weights", &name, of_type(dtype, &own));
    }
}

/// The files of the importer's tests.
fn keras_files(folder: &Path) {
    for entry in fs::read_dir(folder).expect("kseq-import/tests/files") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let bytes = fs::read(&path).expect("a file");
        let ending = name.rsplit('.').next().unwrap_or_default();
        match ending {
            "h5" => seed("hdf5", &name, &bytes),
            "json" => seed("config", &name, &bytes),
            "npz" => {
                seed("npz", &name, &bytes);
                seed("weights", &name, &bytes);
            }
            "safetensors" if name.starts_with("torch_") => seed("torch", &name, &bytes),
            "safetensors" => seed("safetensors", &name, &bytes),
            "keras" => {
                seed("keras", &name, &bytes);
                if let Ok(file) = read::read_bytes(&bytes, &name) {
                    let config = file.config.clone().unwrap_or_default().to_string();
                    seed("config", &name, &config);
                    // The weights that kseq writes are a tenth of Keras's.
                    let small = write::h5(&file).unwrap_or_default();
                    let said = r#"{"keras_version": "3.15.1"}"#;
                    let members = [config.as_bytes(), said.as_bytes(), &small];
                    seed("keras", &format!("{name}.members"), members.join(BETWEEN));
                }
            }
            _ => {}
        }
    }
}

/// A model of each kind of layer of the golden suite, as the text of `to_json`.
fn configs(folder: &Path) {
    for entry in fs::read_dir(folder).expect("tests/golden/data/layers") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let text = fs::read(&path).expect("a file");
        let case: Value = serde_json::from_slice(&text).expect("JSON");
        let kind = case["kind"].as_str().unwrap_or_default().to_owned();
        let shape = case["tensors"]["x"]["shape"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let shape: Vec<Value> = std::iter::once(Value::Null)
            .chain(shape.into_iter().skip(1))
            .collect();
        let input = json!({"class_name": "InputLayer", "config": {"batch_shape": shape}});
        let layers = case["layers"].as_array().cloned().unwrap_or_default();
        let layers: Vec<Value> = std::iter::once(input)
            .chain(layers.into_iter().map(short))
            .collect();
        let model = json!({"class_name": "Sequential", "config": {"name": "m", "layers": layers}});
        let model = model.to_string();
        seed("config", &kind, &model);
        let first = model.replace("channels_last", "channels_first");
        if first != model {
            seed("config", &format!("{kind}.channels_first"), first);
        }
    }
}

/// Without what Keras says of itself.
fn short(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            for name in [
                "module",
                "registered_name",
                "build_config",
                "dtype",
                "trainable",
            ] {
                fields.remove(name);
            }
            fields
                .values_mut()
                .for_each(|field| *field = short(field.take()));
        }
        Value::Array(list) => list.iter_mut().for_each(|item| *item = short(item.take())),
        _ => {}
    }
    value
}

/// `.npy`, `.npz`, MNIST's.
fn arrays() {
    let npy = |dtype: &str, shape: &[usize], bytes: &[u8]| {
        let mut file = kseq_safetensors::npy_header(dtype, shape);
        file.extend(bytes);
        file
    };
    let mut fortran = npy("<f4", &[2, 3], &[1; 24]);
    let order = fortran
        .windows(6)
        .position(|some| some == b"False,")
        .expect("the order");
    fortran[order..order + 6].copy_from_slice(b"True, ");
    let files = [
        ("f4", npy("<f4", &[2, 2], &[1; 16])),
        ("u1", npy("|u1", &[3], &[1; 3])),
        ("u4", npy("<u4", &[2], &[1; 8])),
        ("image", npy("|u1", &[2, 2, 3], &[1; 12])),
        ("none", npy("<f4", &[0, 2], &[])),
        ("f8", npy(">f8", &[2, 1], &[1; 16])),
        ("f2", npy("<f2", &[2], &[1; 4])),
        ("i8", npy("<i8", &[1], &[1; 8])),
        ("i1", npy("|i1", &[2], &[1; 2])),
        ("i2", npy("<i2", &[2], &[1; 4])),
        ("i4", npy(">i4", &[2], &[1; 8])),
        ("u2", npy("<u2", &[2], &[1; 4])),
        ("u8", npy("<u8", &[1], &[1; 8])),
        ("b1", npy("|b1", &[2], &[1; 2])),
        ("infinity", npy("<f2", &[2], &[0, 0x7c, 1, 0x7c])),
        ("fortran", fortran),
    ];
    for (name, file) in &files {
        seed("npy", name, file);
        seed("npz", name, file);
        seed(
            "npz",
            &format!("{name}.member"),
            [b"@", file.as_slice()].concat(),
        );
    }
    let two = files.clone().map(|(_, file)| file);
    seed(
        "npz",
        "members",
        [b"@".to_vec(), two[..4].join(BETWEEN)].concat(),
    );
    seed(
        "npz",
        "archive",
        zip(&[("a.npy", &two[0]), ("b.c.npy", &two[1])]),
    );
    let part = |head: &[u8], count: usize, value: u8| {
        let mut file = head.to_vec();
        file.resize(head.len() + count, value);
        file
    };
    let labels = part(&[0, 0, 8, 1, 0, 0, 0, 2], 2, 3);
    let images = part(
        &[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28],
        2 * 784,
        9,
    );
    for (how, file) in [
        &images,
        &labels,
        &gz(&images),
        &gz(&labels),
        &images,
        &labels,
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("mnist_{how}");
        seed("idx", &name, [&[how as u8], file.as_slice()].concat());
    }
}

/// Tables, sentences, tokenizers, patterns of names.
fn texts() {
    let tables = [
        "a,b,c\n1,2,0\n3,4.5,1\n5,6,0\n",
        "1;2;3\n4;\"5\n\";6\n7;80;9",
        "\u{feff}a,b,c\r\n1,\"2\",3\r\n\r\n4,5,6",
    ];
    for (how, table) in tables.iter().enumerate() {
        let name = how.to_string();
        seed("csv", &name, [&[how as u8, 2], table.as_bytes()].concat());
        seed(
            "csv",
            &format!("named_{how}"),
            [&[128 + how as u8, 2], table.as_bytes()].concat(),
        );
        seed("table", &name, [&[how as u8], table.as_bytes()].concat());
    }
    seed(
        "table",
        "log",
        "\0epoch,loss,\"say \"\"it\"\"\",\"two\nlines\"\r\n0,1,2,3\r\n",
    );
    let sentences = "source\tscore\ttext\nnyt\t-1.5\tA \"quoted\" text.\r\nmovie\t0\té\ntweet\t4\tx\namazon\t-4.0\ty\n";
    seed("sentences", "plain", ["\0", sentences].concat());
    seed(
        "sentences",
        "packed",
        [&[1], gz(sentences.as_bytes()).as_slice()].concat(),
    );
    let text = "the cat and the dog\nThe dog! İ ß ﬀ é\n\u{a0}x";
    for how in [0, 1, 2, 7, 12, 16, 33, 52] {
        let name = how.to_string();
        seed("tokenizer", &name, [&[how, 3], text.as_bytes()].concat());
        seed(
            "vectorization",
            &name,
            [&[how, 3], text.as_bytes()].concat(),
        );
    }
    let mut tokenizer = Tokenizer::new().num_words(4).oov_token("?");
    tokenizer.fit_on_texts(&["the cat, a é 😀", "the"]);
    tokenizer.fit_on_sequences(&[[1, 2]]);
    seed(
        "tokenizer_json",
        "kseq",
        tokenizer.to_json().expect("no function"),
    );
    let patterns = [
        "w.{epoch:02d}-{val_loss:.2f}.safetensors",
        "{{epoch}} {loss:08.3e}",
        "{batch:4d}|{é:+1.1g}{a:x>8}{b:*^+9.2%}",
    ];
    for (i, pattern) in patterns.iter().enumerate() {
        seed("filepath", &i.to_string(), pattern);
    }
}

/// Pictures of all kinds; event files are made of nothing.
fn pictures() {
    seed("picture", "p2", "P2 # grey\n3 1\n4\n0 2\n# on\n4\n");
    seed("picture", "p3", "P3\n1 2\n255\n0 2 3\n4 5 255\n");
    seed("picture", "p5", b"P5\n2 2\n255\n\0\x01\x02\xff");
    seed("picture", "p5_wide", b"P5 2 1 65535\n\0\x01\x02\xff");
    seed("picture", "p6", b"P6\n1 1\n255\n\0\x01\x02");
    for (bits, height) in [(24u8, 2i32), (24, -2), (32, 2)] {
        let mut file = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0".to_vec();
        file.extend(height.to_le_bytes());
        file.extend([1, 0, bits, 0]);
        file.resize(54 + 16, 7);
        file[30..34].fill(0);
        seed("picture", &format!("bmp_{bits}_{height}"), file);
    }
    for cut in [0, 60, 255] {
        seed(
            "events",
            &format!("cut_{cut}"),
            [cut, 9, 0, 0, 0, 0, 0, 0, 0],
        );
    }
}
