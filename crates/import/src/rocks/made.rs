//! Databases that are made here in every form that is read, against a plain map.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::database::Database;
use super::log::tests::log_of;
use super::wire::masked_crc;

/// What somebody does with a database.
#[derive(Debug, Clone)]
enum Deed {
    Put(u8, u16),
    Delete(u8),
    DeleteRange(u8, u8),
    /// What was done so far goes into a sorted file.
    Flush,
}

/// How a sorted file is made.
#[derive(Debug, Clone, Copy)]
struct Form {
    is_packed: bool,
    has_two_levels: bool,
    has_user_keys: bool,
    has_differences: bool,
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [varint(bytes.len() as u64), bytes.to_vec()].concat()
}

fn key(n: u8) -> Vec<u8> {
    format!("seqs\u{1}{:03}\u{1}{}", n / 8, "x".repeat(usize::from(n % 8))).into_bytes()
}

fn value(n: u16) -> Vec<u8> {
    n.to_string().repeat(usize::from(n % 40)).into_bytes()
}

fn internal(key: &[u8], sequence: u64, kind: u8) -> Vec<u8> {
    [key, &(sequence << 8 | u64::from(kind)).to_le_bytes()].concat()
}

/// A block whose keys stand whole at each `interval`th entry; without lengths the values are places.
fn block(entries: &[(Vec<u8>, Vec<u8>)], interval: usize, has_lengths: bool) -> Vec<u8> {
    let (mut bytes, mut restarts, mut last) = (Vec::new(), Vec::new(), &[] as &[u8]);
    for (index, (key, value)) in entries.iter().enumerate() {
        if index % interval == 0 {
            restarts.push(bytes.len() as u32);
            last = &[];
        }
        let shared = last.iter().zip(key).take_while(|(a, b)| a == b).count();
        bytes.extend([varint(shared as u64), varint((key.len() - shared) as u64)].concat());
        if has_lengths {
            bytes.extend(varint(value.len() as u64));
        }
        bytes.extend_from_slice(&key[shared..]);
        bytes.extend_from_slice(value);
        last = key;
    }
    let n_restarts = restarts.len() as u32;
    bytes.extend(restarts.into_iter().chain([n_restarts]).flat_map(u32::to_le_bytes));
    bytes
}

/// A sorted file that is being made.
struct Made {
    bytes: Vec<u8>,
    form: Form,
}

impl Made {
    /// Adds a block; says its place.
    fn add(&mut self, block: &[u8]) -> Vec<u8> {
        let block = match self.form.is_packed {
            true => [snap::raw::Encoder::new().compress_vec(block).unwrap(), vec![1]].concat(),
            false => [block, &[0]].concat(),
        };
        let place = [varint(self.bytes.len() as u64), varint(block.len() as u64 - 1)].concat();
        self.bytes.extend_from_slice(&block);
        self.bytes.extend(masked_crc(&[&block]).to_le_bytes());
        place
    }

    fn index(&mut self, entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
        let key = |key: &[u8]| match self.form.has_user_keys {
            true => key[..key.len() - 8].to_vec(),
            false => key.to_vec(),
        };
        let entries: Vec<_> = entries.iter().map(|(last, place)| (key(last), place.clone())).collect();
        if self.form.has_differences {
            return self.add(&block(&entries, 1, false));
        }
        self.add(&block(&entries, 2, true))
    }
}

type Entries = BTreeMap<(Vec<u8>, std::cmp::Reverse<u64>), (u8, Vec<u8>)>;

fn table(entries: &Entries, ranges: &[(Vec<u8>, Vec<u8>, u64)], form: Form) -> Vec<u8> {
    let mut made = Made { bytes: Vec::new(), form };
    let rows: Vec<(Vec<u8>, Vec<u8>)> = entries
        .iter()
        .map(|((key, sequence), (kind, value))| (internal(key, sequence.0, *kind), value.clone()))
        .collect();
    let mut places: Vec<(Vec<u8>, Vec<u8>)> = rows
        .chunks(5)
        .map(|rows| (rows.last().unwrap().0.clone(), made.add(&block(rows, 3, true))))
        .collect();
    if form.has_two_levels {
        let parts = places.chunks(2);
        places = parts.map(|part| (part.last().unwrap().0.clone(), made.index(part))).collect();
    }
    let index = made.index(&places);
    let flag = |is_set: bool| varint(u64::from(is_set));
    let properties = made.add(&block(
        &[
            (
                b"rocksdb.block.based.table.index.type".to_vec(),
                (if form.has_two_levels { 2u32 } else { 0 }).to_le_bytes().to_vec(),
            ),
            (b"rocksdb.index.key.is.user.key".to_vec(), flag(form.has_user_keys)),
            (b"rocksdb.index.value.is.delta.encoded".to_vec(), flag(form.has_differences)),
        ],
        1,
        true,
    ));
    let ranges: Vec<_> =
        ranges.iter().map(|(start, end, sequence)| (internal(start, *sequence, 0xf), end.clone())).collect();
    let deleted = made.add(&block(&ranges, 1, true));
    let named = made.add(&block(
        &[(b"rocksdb.properties".to_vec(), properties), (b"rocksdb.range_del".to_vec(), deleted)],
        1,
        true,
    ));
    let mut footer = [vec![1], named, index].concat();
    footer.resize(41, 0);
    footer.extend(5u32.to_le_bytes());
    footer.extend(0x88e2_41b7_85f4_cff7_u64.to_le_bytes());
    [made.bytes, footer].concat()
}

