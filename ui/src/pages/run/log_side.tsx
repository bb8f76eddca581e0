// Beside a log: the curve at the line, marks found in it, and how the run ended.

import type { JSX } from "preact";
import { clock, count, duration } from "../../math/format.ts";
import type { Mark } from "../../math/log_lines.ts";
import { Icon } from "../../parts/icon.tsx";
import type { IconName } from "../../parts/icon.tsx";
import { StatusMark } from "../../parts/marks.tsx";
import type { LogLine } from "../../schema.ts";
import { LineCurve } from "./line_curve.tsx";
import type { LogList } from "./log_list.ts";
import type { RunFrame } from "./frame.ts";
import { duration_of } from "../run_cells.tsx";

const looks: Readonly<Record<Mark["kind"], readonly [IconName, string]>> = {
  begin: ["flag", "var(--text-3)"],
  end: ["flag", "var(--text-3)"],
  info: ["info", "var(--text-3)"],
  warning: ["warning", "var(--killed)"],
  error: ["failed", "var(--failed)"],
  nan: ["failed", "var(--failed)"],
};

/** The right column of the log. */
export function LogSide(props: {
  frame: RunFrame;
  marks: readonly Mark[];
  line: LogLine | undefined;
  log: LogList;
  onLine: (n: number) => void;
}): JSX.Element {
  const { frame, marks, log } = props;
  const { run } = frame;
  return (
    <div class="log-side">
      <LineCurve frame={frame} step={props.line?.step} />
      {marks.length > 0 && (
        <section class="panel">
          <header>
            <h2>Marks</h2>
            <span class="small-text quiet-text">found in the log</span>
          </header>
          <ul class="marks">
            {marks.map((mark) => {
              const [icon, color] = looks[mark.kind];
              const at = log.line(mark.n);
              return (
                <li key={`${mark.n} ${mark.kind}`}>
                  <button
                    type="button"
                    class={props.line?.n === mark.n ? "mark on" : "mark"}
                    onClick={() => props.onLine(mark.n)}
                  >
                    <span style={{ color }}>
                      <Icon name={icon} />
                    </span>
                    <span class="grow clip" title={mark.words}>
                      {mark.words}
                    </span>
                    <span class="quiet-text">
                      {at === undefined
                        ? ""
                        : clock(at.time - run.created_at).replace(/\.\d$/, "")}
                    </span>
                    <span class="mono second-text">{count(mark.n + 1)}</span>
                  </button>
                </li>
              );
            })}
          </ul>
        </section>
      )}
      <Ending frame={frame} />
    </div>
  );
}

function Ending({ frame }: { frame: RunFrame }): JSX.Element {
  const { run } = frame;
  const detail = run.status_detail;
  const took = duration(duration_of(run));
  const code =
    detail?.exit_code === undefined
      ? ""
      : `Exit code ${detail.exit_code} after ${took}. `;
  const signal =
    detail?.signal === undefined
      ? ""
      : `Signal ${detail.signal} after ${took}. `;
  const words = {
    running: `It has run for ${took} and still writes.`,
    finished: `It ended by itself after ${took}.`,
    failed: "The writer closed its journal itself, so this is not a crash.",
    crashed: `The writer went away without a word after ${took}: killed by force, out of memory, or power lost.`,
    killed: "It was asked to stop, and recorded that.",
  }[run.status];
  return (
    <section class="panel ending">
      <div class="in-row">
        <b class="grow">
          {run.status === "running"
            ? "Still running"
            : `Ended as ${run.status}`}
        </b>
        <StatusMark status={run.status} />
      </div>
      {detail?.message !== undefined && <p class="mono">{detail.message}</p>}
      <p class="second-text small-text">
        {code}
        {signal}
        {words}
      </p>
    </section>
  );
}
