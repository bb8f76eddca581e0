//! Sorted files: blocks of entries, an index over them, a footer that says where it lies.
//!
//! # Format
//! The footer is `u8 kind of check sum · the places of the index over named blocks and of the index over entries · zeros ·
//! u32le version · u64le magic`, 53 bytes. Behind each block stand `u8 compression · u32le check sum`; the check sum covers
//! both before it. The block of properties says how the index is made.

use std::path::{Path, PathBuf};

use super::block::{Block, Handle, TRAILER};
use super::split_key;
use super::tombstones::Tombstone;
use super::wire::{Wire, masked_crc};
use crate::fs::ReadAt;

const FOOTER: u64 = 53;
const MAGIC: u64 = 0x88e2_41b7_85f4_cff7;
/// Bytes of a block at most, packed or not: a value is never divided.
const MOST_BLOCK: u64 = 512 << 20;
/// Snappy says at most this many bytes with one.
const MOST_RATIO: u64 = 64;
/// Bytes of the keys of an index at most.
const MOST_INDEX: usize = 256 << 20;

/// Blocks in order: the last key that may be in each, and where it lies.
type Index = Vec<(Box<[u8]>, Handle)>;

/// A sorted file that is open.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) path: PathBuf,
    file: Box<dyn ReadAt>,
    n_bytes: u64,
    has_sums: bool,
    index: Index,
    /// Ranges that are deleted, unsorted.
    pub(super) tombstones: Vec<Tombstone>,
}

/// How the index of a file is made.
#[derive(Debug, Clone, Copy, Default)]
struct Form {
    /// Its blocks are indexed again.
    has_two_levels: bool,
    has_user_keys: bool,
    has_differences: bool,
}

impl Table {
    /// Opens a file: reads its footer, properties, deleted ranges and index.
    pub(super) fn open(path: &Path, file: Box<dyn ReadAt>) -> Result<Self, String> {
        let n_bytes = file.n_bytes().map_err(|error| error.to_string())?;
        let at = n_bytes.checked_sub(FOOTER).ok_or("it is too short for a sorted file")?;
        let mut footer = [0; FOOTER as usize];
        file.read_at(&mut footer, at).map_err(|error| error.to_string())?;
        let (head, magic) = footer.split_last_chunk::<8>().ok_or("it has no footer")?;
        if u64::from_le_bytes(*magic) != MAGIC {
            return Err("it does not end as a sorted file of RocksDB's".to_owned());
        }
        let has_sums = match head[0] {
            0 => false,
            1 => true,
            other => return Err(format!("it has check sums of kind {other}, want CRC-32C")),
        };
        let mut wire = Wire(&head[1..]);
        let places = (Handle::read(&mut wire), Handle::read(&mut wire));
        let (Some(named), Some(index)) = places else { return Err("its footer is damaged".to_owned()) };
        let mut table = Self {
            path: path.to_owned(),
            file,
            n_bytes,
            has_sums,
            index: Vec::new(),
            tombstones: Vec::new(),
        };
        let form = table.read_named(named)?;
        table.index = table.read_index(index, form)?;
        Ok(table)
    }

    /// Reads the named blocks that matter: properties, and deleted ranges.
    fn read_named(&mut self, at: Handle) -> Result<Form, String> {
        let mut named = self.block(at)?;
        let (mut form, mut deleted) = (Form::default(), None);
        while step(&mut named)? {
            let place = Handle::read(&mut Wire(named.value()));
            match (named.key(), place) {
                (b"rocksdb.properties", Some(place)) => form = self.read_form(place)?,
                (b"rocksdb.range_del", place) => deleted = place,
                _ => {}
            }
        }
        if let Some(place) = deleted {
            let mut block = self.block(place)?;
            while step(&mut block)? {
                let (start, sequence, _) = split_key(block.key()).ok_or("it has a damaged deleted range")?;
                self.tombstones.extend(Tombstone::new(start, block.value(), sequence));
            }
        }
        Ok(form)
    }

    fn read_form(&self, at: Handle) -> Result<Form, String> {
        let mut properties = self.block(at)?;
        let mut form = Form::default();
        while step(&mut properties)? {
            let is_set = Wire(properties.value()).varint().is_some_and(|value| value != 0);
            match properties.key() {
                b"rocksdb.block.based.table.index.type" => match Wire(properties.value()).fixed32() {
                    // By bisection, or by a table that comes beside it.
                    Some(0 | 1) => {}
                    Some(2) => form.has_two_levels = true,
                    other => return Err(format!("it has an index of the unknown kind {other:?}")),
                },
                b"rocksdb.index.key.is.user.key" => form.has_user_keys = is_set,
                b"rocksdb.index.value.is.delta.encoded" => form.has_differences = is_set,
                _ => {}
            }
        }
        Ok(form)
    }

    fn read_index(&self, at: Handle, form: Form) -> Result<Index, String> {
        let mut room = MOST_INDEX;
        let mut index = Vec::new();
        let top = self.read_index_block(at, form, &mut room)?;
        if !form.has_two_levels {
            return Ok(top);
        }
        for (_, part) in top {
            index.extend(self.read_index_block(part, form, &mut room)?);
        }
        Ok(index)
    }

