//! Any bytes are read as a run's journal: no panic, no endless work, no memory beyond what the file can hold.
//!
//! Lengths and check sums are put right first; else every change of a byte would end at the check sum.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use trailmark_core::RunId;
use trailmark_store::{Repository, Store as _};

const HEADER: usize = 32;
const RUN: &str = "0102030405060708090a0b0c";

struct Place {
    _folder: tempfile::TempDir,
    repository: PathBuf,
    journal: PathBuf,
}

static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let repository = folder.path().join("repository");
    Repository::open_or_create(&repository).expect("a repository can be made");
    let run = repository.join("runs").join(RUN);
    std::fs::create_dir_all(&run).expect("a folder can be made");
    let journal = run.join("1112131415161718.journal");
    Place { _folder: folder, repository, journal }
});

/// The bytes as a journal whose header, lengths and check sums are right; format and role are theirs.
fn journal(data: &[u8]) -> Vec<u8> {
    let at = |place: usize| data.get(place).copied().unwrap_or(0);
    let mut bytes = b"TRAILJ\x00".to_vec();
    bytes.extend([1 + (at(7).wrapping_sub(1) & 1), at(8) & 1, 0, 0, 0]);
    bytes.extend((1..=12).chain(0x11..=0x18));
    let mut rest = data.get(HEADER..).unwrap_or(data);
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let [a, b, c, d, ..] = *head;
        let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX).min(body.len());
        let (payload, next) = body.split_at(length);
        bytes.extend(u32::try_from(length).unwrap_or(0).to_le_bytes());
        bytes.extend(crc32c::crc32c(payload).to_le_bytes());
        bytes.extend(payload);
        rest = next;
    }
    bytes.extend(rest);
    bytes
}

fuzz_target!(|data: &[u8]| {
    std::fs::write(&PLACE.journal, journal(data)).expect("a file can be written");
    let repository = Repository::open(&PLACE.repository).expect("the repository is whole");
    let id: RunId = RUN.parse().expect("this is an id");
    if let (Ok(run), Ok(row)) = (repository.read_run(id), repository.run(id)) {
        assert_eq!((&run.name, &run.status), (&row.name, &row.status));
        for series in &row.series {
            let points = run.series.get(&series.key).map_or(0, |series| series.points.len() as u64);
            assert_eq!(points, series.count, "{:?}", series.key);
        }
    }
});
