//! What holds of training without a reference: arguments, notes, bad numbers, what stays on disk.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)]

use trailmark_tune::TrainingArguments;

#[test]
fn arguments_that_contradict_each_other_are_named() {
    let say = |change: fn(&mut TrainingArguments)| {
        let mut arguments = TrainingArguments::default();
        change(&mut arguments);
        arguments.check().unwrap_err().to_string()
    };
    assert_eq!(
        say(|a| a.per_device_train_batch_size = 0),
        "training argument per_device_train_batch_size: got 0, want 1 or more"
    );
    assert!(
        say(|a| a.load_best_model_at_end = true).starts_with("training argument save_strategy: got steps")
    );
    assert!(serde_json::from_str::<TrainingArguments>(r#"{"learning_rat": 1}"#).is_err());
}
