// Plotly's JSON as it was recorded, made fit to be drawn here: in the page's inks, and asking no other server.

/** The inks of the theme that figures are drawn in. */
export interface FigureInks {
  readonly text: string;
  readonly quiet: string;
  readonly grid: string;
  readonly axis: string;
  readonly panel: string;
  readonly font: string;
  /** The colours of series. */
  readonly series: readonly string[];
  /** Colours from low to high. */
  readonly ramp: readonly string[];
}

type Tree = Readonly<Record<string, unknown>>;

function is_tree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Traces on a map, whose outlines or tiles other servers have. */
const on_maps = /^(scatter|choropleth|density)(geo|map|mapbox)?$/;

function is_on_map(trace: Tree): boolean {
  const { type } = trace;
  return typeof type === "string" && type !== "scatter" && on_maps.test(type);
}

/** The figure to draw; an error where it is none. */
export function read_figure(json: unknown): {
  readonly data: readonly Tree[];
  readonly layout: Tree;
} {
  if (!is_tree(json) || !Array.isArray(json["data"]))
    throw new Error("read a figure: got no list of traces, want Plotly's JSON");
  const data: readonly unknown[] = json["data"];
  if (!data.every(is_tree))
    throw new Error("read a figure: got a trace that is no object");
  if (data.some(is_on_map))
    throw new Error(
      "read a figure: got a map, whose outlines come from other servers, which this page asks for nothing",
    );
  const layout = json["layout"] ?? {};
  if (!is_tree(layout))
    throw new Error("read a figure: got a layout that is no object");
  return { data: data.map(without_addresses), layout: own_images(layout) };
}

const is_own = (source: unknown): boolean =>
  typeof source === "string" && /^data:image\//i.test(source);

/** A trace without pictures of other servers. */
function without_addresses(trace: Tree): Tree {
  if (trace["source"] === undefined || is_own(trace["source"])) return trace;
  const { source: _, ...rest } = trace;
  return rest;
}

/** A layout without pictures of other servers. */
function own_images(layout: Tree): Tree {
  const { images } = layout;
  if (!Array.isArray(images)) return layout;
  const own = images.filter((one) => is_tree(one) && is_own(one["source"]));
  return { ...layout, images: own };
}

/** The layout in the page's inks: what the figure says itself stays, its template goes. */
export function themed_layout(
  layout: Tree,
  inks: FigureInks,
  height: number,
): Tree {
  const title = is_tree(layout["title"]) ? layout["title"] : {};
  const margin = is_tree(layout["margin"]) ? layout["margin"] : {};
  const has_title =
    typeof layout["title"] === "string" || typeof title["text"] === "string";
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    ...layout,
    template: { layout: template(inks) },
    margin: { l: 56, r: 24, t: has_title ? 44 : 20, b: 44, ...margin },
    autosize: true,
    width: undefined,
    height,
  };
}

/** The layout as the figure says it, at this height. */
export function own_layout(layout: Tree, height: number): Tree {
  return { ...layout, autosize: true, width: undefined, height };
}

function template(inks: FigureInks): Tree {
  const axis = {
    gridcolor: inks.grid,
    linecolor: inks.axis,
    zerolinecolor: inks.axis,
    tickcolor: inks.axis,
    automargin: true,
    title: { standoff: 10 },
  };
  const last = inks.ramp.length - 1;
  const ramp = inks.ramp.map((color, i) => [i / Math.max(1, last), color]);
  const scene = { ...axis, backgroundcolor: inks.panel };
  return {
    colorway: inks.series,
    colorscale: { sequential: ramp, sequentialminus: ramp },
    font: { family: inks.font, size: 12, color: inks.text },
    title: { font: { size: 14 }, x: 0.02, xanchor: "left" },
    xaxis: axis,
    yaxis: axis,
    scene: { xaxis: scene, yaxis: scene, zaxis: scene },
    polar: {
      bgcolor: "rgba(0,0,0,0)",
      angularaxis: axis,
      radialaxis: axis,
    },
    legend: { font: { color: inks.text }, bgcolor: "rgba(0,0,0,0)" },
    hoverlabel: { font: { family: inks.font, size: 12 } },
    modebar: {
      bgcolor: "rgba(0,0,0,0)",
      color: inks.quiet,
      activecolor: inks.text,
    },
  };
}

/** What is read aloud of a figure: its title and what its traces are. */
export function say_figure(figure: {
  readonly data: readonly Tree[];
  readonly layout: Tree;
}): string {
  const { title } = figure.layout;
  const text = is_tree(title) ? title["text"] : title;
  const kinds = figure.data.map((trace) => {
    const type = typeof trace["type"] === "string" ? trace["type"] : "scatter";
    const name = typeof trace["name"] === "string" ? ` ${trace["name"]}` : "";
    return `${type}${name}`;
  });
  const words = typeof text === "string" && text !== "" ? `${text}: ` : "";
  return `${words}${kinds.slice(0, 8).join(", ")}`;
}
