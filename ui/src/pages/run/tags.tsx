// A run's tags, each with its way out, and the menu that adds one.

import type { JSX } from "preact";
import { Icon } from "../../parts/icon.tsx";
import { PopButton } from "../../parts/popover.tsx";
import type { RunDetail } from "../../shapes.ts";
import { toggle_tag } from "../run_edits.ts";
import { TagMenu } from "../tag_menu.tsx";
import { TagMark } from "../labels/tag_mark.tsx";

/** The tags of a run, to be changed. */
export function RunTags({ run }: { run: RunDetail }): JSX.Element {
  return (
    <>
      {run.tags.map((tag) => (
        <TagMark key={tag} name={tag} onRemove={() => toggle_tag([run], tag)} />
      ))}
      <PopButton
        label="Tag"
        class="button quiet small"
        width={260}
        face={
          <>
            <Icon name="plus" />
            Tag
          </>
        }
      >
        {() => <TagMenu runs={[run]} onDone={() => undefined} />}
      </PopButton>
    </>
  );
}
