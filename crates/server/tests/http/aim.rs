//! Aim's remote protocol: a recorded client, what is sent twice, a restart in mid-run, and what no client of Aim's sends.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use trailmark_aim::{Node, first_record, pack, unpack};
use trailmark_store::Repository;

use crate::served::{LIMIT, Served};

const CLIENT: &str = "a7dfbd86-db49-4140-886a-d9283a1d01cb";
/// The run of the recording.
const RECORDED: &str = "039a69fa9a20473f99ab95fd";
const RUN: &str = "00112233445566778899aabb";

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .enumerate()
            .fold(0u32, |word, (place, byte)| word | u32::from(*byte) << (16 - 8 * place));
        for place in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * place)) as usize & 63] as char;
            text.push(if place <= chunk.len() { digit } else { '=' });
        }
    }
    text
}

/// A client's write socket.
struct Socket(TcpStream);

impl Socket {
    fn open(address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        write!(
            stream,
            "GET /tracking/{CLIENT}/write-instruction/ HTTP/1.1\r\nhost: {address}\r\nupgrade: websocket\r\n\
             connection: Upgrade\r\nsec-websocket-key: G/hy78k/uPwGkQomIKluNQ==\r\nsec-websocket-version: 13\r\n\
             sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
        )
        .unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101") && head.contains("t1GKZe7j48jSplqSTiEE5UNlDEE="), "{head}");
        Self(stream)
    }

    /// Sends a message; the answer must be `OK`.
    fn write(&mut self, message: &[u8]) {
        self.send(2, message);
        assert_eq!(self.receive(), (2, b"OK".to_vec()));
    }

    fn send(&mut self, kind: u8, message: &[u8]) {
        let mut frame = vec![0x80 | kind, 0x80 | 127];
        frame.extend_from_slice(&(message.len() as u64).to_be_bytes());
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(message);
        self.0.write_all(&frame).unwrap();
    }

    /// The kind and content of the next frame that is no ping.
    fn receive(&mut self) -> (u8, Vec<u8>) {
        loop {
            let mut head = [0; 2];
            self.0.read_exact(&mut head).unwrap();
            assert!(head[1] < 126, "a long answer");
            let mut content = vec![0; usize::from(head[1])];
            self.0.read_exact(&mut content).unwrap();
            if head[0] & 15 != 9 {
                return (head[0] & 15, content);
            }
        }
    }
}

/// Calls as Aim's client makes them.
trait Calls {
    fn call(&self, what: &str, body: &Json) -> Result<Vec<u8>, String>;
    fn make(&self, kind: &str, handler: &str, arguments: &Node) -> Result<(), String>;
    fn ask(&self, handler: &str, method: &str, arguments: Vec<Node>) -> Result<Node, String>;
}

impl Calls for Served {
    fn call(&self, what: &str, body: &Json) -> Result<Vec<u8>, String> {
        let path = format!("/tracking/{CLIENT}/{what}/");
        let answer = self.send("POST", &path, &[("content-type", "application/json")], &body.to_string());
        match answer.status {
            200 => {
                // Older clients take a piece for one record.
                if what == "read-instruction" {
                    answer.pieces.iter().for_each(|piece| assert_eq!(first_record(piece), Some(piece.len())));
                }
                Ok(answer.body)
            }
            400 => Err(answer.json()["exception"]["class_name"].as_str().unwrap().to_owned()),
            status => panic!("{status}: {}", answer.text()),
        }
    }

    fn make(&self, kind: &str, handler: &str, arguments: &Node) -> Result<(), String> {
        let args = base64(&pack(arguments));
        let body = json!({"resource_handler": handler, "resource_type": kind, "args": args});
        let made: Json = serde_json::from_slice(&self.call("get-resource", &body)?).unwrap();
        assert_eq!(made["handler"], handler);
        Ok(())
    }

    fn ask(&self, handler: &str, method: &str, arguments: Vec<Node>) -> Result<Node, String> {
        let args = base64(&pack(&Node::List(arguments)));
        let body = json!({"resource_handler": handler, "method_name": method, "args": args});
        Ok(unpack(&self.call("read-instruction", &body)?).unwrap().unwrap())
    }
}

fn path(words: &[&str]) -> Node {
    Node::List(words.iter().map(|word| word.parse().map_or_else(|_| Node::text(word), Node::Int)).collect())
}

