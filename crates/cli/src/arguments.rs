//! Every training argument as a flag under its Hugging Face name, hyphens as good as low lines.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use clap::{Arg, ArgMatches, Command, FromArgMatches};
use serde_json::Value;
use trailmark_tune::TrainingArguments;

/// Each argument that does something with what `--help` says about it; a test holds it against the fields.
const HELP: [(&str, &str); 46] = [
    ("output_dir", "Where checkpoints go; else checkpoints/ in the repository"),
    ("overwrite_output_dir", "Begin anew in an output_dir that holds a run"),
    ("do_train", "Train; false only evaluates"),
    ("do_eval", "Evaluate at the end"),
    ("disable_tqdm", "Draw no progress bar"),
    ("eval_strategy", "When to evaluate: no, steps or epoch"),
    ("eval_steps", "Steps between evaluations; below 1 a share of all steps; else logging_steps"),
    ("eval_delay", "Epochs or steps before the first evaluation"),
    ("eval_on_start", "Evaluate before the first step"),
    ("per_device_train_batch_size", "Windows of a batch"),
    ("per_device_eval_batch_size", "Windows of a batch in evaluations"),
    ("gradient_accumulation_steps", "Batches of an optimiser step"),
    ("learning_rate", "The highest learning rate"),
    ("weight_decay", "AdamW's decay, of weights but not of biases and norms"),
    ("adam_beta1", "AdamW's memory of the gradient"),
    ("adam_beta2", "AdamW's memory of the squared gradient"),
    ("adam_epsilon", "AdamW's guard against division by nothing"),
    ("max_grad_norm", "The gradient is scaled down to this norm; 0 for never"),
    ("num_train_epochs", "How often the data is gone through"),
    ("max_steps", "Optimiser steps in all, instead of epochs; -1 for epochs"),
    (
        "lr_scheduler_type",
        "linear, cosine, cosine_with_restarts, polynomial, constant, constant_with_warmup, …",
    ),
    ("lr_scheduler_kwargs", "What the schedule takes besides, as JSON, for instance '{\"num_cycles\": 2}'"),
    ("warmup_ratio", "The share of all steps in which the rate rises"),
    ("warmup_steps", "Steps in which the rate rises; wins over warmup_ratio"),
    ("logging_strategy", "When to log: no, steps or epoch"),
    ("logging_first_step", "Log the first step too"),
    ("logging_steps", "Steps between logged numbers; below 1 a share of all steps"),
    ("logging_nan_inf_filter", "Leave NaN and infinities out of the logged mean"),
    ("save_strategy", "When to save: no, steps, epoch or best"),
    ("save_steps", "Steps between checkpoints; below 1 a share of all steps"),
    ("save_total_limit", "Checkpoints that are kept; all without it"),
    ("save_only_model", "Save no optimiser: smaller, but the run cannot go on from it"),
    ("load_best_model_at_end", "The best checkpoint is the result, and is kept"),
    ("metric_for_best_model", "What decides the best: loss, f1 or exact_match"),
    ("greater_is_better", "Whether more of it is better; by its name without this"),
    ("seed", "Of order, masks and new weights"),
    ("data_seed", "Of the order alone"),
    ("full_determinism", "Accepted; every run is deterministic"),
    ("fp16", "Half precision where there is a GPU; f32 on a CPU, which is said"),
    ("bf16", "As fp16, with bfloat16"),
    ("dataloader_drop_last", "Leave out the last batch when it is short"),
    ("max_seq_length", "Tokens of a window at most"),
    ("doc_stride", "Tokens that two windows of one context share"),
    ("n_best_size", "Candidates kept for each question of an evaluation"),
    ("max_answer_length", "Tokens of an answer at most"),
    ("pad_to", "Rows added to batches: none (fastest), longest (Hugging Face's losses), max_length"),
];

/// Arguments of the original that are accepted and do nothing here, or what they do by default (`optim`); a run says so.
const ACCEPTED: [&str; 14] = [
    "optim",
    "report_to",
    "run_name",
    "logging_dir",
    "log_level",
    "use_cpu",
    "no_cuda",
    "save_safetensors",
    "push_to_hub",
    "group_by_length",
    "label_smoothing_factor",
    "dataloader_num_workers",
    "dataloader_pin_memory",
    "remove_unused_columns",
];

/// Yes or no, though their default does not show it.
const SWITCHES: [&str; 8] = [
    "greater_is_better",
    "use_cpu",
    "no_cuda",
    "save_safetensors",
    "push_to_hub",
    "group_by_length",
    "dataloader_pin_memory",
    "remove_unused_columns",
];

/// Names of earlier versions of Hugging Face's.
const ALIASES: [(&str, &str); 1] = [("eval_strategy", "evaluation_strategy")];

/// The training arguments that the command line gives, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrainingFlags(pub(crate) BTreeMap<String, toml::Value>);

/// The arguments' defaults, by name.
fn defaults() -> serde_json::Map<String, Value> {
    match serde_json::to_value(TrainingArguments::default()) {
        Ok(Value::Object(map)) => map,
        _ => serde_json::Map::new(),
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    HELP.iter().map(|(name, _)| *name).chain(ACCEPTED)
}

fn is_switch(name: &str) -> bool {
    SWITCHES.contains(&name) || matches!(defaults().get(name), Some(Value::Bool(_)))
}

/// The known name nearest to a wrong one, if one is near.
pub(crate) fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |name: &str| strsim::damerau_levenshtein(wrong, name);
    known.min_by_key(|name| distance(name)).filter(|name| distance(name) <= 2 + wrong.len() / 4)
}

