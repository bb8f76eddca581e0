//! A sweep needs no more memory than its largest run: what finished is on the disk.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod program;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use program::{Place, questions};
use serde_json::Value;

/// Rows of the model's embedding; it has 32 columns of four bytes.
const ROWS: usize = 300_000;
const MODEL_BYTES: u64 = ROWS as u64 * 32 * 4;

/// Gives the model an embedding that is seen in the memory of whoever holds it.
fn enlarge(model: &Path) {
    let config = model.join("config.json");
    let mut value: Value = serde_json::from_str(&std::fs::read_to_string(&config).unwrap()).unwrap();
    value["vocab_size"] = ROWS.into();
    std::fs::write(&config, value.to_string()).unwrap();
    let file = model.join("model.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    let (length, rest) = bytes.split_first_chunk::<8>().unwrap();
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let header: serde_json::Map<String, Value> = serde_json::from_slice(header).unwrap();
    let (mut new_header, mut new_data) = (serde_json::Map::new(), Vec::new());
    let mut n_enlarged = 0;
    for (name, mut tensor) in header {
        if name != "__metadata__" {
            let at = |index: usize| tensor["data_offsets"][index].as_u64().unwrap() as usize;
            let mut bytes = data[at(0)..at(1)].to_vec();
            if name.ends_with("word_embeddings.weight") {
                assert_eq!(tensor["shape"][1], 32);
                bytes.resize(MODEL_BYTES as usize, 0);
                tensor["shape"][0] = ROWS.into();
                n_enlarged += 1;
            }
            let first = new_data.len();
            new_data.extend(bytes);
            tensor["data_offsets"] = vec![first, new_data.len()].into();
        }
        new_header.insert(name, tensor);
    }
    assert_eq!(n_enlarged, 1);
    let header = serde_json::to_vec(&new_header).unwrap();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend(new_data);
    std::fs::write(&file, bytes).unwrap();
}

/// The most memory that a sweep with so many runs had at once.
fn peak(place: &Place, n_runs: usize) -> u64 {
    let seeds: Vec<usize> = (0..n_runs).collect();
    let grid = format!(
        "model = \"model\"\n[data]\ntrain_file = \"{}\"\n[grid]\nseed = {seeds:?}\n",
        questions().display()
    );
    place.write("recipe.toml", &grid);
    let words = format!(
        "sweep recipe.toml --max_seq_length 96 --doc_stride 32 --max_steps 1 --save_strategy no --threads 1 \
         --repo repo{n_runs}"
    );
    let mut command = place.command();
    command.args(words.split_whitespace()).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut peak = 0;
    loop {
        // The system keeps the highest value itself; one that ended has none any more.
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak = kilobytes.map_or(peak, |kilobytes| 1024 * kilobytes);
        match child.try_wait().unwrap() {
            Some(status) => {
                assert!(status.success());
                return peak;
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

#[test]
fn a_sweep_of_many_runs_holds_one_model_at_a_time() {
    let place = Place::new();
    enlarge(&place.model());
    let (one, six) = (peak(&place, 1), peak(&place, 6));
    assert!(one > 2 * MODEL_BYTES, "{one}");
    assert!(six < one + 2 * MODEL_BYTES, "six runs {six}, one run {one}, a model {MODEL_BYTES}");
}
