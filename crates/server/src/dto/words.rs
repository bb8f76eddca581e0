//! Texts that mean something, as the document of the interface describes them.

use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The id of a run, or a beginning of it that fits one run alone.
pub(super) struct RunId;

/// A checkpoint: `RUN@STEP`, `RUN`, or `best:METRIC`.
pub(super) struct ModelName;

/// A text that is not blank.
pub(super) struct Word;

fn text(format: &str) -> ObjectBuilder {
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.format(Some(SchemaFormat::Custom(format.to_owned())))
}

impl PartialSchema for RunId {
    fn schema() -> RefOr<Schema> {
        let id = text("run-id").examples(["0123456789abcdef01234567"]);
        id.description(Some("The id of a run, or a beginning of it that fits one run alone.")).into()
    }
}

impl ToSchema for RunId {}

impl PartialSchema for ModelName {
    fn schema() -> RefOr<Schema> {
        let name = text("model").examples(["best:f1"]);
        name.description(Some("A checkpoint: `RUN@STEP`, `RUN` for its last, or `best:METRIC`.")).into()
    }
}

impl ToSchema for ModelName {}

impl PartialSchema for Word {
    fn schema() -> RefOr<Schema> {
        let word = ObjectBuilder::new().schema_type(Type::String).pattern(Some(r"\S"));
        word.description(Some("A text that is not blank.")).into()
    }
}

impl ToSchema for Word {}
