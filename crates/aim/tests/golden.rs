//! Every message of a recorded client, and Aim's hashes, from `testdata/aim`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;

use trailmark_aim::{Instruction, Key, Node, Write, hash, pack, path_of, unpack, writes};

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/aim").join(name);
    std::fs::read_to_string(path).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

#[test]
fn every_recorded_message_is_read_and_written_again() {
    let recording = read("simple_run.txt");
    let mut n_trees = 0;
    for word in recording.split_whitespace().filter(|word| word.starts_with("0") && word.len() > 8) {
        if word.contains('-') {
            continue;
        }
        let packed = bytes(word);
        let tree = unpack(&packed).unwrap().unwrap();
        assert_eq!(unpack(&pack(&tree)).unwrap(), Some(tree.clone()), "{word}");
        assert_eq!(pack(&tree).len(), packed.len(), "{word}");
        n_trees += 1;
    }
    assert!(n_trees > 30, "{n_trees}");
}

#[test]
fn every_recorded_write_has_a_meaning() {
    let recording = read("simple_run.txt");
    let mut found = Vec::new();
    let mut methods = std::collections::BTreeSet::new();
    for line in recording.lines().filter_map(|line| line.strip_prefix("write ")) {
        for Instruction { method, mut arguments, .. } in Instruction::read(&bytes(line)).unwrap() {
            if method == "__setitem__" {
                let value = arguments.pop();
                writes(&path_of(&arguments[0]).unwrap(), value, &mut found);
            }
            methods.insert(method);
        }
    }
    let want = ["__setitem__", "experiment.setter", "make_array", "name.setter", "touch"];
    assert_eq!(methods.into_iter().collect::<Vec<_>>(), want);
    assert!(found.iter().all(|(run, _)| run == "039a69fa9a20473f99ab95fd"));
    let count = |is_it: fn(&Write) -> bool| found.iter().filter(|(_, write)| is_it(write)).count();
    // Two points of loss, one of acc and of f1 with four parts, a text with three.
    assert_eq!(count(|write| matches!(write, Write::Piece { .. })), 4 * 4 + 3);
    assert_eq!(count(|write| matches!(write, Write::Dtype { .. })), 4);
    assert_eq!(count(|write| matches!(write, Write::Context { .. })), 3);
    assert_eq!(count(|write| matches!(write, Write::EndTime(Some(_)))), 1);
    assert_eq!(count(|write| matches!(write, Write::Other { .. })), 0);
    let params = found.iter().find_map(|(_, write)| match write {
        Write::Param { path, value } if path == &[Key::from("hparams")] => Some(value),
        _ => None,
    });
    assert_eq!(params.unwrap().get("lr"), Some(&Node::Float(0.001)));
}

/// A Python value from its repr, as far as the vectors go.
struct Python<'a>(&'a str);

impl Python<'_> {
    fn node(text: &str) -> Node {
        let mut python = Python(text);
        let node = python.value();
        assert_eq!(python.0, "", "{text}");
        node
    }

    fn take(&mut self, prefix: &str) -> bool {
        let rest = self.0.trim_start().strip_prefix(prefix);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn value(&mut self) -> Node {
        if self.take("{") {
            let mut branch = trailmark_aim::Branch::new();
            while !self.take("}") {
                let key = match self.value() {
                    Node::Text(text) => Key::Text(text),
                    Node::Int(int) => Key::Int(int),
                    other => panic!("{other:?}"),
                };
                assert!(self.take(":"));
                let value = self.value();
                branch.insert(key, value);
                self.take(",");
            }
            return Node::Map(branch);
        }
        if self.take("[") || self.take("(") {
            let mut elements = Vec::new();
            while !self.take("]") && !self.take(")") {
                elements.push(self.value());
                self.take(",");
            }
            return Node::List(elements);
        }
        if self.take("b'") {
            let (text, rest) = self.0.split_once('\'').unwrap();
            self.0 = rest;
            return Node::Bytes(text.split("\\x").skip(1).flat_map(bytes).collect());
        }
        if self.take("'") {
            let (text, rest) = self.0.split_once('\'').unwrap();
            self.0 = rest;
            return Node::text(text);
        }
        let end = self.0.find([',', ']', ')', '}', ':']).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        match word.trim() {
            "None" => Node::None,
            "True" => Node::Bool(true),
            "False" => Node::Bool(false),
            word => word.parse().map_or_else(|_| Node::Float(word.parse().unwrap()), Node::Int),
        }
    }
}

#[test]
fn hashes_are_aims() {
    let vectors: Vec<(String, i64)> = read("hash_vectors.json")
        .lines()
        .filter_map(|line| {
            let line = line.trim_end_matches(',').strip_prefix('[')?.strip_suffix(']')?;
            let (repr, hash) = line.rsplit_once(", ")?;
            let repr = repr.strip_prefix('"')?.strip_suffix('"')?;
            Some((repr.replace("\\\\", "\\"), hash.parse().unwrap()))
        })
        .collect();
    assert!(vectors.len() > 50, "{}", vectors.len());
    for (repr, want) in vectors {
        assert_eq!(hash(&Python::node(&repr)), want, "{repr}");
    }
}
