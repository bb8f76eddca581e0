//! Rows of typed cells as CSV, JSON lines, Parquet or Arrow.

use std::io::Write;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use clap::ValueEnum;
use parquet::basic::{Compression, ConvertedType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use serde_json::Value as Json;

use crate::show;

/// Rows of a Parquet file that are written at once.
const GROUP: usize = 128 << 10;

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Comma-separated values with a head.
    Csv,
    /// A JSON object a line.
    Jsonl,
    /// A Parquet file, for pandas, Polars, DuckDB, Spark.
    Parquet,
    /// An Arrow IPC file (Feather 2).
    Arrow,
}

impl Form {
    /// The form that a file's name says.
    pub(crate) fn of(path: &std::path::Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "parquet" => Some(Self::Parquet),
            "arrow" | "feather" | "ipc" => Some(Self::Arrow),
            _ => None,
        }
    }
}

/// What a column holds; each cell may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Int,
    Float,
    /// Microseconds since 1970; seconds in CSV and JSON.
    Time,
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Missing,
    Text(String),
    Int(i64),
    Float(f64),
    Time(i64),
    /// A tree; its JSON text but in JSON lines.
    Tree(Json),
}

/// A column's name and kind.
pub(crate) type Column = (String, Kind);

/// Takes rows, each with a cell for every column.
pub(crate) struct Rows<'a> {
    columns: Vec<Column>,
    to: To<'a>,
    pub(crate) n_rows: u64,
}

