// The four looks of a request: a grey shape after 150 ms, what is missing and how it comes, the server's sentence, data.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ago } from "../math/format.ts";
import type { Look } from "../request.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

interface LooksProps<T> {
  readonly look: Look<T>;
  /** Says whether there is nothing to show. */
  readonly is_empty?: (data: T) => boolean;
  /** What is missing and how it comes. */
  readonly empty?: ComponentChildren;
  readonly children: (data: T) => ComponentChildren;
}

/** Shows a request as it stands. */
export function Looks<T>(props: LooksProps<T>): JSX.Element {
  const { look } = props;
  if (look.data === undefined) {
    return look.error === undefined ? <Loading /> : <Failure look={look} />;
  }
  const shown =
    props.is_empty?.(look.data) === true ? (
      <>{props.empty}</>
    ) : (
      <>{props.children(look.data)}</>
    );
  if (look.error === undefined || look.error.code === "unreachable")
    return shown;
  return (
    <>
      <OldData look={look} />
      {shown}
    </>
  );
}

/** Nothing for 150 ms, then a grey shape. */
export function Loading(): JSX.Element {
  const [is_late, set_late] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => set_late(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="loading" role="status" aria-label="Loading">
      {is_late && <i aria-hidden="true" />}
    </div>
  );
}

/** What is missing, and when or how it comes. */
export function Empty(props: {
  title: string;
  children?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="empty">
      <b>{props.title}</b>
      {props.children !== undefined && <div>{props.children}</div>}
    </div>
  );
}

function Failure<T>({ look }: { look: Look<T> }): JSX.Element {
  const error = look.error;
  const is_away = error?.code === "unreachable";
  return (
    <div class="empty" role="alert">
      <b>
        {is_away
          ? "No answer from the server"
          : (error?.message ?? "Something went wrong")}
      </b>
      {is_away && <div>It is tried again by itself</div>}
      {error?.hint !== undefined && <div>{error.hint}</div>}
      <Button small onClick={look.retry}>
        Try now
      </Button>
    </div>
  );
}

function OldData<T>({ look }: { look: Look<T> }): JSX.Element {
  const age =
    look.at === undefined ? "" : `, ${ago((Date.now() - look.at) / 1000)} old`;
  return (
    <div class="note bad" role="alert">
      <Icon name="failed" />
      <span class="grow">
        {look.error?.message}. Below: the last good answer{age}
      </span>
      <Button small kind="quiet" onClick={look.retry}>
        Try now
      </Button>
    </div>
  );
}
