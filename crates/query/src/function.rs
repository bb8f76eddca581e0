//! The functions and methods of the language: names, arguments, and one line on each. Checks, completion and the
//! documentation's table all read them here.

/// What a name that is called means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Function {
    Abs,
    All,
    Any,
    Bool,
    Chr,
    Dict,
    Divmod,
    Enumerate,
    Float,
    Int,
    IsInstance,
    Len,
    List,
    Max,
    Min,
    Ord,
    Pow,
    Range,
    Repr,
    Reversed,
    Round,
    Set,
    Sorted,
    Str,
    Sum,
    Tuple,
    Type,
    Zip,
    Datetime,
    Now,
    UtcNow,
    FromTimestamp,
    FromIsoFormat,
    Timedelta,
    Re(Pattern),
    Math(Math),
}

/// How a regular expression is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pattern {
    /// From the first character on.
    Match,
    /// Anywhere.
    Search,
    /// To the whole text.
    FullMatch,
}

/// A function of one or two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Math {
    Ceil,
    Exp,
    Floor,
    IsFinite,
    IsInf,
    IsNan,
    Log,
    Log10,
    Log2,
    Sqrt,
}

/// What is said of a function.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spec<T: 'static> {
    pub(crate) what: T,
    pub(crate) name: &'static str,
    /// Fewest and most arguments without names.
    pub(crate) arguments: (usize, usize),
    /// Arguments that have names.
    pub(crate) keywords: &'static [&'static str],
    pub(crate) detail: &'static str,
}

/// No more arguments than this are ever counted.
pub(crate) const MANY: usize = usize::MAX;

const fn spec<T>(what: T, name: &'static str, arguments: (usize, usize), detail: &'static str) -> Spec<T> {
    Spec { what, name, arguments, keywords: &[], detail }
}

const fn named<T>(
    what: T,
    name: &'static str,
    arguments: (usize, usize),
    keywords: &'static [&'static str],
    detail: &'static str,
) -> Spec<T> {
    Spec { what, name, arguments, keywords, detail }
}