enum To<'a> {
    Csv(&'a mut dyn Write),
    Jsonl(&'a mut dyn Write),
    Parquet(Box<Parquet<'a>>),
    Arrow(Box<Arrow<'a>>),
}

struct Arrow<'a> {
    file: FileWriter<&'a mut (dyn Write + Send)>,
    schema: Arc<Schema>,
    rows: Vec<Vec<Cell>>,
}

struct Parquet<'a> {
    file: SerializedFileWriter<&'a mut (dyn Write + Send)>,
    rows: Vec<Vec<Cell>>,
}

impl<'a> Rows<'a> {
    /// Begins a file.
    pub(crate) fn begin(form: Form, columns: Vec<Column>, out: &'a mut (dyn Write + Send)) -> Result<Self> {
        let to = match form {
            Form::Csv => {
                let names: Vec<String> = columns.iter().map(|(name, _)| show::field(name)).collect();
                writeln!(out, "{}", names.join(","))?;
                To::Csv(out)
            }
            Form::Jsonl => To::Jsonl(out),
            Form::Parquet => {
                let schema = Arc::new(schema(&columns)?);
                let zstd = Compression::ZSTD(ZstdLevel::try_new(3)?);
                let properties = Arc::new(WriterProperties::builder().set_compression(zstd).build());
                let file = SerializedFileWriter::new(out, schema, properties)?;
                To::Parquet(Box::new(Parquet { file, rows: Vec::new() }))
            }
            Form::Arrow => {
                let schema = Arc::new(arrow_schema(&columns));
                let file = FileWriter::try_new(out, &schema)?;
                To::Arrow(Box::new(Arrow { file, schema, rows: Vec::new() }))
            }
        };
        Ok(Self { columns, to, n_rows: 0 })
    }

    pub(crate) fn push(&mut self, row: Vec<Cell>) -> Result<()> {
        self.n_rows += 1;
        match &mut self.to {
            To::Csv(out) => {
                let cells: Vec<String> = row.iter().map(csv).collect();
                writeln!(out, "{}", cells.join(","))?;
            }
            To::Jsonl(out) => {
                let cells = self.columns.iter().zip(row).map(|((name, _), cell)| (name.clone(), json(cell)));
                writeln!(out, "{}", Json::Object(cells.collect()))?;
            }
            To::Parquet(parquet) => {
                parquet.rows.push(row);
                if parquet.rows.len() >= GROUP {
                    parquet.write(&self.columns)?;
                }
            }
            To::Arrow(arrow) => {
                arrow.rows.push(row);
                if arrow.rows.len() >= GROUP {
                    arrow.write(&self.columns)?;
                }
            }
        }
        Ok(())
    }

    /// Ends the file.
    pub(crate) fn end(self) -> Result<u64> {
        match self.to {
            To::Csv(out) | To::Jsonl(out) => out.flush()?,
            To::Parquet(mut parquet) => {
                parquet.write(&self.columns)?;
                parquet.file.close().context("end a Parquet file")?;
            }
            To::Arrow(mut arrow) => {
                arrow.write(&self.columns)?;
                arrow.file.finish().context("end an Arrow file")?;
            }
        }
        Ok(self.n_rows)
    }
}

/// Writes objects as rows: a column for each key, `a.b` for what lies below another, of the kind that fits all its values.
pub(crate) fn write_objects(form: Form, objects: &[Json], out: &mut (dyn Write + Send)) -> Result<u64> {
    let flat: Vec<Vec<(String, Cell)>> = objects
        .iter()
        .map(|object| {
            let mut cells = Vec::new();
            flatten("", object, &mut cells);
            cells
        })
        .collect();
    let mut columns: Vec<Column> = Vec::new();
    for (name, cell) in flat.iter().flatten() {
        let kind = match cell {
            Cell::Missing => continue,
            Cell::Int(_) => Kind::Int,
            Cell::Float(_) => Kind::Float,
            _ => Kind::Text,
        };
        match columns.iter_mut().find(|(known, _)| known == name) {
            None => columns.push((name.clone(), kind)),
            Some((_, known)) if *known == kind => {}
            Some((_, known @ (Kind::Int | Kind::Float))) if kind != Kind::Text => *known = Kind::Float,
            Some((_, known)) => *known = Kind::Text,
        }
    }
    let mut rows = Rows::begin(form, columns.clone(), out)?;
    for mut cells in flat {
        let row = columns.iter().map(|(name, kind)| {
            let place = cells.iter().position(|(known, _)| known == name);
            match (place.map(|place| cells.swap_remove(place).1), kind) {
                (None, _) => Cell::Missing,
                (Some(Cell::Int(number)), Kind::Text) => Cell::Text(number.to_string()),
                (Some(Cell::Float(number)), Kind::Text) => Cell::Text(number.to_string()),
                (Some(cell), _) => cell,
            }
        });
        rows.push(row.collect())?;
    }
    rows.end()
}

fn flatten(path: &str, value: &Json, cells: &mut Vec<(String, Cell)>) {
    let cell = match value {
        Json::Object(map) if !map.is_empty() || path.is_empty() => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(&path, value, cells);
            }
            return;
        }
        Json::Null => Cell::Missing,
        Json::String(text) => match text.as_str() {
            "NaN" => Cell::Float(f64::NAN),
            "inf" => Cell::Float(f64::INFINITY),
            "-inf" => Cell::Float(f64::NEG_INFINITY),
            _ => Cell::Text(text.clone()),
        },
        Json::Number(number) => match number.as_i64() {
            Some(number) => Cell::Int(number),
            None => Cell::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::Bool(value) => Cell::Text(value.to_string()),
        tree => Cell::Tree(tree.clone()),
    };
    cells.push((path.to_owned(), cell));
}

fn csv(cell: &Cell) -> String {
    match cell {
        Cell::Missing => String::new(),
        Cell::Text(text) => show::field(text),
        Cell::Int(number) => number.to_string(),
        Cell::Float(number) => number.to_string(),
        Cell::Time(micros) => (*micros as f64 / 1e6).to_string(),
        Cell::Tree(tree) => show::field(&tree.to_string()),
    }
}

fn json(cell: Cell) -> Json {
    match cell {
        Cell::Missing => Json::Null,
        Cell::Text(text) => text.into(),
        Cell::Int(number) => number.into(),
        Cell::Float(number) => show::number(number),
        Cell::Time(micros) => (micros as f64 / 1e6).into(),
        Cell::Tree(tree) => tree,
    }
}