/// Checks one argument: a known name, and a value of its kind.
pub(crate) fn check(name: &str, value: &toml::Value) -> Result<()> {
    if !names().chain(ALIASES.map(|(_, alias)| alias)).any(|known| known == name) {
        match nearest(name, names()) {
            Some(near) => bail!("training argument {name:?}: unknown, did you mean {near:?}?"),
            None => bail!("training argument {name:?}: unknown"),
        }
    }
    let table = toml::Table::from_iter([(name.to_owned(), value.clone())]);
    if let Err(error) = table.try_into::<TrainingArguments>() {
        bail!("training argument {name}: {}", error.message().trim());
    }
    Ok(())
}

/// What a person typed, as the kind of value that it looks like.
pub(crate) fn value(text: &str) -> toml::Value {
    if let Ok(number) = text.parse::<i64>() {
        return number.into();
    }
    if let Ok(number) = text.parse::<f64>() {
        return number.into();
    }
    if text.starts_with('{')
        && let Ok(value) = serde_json::from_str(text)
    {
        return value;
    }
    match text {
        "true" | "True" => true.into(),
        "false" | "False" => false.into(),
        _ => text.into(),
    }
}

impl clap::Args for TrainingFlags {
    fn augment_args(command: Command) -> Command {
        let defaults = defaults();
        let command = HELP.iter().fold(command, |command, (name, help)| {
            let default = match defaults.get(*name) {
                None | Some(Value::Null | Value::Object(_)) => String::new(),
                Some(Value::String(text)) => format!(" [default: {text}]"),
                Some(value) => format!(" [default: {value}]"),
            };
            command.arg(argument(name).help(format!("{help}{default}")))
        });
        ACCEPTED.iter().fold(command, |command, name| command.arg(argument(name).hide(true)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn argument(name: &'static str) -> Arg {
    let mut argument = Arg::new(name)
        .long(name)
        .help_heading("Training arguments (Hugging Face's names)")
        .value_name("VALUE")
        .allow_hyphen_values(true);
    if name.contains('_') {
        argument = argument.alias(name.replace('_', "-"));
    }
    for (_, alias) in ALIASES.iter().filter(|(of, _)| *of == name) {
        argument = argument.aliases([(*alias).to_owned(), alias.replace('_', "-")]);
    }
    if is_switch(name) {
        argument = argument.num_args(0..=1).require_equals(true).default_missing_value("true");
    }
    argument
}

impl FromArgMatches for TrainingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = names().filter_map(|name| Some((name, matches.get_one::<String>(name)?)));
        Ok(Self(given.map(|(name, text)| (name.to_owned(), value(text))).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.extend(Self::from_arg_matches(matches)?.0);
        Ok(())
    }
}

/// Makes `--fp16 True`, as Hugging Face's parser takes it, the `--fp16=True` that ours takes.
pub(crate) fn join_switches(words: Vec<std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    let mut joined: Vec<std::ffi::OsString> = Vec::with_capacity(words.len());
    for word in words {
        let says = word.to_str().is_some_and(|word| matches!(word, "true" | "True" | "false" | "False"));
        let switch = joined.last().and_then(|last| last.to_str()?.strip_prefix("--"));
        let follows = switch.is_some_and(|name| is_switch(&name.replace('-', "_")));
        match joined.last_mut() {
            Some(last) if says && follows => {
                last.push("=");
                last.push(word);
            }
            _ => joined.push(word),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_training_argument_has_its_flag_and_its_help() {
        // The error for a name that nobody has lists all fields, aliases with them.
        let error = serde_json::from_str::<TrainingArguments>("{\"?\": 0}").unwrap_err().to_string();
        let listed = error.split_once("expected one of ").unwrap().1.split(" at line").next().unwrap();
        let fields: BTreeSet<&str> = listed.split(", ").map(|name| name.trim_matches('`')).collect();
        assert_eq!(names().chain(ALIASES.map(|(_, alias)| alias)).collect::<BTreeSet<_>>(), fields);
    }

    #[test]
    fn a_wrong_name_gets_the_nearest_known_one() {
        let error = check("learning_rat", &1.into()).unwrap_err().to_string();
        assert_eq!(error, "training argument \"learning_rat\": unknown, did you mean \"learning_rate\"?");
        let error = check("colour", &1.into()).unwrap_err().to_string();
        assert_eq!(error, "training argument \"colour\": unknown");
    }

    #[test]
    fn a_value_of_another_kind_is_told_with_its_argument() {
        let error = check("learning_rate", &value("fast")).unwrap_err().to_string();
        assert_eq!(error, "training argument learning_rate: invalid type: string \"fast\", expected f64");
        assert!(check("evaluation_strategy", &value("epoch")).is_ok());
        assert!(check("learning_rate", &value("5e-5")).is_ok());
        assert!(check("num_train_epochs", &value("3")).is_ok());
    }

    #[test]
    fn switches_take_a_word_behind_them() {
        let words = ["train", "--fp16", "True", "--seed", "1", "--save-only-model", "recipe.toml"];
        let joined = join_switches(words.iter().map(Into::into).collect());
        assert_eq!(joined, ["train", "--fp16=True", "--seed", "1", "--save-only-model", "recipe.toml"]);
    }
}
