//! A door for fuzz targets, and for tests with damaged files, to what reads the bytes of a database.

use std::path::Path;

use super::batch;
use super::log;
use super::manifest::Manifest;
use super::table::{Table, TableCursor};

/// Reads bytes as a log, as the changes in a record of one, as an edit of a list of files, and as a sorted file, which is
/// walked through; says how much made sense.
pub(crate) fn rocks(bytes: &[u8]) -> usize {
    let mut n_sound = 0;
    let mut count = |_: &[u8]| {
        n_sound += 1;
        true
    };
    log::records(bytes, 3, &mut count);
    batch::changes(bytes, |_, _| n_sound += 1);
    let mut manifest = Manifest::default();
    n_sound += usize::from(manifest.apply(bytes).is_ok());
    let Ok(table) = Table::open(Path::new("000009.sst"), Box::new(bytes.to_vec())) else { return n_sound };
    let mut cursor = TableCursor::new(&table);
    cursor.seek(b"");
    // An index may name a block again and again.
    while cursor.entry().is_some() && cursor.n_read < 1 << 20 {
        n_sound += 1;
        cursor.advance();
    }
    cursor.seek(b"seqs");
    n_sound + usize::from(cursor.entry().is_some())
}
