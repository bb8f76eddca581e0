//! Values as texts: `str`, `repr`, f-strings with their format specifications, and `%`.
//!
//! Numbers print as Python prints them, so that a text made in a query compares with one that a Python program stored.

use std::fmt::Write as _;

use crate::error::{Defect, Span};
use crate::eval::Frame;
use crate::function::function_name;
use crate::limit::MOST_SIZE;
use crate::time::{strftime, text_from_delta, text_from_micros};
use crate::value::Value;

/// Characters that a value may be filled up to, and decimals that it may have.
const MOST_WIDTH: usize = 1_000;

/// What stands behind the colon: `[[fill]align][sign][#][0][width][,][.precision][type]`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Spec {
    fill: char,
    align: Option<char>,
    sign: char,
    is_alternate: bool,
    width: usize,
    group: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

impl<'a> Frame<'a, '_> {
    /// A value as `str` gives it.
    pub(crate) fn text_of(&mut self, value: &Value<'a>, span: Span) -> Result<String, Defect> {
        match value {
            Value::Text(text) => {
                self.budget.take_size(text.len(), span)?;
                Ok(text.to_string())
            }
            Value::Time(micros) => Ok(text_from_micros(*micros, ' ')),
            Value::Delta(micros) => Ok(text_from_delta(*micros)),
            other => self.repr_of(other, span),
        }
    }

    /// A value as `repr` gives it.
    pub(crate) fn repr_of(&mut self, value: &Value<'a>, span: Span) -> Result<String, Defect> {
        let mut text = String::new();
        self.write(value, &mut text, span)?;
        Ok(text)
    }

    fn write(&mut self, value: &Value<'a>, into: &mut String, span: Span) -> Result<(), Defect> {
        self.budget.take(1, span)?;
        if into.len() > MOST_SIZE {
            return self.budget.take_size(into.len(), span);
        }
        match value {
            Value::None | Value::Unknown => into.push_str("None"),
            Value::Bool(true) => into.push_str("True"),
            Value::Bool(false) => into.push_str("False"),
            Value::Int(number) => into.push_str(&number.to_string()),
            Value::Float(number) => into.push_str(&float_text(*number)),
            Value::Text(text) => {
                self.budget.take_size(text.len(), span)?;
                into.push_str(&quoted(text));
            }
            Value::Time(micros) => into.push_str(&text_from_micros(*micros, ' ')),
            Value::Delta(micros) => into.push_str(&text_from_delta(*micros)),
            Value::List(_) | Value::Items(_) | Value::Tags(_) => {
                self.write_items(value, ("[", "]"), into, span)?
            }
            Value::Tuple(items) if items.len() == 1 => self.write_items(value, ("(", ",)"), into, span)?,
            Value::Tuple(_) => self.write_items(value, ("(", ")"), into, span)?,
            Value::Set(items) if items.is_empty() => into.push_str("set()"),
            Value::Set(_) => self.write_items(value, ("{", "}"), into, span)?,
            Value::Dict(_) | Value::Map(_) => {
                into.push('{');
                for (index, (key, value)) in value.pairs().into_iter().flatten().enumerate() {
                    into.push_str(if index == 0 { "" } else { ", " });
                    self.write(&key, into, span)?;
                    into.push_str(": ");
                    self.write(&value, into, span)?;
                }
                into.push('}');
            }
            Value::Range(range) => into.push_str(&format!("range({}, {})", range.start, range.stop)),
            Value::Series(series) => into.push_str(&format!("{} {}", series.name(), series.context())),
            Value::Function(function) => into.push_str(function_name(*function)),
            other => into.push_str(other.kind()),
        }
        Ok(())
    }

    fn write_items(
        &mut self,
        value: &Value<'a>,
        (open, close): (&str, &str),
        into: &mut String,
        span: Span,
    ) -> Result<(), Defect> {
        into.push_str(open);
        for (index, item) in self.items(value, span)?.enumerate() {
            into.push_str(if index == 0 { "" } else { ", " });
            self.write(&item, into, span)?;
        }
        into.push_str(close);
        Ok(())
    }

    /// A value as an f-string shows it with a format specification.
    pub(crate) fn formatted(&mut self, value: &Value<'a>, spec: &str, span: Span) -> Result<String, Defect> {
        if spec.is_empty() || value.is_none() {
            return self.text_of(value, span);
        }
        if let Value::Time(micros) = value {
            let text = strftime(*micros, spec);
            return text.ok_or_else(|| Defect::new(span, format!("{spec:?} is no format of a date")));
        }
        let wrong = || Defect::new(span, format!("{spec:?} is no format of a {}", value.kind()));
        let spec = Spec::parse(spec).ok_or_else(wrong)?;
        self.by_spec(value, &spec, span)?.ok_or_else(wrong)
    }

    fn by_spec(&mut self, value: &Value<'a>, spec: &Spec, span: Span) -> Result<Option<String>, Defect> {
        let is_number = value.as_number().is_some() && spec.kind != Some('s');
        let body = match (value.as_int(), value.as_number()) {
            (Some(number), _)
                if is_number && !matches!(spec.kind, Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')) =>
            {
                integer(number, spec)
            }
            (_, Some(number)) if is_number => float(number, spec),
            _ if matches!(spec.kind, None | Some('s')) => {
                let text = self.text_of(value, span)?;
                let most = spec.precision.unwrap_or(usize::MAX);
                Some((String::new(), text.chars().take(most).collect()))
            }
            _ => None,
        };
        let Some((sign, body)) = body else { return Ok(None) };
        let missing = spec.width.saturating_sub(sign.chars().count() + body.chars().count());
        let fill = |count: usize| spec.fill.to_string().repeat(count);
        Ok(Some(match spec.align.unwrap_or(if is_number { '>' } else { '<' }) {
            '<' => format!("{sign}{body}{}", fill(missing)),
            '^' => format!("{}{sign}{body}{}", fill(missing / 2), fill(missing - missing / 2)),
            '=' => format!("{sign}{}{body}", fill(missing)),
            _ => format!("{}{sign}{body}", fill(missing)),
        }))
    }

    /// `format % values`.
    pub(crate) fn percent(&mut self, format: &str, values: &Value<'a>, span: Span) -> Result<String, Defect> {
        let values: Vec<Value<'a>> = match values {
            Value::Tuple(values) => values.to_vec(),
            other => vec![other.clone()],
        };
        let mut values = values.into_iter();
        let mut text = String::new();
        let mut rest = format;
        while let Some(at) = rest.find('%') {
            text.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let length = rest.find(|c: char| !"-+ #0123456789.".contains(c));
            let wrong = || Defect::new(span, format!("{format:?} is no format for `%`"));
            let (flags, tail) = rest.split_at(length.ok_or_else(wrong)?);
            let kind = tail.chars().next().ok_or_else(wrong)?;
            rest = &tail[kind.len_utf8()..];
            if kind == '%' {
                text.push('%');
                continue;
            }
            let value =
                values.next().ok_or_else(|| Defect::new(span, "`%` has fewer values than its format"))?;
            text.push_str(&self.percent_value(&value, flags, kind, span)?.ok_or_else(wrong)?);
            self.budget.take_size(text.len(), span)?;
        }
        if values.next().is_some() {
            return Err(Defect::new(span, "`%` has more values than its format"));
        }
        text.push_str(rest);
        Ok(text)
    }

    fn percent_value(
        &mut self,
        value: &Value<'a>,
        flags: &str,
        kind: char,
        span: Span,
    ) -> Result<Option<String>, Defect> {
        let digits = flags.trim_start_matches(['-', '+', ' ', '#', '0']);
        let marks = &flags[..flags.len() - digits.len()];
        let has = |mark: char| marks.contains(mark);
        let align = match (has('-'), kind, has('0')) {
            (true, _, _) => "<",
            (false, 's' | 'r' | 'a', _) | (false, _, false) => ">",
            (false, _, true) => "0=",
        };
        let (value, kind) = match kind {
            's' => (Value::made(self.text_of(value, span)?), "s".to_owned()),
            'r' | 'a' => (Value::made(self.repr_of(value, span)?), "s".to_owned()),
            'd' | 'i' | 'u' => match value {
                Value::Float(number) if number.is_finite() => (Value::Int(*number as i64), "d".to_owned()),
                other => (other.clone(), "d".to_owned()),
            },
            other => (value.clone(), other.to_string()),
        };
        if value.is_none() {
            return Ok(Some("None".to_owned()));
        }
        let sign = if has('+') {
            "+"
        } else if has(' ') {
            " "
        } else {
            ""
        };
        let sign = if kind == "s" { "" } else { sign };
        match Spec::parse(&format!("{align}{sign}{}{digits}{kind}", if has('#') { "#" } else { "" })) {
            Some(spec) => self.by_spec(&value, &spec, span),
            None => Ok(None),
        }
    }
}

