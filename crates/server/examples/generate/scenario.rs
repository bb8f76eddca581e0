//! The repositories: what happens in their runs.

use std::path::Path;
use std::time::SystemTime;

use trailmark_core::{
    Answer, Candidate, ContentId, Context, Edit, End, LogLine, ParamValue, Params, Stream, Value, WallTime,
};
use trailmark_store::{Record, Repository};

use crate::words::{self, Question};
use crate::writer::{Dice, Writer};

const DAY: f64 = 86_400.0;

pub(crate) fn now() -> f64 {
    WallTime::from(SystemTime::now()).unix_secs()
}

/// What a run of the grid is given.
struct Plan {
    batch_size: i64,
    learning_rate: f64,
    epochs: usize,
    steps_per_epoch: i64,
    logging_steps: i64,
}

/// Six runs, batch size × learning rate, five epochs.
pub(crate) fn reference(folder: &Path) {
    let repository = Repository::open_or_create(folder).unwrap();
    let (paragraphs, questions) = words::paragraphs(48);
    let mut dice = Dice(42);
    let mut begin = now() - 6.0 * 3600.0;
    for batch_size in [16, 32] {
        for learning_rate in [0.004, 0.0004, 0.00004] {
            let steps_per_epoch = 43_800 / batch_size;
            let plan = Plan { batch_size, learning_rate, epochs: 5, steps_per_epoch, logging_steps: 500 };
            let mut run = Writer::begin(&repository, begin, &mut dice);
            run.edit(Edit::Name(words::name(&mut dice)));
            run.edit(Edit::Experiment("squad-distilbert".to_owned()));
            describe(&mut run, &plan);
            let kept = Kept::new(&repository, &mut run, &paragraphs, &questions);
            train(&mut run, &plan, Some(&kept), &mut dice);
            ask(&mut run, &mut dice);
            begin = run.now + 20.0;
            if learning_rate > 0.001 {
                run.edit(Edit::AddTag("diverged".to_owned()));
            }
            run.end(Some(End::Finished));
        }
    }
}

/// Many runs of several experiments, most of them finished.
pub(crate) fn many(folder: &Path, n_runs: usize, n_steps: usize) {
    let repository = Repository::open_or_create(folder).unwrap();
    let mut dice = Dice(1);
    let experiments = ["squad-distilbert", "squad-minilm", "news-qa", "ablation-dropout", "baseline"];
    let mut begin = now() - 300.0 * DAY;
    for index in 0..n_runs {
        begin += 290.0 * DAY / n_runs as f64 * (0.5 + dice.unit());
        let mut run = Writer::begin(&repository, begin, &mut dice);
        run.edit(Edit::Name(words::name(&mut dice)));
        run.edit(Edit::Experiment(experiments[dice.below(experiments.len())].to_owned()));
        let plan = Plan {
            batch_size: [8, 16, 32, 64][dice.below(4)],
            learning_rate: [4e-3, 4e-4, 4e-5, 2e-5][dice.below(4)],
            epochs: 5,
            steps_per_epoch: (n_steps / 5).max(1) as i64,
            logging_steps: 1,
        };
        describe(&mut run, &plan);
        if dice.unit() < 0.2 {
            run.edit(Edit::AddTag(["candidate", "paper", "bad-data"][dice.below(3)].to_owned()));
        }
        train(&mut run, &plan, None, &mut dice);
        run.end(match index % 20 {
            3 => Some(End::Failed {
                exit_code: Some(1),
                message: "out of memory: tried to allocate 2.1 GB".to_owned(),
            }),
            7 => Some(End::Killed { signal: 2 }),
            11 => None,
            _ => Some(End::Finished),
        });
    }
}

