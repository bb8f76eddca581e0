// The images of a run: a grid for each series at the chosen step; one opens large.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as api from "../../../api_of_objects.ts";
import { bytes, count } from "../../../math/format.ts";
import { Icon } from "../../../parts/icon.tsx";
import type { ImageValue } from "../../../shapes_of_objects.ts";
import type { RunFrame } from "../frame.ts";
import { run_view } from "../view.ts";
import type { MediaGroup } from "./group.ts";
import { ImageView } from "./image_view.tsx";
import { Media } from "./media.tsx";

/** Formats that the server gives a type that browsers show. */
const shown_formats = /^(png|apng|jpe?g|gif|webp|avif|bmp|ico)$/;

/** The tab of images. */
export function RunImages({ frame }: { frame: RunFrame }): JSX.Element {
  const view = run_view.values.value;
  return (
    <Media
      frame={frame}
      kind="image"
      nouns={["image", "images"]}
      how={
        <>
          A run tracks them with{" "}
          <span class="mono">
            run.track(Image("page.png"), name="pages", step=50)
          </span>
        </>
      }
      controls={
        <label class="in-row small-text second-text">
          Size
          <input
            type="range"
            class="size-slider"
            min={64}
            max={512}
            step={16}
            value={view.size}
            aria-label="Size of images"
            aria-valuetext={`${view.size} pixels high`}
            onInput={(event) =>
              run_view.set({ size: Number(event.currentTarget.value) })
            }
          />
        </label>
      }
    >
      {(groups, panel) => (
        <>
          <div class="image-groups">
            {groups.map((group) =>
              panel(group, <ImageGrid group={group} size={view.size} />),
            )}
          </div>
          <Opened groups={groups} />
        </>
      )}
    </Media>
  );
}

/** The image that the link says is open, if it is among what is shown. */
function Opened(props: { groups: readonly MediaGroup[] }): JSX.Element | null {
  const { show } = run_view.values.value;
  if (show === "") return null;
  const cut = show.lastIndexOf("#");
  const [key, index] = [show.slice(0, cut), Number(show.slice(cut + 1))];
  const group = props.groups.find((one) => one.key === key);
  const place = group?.objects.findIndex((one) => one.index === index) ?? -1;
  if (group === undefined || place < 0) return null;
  return <ImageView group={group} place={place} />;
}

function ImageGrid(props: { group: MediaGroup; size: number }): JSX.Element {
  const { group, size } = props;
  return (
    <ul class="image-grid">
      {group.objects.map(({ value, index }) =>
        value.image === undefined ? null : (
          <li key={`${index} ${value.image.blob}`}>
            <ImageCard
              image={value.image}
              size={size}
              label={`${value.image.caption === "" ? group.series.name : value.image.caption}, image ${index + 1}`}
              onOpen={() => run_view.set({ show: `${group.key}#${index}` })}
            />
          </li>
        ),
      )}
    </ul>
  );
}

function ImageCard(props: {
  image: ImageValue;
  size: number;
  label: string;
  onOpen: () => void;
}): JSX.Element {
  const { image, size } = props;
  const [natural, set_natural] = useState({
    width: image.width,
    height: image.height,
  });
  const ratio =
    natural.width > 0 && natural.height > 0
      ? natural.width / natural.height
      : 4 / 3;
  const width = Math.round(Math.min(Math.max(size * ratio, 48), size * 4));
  return (
    <figure class="image-card" style={{ width: `${width}px` }}>
      <Picture
        image={image}
        is_small={natural.height > 0 && natural.height * 1.5 <= size}
        style={{ height: `${size}px` }}
        label={props.label}
        onOpen={props.onOpen}
        onSize={(width, height) => set_natural({ width, height })}
      />
      {image.caption !== "" && (
        <figcaption class="small-text" title={image.caption}>
          {image.caption}
        </figcaption>
      )}
    </figure>
  );
}

/** A picture to open, or why it is not shown. */
function Picture(props: {
  image: ImageValue;
  is_small: boolean;
  style: Record<string, string>;
  label: string;
  onOpen: () => void;
  onSize: (width: number, height: number) => void;
}): JSX.Element {
  const { image } = props;
  const [is_broken, set_broken] = useState(false);
  const is_shown = shown_formats.test(image.format);
  if (is_broken || !is_shown) {
    const why = is_shown
      ? "It is missing, or no picture that this browser can read"
      : `Pictures of the format ${image.format} are not shown`;
    return <NoPicture image={image} why={why} style={props.style} />;
  }
  return (
    <button
      type="button"
      class="image-open"
      style={props.style}
      aria-label={`Open ${props.label}`}
      title={`${count(image.width)} × ${count(image.height)} · ${bytes(image.bytes)}`}
      onClick={props.onOpen}
    >
      <img
        src={api.shown_address(image.blob, image.format)}
        alt={props.label}
        loading="lazy"
        decoding="async"
        class={props.is_small ? "pixelated" : ""}
        onError={() => set_broken(true)}
        onLoad={(event) =>
          props.onSize(
            event.currentTarget.naturalWidth,
            event.currentTarget.naturalHeight,
          )
        }
      />
    </button>
  );
}

function NoPicture(props: {
  image: ImageValue;
  why: string;
  style: Record<string, string>;
}): JSX.Element {
  const { image } = props;
  return (
    <div class="no-picture small-text" style={props.style} role="note">
      <Icon name="failed" />
      <span>{props.why}</span>
      <a
        class="to-link"
        href={api.file_address(image.blob, file_name(image))}
        download={file_name(image)}
      >
        Download
      </a>
    </div>
  );
}

/** What a picture is called that is saved. */
export function file_name(image: ImageValue): string {
  const format = /^\w{1,8}$/.test(image.format) ? image.format : "bin";
  return `${image.blob.slice(0, 12)}.${format}`;
}
