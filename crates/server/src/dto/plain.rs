//! Values of no fixed shape: numbers that may be NaN, and trees of params.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use trailmark_core::{ParamValue, Params};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A real number; NaN and infinities are the texts `"NaN"`, `"inf"`, `"-inf"`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Real(pub f64);

/// A param with everything below it.
#[derive(Debug, Clone, PartialEq)]
pub struct Json(pub ParamValue);

/// Values by key: params, or a context.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ParamTree(pub Params);

impl PartialSchema for Real {
    fn schema() -> RefOr<Schema> {
        let words = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["NaN", "inf", "-inf"]));
        let number = ObjectBuilder::new().schema_type(Type::Number);
        let either = OneOfBuilder::new().item(number).item(words);
        either.description(Some("A real number; what JSON has no number for is a word.")).into()
    }
}

impl ToSchema for Real {}

impl PartialSchema for Json {
    fn schema() -> RefOr<Schema> {
        let any = ObjectBuilder::new().schema_type(utoipa::openapi::schema::SchemaType::AnyValue);
        any.description(Some("A param with everything below it: any JSON.")).into()
    }
}

impl ToSchema for Json {}

impl PartialSchema for ParamTree {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new().schema_type(Type::Object);
        let object = object.additional_properties(Some(AdditionalProperties::FreeForm(true)));
        object.description(Some("Values by key: params, or a context.")).into()
    }
}

impl ToSchema for ParamTree {}

impl Serialize for Real {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            number if number.is_nan() => serializer.serialize_str("NaN"),
            f64::INFINITY => serializer.serialize_str("inf"),
            f64::NEG_INFINITY => serializer.serialize_str("-inf"),
            number => serializer.serialize_f64(number),
        }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Branch(&self.0).serialize(serializer)
    }
}

impl Serialize for ParamTree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        map(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for ParamTree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = serde_json::Map::deserialize(deserializer)?;
        Ok(Self(map.iter().map(|(key, value)| (key.clone(), param(value))).collect()))
    }
}

/// Reads a whole number, if there is one; `3.0` is one too, as JSON knows only numbers.
pub(super) fn whole<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: TryFrom<i64>,
    D: Deserializer<'de>,
{
    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else { return Ok(None) };
    let exact =
        |real: f64| (real.fract() == 0.0 && real.abs() <= (1_u64 << 53) as f64).then_some(real as i64);
    let whole = number.as_i64().or_else(|| number.as_f64().and_then(exact));
    let fitting = whole.and_then(|whole| T::try_from(whole).ok());
    fitting.map(Some).ok_or_else(|| D::Error::custom(format!("got {number}, want a whole number")))
}

fn param(value: &serde_json::Value) -> ParamValue {
    use serde_json::Value as Json;
    match value {
        Json::Null => ParamValue::None,
        Json::Bool(value) => ParamValue::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(number) => ParamValue::Int(number),
            None => ParamValue::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => ParamValue::Text(text.clone()),
        Json::Array(values) => ParamValue::List(values.iter().map(param).collect()),
        Json::Object(map) => {
            ParamValue::Map(map.iter().map(|(key, value)| (key.clone(), param(value))).collect())
        }
    }
}

/// A borrowed tree.
struct Branch<'a>(&'a ParamValue);

impl Serialize for Branch<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            ParamValue::None => serializer.serialize_unit(),
            ParamValue::Bool(value) => serializer.serialize_bool(*value),
            ParamValue::Int(value) => serializer.serialize_i64(*value),
            ParamValue::Float(value) => Real(*value).serialize(serializer),
            ParamValue::Text(value) => serializer.serialize_str(value),
            ParamValue::List(values) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                values.iter().try_for_each(|value| list.serialize_element(&Branch(value)))?;
                list.end()
            }
            ParamValue::Map(values) => map(values, serializer),
        }
    }
}

fn map<S: Serializer>(values: &Params, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(values.len()))?;
    values.iter().try_for_each(|(key, value)| map.serialize_entry(key, &Branch(value)))?;
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_may_be_written_as_a_real_one() {
        let read = |json: &str| whole::<u32, _>(&mut serde_json::Deserializer::from_str(json)).ok().flatten();
        assert_eq!(["3", "3.0", "3e2", "null"].map(read), [Some(3), Some(3), Some(300), None]);
        assert_eq!(["3.5", "-1", "4294967296", "\"3\"", "1e300"].map(read), [None; 5]);
    }

    #[test]
    fn what_json_cannot_say_becomes_a_word() {
        let tree =
            ParamValue::List(vec![f64::NAN.into(), f64::NEG_INFINITY.into(), 4e-5.into(), ParamValue::None]);
        assert_eq!(serde_json::to_string(&Json(tree)).unwrap(), r#"["NaN","-inf",0.00004,null]"#);
    }
}
