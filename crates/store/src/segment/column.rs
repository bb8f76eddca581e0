//! Columns of Parquet files, written and read without more of the library than its pages.
//!
//! Every column has a page each [`BLOCK`] rows, and an index of its pages: a reader that wants some rows of some columns
//! decodes just these blocks, and keeps those that it met last.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::{ParquetError, Result as Parquet};
use parquet::file::page_index::offset_index::PageLocation;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{ChunkReader, FileReader as _, Length};
use parquet::file::serialized_reader::{ReadOptionsBuilder, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;
use trailmark_core::ContentId;

use super::sums::{Checked, Known, Summing, Sums};
use crate::fs::{DiskFile, Files, write_all};
use crate::{Error, fs};

/// Rows of a page.
pub(crate) const BLOCK: usize = 4096;
/// Rows of a row group: a whole number of blocks.
pub(crate) const GROUP: usize = BLOCK * 256;
/// Blocks that are kept of a file.
const MOST_KEPT: usize = 512;

/// A file that is being written beside its place; says in the end what it holds.
pub(crate) struct Beside {
    file: Box<dyn DiskFile>,
    hasher: blake3::Hasher,
    summing: Summing,
    n_bytes: u64,
}

impl Beside {
    pub(crate) fn create(files: &Files, path: &Path) -> Result<Self, Error> {
        let file = files.0.create(path).map_err(fs::named("write a segment", path))?;
        Ok(Self { file, hasher: blake3::Hasher::new(), summing: Summing::default(), n_bytes: 0 })
    }

    /// Makes it durable; says its hash, its length and the sums of its pieces.
    pub(crate) fn finish(mut self) -> io::Result<(String, u64, Sums)> {
        self.file.sync()?;
        let hash = ContentId::from_bytes(*self.hasher.finalize().as_bytes()).to_string();
        Ok((hash, self.n_bytes, self.summing.finish()))
    }
}

impl Write for Beside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write_all(&mut *self.file, bytes)?;
        self.hasher.update(bytes);
        self.summing.update(bytes);
        self.n_bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a Parquet file is made of, and how it is kept.
pub(crate) struct Plan {
    pub(crate) schema: &'static str,
    /// Columns of numbers and how each is encoded; texts are kept once each in a dictionary.
    pub(crate) encodings: &'static [(&'static str, Encoding)],
    /// Columns without a dictionary.
    pub(crate) plain: &'static [&'static str],
    /// Bytes of texts after which a page ends: what is read for one of them, and lost with it.
    pub(crate) page_bytes: usize,
}

/// Begins a Parquet file.
pub(crate) fn begin(plan: &Plan, to: Beside) -> Parquet<SerializedFileWriter<Beside>> {
    let schema = Arc::new(parse_message_type(plan.schema)?);
    let mut properties = WriterProperties::builder()
        .set_created_by("trailmark".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_data_page_row_count_limit(BLOCK)
        .set_data_page_size_limit(plan.page_bytes)
        .set_write_batch_size(BLOCK)
        .set_dictionary_page_size_limit(4 << 20)
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for (name, encoding) in plan.encodings {
        let column = ColumnPath::from(*name);
        properties = properties
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_encoding(column, *encoding);
    }
    for name in plan.plain {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(*name), false);
    }
    SerializedFileWriter::new(to, schema, Arc::new(properties.build()))
}

/// A row group that is being written.
pub(crate) type Group<'a> = SerializedRowGroupWriter<'a, Beside>;