    fn read_index_block(&self, at: Handle, form: Form, room: &mut usize) -> Result<Index, String> {
        let mut block = self.block(at)?;
        let mut index = Vec::new();
        let mut place = Handle::default();
        let damaged = || "its index is damaged".to_owned();
        loop {
            let is_there = if form.has_differences {
                block.step_in_index(&mut place).ok_or_else(damaged)?
            } else {
                let is_there = step(&mut block)?;
                if is_there {
                    place = Handle::read(&mut Wire(block.value())).ok_or_else(damaged)?;
                }
                is_there
            };
            if !is_there {
                return Ok(index);
            }
            let key = match form.has_user_keys {
                true => block.key(),
                false => split_key(block.key()).ok_or_else(damaged)?.0,
            };
            let n_bytes = key.len() + size_of::<(Box<[u8]>, Handle)>();
            *room = room.checked_sub(n_bytes).ok_or("its index is too large")?;
            index.push((key.into(), place));
        }
    }

    /// Reads a block, checks it, unpacks it.
    fn block(&self, at: Handle) -> Result<Block, String> {
        let damaged = |what: &str| format!("its block at byte {} {what}", at.offset);
        let end = at.offset.checked_add(at.n_bytes).and_then(|end| end.checked_add(TRAILER));
        if end.is_none_or(|end| end > self.n_bytes) || at.n_bytes > MOST_BLOCK {
            return Err(damaged("lies outside of the file"));
        }
        let mut bytes = vec![0; (at.n_bytes + TRAILER) as usize];
        self.file.read_at(&mut bytes, at.offset).map_err(|error| error.to_string())?;
        let Some((_, sum)) = bytes.split_last_chunk::<4>() else { return Err(damaged("is cut off")) };
        let sum = u32::from_le_bytes(*sum);
        bytes.truncate(at.n_bytes as usize + 1);
        if self.has_sums && masked_crc(&[&bytes]) != sum {
            return Err(damaged("has another check sum than its bytes"));
        }
        let unpacked = match bytes.pop() {
            Some(0) => bytes,
            Some(1) => {
                let length =
                    snap::raw::decompress_len(&bytes).map_err(|error| damaged(&error.to_string()))?;
                if length as u64 > MOST_BLOCK.min(at.n_bytes.saturating_mul(MOST_RATIO)) {
                    return Err(damaged("says that it is too long"));
                }
                snap::raw::Decoder::new()
                    .decompress_vec(&bytes)
                    .map_err(|error| damaged(&error.to_string()))?
            }
            other => return Err(damaged(&format!("is packed in way {other:?}, want 0 (not) or 1 (Snappy)"))),
        };
        Block::new(unpacked).ok_or_else(|| damaged("is damaged"))
    }
}

fn step(block: &mut Block) -> Result<bool, String> {
    block.step().ok_or_else(|| "it has a damaged entry".to_owned())
}

/// A place among a file's entries.
#[derive(Debug)]
pub(super) struct TableCursor<'a> {
    pub(super) table: &'a Table,
    /// The block after the present one.
    next: usize,
    block: Block,
    is_there: bool,
    /// Bytes of blocks that were read.
    pub(super) n_read: u64,
    /// Blocks that were stepped over because they are damaged.
    pub(super) problems: Vec<String>,
}

impl<'a> TableCursor<'a> {
    pub(super) fn new(table: &'a Table) -> Self {
        let (block, problems) = (Block::default(), Vec::new());
        Self { table, next: 0, block, is_there: false, n_read: 0, problems }
    }

    /// Goes to the first entry whose user key is this or a later one.
    pub(super) fn seek(&mut self, key: &[u8]) {
        self.next = self.table.index.partition_point(|(last, _)| **last < *key);
        self.block = Block::default();
        self.advance();
        while self.entry().is_some_and(|(user, ..)| user < key) {
            self.advance();
        }
    }

    /// Goes to the next entry; a damaged block ends where its damage begins.
    pub(super) fn advance(&mut self) {
        loop {
            match self.block.step() {
                Some(true) if split_key(self.block.key()).is_some() => {
                    self.is_there = true;
                    return;
                }
                Some(false) => {}
                _ => self.problems.push("a block has a damaged entry".to_owned()),
            }
            let Some((_, at)) = self.table.index.get(self.next) else {
                self.is_there = false;
                return;
            };
            self.next += 1;
            self.block = match self.table.block(*at) {
                Ok(block) => block,
                Err(problem) => {
                    self.problems.push(problem);
                    Block::default()
                }
            };
            self.n_read += at.n_bytes;
        }
    }

    /// The present entry: user key, sequence number, type, value.
    pub(super) fn entry(&self) -> Option<(&[u8], u64, u8, &[u8])> {
        let (user, sequence, kind) = split_key(self.block.key()).filter(|_| self.is_there)?;
        Some((user, sequence, kind, self.block.value()))
    }
}
