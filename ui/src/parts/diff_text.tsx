// A text with what changed in it marked, or with the words that were looked for.

import type { JSX } from "preact";
import type { DiffPiece } from "../math/word_diff.ts";

/** What is gone is crossed out, what is new underlined. */
export function DiffText(props: { pieces: readonly DiffPiece[] }): JSX.Element {
  return (
    <>
      {props.pieces.map((piece, i) => {
        if (piece.kind === "gone") return <del key={i}>{piece.text}</del>;
        if (piece.kind === "new") return <ins key={i}>{piece.text}</ins>;
        return piece.text;
      })}
    </>
  );
}

/** A text with each place of `find` marked. */
export function FoundText(props: { text: string; find: string }): JSX.Element {
  const word = props.find.trim().toLowerCase();
  if (word === "") return <>{props.text}</>;
  const low = props.text.toLowerCase();
  const parts: (string | JSX.Element)[] = [];
  let from = 0;
  for (
    let at = low.indexOf(word);
    at >= 0;
    at = low.indexOf(word, at + word.length)
  ) {
    parts.push(props.text.slice(from, at));
    from = at + word.length;
    parts.push(<mark key={at}>{props.text.slice(at, from)}</mark>);
  }
  return (
    <>
      {parts}
      {props.text.slice(from)}
    </>
  );
}
