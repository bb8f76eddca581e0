// Terminal text as coloured pieces: the colours and weights of ANSI sequences; every other sequence is left out.

export type AnsiColour =
  "black" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan" | "white";

export interface Piece {
  readonly text: string;
  readonly colour?: AnsiColour;
  readonly is_bold?: boolean;
  readonly is_dim?: boolean;
}

const colours: readonly AnsiColour[] = [
  "black",
  "red",
  "green",
  "yellow",
  "blue",
  "magenta",
  "cyan",
  "white",
];

// Colour sequences end in m; other control sequences, titles and single control signs are dropped.
const sequence =
  /\u001b\[([\d;]*)m|\u001b\[[\d;?]*[A-Za-ln-z]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

interface Style {
  colour?: AnsiColour;
  is_bold?: boolean;
  is_dim?: boolean;
}

/** What a terminal shows of a line: after a carriage return the line begins anew. */
export function last_writing(text: string): string {
  const trimmed = text.replace(/\r+$/, "");
  return trimmed.slice(trimmed.lastIndexOf("\r") + 1);
}

/** The text without any sequence. */
export function plain(text: string): string {
  return text.replace(sequence, "");
}

/** Cuts a line into pieces of one look. */
export function pieces(text: string): readonly Piece[] {
  const found: Piece[] = [];
  let style: Style = {};
  let from = 0;
  const push = (end: number): void => {
    if (end > from) found.push({ text: text.slice(from, end), ...style });
  };
  for (const match of text.matchAll(sequence)) {
    push(match.index);
    from = match.index + match[0].length;
    if (match[1] !== undefined) style = restyle(style, match[1]);
  }
  push(text.length);
  return found;
}

function restyle(style: Style, codes: string): Style {
  let next: Style = { ...style };
  const numbers = codes === "" ? [0] : codes.split(";").map(Number);
  for (let i = 0; i < numbers.length; i++) {
    const code = numbers[i] ?? 0;
    if (code === 0) next = {};
    else if (code === 1) next.is_bold = true;
    else if (code === 2) next.is_dim = true;
    else if (code === 22) next = without(without(next, "is_bold"), "is_dim");
    else if (code === 39) next = without(next, "colour");
    else if (code === 38 || code === 48) i += numbers[i + 1] === 5 ? 2 : 4;
    else {
      const colour = colours[code >= 90 && code <= 97 ? code - 90 : code - 30];
      if (colour !== undefined && (code < 38 || code >= 90))
        next.colour = colour;
      if (code === 90) next.is_dim = true;
    }
  }
  return next;
}

function without(style: Style, key: keyof Style): Style {
  const rest = { ...style };
  delete rest[key];
  return rest;
}
