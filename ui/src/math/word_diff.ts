// The difference of two texts by words: what is equal, what is gone, what is new.

export interface DiffPiece {
  readonly kind: "same" | "gone" | "new";
  readonly text: string;
}

/** Texts whose words outside common ends are more than this many pairs are not aligned word by word. */
const MOST_PAIRS = 4_000_000;

/** Words, blanks and signs; together they are the text. */
function words_of(text: string): string[] {
  return text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
}

/** What changed from one text to another. Pieces that are not `gone` are the new text, those not `new` the old one. */
export function word_diff(before: string, after: string): DiffPiece[] {
  const [old, fresh] = [words_of(before), words_of(after)];
  let start = 0;
  while (start < old.length && old[start] === fresh[start]) start++;
  let end = 0;
  while (
    end < Math.min(old.length, fresh.length) - start &&
    old[old.length - 1 - end] === fresh[fresh.length - 1 - end]
  )
    end++;
  const pieces: DiffPiece[] = [];
  const add = (kind: DiffPiece["kind"], words: readonly string[]): void => {
    if (words.length > 0) pieces.push({ kind, text: words.join("") });
  };
  add("same", old.slice(0, start));
  pieces.push(
    ...middle(
      old.slice(start, old.length - end),
      fresh.slice(start, fresh.length - end),
    ),
  );
  add("same", old.slice(old.length - end));
  return joined(pieces);
}

function middle(old: readonly string[], fresh: readonly string[]): DiffPiece[] {
  if (old.length * fresh.length > MOST_PAIRS)
    return [
      { kind: "gone", text: old.join("") },
      { kind: "new", text: fresh.join("") },
    ];
  const width = fresh.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = fresh.length - 1; j >= 0; j--)
      common[i * width + j] =
        old[i] === fresh[j]
          ? at(i + 1, j + 1) + 1
          : Math.max(at(i + 1, j), at(i, j + 1));
  const pieces: DiffPiece[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    const [gone, came] = [old[i], fresh[j]];
    if (gone !== undefined && gone === came) {
      pieces.push({ kind: "same", text: gone });
      i++;
      j++;
    } else if (
      gone !== undefined &&
      (came === undefined || at(i + 1, j) >= at(i, j + 1))
    ) {
      pieces.push({ kind: "gone", text: gone });
      i++;
    } else {
      pieces.push({ kind: "new", text: came ?? "" });
      j++;
    }
  }
  return pieces;
}

/** Neighbours of one kind as one; a blank between two changes belongs to them, so that marks are whole. */
function joined(pieces: readonly DiffPiece[]): DiffPiece[] {
  const found: DiffPiece[] = [];
  let [gone, fresh] = ["", ""];
  const flush = (): void => {
    if (gone !== "") found.push({ kind: "gone", text: gone });
    if (fresh !== "") found.push({ kind: "new", text: fresh });
    [gone, fresh] = ["", ""];
  };
  pieces.forEach((piece, i) => {
    const is_inside =
      piece.kind === "same" &&
      /^\s+$/.test(piece.text) &&
      gone + fresh !== "" &&
      pieces[i + 1] !== undefined &&
      pieces[i + 1]?.kind !== "same";
    if (piece.kind === "same" && !is_inside) {
      flush();
      const last = found[found.length - 1];
      if (last?.kind === "same")
        found[found.length - 1] = {
          kind: "same",
          text: last.text + piece.text,
        };
      else found.push(piece);
      return;
    }
    if (piece.kind !== "new") gone += piece.text;
    if (piece.kind !== "gone") fresh += piece.text;
  });
  flush();
  return found;
}

/** A difference in a few words: “equal”, “+3 words”, “−1 word”, “other words”. */
export function say_diff(pieces: readonly DiffPiece[]): string {
  const words = (kind: DiffPiece["kind"]): number =>
    pieces
      .filter((piece) => piece.kind === kind)
      .reduce(
        (sum, piece) =>
          sum + (piece.text.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
        0,
      );
  if (pieces.every((piece) => piece.kind === "same")) return "equal";
  const [gone, fresh] = [words("gone"), words("new")];
  if (gone === 0 && fresh === 0) return "other signs";
  if (gone > 0 && fresh > 0) return "other words";
  const n = gone + fresh;
  return `${gone > 0 ? "\u2212" : "+"}${n} ${n === 1 ? "word" : "words"}`;
}
