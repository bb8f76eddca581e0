// The audio of a run: players for each series at the chosen step, of which one plays at a time.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as api from "../../../api_of_objects.ts";
import { bytes } from "../../../math/format.ts";
import { Icon } from "../../../parts/icon.tsx";
import type { AudioValue } from "../../../shapes_of_objects.ts";
import type { RunFrame } from "../frame.ts";
import { Media } from "./media.tsx";

const shown_formats = /^(wav|mp3|mpeg|flac|ogg|opus|m4a)$/;
/** Up to so many players in a series ask for their length before they play. */
const most_eager = 12;

/** The tab of audio. */
export function RunAudio({ frame }: { frame: RunFrame }): JSX.Element {
  return (
    <Media
      frame={frame}
      kind="audio"
      nouns={["sound", "sounds"]}
      how={
        <>
          A run tracks them with{" "}
          <span class="mono">
            run.track(Audio("answer.wav"), name="spoken", step=50)
          </span>
        </>
      }
    >
      {(groups, panel) =>
        groups.map((group) =>
          panel(
            group,
            <ul class="audio-list">
              {group.objects.map(({ value, index }) =>
                value.audio === undefined ? null : (
                  <li key={`${index} ${value.audio.blob}`}>
                    <Player
                      audio={value.audio}
                      is_eager={group.objects.length <= most_eager}
                      label={
                        value.audio.caption === ""
                          ? `${group.series.name} ${index + 1}`
                          : value.audio.caption
                      }
                    />
                  </li>
                ),
              )}
            </ul>,
          ),
        )
      }
    </Media>
  );
}

let playing: HTMLAudioElement | undefined;

/** Stops what plays elsewhere. */
function plays(audio: HTMLAudioElement): void {
  if (playing !== undefined && playing !== audio) playing.pause();
  playing = audio;
}

function Player(props: {
  audio: AudioValue;
  is_eager: boolean;
  label: string;
}): JSX.Element {
  const { audio } = props;
  const [is_broken, set_broken] = useState(false);
  const is_shown = shown_formats.test(audio.format);
  const format = is_shown ? audio.format : "bin";
  const name = `${audio.blob.slice(0, 12)}.${format}`;
  return (
    <figure class="audio-card">
      <figcaption class="clip" title={props.label}>
        {props.label}
      </figcaption>
      {is_broken || !is_shown ? (
        <span class="in-row small-text bad-value" role="note">
          <Icon name="failed" />
          {is_shown
            ? "It is missing, or no sound that this browser can play"
            : `Sounds of the format ${audio.format} are not played`}
        </span>
      ) : (
        <audio
          controls
          preload={props.is_eager ? "metadata" : "none"}
          src={api.shown_address(audio.blob, audio.format)}
          aria-label={props.label}
          onPlay={(event) => plays(event.currentTarget)}
          onError={() => set_broken(true)}
        />
      )}
      <span class="in-row small-text quiet-text">
        <span class="clip">
          {audio.format} · {bytes(audio.bytes)}
        </span>
        <a
          class="to-link"
          href={api.file_address(audio.blob, name)}
          download={name}
          aria-label={`Download ${props.label}`}
        >
          Download
        </a>
      </span>
    </figure>
  );
}
