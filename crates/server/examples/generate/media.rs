//! A run with values of every kind, and one with what nobody means to record: damaged files, markup in captions.

use std::path::Path;

use trailmark_core::{
    Artifact, Audio, Context, Distribution, Edit, End, Figure, Image, Kept, LogLine, LogRecord, ParamValue,
    Stream, Value,
};
use trailmark_store::{Record, Repository};

use crate::picture::{PHOTO, calibration, confusion, gif, png, wav};
use crate::scenario::now;
use crate::writer::{Dice, Writer};

/// Steps with pictures, sounds and figures.
const N_STEPS: i64 = 12;

/// The two runs.
pub(crate) fn media(folder: &Path) {
    let repository = Repository::open_or_create(folder).unwrap();
    let mut dice = Dice(11);
    let begin = now() - 5400.0;
    every_kind(&repository, Writer::begin(&repository, begin, &mut dice), &mut dice);
    spoilt(&repository, Writer::begin(&repository, begin + 1800.0, &mut dice));
}

fn keep(repository: &Repository, bytes: &[u8]) -> Kept {
    Kept { id: repository.put_blob(bytes).unwrap(), n_bytes: bytes.len() as u64 }
}

fn image(repository: &Repository, bytes: &[u8], format: &str, size: (u32, u32), caption: &str) -> Value {
    Value::Image(Box::new(Image {
        file: keep(repository, bytes),
        format: format.to_owned(),
        width: size.0,
        height: size.1,
        caption: caption.to_owned(),
    }))
}

fn audio(repository: &Repository, bytes: &[u8], format: &str, caption: &str) -> Value {
    let (format, caption) = (format.to_owned(), caption.to_owned());
    Value::Audio(Box::new(Audio { file: keep(repository, bytes), format, caption }))
}

fn figure(repository: &Repository, json: &str, caption: &str) -> Value {
    Value::Figure(Box::new(Figure { file: keep(repository, json.as_bytes()), caption: caption.to_owned() }))
}

fn every_kind(repository: &Repository, mut run: Writer, dice: &mut Dice) {
    run.edit(Edit::Name("vivid-heron".to_owned()));
    run.edit(Edit::Experiment("read-pages".to_owned()));
    run.param(&["hparams", "learning_rate"], 0.0003);
    run.param(&["model"], "layout-reader-small");
    for n in 0..N_STEPS {
        let at = (n * 50, Some(n as f64 / 4.0));
        run.now += 60.0;
        let share = n as f64 / (N_STEPS - 1) as f64;
        run.number("loss", &Context::subset("train"), at, 3.0 * (-2.5 * share).exp() + 0.05 * dice.normal());
        pictures(repository, &mut run, at, share);
        sounds(repository, &mut run, at, share);
        let eval = Context::subset("eval");
        let matrix = figure(repository, &confusion(share, "Kinds of answers"), "");
        run.track("confusion", &eval, at, matrix);
        run.track("calibration", &eval, at, figure(repository, &calibration(share), "eval, 240 questions"));
        run.flush();
    }
    histograms(&mut run, dice);
    messages(&mut run, dice);
    files(repository, &mut run);
    run.end(Some(End::Finished));
}

fn pictures(repository: &Repository, run: &mut Writer, at: (i64, Option<f64>), share: f64) {
    // Four pages in which a reader learns where to look.
    let pages = (0..4u32).map(|page| {
        let bytes = png(160, 112, |x, y| {
            let is_line = y % 14 < 4 && x > 12 && x < 148 - (y / 14 * 37 + page * 11) % 60;
            let paper = if is_line { 70.0 } else { 236.0 };
            let (dx, dy) =
                (f64::from(x) - 40.0 - 24.0 * f64::from(page), f64::from(y) - 30.0 - 14.0 * f64::from(page));
            let wide = 400.0 + 6000.0 * (1.0 - share);
            let glow = 0.25 + 0.75 * share;
            let heat = glow * (-(dx * dx + 3.0 * dy * dy) / wide).exp();
            let mix = |light: f64| (paper * (1.0 - heat) + light * heat) as u8;
            [mix(255.0), mix(130.0), mix(20.0)]
        });
        image(repository, &bytes, "png", (160, 112), &format!("page {}: where it looks", page + 1))
    });
    run.track("pages", &Context::subset("eval"), at, Value::List(pages.collect()));
    let shades = png(16, 12, |x, y| {
        let wave = (f64::from(x) * (0.3 + share) + f64::from(y)).sin() * 0.5 + 0.5;
        [(40.0 + 200.0 * wave) as u8, (60.0 + 120.0 * share) as u8, (220.0 - 180.0 * wave) as u8]
    });
    for layer in [2i64, 5] {
        let context = Context::empty().with("layer", layer);
        run.track("attention", &context, at, image(repository, &shades, "png", (16, 12), "head 0"));
    }
    if at.0 == 0 {
        let spinner = gif(48, 6, |frame, x, y| ((usize::from(x / 8) + usize::from(y / 8) + frame) % 4) as u8);
        let first = [
            image(repository, PHOTO, "jpeg", (96, 64), "first page of the corpus"),
            image(repository, &spinner, "gif", (0, 0), "reading order"),
        ];
        run.track("corpus", &Context::empty(), at, Value::List(first.to_vec()));
    }
}