fn column<T: DataType>(
    group: &mut Group<'_>,
    write: impl FnOnce(&mut parquet::column::writer::ColumnWriterImpl<'_, T>) -> Parquet<()>,
) -> Parquet<()> {
    let mut column = group
        .next_column()?
        .ok_or_else(|| ParquetError::General("more columns than the schema".to_owned()))?;
    write(column.typed::<T>())?;
    column.close()
}

/// Writes the next column: whole numbers.
pub(crate) fn integers(group: &mut Group<'_>, numbers: &[i64]) -> Parquet<()> {
    column::<Int64Type>(group, |column| {
        numbers.chunks(BLOCK).try_for_each(|block| column.write_batch(block, None, None).map(|_| ()))
    })
}

/// Writes the next column: real numbers.
pub(crate) fn floats(group: &mut Group<'_>, numbers: &[f64]) -> Parquet<()> {
    column::<DoubleType>(group, |column| {
        numbers.chunks(BLOCK).try_for_each(|block| column.write_batch(block, None, None).map(|_| ()))
    })
}

/// Writes the next column: real numbers, NaN where there is none.
pub(crate) fn optional_floats(group: &mut Group<'_>, numbers: &[f64]) -> Parquet<()> {
    column::<DoubleType>(group, |column| {
        numbers.chunks(BLOCK).try_for_each(|block| {
            let levels: Vec<i16> = block.iter().map(|number| i16::from(!number.is_nan())).collect();
            let there: Vec<f64> = block.iter().copied().filter(|number| !number.is_nan()).collect();
            column.write_batch(&there, Some(&levels), None).map(|_| ())
        })
    })
}

/// Writes the next column: whole numbers, some of which are not there.
pub(crate) fn optional_integers(group: &mut Group<'_>, numbers: &[Option<i64>]) -> Parquet<()> {
    column::<Int64Type>(group, |column| {
        numbers.chunks(BLOCK).try_for_each(|block| {
            let levels: Vec<i16> = block.iter().map(|number| i16::from(number.is_some())).collect();
            let there: Vec<i64> = block.iter().copied().flatten().collect();
            column.write_batch(&there, Some(&levels), None).map(|_| ())
        })
    })
}

/// Writes the next column: texts or bytes, each for a number of rows, some of which are not there.
pub(crate) fn repeated<'a>(
    group: &mut Group<'_>,
    (first, n_rows): (usize, usize),
    texts: impl Iterator<Item = (&'a [u8], usize)>,
) -> Parquet<()> {
    column::<ByteArrayType>(group, |column| {
        let (mut at, end) = (0, first + n_rows);
        let mut block: Vec<ByteArray> = Vec::with_capacity(BLOCK);
        for (text, count) in texts {
            let rows = at.max(first)..(at + count).min(end);
            at += count;
            if rows.is_empty() {
                continue;
            }
            let text = ByteArray::from(text.to_vec());
            for _ in rows {
                block.push(text.clone());
                if block.len() == BLOCK {
                    column.write_batch(&block, None, None)?;
                    block.clear();
                }
            }
        }
        if !block.is_empty() {
            column.write_batch(&block, None, None)?;
        }
        Ok(())
    })
}

/// Writes the next column: texts or bytes, some of which may not be there where the schema says so; a page ends early
/// where they are long.
pub(crate) fn texts(group: &mut Group<'_>, plan: &Plan, texts: &[Option<&[u8]>]) -> Parquet<()> {
    column::<ByteArrayType>(group, |column| {
        let is_optional = column.get_descriptor().max_def_level() > 0;
        let mut rest = texts;
        while !rest.is_empty() {
            let mut n_bytes = 0;
            let is_short = |text: &&Option<&[u8]>| {
                n_bytes += text.map_or(0, <[u8]>::len);
                n_bytes < plan.page_bytes
            };
            let count = rest.iter().take(BLOCK).take_while(is_short).count().max(1);
            let (batch, after) = rest.split_at(count);
            rest = after;
            let levels: Vec<i16> = batch.iter().map(|text| i16::from(text.is_some())).collect();
            let there: Vec<ByteArray> =
                batch.iter().flatten().map(|text| ByteArray::from(text.to_vec())).collect();
            column.write_batch(&there, is_optional.then_some(&levels[..]), None)?;
        }
        Ok(())
    })
}

/// A file as the library reads it.
#[derive(Debug, Clone)]
struct Source(Arc<Checked>);

impl Length for Source {
    fn len(&self) -> u64 {
        self.0.n_bytes()
    }
}

/// Reads on from a place.
struct From {
    source: Source,
    at: u64,
}

impl Read for From {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let left = self.source.len().saturating_sub(self.at);
        let count = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = self.source.0.read_at(self.at, count)?;
        if let Some(to) = bytes.get_mut(..read.len()) {
            to.copy_from_slice(&read);
        }
        self.at += read.len() as u64;
        Ok(read.len())
    }
}

impl ChunkReader for Source {
    type T = io::BufReader<From>;