/// Plays the recording; each message so many times.
fn play(server: &Served, times: usize) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/aim/simple_run.txt");
    let recording = std::fs::read_to_string(file).unwrap();
    assert_eq!(server.get(&format!("/client/connect/{CLIENT}/")).text(), "null");
    let mut socket = Socket::open(server.address);
    for line in recording.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["get", kind, handler, arguments] => {
                let arguments = unpack(&bytes(arguments)).unwrap().unwrap();
                server.make(kind, handler, &arguments).unwrap();
            }
            ["read", handler, method, arguments, want] => {
                let Some(Node::List(arguments)) = unpack(&bytes(arguments)).unwrap() else {
                    panic!("{line}")
                };
                match server.ask(handler, method, arguments) {
                    Ok(node) => assert_eq!(pack(&node), bytes(want), "{method}: {node:?}"),
                    Err(class) => assert_eq!(class, want, "{method}"),
                }
            }
            ["write", message] => (0..times).for_each(|_| socket.write(&bytes(message))),
            ["release", handler] => {
                let path = format!("/tracking/{CLIENT}/release-resource/{handler}/");
                assert_eq!(server.get(&path).text(), "null");
            }
            _ => panic!("{line}"),
        }
    }
}

#[test]
fn a_recorded_client_is_answered_as_by_aim_and_its_run_is_there() {
    for times in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        Repository::open_or_create(folder.path()).unwrap();
        let server = Served::start(folder.path());
        play(&server, times);
        let run = server.json(&format!("runs/{RECORDED}"));
        for (field, want) in [
            ("name", json!("my run")),
            ("experiment", json!("exp1")),
            ("status", json!("finished")),
            ("tags", json!(["t1"])),
            ("ended_at", json!(1_795_424_593.342_124)),
            ("problems", json!([])),
            (
                "params",
                json!({"hparams": {"batch": 32, "flag": true, "layers": [64, 32], "lr": 0.001, "name": "x", "none": null}}),
            ),
        ] {
            assert_eq!(run[field], want, "{field}, {times} times");
        }
        let series = run["series"].as_array().unwrap();
        let counts: Vec<_> = series
            .iter()
            .map(|one| (one["name"].as_str().unwrap(), one["count"].as_u64().unwrap()))
            .collect();
        assert_eq!(counts, [("acc", 1), ("f1", 1), ("loss", 2), ("txt", 1)], "{times} times");
        let repository = Repository::open(folder.path()).unwrap();
        let stored = repository.read_run(RECORDED.parse().unwrap()).unwrap();
        let loss = stored.series.iter().find(|(key, _)| key.name == "loss").unwrap();
        assert_eq!(loss.0.context, trailmark_core::Context::subset("train"));
        let points: Vec<_> =
            loss.1.points.iter().map(|p| (p.step.0, p.epoch, p.time.nanos(), p.value.clone())).collect();
        let want = [
            (0, Some(1.0), 1_795_424_590_130_701_000, trailmark_core::Value::Float(0.5)),
            (1, Some(1.0), 1_795_424_590_640_926_000, trailmark_core::Value::Float(0.25)),
        ];
        assert_eq!(points, want);
        let f1 = stored.series.iter().find(|(key, _)| key.name == "f1").unwrap();
        assert_eq!(f1.1.points[0].value, trailmark_core::Value::Int(7));
    }
}

/// The resources of a client that records [`RUN`].
fn begin(server: &Served) {
    let tree = |name: &str| {
        Node::map([("name", Node::text(name)), ("sub", Node::text(RUN)), ("read_only", Node::Bool(false))])
    };
    server.make("Lock", "lock", &Node::map([("run_hash", Node::text(RUN))])).unwrap();
    server.make("TreeView", "meta", &tree("meta")).unwrap();
    server.make("TreeView", "seqs", &tree("seqs")).unwrap();
    server.make("RunHeartbeat", "heart", &Node::map([("run_hash", Node::text(RUN))])).unwrap();
}

fn set(handler: &str, at: &[&str], value: Node) -> Node {
    Node::List(vec![Node::text(handler), Node::text("__setitem__"), Node::List(vec![path(at), value])])
}

