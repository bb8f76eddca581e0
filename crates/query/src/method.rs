//! The methods of the language, evaluated.

use crate::error::{Defect, Span};
use crate::eval::Frame;
use crate::function::{Method, method_name};
use crate::operator::is_list;
use crate::time::{Civil, SECOND, strftime, text_from_micros};
use crate::tree::Node;
use crate::value::{Match, Text, Value};

/// Characters that a text may be filled up to.
const MOST_WIDTH: i64 = 1_000;

impl<'a> Frame<'a, '_> {
    /// Calls a method of a value.
    pub(crate) fn method(
        &mut self,
        method: Method,
        base: Value<'a>,
        (arguments, named): (&'a [Node], &'a [(String, Node)]),
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        let Some(mut arguments) = self.all(arguments)? else { return Ok(Value::Unknown) };
        let Some(named) = self.named(named)? else { return Ok(Value::Unknown) };
        // `split` alone has arguments with names; without a separator it goes by blanks.
        for (name, value) in named {
            let place = usize::from(name == "maxsplit");
            arguments.resize(arguments.len().max(place), Value::None);
            arguments.insert(place, value);
        }
        match &base {
            Value::Unknown => Ok(Value::Unknown),
            Value::None => Ok(match (method, arguments.as_slice()) {
                // What is missing has no keys: the given value stands.
                (Method::Get, [_, default]) => default.clone(),
                _ => Value::None,
            }),
            Value::Text(text) => self.of_text(method, text, &arguments, span),
            Value::Map(_) | Value::Dict(_) => self.of_dict(method, &base, &arguments, span),
            Value::Time(micros) => self.of_time(method, *micros, &arguments, span),
            Value::Delta(micros) if method == Method::TotalSeconds => {
                Ok(Value::Float(*micros as f64 / SECOND as f64))
            }
            Value::Match(found) => of_match(method, found, &arguments, span),
            list if is_list(list) || matches!(list, Value::Tags(_) | Value::Set(_)) => {
                self.of_list(method, list, &arguments, span)
            }
            other => Err(none_such(method, other, span)),
        }
    }

    fn of_text(
        &mut self,
        method: Method,
        text: &Text<'a>,
        arguments: &[Value<'a>],
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        self.budget.take_text(text.len(), span)?;
        let own = Value::Text(text.clone());
        Ok(match (method, arguments) {
            (Method::StartsWith | Method::EndsWith, [parts]) => {
                let is_at_end = method == Method::EndsWith;
                let fits = |part: &str| if is_at_end { text.ends_with(part) } else { text.starts_with(part) };
                match parts {
                    Value::None => Value::Bool(false),
                    Value::Text(part) => Value::Bool(fits(part)),
                    parts if is_list(parts) => {
                        let mut parts = self.items(parts, span)?;
                        Value::Bool(parts.any(|part| part.as_text().is_some_and(fits)))
                    }
                    other => return Err(wrong(method, other, span)),
                }
            }
            (Method::Contains, [part]) => Value::Bool(self.holds(&own, part, span)?),
            (Method::Strip | Method::LStrip | Method::RStrip, rest) => {
                let chars = match rest.first() {
                    None | Some(Value::None) => None,
                    Some(value) => Some(needle(method, value, span)?),
                };
                let is_stripped = |char: char| match chars {
                    None => char.is_whitespace(),
                    Some(chars) => chars.contains(char),
                };
                Value::made(match method {
                    Method::LStrip => text.trim_start_matches(is_stripped),
                    Method::RStrip => text.trim_end_matches(is_stripped),
                    _ => text.trim_matches(is_stripped),
                })
            }
            (Method::SplitLines, []) => self.parts(text.lines(), span)?,
            (Method::Split | Method::RSplit, rest) => self.split(method, text, rest, span)?,
            (Method::Partition | Method::RPartition, [separator]) => {
                partitioned(text, needle(method, separator, span)?, method == Method::RPartition)
            }
            (Method::Replace, [from, to, rest @ ..]) => self.replaced(text, (from, to), rest, span)?,
            (Method::RemovePrefix, [part]) => {
                let part = needle(method, part, span)?;
                text.strip_prefix(part).map_or(own, Value::made)
            }
            (Method::RemoveSuffix, [part]) => {
                let part = needle(method, part, span)?;
                text.strip_suffix(part).map_or(own, Value::made)
            }
            (Method::Find | Method::RFind | Method::Index, [part]) => {
                let part = needle(method, part, span)?;
                let found = if method == Method::RFind { text.rfind(part) } else { text.find(part) };
                match found {
                    Some(place) => count(text[..place].chars().count()),
                    None if method == Method::Index => Value::None,
                    None => Value::Int(-1),
                }
            }
            (Method::Count, [part]) => {
                let part = needle(method, part, span)?;
                count(text.matches(part).count())
            }
            (Method::Join, [list]) => self.joined_by(text, list, span)?,
            (Method::ZFill, [width]) => {
                let width = width.as_int().filter(|width| *width <= MOST_WIDTH);
                let Some(width) = width else { return Err(wrong(method, &own, span)) };
                let missing = usize::try_from(width).unwrap_or(0).saturating_sub(text.chars().count());
                let (sign, digits) = match text.strip_prefix(['-', '+']) {
                    Some(digits) => (&text[..1], digits),
                    None => ("", &**text),
                };
                Value::made(format!("{sign}{}{digits}", "0".repeat(missing)))
            }
            (_, []) => of_chars(method, text).ok_or_else(|| none_such(method, &own, span))?,
            _ => return Err(none_such(method, &own, span)),
        })
    }

    /// A list of texts.
    fn parts<'t>(&mut self, parts: impl Iterator<Item = &'t str>, span: Span) -> Result<Value<'a>, Defect> {
        let mut values = Vec::new();
        for part in parts {
            self.budget.take_size(values.len(), span)?;
            values.push(Value::made(part));
        }
        Ok(Value::list(values))
    }

    fn split(
        &mut self,
        method: Method,
        text: &str,
        arguments: &[Value<'a>],
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        let most = arguments.get(1).and_then(Value::as_int).and_then(|most| usize::try_from(most).ok());
        let separator = match arguments.first() {
            None | Some(Value::None) => None,
            Some(separator) => Some(needle(method, separator, span)?),
        };
        if separator == Some("") {
            return Err(Defect::new(span, "a text is not split at an empty one"));
        }
        let is_reverse = method == Method::RSplit;
        // Texts are split at blanks from either end as if runs of blanks were one.
        let parts: Vec<&str> = match (separator, most) {
            (None, None) => text.split_whitespace().collect(),
            (Some(separator), None) => text.split(separator).collect(),
            (None, Some(most)) if is_reverse => {
                let mut parts = blanks_from_end(text, most);
                parts.reverse();
                parts
            }
            (None, Some(most)) => blanks_from_start(text, most),
            (Some(separator), Some(most)) if is_reverse => {
                let mut parts: Vec<&str> = text.rsplitn(most.saturating_add(1), separator).collect();
                parts.reverse();
                parts
            }
            (Some(separator), Some(most)) => text.splitn(most.saturating_add(1), separator).collect(),
        };
        self.parts(parts.into_iter(), span)
    }

    fn replaced(
        &mut self,
        text: &str,
        (from, to): (&Value<'a>, &Value<'a>),
        rest: &[Value<'a>],
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        let (from, to) = (needle(Method::Replace, from, span)?, needle(Method::Replace, to, span)?);
        let most = rest.first().and_then(Value::as_int).and_then(|most| usize::try_from(most).ok());
        let times = text.matches(from).count().min(most.unwrap_or(usize::MAX));
        self.budget.take_size(text.len().saturating_add(times.saturating_mul(to.len())), span)?;
        Ok(Value::made(text.replacen(from, to, times)))
    }

    fn joined_by(&mut self, separator: &str, list: &Value<'a>, span: Span) -> Result<Value<'a>, Defect> {
        let mut text = String::new();
        for (index, item) in self.items(list, span)?.enumerate() {
            let Some(part) = item.as_text() else { return Err(wrong(Method::Join, &item, span)) };
            self.budget.take_size(text.len() + separator.len() + part.len(), span)?;
            if index > 0 {
                text.push_str(separator);
            }
            text.push_str(part);
        }
        Ok(Value::made(text))
    }

    fn of_dict(
        &mut self,
        method: Method,
        dict: &Value<'a>,
        arguments: &[Value<'a>],
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        let pairs = |frame: &mut Self| -> Result<Vec<(Value<'a>, Value<'a>)>, Defect> {
            frame.budget.take_size(dict.len().unwrap_or(0), span)?;
            Ok(dict.pairs().into_iter().flatten().collect())
        };
        Ok(match (method, arguments) {
            (Method::Get, [key, rest @ ..]) => {
                let default = rest.first().cloned().unwrap_or(Value::None);
                self.lookup(dict, key, span)?.unwrap_or(default)
            }
            (Method::Keys, []) => Value::list(pairs(self)?.into_iter().map(|(key, _)| key).collect()),
            (Method::Values, []) => Value::list(pairs(self)?.into_iter().map(|(_, value)| value).collect()),
            (Method::Items, []) => {
                let pairs = pairs(self)?.into_iter();
                Value::list(pairs.map(|(key, value)| Value::Tuple([key, value].into())).collect())
            }
            _ => return Err(none_such(method, dict, span)),
        })
    }

    fn of_list(
        &mut self,
        method: Method,
        list: &Value<'a>,
        arguments: &[Value<'a>],
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        let (Method::Contains | Method::Count | Method::Index, [wanted]) = (method, arguments) else {
            return Err(none_such(method, list, span));
        };
        let (mut times, mut first) = (0, None);
        for (place, item) in self.items(list, span)?.enumerate() {
            if self.equals(&item, wanted, span)? {
                times += 1;
                first.get_or_insert(place);
            }
        }
        Ok(match method {
            Method::Contains => Value::Bool(times > 0),
            Method::Count => count(times),
            _ => first.map_or(Value::None, count),
        })
    }

    fn of_time(
        &mut self,
        method: Method,
        micros: i64,
        arguments: &[Value<'a>],
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        Ok(match (method, arguments) {
            (Method::StrFTime, [format]) => {
                let format = needle(method, format, span)?;
                self.budget.take_size(format.len().saturating_mul(10), span)?;
                let text = strftime(micros, format);
                let text =
                    text.ok_or_else(|| Defect::new(span, format!("{format:?} is no format of a date")))?;
                Value::made(text)
            }
            (Method::IsoFormat, []) => Value::made(text_from_micros(micros, 'T')),
            (Method::Weekday, []) => Value::Int(Civil::weekday(micros)),
            (Method::IsoWeekday, []) => Value::Int(Civil::weekday(micros) + 1),
            (Method::Timestamp, []) => {
                let utc = micros - i64::from(self.clock.utc_offset_secs) * SECOND;
                Value::Float(utc as f64 / SECOND as f64)
            }
            _ => return Err(none_such(method, &Value::Time(micros), span)),
        })
    }
}

fn of_match<'a>(
    method: Method,
    found: &Match,
    arguments: &[Value<'a>],
    span: Span,
) -> Result<Value<'a>, Defect> {
    let group = |index: usize| match found.groups.get(index) {
        Some(Some(text)) => Ok(Value::made(text.as_str())),
        Some(None) => Ok(Value::None),
        None => Err(Defect::new(span, format!("the regular expression has no group {index}"))),
    };
    match (method, arguments) {
        (Method::Group, []) => group(0),
        (Method::Group, [Value::Text(name)]) => {
            let index = found.names.iter().position(|known| known.as_deref() == Some(&**name));
            index.map_or_else(
                || Err(Defect::new(span, format!("the regular expression has no group {:?}", &**name))),
                group,
            )
        }
        (Method::Group, [index]) => {
            group(index.as_int().and_then(|index| usize::try_from(index).ok()).unwrap_or(usize::MAX))
        }
        (Method::Groups, []) => {
            let groups: Result<Vec<_>, _> = (1..found.groups.len()).map(group).collect();
            groups.map(|groups| Value::Tuple(groups.into()))
        }
        (Method::MatchStart, []) => Ok(count(found.start)),
        (Method::MatchEnd, []) => Ok(count(found.end)),
        _ => Err(Defect::new(span, format!("a match has no method `{}`", method_name(method)))),
    }
}

/// What stands before, at and after a separator; all of the text, and nothing twice, where there is none.
fn partitioned<'a>(text: &str, separator: &str, is_last: bool) -> Value<'a> {
    let found = if is_last { text.rsplit_once(separator) } else { text.split_once(separator) };
    let parts = match found {
        Some((before, after)) => [before, separator, after],
        None if is_last => ["", "", text],
        None => [text, "", ""],
    };
    Value::Tuple(parts.map(Value::made).into())
}

/// What a text's characters alone say, or make.
fn of_chars<'a>(method: Method, text: &str) -> Option<Value<'a>> {
    Some(match method {
        Method::Lower => Value::made(text.to_lowercase()),
        Method::Casefold => Value::made(text.to_lowercase().replace('ß', "ss")),
        Method::Upper => Value::made(text.to_uppercase()),
        Method::SwapCase => Value::made(text.chars().flat_map(swapped).collect::<String>()),
        Method::Title => Value::made(titled(text)),
        Method::Capitalize => {
            let mut chars = text.chars();
            let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
            Value::made(first + &chars.as_str().to_lowercase())
        }
        Method::IsAlnum => every(text, char::is_alphanumeric),
        Method::IsAlpha => every(text, char::is_alphabetic),
        Method::IsDigit => every(text, |char| char.is_numeric()),
        Method::IsSpace => every(text, char::is_whitespace),
        Method::IsLower => cased(text, char::is_lowercase, char::is_uppercase),
        Method::IsUpper => cased(text, char::is_uppercase, char::is_lowercase),
        _ => return None,
    })
}

/// The text that an argument is.
fn needle<'v>(method: Method, value: &'v Value<'_>, span: Span) -> Result<&'v str, Defect> {
    value.as_text().ok_or_else(|| wrong(method, value, span))
}

fn wrong(method: Method, value: &Value<'_>, span: Span) -> Defect {
    Defect::new(span, format!("`{}` takes no such {}", method_name(method), value.kind()))
}

fn none_such(method: Method, value: &Value<'_>, span: Span) -> Defect {
    Defect::new(span, format!("a {} has no method `{}`", value.kind(), method_name(method)))
}

fn count<'a>(number: usize) -> Value<'a> {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn every<'a>(text: &str, is_such: impl Fn(char) -> bool) -> Value<'a> {
    Value::Bool(!text.is_empty() && text.chars().all(is_such))
}

/// Whether there are letters of one case and none of the other.
fn cased<'a>(text: &str, wanted: impl Fn(char) -> bool, other: impl Fn(char) -> bool) -> Value<'a> {
    Value::Bool(text.chars().any(wanted) && !text.chars().any(other))
}

fn swapped(char: char) -> Vec<char> {
    if char.is_uppercase() { char.to_lowercase().collect() } else { char.to_uppercase().collect() }
}

fn titled(text: &str) -> String {
    let mut titled = String::with_capacity(text.len());
    let mut is_inside = false;
    for char in text.chars() {
        if is_inside {
            titled.extend(char.to_lowercase())
        } else {
            titled.extend(char.to_uppercase())
        }
        is_inside = char.is_alphabetic();
    }
    titled
}

/// Splits at most so often at blanks; the rest keeps its own.
fn blanks_from_start(text: &str, most: usize) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), text.trim_start());
    while !rest.is_empty() && parts.len() < most {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        parts.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    if !rest.is_empty() {
        parts.push(rest.trim_end());
    }
    parts
}

/// The same from the end; the last part comes first.
fn blanks_from_end(text: &str, most: usize) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), text.trim_end());
    while !rest.is_empty() && parts.len() < most {
        let last = rest.char_indices().rfind(|(_, char)| char.is_whitespace());
        let start = last.map_or(0, |(at, char)| at + char.len_utf8());
        parts.push(&rest[start..]);
        rest = rest[..start].trim_end();
    }
    if !rest.is_empty() {
        parts.push(rest.trim_start());
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_split_at_blanks_from_either_end() {
        assert_eq!(blanks_from_start("  a b  c ", 1), ["a", "b  c"]);
        assert_eq!(blanks_from_end("  a b  c ", 1), ["c", "a b"]);
        assert_eq!(blanks_from_end("a b", 5), ["b", "a"]);
    }
}
