"""What Schemathesis cannot know of Trailmark's interface: which queries, fields and ids make sense.

Formats of the document become strategies, with the ids of the repository that is served. TRAILMARK_API is the server's
address, TRAILMARK_TOKEN a token where it wants one.
"""

import json
import os
import random
import struct
import urllib.request

import pyarrow.ipc
import schemathesis
from blake3 import blake3
from hypothesis import strategies as st

ADDRESS = os.environ["TRAILMARK_API"]
TOKEN = os.environ.get("TRAILMARK_TOKEN")


def ask(route):
    headers = {"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}
    request = urllib.request.Request(f"{ADDRESS}/api/v1/{route}", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


RUNS = [run["id"] for run in ask("runs?limit=100000&archived=1")["runs"]]
ANSWERED = ask("answers/steps")["runs"]
# Every run that is deleted meanwhile takes its names with it: only what many runs have is spoken of.
METRICS = sorted({one["name"] for one in ask("fields")["metrics"] if one["runs"] > 20})
TEXTS = ask("texts?limit=200")["texts"]
KEYS = sorted({row["question_key"] for run in ANSWERED for row in ask(f"answers?run={run['run']}")["answers"]})
BLOBS = sorted(
    {
        artifact["blob"]
        for run in RUNS
        for artifact in ask(f"runs/{run}/artifacts")["artifacts"]
        if "blob" in artifact
    }
)
assert METRICS and ANSWERED and KEYS and BLOBS, "the repository has too little to be asked for"


def format_of(name, strategy):
    schemathesis.openapi.format(name, strategy)


digits = st.text("0123456789abcdef", min_size=1, max_size=24)
# Half of the time one that has answers.
run = st.sampled_from(RUNS) | st.sampled_from([one["run"] for one in ANSWERED])
run_id = run | st.builds(lambda one, n: one[:n], run, st.integers(1, 24)) | digits
answered = [f"{one['run']}@{step['step']}" for one in ANSWERED for step in one["steps"]]
number = st.integers(-(10**6), 10**6).map(str) | st.floats(allow_nan=False, allow_infinity=False).map(repr)
word = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=12)
text = word.map(json.dumps)
names = st.sampled_from(METRICS).map(json.dumps)
order_of = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
predicate = (
    st.builds("run.{} {} {}".format, st.sampled_from(["created_at", "duration"]), order_of, number)
    | st.builds("run.{} {} {}".format, st.sampled_from(["name", "experiment", "hash"]), order_of, text)
    | st.builds("run.metrics[{}].last {} {}".format, names, order_of, number)
    | st.builds("{} in run.tags".format, text)
    | st.sampled_from(["run.archived", "run.active", "True", "False"])
)
query = st.recursive(
    predicate,
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner)
    | inner.map("(not {})".format),
    max_leaves=5,
)
fields = ["created_at", "ended_at", "name", "experiment", "status", "duration", "params.hparams.learning_rate"]
fields += ["metrics.f1.max", 'metrics.loss{"subset":"train"}.last']
listed = st.lists(st.sampled_from(fields), max_size=4)
signed = st.lists(st.builds(str.__add__, st.sampled_from(["", "-"]), st.sampled_from(fields)), max_size=4)
columns = [*fields, "id", "description", "tags", "updated_at", "archived"]
values = st.sampled_from(["run.name", "run.created_at", 'run.metrics["f1"].max', "run.experiment", "-run.duration"])
leaf = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | word
tree = st.dictionaries(word, st.recursive(leaf, lambda one: st.lists(one, max_size=3), max_leaves=5), max_size=3)

format_of("query", st.just("") | query)
format_of("order", st.lists(values, max_size=3).map(", ".join))
format_of("sort", signed.map(",".join))
format_of("fields", st.lists(st.sampled_from(columns), max_size=6).map(",".join))
format_of("run-id", run_id)
format_of("run-ids", st.lists(run_id, max_size=3).map(",".join))
format_of("whole-run-ids", st.lists(run | st.text("0123456789abcdef", min_size=24, max_size=24), max_size=3).map(",".join))
series = st.fixed_dictionaries({"name": st.sampled_from(METRICS) | word, "context": tree})
format_of("series-names", st.lists(series, max_size=3).map(json.dumps))
format_of("run-at-step", st.sampled_from(answered) | run_id)
format_of("question-key", st.sampled_from(KEYS) | word)
format_of("content-id", st.sampled_from(BLOBS) | st.text("0123456789abcdef", min_size=64, max_size=64))
format_of("json-object", tree.map(json.dumps))
format_of("pattern", st.from_regex(r"[a-z0-9 =:]{0,8}", fullmatch=True))
format_of("model", st.just("best:f1") | run_id | st.builds("{}@{}".format, run, st.integers(0, 500)))


@schemathesis.hook
def before_call(_context, case, _kwargs):
    """Names what only another answer tells: the hash of bytes that are kept, a text that is there."""
    if not case.meta.generation.mode.is_positive:
        return
    if case.operation.label == "GET /api/v1/runs/{id}/text" and TEXTS:
        text = random.Random(case.id).choice(TEXTS)
        case.path_parameters["id"] = text["run"]
        context = json.dumps(text["context"])
        case.query.update(name=text["name"], context=context, step=text["step"])
    if case.operation.label == "PUT /api/v1/blobs/{id}":
        body = getattr(case.body, "data", case.body)
        body = body.encode() if isinstance(body, str) else body
        if isinstance(body, bytes):
            case.path_parameters["id"] = blake3(body).hexdigest()


@schemathesis.deserializer("application/vnd.apache.arrow.stream")
def read_arrow(_context, response):
    """A stream must be one that pyarrow reads to its end; to the document it is bytes."""
    with pyarrow.ipc.open_stream(response.content) as stream:
        table = stream.read_all()
    table.validate(full=True)
    assert set(table.column_names) >= {"run", "name", "context"}
    return ""


@schemathesis.deserializer("application/vnd.trailmark.columns")
def read_columns(_context, response):
    """Columns must lie inside the bytes, as the header says."""
    magic, length = struct.unpack_from("<4sI", response.content)
    assert magic == b"TMC1" and length % 8 == 0
    header = json.loads(response.content[8 : 8 + length])
    widths = {"range": 0, "u32": 4, "f32": 4, "f64": 8}
    for series in header["series"]:
        for column in series["columns"].values():
            end = column.get("at", 0) + widths[column["as"]] * series["rows"]
            assert 8 + length + end <= len(response.content)
    return ""


@schemathesis.deserializer("application/vnd.trailmark.extract")
def read_extract(_context, response):
    """The bytes say what they are; the package's tests read them to their end."""
    assert response.content[:4] == b"TMX\x01"
    return ""


@schemathesis.deserializer("application/octet-stream", "image/*", "audio/*")
def read_bytes(_context, response):
    """Any bytes are right."""
    return response.content.decode("latin-1")