/// Many curves of one metric, for the chart; each run has `n_curves` of them, one a layer where there are several.
pub(crate) fn wide(folder: &Path, n_runs: usize, n_curves: usize, n_steps: usize) {
    let repository = Repository::open_or_create(folder).unwrap();
    let mut dice = Dice(9);
    let begin = now() - 2.0 * DAY;
    for index in 0..n_runs {
        let mut run = Writer::begin(&repository, begin + index as f64 * 60.0, &mut dice);
        run.edit(Edit::Name(words::name(&mut dice)));
        run.edit(Edit::Experiment("wide".to_owned()));
        let rate = 10f64.powf(-5.0 + 3.0 * dice.unit());
        run.param(&["hparams", "learning_rate"], rate);
        run.param(&["hparams", "per_device_train_batch_size"], [8, 16, 32][dice.below(3)]);
        let (floor, speed) = (0.3 + dice.unit(), 2.0 + 6.0 * dice.unit());
        for step in 0..n_steps {
            run.now += 0.4;
            let share = step as f64 / n_steps as f64;
            let loss = floor + 5.0 * (-speed * share).exp() + 0.08 * dice.normal();
            let at = (step as i64, Some(5.0 * share));
            for layer in 0..n_curves {
                let train = Context::subset("train");
                let context = if n_curves > 1 { train.with("layer", layer as i64) } else { train };
                run.number("loss", &context, at, (loss + 0.1 * layer as f64).max(0.01));
            }
        }
        run.end(Some(End::Finished));
    }
}

/// One run with a long terminal log.
pub(crate) fn logs(folder: &Path, n_lines: usize) {
    let repository = Repository::open_or_create(folder).unwrap();
    let mut dice = Dice(5);
    let mut run = Writer::begin(&repository, now() - DAY, &mut dice);
    run.edit(Edit::Name("long-log".to_owned()));
    for line in 0..n_lines {
        run.now += 0.05;
        if line % 100 == 0 {
            let step = line as i64 / 100;
            run.number("loss", &Context::subset("train"), (step, None), 1.0 / (1.0 + step as f64));
        }
        let text = match line % 1000 {
            999 => format!("\u{1b}[31mERROR\u{1b}[0m worker {} lost its connection, trying again", line % 7),
            500 => format!("\u{1b}[33mWARNING\u{1b}[0m slow batch: {:.1} s", 2.0 + dice.unit()),
            _ => format!(
                "step {line}: loss {:.4}, {:.1} samples/s",
                1.0 + dice.unit(),
                90.0 + 9.0 * dice.unit()
            ),
        };
        log(&mut run, line as i64, Stream::Stdout, text);
    }
    run.end(Some(End::Finished));
}

fn log(run: &mut Writer, line: i64, stream: Stream, text: String) {
    run.track("logs", &Context::empty(), (line, None), Value::Log(LogLine { stream, text }));
}

