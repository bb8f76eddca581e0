//! Data sets as the hub keeps them: Parquet, one question a row, `answers` a struct of two lists.

use std::fs::File;
use std::path::Path;

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::Value;

use crate::Error;

/// What a Parquet file begins with.
pub(crate) const MAGIC: &[u8] = b"PAR1";

/// The rows as JSON objects, in the file's order; columns keep their names.
pub(crate) fn rows(file: File, path: &Path) -> Result<Vec<Value>, Error> {
    let broken = |error: parquet::errors::ParquetError| Error::Parquet {
        reason: error.to_string(),
        path: path.to_owned(),
    };
    let reader = SerializedFileReader::new(file).map_err(broken)?;
    let rows = reader.get_row_iter(None).map_err(broken)?;
    rows.map(|row| Ok(row.map_err(broken)?.to_json_value())).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use parquet::data_type::{ByteArray, ByteArrayType, Int32Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use crate::{Dataset, Error, Gold};

    /// The hub's schema of SQuAD.
    const SCHEMA: &str = "message schema {
        optional binary id (UTF8); optional binary title (UTF8); optional binary context (UTF8);
        optional binary question (UTF8);
        optional group answers {
            optional group text (LIST) { repeated group list { optional binary element (UTF8); } }
            optional group answer_start (LIST) { repeated group list { optional int32 element; } }
        }
    }";

    /// A question with an answer, and one without.
    fn write(path: &std::path::Path) {
        let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
        let properties = Arc::new(
            WriterProperties::builder().set_compression(parquet::basic::Compression::SNAPPY).build(),
        );
        #[allow(clippy::disallowed_methods)]
        let file = std::fs::File::create(path).unwrap();
        let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
        let mut group = writer.next_row_group().unwrap();
        for texts in [["1", "2"], ["T", "T"], ["é is here", "é is here"], ["What?", "Who?"]] {
            let mut column = group.next_column().unwrap().unwrap();
            let texts = texts.map(ByteArray::from);
            column.typed::<ByteArrayType>().write_batch(&texts, Some(&[1, 1]), None).unwrap();
            column.close().unwrap();
        }
        // Definition 4: there; 2: the list is there and empty.
        let mut column = group.next_column().unwrap().unwrap();
        let text = [ByteArray::from("is")];
        column.typed::<ByteArrayType>().write_batch(&text, Some(&[4, 2]), Some(&[0, 0])).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int32Type>().write_batch(&[2], Some(&[4, 2]), Some(&[0, 0])).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        writer.close().unwrap();
    }

    #[test]
    fn the_hubs_columns_become_questions() {
        let path = std::env::temp_dir().join(format!("trailmark-qa-{}.parquet", std::process::id()));
        write(&path);
        let set = Dataset::load(&path).unwrap();
        let twice = Dataset::load_all(&[path.clone(), path.clone()]).unwrap();
        #[allow(clippy::disallowed_methods)]
        std::fs::remove_file(&path).unwrap();
        assert_eq!(set.examples[0].answers, [Gold { text: "is".to_owned(), start: 2 }]);
        assert!(set.examples[1].is_impossible && set.is_v2);
        assert_eq!((twice.examples.len(), twice.problems.len()), (2, 2), "ids are unique over all files");
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        let path = std::env::temp_dir().join(format!("trailmark-qa-damaged-{}.parquet", std::process::id()));
        #[allow(clippy::disallowed_methods)]
        std::fs::write(&path, b"PAR1 and then nothing that is Parquet PAR1").unwrap();
        let error = Dataset::load(&path).unwrap_err();
        #[allow(clippy::disallowed_methods)]
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(error, Error::Parquet { .. }), "{error}");
    }
}
