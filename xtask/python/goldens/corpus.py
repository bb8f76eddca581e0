"""The text of the goldens: paragraphs and questions written for this purpose, released under CC0 1.0.

Places and people are invented. The odd ones at the end are there for what they do to offsets: accents in both
normal forms, signs outside the basic plane, answers inside a word, blanks, a context of several windows.
"""

from __future__ import annotations

from typing import Any

# (title, context, [(question, answer, which occurrence of the answer)])
PLAIN: list[tuple[str, str, list[tuple[str, str, int]]]] = [
    (
        "lighthouse",
        "The lighthouse of Marrow Point was built in 1874 by the engineer Ada Fenwick. It stands 41 metres high and "
        "its lamp can be seen from 23 miles away. Since 1990 the lamp has worked without a keeper, and the old "
        "keeper's house is now a museum of knots and ropes.",
        [
            ("Who built the lighthouse of Marrow Point?", "Ada Fenwick", 0),
            ("How high is the lighthouse?", "41 metres", 0),
            ("What is in the old keeper's house now?", "a museum of knots and ropes", 0),
            ("When did the lamp begin to work without a keeper?", "1990", 0),
        ],
    ),
    (
        "bakery",
        "Every Friday the bakery on Linden Street sells a dark bread made of rye, honey and walnuts. The recipe came "
        "from Olga Brandt, who opened the shop in 1932 with her two brothers. On the first Friday of May the bakers "
        "give one loaf to each child who can name all the grains in the window.",
        [
            ("What is the dark bread made of?", "rye, honey and walnuts", 0),
            ("Who opened the shop?", "Olga Brandt", 0),
            ("On which day is the dark bread sold?", "Friday", 0),
        ],
    ),
    (
        "river",
        "The river Tamsel rises in the Grey Hills, runs north for 312 kilometres and meets the sea near Port Lowen. "
        "In dry summers its upper part disappears under the stones, because the ground there is limestone full of "
        "caves. Otters came back to the river in 2006, after the mills had been closed.",
        [
            ("Where does the Tamsel rise?", "the Grey Hills", 0),
            (
                "Why does the upper part disappear in dry summers?",
                "because the ground there is limestone full of caves",
                0,
            ),
            ("Which animals came back in 2006?", "Otters", 0),
            ("How long is the river?", "312 kilometres", 0),
        ],
    ),
    (
        "orchestra",
        "The orchestra of Velm has 58 players and no conductor. A new piece is learned in small groups, and the first "
        "violin gives the sign to begin. Its hall, once a tobacco store, holds 900 people. The orchestra plays outside "
        "the town only in September.",
        [
            ("How many players does the orchestra have?", "58", 0),
            ("Who gives the sign to begin?", "the first violin", 0),
            ("What was the hall once?", "a tobacco store", 0),
        ],
    ),
    (
        "comet",
        "Comet Harrow was found on 3 March 1961 by Ines Calder, a teacher who watched the sky from her roof. It comes "
        "back every 77 years. The tail is blue, as it holds much carbon monoxide and little dust, and on its last "
        "visit it was brighter than Jupiter for nine nights.",
        [
            ("How often does Comet Harrow come back?", "every 77 years", 0),
            ("Who found the comet?", "Ines Calder", 0),
            ("For how many nights was it brighter than Jupiter?", "nine", 0),
        ],
    ),
    (
        "market",
        "The night market of Sorrel opens at nine and closes when the last lamp has burned down. Fish is sold near the "
        "bridge, cloth beside the well and old clocks under the tower. Nobody pays with coins: a stall takes wooden "
        "tokens, which are bought for 2 crowns each at the gate.",
        [
            ("Where is cloth sold?", "beside the well", 0),
            ("What does a stall take?", "wooden tokens", 0),
            ("How much does a token cost?", "2 crowns", 0),
        ],
    ),
    (
        "bridge",
        "Three bridges cross the harbour of Port Lowen. The oldest was finished in 1703, the longest measures 640 "
        "metres, and the newest carries only trams and bicycles. A fourth bridge was planned in 1958 but never built, "
        "as the rock under the eastern bank is too soft.",
        [
            ("How many bridges cross the harbour?", "Three", 0),
            ("What does the newest bridge carry?", "trams and bicycles", 0),
            ("When was the oldest bridge finished?", "1703", 0),
        ],
    ),
]