/// Does everything in a folder, and in a map.
fn make(folder: &Path, deeds: &[Deed], form: Form) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let (mut model, mut entries, mut ranges) = (BTreeMap::new(), Entries::new(), Vec::new());
    let (mut edits, mut log) =
        (vec![[vec![1], prefixed(b"leveldb.BytewiseComparator"), vec![2, 3]].concat()], Vec::new());
    for (deed, sequence) in deeds.iter().zip(1u64..) {
        let change = match deed {
            Deed::Put(n, of) => {
                model.insert(key(*n), value(*of));
                entries.insert((key(*n), std::cmp::Reverse(sequence)), (1, value(*of)));
                [vec![1], prefixed(&key(*n)), prefixed(&value(*of))].concat()
            }
            Deed::Delete(n) => {
                model.remove(&key(*n));
                entries.insert((key(*n), std::cmp::Reverse(sequence)), (0, vec![]));
                [vec![0], prefixed(&key(*n))].concat()
            }
            Deed::DeleteRange(from, to) => {
                let (from, to) = (key(*from), key(*to));
                model.retain(|key: &Vec<u8>, _| *key < from || *key >= to);
                ranges.push((from.clone(), to.clone(), sequence));
                [vec![0xf], prefixed(&from), prefixed(&to)].concat()
            }
            Deed::Flush => {
                let number = 10 + sequence;
                let path = folder.join(format!("{number:06}.sst"));
                std::fs::write(path, table(&entries, &ranges, form)).unwrap();
                edits.push(
                    [
                        vec![2, 4, 103, 0],
                        varint(number),
                        vec![1],
                        prefixed(b"a"),
                        prefixed(b"z"),
                        vec![0, 0, 1],
                    ]
                    .concat(),
                );
                (entries, ranges, log) = (Entries::new(), Vec::new(), Vec::new());
                continue;
            }
        };
        log.push([&sequence.to_le_bytes()[..], &1u32.to_le_bytes(), &change].concat());
    }
    std::fs::write(folder.join("CURRENT"), "MANIFEST-000002\n").unwrap();
    std::fs::write(folder.join("MANIFEST-000002"), log_of(&edits, None)).unwrap();
    std::fs::write(folder.join("000004.log"), log_of(&log, None)).unwrap();
    // An older log, whose changes lie in a sorted file or count no more.
    std::fs::write(folder.join("000002.log"), b"nonsense").unwrap();
    model
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        8 => (0u8..60, any::<u16>()).prop_map(|(n, of)| Deed::Put(n, of)),
        2 => (0u8..60).prop_map(Deed::Delete),
        2 => (0u8..60, 0u8..60).prop_map(|(a, b)| Deed::DeleteRange(a, b)),
        1 => Just(Deed::Flush),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn a_database_holds_what_was_put_into_it(
        deeds in prop::collection::vec(deed(), 0..120),
        (is_packed, has_two_levels, has_user_keys, has_differences) in any::<(bool, bool, bool, bool)>(),
        from in 0u8..60,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let form = Form { is_packed, has_two_levels, has_user_keys, has_differences };
        let model = make(folder.path(), &deeds, form);
        let database = Database::open(folder.path()).unwrap();
        let mut cursor = database.cursor();
        let mut found = Vec::new();
        let mut is_there = cursor.seek(b"");
        while is_there {
            found.push((cursor.key().to_vec(), cursor.value().to_vec()));
            is_there = cursor.advance();
        }
        prop_assert_eq!(&found, &model.clone().into_iter().collect::<Vec<_>>());
        // Back to an earlier key.
        let first = model.range(key(from)..).next();
        let is_there = cursor.seek(&key(from));
        prop_assert_eq!(is_there.then(|| cursor.key().to_vec()), first.map(|(key, _)| key.clone()));
        prop_assert_eq!(database.take_problems(), vec![]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn damaged_files_without_check_sums_never_panic(
        numbers in prop::collection::vec((0u8..60, any::<u16>()), 1..60),
        (is_packed, has_two_levels, has_user_keys, has_differences) in any::<(bool, bool, bool, bool)>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let form = Form { is_packed, has_two_levels, has_user_keys, has_differences };
        let entries: Entries = (1u64..)
            .zip(&numbers)
            .map(|(sequence, (n, of))| ((key(*n), std::cmp::Reverse(sequence)), (1, value(*of))))
            .collect();
        let mut bytes = table(&entries, &[(key(3), key(9), 5)], form);
        let footer = bytes.len() - 53;
        bytes[footer] = 0;
        for (place, byte) in &flips {
            let place = place.index(bytes.len());
            bytes[place] = *byte;
        }
        let n_sound = super::fuzzing::rocks(&bytes);
        prop_assert!(!flips.is_empty() || n_sound >= entries.len());
    }
}

#[test]
fn a_file_that_is_gone_costs_only_what_it_held() {
    let folder = tempfile::tempdir().unwrap();
    let deeds = [Deed::Put(1, 11), Deed::Flush, Deed::Put(2, 12), Deed::Flush, Deed::Put(3, 13)];
    let form = Form { is_packed: true, has_two_levels: false, has_user_keys: true, has_differences: true };
    make(folder.path(), &deeds, form);
    let gone = folder.path().join("000012.sst");
    std::fs::remove_file(&gone).unwrap();
    let database = Database::open(folder.path()).unwrap();
    let mut cursor = database.cursor();
    assert!(cursor.seek(b"") && cursor.key() == key(2), "the first file is gone");
    assert!(cursor.advance() && cursor.key() == key(3) && cursor.value() == value(13));
    assert!(!cursor.advance());
    let problems = database.take_problems();
    assert!(problems.len() == 1 && problems[0].place == gone.display().to_string(), "{problems:?}");
    std::fs::write(folder.path().join("MANIFEST-000002"), b"damage, and more of it than fits").unwrap();
    let error = Database::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("damaged from byte 0") || error.contains("no edit"), "{error}");
}
