// A try at a route that only reads: its address, and what the server answers now.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { try_route } from "../../fetch.ts";
import type { Tried } from "../../fetch.ts";
import { bytes, count } from "../../math/format.ts";
import { address_of } from "../../openapi.ts";
import type { Route } from "../../openapi.ts";
import { Button } from "../../parts/button.tsx";

const most_shown = 20_000;

/** Asks a route with the values that were given. */
export function Try(props: {
  route: Route;
  values: Readonly<Record<string, string>>;
}): JSX.Element {
  const { route, values } = props;
  const [tried, set_tried] = useState<Tried | string | undefined>(undefined);
  const [is_busy, set_busy] = useState(false);
  const missing = route.parameters.find(
    (one) => one.is_required && (values[one.name] ?? "") === "",
  );
  const address = address_of(route, values);
  const is_endless = route.answers.some((answer) =>
    answer.contents.some((one) => one.media_type === "text/event-stream"),
  );
  const ask = async (): Promise<void> => {
    set_busy(true);
    try {
      set_tried(await try_route(address));
    } catch (error) {
      set_tried(error instanceof Error ? error.message : String(error));
    }
    set_busy(false);
  };
  return (
    <form
      class="api-try"
      aria-label={`Try ${route.path}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (missing === undefined && !is_endless && !is_busy) void ask();
      }}
    >
      <div class="in-row">
        <Button
          kind="prime"
          icon="play"
          not_now={
            is_endless
              ? "The stream does not end"
              : missing !== undefined
                ? `Give ${missing.name}`
                : is_busy
                  ? "Wait"
                  : undefined
          }
          onClick={() => void ask()}
        >
          Try it
        </Button>
        <code class="grow api-address">GET {address}</code>
      </div>
      {typeof tried === "string" && (
        <div class="note bad" role="alert">
          {tried}
        </div>
      )}
      {typeof tried === "object" && <Reply tried={tried} />}
    </form>
  );
}

function Reply({ tried }: { tried: Tried }): JSX.Element {
  const good = tried.status < 400;
  return (
    <div class="api-reply" role="status">
      <div class="in-row">
        <b class={`mono ${good ? "good-status" : "bad-status"}`}>
          {tried.status}
        </b>
        <span class="mono">{tried.media_type}</span>
        <span class="quiet-text">
          {bytes(tried.n_bytes)} · {count(tried.millis)} ms
        </span>
        <span class="grow" />
        <a class="to-link" href={tried.url} download>
          Save
        </a>
      </div>
      {tried.text === undefined ? (
        <p class="second-text">Bytes that are no text</p>
      ) : (
        <pre class="api-text" tabIndex={0} aria-label="Answer">
          {say_body(tried.text)}
        </pre>
      )}
    </div>
  );
}

/** JSON with its fields in lines; a long text is cut. */
function say_body(text: string): string {
  let shown = text;
  try {
    shown = JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    // It is not JSON, and shown as it is.
  }
  return shown.length > most_shown
    ? `${shown.slice(0, most_shown)}\n… ${count(shown.length - most_shown)} more characters`
    : shown;
}
