"""Fine-tune a question-answering model with Hugging Face's Trainer, tracked by Trailmark, and ask it questions.

    python examples/hf_squad.py --data train.json --model distilbert-base-uncased --repo http://127.0.0.1:43800

``--data`` is a file in SQuAD's nesting, ``--model`` a folder or a hub's name, ``--repo`` a folder or the address of
``trailmark up``. With Aim instead of Trailmark only the two imports below change.
"""

from __future__ import annotations

import argparse
import json

import torch
from datasets import Dataset
from transformers import AutoModelForQuestionAnswering, AutoTokenizer, Trainer, TrainingArguments

# from aim import Text
# from aim.hugging_face import AimCallback
from trailmark import Text
from trailmark.hugging_face import AimCallback


def examples_of(path: str) -> list[dict]:
    """Read a file in SQuAD's nesting as questions with their first gold answer."""
    with open(path, encoding="utf-8") as file:
        articles = json.load(file)["data"]
    found = []
    for article in articles:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                answer = question["answers"][0]
                found.append(
                    {
                        "question": question["question"].strip(),
                        "context": paragraph["context"],
                        "text": answer["text"],
                        "start": answer["answer_start"],
                    }
                )
    return found


def features_of(batch: dict, tokenizer: AutoTokenizer, max_length: int) -> dict:
    """Tokenise to one window each, with the answer's first and last token; (0, 0) where the window does not hold it."""
    inputs = tokenizer(
        batch["question"],
        batch["context"],
        max_length=max_length,
        truncation="only_second",
        padding="max_length",
        return_offsets_mapping=True,
    )
    starts, ends = [], []
    for row, offsets in enumerate(inputs.pop("offset_mapping")):
        first = batch["start"][row]
        last = first + len(batch["text"][row])
        parts = inputs.sequence_ids(row)
        tokens = [place for place, part in enumerate(parts) if part == 1]
        inside = [place for place in tokens if offsets[place][1] > first and offsets[place][0] < last]
        whole = inside and offsets[inside[0]][0] <= first and offsets[inside[-1]][1] >= last
        starts.append(inside[0] if whole else 0)
        ends.append(inside[-1] if whole else 0)
    inputs["start_positions"], inputs["end_positions"] = starts, ends
    return inputs


def answer(model: torch.nn.Module, tokenizer: AutoTokenizer, question: str, context: str, max_length: int) -> str:
    """Say the best span of the context."""
    inputs = tokenizer(
        question,
        context,
        max_length=max_length,
        truncation="only_second",
        return_offsets_mapping=True,
        return_tensors="pt",
    )
    offsets = inputs.pop("offset_mapping")[0].tolist()
    inside = torch.tensor([part == 1 for part in inputs.sequence_ids(0)])
    with torch.no_grad():
        output = model(**inputs.to(model.device))
    start, end = (logits[0].cpu().masked_fill(~inside, -1e9) for logits in (output.start_logits, output.end_logits))
    # Of all spans that do not end before they begin.
    scores = (start[:, None] + end[None, :]).triu()
    scores = scores.masked_fill(torch.ones_like(scores).triu() == 0, -1e9)
    first, last = divmod(int(scores.argmax()), scores.shape[1])
    return context[offsets[first][0] : offsets[last][1]]


def main() -> None:
    """Train, evaluate, ask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--repo", default="aim://127.0.0.1:43700")
    parser.add_argument("--experiment", default="squad")
    parser.add_argument("--output", default="hf-squad")
    parser.add_argument("--max-length", type=int, default=384)
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=2e-5)
    parser.add_argument("--questions", type=int, default=5)
    options = parser.parse_args()

    tokenizer = AutoTokenizer.from_pretrained(options.model)
    model = AutoModelForQuestionAnswering.from_pretrained(options.model)
    parts = Dataset.from_list(examples_of(options.data)).train_test_split(test_size=0.2, seed=42)
    features = parts.map(
        lambda batch: features_of(batch, tokenizer, options.max_length),
        batched=True,
        remove_columns=parts["train"].column_names,
    )
    callback = AimCallback(repo=options.repo, experiment=options.experiment)
    trainer = Trainer(
        model=model,
        args=TrainingArguments(
            output_dir=options.output,
            eval_strategy="epoch",
            save_strategy="epoch",
            load_best_model_at_end=True,
            metric_for_best_model="loss",
            logging_steps=5,
            learning_rate=options.learning_rate,
            per_device_train_batch_size=options.batch_size,
            per_device_eval_batch_size=options.batch_size,
            num_train_epochs=options.epochs,
            weight_decay=0.01,
            report_to=[],
            use_cpu=not torch.cuda.is_available(),
        ),
        train_dataset=features["train"],
        eval_dataset=features["test"],
        callbacks=[callback],
    )
    trainer.train()
    print(trainer.evaluate())

    # The Trainer has put the best checkpoint back into the model.
    model.eval()
    for example in parts["test"].select(range(min(options.questions, len(parts["test"])))):
        found = answer(model, tokenizer, example["question"], example["context"], options.max_length)
        told = f"question: {example['question']}\nanswer: {found}\nexpected: {example['text']}"
        callback.experiment.track(Text(told), name="question", context={"context": example["context"]})
        print(told)


if __name__ == "__main__":
    main()