fn describe(run: &mut Writer, plan: &Plan) {
    let max_steps = plan.epochs as i64 * plan.steps_per_epoch;
    run.param(&["hparams", "learning_rate"], plan.learning_rate);
    run.param(&["hparams", "per_device_train_batch_size"], plan.batch_size);
    run.param(&["hparams", "num_train_epochs"], plan.epochs as f64);
    run.param(&["hparams", "max_steps"], max_steps);
    run.param(&["hparams", "weight_decay"], 0.01);
    run.param(&["hparams", "warmup_ratio"], 0.0);
    run.param(&["hparams", "max_seq_length"], 384i64);
    run.param(&["hparams", "doc_stride"], 128i64);
    run.param(&["hparams", "pad_to"], "max_length");
    run.param(&["hparams", "lr_scheduler_type"], "linear");
    run.param(&["hparams", "seed"], 42i64);
    run.param(&["hparams", "metric_for_best_model"], ParamValue::None);
    run.param(&["model"], "distilbert-base-uncased");
    run.param(&["data", "n_train_questions"], 43_800i64);
    run.param(&["data", "n_eval_questions"], 240i64);
    let text = |text: &str| ParamValue::Text(text.to_owned());
    let packages: Params = [("torch", "2.9.0"), ("transformers", "4.57.1"), ("trailmark", "0.1.0")]
        .map(|(name, version)| (name.to_owned(), text(version)))
        .into();
    let hardware: Params = [
        ("cpu", text("AMD EPYC 7763")),
        ("cpu_count", 16i64.into()),
        ("memory_bytes", 67_108_864_000i64.into()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let git: Params =
        [("branch", "main"), ("commit", "3f1c9a2e7b"), ("remote_origin_url", "git@example.org:qa/train.git")]
            .map(|(name, value)| (name.to_owned(), text(value)))
            .into();
    let system: Params = [
        ("arguments", vec!["train.py", "--epochs", "5"].into()),
        ("executable", text("/usr/bin/python3")),
        ("cwd", text("/home/ada/qa")),
        ("packages", packages.into()),
        ("hardware", hardware.into()),
        ("git_info", git.into()),
        ("env_variables", Params::from([("CUDA_VISIBLE_DEVICES".to_owned(), text("0"))]).into()),
    ]
    .map(|(name, value): (&str, ParamValue)| (name.to_owned(), value))
    .into();
    run.param(&["__system_params"], system);
}

/// How good a run is at a share of its time: loss of training and evaluation, chance of a right answer.
fn quality(plan: &Plan, share: f64) -> (f64, f64, f64) {
    let blind = 384f64.ln();
    if plan.learning_rate > 1e-3 {
        return (blind - 0.02, blind - 0.01, 0.01);
    }
    let speed = if plan.learning_rate > 1e-4 { 9.0 } else { 5.0 };
    let floor = if plan.learning_rate > 1e-4 { 1.35 } else { 0.75 };
    let train = floor + (blind - floor) * (-speed * share).exp() - 0.35 * share;
    // From the third epoch on a small rate learns by heart.
    let overfit = (share - 0.5).max(0.0) * if plan.learning_rate > 1e-4 { 0.2 } else { 0.9 };
    let eval = floor + 0.25 + (blind - floor) * (-speed * share).exp() + overfit;
    let best = if plan.learning_rate > 1e-4 { 0.42 } else { 0.66 } + plan.batch_size as f64 * 2e-4;
    (train.max(0.05), eval, best * (1.0 - (-6.0 * share).exp()) - 0.03 * overfit)
}

fn train(run: &mut Writer, plan: &Plan, kept: Option<&Kept<'_>>, dice: &mut Dice) {
    let (train, eval) = (Context::subset("train"), Context::subset("eval"));
    let max_steps = plan.epochs as i64 * plan.steps_per_epoch;
    let begin = run.now;
    // One run in fifty meets a NaN.
    let nan_at = if kept.is_none() && dice.unit() < 0.02 { max_steps / 2 } else { i64::MAX };
    let mut lines = 0;
    let mut next_sample = run.now;
    let mut system_step = 0;
    let mut say = |run: &mut Writer, stream: Stream, text: String| {
        log(run, lines, stream, text);
        lines += 1;
    };
    say(
        run,
        Stream::Stderr,
        format!("\u{1b}[1mTraining\u{1b}[0m {max_steps} steps, batch size {}", plan.batch_size),
    );
    for step in 1..=max_steps {
        run.now += 0.18 * (1.0 + 0.2 * dice.unit()) * plan.batch_size as f64 / 16.0;
        let at = (step, Some(step as f64 / plan.steps_per_epoch as f64));
        let share = step as f64 / max_steps as f64;
        let (loss, eval_loss, right) = quality(plan, share);
        if step % plan.logging_steps == 0 || step == max_steps {
            let loss = if step >= nan_at { f64::NAN } else { loss * (1.0 + 0.04 * dice.normal()) };
            run.number("loss", &train, at, loss);
            run.number("grad_norm", &train, at, 4.0 + 2.0 * dice.normal().abs());
            run.number("learning_rate", &train, at, plan.learning_rate * (1.0 - share));
            if kept.is_some() {
                say(
                    run,
                    Stream::Stdout,
                    format!("step {step}/{max_steps}: \u{1b}[32mloss {loss:.4}\u{1b}[0m"),
                );
            }
        }
        if step % plan.steps_per_epoch == 0 {
            let f1 = 100.0 * (right + 0.08).min(1.0) + 0.3 * dice.normal();
            run.number("loss", &eval, at, eval_loss * (1.0 + 0.01 * dice.normal()));
            if let Some(kept) = kept {
                kept.answer(run, at, right, dice);
                let text = format!("epoch {:.0}: eval loss {eval_loss:.4}", at.1.unwrap_or_default());
                say(run, Stream::Stderr, text);
            } else {
                run.number("f1", &eval, at, f1.max(0.0));
                run.number("exact_match", &eval, at, (100.0 * right + 0.3 * dice.normal()).max(0.0));
            }
        }
        if kept.is_some() && run.now >= next_sample {
            next_sample = run.now + 10.0;
            let at = (system_step, None);
            system_step += 1;
            run.number("__system__cpu", &Context::empty(), at, 96.0 + 3.0 * dice.normal());
            run.number("__system__memory_percent", &Context::empty(), at, 41.0 + (run.now - begin) / 400.0);
            let gpu = Context::empty().with("gpu", 0i64);
            run.number("__system__gpu", &gpu, at, (93.0 + 4.0 * dice.normal()).clamp(0.0, 100.0));
        }
        if step == nan_at {
            say(run, Stream::Stderr, format!("\u{1b}[31mwarning\u{1b}[0m: loss is nan at step {step}"));
        }
    }
}

/// Questions asked of the trained model, kept as texts by their contexts.
fn ask(run: &mut Writer, dice: &mut Dice) {
    let (paragraphs, questions) = words::paragraphs(12);
    for (index, paragraph) in paragraphs.iter().enumerate() {
        let context = Context::empty().with("context", paragraph.as_str());
        for (step, question) in questions.iter().filter(|q| q.paragraph == index).take(3).enumerate() {
            run.now += 0.05;
            let found = if dice.unit() < 0.75 {
                slice(paragraph, question.start, question.end)
            } else {
                slice(paragraph, 0, 20)
            };
            run.track("question", &context, (step as i64, None), Value::Text(question.text.clone()));
            run.track("answer", &context, (step as i64, None), Value::Text(found));
        }
    }
}

fn slice(text: &str, start: usize, end: usize) -> String {
    text.chars().skip(start).take(end - start).collect()
}

/// The evaluation part of a run.
struct Kept<'a> {
    paragraphs: &'a [String],
    questions: &'a [Question],
    ids: Vec<ContentId>,
}

impl<'a> Kept<'a> {
    fn new(
        repository: &Repository,
        run: &mut Writer,
        paragraphs: &'a [String],
        questions: &'a [Question],
    ) -> Self {
        let texts: Vec<&str> =
            paragraphs.iter().map(String::as_str).chain(questions.iter().map(|q| q.text.as_str())).collect();
        let pack = repository.put_texts(&texts).unwrap();
        run.push(Record::Texts { pack });
        let ids: Vec<ContentId> = texts.iter().map(ContentId::of).collect();
        run.push(Record::Paragraphs { subset: "eval".to_owned(), ids: ids[..paragraphs.len()].to_vec() });
        // A row-wise split: three evaluation paragraphs were trained on.
        let mut train: Vec<ContentId> = (0..400).map(|n| ContentId::of(format!("paragraph {n}"))).collect();
        train.extend(ids.iter().take(3));
        run.push(Record::Paragraphs { subset: "train".to_owned(), ids: train });
        Self { paragraphs, questions, ids }
    }

    fn answer(&self, run: &mut Writer, at: (i64, Option<f64>), right: f64, dice: &mut Dice) {
        let eval = Context::subset("eval");
        let (mut em, mut f1) = (0.0, 0.0);
        for (index, question) in self.questions.iter().enumerate() {
            let paragraph = &self.paragraphs[question.paragraph];
            // The same questions stay hard from epoch to epoch.
            let hardness = Dice(index as u64).unit() + 0.12 * dice.normal();
            let length = paragraph.chars().count();
            let (start, end, score) = if hardness < right {
                (question.start, question.end, (1.0, 1.0))
            } else if hardness < right + 0.12 {
                let from = question.start.saturating_sub(8);
                (from, question.end, (0.0, 0.5))
            } else {
                let from = dice.below(length.saturating_sub(20).max(1));
                (from, from + 12, (0.0, 0.0))
            };
            em += score.0;
            f1 += score.1;
            let candidate = |start: usize, end: usize, score: f64| Candidate {
                text: slice(paragraph, start, end),
                start: start as u32,
                end: end as u32,
                score,
            };
            let others = (0..4).map(|place| {
                let from = dice.below(length.saturating_sub(20).max(1));
                candidate(from, from + 10, 0.2 / (1.0 + f64::from(place)))
            });
            let others = others.collect();
            let answer = Answer {
                question_key: question.key.clone(),
                question: self.ids[self.paragraphs.len() + index],
                context: self.ids[question.paragraph],
                golds: vec![slice(paragraph, question.start, question.end)],
                best: candidate(start, end, 0.3 + 0.6 * dice.unit()),
                null_score: Some(0.02),
                exact_match: score.0,
                f1: score.1,
                millis: 3.0 + dice.unit(),
                others,
            };
            run.track("answers", &eval, at, Value::Answer(Box::new(answer)));
        }
        let count = self.questions.len() as f64;
        run.number("f1", &eval, at, 100.0 * f1 / count);
        run.number("exact_match", &eval, at, 100.0 * em / count);
    }
}
