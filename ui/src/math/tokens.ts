// The words of the query language, for its colours: text → spans.

export type TokenKind = "name" | "string" | "number" | "keyword" | "sign";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const pattern =
  /(\s+)|([rbfu]?"(?:[^"\\]|\\.)*"?|[rbfu]?'(?:[^'\\]|\\.)*'?)|(\d[\w.]*(?:(?<=e)[-+]\d+)?|\.\d[\w]*(?:(?<=e)[-+]\d+)?)|([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*(?:\.[A-Za-z_][\w]*)*)|(.)/gsu;
const keywords = new Set([
  "and",
  "or",
  "not",
  "in",
  "is",
  "None",
  "True",
  "False",
  "if",
  "else",
  "for",
]);

/** Cuts a query into coloured pieces; together they are the query. */
export function tokens(query: string): readonly Token[] {
  const found: Token[] = [];
  for (const match of query.matchAll(pattern)) {
    const [text, blank, string, number, name] = match;
    const kind =
      blank !== undefined
        ? "sign"
        : string !== undefined
          ? "string"
          : number !== undefined
            ? "number"
            : name === undefined
              ? "sign"
              : keywords.has(name)
                ? "keyword"
                : "name";
    const last = found[found.length - 1];
    if (last?.kind === kind)
      found[found.length - 1] = { kind, text: last.text + text };
    else found.push({ kind, text });
  }
  return found;
}
