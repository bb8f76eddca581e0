// Sign-in: what is shown in place of a page when the server wants to know who asks.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import * as api from "../api.ts";
import { Button } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";

/** Takes a token and begins a session. */
export function SignIn(): JSX.Element {
  const [token, set_token] = useState("");
  const [wrong, set_wrong] = useState("");
  const [is_busy, set_busy] = useState(false);
  const sign_in = (): void => {
    if (token.trim() === "" || is_busy) return;
    set_busy(true);
    api.sign_in(token).then(
      () => location.reload(),
      (error: unknown) => {
        set_busy(false);
        set_wrong(error instanceof Error ? error.message : String(error));
      },
    );
  };
  return (
    <main class="sign-in">
      <form
        class="panel"
        aria-label="Sign in"
        onSubmit={(event) => {
          event.preventDefault();
          sign_in();
        }}
      >
        <h1>Sign in</h1>
        <p class="second-text">
          Whoever keeps this repository makes a token with{" "}
          <code>trailmark token create NAME</code>
        </p>
        <input
          class="input"
          type="password"
          autofocus
          autocomplete="current-password"
          value={token}
          aria-label="Token"
          aria-invalid={wrong !== ""}
          aria-describedby="sign-in-wrong"
          placeholder="trailmark_…"
          onInput={(event) => {
            set_token(event.currentTarget.value);
            set_wrong("");
          }}
        />
        <p id="sign-in-wrong" class="wrong" role="alert">
          {wrong !== "" && (
            <>
              <Icon name="failed" /> {wrong}
            </>
          )}
        </p>
        <Button
          kind="prime"
          not_now={
            token.trim() === "" ? "Give a token" : is_busy ? "Wait" : undefined
          }
          onClick={sign_in}
        >
          Sign in
        </Button>
      </form>
    </main>
  );
}
