// One image large: zoomed by wheel, keys and buttons, moved by dragging, with the ways to the ones beside it.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../../../api_of_objects.ts";
import { use_keys } from "../../../keys.ts";
import { bytes, count } from "../../../math/format.ts";
import { say_series } from "../../../math/series_name.ts";
import { IconButton } from "../../../parts/button.tsx";
import { Icon } from "../../../parts/icon.tsx";
import { run_view } from "../view.ts";
import type { MediaGroup } from "./group.ts";
import { file_name } from "./images.tsx";

interface Hold {
  readonly x: number;
  readonly y: number;
  /** Screen pixels for one of the image; undefined fits the window. */
  readonly scale: number | undefined;
}

const fitted: Hold = { x: 0, y: 0, scale: undefined };
const most_scale = 64;
const least_scale = 0.05;

export function ImageView(props: {
  group: MediaGroup;
  place: number;
}): JSX.Element | null {
  const { group, place } = props;
  const box = useRef<HTMLDialogElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const [hold, set_hold] = useState<Hold>(fitted);
  const [natural, set_natural] = useState({ width: 0, height: 0 });
  const object = group.objects[place];
  const image = object?.value.image;
  useEffect(() => {
    box.current?.showModal();
    box.current?.focus();
  }, []);
  useEffect(() => set_hold(fitted), [image?.blob]);
  const fit = fit_scale(stage.current, natural);
  const scale = hold.scale ?? fit;
  const zoom = (by: number): void =>
    set_hold(({ x, y }) => {
      const next = Math.min(most_scale, Math.max(least_scale, scale * by));
      const grows = next / scale;
      return { x: x * grows, y: y * grows, scale: next };
    });
  const to = (by: number): void => {
    const next = group.objects[place + by];
    if (next !== undefined)
      run_view.set({ show: `${group.key}#${next.index}` });
  };
  use_keys([
    { keys: "+, =", does: "Larger", run: () => zoom(1.5) },
    { keys: "-", does: "Smaller", run: () => zoom(1 / 1.5) },
    { keys: "0", does: "Whole image", run: () => set_hold(fitted) },
    { keys: "←", does: "Image before", run: () => to(-1) },
    { keys: "→", does: "Image after", run: () => to(1) },
  ]);
  if (object === undefined || image === undefined) return null;
  const words = `${say_series(group.series)}, step ${count(object.step)}, ${place + 1} of ${group.objects.length}`;
  const close = (): void => run_view.set({ show: "" });
  return (
    <dialog
      ref={box}
      class="image-view"
      tabIndex={-1}
      aria-label={`Image: ${words}`}
      onClose={close}
    >
      <header>
        <b class="clip">{group.series.name}</b>
        <span class="small-text second-text clip grow">{words}</span>
        <span class="small-text quiet-text image-facts">
          {count(natural.width)} × {count(natural.height)} ·{" "}
          {bytes(image.bytes)} · {Math.round(scale * 100)} %
        </span>
        <IconButton
          icon="left"
          label="Image before"
          not_now={place === 0 ? "This is the first" : undefined}
          onClick={() => to(-1)}
        />
        <IconButton
          icon="right"
          label="Image after"
          not_now={
            place + 1 >= group.objects.length ? "This is the last" : undefined
          }
          onClick={() => to(1)}
        />
        <IconButton icon="plus" label="Larger" onClick={() => zoom(1.5)} />
        <IconButton
          icon="minus"
          label="Smaller"
          onClick={() => zoom(1 / 1.5)}
        />
        <IconButton
          icon="screen"
          label="Whole image"
          onClick={() => set_hold(fitted)}
        />
        <a
          class="button square quiet"
          href={api.file_address(image.blob, file_name(image))}
          download={file_name(image)}
          title="Download"
          aria-label="Download"
        >
          <Icon name="download" />
        </a>
        <IconButton
          icon="close"
          label="Close"
          onClick={() => box.current?.close()}
        />
      </header>
      <div
        ref={stage}
        class="image-stage"
        onWheel={(event) => {
          event.preventDefault();
          zoom(Math.exp(-event.deltaY / 400));
        }}
        onDblClick={() =>
          set_hold(hold.scale === undefined ? { ...fitted, scale: 1 } : fitted)
        }
        onPointerDown={(event) =>
          event.currentTarget.setPointerCapture(event.pointerId)
        }
        onPointerMove={(event) => {
          if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
          set_hold({
            x: hold.x + event.movementX,
            y: hold.y + event.movementY,
            scale,
          });
        }}
      >
        <img
          key={image.blob}
          src={api.shown_address(image.blob, image.format)}
          alt={image.caption === "" ? words : image.caption}
          class={scale >= 2 ? "pixelated" : ""}
          draggable={false}
          style={{
            width: `${natural.width * scale}px`,
            height: `${natural.height * scale}px`,
            transform: `translate(${hold.x}px, ${hold.y}px)`,
          }}
          onLoad={(event) =>
            set_natural({
              width: event.currentTarget.naturalWidth,
              height: event.currentTarget.naturalHeight,
            })
          }
        />
      </div>
      {image.caption !== "" && <p class="image-words">{image.caption}</p>}
    </dialog>
  );
}

/** The scale at which the whole image is seen: small ones are enlarged by whole numbers. */
function fit_scale(
  stage: HTMLElement | null,
  natural: { readonly width: number; readonly height: number },
): number {
  if (stage === null || natural.width === 0 || natural.height === 0) return 1;
  const fit = Math.min(
    (stage.clientWidth - 24) / natural.width,
    (stage.clientHeight - 24) / natural.height,
  );
  return fit >= 2 ? Math.min(40, Math.floor(fit)) : Math.min(1, fit);
}
