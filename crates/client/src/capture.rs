//! What a run remembers of where it ran: command line, environment, git, hardware, and the load of the machine.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sysinfo::{Disks, Networks, ProcessesToUpdate, System};
use trailmark_core::{At, Context, ParamValue, Params, Recorder, Value};

/// What stands in place of a secret.
const REDACTED: &str = "[redacted]";

/// Parts of names whose values are secrets.
const SECRET_NAMES: [&str; 14] = [
    "KEY",
    "TOKEN",
    "SECRET",
    "PASS",
    "_PWD",
    "CREDENTIAL",
    "AUTH",
    "BEARER",
    "COOKIE",
    "PRIVATE",
    "DSN",
    "SESSION",
    "SIGNATURE",
    "WEBHOOK",
];

/// Beginnings of words that are secrets wherever they stand.
const SECRET_WORDS: [&str; 14] = [
    "hf_",
    "sk-",
    "sk_live_",
    "rk_live_",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "AKIA",
    "ASIA",
    "xoxb-",
    "xoxp-",
    "eyJ",
];

/// Letters and digits in disorder of at least this length are taken for a secret.
const SECRET_LENGTH: usize = 32;

/// The value, unless name or value say that it is a secret; a password in a URL is cut out.
pub fn redact(name: &str, value: &str) -> String {
    let upper = name.to_uppercase();
    let is_secret = SECRET_NAMES.iter().any(|part| upper.contains(part)) || looks_secret(value);
    if is_secret { REDACTED.to_owned() } else { without_passwords(value) }
}

/// Whether a word of the value has the form of a secret: a known beginning, the head of a private key, or a long mixture
/// of upper and lower case and digits (hashes in hexadecimal are no secrets).
fn looks_secret(value: &str) -> bool {
    let is_random = |word: &str| {
        let has = |kind: fn(&u8) -> bool| word.bytes().filter(kind).count() >= 3;
        word.len() >= SECRET_LENGTH
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_lowercase)
            && has(u8::is_ascii_digit)
    };
    let is_separator = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '_' || letter == '-');
    value.contains("PRIVATE KEY-----")
        || value.split(is_separator).any(|word| {
            SECRET_WORDS.iter().any(|start| word.len() > start.len() + 2 && word.starts_with(start))
                || is_random(word)
        })
}

/// The text with every `scheme://user:password@host` cut to `scheme://[redacted]@host`.
fn without_passwords(value: &str) -> String {
    let mut result = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("://") {
        let end = after.find(|letter: char| "/?#,;'\"".contains(letter) || letter.is_whitespace());
        let (authority, tail) = after.split_at(end.unwrap_or(after.len()));
        result.push_str(before);
        result.push_str("://");
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                result.push_str(REDACTED);
                result.push('@');
                result.push_str(host);
            }
            None => result.push_str(authority),
        }
        rest = tail;
    }
    result + rest
}

/// The command line, with the values of secret-looking flags redacted.
pub fn arguments(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut hides = false;
    words
        .map(|word| {
            if std::mem::take(&mut hides) {
                return REDACTED.to_owned();
            }
            match word.split_once('=') {
                Some((name, value)) if !name.contains("://") => format!("{name}={}", redact(name, value)),
                _ => {
                    let upper = word.to_uppercase();
                    hides = word.starts_with('-') && SECRET_NAMES.iter().any(|part| upper.contains(part));
                    redact("", &word)
                }
            }
        })
        .collect()
}

/// A process as it says of itself, before anything is left out.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// Environment variables.
    pub variables: Vec<(String, String)>,
    /// The words of the command line.
    pub arguments: Vec<String>,
    /// The program's file; empty where it is not known.
    pub executable: String,
    /// The folder that it works in; empty where it is not known.
    pub folder: String,
    /// What it is made of: packages and their versions.
    pub packages: Vec<(String, String)>,
}