    fn get_read(&self, start: u64) -> Parquet<Self::T> {
        Ok(io::BufReader::new(From { source: self.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Parquet<Bytes> {
        if start.saturating_add(length as u64) > self.len() {
            return Err(ParquetError::EOF("got less than the file says".to_owned()));
        }
        Ok(self.0.read_at(start, length)?.into())
    }
}

/// What of a column is kept: numbers as their bits.
type Block = Arc<Vec<u64>>;

/// Blocks by column and number, each with when it was last asked for, and how often any was.
#[derive(Default)]
struct Kept {
    blocks: HashMap<(usize, usize), (Block, u64)>,
    n_asked: u64,
}

/// A Parquet file that is read by blocks.
pub(crate) struct Table {
    reader: SerializedFileReader<Source>,
    pub(crate) path: PathBuf,
    n_rows: usize,
    /// Held for a look, never while a block is read.
    kept: Mutex<Kept>,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Rows of a table.
pub(crate) type Rows = std::ops::Range<usize>;

impl Table {
    pub(crate) fn open(files: &Files, path: &Path, known: Known) -> Result<Self, Error> {
        let file = files.0.open_at(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                Error::Broken { reason: "missing file".to_owned(), path: path.to_owned() }
            }
            _ => fs::named("read a segment", path)(error),
        })?;
        let options = ReadOptionsBuilder::new().with_page_index().build();
        let reader =
            SerializedFileReader::new_with_options(Source(Arc::new(Checked::new(file, known))), options);
        let reader = reader.map_err(|error| Self::broken(path, &error))?;
        let n_rows = usize::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or(0);
        Ok(Self { reader, path: path.to_owned(), n_rows, kept: Mutex::default() })
    }

    fn broken(path: &Path, error: &ParquetError) -> Error {
        let reason = match error {
            // What the file itself says, without the library's name for it.
            ParquetError::External(error) => format!("read a segment: {error}"),
            error => format!("read a segment: {error}"),
        };
        Error::Broken { reason, path: path.to_owned() }
    }

    /// Where damage ends within rows: places between which all is lost where something of texts or numbers is, and the
    /// ends.
    pub(crate) fn bounds(&self, texts: &[usize], rows: &Rows) -> Vec<usize> {
        let is_within = |row: &usize| *row > rows.start && *row < rows.end;
        let blocks = (rows.start / BLOCK..=rows.end / BLOCK).map(|block| block * BLOCK).filter(is_within);
        let mut bounds: BTreeSet<usize> = blocks.chain([rows.start, rows.end]).collect();
        let groups = self.reader.metadata().offset_index().map(Vec::as_slice).unwrap_or_default();
        let groups = groups.iter().enumerate().take(rows.end / GROUP + 1).skip(rows.start / GROUP);
        for (group, columns) in groups {
            for column in texts.iter().filter_map(|column| columns.get(*column)) {
                let first =
                    |page: &PageLocation| Some(group * GROUP + usize::try_from(page.first_row_index).ok()?);
                bounds.extend(column.page_locations().iter().filter_map(first).filter(is_within));
            }
        }
        bounds.into_iter().collect()
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Whole numbers of a column.
    pub(crate) fn integers(&self, column: usize, rows: Rows) -> Result<Vec<i64>, Error> {
        let mut numbers = Vec::with_capacity(rows.len().min(self.n_rows));
        self.each_block(rows, |block, rows| {
            let bits = self.block(column, block, Self::decode::<Int64Type>)?;
            let bits = bits.get(rows).ok_or_else(|| self.short())?;
            numbers.extend(bits.iter().map(|bits| *bits as i64));
            Ok(())
        })?;
        Ok(numbers)
    }

    /// Real numbers of a column; NaN where there is none.
    pub(crate) fn floats(&self, column: usize, rows: Rows) -> Result<Vec<f64>, Error> {
        let mut numbers = Vec::with_capacity(rows.len().min(self.n_rows));
        self.each_block(rows, |block, rows| {
            let bits = self.block(column, block, Self::decode::<DoubleType>)?;
            let bits = bits.get(rows).ok_or_else(|| self.short())?;
            numbers.extend(bits.iter().map(|bits| f64::from_bits(*bits)));
            Ok(())
        })?;
        Ok(numbers)
    }

    fn short(&self) -> Error {
        let reason = "read a segment: got a page with fewer rows than the index says".to_owned();
        Error::Broken { reason, path: self.path.clone() }
    }

    fn each_block(
        &self,
        rows: Rows,
        mut each: impl FnMut(usize, Rows) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if rows.end > self.n_rows || rows.start > rows.end {
            let reason = format!("read a segment: got {} rows, want {}", self.n_rows, rows.end);
            return Err(Error::Broken { reason, path: self.path.clone() });
        }
        let mut at = rows.start;
        while at < rows.end {
            let block = at / BLOCK;
            let end = rows.end.min((block + 1) * BLOCK);
            each(block, at - block * BLOCK..end - block * BLOCK)?;
            at = end;
        }
        Ok(())
    }

    fn block(
        &self,
        column: usize,
        block: usize,
        decode: impl FnOnce(&Self, usize, usize) -> Parquet<Vec<u64>>,
    ) -> Result<Block, Error> {
        let key = (column, block);
        let look = || {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.n_asked += 1;
            let now = kept.n_asked;
            kept.blocks.get_mut(&key).map(|(block, used)| {
                *used = now;
                Arc::clone(block)
            })
        };
        if let Some(block) = look() {
            return Ok(block);
        }
        let made = Arc::new(decode(self, column, block).map_err(|error| Self::broken(&self.path, &error))?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = kept.n_asked;
        if kept.blocks.len() >= MOST_KEPT {
            // Half of them, those that were not asked for lately, make room at once.
            let mut used: Vec<u64> = kept.blocks.values().map(|(_, used)| *used).collect();
            used.sort_unstable();
            let middle = used[used.len() / 2];
            kept.blocks.retain(|_, (_, used)| *used > middle);
        }
        kept.blocks.insert(key, (Arc::clone(&made), now));
        Ok(made)
    }

    fn decode<T: DataType>(&self, column: usize, block: usize) -> Parquet<Vec<u64>>
    where
        T::T: Bits,
        parquet::column::reader::ColumnReaderImpl<T>: Sized,
    {
        let group = self.reader.get_row_group(block * BLOCK / GROUP)?;
        let mut reader =
            parquet::column::reader::get_typed_column_reader::<T>(group.get_column_reader(column)?);
        reader.skip_records(block * BLOCK % GROUP)?;
        let (mut values, mut levels) = (Vec::with_capacity(BLOCK), Vec::new());
        let is_optional =
            self.reader.metadata().file_metadata().schema_descr().column(column).max_def_level() > 0;
        let levels_to = is_optional.then_some(&mut levels);
        reader.read_records(BLOCK, levels_to, None, &mut values)?;
        if !is_optional {
            return Ok(values.iter().map(Bits::bits).collect());
        }
        let mut there = values.iter().map(Bits::bits);
        let bits = levels
            .iter()
            .map(|level| if *level > 0 { there.next().unwrap_or(T::T::NONE) } else { T::T::NONE });
        Ok(bits.collect())
    }

    /// Texts or bytes of a column.
    pub(crate) fn texts(&self, column: usize, rows: Rows) -> Result<Vec<Option<Bytes>>, Error> {
        let mut texts = Vec::with_capacity(rows.len().min(self.n_rows));
        let mut at = rows.start;
        while at < rows.end {
            let end = rows.end.min((at / GROUP + 1) * GROUP);
            self.decode_texts(column, at..end, &mut texts)
                .map_err(|error| Self::broken(&self.path, &error))?;
            at = end;
        }
        if texts.len() != rows.len() {
            let reason = format!("read a segment: got {} texts, want {}", texts.len(), rows.len());
            return Err(Error::Broken { reason, path: self.path.clone() });
        }
        Ok(texts)
    }

    fn decode_texts(&self, column: usize, rows: Rows, texts: &mut Vec<Option<Bytes>>) -> Parquet<()> {
        let group = self.reader.get_row_group(rows.start / GROUP)?;
        let reader = group.get_column_reader(column)?;
        let mut reader = parquet::column::reader::get_typed_column_reader::<ByteArrayType>(reader);
        reader.skip_records(rows.start % GROUP)?;
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        let is_optional =
            self.reader.metadata().file_metadata().schema_descr().column(column).max_def_level() > 0;
        reader.read_records(rows.len(), is_optional.then_some(&mut levels), None, &mut values)?;
        let mut there = values.into_iter().map(|text: ByteArray| {
            // A page's bytes are shared: what is kept must not keep all of it.
            Bytes::copy_from_slice(text.data())
        });
        if !is_optional {
            texts.extend(there.map(Some));
            return Ok(());
        }
        texts.extend(levels.iter().map(|level| if *level > 0 { there.next() } else { None }));
        Ok(())
    }
}

/// Numbers as 64 bits.
pub(crate) trait Bits {
    /// What stands where there is no number.
    const NONE: u64;
    fn bits(&self) -> u64;
}

impl Bits for i64 {
    const NONE: u64 = 0;
    fn bits(&self) -> u64 {
        *self as u64
    }
}

impl Bits for f64 {
    const NONE: u64 = 0x7ff8_0000_0000_0000;
    fn bits(&self) -> u64 {
        self.to_bits()
    }
}
