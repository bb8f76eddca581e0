// API: every route of the server, from the document that it answers: parameters, shapes, and a try at what only reads.

import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import * as api from "../../api.ts";
import { plural } from "../../math/format.ts";
import { finds, read_interface } from "../../openapi.ts";
import type { Interface, Route, Section } from "../../openapi.ts";
import { Icon } from "../../parts/icon.tsx";
import { Empty, Looks } from "../../parts/looks.tsx";
import { TextFind } from "../../parts/text_find.tsx";
import { Top } from "../../parts/top.tsx";
import { Words } from "../../parts/words.tsx";
import { use_request } from "../../request.ts";
import type { ParamTree } from "../../schema.ts";
import { RouteDetails } from "./route.tsx";
import { api_view } from "./view.ts";

const document_path = "/api/v1/openapi.json";

/** The API page. */
export function Api(_props: { readonly rest: string }): JSX.Element {
  const look = use_request("openapi", api.openapi, { is_live: false });
  const { find } = api_view.values.value;
  return (
    <>
      <Top title="API">
        <TextFind
          value={find}
          label="Find a route"
          width={220}
          onChange={(next) => api_view.set({ find: next })}
        />
        <span class="grow" />
        <a class="to-link in-row" href={document_path} download="openapi.json">
          <Icon name="download" /> openapi.json
        </a>
      </Top>
      <main class="main" id="main">
        <Looks look={look}>
          {(document) => <Routes document={document} find={find} />}
        </Looks>
      </main>
    </>
  );
}

function Routes(props: { document: ParamTree; find: string }): JSX.Element {
  const all = useMemo(() => read_interface(props.document), [props.document]);
  const sections = all.sections
    .map((section) => ({
      ...section,
      routes: section.routes.filter((route) => finds(route, props.find)),
    }))
    .filter((section) => section.routes.length > 0);
  return (
    <div class="api-page">
      <About all={all} />
      {sections.length === 0 && (
        <Empty title="No route is like that">
          Its path, its summary or a parameter must have all the words
        </Empty>
      )}
      {sections.map((section) => (
        <SectionPanel key={section.name} section={section} all={all} />
      ))}
    </div>
  );
}

function About({ all }: { all: Interface }): JSX.Element {
  const n = all.sections.reduce((sum, one) => sum + one.routes.length, 0);
  return (
    <section class="panel api-about">
      <p>
        {plural(n, "route")} of Trailmark {all.version}. Everything that these
        pages do goes through them.
      </p>
      <p class="second-text">
        Times are seconds since 1970 (UTC), steps are whole numbers, contexts
        are objects; NaN and infinities are the words <code>"NaN"</code>,{" "}
        <code>"inf"</code>, <code>"-inf"</code>.{" "}
        {all.wants_token ? (
          <>
            Programs send <code>Authorization: Bearer trailmark_…</code> with
            each request; <code>trailmark token create NAME</code> makes a
            token.
          </>
        ) : (
          "This server asks nobody who they are."
        )}
      </p>
    </section>
  );
}

function SectionPanel(props: {
  section: Section;
  all: Interface;
}): JSX.Element {
  const { section, all } = props;
  return (
    <section class="panel" aria-label={section.name}>
      <header>
        <h2>{section.name}</h2>
        <span class="second-text clip">{section.about}</span>
      </header>
      <ul class="routes">
        {section.routes.map((route) => (
          <RouteRow key={route.id} route={route} all={all} />
        ))}
      </ul>
    </section>
  );
}

function RouteRow({
  route,
  all,
}: {
  route: Route;
  all: Interface;
}): JSX.Element {
  const is_open = api_view.values.value.open === route.id;
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (is_open) row.current?.scrollIntoView({ block: "nearest" });
  }, [is_open]);
  return (
    <li ref={row} class={is_open ? "on" : ""}>
      <button
        type="button"
        class="route-head"
        aria-expanded={is_open}
        onClick={() => api_view.set({ open: is_open ? "" : route.id })}
      >
        <Icon name={is_open ? "down" : "right"} small />
        <span class={`method ${route.method}`}>
          {route.method.toUpperCase()}
        </span>
        <span class="mono route-path">{route.path}</span>
        <span class="second-text clip grow">
          <Words text={route.summary} />
        </span>
      </button>
      {is_open && <RouteDetails key={route.id} route={route} all={all} />}
    </li>
  );
}