impl Program {
    /// This process.
    pub fn current() -> Self {
        let own = ("trailmark".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        // What the system does not tell is left out.
        let path = |path: std::io::Result<std::path::PathBuf>| path.unwrap_or_default();
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        Self {
            variables: std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect(),
            arguments: std::env::args_os().map(text).collect(),
            executable: text(path(std::env::current_exe()).into_os_string()),
            folder: text(path(std::env::current_dir()).into_os_string()),
            packages: vec![own],
        }
    }
}

/// Everything that is known before the first step, for `__system_params`.
pub fn environment() -> Params {
    environment_of(Program::current())
}

/// The same for a process that says itself what it is; this process's own environment is not looked at.
pub fn environment_of(program: Program) -> Params {
    let text = |text: String| ParamValue::Text(text);
    let map = |pairs: Vec<(String, String)>| {
        ParamValue::Map(pairs.into_iter().map(|(key, value)| (key, text(value))).collect())
    };
    let mut params = Params::new();
    let git = git(&program);
    let variables = program.variables.into_iter().map(|(name, value)| {
        let value = redact(&name, &value);
        (name, value)
    });
    params.insert("env_variables".to_owned(), map(variables.collect()));
    let words = arguments(program.arguments.into_iter());
    params.insert("arguments".to_owned(), ParamValue::List(words.into_iter().map(text).collect()));
    for (name, value) in [("executable", program.executable), ("cwd", program.folder)] {
        if !value.is_empty() {
            params.insert(name.to_owned(), text(value));
        }
    }
    params.insert("packages".to_owned(), map(program.packages));
    if !git.is_empty() {
        params.insert("git_info".to_owned(), ParamValue::Map(git));
    }
    params.insert("hardware".to_owned(), ParamValue::Map(hardware()));
    params
}

/// Branch, remote, commit (as Aim has them), author and whether there are changes; nothing outside a work tree or
/// without git.
fn git(program: &Program) -> Params {
    let ask = |arguments: &[&str]| -> Option<String> {
        let mut git = Command::new("git");
        git.env_clear().envs(program.variables.iter().map(|(name, value)| (name, value)));
        if !program.folder.is_empty() {
            git.current_dir(&program.folder);
        }
        // Asking must not write: another git may work here.
        let output = git.env("GIT_OPTIONAL_LOCKS", "0").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let mut params = Params::new();
    let Some(commit) = ask(&["log", "-1", "--format=%H%n%aI%n%an <%ae>"]) else { return params };
    let mut parts = Params::new();
    for (name, value) in ["hash", "timestamp", "author"].into_iter().zip(commit.lines()) {
        parts.insert(name.to_owned(), value.into());
        if name == "author" {
            params.insert(name.to_owned(), value.into());
        }
    }
    params.insert("commit".to_owned(), ParamValue::Map(parts));
    let more = [
        ("branch", ask(&["rev-parse", "--abbrev-ref", "HEAD"])),
        ("remote_origin_url", ask(&["remote", "get-url", "origin"]).map(|url| without_passwords(&url))),
        ("is_dirty", ask(&["status", "--porcelain"]).map(|changes| (!changes.is_empty()).to_string())),
    ];
    let more = more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), ParamValue::from(value?))));
    params.extend(more);
    params
}

fn hardware() -> Params {
    let mut params = Params::new();
    // What the system does not tell is left out.
    let Ok(mut system) = System::new() else { return params };
    system.refresh_memory();
    system.refresh_cpu_usage();
    let cpu = system.cpus().first().map(|cpu| cpu.brand().to_owned()).unwrap_or_default();
    params.insert("cpu".to_owned(), ParamValue::Text(cpu));
    params.insert("cpu_count".to_owned(), ParamValue::Int(system.cpus().len() as i64));
    params.insert("memory_bytes".to_owned(), ParamValue::Int(system.total_memory() as i64));
    let os = System::long_os_version().unwrap_or_default();
    params.insert("os".to_owned(), ParamValue::Text(os));
    params.insert("hostname".to_owned(), ParamValue::Text(System::host_name().unwrap_or_default()));
    let gpus = nvml_wrapper::Nvml::init().map(|nvml| {
        let count = nvml.device_count().unwrap_or(0);
        let name = |index| nvml.device_by_index(index).and_then(|device| device.name()).unwrap_or_default();
        (0..count).map(|index| ParamValue::Text(name(index))).collect()
    });
    // Without a driver there is nothing to tell.
    params.insert("gpus".to_owned(), ParamValue::List(gpus.unwrap_or_default()));
    params
}

/// A thread that tracks the machine's load as `__system__*` until it is dropped.
#[derive(Debug)]
pub struct SystemSampler {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl SystemSampler {
    /// Samples every `interval`, the first time after a second.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(recorder: Arc<dyn Recorder>, interval: Duration) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let work = move || {
            let Some(mut machine) = Machine::new() else { return };
            let mut next = Instant::now() + Duration::from_secs(1).min(interval);
            while !stopped.load(Ordering::Relaxed) {
                if Instant::now() >= next {
                    machine.track(&*recorder);
                    next = Instant::now() + interval;
                }
                std::thread::park_timeout(Duration::from_millis(200));
            }
        };
        let thread = std::thread::Builder::new().name("system-sampler".to_owned()).spawn(work)?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for SystemSampler {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A sampler that panicked has nothing more to say.
            let _ = thread.join();
        }
    }
}

struct Machine {
    system: System,
    networks: Networks,
    disks: Disks,
    nvml: Option<nvml_wrapper::Nvml>,
    since: Instant,
}

impl Machine {
    /// Nothing on a system that cannot be sampled.
    fn new() -> Option<Self> {
        Some(Self {
            system: System::new().ok()?,
            networks: Networks::new_with_refreshed_list().ok()?,
            disks: Disks::new_with_refreshed_list().ok()?,
            nvml: nvml_wrapper::Nvml::init().ok(),
            since: Instant::now(),
        })
    }