fn sounds(repository: &Repository, run: &mut Writer, at: (i64, Option<f64>), share: f64) {
    let voices = [("low", 180.0), ("high", 320.0)].map(|(word, hertz)| {
        let bytes = wav(8000, 1.2, |secs| {
            let tone = (std::f64::consts::TAU * hertz * secs * (1.0 + 0.2 * share * secs)).sin();
            let noise = ((secs * 91_237.0).sin() * 43_758.545).fract();
            0.6 * (share * tone + (1.0 - share) * noise) * (-1.5 * secs).exp()
        });
        audio(repository, &bytes, "wav", &format!("“read it aloud”, {word} voice"))
    });
    run.track("spoken answer", &Context::subset("eval"), at, Value::List(voices.to_vec()));
}

fn histograms(run: &mut Writer, dice: &mut Dice) {
    for step in 0..60i64 {
        let share = step as f64 / 59.0;
        for layer in 0..3i64 {
            let (centre, width) = (0.4 * share * (layer as f64 - 1.0), 0.5 - 0.3 * share);
            let weights = (0..64).map(|bin| {
                let x = -2.0 + (f64::from(bin) + 0.5) / 16.0;
                let bell = (-(x - centre).powi(2) / (2.0 * width * width)).exp() / width;
                (2000.0 * bell * (1.0 + 0.05 * dice.normal())).max(0.0).round()
            });
            let context = Context::empty().with("layer", layer);
            let distribution = Distribution { low: -2.0, high: 2.0, weights: weights.collect() };
            run.track("weights", &context, (step * 10, None), Value::Distribution(Box::new(distribution)));
        }
        // Gradients whose range shrinks from step to step.
        let most = 10f64.powf(1.0 - 3.0 * share);
        let weights = (0..40).map(|bin| (300.0 * (-(f64::from(bin) - 19.5).abs() / 4.0).exp()).round());
        let gradients = Distribution { low: -most, high: most, weights: weights.collect() };
        run.track(
            "gradients",
            &Context::empty(),
            (step * 10, None),
            Value::Distribution(Box::new(gradients)),
        );
    }
}

fn messages(run: &mut Writer, dice: &mut Dice) {
    for n in 0..400i64 {
        run.now += 0.3;
        let (level, message) = match n % 50 {
            49 => (
                40,
                format!(
                    "worker {} lost its page, trying again\nTraceback (most recent call last):\n  File \"read.py\", line 88, in load",
                    n % 7
                ),
            ),
            21 | 33 => (30, format!("slow batch: {:.1} s", 2.0 + dice.unit())),
            5 | 15 | 25 => (10, format!("cache holds {} pages", 40 + n)),
            _ => (20, format!("batch {n} of 400 done, {:.1} pages/s", 90.0 + 9.0 * dice.unit())),
        };
        let mut extra = trailmark_core::Params::new();
        if level >= 30 {
            extra.insert("batch".to_owned(), ParamValue::Int(n));
            extra.insert("host".to_owned(), ParamValue::Text("node-3".to_owned()));
        }
        let origin =
            Some((if level >= 30 { "read.py" } else { "train.py" }.to_owned(), 80 + (n % 50) as u32));
        let record = LogRecord { level, message, extra, origin };
        run.track("__log_records", &Context::empty(), (n, None), Value::LogRecord(Box::new(record)));
    }
    let last = LogLine { stream: Stream::Stdout, text: "done in 13m 2s".to_owned() };
    run.track("logs", &Context::empty(), (0, None), Value::Log(last));
}