/// A number as the client tracks it, with the context `{}`.
fn point(step: i64) -> Vec<Node> {
    let id = trailmark_aim::hash(&Node::Map([].into())).to_string();
    let key = trailmark_aim::hash(&Node::Int(step)).to_string();
    let part = |part, value| set("seqs", &["seqs", "v2", "chunks", RUN, &id, "m", part, &key], value);
    vec![
        set("meta", &["meta", "chunks", RUN, "contexts", &id], Node::Map([].into())),
        set("meta", &["meta", "chunks", RUN, "traces", &id, "m", "dtype"], Node::text("int")),
        part("val", Node::Int(step * step)),
        part("epoch", Node::None),
        part("time", Node::Float(1e9 + step as f64)),
        part("step", Node::Int(step)),
    ]
}

fn column(server: &Served, part: &str) -> Node {
    let id = trailmark_aim::hash(&Node::Map([].into())).to_string();
    server.ask("seqs", "collect", vec![path(&["seqs", "v2", "chunks", RUN, &id, "m", part])]).unwrap()
}

/// Waits until a run stands so: the server looks at runs at most once in a while.
fn wait_for(server: &Served, want: &str) {
    let began = Instant::now();
    loop {
        let run = server.json(&format!("runs/{RUN}"));
        if run["status"] == want {
            return;
        }
        assert!(began.elapsed() < LIMIT, "got {}, want {want}", run["status"]);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_client_survives_a_restart_in_mid_run() {
    let folder = tempfile::tempdir().unwrap();
    Repository::open_or_create(folder.path()).unwrap();
    {
        let server = Served::start(folder.path());
        begin(&server);
        let mut socket = Socket::open(server.address);
        (0..5).for_each(|step| socket.write(&pack(&Node::List(point(step)))));
        wait_for(&server, "running");
        drop(server);
        let (kind, reason) = socket.receive();
        assert_eq!(
            (kind, reason.get(..2)),
            (8, Some(&1012u16.to_be_bytes()[..])),
            "a code that clients come back after"
        );
    }
    let server = Served::start(folder.path());
    wait_for(&server, "crashed");
    begin(&server);
    // Its heartbeat is back.
    wait_for(&server, "running");
    let mut socket = Socket::open(server.address);
    // The last message is sent again: nobody knows whether it was written.
    (4..8).for_each(|step| socket.write(&pack(&Node::List(point(step)))));
    assert_eq!(column(&server, "step"), Node::List((0..8).map(Node::Int).collect()));
    assert_eq!(column(&server, "val"), Node::List((0..8).map(|step| Node::Int(step * step)).collect()));
    let end = set("meta", &["meta", "chunks", RUN, "end_time"], Node::Float(1e9 + 8.5));
    socket.write(&pack(&Node::List(vec![end])));
    server.ask("lock", "release", vec![Node::Bool(false)]).unwrap();
    wait_for(&server, "finished");
}

#[test]
fn a_run_whose_client_lets_go_without_an_end_has_crashed() {
    let folder = tempfile::tempdir().unwrap();
    Repository::open_or_create(folder.path()).unwrap();
    let server = Served::start(folder.path());
    begin(&server);
    Socket::open(server.address).write(&pack(&Node::List(point(0))));
    for handler in ["lock", "meta", "seqs", "heart"] {
        server.get(&format!("/tracking/{CLIENT}/release-resource/{handler}"));
    }
    wait_for(&server, "crashed");
}

fn attrs<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    [&["meta", "chunks", RUN, "attrs"], rest].concat()
}

#[test]
fn params_are_set_taken_back_and_read_by_path() {
    let folder = tempfile::tempdir().unwrap();
    Repository::open_or_create(folder.path()).unwrap();
    let server = Served::start(folder.path());
    begin(&server);
    let mut socket = Socket::open(server.address);
    let mut write = |call: Node| socket.write(&pack(&Node::List(vec![call])));
    let hparams =
        Node::map([("lr", Node::Float(0.1)), ("layers", Node::List(vec![Node::Int(1), Node::Int(2)]))]);
    write(set("meta", &attrs(&["hparams"]), hparams));
    write(set("meta", &attrs(&["raw"]), Node::Bytes(vec![0, 255])));
    write(set("meta", &attrs(&["hparams", "layers", "1"]), Node::Int(9)));
    write(set("meta", &["meta", "chunks", RUN, "invented", "7"], Node::text("kept")));
    let ask = |method: &str, at: &[&str]| server.ask("meta", method, vec![path(at)]);
    assert_eq!(
        ask("collect", &attrs(&["hparams", "layers"])),
        Ok(Node::List(vec![Node::Int(1), Node::Int(9)]))
    );
    assert_eq!(ask("collect", &attrs(&["raw"])), Ok(Node::Bytes(vec![0, 255])));
    assert_eq!(ask("collect", &["meta", "chunks", RUN, "invented", "7"]), Ok(Node::text("kept")));
    assert_eq!(
        ask("keys_eager", &attrs(&[])),
        Ok(Node::List(vec![Node::text("hparams"), Node::text("raw")]))
    );
    assert_eq!(ask("first_key", &attrs(&["hparams"])), Ok(Node::text("layers")));
    assert_eq!(ask("last_key", &attrs(&["hparams"])), Ok(Node::text("lr")));
    write(Node::List(vec![
        Node::text("meta"),
        Node::text("__delitem__"),
        Node::List(vec![path(&attrs(&["raw"]))]),
    ]));
    assert_eq!(ask("collect", &attrs(&["raw"])), Err("KeyError".to_owned()));
    assert_eq!(ask("first_key", &attrs(&["raw"])), Err("StopIteration".to_owned()));
    write(set("meta", &attrs(&[]), Node::map([("only", Node::Bool(true))])));
    assert_eq!(ask("collect", &attrs(&[])), Ok(Node::map([("only", Node::Bool(true))])));
    assert_eq!(ask("collect", &["meta", "attrs", "only"]), Ok(Node::Bool(true)), "of all runs");
}

#[test]
fn what_no_client_of_aims_sends_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    Repository::open_or_create(folder.path()).unwrap();
    let server = Served::start(folder.path());
    for path in ["/status", "/status/", "/some-token/status/"] {
        assert_eq!(server.get(path).json(), json!({"status": "OK"}), "{path}");
    }
    assert_eq!(server.get("/client/get-version/").json(), json!({"version": "3.29.1"}));
    let hash = |hash: &str| Node::map([("run_hash", Node::text(hash))]);
    for bad in ["", "../../etc", "ABCDEFABCDEFABCDEFABCDEF", "my-run"] {
        assert_eq!(server.make("Lock", "x", &hash(bad)), Err("ValueError".to_owned()), "{bad:?}");
    }
    assert_eq!(server.make("Popen", "x", &hash(RUN)), Err("ValueError".to_owned()));
    begin(&server);
    for method in ["__class__", "delete_run", "__init__", ""] {
        assert_eq!(server.ask("meta", method, vec![]), Err("ValueError".to_owned()), "{method:?}");
    }
    assert_eq!(server.ask("unknown", "collect", vec![]), Err("RuntimeError".to_owned()));
    server.ask("lock", "lock", vec![Node::Bool(false)]).unwrap();
    let mut socket = Socket::open(server.address);
    let deep = (0..60).fold(Node::None, |node, _| Node::map([("a", node)]));
    let call = |handler: &str, method: &str, arguments: Vec<Node>| {
        Node::List(vec![Node::text(handler), Node::text(method), Node::List(arguments)])
    };
    // Every message is answered with OK, whatever it says: after an error Aim's client would wait for ever.
    for message in [
        b"rubbish".to_vec(),
        Vec::new(),
        pack(&Node::None),
        pack(&Node::List(vec![call("unknown", "set", vec![])])),
        pack(&Node::List(vec![call("meta", "eval", vec![path(&["x"])])])),
        pack(&Node::List(vec![call(
            "meta",
            "set",
            vec![path(&["meta", "chunks", RUN, "attrs", "deep"]), deep],
        )])),
        pack(&Node::List(vec![set("meta", &["meta", "chunks", RECORDED, "attrs", "x"], Node::Int(1))])),
        pack(&Node::List(vec![set("meta", &["meta", "chunks", RUN, "attrs", "__aim"], Node::Int(1))])),
    ] {
        socket.write(&message);
    }
    assert_eq!(
        server.ask("meta", "collect", vec![path(&["meta", "chunks", RECORDED])]),
        Err("KeyError".to_owned())
    );
    // A client that tries TLS on the plain port is answered at once.
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let began = Instant::now();
    let hello = [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[7; 506]].concat();
    stream.write_all(&hello).unwrap();
    let mut answer = Vec::new();
    // It is closed, with an answer or without one.
    _ = stream.read_to_end(&mut answer);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