    fn track(&mut self, recorder: &dyn Recorder) {
        let secs = self.since.elapsed().as_secs_f64().max(1e-3);
        self.since = Instant::now();
        self.system.refresh_cpu_usage();
        self.system.refresh_memory();
        self.networks.refresh(true);
        self.disks.refresh(true);
        let mut numbers: Vec<(&str, f64)> = Vec::new();
        if let Ok(pid) = sysinfo::get_current_pid() {
            self.system.refresh_processes(ProcessesToUpdate::Some(&[pid]), true);
            if let Some(process) = self.system.process(pid) {
                let share = 100.0 * process.memory() as f64 / self.system.total_memory().max(1) as f64;
                numbers.push(("__system__cpu", f64::from(process.cpu_usage())));
                numbers.push(("__system__p_memory_percent", share));
                let disk = process.disk_usage();
                numbers.push(("__system__disk_read_bytes_per_sec", disk.read_bytes as f64 / secs));
                numbers.push(("__system__disk_written_bytes_per_sec", disk.written_bytes as f64 / secs));
            }
        }
        let used = 100.0 * self.system.used_memory() as f64 / self.system.total_memory().max(1) as f64;
        numbers.push(("__system__memory_percent", used));
        numbers.push(("__system__machine_cpu_percent", f64::from(self.system.global_cpu_usage())));
        let root = self.disks.iter().find(|disk| disk.mount_point() == std::path::Path::new("/"));
        if let Some(disk) = root.or(self.disks.iter().next()) {
            let free = disk.available_space() as f64 / disk.total_space().max(1) as f64;
            numbers.push(("__system__disk_percent", 100.0 * (1.0 - free)));
        }
        // What a machine says to itself is no traffic.
        let outside = self.networks.iter().filter(|(name, _)| *name != "lo" && *name != "lo0");
        let bytes = outside.fold((0, 0), |(sent, received), (_, network)| {
            (sent + network.transmitted(), received + network.received())
        });
        numbers.push(("__system__network_sent_bytes_per_sec", bytes.0 as f64 / secs));
        numbers.push(("__system__network_received_bytes_per_sec", bytes.1 as f64 / secs));
        for (name, number) in numbers {
            recorder.track(name, &Context::empty(), At::default(), Value::Float(number));
        }
        self.track_gpus(recorder);
    }

    fn track_gpus(&self, recorder: &dyn Recorder) {
        let Some(nvml) = &self.nvml else { return };
        for index in 0..nvml.device_count().unwrap_or(0) {
            let Ok(device) = nvml.device_by_index(index) else { continue };
            let context = Context::empty().with("gpu", i64::from(index));
            let track = |name: &str, number: Option<f64>| {
                if let Some(number) = number {
                    recorder.track(name, &context, At::default(), Value::Float(number));
                }
            };
            // A figure that a device does not give is left out.
            track("__system__gpu", device.utilization_rates().ok().map(|rates| f64::from(rates.gpu)));
            let memory = device.memory_info().ok();
            let share = memory.map(|memory| 100.0 * memory.used as f64 / memory.total.max(1) as f64);
            track("__system__gpu_memory_percent", share);
            track("__system__gpu_power_watts", device.power_usage().ok().map(|milli| f64::from(milli) / 1e3));
            let sensor = nvml_wrapper::enum_wrappers::device::TemperatureSensor::Gpu;
            track("__system__gpu_temp", device.temperature(sensor).ok().map(f64::from));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_redacted_by_name_and_by_value() {
        for (name, value, want) in [
            ("HF_TOKEN", "x", REDACTED),
            ("aws_secret_access_key", "x", REDACTED),
            ("PGPASSWORD", "x", REDACTED),
            ("DB_PWD", "x", REDACTED),
            ("HARMLESS", "ghp_abc", REDACTED),
            ("HEADER", "Authorization: Basic hf_abcdefgh", REDACTED),
            ("OPAQUE", "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF", REDACTED),
            (
                "COMMIT",
                "0d2f216aa1b2c3d4e5f60718293a4b5c6d7e8f90",
                "0d2f216aa1b2c3d4e5f60718293a4b5c6d7e8f90",
            ),
            ("PATH", "/bin", "/bin"),
            ("PWD", "/home/me", "/home/me"),
            ("TASK", "task-3 skip-it", "task-3 skip-it"),
            ("PROXY", "http://me:word@host:1/x", "http://[redacted]@host:1/x"),
            ("TWO", "http://a:b@c/d, https://e@f?g@h", "http://[redacted]@c/d, https://[redacted]@f?g@h"),
            ("PLAIN", "http://host/a@b", "http://host/a@b"),
        ] {
            assert_eq!(redact(name, value), want, "{name}");
        }
        let words = ["HF_TOKEN=abc", "seed=1"].map(str::to_owned);
        assert_eq!(arguments(words.into_iter()), ["HF_TOKEN=[redacted]", "seed=1"]);
        let words = ["run", "--api-key", "abc", "--token=abc", "--seed=1"].map(str::to_owned);
        assert_eq!(
            arguments(words.into_iter()),
            ["run", "--api-key", REDACTED, "--token=[redacted]", "--seed=1"]
        );
    }
}