ODD: list[tuple[str, str, list[tuple[str, str, int] | tuple[str, None, int]]]] = [
    (
        "odd-unicode",
        "The café “Älg” opened in 1999. It was naïve — 東京 is far away; "
        "e\u0301clair and emoji 😀🎉 are on the menu.\tEnd",
        [
            ("When did the café open?", "1999", 0),
            ("What city is far away?", "東京", 0),
            ("Which emoji are on the menu?", "😀🎉", 0),
            ("What sweet thing is there?", "e\u0301clair", 0),
            ("Who is the mayor?", None, 0),
        ],
    ),
    ("odd-lastword", "Nothing stands here but the answer is Velm", [("  Where?", "Velm", 0)]),
    ("odd-midword", "The unhappiness of clocks rose.", [("Which feeling is inside?", "happi", 0)]),
    ("odd-second", "Red or blue or red again.", [("Which colour?", "red", 0)]),
    (
        "odd-tail",
        "A lamp, two ropes, three bridges, four mills, five towers, six trams, seven otters, eight clocks, nine "
        "nights, ten loaves, eleven tokens, twelve bicycles, thirteen brothers, fourteen violins, fifteen caves, "
        "sixteen stones, seventeen hills, eighteen rivers, nineteen gates, twenty bakers, and at the very end of the "
        "list there is one small blue comet.",
        [("What stands at the very end of the list?", "one small blue comet", 0), ("How many otters?", "seven", 0)],
    ),
]


def squad_row(title: str, n: int, context: str, question: str, answer: str | None, nth: int) -> dict[str, Any]:
    """One question as a flat SQuAD row; the answer's place is the `nth` occurrence of its text."""
    answers: dict[str, list[Any]] = {"text": [], "answer_start": []}
    if answer is not None:
        start = -1
        for _ in range(nth + 1):
            start = context.index(answer, start + 1)
        answers = {"text": [answer], "answer_start": [start]}
    return {"id": f"{title}-{n}", "title": title, "context": context, "question": question, "answers": answers}


def rows_of(parts: list[tuple[str, str, list[Any]]]) -> list[dict[str, Any]]:
    """Flat rows of some paragraphs, in order."""
    return [
        squad_row(title, n, context, question, answer, nth)
        for title, context, questions in parts
        for n, (question, answer, nth) in enumerate(questions)
    ]


def long_row() -> dict[str, Any]:
    """A question on all plain paragraphs in one context: several windows at any length."""
    context = "\n".join(context for _, context, _ in PLAIN)
    return squad_row("odd-long", 0, context, "When was the oldest bridge finished?", "1703", 0)


def plain_rows() -> list[dict[str, Any]]:
    """The questions on the plain paragraphs."""
    return rows_of(PLAIN)


def odd_rows() -> list[dict[str, Any]]:
    """The odd questions, the last one with a second gold answer, and the long one."""
    rows = rows_of(ODD)
    for row in rows:
        if row["title"] == "odd-second":
            row["answers"]["text"].append("Red")
            row["answers"]["answer_start"].append(0)
    return [*rows, long_row()]


def nested(rows: list[dict[str, Any]], version: str) -> dict[str, Any]:
    """Flat rows in the official nesting, one paragraph per run of rows with the same context."""
    data: list[dict[str, Any]] = []
    for row in rows:
        if not data or data[-1]["title"] != row["title"]:
            data.append({"title": row["title"], "paragraphs": [{"context": row["context"], "qas": []}]})
        answers = row["answers"]
        data[-1]["paragraphs"][-1]["qas"].append(
            {
                "id": row["id"],
                "question": row["question"],
                "answers": [
                    {"text": text, "answer_start": start}
                    for text, start in zip(answers["text"], answers["answer_start"], strict=True)
                ],
            }
        )
    return {"version": version, "data": data}