impl Spec {
    fn parse(text: &str) -> Option<Self> {
        let mut spec = Self {
            fill: ' ',
            align: None,
            sign: '-',
            is_alternate: false,
            width: 0,
            group: None,
            precision: None,
            kind: None,
        };
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        let is_align = |char: Option<&char>| char.is_some_and(|char| "<>=^".contains(*char));
        if is_align(chars.get(1)) {
            (spec.fill, spec.align, at) = (chars[0], Some(chars[1]), 2);
        } else if is_align(chars.first()) {
            (spec.align, at) = (Some(chars[0]), 1);
        }
        if let Some(sign @ ('+' | '-' | ' ')) = chars.get(at) {
            (spec.sign, at) = (*sign, at + 1);
        }
        if chars.get(at) == Some(&'#') {
            (spec.is_alternate, at) = (true, at + 1);
        }
        if chars.get(at) == Some(&'0') && spec.align.is_none() {
            (spec.fill, spec.align) = ('0', Some('='));
        }
        spec.width = take_number(&chars, &mut at)?.unwrap_or(0);
        if let Some(group @ (',' | '_')) = chars.get(at) {
            (spec.group, at) = (Some(*group), at + 1);
        }
        if chars.get(at) == Some(&'.') {
            at += 1;
            spec.precision = Some(take_number(&chars, &mut at)??);
        }
        spec.kind = chars.get(at).copied();
        (at + 1 >= chars.len()).then_some(spec)
    }