const DATE: &[&str] = &["year", "month", "day", "hour", "minute", "second", "microsecond"];
const SPAN: &[&str] = &["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];

/// Every function.
pub(crate) const FUNCTIONS: &[Spec<Function>] = &[
    spec(Function::Abs, "abs", (1, 1), "a number or time span without its sign"),
    spec(Function::All, "all", (1, 1), "whether all items are true"),
    spec(Function::Any, "any", (1, 1), "whether any item is true"),
    spec(Function::Bool, "bool", (0, 1), "whether a value is true"),
    spec(Function::Chr, "chr", (1, 1), "the character of a code point"),
    spec(Function::Dict, "dict", (0, 1), "a dict from a dict or from pairs"),
    spec(Function::Divmod, "divmod", (2, 2), "quotient and remainder"),
    named(Function::Enumerate, "enumerate", (1, 2), &["start"], "pairs of index and item"),
    spec(Function::Float, "float", (0, 1), "a number, or a text read as one"),
    spec(Function::Set, "frozenset", (0, 1), "the same as set"),
    spec(Function::Int, "int", (0, 1), "a number without its fraction, or a text read as a whole number"),
    spec(
        Function::IsInstance,
        "isinstance",
        (2, 2),
        "whether a value is of a type: int, float, str, bool, list, dict",
    ),
    spec(Function::Len, "len", (1, 1), "how many items, or characters"),
    spec(Function::List, "list", (0, 1), "the items as a list"),
    named(Function::Max, "max", (1, MANY), &["key", "default"], "the largest item"),
    named(Function::Min, "min", (1, MANY), &["key", "default"], "the least item"),
    spec(Function::Ord, "ord", (1, 1), "the code point of a character"),
    spec(Function::Pow, "pow", (2, 2), "a number raised to a power"),
    spec(Function::Range, "range", (1, 3), "whole numbers from start to stop, without stop"),
    spec(Function::Repr, "repr", (1, 1), "a value as it is written in a query"),
    spec(Function::Reversed, "reversed", (1, 1), "the items from the last to the first"),
    named(Function::Round, "round", (1, 2), &["ndigits"], "the nearest number with so many decimals"),
    spec(Function::Set, "set", (0, 1), "the different items"),
    named(Function::Sorted, "sorted", (1, 1), &["key", "reverse"], "the items in their order"),
    spec(Function::Str, "str", (0, 1), "a value as text"),
    named(Function::Sum, "sum", (1, 2), &["start"], "the sum of the items"),
    spec(Function::Tuple, "tuple", (0, 1), "the items as a tuple"),
    spec(Function::Type, "type", (1, 1), "the type of a value"),
    spec(Function::Zip, "zip", (0, MANY), "items of several lists side by side"),
    named(Function::Datetime, "datetime", (3, 7), DATE, "a date: year, month, day, hour, minute, second"),
    spec(Function::Now, "datetime.now", (0, 0), "this moment"),
    spec(Function::UtcNow, "datetime.utcnow", (0, 0), "this moment in UTC"),
    spec(Function::FromTimestamp, "datetime.fromtimestamp", (1, 1), "the date of seconds since 1970"),
    spec(Function::FromIsoFormat, "datetime.fromisoformat", (1, 1), "a date written as 2026-11-24T12:00:00"),
    named(
        Function::Timedelta,
        "timedelta",
        (0, 7),
        SPAN,
        "a time span: days, seconds, hours=…, minutes=…, weeks=…",
    ),
    spec(
        Function::Re(Pattern::Match),
        "re.match",
        (2, 3),
        "whether a text begins as a regular expression says",
    ),
    spec(
        Function::Re(Pattern::Search),
        "re.search",
        (2, 3),
        "whether a regular expression fits anywhere in a text",
    ),
    spec(
        Function::Re(Pattern::FullMatch),
        "re.fullmatch",
        (2, 3),
        "whether a regular expression fits a whole text",
    ),
    spec(Function::Math(Math::Ceil), "math.ceil", (1, 1), "the next whole number upwards"),
    spec(Function::Math(Math::Exp), "math.exp", (1, 1), "e raised to a power"),
    spec(Function::Math(Math::Floor), "math.floor", (1, 1), "the next whole number downwards"),
    spec(
        Function::Math(Math::IsFinite),
        "math.isfinite",
        (1, 1),
        "whether a number is neither NaN nor infinite",
    ),
    spec(Function::Math(Math::IsInf), "math.isinf", (1, 1), "whether a number is infinite"),
    spec(Function::Math(Math::IsNan), "math.isnan", (1, 1), "whether a number is NaN"),
    spec(Function::Math(Math::Log), "math.log", (1, 2), "the logarithm, natural or to a base"),
    spec(Function::Math(Math::Log10), "math.log10", (1, 1), "the logarithm to base 10"),
    spec(Function::Math(Math::Log2), "math.log2", (1, 1), "the logarithm to base 2"),
    spec(Function::Math(Math::Sqrt), "math.sqrt", (1, 1), "the square root"),
];

/// Names below a module that are numbers.
pub(crate) const NUMBERS: &[(&str, f64)] = &[
    ("math.pi", std::f64::consts::PI),
    ("math.e", std::f64::consts::E),
    ("math.inf", f64::INFINITY),
    ("math.nan", f64::NAN),
];

/// Flags of regular expressions, as they are written inside one.
pub(crate) const FLAGS: &[(&str, i64, char)] = &[
    ("re.IGNORECASE", 2, 'i'),
    ("re.I", 2, 'i'),
    ("re.MULTILINE", 8, 'm'),
    ("re.M", 8, 'm'),
    ("re.DOTALL", 16, 's'),
    ("re.S", 16, 's'),
    ("re.VERBOSE", 64, 'x'),
    ("re.X", 64, 'x'),
];

/// What a call behind a dot means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Method {
    Capitalize,
    Casefold,
    Contains,
    Count,
    EndsWith,
    Find,
    Get,
    Group,
    Groups,
    Index,
    IsAlnum,
    IsAlpha,
    IsDigit,
    IsLower,
    IsSpace,
    IsUpper,
    IsoFormat,
    IsoWeekday,
    Items,
    Join,
    Keys,
    LStrip,
    Lower,
    MatchEnd,
    MatchStart,
    Partition,
    RFind,
    RPartition,
    RSplit,
    RStrip,
    RemovePrefix,
    RemoveSuffix,
    Replace,
    Split,
    SplitLines,
    StartsWith,
    StrFTime,
    Strip,
    SwapCase,
    Timestamp,
    Title,
    TotalSeconds,
    Upper,
    Values,
    Weekday,
    ZFill,
}

