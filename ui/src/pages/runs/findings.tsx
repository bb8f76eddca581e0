// Findings above the runs: which is best, which is suspicious, which broke; the evidence is one click away.

import type { JSX } from "preact";
import { IconButton } from "../../parts/button.tsx";
import { Icon } from "../../parts/icon.tsx";
import type { IconName } from "../../parts/icon.tsx";
import type { Finding } from "../../shapes.ts";

const looks: Record<
  Finding["kind"],
  { readonly icon: IconName; readonly color: string; readonly action: string }
> = {
  best: { icon: "flag", color: "var(--best)", action: "Open" },
  diverged: { icon: "warning", color: "var(--killed)", action: "Show" },
  blind: { icon: "warning", color: "var(--killed)", action: "Show" },
  failed: { icon: "failed", color: "var(--failed)", action: "Log" },
};

const most = 3;

/** A line of at most three findings. */
export function Findings(props: {
  findings: readonly Finding[];
  onHide: () => void;
}): JSX.Element {
  const shown = pick(props.findings);
  return (
    <section class="findings" aria-label="Findings">
      {shown.map((finding) => (
        <div key={finding.sentence} class="finding">
          <span style={{ color: looks[finding.kind].color }}>
            <Icon name={looks[finding.kind].icon} />
          </span>
          <span class="grow clip" title={finding.sentence}>
            <Sentence text={finding.sentence} />
          </span>
          <a class="to-link small-text" href={finding.url}>
            {looks[finding.kind].action}
          </a>
        </div>
      ))}
      <IconButton icon="close" label="Hide findings" onClick={props.onHide} />
    </section>
  );
}

/** The first of each kind first: three kinds say more than three of one. */
function pick(findings: readonly Finding[]): readonly Finding[] {
  const firsts = findings.filter(
    (one, i) => findings.findIndex((other) => other.kind === one.kind) === i,
  );
  const rest = findings.filter((one) => !firsts.includes(one));
  return [...firsts, ...rest]
    .slice(0, most)
    .sort((a, b) => findings.indexOf(a) - findings.indexOf(b));
}

/** What the sentence is about, its first words up to the verb or colon, stands out. */
function Sentence({ text }: { text: string }): JSX.Element {
  const found = /^(.+?)(?= is | are | sit| sits|:| failed| diverged)/.exec(
    text,
  );
  const subject = found?.[1] ?? "";
  return (
    <>
      <b>{subject}</b>
      {text.slice(subject.length)}
    </>
  );
}