    fn sign_of(&self, is_negative: bool) -> String {
        match (is_negative, self.sign) {
            (true, _) => "-".to_owned(),
            (false, '-') => String::new(),
            (false, sign) => sign.to_string(),
        }
    }
}

/// Reads digits; none when the number is too large, an inner none when there are no digits.
fn take_number(chars: &[char], at: &mut usize) -> Option<Option<usize>> {
    let start = *at;
    let mut number = 0_usize;
    while let Some(digit) = chars.get(*at).and_then(|char| char.to_digit(10)) {
        number = number * 10 + digit as usize;
        *at += 1;
        if number > MOST_WIDTH {
            return None;
        }
    }
    Some((*at > start).then_some(number))
}

/// Sign and digits of a whole number.
fn integer(number: i64, spec: &Spec) -> Option<(String, String)> {
    let absolute = number.unsigned_abs();
    let prefix = |prefix: &'static str| if spec.is_alternate { prefix } else { "" };
    let digits = match spec.kind {
        None | Some('d' | 'n') => grouped(&absolute.to_string(), spec.group),
        Some('x') => format!("{}{absolute:x}", prefix("0x")),
        Some('X') => format!("{}{absolute:X}", prefix("0X")),
        Some('o') => format!("{}{absolute:o}", prefix("0o")),
        Some('b') => format!("{}{absolute:b}", prefix("0b")),
        Some('c') => char::from_u32(u32::try_from(number).ok()?)?.to_string(),
        Some(_) => return None,
    };
    (spec.precision.is_none()).then(|| (spec.sign_of(number < 0), digits))
}