/// Methods of texts.
pub(crate) const TEXT_METHODS: &[Spec<Method>] = &[
    spec(Method::StartsWith, "startswith", (1, 1), "whether the text begins so"),
    spec(Method::EndsWith, "endswith", (1, 1), "whether the text ends so"),
    spec(Method::Contains, "contains", (1, 1), "whether the text holds another; the same as in"),
    spec(Method::Lower, "lower", (0, 0), "in small letters"),
    spec(Method::Upper, "upper", (0, 0), "in capital letters"),
    spec(Method::Strip, "strip", (0, 1), "without blanks, or given characters, at both ends"),
    spec(Method::LStrip, "lstrip", (0, 1), "without blanks at the beginning"),
    spec(Method::RStrip, "rstrip", (0, 1), "without blanks at the end"),
    named(Method::Split, "split", (0, 2), &["sep", "maxsplit"], "the parts between blanks, or a separator"),
    named(Method::RSplit, "rsplit", (0, 2), &["sep", "maxsplit"], "as split, from the end"),
    spec(Method::SplitLines, "splitlines", (0, 0), "the lines"),
    spec(Method::Partition, "partition", (1, 1), "what stands before, at and after a separator"),
    spec(Method::RPartition, "rpartition", (1, 1), "as partition, from the end"),
    spec(Method::Replace, "replace", (2, 3), "with one text replaced by another"),
    spec(Method::RemovePrefix, "removeprefix", (1, 1), "without a beginning"),
    spec(Method::RemoveSuffix, "removesuffix", (1, 1), "without an ending"),
    spec(Method::Find, "find", (1, 1), "where another text begins, -1 for nowhere"),
    spec(Method::RFind, "rfind", (1, 1), "where another text begins last, -1 for nowhere"),
    spec(Method::Index, "index", (1, 1), "where another text begins, None for nowhere"),
    spec(Method::Count, "count", (1, 1), "how often another text occurs"),
    spec(Method::Join, "join", (1, 1), "texts with this one between them"),
    spec(Method::Title, "title", (0, 0), "with each word's first letter capital"),
    spec(Method::Capitalize, "capitalize", (0, 0), "with the first letter capital, the others small"),
    spec(Method::SwapCase, "swapcase", (0, 0), "with capital and small letters exchanged"),
    spec(Method::Casefold, "casefold", (0, 0), "for comparing without regard to case"),
    spec(Method::ZFill, "zfill", (1, 1), "filled with zeros to a width"),
    spec(Method::IsAlnum, "isalnum", (0, 0), "whether there are letters and digits only"),
    spec(Method::IsAlpha, "isalpha", (0, 0), "whether there are letters only"),
    spec(Method::IsDigit, "isdigit", (0, 0), "whether there are digits only"),
    spec(Method::IsLower, "islower", (0, 0), "whether all letters are small"),
    spec(Method::IsUpper, "isupper", (0, 0), "whether all letters are capital"),
    spec(Method::IsSpace, "isspace", (0, 0), "whether there are blanks only"),
];

