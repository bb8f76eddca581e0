"""Tiny random models and what they compute: logits, hidden states, loss, gradients, three steps of the Trainer."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import BertConfig, DistilBertConfig, PreTrainedModel, Trainer, TrainingArguments

from . import corpus, words
from .files import write_json, write_tensors

Batch = dict[str, torch.Tensor]

CONFIGS: dict[str, tuple[str, Any]] = {
    "bert": (
        "BertForQuestionAnswering",
        BertConfig(
            vocab_size=words.N_IDS,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=64,
            max_position_embeddings=words.MODEL_MAX_LENGTH,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        ),
    ),
    "distilbert": (
        "DistilBertForQuestionAnswering",
        DistilBertConfig(
            vocab_size=words.N_IDS,
            dim=32,
            n_layers=2,
            n_heads=4,
            hidden_dim=64,
            max_position_embeddings=words.MODEL_MAX_LENGTH,
            dropout=0.0,
            attention_dropout=0.0,
            qa_dropout=0.0,
        ),
    ),
}


def random_model(architecture: str, config: Any, seed: int) -> PreTrainedModel:
    """A model in which no bias is nought and no norm weight is one, so that each of them shows in the results."""
    model = getattr(transformers, architecture)(config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            norm_weight = parameter.ndim == 1 and name.endswith("weight")
            spread = 0.5 if "embeddings." in name and parameter.ndim == 2 else 0.18 if parameter.ndim == 2 else 0.1
            parameter.copy_(noise * spread + (1.0 if norm_weight else 0.0))
    return model.eval()


def batch_of(tokenizer: Any) -> tuple[Batch, list[int]]:
    """Three rows of different lengths, padded to the longest; the third row's answer is [CLS]."""
    rows = corpus.plain_rows()
    chosen = [rows[0], rows[11], rows[14]]
    questions = [row["question"] for row in chosen]
    contexts = [chosen[0]["context"][:150], chosen[1]["context"][:77], chosen[2]["context"][:40]]
    encoded = tokenizer(questions, contexts, padding="longest", return_tensors="pt")
    batch = {key: encoded[key] for key in ("input_ids", "attention_mask", "token_type_ids")}
    batch["start_positions"] = torch.tensor([20, 15, 0])
    batch["end_positions"] = torch.tensor([24, 15, 0])
    return batch, encoded["attention_mask"].sum(dim=1).tolist()


def inputs_for(model: PreTrainedModel, batch: Batch) -> Batch:
    """The batch without the inputs that the family does not take."""
    takes_types = model.config.model_type != "distilbert"
    return {key: value for key, value in batch.items() if takes_types or key != "token_type_ids"}


def forward(model: PreTrainedModel, batch: Batch, lengths: list[int], folder: Path) -> dict[str, Any]:
    """Logits, hidden states and losses of the batch; writes the tensors and returns the rest."""
    with torch.no_grad():
        out = model(**batch, output_hidden_states=True)
        far = {
            "start_positions": torch.tensor([20, 500, 0]),
            "end_positions": torch.tensor([24, 15, 700]),
        }
        far_loss = model(**(batch | far)).loss.item()
        alone = 0.0
        for row, n in enumerate(lengths):
            single = model(**{key: value[row : row + 1, :n] for key, value in batch.items() if value.ndim == 2})
            for mine, theirs in ((out.start_logits, single.start_logits), (out.end_logits, single.end_logits)):
                alone = max(alone, (mine[row, :n] - theirs[0]).abs().max().item())
    tensors = {"start_logits": out.start_logits, "end_logits": out.end_logits}
    tensors |= {f"hidden_{n}": hidden for n, hidden in enumerate(out.hidden_states)}
    write_tensors(folder / "expected_forward.safetensors", tensors)
    return {
        "loss": out.loss.item(),
        "loss_with_out_of_range_labels": {key: value.tolist() for key, value in far.items()} | {"loss": far_loss},
        "start_logits": out.start_logits.tolist(),
        "end_logits": out.end_logits.tolist(),
        "max_abs_diff_padded_vs_single": alone,
    }


def backward(model: PreTrainedModel, batch: Batch, folder: Path) -> dict[str, Any]:
    """Every gradient of the batch's loss; all but the word embedding's are written as tensors."""
    model.zero_grad()
    loss = model(**batch).loss
    loss.backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    total = torch.nn.utils.get_total_norm(gradients.values())
    kept = {name: gradient for name, gradient in gradients.items() if "word_embeddings" not in name}
    write_tensors(folder / "expected_grads.safetensors", kept)
    model.zero_grad()
    return {
        "loss": loss.item(),
        "total_grad_norm": total.item(),
        "grad_norm_per_parameter": {name: gradient.norm().item() for name, gradient in gradients.items()},
    }


def three_steps(model: PreTrainedModel, batch: Batch, folder: Path) -> dict[str, Any]:
    """Three steps of the real Trainer on the batch; changes the model and writes it."""
    rows = [{key: value[n] for key, value in batch.items()} for n in range(batch["input_ids"].shape[0])]
    with tempfile.TemporaryDirectory() as output:
        arguments = TrainingArguments(
            output_dir=output,
            learning_rate=1e-3,
            weight_decay=0.01,
            per_device_train_batch_size=len(rows),
            num_train_epochs=3,
            logging_steps=1,
            save_strategy="no",
            report_to=[],
            use_cpu=True,
            disable_tqdm=True,
        )
        trainer = Trainer(model=model, args=arguments, train_dataset=rows)
        decay = set(trainer.get_decay_parameter_names(model))
        trainer.train()
    model.eval()
    with torch.no_grad():
        out = model(**batch)
    write_tensors(folder / "expected_after_3_steps.safetensors", dict(model.named_parameters()))
    names = [name for name, _ in model.named_parameters()]
    log = [{key: value for key, value in entry.items() if "runtime" not in key} for entry in trainer.state.log_history]
    return {
        "lr": 0.001,
        "schedule": "linear, 0 warmup, 3 steps",
        "weight_decay": 0.01,
        "betas": [arguments.adam_beta1, arguments.adam_beta2],
        "eps": arguments.adam_epsilon,
        "max_grad_norm": arguments.max_grad_norm,
        "optim": str(arguments.optim),
        "log": [{key: value for key, value in entry.items() if "per_second" not in key} for entry in log],
        "decay_parameters": sorted(name for name in names if name in decay),
        "no_decay_parameters": sorted(name for name in names if name not in decay),
        "loss_after_3_steps": out.loss.item(),
        "start_logits_after": out.start_logits.tolist(),
        "end_logits_after": out.end_logits.tolist(),
    }


def write(folder: Path, tokenizer: Any) -> None:
    """Writes one folder per family: the model as `save_pretrained` leaves it, and all that is expected of it."""
    shared, lengths = batch_of(tokenizer)
    for n, (family, (architecture, config)) in enumerate(CONFIGS.items()):
        home = folder / family
        model = random_model(architecture, config, seed=n + 1)
        model.save_pretrained(home)
        batch = inputs_for(model, shared)
        fixture: dict[str, Any] = {"family": family, "architecture": architecture}
        fixture["inputs"] = {key: value.tolist() for key, value in batch.items()} | {"lengths": lengths}
        fixture["expected"] = forward(model, batch, lengths, home)
        fixture["backward"] = backward(model, batch, home)
        fixture["trainer"] = three_steps(model, batch, home)
        fixture["weights"] = {name: list(p.shape) for name, p in sorted(model.named_parameters())}
        fixture["note"] = "the word embedding's gradient is not in expected_grads.safetensors, its norm is above"
        write_json(home / "fixture.json", fixture)
