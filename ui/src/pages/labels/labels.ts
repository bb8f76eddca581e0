// What people say of tags and experiments as such: a colour, a description.

import * as api from "../../api.ts";
import { say, say_bad } from "../../parts/toast.tsx";
import { refresh, use_request } from "../../request.ts";
import type { Label, Labelled } from "../../schema.ts";
import type { Labels } from "../../shapes.ts";

const key = "labels";
const nothing: Labels = { tags: [], experiments: [] };

/** All that is said. */
export function use_labels(): Labels {
  return use_request(key, api.labels).data ?? nothing;
}

/** What is said of one tag or experiment. */
export function use_label(of: Labelled, name: string): Label {
  const labels = use_labels();
  const list = of === "tag" ? labels.tags : labels.experiments;
  return (
    list.find((label) => label.name === name) ?? {
      name,
      color: "",
      description: "",
    }
  );
}

/** Says something else, and offers to take it back. */
export async function set_label(of: Labelled, label: Label): Promise<void> {
  const again = (): void => refresh((one) => one === key);
  try {
    const { before } = await api.set_label(of, label);
    say(`Changed the ${of} “${label.name}”`, () => {
      if (before === undefined) return;
      api.set_label(of, before).then(again).catch(say_bad);
    });
  } catch (error) {
    say_bad(error);
  }
  again();
}