/// Methods of lists, tuples and tags.
pub(crate) const LIST_METHODS: &[Spec<Method>] = &[
    spec(Method::Contains, "contains", (1, 1), "whether the list holds an item; the same as in"),
    spec(Method::Count, "count", (1, 1), "how often an item occurs"),
    spec(Method::Index, "index", (1, 1), "where an item stands, None for nowhere"),
];

/// Methods of dicts: branches of params, and contexts.
pub(crate) const DICT_METHODS: &[Spec<Method>] = &[
    spec(Method::Get, "get", (1, 2), "the value of a key, else None or a given one; the name is not checked"),
    spec(Method::Keys, "keys", (0, 0), "the keys"),
    spec(Method::Values, "values", (0, 0), "the values"),
    spec(Method::Items, "items", (0, 0), "pairs of key and value"),
];

/// Methods of dates.
pub(crate) const TIME_METHODS: &[Spec<Method>] = &[
    spec(Method::StrFTime, "strftime", (1, 1), "the date as text, for instance \"%Y-%m-%d\""),
    spec(Method::IsoFormat, "isoformat", (0, 0), "the date as 2026-11-24T12:00:00"),
    spec(Method::Weekday, "weekday", (0, 0), "the day of the week, Monday is 0"),
    spec(Method::IsoWeekday, "isoweekday", (0, 0), "the day of the week, Monday is 1"),
    spec(Method::Timestamp, "timestamp", (0, 0), "seconds since 1970"),
];

/// Methods of time spans.
pub(crate) const DELTA_METHODS: &[Spec<Method>] =
    &[spec(Method::TotalSeconds, "total_seconds", (0, 0), "the time span in seconds")];

/// Methods of what `re.match` and `re.search` find.
pub(crate) const MATCH_METHODS: &[Spec<Method>] = &[
    spec(Method::Group, "group", (0, 1), "the text of a group, by number or name"),
    spec(Method::Groups, "groups", (0, 0), "the texts of all groups"),
    spec(Method::MatchStart, "start", (0, 0), "where the match begins"),
    spec(Method::MatchEnd, "end", (0, 0), "where the match ends"),
];

const ALL_METHODS: &[&[Spec<Method>]] =
    &[TEXT_METHODS, LIST_METHODS, DICT_METHODS, TIME_METHODS, DELTA_METHODS, MATCH_METHODS];

/// The function of a name.
pub(crate) fn function(name: &str) -> Option<&'static Spec<Function>> {
    FUNCTIONS.iter().find(|spec| spec.name == name)
}

/// The name of a function.
pub(crate) fn function_name(function: Function) -> &'static str {
    FUNCTIONS.iter().rev().find(|spec| spec.what == function).map_or("function", |spec| spec.name)
}

/// Every method that any value has.
pub(crate) fn methods() -> impl Iterator<Item = &'static Spec<Method>> {
    ALL_METHODS.iter().flat_map(|methods| methods.iter())
}

/// The name of a method.
pub(crate) fn method_name(method: Method) -> &'static str {
    methods().find(|spec| spec.what == method).map_or("method", |spec| spec.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_takes_the_same_arguments_wherever_it_is_a_method() {
        for spec in methods() {
            let others = methods().filter(|other| other.name == spec.name);
            for other in others {
                assert_eq!((spec.what, spec.arguments), (other.what, other.arguments), "{}", spec.name);
            }
        }
    }

    #[test]
    fn the_documentation_lists_every_function_and_method() {
        let page = include_str!("../../../docs/query.md");
        for spec in FUNCTIONS {
            let row = format!("| `{}` | {} |", spec.name, spec.detail);
            assert!(page.contains(&row), "docs/query.md lacks {row}");
        }
        for spec in methods() {
            let row = format!("| `.{}` | {} |", spec.name, spec.detail);
            assert!(page.contains(&row), "docs/query.md lacks {row}");
        }
    }
}
