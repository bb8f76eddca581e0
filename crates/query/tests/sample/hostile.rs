//! Texts that mean harm, made of bytes: deep nesting, long chains, regular expressions that explode, giant repeats, huge
//! numbers, and all of these inside each other.
#![allow(dead_code, unreachable_pub)]

/// A little more than a query may have.
const MOST_BYTES: usize = 12_000;

const ATOMS: &[&str] = &[
    "run.name",
    "run.hparams.lr",
    "run.hparams.layers",
    "run.tags",
    "run.seed",
    "run.metrics",
    "run.created_at",
    "run.hparams",
    "metric.last",
    "metric.context",
    "run.hparams.nan",
    "None",
    "True",
    "1",
    "-1",
    "0",
    "2.5",
    "1e308",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999999999",
    "1e-320",
    "'a'",
    "'é'",
    "''",
    "'%s%s%s'",
    "[]",
    "{}",
    "()",
    "range(10**9)",
    "range(-2**63, 2**63 - 1)",
    "math.inf",
    "math.nan",
    "datetime.now()",
    "timedelta(days=999999999)",
    "'ab' * 40000",
    "[0] * 90000",
    "x",
    "y",
    "lambda: 1",
    "str",
    "len",
];
/// What wraps a text as often as one likes: before and after it.
const NESTS: &[(&str, &str)] = &[
    ("(", ")"),
    ("[", "]"),
    ("{", "}"),
    ("not ", ""),
    ("-", ""),
    ("~", ""),
    ("len(", ")"),
    ("str(", ")"),
    ("f'{", "}'"),
    ("f\"{", "}\""),
    ("[x for x in ", "]"),
    ("(lambda: ", ")()"),
    ("(lambda x: ", ")(1)"),
    ("0 if 0 else ", ""),
    ("", ".lower()"),
    ("", "[0]"),
    ("", "[::-1]"),
    ("", "['a']"),
    ("sorted(", ")"),
    ("any(x for x in ", ")"),
    ("{'a': ", "}"),
    ("[*", "]"),
    ("(x := ", ")"),
    ("", " for x in range(9)"),
    ("run.get('a', ", ")"),
    ("repr(", ")"),
    ("1 ** ", ""),
];
const SIGNS: &[&str] = &[
    " + ",
    " - ",
    " * ",
    " / ",
    " // ",
    " % ",
    " ** ",
    " << ",
    " >> ",
    " & ",
    " | ",
    " ^ ",
    " and ",
    " or ",
    " < ",
    " == ",
    " in ",
    " not in ",
    " is ",
    ", ",
    " if ",
    " else ",
    ".",
    " for x in ",
    " := ",
];
const CALLS: &[&str] = &[
    "len",
    "max",
    "min",
    "sum",
    "sorted",
    "str",
    "repr",
    "int",
    "float",
    "abs",
    "round",
    "list",
    "set",
    "dict",
    "zip",
    "enumerate",
    "range",
    "pow",
    "divmod",
    "chr",
    "ord",
    "any",
    "all",
    "tuple",
    "reversed",
    "isinstance",
    "type",
    "datetime",
    "timedelta",
    "datetime.fromtimestamp",
    "datetime.fromisoformat",
    "math.log",
    "math.exp",
    "math.sqrt",
];
const METHODS: &[&str] = &[
    "replace",
    "split",
    "rsplit",
    "join",
    "zfill",
    "count",
    "index",
    "find",
    "strip",
    "partition",
    "title",
    "swapcase",
    "startswith",
    "get",
    "keys",
    "items",
    "values",
    "group",
    "groups",
    "strftime",
    "total_seconds",
    "isoformat",
    "splitlines",
    "removeprefix",
    "casefold",
    "contains",
];
const PATTERNS: &[&str] = &[
    "(a*)*",
    "(a|a)*",
    "(a+)+$",
    "(.*)*",
    r"\w{1,30}",
    "((a{0,30}){0,30}){0,30}",
    "(a|b){900}",
    "[^a]*",
    "(?i)é",
    r"\p{L}+",
    "(?P<n>.)",
    "^",
    "$",
    "|",
    "x{1000}",
    ".{0,9999}",
    "(",
    "[",
    "{",
    r"\",
    "(?=a)",
    r"\1",
    "a??b",
    "(?s:.)",
];
const SPECS: &[&str] =
    &[">1000000000", "09999999d", ".99999999f", ",", "%", "e", "x", ".400g", "*^99999", "%Y", "é^9"];

/// The text that bytes stand for; the same bytes, the same text.
pub fn text(bytes: &[u8]) -> String {
    let mut maker = Maker { bytes: bytes.iter() };
    let mut text = maker.text(6);
    let mut end = text.len().min(MOST_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

struct Maker<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

impl Maker<'_> {
    fn byte(&mut self) -> usize {
        self.bytes.next().copied().map_or(0, usize::from)
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.byte() % all.len()]
    }

    /// How often something is repeated: seldom, about as often as the limit allows, or much more.
    fn times(&mut self) -> usize {
        let sizes = [1, 2, 3, 9, 40, 98, 99, 100, 101, 300, 2_000, 9_000];
        self.one_of(&sizes)
    }

    fn text(&mut self, depth: usize) -> String {
        let choice = if depth == 0 { 0 } else { self.byte() % 13 };
        let inner = |maker: &mut Self| maker.text(depth - 1);
        match choice {
            1 | 2 => {
                let ((open, close), times) = (self.one_of(NESTS), self.times());
                let inner = inner(self);
                let times = times.min(MOST_BYTES / (open.len() + close.len()).max(1));
                format!("{}{inner}{}", open.repeat(times), close.repeat(times))
            }
            3 | 4 => {
                let (sign, times) = (self.one_of(SIGNS), self.times());
                let part = format!("{}{sign}", inner(self));
                format!("{}{}", part.repeat(times.min(MOST_BYTES / part.len() + 1)), inner(self))
            }
            5 => format!("{}({}, {})", self.one_of(CALLS), inner(self), inner(self)),
            6 => format!("{}({})", self.one_of(CALLS), inner(self)),
            7 => format!("({}).{}({})", inner(self), self.one_of(METHODS), inner(self)),
            8 => format!("({})[{}:{}:{}]", inner(self), inner(self), inner(self), inner(self)),
            9 => format!("f'{{{}:{}}}'", inner(self), self.one_of(SPECS)),
            10 => {
                let (pattern, times) = (self.one_of(PATTERNS), self.times());
                let pattern = pattern.repeat(times.min(MOST_BYTES / pattern.len()));
                let more = if self.byte().is_multiple_of(2) { "" } else { " + run.name" };
                let call = self.one_of(&["re.search", "re.match", "re.fullmatch"]);
                format!("{call}(r'{pattern}{}'{more}, {})", self.one_of(PATTERNS), inner(self))
            }
            11 => format!(
                "[{} for x in {} for y in {} if {}]",
                inner(self),
                inner(self),
                inner(self),
                inner(self)
            ),
            12 => {
                let huge = ["10**9", "100000", "2**63", "99999999999999999999", "-1", "0"];
                format!("({}) * {}", inner(self), self.one_of(&huge))
            }
            _ => self.one_of(ATOMS).to_owned(),
        }
    }
}