fn files(repository: &Repository, run: &mut Writer) {
    let weights: Vec<u8> = (0..300_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for (name, bytes) in [
        ("model/weights.bin", weights.as_slice()),
        ("model/config.json", br#"{"layers": 6, "heads": 8}"#),
        ("model/tokenizer/vocab.txt", b"[PAD]\n[UNK]\nthe\nof\n"),
        ("report.html", b"<!doctype html><title>Report</title><script>window.injected='report'</script>"),
        ("notes/reading order.md", b"# Reading order\n\nColumns first.\n"),
    ] {
        let artifact = Artifact { file: Some(keep(repository, bytes)), uri: String::new() };
        run.push(Record::Artifact { name: name.to_owned(), artifact });
    }
    let elsewhere = Artifact { file: None, uri: "s3://pages/raw/2026-11.tar".to_owned() };
    run.push(Record::Artifact { name: "corpus/raw.tar".to_owned(), artifact: elsewhere });
}

/// Would set a variable of the page if it were read as markup.
fn markup(place: &str) -> String {
    format!("\"><img src=x onerror=\"window.injected='{place}'\"><script>window.injected='{place}'</script>")
}

fn spoilt(repository: &Repository, mut run: Writer) {
    run.edit(Edit::Name("spoilt-media".to_owned()));
    run.edit(Edit::Experiment("read-pages".to_owned()));
    let context = Context::empty().with("part", markup("context"));
    let good = png(24, 24, |x, y| if (x / 6 + y / 6) % 2 == 0 { [30, 60, 120] } else { [240, 200, 90] });
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' onload=\"window.injected='svg'\"><script>window.injected='svg'</script></svg>";
    let pictures = [
        image(repository, &good, "png", (24, 24), &markup("caption")),
        image(repository, b"\x89PNG\r\n\x1a\nthis is no picture", "png", (64, 64), "cut off"),
        image(repository, svg.as_bytes(), "svg", (10, 10), "a document"),
        image(repository, &good, &markup("format"), (24, 24), "of no known format"),
    ];
    run.track(&markup("image name"), &context, (0, None), Value::List(pictures.to_vec()));
    let lost = Kept { id: trailmark_core::ContentId::of(b"kept nowhere"), n_bytes: 9 };
    let lost =
        Image { file: lost, format: "png".to_owned(), width: 0, height: 0, caption: "lost".to_owned() };
    run.track("lost", &Context::empty(), (0, None), Value::Image(Box::new(lost)));
    run.track("sound", &context, (0, None), audio(repository, b"no sound at all", "wav", &markup("sound")));
    let js = r#"{"data":[{"type":"bar","x":["<a href=\"javascript:window.injected='link'\">a</a>"],"y":[1],"text":["<img src=x onerror=window.injected='text'>"]}],
        "layout":{"title":{"text":"<script>window.injected='title'</script>"},"images":[{"source":"http://elsewhere.example/x.png","x":0,"y":1,"sizex":1,"sizey":1}]}}"#;
    for (name, json) in [
        ("good figure", confusion(1.0, "fine").as_str()),
        ("figure of markup", js),
        ("figure cut off", r#"{"data": [{"type": "scatter", "x": [1, 2"#),
        ("figure of nothing", "[]"),
        ("figure of wrong kinds", r#"{"data": {"type": 5}, "layout": "wide"}"#),
    ] {
        run.track(name, &context, (0, None), figure(repository, json, &markup("figure caption")));
    }
    for (step, distribution) in [
        Distribution { low: f64::NAN, high: f64::INFINITY, weights: vec![1.0, 2.0] },
        Distribution { low: 1.0, high: 1.0, weights: vec![5.0] },
        Distribution { low: 0.0, high: 1.0, weights: Vec::new() },
        Distribution { low: 0.0, high: 1.0, weights: vec![f64::NAN, -1.0, f64::INFINITY, 3.0] },
    ]
    .into_iter()
    .enumerate()
    {
        let value = Value::Distribution(Box::new(distribution));
        run.track(&markup("distribution"), &context, (step as i64, None), value);
    }
    let mut extra = trailmark_core::Params::new();
    extra.insert(markup("extra key"), ParamValue::Text(markup("extra")));
    let record =
        LogRecord { level: 40, message: markup("message"), extra, origin: Some((markup("file"), 1)) };
    run.track("__log_records", &Context::empty(), (0, None), Value::LogRecord(Box::new(record)));
    let file = Artifact { file: Some(keep(repository, b"x")), uri: String::new() };
    run.push(Record::Artifact { name: format!("folder/{}", markup("artifact")), artifact: file });
    let script = Artifact { file: None, uri: "javascript:window.injected='uri'".to_owned() };
    run.push(Record::Artifact { name: "elsewhere".to_owned(), artifact: script });
    run.end(Some(End::Finished));
}
