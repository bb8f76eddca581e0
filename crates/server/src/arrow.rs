//! Number series as a stream of Arrow's record batches: `application/vnd.apache.arrow.stream`.
//!
//! A row is a point: `run`, `name` and `context` (JSON) say of which series, as dictionaries, then the columns that were
//! asked for. The header of the answer, which names series without points too, is the metadata `trailmark` of the schema.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};

use crate::dto::{SeriesHead, SeriesHeader};
use crate::frame::Table;

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.apache.arrow.stream";

/// Rows of a batch, about: a series is not divided.
const BATCH: usize = 64 << 10;

/// Which columns a stream has beside the names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape<'a> {
    /// Those of it that are there are those that are written.
    pub(crate) columns: Table<'a>,
    /// Whether values are of single precision.
    pub(crate) is_single: bool,
}

/// A column of words: the different ones, and for each series the place of its own.
struct Words {
    values: ArrayRef,
    keys: Vec<i32>,
}

/// The words that tell series apart.
struct Names {
    run: Words,
    name: Words,
    context: Words,
}

/// Writes a stream: a table for each series of the header.
pub(crate) fn write(
    header: &SeriesHeader,
    shape: Shape<'_>,
    tables: &[Table<'_>],
) -> Result<Vec<u8>, ArrowError> {
    let names = Names {
        run: Words::of(header, |head| head.run.clone()),
        name: Words::of(header, |head| head.name.clone()),
        context: Words::of(header, |head| serde_json::to_string(&head.context).unwrap_or_default()),
    };
    let schema = Arc::new(schema(header, shape));
    let mut bytes = Vec::new();
    let mut stream = StreamWriter::try_new(&mut bytes, &schema)?;
    let mut first = 0;
    while first < tables.len() {
        let mut n_rows = 0;
        let more = tables.iter().skip(first).take_while(|table| {
            let takes = n_rows < BATCH;
            n_rows += rows(table);
            takes
        });
        let end = first + more.count();
        let some = tables.get(first..end).unwrap_or_default();
        stream.write(&batch(&schema, &names, (first, some), shape)?)?;
        first = end;
    }
    stream.finish()?;
    drop(stream);
    Ok(bytes)
}

impl Words {
    fn of(header: &SeriesHeader, word: impl Fn(&SeriesHead) -> String) -> Self {
        let mut places: HashMap<String, i32> = HashMap::new();
        let mut values = Vec::new();
        let keys = header.series.iter().map(|head| {
            let word = word(head);
            let next = values.len() as i32;
            *places.entry(word).or_insert_with_key(|word| {
                values.push(word.clone());
                next
            })
        });
        let keys = keys.collect();
        Self { values: Arc::new(StringArray::from(values)), keys }
    }

    /// The word of each row of the tables, of which the first is that of series `first`.
    fn rows(&self, (first, tables): (usize, &[Table<'_>])) -> Result<ArrayRef, ArrowError> {
        let keys = self.keys.iter().skip(first).zip(tables);
        let keys = keys.flat_map(|(key, table)| std::iter::repeat_n(*key, rows(table)));
        let keys = Int32Array::from_iter_values(keys);
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::clone(&self.values))?))
    }
}

fn rows(table: &Table<'_>) -> usize {
    let ints = [table.steps, table.micros].into_iter().flatten().map(<[i64]>::len);
    let reals = [table.epochs, table.values].into_iter().flatten().map(<[f64]>::len);
    ints.chain(reals).max().unwrap_or(0)
}

fn schema(header: &SeriesHeader, Shape { columns: table, is_single }: Shape<'_>) -> Schema {
    let words = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let word = |name: &str| Field::new(name, words.clone(), false);
    let mut fields = vec![word("run"), word("name"), word("context")];
    fields.extend(table.steps.map(|_| Field::new("step", DataType::Int64, false)));
    fields.extend(table.epochs.map(|_| Field::new("epoch", DataType::Float64, true)));
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    fields.extend(table.micros.map(|_| Field::new("time", time, false)));
    let value = if is_single { DataType::Float32 } else { DataType::Float64 };
    fields.extend(table.values.map(|_| Field::new("value", value, false)));
    // The header is plain structs: it always becomes JSON.
    let header = serde_json::to_string(header).unwrap_or_default();
    Schema::new_with_metadata(fields, HashMap::from([("trailmark".to_owned(), header)]))
}

fn batch(
    schema: &Arc<Schema>,
    names: &Names,
    (first, tables): (usize, &[Table<'_>]),
    Shape { columns: has, is_single }: Shape<'_>,
) -> Result<RecordBatch, ArrowError> {
    let words = [&names.run, &names.name, &names.context];
    let mut arrays =
        words.into_iter().map(|words| words.rows((first, tables))).collect::<Result<Vec<_>, _>>()?;
    if has.steps.is_some() {
        let steps = tables.iter().filter_map(|table| table.steps).flatten().copied();
        arrays.push(Arc::new(Int64Array::from_iter_values(steps)));
    }
    if has.epochs.is_some() {
        // An epoch that nobody gave is missing.
        let epochs = tables.iter().filter_map(|table| table.epochs).flatten();
        let epochs = epochs.map(|epoch| (!epoch.is_nan()).then_some(*epoch));
        arrays.push(Arc::new(epochs.collect::<Float64Array>()));
    }
    if has.micros.is_some() {
        let times = tables.iter().filter_map(|table| table.micros).flatten().copied();
        arrays.push(Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC")));
    }
    if has.values.is_some() {
        let values = tables.iter().filter_map(|table| table.values).flatten().copied();
        arrays.push(match is_single {
            true => Arc::new(Float32Array::from_iter_values(values.map(|value| value as f32))),
            false => Arc::new(Float64Array::from_iter_values(values)),
        });
    }
    RecordBatch::try_new(Arc::clone(schema), arrays)
}
