//! The real binary, a tiny model and a place to work in, for all tests of the command line.
#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(clippy::disallowed_methods, clippy::unwrap_used, unreachable_pub)]

pub mod hub;
pub mod recorded;
pub mod up;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder for one test.
pub struct Place(tempfile::TempDir);

/// What a run of the program came to.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

pub fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/hf")
}

/// Thirteen questions in SQuAD's form.
pub fn questions() -> PathBuf {
    testdata().join("features/questions.squad.json")
}

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file and says where it is.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A BERT of two layers with its tokenizer, as a Hugging Face folder.
    pub fn model(&self) -> PathBuf {
        let folder = self.path("model");
        std::fs::create_dir_all(&folder).unwrap();
        for (from, files) in [
            ("models/bert", &["config.json", "model.safetensors"][..]),
            ("tokenizers/wordpiece-512", &["tokenizer.json", "tokenizer_config.json", "vocab.txt"][..]),
        ] {
            for file in files {
                std::fs::copy(testdata().join(from).join(file), folder.join(file)).unwrap();
            }
        }
        folder
    }

    /// The program in this place, with nothing of the outer environment that it reads.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trailmark"));
        command.current_dir(self.0.path());
        for name in ["HF_ENDPOINT", "HF_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE", "TRAILMARK_REPO"] {
            command.env_remove(name);
        }
        for name in ["TRAILMARK_CA_FILE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "TRAILMARK_TOKEN"] {
            command.env_remove(name);
        }
        for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env_remove(name);
        }
        command.env("HF_HOME", self.path("hf")).env("TRAILMARK_CACHE", self.path("cache"));
        command.env("HF_HUB_OFFLINE", "1");
        command
    }

    /// Runs the program with words that blanks part.
    pub fn run(&self, words: &str) -> Done {
        Done::of(self.command().args(words.split_whitespace()).output().unwrap())
    }

    /// Trains two steps on these questions and gives the output.
    pub fn train(&self, more: &str) -> Done {
        self.model();
        let file = questions();
        let file = file.display();
        self.run(&format!(
            "train --model model --train-file {file} --validation-file {file} --max_seq_length 96 --doc_stride 32 \
             --max_steps 2 --eval_strategy epoch --save_strategy epoch --logging_steps 1 --threads 1 {more}"
        ))
    }
}

impl Done {
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// Fails with this code, an error and a hint that hold these words, in few lines and without a panic.
    #[track_caller]
    pub fn fails(self, code: i32, error: &[&str], hint: &str) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        let errors: Vec<&str> = self.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(errors.len(), 1, "one error: {}", self.stderr);
        for words in error {
            assert!(self.stderr.contains(words), "want {words:?}: {}", self.stderr);
        }
        let hints = self.stderr.lines().filter(|line| line.starts_with("hint: "));
        assert!(hints.clone().any(|line| line.contains(hint)), "want a hint with {hint:?}: {}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }
}
