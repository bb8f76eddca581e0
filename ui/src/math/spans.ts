// Spans in a text: where answers and references stand, and the text cut at their ends. Places count Unicode
// characters, as the server's do.

/** What a span is: an answer of A or of B, or a reference. */
export type SpanKind = "a" | "b" | "gold";

export interface Span {
  readonly start: number;
  /** One past the last character. */
  readonly end: number;
  readonly kind: SpanKind;
}

/** A piece of a text under the same spans throughout. */
export interface Piece {
  readonly text: string;
  readonly kinds: readonly SpanKind[];
  /** Spans that end with this piece. */
  readonly ends: readonly SpanKind[];
}

/** Cuts a text where spans begin and end; together the pieces are the text. */
export function cut_at(text: string, spans: readonly Span[]): Piece[] {
  const signs = Array.from(text);
  const known = spans
    .map((span) => ({
      ...span,
      start: Math.max(0, span.start),
      end: Math.min(signs.length, span.end),
    }))
    .filter((span) => span.start < span.end);
  const places = [
    ...new Set([
      0,
      signs.length,
      ...known.flatMap((span) => [span.start, span.end]),
    ]),
  ].sort((a, b) => a - b);
  const kinds_of = (found: readonly Span[]): SpanKind[] => [
    ...new Set(found.map((span) => span.kind)),
  ];
  return places.slice(0, -1).map((start, i) => {
    const end = places[i + 1] ?? signs.length;
    const over = known.filter((span) => span.start <= start && span.end >= end);
    return {
      text: signs.slice(start, end).join(""),
      kinds: kinds_of(over),
      ends: kinds_of(over.filter((span) => span.end === end)),
    };
  });
}

const word_sign = /[\p{L}\p{N}]/u;

/** Where a text holds one of `words`, as whole words and whatever the case. */
export function places_of(
  text: string,
  words: readonly string[],
): readonly { readonly start: number; readonly end: number }[] {
  const signs = Array.from(text.toLowerCase());
  const found = new Map<number, number>();
  for (const word of words) {
    const wanted = Array.from(word.toLowerCase());
    if (wanted.length === 0) continue;
    for (let at = 0; at + wanted.length <= signs.length; at++) {
      const end = at + wanted.length;
      if (wanted.some((sign, i) => signs[at + i] !== sign)) continue;
      if (joins(signs[at - 1], wanted[0])) continue;
      if (joins(wanted[wanted.length - 1], signs[end])) continue;
      found.set(at, Math.max(end, found.get(at) ?? 0));
    }
  }
  return [...found]
    .map(([start, end]) => ({ start, end }))
    .sort((a, b) => a.start - b.start);
}

/** Whether two signs stand inside one word. */
function joins(a: string | undefined, b: string | undefined): boolean {
  return (
    a !== undefined && b !== undefined && word_sign.test(a) && word_sign.test(b)
  );
}