/// Sign and digits of a real number.
fn float(number: f64, spec: &Spec) -> Option<(String, String)> {
    let absolute = number.abs();
    let sign = spec.sign_of(number.is_sign_negative() && !number.is_nan());
    if !number.is_finite() {
        let word = if number.is_nan() { "nan" } else { "inf" };
        let is_upper = spec.kind.is_some_and(|kind| kind.is_ascii_uppercase());
        let percent = if spec.kind == Some('%') { "%" } else { "" };
        return Some((
            sign,
            format!("{}{percent}", if is_upper { word.to_uppercase() } else { word.to_owned() }),
        ));
    }
    let precision = spec.precision.unwrap_or(6);
    let digits = match spec.kind {
        Some('f' | 'F') => format!("{absolute:.precision$}"),
        Some('%') => format!("{:.precision$}%", absolute * 100.0),
        Some('e') => exponent(absolute, precision),
        Some('E') => exponent(absolute, precision).to_uppercase(),
        Some('g' | 'n') => general(absolute, precision, spec.is_alternate),
        Some('G') => general(absolute, precision, spec.is_alternate).to_uppercase(),
        None => match spec.precision {
            None => float_text(absolute),
            Some(precision) => {
                let text = general(absolute, precision, false);
                if text.contains(['.', 'e']) { text } else { format!("{text}.0") }
            }
        },
        Some(_) => return None,
    };
    Some((sign, grouped(&digits, spec.group)))
}

/// Digits in groups of three, before the point.
fn grouped(digits: &str, group: Option<char>) -> String {
    let Some(group) = group else { return digits.to_owned() };
    let whole = digits.find(|char: char| !char.is_ascii_digit()).unwrap_or(digits.len());
    let mut text = String::new();
    for (index, digit) in digits[..whole].chars().enumerate() {
        if index > 0 && (whole - index) % 3 == 0 {
            text.push(group);
        }
        text.push(digit);
    }
    text + &digits[whole..]
}

/// `1.50e-05`: an exponent of at least two digits.
fn exponent(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

/// So many significant digits, with an exponent where the number is very large or small.
fn general(number: f64, precision: usize, keeps_zeros: bool) -> String {
    let precision = precision.max(1);
    let text = format!("{number:.*e}", precision - 1);
    let scale: i64 = text.split_once('e').and_then(|(_, scale)| scale.parse().ok()).unwrap_or(0);
    let is_plain = (-4..i64::try_from(precision).unwrap_or(i64::MAX)).contains(&scale);
    let strip = |digits: &str| match digits.contains('.') && !keeps_zeros {
        true => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => digits.to_owned(),
    };
    if is_plain {
        let decimals = i64::try_from(precision).unwrap_or(0) - 1 - scale;
        return strip(&format!("{number:.*}", usize::try_from(decimals).unwrap_or(0)));
    }
    let text = exponent(number, precision - 1);
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "+00"));
    format!("{}e{exponent}", strip(digits))
}

/// The shortest text that reads back as the number, as Python writes it.
pub(crate) fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let text = format!("{number:e}");
    let (digits, scale) = text.split_once('e').unwrap_or((&text, "0"));
    let scale: i64 = scale.parse().unwrap_or(0);
    if (-4..16).contains(&scale) {
        return format!("{number:?}");
    }
    let sign = if scale < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", scale.abs())
}

/// A text in quotation marks, as Python writes it.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(quote);
    for char in text.chars() {
        match char {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\\' => quoted.push_str("\\\\"),
            char if char == quote => {
                quoted.push('\\');
                quoted.push(char);
            }
            // Writing into a String cannot fail.
            char if char.is_control() => _ = write!(quoted, "\\x{:02x}", u32::from(char)),
            char => quoted.push(char),
        }
    }
    quoted.push(quote);
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_python_prints_them() {
        for (number, text) in [
            (4e-5, "4e-05"),
            (0.0001, "0.0001"),
            (0.001, "0.001"),
            (1.0, "1.0"),
            (1e16, "1e+16"),
            (123456789012345.0, "123456789012345.0"),
            (1.5e300, "1.5e+300"),
            (f64::NEG_INFINITY, "-inf"),
            (-0.0, "-0.0"),
        ] {
            assert_eq!(float_text(number), text);
        }
    }

    #[test]
    fn texts_are_quoted_as_python_quotes_them() {
        assert_eq!(quoted("it's"), "\"it's\"");
        assert_eq!(quoted("a\n\u{1}\\"), "'a\\n\\x01\\\\'");
    }

    #[test]
    fn a_specification_is_read_whole_or_not_at_all() {
        assert!(
            Spec::parse(">10.3f").is_some() && Spec::parse("*^9").is_some() && Spec::parse("+,.2%").is_some()
        );
        assert!(
            Spec::parse("10.3fx").is_none() && Spec::parse("99999").is_none() && Spec::parse(".f").is_none()
        );
    }
}