fn schema(columns: &[Column]) -> Result<Type> {
    let field = |(name, kind): &Column| {
        let (physical, converted) = match kind {
            Kind::Text => (Physical::BYTE_ARRAY, ConvertedType::UTF8),
            Kind::Int => (Physical::INT64, ConvertedType::NONE),
            Kind::Float => (Physical::DOUBLE, ConvertedType::NONE),
            Kind::Time => (Physical::INT64, ConvertedType::TIMESTAMP_MICROS),
        };
        let field = Type::primitive_type_builder(name, physical);
        field.with_repetition(Repetition::OPTIONAL).with_converted_type(converted).build().map(Arc::new)
    };
    let fields = columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    Ok(Type::group_type_builder("rows").with_fields(fields).build()?)
}

fn arrow_schema(columns: &[Column]) -> Schema {
    let field = |(name, kind): &Column| {
        let data_type = match kind {
            Kind::Text => DataType::Utf8,
            Kind::Int => DataType::Int64,
            Kind::Float => DataType::Float64,
            Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        };
        Field::new(name, data_type, true)
    };
    Schema::new(columns.iter().map(field).collect::<Vec<_>>())
}

impl Arrow<'_> {
    /// Writes the rows that wait as one batch.
    fn write(&mut self, columns: &[Column]) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let arrays = columns.iter().enumerate().map(|(place, (_, kind))| -> ArrayRef {
            let cells = self.rows.iter().map(|row| row.get(place).unwrap_or(&Cell::Missing));
            match kind {
                Kind::Text => Arc::new(cells.map(as_text).collect::<StringArray>()),
                Kind::Int => Arc::new(cells.map(as_int).collect::<Int64Array>()),
                Kind::Float => Arc::new(cells.map(as_float).collect::<Float64Array>()),
                Kind::Time => {
                    let times = cells.map(as_int).collect::<TimestampMicrosecondArray>();
                    Arc::new(times.with_timezone("UTC"))
                }
            }
        });
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays.collect())?;
        self.file.write(&batch)?;
        self.rows.clear();
        Ok(())
    }
}

fn as_text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(text) => Some(text.clone()),
        Cell::Tree(tree) => Some(tree.to_string()),
        _ => None,
    }
}

fn as_int(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Int(number) | Cell::Time(number) => Some(*number),
        _ => None,
    }
}

fn as_float(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Float(number) => Some(*number),
        Cell::Int(number) => Some(*number as f64),
        _ => None,
    }
}

impl Parquet<'_> {
    /// Writes the rows that wait as one row group.
    fn write(&mut self, columns: &[Column]) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        for (place, (_, kind)) in columns.iter().enumerate() {
            let cells = self.rows.iter().map(|row| row.get(place).unwrap_or(&Cell::Missing));
            let mut column = group.next_column()?.context("write a Parquet column")?;
            match kind {
                Kind::Text => {
                    let bytes = |cell: &Cell| as_text(cell).map(|text| ByteArray::from(text.into_bytes()));
                    let (levels, values) = present(cells, bytes);
                    column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)?;
                }
                Kind::Int | Kind::Time => {
                    let (levels, values) = present(cells, as_int);
                    column.typed::<Int64Type>().write_batch(&values, Some(&levels), None)?;
                }
                Kind::Float => {
                    let (levels, values) = present(cells, as_float);
                    column.typed::<DoubleType>().write_batch(&values, Some(&levels), None)?;
                }
            }
            column.close()?;
        }
        group.close()?;
        self.rows.clear();
        Ok(())
    }
}

/// The cells that are there, and for each row whether it has one.
fn present<'a, T>(
    cells: impl Iterator<Item = &'a Cell>,
    value: impl Fn(&Cell) -> Option<T>,
) -> (Vec<i16>, Vec<T>) {
    let mut levels = Vec::new();
    let values = cells.filter_map(|cell| {
        let value = value(cell);
        levels.push(i16::from(value.is_some()));
        value
    });
    let values = values.collect();
    (levels, values)
}
