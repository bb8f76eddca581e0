// One route: its parameters, what is sent, what can come back.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { say_bounds, say_type, shape_lines } from "../../openapi.ts";
import type { Answer, Content, Interface, Route } from "../../openapi.ts";
import { Words } from "../../parts/words.tsx";
import type { ParamTree } from "../../schema.ts";
import { Try } from "./try.tsx";

/** All that is known of a route. */
export function RouteDetails(props: {
  route: Route;
  all: Interface;
}): JSX.Element {
  const { route, all } = props;
  const [values, set_values] = useState<Readonly<Record<string, string>>>({});
  const set = (name: string, value: string): void =>
    set_values({ ...values, [name]: value });
  const is_read = route.method === "get";
  return (
    <div class="route-details">
      {route.about !== "" && (
        <p class="route-about">
          <Words text={route.about} />
        </p>
      )}
      {route.parameters.length > 0 && (
        <Parameters
          route={route}
          values={is_read ? values : undefined}
          onChange={set}
        />
      )}
      {route.body !== undefined && (
        <Sent content={route.body} document={all.document} />
      )}
      {is_read && <Try route={route} values={values} />}
      <h3>Answers</h3>
      <ul class="api-answers">
        {route.answers.map((answer) => (
          <AnswerRow
            key={answer.status}
            answer={answer}
            document={all.document}
          />
        ))}
      </ul>
    </div>
  );
}

function Parameters(props: {
  route: Route;
  values: Readonly<Record<string, string>> | undefined;
  onChange: (name: string, value: string) => void;
}): JSX.Element {
  const { route, values, onChange } = props;
  return (
    <>
      <h3>Parameters</h3>
      <table class="api-fields">
        <tbody>
          {route.parameters.map((one) => (
            <tr key={one.name}>
              <th scope="row">
                <span class="mono">{one.name}</span>
                {one.is_required && <span class="needed">needed</span>}
                <span class="tiny-text quiet-text">{one.place}</span>
              </th>
              <td>
                <p>
                  <Words text={one.about} />
                </p>
                <p class="mono quiet-text">
                  {[say_type(one.schema), say_bounds(one.schema)]
                    .filter((text) => text !== "")
                    .join(" · ")}
                </p>
              </td>
              {values !== undefined && (
                <td class="api-input">
                  {one.place !== "header" && (
                    <input
                      class="input"
                      aria-label={`Value of ${one.name}`}
                      placeholder={one.example}
                      spellcheck={false}
                      value={values[one.name] ?? ""}
                      onInput={(event) =>
                        onChange(one.name, event.currentTarget.value)
                      }
                    />
                  )}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Sent(props: { content: Content; document: ParamTree }): JSX.Element {
  const { content } = props;
  return (
    <>
      <h3>
        Body <span class="mono quiet-text">{content.media_type}</span>
      </h3>
      <Shape schema={content.schema} document={props.document} />
      {content.example !== undefined && (
        <pre class="api-text" tabIndex={0} aria-label="Example">
          {JSON.stringify(content.example, undefined, 2)}
        </pre>
      )}
    </>
  );
}

function AnswerRow(props: {
  answer: Answer;
  document: ParamTree;
}): JSX.Element {
  const { answer, document } = props;
  const good = answer.status.startsWith("2");
  const types = answer.contents.map((content) => content.media_type).join(", ");
  return (
    <li>
      <div class="in-row">
        <b class={`mono ${good ? "good-status" : "bad-status"}`}>
          {answer.status}
        </b>
        <span>
          <Words text={answer.about} />
        </span>
        {good && <span class="mono quiet-text">{types}</span>}
      </div>
      {good &&
        answer.contents.map((content) => (
          <Shape
            key={content.media_type}
            schema={content.schema}
            document={document}
          />
        ))}
    </li>
  );
}

/** The fields of a shape, one a line. */
function Shape(props: {
  schema: ParamTree;
  document: ParamTree;
}): JSX.Element | null {
  const lines = shape_lines(props.document, props.schema);
  if (lines.length === 0) return null;
  return (
    <table class="api-fields">
      <tbody>
        {lines.map((line, i) => (
          <tr key={i}>
            <th scope="row" style={{ paddingLeft: `${8 + 16 * line.depth}px` }}>
              <span class="mono">{line.name}</span>
              {!line.is_required && (
                <span class="tiny-text quiet-text">may be missing</span>
              )}
            </th>
            <td>
              <span class="mono quiet-text">{line.type}</span>{" "}
              <Words text={line.about} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
