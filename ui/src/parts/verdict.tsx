// How good an answer is, whose it is, and where it stands in its text.

import type { JSX } from "preact";
import { cut_at, places_of } from "../math/spans.ts";
import type { Span } from "../math/spans.ts";
import type { Verdict } from "../schema.ts";

const signs: Record<Verdict, string> = { right: "●", partly: "◐", wrong: "✕" };

/** A verdict as a sign of its own shape and colour, read aloud as its word. */
export function VerdictMark(props: {
  verdict: Verdict;
  word?: boolean;
}): JSX.Element {
  return (
    <span class={`verdict ${props.verdict}`} title={props.verdict}>
      <span aria-hidden="true">{signs[props.verdict]}</span>
      <span class={props.word === true ? "" : "hidden-text"}>
        {props.verdict}
      </span>
    </span>
  );
}

/** The letter of one of two that are compared. */
export function Who({ letter }: { letter: "A" | "B" }): JSX.Element {
  return <span class={`who ${letter.toLowerCase()}`}>{letter}</span>;
}

/** A context with the answers of A and B boxed and lettered, and references underlined. */
export function MarkedText(props: {
  text: string;
  spans: readonly Span[];
  golds?: readonly string[];
}): JSX.Element {
  const golds = places_of(props.text, props.golds ?? []).map((place): Span => ({
    ...place,
    kind: "gold",
  }));
  return (
    <p class="marked-text">
      {cut_at(props.text, [...props.spans, ...golds]).map((piece, i) =>
        piece.kinds.length === 0 ? (
          piece.text
        ) : (
          <span
            key={i}
            class={piece.kinds.map((kind) => `in-${kind}`).join(" ")}
          >
            {piece.text}
            {piece.ends
              .filter((kind) => kind !== "gold")
              .map((kind) => (
                <sup key={kind} class={`mark-${kind}`}>
                  {kind.toUpperCase()}
                </sup>
              ))}
          </span>
        ),
      )}
    </p>
  );
}

/** What an answer says; none is said as such. */
export function AnswerText({ text }: { text: string }): JSX.Element {
  return text === "" ? <i class="second-text">No answer</i> : <>{text}</>;
}
